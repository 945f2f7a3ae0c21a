"""Samples of faces as tensors: sample n of a run is always the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, default_collate

from webtoon_curate.errors import DatasetError
from webtoon_curate.export.layers import COLOR_CHANNELS, color_planes, painted_regions
from webtoon_curate.synth.labels import FACE_LABELS, Label
from webtoon_curate.trainer.face import Colors, Face, Faces
from webtoon_curate.trainer.gan import GanConfig

HELD = 8
"""Faces that are not learned from, drawn and scored on each save."""
VERSIONS = ("v1", "v2", "v3")
COLORS = ("regions", "faces", "planes")
REGION_CHANNELS = ("painted_red", "painted_green", "painted_blue")
FEATURES = FACE_LABELS - {Label.SKIN, Label.LEFT_IRIS, Label.RIGHT_IRIS} | {
    Label.GLASSES,
    Label.FACIAL_HAIR,
}
"""Classes of a face whose shapes the skin of `regions` leaves open, so that points tell nothing."""
BRIGHTNESS, TINT = 0.15, 0.1
"""Most that color jitter scales all channels, and each, in v3."""


class Order:
    """A random order of faces, another for every round, of as many samples as faces have a weight.

    Where all weigh the same, each comes once a round; else its share of the round, rounded up or
    down by chance, so that it comes as often as it weighs in the mean: systematic sampling (Madow
    1949) of a random order.

    Args:
        faces: whose weights count; those of weight 0 never come.
        seed: numbers that choose it.

    Raises:
        DatasetError: if no face has a weight.
    """

    def __init__(self, faces: Faces, *seed: int) -> None:
        self.faces = np.flatnonzero(faces.weights)
        if not len(self.faces):
            raise DatasetError(
                f"no face of {faces.name} has a weight above 0: see --cap and --min-group of "
                "webtoon-curate split"
            )
        self.seed, self._weights = seed, faces.weights[self.faces]
        self._round, self._order = -1, self.faces

    def __getitem__(self, number: int) -> int:
        """The face of sample `number`."""
        turn, place = divmod(number, len(self.faces))
        if turn != self._round:
            self._round, self._order = turn, self.faces[self._drawn(turn)]
        return int(self._order[place])

    def _drawn(self, turn: int) -> NDArray[np.int64]:
        """Places in `faces`, of a round."""
        rng, count = np.random.default_rng((*self.seed, turn)), len(self.faces)
        order = rng.permutation(count)
        if (self._weights == self._weights[0]).all():
            return order
        ends = np.cumsum(self._weights[order])
        at = (rng.random() + np.arange(count)) * (ends[-1] / count)
        places = np.searchsorted(ends, at, "right")  # beyond the last face by rounding, at most
        return rng.permutation(order[places.clip(max=count - 1)])


class View:
    """How a face becomes a sample: enlarged, cut, mirrored; or as it is, without `rng`."""

    def __init__(self, config: GanConfig, rng: np.random.Generator | None) -> None:
        self.size, self.flip, self.side, self.at = config.size, False, config.size, (0, 0)
        if rng is not None:
            self.side = max(self.size, round(self.size * config.enlarge))
            x, y = rng.integers(0, self.side - self.size + 1, 2)
            self.at, self.flip = (int(x), int(y)), bool(config.flip and rng.random() < 0.5)

    def pixels(self, planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(h, w) or (h, w, c) uint8 to the sample's size."""
        method = cv2.INTER_AREA if len(planes) > self.side else cv2.INTER_LINEAR
        if planes.shape[:2] != (self.side, self.side):
            planes = _resized(planes, self.side, method)
        x, y = self.at
        out = planes[y : y + self.size, x : x + self.size]
        return out[:, ::-1] if self.flip else out

    def points(self, points: NDArray[np.float32], height: int) -> NDArray[np.float32]:
        """(68, 2) pixels of a picture so high to pixels of the sample, in iBUG's order."""
        from webtoon_curate.landmarks.points import MIRRORED

        out = points * (self.side / height) - np.array(self.at, np.float32)
        if self.flip:
            out = out[np.asarray(MIRRORED)] * (-1, 1) + (self.size, 0)
        return out.astype(np.float32)


def _resized(planes: NDArray[np.uint8], side: int, method: int) -> NDArray[np.uint8]:
    flat = planes.reshape(*planes.shape[:2], -1)
    parts = [
        cv2.resize(np.ascontiguousarray(flat[..., i : i + 4]), (side, side), interpolation=method)
        for i in range(0, flat.shape[2], 4)  # OpenCV resizes at most four channels
    ]
    return np.concatenate([p.reshape(side, side, -1) for p in parts], axis=2).reshape(
        side, side, *planes.shape[2:]
    )


def image_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """(h, w, c) uint8 to (c, h, w) float32 in -1..1."""
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))
    return torch.from_numpy(planes).float().div_(127.5).sub_(1)


def layer_tensor(layer: NDArray[np.uint8]) -> Tensor:
    """(c, h, w) or (h, w) uint8 to (c, h, w) float32: 127 is exactly 0, and 255 is 1."""
    planes = torch.from_numpy(np.ascontiguousarray(layer)).float().sub_(127).div_(128)
    return planes if planes.ndim == 3 else planes[None]


def _drawn(face: Face, view: View) -> tuple[Tensor, NDArray[np.float32]]:
    """The landmark layer of a sample, drawn at its size where points are known; and the points."""
    points = np.full((68, 2), np.nan, np.float32)
    if face.points is not None:
        points = view.points(face.points, len(face.image))
        if face.layer is None:
            blank = np.empty((view.size, view.size, 3), np.uint8)
            return layer_tensor(Face(blank, points).landmark_layer()), points
    return layer_tensor(view.pixels(face.landmark_layer())), points


def condition_parts(version: str, colors: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What pix2pix's condition is made of: (part, names of its channels) in order.

    Args:
        version: v1 key points; v2 and colors; v3 and noise.
        colors: of `COLORS`.
    """
    painted = COLOR_CHANNELS if colors == "planes" else REGION_CHANNELS
    parts = (("points", ("landmarks",)), ("colors", painted), ("noise", ("noise",)))
    return parts[: {"v1": 1, "v2": 2, "v3": 3}[version]]


class Pairs(Dataset):
    """Condition and picture, for pix2pix.

    Args:
        faces: to learn from.
        config: of the method.
        version: v1, v2 or v3; of faces whose condition an export drew it does not matter.
        still: without enlarging, mirroring and jitter, in the faces' order.
        colors: painted into their `regions` of the parsing map, into whole `faces`, whose features
            only the points then tell, or as even `planes`.
    """

    def __init__(
        self,
        faces: Faces,
        config: GanConfig,
        version: str = "v1",
        still: bool = False,
        colors: str = "regions",
    ) -> None:
        self.faces, self.config, self.version, self.still = faces, config, version, still
        self.colors = colors
        self.order = None if still else Order(faces, config.seed)

    @property
    def channels(self) -> int:
        """Of the condition."""
        condition = self.faces[0].condition
        if condition is not None:
            return condition.shape[2]
        return sum(len(names) for _, names in condition_parts(self.version, self.colors))

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        rng = np.random.default_rng((self.config.seed, 1, number))
        face = self.faces[self.order[number] if self.order else number]
        view = View(self.config, None if self.still else rng)
        pixels, colors = view.pixels(face.image), face.colors
        if face.condition is not None:
            condition = image_tensor(view.pixels(face.condition))
            return {"condition": condition, "image": image_tensor(pixels)}
        if self.version == "v3" and not self.still:
            pixels, colors = _jittered(pixels, colors, rng)
        parts = [_drawn(face, view)[0]]
        if self.version != "v1":
            parts.append(self._colors(face, colors, view))
        if self.version == "v3":
            noise = rng.standard_normal((1, view.size, view.size), np.float32)
            parts.append(torch.from_numpy(noise))
        return {"condition": torch.cat(parts), "image": image_tensor(pixels)}

    def _colors(self, face: Face, colors: Colors, view: View) -> Tensor:
        """Of a sample, 0 where none is known."""
        if self.colors == "planes":
            planes = color_planes(_seen(colors, view.flip), view.size)
            return layer_tensor(planes)
        if face.parsing is None:
            raise DatasetError(
                f"{face.row.get('face_id', 'a face')} of {self.faces.name} has no parsing map to "
                "paint colors into: train from a dataset, or with --set colors=planes"
            )
        parsing = face.parsing
        if self.colors == "faces":
            parsing = np.where(np.isin(parsing, list(FEATURES)), np.uint8(Label.SKIN), parsing)
        # Classes cannot be blended: what is left and right in the picture follows the pixels.
        painted = view.pixels(painted_regions(colors, parsing))
        return layer_tensor(painted.transpose(2, 0, 1))


def _seen(colors: Colors, flip: bool) -> Colors:
    """The colors of a mirrored face: its left eye is the right one."""
    if not flip:
        return colors
    left, right = "left_eye_color", "right_eye_color"
    return {**colors, left: colors.get(right), right: colors.get(left)}


def _jittered(
    pixels: NDArray[np.uint8], colors: Colors, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Colors]:
    """Picture and colors, scaled alike: the condition stays true."""
    scale = (1 + rng.uniform(-BRIGHTNESS, BRIGHTNESS)) * (1 + rng.uniform(-TINT, TINT, 3))

    def moved(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.rint(np.clip(values * scale, 0, 255)).astype(np.uint8)

    other: Colors = {}
    for part, color in colors.items():
        other[part] = None if color is None else tuple(int(v) for v in moved(np.array(color)))
    return moved(pixels), other


class Unpaired(Dataset):
    """A photograph and a drawing, each in its own random order.

    Args:
        sides: photographs and drawings.
        config: of the method.
        landmarks: also give their landmark layers and points.
        still: without enlarging and mirroring, in the faces' order.
    """

    def __init__(
        self,
        sides: tuple[Faces, Faces],
        config: GanConfig,
        landmarks: bool,
        still: bool = False,
    ) -> None:
        self.sides, self.config, self.landmarks, self.still = sides, config, landmarks, still
        self.orders = [
            None if still else Order(side, config.seed, n) for n, side in enumerate(sides)
        ]

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        out = {}
        for side, faces, order in zip("ab", self.sides, self.orders):
            place = order[number] if order else number % len(faces)
            rng = np.random.default_rng((self.config.seed, 2 + (side == "b"), number))
            out |= _side(faces[place], side, self, rng)
        return out


def _side(face: Face, side: str, samples: Unpaired, rng: np.random.Generator) -> dict[str, Tensor]:
    view = View(samples.config, None if samples.still else rng)
    out = {side: image_tensor(view.pixels(face.image))}
    if samples.landmarks:
        layer, points = _drawn(face, view)
        out |= {f"{side}_landmarks": layer, f"{side}_points": torch.from_numpy(points)}
    return out


class Grouped(Dataset):
    """One photograph and one drawing of each group, for few-shot training.

    Args:
        sides: photographs and drawings.
        groups: their names, the base first.
        config: of the method.
        still: as in `Unpaired`.

    Raises:
        DatasetError: if a side has no face of a group.
    """

    def __init__(
        self,
        sides: tuple[Faces, Faces],
        groups: Sequence[str],
        config: GanConfig,
        still: bool = False,
    ) -> None:
        self.parts = []
        for name in groups:
            found = [of_groups(side, [name]) for side in sides]
            self.parts.append(Unpaired((found[0], found[1]), config, False, still))

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        samples = [part[number] for part in self.parts]
        return {side: torch.stack([sample[side] for sample in samples]) for side in "ab"}


class _Chosen:
    def __init__(self, faces: Faces, places: list[int]) -> None:
        self._faces, self._places, self.name = faces, places, faces.name
        self.groups = [faces.groups[place] for place in places]
        self.weights = faces.weights[places]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [self._faces.rows[place] for place in self._places]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Face:
        return self._faces[self._places[index]]


def of_groups(faces: Faces, names: Sequence[str]) -> Faces:
    """The faces of some groups.

    Raises:
        DatasetError: if there is none.
    """
    places = [place for place, group in enumerate(faces.groups) if group in names]
    if not places:
        there = ", ".join(sorted({str(group) for group in faces.groups}))
        told = " or ".join(names)
        raise DatasetError(f"{faces.name} has no face of the group {told}; there are: {there}")
    return _Chosen(faces, places)


def held_batches(samples: Dataset, count: int) -> list[dict[str, Tensor]]:
    """The first samples, as one batch; none of none."""
    return [default_collate([samples[n] for n in range(min(count, HELD))])] if count else []

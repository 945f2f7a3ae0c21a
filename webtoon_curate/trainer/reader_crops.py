"""Crops to train a reader on: cut as imprecisely as a detector's boxes are, with their targets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.reader.points import MIRRORED
from webtoon_curate.reader.squares import EXPAND
from webtoon_curate.synth.labels import MIRRORED_LABELS, Label
from webtoon_curate.trainer import looks
from webtoon_curate.trainer.proportions import Proportions
from webtoon_curate.trainer.reader_faces import Sample

Targets = dict[str, NDArray[Any]]

SHIFT, SCALE = 0.15, 0.15
"""How far boxes are moved, and their sizes changed, as shares of their longer side: so imprecise
are detectors' boxes and the labels of real pages."""
TURNS = ((0.4, 0.0), (0.45, 20.0), (0.1, 60.0), (0.05, 180.0))
"""Shares of crops and how far they are turned at most, degrees either way."""
STRETCH = 0.06
"""Standard deviation of the logarithm of width against height."""
COVERED, COVER = 0.15, (0.12, 0.4)
"""Share of the crops that something is laid over, and its size, as a share of the crop's."""
LABELLED = 2.5
"""Weight of a point that a person placed, against a drawn one: of 68, people place a dozen."""
DRAWN_LOOKS = 0.5
"""Drawn crops have been through light and print once: looks are half as frequent."""
RECOLORED = ((0.12, looks.hue), (0.1, looks.weave))
"""Shares of the drawn faces whose colors are changed; they are then unknown."""
RECOLORED_REAL = ((0.25, looks.hue), (0.25, looks.weave))
"""The same of labelled ones, whose colors nobody told: there are few, of few artists."""
RESHAPED = 0.5
"""Share of the faces that get other proportions."""
SMALL, SMALL_SIDE = 0.15, (24, 120)
"""Share of the crops that were enlarged from a small face, and the sides that they had."""
UNFIT = (looks.hue, looks.weave, looks.balloons, looks.negative)
"""Looks that would make colors or the map of parts untrue."""

UNKNOWN = -1
UNLABELLED = 255
"""Of pixels whose part is unknown."""
_WORN = {"glasses": 1, "no_glasses": 0}
PARSED = 2
"""Pixels of a crop to one of its map of parts."""
AGES = ("child", "teen", "adult", "middle", "old")
HAIRCUTS = (
    "afro", "bald", "bob", "braids", "bun", "buzz", "center part", "curly", "hime", "long",
    "ponytail", "receding", "shag", "short", "side part", "spiky", "swept", "twin tails", "wavy",
    "bob tucked", "comma", "dandy", "half up", "layered",
    "long see-through", "parted fringe", "two block", "undercut",
)  # fmt: skip
"""Values of the drawn truth, in the network's order: new ones come last."""
COLORED = ("hair_color", "left_eye_color", "right_eye_color", "skin_color")


class Cut:
    """How a crop is cut from a picture: p ↦ matrix @ p + shift, in crop pixels.

    Args:
        rng: chooses it.
        box: x, y, width, height of the face.
        size: side of the crop.
        reshaped: other proportions for the face, if any.

    Attributes:
        angle: degrees it is turned, clockwise.
        mirrored: whether before that left and right are exchanged.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        box: tuple[float, float, float, float],
        size: int,
        reshaped: Proportions | None = None,
    ) -> None:
        x, y, width, height = box
        longer = max(width, height)
        most = TURNS[rng.choice(len(TURNS), p=[share for share, _ in TURNS])][1]
        self.size, self.angle, self._reshaped = size, float(rng.uniform(-most, most)), reshaped
        self.mirrored = bool(rng.random() < 0.5)
        scale = size / (longer * EXPAND) * math.exp(rng.uniform(-SCALE, SCALE))
        stretch = math.exp(rng.normal(0, STRETCH))
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        stretched = np.diag([(-1 if self.mirrored else 1) * stretch, 1 / stretch])
        self.matrix = scale * np.array([[cos, -sin], [sin, cos]]) @ stretched
        center = np.array([x + width / 2, y + height / 2])
        center = center + rng.uniform(-SHIFT, SHIFT, 2) * longer
        self.shift = size / 2 - self.matrix @ center
        self._border = (cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT_101, cv2.BORDER_CONSTANT)[
            rng.integers(3)
        ]
        grey = int(rng.integers(256))
        self._fill = ((255,) * 3, (0,) * 3, (grey,) * 3)[rng.integers(3)]

    def pixels(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The crop, (size, size, 3)."""
        side = (self.size, self.size)
        cut = cv2.warpAffine(
            picture, self._affine(1), side, borderMode=self._border, borderValue=self._fill
        )
        return self._reshaped.pixels(cut) if self._reshaped else cut

    def labels(self, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The map of parts, (size / 2, size / 2)."""
        side = (self.size // PARSED, self.size // PARSED)
        cut = cv2.warpAffine(
            labels, self._affine(PARSED), side, flags=cv2.INTER_NEAREST,
            borderMode=self._border, borderValue=int(Label.BACKGROUND),
        )  # fmt: skip
        if self._reshaped:
            cut = self._reshaped.pixels(cut, cv2.INTER_NEAREST)
        return MIRRORED_LABELS[cut] if self.mirrored else cut

    def _affine(self, reduction: int) -> NDArray[np.float64]:
        """For OpenCV, whose pixels have their middle at whole numbers; ours at halves."""
        matrix = self.matrix / reduction
        shift = self.shift / reduction + matrix @ (0.5, 0.5) - 0.5
        return np.column_stack([matrix, shift])

    def places(self, places: NDArray[np.floating]) -> NDArray[np.float32]:
        """(n, 2) pixels of the picture, in shares of the crop's side."""
        shares = (places @ self.matrix.T + self.shift) / self.size
        return self._reshaped.places(shares) if self._reshaped else shares.astype(np.float32)

    def points(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """(68, 2) in shares of the crop's side."""
        return self.order(self.places(points))

    def order(self, values: NDArray[Any]) -> NDArray[Any]:
        """(68,) values of points in the order of the crop's points."""
        return values[MIRRORED] if self.mirrored else values

    def view(self, yaw: float, pitch: float, roll: float) -> NDArray[np.float32]:
        """As the network tells it, see `webtoon_curate.trainer.nets.reader.VIEW`."""
        side = -1 if self.mirrored else 1
        turned = math.radians(side * roll + self.angle)
        values = (side * yaw / 90, pitch / 90, math.sin(turned), math.cos(turned))
        return np.array(values, np.float32)


def targets(
    sample: Sample, face: np.random.Generator, rng: np.random.Generator, size: int
) -> tuple[NDArray[np.uint8], Targets]:
    """A crop and all that a network should say of it.

    Args:
        sample: what to cut it from.
        face: of the face: its crops have one hue and the same proportions.
        rng: of the crop.
        size: side of the crop.

    Returns:
        The crop, (size, size, 3) uint8 RGB, and the targets, unknown ones `UNKNOWN` (0 in the
        weights `told`, `posed`, `colored`; `UNLABELLED` in `parsing`).
    """
    reshaped = Proportions(face) if face.random() < RESHAPED else None
    cut = Cut(rng, sample.box, size, reshaped)
    pixels = cut.pixels(sample.pixels)
    truth = sample.truth or {}
    found = _blank(size)
    if sample.labels is not None:
        found["parsing"] = cut.labels(sample.labels)
    found["face"] = np.float32(sample.truth is not None)
    if "landmarks" in truth:
        _drawn(found, cut, truth)
    elif truth:
        _labelled(found, cut, truth)
    for share, recolored in RECOLORED if sample.drawn else RECOLORED_REAL:
        if face.random() < share:
            pixels = recolored(face, pixels)
            found["colored"] = np.float32(0)
    if rng.random() < SMALL:
        pixels = _enlarged(rng, pixels)
    if rng.random() < COVERED:
        _cover(rng, pixels, found)
    return _looked(rng, pixels, DRAWN_LOOKS if sample.drawn else 1.0), found


def _blank(size: int) -> Targets:
    side = size // PARSED
    return {
        "parsing": np.full((side, side), UNLABELLED, np.uint8),
        "face": np.float32(0),
        "points": np.zeros((68, 2), np.float32),
        "depth": np.zeros(68, np.float32),
        "visible": np.zeros(68, np.float32),
        "told": np.zeros(68, np.float32),
        "posed": np.float32(0),
        "view": np.zeros(4, np.float32),
        "profile": np.float32(UNKNOWN),
        "groups": np.full(4, UNKNOWN, np.float32),
        "colors": np.zeros(3 * len(COLORED), np.float32),
        "colored": np.float32(0),
        "age": np.int64(UNKNOWN),
        "haircut": np.int64(UNKNOWN),
    }


def _drawn(found: Targets, cut: Cut, truth: Mapping[str, Any]) -> None:
    found["points"] = cut.points(truth["landmarks"])
    found["depth"] = cut.order(np.asarray(truth["landmarks_z"], np.float32))
    found["visible"] = cut.order(np.asarray(truth["visible"], np.float32))
    found["told"][:], found["posed"] = 1, np.float32(1)
    found["view"] = cut.view(truth["yaw"], truth["pitch"], truth["roll"])
    woman = {"woman": 1, "man": 0}.get(truth["gender"], UNKNOWN)
    rest = (truth["glasses"], truth["facial_hair"] is not None, truth["hat"])
    found["groups"] = np.array([woman, *rest], np.float32)
    names = COLORED
    if cut.mirrored:
        names = (COLORED[0], COLORED[2], COLORED[1], COLORED[3])
    colors = np.concatenate([np.asarray(truth[name], np.float32) for name in names]) / 255
    found["colors"], found["colored"] = colors, np.float32(truth["painted"])
    found["age"] = np.int64(AGES.index(truth["age"]))
    found["haircut"] = np.int64(HAIRCUTS.index(truth["hair_style"]))


def _labelled(found: Targets, cut: Cut, truth: Mapping[str, Any]) -> None:
    gender, _, glasses = str(truth.get("group", "")).partition("_")
    if gender in ("woman", "man"):
        found["groups"][:2] = gender == "woman", _WORN.get(glasses, UNKNOWN)
    found["groups"][2:] = truth.get("facial_hair", UNKNOWN), truth.get("hat", UNKNOWN)
    if points := truth.get("points"):
        where, weight, shown = np.zeros((68, 2)), np.zeros(68, np.float32), np.ones(68, np.float32)
        known = [int(index) for index in points]
        where[known], weight[known] = list(points.values()), LABELLED
        shown[truth.get("hidden", [])] = 0
        found["points"], found["told"] = cut.points(where), cut.order(weight)
        found["visible"] = cut.order(shown)
    for name, places in truth.get("parts", {}).items():
        label = Label[name.upper()]
        for x, y in (cut.places(np.array(places)) * len(found["parsing"])).astype(int):
            around = found["parsing"][max(y - 1, 0) : max(y + 2, 0), max(x - 1, 0) : max(x + 2, 0)]
            around[:] = MIRRORED_LABELS[label] if cut.mirrored else label
    found["profile"] = np.float32({"profile": 1, "frontal": 0}.get(truth.get("view"), UNKNOWN))


def _cover(rng: np.random.Generator, pixels: NDArray[np.uint8], found: Targets) -> None:
    """Lays a disc or a bar of one color over the crop, in its targets too."""
    size = len(pixels)
    mask = np.zeros((size, size), np.uint8)
    center = rng.uniform(0.1, 0.9, 2) * size
    half = rng.uniform(*COVER, 2) * size / 2
    if rng.random() < 0.5:
        corners = cv2.boxPoints((center.tolist(), (2 * half).tolist(), float(rng.uniform(0, 90))))
        cv2.fillPoly(mask, [corners.astype(np.int32)], 1)
    else:
        whole, axes = center.astype(int).tolist(), half.astype(int).tolist()
        cv2.ellipse(mask, whole, axes, float(rng.uniform(0, 90)), 0, 360, 1, -1)
    pixels[mask > 0] = rng.integers(0, 256, 3)
    parsing = found["parsing"]
    parsing[(mask[::PARSED, ::PARSED] > 0) & (parsing != UNLABELLED)] = Label.OCCLUDER
    x, y = np.clip((found["points"] * size).astype(int), 0, size - 1).T
    found["visible"] = found["visible"] * (mask[y, x] == 0)


def _enlarged(rng: np.random.Generator, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As if it had been cut around a small face."""
    side = round(math.exp(rng.uniform(*np.log(SMALL_SIDE))))
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _looked(rng: np.random.Generator, pixels: NDArray[np.uint8], often: float) -> NDArray[np.uint8]:
    for share, look in looks.LOOKS:
        if look not in UNFIT and rng.random() < share * often:
            pixels = look(rng, pixels)
    return pixels

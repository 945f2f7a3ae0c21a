"""`pix2pix`: what a face is drawn from beside the face, as pytorch-CycleGAN-and-pix2pix reads it.

AB/<split>/<name>.png      condition | face, side by side
A/<split>/, B/<split>/     condition and face under one name
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import CurateError
from webtoon_curate.export import layers
from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Parts
from webtoon_curate.export.registry import Format, register
from webtoon_curate.export.samples import NAME, PLACED, crops, flat_name, placed, write_index
from webtoon_curate.export.settings import setting
from webtoon_curate.images import Pixels, encode

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Crop, Episode

_INKS = {"none": (255, 255, 255), "regions": (0, 255, 0)}
"""Of the marks. White is lost on light skin; no skin, and hardly any hair, is near pure green."""


@dataclass(frozen=True)
class PairSettings:
    """Settings of `pix2pix`.

    Attributes:
        pairs: which folders are written.
        marks, width: of the landmarks; see `layers.landmark_layer`.
        colors: whether the condition has the face's colors: no, painted where the parsing map has
            hair, eyes and skin, or as even planes (then it is an array of 13 channels).
        jitter: how far colors are moved, each part and channel by itself, at most; 0-1.
        noise: standard deviation of the noise on all of the condition but its marks; 0-1.
    """

    pairs: str = setting(
        "both",
        "side: condition and face in one picture (AB); folders: one each (A, B).",
        choices=("both", "side", "folders"),
    )
    marks: str = setting("points", "How landmarks are drawn.", choices=layers.MARKS)
    width: float = setting(
        3.0,
        "Of points and lines, pixels across; of blobs, their standard deviation.",
        least=0.25,
        most=256,
    )
    colors: str = setting(
        "none",
        "none: landmarks only; regions: colors painted where hair, eyes and skin are; planes: an "
        "even plane a color, A is then .npy of 13 channels.",
        choices=("none", "regions", "planes"),
    )
    jitter: float = setting(
        0.0,
        "Move each color of each face by up to this share of the range.",
        least=0,
        most=1,
    )
    noise: float = setting(
        0.0,
        "Noise on the condition: standard deviation, share of the range.",
        least=0,
        most=1,
    )


@register(
    "pix2pix",
    "Condition and face side by side and as folders A and B.",
    "--colors regions --jitter 0.08 --noise 0.05",
)
class Pix2pix(Format):
    """Pairs, and an index of each split."""

    Settings = PairSettings

    @property
    def parsing(self) -> bool:
        """Whether colors are painted into regions."""
        return self.settings.colors == "regions"

    def check(self) -> None:
        """Raises `CurateError` if planes are to lie beside a picture, or no colors to jitter."""
        if self.settings.colors == "planes" and self.settings.pairs == "side":
            raise CurateError("planes do not fit in one picture: --pairs folders, or both")
        if self.settings.colors == "none" and self.settings.jitter:
            raise CurateError("--jitter moves colors: choose --colors regions or planes")

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """A pair a face."""
        for each in crops(self, episode, faces, landmarks=True):
            if isinstance(each, Refused):
                yield each
                continue
            face, crop = each
            name, split = flat_name(face["face_id"]), face["side"]
            condition = self._condition(face, crop)
            row = placed(face, crop) | {"name": name}
            yield Made(split, row, self._files(name, split, condition, crop.image))

    def finish(self, parts: Parts) -> Row:
        """An index of each split."""
        schema = PLACED.append(NAME)
        for split in self.job.sides:
            with parts.writing(f"{split}.parquet") as path:
                write_index(path, (item.row for item in parts.items(split)), schema)
        return {"condition_channels": self.channels()}

    def channels(self) -> list[str]:
        """Names of the condition's channels."""
        if self.settings.colors == "planes":
            return ["landmarks", *layers.COLOR_CHANNELS]
        return ["red", "green", "blue"]

    def _files(
        self, name: str, split: str, condition: NDArray[np.uint8], image: Pixels
    ) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        planes = self.settings.colors == "planes"
        if self.settings.pairs != "side":
            data, ending = (_array(condition), "npy") if planes else (encode(condition), "png")
            files[f"A/{split}/{name}.{ending}"] = data
            files[f"B/{split}/{name}.png"] = encode(image)
        if self.settings.pairs != "folders" and not planes:
            files[f"AB/{split}/{name}.png"] = encode(np.concatenate([condition, image], axis=1))
        return files

    def _condition(self, face: Row, crop: Crop) -> NDArray[np.uint8]:
        """(size, size, 3) uint8, or (13, size, size) with planes."""
        settings, size = self.settings, self.job.crop.size
        rng = layers.sample_rng(face["face_id"], self.job.seed)
        marks = layers.landmark_layer(crop.points, size, settings.marks, settings.width)
        colors = layers.colors_of(face)
        if settings.jitter:
            colors = layers.jittered(colors, settings.jitter, rng)
        if settings.colors == "planes":
            under = layers.color_planes(colors, size)
            return np.concatenate([marks[None], self._noisy(under, rng)])
        if settings.colors == "regions":
            ground = layers.painted_regions(colors, crop.parsing)
        else:
            ground = np.full((size, size, 3), layers.NOTHING, np.uint8)
        over = marks[..., None].astype(np.float32) - layers.NOTHING
        share = over / (layers.FULL - layers.NOTHING)
        ink = np.array(_INKS[settings.colors], np.float32)
        mixed = self._noisy(ground, rng) * (1 - share) + ink * share
        return np.rint(mixed).astype(np.uint8)

    def _noisy(self, under: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        if not self.settings.noise:
            return under
        noise = rng.standard_normal(under.shape, np.float32) * (255 * self.settings.noise)
        return np.rint((under + noise).clip(0, 255)).astype(np.uint8)


def _array(planes: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, planes, allow_pickle=False)
    return buffer.getvalue()

"""`cyclegan`: unpaired photographs and drawings, as CycleGAN, U-GAT-IT and UNIT/MUNIT read them.

trainA/ testA/ valA/       photographs
trainB/ testB/ valB/       drawings
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from webtoon_curate.export import layers
from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Parts
from webtoon_curate.export.registry import Format, register
from webtoon_curate.export.samples import FILE_NAME, PLACED, crops, flat_name, placed, write_index
from webtoon_curate.export.settings import setting

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Crop, Episode

SIDES = {"photo": "A", "drawn": "B"}


@dataclass(frozen=True)
class UnpairedSettings:
    """Settings of `cyclegan`.

    Attributes:
        channels: 3 for RGB, 4 for RGBA whose alpha is the landmark layer.
        match_groups: whether both sides get the same number of faces of each group.
        marks, width: of the landmark layer; see `layers.landmark_layer`.
    """

    channels: str = setting(
        "3", "3: RGB; 4: RGBA, with the landmark layer as alpha.", choices=("3", "4")
    )
    match_groups: bool = setting(
        False, "As many faces of each group (and split) on both sides; others stay out."
    )
    marks: str = setting("points", "How the landmark layer is drawn.", choices=layers.MARKS)
    width: float = setting(
        3.0,
        "Of points and lines, pixels across; of blobs, their standard deviation.",
        least=0.25,
        most=256,
    )


@register(
    "cyclegan",
    "Photographs and drawings in trainA, trainB, testA, testB.",
    "--match-groups --channels 4",
)
class CycleGAN(Format):
    """Two sides, and an index of them all."""

    Settings = UnpairedSettings
    photos = True

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """A picture a face."""
        four = self.settings.channels == "4"
        for each in crops(self, episode, faces, landmarks=four):
            if isinstance(each, Refused):
                yield each
                continue
            face, crop = each
            folder = face["side"] + SIDES[face["domain"]]
            name = f"{folder}/{flat_name(face['face_id'])}.png"
            row = placed(face, crop) | {"file_name": name}
            yield Made(face["side"], row, {name: self._picture(crop)})

    def finish(self, parts: Parts) -> Row:
        """An index of all, and how many lie in each folder."""
        counts: dict[str, int] = {}
        for item in parts.items():
            folder = item.row["file_name"].partition("/")[0]
            counts[folder] = counts.get(folder, 0) + 1
        with parts.writing("index.parquet") as path:
            write_index(path, (item.row for item in parts.items()), PLACED.append(FILE_NAME))
        return {"folders": dict(sorted(counts.items()))}

    def _picture(self, crop: Crop) -> bytes:
        from PIL import Image

        pixels = crop.image
        if self.settings.channels == "4":
            marks = layers.landmark_layer(
                crop.points, len(pixels), self.settings.marks, self.settings.width
            )
            pixels = np.concatenate([pixels, marks[..., None]], axis=2)
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG")
        return buffer.getvalue()

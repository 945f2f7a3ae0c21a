"""`cutouts`: faces or heads without what is around them.

<split>/<name>.png         RGBA, or RGB on a color
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import CurateError
from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Parts
from webtoon_curate.export.registry import Format, register
from webtoon_curate.export.samples import FILE_NAME, PLACED, crops, flat_name, placed, write_index
from webtoon_curate.export.settings import KEEP, color_of, setting
from webtoon_curate.reader.squares import EXPAND
from webtoon_curate.synth.labels import FACE_LABELS, Label

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Crop, Episode

TRANSPARENT = "transparent"
_FACE = FACE_LABELS | {Label.GLASSES, Label.FACIAL_HAIR}
_LABELS = {"face": _FACE, "head": _FACE | {Label.HAIR, Label.EARS, Label.HAT}}
_SOFT = 0.5
"""Standard deviation of the edge, in pixels of the parsing map: its steps are seen otherwise."""


@dataclass(frozen=True)
class CutoutSettings:
    """Settings of `cutouts`.

    Attributes:
        part: `head` (with hair, ears and hat) or `face`.
        ground: `transparent`, or a color (`#rrggbb`).
    """

    part: str = setting(
        "head", "head: with hair, ears and hat; face: only the face.", choices=("head", "face")
    )
    ground: str = setting(TRANSPARENT, "transparent, or a color such as '#ffffff'.")


@register("cutouts", "Heads or faces cut out by the parsing map.", "--part face --ground '#00ff00'")
class Cutouts(Format):
    """Crops in the square that the parsing map covers."""

    Settings = CutoutSettings
    default_crop: ClassVar[dict[str, float]] = {"expand": EXPAND, "shift": 0.0}

    @property
    def parsing(self) -> bool:
        """Always."""
        return True

    def check(self) -> None:
        """Raises `CurateError` if the ground is no color."""
        if self.settings.ground != TRANSPARENT:
            color_of(self.settings.ground, "--ground")
        if self.job.crop.background != KEEP:
            raise CurateError("cutouts have no background: choose --ground instead")

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """A cutout a face."""
        for each in crops(self, episode, faces):
            if isinstance(each, Refused):
                yield each
                continue
            face, crop = each
            alpha = cutout_alpha(crop, self.settings.part)
            if not alpha.any():
                yield Refused(face["face_id"], f"no {self.settings.part} in its parsing map")
                continue
            name = f"{face['side']}/{flat_name(face['face_id'])}.png"
            row = placed(face, crop) | {"file_name": name}
            yield Made(face["side"], row, {name: self._png(crop, alpha)})

    def finish(self, parts: Parts) -> Row:
        """An index of all."""
        with parts.writing("index.parquet") as path:
            write_index(path, (item.row for item in parts.items()), PLACED.append(FILE_NAME))
        return {}

    def _png(self, crop: Crop, alpha: NDArray[np.uint8]) -> bytes:
        from PIL import Image

        if self.settings.ground == TRANSPARENT:
            pixels = np.concatenate([crop.image, alpha[..., None]], axis=2)
        else:
            share = alpha[..., None].astype(np.float32) / 255
            ground = np.array(color_of(self.settings.ground, "--ground"), np.float32)
            pixels = np.rint(crop.image * share + ground * (1 - share)).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG")
        return buffer.getvalue()


def cutout_alpha(crop: Crop, part: str) -> NDArray[np.uint8]:
    """How much of each pixel belongs to this face or head, not to another one in the crop.

    Args:
        crop: with its parsing map.
        part: `face` or `head`.

    Returns:
        (size, size) uint8.
    """
    import cv2

    mask = np.isin(crop.parsing, [int(label) for label in _LABELS[part]]).astype(np.uint8)
    x, y, width, height = (round(value) for value in crop.box)
    inside = np.zeros(mask.shape, bool)
    inside[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)] = True
    count, pieces = cv2.connectedComponents(mask, connectivity=8)
    own = np.bincount(pieces[inside], minlength=count)
    whole = np.bincount(pieces.reshape(-1), minlength=count)
    keep = 2 * own > whole  # glasses and hands cut a face into pieces that lie in its box
    own[0] = 0
    keep[np.argmax(own)] = True
    keep[0] = False
    sharp = np.where(keep[pieces], np.float32(255), np.float32(0))
    sigma = _SOFT * max(1.0, crop.parsing_step)
    return np.rint(cv2.GaussianBlur(sharp, (0, 0), sigma)).astype(np.uint8)

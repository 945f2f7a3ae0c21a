"""dlib's shape predictors (Kazemi and Sullivan 2014) as a landmark backend."""

from __future__ import annotations

import bz2
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import CropSettings
from webtoon_curate.errors import ModelError
from webtoon_curate.files import replacing
from webtoon_curate.landmarks.points import POINTS
from webtoon_curate.landmarks.registry import Found, register
from webtoon_curate.models import ModelCard, cache_folder

FRAMING = CropSettings(size=256, expand=1.8, shift=0.0)
"""A face of 142 pixels: dlib's own was trained on some of 80 to 300."""


def _missing() -> str | None:
    if find_spec("dlib") is None:
        return "install it with `pip install 'webtoon-curate[dlib]'`"
    return None


class ShapePredictor:
    """A `dlib.shape_predictor` of 68 points as a `Backend`."""

    framing = FRAMING

    def __init__(self, card: ModelCard, path: Path) -> None:
        import dlib

        self.name, self.version, self.card = card.name, card.sha256[:8], card
        try:
            self._predictor = dlib.shape_predictor(str(_unpacked(path, self.version)))
            blank = np.zeros((64, 64, 3), np.uint8)
            parts = self._predictor(blank, dlib.rectangle(8, 8, 56, 56)).num_parts
        except (RuntimeError, OSError, EOFError) as error:
            why = " ".join(str(error).split())
            raise ModelError(
                f"dlib cannot load {path} ({why}): it is cut off, or no shape predictor of dlib; "
                "get it anew"
            ) from None
        if parts != POINTS:
            raise ModelError(f"{path} places {parts} points, not the {POINTS} of iBUG")

    def __call__(self, crops: NDArray[np.uint8], boxes: NDArray[np.float32]) -> Found:
        """See `Backend`."""
        points = [self._points(crop, box) for crop, box in zip(crops, boxes)]
        return Found(np.array(points, np.float32).reshape(-1, POINTS, 2))

    def _points(self, crop: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.float32]:
        import dlib

        # dlib's own boxes are square.
        middle, half = box[:2] + box[2:] / 2, float(box[2:].mean()) / 2
        left, top = middle - half
        right, bottom = middle + half
        square = dlib.rectangle(round(left), round(top), round(right), round(bottom))
        shape = self._predictor(crop, square)
        # dlib counts from the middles of pixels.
        return np.array([[p.x + 0.5, p.y + 0.5] for p in shape.parts()], np.float32)


def _unpacked(path: Path, version: str) -> Path:
    """The file without bzip2's packing, kept in the user's cache: another file of its name, of
    another version, is another."""
    if path.suffix != ".bz2":
        return path
    target = cache_folder() / f"{version}-{path.stem}"
    if not target.is_file():
        with replacing(target) as part, bz2.open(path) as packed, part.open("wb") as file:
            shutil.copyfileobj(packed, file)
    return target


@register("dlib", default="dlib_68", suffixes=(".dat", ".bz2"), usable=_missing)
def load(card: ModelCard, path: Path | None, device: str) -> ShapePredictor:
    """The predictor of a file; dlib's knows the CPU only."""
    if path is None:
        raise ModelError(f"the shape predictor {card.name} has no file")
    return ShapePredictor(card, path)

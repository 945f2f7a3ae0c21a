"""Boosted cascades in OpenCV's XML format (Viola and Jones 2001; LBP: Liao et al. 2007)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.detect.registry import register
from webtoon_curate.detect.tiling import Tiling
from webtoon_curate.errors import ModelError
from webtoon_curate.faces import Detections
from webtoon_curate.models import ModelCard

SCALE_FACTOR = 1.1
"""Between pyramid levels; OpenCV's default."""


class CascadeDetector:
    """A cascade, run on equalised grey windows; a `Detector`."""

    def __init__(self, card: ModelCard, path: Path) -> None:
        import cv2

        self.name, self.version = card.name, card.sha256[:8]
        self.card, self.tiling, self.min_score = card, Tiling(), 0.0
        self._cascade = cv2.CascadeClassifier(str(path))
        if self._cascade.empty():
            raise ModelError(f"{path} is no cascade that OpenCV reads")

    def __call__(self, windows: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """See `Detector`."""
        return [self._window(window) for window in windows]

    def _window(self, window: NDArray[np.uint8]) -> Detections:
        import cv2

        grey = cv2.equalizeHist(cv2.cvtColor(window, cv2.COLOR_RGB2GRAY))
        boxes, counts = self._cascade.detectMultiScale2(grey, SCALE_FACTOR, 1, minSize=(24, 24))
        if not len(boxes):
            return Detections()
        return Detections(boxes, 1 - np.exp2(-np.asarray(counts, float) / 6))


@register("cascade", rank=10, suffixes=(".xml",))
def load(card: ModelCard, path: Path | None, device: str) -> CascadeDetector:
    """A cascade of a file; cascades know the CPU only."""
    if path is None:
        raise ModelError(f"the cascade {card.name} has no file")
    return CascadeDetector(card, path)

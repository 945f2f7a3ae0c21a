"""Faces in photographs: dlib's frontal detector on gradient histograms (Dalal and Triggs 2005)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.detect.detector import Tiling
from webtoon_curate.detect.registry import register
from webtoon_curate.faces import Detections
from webtoon_curate.models import ModelCard

UPSAMPLE_BELOW = 2_000_000
"""Pixels of a window under which it is doubled: dlib's own window is 80 pixels, and faces from
40 pixels are wanted."""


def _missing() -> str | None:
    if find_spec("dlib") is None:
        return "dlib is not installed; run `pip install 'webtoon-curate[dlib]'`"
    return None


class PhotoDetector:
    """dlib's frontal face detector; a `Detector`."""

    def __init__(self, card: ModelCard) -> None:
        import dlib

        self.name, self.version = card.name, dlib.__version__
        self.card, self.min_score = card, 0.0
        self.tiling = Tiling(width=1024, height=1024, overlap=320, smallest=40)
        self._detector = dlib.get_frontal_face_detector()

    def __call__(self, windows: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """See `Detector`."""
        return [self._window(window) for window in windows]

    def _window(self, window: NDArray[np.uint8]) -> Detections:
        upsample = int(window.shape[0] * window.shape[1] < UPSAMPLE_BELOW)
        calibration = self.card.calibration
        found, margins, _ = self._detector.run(
            np.ascontiguousarray(window), upsample, calibration["lowest_margin"]
        )
        boxes = np.array([[r.left(), r.top(), r.width(), r.height()] for r in found], np.float32)
        logit = calibration["bias"] + calibration["margin"] * np.array(margins, float)
        return Detections(boxes, 1 / (1 + np.exp(-logit)))


@register("photo", usable=_missing)
def load(card: ModelCard, path: Path | None, device: str) -> PhotoDetector:
    """dlib's detector, which is part of dlib and knows the CPU only."""
    return PhotoDetector(card)

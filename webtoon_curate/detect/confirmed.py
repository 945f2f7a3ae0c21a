"""A detector whose finds are read before they are believed.

A detector sees a face in a few hundred pixels around it; the reader looks at one crop with a
larger network, and was taught what detectors take for faces.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import cut
from webtoon_curate.detect.detector import Detector
from webtoon_curate.faces import Detections
from webtoon_curate.reader.network import FaceReader
from webtoon_curate.reader.squares import reader_squares

MOST = 4.0
"""Largest word of the reader, a logit either way: it may raise 0.5 to 0.88, no more."""


class Confirmed:
    """A `Detector` that asks a reader about each box: the logit of its score is the detector's
    plus `weight` times the reader's. Its name, card, tiling and operating point are the detector's.

    Args:
        detector: finds the boxes.
        reader: tells faces from what looks like them.
        weight: of the reader's word, from the detector's card.
        raising: it may raise scores only; for faces of creatures, which it takes for none.
    """

    def __init__(
        self, detector: Detector, reader: FaceReader, weight: float, raising: bool = False
    ) -> None:
        self.detector, self.reader, self.weight, self.raising = detector, reader, weight, raising
        self.name, self.version = detector.name, f"{detector.version}+{reader.version}"
        self.card, self.tiling = detector.card, detector.tiling
        self.min_score = detector.min_score

    def __call__(self, windows: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """See `Detector`."""
        found = [part[self._in_reach(part)] for part in self.detector(windows)]
        crops = [
            crop for window, part in zip(windows, found) for crop in self._crops(window, part.boxes)
        ]
        if not crops:
            return found
        least = 0.0 if self.raising else -MOST
        told = np.clip(_logits(self.reader.faces(crops)), least, MOST) * self.weight
        ends = np.cumsum([len(part) for part in found])[:-1]
        return [
            Detections(part.boxes, 1 / (1 + np.exp(-(_logits(part.scores) + more))))
            for part, more in zip(found, np.split(told, ends))
        ]

    def _in_reach(self, found: Detections) -> NDArray[np.bool_]:
        """Which boxes the reader can raise to `min_score`."""
        wanted = _logits(np.array([self.min_score], np.float32))
        return _logits(found.scores) + self.weight * MOST >= wanted

    def _crops(
        self, window: NDArray[np.uint8], boxes: NDArray[np.float32]
    ) -> list[NDArray[np.uint8]]:
        def read(x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
            return window[y : y + height, x : x + width]

        bounds = (0, 0, window.shape[1], window.shape[0])
        return [cut(read, square, bounds, self.reader.size) for square in reader_squares(boxes)]


def _logits(chances: NDArray[np.float32]) -> NDArray[np.float64]:
    chances = np.clip(np.asarray(chances, np.float64), 1e-6, 1 - 1e-6)
    return np.log(chances / (1 - chances))

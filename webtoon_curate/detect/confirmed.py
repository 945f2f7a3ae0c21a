"""A detector whose finds are looked at more closely before they are believed.

A detector sees a face in a few hundred pixels around it; the reader looks at one crop with a
larger network, and was taught what detectors take for faces.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import cut, rectangles_of
from webtoon_curate.detect.detector import Detector
from webtoon_curate.faces import Detections
from webtoon_curate.reader.network import FaceReader
from webtoon_curate.reader.squares import reader_squares

MOST = 4.0
"""Largest word of the reader, a logit either way: it may raise 0.5 to 0.88, no more."""
SURE = 3.5
"""Logit from which on a detector is believed, as if the reader had said the most (0.97)."""

Place = tuple[NDArray[np.uint8], NDArray[np.float32]]
"""A window, and a box in it."""


class Confirmed:
    """A `Detector` that asks a reader about each box, unless it is sure: the logit of the score is
    the detector's plus `weight` times the reader's. Its name, card, tiling and operating point are
    the detector's.

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
        places = [(window, box) for window, part in zip(windows, found) for box in part.boxes]
        if not places:
            return found
        own = _logits(np.concatenate([part.scores for part in found]))
        told = np.full(len(own), MOST * self.weight)
        asked = np.flatnonzero(own < SURE)
        told[asked] = self._told([places[i] for i in asked])
        scores = 1 / (1 + np.exp(-(own + told)))
        ends = np.cumsum([len(part) for part in found])[:-1]
        return [Detections(p.boxes, mine) for p, mine in zip(found, np.split(scores, ends))]

    def _in_reach(self, found: Detections) -> NDArray[np.bool_]:
        """Which boxes the reader can raise to `min_score`."""
        wanted = _logits(np.array([self.min_score], np.float32))
        return _logits(found.scores) + self.weight * MOST >= wanted

    def _told(self, places: Sequence[Place]) -> NDArray[np.float64]:
        """(n,) the reader's weighted word of boxes in their windows."""
        if not places:
            return np.zeros(0)
        squares = reader_squares(np.stack([box for _, box in places]))
        chances = self.reader.faces(_crops(places, squares, self.reader.size))
        return np.clip(_logits(chances), 0.0 if self.raising else -MOST, MOST) * self.weight


def _crops(
    places: Sequence[Place], squares: NDArray[np.float64], size: int
) -> list[NDArray[np.uint8]]:
    return [
        cut(
            rectangles_of(window),
            square,
            (0, 0, window.shape[1], window.shape[0]),
            size,
        )
        for (window, _), square in zip(places, squares)
    ]


def _logits(chances: NDArray[np.float32]) -> NDArray[np.float64]:
    chances = np.clip(np.asarray(chances, np.float64), 1e-6, 1 - 1e-6)
    return np.log(chances / (1 - chances))

"""A cascade and its decisions, which equal those of `cv2.CascadeClassifier`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.trainer.cascade.features import CHUNK, chosen_codes

SLACK = 1e-5
"""OpenCV lowers every threshold of a stage by this much when it reads a cascade."""


@dataclass(frozen=True)
class Stump:
    """A weak classifier: one feature, and the codes that speak for a face.

    Attributes:
        rect: x, y, cell width, cell height in pixels of the window.
        subset: (256,) bool, the codes that answer `leaves[0]`; the others answer `leaves[1]`.
        leaves: the two answers, float32 values.
    """

    rect: tuple[int, int, int, int]
    subset: NDArray[np.bool_]
    leaves: tuple[float, float]

    def answers(self, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The answer for each code of the feature."""
        return self.table()[codes]

    def table(self) -> NDArray[np.float64]:
        """(256,): the answer by code."""
        return np.where(self.subset, *np.float32(self.leaves)).astype(np.float64)


@dataclass(frozen=True)
class Stage:
    """Stumps whose answers are added up; below `threshold` the window is no face."""

    stumps: tuple[Stump, ...]
    threshold: float

    def sums(self, windows: NDArray[np.uint8]) -> NDArray[np.float64]:
        """(n,): the sum of the answers for each of (n, 24, 24) grey windows."""
        rects = np.array([stump.rect for stump in self.stumps]).reshape(-1, 4)
        total = np.zeros(len(windows))
        for start in range(0, len(windows), CHUNK):
            codes = chosen_codes(windows[start : start + CHUNK], rects)
            for stump, row in zip(self.stumps, codes):
                total[start : start + CHUNK] += stump.answers(row)
        return total

    def accepts(self, windows: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(n,): which of (n, 24, 24) grey windows pass."""
        return self.sums(windows) >= np.float32(self.threshold) - SLACK


@dataclass(frozen=True)
class Cascade:
    """Stages, each of which sees only what all before it let pass."""

    stages: tuple[Stage, ...] = ()

    def passed(self, windows: NDArray[np.uint8]) -> NDArray[np.int64]:
        """(n,): how many stages each of (n, 24, 24) grey windows passes before the first refusal;
        a face passes `len(stages)`."""
        count = np.zeros(len(windows), np.int64)
        left = np.arange(len(windows))
        for stage in self.stages:
            left = left[stage.accepts(windows[left])]
            count[left] += 1
        return count

    def accepts(self, windows: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(n,): which of (n, 24, 24) grey windows are faces."""
        return self.passed(windows) == len(self.stages)

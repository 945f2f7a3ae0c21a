"""One number for how well the points of a face sit: the chance that they do.

`quality` is the probability that the points of every region (jaw, brows, nose, eyes, mouth) have a
mean error below `GOOD` of the face's size. It is a logistic function of what was measured, fitted
by `benchmarks/calibrate_quality.py` on drawn faces, where the truth is known, with a reader's own
errors and with errors that were put in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.files import digest
from webtoon_curate.landmarks.shape import FARTHEST, ShapeSpace

Floats = NDArray[np.float64]

GOOD = 0.06
"""Mean error of a region of good points in face sizes: a little more than a tenth of the distance
of the outer corners of the eyes, which the literature calls a failure of the whole face."""
MEASURES = (
    "dispersion", "recrop", "edges", "skin", "spill", "parts", "shape", "agreement",
)  # fmt: skip
"""Columns of the table that the quality is made of."""
WANTED = "skin", "spill", "parts", "agreement"
"""Measures that some faces lack; fits for faces that have none of them do without."""


WRONG_WHEN_LOW = ("edges", "skin")
"""The others speak against points when they are high."""
LEAST = {"dispersion": 0.01, "parts": 0.01, "agreement": 0.01, "skin": 0.02, "spill": 0.02,
         "shape": 0.1}  # fmt: skip
"""Measures of which ratios tell, and values below which differences are noise."""


def told(name: str, values: Floats, usual: float) -> Floats:
    """A measure as the logistic function takes it: of even weight over its range.

    What is better than usual counts as usual. A jaw that is drawn too large has more of the face
    inside than any good one: that must not make up for what else is inside.

    Args:
        name: of the measure.
        values: (n,), NaN for what a face lacks.
        usual: median over good faces; stands in for what is lacking.
    """
    values = np.where(np.isnan(values), usual, values)
    low = name in WRONG_WHEN_LOW
    values = np.minimum(values, usual) if low else np.maximum(values, usual)
    if name == "skin":
        return -np.log(np.clip(1 - values, 0, 1) + LEAST[name])
    if name in LEAST:
        return np.log(np.clip(values, 0, FARTHEST) + LEAST[name])
    return np.clip(values, 0, 1)


@dataclass(frozen=True)
class Fit:
    """A logistic function of some measures.

    Attributes:
        weights: by measure.
        usual: by measure, its median over good faces; see `told`.
        bias: of the function.
    """

    weights: Mapping[str, float]
    usual: Mapping[str, float]
    bias: float

    def __call__(self, measures: Mapping[str, Floats]) -> NDArray[np.float32]:
        """(n,) float32 probabilities, from (n,) values by measure; NaN for what a face lacks."""
        total = np.full(len(measures["edges"]), self.bias)
        for name, weight in self.weights.items():
            values = np.asarray(measures[name], np.float64)
            total += weight * told(name, values, self.usual[name])
        return (1 / (1 + np.exp(-np.clip(total, -30, 30)))).astype(np.float32)


@dataclass(frozen=True)
class Calibration:
    """What `benchmarks/calibrate_quality.py` found.

    Attributes:
        space: of shapes.
        solid: (68, 3) a mean face, see `webtoon_curate.landmarks.pose`.
        fits: with fewer and fewer measures.
        version: tells this calibration's qualities from another's.
    """

    space: ShapeSpace
    solid: Floats
    fits: Sequence[Fit]
    version: str

    def quality(self, measures: Mapping[str, Floats]) -> NDArray[np.float32]:
        """(n,) float32 in 0-1, by the first fit whose measures any of the faces has."""
        for fit in self.fits:
            if all(np.isfinite(measures[m]).any() for m in fit.weights if m in WANTED):
                return fit(measures)
        return self.fits[-1](measures)


@cache
def calibration() -> Calibration:
    """The one that comes with the package."""
    source = resources.files("webtoon_curate.landmarks") / "data" / "quality.json"
    record = json.loads(source.read_text(encoding="utf-8"))
    space = ShapeSpace(**{name: np.array(value) for name, value in record["space"].items()})
    fits = [Fit(**fit) for fit in record["fits"]]
    return Calibration(space, np.array(record["solid"]), fits, digest(record))

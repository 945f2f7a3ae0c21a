"""Groups of faces from what a reader sees: its logits and its map of parts, joined.

The map often shows a beard or a hat that the logit of the whole face leaves open. Each probability
is a logistic function of a few such hints, fitted by `benchmarks/calibrate_groups.py` on drawn
faces and on labelled real ones. A beard makes a man: the probability of a woman is that of a face
without beard, times the probability that there is none. Whoever reads faces gets these
probabilities; nothing calibrates them again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.files import digest
from webtoon_curate.reader.readings import GROUPS, Readings
from webtoon_curate.synth.labels import FACE_LABELS, Label

Floats = NDArray[np.float64]

HINTS: Mapping[str, tuple[str, ...]] = {
    "facial_hair": ("logit", "area"),
    "hat": ("logit", "area"),
    "glasses": ("logit",),
    "woman": ("logit",),
}
"""What each probability is made of: the network's logit, and the log-odds of the share of the map.
The area of glasses was tried: it tells nothing that the logit does not."""
FAINT = 0.005
"""Share of an area below which differences are noise of the map."""
SMALLEST_AREA = 0.002
"""Share of the map below which an area is counted as this large."""
LARGEST_LOGIT = 30.0
_LOWER_FACE = np.r_[2:15, 31:36]
"""Points around cheeks, chin and mouth: the jaw without its ends, and the base of the nose."""


def _table(*labels: Label) -> NDArray[np.bool_]:
    chosen = np.zeros(256, bool)
    chosen[list(labels)] = True
    return chosen


_HAIRY = _table(Label.FACIAL_HAIR)
_LOWER = _table(Label.FACIAL_HAIR, *FACE_LABELS)
_HAT = _table(Label.HAT)
_HEAD = _table(Label.HAT, Label.HAIR, Label.SKIN)


def areas(parsing: NDArray[np.uint8], points: NDArray[np.float32]) -> dict[str, Floats]:
    """How much of faces their maps give to beards and hats.

    Args:
        parsing: (n, s, s) uint8, classes of `webtoon_curate.synth.labels.Label`.
        points: (n, 68, 2) as shares of the map's side; not finite ones surround nothing.

    Returns:
        (n,) float64 in 0-1: `facial_hair`, of the face below the nose; `hat`, of hat, hair and
        skin. 0 where the map shows nothing of either.
    """
    pairs = [_shares(*pair) for pair in zip(parsing, points)]
    hair, hat = np.array(pairs, np.float64).reshape(-1, 2).T
    return {"facial_hair": hair, "hat": hat}


def _shares(parsing: NDArray[np.uint8], points: NDArray[np.float32]) -> tuple[float, float]:
    least = SMALLEST_AREA * parsing.size
    head = max(int(_HEAD[parsing].sum()), least)
    below = parsing[_inside(points[_LOWER_FACE], parsing.shape)]
    lower = max(int(_LOWER[below].sum()), least)
    return int(_HAIRY[below].sum()) / lower, int(_HAT[parsing].sum()) / head


def _inside(points: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The pixels in the convex hull of points."""
    import cv2

    mask = np.zeros(shape, np.uint8)
    if np.isfinite(points).all():
        # Points may lie anywhere; OpenCV counts in 32-bit fixed point.
        places = np.clip(points, -4, 4).astype(np.float32) * np.float32(shape[0])
        cv2.fillConvexPoly(mask, np.round(cv2.convexHull(places) - 0.5).astype(np.int32), 1)
    return mask.astype(bool)


def log_odds(shares: Floats) -> Floats:
    """Of shares of an area, of even weight from nothing to all."""
    return np.log((shares + FAINT) / (1 - shares + FAINT))


@dataclass(frozen=True)
class GroupFit:
    """What `benchmarks/calibrate_groups.py` found.

    Attributes:
        weights: by question the weight of each of its `HINTS`, and `bias`; `woman` is of faces
            without beard.
        version: tells this fit's probabilities from another's.
    """

    weights: Mapping[str, Mapping[str, float]]
    version: str

    def __call__(
        self, logits: NDArray[np.float32], areas: Mapping[str, Floats]
    ) -> dict[str, NDArray[np.float32]]:
        """Probabilities of groups.

        Args:
            logits: (n, 4) of a network, in the order of `GROUPS`.
            areas: see `areas`.

        Returns:
            (n,) float32 by name of `GROUPS`, NaN where a logit is.
        """
        chances: dict[str, Floats] = {}
        for question, weights in self.weights.items():
            total = np.full(len(logits), weights["bias"])
            for name, values in hints(question, logits, areas).items():
                total += weights[name] * values
            chances[question] = chance(total)
        chances["woman"] *= 1 - chances["facial_hair"]
        return {name: chances[name].astype(np.float32) for name in GROUPS}


def hints(
    question: str, logits: NDArray[np.float32], areas: Mapping[str, Floats]
) -> dict[str, Floats]:
    """(n,) values by name of the `HINTS` of a question; arguments as of `GroupFit`."""
    found = {"logit": np.asarray(logits[:, GROUPS.index(question)], np.float64)}
    if "area" in HINTS[question]:
        found["area"] = log_odds(areas[question])
    return found


def chance(logits: Floats) -> Floats:
    """Logits as probabilities."""
    return 1 / (1 + np.exp(-np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)))


def mean_groups(looks: Sequence[Readings]) -> Readings:
    """The first readings of the same faces, with the groups that all say: means of their logits.

    Args:
        looks: at least one; each of n faces in the same order.
    """
    first, *_ = looks
    mean = {}
    for name in GROUPS:
        several = np.stack([getattr(look, name) for look in looks]).astype(np.float64)
        sure = np.clip(several, 1e-6, 1 - 1e-6)
        mean[name] = chance(np.log(sure / (1 - sure)).mean(axis=0)).astype(np.float32)
    return replace(first, **mean)


@cache
def group_fit() -> GroupFit:
    """The one that comes with the package."""
    source = resources.files("webtoon_curate.reader") / "data" / "groups.json"
    weights = json.loads(source.read_text(encoding="utf-8"))["weights"]
    return GroupFit(weights, digest(weights))

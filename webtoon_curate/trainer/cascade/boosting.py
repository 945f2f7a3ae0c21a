"""Gentle AdaBoost (Friedman, Hastie and Tibshirani 2000) with stumps on categories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.trainer.cascade.classifier import SLACK, Stage, Stump
from webtoon_curate.trainer.cascade.features import CODES, rectangles

TRIMMED = 0.02
"""Share of the weight, in samples of small weight, that the search for a stump leaves out
(Friedman et al., section 9: this changes little and saves most of the time)."""
SHRINKAGE = 5e-3
"""Weight of neither answer that is added to each code: codes that few faces have say little. The
weights of all samples add up to 1."""


@dataclass(frozen=True)
class Samples:
    """What a stage is trained on.

    Attributes:
        codes: (8464, n) uint8, of `features.codes`.
        faces: (n,) bool.
        weights: (n,) float64, how much each counts among its kind; any scale.
        held: (n,) bool, samples that no stump is fitted to: the stage is judged by them.
    """

    codes: NDArray[np.uint8]
    faces: NDArray[np.bool_]
    weights: NDArray[np.float64]
    held: NDArray[np.bool_]


@dataclass(frozen=True)
class StageGoal:
    """When a stage is good enough, on held-out samples, and how it gets there.

    Attributes:
        hit_rate: share of the faces that must pass.
        false_alarms: share of the rest that may.
        stumps: most stumps.
        features: features tried for each stump, drawn afresh each time.
    """

    hit_rate: float
    false_alarms: float
    stumps: int
    features: int


def boost_stage(
    samples: Samples, goal: StageGoal, rng: np.random.Generator
) -> tuple[Stage, float, float]:
    """Stumps, one after the other, until the goal is reached or the most stumps are there.

    Returns:
        The stage, its hit rate, and its share of false alarms, both on the held-out samples.
    """
    total = np.zeros(len(samples.faces))
    stumps = []
    for stump, answers in _boosted(samples, goal, rng):
        stumps.append(stump)
        total += answers
        threshold = _threshold(total, samples, goal.hit_rate)
        hits, alarms = rates(total >= threshold - SLACK, samples)
        if alarms <= goal.false_alarms or len(stumps) == goal.stumps:
            break
    return Stage(tuple(stumps), threshold), hits, alarms


def _boosted(
    samples: Samples, goal: StageGoal, rng: np.random.Generator
) -> Iterator[tuple[Stump, NDArray[np.float64]]]:
    rects = rectangles()
    weights = _balanced(samples)
    signs = np.where(samples.faces, 1.0, -1.0)
    while True:
        tried = np.sort(rng.choice(len(rects), min(goal.features, len(rects)), replace=False))
        heavy = _heaviest(weights)
        number, subset, leaves = best_stump(samples.codes, tried, heavy, weights, samples.faces)
        stump = Stump(tuple(rects[number].tolist()), subset, leaves)
        answers = stump.answers(samples.codes[number])
        yield stump, answers
        weights = weights * np.exp(-signs * answers)
        weights /= weights.sum()


def _balanced(samples: Samples) -> NDArray[np.float64]:
    """Weights that add up to 1, half of it faces; held-out samples have none."""
    weights = np.where(samples.held, 0, samples.weights).astype(float)
    for kind in (samples.faces, ~samples.faces):
        weights[kind] /= 2 * weights[kind].sum()
    return weights


def _heaviest(weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """The fewest samples that hold all but `TRIMMED` of the weight, in their order."""
    order = np.argsort(-weights, kind="stable")
    count = int(np.searchsorted(np.cumsum(weights[order]), 1 - TRIMMED)) + 1
    return np.sort(order[:count])


def best_stump(
    codes: NDArray[np.uint8],
    tried: NDArray[np.integer],
    chosen: NDArray[np.integer],
    weights: NDArray[np.float64],
    faces: NDArray[np.bool_],
) -> tuple[int, NDArray[np.bool_], tuple[float, float]]:
    """The feature and the subset of its codes that fit +1 for faces and -1 for others best, by
    weighted least squares.

    For one feature the best of the 2^255 subsets is among the 255 cuts of the codes sorted by
    their mean answer (Fisher 1958; Breiman et al. 1984, section 4.2.2).

    Args:
        codes: (features, n).
        tried: numbers of the features to try.
        chosen: numbers of the samples to look at.
        weights: (n,).
        faces: (n,).

    Returns:
        The feature's number, the subset (256,) bool, and the leaves: the mean answer in the
        subset and outside it, as float32 values.
    """
    masses = np.empty((2, len(tried), CODES))
    for side, kind in enumerate((~faces, faces)):
        members = chosen[kind[chosen]]
        mass = weights[members]
        for row, number in enumerate(tried):
            masses[side, row] = np.bincount(codes[number].take(members), mass, CODES)
    difference, both = masses[1] - masses[0], masses[0] + masses[1]
    order = np.argsort(-difference / (both + SHRINKAGE), axis=1, kind="stable")
    left = np.take_along_axis(difference, order, 1).cumsum(axis=1)
    left_mass = np.take_along_axis(both, order, 1).cumsum(axis=1)
    right, right_mass = left[:, -1:] - left, left_mass[:, -1:] - left_mass
    # The squared error falls by the sum of (signed mass)^2 / mass over both sides.
    gain = left**2 / (left_mass + SHRINKAGE) + right**2 / (right_mass + SHRINKAGE)
    row, cut = np.unravel_index(gain.argmax(), gain.shape)
    subset = np.zeros(CODES, bool)
    subset[order[row, : cut + 1]] = True
    answers = (
        left[row, cut] / (left_mass[row, cut] + SHRINKAGE),
        right[row, cut] / (right_mass[row, cut] + SHRINKAGE),
    )
    first, second = (float(np.float32(answer)) for answer in answers)
    return int(tried[row]), subset, (first, second)


def _threshold(total: NDArray[np.float64], samples: Samples, hit_rate: float) -> float:
    """The highest threshold that lets `hit_rate` of the held-out faces pass, float32.

    It lies in the middle between two sums, so that rounding decides nothing.
    """
    mine = samples.faces & samples.held
    order = np.argsort(-total[mine], kind="stable")
    weight = samples.weights[mine][order].cumsum()
    last = min(int(np.searchsorted(weight, hit_rate * weight[-1])), len(order) - 1)
    lowest = total[mine][order[last]]
    below = total[total < lowest - 10 * SLACK]
    margin = (lowest - below.max()) / 2 if len(below) else 1.0
    return float(np.float32(lowest - min(margin, 1.0)))


def rates(passed: NDArray[np.bool_], samples: Samples) -> tuple[float, float]:
    """Shares of the held-out faces and of the other held-out samples that passed."""
    shares = []
    for kind in (samples.faces, ~samples.faces):
        weights = samples.weights * (kind & samples.held)
        shares.append(float(weights[passed].sum() / weights.sum()))
    return shares[0], shares[1]

"""How far two sets of features are apart, and whether one was learned by heart.

Frechet distance (FID: Heusel et al. 2017), kernel distance (KID: Bińkowski et al. 2018), and the
test for copies of Meehan, Chaudhuri and Dasgupta (2020).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import CurateError

Features = NDArray[np.floating]

ENOUGH = 2048
"""Features, of Inception's length, below which their covariance is singular and FID is biased."""
SUBSET, SUBSETS = 1000, 100
"""Pictures in each subset of KID, and how many there are, as in its paper and in clean-fid."""
_BLOCK, _COLUMNS = 1024, 8192
"""Of distances that are in memory at once: 64 MB."""


class TooFewError(CurateError):
    """There are not enough pictures for a figure to mean anything."""


@dataclass(frozen=True)
class Kernel:
    """A kernel distance.

    Attributes:
        value: mean of the subsets' unbiased estimates; may be below 0 for equal sets.
        deviation: of the subsets' estimates.
        subset, subsets: pictures in each, and how many.
    """

    value: float
    deviation: float
    subset: int
    subsets: int


@dataclass(frozen=True)
class Memory:
    """Whether samples are nearer to the training pictures than other true pictures are.

    Attributes:
        score: probability that a sample is nearer to its nearest training picture than a held-out
            picture is; 0.5 for a model that has learned no picture by heart, 1 for copies.
        copies: share of the samples that are nearer than 99 in 100 held-out pictures.
        sample_distance, heldout_distance: medians of the distances to the nearest training picture.
        nearest: (samples,) index of the nearest training picture.
    """

    score: float
    copies: float
    sample_distance: float
    heldout_distance: float
    nearest: NDArray[np.int64]


def frechet_distance(first: Features, second: Features, force: bool = False) -> float:
    """FID: |m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½), covariances unbiased.

    Args:
        first, second: (n, d), one row a picture.
        force: also with fewer than `ENOUGH` pictures, where it is too large.

    Raises:
        TooFewError: if there are too few and `force` is false, or fewer than two.
    """
    first, second = _checked(first, second, 2)
    fewest = min(len(first), len(second))
    if fewest < ENOUGH and not force:
        raise TooFewError(
            f"{fewest} pictures are too few for FID, which is biased below {ENOUGH}: use "
            "webtoon-curate evaluate kid, or --force"
        )
    apart = first.mean(0) - second.mean(0)
    covariances = [np.atleast_2d(np.cov(x, rowvar=False)) for x in (first, second)]
    root = _root(covariances[0])
    # The eigenvalues of C1 C2 are those of the symmetric C1^½ C2 C1^½.
    product = np.linalg.eigvalsh(root @ covariances[1] @ root)
    crossed = np.sqrt(product.clip(min=0)).sum()
    return float(apart @ apart + sum(np.trace(c) for c in covariances) - 2 * crossed)


def kernel_distance(
    first: Features,
    second: Features,
    subset: int | None = None,
    subsets: int = SUBSETS,
    seed: int = 0,
) -> Kernel:
    """KID: unbiased squared maximum mean discrepancy with the kernel (x·y / d + 1)³.

    Args:
        first, second: (n, d), one row a picture.
        subset: pictures in each subset, at most as many as the smaller set has; None for `SUBSET`
            or half of it: subsets of all would be one and the same, and their deviation 0.
        subsets: how many are drawn.
        seed: of the draws.

    Raises:
        TooFewError: if a set has fewer than two pictures.
    """
    first, second = _checked(first, second, 2)
    fewest = min(len(first), len(second))
    subset = min(SUBSET, max(2, fewest // 2)) if subset is None else min(subset, fewest)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(subsets):
        x, y = (some[rng.choice(len(some), subset, replace=False)] for some in (first, second))
        found.append(_discrepancy(x, y))
    return Kernel(float(np.mean(found)), float(np.std(found)), subset, subsets)


def memorization(samples: Features, training: Features, heldout: Features) -> Memory:
    """Whether samples repeat training pictures: the rank test of Meehan et al. (2020).

    Args:
        samples, training, heldout: (n, d), one row a picture.

    Raises:
        TooFewError: if a set is empty.
    """
    samples, training = _checked(samples, training, 1)
    heldout, _ = _checked(heldout, training, 1)
    away, nearest = _nearest(samples, training)
    others, _ = _nearest(heldout, training)
    others = np.sort(others)
    nearer, not_farther = (np.searchsorted(others, away, side) for side in ("left", "right"))
    farther, ties = len(others) - not_farther, not_farther - nearer
    return Memory(
        score=float((farther + ties / 2).mean() / len(others)),
        copies=float((away < np.quantile(others, 0.01)).mean()),
        sample_distance=float(np.median(away)),
        heldout_distance=float(np.median(others)),
        nearest=nearest,
    )


def _checked(first: Features, second: Features, least: int) -> tuple[Features, Features]:
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if min(len(first), len(second)) < least:
        raise TooFewError(f"at least {least} pictures are needed in each set")
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"features of {first.shape[1]} and {second.shape[1]} numbers")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise CurateError("the network gave features that are no numbers: try other --features")
    return first, second


def _root(matrix: Features) -> Features:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


def _discrepancy(x: Features, y: Features) -> float:
    n = len(x)
    same = sum(((k := _kernel(a, a)).sum() - np.trace(k)) / (n * (n - 1)) for a in (x, y))
    return same - 2 * _kernel(x, y).mean()


def _kernel(x: Features, y: Features) -> Features:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _nearest(points: Features, others: Features) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distance to, and index of, the nearest of `others`; in blocks, so that memory is bounded."""
    squares = (others**2).sum(1)
    least, indices = np.full(len(points), np.inf), np.zeros(len(points), np.int64)
    for top, left in itertools.product(
        range(0, len(points), _BLOCK), range(0, len(others), _COLUMNS)
    ):
        rows, columns = slice(top, top + _BLOCK), slice(left, left + _COLUMNS)
        found = squares[columns] - 2 * points[rows] @ others[columns].T
        index = found.argmin(1)
        value = found[np.arange(len(found)), index]
        better = value < least[rows]
        least[rows][better], indices[rows][better] = value[better], left + index[better]
    return np.linalg.norm(points - others[indices], axis=1), indices

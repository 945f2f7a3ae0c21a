"""A small classifier on embeddings: a few labels go far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.files import digest

FOLDS = 5
RIDGE = 0.05
"""Penalty on the squared weights for each label, for embeddings of length 1: strong enough for ten
labels in 128 dimensions. It shrinks the answers; the calibration stretches them again."""
_STEPS = 50
_LONGEST_STEP, _DONE = 5.0, 1e-8
"""Of a weight in a step of Newton's method: longer ones overshoot where labels part cleanly, and
below the second one nothing changes any more."""
_NO_PENALTY = 1e-6
"""On the constant: only so much that the equations have a solution."""
POOL = 20
"""Only so many times the wanted number, the most uncertain, are candidates to look at next."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Checked:
    """How well a classifier does on labels that it has not seen.

    Attributes:
        labels, positive: how many there are, and how many say yes.
        accuracy: share of right answers, cross-validated; faces of one scene in one fold.
        majority: share of right answers of who always says what is more frequent.
        log_loss: of the calibrated probabilities, cross-validated; nats.
    """

    labels: int
    positive: int
    accuracy: float
    majority: float
    log_loss: float


@dataclass(frozen=True)
class Classifier:
    """Logistic regression with a ridge, calibrated as by Platt (1999) on cross-validated answers.

    Attributes:
        weights: (d + 1,), the last for a constant.
        slope, offset: of the calibration.
    """

    weights: Floats
    slope: float
    offset: float

    def __call__(self, embeddings: NDArray) -> Floats:
        """(n,) probabilities of yes for (n, d) embeddings."""
        return _chances(self.slope * _logits(self.weights, embeddings) + self.offset)


def trained(
    embeddings: NDArray, yes: NDArray[np.bool_], scenes: Sequence[str], seed: int = 0
) -> tuple[Classifier, Checked]:
    """A classifier for labels, and how well it does.

    Args:
        embeddings: (n, d) of length 1.
        yes: (n,) the labels; at least `FOLDS` scenes with each.
        scenes: (n,) names of what must not be in two folds.
        seed: of the folds.
    """
    folds = fold_numbers(yes, scenes, seed)
    unseen = np.empty(len(yes))
    for fold in range(FOLDS):
        test = folds == fold
        if test.any():
            weights = fitted(_extended(embeddings[~test]), yes[~test], RIDGE)
            unseen[test] = _logits(weights, embeddings[test])
    calibrated = np.empty(len(yes))
    for fold in range(FOLDS):
        test = folds == fold
        if test.any():
            slope, offset = _platt(unseen[~test], yes[~test])
            calibrated[test] = _chances(slope * unseen[test] + offset)
    right = np.where(yes, calibrated, 1 - calibrated)
    share = float(yes.mean())
    checked = Checked(
        labels=len(yes),
        positive=int(yes.sum()),
        accuracy=float((right > 0.5).mean()),
        majority=max(share, 1 - share),
        log_loss=float(-np.log(right.clip(1e-9)).mean()),
    )
    weights = fitted(_extended(embeddings), yes, RIDGE)
    return Classifier(weights, *_platt(unseen, yes)), checked


def fold_numbers(yes: NDArray[np.bool_], scenes: Sequence[str], seed: int) -> NDArray[np.int64]:
    """(n,) folds 0 to `FOLDS` - 1: a scene in one fold, those with a yes dealt out evenly."""
    names, places = np.unique(np.asarray(scenes), return_inverse=True)
    has_yes = np.zeros(len(names), bool)
    np.logical_or.at(has_yes, places, yes)
    mixed = np.array([digest([seed, name]) for name in names.tolist()])
    order = np.lexsort((mixed, ~has_yes))
    folds = np.empty(len(names), np.int64)
    folds[order] = np.arange(len(names)) % FOLDS
    return folds[places]


def fitted(features: Floats, yes: NDArray, ridge: float) -> Floats:
    """(d,) weights of a logistic regression by Newton's method; the last is not penalised.

    Args:
        features: (n, d), the last column ones.
        yes: (n,) 0-1, or bool.
        ridge: penalty on the squared weights, for each row.
    """
    weights = np.zeros(features.shape[1])
    penalty = np.full(len(weights), ridge * len(yes))
    penalty[-1] = _NO_PENALTY
    for _ in range(_STEPS):
        chances = _chances(features @ weights)
        slope = features.T @ (chances - yes) + penalty * weights
        curve = (features * (chances * (1 - chances))[:, None]).T @ features
        step = np.linalg.solve(curve + np.diag(penalty), slope)
        step *= min(1, _LONGEST_STEP / max(float(np.abs(step).max()), 1e-12))
        weights -= step
        if np.abs(step).max() < _DONE:
            break
    return weights


def most_doubtful(chances: Floats, count: int) -> NDArray[np.int64]:
    """Indices of the faces that `most_useful` looks at for `count`: the most uncertain, of equals
    the first."""
    return np.argsort(-_entropy(chances), kind="stable")[: POOL * count]


def most_useful(
    embeddings: NDArray, chances: Floats, known: NDArray, count: int
) -> NDArray[np.int64]:
    """The faces to look at next: uncertain ones, unlike each other and unlike those that are known.

    Each is the one with the largest product of the entropy of its probability and its distance
    (1 - scalar product) to the nearest that is known or was chosen before.

    Args:
        embeddings: (n, d) of length 1.
        chances: (n,) probabilities.
        known: (m, d) embeddings of labelled faces.
        count: at most so many.

    Returns:
        indices, the most useful first.
    """
    doubt = _entropy(chances)
    pool = most_doubtful(chances, count)
    vectors = np.asarray(embeddings, np.float64)[pool]
    apart = np.full(len(pool), 2.0)
    for vector in np.asarray(known, np.float64):
        apart = np.minimum(apart, 1 - vectors @ vector)
    chosen: list[int] = []
    free = np.ones(len(pool), bool)
    for _ in range(min(count, len(pool))):
        best = int(np.argmax(np.where(free, doubt[pool] * apart.clip(0), -1)))
        chosen.append(best)
        free[best] = False
        apart = np.minimum(apart, 1 - vectors @ vectors[best])
    return pool[chosen]


def _entropy(chances: Floats) -> Floats:
    """(n,) of the answers yes and no, nats."""
    p = chances.clip(1e-9, 1 - 1e-9)
    return -(p * np.log(p) + (1 - p) * np.log(1 - p))


def _platt(logits: Floats, yes: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset, with Platt's softened targets; the slope is not negative."""
    positive, negative = int(yes.sum()), int((~yes).sum())
    targets = np.where(yes, (positive + 1) / (positive + 2), 1 / (negative + 2))
    slope, offset = fitted(_extended(logits[:, None]), targets, 1e-6)
    return max(float(slope), 0.0), float(offset)


def _extended(features: NDArray) -> Floats:
    features = np.asarray(features, np.float64)
    return np.concatenate([features, np.ones((len(features), 1))], axis=1)


def _logits(weights: Floats, features: NDArray) -> Floats:
    return np.asarray(features, np.float64) @ weights[:-1] + weights[-1]


def _chances(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-logits.clip(-50, 50)))

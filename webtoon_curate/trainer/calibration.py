"""Scores that are probabilities, and operating points, from pictures kept out of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import rectangles_of
from webtoon_curate.detect.confirmed import Confirmed
from webtoon_curate.detect.detector import Detector
from webtoon_curate.detect.network import HIGHEST_SCORE, NetworkDetector
from webtoon_curate.detect.tiling import detect_scene
from webtoon_curate.evaluate.matching import HIT, NEUTRAL, match
from webtoon_curate.evaluate.pixels import pixels_of
from webtoon_curate.evaluate.truth import Truth
from webtoon_curate.faces import Detections, Scene
from webtoon_curate.models import ModelCard
from webtoon_curate.reader import load_reader
from webtoon_curate.trainer.pictures import Picture

PRECISE, HIGH, SLACK = 0.95, 0.75, 0.03
"""Precision at the operating points `precise` and `high`; `balanced` is the lowest score whose F1
is at most so much below the highest: a face that is missed is lost, a false one is read and refused
by the reader, and the curve of a few dozen faces is flat there."""
READER = 0.5
"""Weight of the reader's word beside the detector's; 0.25 to 1 do about as well."""
ROUNDS = 30
"""Newton steps of the logistic fit; it settles in fewer than ten."""
RIDGE = 1e-3
"""Keeps the fit finite when all detections are hits."""


def calibrated(card: ModelCard, path: Path, pictures: Sequence[Picture]) -> ModelCard:
    """The card with calibration and thresholds measured on pictures.

    Args:
        card: of the network; its present calibration is not used.
        path: the ONNX file.
        pictures: labelled, never trained on; a few dozen faces are the least that makes sense.

    Returns:
        The card: `slope` and `bias` of the logistic map of logits (Platt 1999), the weight of the
        `reader`, and the scores of the operating points with it.
    """
    alone = NetworkDetector(replace(card, calibration={}), path, "cpu")
    alone.reductions = (1,)  # the logits of one search, before those of several are averaged
    scores, hits, _ = _outcomes(alone, pictures)
    scores = np.minimum(scores, HIGHEST_SCORE)
    slope, bias = logistic_fit(np.log(scores / (1 - scores)), hits)
    fitted = {"slope": round(slope, 4), "bias": round(bias, 4), "reader": READER}
    card = replace(card, calibration=fitted)
    confirmed = Confirmed(NetworkDetector(card, path, "cpu"), load_reader(device="cpu"), READER)
    points = operating_points(*_outcomes(confirmed, pictures))
    return replace(card, thresholds={name: round(score, 3) for name, score in points.items()})


def _outcomes(
    detector: Detector, pictures: Sequence[Picture]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    """Scores of the detections that count, which are faces, and how many faces there are."""
    scores, hits, faces = [np.zeros(0)], [np.zeros(0, bool)], 0
    for picture in pictures:
        truth = truth_of(picture)
        outcome = match(found_on(detector, picture), truth)
        counted = outcome.kinds != NEUTRAL
        scores.append(outcome.detections.scores[counted].astype(float))
        hits.append(outcome.kinds[counted] == HIT)
        faces += len(truth.boxes)
    return np.concatenate(scores), np.concatenate(hits), faces


def truth_of(picture: Picture) -> Truth:
    """Its labels, as evaluations want them."""
    boxes, ignored = (
        np.concatenate([b[:, :2], b[:, 2:] - b[:, :2]], axis=1)
        for b in (picture.boxes, picture.ignored)
    )
    people = ~picture.creatures
    neutral = np.concatenate([boxes[picture.creatures], ignored])
    return Truth(boxes[people], ("unknown",) * int(people.sum()), neutral, picture.size)


def found_on(detector: Detector, picture: Picture) -> Detections:
    """What a detector sees on the whole of it."""
    pixels = pixels_of(picture.path)
    scene = Scene(0, 0, pixels.shape[1], pixels.shape[0])
    return detect_scene(detector, rectangles_of(pixels), scene)


def logistic_fit(logits: NDArray[np.float64], hits: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and bias that make 1 / (1 + exp(-(slope * logit + bias))) most likely, by Newton's
    method, drawn a little towards the identity.

    Whole steps overshoot where the logits are far too sure: they are halved until they help. The
    identity is given where high logits are no likelier hits: a slope below 0 would turn them round.
    """
    inputs = np.stack([logits, np.ones_like(logits)], axis=1)
    start = np.array([1.0, 0.0])

    def cost(weights: NDArray[np.float64]) -> float:
        told, away = inputs @ weights, weights - start
        return np.logaddexp(0, told).sum() - told[hits].sum() + RIDGE / 2 * (away @ away)

    weights = start
    for _ in range(ROUNDS):
        told = np.exp(-np.logaddexp(0, -inputs @ weights))
        gradient = inputs.T @ (told - hits) + RIDGE * (weights - start)
        curvature = (inputs * (told * (1 - told))[:, None]).T @ inputs + RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        while cost(weights - step) > cost(weights):
            step = step / 2
        weights = weights - step
    slope, bias = weights if weights[0] > 0 else start
    return float(slope), float(bias)


def operating_points(
    scores: NDArray[np.float64], hits: NDArray[np.bool_], faces: int
) -> dict[str, float]:
    """The scores of `high`, `balanced` and `precise`.

    Args:
        scores: (n,) of all detections that count, 0-1.
        hits: (n,) which of them are faces.
        faces: how many faces there are, found or not.
    """
    if not len(scores):
        return {"high": 0.25, "balanced": 0.5, "precise": 0.75}
    order = np.argsort(-scores, kind="stable")
    falling, counts = scores[order], np.arange(1, len(order) + 1)
    found = np.cumsum(hits[order])

    def lowest(precision: float) -> float:
        enough = np.flatnonzero(found / counts >= precision)
        return float(falling[enough[-1]]) if len(enough) else 1.0

    f1 = 2 * found / (counts + max(faces, 1))
    high = lowest(HIGH)
    balanced = max(float(falling[np.flatnonzero(f1 >= f1.max() - SLACK)[-1]]), high)
    return {"high": high, "balanced": balanced, "precise": max(lowest(PRECISE), balanced)}

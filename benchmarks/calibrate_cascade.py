"""Fit the `calibration` and print the thresholds of a cascade's model card.

Logistic regression (iteratively reweighted least squares) of hit or false alarm on the detector's
three features, over the `train` pages of the labels given; the held-out pages are never read.

    python benchmarks/calibrate_cascade.py pepper/labels.json open/labels.json
    python benchmarks/calibrate_cascade.py --model cascade.xml pepper/labels.json

A cascade must not have learned from the pages that it is calibrated on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from webtoon_curate.detect import load_detector
from webtoon_curate.detect.cascade import FEATURES
from webtoon_curate.detect.merging import merge
from webtoon_curate.evaluate import evaluate_detections, load_truth, match
from webtoon_curate.evaluate.matching import HIT, NEUTRAL
from webtoon_curate.faces import Detections

RIDGE = 1e-3
CAPPED, CAP = "mikabul", 0.5
"""One artist has a third of the faces of `open`; its pages count half."""


def fitted(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    x = np.column_stack([np.ones(len(x)), x])
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (weight * (y - p)) - RIDGE * beta
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + RIDGE * np.eye(len(beta))
        beta = beta + np.linalg.solve(hessian, gradient)
    return beta


def main(paths: list[Path], model: str) -> None:
    detector = load_detector(model)
    rows, hits, weights, pages = [], [], [], {}
    for path in paths:
        for name, truth in load_truth(path, "train").items():
            picture = cv2.cvtColor(cv2.imread(str(path.parent / name)), cv2.COLOR_BGR2RGB)
            boxes, features = detector.candidates(picture)
            faces = detector._faces(boxes, picture.shape)
            pages[name] = (faces, features, truth)
            # The best box of a face is its hit: the merging that follows keeps one.
            outcome = match(Detections(faces, features[:, 1] + 0.1 * features[:, 0]), truth)
            rank = (features[:, 1] + 0.1 * features[:, 0]).astype(np.float32)
            order = np.argsort(-rank, kind="stable")
            counts = outcome.kinds != NEUTRAL
            rows.append(features[order][counts])
            hits.append(outcome.kinds[counts] == HIT)
            weights.append(np.full(counts.sum(), CAP if CAPPED in name else 1.0))
    x, y, w = np.concatenate(rows), np.concatenate(hits), np.concatenate(weights)
    for names in (FEATURES, FEATURES[:2]):
        beta = fitted(x[:, : len(names)], y, w)
        print({"bias": round(beta[0], 3), **{n: round(b, 3) for n, b in zip(names, beta[1:])}})
    beta = fitted(x, y, w)
    scored = {
        name: (merge(Detections(f, 1 / (1 + np.exp(-(beta[0] + v @ beta[1:]))))), t)
        for name, (f, v, t) in pages.items()
    }
    for score in np.arange(0.05, 0.96, 0.05):
        e = evaluate_detections(scored, score)
        print(f"score {score:.2f}  recall {e.recall:.3f}  precision {e.precision or 0:.3f}")
    print(f"average precision {e.average_precision:.3f}")
    everything = Detections.concatenate(d for d, _ in scored.values()).scores
    hit = np.concatenate([match(d, t).kinds for d, t in scored.values()])
    for low in np.arange(0, 1, 0.2):
        chosen = (everything >= low) & (everything < low + 0.2) & (hit >= 0)
        share = (hit[chosen] == HIT).mean()
        print(f"scores {low:.1f}-{low + 0.2:.1f}: {chosen.sum()}, {share:.2f} faces")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels", type=Path, nargs="+")
    parser.add_argument("--model", default="lbpcascade_animeface", help="name or XML file")
    arguments = parser.parse_args()
    main(arguments.labels, arguments.model)

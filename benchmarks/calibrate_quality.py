"""Fits what `quality` of landmarks is made of, on drawn faces whose points are known.

The bundled `webtoon_curate/landmarks/data/quality.json` is made by

    python benchmarks/calibrate_quality.py --out webtoon_curate/landmarks/data/quality.json

A reader reads each face as `webtoon-curate landmarks` does. Its points are one sample; the true
points are another; and both, spoilt, give more: all of the face or its jaw alone too large or too
small, or moved. A spoilt sample keeps the reader's own dispersion and re-crop: a reader that is
wrong may be so consistently. What these are worth is learned from the reader's real errors, which
weigh `OWN_SHARE`; half of the boxes are bad, so that there are some.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from webtoon_curate.landmarks.align import apply, similarity
from webtoon_curate.landmarks.measures import crop_squares, evidence
from webtoon_curate.landmarks.network import ReaderBackend
from webtoon_curate.landmarks.passes import read_passes
from webtoon_curate.landmarks.patches import Patches
from webtoon_curate.landmarks.points import JAW, MIRRORED, REGIONS
from webtoon_curate.landmarks.quality import GOOD, MEASURES, WRONG_WHEN_LOW, Fit, told
from webtoon_curate.landmarks.shape import NORMAL, ShapeSpace, distances, reduced
from webtoon_curate.reader import load_reader
from webtoon_curate.synth.crops import face_crops

SIDE, JITTER, BATCH = 256, 0.08, 16
"""Of the drawn crops; of the boxes, as detectors'; faces that are read at once."""
OWN_SHARE = 0.2
"""Of the reader's own points in the fit: with half, spoilt jaws are told worse."""
BAD_JITTER = 0.25
"""Of the worse half of the boxes."""
DIMENSIONS = 8
"""Of the space of shapes."""
RIDGE = 1e-3
"""Pulls the weights of standardised measures to zero, in samples a sample."""
SHOWN = 0.75
"""Share of its points that a drawn face shows at least: what hands and hair hide is guessed, and
skin and lines tell nothing of it."""
FEWEST = 3
"""Shown points of a region that tell its error."""
FITS = (
    MEASURES,
    tuple(m for m in MEASURES if m != "agreement"),
    ("dispersion", "recrop", "edges", "shape"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reader", default="auto")
    parser.add_argument("--faces", type=int, default=450)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    backend = ReaderBackend(load_reader(args.reader))
    truth, batches = [], []
    rng = np.random.default_rng(args.seed)
    for crops in drawn(args.faces, args.seed, args.jobs):
        batch = read_drawn(backend, crops, rng, (JITTER, BAD_JITTER))
        batches.append(batch)
        truth.append(crops_truth(crops))
    points, depth, boxes, angles = (np.concatenate(values) for values in zip(*truth))
    space = shape_space(points, boxes)
    samples = [sample for batch in batches for sample in spoilt(batch, rng)]
    table = measured(samples, space)
    right = np.concatenate([sample["right"] for sample in samples])
    own = np.concatenate([sample["own"] for sample in samples])
    weight = np.zeros(len(right))
    for group, share in ((own, OWN_SHARE), (~own, 1 - OWN_SHARE)):
        for kind in (right, ~right):
            some = group & kind
            weight[some] = share * len(right) / 2 / max(int(some.sum()), 1)
    fits = [settled(fit(names, table, right, weight), table, right, own) for names in FITS]
    record = {
        "command": f"python benchmarks/calibrate_quality.py --faces {args.faces} "
        f"--seed {args.seed}",
        "reader": f"{backend.name}@{backend.version}",
        "space": {name: rounded(getattr(space, name)) for name in space.__dataclass_fields__},
        "solid": rounded(mean_solid(points, depth, boxes, angles)),
        "fits": [{"weights": f.weights, "usual": f.usual, "bias": f.bias} for f in fits],
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(record) + "\n")
    print(f"{len(right)} samples of {len(points)} faces, {right.mean():.0%} good; "
          f"{own.sum()} of the reader, {right[own].mean():.0%} good")  # fmt: skip
    for f in fits:
        print({name: round(weight, 2) for name, weight in f.weights.items()}, round(f.bias, 2))


def drawn(faces: int, seed: int, jobs: int, heldout: bool = False) -> Iterator[list]:
    """Drawn crops in batches, those that are mostly shown."""
    batch = []
    for crop in face_crops(faces, seed, size=SIDE, jobs=jobs, heldout=heldout):
        if np.mean(crop.truth["visible"]) < SHOWN:
            continue
        batch.append(crop)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def crops_truth(crops: Sequence) -> tuple[np.ndarray, ...]:
    """True points, depths, boxes and angles of the crops."""
    truth = [crop.truth for crop in crops]
    names = ("landmarks", "landmarks_z", "box")
    values = [np.array([t[name] for t in truth], np.float64) for name in names]
    return *values, np.array([[t["yaw"], t["pitch"], t["roll"]] for t in truth])


def read_drawn(
    backend: ReaderBackend,
    crops: Sequence,
    rng: np.random.Generator,
    jitters: Sequence[float] = (JITTER,),
) -> dict:
    """A batch of drawn faces, read in boxes that are off by the jitters in turn."""
    patches = patches_of(backend, crops, rng, jitters)
    passes = read_passes(backend, patches)
    truth = patches.taken(np.array([c.truth["landmarks"] for c in crops], np.float32))
    shown = np.array([c.truth["visible"] for c in crops])
    return {"patches": patches, "passes": passes, "truth": truth, "shown": shown}


def patches_of(
    backend: ReaderBackend,
    crops: Sequence,
    rng: np.random.Generator,
    jitters: Sequence[float] = (JITTER,),
) -> Patches:
    """Those of drawn faces, in boxes that are off by the jitters in turn."""
    several = []
    for number, crop in enumerate(crops):
        box = jittered(np.array(crop.truth["box"]), rng, jitters[number % len(jitters)])
        several.append(Patches.on(crop.rgb, box[None], backend.framing))
    return Patches.concatenate(several)


def jittered(box: np.ndarray, rng: np.random.Generator, jitter: float) -> np.ndarray:
    """A box moved, and its size changed, by up to a share of it."""
    grown = box[2:] * rng.uniform(1 - jitter, 1 + jitter)
    moved = box[:2] + (box[2:] - grown) / 2 + box[2:].max() * rng.uniform(-jitter, jitter, 2)
    return np.concatenate([moved, grown])


def errors(batch: dict, points: np.ndarray) -> np.ndarray:
    """(n,) the mean error of the shown points of the worst region, face sizes."""
    away = np.linalg.norm(points - batch["truth"], axis=2) / batch["patches"].sizes[:, None]
    worst = np.zeros(len(away))
    for part in REGIONS.values():
        shown = batch["shown"][:, part]
        several = shown.sum(axis=1)
        mean = (away[:, part] * shown).sum(axis=1) / np.maximum(several, 1)
        worst = np.maximum(worst, np.where(several >= FEWEST, mean, 0))
    return worst


def scaled(points: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Points moved away from their middle."""
    middle = points.mean(axis=1, keepdims=True)
    return (points - middle) * np.reshape(factor, (-1, 1, 1)) + middle


def shifted(
    points: np.ndarray, sizes: np.ndarray, share: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Points moved by a share of the face's size, anywhere."""
    angle = rng.uniform(0, 2 * np.pi, len(points))
    way = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (share * sizes)[:, None]
    return points + way[:, None]


def jaw_only(points: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """The jaw alone, larger or smaller."""
    points = points.copy()
    points[:, JAW] = scaled(points[:, JAW], factor)
    return points


def spoilt(batch: dict, rng: np.random.Generator) -> Iterator[dict]:
    """Samples of a batch: the reader's points, the true ones, and both spoilt."""
    n, sizes = len(batch["truth"]), batch["patches"].sizes
    own = batch["passes"].points

    def either(low: float, high: float) -> np.ndarray:
        factor = rng.uniform(low, high, n)
        return np.where(rng.random(n) < 0.5, factor, 1 / factor)

    for points, read in ((own, True), (batch["truth"], False)):
        yield sample(batch, points, read, own=read)
        yield sample(batch, scaled(points, either(1.1, 1.35)), read)
        yield sample(batch, shifted(points, sizes, rng.uniform(0.05, 0.2, n), rng), read)
        yield sample(batch, jaw_only(points, either(1.15, 1.4)), read)


def sample(batch: dict, points: np.ndarray, read: bool = True, own: bool = False) -> dict:
    """Points to be judged, with what is known of them.

    Args:
        batch: whose points.
        points: to be judged.
        read: they are the reader's, maybe spoilt; known labels have no dispersion.
        own: they are the reader's, as they are.
    """
    points = points.astype(np.float32)
    passes, patches = batch["passes"], batch["patches"]
    known = np.full(len(points), np.nan)
    squares = crop_squares(patches)
    away = np.linalg.norm(points - passes.points, axis=2).mean(axis=1) / patches.sizes
    found = evidence(patches, points, passes.readings.parsing, squares)
    return {
        **found,
        "dispersion": passes.dispersion if read else known,
        "recrop": passes.recrop if read else known,
        # A reader's own points have no other backend to agree with.
        "agreement": np.where(away > 0, away, np.nan),
        "points": points,
        "boxes": patches.boxes,
        "right": errors(batch, points) < GOOD,
        "own": np.full(len(points), own),
    }


def shape_space(points: np.ndarray, boxes: np.ndarray) -> ShapeSpace:
    """Mean, directions and usual numbers of true shapes."""
    outline = reduced(points)
    mean = outline[0] - outline[0].mean(axis=0)
    for _ in range(5):  # generalised Procrustes analysis (Gower 1975)
        mean = apply(similarity(outline, mean), outline).mean(axis=0)
        mean = (mean - mean.mean(axis=0)) / np.linalg.norm(mean - mean.mean(axis=0))
    away = (apply(similarity(outline, mean), outline) - mean).reshape(len(outline), -1)
    basis = np.linalg.svd(away, full_matrices=False)[2][:DIMENSIONS]
    some = ShapeSpace(mean, basis, np.zeros(DIMENSIONS + 4), np.ones(DIMENSIONS + 4))
    numbers = some.numbers(points, boxes)
    center = np.median(numbers, axis=0)
    spread = NORMAL * np.median(np.abs(numbers - center), axis=0)
    # Boxes are as detectors give them: their jitter is part of what is usual.
    spread[-3:] = np.hypot(spread[-3:], JITTER / np.sqrt(3))
    return ShapeSpace(mean, basis, center, spread)


def mean_solid(
    points: np.ndarray, depth: np.ndarray, boxes: np.ndarray, angles: np.ndarray
) -> np.ndarray:
    """The mean of faces that look at the reader, in box widths."""
    frontal = (np.abs(angles) < (12, 12, 12)).all(axis=1)
    flat = points[frontal] / boxes[frontal, 2][:, None, None]
    flat -= flat.mean(axis=1, keepdims=True)
    solid = np.concatenate([flat, depth[frontal][..., None]], axis=2).mean(axis=0)
    mirror = solid[MIRRORED] * [-1, 1, 1]
    return (solid + mirror) / 2


def measured(samples: Sequence[dict], space: ShapeSpace) -> dict[str, np.ndarray]:
    """The measures of all samples, by name."""
    prior = space.center, space.spread
    for one in samples:
        one["shape"] = distances(space.numbers(one["points"], one["boxes"]), prior)
    return {name: np.concatenate([one[name] for one in samples]) for name in MEASURES}


def fit(
    names: Sequence[str], table: dict[str, np.ndarray], right: np.ndarray, weight: np.ndarray
) -> Fit:
    """Logistic regression; measures whose weight has the wrong sign are left out."""
    usual = {name: round(float(np.nanmedian(table[name][right])), 4) for name in names}
    columns = np.stack([told(name, table[name], usual[name]) for name in names], axis=1)
    free = list(range(len(names)))
    while True:
        weights, bias = newton(columns[:, free], right, weight)
        signs = [1 if names[i] in WRONG_WHEN_LOW else -1 for i in free]
        wrong = [i for i, w, s in zip(free, weights, signs) if w * s < 0]
        if not wrong:
            break
        free = [i for i in free if i not in wrong]  # worse evidence must never raise the quality
    known = {names[i]: round(float(w), 4) for i, w in zip(free, weights)}
    return Fit(known, {name: usual[name] for name in known}, round(float(bias), 4))


def settled(found: Fit, table: dict[str, np.ndarray], right: np.ndarray, own: np.ndarray) -> Fit:
    """The fit with another bias: over the reader's points, qualities must average to the share of
    the good ones, for they are chances of what a reader does and not of how much was spoilt."""
    measures = {name: values[own] for name, values in table.items()}
    low, high = -20.0, 20.0
    for _ in range(40):
        more = (low + high) / 2
        moved = replace(found, bias=found.bias + more)
        if moved(measures).mean() < right[own].mean():
            low = more
        else:
            high = more
    return replace(found, bias=round(found.bias + (low + high) / 2, 4))


def newton(columns: np.ndarray, right: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights and bias by Newton's method on standardised columns."""
    mean, scale = columns.mean(axis=0), columns.std(axis=0) + 1e-9
    x = np.column_stack([(columns - mean) / scale, np.ones(len(columns))])
    ridge = np.eye(x.shape[1]) * RIDGE * len(x)
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        slope = x.T @ (weight * (p - right)) + ridge @ w
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + ridge
        w = w - np.linalg.solve(curve, slope)
    weights = w[:-1] / scale
    return weights, float(w[-1] - weights @ mean)


def rounded(values: np.ndarray) -> list:
    return np.round(values, 5).tolist()


if __name__ == "__main__":
    main()

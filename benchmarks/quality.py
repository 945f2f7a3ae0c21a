"""How well `quality` tells good points from bad ones, and what reading costs.

Drawn faces are of the style families that nothing was trained or fitted on, and show three
quarters of their points. AUROC is the chance that a face with good points has a higher quality
than one with bad points:

- `scale 1.2`, `shift`, `jaw only`: the true points of all faces, against the same spoilt; the
  shift is of 0.1 face sizes. Known points are not read, so they have no dispersion or re-crop.
- `reader`: the reader's own points, those with a mean error below 0.05 face sizes against others.
- `large eyes`: the true points of the half with the larger eyes against the other half: 0.5 is
  right, for the size of eyes is a matter of style.

With `--pages`, the same of real faces with eight labelled points: the reader's points whose eight
are right, against the same spoilt, and against the others.

    python benchmarks/quality.py --pages labelled-pages
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from calibrate_quality import drawn, errors, jaw_only, read_drawn, sample, scaled, shifted

from webtoon_curate.evaluate.landmarks import load_points
from webtoon_curate.images import decode
from webtoon_curate.landmarks.network import ReaderBackend
from webtoon_curate.landmarks.passes import read_passes
from webtoon_curate.landmarks.patches import Patches
from webtoon_curate.landmarks.points import EIGHT, LEFT_EYE, RIGHT_EYE
from webtoon_curate.landmarks.quality import GOOD, MEASURES, calibration
from webtoon_curate.landmarks.shape import distances
from webtoon_curate.reader import load_reader

SCALE, SHIFT, JAW = 1.2, 0.1, 1.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reader", default="auto")
    parser.add_argument("--faces", type=int, default=200, help="those mostly shown count")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--pages", type=Path, help="folder of the pages with labelled points")
    parser.add_argument("--role", help="of the labelled pages; all by default")
    args = parser.parse_args()
    backend = ReaderBackend(load_reader(args.reader))
    rng = np.random.default_rng(args.seed)
    several = drawn(args.faces, args.seed, jobs=1, heldout=True)
    batches = [read_drawn(backend, crops, rng) for crops in several]
    print(f"{sum(len(batch['truth']) for batch in batches)} drawn faces")
    for agreement in (False, True):
        print(f"{'with' if agreement else 'without'} the agreement of another backend:")
        report(batches, [batch["truth"] for batch in batches], rng, agreement)
    own = [batch["passes"].points for batch in batches]
    wrong = np.concatenate([errors(b, p) for b, p in zip(batches, own)]) >= GOOD
    tell_own(judged(batches, own, agreement=False), wrong)
    tell_eyes(batches)
    tell_speed(backend, batches[0]["patches"])
    if args.pages:
        real = list(real_faces(backend, args.pages, args.role))
        own = [batch["passes"].points for batch in real]
        wrong = np.concatenate([batch["error"] for batch in real]) >= GOOD
        print(f"{len(wrong)} real faces")
        tell_own(judged(real, own, agreement=False), wrong)
        good = [subset(batch) for batch in real if (batch["error"] < GOOD).any()]
        report(good, [batch["passes"].points for batch in good], rng, False, read=True)


def report(
    batches: list, points: list, rng: np.random.Generator, agreement: bool, read: bool = False
) -> None:
    """Prints the AUROC of points against the same spoilt, and of each measure alone."""
    n = [len(p) for p in points]
    kinds = {
        f"scale {SCALE}": [scaled(p, np.full(len(p), SCALE)) for p in points],
        f"scale {1 / SCALE:.2f}": [scaled(p, np.full(len(p), 1 / SCALE)) for p in points],
        f"shift {SHIFT}": [
            shifted(p, b["patches"].sizes, np.full(m, SHIFT), rng)
            for p, b, m in zip(points, batches, n)
        ],
        "jaw only, larger": [jaw_only(p, np.full(len(p), JAW)) for p in points],
        "jaw only, smaller": [jaw_only(p, np.full(len(p), 1 / JAW)) for p in points],
    }
    good = judged(batches, points, agreement, read)
    for kind, spoilt in kinds.items():
        bad = judged(batches, spoilt, agreement, read)
        alone = {m: auroc(signed(m, good), signed(m, bad)) for m in ("shape", *MEASURES[2:6])}
        told = "  ".join(f"{name} {value:.3f}" for name, value in alone.items())
        print(f"  {kind:18} {auroc(good['quality'], bad['quality']):.3f}   alone: {told}")


def judged(
    batches: list, points: list, agreement: bool, read: bool = True
) -> dict[str, np.ndarray]:
    """Measures and qualities of points, as the stage gives them for one title."""
    known = calibration()
    samples = [sample(batch, p, read) for batch, p in zip(batches, points)]
    numbers = [known.space.numbers(one["points"], one["boxes"]) for one in samples]
    general = known.space.center, known.space.spread
    found = {m: np.concatenate([s[m] for s in samples]) for m in MEASURES if m != "shape"}
    found["shape"] = distances(np.concatenate(numbers), general)
    if not agreement:
        found["agreement"] = np.full_like(found["agreement"], np.nan)
    return found | {"quality": known.quality(found)}


def signed(name: str, found: dict[str, np.ndarray]) -> np.ndarray:
    """A measure, larger for better."""
    return found[name] if name in ("edges", "skin", "quality") else -found[name]


def auroc(good: np.ndarray, bad: np.ndarray) -> float:
    """Chance that a good one is above a bad one; ties count half."""
    good, bad = good[~np.isnan(good)], bad[~np.isnan(bad)]
    if not len(good) or not len(bad):
        return float("nan")
    return float((np.sign(good[:, None] - bad) + 1).mean() / 2)


def tell_own(found: dict[str, np.ndarray], wrong: np.ndarray) -> None:
    """Prints how the reader's own failures are told, and whether the chances are honest."""
    quality = found["quality"]
    print(f"reader's own points: {1 - wrong.mean():.1%} good, mean quality {quality.mean():.1%}; "
          f"AUROC {auroc(quality[~wrong], quality[wrong]):.3f}")  # fmt: skip
    for measure in MEASURES[:-1]:
        value = auroc(signed(measure, found)[~wrong], signed(measure, found)[wrong])
        print(f"  {measure} alone {value:.3f}")
    for least in (0.3, 0.5, 0.7, 0.9):
        kept = quality >= least
        good = 1 - wrong[kept].mean() if kept.any() else float("nan")
        print(f"  quality >= {least}: {kept.mean():.1%} kept, of these {good:.1%} good")


def tell_eyes(batches: list) -> None:
    """Prints whether large eyes, drawn and pointed at, change the quality."""
    truth = [batch["truth"] for batch in batches]
    points = np.concatenate(truth)
    sizes = np.concatenate([batch["patches"].sizes for batch in batches])
    ranges = [np.ptp(points[:, eye], axis=1) for eye in (LEFT_EYE, RIGHT_EYE)]
    eyes = np.mean([np.sqrt(np.prod(r, axis=1)) for r in ranges], axis=0) / sizes
    large = eyes > np.median(eyes)
    quality = judged(batches, truth, agreement=False, read=False)["quality"]
    print(f"large eyes against small: {auroc(quality[large], quality[~large]):.3f}")


def tell_speed(backend: ReaderBackend, patches: Patches) -> None:
    """Prints how long the passes take, and the evidence."""
    started = time.perf_counter()
    passes = read_passes(backend, patches)
    read = time.perf_counter() - started
    batch = {"patches": patches, "passes": passes, "truth": passes.points,
             "shown": np.ones(passes.points.shape[:2], bool)}  # fmt: skip
    started = time.perf_counter()
    sample(batch, passes.points)
    judged_in = time.perf_counter() - started
    n = len(patches)
    print(f"{1e3 * read / n:.1f} ms a face in its passes, {1e3 * judged_in / n:.1f} ms to judge")


def real_faces(backend: ReaderBackend, pages: Path, role: str | None) -> Iterator[dict]:
    """Labelled real faces as the reader sees them, a page at a time."""
    for name, faces in load_points(role=role).items():
        if not (pages / name).is_file():
            continue
        corners = np.array([face["box"] for face in faces], np.float64)
        boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
        patches = Patches.on(decode(pages / name), boxes, backend.framing)
        passes = read_passes(backend, patches)
        yield {"patches": patches, "passes": passes, "truth": passes.points,
               "shown": np.ones(passes.points.shape[:2], bool),
               "error": eight_errors(faces, patches.placed(passes.points), boxes)}  # fmt: skip


def eight_errors(faces: list, points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(n,) mean errors of the labelled points that are shown, face sizes."""
    found = []
    for face, placed, box in zip(faces, points, boxes):
        told = [
            i for i, p in enumerate(face["points"]) if p is not None and i not in face["hidden"]
        ]
        true = np.array([face["points"][i] for i in told], np.float64).reshape(-1, 2)
        away = np.linalg.norm(placed[[EIGHT[i] for i in told]] - true, axis=1)
        found.append(away.mean() / np.sqrt(box[2] * box[3]) if told else np.nan)
    return np.array(found)


def subset(batch: dict) -> dict:
    """The faces of a batch whose points are good."""
    keep = batch["error"] < GOOD
    patches, passes = batch["patches"], batch["passes"]
    chosen = Patches(patches.pixels[keep], patches.squares[keep], patches.boxes[keep],
                     patches.framing)  # fmt: skip
    values = {name: getattr(passes, name) for name in passes.__dataclass_fields__}
    values = {name: value if value is None else value[keep] for name, value in values.items()}
    return {"patches": chosen, "passes": type(passes)(**values), "truth": batch["truth"][keep],
            "shown": batch["shown"][keep], "error": batch["error"][keep]}  # fmt: skip


if __name__ == "__main__":
    main()

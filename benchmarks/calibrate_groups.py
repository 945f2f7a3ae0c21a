"""Fits how the reader's logits and its map of parts become probabilities of groups.

The bundled `webtoon_curate/reader/data/groups.json` is made by

    python benchmarks/calibrate_groups.py --pages labelled-pages \
        --labels benchmarks/labels/train.json --out webtoon_curate/reader/data/groups.json

Half of the weight is of drawn faces of the taught styles (the reserved ones stay for measuring),
half of labelled faces on pages of the role `train`, where an author counts as the root of the
number of his faces. Printed are figures before the fit (the bare logits) and with it; those are of
faces of authors, and fifths of the drawn faces, that the fit had not seen. The reader itself has
seen the real faces, but not the drawn ones. Last come thresholds from which answers count.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from calibrate_quality import jittered, newton

from webtoon_curate.evaluate.groups import SURE, figures
from webtoon_curate.evaluate.landmarks import crops_of
from webtoon_curate.evaluate.truth import NEUTRAL_GROUP
from webtoon_curate.images import decode
from webtoon_curate.reader import FaceReader, load_reader, reader_id, reader_squares
from webtoon_curate.reader.groups import HINTS, GroupFit, areas, chance, hints
from webtoon_curate.reader.network import BATCH
from webtoon_curate.reader.readings import GROUPS
from webtoon_curate.synth.crops import face_crops
from webtoon_curate.trainer.pictures import labelled

SIDE, JITTER = 256, 0.08
"""Of the drawn crops; of the boxes, as detectors'."""
DRAWN = "drawn"
FOLDS = 5
THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)
Face = tuple[np.ndarray, np.ndarray, dict[str, Any]]


@dataclass(frozen=True)
class Faces:
    """What the reader sees of n faces, and what is so.

    Attributes:
        logits: (n, 4) of the groups.
        areas: (n,) by name, see `webtoon_curate.reader.groups.areas`.
        truth: (n,) by name of `GROUPS`: 1, 0, or NaN where it is not known.
        source: (n,) `drawn`, or the folder of the labels.
        title: (n,) what is left out together: an author, or a fifth of the drawn faces.
    """

    logits: np.ndarray
    areas: dict[str, np.ndarray]
    truth: dict[str, np.ndarray]
    source: np.ndarray
    title: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=Path, required=True, help="folder of labelled pages")
    parser.add_argument("--labels", type=Path, help="more labels of these pages")
    parser.add_argument("--reader", default="auto")
    parser.add_argument("--faces", type=int, default=1200, help="to draw")
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    reader = load_reader(args.reader)
    some = [*drawn(args.faces, args.seed, args.jobs), *real(args.pages, args.labels)]
    faces = seen(reader, some)
    weight = weights_of(faces)
    found = fit(faces, weight, np.ones(len(weight), bool))
    record = {
        "command": "python benchmarks/calibrate_groups.py --pages labelled-pages "
        f"--labels benchmarks/labels/train.json --faces {args.faces} --seed {args.seed}",
        "reader": reader_id(reader),
        "faces": dict(Counter(faces.source.tolist())),
        "weights": found,
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(record, indent=1) + "\n")
    for question, weights in found.items():
        print(question, weights)
    report(faces, left_out(faces, weight))


def drawn(faces: int, seed: int, jobs: int) -> Iterator[Face]:
    """Drawn faces: crop, its reader square, what is known."""
    rng = np.random.default_rng(seed)
    for index, crop in enumerate(face_crops(faces, seed, size=SIDE, jobs=jobs)):
        true = crop.truth
        box = jittered(np.array(true["box"]), rng, JITTER)
        known = {"facial_hair": true["facial_hair"] is not None, "hat": bool(true["hat"]),
                 "glasses": bool(true["glasses"])}  # fmt: skip
        if true["gender"] in ("woman", "man"):
            known["woman"] = true["gender"] == "woman"
        yield crop.rgb, box, known | {"source": DRAWN, "title": f"{DRAWN} {index % FOLDS}"}


def real(folder: Path, more: Path | None) -> Iterator[Face]:
    """Faces of people on the `train` pages."""
    for path, source, title, faces in labelled(folder, "train", page, more):
        picture = decode(path) if faces else None
        for face in faces:
            x0, y0, x1, y1 = face["box"]
            gender, _, rest = str(face.get("group", "unknown")).partition("_")
            known = {name: bool(face[name]) for name in ("facial_hair", "hat") if name in face}
            if gender in ("woman", "man"):
                known |= {"woman": gender == "woman", "glasses": rest == "glasses"}
            box = np.array([x0, y0, x1 - x0, y1 - y0], float)
            yield picture, box, known | {"source": source, "title": title}


def page(folder: Path, name: str, record: dict) -> tuple[Path, str, str, list[dict]]:
    """A page's file, folder of labels, author (the folder's if the page names none), people."""
    people = [face for face in record["faces"] if face.get("group") != NEUTRAL_GROUP]
    return folder / name, folder.name, str(record.get("author", folder.name)), people


def seen(reader: FaceReader, faces: Iterable[Face]) -> Faces:
    """Reads each face once."""
    logits, shares, known, batch = [], [], [], []

    def read() -> None:
        found = reader.outputs(batch)
        logits.append(found["groups"])
        shares.append(areas(found["parsing"], found["points"]))
        batch.clear()

    for picture, box, truth in faces:
        batch += crops_of(picture, reader_squares(box[None]), reader.size)
        known.append(truth)
        if len(batch) == BATCH:
            read()
    if batch:
        read()
    return Faces(
        logits=np.concatenate(logits),
        areas={name: np.concatenate([s[name] for s in shares]) for name in shares[0]},
        truth={name: np.array([k.get(name, np.nan) for k in known], float) for name in GROUPS},
        source=np.array([k["source"] for k in known]),
        title=np.array([k["title"] for k in known]),
    )


def weights_of(faces: Faces) -> np.ndarray:
    """(n,) half of all for the drawn ones; of the real ones authors as roots of their numbers."""
    counts = Counter(faces.title.tolist())
    weight = np.array([counts[title] ** -0.5 for title in faces.title.tolist()])
    for some in (faces.source == DRAWN, faces.source != DRAWN):
        weight[some] /= max(weight[some].sum(), 1e-9)
    return weight * len(weight) / 2


def fit(faces: Faces, weight: np.ndarray, used: np.ndarray) -> dict[str, dict[str, float]]:
    """Weights by question: logistic regressions, each on what is known of it."""
    found: dict[str, dict[str, float]] = {}
    for question in HINTS:
        columns = hints(question, faces.logits, faces.areas)
        x, y = np.stack(list(columns.values()), axis=1), faces.truth[question]
        known = used & np.isfinite(y)
        if question == "woman":
            known &= faces.truth["facial_hair"] != 1
        slopes, bias = newton(x[known], y[known], weight[known])
        rounded = {name: round(float(v), 4) for name, v in zip(columns, slopes)}
        found[question] = rounded | {"bias": round(bias, 4)}
    return found


def left_out(faces: Faces, weight: np.ndarray) -> dict[str, np.ndarray]:
    """Probabilities of each face by a fit that has seen nothing of its title."""
    chances = {name: np.zeros(len(weight), np.float32) for name in GROUPS}
    for title in np.unique(faces.title):
        own = faces.title == title
        told = GroupFit(fit(faces, weight, ~own), "")(faces.logits, faces.areas)
        for name in GROUPS:
            chances[name][own] = told[name][own]
    return chances


def report(faces: Faces, chances: dict[str, np.ndarray]) -> None:
    """Prints figures before and after, and those of some thresholds."""
    bare = {name: chance(faces.logits[:, i]) for i, name in enumerate(GROUPS)}
    print("\nquestion     faces of   yes     n  fit    right    F1   sure  right  off    loss")
    for name in GROUPS:
        for source in np.unique(faces.source):
            known = (faces.source == source) & np.isfinite(faces.truth[name])
            if not known.any():
                continue
            yes = faces.truth[name][known] > 0
            for told, fitted in ((bare, "no"), (chances, "yes")):
                p = told[name][known].astype(np.float64)
                row = figures(p, yes)
                loss = -np.log(np.clip(np.where(yes, p, 1 - p), 1e-6, 1)).mean()
                print(f"{name:12} {source:8} {row.positive:5} {row.faces:5}  {fitted:4} "
                      f"{row.accuracy:6.3f} {row.f1:6.3f} {row.sure:5.0%} "
                      f"{row.sure_accuracy or np.nan:6.3f} {row.calibration_error:6.3f} "
                      f"{loss:6.3f}")  # fmt: skip
    bearded = (faces.truth["facial_hair"] == 1) & (faces.truth["woman"] == 0)
    for source in np.unique(faces.source[bearded]):
        some = bearded & (faces.source == source)
        men = [f"{(told['woman'][some] <= 1 - SURE).mean():.0%}" for told in (bare, chances)]
        women = [f"{(told['woman'][some] >= SURE).mean():.0%}" for told in (bare, chances)]
        print(f"bearded men, {source}, {some.sum()}: surely men {' -> '.join(men)}, "
              f"surely women {' -> '.join(women)}")  # fmt: skip
    print("\nwoman or man: share of the faces that are as sure, and right among these")
    for source in np.unique(faces.source):
        known = (faces.source == source) & np.isfinite(faces.truth["woman"])
        p, yes = chances["woman"][known], faces.truth["woman"][known] > 0
        cells = []
        for threshold in THRESHOLDS:
            sure = np.maximum(p, 1 - p) >= threshold
            right = ((p >= 0.5) == yes)[sure]
            cells.append(f"{threshold:.2f}: {sure.mean():4.0%} {right.mean():.3f}")
        print(f"{source:8} " + "   ".join(cells))


if __name__ == "__main__":
    main()

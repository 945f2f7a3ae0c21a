"""How well a reader places points and parts, on drawn faces and on labelled real ones, read as the
stage `landmarks` reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import cut, rectangles_of
from webtoon_curate.errors import DatasetError
from webtoon_curate.evaluate.pixels import pixels_of
from webtoon_curate.landmarks.measures import crop_squares
from webtoon_curate.landmarks.network import ReaderBackend
from webtoon_curate.landmarks.passes import read_passes
from webtoon_curate.landmarks.patches import Patches
from webtoon_curate.reader import FaceReader, Readings, reader_squares
from webtoon_curate.reader.points import EIGHT, LEFT_EYE_OUTER, REGIONS, RIGHT_EYE_OUTER

SIDE = 192
"""Pixels of the crops that readers are shown here."""
JITTER = 0.08
"""Drawn boxes are moved, and their sizes changed, by up to this share: detectors are no better."""
BATCH = 64
EYES_APART = 0.2
"""Share of the box's longer side that the outer eye corners must lie apart to be a measure: in
profiles and dot-eyed drawings they do not."""
EIGHT_REGIONS = {
    "eyes": slice(0, 4),
    "nose": slice(4, 5),
    "mouth": slice(5, 7),
    "chin": slice(7, 8),
}
"""Of the points that people label."""


@dataclass(frozen=True)
class PointErrors:
    """Errors of points.

    Attributes:
        faces: how many.
        measured: of these, faces whose outer eye corners lie apart enough to be a measure.
        nme: mean error of shown points in distances of the outer eye corners, over `measured`.
        median: of the faces' own means of that.
        by_region: the same mean by region; None without points.
        hidden: the same mean over hidden points; None without.
        box_nme: mean error of shown points in roots of the box's area, over all faces.
        failures: share of `measured` whose mean is above 0.1.
    """

    faces: int
    measured: int
    nme: float | None
    median: float | None
    by_region: dict[str, float | None]
    hidden: float | None
    box_nme: float | None
    failures: float | None


FAILURE = 0.1


@dataclass(frozen=True)
class DrawnEvaluation:
    """Measured on drawn faces.

    Attributes:
        points: see `PointErrors`.
        parts: intersection over union by class; None for a class that was not drawn.
        mean_iou: of these.
        view_errors: median errors of yaw, pitch and roll in degrees.
        groups: accuracy of `woman`, `glasses`, `facial_hair`, `hat` at 0.5.
        faces_kept, places_refused: shares of the crops with and without a face that `face` at
            0.5 tells right.
    """

    points: PointErrors
    parts: dict[str, float | None]
    mean_iou: float
    view_errors: dict[str, float]
    groups: dict[str, float]
    faces_kept: float
    places_refused: float


def point_errors(
    found: NDArray[np.float32],
    true: NDArray[np.float32],
    shown: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
    boxes: NDArray[np.float32],
    regions: dict[str, slice],
) -> PointErrors:
    """The errors of n faces with m points.

    Args:
        found, true: (n, m, 2) pixels.
        shown, hidden: (n, m) which points count as which; points in neither don't count.
        boxes: (n, 4) x, y, width, height.
        regions: of the m points. `eyes` begins and ends with the outer corners, or is 12 points
            of iBUG.
    """
    away = np.linalg.norm(found - true, axis=2)
    outer = (LEFT_EYE_OUTER, RIGHT_EYE_OUTER) if true.shape[1] == 68 else (0, 3)
    apart = np.linalg.norm(true[:, outer[0]] - true[:, outer[1]], axis=1)
    measured = apart >= EYES_APART * boxes[:, 2:].max(axis=1)
    relative = away / np.maximum(apart, 1e-6)[:, None]
    counted = shown & measured[:, None]
    each = [float(r[c].mean()) for r, c in zip(relative, counted) if c.any()]
    area = np.sqrt(boxes[:, 2] * boxes[:, 3])
    return PointErrors(
        faces=len(found),
        measured=int(measured.sum()),
        nme=_mean(relative[counted]),
        median=float(np.median(each)) if each else None,
        by_region={n: _mean(relative[:, part][counted[:, part]]) for n, part in regions.items()},
        hidden=_mean(relative[hidden & measured[:, None]]),
        box_nme=_mean((away / area[:, None])[shown]),
        failures=_mean(np.array(each) > FAILURE),
    )


def _mean(values: NDArray[Any]) -> float | None:
    return float(values.mean()) if values.size else None


def crops_of(
    picture: NDArray[np.uint8], squares: NDArray[np.float64], side: int = SIDE
) -> list[NDArray[np.uint8]]:
    """The squares of a picture as crops of `side` pixels."""
    height, width = picture.shape[:2]
    read, bounds = rectangles_of(picture), (0, 0, width, height)
    return [cut(read, square, bounds, side) for square in squares]


def evaluate_drawn(
    reader: FaceReader,
    faces: int = 500,
    seed: int = 0,
    families: Sequence[str] | None = None,
    jobs: int = 1,
) -> DrawnEvaluation:
    """Measures a reader on faces that are drawn for it.

    Args:
        reader: see `webtoon_curate.reader.load_reader`.
        faces: how many faces; a fifth as many places without one.
        seed: of the drawing.
        families: style families; those reserved for tests when None.
        jobs: processes that draw.
    """
    from webtoon_curate.synth.crops import face_crops

    held, rng = families is None, np.random.default_rng(seed)
    drawn = face_crops(faces, seed, families=families, heldout=held, jobs=jobs)
    tally = _Tally()
    for crops in _batches(drawn):
        tally.add(reader, crops, rng)
    places = max(faces // 5, 1)
    blank = face_crops(places, seed + 1, families=families, heldout=held, jobs=jobs, negatives=1.0)
    refused = [reader([_shown(crop) for crop in crops]).face < 0.5 for crops in _batches(blank)]
    return tally.result(np.concatenate(refused))


def _shown(blank: Any) -> NDArray[np.uint8]:
    """A drawing without a face: all of it, of an animal what a detector would take for a face."""
    box = blank.truth.get("box")
    return blank.rgb if box is None else crops_of(blank.rgb, reader_squares(np.array([box])))[0]


def _batches(crops: Iterable[Any]) -> Iterable[list[Any]]:
    from itertools import islice

    crops = iter(crops)
    while batch := list(islice(crops, BATCH)):
        yield batch


class _Tally:
    """What is kept of each batch."""

    def __init__(self) -> None:
        self.found: list[Readings] = []
        self.points: list[NDArray[np.float32]] = []
        self.truth: list[dict[str, Any]] = []
        self.overlap = np.zeros((2, 256))

    def add(self, reader: FaceReader, crops: Sequence[Any], rng: np.random.Generator) -> None:
        boxes = np.array([crop.truth["box"] for crop in crops], np.float32)
        longer = boxes[:, 2:].max(axis=1, keepdims=True)
        grown = boxes[:, 2:] * rng.uniform(1 - JITTER, 1 + JITTER, (len(boxes), 1))
        corner = boxes[:, :2] + (boxes[:, 2:] - grown) / 2
        moved = corner + longer * rng.uniform(-JITTER, JITTER, (len(boxes), 2))
        near = np.concatenate([moved, grown], axis=1)
        backend = ReaderBackend(reader)
        patches = Patches.concatenate(
            [Patches.on(c.rgb, box[None], backend.framing) for c, box in zip(crops, near)]
        )
        passes = read_passes(backend, patches)
        self.points.append(patches.placed(passes.points))
        self.found.append(passes.readings)
        self.truth += [crop.truth for crop in crops]
        for crop, square, parts in zip(crops, crop_squares(patches), passes.readings.parsing):
            self._compare(parts, _labels_in(crop.labels, square, parts.shape[0]))

    def _compare(self, found: NDArray[np.uint8], true: NDArray[np.uint8]) -> None:
        both = np.bincount(true[found == true], minlength=256)
        either = np.bincount(true.ravel(), minlength=256)
        either = either + np.bincount(found.ravel(), minlength=256) - both
        self.overlap += both, either

    def result(self, refused: NDArray[np.bool_]) -> DrawnEvaluation:
        from webtoon_curate.synth.labels import Label

        found, truth = Readings.concatenate(self.found), self.truth
        visible = np.array([t["visible"] for t in truth])
        points = point_errors(
            np.concatenate(self.points),
            np.array([t["landmarks"] for t in truth]),
            visible,
            ~visible,
            np.array([t["box"] for t in truth]),
            REGIONS,
        )
        both, either = self.overlap
        parts = {p.name.lower(): float(both[p] / either[p]) if either[p] else None for p in Label}
        return DrawnEvaluation(
            points=points,
            parts=parts,
            mean_iou=float(np.mean([iou for iou in parts.values() if iou is not None])),
            view_errors=_view_errors(found, truth),
            groups=_accuracies(found, truth),
            faces_kept=float((found.face >= 0.5).mean()),
            places_refused=float(refused.mean()),
        )


def _labels_in(
    labels: NDArray[np.uint8], square: NDArray[np.float64], side: int
) -> NDArray[np.uint8]:
    """The parts in a square, the nearest pixel for each of side × side; reflected outside."""
    x, y, length = square
    at = (np.arange(side) + 0.5) * length / side

    def inside(values: NDArray[np.float64], limit: int) -> NDArray[np.intp]:
        index = np.floor(values).astype(np.intp)
        index = np.where(index < 0, -index, index)
        return np.clip(np.where(index >= limit, 2 * limit - 2 - index, index), 0, limit - 1)

    return labels[np.ix_(inside(y + at, labels.shape[0]), inside(x + at, labels.shape[1]))]


def _view_errors(found: Readings, truth: Sequence[dict[str, Any]]) -> dict[str, float]:
    errors = {}
    for name in ("yaw", "pitch", "roll"):
        away = getattr(found, name) - np.array([t[name] for t in truth])
        errors[name] = float(np.median(np.abs((away + 180) % 360 - 180)))
    return errors


def _accuracies(found: Readings, truth: Sequence[dict[str, Any]]) -> dict[str, float]:
    told = np.array([t["gender"] in ("woman", "man") for t in truth])
    wanted = {
        "woman": np.array([t["gender"] == "woman" for t in truth]),
        "glasses": np.array([t["glasses"] for t in truth]),
        "facial_hair": np.array([t["facial_hair"] is not None for t in truth]),
        "hat": np.array([t["hat"] for t in truth]),
    }
    right = {name: (getattr(found, name) >= 0.5) == value for name, value in wanted.items()}
    right["woman"] = right["woman"][told]
    return {name: float(np.mean(values)) for name, values in right.items()}


def evaluate_points(
    reader: FaceReader, pages: Path, points: Path | None = None, role: str | None = None
) -> PointErrors:
    """Measures a reader on real faces with eight labelled points.

    Args:
        reader: see `webtoon_curate.reader.load_reader`.
        pages: folder that the names in the file of points are relative to.
        points: the file; that of this package when None.
        role: only the pages of this role.

    Raises:
        DatasetError: if the file is not of that form or of other pages, or no page of it is in
            the folder.
    """
    found, true, hidden, boxes = [], [], [], []
    for name, faces in load_points(points, role).items():
        if not faces or not (pages / name).is_file():
            continue
        corners = np.array([face["box"] for face in faces], np.float32)
        own = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
        picture = pixels_of(pages / name)
        if (corners[:, 2:] <= 0).any() or (corners[:, :2] >= picture.shape[1::-1]).any():
            raise DatasetError(f"a face of {pages / name} lies beyond its page")
        backend = ReaderBackend(reader)
        patches = Patches.on(picture, own, backend.framing)
        placed = patches.placed(read_passes(backend, patches).points)
        found.append(placed[:, list(EIGHT)])
        boxes.append(own)
        for face in faces:
            true.append([p if p is not None else (np.nan, np.nan) for p in face["points"]])
            hidden.append([i in face["hidden"] for i in range(len(EIGHT))])
    if not found:
        raise DatasetError(f"{pages} has none of the labelled pages that have faces")
    wanted, guessed = np.array(true, np.float32), np.array(hidden)
    told = ~np.isnan(wanted[:, :, 0])
    where, shape = np.concatenate(found), np.concatenate(boxes)
    return point_errors(where, wanted, told & ~guessed, told & guessed, shape, EIGHT_REGIONS)


def load_points(path: Path | None = None, role: str | None = None) -> dict[str, list[dict]]:
    """The labelled faces by page; see `docs/training-the-reader.md` for the form.

    Raises:
        DatasetError: if the file is not of that form, or has no page of that role.
    """
    bundled = resources.files("webtoon_curate.evaluate") / "data" / "points8.json"
    source = bundled if path is None else path
    try:
        records = json.loads(source.read_text(encoding="utf-8"))["pages"]
        chosen = {n: r["faces"] for n, r in records.items() if role in (None, r.get("role"))}
        for face in (face for faces in chosen.values() for face in faces):
            _check(face)
    except OSError as error:
        raise DatasetError(f"cannot read {source}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{source} is no file of points: {error}") from None
    if not chosen:
        raise DatasetError(f"{source} has no page of the role {role!r}")
    return chosen


def _check(face: dict[str, Any]) -> None:
    """Raises ValueError for a face that is not of the form; puts in `hidden` where it is absent."""
    if len(face["points"]) != len(EIGHT) or len(face["box"]) != 4:
        raise ValueError(f"a face has {len(EIGHT)} points and a box of 4 numbers")
    x0, y0, x1, y1 = (float(value) for value in face["box"])
    if not (x0 < x1 and y0 < y1):
        raise ValueError("a box ends before it begins; boxes are [x0, y0, x1, y1]")
    if not set(face.setdefault("hidden", [])) <= set(range(len(EIGHT))):
        raise ValueError(f"hidden points are 0 to {len(EIGHT) - 1}, not {face['hidden']}")

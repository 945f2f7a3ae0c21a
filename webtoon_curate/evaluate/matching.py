"""Detections against labelled faces: matching, average precision, recall by size and view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.detect.merging import overlaps
from webtoon_curate.evaluate.truth import Truth
from webtoon_curate.faces import Detections

MATCH_IOU = 0.4
"""Below the usual 0.5: labellers differ by about 15% of a face's size at its edges."""
NEUTRAL_SHARE = 0.5
"""A detection with this share of its area in a neutral box counts neither way."""
SIZES = (32, 64, 128)
"""Borders of the size classes, longer side in pixels."""
PRECISION = 0.95
"""At which the recall is told: few enough false alarms to train on without looking."""

HIT, FALSE_ALARM, NEUTRAL = 1, 0, -1


@dataclass(frozen=True)
class Outcome:
    """What became of one page's detections and faces.

    Attributes:
        detections: best first.
        kinds: (n,) int8: `HIT`, `FALSE_ALARM` or `NEUTRAL`.
        faces: (n,) int, index of the face that was hit, else -1.
        truth: the page's labels.
    """

    detections: Detections
    kinds: NDArray[np.int8]
    faces: NDArray[np.int64]
    truth: Truth

    def at(self, score: float) -> Outcome:
        """The outcome of the detections that score at least `score`."""
        chosen = self.detections.scores >= score
        return Outcome(self.detections[chosen], self.kinds[chosen], self.faces[chosen], self.truth)

    @property
    def missed(self) -> int:
        """Faces that were not found."""
        return len(self.truth.boxes) - int((self.kinds == HIT).sum())

    @property
    def false_alarms(self) -> int:
        """Detections where there is no face."""
        return int((self.kinds == FALSE_ALARM).sum())


@dataclass(frozen=True)
class Evaluation:
    """The figures of a detector on labelled pages.

    Attributes:
        pages: labelled pages that were evaluated.
        faces: labelled faces on them, creatures not counted.
        score: the least score that `recall`, `precision`, `by_size`, `by_view` and `worst` count.
        found, false_alarms: at `score`.
        recall, precision: at `score`, 0-1; precision is null without detections.
        average_precision: area under the precision envelope over recall (Everingham et al. 2015).
        recall_at_precision: highest recall of any score at which precision is at least 0.95.
        by_size: faces and found faces by longer side in pixels.
        by_view: the same by view.
        worst: pages with most misses and false alarms, worst first.
    """

    pages: int
    faces: int
    score: float
    found: int
    false_alarms: int
    recall: float
    precision: float | None
    average_precision: float
    recall_at_precision: float
    by_size: dict[str, dict[str, int]]
    by_view: dict[str, dict[str, int]]
    worst: list[dict[str, str | int]]


def match(detections: Detections, truth: Truth) -> Outcome:
    """Greedy by score: each detection takes the free face it overlaps most, if by `MATCH_IOU`.

    A detection without a face is neutral if it overlaps a neutral box by `MATCH_IOU` or lies in
    one by `NEUTRAL_SHARE`; else it is a false alarm, also where another one took the face.
    """
    detections = detections[np.argsort(-detections.scores, kind="stable")]
    kinds = np.zeros(len(detections), np.int8)
    faces = np.full(len(detections), -1)
    free = np.ones(len(truth.boxes), bool)
    for index, box in enumerate(detections.boxes):
        iou = overlaps(box, truth.boxes)[0] * free
        if len(iou) and iou.max() >= MATCH_IOU:
            faces[index] = iou.argmax()
            free[faces[index]] = False
            kinds[index] = HIT
        elif _is_neutral(box, truth.neutral):
            kinds[index] = NEUTRAL
    return Outcome(detections, kinds, faces, truth)


def _is_neutral(box: NDArray[np.float32], neutral: NDArray[np.float32]) -> bool:
    low = np.maximum(box[:2], neutral[:, :2])
    high = np.minimum(box[:2] + box[2:], neutral[:, :2] + neutral[:, 2:])
    inside = np.prod(np.clip(high - low, 0, None), axis=1) / max(np.prod(box[2:]), 1e-9)
    return bool(((inside >= NEUTRAL_SHARE) | (overlaps(box, neutral)[0] >= MATCH_IOU)).any())


def evaluate_detections(
    pages: Mapping[str, tuple[Detections, Truth]], score: float = 0.0
) -> Evaluation:
    """Figures over pages.

    Args:
        pages: by name, what was found and what is there, both in page pixels.
        score: operating point, 0-1.

    Returns:
        See `Evaluation`.
    """
    outcomes = {name: match(*both) for name, both in pages.items()}
    faces = sum(len(outcome.truth.boxes) for outcome in outcomes.values())
    precisions, recalls = _curve(list(outcomes.values()), faces)
    chosen = {name: outcome.at(score) for name, outcome in outcomes.items()}
    found = sum(int((outcome.kinds == HIT).sum()) for outcome in chosen.values())
    alarms = sum(outcome.false_alarms for outcome in chosen.values())
    sizes, views = _by_class(list(chosen.values()))
    return Evaluation(
        pages=len(pages),
        faces=faces,
        score=score,
        found=found,
        false_alarms=alarms,
        recall=found / faces if faces else 0.0,
        precision=found / (found + alarms) if found + alarms else None,
        average_precision=_average_precision(precisions, recalls),
        recall_at_precision=float(recalls[precisions >= PRECISION].max(initial=0)),
        by_size=sizes,
        by_view=views,
        worst=_worst(chosen),
    )


def _curve(outcomes: list[Outcome], faces: int) -> tuple[NDArray, NDArray]:
    """Precision and recall at each distinct score, falling."""
    scores = np.concatenate([np.zeros(0), *(o.detections.scores for o in outcomes)])
    kinds = np.concatenate([np.zeros(0, np.int8), *(o.kinds for o in outcomes)])
    scores, kinds = scores[kinds != NEUTRAL], kinds[kinds != NEUTRAL]
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(kinds[order] == HIT)
    # Equal scores cannot be told apart by a threshold: only the last of them is a point.
    last = np.diff(scores[order], append=-np.inf) != 0
    counts = np.arange(1, len(order) + 1)
    return (hits / counts)[last], (hits / max(faces, 1))[last]


def _average_precision(precisions: NDArray, recalls: NDArray) -> float:
    envelope = np.maximum.accumulate(precisions[::-1])[::-1]
    return float((np.diff(recalls, prepend=0) * envelope).sum())


def size_class(side: float) -> str:
    """The name of the size class of a face by its longer side in pixels."""
    if side < SIZES[0]:
        return f"<{SIZES[0]}"
    for low, high in pairwise(SIZES):
        if side < high:
            return f"{low}-{high}"
    return f">={SIZES[-1]}"


def _by_class(outcomes: list[Outcome]) -> tuple[dict, dict]:
    sizes = {size_class(side): {"faces": 0, "found": 0} for side in (0, *SIZES)}
    views: dict[str, dict[str, int]] = {}
    for outcome in outcomes:
        hit = set(outcome.faces[outcome.kinds == HIT].tolist())
        for index, (box, view) in enumerate(zip(outcome.truth.boxes, outcome.truth.views)):
            by_view = views.setdefault(view, {"faces": 0, "found": 0})
            for counts in (sizes[size_class(float(box[2:].max()))], by_view):
                counts["faces"] += 1
                counts["found"] += index in hit
    return sizes, dict(sorted(views.items()))


def _worst(outcomes: dict[str, Outcome]) -> list[dict[str, str | int]]:
    rows = [
        {"page": name, "missed": outcome.missed, "false_alarms": outcome.false_alarms}
        for name, outcome in outcomes.items()
        if outcome.missed + outcome.false_alarms
    ]
    rows.sort(key=lambda row: (-row["missed"] - row["false_alarms"], row["page"]))
    return rows

"""How well a reader tells groups, and how far its probabilities can be believed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import DatasetError
from webtoon_curate.evaluate.pixels import pixels_of
from webtoon_curate.evaluate.truth import NEUTRAL_GROUP, load_truth
from webtoon_curate.landmarks.network import ReaderBackend
from webtoon_curate.landmarks.passes import readings_of
from webtoon_curate.landmarks.patches import Patches
from webtoon_curate.reader import FaceReader, Readings

BINS = 10
SURE = 0.75
"""Probability of the likelier answer below which it is `unknown`."""
AT_ONCE = 32
"""Faces whose patches are in memory."""


@dataclass(frozen=True)
class GroupFigures:
    """Of one question: is it a woman, are there glasses, is it a face.

    Attributes:
        faces: labelled crops.
        positive: of these, with the answer yes.
        accuracy, f1: at 0.5.
        sure: share of the crops whose likelier answer has a probability of `SURE` or more.
        sure_accuracy: among these; None without.
        bins: mean probability, share of yes and number of crops in tenths of probability.
        calibration_error: mean distance of the first two, weighted by the third.
    """

    faces: int
    positive: int
    accuracy: float
    f1: float
    sure: float
    sure_accuracy: float | None
    bins: list[tuple[float, float, int]]
    calibration_error: float


def figures(chances: NDArray[np.float32], yes: NDArray[np.bool_]) -> GroupFigures:
    """The figures of one question.

    Args:
        chances: (n,) probabilities of yes, n at least 1.
        yes: (n,) the labels.
    """
    said = chances >= 0.5
    hits = int((said & yes).sum())
    sure = np.maximum(chances, 1 - chances) >= SURE
    place = np.minimum((chances * BINS).astype(int), BINS - 1)
    bins = [
        (float(chances[place == b].mean()), float(yes[place == b].mean()), int(sum(place == b)))
        for b in range(BINS)
        if (place == b).any()
    ]
    return GroupFigures(
        faces=len(yes),
        positive=int(yes.sum()),
        accuracy=float((said == yes).mean()),
        f1=2 * hits / max(int(said.sum()) + int(yes.sum()), 1),
        sure=float(sure.mean()),
        sure_accuracy=float((said == yes)[sure].mean()) if sure.any() else None,
        bins=bins,
        calibration_error=sum(abs(p - share) * n for p, share, n in bins) / len(yes),
    )


def evaluate_groups(
    reader: FaceReader, truth: Path, role: str | None = None
) -> dict[str, GroupFigures]:
    """Measures a reader on the labelled faces of a `labels.json`, looking as `landmarks` does.

    Args:
        reader: see `webtoon_curate.reader.load_reader`.
        truth: the file; its pages lie beside it.
        role: only the pages of this role.

    Returns:
        The figures of `woman` and `glasses` over people with a group, and of `face` over people
        against creatures; a question without labels is left out.

    Raises:
        DatasetError: if the file is not of that form or has no face with a group.
        ImageError: if a page is gone or damaged.
    """
    readings, groups = _read(reader, truth, role)
    kind = np.array([group.partition("_")[0] for group in groups])
    person = np.isin(kind, ("woman", "man"))
    told = np.array([group.endswith("_glasses") for group in groups])
    asked = {
        "woman": (person, readings.woman, kind == "woman"),
        "glasses": (person & told, readings.glasses,
                    ~np.array([g.endswith("_no_glasses") for g in groups])),
        "face": (np.ones(len(kind), bool), readings.face, kind != NEUTRAL_GROUP),
    }  # fmt: skip
    return {n: figures(p[who], yes[who]) for n, (who, p, yes) in asked.items() if who.any()}


def _read(reader: FaceReader, truth: Path, role: str | None) -> tuple[Readings, list[str]]:
    parts, groups = [], []
    for name, faces in _faces(truth, role).items():
        corners = np.array([face["box"] for face in faces], np.float64)
        boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
        picture = pixels_of(truth.parent / name)
        if (corners[:, 2:] <= 0).any() or (corners[:, :2] >= picture.shape[1::-1]).any():
            raise DatasetError(f"{truth}: a face of {name} lies beyond its page")
        parts += [
            seen_on(reader, picture, boxes[first : first + AT_ONCE])
            for first in range(0, len(boxes), AT_ONCE)
        ]
        groups += [str(face.get("group", "unknown")) for face in faces]
    return Readings.concatenate(parts), groups


def seen_on(reader: FaceReader, picture: NDArray[np.uint8], boxes: NDArray[np.float64]) -> Readings:
    """What the stage `landmarks` would read of faces on a page.

    Args:
        reader: that reads.
        picture: (h, w, 3) uint8 RGB.
        boxes: (n, 4) x, y, width, height, at least one.
    """
    backend = ReaderBackend(reader)
    return readings_of(backend, Patches.on(picture, boxes, backend.framing))


def _faces(truth: Path, role: str | None) -> dict[str, list[dict[str, Any]]]:
    """The labelled faces of each page that has some."""
    pages = load_truth(truth, role)  # tells what is wrong with the file
    records = json.loads(truth.read_bytes())["pages"]
    chosen = {name: found for name in pages if (found := records[name]["faces"])}
    groups = {str(face.get("group", "")) for found in chosen.values() for face in found}
    if not {group.partition("_")[0] for group in groups} & {"woman", "man", NEUTRAL_GROUP}:
        raise DatasetError(
            f"no face in {truth} has a group, as woman_glasses, man_no_glasses or creature; "
            "docs/commands/evaluate.md shows the form"
        )
    return chosen


def calibration_plot(results: dict[str, GroupFigures]) -> NDArray[np.uint8]:
    """Probability against the share that is true, a panel a question: RGB uint8."""
    import cv2

    panels = []
    for name, result in results.items():
        panel = np.full((PANEL + 2 * EDGE, PANEL + 2 * EDGE, 3), 255, np.uint8)
        low, high = EDGE, EDGE + PANEL
        cv2.rectangle(panel, (low, low), (high, high), (120, 120, 120), 1)
        cv2.line(panel, (low, high), (high, low), (190, 190, 190), 1, cv2.LINE_AA)
        for chance, share, count in result.bins:
            at = (low + round(chance * PANEL), high - round(share * PANEL))
            size = 3 + round(12 * (count / result.faces) ** 0.5)
            cv2.circle(panel, at, size, (0, 110, 255), -1, cv2.LINE_AA)
        text = f"{name}: off by {result.calibration_error:.3f}, {result.faces} crops"
        where, font = (low, low - 10), cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(panel, text, where, font, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
        panels.append(panel)
    return np.hstack(panels)


PANEL, EDGE = 240, 36
"""Pixels of a panel and around it."""

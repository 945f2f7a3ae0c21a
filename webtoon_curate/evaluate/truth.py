"""Labelled faces: the `labels.json` that detectors are measured against.

    {"pages": {"<episode>/<file>": {
        "size": [width, height],
        "role": "train",
        "faces": [{"box": [x0, y0, x1, y1], "view": "frontal", "group": "woman_glasses"}],
        "ignore": [[x0, y0, x1, y1]],
        "mistakes": [[x0, y0, x1, y1]]}}}

Faces of the group `creature` (animals, monsters) are neutral, as the `ignore` boxes are: finding
them is neither a hit nor a false alarm. `mistakes` are boxes that a detector took for faces;
detectors and readers that are trained on the pages look at them more often. A face may have
`points`, {"<landmark 0-67>": [x, y]}, and `parts`, {"hair": [[x, y]]}, places in parts of
`webtoon_curate.synth.labels`, which readers learn. All but `faces` may be absent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import DatasetError

NEUTRAL_GROUP = "creature"


def _no_boxes() -> NDArray[np.float32]:
    return np.zeros((0, 4), np.float32)


@dataclass(frozen=True)
class Truth:
    """The labelled faces of one page, in page pixels.

    Attributes:
        boxes: (n, 4) float32, x, y, width, height of the faces to be found.
        views: of each of them, e.g. `frontal`.
        neutral: (m, 4) float32, boxes where a detection counts neither way.
        size: width and height of the page; (0, 0) if unknown.
        role: e.g. `train` or `heldout`.
    """

    boxes: NDArray[np.float32] = field(default_factory=_no_boxes)
    views: tuple[str, ...] = ()
    neutral: NDArray[np.float32] = field(default_factory=_no_boxes)
    size: tuple[int, int] = (0, 0)
    role: str = ""


def load_truth(path: str | PathLike[str], role: str | None = None) -> dict[str, Truth]:
    """The labelled pages of a file by `<episode>/<file>`.

    Args:
        path: of a `labels.json`.
        role: only the pages of this role.

    Raises:
        DatasetError: if the file is not of that form, or has no page of that role.
    """
    path = Path(path)
    try:
        records: dict[str, Any] = json.loads(path.read_bytes())["pages"]
        pages = {name: _truth(record) for name, record in records.items()}
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{path} is no file of labels ({type(error).__name__}: {error}); "
            "docs/commands/evaluate.md shows the form"
        ) from None
    chosen = {name: truth for name, truth in pages.items() if role in (None, truth.role)}
    if not chosen:
        roles = ", ".join(sorted({truth.role for truth in pages.values()} - {""})) or "none"
        raise DatasetError(f"{path} has no page of the role {role!r}; it has {roles}")
    return chosen


def _truth(record: dict[str, Any]) -> Truth:
    faces = record["faces"]
    people = [face for face in faces if face.get("group") != NEUTRAL_GROUP]
    neutral = [face["box"] for face in faces if face.get("group") == NEUTRAL_GROUP]
    width, height = record.get("size", (0, 0))
    return Truth(
        boxes=_boxes([face["box"] for face in people]),
        views=tuple(str(face.get("view", "unknown")) for face in people),
        neutral=_boxes(neutral + list(record.get("ignore", []))),
        size=(int(width), int(height)),
        role=str(record.get("role", "")),
    )


def _boxes(corners: list[list[float]]) -> NDArray[np.float32]:
    """(n, 4) corners as x, y, width, height."""
    array = np.array(corners, np.float32).reshape(len(corners), 4)
    array[:, 2:] -= array[:, :2]
    if not (array[:, 2:] > 0).all():  # nor numbers that are none
        raise ValueError("a box ends before it begins; boxes are [x0, y0, x1, y1]")
    return array

"""Labelled pictures to train on: folders with a `labels.json` in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import DatasetError
from webtoon_curate.evaluate.pixels import pixels_of
from webtoon_curate.evaluate.truth import NEUTRAL_GROUP

Record = dict[str, Any]

LABELS = "labels.json"
LARGEST = 1600
"""Pictures are reduced to this longer side when they are read: no tile needs more."""
VIEW_WEIGHTS = {"profile": 3.0, "occluded": 3.0}
"""A seventh of the labelled faces are turned away or covered, and they are missed most."""
CACHED = 4 << 30
"""Bytes of decoded pictures that each process keeps: 600 comic pages, 3,000 drawn panels."""


@dataclass(frozen=True)
class Picture:
    """One labelled picture.

    Attributes:
        path: of the file.
        name: in its labels.
        size: width and height in pixels, that the boxes are measured in.
        boxes: (n, 4) float32 corners x0, y0, x1, y1 of faces, creatures' included.
        creatures: (n,) bool, which of them are not human.
        weights: (n,) float32, how often tiles are cut around each.
        ignored: (m, 4) float32 corners of places that count neither way.
        mistakes: (k, 4) float32 corners of what a detector took for faces.
    """

    path: Path
    name: str
    size: tuple[int, int]
    boxes: NDArray[np.float32]
    creatures: NDArray[np.bool_]
    weights: NDArray[np.float32]
    ignored: NDArray[np.float32]
    mistakes: NDArray[np.float32]

    @property
    def group(self) -> tuple[Path, str]:
        """An artist or episode: the file of labels and the name's first folder."""
        depth = len(Path(self.name).parts)
        return self.path.parents[depth - 1], self.name.split("/")[0] if depth > 1 else ""


def load_pictures(folder: Path, role: str = "train", more: Path | None = None) -> list[Picture]:
    """The pictures of one role, of a folder with `labels.json` or of all its subfolders that
    have one; pictures without a role count as `train`.

    Args:
        folder: of the pictures.
        role: of the pictures.
        more: file of labels that knows more of them, see `labelled`.

    Raises:
        DatasetError: if there are none, one is gone, or a file of labels is not of the form that
            `webtoon_curate.evaluate.truth` describes.
    """
    return labelled(folder, role, _picture, more)


Made = TypeVar("Made")


def labelled(
    folder: Path, role: str, make: Callable[[Path, str, Record], Made], more: Path | None = None
) -> list[Made]:
    """What `make(folder, name, record)` makes of each labelled picture.

    Args:
        folder: with a `labels.json`, or with folders that have one.
        role: of the pictures; those without a role count as `train`.
        make: called with the folder of the labels, the name in them and the record.
        more: a file of the same form that knows more of the same pictures (`mistakes`, `ignore`)
            and faces (`points`, `hat` …); its pictures are named from `folder`, its faces found by
            their boxes.

    Raises:
        DatasetError: if there are none, one is gone, or a file of labels is not of its form.
    """
    files = [folder / LABELS] if (folder / LABELS).is_file() else sorted(folder.glob(f"*/{LABELS}"))
    known = _records(more) if more else {}
    made = []
    for file in files:
        for name, record in _records(file).items():
            try:
                if record.get("role", "train") == role:
                    path = file.parent / name
                    own = path.relative_to(folder).as_posix()
                    made.append(make(file.parent, name, _with(record, known.get(own))))
                    _check_there(path, file)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DatasetError(f"{name} of {file} is not labelled well: {error}") from None
    if not made:
        raise DatasetError(f"{folder} has no pictures of the role {role!r} in a {LABELS}")
    return made


def _check_there(picture: Path, labels: Path) -> None:
    """Raises DatasetError if a labelled picture is gone: a run should not find out after hours."""
    if not picture.is_file():
        raise DatasetError(
            f"there is no picture {picture}, which {labels} labels: put it there, or take it out"
        )


def _records(file: Path) -> dict[str, Record]:
    try:
        return dict(json.loads(file.read_bytes())["pages"])
    except OSError as error:
        raise DatasetError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{file} is no file of labels: {error}") from None


def _with(record: Record, more: Record | None) -> Record:
    """A record with what another one knows of it."""
    if not more:
        return record
    faces = {tuple(face["box"]): face for face in more.get("faces", [])}
    return {
        **record,
        "faces": [face | faces.get(tuple(face["box"]), {}) for face in record["faces"]],
        "mistakes": [*record.get("mistakes", []), *more.get("mistakes", [])],
        "ignore": [*record.get("ignore", []), *more.get("ignore", [])],
    }


def _picture(folder: Path, name: str, record: Record) -> Picture:
    faces = record["faces"]
    return Picture(
        path=folder / name,
        name=name,
        size=(int(record["size"][0]), int(record["size"][1])),
        boxes=face_corners(faces),
        creatures=np.array([face.get("group") == NEUTRAL_GROUP for face in faces], bool),
        weights=np.array([VIEW_WEIGHTS.get(face.get("view"), 1.0) for face in faces], np.float32),
        ignored=_corners(record.get("ignore", [])),
        mistakes=_corners(record.get("mistakes", [])),
    )


def face_corners(faces: Sequence[Record]) -> NDArray[np.float32]:
    """(n, 4) float32 boxes of labelled faces.

    Raises:
        KeyError, ValueError, TypeError: if a face has none.
    """
    boxes = _corners([face["box"] for face in faces])
    if not (boxes[:, 2:] > boxes[:, :2]).all():
        raise ValueError("a box ends before it begins; boxes are [x0, y0, x1, y1]")
    return boxes


def _corners(boxes: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    corners = np.array(boxes, np.float32).reshape(len(boxes), 4)
    if not np.isfinite(corners).all():
        raise ValueError("a box is not of numbers")
    return corners


def split(pictures: Sequence[Picture], held: Sequence[str]) -> tuple[list[Picture], list[Picture]]:
    """Pictures to train on, and those whose names begin with one of `held`."""
    mine = [p for p in pictures if not p.name.startswith(tuple(held))]
    return mine, [p for p in pictures if p.name.startswith(tuple(held))]


Pyramid = tuple[NDArray[np.uint8], ...]


class Pyramids:
    """Decoded pictures; those that were asked for last are kept.

    Args:
        most: bytes of those.
    """

    def __init__(self, most: int) -> None:
        self.most, self._bytes = most, 0
        self._kept: dict[Path, Pyramid] = {}

    def __call__(self, path: Path) -> Pyramid:
        """A picture in RGB, its longer side at most `LARGEST`; then a half and a quarter of that.

        Raises:
            ImageError: with the path, if it is missing or damaged.
        """
        levels = self._kept.pop(path, None)
        if levels is None:
            levels = _pyramid(path)
            self._bytes += _size(levels)
        self._kept[path] = levels
        while self._bytes > self.most and len(self._kept) > 1:
            self._bytes -= _size(self._kept.pop(next(iter(self._kept))))
        return levels


pyramid_of = Pyramids(CACHED)


def _size(levels: Pyramid) -> int:
    return sum(level.nbytes for level in levels)


def _pyramid(path: Path) -> Pyramid:
    import cv2

    pixels = pixels_of(path)
    scale = min(1.0, LARGEST / max(pixels.shape[:2]))
    levels = []
    for share in (scale, scale / 2, scale / 4):
        size = tuple(max(2, round(side * share)) for side in pixels.shape[1::-1])
        even = share == 1
        levels.append(pixels if even else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    return tuple(levels)

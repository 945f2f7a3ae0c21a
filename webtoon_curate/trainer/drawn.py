"""Faces that `webtoon-curate synth --faces` drew, with exact landmarks, colors and parsing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from webtoon_curate.crops import CropSettings, cut, rectangles_of, squares
from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.export.layers import PARTS, REGIONS
from webtoon_curate.images import decode
from webtoon_curate.trainer.face import Face, NoFaces, check_places

TRUTH = "truth"
DRAWN_SIDES = ("train", "val")
MEDIAN = 1000
"""Pixels of which a color is the median, about."""
_KEPT = (
    "index", "crop", "mask", "box", "landmarks", "view", "group", "gender", "glasses", "character",
    "hair_color", "skin_color",
)  # fmt: skip


class DrawnFaces:
    """The faces of a folder that are not occluded, cut as `detect` cuts crops, but never beyond
    their drawing.

    Args:
        path: of the folder.
        split: `val` are the characters whose number ends in 9, `train` the others.
        size: most pixels of a side; crops are not enlarged.

    Raises:
        NoFaces: if there is none.
        DatasetError: if a table cannot be read.
    """

    def __init__(self, path: Path, split: str = "train", size: int = CropSettings().size) -> None:
        self.path, self.name = path, f"{path} ({split})"
        self.crop = CropSettings(size)
        rows = [row for file in drawn_tables(path) for row in _rows(file)]
        self.rows = [row for row in rows if row["character"].endswith("9") == (split == "val")]
        self.groups = [row["group"] for row in self.rows]
        self.weights = np.ones(len(self.rows))
        for row in self.rows:
            check_places(row["box"], row["landmarks"] or (), row["face_id"], path)
        if not self.rows:
            raise NoFaces(f"{path} holds no {split} face that is drawn and can be seen")

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Face:
        """The face, with its parsing map; raises DatasetError if a file is missing or damaged."""
        row, size = self.rows[index], self.crop.size
        try:
            drawing = decode(self.path / row["crop"])
            classes = decode(self.path / TRUTH / row["mask"])[..., 0]
        except (CurateError, OSError) as error:
            raise DatasetError(f"cannot read {row['crop']} of {self.path}: {error}") from None
        height, width = drawing.shape[:2]
        (square,) = squares(np.array(row["box"], np.float32), self.crop)
        # Drawings end near their face: moved into them, crops need no reflection.
        side = min(square[2], width, height)
        x, y = (min(max(at, 0), most - side) for at, most in zip(square, (width, height)))
        size = min(size, round(side))
        scale = size / side
        points = (np.array(row["landmarks"], np.float64).reshape(68, 2) - (x, y)) * scale
        image = cut(rectangles_of(drawing), np.array([x, y, side]), (0, 0, width, height), size)
        parsing = _parsing(classes, (x, y), scale, size)
        colors = {part: _median(image, parsing, part) for part in PARTS}
        return Face(image, points.astype(np.float32), colors=colors, row=row, parsing=parsing)


def _parsing(
    classes: NDArray[np.uint8], corner: tuple[float, float], scale: float, size: int
) -> NDArray[np.uint8]:
    """The part of a mask that a crop shows: of each pixel the class at its middle."""
    middles = (np.arange(size) + 0.5) / scale
    rows, columns = (
        (middles + at).astype(np.int64).clip(0, most - 1)
        for at, most in zip(reversed(corner), classes.shape)
    )
    return classes[np.ix_(rows, columns)]


def _median(
    image: NDArray[np.uint8], parsing: NDArray[np.uint8], part: str
) -> tuple[int, int, int] | None:
    """The color of a part as it is drawn; the table tells it as it is in white light."""
    labels = np.zeros(256, bool)
    labels[[int(label) for label in REGIONS[part]]] = True
    pixels = image[labels[parsing]]
    if not len(pixels):
        return None
    red, green, blue = (int(value) for value in np.median(pixels[:: 1 + len(pixels) // MEDIAN], 0))
    return red, green, blue


def drawn_tables(path: Path) -> list[Path]:
    """The tables of truth of drawn faces in a folder; none if it is another."""
    return sorted((path / TRUTH / "faces").glob("*.parquet"))


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        rows = pq.read_table(file).to_pylist()
        return [
            {"face_id": f"drawn/{row['index']}", **{name: row[name] for name in _KEPT}}
            for row in rows
            if row["view"] != "occluded"
        ]
    except (OSError, KeyError, ValueError) as error:
        raise DatasetError(f"cannot read {file}: {error!r}") from None

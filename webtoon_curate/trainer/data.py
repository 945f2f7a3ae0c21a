"""Faces to train on: from a dataset's manifest, or from what `webtoon-curate export` wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from webtoon_curate.crops import CropSettings, squares
from webtoon_curate.data import LandmarkTensors
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.export.layers import FULL, NOTHING, colors_of
from webtoon_curate.export.parsing import parsing_in, read_parsing
from webtoon_curate.images import decode
from webtoon_curate.manifest import read_manifest
from webtoon_curate.trainer.face import Face, Faces, NoFaces, Rows, check_places, told_weights
from webtoon_curate.wording import quoted

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
_PARSING = ("parsing", "parsing_x", "parsing_y", "parsing_side")
_BOX = ("x", "y", "width", "height")


class DatasetFaces:
    """The kept faces of a dataset that have crops.

    Args:
        path: of the dataset.
        split: train, val or test; without a split table every face is of `train`. None for all
            kept faces, also those that are on no side.
        landmarks: leave out faces without.
        parsing: also give their parsing maps, of those that have one; with `landmarks`, leave out
            faces without.
        weighted: leave out faces of a side to which `split` gave no weight, as exports do.

    Raises:
        NoFaces: if there is no such face.
    """

    def __init__(
        self,
        path: Path,
        split: str | None = "train",
        landmarks: bool = True,
        parsing: bool = False,
        weighted: bool = False,
    ) -> None:
        self.path, self.name = path, f"{path} ({split})" if split else str(path)
        table = read_manifest(path)
        wanted = pc.and_(table["keep"], pc.is_valid(table["crop"]))
        if split is None:
            pass
        elif len(table) and table["split"].null_count < len(table):
            wanted = pc.and_(wanted, pc.fill_null(pc.equal(table["split"], split), False))
            if weighted:
                wanted = pc.and_(wanted, pc.fill_null(pc.greater(table["weight"], 0), False))
        elif split != "train":
            wanted = pc.and_(wanted, False)
        if landmarks:
            wanted = pc.and_(wanted, pc.is_valid(table["landmarks"]))
        table = table.filter(wanted)
        drop = ("landmarks_z", "landmark_confidence")
        table = table.drop_columns([n for n in drop if n in table.column_names])
        self._parsing = _parsing_rows(path, table) if parsing else {}
        if parsing and landmarks:
            known = pa.array(self._parsing, table.schema.field("face_id").type)
            table = table.filter(pc.is_in(table["face_id"], known))
        self.rows, self.groups = Rows(table), table["group"].to_pylist()
        self.weights = told_weights(table["weight"].to_pylist(), path)
        for row in self.rows:
            check_places([row[name] for name in _BOX], row["landmarks"], row["face_id"], path)
        if not self.rows and split == "train":
            more = " with landmarks" if landmarks else ""
            more += " and parsing maps" if parsing else ""
            read = next(Dataset(path).tables["landmarks"].episodes(), None) is not None
            advice = "see webtoon-curate info"
            if more and not read:
                advice = "first run: webtoon-curate landmarks"
            raise NoFaces(
                f"{path} has no kept faces with crops{more} in its training side; {advice} "
                f"{quoted(path)}"
            )
        crop = (Dataset(path).config["stages"].get("detect") or {}).get("crop") or {}
        self.crop = CropSettings(**crop) if isinstance(crop, dict) else CropSettings()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Face:
        """The face; raises DatasetError if its crop is missing or damaged."""
        row = self.rows[index]
        image = read_picture(self.path / row["crop"])
        points = None
        if row["landmarks"]:
            box = np.array([row[name] for name in _BOX], np.float32)
            x, y, side = squares(box, self.crop)[0]
            found = np.array(row["landmarks"], np.float64).reshape(68, 2)
            points = ((found - (x, y)) * (len(image) / side)).astype(np.float32)
        classes = self._classes(row, len(image)) if row["face_id"] in self._parsing else None
        return Face(image, points, colors=colors_of(row), row=row, parsing=classes)

    def _classes(self, row: dict[str, Any], size: int) -> NDArray[np.uint8]:
        reading = self._parsing[row["face_id"]]
        box = np.array([row[name] for name in _BOX], np.float32)
        x, y, side = squares(box, self.crop)[0]
        scale = size / side
        matrix = np.array([[scale, 0, -x * scale], [0, scale, -y * scale]])
        try:
            return parsing_in(read_parsing(self.path, reading), reading, matrix, size)
        except CurateError as error:
            raise DatasetError(f"{row['face_id']} of {self.path}: {error}") from None


def _parsing_rows(path: Path, faces: pa.Table) -> dict[str, dict[str, Any]]:
    """Where the parsing maps of faces lie, by their names."""
    table, names = Dataset(path).tables["readings"], ["face_id", *_PARSING]
    found: dict[str, dict[str, Any]] = {}
    for episode in sorted(set(zip(*(faces[name].to_pylist() for name in ("title", "episode"))))):
        if table.note(*episode) is not None:
            read = table.read(*episode).select(names).to_pylist()
            found.update((row["face_id"], row) for row in read if row["parsing"])
    return found


class TensorFaces:
    """The samples of `webtoon-curate export tensors`.

    Args:
        path: of the export.
        split: train, val or test.
    """

    def __init__(self, path: Path, split: str = "train") -> None:
        self.name = f"{path} ({split})"
        self._data = LandmarkTensors(path, split, ("red", "green", "blue", "landmarks"))
        self.rows = Rows(self._data.index)
        self.groups = self._data.index["group"].to_pylist()
        self.weights = told_weights(self._data.index["weight"].to_pylist(), path)

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, index: int) -> Face:
        """The face."""
        planes, row = self._data.array(index), self.rows[index]
        image = np.ascontiguousarray(planes[:3].transpose(1, 2, 0))
        points = self._data.landmarks[index]
        return Face(image, points, np.array(planes[3]), colors=colors_of(row), row=row)


class FolderFaces:
    """Pictures of a folder; of one that is not square the middle.

    The alpha channel is a landmark layer where it looks like one of `export cyclegan`; else what
    is transparent lies on white.

    Args:
        path: of the folder, e.g. `trainA` of `webtoon-curate export cyclegan`.
        conditions: folder of conditions of the same names, of `webtoon-curate export pix2pix`.
        paired: the pictures are condition and picture side by side.
    """

    def __init__(self, path: Path, conditions: Path | None = None, paired: bool = False) -> None:
        self.name, self.conditions, self.paired = str(path), conditions, paired
        self.paths = sorted(p for p in path.glob("*") if p.suffix.lower() in PICTURES)
        if not self.paths:
            raise NoFaces(f"{path} holds no pictures")
        known = _index(path)
        self.rows = [known.get(p.stem, {"face_id": p.stem, "group": None}) for p in self.paths]
        self.groups = [row.get("group") for row in self.rows]
        self.weights = told_weights([row.get("weight") for row in self.rows], path)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Face:
        """The face."""
        path, row = self.paths[index], self.rows[index]
        if self.paired:
            both = read_picture(path)
            half = both.shape[1] // 2
            return Face(both[:, half:], condition=both[:, :half], colors=colors_of(row), row=row)
        planes = _with_layer(path)
        image, layer = (read_picture(path), None) if planes is None else np.split(planes, [3], 2)
        condition = self._condition(path) if self.conditions else None
        points = row.get("landmarks") if image.shape[0] == image.shape[1] else None
        return Face(
            _middle(image),
            np.array(points, np.float32).reshape(68, 2) if points else None,
            None if layer is None else _middle(layer[..., 0]),
            None if condition is None else _middle(condition),
            colors_of(row),
            row,
        )

    def _condition(self, path: Path) -> NDArray[np.uint8]:
        planes = self.conditions / f"{path.stem}.npy"
        if planes.exists():
            try:
                return np.load(planes, allow_pickle=False).transpose(1, 2, 0)
            except (OSError, ValueError, EOFError) as error:
                raise DatasetError(f"cannot read {planes}: {error}") from None
        return read_picture(self.conditions / path.name)


def load_faces(
    path: Path, split: str = "train", landmarks: bool = True, parsing: bool = False
) -> Faces:
    """Faces of one kind: of a dataset, drawn ones, of exported tensors or pairs, or of a folder of
    pictures.

    Args:
        path: of them.
        split: train, val or test; drawn faces have train and val, plain folders train only.
        landmarks, parsing: of `DatasetFaces`.

    Raises:
        NoFaces: if the folder is none of them, or lacks the split.
    """
    from webtoon_curate.trainer.drawn import DRAWN_SIDES, DrawnFaces, drawn_tables

    if Dataset.exists(path):
        return DatasetFaces(path, split, landmarks, parsing, weighted=True)
    if split in DRAWN_SIDES and drawn_tables(path):
        return DrawnFaces(path, split)
    if list(path.glob(f"{split}-*.npy")):
        return TensorFaces(path, split)
    if (path / "B" / split).is_dir():
        return FolderFaces(path / "B" / split, path / "A" / split)
    for folder, paired in ((path / "AB" / split, True), (path / split, False)):
        if folder.is_dir():
            return FolderFaces(folder, paired=paired)
    if split == "train" and any(p.suffix.lower() in PICTURES for p in path.glob("*")):
        return FolderFaces(path)
    raise NoFaces(
        f"{path} holds no {split} faces: give a dataset, an export of tensors, pix2pix or "
        "cyclegan, what synth --faces drew, or a folder of pictures"
    )


def load_sides(
    paths: Sequence[Path], split: str = "train", landmarks: bool = True
) -> tuple[Faces, Faces]:
    """Photographs and drawings: two folders of `load_faces`, or one with trainA and trainB.

    Raises:
        NoFaces: as `load_faces`.
    """
    if len(paths) == 2:
        first, second = (load_faces(path, split, landmarks) for path in paths)
        return first, second
    sides = [path / f"{split}{side}" for path in paths for side in "AB"]
    if len(sides) != 2 or not all(side.is_dir() for side in sides):
        raise NoFaces(
            "give two sources, --data PHOTOS --data DRAWINGS, or one folder with "
            f"{split}A and {split}B, of webtoon-curate export cyclegan"
        )
    return FolderFaces(sides[0]), FolderFaces(sides[1])


def _index(folder: Path) -> dict[str, dict[str, Any]]:
    """What an export's index tells of the pictures of a folder, by name."""
    above = folder.absolute().parent
    places = (above / "index.parquet", above.parent / f"{folder.name}.parquet")
    for path in places:
        if path.exists():
            files = ((Path(r.get("file_name") or r.get("name") or ""), r) for r in _rows_of(path))
            # A photograph and a drawing of one index may have the same name.
            return {f.stem: row for f, row in files if f.parent.name in ("", folder.name)}
    return {}


def _rows_of(path: Path) -> list[dict[str, Any]]:
    try:
        return pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"cannot read {path}: {error}") from None


def _with_layer(path: Path) -> NDArray[np.uint8] | None:
    """(h, w, 4) uint8 of an RGBA picture whose alpha is a landmark layer; None of others.

    Such a layer is 127 and more, and a little less where somebody has resized it; of pictures it
    is 0 somewhere, or 255 everywhere.
    """
    from PIL import Image

    try:
        with Image.open(path) as picture:
            planes = np.asarray(picture) if picture.mode == "RGBA" else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DatasetError(f"cannot read {path}: {error}") from None
    return planes if planes is not None and NOTHING // 2 < planes[..., 3].min() < FULL else None


def _middle(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle square of (h, w, ...) pixels."""
    height, width = planes.shape[:2]
    side = min(height, width)
    y, x = (height - side) // 2, (width - side) // 2
    return np.ascontiguousarray(planes[y : y + side, x : x + side])


def read_picture(path: Path) -> NDArray[np.uint8]:
    """(h, w, 3) uint8; raises DatasetError if it is missing or damaged."""
    try:
        return decode(path)
    except (CurateError, OSError) as error:
        raise DatasetError(f"cannot read {path}: {error}") from None


__all__ = ["NOTHING", "DatasetFaces", "Face", "Faces", "FolderFaces", "TensorFaces"]

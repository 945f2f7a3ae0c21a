"""What several formats share: names of files, rows of indices, crops of an episode's faces."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from webtoon_curate.errors import ImageError
from webtoon_curate.export.made import Refused, Row
from webtoon_curate.export.registry import Format
from webtoon_curate.export.settings import KEEP
from webtoon_curate.images import Pixels, encode
from webtoon_curate.schema import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from webtoon_curate.export.pictures import Crop, Episode

_NAME_BYTES = 150
_ROWS = 1000
"""Of an index that are in memory, and written at once."""
_UNCLEAR = re.compile(r"__|_/|/_|[^\w/-]")
_LIMITS = {"JPEG": 65_500, "WEBP": 16_383}
"""Longest side of a picture, pixels."""
_READ_FIRST = "the face was not read; webtoon-curate landmarks reads faces"
ABOUT = (
    "face_id", "title", "episode", "scene", "group", "group_probability", "group_source",
    "gender", "glasses", "character", "tags", "hair_name", "eye_name", "skin_name", "hair_color",
    "left_eye_color", "right_eye_color", "skin_color", "yaw", "pitch", "roll", "view", "quality",
    "score", "weight", "source", "license",
)  # fmt: skip
"""Columns of the manifest that indices carry."""
PLACED = pa.schema(
    [
        *(MANIFEST.field(name) for name in ABOUT),
        pa.field(
            "landmarks",
            pa.list_(pa.float32()),
            metadata={"about": "136: 68 x (x, y), iBUG order, pixels of the crop"},
        ),
        pa.field(
            "box",
            pa.list_(pa.float32()),
            metadata={"about": "4: x, y, width, height of the face, pixels of the crop"},
        ),
        pa.field(
            "crop_matrix",
            pa.list_(pa.float64()),
            metadata={"about": "6: a, b, c, d, e, f: (a x + b y + c, d x + e y + f) maps episode "
                      "pixels to those of the crop"},
        ),
    ]
)  # fmt: skip
"""A row of an index: a face and where it lies in its crop."""
NAME = pa.field("name", pa.string(), metadata={"about": "of its files, without folder and ending"})
FILE_NAME = pa.field(
    "file_name", pa.string(), metadata={"about": "its picture, relative to the index"}
)


def flat_name(face_id: str) -> str:
    """A face's id as one name of letters, digits, `-` and `_`, different for different ids.

    Example:
        >>> flat_name("My Title/episode-001/0003/00")
        'My_Title__episode-001__0003__00-1c6e...'     # doctest: +SKIP
    """
    name = re.sub(r"[^\w-]", "_", face_id.replace("/", "__"))
    if _UNCLEAR.search(face_id) or len(name.encode()) > _NAME_BYTES:
        while len(name.encode()) > _NAME_BYTES:
            name = name[:-1]
        name += "-" + hashlib.sha256(face_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return name


def short(value: float) -> float:
    """A float32 as the number of fewest digits that is this float32; 0 where it is no number.

    Example:
        >>> short(0.10000000149011612)
        0.1
    """
    return float(str(np.float32(value))) if math.isfinite(value) else 0.0


def about(face: Row) -> Row:
    """What an index says of a face, without its place."""
    return {name: face[name] for name in ABOUT}


def placed(face: Row, crop: Crop) -> Row:
    """A row of `PLACED`."""
    points = None if crop.points is None else crop.points.reshape(-1).tolist()
    matrix = crop.matrix.reshape(-1).tolist()
    return about(face) | {"landmarks": points, "box": list(crop.box), "crop_matrix": matrix}


def write_index(path: Path, rows: Iterable[Row], schema: pa.Schema) -> None:
    """Rows to a Parquet file, `_ROWS` at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting: list[Row] = []
        for row in rows:
            waiting.append(row)
            if len(waiting) == _ROWS:
                writer.write_table(pa.Table.from_pylist(waiting, schema))
                waiting = []
        writer.write_table(pa.Table.from_pylist(waiting, schema))


def crops(
    format: Format, episode: Episode, faces: Sequence[Row], landmarks: bool = False
) -> Iterator[tuple[Row, Crop] | Refused]:
    """The crop of each face, or why there is none.

    Args:
        format: whose job says how; with the parsing map if it wants that.
        episode, faces: of `Format.make`.
        landmarks: whether faces without them are refused.
    """
    wanted = format.parsing or format.job.crop.background != KEEP
    readings: Sequence[Any] = episode.readings(list(faces)) if wanted else [None] * len(faces)
    for face, reading in zip(faces, readings):
        try:
            if wanted and reading is None:
                raise ImageError(f"no parsing map: {_READ_FIRST}")
            crop = episode.crop(face, format.job.crop, reading)
            if landmarks and crop.points is None:
                raise ImageError(f"no landmarks: {_READ_FIRST}")
        except ImageError as error:
            yield Refused(face["face_id"], str(error))
        else:
            yield face, crop


def picture(pixels: Pixels, image: str) -> tuple[str, bytes]:
    """A picture's ending and bytes; PNG where it is too long for the wanted format.

    Args:
        pixels: (h, w, 3) uint8 RGB.
        image: of `PictureSettings`.
    """
    format = image.upper()
    if max(pixels.shape[:2]) > _LIMITS.get(format, max(pixels.shape)):
        format = "PNG"
    return {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}[format], encode(pixels, format)

"""Writes single face crops with their truth, a shard at a time, any number of them.

OUT/crops/00000/000000000.png            the crop
OUT/truth/.nopages
OUT/truth/masks/00000/000000000.png      its parsing classes
OUT/truth/faces/00000.parquet            a row a crop, see `truth.CROP_TRUTH`
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import pyarrow as pa
import pyarrow.parquet as pq

from webtoon_curate.files import replacing
from webtoon_curate.synth.crops import FaceCrop, face_crops
from webtoon_curate.synth.episode import TRUTH_FOLDER, claim, png
from webtoon_curate.synth.truth import CROP_TRUTH, crop_row

SHARD = 1000
"""Crops in a shard."""


def synth_faces(
    folder: Path,
    faces: int,
    seed: int = 0,
    *,
    size: int = 256,
    family: str | None = None,
    heldout: bool = False,
    drawings: int = 1,
    jobs: int = 1,
    force: bool = False,
    on_advance: Callable[[int], None] = lambda done: None,
) -> dict[str, int]:
    """Draw single face crops into a new folder; memory does not grow with their number.

    A run with the same settings goes on after the last whole shard of an earlier one.

    Args:
        folder: where to.
        faces: how many.
        seed: crop i depends on it and on i alone.
        size: side of the crops, pixels.
        family: a style family; sampled when None.
        heldout: draw in the reserved style families.
        drawings: so many crops in a row show one character.
        jobs: processes; the bytes do not depend on it.
        force: replace what an earlier run wrote there.
        on_advance: called with the number of crops that were just written.

    Returns:
        Counts: faces and shards.

    Raises:
        DatasetError: if the folder holds other things, or was drawn with other settings.
    """
    settings = {"seed": seed, "size": size, "family": family, "heldout": heldout}
    claim(folder, {"faces": settings | {"drawings": drawings}}, force)
    families = (family,) if family else None
    tables = folder / TRUTH_FOLDER / "faces"
    names = [f"{number:05d}" for number in range(-(-faces // SHARD))]
    whole = list(itertools.takewhile(lambda name: _rows(tables, name) == SHARD, names))
    on_advance(min(faces, len(whole) * SHARD))
    start = len(whole) * SHARD
    crops = face_crops(
        max(0, faces - start), seed, size, families, heldout, jobs, start=start, drawings=drawings
    )
    for name in names[len(whole) :]:
        rows = _shard(folder, name, itertools.islice(crops, SHARD), on_advance)
        with replacing(tables / f"{name}.parquet") as part:
            pq.write_table(pa.Table.from_pylist(rows, CROP_TRUTH), part, compression="zstd")
    return {"faces": faces, "shards": len(names)}


def _rows(folder: Path, name: str) -> int:
    """How many crops a shard that is there has."""
    path = folder / f"{name}.parquet"
    return pq.read_metadata(path).num_rows if path.exists() else 0


def _shard(
    folder: Path, name: str, crops: Iterable[FaceCrop], on_advance: Callable[[int], None]
) -> list[dict[str, Any]]:
    """Write the crops and masks of a shard; gives their rows."""
    pictures, masks = folder / "crops" / name, folder / TRUTH_FOLDER / "masks" / name
    pictures.mkdir(parents=True, exist_ok=True)
    masks.mkdir(parents=True, exist_ok=True)
    rows = []
    for crop in crops:
        row = crop_row(crop.truth, name)
        file = Path(row["crop"]).name
        (pictures / file).write_bytes(png(cv2.cvtColor(crop.rgb, cv2.COLOR_RGB2BGR)))
        (masks / file).write_bytes(png(crop.labels))
        rows.append(row)
        on_advance(1)
    return rows

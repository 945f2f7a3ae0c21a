"""The hashes of an episode's crops."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import CropSettings, cut, page_bounds, squares
from webtoon_curate.dataset import Dataset
from webtoon_curate.dedup.hashes import hashes, other_hash
from webtoon_curate.dedup.redrawing import face_picture
from webtoon_curate.engine import advance
from webtoon_curate.errors import CurateError, ImageError
from webtoon_curate.face_stages import BOX, FaceTask, write_faces
from webtoon_curate.faces import Reject
from webtoon_curate.files import inside
from webtoon_curate.images import decode
from webtoon_curate.ingest.strips import episode_strip

STAGE = "dedup"
TABLE = "hashes"
AT_ONCE = 64 * 256 * 256 * 3
"""Bytes of crops in memory, but for the last: 64 of 256 pixels a side."""
Row = dict[str, Any]


def hash_episode(task: FaceTask) -> dict[str, int]:
    """The unit of work: the hashes of one episode; a crop that cannot be read is a reject."""
    rows: list[Row] = []
    rejects: list[Reject] = []
    waiting: list[tuple[Row, NDArray[np.uint8]]] = []
    held = 0
    dataset = Dataset(task.dataset)
    framing = _framing(dataset)
    pages = dataset.tables["pages"].read(task.title, task.episode)
    files = dict(zip(pages["page"].to_pylist(), pages["sha256"].to_pylist()))
    for face, crop in _crops(task):
        if isinstance(crop, str):
            rejects.append(Reject(task.title, task.episode, TABLE, face["face_id"], crop))
            advance(1)
            continue
        waiting.append((face, crop))
        held += crop.nbytes
        if held >= AT_ONCE:
            rows += _rows(waiting, task.settings.hash, files, framing)
            waiting, held = [], 0
    rows += _rows(waiting, task.settings.hash, files, framing)
    write_faces(task, TABLE, rows, rejects)
    return {"hashed": len(rows), "rejects": len(rejects)}


def place_key(face: Row, files: dict[str, str]) -> str:
    """The same for the same place in the same file, whatever the file's name and surroundings.

    Args:
        face: row of the manifest.
        files: sha256 by page.
    """
    box = [f"{face[name]:.0f}" for name in ("page_x", "page_y", "width", "height")]
    text = " ".join([files.get(face["page"], face["face_id"]), *box])
    return hashlib.sha256(text.encode()).hexdigest()


def _rows(
    waiting: list[tuple[Row, NDArray[np.uint8]]],
    kind: str,
    files: dict[str, str],
    framing: CropSettings,
) -> list[Row]:
    crops = [crop for _, crop in waiting]
    phash, dhash, mirrored, grey = hashes(crops)
    other = [None] * len(crops)
    if kind not in ("phash", "dhash"):
        other = other_hash(kind, crops).tolist()
    advance(len(crops))
    return [
        {name: face[name] for name in BOX}
        | {
            "pixel_sha256": hashlib.sha256(np.ascontiguousarray(crop)).hexdigest(),
            "place_sha256": place_key(face, files),
            "phash": int(phash[number]),
            "dhash": int(dhash[number]),
            "phash_mirrored": int(mirrored[number]),
            "other_hash": other[number],
            "grey": grey[number].tobytes(),
            "face": face_picture(crop, framing).tobytes(),
        }
        for number, (face, crop) in enumerate(waiting)
    ]


def _crops(task: FaceTask) -> Iterator[tuple[Row, NDArray[np.uint8] | str]]:
    """Each face with its crop, or with what was wrong; cut anew where there is no file of it."""
    dataset = Dataset(task.dataset)
    settings = _framing(dataset)
    with ExitStack() as stack:
        strip = bounds = None
        for face in task.faces().to_pylist():
            path = inside(dataset.path, face["crop"]) if face["crop"] else None
            try:
                if path is not None and path.is_file():
                    yield face, decode(path)
                    continue
                if strip is None:
                    strip = stack.enter_context(episode_strip(dataset, task.title, task.episode))
                    pages = dataset.tables["pages"].read(task.title, task.episode)
                    bounds = page_bounds(strip.pages, pages["layout"][0].as_py())
                box = np.array([face[name] for name in ("x", "y", "width", "height")])
                if not np.all(np.isfinite(box)) or min(box[2:]) <= 0:
                    raise ImageError(f"its box is {box.tolist()}")
                square = squares(box, settings)[0]
                yield face, cut(strip.read, square, bounds[face["page"]], settings.size)
            except (CurateError, MemoryError, KeyError, ValueError) as error:
                yield face, f"{type(error).__name__}: {error}"


def _framing(dataset: Dataset) -> CropSettings:
    made = dataset.config["stages"].get("detect", {}).get("crop")
    return CropSettings(**made) if made else CropSettings()

"""Tells a run that nothing has changed since another one ended, without reading a table.

The file `runs/unchanged.json` in the dataset holds, for the manifest and for each stage that reads
faces, a digest of what it was made from and of what was made: settings, and the states of files
by which `webtoon_curate.tables` tells a file from the one that replaces it. It says nothing of the
dataset; without it, or in a copy, everything is looked at again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webtoon_curate import __version__
from webtoon_curate.files import digest, write_json
from webtoon_curate.labels.events import FOLDER
from webtoon_curate.schema import MANIFEST
from webtoon_curate.tables import file_state

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset

UNCHANGED = "runs/unchanged.json"
_MADE = ("labels.parquet", "rejects.parquet")
"""Tables that are written with the manifest."""


def labels_state(dataset: Dataset) -> str:
    """Of the logs of what people said."""
    return digest(list(_files(dataset.path / FOLDER)))


def tables_state(dataset: Dataset, names: Iterable[str]) -> str:
    """Of some tables of a dataset.

    Args:
        dataset: of them.
        names: of episode tables and of those of the whole dataset.
    """
    tables = dataset.path / "tables"
    found = [(name, list(_files(tables / name))) for name in names]
    whole = [(name, _state(tables / f"{name}.parquet")) for name, _ in found]
    return digest([found, whole, dataset.config["stages"].get("detect")])


def joined_from(dataset: Dataset) -> str:
    """Of all that the manifest is joined from."""
    tables = [row for row in _files(dataset.path / "tables") if row[0] not in _MADE]
    made_with = [__version__, MANIFEST.names, dataset.config["stages"].get("detect")]
    return digest([made_with, tables, labels_state(dataset)])


def joined(dataset: Dataset) -> str:
    """Of the manifest, what is written with it, and the folders of crops that it names."""
    written = [_state(dataset.path / "tables" / name) for name in _MADE]
    crops = dataset.path / "crops"
    folders = sorted(path for path in crops.glob("*/*") if path.is_dir())
    manifest = dataset.path / "manifest.parquet"
    parts = [_state(manifest), *_files(manifest)]
    return digest([parts, written, [(str(f.relative_to(crops)), _state(f)) for f in folders]])


def recall(dataset: Dataset, name: str, made_from: str) -> Any:
    """What `remember` was given; None where it was for other states, or nothing is remembered."""
    known = _read(dataset).get(name)
    if isinstance(known, dict) and known.get("made_from") == made_from:
        return known.get("what")
    return None


def remember(dataset: Dataset, name: str, made_from: str, what: Any) -> None:
    """Keep something until the states are others.

    Args:
        dataset: where it is kept; a run of this process holds it.
        name: `manifest`, or a stage.
        made_from: digest of the states and settings.
        what: is kept; JSON, and not None.
    """
    known = {**_read(dataset), name: {"made_from": made_from, "what": what}}
    write_json(dataset.path / UNCHANGED, known)


def _read(dataset: Dataset) -> dict[str, Any]:
    try:
        known = json.loads((dataset.path / UNCHANGED).read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _files(folder: Path) -> Iterator[tuple[str, tuple[int, ...] | None]]:
    """Names and states of the files below a folder, in the order of their names."""
    for where, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(where, name)
            yield path.relative_to(folder).as_posix(), _state(path)


def _state(path: Path) -> tuple[int, ...] | None:
    try:
        return file_state(path)
    except OSError:
        return None

"""The manifest: the join of all tables, one row a face, in the public schema."""

from __future__ import annotations

import itertools
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq

from webtoon_curate.crops import BAD_BOX
from webtoon_curate.errors import DatasetError
from webtoon_curate.files import replacing
from webtoon_curate.joined import Joined
from webtoon_curate.labels.fold import Label, Labels, labels_of
from webtoon_curate.labels.join import label_table, write_labels
from webtoon_curate.labels.place import Row
from webtoon_curate.lock import other_run, stopped_run
from webtoon_curate.schema import MANIFEST, SCHEMA_VERSION, STAGES
from webtoon_curate.tables import MADE_BY, StageTables, readable
from webtoon_curate.wording import quoted

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset

MANIFEST_FILE = "manifest.parquet"
PART_ROWS = 1_000_000
"""A manifest with more rows is a folder of parts of this size (DESIGN: above a million rows)."""
_GROUP_ROWS = 65_536


def read_manifest(path: str | PathLike[str], columns: Sequence[str] | None = None) -> pa.Table:
    """The manifest of a dataset folder, or of the file or folder of parts itself.

    Args:
        path: of it.
        columns: only these, in this order: with its landmarks a row has 1.4 kB.

    A `UserWarning` tells of tables that it does not know yet, as `unjoined` does.

    Raises:
        DatasetError: if there is none, it is damaged, or was written by a newer version.
    """
    path = Path(path)
    if path.name != MANIFEST_FILE and (path / MANIFEST_FILE).exists():
        path = path / MANIFEST_FILE
    if not path.exists() or (path.is_dir() and path.name != MANIFEST_FILE):
        folder = path.parent if path.name == MANIFEST_FILE else path
        holds = folder.is_dir() and any(folder.iterdir())  # comics, or a dataset without faces yet
        source = quoted(folder) if holds else f"SOURCE -o {quoted(folder)}"
        raise DatasetError(
            f"no {MANIFEST_FILE} in {folder}; make one: webtoon-curate detect {source}"
        )
    if advice := unjoined(path.parent):
        warnings.warn(advice, stacklevel=3)
    with readable(path, path.parent / "tables" / "faces"):
        source = pads.dataset(path, format="parquet")
        version = int((source.schema.metadata or {}).get(b"schema_version", 0))
        if version > SCHEMA_VERSION:
            raise DatasetError(
                f"{path} has schema {version}, this version knows up to {SCHEMA_VERSION}: upgrade "
                "with pip install -U webtoon-curate"
            )
        return source.to_table(None if columns is None else list(columns))


def manifest_batches(dataset: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of a dataset's manifest, a part at a time; nothing where there is none yet.

    Raises:
        DatasetError: if it is damaged.
    """
    path = dataset / MANIFEST_FILE
    if path.exists():
        with readable(path, dataset / "tables" / "faces"):
            yield from pads.dataset(path, format="parquet").to_batches(columns=list(columns))


def unjoined(dataset: Path) -> str | None:
    """What to do where the manifest does not know all that is in the tables; None where it does.

    Args:
        dataset: its folder.
    """
    if run := other_run(dataset):
        return f"{run} is at work in {dataset}: {MANIFEST_FILE} does not know yet what it writes"
    tables = dataset / "tables"
    late = [
        name
        for name, schema in STAGES.items()
        if not StageTables(tables / name, schema).is_merged()
    ]
    commands = dict.fromkeys(MADE_BY.get(name, name).removesuffix(" SOURCE -o") for name in late)
    if stopped := stopped_run(dataset):
        commands = {stopped: None}
    if not commands:
        return None
    of = f" of {', '.join(late)}" if late else ""
    return (
        f"{dataset / MANIFEST_FILE} may be older than the tables{of}: a run was stopped. Run it "
        f"again, with its options: webtoon-curate {' and '.join(commands)}"
    )


def write_manifest(dataset: Dataset) -> None:
    """Join the episode tables into `manifest.parquet`, streaming, in natural episode order."""
    labels = labels_of(dataset)
    write_labels(dataset, labels)
    groups = _groups(dataset, labels)
    target = dataset.path / MANIFEST_FILE
    with replacing(target) as part:
        if dataset.tables["faces"].rows() <= PART_ROWS:
            _write(part, groups)
        else:
            _write_parts(part, groups)
        # A folder takes no file's place, and nothing takes a folder's.
        if target.is_dir():
            shutil.rmtree(target)
        elif part.is_dir():
            target.unlink(missing_ok=True)


def _write_parts(folder: Path, groups: Iterator[pa.Table]) -> None:
    folder.mkdir()
    for number in itertools.count():
        first = next(groups, None)
        if first is None:
            return
        rest = itertools.islice(groups, PART_ROWS // _GROUP_ROWS - 1)
        _write(folder / f"part-{number:05d}.parquet", itertools.chain([first], rest))


def face_rows(
    dataset: Dataset, title: str, episode: str, labels: Sequence[Label] = ()
) -> pa.Table | None:
    """The faces that the detector and people found in an episode, in `MANIFEST`'s schema.

    What later stages read in them is null: these are the rows that those stages start from.

    Args:
        dataset: with faces.
        title, episode: of the work.
        labels: of the episode, whose boxes, new and false faces count.

    Returns:
        None where the faces are older than the episode's scenes.
    """
    table = _detected(dataset, title, episode)
    if table is None or not labels:
        return table
    return label_table(dataset, title, episode, table, labels)


def reader_of(joined: Joined, title: str, episode: str) -> Callable[[list[Row]], list[Row]]:
    """What later stages read, for `webtoon_curate.labels.join.labelled`."""

    def read(rows: list[Row]) -> list[Row]:
        return joined(title, episode, pa.Table.from_pylist(rows, MANIFEST)).to_pylist()

    return read


def _detected(dataset: Dataset, title: str, episode: str) -> pa.Table | None:
    if not dataset.current("faces", title, episode):
        return None
    table = dataset.tables["faces"].read(title, episode)
    pages = dataset.tables["pages"].read(title, episode, ("page", "source", "license"))
    where = pc.index_in(table["page"], pages["page"].combine_chunks())
    table = table.append_column("source", pages["source"].take(where))
    table = table.append_column("license", pages["license"].take(where))
    columns = [
        table[field.name] if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in MANIFEST
    ]
    return _without_bad_boxes(pa.table(columns, schema=MANIFEST))


def _without_bad_boxes(rows: pa.Table) -> pa.Table:
    """The rows; those whose box no stage can read are left out, whatever their table says."""
    bad = pc.or_(pc.less_equal(rows["width"], 0), pc.less_equal(rows["height"], 0))
    for name in ("x", "y", "width", "height"):
        bad = pc.or_(bad, pc.invert(pc.is_finite(rows[name])))
    for name, value in (("keep", False), ("keep_reason", BAD_BOX)):
        number, field = rows.column_names.index(name), MANIFEST.field(name)
        rows = rows.set_column(number, field, pc.if_else(bad, value, rows[name]).cast(field.type))
    return rows


def _groups(dataset: Dataset, labels: Labels) -> Iterator[pa.Table]:
    """The manifest in tables of `_GROUP_ROWS` rows: row groups don't depend on episode sizes."""
    waiting: list[pa.Table] = []
    count = 0
    joined = Joined(dataset)
    for title, episode in dataset.tables["faces"].episodes():
        rows = _detected(dataset, title, episode)
        if rows is None:
            continue
        if said := labels.get((title, episode)):
            read = reader_of(joined, title, episode)
            rows = label_table(dataset, title, episode, rows, said, read)
        else:
            rows = joined(title, episode, rows)
        waiting.append(rows)
        count += len(rows)
        while count >= _GROUP_ROWS:
            table = pa.concat_tables(waiting)
            yield table.slice(0, _GROUP_ROWS).combine_chunks()
            waiting = [table.slice(_GROUP_ROWS)]
            count -= _GROUP_ROWS
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _write(path: Path, groups: Iterable[pa.Table]) -> None:
    with pq.ParquetWriter(path, MANIFEST, compression="zstd") as writer:
        for group in groups:
            writer.write_table(group)

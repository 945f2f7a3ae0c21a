"""Episode tables on disk: one Parquet file an episode, merged to one file a title.

A stage's table of an episode is `<stage>/<title>/<episode>.parquet`. When a title is done its
episode files are merged into `<stage>/<title>.parquet`, one row group an episode, so that a
dataset of a hundred thousand episodes is not a hundred thousand files. Readers take both forms; an
episode file wins over the title file, because it is newer.

Each episode's table carries a *note*, a small JSON object, in the file's metadata: `key` is the
digest of all that went into the table, so that a stage is done exactly when its key is unchanged.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq
from natsort import natsort_keygen

from webtoon_curate.errors import DatasetError
from webtoon_curate.files import replacing
from webtoon_curate.wording import quoted

Note = dict[str, Any]
natural = natsort_keygen()
_NOTES = b"episodes"
MADE_BY = {
    "pages": "ingest SOURCE -o",
    "scenes": "ingest SOURCE -o",
    "faces": "detect",
    "readings": "landmarks",
    "groups": "label groups",
    "hashes": "dedup",
    "clusters": "dedup",
    "splits": "split",
    "suggestions": "label propagate",
    "rejects": "info",
}
"""Commands that write a table of another name."""


class StageTables:
    """The tables of one stage: a folder of title files and of episode files in title folders."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder = folder
        self.schema = schema

    def write(self, title: str, episode: str, table: pa.Table, note: Note) -> None:
        """Write an episode's table, atomically; it is cast to the stage's schema."""
        table = table.cast(self.schema)
        note = {**note, "rows": len(table), "row_group": 0}
        metadata = _with_notes(table.schema, {episode: note})
        with replacing(self._episode_file(title, episode)) as part:
            pq.write_table(table.replace_schema_metadata(metadata), part, compression="zstd")

    def read(self, title: str, episode: str, columns: Sequence[str] | None = None) -> pa.Table:
        """An episode's table, or some of its columns, in the stage's schema.

        Raises:
            DatasetError: if there is none, or the file is damaged.
        """
        found = self._find(title, episode)
        if found is None:
            raise DatasetError(f"no table for {title}/{episode} in {self.folder}")
        path, note = found
        names = self.schema.names if columns is None else list(columns)
        schema = pa.schema([self.schema.field(name) for name in names], self.schema.metadata)
        if not note["rows"]:
            return schema.empty_table()
        with (
            readable(path, self.folder),
            pq.ParquetFile(path, metadata=_metadata(path)) as file,
        ):
            # Threads cost more than they save: an episode's table is small, and there are many.
            group = file.read_row_group(note["row_group"], names, use_threads=False)
            return _fitted(group, schema)

    def note(self, title: str, episode: str) -> Note | None:
        """The note of an episode's table, None if there is no table."""
        found = self._find(title, episode)
        return found[1] if found else None

    def episodes(self) -> Iterator[tuple[str, str]]:
        """(title, episode) of every table, in natural order."""
        if not self.folder.is_dir():
            return
        files = {p.stem for p in self.folder.glob("*.parquet") if p.is_file()}
        folders = {p.name for p in self.folder.iterdir() if p.is_dir()}
        for title in sorted(files | folders, key=lambda name: (natural(name), name)):
            for episode in self._episodes_of(title):
                yield title, episode

    def _episodes_of(self, title: str) -> list[str]:
        names = set(self._notes(self._title_file(title)))
        names |= {p.name[: -len(".parquet")] for p in self._episode_files(title)}
        return sorted(names, key=lambda name: (natural(name), name))

    def rows(self) -> int:
        """How many rows all the tables hold, from the files' footers."""
        notes = (self.note(*names) for names in self.episodes())
        return sum(note["rows"] for note in notes if note)

    def is_merged(self) -> bool:
        """Whether the last run that wrote tables ended: it merges them, then joins the manifest."""
        return next(self.folder.glob("*/*.parquet"), None) is None

    def remove(self, title: str, episodes: Collection[str]) -> None:
        """Remove the tables of some episodes, where there are any; what is left is copied once."""
        for episode in episodes:
            self._episode_file(title, episode).unlink(missing_ok=True)
        gone = set(episodes)
        if gone.isdisjoint(self._notes(self._title_file(title))):
            return
        others = [name for name in self._episodes_of(title) if name not in gone]
        if others:
            self._merge_title(title, others)
        else:
            self._title_file(title).unlink()

    def merge(self) -> None:
        """Merge the episode files of each title that has any into its title file."""
        for folder in sorted({path.parent for path in self.folder.glob("*/*.parquet")}):
            self._merge_title(folder.name, self._episodes_of(folder.name))

    def _merge_title(self, title: str, episodes: list[str]) -> None:
        found = {name: note for name in episodes if (note := self.note(title, name))}
        full = [name for name, note in found.items() if note["rows"]]
        groups = {episode: number for number, episode in enumerate(full)}
        notes = {name: {**note, "row_group": groups.get(name, 0)} for name, note in found.items()}
        schema = self.schema.with_metadata(_with_notes(self.schema, notes))
        merged = self._episode_files(title)
        with (
            replacing(self._title_file(title)) as part,
            pq.ParquetWriter(part, schema, compression="zstd") as writer,
        ):
            for episode in full:
                table = self.read(title, episode)
                writer.write_table(table.cast(schema), row_group_size=max(1, len(table)))
        for path in merged:
            path.unlink()
        with contextlib.suppress(OSError):  # what else lies there, such as .DS_Store, does no harm
            (self.folder / title).rmdir()

    def _find(self, title: str, episode: str) -> tuple[Path, Note] | None:
        for path in (self._episode_file(title, episode), self._title_file(title)):
            note = self._notes(path).get(episode)
            if note is not None:
                return path, note
        return None

    def _notes(self, path: Path) -> dict[str, Note]:
        """The notes in a file's metadata by episode, with `rows`; empty if there is no file."""
        with readable(path, self.folder):
            try:
                return _cached_notes(path, file_state(path))
            except FileNotFoundError:
                return {}

    def _title_file(self, title: str) -> Path:
        return self.folder / f"{title}.parquet"

    def _episode_file(self, title: str, episode: str) -> Path:
        return self.folder / title / f"{episode}.parquet"

    def _episode_files(self, title: str) -> list[Path]:
        return sorted((self.folder / title).glob("*.parquet"))


@contextlib.contextmanager
def readable(path: Path, table: Path) -> Iterator[None]:
    """Turns what pyarrow says of a file that is no such table into advice.

    Args:
        path: of the file that is read.
        table: `tables/<name>` in the dataset, which tells the command that makes it.

    Raises:
        DatasetError: if the file is damaged, or of another schema.
    """
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # it is the system that does not give the file
        if isinstance(error, UnicodeEncodeError):
            raise DatasetError(
                "this system's locale cannot write all names of files; run again with the "
                "environment variable PYTHONUTF8=1"
            ) from error
        why = str(error).strip().partition("\n")[0]
        if isinstance(error, (KeyError, TypeError)):
            why = "it is no table that webtoon-curate wrote"
        command = MADE_BY.get(table.name, table.name)
        raise DatasetError(
            f"{path} is damaged or does not fit this version ({why}); delete it and run again: "
            f"webtoon-curate {command} {quoted(table.parent.parent)}"
        ) from error


def whole_table(
    path: Path,
    schema: pa.Schema,
    columns: Sequence[str] | None = None,
    title: str | None = None,
) -> pa.Table:
    """A table of the whole dataset, `tables/<name>.parquet`, in its schema; empty without a file.

    Args:
        path: of it.
        schema: of its whole.
        columns: only these.
        title: only the rows of this one.

    Raises:
        DatasetError: if the file is damaged, or of another schema.
    """
    fields = [schema.field(name) for name in columns or schema.names]
    schema = pa.schema(fields, schema.metadata)
    if not path.exists():
        return schema.empty_table()
    with readable(path, path.with_suffix("")):
        known = pq.read_schema(path).names
        rows = None if title is None else pc.field("title") == title
        names = [name for name in schema.names if name in known]
        return _fitted(pads.dataset(path).to_table(names, filter=rows), schema)


def _fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table in a schema: what an older version did not write is null where it may be.

    Raises:
        ValueError, pa.ArrowException: if it does not fit.
    """
    for field in schema:
        if field.name not in table.column_names:
            if not field.nullable:
                raise ValueError(f"it has no column {field.name}")
            table = table.append_column(field, pa.nulls(len(table), field.type))
    return table.select(schema.names).cast(schema)


def _with_notes(schema: pa.Schema, notes: dict[str, Note]) -> dict[bytes, bytes]:
    return {**(schema.metadata or {}), _NOTES: json.dumps(notes, sort_keys=True).encode()}


def _metadata(path: Path) -> pq.FileMetaData:
    """A file's footer: that of a title grows with its episodes, which are read one by one."""
    return _cached_metadata(path, file_state(path))


def file_state(path: Path) -> tuple[int, ...]:
    """What tells a file from the one that replaces it, also where clocks tick slowly."""
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_size


@lru_cache(maxsize=4096)
def _cached_notes(path: Path, state: tuple[int, ...]) -> dict[str, Note]:
    notes: dict[str, Note] = json.loads(_cached_metadata(path, state).metadata[_NOTES])
    return notes


@lru_cache(maxsize=16)
def _cached_metadata(path: Path, _state: tuple[int, ...]) -> pq.FileMetaData:
    return pq.read_metadata(path)

"""The dataset folder: its tables, settings, rejects and records of runs.

my-dataset/
  dataset.json                       schema version, domain, sources, settings of each stage
  tables/<stage>/<title>.parquet     see `webtoon_curate.tables`
  tables/rejects.parquet             every input that was refused, and why
  crops/<title>/<episode>/<scene>-<face>.png       parsing/… likewise: maps of the faces' parts
  manifest.parquet                   what trainers read: see `webtoon_curate.manifest`
  runs/<time>-<stage>.json           counts, seconds, versions
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from webtoon_curate import __version__
from webtoon_curate.errors import DatasetError
from webtoon_curate.faces import Reject
from webtoon_curate.files import replacing, write_json
from webtoon_curate.ingest.names import is_hidden
from webtoon_curate.lock import writing
from webtoon_curate.picture_folder import CROPS, PARSING
from webtoon_curate.schema import REJECTS, SCHEMA_VERSION, STAGES
from webtoon_curate.tables import StageTables, readable
from webtoon_curate.wording import quoted

_CONFIG = "dataset.json"


class Dataset:
    """A dataset folder. `Dataset(path)` opens one, `Dataset.create(path)` makes or opens one.

    Example:
        >>> data = Dataset.create("my-dataset")          # doctest: +SKIP
        >>> for title, episode in data.tables["faces"].episodes():   # doctest: +SKIP
        ...     print(title, episode, len(data.tables["faces"].read(title, episode)))
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self.config: dict[str, Any] = json.loads((self.path / _CONFIG).read_bytes())
            version = int(self.config["schema_version"])
        except (FileNotFoundError, NotADirectoryError):
            raise DatasetError(
                f"{self.path} is no dataset (it has no {_CONFIG}); {_how_to_make(self.path)}"
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"{self.path / _CONFIG} is damaged: {error}") from error
        if version > SCHEMA_VERSION:
            raise DatasetError(
                f"{self.path} has schema {version}, this webtoon-curate {__version__} knows up to "
                f"{SCHEMA_VERSION}: upgrade with pip install -U webtoon-curate"
            )
        for name, kind in (("domain", str), ("sources", list), ("stages", dict)):
            if not isinstance(self.config.get(name), kind):
                raise DatasetError(
                    f"{self.path / _CONFIG} is damaged: it has no {name}; put a copy back, or make "
                    "the dataset anew in another folder"
                )

    @staticmethod
    def exists(path: str | Path) -> bool:
        """Whether `path` is a dataset folder."""
        return (Path(path) / _CONFIG).is_file()

    @classmethod
    def create(cls, path: str | Path, domain: str = "drawn") -> Dataset:
        """Open the dataset at `path`, or begin one in a new or empty folder.

        Raises:
            DatasetError: if the folder holds something else, or a dataset of another domain.
        """
        path = Path(path)
        if not cls.exists(path):
            _begin(path, domain)
        dataset = cls(path)
        if dataset.domain != domain:
            raise DatasetError(f"{path} is a dataset of {dataset.domain} faces, not {domain}")
        return dataset

    @property
    def domain(self) -> str:
        """`drawn` or `photo`."""
        return str(self.config["domain"])

    @cached_property
    def tables(self) -> dict[str, StageTables]:
        """The episode tables by stage."""
        return {
            stage: StageTables(self.path / "tables" / stage, schema)
            for stage, schema in STAGES.items()
        }

    def record_settings(self, stage: str, settings: dict[str, Any], source: str = "") -> None:
        """Note the resolved settings of a stage (and a new source) in `dataset.json`."""
        self.config = Dataset(self.path).config  # other runs may have written since
        self.config["stages"][stage] = settings
        if source and source not in self.config["sources"]:
            self.config["sources"].append(source)
        write_json(self.path / _CONFIG, self.config)

    def done(self, stage: str, title: str, episode: str, key: str) -> bool:
        """Whether the episode's table was made from exactly what `key` stands for."""
        note = self.tables[stage].note(title, episode)
        return note is not None and note.get("key") == key

    def failed(self, stage: str, title: str, episode: str) -> bool:
        """Whether the last run of a stage on an episode failed; an older table may be there."""
        path = self._rejects_file(stage, title, episode)
        if not path.exists():
            return False
        with readable(path, self.path / "tables" / "rejects"):
            return f"{title}/{episode}" in pq.read_table(path, columns=["path"])["path"].to_pylist()

    def current(self, stage: str, title: str, episode: str) -> bool:
        """Whether the episode's table of a later stage was made from its present scenes."""
        scenes = self.tables["scenes"].note(title, episode)
        note = self.tables[stage].note(title, episode)
        return scenes is not None and note is not None and note["input"] == scenes["content"]

    def crops_folder(self, title: str, episode: str) -> Path:
        """Where the episode's crops lie."""
        return self.path / CROPS / title / episode

    def why_no_faces(self) -> str:
        """What to do where a stage finds no face to begin with."""
        here, faces = quoted(self.path), self.tables["faces"]
        if next(self.tables["scenes"].episodes(), None) is None:
            return (
                f"{self.path} has no pages yet; read some: webtoon-curate detect SOURCE -o {here}"
            )
        if next(faces.episodes(), None) is None:
            return f"{self.path} has no faces yet; look for some: webtoon-curate detect {here}"
        if not faces.rows() and not self.tables["pages"].rows():
            return f"no page of {self.path} could be read; webtoon-curate info {here} says why"
        if not faces.rows():
            return (
                f"detect found no face in {self.path}: detect --recall high finds more, and in "
                f"webtoon-curate review {here} you can draw them"
            )
        if not (self.path / "manifest.parquet").exists():
            return (
                f"{self.path} has no manifest.parquet yet, for a run was stopped; run the same "
                f"command again: webtoon-curate detect {here}"
            )
        return f"no face of {self.path} is kept; webtoon-curate info {here} says why"

    def remove_crops(self, title: str, episode: str) -> None:
        """Remove the episode's crops, which later stages cut again."""
        shutil.rmtree(self.crops_folder(title, episode), ignore_errors=True)

    def remove_episodes(self, title: str, episodes: Collection[str]) -> None:
        """Take episodes of a title out: tables, pictures, rejects. `labels/` keeps what people said
        of them.

        The tables of the whole dataset have their faces until their commands run again.
        """
        rejects = self.path / "tables" / "rejects"
        for folder in [path for path in rejects.glob("*") if path.is_dir()]:
            for episode in episodes:
                self._rejects_file(folder.name, title, episode).unlink(missing_ok=True)
        for kind, episode in itertools.product((CROPS, PARSING), episodes):
            shutil.rmtree(self.path / kind / title / episode, ignore_errors=True)
        # The scenes last: by them a removal that was cut short is found again.
        for stage in sorted(self.tables, key="scenes".__eq__):
            self.tables[stage].remove(title, episodes)

    def refused(self, stage: str, episodes: Iterable[tuple[str, str]]) -> int:
        """How many inputs of some episodes a stage refuses, as long as nothing has changed there.

        Args:
            stage: whose rejects count.
            episodes: their titles and names.
        """
        folder, covered, count = self.path / "tables" / "rejects" / stage, set(episodes), 0
        for path in folder.glob("*/*.parquet"):
            if (path.parent.name, path.name.removesuffix(".parquet")) in covered:
                with readable(path, folder.parent):
                    count += pq.read_metadata(path).num_rows
        return count

    @property
    def writable(self) -> bool:
        """Whether this user may write to it; what cannot be written to keeps no rejects."""
        return os.access(self.path, os.W_OK)

    def write_rejects(
        self, stage: str, title: str, episode: str, rejects: Sequence[Reject]
    ) -> None:
        """Keep what a stage refused in an episode, in place of what it refused there before."""
        self._write_rejects(self._rejects_file(stage, title, episode), rejects)

    def write_source_rejects(self, source: str, rejects: Sequence[Reject]) -> None:
        """Keep the rejects of a source that belong to no episode: unreadable folders and such."""
        name = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self._write_rejects(self.path / "tables" / "rejects" / f"source-{name}.parquet", rejects)

    def join_rejects(self) -> None:
        """Write all rejects to `tables/rejects.parquet`, for people and programs to read."""
        if not self.writable:
            return
        with replacing(self.path / "tables" / "rejects.parquet") as part:
            pq.write_table(self.rejects(), part, compression="zstd")

    def rejects(self) -> pa.Table:
        """All that was refused, in the order of titles and episodes, in `REJECTS`' schema."""
        folder, tables = self.path / "tables" / "rejects", [REJECTS.empty_table()]
        files = sorted(folder.rglob("*.parquet"))
        for path in files:
            # Exports write rejects side by side: one that refuses nothing takes its file away.
            with (
                contextlib.suppress(FileNotFoundError),
                readable(path, folder),
                pq.ParquetFile(path) as file,
            ):
                tables.append(file.read().cast(REJECTS))
        return pa.concat_tables(tables)

    def _rejects_file(self, stage: str, title: str, episode: str) -> Path:
        return self.path / "tables" / "rejects" / stage / title / f"{episode}.parquet"

    def _write_rejects(self, path: Path, rejects: Iterable[Reject]) -> None:
        rows = [asdict(reject) for reject in rejects]
        if not self.writable:
            return
        if not rows:
            path.unlink(missing_ok=True)
            return
        with replacing(path) as part:
            pq.write_table(pa.Table.from_pylist(rows, REJECTS), part, compression="zstd")


def _begin(path: Path, domain: str) -> None:
    """Write the first `dataset.json`; of two runs that want to at once, one does."""
    free = not path.exists() or (path.is_dir() and _is_empty(path))
    if not free and not Dataset.exists(path):
        raise DatasetError(f"{path} exists and is no dataset; choose another -o")
    path.mkdir(parents=True, exist_ok=True)
    with writing(path, "ingest"):
        if not Dataset.exists(path):
            config = {"schema_version": SCHEMA_VERSION, "domain": domain, "sources": []}
            write_json(path / _CONFIG, {**config, "stages": {}})


def _is_empty(folder: Path) -> bool:
    """Whether nothing lies there but what an operating system leaves in folders."""
    return all(is_hidden(each.name) for each in folder.iterdir())


def _how_to_make(path: Path) -> str:
    """What to do where a folder is given that is no dataset: that of the comics, most likely."""
    if path.is_dir() and any(path.iterdir()):
        return f"if it holds comics, make one of them: webtoon-curate detect {quoted(path)}"
    return f"make one with: webtoon-curate detect SOURCE -o {quoted(path)}"

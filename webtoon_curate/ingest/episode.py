"""What a source of pages is, and how its pages are listed and opened."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType

from webtoon_curate.errors import ImageError, SourceError
from webtoon_curate.faces import Reject
from webtoon_curate.formats import sniff
from webtoon_curate.ingest.names import natural_key

STAGE = "ingest"
_COMMON = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".avif", ".bmp")
_MORE = (".tif", ".tiff", ".jxl", ".heic", ".heif", ".jp2", ".psd", ".svg", ".eps")
PICTURES = frozenset((*_COMMON, *_MORE))
"""Endings of files that a person means as pages, also those that no decoder here reads."""
MAX_PAGES = 50_000
"""Of an episode; the longest real ones have some hundreds."""


@dataclass(frozen=True)
class EpisodeSource:
    """Where an episode's pages come from.

    Attributes:
        title, episode: safe path components, unique in their parent; see `names.safe_name`.
        path: the folder or file.
        kind: `folder`, `archive`, `pdf` or `image`.
    """

    title: str
    episode: str
    path: Path
    kind: str

    def reject(self, path: str, reason: str) -> Reject:
        """A row for a page of this episode that was refused."""
        return Reject(self.title, self.episode, STAGE, path, reason)


@dataclass(frozen=True)
class Entry:
    """A page as listed: its size in bytes, and what else tells that it has changed.

    `check` is of its content. Where there is none, `state` is that of its file: another one is no
    other content yet.
    """

    size: int
    check: str = ""
    state: tuple[int, ...] = ()

    @classmethod
    def of_file(cls, status: os.stat_result) -> Entry:
        """Of a page that is a file, or lies in one without checksums.

        A file's time of modification can be set (`cp -p`, `rsync -t`, `unzip` do), that of its last
        change of any kind cannot. Windows has the time of creation in its place, so the file's
        number there tells of a replacement. Elsewhere numbers are no part of the state: those of
        exFAT and some network drives are others each time the drive is mounted.
        """
        number = (status.st_ino,) if os.name == "nt" else ()
        return cls(status.st_size, state=(status.st_mtime_ns, status.st_ctime_ns, *number))


class EpisodeReader(ABC):
    """An opened episode: its pages' names and files. Use it in a `with` statement.

    Nothing is decoded, and nothing is written to disk.
    """

    def __init__(self, source: EpisodeSource) -> None:
        self.source = source
        self._rejects: list[Reject] = []
        self._entries: dict[str, Entry] = {}

    def names(self) -> list[str]:
        """The pages, relative to the source, in natural order; valid UTF-8 (`names.escape`)."""
        return list(self._entries)

    def rejects(self) -> list[Reject]:
        """What was refused when the pages were listed."""
        return list(self._rejects)

    def fingerprint(self) -> str:
        """sha256, hexadecimal, over names and sizes: it changes when the pages do."""
        lines = [f"{name}\0{entry.size}\0{entry.check}\n" for name, entry in self._entries.items()]
        lines += [f"{reject.path}\0{reject.reason}\n" for reject in self._rejects]
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()

    def stamp(self) -> str:
        """sha256, hexadecimal, over the states of the pages' files: the times of their changes.

        With the same fingerprint and stamp the pages are the same.
        """
        lines = [f"{name}\0{entry.state}\n" for name, entry in self._entries.items()]
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()

    @abstractmethod
    def open(self, name: str) -> bytes | Path:
        """The file of a page in `names()`, as bytes or as its path.

        Raises:
            ImageError: if the page cannot be had; the others still can.
        """

    def close(self) -> None:  # noqa: B027 - a folder has nothing to close
        """Frees the file."""

    def __enter__(self) -> EpisodeReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _set_entries(self, entries: dict[str, Entry]) -> None:
        if len(entries) > MAX_PAGES:
            raise SourceError(
                f"{self.source.path} has {len(entries):,} pages, more than {MAX_PAGES:,}: "
                "split it into episodes"
            )
        if not entries and not self._rejects:
            raise SourceError(f"{self.source.path} holds no pictures")
        self._entries = {name: entries[name] for name in sorted(entries, key=natural_key)}

    def _reject(self, path: str, reason: str) -> None:
        self._rejects.append(self.source.reject(path, reason))


def has_picture_ending(name: str) -> bool:
    """Whether the file's name says that it is a picture."""
    return PurePosixPath(name).suffix.lower() in PICTURES


def looks_like_picture(head: bytes) -> bool:
    """Whether the file's first bytes say that it is a picture, whatever its name."""
    try:
        sniff(head)
    except ImageError:
        return False
    return True

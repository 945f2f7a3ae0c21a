"""Finds the episodes in a folder, an archive, a PDF or a picture.

A folder that holds pictures is an episode, and so is each archive, each PDF, and a picture that
is given alone. The title is the folder below the source on the way to the episode; where there is
none, the source itself:

    source/001.jpg                      title "source", episode "source"
    source/ep 1/001.jpg                 title "source", episode "ep 1"
    source/Title/ep 1/001.jpg           title "Title", episode "ep 1"
    source/Title/Season 1/ep 1.cbz      title "Title", episode "Season 1 - ep 1"

So it depends on the folder that is given, for nothing tells a folder of titles from one of seasons.
In a dataset an episode keeps the names that it was first read by: see `planning`. Folders whose
names differ in Unicode form only (NFC, NFD) are one title.

Pictures that lie beside episodes are an episode of their folder's name. Several long strips in a
folder are the pages of one episode, for nothing tells a strip that is an episode from one that is
a part of it. All pictures in an archive are one episode, its folders being parts.

Not looked into: hidden files and folders, what operating systems leave behind (`Thumbs.db`,
`__MACOSX` …), datasets (folders with a `dataset.json`) and folders that hold a file named
`.nopages`. Files that are no pictures (text, `ComicInfo.xml`) are passed over. An empty folder is a
reject: an episode may be lost there.
"""

from __future__ import annotations

import importlib.util
import os
import stat
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webtoon_curate.errors import ImageError, SourceError
from webtoon_curate.faces import Reject
from webtoon_curate.formats import sniff
from webtoon_curate.ingest.episode import (
    STAGE,
    Entry,
    EpisodeReader,
    EpisodeSource,
    has_picture_ending,
    looks_like_picture,
)
from webtoon_curate.ingest.names import (
    escape,
    is_hidden,
    natural_key,
    safe_name,
    unescape,
)
from webtoon_curate.ingest.urls import LISTS

__all__ = ["EpisodeReader", "EpisodeSource", "escape", "find_episodes", "open_episode", "safe_name"]

NO_PAGES = ".nopages"
"""A folder that holds a file of this name is not looked into."""
_DATASET = "dataset.json"
_ARCHIVES = {".zip": "archive", ".cbz": "archive", ".rar": "archive", ".cbr": "archive"}
_KINDS = {**_ARCHIVES, ".pdf": "pdf"}
_OTHER_ARCHIVES = {".7z", ".cb7", ".tar", ".tgz", ".cbt", ".ace", ".cba"}
_OTHER_ARCHIVES |= {".epub", ".mobi", ".azw3"}
_NO_READER = "this kind of archive is not supported; repack it as .cbz"
EMPTY = "the folder is empty"
"""Reason of folders with nothing in them, such as those of downloads that failed."""
_DEPTH = 32
"""Folders in folders; below that it is a loop that no link shows."""


@dataclass
class _Search:
    """The state of a walk: what was found as (names below the source, path, kind)."""

    root: Path
    found: list[tuple[tuple[str, ...], Path, str]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    seen: dict[tuple[int, int], Path] = field(default_factory=dict)

    def reject(self, path: Path, reason: str) -> None:
        self.rejects.append(Reject("", "", STAGE, escape(str(path)), reason))

    def folder(self, path: Path, names: tuple[str, ...]) -> None:
        """Looks into a folder; adds its episodes, then itself if it holds pictures."""
        try:
            where = path.stat()
            entries = _entries(path)
        except OSError as error:
            self.reject(path, f"cannot be read: {error.strerror}")
            return
        if any(entry.name in (NO_PAGES, _DATASET) for entry in entries):
            return
        first = self.seen.setdefault((where.st_dev, where.st_ino), path)
        if first != path:
            self.reject(path, f"links to {escape(str(first))}, which is read already")
            return
        if len(names) > _DEPTH:
            self.reject(path, f"lies more than {_DEPTH} folders deep")
            return
        before = len(self.found)
        has_pictures = False
        entries = [entry for entry in entries if not is_hidden(entry.name)]
        if not entries and names:
            self.reject(path, EMPTY)
        for entry in entries:
            has_pictures = self.entry(entry, names, has_pictures) or has_pictures
        if has_pictures:
            beside_others = len(self.found) > before and len(names) > 0
            names = (*names, names[-1]) if beside_others else names
            self.found.append((names, path, "folder"))

    def entry(self, entry: os.DirEntry[str], names: tuple[str, ...], known: bool) -> bool:
        """Looks at what lies in a folder; whether it is a page (not asked if that is `known`)."""
        path = Path(entry.path)
        ending = path.suffix.lower()
        if _is_folder(entry):
            self.folder(path, (*names, entry.name))
        elif ending in _KINDS:
            self.file(path, (*names, path.stem), _KINDS[ending])
        elif ending in _OTHER_ARCHIVES:
            self.reject(path, _NO_READER)
        elif has_picture_ending(entry.name):
            return True
        elif entry.is_symlink() and _status(path) is None:
            self.reject(path, "a link that leads nowhere")
        else:
            return not known and _is_picture(path)
        return False

    def file(self, path: Path, names: tuple[str, ...], kind: str) -> None:
        """Adds an archive or a PDF, if it can be read here."""
        reason = _unreadable(path, kind)
        if reason:
            self.reject(path, reason)
        else:
            self.found.append((names, path, kind))


def find_episodes(root: Path) -> tuple[list[EpisodeSource], list[Reject]]:
    """The episodes below `root`, in natural order, and what was refused on the way.

    Args:
        root: a folder of pictures, of episodes or of titles, or a single file.

    Raises:
        SourceError: if there is no such path, it is a dataset, or a file that holds no pages.
    """
    root = Path(root)
    if _status(root) is None:
        raise SourceError(f"there is no {escape(str(root))}")
    if _status(root / _DATASET):
        raise SourceError(f"{escape(str(root))} is a dataset, not a source of pages")
    name = root.resolve().name or "root"
    search = _Search(root)
    if _is_folder(root):
        search.folder(root, ())
    else:
        name = Path(name).stem
        kind = _file_kind(root)
        if kind == "image":
            _check_picture(root)
        search.file(root, (), kind)
    titles: dict[str, str] = {}
    used: dict[str, set[str]] = defaultdict(set)
    used_titles: set[str] = set()
    episodes = []
    for names, path, kind in sorted(search.found, key=_order):
        # One name may be written in two ways (NFC, and NFD on macOS); the episodes are one title's.
        raw_title = unicodedata.normalize("NFC", names[0] if len(names) > 1 else name)
        if raw_title not in titles:
            titles[raw_title] = _claimed(raw_title, used_titles)
        title = titles[raw_title]
        raw_episode = " - ".join(names[1:] or names) or name
        episode = _claimed(raw_episode, used[title])
        episodes.append(EpisodeSource(title, episode, path, kind))
    return episodes, search.rejects


def _claimed(name: str, used: set[str]) -> str:
    """A safe name that is none of those in use, and is one of them from now on."""
    safe = safe_name(name, used)
    used.add(safe.casefold())
    return safe


def _order(found: tuple[tuple[str, ...], Path, str]) -> tuple[Any, ...]:
    names, path, _ = found
    return natural_key("/".join(names)), natural_key(path.name)


def open_episode(source: EpisodeSource) -> EpisodeReader:
    """Lists the pages of an episode and makes them readable; use it in a `with` statement.

    Raises:
        SourceError: if the source cannot be read, or holds no pictures.
    """
    if source.kind == "folder":
        return FolderReader(source)
    if source.kind == "image":
        return ImageFile(source)
    if source.kind == "pdf":
        from webtoon_curate.ingest.pdf import PdfReader

        return PdfReader(source)
    from webtoon_curate.ingest.archives import open_archive

    return open_archive(source)


class FolderReader(EpisodeReader):
    """The pictures that lie directly in a folder."""

    def __init__(self, source: EpisodeSource) -> None:
        super().__init__(source)
        try:
            found = _entries(source.path)
        except OSError as error:
            raise SourceError(f"{escape(str(source.path))}: {error.strerror}") from error
        entries = {}
        for entry in found:
            path = Path(entry.path)
            if is_hidden(entry.name) or path.suffix.lower() in _KINDS:
                continue
            if _is_folder(entry) or not (has_picture_ending(entry.name) or _is_picture(path)):
                continue
            name = escape(entry.name)
            reason, entry = _irregular(path)
            if reason:
                self._reject(name, reason)
            else:
                entries[name] = entry
        self._set_entries(entries)

    def open(self, name: str) -> Path:
        """The page's path."""
        if name not in self._entries:
            raise ImageError(f"no page of {escape(str(self.source.path))}")
        return self.source.path / unescape(name)


class ImageFile(EpisodeReader):
    """A picture that is an episode by itself."""

    def __init__(self, source: EpisodeSource) -> None:
        super().__init__(source)
        reason, entry = _irregular(source.path)
        if reason:
            raise SourceError(f"{escape(str(source.path))}: {reason}")
        self._set_entries({escape(source.path.name): entry})

    def open(self, name: str) -> Path:
        """The picture's path."""
        return self.source.path


def _entries(path: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, sorted by name: the order of a file system is nobody's."""
    with os.scandir(path) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _is_picture(path: Path) -> bool:
    """Whether a file's first bytes are a picture's, for names that don't tell."""
    reason, _ = _irregular(path)
    if reason:
        return False
    try:
        with path.open("rb") as file:
            return looks_like_picture(file.read(64))
    except OSError:
        return False


def _status(path: Path) -> os.stat_result | None:
    """`Path.stat`, or nothing, also where `Path.exists` would raise."""
    try:
        return path.stat()
    except OSError:
        return None


def _is_folder(path: Path | os.DirEntry[str]) -> bool:
    """`is_dir`, which raises for links in a circle and where a folder is closed to us."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _irregular(path: Path) -> tuple[str, Entry]:
    """Why a path cannot be a page (nothing if it can), and what it is as a page."""
    try:
        status = path.stat()
    except OSError as error:
        return f"cannot be read: {error.strerror}", Entry(0)
    if not stat.S_ISREG(status.st_mode):
        return "not a file but a pipe, socket or device", Entry(0)
    return "", Entry.of_file(status)


def _file_kind(path: Path) -> str:
    """What a file that was given alone is, by its first bytes or else its ending."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError:
        head = b""
    if head.startswith(b"%PDF"):
        return "pdf"
    if head.startswith((b"PK", b"Rar!")):
        return "archive"
    return _KINDS.get(path.suffix.lower(), "image")


def _check_picture(path: Path) -> None:
    """Raises SourceError for a file, given alone, that is not even damaged as a picture."""
    reason, _ = _irregular(path)
    try:
        if not reason:
            with path.open("rb") as file:
                sniff(file.read(64))
    except (ImageError, OSError) as error:
        reason = str(error)
    if reason and path.suffix.lower() in _OTHER_ARCHIVES:
        reason = _NO_READER
    if reason and path.suffix.lower() in LISTS:
        reason = "a list of addresses is for: webtoon-curate ingest LIST -o DATASET"
    if reason:
        raise SourceError(f"{escape(str(path))}: {reason}")


def _unreadable(path: Path, kind: str) -> str:
    """Why an archive or PDF cannot be read on this machine; nothing if it can."""
    reason, _ = _irregular(path)
    if reason:
        return reason
    if kind == "pdf" and importlib.util.find_spec("pypdfium2") is None:
        return "PDF needs an extra: pip install 'webtoon-curate[pdf]'"
    if kind == "archive":
        from webtoon_curate.ingest.archives import missing_reader

        return missing_reader(path)
    return ""

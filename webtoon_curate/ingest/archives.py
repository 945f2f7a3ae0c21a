"""Pages in zip and rar archives, read from memory: nothing is ever unpacked to disk.

What an archive says of itself is not believed: names that lead out of it, links, encrypted and
overlapping members and those that may unpack to absurd sizes are rejects; the other pages are read.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO, Any

from webtoon_curate.errors import CurateError, ImageError, SourceError
from webtoon_curate.images import MAX_FILE
from webtoon_curate.ingest.episode import (
    Entry,
    EpisodeReader,
    EpisodeSource,
    has_picture_ending,
    looks_like_picture,
)
from webtoon_curate.ingest.names import escape, is_hidden

RATIO = 200
"""Unpacked to packed size above which a large member is a bomb: deflate ends at 1,032, and
pictures are compressed already; a blank BMP may come near."""
_RATIO_FROM = 16 << 20
"""Bytes unpacked from which the ratio counts."""
_DIRECTORY_BYTES = 16 << 20
"""Of a zip's list of members, which `zipfile` reads at once; some 100,000 members."""
_PIECE = 1 << 20
"""Bytes unpacked at once."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of a zip's members: those that `zipfile` unpacks in pieces. Of bzip2 or LZMA it unpacks all that
it has read at once, and a kilobyte of it may be gigabytes."""
_LOCAL_HEADER = 30
"""Bytes before a member's name and data (PKWARE APPNOTE 4.3.7)."""
_NESTED = {".zip", ".cbz", ".rar", ".cbr", ".7z", ".cb7", ".tar", ".pdf"}
_OUTSIDE = re.compile(r"^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)")
_NO_RAR = (
    "reading .cbr and .rar needs an extra, pip install 'webtoon-curate[cbr]', and one of unrar, "
    "7z or bsdtar on the PATH; or repack it as .cbz"
)


@dataclass(frozen=True)
class _Member:
    """A file in an archive: as listed, and how to open it; `check` is empty without a checksum."""

    name: str
    size: int
    packed: int
    check: str
    open: Callable[[], IO[bytes]]
    problem: str = ""


def missing_reader(path: Path) -> str:
    """Why this kind of archive cannot be read on this machine; nothing if it can."""
    if _magic(path) != "rar":
        return ""
    try:
        import rarfile
    except ImportError:
        return _NO_RAR
    try:
        rarfile.tool_setup()
    except rarfile.Error:
        return _NO_RAR
    return ""


def open_archive(source: EpisodeSource) -> EpisodeReader:
    """Lists the pages of a zip or rar archive, whichever of both its ending says.

    Raises:
        SourceError: if the archive is damaged, of another kind, or holds no pictures.
    """
    where = escape(str(source.path))
    kind = _magic(source.path)
    if not kind:
        raise SourceError(f"{where} is neither a zip nor a rar archive; repack it as .cbz")
    if kind == "rar" and missing_reader(source.path):
        raise SourceError(f"{where}: {_NO_RAR}")
    archive: Any = None
    try:
        archive = _Zip(source.path) if kind == "zip" else _open_rar(source.path)
        if kind == "rar" and archive.needs_password() and not archive.infolist():
            raise SourceError(f"{where} is encrypted: unpack it with its password first")
        members = _zip_members(archive) if kind == "zip" else _rar_members(archive)
        return ArchiveReader(source, archive, members)
    except BaseException as error:
        if archive is not None:
            archive.close()
        if isinstance(error, CurateError) or not isinstance(error, Exception):
            raise
        reason = str(error) or type(error).__name__
        raise SourceError(f"{where} is damaged or truncated: {reason}") from error


class ArchiveReader(EpisodeReader):
    """The pictures in an archive, whatever folder they are in; names as in the archive."""

    def __init__(self, source: EpisodeSource, archive: Any, members: Iterable[_Member]) -> None:
        super().__init__(source)
        self._archive = archive
        self._members: dict[str, _Member] = {}
        for member in members:
            if any(is_hidden(part) for part in PurePosixPath(member.name).parts if part != ".."):
                continue
            reason = self._refusal(member)
            if reason:
                self._reject(member.name, reason)
            elif _is_page(member):
                self._members[member.name] = member
        whole = Entry.of_file(source.path.stat())
        self._set_entries(
            {
                name: Entry(m.size, m.check) if m.check else replace(whole, size=m.size)
                for name, m in self._members.items()
            }
        )

    def open(self, name: str) -> bytes:
        """The page's bytes, checked against the archive's checksum."""
        member = self._members.get(name)
        if member is None:
            raise ImageError(f"no page of {escape(str(self.source.path))}")
        try:
            return _unpacked(member)
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise ImageError(f"damaged in its archive: {reason}") from error

    def close(self) -> None:
        """Closes the archive."""
        self._archive.close()

    def _refusal(self, member: _Member) -> str:
        if not member.name:
            return "it has no name"
        if _OUTSIDE.search(member.name):
            return "its name leads out of the archive"
        if member.problem:
            return member.problem
        if PurePosixPath(member.name).suffix.lower() in _NESTED:
            return "an archive in an archive is not opened; unpack it"
        if member.name in self._members:
            return "the archive holds this name twice; the first is read"
        if member.size > MAX_FILE:
            return f"unpacks to {member.size >> 20} MiB, more than {MAX_FILE >> 20}"
        if member.size > _RATIO_FROM and member.size > RATIO * max(1, member.packed):
            return f"unpacks to {member.size >> 20} MiB, over {RATIO} times its size: a zip bomb?"
        return ""


def _unpacked(member: _Member) -> bytes:
    """A member's bytes, in pieces: `read` at once would hold a long page three times."""
    buffer = io.BytesIO()
    with member.open() as file:
        while piece := file.read(_PIECE):
            buffer.write(piece)
            if buffer.tell() > member.size:
                raise ValueError(f"unpacks to more than the {member.size} bytes it is listed with")
    return buffer.getvalue()


def _is_page(member: _Member) -> bool:
    if has_picture_ending(member.name):
        return True
    try:
        with member.open() as file:
            return looks_like_picture(file.read(64))
    except Exception:
        return False


def _magic(path: Path) -> str:
    """`zip`, `rar` or nothing, by the first bytes: many .cbr files are zip archives."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise SourceError(f"{escape(str(path))}: {error.strerror}") from error
    if head.startswith(b"PK"):
        return "zip"
    return "rar" if head.startswith(b"Rar!\x1a\x07") else ""


class _BoundedFile(io.FileIO):
    """A file that refuses to be read by too many bytes at once until `unlimited` is set."""

    unlimited = False

    def read(self, size: int | None = -1) -> bytes:
        if not self.unlimited and size is not None and size > _DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"its list of members has {size >> 20} MiB")
        return super().read(-1 if size is None else size) or b""


class _Zip(zipfile.ZipFile):
    """A zip archive whose list of members is read in bounded memory."""

    def __init__(self, path: Path) -> None:
        self._file = _BoundedFile(path, "r")
        try:
            super().__init__(self._file)
        except BaseException:
            self._file.close()
            raise
        self._file.unlimited = True

    def close(self) -> None:
        super().close()
        self._file.close()


def _zip_members(archive: zipfile.ZipFile) -> Iterable[_Member]:
    # Not `is_dir`, which until Python 3.12 fails at members without a name.
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    overlapping = _overlapping(infos)
    for info in infos:
        problem = ""
        if info.flag_bits & 0x1:
            problem = "encrypted: unpack it with its password first"
        elif stat.S_ISLNK(info.external_attr >> 16):
            problem = "a symbolic link"
        elif info.compress_type not in _METHODS:
            problem = "packed by another method than deflate: repack the archive as .cbz"
        elif info.header_offset in overlapping:
            problem = "its data lie over another member's: a zip bomb?"
        yield _Member(
            _zip_name(info),
            info.file_size,
            info.compress_size,
            f"{info.CRC:08x}",
            lambda info=info: archive.open(info),  # type: ignore[misc]
            problem,
        )


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """The offsets of members whose data reach into the next member."""
    infos = sorted(infos, key=lambda info: info.header_offset)
    return {
        one.header_offset
        for one, other in pairwise(infos)
        if one.header_offset + _LOCAL_HEADER + one.compress_size > other.header_offset
    }


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's name; many programs write UTF-8 without the flag that says so."""
    if not info.flag_bits & 0x800 and not info.filename.isascii():
        try:
            return info.filename.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return info.filename


def _open_rar(path: Path) -> Any:
    import rarfile

    return rarfile.RarFile(path)


def _rar_members(archive: Any) -> Iterable[_Member]:
    for info in archive.infolist():
        if info.is_dir():
            continue
        problem = ""
        if info.needs_password():
            problem = "encrypted: unpack it with its password first"
        elif info.is_symlink() or not info.is_file():
            problem = "a symbolic link"
        yield _Member(
            escape(info.filename),
            info.file_size,
            info.compress_size,
            _rar_check(info),
            lambda info=info: archive.open(info),  # type: ignore[misc]
            problem,
        )


def _rar_check(info: Any) -> str:
    """A member's CRC-32 or, of RAR 5, its BLAKE2sp, hexadecimal; RAR 5 may also lack both."""
    return f"{info.CRC:08x}" if info.CRC is not None else (info.blake2sp_hash or b"").hex()

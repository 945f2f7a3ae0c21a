"""Where fetched pages came from, and which pages must not be used.

Each episode's folder has a sidecar `.provenance.jsonl`, one JSON line a fetched page. A page is
on disk under its name only with its record: the record is written and synced first, then the
whole `.part` gets the page's name. `settle` finishes what a killed run left between.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from webtoon_curate.errors import DatasetError
from webtoon_curate.faces import Reject
from webtoon_curate.files import digest, sha256_of
from webtoon_curate.ingest.urls import STAGE, is_address

SIDECAR = ".provenance.jsonl"
LONGEST_RECORD = 65_536
"""Characters of a line; longer ones were not written by this program."""
TAKEDOWN_FILE = "takedown.txt"
TAKEDOWN_VARIABLE = "WEBTOON_CURATE_TAKEDOWN"
WITHHELD = "on the takedown list"
"""Begins the reasons of rejects that are taken back when the entry is."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Provenance:
    """The record of one fetched page.

    Attributes:
        file: name in the episode's folder.
        source: the address that the person gave.
        final_address: where the bytes came from, after redirects; the picture's own address where
            `gallery-dl` found it on a site's page.
        time: UTC, ISO 8601, when the last byte came.
        sha256: of the file, hexadecimal.
        type: media type found in the bytes, not what the server said.
        bytes: size of the file.
        license: as given by the person.
    """

    file: str
    source: str
    final_address: str
    time: str
    sha256: str
    type: str
    bytes: int
    license: str | None = None

    @property
    def number(self) -> int:
        """Place of the page in its episode, from 1: the digits its name begins with."""
        digits = self.file.partition("-")[0]
        return int(digits) if digits.isdecimal() and len(digits) < 10 else 0


def provenance(folder: str | Path) -> dict[str, Provenance]:
    """The records of an episode's folder by file name; empty where nothing was fetched.

    Lines that are damaged are passed over. A record speaks of the bytes with its sha256: a file
    that was replaced since is another file.
    """
    return {record.file: record for record in _records(Path(folder))}


def archive_provenance(path: Path) -> Provenance | None:
    """The record of a fetched archive or PDF, which is that of all its pages; None without one."""
    record = provenance(path.parent).get(path.name)
    return record if record is not None and is_whole(path, record) else None


def part_path(folder: Path, address: str) -> Path:
    """The file in which the page at `address` grows; hidden, so that no source lists it."""
    key = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return folder / f".page-{key}.part"


def commit(folder: Path, part: Path, record: Provenance) -> Path:
    """Write the record of a whole part and give the part its name; returns the page's path.

    `part` is the `part_path` of the record's address or final address. Callers that share a
    folder take turns.
    """
    with part.open("rb") as file:
        os.fsync(file.fileno())
    remember(folder, record)
    return part.replace(folder / record.file)


def remember(folder: Path, record: Provenance) -> None:
    """Write a record, also of a page that must not be kept, so that it is not fetched again."""
    line = json.dumps(asdict(record), ensure_ascii=False) + "\n"
    with (folder / SIDECAR).open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            # A run killed while it wrote leaves half a line; it must not swallow this one.
            if file.read(1) != b"\n":
                line = "\n" + line
        file.write(line.encode("utf-8", "backslashreplace"))
        file.flush()
        os.fsync(file.fileno())


def settle(folder: Path) -> None:
    """Finish the commits in a folder that were cut off between record and name."""
    for record in provenance(folder).values():
        path = folder / record.file
        for address in (record.source, record.final_address):
            part = part_path(folder, address)
            if not path.exists() and is_whole(part, record):
                part.replace(path)


def whole_pages(folder: Path) -> list[Provenance]:
    """The records whose files have the recorded size and sha256."""
    records = provenance(folder).values()
    return [record for record in records if is_whole(folder / record.file, record)]


def is_whole(path: Path, record: Provenance) -> bool:
    """Whether the file at `path` has the record's size and sha256."""
    try:
        return path.stat().st_size == record.bytes and sha256_of(path) == record.sha256
    except OSError:
        return False


def now() -> str:
    """The time in UTC as ISO 8601, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


@dataclass
class Takedown:
    """What must not be fetched, read or kept.

    `sha256` and `addresses` give the list's path and line for each entry. An address stands for
    http and https, whatever its percent-encoding, default port and fragment, and for its host in
    letters of any script.

    Example:
        >>> Takedown(sha256={"00" * 32: "mine.txt:1"}).matches(sha256="00" * 32)
        'on the takedown list (mine.txt:1)'
    """

    sha256: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.sha256 or self.addresses)

    def key(self) -> str:
        """What lists with the same entries have in common."""
        return digest([sorted(self.sha256), sorted(self.addresses)])

    @classmethod
    def load(cls, dataset: str | Path | None = None) -> Takedown:
        """All lists that hold here: the dataset's, the user's and the environment's.

        They are `takedown.txt` in the dataset, `takedown.txt` in the user's configuration folder,
        and the file that `WEBTOON_CURATE_TAKEDOWN` names. One entry a line: a sha256 sum or an
        http(s) address, then anything; lines that begin with `#` are comments.

        Raises:
            DatasetError: if a list cannot be read or has a line that is neither: an entry that
                is silently passed over would not be honoured.
        """
        import platformdirs

        lists = [platformdirs.user_config_path("webtoon-curate") / TAKEDOWN_FILE]
        if dataset is not None:
            lists.append(Path(dataset) / TAKEDOWN_FILE)
        lists = [path for path in lists if path.exists()]
        if named := os.environ.get(TAKEDOWN_VARIABLE):
            lists.append(Path(named))
        takedown = cls()
        for path in lists:
            takedown._read(path)
        return takedown

    def matches(self, sha256: str = "", address: str = "") -> str | None:
        """Why a page with this sum or address must not be used; None where it may."""
        where = self.sha256.get(sha256.lower()) if sha256 else None
        if where is None and address and self.addresses:
            where = self.addresses.get(_normal(address))
        return None if where is None else f"{WITHHELD} ({where})"

    def purge(self, pages: Path) -> list[Reject]:
        """Delete listed pages, whole or partial, that were fetched into the folder `pages`.

        Returns:
            a reject for each deleted page.
        """
        rejects = []
        for sidecar in sorted(pages.rglob(SIDECAR)):
            folder = sidecar.parent
            for record in provenance(folder).values():
                addresses = (record.source, record.final_address)
                reasons = [self.matches(record.sha256)]
                reasons += [self.matches(address=address) for address in addresses]
                reason = next(filter(None, reasons), None)
                if reason is None:
                    continue
                for path in (part_path(folder, address) for address in addresses):
                    path.unlink(missing_ok=True)
                path = folder / record.file
                if is_whole(path, record):
                    path.unlink()
                    place = folder.parent.name, folder.name
                    rejects.append(Reject(*place, STAGE, record.source, f"deleted: {reason}"))
        return rejects

    def _read(self, path: Path) -> None:
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            raise DatasetError(f"the takedown list {path} cannot be read: {error}") from error
        for number, line in enumerate(lines, 1):
            entry = line.split(maxsplit=1)[0] if line.strip() else "#"
            if entry.startswith("#"):
                continue
            if _SHA256.fullmatch(entry.lower()):
                self.sha256[entry.lower()] = f"{path}:{number}"
            elif is_address(entry):
                self.addresses[_normal(entry)] = f"{path}:{number}"
            else:
                raise DatasetError(
                    f"{path}:{number} is neither a sha256 sum nor an http(s) address: "
                    f"{entry[:100]!r}; correct it, or begin the line with #"
                )


def _records(folder: Path) -> Iterator[Provenance]:
    try:
        file = (folder / SIDECAR).open(encoding="utf-8", errors="replace")
    except OSError:
        return
    with file:
        while line := file.readline(LONGEST_RECORD):
            try:
                record = _record(json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError):
                continue
            yield record


def _record(value: dict[str, Any]) -> Provenance:
    names = [entry.name for entry in fields(Provenance)]
    record = Provenance(**{key: _utf8(value[key]) for key in names})
    texts = [record.file, record.source, record.final_address, record.time, record.sha256]
    if not all(isinstance(text, str) for text in (*texts, record.type, record.license or "")):
        raise TypeError("not text")
    plain = record.file == Path(record.file).name and record.file[:1] not in ("", ".")
    if not plain or "\0" in record.file or not isinstance(record.bytes, int):
        raise ValueError("not a file of this folder")
    return record


def _utf8(value: Any) -> Any:
    """Text that tables can hold: JSON's escapes may stand for half a character."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


def _normal(address: str) -> str:
    """What two spellings of one address have in common."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return address
    if not host.isascii():
        import idna

        with contextlib.suppress(idna.IDNAError):  # no host that could be asked
            host = idna.encode(host).decode("ascii")
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    place = host if port in (None, default) else f"{host}:{port}"
    return f"{place}{unquote(parts.path or '/')}?{unquote(parts.query)}"

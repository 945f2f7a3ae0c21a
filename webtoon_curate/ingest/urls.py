"""Addresses of pages: lists of them, where they go in the dataset, what came of fetching them."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TextIO
from urllib.parse import unquote, urlsplit

from webtoon_curate.errors import SourceError
from webtoon_curate.faces import Reject
from webtoon_curate.ingest.names import safe_name

STAGE = "ingest"
LONGEST_LINE = 16_384
"""Characters of a line in a list; browsers and servers end far below."""
LISTS = (".txt", ".csv", ".tsv")
_HTTP = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_HEADERS = {"url", "address"}


@dataclass(frozen=True)
class PageAddress:
    """An http(s) address, and the title and episode it belongs to; empty: taken from the address.

    `title` and `episode` may be any text; `place` gives the folder names made of them.
    """

    address: str
    title: str = ""
    episode: str = ""

    def place(self) -> tuple[str, str]:
        """The folder names of title and episode.

        Without a title it is the host's name, without an episode the folder in the address:
        `https://host/one/ep2/03.jpg` is `host`, `one-ep2`.
        """
        try:
            parts = urlsplit(self.address)
            host, path = parts.hostname or "", unquote(parts.path)
        except ValueError:
            host, path = "", ""
        folder = "-".join(part for part in path.split("/")[:-1] if part)
        return safe_name(self.title or host or "web"), safe_name(self.episode or folder or "pages")

    def stem(self) -> str:
        """A file name without its ending, made of the last part of the address."""
        try:
            name = PurePosixPath(unquote(urlsplit(self.address).path)).name
        except ValueError:
            name = ""
        return safe_name(_EXTENSION.sub("", name) or "page")


@dataclass(frozen=True)
class Planned:
    """What a dry run says of an address: where it would go, and `fetch`, `there` or a refusal."""

    page: PageAddress
    title: str
    episode: str
    verdict: str


@dataclass
class FetchReport:
    """What came of a list of addresses; files in the order of the list.

    `fetched` and `skipped` (there already, whole) are paths; `planned` is filled by dry runs only.
    """

    fetched: list[Path] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)


def reject(page: PageAddress, reason: str) -> Reject:
    """The row that says why `page` was refused."""
    title, episode = page.place()
    return Reject(title, episode, STAGE, page.address, reason)


def is_address(source: str) -> bool:
    """Whether a source given on the command line is an http(s) address."""
    return bool(_HTTP.match(source))


def is_list(source: str | Path) -> bool:
    """Whether a source is a file of addresses: a `.txt`, `.csv` or `.tsv` file."""
    path = Path(source)
    return path.suffix.lower() in LISTS and path.is_file()


def read_list(path: str | Path) -> tuple[list[PageAddress], list[Reject]]:
    """The addresses in a text file, one a line, with optional columns title and episode.

    Columns are parted by tabs, or by commas as in CSV (an address with commas in it is quoted, or
    tabs are used). Empty lines, lines that begin with `#` and a heading `url,title,episode` are
    passed over.

    Returns:
        the addresses in the file's order, and a reject for each line that is no address.

    Raises:
        SourceError: if the file cannot be read.
    """
    path = Path(path)
    pages: list[PageAddress] = []
    rejects: list[Reject] = []
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
            for number, line in enumerate(_lines(file), 1):
                fields = [] if line.lstrip().startswith("#") else _columns(line)
                if not fields or (not pages and fields[0].lower() in _HEADERS):
                    continue
                if len(line) > LONGEST_LINE:
                    reason = f"a line of more than {LONGEST_LINE:,} characters"
                elif not is_address(fields[0]):
                    reason = f"not an http(s) address: {fields[0][:200]!r}"
                else:
                    pages.append(PageAddress(*fields[:3]))
                    continue
                rejects.append(Reject("", "", STAGE, f"{path}:{number}", reason))
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    return pages, rejects


def _lines(file: TextIO) -> Iterator[str]:
    """The file's lines, the rest of overlong ones dropped."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        while line and not line.endswith("\n"):
            line = file.readline(LONGEST_LINE + 1)


def _columns(line: str) -> list[str]:
    line = line.strip()
    if "\t" in line:
        fields: Sequence[str] = line.split("\t")
    else:
        try:
            fields = next(csv.reader([line]), [])
        except csv.Error:  # a NUL, until Python 3.11
            fields = [line]
        # Image servers put commas in paths (w_800,h_600/1.jpg); titles seldom have slashes.
        if any("/" in text for text in itertools.islice(fields, 1, None)):
            fields = [line]
    fields = [text.strip() for text in fields]
    return fields if any(fields) else []

"""Episode pages of comic sites, handed over to an installed `gallery-dl`.

`gallery-dl` runs as a program of its own, without its configuration files, into a hidden folder;
its pictures and their metadata are then moved to `<title>/<episode>/` with their provenance. It
does not read robots.txt: what a site's terms allow is between the site and the person.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from webtoon_curate import __version__
from webtoon_curate.errors import ImageError
from webtoon_curate.files import is_disk_full, sha256_of, write_json
from webtoon_curate.ingest.content import kind
from webtoon_curate.ingest.names import safe_name
from webtoon_curate.ingest.provenance import (
    Provenance,
    Takedown,
    commit,
    now,
    part_path,
    provenance,
    settle,
    whole_pages,
)
from webtoon_curate.ingest.urls import FetchReport, PageAddress, is_address, reject

USER_AGENT = f"webtoon-curate/{__version__} (by gallery-dl)"
PLACE = ".gallery-dl"
ARCHIVE = "archive.sqlite3"
TAKEN = "taken.json"
SILENCE = 600.0
"""Seconds without a line of output after which `gallery-dl` is taken for hung and ended."""
MAX_METADATA = 1 << 20
"""Bytes of one metadata file; the real ones are a few KB."""
MISSING = (
    "an episode page of a site that gallery-dl reads, and gallery-dl is not installed: "
    'pip install "webtoon-curate[scrape]"'
)
_SITE = re.compile(
    r"https?://(comic\.naver\.com/\w+/(detail|list)\b"
    r"|(www\.)?webtoons\.com/.+/(viewer|list)\?"
    r"|(www\.)?tapas\.io/(episode|series)/)",
    re.IGNORECASE,
)
_EPISODE = re.compile(r"/detail\b|/viewer\?|/episode/", re.IGNORECASE)
_TITLE_FIELDS = ("comic_name", "series.title", "comic", "category")
"""webtoons, Tapas, NAVER (and webtoons' short name), any."""
_EPISODE_FIELDS = ("episode_no", "scene", "episode", "id")
"""webtoons, Tapas, NAVER, any."""


def knows(address: str) -> bool:
    """Whether an address is an episode or episode list of NAVER, WEBTOON or Tapas."""
    return bool(_SITE.match(address))


def command() -> list[str] | None:
    """How `gallery-dl` is started here: the program on PATH, or the module; None without it."""
    if program := shutil.which("gallery-dl"):
        return [program]
    if importlib.util.find_spec("gallery_dl") is not None:
        return [sys.executable, "-m", "gallery_dl"]
    return None


def hand_over(
    page: PageAddress,
    folder: Path,
    *,
    delay: float,
    retries: int,
    max_bytes: int,
    timeout: float,
    license: str | None,
    takedown: Takedown,
) -> FetchReport:
    """Let `gallery-dl` fetch the pictures of an episode page, and take them in.

    An episode that an earlier run took in completely, and whose pages are all whole, is not
    asked for again; an episode list always is, and `gallery-dl` fetches what is new.

    Args:
        page: address that `knows` knows; its `title`, and `episode` if it is of one episode, go
            before what the site says.
        folder: the dataset's `pages` folder.
        delay, retries, max_bytes, timeout, license, takedown: as for `web.fetch`.

    Returns:
        the files taken in, and rejects: of pictures by their own addresses, of the page if
        `gallery-dl` failed.

    Raises:
        OSError: if the disk is full; what was fetched is taken in by the next run.
    """
    report = FetchReport()
    if reason := takedown.matches(address=page.address):
        report.rejects.append(reject(page, reason))
        return report
    work = folder / PLACE / hashlib.sha256(page.address.encode()).hexdigest()[:24]
    taken = _Taken.load(folder, work, takedown)
    if taken.complete and _EPISODE.search(page.address):
        report.skipped += [folder / name for name in taken.files]
        return report
    program = command()
    if program is None:
        report.rejects.append(reject(page, MISSING))
        return report
    work.mkdir(parents=True, exist_ok=True)
    if taken.lost:
        # gallery-dl would pass over what its archive knows.
        (work / ARCHIVE).unlink(missing_ok=True)
    options = _options(work, delay, retries, max_bytes, timeout)
    failure = _run([*program, *options, "--", page.address])
    for path in _pictures(work):
        try:
            report.fetched.append(_take_in(page, folder, path, max_bytes, license, takedown))
        except (ImageError, OSError) as error:
            if is_disk_full(error):
                raise  # gallery-dl would not fetch again what is not kept now
            report.rejects.append(replace(reject(page, str(error)), path=path.name))
        path.unlink(missing_ok=True)
        _metadata_path(path).unlink(missing_ok=True)
    new = [path.relative_to(folder).as_posix() for path in report.fetched]
    report.skipped += [folder / name for name in taken.files if name not in new]
    if failure is None and not (report.fetched or report.rejects or taken.files):
        failure = "gallery-dl found no pictures there"
    if failure is not None:
        report.rejects.append(reject(page, failure))
    names = list(dict.fromkeys([*taken.files, *new]))
    write_json(work / TAKEN, {"address": page.address, "complete": not failure, "files": names})
    return report


@dataclass
class _Taken:
    """What earlier runs took in: whole files relative to the `pages` folder, and what it was."""

    files: list[str]
    lost: bool
    complete: bool

    @classmethod
    def load(cls, folder: Path, work: Path, takedown: Takedown) -> _Taken:
        """Read the notes of earlier runs, and look whether the files are still whole."""
        try:
            value = json.loads((work / TAKEN).read_bytes())
            names, complete = [str(name) for name in value["files"]], bool(value["complete"])
        except (OSError, ValueError, KeyError, TypeError):
            return cls([], lost=False, complete=False)
        whole, listed = set(), set()
        for parent in {(folder / name).parent for name in names}:
            settle(parent)
            whole |= {parent / record.file for record in whole_pages(parent)}
            for record in provenance(parent).values():
                if takedown.matches(record.sha256, record.final_address):
                    listed.add(parent / record.file)
        names = [name for name in names if folder / name not in listed]
        files = [name for name in names if folder / name in whole]
        lost = len(files) < len(names)
        return cls(files, lost, complete and not lost)


def _options(work: Path, delay: float, retries: int, max_bytes: int, timeout: float) -> list[str]:
    return [
        "--config-ignore",
        f"--destination={work}",
        f"--download-archive={work / ARCHIVE}",
        "--write-metadata",
        "--option=url-metadata=url",
        "--option=bgm=false",
        f"--sleep={delay}",
        f"--sleep-request={delay}",
        f"--retries={retries}",
        f"--http-timeout={timeout}",
        f"--filesize-max={max_bytes}",
        f"--user-agent={USER_AGENT}",
    ]


def _run(arguments: list[str]) -> str | None:
    """Run `gallery-dl` to its end; the reason if it failed."""
    lines: deque[str] = deque(maxlen=50)
    with subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
    ) as process:
        assert process.stdout is not None
        try:
            while line := _line(process):
                lines.append(line.strip())
        finally:
            process.kill()
    if process.returncode == 0:
        return None
    errors = [line for line in lines if "[error]" in line] or list(lines)
    told = f": {errors[-1][:500]}" if errors else ""
    return f"gallery-dl ended with code {process.returncode}{told}"


def _line(process: subprocess.Popen[str]) -> str:
    """The next line of output; empty at the end, which comes by force after long silence."""
    timer = threading.Timer(SILENCE, process.kill)
    timer.daemon = True
    timer.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline(10_000)
        if not line:
            process.wait(SILENCE)
        return line
    finally:
        timer.cancel()


def _pictures(work: Path) -> list[Path]:
    """The whole files that `gallery-dl` left, without its metadata, notes and parts."""
    own = {ARCHIVE, f"{ARCHIVE}-journal", TAKEN}
    return [
        path
        for path in sorted(work.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.name not in own
        and path.suffix not in (".part", ".json")
    ]


def _metadata_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _take_in(
    page: PageAddress,
    folder: Path,
    path: Path,
    max_bytes: int,
    license: str | None,
    takedown: Takedown,
) -> Path:
    """Move one picture to its episode, with its provenance.

    Raises:
        ImageError: if it has no metadata, is no picture, too large or taken down.
        OSError: if it cannot be moved; it stays where it is.
    """
    about = _metadata(path)
    ending, media_type = kind(path)
    size, sha256 = path.stat().st_size, sha256_of(path)
    final = about.get("url")
    final = final if isinstance(final, str) and is_address(final) else page.address
    if size > max_bytes:
        raise ImageError(f"larger than {max_bytes:,} bytes: {size:,}")
    if reason := takedown.matches(sha256, final):
        raise ImageError(reason)
    title = page.title or _first(about, _TITLE_FIELDS)
    episode = _first(about, _EPISODE_FIELDS)
    if page.episode and _EPISODE.search(page.address):
        episode = page.episode
    target = folder / safe_name(title) / safe_name(episode)
    target.mkdir(parents=True, exist_ok=True)
    stem = PageAddress(f"https://site/{quote(str(about.get('filename') or path.stem), safe='')}")
    name = f"{_number(about):04d}-{stem.stem()}{ending}"
    part = part_path(target, final)
    path.replace(part)
    record = Provenance(name, page.address, final, now(), sha256, media_type, size, license)
    try:
        return commit(target, part, record)
    except OSError:
        part.replace(path)
        raise


def _metadata(path: Path) -> Mapping[str, Any]:
    try:
        with _metadata_path(path).open("rb") as file:
            about = json.loads(file.read(MAX_METADATA))
    except (OSError, ValueError, RecursionError) as error:
        raise ImageError(f"no metadata of gallery-dl beside it: {error}") from error
    if not isinstance(about, dict):
        raise ImageError("no metadata of gallery-dl beside it: not a JSON object")
    return about


def _first(about: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first of the fields that holds something; `series.title` is a field in a field."""
    for name in names:
        value: Any = about
        for key in name.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, (str, int)) and str(value).strip():
            return str(value)
    return "unknown"


def _number(about: Mapping[str, Any]) -> int:
    value = about.get("num")
    return value if isinstance(value, int) and 0 <= value < 10**6 else 0

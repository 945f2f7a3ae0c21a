"""Pages from the web, fetched politely into `pages/<title>/<episode>/` with their provenance.

Downloads grow in hidden `.part` files, which a later run goes on with (Range, If-Range).
"""

from __future__ import annotations

import contextlib
import errno
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from webtoon_curate.errors import DatasetError, ImageError
from webtoon_curate.faces import Reject
from webtoon_curate.ingest import gallery
from webtoon_curate.ingest.client import Again, Client, Refused, Stopped, Unfit, host_of
from webtoon_curate.ingest.content import HEAD, kind
from webtoon_curate.ingest.provenance import (
    Provenance,
    Takedown,
    commit,
    file_sha256,
    now,
    part_path,
    provenance,
    remember,
    settle,
    whole_pages,
)
from webtoon_curate.ingest.urls import FetchReport, PageAddress, Planned, reject

MAX_BYTES = 100 << 20
"""Of one page; the largest published strips are below 50 MB."""
MAX_THREADS = 32
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_RESERVED = {"noai", "noimageai"}
"""Words of `X-Robots-Tag` by which sites keep pictures out of training data."""

OnPage = Callable[[PageAddress, str], None]
"""Called as a page is done, with `fetched`, `skipped` or the reason it was refused for."""


def fetch(
    pages: Sequence[PageAddress],
    folder: str | Path,
    *,
    delay: float = 1.0,
    per_host: int = 1,
    retries: int = 4,
    max_bytes: int = MAX_BYTES,
    timeout: float = 30.0,
    license: str | None = None,
    allow_private: bool = False,
    dry_run: bool = False,
    takedown: Takedown | None = None,
    progress: OnPage | None = None,
) -> FetchReport:
    """Download pages into `folder/<title>/<episode>/`, in the order of the list.

    Pages that are there already, whole by their sha256, are left alone. Episode pages of known
    sites are handed over to `gallery-dl` (see `webtoon_curate.ingest.gallery`).

    Args:
        pages: addresses of pictures, archives or PDFs; their order is the reading order.
        folder: the dataset's `pages` folder.
        delay: seconds between the begins of two requests to one host; a site's `Crawl-delay`
            counts where it is longer.
        per_host: requests at one host at a time. Hosts are served side by side.
        retries: how often 429, 5xx, timeouts and broken connections are tried again.
        max_bytes: of one page.
        timeout: seconds to connect, and between two pieces of an answer.
        license: text that is kept with each page.
        allow_private: let the given addresses name private or loopback hosts.
        dry_run: only say what would be fetched; asks each site for its robots.txt.
        takedown: what must not be fetched; such pages from earlier runs are deleted.
        progress: called once a page, one call at a time.

    Returns:
        the files fetched and those skipped, and a reject for each address that failed.

    Raises:
        DatasetError: if the disk is full.
        KeyboardInterrupt: after whole pages and resumable parts are on disk.
    """
    takedown = takedown or Takedown()
    client = Client(delay, per_host, 0 if dry_run else retries, timeout, allow_private, takedown)
    run = _Run(Path(folder), client, takedown, max_bytes, license, progress)
    report = FetchReport()
    if not dry_run:
        report.rejects += takedown.purge(run.folder)
    sites = [page for page in pages if gallery.knows(page.address)]
    tasks = run.tasks([page for page in pages if not gallery.knows(page.address)], not dry_run)
    with contextlib.closing(client):
        if dry_run:
            report.planned = [run.plan(task) for task in tasks]
            report.planned += [Planned(page, *page.place(), "gallery-dl") for page in sites]
            return report
        run.renumber(tasks)
        for task in tasks:
            if task.there or task.failure:
                run.tell(task.page, task.failure.reason if task.failure else "skipped")
        run.download([task for task in tasks if not (task.there or task.failure)])
    for task in tasks:
        if task.failure is not None:
            report.rejects.append(task.failure)
        elif task.path is not None:
            (report.skipped if task.there else report.fetched).append(task.path)
    for page in sites:
        handed = gallery.hand_over(
            page,
            run.folder,
            delay=delay,
            retries=retries,
            max_bytes=max_bytes,
            timeout=timeout,
            license=license,
            takedown=takedown,
        )
        report.fetched += handed.fetched
        report.skipped += handed.skipped
        report.rejects += handed.rejects
        done = "fetched" if handed.fetched else "skipped"
        run.tell(page, handed.rejects[-1].reason if handed.rejects else done)
    return report


@dataclass
class _Task:
    """A page, its place, and what became of it.

    `stem` is the file's name without ending, `there` the page's record from an earlier run.
    """

    page: PageAddress
    folder: Path
    stem: str
    there: Provenance | None
    path: Path | None = None
    failure: Reject | None = None


@dataclass
class _Run:
    """The settings of one call of `fetch`, and the work on one page."""

    folder: Path
    client: Client
    takedown: Takedown
    max_bytes: int
    license: str | None
    progress: OnPage | None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def tell(self, page: PageAddress, outcome: str) -> None:
        """Report progress."""
        if self.progress is not None:
            with self._lock:
                self.progress(page, outcome)

    def tasks(self, pages: Sequence[PageAddress], finish: bool) -> list[_Task]:
        """The pages with their names; each address once an episode.

        With `finish`, commits that an earlier run left halfway are finished first.
        """
        episodes: dict[Path, dict[str, PageAddress]] = {}
        for page in pages:
            title, episode = page.place()
            episodes.setdefault(self.folder / title / episode, {}).setdefault(page.address, page)
        tasks = []
        for folder, listed in episodes.items():
            if finish:
                settle(folder)
            known = {record.source: record for record in whole_pages(folder)}
            listed_before = {
                record.source: reason
                for record in provenance(folder).values()
                if (reason := self.takedown.matches(record.sha256))
            }
            others = {Path(known[address].file).stem for address in known.keys() - listed.keys()}
            first = _first_number(list(listed), list(known.values()))
            for number, (address, page) in enumerate(listed.items(), first):
                stem = f"{number:04d}-{page.stem()}"
                if stem in others:
                    stem += f"-{part_path(folder, address).stem[-8:]}"
                task = _Task(page, folder, stem, known.get(address))
                if address in listed_before:
                    task.failure = reject(page, listed_before[address])
                tasks.append(task)
        return tasks

    def plan(self, task: _Task) -> Planned:
        """What would become of a page."""
        place = task.folder.parent.name, task.folder.name
        if task.failure is not None:
            verdict = task.failure.reason
        elif task.there is not None:
            verdict = "there"
        else:
            verdict = self.client.refusal(task.page.address) or "fetch"
        return Planned(task.page, *place, verdict)

    def renumber(self, tasks: Sequence[_Task]) -> None:
        """Give pages that are there the names that the list's order asks for."""
        moves = []
        for task in tasks:
            if task.there is None:
                continue
            task.path = task.folder / task.there.file
            name = task.stem + task.path.suffix
            if name != task.there.file:
                part = part_path(task.folder, task.there.source)
                task.path.replace(part)
                moves.append((task, part, replace(task.there, file=name)))
        for task, part, record in moves:
            task.path = commit(task.folder, part, record)

    def download(self, tasks: Sequence[_Task]) -> None:
        """Download pages, hosts side by side, the pages of a host in the list's order."""
        queues: dict[str, deque[_Task]] = {}
        for task in tasks:
            queues.setdefault(host_of(task.page.address), deque()).append(task)
        if not queues:
            return
        per_host = self.client.per_host
        with ThreadPoolExecutor(min(MAX_THREADS, len(queues) * per_host)) as pool:
            try:
                drained = [queue for queue in queues.values() for _ in range(per_host)]
                for future in [pool.submit(self._drain, queue) for queue in drained]:
                    future.result()
            finally:
                self.client.stop.set()

    def _drain(self, queue: deque[_Task]) -> None:
        while queue and not self.client.stop.is_set():
            try:
                task = queue.popleft()
            except IndexError:
                return
            try:
                task.path = self._fetch(task)
            except Stopped:
                return
            except (Refused, OSError) as error:
                if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                    raise DatasetError(f"the disk is full: {task.folder}") from error
                task.failure = reject(task.page, str(error))
            self.tell(task.page, task.failure.reason if task.failure else "fetched")

    def _fetch(self, task: _Task) -> Path:
        task.folder.mkdir(parents=True, exist_ok=True)
        part = part_path(task.folder, task.page.address)
        try:
            final = self.client.retrying(lambda: self._attempt(task.page.address, part))
            path = self._keep(task, part, final)
        except (Unfit, ImageError) as error:
            part.unlink(missing_ok=True)
            _state(part).unlink(missing_ok=True)
            raise Refused(str(error)) from error
        _state(part).unlink(missing_ok=True)
        return path

    def _keep(self, task: _Task, part: Path, final: str) -> Path:
        """Give a whole part its name and record, unless its sum is listed."""
        ending, media_type = kind(part)
        record = Provenance(
            task.stem + ending,
            task.page.address,
            final,
            now(),
            file_sha256(part),
            media_type,
            part.stat().st_size,
            self.license,
        )
        reason = self.takedown.matches(record.sha256)
        with self._lock:
            if reason is None:
                return commit(task.folder, part, record)
            remember(task.folder, record)
        raise Unfit(reason)

    def _attempt(self, address: str, part: Path) -> str:
        """Download the rest of a part, or all of it; gives the final address."""
        validator = _read_state(part)
        offset = part.stat().st_size if validator and part.exists() else 0
        headers = {"Range": f"bytes={offset}-", "If-Range": validator} if offset else {}
        with self.client.get(address, headers) as response:
            offset, total = _resumed(response, part, offset, validator)
            _check_headers(response)
            if (total or 0) > self.max_bytes:
                raise Unfit(f"larger than {self.max_bytes:,} bytes: {total:,}")
            with part.open("ab" if offset else "wb") as file:
                _write_state(part, response)
                told = f"sent as {response.headers.get('content-type', 'nothing')[:100]}"
                known = False
                for chunk in self.client.body(response, self.max_bytes - offset):
                    file.write(chunk)
                    if not known and file.tell() >= HEAD:
                        file.flush()
                        _check_kind(part, told)
                        known = True
            _check_kind(part, told)
            if total is not None and part.stat().st_size != total:
                raise Again(response.url.host, "the answer ended early")
            return str(response.url)


def _first_number(addresses: Sequence[str], known: Sequence[Provenance]) -> int:
    """The number of the list's first page in an episode that has pages already.

    A list that shares a page with the episode gives its order; any other list goes on behind it.
    """
    numbers = {record.source: record.number for record in known}
    for position, address in enumerate(addresses):
        if address in numbers:
            return max(1, numbers[address] - position)
    return max(numbers.values(), default=0) + 1


def _resumed(
    response: httpx.Response, part: Path, offset: int, validator: str
) -> tuple[int, int | None]:
    """Where the answer goes on in the part (0: from the start), and the page's size if told."""
    status = response.status_code
    if status == 200:
        length = response.headers.get("content-length", "")
        return 0, int(length) if length.isdecimal() and len(length) < 19 else None
    if offset and status in (206, 416):
        match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        same = _validator(response) in ("", validator)
        if status == 206 and match and int(match[1]) == offset and same:
            return offset, None if match[2] == "*" else int(match[2])
        # The page is another one by now, or the server cannot count: from the start.
        part.unlink()
        raise Again(response.url.host, "the rest of the page does not fit its beginning")
    raise Unfit(f"HTTP {status} {response.reason_phrase}".rstrip())


def _check_headers(response: httpx.Response) -> None:
    words = re.split(r"[,\s]+", response.headers.get("x-robots-tag", "").lower())
    if reserved := _RESERVED.intersection(words):
        raise Unfit(f"the site keeps it out of training data (X-Robots-Tag: {min(reserved)})")


def _check_kind(part: Path, told: str) -> None:
    try:
        kind(part)
    except ImageError as error:
        raise Unfit(f"{error} ({told})") from error


def _state(part: Path) -> Path:
    """The file beside a part with what tells whether the page is still the same."""
    return part.with_suffix(".json")


def _validator(response: httpx.Response) -> str:
    """A strong ETag or else the modification time: what If-Range may carry (RFC 9110, 13.1.5)."""
    etag = response.headers.get("etag", "")
    return etag if etag.startswith('"') else response.headers.get("last-modified", "")


def _read_state(part: Path) -> str:
    try:
        return str(json.loads(_state(part).read_text(encoding="utf-8"))["validator"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _write_state(part: Path, response: httpx.Response) -> None:
    value = {"validator": _validator(response)}
    _state(part).write_text(json.dumps(value), encoding="utf-8")

"""Pages from the web, fetched politely into `pages/<title>/<episode>/` with their provenance.

Downloads grow in hidden `.part` files, which a later run goes on with (Range, If-Range).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from webtoon_curate.errors import DatasetError, ImageError
from webtoon_curate.faces import Reject
from webtoon_curate.files import is_disk_full, sha256_of
from webtoon_curate.ingest import gallery
from webtoon_curate.ingest.client import Client, Refused, Stopped, Unfit, host_of
from webtoon_curate.ingest.content import kind
from webtoon_curate.ingest.download import discard, download, finish
from webtoon_curate.ingest.provenance import (
    Provenance,
    Takedown,
    commit,
    now,
    part_path,
    provenance,
    remember,
    settle,
    whole_pages,
)
from webtoon_curate.ingest.urls import FetchReport, PageAddress, Planned, reject

MAX_BYTES = 100 << 20
"""Of one page; a JPEG of 690 x 200,000 pixels, as dense as usual (2 bits a pixel), is 35 MB."""
MAX_THREADS = 32
LAST_WAIT = 2.0
"""Seconds that an interrupted run gives its downloads to come to a rest."""

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
        run.fetch([task for task in tasks if not (task.there or task.failure)])
    for task in tasks:
        if task.failure is not None:
            report.rejects.append(task.failure)
        elif task.path is not None:
            (report.skipped if task.there else report.fetched).append(task.path)
    for page in sites:
        handed = run.hand_over(page)
        report.fetched += handed.fetched
        report.skipped += handed.skipped
        report.rejects += handed.rejects
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

    def hand_over(self, page: PageAddress) -> FetchReport:
        """Let `gallery-dl` fetch an episode page."""
        handed = gallery.hand_over(
            page,
            self.folder,
            delay=self.client.delay,
            retries=self.client.retries,
            max_bytes=self.max_bytes,
            timeout=self.client.timeout,
            license=self.license,
            takedown=self.takedown,
        )
        done = "fetched" if handed.fetched else "skipped"
        self.tell(page, handed.rejects[-1].reason if handed.rejects else done)
        return handed

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

    def fetch(self, tasks: Sequence[_Task]) -> None:
        """Download pages, hosts side by side, the pages of a host in the list's order."""
        queues: dict[str, deque[_Task]] = {}
        for task in tasks:
            queues.setdefault(host_of(task.page.address), deque()).append(task)
        jobs = [queue for queue in queues.values() for _ in range(self.client.per_host)]
        _side_by_side(self._drain, jobs, self.client.stop)

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
                if is_disk_full(error):
                    raise DatasetError(f"the disk is full: {task.folder}") from error
                task.failure = reject(task.page, str(error))
            self.tell(task.page, task.failure.reason if task.failure else "fetched")

    def _fetch(self, task: _Task) -> Path:
        task.folder.mkdir(parents=True, exist_ok=True)
        part = part_path(task.folder, task.page.address)
        try:
            final = self.client.retrying(
                lambda: download(self.client, task.page.address, part, self.max_bytes)
            )
            path = self._keep(task, part, final)
        except (Unfit, ImageError) as error:
            discard(part)
            raise Refused(str(error)) from error
        finish(part)
        return path

    def _keep(self, task: _Task, part: Path, final: str) -> Path:
        """Give a whole part its name and record, unless its sum is listed."""
        ending, media_type = kind(part)
        record = Provenance(
            task.stem + ending,
            task.page.address,
            final,
            now(),
            sha256_of(part),
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


def _first_number(addresses: Sequence[str], known: Sequence[Provenance]) -> int:
    """The number of the list's first page in an episode that has pages already.

    A list that shares a page with the episode gives its order; any other list goes on behind it.
    """
    numbers = {record.source: record.number for record in known}
    for position, address in enumerate(addresses):
        if address in numbers:
            return max(1, numbers[address] - position)
    return max(numbers.values(), default=0) + 1


def _side_by_side(
    work: Callable[[deque[_Task]], None], jobs: list[deque[_Task]], stop: threading.Event
) -> None:
    """Call `work` on each job in up to `MAX_THREADS` threads; `stop` is set when it ends."""
    waiting = iter(jobs)
    lock = threading.Lock()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            while True:
                with lock:
                    job = next(waiting, None)
                if job is None:
                    return
                work(job)
        except BaseException as error:
            errors.append(error)
            stop.set()

    # Daemons: a thread that waits for a silent host must not keep a stopped run from ending.
    count = min(MAX_THREADS, len(jobs))
    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        stop.set()
        end = time.monotonic() + LAST_WAIT
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, end - time.monotonic()))
    if errors:
        raise errors[0]

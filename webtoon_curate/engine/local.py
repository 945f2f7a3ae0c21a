"""A process pool over episodes that survives a worker's death."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from typing import Any, TypeVar

from webtoon_curate.errors import CurateError

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VIPS_CONCURRENCY")
_POLL_SECONDS = 0.2

_advance: Callable[[int], None] = lambda units: None  # noqa: E731 - set in each worker
_threads = 1


def available_cores() -> int:
    """The cores this process may use, which is fewer than the machine's in a container."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads() -> int:
    """How many threads a library may use in this process, so that workers don't fight."""
    return _threads


def advance(units: int = 1) -> None:
    """Tell the run, from inside `work`, that so many more units (pages) are done."""
    _advance(units)


def run_episodes(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    jobs: int,
    on_advance: Callable[[int], None] = lambda units: None,
) -> Iterator[tuple[Item, Result | BaseException]]:
    """Call `work` on each item, side by side, and give each result as it comes.

    An exception in `work` is given in the result's place. So is `BrokenProcessPool` when a worker
    dies (a decoder that crashes, no memory): the items that were under way are tried again, each
    alone, so that only the one that kills its worker is lost.

    Args:
        work: a picklable function; with one job or one item it runs in this process.
        items: picklable arguments.
        jobs: number of processes; with fewer items than jobs, each may use several threads.
        on_advance: called in this process with the units that `advance` counted meanwhile.
    """
    if jobs <= 1 or len(items) <= 1:
        _start(jobs, on_advance)
        for item in items:
            yield item, _outcome(work, item)
        return
    waiting = deque(items)
    while waiting:
        suspects = yield from _pooled(work, waiting, jobs, on_advance)
        for item in suspects:
            if (yield from _pooled(work, deque([item]), 1, on_advance)):
                yield item, BrokenProcessPool("the worker process died on it, twice")


def _pooled(
    work: Callable[[Item], Result],
    waiting: deque[Item],
    jobs: int,
    on_advance: Callable[[int], None],
) -> Generator[tuple[Item, Result | BaseException], None, list[Item]]:
    """Run what waits, in a pool; returns the items that were under way if the pool broke."""
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    workers, counter, seen = min(jobs, len(waiting)), context.Value("Q"), 0
    pool = ProcessPoolExecutor(
        workers, context, initializer=_start_worker, initargs=(max(1, jobs // workers), counter)
    )
    running: dict[Future[Result | BaseException], Item] = {}
    suspects: list[Item] = []
    try:
        while (waiting and not suspects) or running:
            while waiting and not suspects and len(running) < 2 * jobs:
                future = pool.submit(_outcome, work, waiting[0])
                running[future] = waiting.popleft()
            ended = wait(running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED).done
            counted = counter.value  # read once: workers go on counting
            on_advance(counted - seen)
            seen = counted
            for future in ended:
                item, error = running.pop(future), future.exception()
                if isinstance(error, BrokenProcessPool):
                    suspects.append(item)
                else:
                    yield item, future.result() if error is None else error
    except BrokenProcessPool:  # from submit, before any future told
        suspects.extend(running.values())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        # What is under way is killed: tables are whole or absent, so nothing is lost.
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
    return suspects


def _outcome(work: Callable[[Item], Result], item: Item) -> Result | BaseException:
    try:
        return work(item)
    except Exception as error:
        return _portable(error)


def _portable(error: Exception) -> Exception:
    """The error, or what it says: errors of libraries often cannot be sent between processes."""
    if isinstance(error, CurateError) or type(error).__module__ == "builtins":
        return error
    return CurateError(f"{type(error).__name__}: {error}")


def _start(threads: int, on_advance: Callable[[int], None]) -> None:
    """Set this process up for work: its share of threads, and where `advance` goes."""
    global _advance, _threads
    _advance, _threads = on_advance, threads
    for variable in _THREAD_VARIABLES:
        os.environ.setdefault(variable, str(threads))
    import cv2

    cv2.setNumThreads(threads)


def _start_worker(threads: int, counter: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def count(units: int) -> None:
        with counter.get_lock():
            counter.value += units

    _start(threads, count)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)

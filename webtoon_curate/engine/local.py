"""A process pool over episodes that survives a worker's death."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VIPS_CONCURRENCY")


def available_cores() -> int:
    """The cores this process may use, which is fewer than the machine's in a container."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_episodes(
    work: Callable[[Item], Result], items: Sequence[Item], jobs: int
) -> Iterator[tuple[Item, Result | BaseException]]:
    """Call `work` on each item, side by side, and give each result as it comes.

    An exception in `work` is given in the result's place. So is `BrokenProcessPool` when a worker
    dies (a decoder that crashes, no memory): the items that were under way are tried again, each
    alone, so that only the one that kills its worker is lost.

    Args:
        work: a picklable function; with one job it runs in this process.
        items: picklable arguments.
        jobs: number of processes; libraries' own threads are limited to one in each.
    """
    limit_threads()
    if jobs <= 1 or len(items) <= 1:
        for item in items:
            yield item, _outcome(work, item)
        return
    waiting = deque(items)
    while waiting:
        suspects = yield from _pooled(work, waiting, jobs)
        for item in suspects:
            if (yield from _pooled(work, deque([item]), 1)):
                yield item, BrokenProcessPool("the worker process died on it, twice")


def limit_threads() -> None:
    """Keep the libraries' own threads from fighting: the pool has a process a core."""
    for variable in _THREAD_VARIABLES:
        os.environ.setdefault(variable, "1")
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(1)


def _pooled(
    work: Callable[[Item], Result], waiting: deque[Item], jobs: int
) -> Generator[tuple[Item, Result | BaseException], None, list[Item]]:
    """Run what waits, in a pool; returns the items that were under way if the pool broke."""
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        min(jobs, len(waiting)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
    )
    running: dict[Future[Result | BaseException], Item] = {}
    suspects: list[Item] = []
    try:
        while (waiting and not suspects) or running:
            while waiting and not suspects and len(running) < 2 * jobs:
                future = pool.submit(_outcome, work, waiting[0])
                running[future] = waiting.popleft()
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                item = running.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    suspects.append(item)
                else:
                    yield item, future.result()
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
        return error


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import cv2

    cv2.setNumThreads(1)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)

"""A process pool over episodes that survives a worker's death."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from webtoon_curate.errors import CurateError

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VIPS_CONCURRENCY")


class WorkerError(CurateError):
    """A worker process ended before its work: of a signal, a crash, or for lack of memory."""


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

    An exception in `work` is given in the result's place. An item whose worker dies (a decoder that
    crashes, no memory) is tried again when the others are done, alone; where that worker dies too,
    a `WorkerError` is given.

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
    died = []
    for item, outcome in _pooled(work, items, jobs, on_advance):
        if isinstance(outcome, WorkerError):
            died.append(item)
        else:
            yield item, outcome
    for item in died:
        yield from _pooled(work, [item], 1, on_advance)


@contextlib.contextmanager
def ordered_pool(
    jobs: int, initializer: Callable[[], None] | None = None
) -> Iterator[ProcessPoolExecutor]:
    """Processes for small pieces of work whose results are needed in order, such as drawings.

    They never see Ctrl-C, and are killed where the block fails, as by Ctrl-C.

    Raises:
        WorkerError: in the block, if one of them is killed.
    """
    context, others = multiprocessing.get_context("spawn"), set(multiprocessing.active_children())
    try:
        with ProcessPoolExecutor(jobs, mp_context=context, initializer=initializer) as pool:
            with _uninterrupted():
                for _ in range(jobs):  # each starts a process
                    pool.submit(int)
            try:
                yield pool
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for child in set(multiprocessing.active_children()) - others:
                    child.terminate()
                raise
    except BrokenProcessPool as error:
        raise WorkerError(
            "a worker process ended unexpectedly, often for lack of memory: run again with --jobs 1"
        ) from error


def _pooled(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    jobs: int,
    on_advance: Callable[[int], None],
) -> Iterator[tuple[Item, Result | BaseException]]:
    """Run items in processes; one that dies costs its item, and another takes its place."""
    waiting, count = deque(items), min(jobs, len(items))
    idle: list[_Worker] = []
    busy: dict[Connection, tuple[_Worker, Item]] = {}
    try:
        while waiting or busy:
            while waiting and len(busy) < count:
                worker = idle.pop() if idle else _Worker(work, max(1, jobs // count))
                busy[worker.line] = worker, waiting.popleft()
                worker.give(busy[worker.line][1])
            for line in wait(list(busy)):
                worker, item = busy[line]
                ended, told = worker.told()
                if not ended:
                    on_advance(told)
                    continue
                del busy[line]
                if isinstance(told, WorkerError):
                    worker.end()
                else:
                    idle.append(worker)
                yield item, told
    finally:
        # What is under way is killed: tables are whole or absent, so nothing is lost.
        for worker in (*idle, *(worker for worker, _ in busy.values())):
            worker.end()


class _Worker:
    """A process and a line to it that no other has, which breaks when the process ends.

    Locks and queues that processes share are stuck for ever if one is killed that holds them.
    """

    def __init__(self, work: Callable[[Any], Any], threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, self._theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._theirs, work, threads))

    def give(self, item: Any) -> None:
        """Have an item worked on."""
        with contextlib.suppress(ConnectionError):  # it is dead, as `told` will find
            if not self._theirs.closed:
                with self._theirs, _uninterrupted():
                    self._process.start()
            self.line.send(item)

    def told(self) -> tuple[bool, Any]:
        """Whether the item has ended, and its outcome; else units that are done."""
        try:
            return self.line.recv()
        except (EOFError, OSError):
            return True, WorkerError(
                f"a worker process ended unexpectedly, twice ({self._end()}): run again with "
                "--jobs 1; what is done is kept"
            )
        except Exception as error:  # it was sent, but cannot be made again
            return True, _portable(error)

    def end(self) -> None:
        """Kill it."""
        if self._process.pid is not None:
            self._process.terminate()
            self._process.join()
        self.line.close()
        self._theirs.close()

    def _end(self) -> str:
        if self._process.pid is not None:
            self._process.join()
        code = self._process.exitcode or 0
        if code >= 0:
            return f"exit code {code}"
        return f"signal {-code}{', often for lack of memory' * (code == -signal.SIGKILL)}"


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits for the end of the block; processes that are started in it never see it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # when that starts it lets Ctrl-C through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


def _serve(line: Connection, work: Callable[[Any], Any], threads: int) -> None:
    """The life of a worker: an item, its outcome, the next item."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _start(threads, lambda units: line.send((False, units)))
    with contextlib.suppress(EOFError, OSError):  # the parent has ended
        while True:
            outcome = _outcome(work, line.recv())
            try:
                line.send((True, outcome))
            except Exception as error:  # it cannot be sent
                failed = outcome if isinstance(outcome, Exception) else error
                line.send((True, CurateError(f"{type(failed).__name__}: {failed}")))


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)

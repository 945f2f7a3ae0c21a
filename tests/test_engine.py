"""The process pool: every item answered, whatever happens to the workers."""

from __future__ import annotations

import multiprocessing.util
import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing import resource_tracker

import psutil
import pytest

from webtoon_curate.engine import WorkerError, advance, ordered_pool, run_episodes


def square(number: int) -> int:
    if number == 5:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGKILL)).start()
        while True:  # killed while it tells how far it is, where a lock would stay held
            advance()
    if number == 7:
        raise ValueError("seven")
    advance(2)
    return number * number


def safe_square(number: int) -> int:
    advance(2)
    return number * number


class InterruptedAsItStarts:
    """Work whose worker gets Ctrl-C while it is still being imported."""

    def __reduce__(self):
        return interrupted, ()


def interrupted():
    signal.raise_signal(signal.SIGINT)
    return safe_square


class TwoPartError(Exception):
    """Pickled by its message alone, so that it cannot be made again."""

    def __init__(self, what: str, number: int) -> None:
        super().__init__(f"{what} {number}")


def fail_oddly(number: int) -> int:
    class LocalError(Exception):
        """Its class cannot be imported."""

    if number == 1:
        raise LocalError("one")
    if number == 2:
        raise TwoPartError("two", 2)
    if number == 3:
        raise ValueError(LocalError("three"))
    return number


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_that_cannot_be_sent_between_processes_costs_only_its_own_item(jobs):
    outcomes = dict(run_episodes(fail_oddly, range(5), jobs))
    assert (outcomes[0], outcomes[4]) == (0, 4)
    assert str(outcomes[1]) == "LocalError: one"
    assert str(outcomes[2]) == "TwoPartError: two 2"
    assert isinstance(outcomes[3], Exception)


def test_a_worker_that_dies_costs_only_its_own_item():
    advanced = []
    outcomes = dict(run_episodes(square, range(12), jobs=2, on_advance=advanced.append))
    assert "unexpectedly, twice (signal 9, often for lack of memory)" in str(outcomes.pop(5))
    assert str(outcomes.pop(7)) == "seven"
    assert outcomes == {number: number**2 for number in (0, 1, 2, 3, 4, 6, 8, 9, 10, 11)}
    assert sum(advanced) >= 2 * len(outcomes)  # an item that was tried again counts again


@pytest.mark.skipif(os.name == "nt", reason="of signals")
def test_a_killed_worker_of_an_ordered_pool_is_told_in_a_line():
    told = pytest.raises(WorkerError, match="lack of memory: run again with --jobs 1")
    with told, ordered_pool(1) as pool:
        assert pool.submit(safe_square, 3).result() == 9
        pool.submit(os.kill, next(iter(pool._processes)), signal.SIGKILL).result()


@pytest.mark.skipif(os.name == "nt", reason="of signals")
def test_ctrl_c_is_not_seen_by_an_ordered_pool_and_ends_it_at_once():
    began = time.monotonic()
    with pytest.raises(RuntimeError), ordered_pool(1) as pool:
        pool.submit(signal.raise_signal, signal.SIGINT).result()
        pool.submit(time.sleep, 20)
        raise RuntimeError
    assert time.monotonic() - began < 15


@pytest.mark.skipif(os.name == "nt", reason="of signals and how processes are started on Unix")
def test_workers_that_are_killed_as_they_start_cost_nothing(monkeypatch):
    spawn, killed = multiprocessing.util.spawnv_passfds, []

    def dead(*arguments):
        pid = spawn(*arguments)
        if len(killed) < 2:
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            killed.append(pid)
        return pid

    resource_tracker.ensure_running()
    monkeypatch.setattr(multiprocessing.util, "spawnv_passfds", dead)
    assert dict(run_episodes(safe_square, range(3), 2)) == {0: 0, 1: 1, 2: 4}
    assert len(killed) == 2


@pytest.mark.skipif(os.name == "nt", reason="there is no mask of signals")
def test_ctrl_c_does_not_end_a_worker_that_starts():
    assert dict(run_episodes(InterruptedAsItStarts(), range(2), 2)) == {0: 0, 1: 1}


@pytest.mark.parametrize("jobs", [1, 3])
def test_progress_counts_every_unit(jobs):
    advanced = []
    results = dict(run_episodes(safe_square, range(9), jobs, advanced.append))
    assert results == {number: number**2 for number in range(9)}
    assert sum(advanced) == 18


def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "endless.py"
    script.write_text(
        "import time\n"
        "from webtoon_curate.engine import run_episodes\n"
        "def forever(item):\n"
        f"    open(r'{tmp_path}' + f'/{{item}}', 'w').close()\n"
        "    time.sleep(1000)\n"
        "if __name__ == '__main__':\n"
        "    list(run_episodes(forever, [1, 2, 3], 2))\n"
    )
    parent = psutil.Popen([sys.executable, script], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (tmp_path / "1").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = [p for p in parent.children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]
    assert workers
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive

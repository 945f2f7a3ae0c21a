"""What killed processes leave behind is removed, and nothing that is being written."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from webtoon_curate.files import remove_stale_parts, replacing


@pytest.fixture
def part(tmp_path):
    """Makes a part of a process, last written so many seconds ago: a folder with a file."""

    def make(pid: int, seconds: float = 0):
        folder = tmp_path / "crops" / f"ep 1.{pid}.part"
        folder.mkdir(parents=True)
        (folder / "1.png").touch()
        then = time.time() - seconds
        os.utime(folder, (then, then))
        return folder

    return make


def test_parts_of_a_living_process_stay(part, tmp_path):
    mine = part(os.getpid())
    remove_stale_parts(tmp_path)
    assert (mine / "1.png").exists()


def test_parts_of_a_dead_process_go(part, tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    stale = part(process.pid)
    remove_stale_parts(tmp_path)
    assert not stale.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_parts_of_a_dead_process_that_nobody_waited_for_go(part, tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    process.stdout.read()  # ends with the process
    stale = part(process.pid)
    deadline = time.monotonic() + 20
    while stale.exists() and time.monotonic() < deadline:
        remove_stale_parts(tmp_path)
    assert not stale.exists()
    process.stdout.close()
    process.wait()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_parts_older_than_the_process_that_has_their_number_now_go(part, tmp_path):
    """In a container that is started anew, processes get the same numbers again."""
    stale = part(os.getpid(), seconds=1e6)
    remove_stale_parts(tmp_path)
    assert not stale.exists()


def test_of_folders_of_pictures_only_their_parts_are_looked_for(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    name = f"1.{process.pid}.part"
    places = ("tables/faces/Title", "crops/Title", "crops/Title/ep 1", "other/Title/ep 1")
    stale = [tmp_path / place / name for place in places]
    for part in stale:
        part.mkdir(parents=True)
    remove_stale_parts(tmp_path, ("crops",))
    assert [part.exists() for part in stale] == [False, False, True, False]


def test_a_file_whose_name_has_no_process_s_number_stays(tmp_path):
    strange = tmp_path / f"1.parquet.{2**80}.part"
    strange.touch()
    remove_stale_parts(tmp_path)
    assert strange.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_pipes_and_devices_are_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with replacing(pipe) as part:
            part.write_text("all of it")
        assert os.read(reader, 100) == b"all of it"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    with replacing(Path(os.devnull)) as part:
        assert part == Path(os.devnull)

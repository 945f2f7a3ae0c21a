"""Which episodes are read again: by their files' times, and where these are new, by content."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.ingest import seen
from webtoon_curate.ingest.stage import IngestSettings, ingest_sources


def draw(path: Path, value: int, time_ns: int | None = None) -> None:
    """A page; all are of the same size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((60, 40, 3), value, np.uint8)).save(path, "BMP")
    if time_ns is not None:
        os.utime(path, ns=(time_ns, time_ns))


@pytest.fixture
def source(tmp_path):
    for number in range(4):
        draw(tmp_path / "source" / "T" / f"ep {number // 2}" / f"{number}.bmp", number * 40)
    return tmp_path / "source"


@pytest.fixture
def data(tmp_path, source):
    data = Dataset.create(tmp_path / "data")
    read(data, source)
    return data


def read(data, source, **options):
    return ingest_sources(data, source, IngestSettings("images"), **options)


def tables(data):
    files = sorted((data.path / "tables").rglob("*.parquet"))
    return {path.relative_to(data.path): path.read_bytes() for path in files}


def no_comparing(*_):
    raise AssertionError("a page was compared")


def later(path: Path) -> None:
    for file in path.rglob("*.bmp"):
        time = file.stat().st_mtime_ns + 10**9
        os.utime(file, ns=(time, time))


def test_a_page_that_was_drawn_anew_in_as_many_bytes_is_noticed(data, source):
    page = source / "T" / "ep 1" / "2.bmp"
    before = page.stat()
    draw(page, 200, before.st_mtime_ns + 1)
    assert page.stat().st_size == before.st_size
    summary = read(data, source)
    assert (summary.episodes, summary.skipped) == (1, 1)
    sums = data.tables["pages"].read("T", "ep 1")["sha256"].to_pylist()
    assert sums[0] == seen.page_sha256(page)[0]
    assert read(data, source).episodes == 0


@pytest.mark.parametrize("way", ["replaced", "written over"])
def test_a_page_of_the_same_size_and_time_of_modification_is_noticed(data, source, tmp_path, way):
    """As `cp -p`, `rsync -t` or `unzip` leave it."""
    if way == "written over" and os.name == "nt":
        pytest.skip("Windows keeps no time of change")
    page = source / "T" / "ep 1" / "2.bmp"
    before = page.stat()
    if way == "replaced":
        draw(tmp_path / "other.bmp", 200, before.st_mtime_ns)
        (tmp_path / "other.bmp").replace(page)
    else:
        draw(page, 200, before.st_mtime_ns)
    now = page.stat()
    assert (now.st_size, now.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    summary = read(data, source)
    assert (summary.episodes, summary.skipped) == (1, 1)
    assert seen.page_sha256(page)[0] in data.tables["pages"].read("T", "ep 1")["sha256"].to_pylist()


@pytest.mark.parametrize("harm", ["new times", "no memory", "a memory that is none"])
def test_the_same_pages_with_other_times_are_compared_once_and_not_read(
    data, source, harm, monkeypatch
):
    before = tables(data)
    if harm == "new times":
        later(source)
    elif harm == "no memory":
        (data.path / seen.SEEN).unlink()
    else:
        (data.path / seen.SEEN).write_text("[[]]")
    summary = read(data, source)
    assert (summary.episodes, summary.skipped) == (0, 2)
    assert tables(data) == before
    monkeypatch.setattr(seen, "page_sha256", no_comparing)
    assert read(data, source).episodes == 0


def test_a_copy_of_a_dataset_with_its_pages_is_not_read_again(source, tmp_path):
    """As after `cp -r` or `git clone`."""
    data = Dataset.create(tmp_path / "data")
    shutil.move(source, data.path / "own")
    read(data, data.path / "own")
    shutil.copytree(data.path, tmp_path / "copy", copy_function=shutil.copyfile)
    shutil.rmtree(data.path)
    copy = Dataset(tmp_path / "copy")
    assert read(copy, copy.path / "own").skipped == 2


def test_a_refused_page_that_was_mended_in_as_many_bytes_is_read(data, source):
    page = source / "T" / "ep 0" / "1.bmp"
    good = page.read_bytes()
    page.write_bytes(b"no" + good[2:])
    assert read(data, source).rejects == 1
    page.write_bytes(good)
    os.utime(page, ns=(1, 1))
    assert read(data, source).rejects == 0
    assert len(data.tables["pages"].read("T", "ep 0")) == 2


def test_a_page_whose_reading_failed_is_read_by_the_next_run(data, source, monkeypatch):
    draw(source / "T" / "ep 1" / "2.bmp", 200, 1)

    def fail(task):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("webtoon_curate.ingest.stage.ingest_episode", fail)
        assert read(data, source).counts["failed"] == 1
    assert read(data, source).episodes == 1
    assert len(data.rejects()) == 0


def test_a_dry_run_compares_too_and_changes_nothing(data, source):
    later(source)
    before = (data.path / seen.SEEN).read_bytes()
    options = ["-o", str(data.path), "--layout", "images", "--dry-run"]
    told = CliRunner().invoke(main, ["ingest", str(source), *options])
    assert "0 episodes to do, 2 done before" in told.stderr
    draw(source / "T" / "ep 1" / "2.bmp", 200, 1)
    told = CliRunner().invoke(main, ["ingest", str(source), *options])
    assert told.stdout.startswith("T/ep 1\t2 pages") and "1 episode to do" in told.stderr
    assert (data.path / seen.SEEN).read_bytes() == before

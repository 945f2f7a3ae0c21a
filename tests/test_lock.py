"""One writing run at a time in a dataset, and what is told of runs that go on or were stopped."""

from __future__ import annotations

import subprocess
import sys
import warnings

import faces_dataset
import pytest
from click.testing import CliRunner
from fetching import JPEG
from server import Server, page

import webtoon_curate
from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.lock import writing
from webtoon_curate.manifest import unjoined
from webtoon_curate.splits import stage as splits

HOLD = """
import sys
from pathlib import Path
from webtoon_curate.lock import writing
with writing(Path(sys.argv[1]), "landmarks"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path):
    return faces_dataset.make(tmp_path / "data")


@pytest.fixture
def other(data):
    """A process that writes to the dataset until its input ends."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(data.path)], **pipes) as process:
        assert process.stdout.readline().strip() == b"held"
        yield process
        process.kill()


def test_while_a_run_goes_on_it_is_told_as_such_and_no_other_writes(data, other):
    with pytest.warns(
        UserWarning, match=rf"`landmarks` \(process {other.pid} .*is at work"
    ) as told:
        webtoon_curate.load(data.path)
    assert "stopped" not in str(told[0].message)
    result = CliRunner().invoke(main, ["split", str(data.path)])
    assert result.exit_code == 1
    assert f"`landmarks` (process {other.pid}" in result.stderr
    assert not (data.path / "splits.json").exists()
    other.communicate()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        webtoon_curate.load(data.path)
    assert CliRunner().invoke(main, ["split", str(data.path)]).exit_code == 0


def test_nothing_is_fetched_while_another_run_writes(data, other):
    with Server() as server:
        server.answers = {"/1.jpg": page(JPEG)}
        command = ["ingest", server.url("/1.jpg"), "-o", str(data.path), "--allow-private"]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 1 and "is being written to by `landmarks`" in result.stderr
        assert server.requests == [] and not (data.path / "pages").exists()
        other.communicate()
        assert CliRunner().invoke(main, command).exit_code == 0
        assert list((data.path / "pages").rglob("*.jpg"))


def test_a_killed_run_is_told_and_keeps_nobody_out(data, other):
    half_written = data.path / "tables" / f"splits.parquet.{other.pid}.part"
    half_written.touch()
    other.kill()
    other.wait()
    assert "was stopped" in unjoined(data.path)
    assert unjoined(data.path).endswith("webtoon-curate landmarks")
    splits.split_faces(data)
    assert unjoined(data.path) is None
    assert not half_written.exists()


def test_a_run_that_is_stopped_between_its_tables_and_the_manifest_is_told(data, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("webtoon_curate.stages.write_manifest", stop)
    with pytest.raises(KeyboardInterrupt):
        splits.split_faces(data)
    assert unjoined(data.path).endswith("webtoon-curate split")


def test_a_run_that_could_not_begin_is_none_that_was_stopped(data):
    with pytest.raises(DatasetError), writing(data.path, "characters"):
        raise DatasetError("first run landmarks")
    assert unjoined(data.path) is None


@pytest.fixture
def dead():
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_what_workers_had_half_written_goes_where_a_run_fails(data, dead):
    """A full disk ends it, and the workers that are writing with it."""
    half_written = data.path / "crops" / "Title" / f"ep 1.{dead}.part"
    with pytest.raises(DatasetError), writing(data.path, "detect"):
        half_written.mkdir(parents=True)
        raise DatasetError("no space left")
    assert not half_written.exists()


def test_fetched_pages_are_never_taken_for_half_written(data, dead):
    page = data.path / "pages" / "Title" / f"Chapter.{dead}.part" / "1.jpg"
    page.parent.mkdir(parents=True)
    page.touch()
    with pytest.raises(KeyboardInterrupt), writing(data.path, "detect"):
        raise KeyboardInterrupt
    with writing(data.path, "detect"):
        assert page.exists()


def test_settings_that_another_run_wrote_meanwhile_stay(data):
    late = Dataset(data.path)
    data.record_settings("ingest", {"layout": "auto"}, "more episodes")
    late.record_settings("split", {"seed": 1})
    assert Dataset(data.path).config["sources"][-1] == "more episodes"

"""The dataset folder: settings, rejects, and who may open it."""

from __future__ import annotations

import json
import os

import pytest

from webtoon_curate import lock
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.faces import Reject
from webtoon_curate.files import replacing
from webtoon_curate.lock import LOCK_FILE, writing


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("five years")
    with pytest.raises(DatasetError, match="choose another -o"):
        Dataset.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_an_operating_system_leaves_in_a_folder_is_nothing(tmp_path):
    (tmp_path / ".DS_Store").touch()
    Dataset.create(tmp_path)
    assert Dataset.exists(tmp_path)


def test_of_two_first_runs_the_later_one_leaves_the_dataset_of_the_other(tmp_path, monkeypatch):
    """Both found the folder empty."""

    def locked(file, shared=False):
        if not Dataset.exists(tmp_path):
            config = {"schema_version": 1, "domain": "drawn", "sources": ["comics"], "stages": {}}
            (tmp_path / "dataset.json").write_text(json.dumps(config))
        return True

    monkeypatch.setattr(lock, "_locked", locked)
    assert Dataset.create(tmp_path).config["sources"] == ["comics"]


def test_no_dataset_is_told_with_what_to_do(tmp_path):
    with pytest.raises(DatasetError, match="webtoon-curate detect SOURCE -o"):
        Dataset(tmp_path)


def test_a_folder_of_comics_is_told_how_it_becomes_a_dataset(tmp_path):
    """The advice for an empty folder would lead to the next error: it is not empty."""
    (tmp_path / "my comics").mkdir()
    (tmp_path / "my comics" / "1.png").touch()
    with pytest.raises(DatasetError, match=r"webtoon-curate detect '.*my comics'$"):
        Dataset(tmp_path / "my comics")


def test_photographs_do_not_get_into_a_drawn_dataset(tmp_path):
    Dataset.create(tmp_path / "data", "drawn")
    with pytest.raises(DatasetError, match="drawn faces, not photo"):
        Dataset.create(tmp_path / "data", "photo")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"schema_version": 99}', "upgrade"),
        ('{"schema_version": 1, "domain": "drawn", "sources": []}', "no stages"),
        ('{"schema_version": 1, "domain": "drawn", "sources": [], "stages": []}', "no stages"),
    ],
    ids=["cut short", "not an object", "of a newer version", "without a part", "another part"],
)
def test_a_strange_dataset_json_is_an_error_and_no_traceback(tmp_path, text, message):
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(DatasetError, match=message):
        Dataset(tmp_path)


def test_rejects_are_replaced_by_a_later_run_of_the_same_stage(tmp_path):
    data = Dataset.create(tmp_path / "data")
    first = Reject("t", "1", "ingest", "a.jpg", "truncated")
    data.write_rejects("ingest", "t", "1", [first])
    data.write_rejects("detect", "t", "1", [Reject("t", "1", "detect", "b.jpg", "gone")])
    assert data.rejects()["reason"].to_pylist() == ["gone", "truncated"]
    data.write_rejects("ingest", "t", "1", [])
    assert data.rejects()["reason"].to_pylist() == ["gone"]


def test_rejects_that_cannot_be_read_are_named(tmp_path):
    data = Dataset.create(tmp_path / "data")
    data.write_rejects("ingest", "t", "1", [Reject("t", "1", "ingest", "a.jpg", "truncated")])
    (path,) = (data.path / "tables" / "rejects").rglob("*.parquet")
    path.write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match=r"1\.parquet is damaged .* delete it"):
        data.rejects()


def test_rejects_that_another_run_takes_away_meanwhile_are_none(tmp_path):
    data = Dataset.create(tmp_path / "data")
    data.write_rejects("export", "t", "1", [Reject("t", "1", "export", "a", "small")])
    (path,) = (data.path / "tables" / "rejects").rglob("*.parquet")
    path.with_name("2.parquet").symlink_to("gone")
    assert data.rejects()["reason"].to_pylist() == ["small"]


def test_files_are_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "table"
    with pytest.raises(RuntimeError), replacing(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    with replacing(path) as part:
        part.write_text("whole")
    assert path.read_text() == "whole"


def test_a_folder_is_never_replaced_by_a_file(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").touch()
    with pytest.raises(OSError, match="folder"), replacing(tmp_path / "folder") as part:
        part.write_text("whole")
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "mine"]


def test_what_killed_processes_left_is_cleared_but_not_what_living_ones_write(tmp_path):
    Dataset.create(tmp_path / "data")
    folder = tmp_path / "data" / "tables" / "faces"
    folder.mkdir(parents=True)
    dead = folder / "1.parquet.999999999.part"
    alive = folder / f"1.parquet.{os.getpid()}.part"
    for path in (dead, alive):
        path.touch()
    (tmp_path / "data" / LOCK_FILE).write_text('{"command": "detect"}')
    with writing(tmp_path / "data", "landmarks"):
        pass
    assert (dead.exists(), alive.exists()) == (False, True)


def test_sources_and_settings_are_written_beside_the_tables(tmp_path):
    data = Dataset.create(tmp_path / "data")
    data.record_settings("ingest", {"layout": "auto"}, "episodes")
    data.record_settings("ingest", {"layout": "strip"}, "episodes")
    config = json.loads((tmp_path / "data" / "dataset.json").read_text())
    assert config["sources"] == ["episodes"]
    assert config["stages"]["ingest"] == {"layout": "strip"}

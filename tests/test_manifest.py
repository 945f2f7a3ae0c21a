"""The manifest: what no stage can read is left out of it, with the reason."""

from __future__ import annotations

import errno
import math
import warnings
from datetime import datetime, timezone

import faces_dataset
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

import webtoon_curate
from webtoon_curate import manifest
from webtoon_curate.cli import main
from webtoon_curate.crops import keep_reason
from webtoon_curate.errors import DatasetError
from webtoon_curate.face_stages import face_tasks
from webtoon_curate.schema import FACES
from webtoon_curate.stages import finish_run

EPISODE = (faces_dataset.TITLE, "ep 1")
BAD = [
    {"x": np.nan},
    {"y": np.inf},
    {"width": np.nan},
    {"height": -np.inf},
    {"width": np.inf, "height": np.inf},
    {"width": 0.0, "height": 0.0},
    {"width": -90.0, "height": -90.0},
]


@pytest.mark.parametrize("values", BAD, ids=str)
def test_a_box_that_is_none_is_left_out_whatever_its_table_says(tmp_path, values):
    data = faces_dataset.make(tmp_path / "data", episodes=1)
    table, note = data.tables["faces"].read(*EPISODE), data.tables["faces"].note(*EPISODE)
    first, second = table.to_pylist()
    spoilt = pa.Table.from_pylist([first | values, second], FACES)
    data.tables["faces"].write(*EPISODE, spoilt, note)
    finish_run(data, "detect", datetime.now(timezone.utc), {})
    bad, good = webtoon_curate.load(data.path).itertuples()
    assert (bad.keep, bad.keep_reason) == (False, "bad_box")
    assert good.keep
    (task,), _ = face_tasks(data, "landmarks", None, {})
    assert task.faces()["face_id"].to_pylist() == [second["face_id"]]


def test_faces_of_scenes_that_were_cut_anew_meanwhile_are_told(tmp_path):
    data = faces_dataset.make(tmp_path / "data", episodes=1)
    (task,), _ = face_tasks(data, "landmarks", None, {})
    scenes, note = data.tables["scenes"].read(*EPISODE), data.tables["scenes"].note(*EPISODE)
    data.tables["scenes"].write(*EPISODE, scenes, note | {"content": "another"})
    with pytest.raises(DatasetError, match="older than the scenes"):
        task.faces()


@pytest.fixture
def stopped(tmp_path):
    """A dataset in which a second detector was stopped after one episode of two."""
    data = faces_dataset.make(tmp_path / "data")
    table = data.tables["faces"].read(*EPISODE)
    note = data.tables["faces"].note(*EPISODE) | {"key": "another"}
    data.tables["faces"].write(*EPISODE, table.slice(0, 1), note)
    return data


def test_tables_of_a_run_that_was_stopped_are_told_until_they_are_joined(stopped):
    with pytest.warns(UserWarning, match=r"older than the tables of faces.*webtoon-curate detect"):
        assert len(webtoon_curate.load(stopped.path)) == 4
    with pytest.warns(UserWarning, match="older than the tables"):
        webtoon_curate.load(stopped.path / "manifest.parquet")
    finish_run(stopped, "detect", datetime.now(timezone.utc), {})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(webtoon_curate.load(stopped.path)) == 3


@pytest.mark.parametrize(
    "command", [["report", "--json"], ["export", "csv", "-o", "out"], ["split"], ["info"]]
)
def test_commands_that_read_the_manifest_tell_of_a_stopped_run(stopped, monkeypatch, command):
    monkeypatch.chdir(stopped.path.parent)
    result = CliRunner().invoke(main, [*command, str(stopped.path)])
    assert result.exit_code == 0, result.output
    assert "older than the tables of faces" in result.stderr
    assert result.stderr.count("note:") == 1


def test_above_a_million_rows_it_is_a_folder_with_the_same_rows(tmp_path, monkeypatch):
    data = faces_dataset.make(tmp_path / "data", episodes=3)
    file, one = data.path / manifest.MANIFEST_FILE, webtoon_curate.load(data.path)
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "PART_ROWS", 4)
        patch.setattr(manifest, "_GROUP_ROWS", 2)
        for _ in range(2):  # the second time a folder takes the place of one
            manifest.write_manifest(data)
            assert sorted(part.name for part in file.iterdir()) == [
                "part-00000.parquet",
                "part-00001.parquet",
            ]
            assert webtoon_curate.load(data.path).equals(one)
    manifest.write_manifest(data)
    assert file.is_file()
    assert webtoon_curate.load(data.path).equals(one)


@pytest.mark.parametrize("rows_of_a_part", [4, 1_000_000])
def test_a_join_that_fails_leaves_the_manifest_as_it_was(tmp_path, monkeypatch, rows_of_a_part):
    data = faces_dataset.make(tmp_path / "data", episodes=3)
    monkeypatch.setattr(manifest, "PART_ROWS", rows_of_a_part)
    monkeypatch.setattr(manifest, "_GROUP_ROWS", 2)
    manifest.write_manifest(data)
    before = webtoon_curate.load(data.path)

    def full_disk(path, groups):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(manifest, "_write", full_disk)
    with pytest.raises(OSError, match="No space left"):
        manifest.write_manifest(data)
    assert webtoon_curate.load(data.path).equals(before)
    assert not list(data.path.glob("*.part"))


@pytest.mark.parametrize("place", [0.1, 0.9])
def test_damage_is_told_with_the_command_that_mends_it(tmp_path, place):
    data = faces_dataset.make(tmp_path / "data", episodes=1)
    file = data.path / manifest.MANIFEST_FILE
    content = bytearray(file.read_bytes())
    start = round(place * len(content))
    content[start : start + 40] = b"\xff" * 40
    file.write_bytes(content)
    with pytest.raises(DatasetError, match=r"delete it and run again: webtoon-curate detect"):
        webtoon_curate.load(data.path)


def test_a_truncated_manifest_is_no_traceback_of_info(tmp_path):
    data = faces_dataset.make(tmp_path / "data", episodes=1)
    file = data.path / manifest.MANIFEST_FILE
    file.write_bytes(file.read_bytes()[:-9])
    result = CliRunner().invoke(main, ["info", str(data.path)])
    assert result.exit_code == 1
    assert "delete it and run again: webtoon-curate detect" in result.stderr


@pytest.mark.parametrize("limit", [0, 64])
@pytest.mark.parametrize(
    "box", [(math.nan, 80, 0), (80, math.inf, 0), (math.inf, math.inf, 0), (80, 80, math.nan)]
)
def test_no_filter_keeps_a_box_that_is_none(box, limit):
    assert keep_reason(*box, short_edge=limit, aspect=math.inf) == "bad_box"


@pytest.mark.parametrize("box", [(0, 0, 0), (-5, -5, 0)])
def test_no_filter_keeps_a_box_without_area(box):
    assert keep_reason(*box, short_edge=-100) == "bad_box"


def test_where_there_is_none_the_advice_depends_on_what_is_there(tmp_path):
    told = f"no manifest.parquet in {tmp_path}; make one: webtoon-curate detect "
    for path in (tmp_path, tmp_path / "manifest.parquet"):
        with pytest.raises(DatasetError) as none:
            webtoon_curate.load(path)
        assert str(none.value) == f"{told}SOURCE -o {tmp_path}"
    (tmp_path / "1.jpg").touch()
    with pytest.raises(DatasetError) as comics:
        webtoon_curate.load(tmp_path)
    assert str(comics.value) == f"{told}{tmp_path}"

"""The manifest: what no stage can read is left out of it, with the reason."""

from __future__ import annotations

import math
import warnings
from datetime import datetime, timezone

import faces_dataset
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

import webtoon_curate
from webtoon_curate.cli import main
from webtoon_curate.crops import keep_reason
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


@pytest.mark.parametrize("limit", [0, 64])
@pytest.mark.parametrize(
    "box", [(math.nan, 80, 0), (80, math.inf, 0), (math.inf, math.inf, 0), (80, 80, math.nan)]
)
def test_no_filter_keeps_a_box_that_is_none(box, limit):
    assert keep_reason(*box, short_edge=limit, aspect=math.inf) == "bad_box"


@pytest.mark.parametrize("box", [(0, 0, 0), (-5, -5, 0)])
def test_no_filter_keeps_a_box_without_area(box):
    assert keep_reason(*box, short_edge=-100) == "bad_box"

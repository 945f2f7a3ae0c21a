"""The manifest: what no stage can read is left out of it, with the reason."""

from __future__ import annotations

import math

import faces_dataset
import numpy as np
import pyarrow as pa
import pytest

import webtoon_curate
from webtoon_curate.crops import keep_reason
from webtoon_curate.face_stages import face_tasks
from webtoon_curate.manifest import write_manifest
from webtoon_curate.schema import FACES

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
    write_manifest(data)
    bad, good = webtoon_curate.load(data.path).itertuples()
    assert (bad.keep, bad.keep_reason) == (False, "bad_box")
    assert good.keep
    (task,), _ = face_tasks(data, "landmarks", None, {})
    assert task.faces()["face_id"].to_pylist() == [second["face_id"]]


@pytest.mark.parametrize("limit", [0, 64])
@pytest.mark.parametrize(
    "box", [(math.nan, 80, 0), (80, math.inf, 0), (math.inf, math.inf, 0), (80, 80, math.nan)]
)
def test_no_filter_keeps_a_box_that_is_none(box, limit):
    assert keep_reason(*box, short_edge=limit, aspect=math.inf) == "bad_box"


@pytest.mark.parametrize("box", [(0, 0, 0), (-5, -5, 0)])
def test_no_filter_keeps_a_box_without_area(box):
    assert keep_reason(*box, short_edge=-100) == "bad_box"

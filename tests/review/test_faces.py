"""Which faces the review page lists, and in what order; damaged rows are no faces."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from faces_dataset import TITLE, write_points
from reviewing import SAY, ask, got, rewritten, serving, write_whole

from webtoon_curate import joined
from webtoon_curate.cli import main
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.labels.events import PERSON
from webtoon_curate.manifest import write_manifest
from webtoon_curate.review.index import FaceIndex


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("episode=1", 2),
        ("group=none", 3),
        ("group=woman_no_glasses", 1),
        ("source=human", 1),
        ("low=0.85", 2),
        ("high=0.85", 2),
        ("keep=no", 1),
        ("reason=not_a_face", 1),
        ("character=Kim", 1),
        ("text=kim", 1),
        ("text=ep+2", 2),
        ("keep=no&group=woman_no_glasses", 0),
    ],
)
def test_filters(server, query, count):
    got(server.address, "say", SAY)
    got(server.address, "say", {"action": "set", "faces": [0], "value": {"character": "Kim"}})
    got(server.address, "say", {"action": "delete", "faces": [3], "value": True})
    assert len(got(server.address, f"faces?{query}")["numbers"]) == count


def test_low_quality_and_duplicates_and_suggestions_are_found(data):
    write_points(data)
    cluster = data.tables["faces"].read(TITLE, "ep 2")["face_id"][0].as_py()
    same = {"duplicate_cluster": cluster, "kind": "near", "distance": 3}
    write_whole(data, "clusters", [None, same, same, None])
    hat = {"kind": "tag", "word": "hat", "source": "propagated@1"}
    likely = [{**hat, "probability": p, "order": o} for p, o in ((0.9, None), (0.5, 2), (0.6, 1))]
    write_whole(data, "suggestions", [*likely, None])
    with serving(data) as server:
        numbers = {
            query: got(server.address, f"faces?{query}")["numbers"]
            for query in ("quality=0.6", "order=quality", "duplicates=yes", "suggested=tag:+hat")
        }
        summary = got(server.address, "summary")
    assert numbers["quality=0.6"] == [0, 1]
    assert numbers["order=quality"] == [0, 1, 2, 3]
    assert numbers["duplicates=yes"] == [1, 2]
    assert numbers["suggested=tag:+hat"] == [2, 1, 0]
    assert (summary["duplicates"], summary["suggested"]) == (2, [["tag: hat", 3]])


@pytest.mark.parametrize(
    ("column", "value"),
    [("x", np.nan), ("y", np.inf), ("width", np.nan), ("height", -50.0), ("width", 0.0)],
)
def test_faces_without_a_box_are_left_out_and_told(data, column, value):
    rewritten(data, "faces", lambda number, row: number or row.update({column: value}))
    with serving(data) as server:
        for order in ("place", "score", "quality", "character", "size"):
            numbers = got(server.address, f"faces?order={order}")["numbers"]
            assert len(numbers) == 2
        assert len(got(server.address, "panel?e=0&s=0")["faces"]) == 0
        assert all(ask(server.address, f"thumb?n={number}")[0] == 200 for number in numbers)
    told = CliRunner().invoke(main, ["review", str(data.path), "--dry-run"])
    assert told.exit_code == 0 and "2 more have no box" in told.stderr
    assert f"{TITLE}/ep 1/0000/00" in told.stderr and "webtoon-curate detect" in told.stderr


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_nothing(data, value):
    rewritten(data, "faces", lambda number, row: row.update(score=value))
    with serving(data) as server:
        assert len(got(server.address, "faces?order=score")["numbers"]) == 4
        text = ask(server.address, "records?n=0,1,2,3")[2].decode()
    assert "NaN" not in text and "Infinity" not in text
    assert [face["score"] for face in json.loads(text)] == [None] * 4


def test_tables_of_the_whole_dataset_are_read_once_a_title(data, monkeypatch):
    read = []
    whole_table = joined.whole_table
    monkeypatch.setattr(
        joined, "whole_table", lambda path, *of: read.append(path.stem) or whole_table(path, *of)
    )
    write_whole(data, "characters", [{"character": "회사/001", "confidence": 0.5}] * 4)
    desk = open_desk(data.path, "ana", PERSON)
    index = FaceIndex(desk)
    assert sorted(read) == ["characters", "clusters", "splits"]
    index.say("set", [0, 2], {"gender": "man"})
    write_manifest(data)
    assert sorted(read) == sorted(2 * ["characters", "clusters", "splits"])
    write_whole(data, "characters", [{"character": "회사/002", "confidence": 0.5}] * 4)
    assert {face.row["character"] for face in desk.faces(TITLE, "ep 2")} == {"회사/002"}

"""`webtoon-curate characters` on a dataset: names, resuming, hostile tables, people's words."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from faces_dataset import FACE, OTHER, TITLE, make, place, read, unread
from reviewing import rewritten

import webtoon_curate
from webtoon_curate.characters.stage import find_characters
from webtoon_curate.cli import main
from webtoon_curate.faces import Reject
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.labels.events import PERSON
from webtoon_curate.manifest import write_manifest
from webtoon_curate.schema import CHARACTERS


def vector(seed, noise=0.0):
    unit = np.random.default_rng(seed).normal(size=128)
    return (unit / np.linalg.norm(unit)).tolist()


@pytest.fixture
def data(tmp_path):
    """Two episodes with two faces each: Kim and Lee, then Lee and Kim."""
    made = make(tmp_path / "data")
    read(made, [vector(1), vector(2), vector(2), vector(1)])
    return made


def run(data, *options, code=0):
    result = CliRunner().invoke(main, ["characters", str(data.path), *options])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def names(data):
    return webtoon_curate.load(data.path).character.fillna("").tolist()


def test_clusters_are_in_the_table_and_the_manifest(data):
    run(data)
    table = pq.read_table(data.path / "tables" / "characters.parquet")
    assert table.schema.equals(CHARACTERS)
    one, two = f"{TITLE}/001", f"{TITLE}/002"
    assert names(data) == [one, two, two, one] == table["character"].to_pylist()
    assert min(table["confidence"].to_pylist()) > 0.9


@pytest.mark.parametrize(("second", "people"), [((210, 150, 90, 90), 2), ((110, 330, 90, 90), 1)])
def test_faces_that_look_much_alike_are_two_side_by_side_only(tmp_path, second, people):
    data = make(tmp_path / "data", episodes=1)
    place(data, "ep 1", [FACE, second])
    one, other = np.array(vector(1)), np.array(vector(2))
    alike = 0.8 * one + 0.6 * other
    read(data, [one.tolist(), (alike / np.linalg.norm(alike)).tolist()])
    run(data)
    assert len(set(names(data))) == people


def test_names_of_people_name_the_clusters_and_part_them(data):
    desk = open_desk(data.path, "ana", PERSON)
    first, second = (face.face for face in desk.faces(TITLE, "ep 1"))
    desk.say([("set", first, {"character": "Kim"})])
    run(data)
    assert names(data) == ["Kim", f"{TITLE}/001", f"{TITLE}/001", "Kim"]
    desk.say([("set", second, {"character": "Kim"})])
    run(data)
    assert names(data)[:2] == ["Kim", "Kim"]
    assert names(data)[2] != "Kim"
    third, fourth = (face.face for face in desk.faces(TITLE, "ep 2"))
    desk.say([("set", ref, {"character": "Lee"}) for ref in (third, fourth)])
    run(data)
    assert names(data) == ["Kim", "Kim", "Lee", "Lee"]


def test_what_is_no_face_is_nobody_until_a_person_keeps_it(data):
    desk = open_desk(data.path, "ana", PERSON)
    second = desk.faces(TITLE, "ep 1")[1].face

    def doubt(number, row):
        doubted = row["face_id"] == second.face_id
        row["face_probability"] = 0.2 if doubted else [0.9, float("nan")][number]

    rewritten(data, "readings", doubt)
    data.record_settings("landmarks", {"min_face": 0.5})
    run(data)
    assert [bool(name) for name in names(data)] == [True, False, True, True]
    desk.say([("set", second, {"keep": True})])
    run(data)
    assert all(names(data))
    desk.say([("delete", second, True)])
    run(data)
    assert len(pq.read_table(data.path / "tables" / "characters.parquet")) == 3
    data.record_settings("landmarks", {"min_face": 0.95})
    assert "1 title;" in run(data).stderr


def test_a_number_that_people_use_is_not_given_again(data):
    desk = open_desk(data.path, "ana", PERSON)
    ref = desk.faces(TITLE, "ep 1")[0].face
    desk.say([("set", ref, {"character": f"{TITLE}/001"})])
    run(data)
    assert sorted(set(names(data))) == [f"{TITLE}/001", f"{TITLE}/002"]


def test_only_what_changed_is_done_again_and_gives_the_same_bytes(data):
    assert json.loads(run(data, "--json").stdout)["episodes"] == 1
    path = data.path / "tables" / "characters.parquet"
    before = path.read_bytes()
    again = json.loads(run(data, "--json").stdout)
    assert (again["episodes"], again["skipped"]) == (0, 1)
    assert path.read_bytes() == before
    run(data, "--force")
    assert path.read_bytes() == before
    assert run(data, "--dry-run").stdout == ""
    read(data, [vector(1)] * 4)
    assert run(data, "--dry-run").stdout == f"{TITLE}\n"
    assert path.read_bytes() == before
    run(data)
    assert path.read_bytes() != before


@pytest.mark.parametrize(
    "bad",
    [[float("nan")] * 128, [0.0] * 128, [1e30] * 128, [1.0], []],
    ids=["NaN", "zero", "huge", "short", "empty"],
)
def test_embeddings_that_are_none_are_refused_and_the_rest_is_done(data, bad):
    read(data, [vector(1), bad, vector(2), vector(1)])
    run(data, code=3)
    one = f"{TITLE}/001"
    assert names(data) == [one, "", f"{TITLE}/002", one]
    (reject,) = data.rejects().to_pylist()
    assert (reject["stage"], reject["path"]) == ("characters", f"{TITLE}/ep 1/0001/01")


def test_faces_without_a_reading_have_no_character(data):
    read(data, [vector(1), None, None, None])
    run(data)
    assert names(data) == [f"{TITLE}/001", "", "", ""]


def test_an_episode_that_was_not_read_is_a_reject_and_the_rest_is_done(data):
    unread(data, "ep 2")
    run(data, code=3)
    assert names(data) == [f"{TITLE}/001", f"{TITLE}/002", "", ""]
    (reject,) = data.rejects().to_pylist()
    assert reject["path"] == f"{TITLE}/ep 2" and "webtoon-curate landmarks" in reject["reason"]
    read(data, [vector(1), vector(2), vector(2), vector(1)])
    run(data)
    assert names(data)[2:] == [f"{TITLE}/002", f"{TITLE}/001"]
    assert len(data.rejects()) == 0


def test_what_another_command_refused_is_told_and_no_fault_of_this_one(data):
    data.write_rejects("ingest", "A", "1", [Reject("A", "1", "ingest", "A/1/3.jpg", "no picture")])
    assert "1 input was refused in other runs" in run(data).stderr


def test_faces_that_were_found_anew_lose_their_character(data):
    run(data)
    place(data, "ep 1", [OTHER, FACE], detector="made@2")
    run(data, code=0)
    assert names(data)[:2] == ["", ""]


def test_without_readings_it_says_what_to_do(tmp_path):
    result = run(make(tmp_path / "data", episodes=1), code=1)
    assert "webtoon-curate landmarks" in result.output


@pytest.mark.parametrize("harm", ["another table", "a column less", "no table"])
def test_a_damaged_table_is_told(data, harm):
    find_characters(data)
    path = data.path / "tables" / "characters.parquet"
    if harm == "another table":
        pq.write_table(pa.table({"a": [1]}), path)
    elif harm == "a column less":
        pq.write_table(pq.read_table(path).drop_columns(["confidence"]), path)
    else:
        path.write_bytes(b"PAR1")
    assert "delete it and run again: webtoon-curate characters" in run(data, code=1).output
    path.unlink()
    run(data)


def test_hair_of_a_wrong_length_is_no_color(data):
    from webtoon_curate.characters.stage import _oklab

    column = pa.chunked_array([pa.array([[255, 255, 255], None, [1], []], pa.list_(pa.uint8()))])
    colors = _oklab(column)
    assert colors[0, 0] == pytest.approx(1, abs=0.01)
    assert np.isnan(colors[1:]).all()
    write_manifest(data)

"""What people say in the review page is kept: points, characters, two at once, and kill -9."""

from __future__ import annotations

import json

import numpy as np
import pytest
from faces_dataset import TITLE, read, write_points
from reviewing import SAY, ask, got, serving, write_whole

import webtoon_curate
from webtoon_curate.characters.stage import find_characters
from webtoon_curate.manifest import write_manifest


def vector(seed):
    unit = np.random.default_rng(seed).normal(size=128)
    return unit / np.linalg.norm(unit)


def clustered(data, names):
    rows = [{"character": f"{TITLE}/{name}", "confidence": 0.9} for name in names]
    write_whole(data, "characters", rows)


def characters(address):
    numbers = got(address, "faces?")["numbers"]
    records = got(address, f"records?n={','.join(map(str, numbers))}")
    return [(face["character"] or "").removeprefix(f"{TITLE}/") for face in records]


def test_a_point_is_moved_and_undone(data):
    first = write_points(data)
    with serving(data) as server:
        points = got(server.address, "points?n=0")
        assert np.allclose(points, first, atol=1e-3)
        say = {"action": "points", "faces": [0], "value": {"30": [111.5, 222.5]}}
        (changed,) = got(server.address, "say", say)
        assert changed["n"] == 0 and changed["points"]
        assert got(server.address, "points?n=0")[30] == [111.5, 222.5]
        assert [face["n"] for face in got(server.address, "undo", {})] == [0]
        assert got(server.address, "points?n=0") == points
        got(server.address, "say", say)
    with serving(data) as server:
        assert got(server.address, "points?n=0")[30] == [111.5, 222.5]
    write_manifest(data)
    assert list(webtoon_curate.load(data.path).landmarks[0][60:62]) == [111.5, 222.5]


def test_a_face_without_landmarks_has_no_points(server):
    assert got(server.address, "points?n=0") == []


def test_characters_are_merged_and_split_and_stay_so(data):
    read(data, [vector(seed) for seed in (1, 2, 3, 1)])
    find_characters(data)
    with serving(data) as server:
        assert characters(server.address) == ["001", "002", "003", "001"]
        assert len(got(server.address, "merge", {"faces": [1, 2]})) == 2
        assert characters(server.address) == ["001", "002", "002", "001"]
        got(server.address, "split", {"faces": [3]})
        assert characters(server.address) == ["001", "002", "002", "003"]
    find_characters(data)
    with serving(data) as server:
        assert characters(server.address) == ["001", "002", "002", "003"]
        got(server.address, "undo", {})
        got(server.address, "undo", {})
        find_characters(data, force=True)
    with serving(data) as server:
        assert characters(server.address) == ["001", "002", "003", "001"]


def test_a_merged_character_keeps_its_given_name(data):
    clustered(data, ["001", "002", "001", "003"])
    with serving(data) as server:
        name = {"action": "set", "faces": [1], "value": {"character": "Kim"}}
        got(server.address, "say", name)
        got(server.address, "merge", {"faces": [0, 1]})
        assert characters(server.address) == ["Kim", "Kim", "Kim", "003"]


@pytest.mark.parametrize(
    ("path", "faces"),
    [
        ("merge", [0]),
        ("merge", [0, 2]),
        ("merge", []),
        ("merge", None),
        ("merge", ["0", 1]),
        ("split", [0, 1]),
        ("split", [0, 2]),
        ("split", [1]),
        ("split", [99]),
    ],
)
def test_what_cannot_be_merged_or_split_is_told(data, path, faces):
    clustered(data, ["001", "002", "001", "003"])
    with serving(data) as server:
        status, _, answer = ask(server.address, path, {"faces": faces})
        assert (status, characters(server.address)) == (400, ["001", "002", "001", "003"])
    assert json.loads(answer)["error"]
    assert not (data.path / "labels").exists()


def test_two_reviewers_see_and_keep_each_others_words(data):
    with serving(data, "ana") as ana, serving(data, "ben") as ben:
        version = got(ben.address, "faces?")["version"]
        got(ana.address, "say", SAY)
        got(ben.address, "say", {**SAY, "value": {"glasses": True}})
        got(ben.address, "say", {**SAY, "faces": [1], "value": {"gender": "man"}})
        seen = {face["n"]: face for face in got(ben.address, f"changes?since={version}")["faces"]}
        assert (seen[0]["gender"], seen[0]["glasses"], seen[0]["who"]) == ("woman", True, "ben")
        got(ana.address, "undo", {})
        seen = {face["n"]: face for face in got(ben.address, f"changes?since={version}")["faces"]}
        assert (seen[0]["gender"], seen[0]["glasses"]) == (None, True)
    write_manifest(data)
    faces = webtoon_curate.load(data.path)
    assert faces.gender.fillna("").tolist()[:2] == ["", "man"]


def test_killed_between_actions_every_acknowledged_one_is_there(data, process):
    said = {}
    for number in range(4):
        address = process.review(data.path)
        value = {"character": f"Kim {number}"}
        got(address, "say", {"action": "set", "faces": [number], "value": value})
        said[number] = f"Kim {number}"
        process.kill()
    address = process.review(data.path)
    records = got(address, "records?n=0,1,2,3")
    assert {face["n"]: face["character"] for face in records} == said
    got(address, "undo", {})
    assert process.interrupt() == 0
    faces = webtoon_curate.load(data.path)
    assert faces.character.fillna("").tolist() == ["Kim 0", "Kim 1", "Kim 2", ""]
    assert set(faces.title) == {TITLE}

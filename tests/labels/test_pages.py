"""Labels stay on their faces when pages come and go above them, and when files are renamed."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from faces_dataset import FACE, OTHER, PAGE, TITLE, make, place
from PIL import Image

import webtoon_curate
from webtoon_curate.ingest.stage import IngestSettings, ingest_sources
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.labels.events import PERSON, FaceRef
from webtoon_curate.labels.fold import drawn_id
from webtoon_curate.manifest import write_manifest

EPISODE = (TITLE, "ep 1")
MISSED = (10.0, 700.0, 70.0, 75.0)
"""A face on the second page that a person draws."""


@pytest.fixture
def data(tmp_path):
    return make(tmp_path / "data", episodes=1)


@pytest.fixture
def folder(data):
    return data.path.with_name("data-source") / TITLE / "ep 1"


def say(data):
    """A name for both faces, a mended box, moved points and a missed face; on the second page."""
    desk = open_desk(data.path, "ana", PERSON)
    first, second = (face.face for face in desk.faces(*EPISODE))
    desk.say([("set", first, {"character": "Kim"}), ("set", second, {"character": "Lee"})])
    desk.say([("box", second, [235, 705, 80, 80]), ("points", second, {"30": [270, 740]})])
    desk.say([("add", desk.place(*EPISODE).ref(None, MISSED), None)])


def ingest(data, folder):
    ingest_sources(data, folder.parent, IngestSettings("images"))


def add_page(folder, name):
    pixels = np.random.default_rng(8).integers(0, 256, (*PAGE[::-1], 3), np.uint8)
    Image.fromarray(pixels).save(folder / name)


def faces(data):
    write_manifest(data)
    rows = webtoon_curate.load(data.path)
    return rows.sort_values("y").reset_index(drop=True)


def down(box, rows):
    return (box[0], box[1] + rows, *box[2:])


def test_a_page_above_moves_the_labels_with_their_faces(data, folder):
    say(data)
    ids = set(faces(data).face_id[lambda found: found.str.contains("/h")])
    add_page(folder, "p0.png")
    ingest(data, folder)
    place(data, EPISODE[1], [down(FACE, PAGE[1]), down(OTHER, PAGE[1])], detector="other@2")
    rows = faces(data)
    assert rows.character.fillna("").tolist() == ["Kim", "", "Lee"]
    assert rows.y.tolist() == [FACE[1] + 600, MISSED[1] + 600, 705 + 600]
    assert rows.detector.tolist() == ["other@2", "human", "other@2"]
    assert ids == set(rows.face_id[rows.detector == "human"])
    labels = pq.read_table(data.path / "tables" / "labels.parquet").to_pylist()
    assert [label["points"] for label in labels if label["points"]] == [
        [{"point": 30, "x": 270.0, "y": 740.0 + 600}]
    ]


def test_words_of_before_and_after_are_of_one_face(data, folder):
    say(data)
    add_page(folder, "p0.png")
    ingest(data, folder)
    place(data, EPISODE[1], [down(FACE, 600), down(OTHER, 600)], detector="other@2")
    desk = open_desk(data.path, "ben", PERSON)
    lee = next(face for face in desk.faces(*EPISODE) if face.row["character"] == "Lee")
    desk.say([("tags", lee.face, {"add": ["hat"]}), ("delete", lee.face, True)])
    desk.undo()
    desk.say([("tags", lee.face, {"add": ["hat"]})])
    row = faces(data).iloc[2]
    assert (row.character, list(row.tags), row.keep) == ("Lee", ["hat"], True)
    assert row.y == 705 + 600


def test_a_removed_page_takes_its_labels_along_and_brings_them_back(data, folder):
    say(data)
    before = faces(data)
    first = (folder / "p1.png").read_bytes()
    (folder / "p1.png").unlink()
    ingest(data, folder)
    place(data, EPISODE[1], [down(OTHER, -600)], detector="other@2")
    rows = faces(data)
    assert rows.character.fillna("").tolist() == ["", "Lee"]
    assert rows.y.tolist() == [MISSED[1] - 600, 705 - 600]
    table = pq.read_table(data.path / "tables" / "labels.parquet").to_pylist()
    gone = {row["character"]: row["page_gone"] for row in table if row["character"]}
    assert gone == {"Kim": True, "Lee": False}
    (folder / "p1.png").write_bytes(first)
    ingest(data, folder)
    place(data, EPISODE[1], [FACE, OTHER])
    assert faces(data).character.tolist() == before.character.tolist()


def test_files_that_are_numbered_anew_are_known_by_their_content(data, folder):
    say(data)
    (folder / "p2.png").rename(folder / "p3.png")
    (folder / "p1.png").rename(folder / "p2.png")
    add_page(folder, "p1.png")
    ingest(data, folder)
    place(data, EPISODE[1], [down(FACE, 600), down(OTHER, 600)], detector="other@2")
    assert faces(data).character.fillna("").tolist() == ["Kim", "", "Lee"]


def test_a_page_that_was_saved_anew_is_known_by_its_name(data, folder):
    say(data)
    add_page(folder, "p0.png")
    with Image.open(folder / "p2.png") as page:
        page.save(folder / "p2.png", compress_level=1)
    ingest(data, folder)
    place(data, EPISODE[1], [down(FACE, 600), down(OTHER, 600)], detector="other@2")
    assert faces(data).character.fillna("").tolist() == ["Kim", "", "Lee"]


def test_logs_without_pages_stay_readable_and_where_they_were(data, folder):
    say(data)
    path = next((data.path / "labels").glob("*.jsonl"))
    events = [json.loads(line) for line in path.read_text().splitlines()]
    for event in events:
        for name in ("page", "page_box", "page_sha256"):
            assert event["face"].pop(name)
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    assert faces(data).character.fillna("").tolist() == ["Kim", "", "Lee"]
    desk = open_desk(data.path, "ben", PERSON)
    ref = next(face.face for face in desk.faces(*EPISODE) if face.row["character"] == "Kim")
    assert ref == FaceRef(ref.face_id, *EPISODE, FACE)
    desk.say([("set", ref, {"gender": "woman"})])
    assert faces(data).gender.tolist()[0] == "woman"
    old = drawn_id(*EPISODE, 1, MISSED)
    other = FaceRef(old, *EPISODE, (10.0, 300.0, 60.0, 60.0))
    desk.say([("add", other, None)])
    assert len(faces(data)) == 4


@pytest.mark.parametrize("page", [3, ["p1.png"], "no page"])
def test_a_page_that_makes_no_sense_is_told_or_gone(data, page):
    say(data)
    path = next((data.path / "labels").glob("*.jsonl"))
    event = json.loads(path.read_text().splitlines()[0])
    event["id"] = "other:0"
    event["face"] |= {"page": page, "page_sha256": "0" * 64}
    event["value"] = {"character": "nobody"}
    with path.open("a") as file:
        file.write(json.dumps(event) + "\n")
    if page == "no page":
        assert "nobody" not in set(faces(data).character)
    else:
        with pytest.raises(webtoon_curate.errors.CurateError, match="line 6 is damaged"):
            faces(data)

from __future__ import annotations

import faces_dataset
import numpy as np
import pyarrow as pa
import pytest

from webtoon_curate.errors import DatasetError
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.trainer import corrected
from webtoon_curate.trainer.corrected import write_corrected
from webtoon_curate.trainer.pictures import load_pictures
from webtoon_curate.trainer.reader_faces import load_pages


@pytest.fixture
def data(tmp_path):
    return faces_dataset.make(tmp_path / "data")


def say(data, *said):
    desk = open_desk(data.path, "mina", "review")
    faces = desk.faces(faces_dataset.TITLE, "ep 1")
    desk.say([(action, faces[number].face, value) for action, number, value in said])


def test_a_mended_box_is_what_is_learned(data, tmp_path):
    box = (110.0, 130.0, 60.0, 70.0)
    say(data, ("box", 0, box))
    assert write_corrected(data, tmp_path / "out") >= 1
    pictures = load_pictures(tmp_path / "out")
    corners = np.concatenate([p.boxes for p in pictures])
    assert len(corners) == 1  # the other page's face was not looked at
    assert np.allclose(corners[0], (110, 130, 170, 200))


def test_a_moved_point_is_learned_where_it_was_put(data, tmp_path):
    say(data, ("points", 0, {"30": [120.0, 150.0]}))
    write_corrected(data, tmp_path / "out")
    (page,) = load_pages(tmp_path / "out").pages
    (face,) = page.people
    assert face["points"] == {"30": [120.0, 150.0]}


def test_what_is_no_face_is_learned_as_ground(data, tmp_path):
    say(data, ("delete", 0, True))
    write_corrected(data, tmp_path / "out")
    pictures = load_pictures(tmp_path / "out")
    assert sum(len(p.boxes) for p in pictures) == 0
    assert sum(len(p.mistakes) for p in pictures) == 1


def test_without_corrections_there_is_nothing_to_learn(data, tmp_path):
    with pytest.raises(DatasetError, match="review"):
        write_corrected(data, tmp_path / "out")


def test_boxes_without_area_are_left_out(tmp_path):
    data = faces_dataset.make(tmp_path / "data")
    flat, good = (230.0, 140.0, 0.0, 80.0), faces_dataset.FACE
    faces_dataset.place(data, "ep 1", [good, flat])
    say(data, ("set", 0, {"gender": "woman"}))
    write_corrected(data, tmp_path / "out")
    assert [len(p.boxes) for p in load_pictures(tmp_path / "out")] == [1]


def test_what_only_the_reader_refused_is_neither_a_face_nor_ground(data, tmp_path, monkeypatch):
    """A reader does not teach itself: a person spoke of the second face but did not delete it."""
    rows = corrected.face_rows

    def refused(*arguments):
        table = rows(*arguments)
        reasons = [None, *["not_a_face"] * (len(table) - 1)]
        at = table.schema.get_field_index("keep_reason")
        return table.set_column(at, table.schema.field(at), pa.array(reasons, pa.string()))

    monkeypatch.setattr(corrected, "face_rows", refused)
    say(data, ("set", 0, {"gender": "woman"}), ("set", 1, {"gender": "woman"}))
    write_corrected(data, tmp_path / "out")
    pictures = load_pictures(tmp_path / "out")
    assert sum(len(p.boxes) for p in pictures) == 1
    assert sum(len(p.ignored) for p in pictures) == 1
    assert sum(len(p.mistakes) for p in pictures) == 0

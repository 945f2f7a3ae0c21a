"""Boxes of one face are found, all of them, and without looking at all the others."""

from __future__ import annotations

import json

import numpy as np
import pytest
from faces_dataset import FACE, TITLE, make

from webtoon_curate.labels import fold as folding
from webtoon_curate.labels.events import Event, FaceRef
from webtoon_curate.labels.exchange import import_labels
from webtoon_curate.labels.fold import fold, matched
from webtoon_curate.labels.overlap import SAME_FACE, Near, iou
from webtoon_curate.labels.place import EpisodePlace
from webtoon_curate.tables import StageTables

PAGES = 300


@pytest.mark.parametrize("tallest", [2, 6, 12])
def test_all_boxes_of_one_face_are_found_in_the_order_in_which_they_came(tallest):
    rng = np.random.default_rng(tallest)
    sizes = 2 ** rng.uniform(0, tallest, (400, 2))
    boxes = [tuple(box) for box in np.c_[rng.uniform(0, 40, (400, 2)), sizes].tolist()]
    boxes += [(0.0, 0.0, 8.0, 8.0), (0.0, 0.0, 8.0, 4.0), (0.0, 4.0, 8.0, 4.0)]
    near = Near()
    for number, box in enumerate(boxes):
        near.add(box, number)
    for box in boxes:
        wanted = {n for n, other in enumerate(boxes) if iou(box, other) >= SAME_FACE}
        found = near(box)
        assert wanted <= set(found)
        assert found == sorted(found)


def test_boxes_that_are_no_places_are_near_nothing():
    near = Near()
    strange = [(0.0, 0.0, 1.0, float("nan")), (0.0, float("inf"), 1.0, 1.0), (0, 0, 1, 1.7e308)]
    for box in strange:
        near.add(box, box)
        assert all(iou(box, other) < SAME_FACE for other in near((0.0, 0.0, 1.0, 1.0)))


def test_a_folder_of_many_pictures_is_not_compared_each_with_each(monkeypatch):
    boxes = [(10.0, 500.0 * page, 90.0, 90.0) for page in range(PAGES)]
    faces = [FaceRef(f"t/e/{n:04d}/00", "t", "e", box) for n, box in enumerate(boxes)]
    events = [
        Event(f"s:{n}", f"{n:06d}", "x", "import", "set", {"gender": said}, face)
        for said in ("man", "woman")
        for n, face in enumerate(faces)
    ]
    compared = []
    monkeypatch.setattr(folding, "iou", lambda a, b: compared.append(1) or iou(a, b))
    labels = fold(events)["t", "e"]
    assert [label.face for label in labels] == faces
    assert {label.gender for label in labels} == {"woman"}
    found = matched(labels, [face.face_id for face in faces], boxes)
    assert found == [[label] for label in labels]
    assert len(compared) <= 3 * (len(events) + PAGES)


def test_a_label_is_placed_without_reading_tables_for_it(tmp_path, monkeypatch):
    data = make(tmp_path / "data", 1)
    reads = []
    read = StageTables.read
    monkeypatch.setattr(StageTables, "read", lambda *given: reads.append(1) or read(*given))

    def reads_for(count: int) -> int:
        annotations = [
            {"id": n, "image_id": 1, "category_id": 1, "bbox": list(FACE)} for n in range(count)
        ]
        images = [{"id": 1, "file_name": f"{TITLE}/ep 1/p1.png"}]
        coco = {"images": images, "categories": [{"id": 1, "name": "man"}]}
        file = tmp_path / f"{count}.json"
        file.write_text(json.dumps({**coco, "annotations": annotations}))
        reads.clear()
        assert import_labels(data.path, file, "coco", dry_run=True).read == count
        return len(reads)

    assert reads_for(40) == reads_for(2)


def test_a_box_is_on_the_page_and_in_the_smallest_scene_under_its_middle(tmp_path):
    place = EpisodePlace(make(tmp_path / "data", 1), TITLE, "ep 1")
    boxes = [(100.0, y, 50.0, 50.0) for y in (-300.0, 0.0, 574.0, 575.0, 1100.0, 9000.0)]
    assert [place.page_at(box).name[1] for box in boxes] == list("111222")
    assert [place.scene_at(box) for box in boxes] == [0, 0, 0, 0, 1, 1]

from __future__ import annotations

import json

import pytest

from webtoon_curate.errors import DatasetError
from webtoon_curate.trainer.pictures import load_pictures, split


def test_only_pictures_of_the_role_are_loaded(drawn_pages):
    assert [p.name for p in load_pictures(drawn_pages)] == ["one/0.png", "one/1.png", "one/2.png"]
    assert [p.name for p in load_pictures(drawn_pages, "heldout")] == ["one/3.png"]


def test_creatures_are_told_apart(drawn_pages):
    picture = load_pictures(drawn_pages)[0]
    assert picture.creatures.tolist() == [False, True]
    assert picture.ignored.shape == (1, 4)


def test_a_folder_of_labelled_folders_is_one_set(drawn_pages):
    assert len(load_pictures(drawn_pages.parent)) == 3


def test_held_pictures_are_not_trained_on(drawn_pages):
    mine, held = split(load_pictures(drawn_pages), ["one/1"])
    assert [p.name for p in held] == ["one/1.png"]
    assert len(mine) == 2


def test_without_held_names_all_are_trained_on(drawn_pages):
    assert split(load_pictures(drawn_pages), [])[1] == []


@pytest.mark.parametrize("text", ["{", "[]", '{"pages": {"a": {}}}', '{"pages": {}}'])
def test_bad_labels_are_an_error_that_names_the_folder(tmp_path, text):
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(DatasetError, match=str(tmp_path)):
        load_pictures(tmp_path)


def test_a_box_of_three_numbers_is_an_error(tmp_path):
    record = {"size": [9, 9], "faces": [{"box": [1, 2, 3]}]}
    (tmp_path / "labels.json").write_text(json.dumps({"pages": {"a.png": record}}))
    with pytest.raises(DatasetError):
        load_pictures(tmp_path)

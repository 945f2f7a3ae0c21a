from __future__ import annotations

import json

import pytest

from webtoon_curate.errors import DatasetError
from webtoon_curate.trainer import pictures
from webtoon_curate.trainer.pictures import Pyramids, load_pictures, pyramid_of, split


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


def test_decoded_pictures_take_no_more_memory_than_they_may(drawn_pages, monkeypatch):
    decoded, pixels_of = [], pictures.pixels_of
    monkeypatch.setattr(pictures, "pixels_of", lambda path: decoded.append(path) or pixels_of(path))
    one, two, three = (drawn_pages / "one" / f"{number}.png" for number in range(3))
    kept = Pyramids(2 * sum(level.nbytes for level in pyramid_of(one)))
    for path in (one, two, one, three, one, two):
        levels = kept(path)
        assert [level.shape for level in levels] == [(300, 400, 3), (150, 200, 3), (75, 100, 3)]
        assert len(kept._kept) <= 2
    assert decoded[-4:] == [one, two, three, two]
    assert len(list(map(Pyramids(0), (one, two)))) == 2


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

"""Parsing maps in crops: exact where pixels meet, smooth where the map is coarse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from webtoon_curate.errors import ImageError
from webtoon_curate.export.parsing import parsing_in, read_parsing
from webtoon_curate.export.pictures import Square
from webtoon_curate.images import encode
from webtoon_curate.synth.labels import Label

PLACE = {"parsing_x": 100.0, "parsing_y": 1000.0, "parsing_side": 96.0}


def test_a_map_s_own_square_shows_the_map():
    classes = np.random.default_rng(0).integers(0, 20, (48, 48), np.uint8)
    square = Square(148, 1048, 96)
    assert (parsing_in(classes, PLACE, square.matrix(48), 48) == classes).all()
    moved = parsing_in(classes, PLACE, Square(152, 1050, 96).matrix(48), 48)
    assert (moved[:-1, :-2] == classes[1:, 2:]).all()
    assert (moved[:, -2:] == Label.BACKGROUND).all()


def test_a_coarse_disc_stays_round_in_a_fine_turned_crop():
    y, x = np.mgrid[:48, :48] + 0.5
    classes = np.where(np.hypot(x - 24, y - 24) < 15, Label.SKIN, Label.HAIR).astype(np.uint8)
    crop = parsing_in(classes, PLACE, Square(148, 1048, 80, 0.6).matrix(400), 400)
    y, x = np.mgrid[:400, :400] + 0.5
    away = np.hypot(x - 200, y - 200)
    edge = 15 * 2 * 400 / 80  # cells to episode pixels to crop pixels
    assert (crop[away < edge - 6] == Label.SKIN).all()
    assert (crop[(away > edge + 6) & (away < 230)] == Label.HAIR).all()  # the map ends at 240
    nearest = 10  # pixels of the crop in a cell of the map
    wrong = (crop == Label.SKIN) != (away < edge)
    assert wrong.sum() < 0.2 * nearest * 2 * math.pi * edge


def test_damaged_maps_are_refused(tmp_path):
    reading = {**PLACE, "parsing": "map.png"}
    (tmp_path / "inside").mkdir()
    dataset = tmp_path / "inside"
    with pytest.raises(ImageError, match="cannot be read"):
        read_parsing(dataset, reading)
    for data in (b"", b"no png", encode(np.zeros((4, 4, 3), np.uint8))):
        (dataset / "map.png").write_bytes(data)
        with pytest.raises(ImageError, match="damaged"):
            read_parsing(dataset, reading)
    (tmp_path / "map.png").write_bytes(b"")
    with pytest.raises(ImageError, match="outside"):
        read_parsing(dataset, {**reading, "parsing": "../map.png"})

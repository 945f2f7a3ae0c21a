"""Labels must stay on what they label, however a tile is turned, scaled and pasted."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import cv2
import numpy as np
import pytest

from webtoon_curate.trainer.looks import LOOKS, hue, restyled
from webtoon_curate.trainer.pictures import Picture, load_pictures
from webtoon_curate.trainer.targets import LEVELS, targets
from webtoon_curate.trainer.tiles import Tile, TileMaker, _aim, cut, source

FACE = np.array([250, 220, 200])


def disc_box(pixels):
    """The box of the pixels that have the disc's color."""
    ours = (np.abs(pixels.astype(int) - FACE[::-1]).max(axis=2) < 12).astype(int)
    rows, columns = np.flatnonzero(ours.sum(1)), np.flatnonzero(ours.sum(0))
    if not len(rows):
        return None
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


@pytest.mark.parametrize("seed", range(40))
def test_a_turned_box_still_bounds_its_face(drawn_pages, seed):
    picture = load_pictures(drawn_pages)[0]
    tile = cut(np.random.default_rng(seed), picture, 160, 160)
    people = tile.boxes[~tile.creatures]
    if not len(people) or (people[0].max() >= 159) or people[0].min() <= 1:
        return  # cut by the border: the rest of the ellipse bounds less than its box
    assert np.abs(people[0] - disc_box(tile.pixels)).max() <= 2.5


def test_most_tiles_show_a_face(drawn_pages):
    maker = TileMaker([source(load_pictures(drawn_pages), 1)], 128)
    shown = [len(maker(np.random.default_rng(i)).boxes) > 0 for i in range(60)]
    assert np.mean(shown) > 0.6


def test_boxes_lie_in_the_tile(drawn_pages):
    maker = TileMaker([source(load_pictures(drawn_pages), 1)], 128)
    for i in range(60):
        tile = maker(np.random.default_rng(i))
        assert tile.pixels.shape == (128, 128, 3)
        assert len(tile.boxes) == len(tile.creatures)
        for boxes in (tile.boxes, tile.ignored):
            assert (boxes >= 0).all() and (boxes <= 128).all()
            assert (boxes[:, 2:] > boxes[:, :2]).all()


def face_in_a_tile(maker, hide, count=60):
    """Tiles of one red face on white before and after something hides a part of it."""
    for seed in range(count):
        tile = one_face([96, 80, 176, 170])
        tile.pixels[:] = 255
        tile.pixels[80:170, 96:176] = (200, 0, 0)
        yield hide(maker, np.random.default_rng(seed), tile)


def red(pixels, box):
    x0, y0, x1, y1 = np.round(box).astype(int)
    return (pixels[y0:y1, x0:x1] == (200, 0, 0)).all(axis=2)


def test_a_thing_over_a_face_leaves_it_a_face_unless_it_hides_most_of_it(drawn_pages):
    maker = TileMaker([source(load_pictures(drawn_pages), 1)], 256)
    shares = []
    for tile in face_in_a_tile(maker, TileMaker._with_cover):
        seen = red(tile.pixels, [96, 80, 176, 170]).mean()
        shares.append(seen)
        if seen > 0.5:
            assert tile.boxes.tolist() == [[96, 80, 176, 170]]
        elif seen < 0.4:
            assert len(tile.boxes) == 0
    assert 0.5 < np.mean(shares) < 0.8, np.round(shares, 2)
    assert np.ptp(shares) > 0.3


def test_the_box_of_a_face_ends_at_the_border_that_cuts_it(drawn_pages):
    maker = TileMaker([source(load_pictures(drawn_pages), 1)], 256)
    cut = 0
    for tile in face_in_a_tile(maker, TileMaker._with_border):
        mine = [box for box in tile.boxes if red(tile.pixels, box).mean() > 0.8]
        if not mine:
            continue  # so little is left that it is no face
        cut += 1
        (box,) = mine
        everywhere = red(tile.pixels, [0, 0, 256, 256])
        rows, columns = np.flatnonzero(everywhere.any(1)), np.flatnonzero(everywhere.any(0))
        seen = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        assert np.abs(box - seen).max() <= 5  # the border's line
        assert box[2] - box[0] < 79 or box[3] - box[1] < 89
    assert cut > 30


def test_the_same_number_gives_the_same_tile(drawn_pages):
    maker = TileMaker([source(load_pictures(drawn_pages), 1)], 128)
    first, again = (maker(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.boxes, again.boxes)


def test_an_artist_with_many_pictures_does_not_outweigh_the_others(tmp_path):
    def picture(name):
        boxes = np.zeros((4, 4), np.float32)
        return Picture(
            tmp_path / name, name, (9, 9), boxes, np.zeros(4, bool), np.ones(4), boxes, boxes[:0]
        )

    many = [picture(f"many/{i}.png") for i in range(90)]
    few = [picture(f"few/{i}.png") for i in range(10)]
    chances = source([*many, *few], 1).chances
    assert chances[:90].sum() == pytest.approx(0.75, abs=0.02)  # 3 : 1, not 9 : 1


@pytest.mark.parametrize("look", [look for _, look in LOOKS], ids=lambda look: look.__name__)
def test_a_look_keeps_the_form_of_the_picture(look):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (48, 64, 3), np.uint8)
    restyle = look(np.random.default_rng(1), pixels.copy())
    assert restyle.shape == pixels.shape
    assert restyle.dtype == np.uint8
    assert np.array_equal(restyle, look(np.random.default_rng(1), pixels.copy()))


def test_all_hues_turn_alike():
    wheel = np.stack([np.arange(0, 180, 5), np.full(36, 255), np.full(36, 255)], 1)[None]
    pixels = cv2.cvtColor(wheel.astype(np.uint8), cv2.COLOR_HSV2RGB)
    for seed in range(20):
        turned = cv2.cvtColor(hue(np.random.default_rng(seed), pixels), cv2.COLOR_RGB2HSV)
        steps = np.diff(turned[0, :, 0].astype(int)) % 180
        assert np.abs(steps - 5).max() <= 3


def test_looks_leave_their_input_alone():
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    before = pixels.copy()
    for seed in range(30):
        restyled(np.random.default_rng(seed), pixels)
    assert np.array_equal(pixels, before)


def one_face(box, creature=False, ignored=(), size=256):
    pixels = np.zeros((size, size, 3), np.uint8)
    kinds = np.array([creature])
    return Tile(
        pixels, np.array([box], np.float32), kinds, np.array(ignored, np.float32).reshape(-1, 4)
    )


def cells_of_levels(size=256):
    bounds = np.cumsum([0, *((size // stride) ** 2 for stride, _, _ in LEVELS)])
    return [slice(a, b) for a, b in pairwise(bounds)]


@pytest.mark.parametrize("side", [12, 20, 40, 60, 100, 140, 230])
def test_a_face_of_any_size_has_a_center_and_its_box(side):
    box = [10, 12, 10 + side, 12 + side]
    made = targets(one_face(box))
    centers = np.flatnonzero(made.heat[:, 0] == 1)
    assert 1 <= len(centers) <= 2
    assert (made.boxes[centers] == box).all()
    assert made.weights.sum() == pytest.approx(len(centers))


def test_small_faces_belong_to_the_finest_level():
    small = targets(one_face([10, 10, 30, 30]))
    large = targets(one_face([10, 10, 210, 210]))
    finest, _, coarsest = cells_of_levels()
    assert (small.heat[finest, 0] == 1).sum() == 1
    assert (small.heat[coarsest, 0] == 1).sum() == 0
    assert (large.heat[finest, 0] == 1).sum() == 0
    assert (large.heat[coarsest, 0] == 1).sum() == 1


def test_a_creature_is_background_for_faces():
    made = targets(one_face([10, 10, 60, 60], creature=True))
    assert made.heat[:, 0].max() == 0
    assert made.heat[:, 1].max() == 1
    assert made.weights.max() == 0


def test_ignored_places_do_not_count_but_faces_in_them_do():
    made = targets(one_face([100, 100, 140, 140], ignored=[[50, 50, 200, 200]]))
    finest = cells_of_levels()[0]
    counted = made.counted[finest].reshape(32, 32)
    assert counted[7, 7] == 0
    assert counted[15, 15] == 1
    assert counted[0, 0] == 1


def test_mistakes_are_shown_at_about_their_size_and_often(drawn_pages):
    picture = load_pictures(drawn_pages)[0]
    spot = np.float32([[10, 20, 40, 44]])
    wrong = dataclasses.replace(picture, mistakes=np.repeat(spot, 9, axis=0))
    rng = np.random.default_rng(0)
    aims = [_aim(rng, wrong, 128) for _ in range(300)]
    there = [scale for center, scale in aims if np.allclose(center, (25, 32))]
    assert 0.2 < len(there) / 300 < 0.4
    assert min(there) > 0.49 and max(there) < 2.02
    assert not any(np.allclose(_aim(rng, picture, 128)[0], (25, 32)) for _ in range(50))

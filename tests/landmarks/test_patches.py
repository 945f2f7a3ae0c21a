from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from dots import PAPER, SHAPE, FindsDots, draw_face

from webtoon_curate.crops import CropSettings, cut, squares
from webtoon_curate.landmarks.passes import VARIANTS, Look, joined_readings, read_passes
from webtoon_curate.landmarks.patches import (
    UNSEEN,
    Patches,
    Variant,
    crop_of,
    from_crop,
    map_from_crop,
)
from webtoon_curate.landmarks.points import MIRRORED
from webtoon_curate.landmarks.registry import Found
from webtoon_curate.reader.readings import Readings
from webtoon_curate.synth.labels import MIRRORED_LABELS, Label

FRAMING = CropSettings(96, 1.6, 0.0)


def page(x=160.3, y=148.9, size=110.0):
    picture = np.full((300, 320, 3), PAPER, np.uint8)
    return picture, draw_face(picture, x, y, size)


def patches_of(picture, boxes, framing=FRAMING):
    return Patches.on(picture, np.array(boxes, float), framing)


def test_the_plain_crop_of_a_patch_is_the_crop_itself():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (300, 320, 3), np.uint8)
    box = np.array([100.3, 90.7, 80.0, 95.0])
    patches = patches_of(picture, [box])
    wanted = cut(
        lambda x, y, w, h: picture[y : y + h, x : x + w],
        squares(box, FRAMING)[0],
        (0, 0, 320, 300),
        FRAMING.size,
    )
    different = np.abs(crop_of(patches.pixels[0], FRAMING).astype(int) - wanted)
    assert different.max() <= 2


def test_points_come_back_to_the_page():
    patches = patches_of(page()[0], [(100, 90, 120, 110)])
    points = np.random.default_rng(0).uniform(0, 96, (1, 68, 2)).astype(np.float32)
    assert patches.taken(patches.placed(points)) == pytest.approx(points, abs=1e-3)


@pytest.mark.parametrize(
    "variant",
    [
        *VARIANTS,
        Variant(1.3, 0.1, -0.2),
        Variant(0.7, mirrored=True),
        Variant(1.1, 0.05, -0.1, turn=37),
        Variant(0.9, mirrored=True, turn=-100),
    ],
    ids=str,
)
def test_whatever_a_variant_sees_is_placed_where_it_is(variant):
    picture, truth = page()
    patches = patches_of(picture, [(105, 95, 110, 105)])
    crop = crop_of(patches.pixels[0], FRAMING, variant)
    found = FindsDots()(crop[None], None).points
    placed = patches.placed(from_crop(found, FRAMING, variant))[0]
    assert np.abs(placed - truth).max() < 2.0


def blocks(rng):
    """A patch of even blocks, each of one part."""
    parts = rng.integers(0, len(Label), (7, 7), np.uint8)
    side = patches_of(page()[0], [(100, 90, 120, 110)]).side
    return np.kron(parts, np.ones((20, 20), np.uint8))[:side, :side]


def even(parts):
    """Pixels whose neighbors show the same: elsewhere cubic sampling mixes numbers of classes."""
    same = [parts == np.roll(parts, step, axis) for axis in (0, 1) for step in (-1, 1)]
    return np.logical_and.reduce(same)


def seen_map(labels, variant):
    """What a reader that makes no mistakes says of a variant's crop, a class for two pixels."""
    small = np.stack([labels] * 3, axis=2)
    crop = crop_of(small, FRAMING, replace(variant, mirrored=False))[..., 0]
    whole = crop[1::2, 1::2]
    return MIRRORED_LABELS[whole[:, ::-1]] if variant.mirrored else whole


@pytest.mark.parametrize(
    "variant",
    [*VARIANTS, Variant(0.7, mirrored=True), Variant(turn=25), Variant(mirrored=True, turn=-90)],
    ids=str,
)
def test_a_map_comes_back_to_the_plain_crop(variant):
    labels = blocks(np.random.default_rng(3))
    plain = seen_map(labels, Variant())
    found = map_from_crop(seen_map(labels, variant), FRAMING, variant)
    seen = found != UNSEEN
    compared = seen & even(plain)
    assert compared.sum() > 500
    assert (found == plain)[compared].mean() > 0.97
    whole = variant.scale >= 1 + 2 * max(abs(variant.dx), abs(variant.dy))
    assert seen.all() == (whole and variant.turn % 90 == 0)


def test_two_of_three_maps_decide_and_embeddings_are_averaged():
    labels = blocks(np.random.default_rng(4))
    maps = [seen_map(labels, variant).copy() for variant in VARIANTS]
    maps[0][20:40, 20:40] = Label.LETTERING
    empty = vars(Readings.none())
    one = {name: np.ones((1, *value.shape[1:]), value.dtype) for name, value in empty.items()}
    points, sides = np.zeros((1, 68, 2), np.float32), np.eye(3, 128, dtype=np.float32)
    several = [
        Look(
            Found(
                points,
                readings=Readings(**one | {"parsing": parsing[None], "embedding": side[None]}),
            ),
            [variant],
        )
        for parsing, side, variant in zip(maps, sides, VARIANTS)
    ]
    found = joined_readings(several, FRAMING)
    assert found.embedding[0] == pytest.approx(sides.sum(axis=0) / 3**0.5)
    joined = found.parsing[0]
    truth = seen_map(labels, Variant())
    compared = even(truth)
    assert (maps[0] == truth)[compared].mean() < 0.95
    assert (joined == truth)[compared].mean() > 0.98


def test_a_mirrored_face_keeps_its_left_and_right():
    points = np.random.default_rng(2).uniform(0, 96, (68, 2)).astype(np.float32)
    seen = points[MIRRORED] * np.float32([-1, 1]) + np.float32([96, 0])
    plain, mirrored = (from_crop(p, FRAMING, Variant(mirrored=m))
                       for p, m in ((points, False), (seen, True)))  # fmt: skip
    assert mirrored == pytest.approx(plain, abs=1e-4)


def test_passes_that_agree_have_no_dispersion_and_no_growth():
    picture, truth = page()
    patches = patches_of(picture, [(105, 95, 110, 105), (110, 100, 105, 110)])
    passes = read_passes(FindsDots(), patches)
    assert np.abs(patches.placed(passes.points) - truth).max() < 2
    assert passes.dispersion.max() < 0.02
    assert np.abs(passes.recrop).max() < 0.05


class ReadsUpright(FindsDots):
    """Says which way the face leans, and finds the points of upright ones only."""

    def __init__(self):
        super().__init__()
        self.crops = []

    def __call__(self, crops, boxes):
        found = super().__call__(crops, boxes)
        across = found.points[:, 16] - found.points[:, 0]
        roll = np.degrees(np.arctan2(across[:, 1], across[:, 0])).astype(np.float32)
        points = np.where(np.abs(roll)[:, None, None] < 3, found.points, 0).astype(np.float32)
        self.crops.append(len(crops))
        empty = vars(Readings.none())
        values = {n: np.ones((len(crops), *v.shape[1:]), v.dtype) for n, v in empty.items()}
        maps = np.full((len(crops), 48, 48), Label.SKIN, np.uint8)
        values |= {"roll": roll, "landmarks": points, "parsing": maps}
        return Found(points, readings=Readings(**values))


@pytest.mark.parametrize("roll", [0, 30, -115, 178])
def test_a_face_that_leans_is_read_upright_and_placed_where_it_is(roll):
    picture, truth = page()
    middle = (160.3, 148.9)
    turn = cv2.getRotationMatrix2D(middle, -roll, 1.0)
    leaning = cv2.warpAffine(picture, turn, picture.shape[1::-1], borderValue=PAPER)
    turned = truth @ turn[:, :2].T + turn[:, 2]
    backend, box = ReadsUpright(), (105, 95, 110, 105)
    patches = patches_of(leaning, [box])
    passes = read_passes(backend, patches)
    assert np.abs(patches.placed(passes.points)[0] - turned).max() < 2.5
    assert passes.dispersion[0] < 0.02 and abs(passes.recrop[0]) < 0.1
    assert abs((passes.readings.roll[0] - roll + 180) % 360 - 180) < 3
    assert (passes.readings.parsing == Label.SKIN).all()
    assert sum(backend.crops) == (4 if roll == 0 else 5)


class NeverSure(ReadsUpright):
    """Each face lies on its side, also when it has been turned."""

    def __call__(self, crops, boxes):
        found = super().__call__(crops, boxes)
        return replace(
            found, readings=replace(found.readings, roll=np.full_like(found.readings.roll, 90))
        )


def test_a_face_that_seems_to_lie_however_it_is_turned_is_read_as_it_is():
    passes = read_passes(NeverSure(), patches_of(page()[0], [(105, 95, 110, 105)]))
    assert passes.readings.roll[0] == 90
    assert passes.dispersion[0] < 0.02


class Overshoots(FindsDots):
    """Its points follow the crop, not the face."""

    def _points(self, crop):
        return SHAPE * self.size * 0.75 + self.size / 2


def test_a_reader_that_overshoots_grows_when_it_reads_its_own_box():
    picture, _ = page()
    passes = read_passes(Overshoots(), patches_of(picture, [(105, 95, 110, 105)]))
    assert passes.recrop[0] > 0.1


def test_a_backend_without_numbers_is_no_crash():
    passes = read_passes(FindsDots(broken=True), patches_of(page()[0], [(105, 95, 110, 105)]))
    assert np.isnan(passes.points).all()

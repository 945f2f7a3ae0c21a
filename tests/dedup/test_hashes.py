"""Hashes against `imagehash`, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from webtoon_curate.dedup.hashes import OTHER_KINDS, grey, hashes, other_hash

imagehash = pytest.importorskip("imagehash")


def picture(rng, height, width, kind):
    if kind == "noise":
        return rng.integers(0, 256, (height, width, 3), np.uint8)
    if kind == "flat":
        return np.full((height, width, 3), rng.integers(0, 256, 3), np.uint8)
    if kind == "ink":
        return (rng.random((height, width, 1)) > 0.5).astype(np.uint8).repeat(3, 2) * 255
    few = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8))
    smooth = np.asarray(few.resize((width, height), Image.Resampling.BICUBIC))
    return np.minimum(smooth, smooth[:, ::-1]) if kind == "symmetric" else smooth


KINDS = ("noise", "flat", "ink", "smooth", "symmetric")


def number(found):
    return int(str(found), 16)


@pytest.mark.parametrize("kind", KINDS)
def test_both_hashes_are_those_of_imagehash_also_of_odd_sizes(kind):
    rng = np.random.default_rng(KINDS.index(kind))
    sides = [1, 2, 7, 31, 32, 33, 64, 100, 255, 256, 256, 256, 257, 300]
    shapes = [(s, s) for s in sides] + [tuple(rng.integers(1, 300, 2)) for _ in range(20)]
    crops = [picture(rng, *shape, kind) for shape in shapes]
    phash, dhash, mirrored, small = hashes(crops)
    images = [Image.fromarray(crop) for crop in crops]
    assert phash.tolist() == [number(imagehash.phash(image)) for image in images]
    assert dhash.tolist() == [number(imagehash.dhash(image)) for image in images]
    turned = [Image.fromarray(grey_small[:, ::-1]) for grey_small in small]
    assert mirrored.tolist() == [number(imagehash.phash(image)) for image in turned]


@pytest.mark.parametrize(("side", "count"), [(20, 40), (100, 50), (700, 2)])
def test_crops_of_one_size_are_hashed_together_in_parts_and_one_by_one(side, count):
    rng = np.random.default_rng(side)
    crops = [picture(rng, side, side, KINDS[n % 3]) for n in range(count)]
    phash, dhash, _, _ = hashes(crops)
    images = [Image.fromarray(crop) for crop in crops]
    assert phash.tolist() == [number(imagehash.phash(image)) for image in images]
    assert dhash.tolist() == [number(imagehash.dhash(image)) for image in images]


def test_a_crop_alone_has_the_hash_that_it_has_among_others():
    rng = np.random.default_rng(3)
    crops = [picture(rng, 256, 256, KINDS[n % 5]) for n in range(9)]
    together = hashes(crops)
    for place, crop in enumerate(crops):
        assert [part[0].tolist() for part in hashes([crop])] == [
            part[place].tolist() for part in together
        ]


def test_grey_is_that_of_pillow():
    values = np.arange(256, dtype=np.uint8)
    cube = np.stack(np.meshgrid(values[::5], values[::3], values), -1).reshape(-1, 256, 3)
    assert np.array_equal(grey(cube), np.asarray(Image.fromarray(cube).convert("L")))


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_other_kinds_are_those_of_imagehash(kind):
    rng = np.random.default_rng(1)
    crops = [picture(rng, 90, 80, "smooth") for _ in range(3)]
    expected = [number(getattr(imagehash, kind)(Image.fromarray(crop))) for crop in crops]
    assert other_hash(kind, crops).tolist() == expected


def test_no_crops_have_no_hashes():
    assert [len(part) for part in hashes([])] == [0, 0, 0, 0]

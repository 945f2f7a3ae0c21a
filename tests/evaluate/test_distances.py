from __future__ import annotations

import numpy as np
import pytest

from webtoon_curate.errors import CurateError
from webtoon_curate.evaluate import distances
from webtoon_curate.evaluate.distances import (
    TooFewError,
    frechet_distance,
    kernel_distance,
    memorization,
)


def sets(n=400, d=24, shift=0.3, seed=0):
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(d, d))
    return rng.normal(size=(n, d)), rng.normal(size=(n + 50, d)) @ mix * 0.4 + shift


def test_fid_is_that_of_clean_fid_and_torch_fidelity():
    """Both take scipy's matrix root of C1 C2."""
    linalg = pytest.importorskip("scipy.linalg")
    one, two = sets()
    apart = one.mean(0) - two.mean(0)
    first, second = np.cov(one, rowvar=False), np.cov(two, rowvar=False)
    root = linalg.sqrtm(first @ second)
    wanted = apart @ apart + np.trace(first) + np.trace(second) - 2 * np.trace(root.real)
    assert frechet_distance(one, two, force=True) == pytest.approx(wanted, abs=1e-8)


def test_fid_of_a_set_with_itself_is_nothing_also_where_its_covariance_is_singular():
    one = np.random.default_rng(1).normal(size=(40, 100))
    assert frechet_distance(one, one, force=True) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance, memorization])
def test_features_that_are_no_numbers_are_told(measure):
    one, two = sets(20)
    two[3, 4] = np.nan
    more = (one,) if measure is memorization else ()
    with pytest.raises(CurateError, match="features that are no numbers"):
        measure(one, two, *more)


def test_kid_is_that_of_clean_fid():
    one, two = sets()
    size, count = 60, 7
    rng = np.random.default_rng(5)
    total = 0.0
    for _ in range(count):
        x = one[rng.choice(len(one), size, replace=False)]
        y = two[rng.choice(len(two), size, replace=False)]
        a = (x @ x.T / x.shape[1] + 1) ** 3 + (y @ y.T / x.shape[1] + 1) ** 3
        b = (x @ y.T / x.shape[1] + 1) ** 3
        total += (a.sum() - np.diag(a).sum()) / (size - 1) - b.sum() * 2 / size
    wanted = total / count / size
    assert kernel_distance(one, two, size, count, seed=5).value == pytest.approx(wanted, abs=1e-8)


def test_kid_of_few_pictures_is_not_biased_and_fid_is():
    rng = np.random.default_rng(2)
    kids, fids = [], []
    for _ in range(60):
        one, two = rng.normal(size=(2, 30, 16))
        kids.append(kernel_distance(one, two, 30, subsets=1).value)
        fids.append(frechet_distance(one, two, force=True))
    assert abs(np.mean(kids)) < 3 * np.std(kids) / np.sqrt(len(kids))
    assert np.mean(fids) > 10 * np.std(fids) / np.sqrt(len(fids))


@pytest.mark.parametrize(("count", "subset"), [(2, 2), (3, 2), (40, 20), (3000, 1000)])
def test_kid_deviates_also_where_pictures_are_few(count, subset):
    one, two = np.random.default_rng(3).normal(size=(2, count, 4))
    found = kernel_distance(one, two, subsets=5)
    assert found.subset == subset
    assert count == 2 or found.deviation > 0


def test_fid_of_few_pictures_is_refused():
    with pytest.raises(TooFewError, match="kid"):
        frechet_distance(*sets())


def test_copies_are_told_from_new_pictures():
    rng = np.random.default_rng(3)
    training, heldout, fresh = rng.normal(size=(3, 300, 8))
    copies = training[:100] + rng.normal(size=(100, 8)) * 0.01
    assert memorization(copies, training, heldout).score > 0.99
    assert memorization(copies, training, heldout).copies > 0.9
    assert np.array_equal(memorization(copies, training, heldout).nearest, np.arange(100))
    assert memorization(fresh, training, heldout).score == pytest.approx(0.5, abs=0.06)
    assert memorization(heldout, training, heldout).score == pytest.approx(0.5, abs=1e-9)


def test_the_nearest_picture_is_that_of_all_however_few_are_compared_at_once(monkeypatch):
    monkeypatch.setattr(distances, "_BLOCK", 11)
    monkeypatch.setattr(distances, "_COLUMNS", 7)
    samples, training, heldout = np.random.default_rng(4).normal(size=(3, 50, 6))
    away = np.linalg.norm(samples[:, None] - training, axis=2)
    found = memorization(samples, training, heldout)
    assert np.array_equal(found.nearest, away.argmin(1))
    assert found.sample_distance == pytest.approx(np.median(away.min(1)))

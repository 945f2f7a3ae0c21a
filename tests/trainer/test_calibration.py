from __future__ import annotations

import numpy as np
import pytest

from webtoon_curate.trainer.calibration import logistic_fit, operating_points


def test_the_fit_finds_the_map_that_made_the_hits():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, 20_000)
    hits = rng.random(20_000) < 1 / (1 + np.exp(-(0.6 * logits - 1.2)))
    slope, bias = logistic_fit(logits, hits)
    assert slope == pytest.approx(0.6, abs=0.03)
    assert bias == pytest.approx(-1.2, abs=0.06)


@pytest.mark.parametrize("seed", range(8))
def test_the_fit_of_a_network_that_is_far_too_sure_is_the_likeliest(seed):
    rng = np.random.default_rng(seed)
    logits = rng.uniform(-3, 8, 150)
    hits = rng.random(150) < 1 / (1 + np.exp(-0.5 * (logits - 7)))

    def cost(slope, bias):
        told = slope * logits + bias
        return np.logaddexp(0, told).sum() - told[hits].sum()

    slope, bias = logistic_fit(logits, hits)
    around = [cost(slope + 0.05 * i, bias + 0.2 * j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    assert min(around) == cost(slope, bias)


def test_scores_that_tell_nothing_are_left_as_they_are():
    logits = np.linspace(-3, 5, 40)
    assert logistic_fit(logits, logits < 0) == (1, 0)


@pytest.mark.parametrize("hits", [np.ones(20, bool), np.zeros(20, bool), np.zeros(0, bool)])
def test_the_fit_is_finite_where_there_is_nothing_to_learn(hits):
    assert np.isfinite(logistic_fit(np.linspace(-2, 2, len(hits)), hits)).all()


def test_operating_points_have_the_precision_they_promise():
    rng = np.random.default_rng(1)
    scores = rng.random(4000)
    hits = rng.random(4000) < scores
    points = operating_points(scores, hits, int(hits.sum()) + 200)
    assert points["high"] <= points["balanced"] < points["precise"]
    assert hits[scores >= points["precise"]].mean() >= 0.95
    assert hits[scores >= points["high"]].mean() >= 0.75


def test_without_detections_there_are_still_operating_points():
    points = operating_points(np.zeros(0), np.zeros(0, bool), 5)
    assert list(points) == ["high", "balanced", "precise"]

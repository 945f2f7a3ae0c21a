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

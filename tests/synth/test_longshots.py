"""Whole figures: how their legs are held, where they stand, and what they sit on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from webtoon_curate.synth.figures.body import Body
from webtoon_curate.synth.figures.build import face_span
from webtoon_curate.synth.figures.legs import LEGS, SEATED, depth, leg
from webtoon_curate.synth.grounds.floors import MOOD
from webtoon_curate.synth.scenes.casting import sample_cast
from webtoon_curate.synth.scenes.composition import sample_shot
from webtoon_curate.synth.scenes.longshots import LONG_SHOTS, MOVING, POSES, SITTING
from webtoon_curate.synth.scenes.plan import SHOTS

SIZE = 480


def shots(kind, count=40):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        yield sample_shot(rng, sample_cast(rng), SIZE, SIZE, 0, kind)


def body_of(shot, actor):
    middle, span = face_span(shot.style, actor.character)
    head = actor.face / span
    y = actor.y - middle * head
    return Body(actor.build, actor.outfit, actor.posture, (0, 0, 0), actor.x, y, head)


def test_long_shots_are_kinds_of_shots_with_known_legs():
    assert set(LONG_SHOTS) < set(SHOTS)
    assert set(POSES | SITTING | MOVING) - {"stand", "walk"} <= set(LEGS)
    assert set(SEATED) <= set(LEGS)


@pytest.mark.parametrize("name", sorted(LEGS))
def test_bent_legs_keep_their_length_and_turn_with_the_body(name):
    hip = (0.25, 2.0)
    for near in (True, False):
        one = LEGS[name][0 if near else 1]
        for way in (-1, 1):
            points = np.array([hip, *leg(name, near, way, way, hip, 3.0)])
            lengths = np.hypot(*np.diff(points, axis=0).T)
            np.testing.assert_allclose(lengths, 1.5 * np.array([one.upper, one.lower]))
        right, left = (np.array(leg(name, near, way, way, (0, 0), 3.0)) for way in (1, -1))
        np.testing.assert_allclose(right, left * [-1, 1], atol=1e-12)


def test_the_feet_of_figures_are_near_the_bottom():
    rows = []
    for shot in shots("figure"):
        for actor in shot.actors:
            body = body_of(shot, actor)
            low = body.hips + body.leg * depth(actor.posture.legs)
            rows.append(body.at(0, low)[1] / SIZE)
    assert min(rows) > 0.5 and max(rows) < 1.06
    assert np.median(rows) > 0.8


def test_people_who_sit_together_sit():
    legs = [actor.posture.legs for shot in shots("seated") for actor in shot.actors]
    sitting = np.mean([name in SEATED for name in legs])
    assert 0.75 < sitting < 0.97


def test_groups_overlap():
    near = []
    for shot in shots("group", 20):
        spots = np.array([(a.x, a.y) for a in shot.actors])
        gaps = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
        gaps[np.diag_indices(len(gaps))] = np.inf
        near.append(np.median(gaps.min(1) / np.median([a.face for a in shot.actors])))
    assert np.median(near) < 1.9


def test_who_is_seen_from_above_looks_down_and_is_short():
    floors = []
    for shot in shots("above"):
        floors.append(shot.mood == MOOD and shot.place is None)
        for actor in shot.actors:
            assert actor.pose.pitch < 5
            assert 0.3 < actor.squash < 0.85
    assert 0.5 < np.mean(floors) < 0.95
    assert not any(shot.mood == MOOD for shot in shots("figure", 10))


def test_long_skirts_do_not_reach_past_bent_knees():
    class Pen:
        def __getattr__(self, _):
            return lambda *args, **kwargs: paths.append(args[0])

    (shot,) = shots("figure", 1)
    actor = shot.actors[0]
    outfit = replace(actor.outfit, skirt=True, hem=0.9, pattern="none")
    lows = []
    for legs in ("stand", "run"):
        paths = []
        posture = replace(actor.posture, legs=legs, lean=0.0)
        body = body_of(shot, replace(actor, outfit=outfit, posture=posture))
        body._skirt(Pen())
        lows.append(paths[0].getBounds().bottom())
    assert lows[1] < lows[0]

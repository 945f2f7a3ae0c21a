"""Profiles: kinds of outlines, eyes from the side, necks."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import skia

from webtoon_curate.synth.figures.body import Body
from webtoon_curate.synth.figures.build import build_of
from webtoon_curate.synth.figures.clothes import sample_outfit
from webtoon_curate.synth.figures.posture import Posture, sample_posture
from webtoon_curate.synth.heads.eyes.eyes import build_eyes
from webtoon_curate.synth.heads.eyes.side_eyes import draw_far_lashes
from webtoon_curate.synth.heads.face import draw_head
from webtoon_curate.synth.heads.nose import Nose, _winged
from webtoon_curate.synth.heads.outline import flows, profile_line
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Painter
from webtoon_curate.synth.people.character import sample_character
from webtoon_curate.synth.people.head import Head, Pose
from webtoon_curate.synth.people.profiles import FLOWING, PLAIN, SIDES, WEDGED, sample_side
from webtoon_curate.synth.people.proportions import embody
from webtoon_curate.synth.people.style import sample_style
from webtoon_curate.synth.sketch import Light, Sketch

SIZE, PARTS = 260, {"jaw": range(17), "nose": range(27, 36), "eye": range(36, 48)}


def drawn(side, yaw, seed=3, pitch=0.0, own_seed=None, look=None, **fixed):
    rng = np.random.default_rng(seed)
    style = replace(sample_style(rng, "manhwa"), side=side, line_color="black", eye="anime")
    style = replace(style, distant_from=1.0, nose="side", **(look or {}))
    plain = {"hair_style": "bald", "glasses": None, "hat": None, "marks": ()} | fixed
    character = sample_character(rng, gender="man", age="adult", **plain)
    character = replace(character, seed=own_seed or character.seed)
    painter = Painter(SIZE, SIZE)
    painter.instance, painter.marks = 1, []
    pose = Pose(yaw=yaw, pitch=pitch, expression="neutral")
    truth = draw_head(painter, character, style, pose, SIZE / 2, SIZE / 2, 130, rng=rng)
    return painter, truth, style, character


def away(painter, name, spots):
    """Pixels from each spot to the nearest marked contour of a part."""
    points = []
    for part, path, matrix in painter.marks:
        if part == name:
            outline = skia.Path(path)
            outline.transform(matrix)
            length = skia.PathMeasure(outline, False)
            for at in np.linspace(0, length.getLength(), 500):
                point = length.getPosTan(float(at))[0]
                points.append((point.x(), point.y()))
    return np.sqrt(((spots[:, None] - np.array(points)[None]) ** 2).sum(-1)).min(1)


@pytest.mark.parametrize("kind", SIDES)
def test_landmarks_of_profiles_lie_on_their_lines(kind):
    side = replace(SIDES[kind], flowing=True, wedge=True)
    for yaw in (-88, 62, 100):
        painter, truth, _, _ = drawn(side, yaw)
        for name, indices in PARTS.items():
            shown = [i for i in indices if truth.visible[i]]
            if shown:
                assert away(painter, name, truth.landmarks[shown]).max() < 1.0, (kind, yaw, name)


def test_kinds_of_profiles_turn_tip_and_chin():
    chins, tips = {}, {}
    for kind in ("plain", "straight", "weak", "button", "hooked"):
        p = drawn(replace(SIDES[kind], wedge=True), 90)[1].landmarks
        chins[kind], tips[kind] = p[8, 0] - p[51, 0], p[30, 1]
    assert chins["weak"] < chins["plain"] < chins["straight"] + 3
    assert tips["button"] < tips["plain"] < tips["hooked"]


def test_styles_flow_and_have_wedges_at_their_chance():
    rng = np.random.default_rng(0)
    sides = [sample_side(rng, "manhwa") for _ in range(600)]
    assert np.mean([s.flowing for s in sides]) == pytest.approx(FLOWING, abs=0.06)
    assert np.mean([s.wedge for s in sides]) == pytest.approx(WEDGED, abs=0.06)
    assert len({s.ridge_lifts for s in sides}) > 4


def test_a_flowing_profile_runs_down_from_crown_to_chin_past_the_tip():
    rng = np.random.default_rng(1)
    side = replace(SIDES["flow"], flowing=True)
    style = embody(replace(sample_style(rng, "shoujo"), side=side), sample_character(rng))
    head = Head(style, Pose(yaw=85))

    sketch = SimpleNamespace(head=head, style=replace(style, nose="side"), outlined=True)
    nose = Nose(sketch)
    line = profile_line(head, nose)
    assert flows(sketch, nose)
    assert (np.diff(line[:, 1]) > -0.05).all() and line[-1, 1] > 0.45
    assert np.isclose(line[:, 0].max(), nose.bridge[3, 0])
    assert np.hypot(*np.diff(line[6:], axis=0).T).max() < 0.13


def test_an_eye_from_the_side_is_a_wedge_with_its_iris_in_front():
    shares = {}
    for side in (PLAIN, replace(PLAIN, wedge=True, flowing=True)):
        painter = drawn(side, 84, pitch=1.0)[0]
        labels = painter.label_map()
        eye = np.argwhere((labels == Label.LEFT_EYE) | (labels == Label.LEFT_IRIS))[:, 1]
        iris = np.argwhere(labels == Label.LEFT_IRIS)[:, 1]
        shares[side.wedge] = (iris.mean() - eye.min()) / max(np.ptp(eye), 1)
    assert shares[True] > shares[False] + 0.05


def test_a_shouting_mouth_opens_the_outline_of_a_profile_only():
    style = sample_style(np.random.default_rng(2), "manhwa")
    shut, shout = (Head(style, Pose(yaw=85), gape) for gape in (0.0, 0.07))
    level = np.abs(shut.ring_y - style.mouth_y - 0.02).argmin()
    assert shut.ring_front[level] - shout.ring_front[level] > 0.02
    assert (
        Head(style, Pose(yaw=30), 0.07).ring_front == Head(style, Pose(yaw=30)).ring_front
    ).all()


def test_a_raised_chin_shows_skin_below_it_before_the_hair():
    for pitch, low in ((25.0, 0.6), (0.0, 0.0)):
        painter, truth, _, _ = drawn(PLAIN, 20, pitch=pitch, hair_style="short")
        labels = painter.label_map()
        x, y = truth.landmarks[8].astype(int)
        below = labels[y + 3 : y + 16, x - 2 : x + 3]
        assert (below == Label.NECK).mean() >= low, pitch
        assert pitch or not (labels == Label.NECK).any()


def test_necks_stand_behind_the_face_of_a_profile():
    rng = np.random.default_rng(4)
    style, character = sample_style(rng, "manhwa"), sample_character(rng)
    build, outfit = build_of(style, character), sample_outfit(rng, "woman", (90, 90, 90))
    bodies = [Body(build, outfit, Posture(profile=p), (240, 210, 190), 100, 100, 50)
              for p in (-1.0, 0.0, 1.0)]  # fmt: skip
    assert bodies[0].x > bodies[1].x + 10 and bodies[2].x < bodies[1].x - 10
    assert sample_posture(rng, 90, 0.0).profile == pytest.approx(1.0)


def test_large_noses_of_detailed_drawings_have_wings_from_the_side():
    style = replace(sample_style(np.random.default_rng(2), "manhwa"), nose_out=0.08, detail=0.8)
    wings = [
        _winged(SimpleNamespace(style=replace(style, nose_width=wide), character=who))
        for wide, seed in ((0.04, 2), (0.04, 3), (0.02, 2))
        for who in [SimpleNamespace(seed=seed)]
    ]
    assert wings == [True, False, False]


def test_wings_and_nostrils_are_drawn_on_the_nose(monkeypatch):
    large = {"detail": 0.9, "nose_out": 0.1, "nose_width": 0.06}
    for yaw in (80, -80):
        with_wing = drawn(SIDES["real"], yaw, own_seed=8, look=large)[0].rgb()
        with monkeypatch.context() as patch:
            patch.setattr("webtoon_curate.synth.heads.nose._winged", lambda _: False)
            without = drawn(SIDES["real"], yaw, own_seed=8, look=large)[0].rgb()
        assert (with_wing != without).any(axis=-1).sum() > 10


def test_past_the_profile_lashes_of_the_near_eye_lead():
    side, heavy = replace(SIDES["greek"], wedge=True), {"lash": 1.0, "eye_size": 0.09}
    for yaw, label in ((99, Label.LEFT_EYE), (-99, Label.RIGHT_EYE), (70, Label.RIGHT_EYE)):
        rng = np.random.default_rng(3)
        style = replace(sample_style(rng, "manhwa"), side=side, eye="anime", **heavy)
        head, painter = Head(style, Pose(yaw=yaw)), Painter(SIZE, SIZE)
        who = sample_character(rng)
        painter.concat(skia.Matrix.MakeAll(120, 0, 130, 0, 120, 130, 0, 0, 1))
        sketch = Sketch(painter, head, style, who, Light(), rng, 1 / 120)
        draw_far_lashes(sketch, build_eyes(sketch))
        assert (painter.label_map() == label).any()

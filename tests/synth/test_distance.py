"""Faces in long shots have fewer parts, and their truth says which."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from webtoon_curate.synth import crops
from webtoon_curate.synth.heads.eyes.distance import absent, enlarged, near, simplified
from webtoon_curate.synth.heads.face import draw_head
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.pages.sheet import _counts
from webtoon_curate.synth.paint import Painter
from webtoon_curate.synth.people.character import sample_character
from webtoon_curate.synth.people.head import Pose
from webtoon_curate.synth.people.style import sample_style

SIZE = 30


def head(style, size=SIZE, extra=False, seed=0):
    """A bald, open-eyed man's face in front of white, and its labels."""
    who = sample_character(np.random.default_rng(5))
    bare = {"hair_style": "bald", "hat": None, "glasses": None, "facial_hair": None, "marks": ()}
    who = replace(who, **bare)
    painter, rng = Painter(3 * size, 3 * size), np.random.default_rng(seed)
    painter.instance = 1
    pose = Pose(0, 0, 0, expression="neutral")
    truth = draw_head(
        painter, who, style, pose, 1.5 * size, 1.5 * size, size, None, rng, extra=extra
    )
    return truth, painter


def style_of(distant, distant_from=90.0):
    style = sample_style(np.random.default_rng(2), "manhwa")
    return replace(style, distant=distant, distant_from=distant_from)


def test_most_titles_draw_distant_faces_simply_from_some_size_on():
    styles = [sample_style(np.random.default_rng(seed)) for seed in range(300)]
    simple = [style for style in styles if style.distant != "whole"]
    assert 0.7 < len(simple) / 300 < 0.87
    assert {style.distant for style in simple} == {"coarse", "dots", "dashes", "lids", "sockets"}
    assert 30 <= min(s.distant_from for s in simple) < 40
    assert 95 < max(s.distant_from for s in simple) <= 110


@pytest.mark.parametrize("distant", ["coarse", "dots", "dashes", "lids", "sockets"])
def test_near_faces_have_all_their_parts(distant):
    near, rng = style_of(distant, 40.0), np.random.default_rng(0)
    assert simplified(near, 51, 0.01, rng) is near
    assert simplified(near, 20, 0.03, rng).simple
    assert simplified(near, 200, 0.005, rng, extra=True).simple


def test_the_box_and_the_jaw_do_not_depend_on_how_a_face_is_drawn():
    whole, _ = head(style_of("whole"))
    for distant in ("coarse", "dots", "dashes", "lids", "sockets"):
        truth, _ = head(style_of(distant))
        assert truth.box == whole.box
        np.testing.assert_array_equal(truth.landmarks[:17], whole.landmarks[:17])
        centers = [t.landmarks[36:42].mean(0) for t in (truth, whole)]
        assert np.abs(centers[0] - centers[1]).max() < 0.06 * SIZE


def test_dots_are_where_their_points_are_and_leave_the_skin_around_them():
    truth, painter = head(style_of("dots"))
    whole, _ = head(style_of("whole"))
    eye, full = (t.landmarks[36:42] for t in (truth, whole))
    assert np.ptp(eye[:, 0]) < 0.6 * np.ptp(full[:, 0])
    grey = painter.rgb().mean(2)
    x, y = eye.mean(0).astype(int)
    assert grey[y, x] < 0.6 * grey[y + 5, x]


def test_what_is_left_out_is_not_visible():
    seen = set()
    for seed in range(40):
        truth, painter = head(style_of("dots"), seed=seed)
        labels = painter.label_map()
        mouth = bool(((labels == Label.MOUTH) | (labels == Label.INNER_MOUTH)).any())
        assert truth.visible[48:68].any() == mouth
        seen.add(mouth)
    assert seen == {True, False}


def test_faces_without_features_are_no_faces_to_find():
    kinds = set()
    for seed in range(40):
        truth, painter = head(style_of("dots"), 60, extra=True, seed=seed)
        labels = painter.label_map()
        features = (labels > Label.SKIN) & (labels <= Label.INNER_MOUTH)
        eyes = np.isin(labels, (Label.LEFT_EYE, Label.RIGHT_EYE, Label.LEFT_IRIS)).any()
        kinds.add((bool(eyes), truth.blank))
        if truth.blank:
            assert truth.visible[:17].any() and not truth.visible[17:].any()
            assert not eyes and features.sum() <= (labels == Label.NOSE).sum()
    assert kinds == {(True, False), (False, False), (False, True)}


def test_a_blank_face_is_not_counted():
    truth, _ = head(style_of("dots"), 60)

    class Drawn:
        seen = 1.0

    Drawn.truth = truth
    assert _counts(Drawn)
    Drawn.truth = replace(truth, blank=True)
    assert not _counts(Drawn)


def test_absent_parts_of_whole_styles_are_none():
    for seed in range(50):
        assert absent(sample_style(np.random.default_rng(seed))) == []


def test_a_crop_of_a_small_face_is_as_simple_as_the_face_on_its_page():
    style, rng = style_of("dots", 40.0), np.random.default_rng(0)
    assert simplified(enlarged(style, 5), 5 * 20, 0.01, rng).simple
    assert not simplified(enlarged(style, 5), 5 * 51, 0.01, rng).simple
    assert not simplified(near(style), 20, 0.01, rng).simple


def test_some_crops_are_of_small_faces_and_the_rest_never_simple(monkeypatch):
    sizes, drawn = [], []

    def style_seen(*args, **kwargs):
        drawn.append(args[2])
        return draw_head(*args, **kwargs)

    def size_seen(rgb, share, rng):
        sizes.append(share)
        return rgb

    monkeypatch.setattr(crops, "draw_head", style_seen)
    monkeypatch.setattr(crops, "resampled", size_seen)
    monkeypatch.setattr(crops, "FAR_SHARE", 0.5)
    list(crops.face_crops(40, 0, size=96))
    assert 5 < len(sizes) < 33 and max(sizes) < 1
    whole = sum(style.distant_from < 96 and style.distant == "whole" for style in drawn)
    assert len(drawn) > whole >= 10

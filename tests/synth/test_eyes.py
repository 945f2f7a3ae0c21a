"""Properties of drawn eyes, brows and mouths in all their manners."""

from dataclasses import replace

import numpy as np
import pytest
from bald_heads import BARE, gap_of_eyes

from webtoon_curate.synth.heads.eyes.eyes import NARROW_SHARE
from webtoon_curate.synth.heads.eyes.lids import UPPER
from webtoon_curate.synth.heads.face import draw_head
from webtoon_curate.synth.heads.mouth import LINE_WEIGHTS
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Painter
from webtoon_curate.synth.people.character import sample_character
from webtoon_curate.synth.people.head import Pose
from webtoon_curate.synth.people.manners import MANNERS
from webtoon_curate.synth.people.style import GREY_FILLS, sample_style

SIZE = 320
PUPILS = ("full", "plain", "deep", "ring", "gradient", "webtoon", "jewel", "halo", "smoke")


def drawn(pose=None, family="manhwa", seed=4, **changes):
    """A painter with one bald woman's head, and its truth."""
    painter = Painter(SIZE, SIZE)
    usual = {"eye": "anime", "fill": "cel", "line_color": "hue", "comic": 0.0}
    changes = usual | {"distant": "whole"} | changes
    style = replace(sample_style(np.random.default_rng(seed), family), **changes)
    brown = {"left_eye": (150, 96, 56), "right_eye": (150, 96, 56), "gender": "woman"}
    character = sample_character(np.random.default_rng(seed), **BARE, **brown, age="adult")
    rng = np.random.default_rng(seed)
    truth = draw_head(painter, character, style, pose or Pose(), 160, 170, 170, rng=rng)
    return painter, truth


def test_every_manner_has_its_drawing():
    assert set(UPPER) == set(MANNERS["lids"]) - {"plain"}
    assert {"plain", "gap", "thick", "short", "under", "soft", "glossy", "tint"} == set(
        LINE_WEIGHTS
    )


@pytest.mark.parametrize("lids", MANNERS["lids"])
def test_lid_landmarks_lie_on_the_drawn_eye(lids):
    for pose in (Pose(), Pose(yaw=30), Pose(expression="smile")):
        painter, truth = drawn(pose, lids=lids)
        assert gap_of_eyes(painter.label_map(), truth.landmarks) < 3


@pytest.mark.parametrize("pupil", PUPILS)
@pytest.mark.parametrize("glint", MANNERS["glint"])
def test_irises_keep_the_hue_of_their_color(pupil, glint):
    painter, truth = drawn(pupil=pupil, glint=glint, eye_open=0.9, detail=0.6)
    for label in (Label.LEFT_IRIS, Label.RIGHT_IRIS):
        iris = painter.rgb()[painter.label_map() == label].astype(float)
        red, green, blue = np.median(iris, axis=0)
        assert truth.left_eye_color == truth.right_eye_color == (150, 96, 56)
        assert red >= green >= blue - 8, "a brown iris stays brown"


@pytest.mark.parametrize("brow", MANNERS["brow"])
def test_brows_are_drawn_along_their_landmarks(brow):
    painter, truth = drawn(brow=brow)
    labels = painter.label_map()
    for points, label in ((slice(17, 22), Label.LEFT_BROW), (slice(22, 27), Label.RIGHT_BROW)):
        rows, columns = np.nonzero(labels == label)
        middle = truth.landmarks[points].mean(0)
        assert np.abs([columns.mean() - middle[0], rows.mean() - middle[1]]).max() < 6


@pytest.mark.parametrize("line", LINE_WEIGHTS)
def test_mouths_are_labelled_between_their_corners(line):
    for lips in (0.0, 0.6):
        painter, truth = drawn(mouth_line=line, lips=lips)
        rows, columns = np.nonzero(painter.label_map() == Label.MOUTH)
        left, right = truth.landmarks[48], truth.landmarks[54]
        assert len(rows) > 10
        assert columns.min() > left[0] - 4 and columns.max() < right[0] + 4
        assert abs(rows.mean() - truth.landmarks[48:].mean(0)[1]) < 8


@pytest.mark.parametrize("fill", sorted(GREY_FILLS))
def test_ink_drawings_of_eyes_and_mouths_have_no_color(fill):
    parts = [Label.LEFT_EYE, Label.LEFT_IRIS, Label.LEFT_BROW, Label.MOUTH, Label.NOSE, Label.SKIN]
    for lids in MANNERS["lids"]:
        painter, _ = drawn(fill=fill, lids=lids, mouth_line="glossy", brow="soft", nose="soft")
        rgb = painter.rgb()[np.isin(painter.label_map(), parts)].astype(int)
        assert np.ptp(rgb, axis=1).max() < 16


def test_a_few_people_never_open_their_eyes():
    seeds = np.random.default_rng(0).integers(2**31, size=20000)
    narrow = [int(seed) for seed in seeds if seed // 19 % 1000 < 1000 * NARROW_SHARE]
    assert 0.01 < len(narrow) / len(seeds) < 0.02
    style = replace(sample_style(np.random.default_rng(4), "manhwa"), eye="anime", comic=0.0)
    for seed, iris in ((narrow[0], False), (narrow[0] - narrow[0] // 19 % 1000 * 19 + 9500, True)):
        painter = Painter(SIZE, SIZE)
        who = sample_character(np.random.default_rng(4), **BARE, seed=seed, age="adult")
        draw_head(painter, who, style, Pose(), 160, 170, 170, rng=np.random.default_rng(4))
        assert bool((painter.label_map() == Label.LEFT_IRIS).any()) == iris

"""Properties of how drawn skin is shaded."""

from dataclasses import replace

import numpy as np
import pytest
from bald_heads import BARE

from webtoon_curate.synth.heads.face import draw_head
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Painter
from webtoon_curate.synth.people.character import sample_character
from webtoon_curate.synth.people.families import HELDOUT_FAMILIES
from webtoon_curate.synth.people.head import Pose
from webtoon_curate.synth.people.manners import MANNERS
from webtoon_curate.synth.people.style import Style, sample_style
from webtoon_curate.synth.sketch import Light

SIZE = 256


def drawn(style, seed=3, pose=None, light=None, **fixed):
    """A painter with one bald head, and its truth."""
    painter = Painter(SIZE, SIZE)
    character = sample_character(np.random.default_rng(seed), **(BARE | fixed))
    pose = pose or Pose()
    rng = np.random.default_rng(seed)
    truth = draw_head(painter, character, style, pose, 128, 140, 130, light or Light(), rng)
    return painter, truth


def styled(skin, family="manhwa", seed=5, **changes):
    style = sample_style(np.random.default_rng(seed), family)
    return replace(style, **({"skin": skin, "fill": "soft", "line_color": "hue"} | changes))


@pytest.mark.parametrize("skin", MANNERS["skin"])
def test_shading_leaves_labels_landmarks_and_the_flat_color_as_they_are(skin):
    for pose in (Pose(), Pose(yaw=40, pitch=10), Pose(yaw=-80)):
        plain, before = drawn(styled("plain"), pose=pose)
        painter, after = drawn(styled(skin), pose=pose)
        assert (painter.label_map() == plain.label_map()).all()
        assert (after.landmarks == before.landmarks).all()
        assert after.skin_color == before.skin_color


@pytest.mark.parametrize("skin", ["form", "form_soft", "airbrush", "gradient", "painterly"])
def test_skin_is_lighter_on_the_side_of_the_light_and_keeps_its_color(skin):
    for side in (-1.0, 1.0):
        painter, truth = drawn(styled(skin, relief=0.6, warmth=0.5), light=Light(side, -0.3))
        rgb, labels = painter.rgb().astype(float), painter.label_map()
        mask = labels == Label.SKIN
        columns = np.nonzero(mask)[1]
        across = np.broadcast_to(np.arange(SIZE), labels.shape)
        low, high = np.quantile(columns, [0.3, 0.7])
        left, right = rgb[mask & (across < low)].mean(), rgb[mask & (across > high)].mean()
        assert (right - left) * side > 2
        assert np.abs(rgb[mask].mean(0) - truth.skin_color).max() < 40


def test_soft_skin_has_many_tones_and_flat_skin_one():
    tones = {}
    for skin in ("plain", "airbrush"):
        painter, _ = drawn(styled(skin, fill="cel"))
        face = painter.rgb()[painter.label_map() == Label.SKIN]
        tones[skin] = len(np.unique(face, axis=0))
    assert tones["airbrush"] > 3 * tones["plain"]
    painter, truth = drawn(styled("airbrush", fill="flat"))
    face = painter.rgb()[painter.label_map() == Label.SKIN]
    assert (face == truth.skin_color).all(1).mean() > 0.8


def test_reserved_families_keep_their_old_manners():
    defaults = {f.name: f.default for f in Style.__dataclass_fields__.values()}
    for family in HELDOUT_FAMILIES:
        for seed in range(10):
            style = sample_style(np.random.default_rng(seed), family)
            for name in ("skin", "lids", "glint", "brow", "relief", "warmth", "rim"):
                assert getattr(style, name) == defaults[name]
            assert style.stroke != "faded" and style.pupil in ("full", "plain", "deep", "ring")

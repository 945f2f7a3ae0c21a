"""Properties of what flies before a panel."""

import numpy as np
import pytest

from webtoon_curate.synth.ink import Ink, Look
from webtoon_curate.synth.paint import Painter, argb
from webtoon_curate.synth.people.style import GREY_FILLS
from webtoon_curate.synth.things.effects import EFFECTS, draw_effect
from webtoon_curate.synth.things.strikes import STRIKES

NEUTRAL = 8
"""Channels of ink and paper lie no farther apart."""
SEE_THROUGH = ("bokeh", "rain", "embers", "rays", "glows", "mist")


def drawn(name, fill="cel"):
    painter = Painter(160, 120)
    painter.canvas.clear(argb((90, 90, 90)))
    rng = np.random.default_rng(3)
    draw_effect(Ink(painter, Look(fill=fill), rng), rng, name, 160, 120)
    return painter


@pytest.mark.parametrize("name", sorted(set(EFFECTS) - {"none"}))
def test_each_effect_shows_and_clear_ones_label_nothing(name):
    painter = drawn(name)
    assert (painter.rgb() != 90).any()
    assert not (painter.label_map().any() and name in SEE_THROUGH)
    assert (painter.rgb() == drawn(name).rgb()).all()


@pytest.mark.parametrize("name", ["embers", "rays", "glows", "mist"])
def test_light_adds_and_has_no_color_in_titles_without(name):
    color, grey = drawn(name).rgb(), drawn(name, "tone").rgb()
    assert (color >= 88).all()
    assert (grey == grey[:, :, :1]).all()


@pytest.mark.parametrize("name", sorted(set(EFFECTS) - set(STRIKES) - {"none"}))
def test_effects_have_no_color_in_black_and_white_titles(name):
    for fill in sorted(GREY_FILLS):
        assert np.ptp(drawn(name, fill).rgb().astype(int), axis=2).max() <= NEUTRAL


def test_shares_of_effects_add_up_to_one():
    assert sum(EFFECTS.values()) == pytest.approx(1)

"""Signs for eyes: their chance, their points, and what other expressions do to faces."""

from dataclasses import replace

import numpy as np
import pytest
import skia
from bald_heads import BARE, gap_of_eyes

from webtoon_curate.synth.heads.eyes.comic import DISKS, GLYPHS, SHUT_LIDS, comic
from webtoon_curate.synth.heads.face import draw_head
from webtoon_curate.synth.heads.gloom import GLOOM_KINDS, draw_gloom
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Painter
from webtoon_curate.synth.people.character import sample_character
from webtoon_curate.synth.people.head import Head, Pose
from webtoon_curate.synth.people.poses import EXPRESSION_WEIGHTS, EXPRESSIONS
from webtoon_curate.synth.people.style import sample_style
from webtoon_curate.synth.sketch import Light, Sketch


def drawn(pose=None, **changes):
    painter = Painter(300, 300)
    style = replace(sample_style(np.random.default_rng(4), "manhwa"), comic=0.0, **changes)
    who = sample_character(np.random.default_rng(4), **BARE, gender="woman", age="adult")
    truth = draw_head(painter, who, style, pose or Pose(), 150, 160, 160,
                      rng=np.random.default_rng(4))  # fmt: skip
    return painter, truth


@pytest.mark.parametrize("glyph", [*DISKS, *SHUT_LIDS])
def test_points_of_a_sign_lie_on_it(glyph):
    for pose in (Pose(), Pose(yaw=25)):
        painter, truth = drawn(pose, glyph=glyph, distant="whole")
        assert gap_of_eyes(painter.label_map(), truth.landmarks) < 3


def test_signs_come_at_the_share_of_the_title_and_only_for_their_moods():
    style = sample_style(np.random.default_rng(4), "manhwa")
    rng = np.random.default_rng(1)
    often = replace(style, comic=0.2)
    drawings = [comic(often, Pose(expression="happy"), rng) for _ in range(500)]
    assert 0.14 < np.mean([drawing.glyph != "" for drawing in drawings]) < 0.26
    never = replace(style, comic=0.0)
    assert all(comic(never, Pose(expression="cry"), rng) is never for _ in range(50))
    shares = [sample_style(np.random.default_rng(seed), "manhwa").comic for seed in range(200)]
    assert 0.45 < np.mean([share > 0 for share in shares]) < 0.75
    assert set(GLYPHS) <= set(EXPRESSIONS) == set(EXPRESSION_WEIGHTS)


def test_doubt_lifts_one_brow_and_bared_teeth_are_light():
    _, calm = drawn()
    _, doubt = drawn(Pose(expression="doubt"))
    rise = (calm.landmarks - doubt.landmarks)[17:27, 1].reshape(2, 5).mean(1)
    assert abs(rise[0] - rise[1]) > 1.5
    painter, _ = drawn(Pose(expression="clench"), fill="cel", mouth_line="plain")
    inside = painter.rgb()[painter.label_map() == Label.INNER_MOUTH].astype(int)
    assert np.median(inside.min(1)) > 150


def test_gloom_darkens_the_brow_and_not_the_chin():
    def lights(kind):
        painter, truth = drawn(Pose(expression="glare"), fill="cel", skin="plain")
        if kind:
            who = sample_character(np.random.default_rng(4), **BARE, gender="woman", age="adult")
            style = sample_style(np.random.default_rng(4), "manhwa")
            head = Head(style, Pose())
            light, rng = Light(), np.random.default_rng(1)
            sketch = Sketch(painter, head, style, who, light, rng, 1 / 200)
            with painter.group(skia.Matrix.MakeAll(200, 0, 150, 0, 200, 150, 0, 0, 1)):
                draw_gloom(sketch, kind)
        rgb = painter.rgb().astype(int)
        (bx, by), (cx, cy) = truth.landmarks[19:25].mean(0), truth.landmarks[8] - [0, 8]
        return rgb[int(by) - 3, int(bx)].sum(), rgb[int(cy), int(cx)].sum()

    plain = lights(None)
    for kind in GLOOM_KINDS:
        brow, chin = lights(kind)
        assert brow < 0.75 * plain[0] and abs(chin - plain[1]) < 30

"""Properties of locks of hair: how often, where they fall, and that the truth knows of them."""

from dataclasses import replace

import numpy as np
import pytest

from webtoon_curate.synth.heads.face import draw_head
from webtoon_curate.synth.heads.hair import hair, hairlight, locks
from webtoon_curate.synth.heads.hair.haircuts import CUTS
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Painter, luminance
from webtoon_curate.synth.people.character import sample_character
from webtoon_curate.synth.people.head import Head, Pose
from webtoon_curate.synth.people.proportions import embody
from webtoon_curate.synth.people.style import sample_style
from webtoon_curate.synth.sketch import Light, Sketch

SIZE = 240
ZERO = np.zeros(2)
PLAIN = {"glasses": None, "hat": None, "facial_hair": None, "marks": (), "gender": "woman"}


def sketch_of(seed, cut="long", pose=None, title=None):
    rng = np.random.default_rng(seed)
    style = sample_style(np.random.default_rng(title if title is not None else seed), "manhwa")
    character = sample_character(rng, hair_style=cut, **PLAIN)
    own = embody(style, character)
    head = Head(own, pose or Pose())
    return Sketch(Painter(SIZE, SIZE), head, own, character, Light(), rng, 0.01)


def drawn(seed, cut, monkeypatch, with_locks=True, bangs=0.4):
    """Labels and truth of a frontal head."""
    kind = locks.KINDS[cut] if with_locks else None
    monkeypatch.setattr(hair, "kind_of", lambda sketch: kind)
    monkeypatch.setattr(hair, "_lets_through", lambda sketch: False)
    monkeypatch.setattr(locks, "WIND", 0.0)
    rng = np.random.default_rng(seed)
    style = replace(sample_style(rng, "manhwa"), fill="cel")
    character = sample_character(rng, hair_style=cut, bangs=bangs, **PLAIN)
    painter = Painter(SIZE, SIZE)
    painter.instance = 1
    truth = draw_head(painter, character, style, Pose(), SIZE / 2, 0.6 * SIZE, 0.5 * SIZE, rng=rng)
    return painter.label_map(), truth


def test_titles_with_much_detail_have_locks_most_often():
    shares = [
        np.mean([locks._habit(seed, detail).drawn for seed in range(1500)])
        for detail in (0.0, 0.4, 0.9)
    ]
    assert shares == pytest.approx([0.12, 0.48, 0.88], abs=0.04)


def test_all_persons_of_a_title_have_locks_or_none_has():
    for title in range(20):
        habits = {locks.habit_of(sketch_of(seed, title=title)) for seed in range(3)}
        assert len(habits) == 1


def test_skin_shows_between_locks_over_the_forehead(monkeypatch):
    gaps = {True: [], False: []}
    for seed in range(12):
        for with_locks in gaps:
            labels, truth = drawn(seed, "long see-through", monkeypatch, with_locks)
            points = truth.landmarks
            row = int(points[17:27, 1].min() - 0.03 * SIZE)
            left, right = int(points[17, 0]), int(points[26, 0])
            hair_there = labels[row, left:right] == Label.HAIR
            gaps[with_locks].append(np.count_nonzero(np.diff(hair_there.astype(int)) == 1))
    assert np.mean(gaps[True]) > 3
    assert np.mean(gaps[True]) > 1.5 * np.mean(gaps[False])


def test_points_under_locks_are_not_visible(monkeypatch):
    hidden = 0
    for seed in range(12):
        labels, truth = drawn(seed, "long", monkeypatch, bangs=0.9)
        for (x, y), seen in zip(truth.landmarks[17:48].astype(int), truth.visible[17:48]):
            near = labels[y - 2 : y + 3, x - 2 : x + 3]
            if (near == Label.HAIR).all():
                assert not seen
                hidden += 1
    assert hidden > 12


def test_long_hair_falls_before_the_shoulders_of_half():
    falls = []
    for seed in range(80):
        sketch = sketch_of(seed, "layered")
        laid = locks.build_locks(sketch, CUTS["layered"], "parted", 1.2, ZERO)
        falls.append(laid.left[:, 3, 1].max() > 0.6)
    assert 0.35 < np.mean(falls) < 0.65


def test_wind_blows_in_few_drawings_and_carries_the_tips_to_its_side():
    sides = {}
    for seed in range(200):
        sketch = sketch_of(seed, "bob")
        laid = locks.build_locks(sketch, CUTS["bob"], "full", 1.2, ZERO)
        if laid.wind:
            drift = (laid.left[:, 3, 0] - laid.left[:, 0, 0]).mean()
            sides.setdefault(np.sign(laid.wind), []).append(drift)
    assert 0.03 * 200 < sum(map(len, sides.values())) < 0.12 * 200
    assert min(sides[1.0]) > max(sides[-1.0])


def test_the_hair_of_one_drawing_is_always_the_same():
    sketches = [sketch_of(3, "long", Pose(yaw=30)) for _ in range(2)]
    one, two = (locks.build_locks(s, CUTS["long"], "full", 1.2, ZERO) for s in sketches)
    assert one.left.tobytes() == two.left.tobytes() and one.wind == two.wind


def test_few_persons_have_streaks_and_keep_them_from_drawing_to_drawing():
    streaked = 0
    for seed in range(100):
        laid = [
            locks.build_locks(sketch_of(seed, "bob", Pose(yaw=yaw)), CUTS["bob"], "full", 1.2, ZERO)
            for yaw in (0, 3)
        ]
        streaked += laid[0].dyed.any()
        if len(laid[0].dyed) == len(laid[1].dyed):
            assert (laid[0].dyed == laid[1].dyed).all()
    assert 1 <= streaked <= 10


def test_wet_hair_hangs_in_thinner_strands(monkeypatch):
    wide = []
    for share in (0.0, 1.0):
        monkeypatch.setattr(locks, "WET", share)
        monkeypatch.setattr(locks, "WIND", 0.0)
        laid = locks.build_locks(sketch_of(2, "bob"), CUTS["bob"], "full", 1.2, ZERO)
        wide.append(np.abs(laid.right - laid.left).mean())
    assert wide[1] < 0.6 * wide[0]


def test_the_shine_is_lighter_than_the_hair_and_colored_in_two_fifths_of_titles():
    for seed in range(60):
        sketch = sketch_of(seed)
        if not sketch.bare:
            assert luminance(hairlight.gloss(sketch)) >= luminance(sketch.hair)
    colored = [hairlight._halo(seed)[1] != (255, 255, 255) for seed in range(400)]
    assert 0.3 < np.mean(colored) < 0.5


def test_heads_from_behind_have_the_whole_cap():
    for seed in range(10):
        assert hair.build_hair(sketch_of(seed, "short", Pose(yaw=150))).locks is None

"""Scenes: what is seen of each face is counted exactly, and mirrored or scaled truth is right."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from webtoon_curate.synth import shapes
from webtoon_curate.synth.covers.covers import Cover
from webtoon_curate.synth.heads.visibility import FACE_TABLE
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.pages.seen import OCCLUDED_BELOW, measure
from webtoon_curate.synth.paint import Painter, solid
from webtoon_curate.synth.scenes.casting import sample_cast
from webtoon_curate.synth.scenes.composition import sample_shot
from webtoon_curate.synth.scenes.plan import SHOTS
from webtoon_curate.synth.scenes.scene import Placed, draw_shot, parsing
from webtoon_curate.synth.truth import head_row, lit_colour

SIZE = 320


def cast_of(seed: int):
    rng = np.random.default_rng(seed)
    return rng, sample_cast(rng)


def shot_of(seed: int, kind: str, **changes):
    rng, cast = cast_of(seed)
    shot = sample_shot(rng, cast, SIZE, SIZE, 0, kind)
    return replace(shot, effect="none", props=(), covers=(), tint=(255, 255, 255), **changes)


def plain_bust(seed: int):
    """One person in the open, arms down."""
    shot = shot_of(seed, "bust")
    (actor,) = shot.actors
    posture = replace(actor.posture, arms=("down", "down"))
    actor = replace(actor, x=160.0, y=150.0, face=90.0, posture=posture)
    return replace(shot, actors=(actor,))


def drawn(shot, placed=None, outline=None, canvas=(SIZE, SIZE)):
    painter = Painter(*canvas)
    outline = outline or shapes.rect(0, 0, *canvas)
    faces, _ = draw_shot(painter, shot, placed or Placed(0, 0), outline, iter(range(1, 256)))
    return painter, faces, outline


def face_pixels(painter, face):
    labels, owners = painter.label_map(), painter.instance_map()
    return FACE_TABLE[labels] & (owners == face.truth.instance)


@pytest.mark.parametrize("kind", sorted(SHOTS))
def test_what_is_seen_hidden_and_cut_adds_up(kind):
    for seed in range(3):
        painter, faces, outline = drawn(shot_of(seed, kind))
        for face in faces:
            measure(painter, face, outline)
            shares = np.array([face.seen, face.lettered, face.covered, face.cut])
            assert shares.min() >= 0
            assert shares.sum() == pytest.approx(1, abs=1e-9)
            assert face.truth.view in ("frontal", "profile", "occluded")
            assert face.seen >= OCCLUDED_BELOW or face.truth.view == "occluded"


def test_who_has_a_brim_before_the_eyes_wears_a_hat():
    shot = plain_bust(0)
    (actor,) = shot.actors
    bare = replace(actor, character=replace(actor.character, hat=None))
    place, colors = (bare.x, bare.y, bare.face, 0.0), [(90, 60, 50)] * 3
    for kind, hat in (("brim", True), ("gloom", False)):
        covers = (Cover(kind, *place, *colors, 1),)
        painter, (face,), outline = drawn(replace(shot, actors=(bare,), covers=covers))
        measure(painter, face, outline)
        assert face.truth.hat is hat
        assert (painter.label_map() == Label.HAT).any() == hat


def test_a_balloon_hides_just_what_it_covers():
    painter, (face,), outline = drawn(plain_bust(4))
    measure(painter, face, outline)
    before = face.seen
    shown = face_pixels(painter, face)
    x, _, width, _ = face.truth.box
    middle = int(x + width / 2)
    painter.fill(shapes.rect(0, 0, middle, SIZE), solid((255, 255, 255)), Label.LETTERING)
    measure(painter, face, outline)
    left = shown[:, :middle].sum() / shown.sum()
    assert 0.2 < left < 0.8
    assert face.seen == pytest.approx(before * (1 - left), abs=0.01)
    assert face.lettered >= before * left - 0.01
    hidden = face.truth.landmarks[:, 0] < middle - 3
    assert not face.truth.visible[hidden].any()


def test_a_panel_border_cuts_just_what_is_beyond_it():
    shot = plain_bust(5)
    painter, (face,), outline = drawn(shot)
    measure(painter, face, outline)
    _, y, _, height = face.truth.box
    half = int(y + height / 2)
    shown = face_pixels(painter, face)
    upper = shapes.rect(0, 0, SIZE, half)
    painter, (face,), _ = drawn(shot, outline=upper)
    measure(painter, face, upper)
    below = shown[half:].sum() / shown.sum()
    assert face.cut == pytest.approx(below, abs=0.03)
    assert face.truth.view == "occluded"
    assert not face.truth.visible[face.truth.landmarks[:, 1] > half + 3].any()
    assert not painter.label_map()[half + 1 :].any()


def test_a_head_from_behind_has_no_face():
    for seed in range(6):
        painter, faces, _ = drawn(shot_of(seed, "back"))
        assert faces == []
        assert not FACE_TABLE[painter.label_map()].any()


def test_a_face_in_the_open_is_seen_whole():
    painter, (face,), outline = drawn(plain_bust(8))
    measure(painter, face, outline)
    assert face.seen > 0.995
    assert face.truth.view != "occluded" or face.truth.visible[36:48].sum() == 0


def test_mirroring_mirrors_picture_landmarks_and_sides():
    shot = shot_of(10, "closeup")
    painter, (face,), outline = drawn(shot)
    other, (twin,), _ = drawn(shot, Placed(0, 0, mirror=True, width=SIZE))
    for painted, seen in ((painter, face), (other, twin)):
        measure(painted, seen, outline)
    difference = np.abs(painter.rgb()[:, ::-1].astype(int) - other.rgb())
    assert (difference.max(axis=2) > 40).mean() < 0.01
    assert twin.truth.yaw == -face.truth.yaw
    # The chin, the nose's tip and the outer corners of the eyes change places as they must.
    for here, there in ((8, 8), (30, 30), (36, 45), (45, 36), (48, 54), (17, 26), (0, 16)):
        x, y = face.truth.landmarks[here]
        assert twin.truth.landmarks[there] == pytest.approx((SIZE - x, y), abs=0.01)
    labels, flipped = parsing(painter, [face]), parsing(other, [twin])
    for left, right in ((Label.LEFT_EYE, Label.RIGHT_EYE), (Label.LEFT_BROW, Label.RIGHT_BROW)):
        assert (labels == left).sum() == pytest.approx((flipped == right).sum(), rel=0.1, abs=30)


def test_a_closer_cut_scales_the_truth():
    shot = shot_of(12, "bust")
    _, (face,), _ = drawn(shot)
    placed = Placed(-40, -25, 1.5)
    other, (near,), whole = drawn(shot, placed)
    assert near.truth.landmarks == pytest.approx(face.truth.landmarks * 1.5 + (-40, -25), abs=0.01)
    assert near.truth.box[2:] == pytest.approx(np.array(face.truth.box[2:]) * 1.5, abs=0.01)
    measure(other, near, whole)
    assert near.seen + near.cut > 0.6


def test_crowds_in_the_distance_are_told_apart_from_faces():
    for seed in range(20):
        shot = shot_of(seed, "crowd")
        if shot.crowd:
            break
    outline = shapes.rect(0, 0, SIZE, SIZE)
    faces, ignored = draw_shot(
        Painter(SIZE, SIZE), shot, Placed(0, 0), outline, iter(range(1, 256))
    )
    assert len(ignored) == len(shot.crowd) > 0
    assert len(faces) == sum(not actor.behind for actor in shot.actors)


def test_raw_colours_are_what_the_light_makes_of_them():
    """A patch drawn under each light has the colour that the truth says."""
    for seed in range(6):
        light = replace(
            plain_bust(seed),
            tint=((255, 206, 160), (150, 158, 214))[seed % 2],
            backlight=((255, 255, 255), (110, 100, 130), (255, 255, 255))[seed % 3],
            faded=seed % 2 == 0,
        )
        light = replace(light, style=replace(light.style, fill="flat", line_color="black"))
        painter, (face,), _ = drawn(light)
        row = head_row(face.truth, (0, 0), partial(lit_colour, light))
        skin = painter.rgb()[painter.label_map() == Label.SKIN]
        colors, counts = np.unique(skin, axis=0, return_counts=True)
        assert np.abs(colors[counts.argmax()].astype(int) - row["skin_color_raw"]).max() <= 3


def test_two_profiles_kiss():
    for seed in range(3):
        _, faces, _ = drawn(shot_of(seed, "kiss"))
        yaws = [face.truth.yaw for face in faces]
        assert min(yaws) < -50
        assert max(yaws) > 50


@pytest.mark.parametrize("kind", ["kiss", "hug"])
def test_the_nearer_of_two_who_embrace_hides_a_part_of_the_other(kind):
    hidden = []
    for seed in range(5):
        painter, faces, outline = drawn(shot_of(seed, kind))
        for face in faces:
            measure(painter, face, outline)
        hidden.append(max(face.covered for face in faces))
    assert sum(share > 0.05 for share in hidden) >= 2
    assert min(hidden) < 0.9

"""Properties of drawn heads: what the truth says is what the picture shows."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import skia

from webtoon_curate.synth.heads.face import draw_head, draw_head_from_behind
from webtoon_curate.synth.heads.visibility import update_visibility
from webtoon_curate.synth.labels import FACE_LABELS, Label
from webtoon_curate.synth.paint import Painter
from webtoon_curate.synth.people.character import FACIAL_HAIR, HAIR_STYLES, sample_character
from webtoon_curate.synth.people.families import FAMILIES, HELDOUT_FAMILIES
from webtoon_curate.synth.people.head import Pose
from webtoon_curate.synth.people.poses import sample_pose
from webtoon_curate.synth.people.style import sample_style

SIZE = 320
ALL_FAMILIES = FAMILIES + HELDOUT_FAMILIES
PLAIN = {"glasses": None, "hat": None, "facial_hair": None, "marks": ()}

PARTS = {
    "jaw": range(0, 17),
    "brow": range(17, 27),
    "nose": range(27, 36),
    "eye": range(36, 48),
    "mouth": range(48, 68),
}


def drawn(seed, family=None, fill=None, pose=None, marks=False, size=SIZE, face=0.5, **fixed):
    """A painter with one head on it, and its truth."""
    rng = np.random.default_rng(seed)
    style = sample_style(rng, family)
    if fill is not None:
        style = replace(style, fill=fill)
    character = sample_character(rng, **fixed)
    painter = Painter(size, size)
    painter.instance = 1
    if marks:
        painter.marks = []
    pose = pose or sample_pose(rng)
    truth = draw_head(painter, character, style, pose, size / 2, 0.55 * size, face * size, rng=rng)
    return painter, truth


def distance_to_contours(painter, name, zoom=4):
    """Pixels from each place to the nearest contour of a part, on a grid ``zoom`` times finer."""
    side = SIZE * zoom
    canvas = Painter(side, side)
    ink = skia.Paint(AntiAlias=False, Style=skia.Paint.kStroke_Style, StrokeWidth=0)
    for part, path, matrix in painter.marks:
        if part == name:
            outline = skia.Path(path)
            outline.transform(matrix)
            outline.transform(skia.Matrix.Scale(zoom, zoom))
            canvas.canvas.drawPath(outline, ink)
    clear = (canvas.rgb()[:, :, 0] > 0).astype(np.uint8)
    return cv2.distanceTransform(clear, cv2.DIST_L2, 5) / zoom


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_landmarks_lie_within_a_pixel_of_the_drawn_contours(family):
    for seed in range(4):
        painter, truth = drawn(seed, family, marks=True)
        for name, indices in PARTS.items():
            field = distance_to_contours(painter, name)
            shown = [i for i in indices if truth.visible[i]]
            spots = np.rint(truth.landmarks[shown] * 4 - 0.5).astype(int)
            inside = (spots >= 0).all(1) & (spots < SIZE * 4).all(1)
            spots = spots[inside]
            assert (field[spots[:, 1], spots[:, 0]] < 1.0).all(), (seed, name)


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_every_pixel_has_one_label_and_the_owner_of_the_head(family):
    for seed in range(3):
        painter, _ = drawn(seed, family)
        labels, owners = painter.label_map(), painter.instance_map()
        assert set(np.unique(labels)) <= {int(label) for label in Label}
        assert ((labels != Label.BACKGROUND) == (owners == 1)).all()


def dominant(rgb, mask):
    colors, counts = np.unique(rgb[mask], axis=0, return_counts=True)
    return tuple(colors[counts.argmax()].tolist())


@pytest.mark.parametrize("family", ["manhwa", "shoujo", "shounen", "anime", "western", "painted"])
@pytest.mark.parametrize("hair_style", ["long", "short", "afro", "bob"])
def test_flat_colors_are_the_dominant_ones_of_their_masks(family, hair_style):
    pose = Pose(yaw=15, expression="neutral")
    for seed in range(3):
        fixed = PLAIN | {"hair_style": hair_style, "bangs": 0.3}
        painter, truth = drawn(seed, family, "flat", pose, **fixed)
        rgb, labels = painter.rgb(), painter.label_map()
        assert dominant(rgb, labels == Label.SKIN) == truth.skin_color
        assert dominant(rgb, labels == Label.HAIR) == truth.hair_color
        for label, color in (
            (Label.LEFT_IRIS, truth.left_eye_color),
            (Label.RIGHT_IRIS, truth.right_eye_color),
        ):
            mask = labels == label
            if mask.sum() > 300:
                assert dominant(rgb, mask) == color, (seed, label)


def test_landmarks_run_in_ibug_order_on_a_frontal_face():
    for seed in range(20):
        _, truth = drawn(seed, pose=Pose(expression="neutral"))
        p = truth.landmarks
        assert (np.diff(p[3:14, 0]) > 0).all()  # above, cheeks may stand out
        assert p[8, 1] > p[:17, 1].max() - 0.01 * SIZE
        assert p[36, 0] < p[39, 0] < p[27, 0] < p[42, 0] < p[45, 0]
        assert p[37, 1] <= p[41, 1] and p[44, 1] <= p[46, 1]  # equal in eyes that are lines
        assert p[17, 0] < p[21, 0] < p[22, 0] < p[26, 0]
        assert p[27, 1] < p[30, 1] < p[51, 1] <= p[57, 1] < p[8, 1]
        assert p[31, 0] < p[35, 0] and p[48, 0] < p[54, 0]


def test_eyes_brows_and_mouth_of_frontal_faces_lie_inside_the_jaw_line():
    for seed in range(40):
        _, truth = drawn(seed, pose=Pose())
        p = truth.landmarks
        assert p[0, 0] < p[36, 0] and p[45, 0] < p[16, 0]
        assert p[2, 0] < p[48, 0] and p[54, 0] < p[14, 0]
        assert p[36:48, 1].max() < p[48:, 1].min()


def test_turning_moves_the_nose_towards_the_side_the_face_looks_to():
    for yaw in (-60, -30, 30, 60):
        _, truth = drawn(3, pose=Pose(yaw=yaw))
        p = truth.landmarks
        middle = (p[0, 0] + p[16, 0]) / 2
        assert np.sign(p[30, 0] - middle) == np.sign(yaw)


def test_looking_up_raises_the_nose_over_the_ears():
    tips = []
    for pitch in (-25, 0, 25):
        _, truth = drawn(3, pose=Pose(pitch=pitch))
        p = truth.landmarks
        tips.append(p[30, 1] - (p[0, 1] + p[16, 1]) / 2)
    assert tips[0] > tips[1] > tips[2]


def test_roll_turns_landmarks_clockwise_about_the_center():
    _, upright = drawn(5, pose=Pose(yaw=10))
    _, leaning = drawn(5, pose=Pose(yaw=10, roll=30))
    center = np.array([SIZE / 2, 0.55 * SIZE])
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (upright.landmarks - center) @ turn.T + center
    np.testing.assert_allclose(leaning.landmarks, moved, atol=0.01)


def test_depth_grows_towards_the_reader():
    for seed in range(10):
        _, truth = drawn(seed, pose=Pose())
        z = truth.landmarks_z
        assert z[30] > z[27:30].min()
        assert z[30] > z[36:48].max() > z[[0, 16]].max()


def test_the_far_eye_of_a_profile_is_hidden():
    for yaw, far in ((80, slice(42, 48)), (-80, slice(36, 42))):
        _, truth = drawn(4, "manhwa", pose=Pose(yaw=yaw), hair_style="swept", **PLAIN)
        assert not truth.visible[far].any()
        assert truth.view == "profile"


def test_the_far_side_of_mouth_and_nose_is_hidden_in_profile():
    plain = PLAIN | {"hair_style": "bald"}
    for yaw, near, far in ((80, (48, 31), (54, 35)), (-80, (54, 35), (48, 31))):
        for seed in range(3):
            _, truth = drawn(seed, "manhwa", pose=Pose(yaw=yaw), **plain)
            assert truth.visible[list(near)].all()
            assert not truth.visible[list(far)].any()


def test_sunglasses_hide_eyes_and_bare_faces_show_them():
    plain = PLAIN | {"hair_style": "bald"}
    _, bare = drawn(6, "manhwa", pose=Pose(), **plain)
    _, dark = drawn(6, "manhwa", pose=Pose(), **(plain | {"glasses": "sun"}))
    assert bare.visible[36:48].all()
    assert not dark.visible[36:48].any()
    assert dark.glasses and not bare.glasses


def test_visible_points_have_face_around_them():
    for seed in range(15):
        painter, truth = drawn(seed)
        face = np.isin(painter.label_map(), list(FACE_LABELS)).astype(np.uint8)
        near = cv2.dilate(face, np.ones((5, 5), np.uint8))
        for x, y in np.floor(truth.landmarks[truth.visible]).astype(int):
            assert near[y, x]


def test_what_is_drawn_over_a_face_hides_its_points():
    painter, truth = drawn(7, pose=Pose(), hair_style="bald", **PLAIN)
    assert truth.visible[48:].all()
    x, y = truth.landmarks[48:].mean(0)
    path = skia.Path.Circle(float(x), float(y), 60)
    painter.fill(path, skia.Paint(Color=0xFF000000), Label.LETTERING)
    update_visibility(painter, truth)
    assert not truth.visible[48:].any()
    assert truth.visible[36:48].all()


def test_a_head_from_behind_shows_no_face():
    for seed in range(12):
        rng = np.random.default_rng(seed)
        painter = Painter(SIZE, SIZE)
        style, character = sample_style(rng), sample_character(rng)
        pose = Pose(yaw=float(rng.uniform(-40, 40)))
        draw_head_from_behind(painter, character, style, pose, SIZE / 2, SIZE / 2, 120)
        labels = painter.label_map()
        assert not np.isin(labels, list(FACE_LABELS)).any()
        assert (labels != Label.BACKGROUND).sum() > 5000


def test_the_box_holds_the_face_and_has_the_size_asked_for():
    for seed in range(20):
        _, truth = drawn(seed, pose=Pose())
        x, y, width, height = truth.box
        assert height == pytest.approx(0.5 * SIZE, rel=0.08)
        points = truth.landmarks[np.r_[0:17, 27:68]]
        assert (points[:, 0] >= x - 1).all() and (points[:, 0] <= x + width + 1).all()
        assert (points[:, 1] >= y - 1).all() and (points[:, 1] <= y + height + 1).all()


def test_a_character_keeps_proportions_from_drawing_to_drawing():
    rng = np.random.default_rng(2)
    style, character = sample_style(rng, "manhwa"), sample_character(rng)
    shapes = []
    for seed in (1, 2):
        painter = Painter(SIZE, SIZE)
        truth = draw_head(
            painter, character, style, Pose(), 160, 170, 160, rng=np.random.default_rng(seed)
        )
        shapes.append(truth.landmarks)
    assert np.abs(shapes[0] - shapes[1]).max() < 3


def test_reserved_families_are_drawn_only_on_demand():
    rng = np.random.default_rng(0)
    families = {sample_style(rng).family for _ in range(400)}
    assert families == set(FAMILIES)
    reserved = {sample_style(rng, heldout=True).family for _ in range(60)}
    assert reserved == set(HELDOUT_FAMILIES)


def test_unknown_families_are_refused():
    with pytest.raises(KeyError):
        sample_style(np.random.default_rng(0), "cubist")


@pytest.mark.parametrize("hair_style", sorted({s for table in HAIR_STYLES.values() for s in table}))
def test_every_hair_style_draws_hair_unless_bald(hair_style):
    for yaw in (0, 50, -85):
        painter, _ = drawn(9, pose=Pose(yaw=yaw), hair_style=hair_style, **PLAIN)
        hair = (painter.label_map() == Label.HAIR).sum()
        assert (hair == 0) == (hair_style == "bald")


@pytest.mark.parametrize("kind", sorted(FACIAL_HAIR.keys() - {"stubble"}))
def test_facial_hair_of_every_kind_is_drawn(kind):
    painter, truth = drawn(4, "manhwa", pose=Pose(), **PLAIN | {"facial_hair": kind})
    assert truth.facial_hair == kind
    assert np.count_nonzero(painter.label_map() == Label.FACIAL_HAIR) > 200

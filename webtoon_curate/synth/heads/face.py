"""A drawn head with its truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.heads import beards, glasses, hats, marks, masks
from webtoon_curate.synth.heads.ears import draw_ear
from webtoon_curate.synth.heads.eyes.brows import FACING as BROW_FACING
from webtoon_curate.synth.heads.eyes.brows import brow_landmarks, draw_brow
from webtoon_curate.synth.heads.eyes.comic import comic
from webtoon_curate.synth.heads.eyes.distance import absent, simplified
from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.heads.eyes.eyes import build_eyes, draw_eye, eye_landmarks
from webtoon_curate.synth.heads.eyes.side_eyes import draw_far_lashes
from webtoon_curate.synth.heads.flesh import draw_flesh
from webtoon_curate.synth.heads.gloom import draw_gloom, sample_gloom
from webtoon_curate.synth.heads.hair import hair as hairs
from webtoon_curate.synth.heads.hair.haircuts import HAIRLINE, Hair
from webtoon_curate.synth.heads.mouth import Mouth, draw_mouth, mouth_gape
from webtoon_curate.synth.heads.nose import Nose, draw_nose
from webtoon_curate.synth.heads.outline import (
    contour,
    draw_outline,
    draw_underside,
    face_path,
    flows,
    profile_line,
)
from webtoon_curate.synth.heads.skin import draw_skin, skin_manner
from webtoon_curate.synth.heads.visibility import HeadTruth, update_visibility
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Painter, joined, mix, polygon, radial, solid
from webtoon_curate.synth.people.character import HAT_COVERS, Character
from webtoon_curate.synth.people.head import CHIN, Head, Pose
from webtoon_curate.synth.people.poses import EXPRESSIONS
from webtoon_curate.synth.people.proportions import embody
from webtoon_curate.synth.people.style import SOFT_FILLS, Style
from webtoon_curate.synth.sketch import Light, Sketch, affine, beyond

Array = NDArray[Any]
Brows = list[tuple[Array, Array]]
"""Points and depths of both brows, see `brow_landmarks`."""

PROFILE_YAW = 55.0
"""From this yaw on a face counts as a profile: the far eye is hidden or a sliver."""

FAR_EAR_HIDDEN = 55
"""From this yaw on the far ear is not drawn."""

NEAR_EAR_BEFORE = 18
"""From this yaw on the near ear lies over the face's outline, not behind it."""

FAR_WING_HIDDEN = 40.0
"""From this yaw on the nose hides its far wing."""

FEATURES = 68 - 17
"""Landmarks that are not of the jaw."""

FAR_CORNER_HIDDEN = 66.0
"""From this yaw on the lips hide the mouth's far corner, however narrow it is."""

BOX_FOREHEAD = 0.4
"""Share of the forehead, from the brows up, that belongs to the face box."""


def draw_head(
    painter: Painter,
    character: Character,
    style: Style,
    pose: Pose,
    x: float,
    y: float,
    size: float,
    light: Light | None = None,
    rng: np.random.Generator | None = None,
    draw_body: Callable[[], None] | None = None,
    extra: bool = False,
) -> HeadTruth:
    """Draws a head and tells the truth about it.

    Args:
        painter: drawn on, with its instance number set by the caller.
        character: who.
        style: how; the character's own proportions are applied here.
        pose: turned how, with which expression.
        x, y: center of the face box before roll, in pixels.
        size: height of the face box of this head when it is not turned, pixels.
        light: where light comes from; from the upper left when None.
        rng: for what differs from drawing to drawing; fixed by the character when None.
        draw_body: called when the hair behind the head is drawn, to draw neck and body before
            it, in pixels; without it what was drawn earlier lies behind all hair.
        extra: draw the face simply whatever its size, where the style does that.

    Returns:
        The truth, which other things drawn later can make outdated: see `update_visibility`.
    """
    rng = np.random.default_rng(character.seed) if rng is None else rng
    own = embody(style, character)
    head = Head(own, pose, mouth_gape(own, EXPRESSIONS[pose.expression]))
    box = frontal_box(own)
    scale = size / (box[1] - box[0])
    face = _box(head, box)
    middle = face[0] + face[2] / 2, face[1] + face[3] / 2
    matrix, shift = _to_pixels(pose.roll, scale, middle, (x, y))
    to_pixels = affine(matrix, shift)
    own = comic(simplified(own, size, 1 / scale, rng, extra), pose, rng)
    sketch = Sketch(painter, head, own, character, light or Light(), rng, 1 / scale)
    hair = hairs.build_hair(sketch)
    if hair is not None:
        with painter.group(to_pixels):
            hairs.draw_back_hair(sketch, hair)
    if draw_body is not None:
        draw_body()
    with painter.group(to_pixels):
        points, depth, facing = _draw(sketch, hair)
    landmarks = points @ matrix.T + shift
    truth = _truth(sketch, landmarks, depth, facing, _turned_box(face, matrix, shift))
    update_visibility(painter, truth)
    return truth


def _to_pixels(
    roll: float, scale: float, middle: tuple[float, float], at: tuple[float, float]
) -> tuple[Array, Array]:
    """(2, 2) matrix and (2,) shift from heads to pixels that take ``middle`` to ``at``."""
    angle = math.radians(roll)
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    matrix = np.array([[cos, -sin], [sin, cos]])
    return matrix, np.array(at) - matrix @ middle


def frontal_box(style: Style) -> tuple[float, float]:
    """Top and bottom of the face box of a head that is not turned, in heads."""
    brow = style.eye_y - 1.3 * style.eye_size * style.eye_open - style.brow_gap
    return brow + BOX_FOREHEAD * (HAIRLINE - brow), CHIN


def _box(head: Head, frontal: tuple[float, float]) -> tuple[float, float, float, float]:
    top = head.place(np.array([[0.0, frontal[0]]]))[0, 1]
    left, right = head.contour[:, 0].min(), head.contour[:, 0].max()
    bottom = head.contour[:, 1].max()
    return float(left), float(top), float(right - left), float(bottom - top)


def _turned_box(
    face: tuple[float, float, float, float], matrix: Array, shift: Array
) -> tuple[float, float, float, float]:
    """Bounding box of the ellipse in the turned face box."""
    x, y, w, h = face
    center = matrix @ [x + w / 2, y + h / 2] + shift
    half = np.sqrt((matrix[:, 0] * w / 2) ** 2 + (matrix[:, 1] * h / 2) ** 2)
    left, top = (center - half).tolist()
    return left, top, float(2 * half[0]), float(2 * half[1])


def _skin_paint(sketch: Sketch) -> skia.Paint:
    fill = sketch.style.fill
    if skin_manner(sketch) == "plain" and fill in SOFT_FILLS:
        strength = {"soft": 0.5, "painted": 1.0, "watercolor": 0.6}[fill]
        lit = mix(sketch.skin, (255, 250, 240), 0.15 * strength)
        low = sketch.shadow(sketch.skin, strength)
        center = (0.25 * sketch.light.x, 0.05 + 0.2 * sketch.light.y)
        return radial(center, 0.75, (lit, sketch.skin, low), (1, 1, 1))
    return solid(sketch.skin)


def _draw(sketch: Sketch, hair: Hair | None) -> tuple[Array, Array, Array]:
    """Draws all parts; returns 68 points, depths and whether each faces the reader."""
    head, painter = sketch.head, sketch.painter
    skin = _skin_paint(sketch)
    yaw = head.pose.yaw
    far = 1 if yaw > 0 else -1
    if abs(yaw) < FAR_EAR_HIDDEN:
        draw_ear(sketch, far, skin)
    if abs(yaw) < NEAR_EAR_BEFORE:
        draw_ear(sketch, -far, skin)
    face = face_path(head)
    eyes, nose = build_eyes(sketch), Nose(sketch)
    skull = polygon(head.skull_outline(1.0, _AROUND))
    if hair is None:
        painter.fill(skull, skin, Label.SKIN)
        sketch.outline(skull, sketch.skin)
    else:
        painter.fill(skull, solid(hairs.back_color(sketch)), Label.HAIR)
    draw_underside(sketch)
    draw_far_lashes(sketch, eyes)
    painter.fill(face, skin, Label.SKIN)
    painter.mark("jaw", contour(head))
    draw_outline(sketch, nose)
    mouth = Mouth(sketch)
    brows = [brow_landmarks(sketch, eye) for eye in eyes]
    with painter.group(clip=face):
        if skin_manner(sketch) == "plain":
            _shade(sketch)
        else:
            draw_skin(sketch, hair is not None)
        if hair is not None:
            hairs.cast_shadow(sketch, hair)
        beards.draw_beard(sketch)
        draw_mouth(sketch, mouth)
        beards.draw_mustache(sketch)
        marks.draw_blush(sketch)
        if not sketch.style.simple:
            marks.draw_wrinkles(sketch, eyes)
        draw_flesh(sketch)
        gloom = sample_gloom(sketch)
        shining = sketch.character.seed % 3 == 0  # eyes over the gloom
        if gloom and shining:
            draw_gloom(sketch, gloom)
        for eye in eyes:
            draw_eye(sketch, eye)
        if not sketch.style.simple:
            marks.draw_marks(sketch, eyes)
    flowing = flows(sketch, nose)
    lineless = sketch.style.side.flowing and not sketch.outlined
    draw_nose(sketch, nose, skin, not (flowing or lineless))
    if flowing:
        sketch.line(profile_line(head, nose), 1.0)
    if gloom and not shining:
        with painter.group(clip=face):
            draw_gloom(sketch, gloom)
    masks.draw_mask(sketch)
    if abs(yaw) >= NEAR_EAR_BEFORE:
        draw_ear(sketch, -far, skin)
    _fringe_and_glasses(sketch, face, eyes, brows, hair)
    marks.draw_mood(sketch, eyes, face)
    masks.draw_patch(sketch, eyes)
    hats.draw_hat(sketch)
    return _landmarks(sketch, eyes, brows, nose, mouth)


GLASSES_UNDER_HAIR = 0.5
"""Share of characters whose fringe falls over their glasses."""


def _fringe_and_glasses(
    sketch: Sketch, face: skia.Path, eyes: tuple[Eye, Eye], brows: Brows, hair: Hair | None
) -> None:
    """Brows, hair and glasses; anime lets brows show through the fringe."""
    through = sketch.style.eye == "anime" and sketch.character.seed % 2 == 0
    under = sketch.character.seed % 100 < 100 * GLASSES_UNDER_HAIR
    glasses.draw_arms(sketch, eyes)
    if not through:
        _draw_brows(sketch, face, eyes, brows)
    if under:
        glasses.draw_glasses(sketch, eyes)
    if hair is not None:
        hairs.draw_front_hair(sketch, hair)
    if through:
        _draw_brows(sketch, face, eyes, brows)
    if not under:
        glasses.draw_glasses(sketch, eyes)


def _draw_brows(sketch: Sketch, face: skia.Path, eyes: tuple[Eye, Eye], brows: Brows) -> None:
    with sketch.painter.group(clip=face):
        for eye, (points, _) in zip(eyes, brows):
            draw_brow(sketch, eye, points)


_OVER_THE_TOP, _AROUND = np.linspace(0, -math.pi, 9), np.linspace(0, 2 * math.pi, 40)


def _shade(sketch: Sketch) -> None:
    """Shadow on the side of the face away from the light."""
    fill = sketch.style.fill
    if fill in ("flat", "lineart"):
        return
    head, reach = sketch.head, 0.10 * sketch.style.width / 0.38
    lit = joined(head.contour, head.skull_outline(1.03, _OVER_THE_TOP))
    for step, depth in ((1.0, 0.8), (0.45, 1.5)):
        away = reach * step * sketch.light.x, reach * step * 0.6 * sketch.light.y
        sketch.shade(beyond(lit, *away), sketch.skin, depth)
        if fill != "cel2":
            return


def _landmarks(
    sketch: Sketch, eyes: tuple[Eye, Eye], brows: Brows, nose: Nose, mouth: Mouth
) -> tuple[Array, Array, Array]:
    """68 points in iBUG order, their depths, and which of them face the reader and are drawn."""
    head = sketch.head
    jaw, lids = (head.contour[::2], head.contour_z[::2]), [eye_landmarks(sketch, e) for e in eyes]
    parts = [jaw, *brows, (nose.points, nose.depth), *lids, (mouth.points, mouth.depth)]
    points, depth = (np.concatenate(rows) for rows in zip(*parts))
    facing = np.ones(68, dtype=bool)
    for index, eye in enumerate(eyes):
        facing[36 + 6 * index : 42 + 6 * index] = eye.shown
        facing[17 + 5 * index : 22 + 5 * index] = eye.facing >= BROW_FACING
    facing[48:68] = mouth.facing
    if abs(head.pose.yaw) > FAR_WING_HIDDEN:
        facing[[34, 35] if head.pose.yaw > 0 else [31, 32]] = False
    if abs(head.pose.yaw) > FAR_CORNER_HIDDEN:
        facing[[54, 64] if head.pose.yaw > 0 else [48, 60]] = False
    facing[absent(sketch.style)] = False
    return points, depth, facing


def _truth(sketch: Sketch, landmarks: Array, depth: Array, facing: Array, box: Any) -> HeadTruth:
    pose, who = sketch.head.pose, sketch.character
    width = float(np.ptp(sketch.head.contour[:, 0]))
    return HeadTruth(
        landmarks=landmarks.astype(np.float32),
        landmarks_z=(depth / width).astype(np.float32),
        visible=facing,
        box=box,
        view="profile" if abs(pose.yaw) > PROFILE_YAW else "frontal",
        yaw=pose.yaw,
        pitch=pose.pitch,
        roll=pose.roll,
        gender=who.gender,
        age=who.age,
        glasses=who.glasses is not None,
        facial_hair=who.facial_hair,
        hat=who.hat in HAT_COVERS,
        expression=pose.expression,
        hair_style=who.hair_style,
        hair_color=sketch.hair,
        left_eye_color=sketch.left_iris,
        right_eye_color=sketch.right_iris,
        skin_color=sketch.skin,
        painted=not sketch.bare,
        family=sketch.style.family,
        fill=sketch.style.fill,
        instance=sketch.painter.instance,
        character_seed=who.seed,
        blank=len(absent(sketch.style)) == FEATURES,
    )


def draw_head_from_behind(
    painter: Painter,
    character: Character,
    style: Style,
    pose: Pose,
    x: float,
    y: float,
    size: float,
    light: Light | None = None,
    rng: np.random.Generator | None = None,
) -> None:
    """Draws a head seen from behind: hair, ears and nape, no face and so no truth.

    ``pose.yaw`` turns it from straight behind; ``size`` is the height its face box would have.
    """
    rng = np.random.default_rng(character.seed) if rng is None else rng
    own = embody(style, character)
    turned = Pose(yaw=180 + pose.yaw, pitch=-pose.pitch, roll=pose.roll)
    head = Head(own, turned)
    top, bottom = frontal_box(own)
    scale = size / (bottom - top)
    to_pixels = _to_pixels(pose.roll, scale, (0, (top + bottom) / 2), (x, y))
    with painter.group(affine(*to_pixels)):
        sketch = Sketch(painter, head, own, character, light or Light(), rng, 1 / scale)
        skin = _skin_paint(sketch)
        hair = hairs.build_hair(sketch)
        for side in (-1, 1):
            draw_ear(sketch, side, skin)
        skull = polygon(head.skull_outline(1.0, _AROUND))
        painter.fill(skull, skin, Label.NECK)
        sketch.outline(skull, sketch.skin)
        if hair is not None:
            hairs.draw_back_hair(sketch, hair)
            hairs.draw_front_hair(sketch, hair)
        hats.draw_hat(sketch)

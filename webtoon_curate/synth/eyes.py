"""Eyes and brows, in the manner of the style and as the expression has them.

An eye is drawn in its own frame: x from -1 at the outer corner to 1 at the inner one, y down, in
half eye widths; the frame carries it onto the turned face.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, append_smooth, linear, mix, smooth, solid, tapered
from webtoon_curate.synth.sketch import (
    INK,
    SOLID_EYES,
    WHITE,
    Sketch,
    affine,
    between_curves,
    bezier,
    oval,
)
from webtoon_curate.synth.style import between

Array = NDArray[Any]

PROFILE_SQUEEZE = 0.3
"""How much narrower than by perspective draughtsmen draw eyes in profile."""

FACING = 0.10
"""Eyes turned away further than this share of their area are not drawn."""

_T = np.linspace(0, 1, 7)
"""Parameters of the points of a lid; every second is a landmark."""


@dataclass
class Eye:
    """An eye while it is drawn. ``side`` is -1 for the picture's left eye, 1 for its right.

    ``turn`` takes the eye's frame to the frontal drawing around ``center``; ``frame`` takes it to
    the picture around ``origin``.
    """

    side: int
    center: Array
    turn: Array
    frame: Array
    origin: Array
    facing: float
    lid: str
    open: float
    upper: Array
    lower: Array

    @property
    def shown(self) -> bool:
        """Whether it is turned to the reader."""
        return self.facing > FACING


def _lid_curves(sketch: Sketch, lid: str, opening: float) -> tuple[Array, Array]:
    """Upper and lower lid from outer to inner corner, (7, 2) each, in the eye's frame."""
    s, e = sketch.style, sketch.expression
    if lid == "closed":
        arc = bezier(*np.array([[-1.05, 0.05], [-0.5, 0.5], [0.4, 0.5], [1.0, 0.12]]), _T)
        return arc, arc
    if lid == "happy":
        arc = bezier(*np.array([[-1.05, 0.35], [-0.55, -0.55], [0.45, -0.55], [1.0, 0.3]]), _T)
        return arc, arc
    if lid == "squeezed":
        upper = np.array([[-0.9, -0.5], [-0.5, -0.33], [0, -0.15], [0.9, 0.06]])
        lower = np.array([[-0.9, 0.6], [-0.5, 0.42], [0, 0.27], [0.9, 0.06]])
        at = np.linspace(0, 3, 7)
        rows = [
            np.stack([np.interp(at, np.arange(4), line[:, i]) for i in range(2)], axis=1)
            for line in (upper, lower)
        ]
        return rows[0], rows[1]
    up, down = 1.3 * opening / 0.75, 0.7 * opening / 0.75
    reach = 0.42 + 0.6 * s.eye_round
    frown = float(np.clip(-e.brow_inner, -0.5, 0.5))
    outer = -up * (1 + 0.35 * min(frown, 0))
    inner = -up * (1 - 0.6 * max(frown, 0))
    if lid == "half":
        outer, inner, down = outer * 0.7, inner * 0.7, down * 1.5
    corner_in = np.array([1.0, 0.12 * (1 - s.eye_round)])
    corner_out = np.array([-1.0, -0.05])
    upper = bezier(
        corner_out, np.array([-reach, outer]), np.array([reach * 0.9, inner]), corner_in, _T
    )
    low = np.array([-reach * 0.9, down]), np.array([reach * 0.7, down])
    return upper, bezier(corner_out, *low, corner_in, _T)


def build_eyes(sketch: Sketch) -> tuple[Eye, Eye]:
    """Both eyes' geometry, the picture's left first."""
    s, e, head = sketch.style, sketch.expression, sketch.head
    wink = int(sketch.rng.random() * 2)
    uneven = between(sketch.rng, 0.97, 1.03)
    eyes = []
    for index, side in enumerate((-1, 1)):
        lid = e.lid
        if lid == "wink":
            lid = "happy" if index == wink else "open"
        opening = s.eye_open * e.eye_open * (uneven if index else 1.0)
        if lid == "wide":
            opening = max(opening * 1.2, 0.55)
        center = np.array([side * s.eye_gap * s.width, s.eye_y])
        patch, origin, facing = head.frame(float(center[0]), float(center[1]))
        patch = patch * [1 - PROFILE_SQUEEZE * abs(np.sin(np.radians(head.pose.yaw))) ** 3, 1]
        tilt = s.eye_tilt if s.eye in ("anime", "real") else 0.0
        cos, sin = np.cos(tilt), np.sin(tilt)
        turn = np.array([[cos, -sin], [sin, cos]]) * s.eye_size
        turn[0] *= -side
        upper, lower = _lid_curves(sketch, lid, opening)
        if s.eye in ("dot", "oval", "round") and lid not in ("closed", "happy", "squeezed"):
            upper, lower = _ring_lids(s.eye, opening, lid)
        eyes.append(
            Eye(side, center, turn, patch @ turn, origin, facing, lid, opening, upper, lower)
        )
    return eyes[0], eyes[1]


def _ring_lids(kind: str, opening: float, lid: str) -> tuple[Array, Array]:
    """Lids of eyes that are plain ellipses."""
    angle = np.pi * _T
    height = min(opening, 1.6)
    upper = np.stack([-np.cos(angle), -height * np.sin(angle)], axis=1)
    lower = np.stack([-np.cos(angle), height * np.sin(angle)], axis=1)
    if lid == "half" and kind == "round":
        upper[:, 1] *= 0.1
    return upper, lower


def eye_landmarks(sketch: Sketch, eye: Eye) -> tuple[Array, Array]:
    """(6, 2) points of an eye in iBUG order, and (6,) depths."""
    outer_to_inner = np.concatenate([eye.upper[[0, 2, 4, 6]], eye.lower[[4, 2]]])
    order = [0, 1, 2, 3, 4, 5] if eye.side < 0 else [3, 2, 1, 0, 5, 4]
    local = outer_to_inner[order]
    points = local @ eye.frame.T + eye.origin
    depth = sketch.head.project(sketch.head.surface(local @ eye.turn.T + eye.center))[1]
    return points, depth


def draw_eye(sketch: Sketch, eye: Eye) -> None:
    """Draws one eye where it faces the reader."""
    if not eye.shown:
        return
    label = Label.LEFT_EYE if eye.side < 0 else Label.RIGHT_EYE
    outline = between_curves(eye.upper, eye.lower)
    with sketch.painter.group(affine(eye.frame, eye.origin)):
        sketch.painter.mark("eye", smooth(eye.upper))
        sketch.painter.mark("eye", smooth(eye.lower))
        if eye.lid in ("closed", "happy", "squeezed"):
            _closed(sketch, eye, label)
        elif sketch.style.eye in SOLID_EYES and eye.lid != "wide":
            _solid(sketch, eye, outline, label)
        else:
            _open(sketch, eye, outline, label)


def _local(sketch: Sketch, width: float) -> float:
    """Pen width in the eye's frame."""
    return sketch.pen_width(width) / max(sketch.style.eye_size, 0.02)


def _closed(sketch: Sketch, eye: Eye, label: Label) -> None:
    color = sketch.lash
    weight = _local(sketch, 1.2) + 0.10 * sketch.style.lash
    profile = weight * np.array([0.5, 0.9, 1.1, 1.1, 1.0, 0.8, 0.4])
    curves = (eye.upper, eye.lower) if eye.lid == "squeezed" else (eye.upper,)
    for arc in curves:
        sketch.painter.fill(tapered(arc, profile), solid(color), label)
    if eye.lid != "squeezed" and sketch.style.lash > 0.55:
        down = 1 if eye.lid == "closed" else -0.3
        _spikes(sketch, eye.upper, weight, down, color, label)


def _spikes(
    sketch: Sketch, lid: Array, weight: float, down: float, color: Color, label: Label
) -> None:
    """Two or three lashes at the outer corner."""
    path = skia.Path()
    for index, length in ((0, 0.34), (1, 0.26), (2, 0.15)):
        x, y = lid[index].tolist()
        width = weight * 0.7
        path.moveTo(x - width, y)
        path.lineTo(x - length, y + down * length * 0.8)
        path.lineTo(x + width, y)
        path.close()
    sketch.painter.fill(path, solid(color), label)


def _solid(sketch: Sketch, eye: Eye, outline: skia.Path, label: Label) -> None:
    """Dot and oval eyes: one dark shape."""
    sketch.painter.fill(outline, solid(sketch.lash), label)
    iris = Label.LEFT_IRIS if eye.side < 0 else Label.RIGHT_IRIS
    sketch.painter.fill(oval(0, 0, 0.7, 0.7 * eye.open), None, iris)
    if sketch.style.eye == "oval" and sketch.style.detail > 0.1:
        glint = oval(-0.25 * eye.side, -0.4 * eye.open, 0.3, 0.28 * eye.open)
        sketch.painter.fill(glint, solid(WHITE))


def _open(sketch: Sketch, eye: Eye, outline: skia.Path, label: Label) -> None:
    style = sketch.style
    white = mix(WHITE, sketch.skin, 0.0 if sketch.bare else 0.06)
    sketch.painter.fill(outline, solid(white), label)
    with sketch.painter.group(clip=outline):
        _iris(sketch, eye)
        if style.eye != "round" and not sketch.bare and style.fill != "flat":
            cast = between_curves(eye.upper, eye.upper + np.array([0, 0.16 + 0.2 * eye.open]))
            sketch.painter.fill(cast, solid((60, 40, 80), 0.25 + 0.2 * style.detail))
    if style.eye == "round":
        weight = _local(sketch, 1.0)
        width = np.full(7, weight)
        for arc in (eye.upper, eye.lower):
            sketch.painter.fill(tapered(arc, width), solid(sketch.ink(sketch.skin)), None)
        if sketch.character.gender == "woman" and style.lash > 0.2:
            _spikes(sketch, eye.upper, weight, -1.0, sketch.ink(sketch.skin), label)
        return
    _lashes(sketch, eye, label)


def _lashes(sketch: Sketch, eye: Eye, label: Label) -> None:
    style = sketch.style
    color = sketch.lash
    base = _local(sketch, 1.1)
    weight = base + (0.05 + 0.16 * style.lash) * (0.7 + 0.5 * eye.open)
    if style.eye == "real":
        weight = base + 0.05 + 0.1 * style.lash
    profile = weight * np.array([0.75, 1.1, 1.0, 0.9, 0.75, 0.55, 0.25])
    upper = eye.upper.copy()
    if style.lash > 0.5:
        # The outer wing of the lash line.
        upper[0] += [-0.16 * style.lash, 0.04]
    sketch.painter.fill(tapered(upper, profile, shift=0.7), solid(color), label)
    if style.lash > 0.6:
        _spikes(sketch, eye.upper, weight, -0.8, color, label)
    lower = eye.lower if style.detail > 0.6 or style.eye == "real" else eye.lower[:4]
    profile = base * (0.5 + 0.4 * style.lash) * np.linspace(1.2, 0.3, len(lower))
    soft = mix(color, sketch.skin, 0.0 if sketch.bare else 0.35)
    sketch.painter.fill(tapered(lower, profile, shift=-0.7), solid(soft))
    if style.detail > 0.35:
        lift = 0.22 + 0.12 * eye.open
        fold = eye.upper[1:6] * [0.92, 1.0] + [0, -lift - weight * 0.6]
        width = base * 0.55 * np.array([0.6, 1, 1, 0.8, 0.4])
        sketch.painter.fill(tapered(fold, width), solid(sketch.ink(sketch.skin), 0.8))


def _iris(sketch: Sketch, eye: Eye) -> None:
    style, pose = sketch.style, sketch.head.pose
    color = sketch.left_iris if eye.side < 0 else sketch.right_iris
    label = Label.LEFT_IRIS if eye.side < 0 else Label.RIGHT_IRIS
    tall = style.eye_open if style.eye == "anime" else min(style.eye_open, 0.75)
    ry = max(style.iris * max(tall, 0.42), 0.2)
    rx = min(ry * (0.82 if tall > 0.7 else 1.0), 0.66)
    if eye.lid == "wide":
        rx, ry = rx * 0.45, ry * 0.42
    middle = float((eye.upper[3, 1] + eye.lower[3, 1]) / 2)
    # Gaze is in the picture; the frame of the left eye runs to the right, of the right eye not.
    x = -eye.side * pose.gaze[0] * (0.95 - rx) * 0.8
    y = middle + pose.gaze[1] * 0.2 * eye.open
    iris = oval(x, y, rx, ry)
    sketch.painter.fill(iris, solid(color), label)
    kind = _pupil_kind(sketch)
    if kind == "glow":
        sketch.painter.fill(oval(x, y, rx * 0.5, ry * 0.5), solid(mix(color, WHITE, 0.7)))
        return
    dark = mix(color, INK, 0.75)
    if style.eye == "round" or eye.lid == "wide":
        sketch.painter.fill(oval(x, y, rx * 0.55, ry * 0.55), solid(INK))
        return
    if sketch.bare:
        _bare_iris(sketch, x, y, rx, ry, iris)
    elif style.pupil == "deep" and style.fill != "flat":
        glow = mix(color, WHITE, 0.2)
        sketch.painter.fill(
            oval(x, y - 0.12 * ry, rx * 0.96, ry * 0.84), solid(mix(color, INK, 0.7))
        )
        sketch.painter.fill(oval(x, y + 0.55 * ry, rx * 0.5, ry * 0.3), solid(glow, 0.8))
    elif style.pupil == "full" and (style.detail > 0.3 or style.fill in ("soft", "painted")):
        _rich_iris(sketch, x, y, rx, ry, color)
    else:
        sketch.painter.fill(oval(x, y - 0.05 * ry, rx * 0.42, ry * 0.42), solid(dark))
    edge = skia.Paint(solid(dark))
    edge.setStyle(skia.Paint.kStroke_Style)
    ring = 0.16 if style.pupil == "ring" and style.fill != "flat" else 0.06
    edge.setStrokeWidth(min(max(_local(sketch, 0.7), ring), 0.2 * ry))
    sketch.painter.canvas.drawPath(iris, edge)
    _glints(sketch, x, y, rx, ry)


def _pupil_kind(sketch: Sketch) -> str:
    """What is special about the character's or the moment's pupils: most often nothing."""
    dice = sketch.character.seed % 1000
    if sketch.head.pose.expression in ("angry", "glare", "shout") and dice < 100:
        return "glow"
    return "slit" if dice > 970 else "round"


def _bare_iris(sketch: Sketch, x: float, y: float, rx: float, ry: float, iris: skia.Path) -> None:
    """Ink only: dark above, paper below."""
    with sketch.painter.group(clip=iris):
        sketch.painter.fill(oval(x, y - ry * 0.75, rx * 1.3, ry * 0.75), solid(INK))
    sketch.painter.fill(oval(x, y, rx * 0.5, ry * 0.52), solid(INK))


def _rich_iris(sketch: Sketch, x: float, y: float, rx: float, ry: float, color: Color) -> None:
    """Shadow of the lid above, pupil, and light gathered below."""
    dark, light = mix(color, INK, 0.6), mix(color, WHITE, 0.45)
    top = skia.Path()
    append_smooth(
        top,
        np.array([[x - rx, y - 0.1 * ry], [x - 0.7 * rx, y - 0.72 * ry], [x, y - ry],
                  [x + 0.7 * rx, y - 0.72 * ry], [x + rx, y - 0.1 * ry], [x, y - 0.28 * ry]]),
    )  # fmt: skip
    top.close()
    if sketch.style.fill in ("soft", "painted", "watercolor"):
        sketch.painter.fill(
            oval(x, y, rx, ry), linear((x, y - ry), (x, y + ry), (dark, color, light))
        )
    elif sketch.style.fill != "flat":
        sketch.painter.fill(top, solid(dark))
    if sketch.style.detail > 0.5:
        sketch.painter.fill(oval(x, y + 0.62 * ry, rx * 0.62, ry * 0.24), solid(light, 0.9))
    wide = 0.16 if _pupil_kind(sketch) == "slit" else 0.42
    tall = 0.7 if wide < 0.2 else 0.46
    sketch.painter.fill(oval(x, y, rx * wide, ry * tall), solid(mix(color, INK, 0.88)))


def _glints(sketch: Sketch, x: float, y: float, rx: float, ry: float) -> None:
    """Highlights; both eyes have them on the side of the light."""
    if sketch.style.detail < 0.12:
        return
    big = 0.22 + 0.16 * sketch.style.detail
    side = -1 if sketch.light.x < 0 else 1
    gx = side * 0.34 * rx
    path = oval(x + gx, y - 0.42 * ry, big * rx * 1.1, big * ry)
    if sketch.style.detail > 0.55 and sketch.style.eye == "anime":
        path.addPath(oval(x - 1.1 * gx, y + 0.45 * ry, big * rx * 0.6, big * ry * 0.5))
    sketch.painter.fill(path, solid(WHITE, 0.96))


BROW_X = np.array([-1.3, -0.7, -0.05, 0.5, 0.95])
BROW_ARCH = np.array([-0.06, 0.16, 0.24, 0.18, 0.04])


def brow_landmarks(sketch: Sketch, eye: Eye) -> tuple[Array, Array]:
    """(5, 2) points along a brow from the picture's left to right, and their depths."""
    s, e = sketch.style, sketch.expression
    size = max(s.eye_size, 0.055)
    center = eye.center
    top = center[1] - 1.3 * s.eye_size * s.eye_open - s.brow_gap
    lean = np.linspace(e.brow_outer, e.brow_inner, 5) * 0.75
    arch = BROW_ARCH * (0.6 if sketch.character.gender == "man" else 1.0)
    y = top - size * (arch + lean) + 0.25 * s.brow_gap
    x = center[0] - eye.side * size * BROW_X
    spots = sketch.head.surface(np.stack([x, y], axis=1), lift=0.01)
    points, depth = sketch.head.project(spots)
    if eye.side > 0:
        return points[::-1], depth[::-1]
    return points, depth


def draw_brow(sketch: Sketch, eye: Eye, points: Array) -> None:
    """Draws one brow along its landmarks."""
    if eye.facing < FACING * 0.6:
        return
    label = Label.LEFT_BROW if eye.side < 0 else Label.RIGHT_BROW
    outer_first = points if eye.side < 0 else points[::-1]
    weight = max(sketch.style.brow_weight, sketch.pen_width(0.8))
    weight *= 0.4 + 0.6 * min(1.0, eye.facing)
    profile = weight * np.array([0.35, 0.8, 1.05, 1.1, 0.8])
    color = mix(sketch.hair, INK, 0.35)
    if sketch.bare or min(sketch.hair) > 170:
        color = INK if sketch.bare else mix(sketch.hair, INK, 0.3)
    sketch.painter.mark("brow", smooth(outer_first))
    sketch.painter.fill(tapered(outer_first, profile), solid(color), label)

"""Eyes, in the manner of the style and as the expression has them.

An eye is drawn in its own frame: x from -1 at the outer corner to 1 at the inner one, y down, in
half eye widths; the frame carries it onto the turned face.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between
from webtoon_curate.synth.heads.eyes.comic import SHUT_LIDS, draw_glyph, glyph_lids
from webtoon_curate.synth.heads.eyes.distance import draw_lash, draw_socket
from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.heads.eyes.irises import draw_iris
from webtoon_curate.synth.heads.eyes.lids import draw_closed, draw_lids, draw_spikes, frame_pen
from webtoon_curate.synth.heads.eyes.side_eyes import (
    draw_closed_lashes,
    draw_side_lids,
    wedge_lids,
    wedged,
)
from webtoon_curate.synth.heads.eyes.undereyes import draw_brim, draw_surroundings, wet
from webtoon_curate.synth.paint import mix, solid, tapered
from webtoon_curate.synth.shapes import ellipse
from webtoon_curate.synth.sketch import (
    SOLID_EYES,
    WHITE,
    Sketch,
    affine,
    between_curves,
    bezier,
)

Array = NDArray[Any]

TILTED, RINGS = ("anime", "real", "lash", "dash"), ("dot", "oval", "round", "dash")
"""Eyes whose corners lean, and eyes that are ellipses."""

SHUT = ("closed", "happy", "squeezed")
"""Lids that show no eyeball."""
PROFILE_SQUEEZE = 0.3
"""How much narrower than by perspective draughtsmen draw eyes in profile."""

_T = np.linspace(0, 1, 7)
"""Parameters of the points of a lid; every second is a landmark."""


LID_SHAPES: dict[str, tuple[float, float, float]] = {
    "wedge": (1.08, 0.94, -0.12), "soft": (0.95, 1.06, 0.10), "sharp": (0.80, 0.96, -0.08),
    "lush": (1.08, 1.0, -0.08), "mono": (0.9, 0.86, 0.0), "clean": (1.0, 1.0, 0.03),
    "droop": (0.92, 1.12, 0.26), "cat": (1.0, 0.82, -0.28), "hooded": (0.66, 0.74, 0.02),
    "triangle": (1.28, 0.42, -0.2), "float": (0.96, 1.04, 0.0),
}  # fmt: skip
"""Height of the upper lid outside and inside, and drop of the outer corner, by manner of lids."""

NARROW_SHARE = 0.015
"""Share of people who open their eyes only when they are shocked, as far as anyone sees."""
SMILING_LIDS = ("soft", "wedge", "clean", "mono")
SQUINT = 0.45
"""What is left of the lower lid's sag when such eyes smile."""


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
        return _seven(upper), _seven(lower)
    up, down = 1.3 * opening / 0.75, 0.7 * opening / 0.75
    reach = 0.42 + 0.6 * s.eye_round
    frown = float(np.clip(-e.brow_inner, -0.5, 0.5))
    outer = -up * (1 + 0.35 * min(frown, 0))
    inner = -up * (1 - 0.6 * max(frown, 0))
    if lid == "half":
        outer, inner, down = outer * 0.7, inner * 0.7, down * 1.5
    high_out, high_in, lift = LID_SHAPES.get(s.lids, (1.0, 1.0, 0.0))
    outer, inner = outer * high_out, inner * high_in
    if e.smile > 0.5 and s.lids in SMILING_LIDS:
        down *= SQUINT
    corner_in = np.array([1.0, 0.12 * (1 - s.eye_round)])
    corner_out = np.array([-1.0, lift - 0.05])
    upper = bezier(
        corner_out, np.array([-reach, outer]), np.array([reach * 0.9, inner]), corner_in, _T
    )
    low = np.array([-reach * 0.9, down]), np.array([reach * 0.7, down])
    return upper, bezier(corner_out, *low, corner_in, _T)


def _seven(points: Array) -> Array:
    """(7, 2) points along straight lines through (4, 2)."""
    at = 3 * _T
    return np.stack([np.interp(at, np.arange(4), points[:, i]) for i in range(2)], axis=1)


def build_eyes(sketch: Sketch) -> tuple[Eye, Eye]:
    """Both eyes' geometry, the picture's left first."""
    s, e, head = sketch.style, sketch.expression, sketch.head
    wink = int(sketch.rng.random() * 2)
    uneven = between(sketch.rng, 0.97, 1.03)
    narrow = sketch.character.seed // 19 % 1000 < 1000 * NARROW_SHARE
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
        tilt = s.eye_tilt if s.eye in TILTED and not s.glyph else 0.0
        cos, sin = np.cos(tilt), np.sin(tilt)
        turn = np.array([[cos, -sin], [sin, cos]]) * s.eye_size
        turn[0] *= -side
        if lid in ("open", "half") and narrow:
            lid = "happy" if sketch.character.seed % 2 else "closed"
        if s.glyph:
            lid = SHUT_LIDS.get(s.glyph, "open")
        upper, lower = _lid_curves(sketch, lid, opening)
        if s.eye in RINGS and lid not in SHUT:
            upper, lower = _ring_lids(s.eye, opening, lid)
        wedge = wedged(sketch)
        if wedge and lid not in SHUT:
            upper, lower = wedge_lids(upper, lower, wedge)
        if s.glyph and lid in ("open", "closed"):
            upper, lower = glyph_lids(s.glyph)
        frame = patch @ turn
        eyes.append(
            Eye(side, center, turn, frame, origin, facing, lid, opening, upper, lower, wedge)
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
    if not eye.shown or sketch.style.eye == "none":
        return
    outline = between_curves(eye.upper, eye.lower)
    with sketch.painter.group(affine(eye.frame, eye.origin)):
        sketch.painter.mark("eye", eye.upper, eye.lower)
        if sketch.style.glyph:
            draw_glyph(sketch, eye)
        elif sketch.style.eye == "socket":
            draw_socket(sketch, eye, outline)
        elif eye.lid in SHUT:
            draw_closed(sketch, eye)
            if eye.wedge > 0.5 and sketch.style.lash > 0.45:
                draw_closed_lashes(sketch, eye)
        elif sketch.style.eye in SOLID_EYES and eye.lid != "wide":
            _solid(sketch, eye, outline)
        elif sketch.style.eye == "lash":
            draw_lash(sketch, eye, outline)
        else:
            _open(sketch, eye, outline)


def _solid(sketch: Sketch, eye: Eye, outline: skia.Path) -> None:
    """Dot and oval eyes: one dark shape."""
    sketch.painter.fill(outline, solid(sketch.lash), eye.label)
    sketch.painter.fill(ellipse(0, 0, 0.7, 0.7 * eye.open), None, eye.iris_label)
    if sketch.style.eye == "oval" and sketch.style.detail > 0.1:
        glint = ellipse(-0.25 * eye.side, -0.4 * eye.open, 0.3, 0.28 * eye.open)
        sketch.painter.fill(glint, solid(WHITE))


def _open(sketch: Sketch, eye: Eye, outline: skia.Path) -> None:
    style = sketch.style
    draw_surroundings(sketch, eye)
    white = mix(WHITE, sketch.skin, 0.0 if sketch.bare else 0.06)
    sketch.painter.fill(outline, solid(white), eye.label)
    with sketch.painter.group(clip=outline):
        draw_iris(sketch, eye)
        if style.eye != "round" and not sketch.bare and style.fill != "flat":
            cast = between_curves(eye.upper, eye.upper + np.array([0, 0.16 + 0.2 * eye.open]))
            sketch.painter.fill(cast, solid((60, 40, 80), 0.25 + 0.2 * style.detail))
    if style.eye == "round":
        weight, color = frame_pen(sketch, 1.0), sketch.ink(sketch.skin)
        for arc in (eye.upper, eye.lower):
            sketch.painter.fill(tapered(arc, np.full(7, weight)), solid(color))
        if sketch.character.gender == "woman" and style.lash > 0.2:
            draw_spikes(sketch, eye, weight, -1.0, color)
        return
    if eye.wedge > 0.5:
        draw_side_lids(sketch, eye)
    else:
        draw_lids(sketch, eye)
    if wet(sketch) and not style.simple:
        draw_brim(sketch, eye)

"""Nose, mouth and ears."""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, append_smooth, mix, polygon, smooth, solid
from webtoon_curate.synth.sketch import INK, WHITE, Sketch, between_curves, oval

Array = NDArray[Any]

PROFILE_FROM = 20.0
"""Degrees of yaw from which the nose is a shape of its own that may stand over the far cheek."""


class Nose:
    """The nose's points: bridge (4), base (5) and the curve of its ridge."""

    def __init__(self, sketch: Sketch) -> None:
        s, head = sketch.style, sketch.head
        out = s.nose_out
        top = s.eye_y - 0.01
        tip_y = s.nose_y - 0.35 * out - 0.01
        self.tip_y, self.base_y, self.wide = tip_y, s.nose_y, s.nose_width
        bridge = np.array([[0, top], [0, top + (tip_y - top) * 0.36],
                           [0, top + (tip_y - top) * 0.7], [0, tip_y]])  # fmt: skip
        lifts = out * np.array([0.08, 0.34, 0.66, 1.0])
        ridge = head.surface(bridge)
        ridge[:, 2] += lifts
        w = s.nose_width
        base = head.surface(
            np.array([[-w, s.nose_y - 0.008], [-0.5 * w, s.nose_y], [0, s.nose_y + 0.004],
                      [0.5 * w, s.nose_y], [w, s.nose_y - 0.008]])
        )  # fmt: skip
        base[:, 2] += out * np.array([0.1, 0.35, 0.3, 0.35, 0.1])
        under = head.surface(np.array([[0, s.nose_y - 0.008]]))
        under[:, 2] += out * 0.92
        self.bridge, bridge_z = head.project(ridge)
        self.base, base_z = head.project(base)
        self.under = head.project(under)[0]
        self.depth = np.concatenate([bridge_z, base_z])
        self.points = np.concatenate([self.bridge, self.base])

    @property
    def profile(self) -> Array:
        """The ridge from between the eyes over the tip to the lip, (6, 2)."""
        return np.concatenate([self.bridge, self.under, self.base[2:3]])


def stands_out(sketch: Sketch, nose: Nose) -> bool:
    """Whether the tip reaches over the far cheek, so that the nose is part of the outline."""
    head = sketch.head
    if abs(head.pose.yaw) < PROFILE_FROM:
        return False
    far = head.contour[17:][::-1] if head.pose.yaw > 0 else head.contour[:17]
    edge = np.interp(nose.bridge[3, 1], far[:, 1], far[:, 0])
    reach = nose.bridge[3, 0] - edge
    return bool(reach * np.sign(head.pose.yaw) > -0.01)


def draw_nose(sketch: Sketch, nose: Nose, skin: skia.Paint) -> None:
    """Draws the nose; ``skin`` paints its side where it stands over the far cheek."""
    kind, painter, head = sketch.style.nose, sketch.painter, sketch.head
    body = smooth(
        np.concatenate([nose.bridge[1:2], nose.base[:1], nose.base[2:3], nose.base[4:]]),
        closed=True,
    )
    painter.fill(body, None, Label.NOSE)
    out = stands_out(sketch, nose)
    if abs(head.pose.yaw) >= PROFILE_FROM:
        path = smooth(nose.profile)
        path.close()
        painter.fill(path, skin if out else None, Label.NOSE)
    painter.mark("nose", smooth(nose.base))
    painter.mark("nose", smooth(nose.profile))
    if kind == "round":
        _round(sketch, nose)
        return
    if out:
        start = 0 if kind != "round" else 1
        sketch.line(nose.profile[start:], 1.0)
        if kind in ("nostrils", "painted"):
            _nostrils(sketch, nose)
        return
    _NOSES[kind](sketch, nose)


def _shadow_side(sketch: Sketch) -> float:
    """-1 or 1: the side of the nose that lies in shadow, or away from the reader's view."""
    yaw = sketch.head.pose.yaw
    if abs(yaw) > 8:
        return float(np.sign(yaw))
    return 1.0 if sketch.light.x < 0 else -1.0


def _side_points(sketch: Sketch, nose: Nose, start: int) -> Array:
    side = _shadow_side(sketch)
    push = np.array([side * nose.wide * 0.35 * max(0.0, 1 - abs(sketch.head.pose.yaw) / 45), 0])
    ridge = nose.bridge[start:] + push * np.linspace(0.6, 1, 4 - start)[:, None]
    return np.concatenate([ridge, nose.under + push * 0.7, nose.base[2:3] - push * 0.3])


def _side(sketch: Sketch, nose: Nose) -> None:
    sketch.line(_side_points(sketch, nose, 1), 0.8)


def _line(sketch: Sketch, nose: Nose) -> None:
    points = _side_points(sketch, nose, 2)
    sketch.line(points[:-1], 0.9)


def _tip(sketch: Sketch, nose: Nose) -> None:
    side = _shadow_side(sketch)
    a, b = (nose.base[1], nose.base[2]) if side < 0 else (nose.base[3], nose.base[2])
    hook = np.stack([nose.bridge[3] * 0.4 + a * 0.6 + [0, -0.006], a, b])
    sketch.line(hook, 0.85)


def _dot(sketch: Sketch, nose: Nose) -> None:
    width = max(sketch.pen_width(1.0), 0.008)
    x, y = ((nose.bridge[3] + nose.base[2]) / 2).tolist()
    sketch.painter.fill(oval(x, y, width * 0.8, width * 0.65), solid(sketch.ink(sketch.skin)))


def _none(_: Sketch, __: Nose) -> None:
    return


def _shadow(sketch: Sketch, nose: Nose) -> None:
    side = _shadow_side(sketch)
    tone = sketch.shadow(sketch.skin, 1.3)
    edge = nose.base[4] if side > 0 else nose.base[0]
    under = np.stack([nose.bridge[3], edge * 0.8 + nose.base[2] * 0.2, nose.base[2] + [0, 0.012]])
    sketch.painter.fill(polygon(under), solid(tone))
    x, y = nose.bridge[3].tolist()
    if sketch.style.detail > 0.6 and not sketch.bare:
        sketch.painter.fill(oval(x - side * 0.006, y - 0.012, 0.006, 0.009), solid(WHITE, 0.7))


def _wedge(sketch: Sketch, nose: Nose) -> None:
    side = _shadow_side(sketch)
    tone = sketch.shadow(sketch.skin)
    edge = nose.base[4] if side > 0 else nose.base[0]
    shape = np.stack([nose.bridge[0], nose.bridge[2], nose.bridge[3], nose.base[2], edge])
    sketch.painter.fill(polygon(shape), solid(tone))
    _tip(sketch, nose)


def _nostrils(sketch: Sketch, nose: Nose) -> None:
    yaw = sketch.head.pose.yaw
    color = mix(sketch.ink(sketch.skin), sketch.skin, 0.15)
    path = skia.Path()
    for index, sign in ((1, -1), (3, 1)):
        if abs(yaw) > 40 and sign == np.sign(yaw):
            continue
        x, y = (nose.base[index] * 0.85 + nose.base[2] * 0.15).tolist()
        rx = nose.wide * 0.3 * max(0.4, np.cos(np.radians(yaw)))
        path.addOval(skia.Rect.MakeLTRB(x - rx, y - 0.013, x + rx, y - 0.002))
    sketch.painter.fill(path, solid(color))
    for index, sign in ((0, -1), (4, 1)):
        if abs(yaw) > 30 and sign == np.sign(yaw):
            continue
        wing = nose.base[index]
        height = nose.wide * 0.6
        arc = np.stack([wing + [-sign * 0.004, -height], wing + [sign * 0.006, -height * 0.45],
                        wing + [-sign * 0.006, 0.002]])  # fmt: skip
        sketch.line(arc, 0.6, alpha=0.85)
    if sketch.style.nose == "nostrils" and sketch.style.detail > 0.6:
        sketch.line(_side_points(sketch, nose, 0)[:3], 0.5, alpha=0.7)


def _painted(sketch: Sketch, nose: Nose) -> None:
    side = _shadow_side(sketch)
    edge = nose.base[4] if side > 0 else nose.base[0]
    shape = np.stack([nose.bridge[0], nose.bridge[2], nose.bridge[3], nose.base[2], edge])
    paint = solid(sketch.shadow(sketch.skin), 0.8)
    paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 0.008))
    sketch.painter.fill(polygon(shape), paint)
    _nostrils(sketch, nose)
    x, y = nose.bridge[3].tolist()
    sketch.painter.fill(oval(x - side * 0.006, y - 0.008, 0.009, 0.012), solid(WHITE, 0.35))


def _round(sketch: Sketch, nose: Nose) -> None:
    """A bulb, as in picture books."""
    middle = nose.bridge[3] * 0.25 + nose.base[2] * 0.75
    x, y = middle[0], nose.bridge[3][1] * 0.6 + nose.base[2][1] * 0.4
    rx = nose.wide * 1.15
    ry = rx * (0.75 + 0.35 * min(sketch.style.nose_out / 0.15, 1))
    bulb = oval(x, y, rx, ry)
    color = sketch.skin if sketch.bare else mix(sketch.skin, (220, 70, 60), 0.18)
    sketch.painter.fill(bulb, solid(color), Label.NOSE)
    start = 300 if sketch.head.pose.yaw <= 0 else 100
    if sketch.outlined:
        arc = skia.Path()
        bounds = skia.Rect.MakeLTRB(x - rx, y - ry, x + rx, y + ry)
        if abs(sketch.head.pose.yaw) < 15:
            arc.addArc(bounds, -20, 220)
        else:
            arc.addArc(bounds, start - 250 if start == 300 else start - 190, 250)
        sketch.outline(arc, sketch.skin)


_NOSES = {
    "side": _side, "line": _line, "tip": _tip, "dot": _dot, "none": _none, "shadow": _shadow,
    "wedge": _wedge, "nostrils": _nostrils, "painted": _painted,
}  # fmt: skip


OUTER_X = np.array([-1, -0.62, -0.26, 0, 0.26, 0.62, 1, 0.62, 0.26, 0, -0.26, -0.62])
CAVITY: Color = (110, 30, 36)
TONGUE: Color = (226, 110, 110)
LOWEST_LIP = 0.455
"""The mouth never opens below this height, where the chin begins."""


CAT_FAMILIES = ("chibi", "anime", "gag")


def cat_mouth(sketch: Sketch) -> bool:
    """Whether a closed smile is drawn as two arcs."""
    smiling = sketch.head.pose.expression in ("smile", "smirk")
    return smiling and sketch.style.family in CAT_FAMILIES and sketch.character.seed % 3 == 0


class Mouth:
    """The mouth's points in the picture: outer (12) and inner (8) lip contour."""

    def __init__(self, sketch: Sketch) -> None:
        s, e = sketch.style, sketch.expression
        half = s.mouth_width * e.wide
        self.gape = e.gape * half
        room = LOWEST_LIP - s.mouth_y
        self.gape = min(self.gape * 1.5, room / 0.75)
        self.open = self.gape > 0.006
        lips = s.lips if s.lips > 0.15 else 0.0
        bend = 1 - OUTER_X**2
        corner = s.mouth_y - 0.22 * e.smile * half
        middle = 0.35 * e.smile * half * bend
        if sketch.head.pose.expression == "wavy":
            middle = middle + 0.12 * half * np.sin(OUTER_X * 7)
        if cat_mouth(sketch):
            middle = 0.3 * half * np.abs(np.sin(np.pi * OUTER_X))
        upper = slice(0, 7)
        rest = OUTER_X.copy()
        inner = corner + middle
        drop = np.zeros(12)
        drop[upper] = -0.25 * self.gape * bend[upper] ** 0.7
        drop[7:] = 0.75 * self.gape * bend[7:] ** 0.6
        inner_y = inner + drop
        thick = np.zeros(12)
        thick[upper] = -lips * half * 0.26 * np.array([0, 0.6, 1.0, 0.8, 1.0, 0.6, 0])
        thick[7:] = lips * half * 0.36 * np.array([0.65, 1.0, 1.05, 1.0, 0.65])
        self.inner_ring = self._place(sketch, half * rest, inner_y)
        self.outer, outer_z = self._depths(sketch, half * rest, inner_y + thick)
        order = [0, 2, 3, 4, 6, 8, 9, 10]
        shrink = 0.94 if lips else 1.0
        x = half * rest * shrink
        self.inner, inner_z = self._depths(sketch, x[order], inner_y[order])
        self.depth = np.concatenate([outer_z, inner_z])
        if lips:
            self.inner_ring = self._place(sketch, x, inner_y)
        self.points = np.concatenate([self.outer, self.inner])
        self.lips = lips

    @staticmethod
    def _depths(sketch: Sketch, x: Array, y: Array) -> tuple[Array, Array]:
        return sketch.head.project(sketch.head.surface(np.stack([x, y], axis=1)))

    @classmethod
    def _place(cls, sketch: Sketch, x: Array, y: Array) -> Array:
        return cls._depths(sketch, x, y)[0]


def _ring(points: Array) -> skia.Path:
    """Closed contour through 12 lip points, with corners at both ends."""
    path = skia.Path()
    append_smooth(path, points[:7])
    append_smooth(path, np.concatenate([points[6:], points[:1]]), start=False)
    path.close()
    return path


def draw_mouth(sketch: Sketch, mouth: Mouth) -> None:
    """Draws the mouth."""
    painter, character = sketch.painter, sketch.character
    inside = _ring(mouth.inner_ring)
    painter.mark("mouth", inside)
    if mouth.lips or character.lipstick:
        outer = _ring(mouth.outer)
        painter.mark("mouth", outer)
        color = mix(sketch.skin, (196, 70, 76), 0.35)
        if character.lipstick and not sketch.bare:
            color = character.lipstick
        elif sketch.bare:
            color = sketch.skin
        painter.fill(outer, solid(color, 0.9), Label.MOUTH)
        if not sketch.bare and mouth.lips:
            upper = between_curves(mouth.outer[:7], mouth.inner_ring[:7])
            painter.fill(upper, solid(sketch.shadow(color, 0.8)))
    if not mouth.open:
        _closed_mouth(sketch, mouth)
        return
    _open_mouth(sketch, mouth, inside)


def _closed_mouth(sketch: Sketch, mouth: Mouth) -> None:
    line = mouth.inner_ring[:7]
    weight = {"plain": 0.9, "gap": 0.8, "thick": 1.3}[sketch.style.mouth_line]
    if sketch.style.mouth_line == "gap" and not mouth.lips:
        sketch.line(line[:3], weight, label=Label.MOUTH)
        sketch.line(line[3:], weight, label=Label.MOUTH)
    else:
        sketch.line(line, weight, label=Label.MOUTH)
    if sketch.style.detail > 0.45 and sketch.style.nose not in ("none", "round"):
        under = (mouth.outer[8:11] + [0, 0.016])[::-1]
        sketch.line(under, 0.6, alpha=0.6)


def _open_mouth(sketch: Sketch, mouth: Mouth, inside: skia.Path) -> None:
    painter = sketch.painter
    cavity = INK if sketch.bare else mix(CAVITY, sketch.ink(sketch.skin), 0.35)
    painter.fill(inside, solid(cavity), Label.INNER_MOUTH)
    painter.fill(smooth(mouth.inner_ring[:7]), None, Label.MOUTH)
    ring = mouth.inner_ring
    tall = float(ring[9, 1] - ring[3, 1])
    with painter.group(clip=inside):
        x, y = ring[9].tolist()
        wide = float(np.abs(ring[6, 0] - ring[0, 0])) / 2
        tongue = WHITE if sketch.bare else mix(TONGUE, cavity, 0.1)
        if tall > 0.02:
            painter.fill(oval(x, y, wide * 0.55, tall * 0.42), solid(tongue))
        if sketch.character.seed % 9 == 0 and sketch.style.family != "painted":
            _fang(sketch, ring, tall)
        if sketch.expression.teeth:
            share = 0.9 if sketch.head.pose.expression in ("grin", "pain") else 0.28
            band = between_curves(ring[:7] - [0, 0.02], ring[:7] + [0, share * tall])
            painter.fill(band, solid(mix(WHITE, sketch.skin, 0.05)))
            if share > 0.5:
                sketch.line((ring[:7] + ring[[0, 11, 10, 9, 8, 7, 6]]) / 2, 0.5)
    if mouth.lips < 0.5 or sketch.outlined:
        edge = skia.Paint(solid(sketch.ink(sketch.skin)))
        edge.setStyle(skia.Paint.kStroke_Style)
        edge.setStrokeWidth(sketch.pen_width(0.8))
        painter.stroke(inside, edge, Label.MOUTH)


def _fang(sketch: Sketch, ring: Array, tall: float) -> None:
    """One pointed tooth, a sign of mischief."""
    x, y = ring[2].tolist()
    w = 0.5 * abs(float(ring[3, 0] - ring[2, 0]))
    tooth = np.array([[x - w, y - 0.02], [x + w, y - 0.02], [x, y + min(0.4 * tall, 0.03)]])
    sketch.painter.fill(polygon(tooth), solid(WHITE))


EAR_SHAPE = np.array([[0.0, -0.30], [0.22, -0.52], [0.58, -0.46], [0.70, -0.18], [0.55, 0.16],
                      [0.34, 0.42], [0.10, 0.50], [0.0, 0.30]])  # fmt: skip
"""Outline of an ear, one high, from its front edge to the back."""
ELF_SHAPE = np.array([[0.0, -0.22], [0.5, -0.6], [1.15, -0.95], [0.9, -0.4], [0.6, 0.05],
                      [0.34, 0.38], [0.10, 0.46], [0.0, 0.28]])  # fmt: skip
EAR_SPREAD = 0.5
"""How far ears stand off the head: sine of the angle."""


def draw_ear(sketch: Sketch, side: int, skin: skia.Paint | None = None) -> None:
    """Draws the picture's left (-1) or right (1) ear."""
    s, head = sketch.style, sketch.head
    size = s.ear
    x = side * s.width * 0.97
    origin = np.array([x, s.eye_y + size * 0.35, 0.0])
    # Away from the face an ear runs outward and back.
    back = np.array([side * EAR_SPREAD, 0.0, -np.sqrt(1 - EAR_SPREAD**2)])
    shape = ELF_SHAPE if sketch.character.ear == "elf" else EAR_SHAPE
    outline = origin + size * (shape[:, :1] * back + shape[:, 1:] * np.array([0, 1.0, 0]))
    points, _ = head.project(outline)
    paint = skin or solid(sketch.skin)
    path = smooth(points, closed=True)
    sketch.painter.fill(path, paint, Label.EARS)
    sketch.outline(path, sketch.skin)
    if s.detail > 0.2 or s.eye in ("round", "dot"):
        center = points.mean(0)
        inner = center + (points[1:6] - center) * 0.55
        sketch.line(inner, 0.6, alpha=0.9)
    draw_earring(sketch, side)


EARRING_SHARE = 0.25
"""Share of grown women with earrings; a third of it for grown men."""


def draw_earring(sketch: Sketch, side: int) -> None:
    """A ring or a stud at the picture's left (-1) or right (1) ear."""
    own = np.random.default_rng(sketch.character.seed + 9)
    share = EARRING_SHARE * {"woman": 1.0, "man": 0.33}.get(sketch.character.gender, 0.5)
    if own.random() > share or sketch.character.age == "child":
        return
    s = sketch.style
    spot = np.array([[side * (s.width + 0.06 * s.ear), s.eye_y + s.ear * 0.82, -0.03]])
    x, y = sketch.head.project(spot)[0][0].tolist()
    size = 0.014 + 0.03 * own.random()
    gold = sketch.tone((232, 190, 70) if own.random() < 0.6 else (214, 222, 232))
    stud = oval(x, y + size, size, size * (1.0 + 1.5 * own.random()))
    sketch.painter.fill(stud, solid(gold), Label.EARS)
    sketch.outline(stud, gold, 0.6)

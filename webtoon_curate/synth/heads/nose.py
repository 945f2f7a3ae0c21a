"""Noses."""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.heads.skin import SOFT_SKINS, nose_paint, skin_manner
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, mix, polygon, smooth, solid
from webtoon_curate.synth.shapes import ellipse
from webtoon_curate.synth.sketch import WHITE, Sketch

Array = NDArray[Any]

SHADED_BY_TURN = 8
"""Degrees of yaw beyond which the far side of the nose is the dark one, whatever the light."""
NOSTRIL_HIDDEN, WING_HIDDEN, STROKE_HIDDEN = 40, 30, 45
"""Degrees of yaw beyond which what lies on the far side of the nose is not drawn."""
BULB_TURNED = 15
"""Degrees of yaw from which the outline of a round nose is open to the cheek."""
WINGED_FROM = 0.032
"""Half width and length, in heads, of the smallest noses that have wings from the side."""
PROFILE_FROM = 20.0
"""Degrees of yaw from which the nose is a shape of its own that may stand over the far cheek."""


class Nose:
    """The nose's points: bridge (4), base (5) and the curve of its ridge."""

    def __init__(self, sketch: Sketch) -> None:
        s, head = sketch.style, sketch.head
        # Even styles that draw no nose give it a tip in profile.
        turned = abs(np.sin(np.radians(head.pose.yaw)))
        side = s.side
        out = max(s.nose_out, side.least * float(turned))
        top = s.eye_y - 0.01
        tip_y = s.nose_y - (0.35 + side.tip) * out - 0.01
        self.tip_y, self.wide, self.pointed = tip_y, s.nose_width, side.pointed
        bridge = np.array([[0, top], [0, top + (tip_y - top) * 0.36],
                           [0, top + (tip_y - top) * 0.7], [0, tip_y]])  # fmt: skip
        lifts = out * np.array(side.ridge_lifts)
        ridge = head.surface(bridge)
        ridge[:, 2] += lifts
        w = s.nose_width
        base = head.surface(
            np.array([[-w, s.nose_y - 0.008], [-0.5 * w, s.nose_y], [0, s.nose_y + 0.004],
                      [0.5 * w, s.nose_y], [w, s.nose_y - 0.008]])
        )  # fmt: skip
        self.foot = head.project(base[2:3])[0][0]
        base[:, 2] += out * np.array([0.1, 0.35, 0.3, 0.35, 0.1])
        under = head.surface(np.array([[0, s.nose_y - 0.008 - 0.3 * max(side.tip, 0.0) * out]]))
        under[:, 2] += out * side.under
        self.bridge, bridge_z = head.project(ridge)
        self.base, base_z = head.project(base)
        self.under = head.project(under)[0]
        self.depth = np.concatenate([bridge_z, base_z])
        self.points = np.concatenate([self.bridge, self.base])

    def wing(self, side: float) -> Array:
        """(2,) outer end of the base on the picture's left (-1) or right (1)."""
        return self.base[4 if side > 0 else 0]

    @property
    def profile(self) -> Array:
        """The ridge from between the eyes over the tip to the lip, (6, 2); 8 with a pointed tip.

        A point three times over is a corner of a smooth curve.
        """
        tip = self.bridge[[3, 3]] if self.pointed else self.bridge[:0]
        return np.concatenate([self.bridge, tip, self.under, self.base[2:3]])


def stands_out(sketch: Sketch, nose: Nose) -> bool:
    """Whether the tip reaches over the far cheek, so that the nose is part of the outline."""
    head = sketch.head
    if abs(head.pose.yaw) < PROFILE_FROM:
        return False
    far = head.contour[17:][::-1] if head.pose.yaw > 0 else head.contour[:17]
    edge = np.interp(nose.bridge[3, 1], far[:, 1], far[:, 0])
    reach = nose.bridge[3, 0] - edge
    return bool(reach * np.sign(head.pose.yaw) > -0.01)


def draw_nose(sketch: Sketch, nose: Nose, skin: skia.Paint, lined: bool = True) -> None:
    """Draws the nose; ``skin`` paints its side where it stands over the far cheek.

    ``lined`` says whether it has a line of its own there.
    """
    kind, painter, head = sketch.style.nose, sketch.painter, sketch.head
    body = smooth(
        np.concatenate([nose.bridge[1:2], nose.base[:1], nose.base[2:3], nose.base[4:]]),
        closed=True,
    )
    painter.fill(body, None, Label.NOSE)
    out = stands_out(sketch, nose)
    if abs(head.pose.yaw) >= PROFILE_FROM:
        path = smooth(nose.profile)
        # Closed inside the face, or the ground would show between nose and cheek.
        inward = np.array([-0.08 * np.sign(head.pose.yaw), 0.0])
        for x, y in (nose.profile[[-1, 0]] + inward).tolist():
            path.lineTo(x, y)
        path.close()
        if out and skin_manner(sketch) in SOFT_SKINS:
            inner = nose.base[2, 0] + float(inward[0])
            skin = nose_paint(sketch, float(nose.bridge[3, 0]), inner)
        painter.fill(path, skin if out else None, Label.NOSE)
    painter.mark("nose", nose.base, nose.profile)
    if kind == "round":
        _round(sketch, nose)
        return
    if out:
        if lined:
            sketch.line(nose.profile, 1.0)
        if kind in ("nostrils", "painted"):
            _nostrils(sketch, nose)
        elif _winged(sketch):
            _wing(sketch, nose)
        return
    if kind != "none":
        _NOSES[kind](sketch, nose)


def _winged(sketch: Sketch) -> bool:
    """Whether a nose from the side has a wing: every second person's in detailed drawings."""
    style = sketch.style
    large = style.nose_width > WINGED_FROM and style.nose_out > WINGED_FROM
    return large and style.detail > 0.4 and sketch.character.seed % 2 == 0


def _wing(sketch: Sketch, nose: Nose) -> None:
    """The near wing as a bow, and the nostril before it."""
    way = float(np.sign(sketch.head.pose.yaw))
    near, tall = nose.wing(-way), 0.75 * nose.wide
    bow = [[0.3 * tall, -tall], [-0.3 * tall, -0.85 * tall], [-0.5 * tall, -0.25 * tall], [0, 0]]
    sketch.line(near + np.array(bow) * [way, 1.0], 0.7, alpha=0.85)
    if sketch.character.seed % 4 == 0:
        hole = 0.55 * near + 0.45 * nose.under[0]
        reach = 0.2 * (nose.under[0] - near)
        sketch.line(np.vstack([hole - reach, hole - np.array([0, 0.004]), hole + reach]), 0.9)


def _shadow_side(sketch: Sketch) -> float:
    """-1 or 1: the side of the nose that lies in shadow, or away from the reader's view."""
    yaw = sketch.head.pose.yaw
    if abs(yaw) > SHADED_BY_TURN:
        return float(np.sign(yaw))
    return -sketch.light.side


def _push(sketch: Sketch, nose: Nose, share: float) -> Array:
    """(2,) way from the ridge to its shadow, in half widths of the nose; none when turned."""
    frontal = max(0.0, 1 - abs(sketch.head.pose.yaw) / 45)
    return np.array([_shadow_side(sketch) * nose.wide * share * frontal, 0])


def _side_points(sketch: Sketch, nose: Nose, start: int) -> Array:
    push = _push(sketch, nose, 0.35)
    ridge = nose.bridge[start:] + push * np.linspace(0.6, 1, 4 - start)[:, None]
    return np.concatenate([ridge, nose.under + push * 0.7, nose.base[2:3] - push * 0.3])


def _side(sketch: Sketch, nose: Nose) -> None:
    sketch.line(_side_points(sketch, nose, 1), 0.8)


def _line(sketch: Sketch, nose: Nose) -> None:
    points = _side_points(sketch, nose, 2)
    sketch.line(points[:-1], 0.9)


def _tip(sketch: Sketch, nose: Nose) -> None:
    side = _shadow_side(sketch)
    a = nose.base[1 if side < 0 else 3]
    hook = np.stack([nose.bridge[3] * 0.4 + a * 0.6 + [0, -0.006], a, nose.base[2]])
    sketch.line(hook, 0.85)


def _dot(sketch: Sketch, nose: Nose) -> None:
    width = max(sketch.pen_width(1.0), 0.008)
    x, y = ((nose.bridge[3] + nose.base[2]) / 2).tolist()
    sketch.painter.fill(ellipse(x, y, width * 0.8, width * 0.65), solid(sketch.ink(sketch.skin)))


def _shadow(sketch: Sketch, nose: Nose) -> None:
    side = _shadow_side(sketch)
    tone = sketch.shadow(sketch.skin, 1.3)
    edge = nose.wing(side)
    under = np.stack([nose.bridge[3], edge * 0.8 + nose.base[2] * 0.2, nose.base[2] + [0, 0.012]])
    sketch.painter.fill(polygon(under), solid(tone))
    x, y = nose.bridge[3].tolist()
    if sketch.style.detail > 0.6 and not sketch.bare:
        sketch.painter.fill(ellipse(x - side * 0.006, y - 0.012, 0.006, 0.009), solid(WHITE, 0.7))


def _flank(sketch: Sketch, nose: Nose) -> skia.Path:
    """The side in shadow, from between the eyes to the wing."""
    edge = nose.wing(_shadow_side(sketch))
    return polygon(np.stack([*nose.bridge[[0, 2, 3]], nose.base[2], edge]))


def _wedge(sketch: Sketch, nose: Nose) -> None:
    sketch.painter.fill(_flank(sketch, nose), solid(sketch.shadow(sketch.skin)))
    _tip(sketch, nose)


def _nostrils(sketch: Sketch, nose: Nose) -> None:
    yaw = sketch.head.pose.yaw
    color = mix(sketch.ink(sketch.skin), sketch.skin, 0.15)
    path = skia.Path()
    for index, sign in ((1, -1), (3, 1)):
        if sketch.head.hides(sign, NOSTRIL_HIDDEN):
            continue
        x, y = (nose.base[index] * 0.85 + nose.base[2] * 0.15).tolist()
        rx = nose.wide * 0.3 * max(0.4, np.cos(np.radians(yaw)))
        path.addOval(skia.Rect.MakeLTRB(x - rx, y - 0.013, x + rx, y - 0.002))
    sketch.painter.fill(path, solid(color))
    for index, sign in ((0, -1), (4, 1)):
        if sketch.head.hides(sign, WING_HIDDEN):
            continue
        wing = nose.base[index]
        height = nose.wide * 0.6
        arc = wing + np.array(
            [[-sign * 0.004, -height], [sign * 0.006, -height * 0.45], [-sign * 0.006, 0.002]]
        )
        sketch.line(arc, 0.6, alpha=0.85)
    if sketch.style.nose == "nostrils" and sketch.style.detail > 0.6:
        sketch.line(_side_points(sketch, nose, 0)[:3], 0.5, alpha=0.7)


def _painted(sketch: Sketch, nose: Nose) -> None:
    side = _shadow_side(sketch)
    paint = solid(sketch.shadow(sketch.skin), 0.8)
    paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 0.008))
    sketch.painter.fill(_flank(sketch, nose), paint)
    _nostrils(sketch, nose)
    x, y = nose.bridge[3].tolist()
    sketch.painter.fill(ellipse(x - side * 0.006, y - 0.008, 0.009, 0.012), solid(WHITE, 0.35))


def _nostril_strokes(sketch: Sketch, nose: Nose, long: float, color: Color) -> None:
    """Two short curved strokes under the tip, the far one shorter as the head turns."""
    yaw = sketch.head.pose.yaw
    for index, sign in ((1, -1), (3, 1)):
        if sketch.head.hides(sign, STROKE_HIDDEN):
            continue
        x, y = (nose.base[index] * 0.7 + nose.base[2] * 0.3).tolist()
        reach = sign * long * nose.wide * max(0.4, np.cos(np.radians(yaw)))
        stroke = np.array([[x - 0.6 * reach, y - 0.001], [x, y - 0.006], [x + reach, y - 0.001]])
        sketch.line(stroke, 1.0, color)


def _soft(sketch: Sketch, nose: Nose) -> None:
    """Nothing but a soft shadow under the tip, nostrils in the color of skin, and a shine."""
    side = _shadow_side(sketch)
    shape = np.stack([nose.bridge[3] + [0, 0.01], nose.wing(side), nose.base[2] + [0, 0.012],
                      0.5 * (nose.wing(-side) + nose.base[2])])  # fmt: skip
    if sketch.bare:
        sketch.shade(polygon(shape), sketch.skin, 0.8)
    else:
        paint = solid(sketch.shadow(sketch.skin, 1.3), 0.75)
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 0.007))
        sketch.painter.fill(polygon(shape), paint)
    _nostril_strokes(sketch, nose, 0.3, mix(sketch.ink(sketch.skin), sketch.skin, 0.3))
    if not sketch.bare and sketch.style.detail > 0.3:
        x, y = nose.bridge[3].tolist()
        light = mix(WHITE, sketch.skin, 0.3)
        shine = solid(light, 0.15 + 0.4 * sketch.style.detail)
        sketch.painter.fill(ellipse(x - side * 0.005, y - 0.008, 0.005, 0.009), shine)


def _dots(sketch: Sketch, nose: Nose) -> None:
    """Two nostrils and no more."""
    _nostril_strokes(sketch, nose, 0.16, sketch.ink(sketch.skin))


def _bridge(sketch: Sketch, nose: Nose) -> None:
    """The ridge beside the eye, a gap, and the shadow under the tip."""
    push = _push(sketch, nose, 0.55)
    top = nose.bridge[0] + push + [0, -0.02]
    sketch.line(np.stack([top, nose.bridge[0] * 0.5 + nose.bridge[1] * 0.5 + push * 0.7,
                          nose.bridge[1] + push * 0.6]), 0.7, alpha=0.8)  # fmt: skip
    edge = nose.wing(_shadow_side(sketch))
    under = np.stack([nose.bridge[3] * 0.4 + nose.base[2] * 0.6, edge, nose.base[2] + [0, 0.01]])
    sketch.shade(polygon(under), sketch.skin, 1.2)
    _nostril_strokes(sketch, nose, 0.35, sketch.ink(sketch.skin))


def _round(sketch: Sketch, nose: Nose) -> None:
    """A bulb, as in picture books."""
    middle = nose.bridge[3] * 0.25 + nose.base[2] * 0.75
    reach = 0.8 * nose.wide
    middle[0] = np.clip(middle[0], nose.foot[0] - reach, nose.foot[0] + reach)
    x, y = middle[0], nose.bridge[3, 1] * 0.6 + nose.base[2, 1] * 0.4
    rx = nose.wide * 1.15
    ry = rx * (0.75 + 0.35 * min(sketch.style.nose_out / 0.15, 1))
    bulb = ellipse(x, y, rx, ry)
    color = sketch.skin if sketch.bare else mix(sketch.skin, (220, 70, 60), 0.18)
    sketch.painter.fill(bulb, solid(color), Label.NOSE)
    if sketch.outlined:
        yaw, arc = sketch.head.pose.yaw, skia.Path()
        if abs(yaw) < BULB_TURNED:
            arc.addArc(bulb.getBounds(), -20, 220)
        else:
            arc.addArc(bulb.getBounds(), 50 if yaw <= 0 else -90, 250)
        sketch.outline(arc, sketch.skin)


def _plane(sketch: Sketch, nose: Nose) -> None:
    """A strong nose as a solid: one side in shadow, from brow to wing, and the underside."""
    side = _shadow_side(sketch)
    edge, top = nose.wing(side), nose.bridge[0] + [side * 0.9 * nose.wide, -0.03]
    ridge = nose.bridge + _push(sketch, nose, 0.3)
    wing = edge - np.array([0, 0.35 * nose.wide])
    shape = np.concatenate([[top], ridge, [nose.base[2]], [edge], [wing],
                            [0.5 * (ridge[1] + wing)]])  # fmt: skip
    sketch.shade(polygon(shape), sketch.skin, 0.9)
    under = np.stack([nose.wing(-1), ridge[3] * 0.5 + nose.base[2] * 0.5, nose.wing(1),
                      nose.base[2] + [0, 0.008]])  # fmt: skip
    sketch.shade(polygon(under), sketch.skin, 1.4)
    sketch.line(_side_points(sketch, nose, 0)[:4], 0.6, alpha=0.8)
    _nostrils(sketch, nose)


def _shine(sketch: Sketch, nose: Nose) -> None:
    """A light on the tip and a short shadow under it, and no line."""
    side = _shadow_side(sketch)
    x, y = nose.bridge[3].tolist()
    low = nose.base[2]
    reach = 0.35 * nose.wide
    stroke = low + np.array([[-reach, -0.002], [0, 0.003], [reach, -0.002]])
    tone = sketch.ink(sketch.skin) if sketch.bare else sketch.shadow(sketch.skin, 2.0)
    sketch.line(stroke, 0.9, tone)
    if not sketch.bare:
        light = solid(mix(WHITE, sketch.skin, 0.2), 0.8)
        sketch.painter.fill(ellipse(x - side * 0.004, y - 0.006, 0.006, 0.01), light)


def _button(sketch: Sketch, nose: Nose) -> None:
    """A small bow under the tip, as snub noses have it."""
    low = nose.base[1:4].copy()
    low[[0, 2], 1] -= 0.35 * nose.wide
    low[1, 1] += 0.002
    sketch.line(low, 1.0)


_NOSES = {
    "side": _side, "line": _line, "tip": _tip, "dot": _dot, "shadow": _shadow,
    "wedge": _wedge, "nostrils": _nostrils, "painted": _painted,
    "soft": _soft, "dots": _dots, "bridge": _bridge, "plane": _plane, "shine": _shine,
    "button": _button,
}  # fmt: skip

"""What people wear before their faces: scarves, collars, masks, hats, hoods, helmets, bandages."""

from __future__ import annotations

import cv2
import numpy as np
import skia

from webtoon_curate.synth.covers.frame import DARK, WHITE, Frame, Kinds, ring
from webtoon_curate.synth.ink import darker
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, mix, solid
from webtoon_curate.synth.shapes import Point


def _scarf(f: Frame) -> None:
    """A scarf wound up to the mouth or the nose."""
    top, wide = f.mouth[1] - f.u(-0.04, 0.32), f.u(0.5, 0.62)
    color = f.cover.cloth if f.coin(0.5) else f.color((0, 0.8), (0.1, 0.95))
    edge = [(-wide, top - 0.06), (-0.3, top + 0.03), (0, top + 0.06), (0.3, top + 0.02),
            (wide, top - 0.04)]  # fmt: skip
    low = [(wide * 1.15, 0.55), (wide * 1.25, 0.95), (0, 1.1), (-wide * 1.25, 0.95),
           (-wide * 1.15, 0.55)]  # fmt: skip
    f.shape(edge + low, color, smooth=True)
    for i in range(3):
        v = top + 0.18 + 0.17 * i + f.u(-0.03, 0.03)
        fold = [(-wide * f.u(0.6, 1), v - 0.05), (f.u(-0.1, 0.1), v + 0.06), (wide * 0.9, v - 0.07)]
        f.line(fold)


def _collar(f: Frame) -> None:
    """Stiff coat collars that stand before chin and cheeks."""
    high = f.mouth[1] - f.u(0.02, 0.4)
    for s in (-1, 1):
        leaf = [(s * 0.05, 0.62), (s * f.u(0.12, 0.3), high + 0.12), (s * 0.58, high - 0.12),
                (s * 0.75, 0.5), (s * 0.6, 1.0), (s * 0.05, 1.0)]  # fmt: skip
        f.shape(leaf, f.cover.cloth)


def _brim(f: Frame) -> None:
    """A wide hat pulled down over brows or eyes, and its shadow."""
    color = f.cover.cloth if f.coin(0.4) else f.color((0, 0.7), (0.1, 0.9))
    edge, wide, tilt = f.u(-0.3, 0.06), f.u(0.6, 1.3), f.u(-0.15, 0.15)
    dip = f.u(-0.12, 0.2)
    under = [
        (-0.5, edge),
        (0.5, edge),
        (0.42, edge + f.u(0.1, 0.4)),
        (-0.42, edge + 0.15),
    ]
    f.ink.painter.fill(f.path(under, smooth=True), solid((30, 20, 50), f.u(0.1, 0.6)))
    top, high = 0.7 * min(wide, 0.8), edge - f.u(0.5, 1.3)
    crown = [(-top, edge - 0.1 - tilt), (-0.7 * top, high), (0.7 * top, high - 0.05),
             (top, edge - 0.1 + tilt)]  # fmt: skip
    f.shape(crown, color, label=Label.HAT)
    f.shape([(-wide, edge - dip - tilt), (-0.5 * wide, edge - 0.2 - 0.6 * tilt),
             (0.5 * wide, edge - 0.2 + 0.6 * tilt), (wide, edge - dip + tilt),
             (0.5 * wide, edge + 0.5 * tilt), (-0.5 * wide, edge - 0.5 * tilt)],
            darker(color, 0.2), smooth=True, label=Label.HAT)  # fmt: skip


def _blindfold(f: Frame) -> None:
    """Cloth bound over both eyes."""
    color = WHITE if f.coin(0.4) else f.color((0, 0.7), (0.05, 0.8))
    wide, row = f.u(0.2, 0.36), [f.ears[0], f.bridge, f.ears[1]]
    f.band(row, wide, color)
    for v in (-0.2 * wide, 0.2 * wide):
        f.line([(a, b + v * f.u(0.5, 1.5)) for a, b in row], 0.4, darker(color, 0.8))


def _hull(spots: list[Point], grow: float = 1.04) -> list[Point]:
    """The convex outline of places, a little larger."""
    found = cv2.convexHull(np.array(spots, np.float32))[:, 0].astype(float)
    middle = found.mean(0)
    return [(float(u), float(v)) for u, v in middle + (found - middle) * grow]


def _lower(f: Frame, top: float) -> list[Point]:
    """The lower face with the nose; its upper edge between bridge (0) and tip (1) of the nose."""
    bridge, tip = f.points[28], f.points[30]
    edge = bridge + (tip - bridge) * top
    middle = (float(edge[0]), float(edge[1]))
    return _hull([*f.spots(*range(2, 15)), middle, *f.spots(30, 33, 51, 57)])


def _mask(f: Frame) -> None:
    """A surgical mask, white, black or coloured; sometimes pulled under the nose or the chin."""
    color = WHITE if f.coin(0.4) else (26, 26, 30)
    if f.coin(0.3):
        color = mix(f.color((0.2, 0.7), (0.4, 1)), WHITE, f.u(0, 0.6))
    rim = _lower(f, f.u(-0.1, 0.7) if f.coin(0.85) else 1.6)
    f.shape(rim, color)
    for s, ear in zip((-1, 1), f.ears):
        if s * f.way < 0.3:
            f.line([*f.spots(2 if s < 0 else 14), ear], 1.4, darker(color, 0.3))
    for down in (0.35, 0.6):
        u = f.nose[0] + (f.chin[0] - f.nose[0]) * down
        v = f.nose[1] + (f.chin[1] - f.nose[1]) * down
        fold = [(u - 0.25, v - 0.03), (u, v + 0.02), (u + 0.25, v - 0.03)]
        f.line(fold, 0.5, darker(color, 0.5))


def _gas_mask(f: Frame) -> None:
    """Rubber over the whole face or its lower half, with a filter."""
    color: Color = (44, 46, 50) if f.coin(0.7) else (96, 96, 70)
    f.shape(_lower(f, f.u(-0.2, 0.4)), color, True)
    if f.coin(0.4):
        for eye in f.eyes:
            f.oval(eye, 0.18, 0.16, color)
            f.oval(eye, 0.13, 0.12, (150, 176, 186), 0.7)
    for s in (-1, 1) if f.coin(0.5) else (0,):
        at = (f.mouth[0] + s * 0.22, f.mouth[1] + 0.08)
        f.oval(at, 0.15, 0.15, darker(color, 0.3))
        f.oval(at, 0.1, 0.1, mix(color, WHITE, 0.25), 0.5)


def _face_veil(f: Frame) -> None:
    """Thin or thick cloth from the nose down, as dancers, brides and assassins wear it."""
    color = f.color((0, 0.8), (0.1, 1)) if f.coin(0.7) else DARK
    rim = _lower(f, f.u(0.0, 0.5))
    low = max(v for _, v in rim)
    drop = f.u(0.1, 0.6)
    rim += [(f.chin[0] - 0.3, low + drop), (f.chin[0], low + drop + 0.12),
            (f.chin[0] + 0.3, low + drop)]  # fmt: skip
    path = f.path(_hull(rim, 1.0))
    if f.coin(0.35):
        f.ink.label = None
        f.ink.painter.fill(path, solid(f.ink.tone(color), f.u(0.45, 0.75)))
        f.ink.stroke(path, 0.6)
        return
    f.ink.shape(path, color)
    for i in (-1, 0, 1):
        f.line([(f.nose[0] + 0.1 * i, f.nose[1] + 0.12), (f.chin[0] + 0.22 * i, low + drop)], 0.5)


def _bridal(f: Frame) -> None:
    """Thin white or black lace over the whole face: all of it shows through."""
    f.ink.label, color, wide = None, WHITE if f.coin(0.65) else DARK, f.u(0.6, 0.9)
    path = f.path([(-0.5 * wide, -0.9), (0.5 * wide, -0.9), (wide, 0.2), (1.1 * wide, 1.1),
                   (-1.1 * wide, 1.1), (-wide, 0.2)], True)  # fmt: skip
    f.ink.painter.fill(path, solid(color, f.u(0.25, 0.55)))
    f.ink.stroke(path, 0.6, color if color == DARK else None)
    for i in range(int(f.u(0, 12))):
        u = -0.8 * wide + 0.14 * i
        f.line([(0.5 * u, -0.85), (u, 0.2), (1.05 * u, 1.0)], 0.4, darker(color, 0.3))


def _half_mask(f: Frame) -> None:
    """A ball's mask around the eyes; the eyes show through its holes."""
    brows = [(u, v - f.u(0.03, 0.12)) for u, v in f.spots(17, 19, 24, 26)]
    low = [(u, v + 0.14) for u, v in f.spots(40, 47)]
    rim = _hull([*brows, *low, *f.spots(0, 16, 29)], 1.0)
    color = WHITE if f.coin(0.3) else f.color((0, 0.8), (0.1, 0.9))
    path = f.path(rim, True)
    for eye, first in zip(f.eyes, (36, 42)):
        wide, high = (0.5 * np.ptp(f.points[first : first + 6], axis=0)).tolist()
        path.addPath(f.path(ring(eye, wide + 0.03, high + 0.05), True))
    path.setFillType(skia.PathFillType.kEvenOdd)
    f.ink.shape(path, color)


def _bandages(f: Frame) -> None:
    """Bandages round the brow, over an eye, a cheek or the nose, or over nearly everything."""
    color, many = mix((246, 242, 230), WHITE, f.u(0, 1)), f.coin(0.2)
    (left, low), (right, high) = f.ears
    brow = f.bridge[1] - f.u(0.22, 0.32)
    rows = [[(left, brow + f.u(-0.05, 0.05)), (right, brow + f.u(-0.05, 0.05))]]
    u, v = f.near(f.eyes)
    near, far = (left, right) if f.side < 0 else (right, left)
    if many or f.coin(0.6):
        rows.append([(near, v + f.u(0.1, 0.3)), (u, v), (far, brow - f.u(0, 0.1))])
        rows.append([(near, v + f.u(0.0, 0.1)), (u, v - 0.06), (far, brow)])
    if many or f.coin(0.15):
        rows.append([(left, low + 0.15), f.nose, (right, high + 0.15)])
    if many:
        rows.append(
            [(left, low + 0.3), (f.mouth[0], f.mouth[1] + f.u(-0.05, 0.15)), (right, high + 0.3)]
        )
    for row in rows:
        f.band(row, f.u(0.11, 0.16), color)
    if f.coin(0.3):
        f.oval((u, v - 0.1), 0.06, 0.05, (170, 40, 44), 0)


def _hood(f: Frame) -> None:
    """A hood drawn deep: brow and eyes lie under its edge or in its shadow."""
    color = f.cover.cloth if f.coin(0.4) else f.color((0, 0.6), (0.06, 0.7))
    edge, wide = f.bridge[1] + f.u(-0.2, 0.16), f.u(0.4, 0.52)
    lean = 0.3 * f.way
    opening = [(-wide + lean * 0.5, edge + 0.3), (-0.6 * wide + lean, edge + 0.03), (lean, edge),
               (0.6 * wide + lean, edge + 0.03), (wide + lean * 0.5, edge + 0.3),
               (wide * 0.95, 0.55), (wide * 0.7, 0.95), (-wide * 0.7, 0.95),
               (-wide * 0.95, 0.55)]  # fmt: skip
    shadow = f.path(
        [*opening[:5], (wide, edge + f.u(0.3, 0.7)), (-wide, edge + f.u(0.3, 0.7))],
        True,
    )
    f.ink.painter.fill(shadow, solid((16, 12, 26), f.u(0.15, 0.75)))
    high = edge - f.u(0.85, 1.05)
    outer = [(-1.3, 1.35), (-0.85, 0.6), (-0.85, -0.2), (-0.55, high + 0.2), (0, high),
             (0.55, high + 0.2),
             (0.85, -0.2), (0.85, 0.6), (1.3, 1.35)]  # fmt: skip
    path = f.path(outer, True)
    path.addPath(f.path(opening, True))
    path.setFillType(skia.PathFillType.kEvenOdd)
    f.ink.shape(path, color, label=Label.HAT)


def _cap(f: Frame) -> None:
    """A cap pulled low over the eyes."""
    color = DARK if f.coin(0.4) else f.color((0, 0.8), (0.1, 0.95))
    edge, lean = f.bridge[1] + f.u(-0.2, 0.08), 0.35 * f.way
    high = edge - f.u(0.7, 0.85)
    f.shape([(-0.62, edge + 0.02), (-0.6, edge - 0.35), (-0.3, high), (0.3, high),
             (0.6, edge - 0.35),
             (0.62, edge + 0.02), (0, edge - 0.1)], color, True, label=Label.HAT)  # fmt: skip
    under = [
        (-0.5 + lean, edge),
        (0.5 + lean, edge),
        (0.4 + lean, edge + f.u(0.1, 0.3)),
        (-0.4 + lean, edge + 0.1),
    ]
    f.ink.painter.fill(f.path(under, True), solid((20, 14, 30), f.u(0.2, 0.6)))
    f.shape([(-0.56 + lean, edge - 0.06), (lean, edge - 0.18), (0.56 + lean, edge - 0.06),
             (0.5 + 1.4 * lean, edge + 0.08), (1.5 * lean, edge + 0.14),
             (-0.5 + 1.4 * lean, edge + 0.08)],
            darker(color, 0.25), True, label=Label.HAT)  # fmt: skip


def _helmet(f: Frame) -> None:
    """A rider's, soldier's or knight's helmet with an opening for the eyes, open or glazed."""
    steel = f.coin(0.4)
    color: Color = mix((96, 100, 110), (200, 204, 212), f.u(0, 1))
    if not steel:
        color = f.color((0, 0.8), (0.08, 0.95))
    u, v = f.bridge[0], f.bridge[1] + 0.03
    high, wide = f.u(0.14, 0.28), f.u(0.36, 0.48)
    low = 0.72 if not steel and f.coin(0.5) else high
    hole = f.path([(u - wide, v - high), (u, v - 1.15 * high), (u + wide, v - high),
                   (u + wide, v + high), (u + 0.8 * wide, v + low), (u, v + 1.1 * low),
                   (u - 0.8 * wide, v + low), (u - wide, v + high)], not steel)  # fmt: skip
    glass = f.u(0, 1)
    if glass < 0.5:
        f.ink.painter.fill(hole, solid((24, 30, 44), 0.15 + glass))
        streak = [(u - 0.8 * wide, v - 0.7 * high), (u - 0.3 * wide, v - 0.9 * high)]
        f.line(streak, 1.6, WHITE, Label.HAT)
    top = f.u(-1.05, -0.9)
    path = f.path([(-0.72, 0.1), (-0.68, -0.5), (-0.35, top), (0.35, top), (0.68, -0.5),
                   (0.72, 0.1),
                   (0.55, 0.62), (0, 0.72), (-0.55, 0.62)], True)  # fmt: skip
    path.addPath(hole)
    path.setFillType(skia.PathFillType.kEvenOdd)
    f.ink.shape(path, color, label=Label.HAT)
    if steel:
        for i in range(-2, 3):
            f.line([(u + 0.12 * i, v + 0.3), (u + 0.11 * i, v + 0.5)], 1.2, label=Label.HAT)


def _shades(f: Frame) -> None:
    """Lenses that show nothing: black, mirrored, or glaring white."""
    kind = f.rng.random()
    color: Color = (20, 20, 26) if kind < 0.6 else WHITE if kind < 0.8 else (96, 130, 170)
    gap = abs(f.eyes[1][0] - f.eyes[0][0])
    wide, high = max(0.46 * gap, 0.09), f.u(0.1, 0.18)
    rim = [(-wide, -high), (wide, -high), (0.85 * wide, 0.7 * high), (0.2 * wide, high),
           (-0.7 * wide, 0.8 * high)]  # fmt: skip
    for s, eye in zip((-1, 1), f.eyes):
        if s * f.way > 0.8:
            continue
        lens = [(eye[0] + a, eye[1] + b) for a, b in rim]
        f.shape(lens, color, f.coin(0.5), label=Label.GLASSES)
    for s, eye, ear in zip((-1, 1), f.eyes, f.ears):
        if s * f.way < 0.3:
            path = f.path([(eye[0] + s * wide, eye[1] - 0.5 * high), (ear[0], eye[1] - 0.05)])
            f.ink.stroke(path, 1.6, label=Label.GLASSES)
    (left, left_v), (right, right_v) = f.eyes
    bridge = f.path([(left + wide, left_v - 0.4 * high), (right - wide, right_v - 0.4 * high)])
    f.ink.stroke(bridge, 1.6, label=Label.GLASSES)


def _goggles(f: Frame) -> None:
    """One lens over both eyes: skiers', swimmers', divers' and virtual ones."""
    color = f.color((0, 0.9), (0.1, 0.9))
    u, v = f.bridge
    wide, high = 0.6 * abs(f.eyes[1][0] - f.eyes[0][0]) + 0.18, f.u(0.15, 0.24)
    strap = [(-0.62, v), (u, v), (0.62, v)]
    f.limb(strap, [0.12, 0.14, 0.12], darker(color, 0.4), Label.GLASSES)
    lens = [(u - wide, v - high), (u + wide, v - high), (u + wide, v + high), (u, v + 0.75 * high),
            (u - wide, v + high)]  # fmt: skip
    f.shape(lens, color, f.coin(0.6), 1.4, Label.GLASSES)
    streak = [(u - 0.7 * wide, v + 0.3 * high), (u - 0.4 * wide, v - 0.5 * high)]
    f.line(streak, 2.4, WHITE, Label.GLASSES)


HATS: Kinds = {
    "brim": (_brim, 5), "hood": (_hood, 5), "cap": (_cap, 4), "helmet": (_helmet, 2.5),
}  # fmt: skip
"""Covers that are hats of the people behind them."""
GLASSES: Kinds = {"shades": (_shades, 4), "goggles": (_goggles, 1)}
"""Covers that are glasses of the people behind them."""
WORN: Kinds = {
    **HATS, "scarf": (_scarf, 6), "collar": (_collar, 4), "mask": (_mask, 6),
    "gas mask": (_gas_mask, 1.5), "face veil": (_face_veil, 2), "lace": (_bridal, 1.5),
    "half mask": (_half_mask, 2), "bandages": (_bandages, 3), "blindfold": (_blindfold, 2),
    **GLASSES,
}  # fmt: skip

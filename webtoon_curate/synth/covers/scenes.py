"""What of a scene stands before faces: people, doors, plants, bedding, smoke, water, letters."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.covers.frame import WHITE, Frame, Kinds, ring
from webtoon_curate.synth.ink import darker, hsv
from webtoon_curate.synth.lettering.lettering import (
    balloon,
    draw_balloon,
    draw_sound,
    sample_kind,
    sample_lettering,
)
from webtoon_curate.synth.lettering.phrases import noise, spoken
from webtoon_curate.synth.paint import Color, linear, mix, radial, solid
from webtoon_curate.synth.shapes import Point, corners
from webtoon_curate.synth.things.distractors import draw_distractor

SMALL_THINGS = ("flower", "cup", "cookie", "bird", "cat", "doll", "bowl")


def _head(f: Frame) -> None:
    """Hair and shoulder of somebody nearer, from behind."""
    s, size = f.side, f.u(0.6, 1.1)
    u, v = s * (size * 0.66 + f.u(-0.25, 0.15)), f.u(0.1, 0.6)
    hair = hsv(f.u(0, 0.15), f.u(0.1, 0.6), f.u(0.08, 0.6))
    cloth = f.color((0, 0.7), (0.1, 0.9))
    trunk = [(-0.95, 1.0), (0, 0.7), (0.95, 1.0), (1.2, 3.0), (-1.2, 3.0)]
    f.shape([(u + a * size, v + b * size) for a, b in trunk], cloth, smooth=True)
    f.shape([(u - 0.24 * size, v), (u + 0.24 * size, v), (u + 0.34 * size, v + 0.95 * size),
             (u - 0.34 * size, v + 0.95 * size)], _anyones_skin(f))  # fmt: skip
    long = f.u(0.0, 0.12) if f.coin(0.5) else f.u(0.2, 0.8)
    count = 13
    angles = [2 * math.pi * i / count for i in range(count)]
    rim = [(u + 0.62 * size * math.cos(a) * f.u(0.9, 1.1),
            v + (0.72 + long * (math.sin(a) > 0.2)) * size * math.sin(a) * f.u(0.9, 1.1))
           for a in angles]  # fmt: skip
    f.shape(rim, hair, smooth=True)
    for i in range(5):
        a = 0.35 * (i - 2) + f.u(-0.1, 0.1)
        spots = [
            (u + r * size * math.sin(a), v - 0.55 * size + 1.1 * r * size) for r in (0.1, 0.5, 0.9)
        ]
        f.line(spots, 0.7, darker(hair, 0.8))


def _bars(f: Frame) -> None:
    """Upright or level bars over all of it."""
    color = f.color((0, 0.4), (0.1, 0.8))
    flat, wide, gap = f.coin(0.3), f.u(0.07, 0.22), f.u(0.35, 0.8)
    first = f.u(-0.3, 0.3)
    for i in range(-2, 3):
        u = first + i * gap
        bar = corners(u, -3, u + wide, 3)
        f.shape([(b, a) for a, b in bar] if flat else bar, color)


def _door(f: Frame) -> None:
    """The edge of a wall or door that hides one side."""
    s, edge = f.side, f.u(-0.15, 0.3)
    color = f.color((0, 0.5), (0.15, 0.95))
    f.shape(corners(s * edge, -4, s * 5, 4), color)
    f.shape(corners(s * edge, -4, s * (edge + 0.12), 4), darker(color, 0.3), line=0.7)
    if f.coin(0.5):
        for i in range(4):
            v = 0.25 + 0.11 * i
            ends = [(s * (edge + 0.12), v), (s * (edge - 0.06), v + 0.02)]
            f.limb(ends, [0.1, 0.08], f.skin)


def _leaves(f: Frame) -> None:
    """A branch with leaves, from one side."""
    color = hsv(f.u(0.2, 0.42), f.u(0.2, 0.8), f.u(0.2, 0.8))
    s = f.side
    root, tip = (s * 0.9, f.u(-0.8, 0.9)), (-s * f.u(0, 0.4), f.u(-0.3, 0.4))
    for i in range(int(f.rng.integers(6, 16))):
        t, turn, long = f.u(0, 1), f.u(0, 2 * math.pi), f.u(0.2, 0.45)
        u, v = root[0] + (tip[0] - root[0]) * t, root[1] + (tip[1] - root[1]) * t
        du, dv = long * math.cos(turn), long * math.sin(turn)
        leaf = [(u, v), (u + 0.5 * du - 0.3 * dv, v + 0.5 * dv + 0.3 * du), (u + du, v + dv),
                (u + 0.5 * du + 0.3 * dv, v + 0.5 * dv - 0.3 * du)]  # fmt: skip
        f.shape(leaf, mix(color, WHITE if i % 2 else (20, 40, 30), 0.15), smooth=True)


def _strands(f: Frame) -> None:
    """The person's own hair blown or fallen across the face, in locks that run one way."""
    s, color = f.side, f.ink.tone(f.cover.hair)
    middle, sweep, spread = f.u(-0.2, 0.3), f.u(0.0, 0.7), f.u(0.1, 0.35)
    for _ in range(int(f.rng.integers(3, 9))):
        u, long = s * (middle + f.u(-spread, spread)), f.u(0.5, 1.2)
        v = -0.62 + f.u(-0.06, 0.06)
        end = (u - s * sweep * long, v + long)
        knee = (u + 0.35 * (end[0] - u) + s * f.u(0.02, 0.15), v + 0.5 * long)
        wide = f.u(0.02, 0.11) * f.cover.face
        f.lock([(u, v), knee, end], [wide, wide, 0.6], color)


def _thing(f: Frame) -> None:
    """One of `SMALL_THINGS`."""
    x, y = f.at(f.u(-0.35, 0.35), f.u(0.0, 0.5))
    name = SMALL_THINGS[f.rng.integers(len(SMALL_THINGS))]
    draw_distractor(f.ink, f.rng, x, y, f.cover.face * f.u(0.35, 0.7), name)


def _blood(f: Frame) -> None:
    """Runs and splashes of blood or water that colour a face and hide nothing."""
    color = f.ink.tone((150, 16, 24) if f.coin(0.75) else (236, 244, 252))
    for _ in range(int(f.rng.integers(1, 5))):
        u, v, long = f.u(-0.35, 0.35), f.u(-0.45, 0.2), f.u(0.15, 0.6)
        ends = [
            (u, v),
            (u + f.u(-0.04, 0.04), v + 0.5 * long),
            (u + f.u(-0.06, 0.06), v + long),
        ]
        wide = f.u(0.02, 0.06) * f.cover.face
        path = shapes.limb([f.at(*p) for p in ends], [1.3 * wide, wide, 0.8 * wide])
        f.ink.painter.fill(path, solid(color, 0.92))
    for _ in range(int(f.rng.integers(2, 14))):
        x, y = f.at(f.u(-0.4, 0.4), f.u(-0.5, 0.5))
        path = shapes.ellipse(x, y, f.u(0.006, 0.035) * f.cover.face)
        f.ink.painter.fill(path, solid(color, 0.92))


def _gloom(f: Frame) -> None:
    """A shadow, or hatching, that falls over the upper face and leaves little of the eyes."""
    low, color = f.bridge[1] + f.u(0.05, 0.4), mix((10, 10, 14), f.cover.hair, f.u(0, 0.5))
    f.ink.label = None
    with f.ink.painter.shading(f.face_outline()):
        if f.coin(0.3):
            for u in np.arange(-0.45, 0.45, f.u(0.03, 0.08)):
                f.line([(u, -0.6), (u, low * f.u(0.2, 1.0))], f.u(0.4, 0.9))
            return
        soft = linear(f.at(0, -0.5), f.at(0, low), (color, color), (f.u(0.8, 1), f.u(0.0, 0.7)))
        rim = [(-1, -1), (1, -1), (1, low + f.u(-0.1, 0.1)), (0, low), (-1, low + f.u(-0.1, 0.1))]
        f.ink.painter.fill(f.path(rim), soft)


def _blanket(f: Frame) -> None:
    """Bedding, or a table's edge, up to the mouth or the nose."""
    top, color = f.u(0.0, 0.35), f.color((0, 0.6), (0.3, 1))
    edge = [(u, top + f.u(-0.05, 0.05)) for u in np.linspace(-1.4, 1.4, 7)]
    f.shape([*edge, (1.6, 2.4), (-1.6, 2.4)], color, smooth=f.coin(0.7))
    for _ in range(int(f.rng.integers(0, 5))):
        u = f.u(-1, 1)
        f.line([(u, top + 0.2), (u + f.u(-0.2, 0.2), top + 0.6), (u * 1.3, top + 1.2)])


def _anyones_skin(f: Frame) -> Color:
    return mix(f.cover.skin, (230, 190, 160), 0.5)


def _anyones_hair(f: Frame) -> Color:
    if f.coin(0.6):
        return hsv(f.u(0, 0.13), f.u(0.1, 0.6), f.u(0.06, 0.55))
    return hsv(f.u(0, 1), f.u(0.0, 0.6), f.u(0.5, 1))


def _shoulder(f: Frame) -> None:
    """Somebody's shoulder, that the face is pressed to or looks over, with the back of a head."""
    s, size, top = f.side, f.u(0.9, 1.3), f.mouth[1] + f.u(-0.4, 0.1)
    cloth, hair = f.color((0, 0.7), (0.08, 0.95)), f.ink.tone(_anyones_hair(f))
    neck = s * f.u(0.75, 1.0) * size
    f.shape([(neck - 0.3, top - 0.6), (neck + 0.3, top - 0.6), (neck + 0.4, top + 0.4),
             (neck - 0.4, top + 0.4)], _anyones_skin(f))  # fmt: skip
    f.shape([(-s * 1.5, top + 1.0), (-s * 0.7, top + 0.2), (0, top + 0.02), (s * 0.6, top - 0.12),
             (s * 1.6, top), (s * 2.2, 3.0), (-s * 2.0, 3.0)], cloth, True)  # fmt: skip
    at, long = (neck + s * 0.1, top - 0.75 * size), f.u(0.5, 0.9)
    rim = [
        (u * f.u(0.98, 1.02), v + (long * size - 0.68 * size) * (v > at[1] + 0.3))
        for u, v in ring(at, 0.6 * size, 0.68 * size, 14)
    ]
    f.shape(rim, hair, True)
    for i in range(5):
        u = at[0] + 0.2 * size * (i - 2)
        f.line(
            [(at[0] + 0.5 * (u - at[0]), at[1] - 0.5 * size), (u, at[1] + 0.45 * size)],
            0.6,
            darker(hair, 0.8),
        )
    if f.coin(0.5):
        at, turn = (-s * f.u(0.0, 0.4), top + 0.35), 180 + f.u(20, 60) if s < 0 else f.u(-60, -20)
        f.reach(at, turn, 0.6, "flat", s, 0.5)


def _kiss(f: Frame) -> None:
    """Somebody's head before cheek and mouth, seen from behind: a kiss, a bite or a whisper."""
    s, size = f.side, f.u(0.85, 1.1)
    at = (f.mouth[0] + s * f.u(0.45, 0.75) * size, f.mouth[1] + f.u(-0.4, 0.0))
    hair, skin = f.ink.tone(_anyones_hair(f)), mix(f.cover.skin, (240, 200, 170), 0.4)
    cloth, long = f.color((0, 0.7), (0.08, 0.95)), f.u(0.45, 1.3) if f.coin(0.5) else 0.45

    def turned(spots: list[Point]) -> list[Point]:
        return [(at[0] + s * a * size, at[1] + b * size) for a, b in spots]

    f.shape(turned([(-0.2, 0.2), (0.4, 0.2), (0.5, 1.2), (-0.25, 1.2)]), skin)
    f.shape(
        turned([(-0.7, 1.1), (-0.1, 0.75), (0.5, 0.8), (1.2, 1.1), (1.5, 3), (-0.9, 3)]),
        cloth,
        True,
    )
    f.shape(
        turned([(-0.62, -0.1), (-0.52, 0.3), (-0.3, 0.48), (0.0, 0.4), (0, -0.3), (-0.5, -0.4)]),
        skin,
        True,
    )
    rim = [(-0.6, -0.15), (-0.55, -0.5), (-0.15, -0.78), (0.35, -0.7), (0.66, -0.25), (0.6, 0.25),
           (0.4, long), (0.1, long + 0.08), (-0.16, 0.42), (-0.3, 0.16), (-0.4, -0.02),
           (-0.52, 0.08)]  # fmt: skip
    f.shape(turned(rim), hair, True)
    if f.coin(0.6):
        (ear,) = turned([(-0.18, 0.08)])
        f.oval(ear, 0.07 * size, 0.12 * size, skin, 0.8)
    for i in range(5):
        a = -0.3 + 0.18 * i
        f.line(
            turned([(0.1 + 0.3 * a, -0.72), (0.05 + a, -0.3), (0.1 + 0.8 * a, 0.05)]),
            0.6,
            darker(hair, 0.8),
        )


def _curtain(f: Frame) -> None:
    """Cloth that hangs before one side."""
    s, edge, color = f.side, f.u(-0.1, 0.35), f.color((0, 0.7), (0.3, 1))
    folds = int(f.u(4, 8))
    hem = [(s * (edge + f.u(-0.06, 0.06)), -3.0 + 6.0 * i / 8) for i in range(9)]
    f.shape([*hem, (s * 4, 3.0), (s * 4, -3.0)], color, True)
    for i in range(folds):
        u = s * (edge + 0.15 + 0.22 * i)
        fold = [(u, -3.0), (u + f.u(-0.06, 0.06), 0), (u + f.u(-0.1, 0.1), 3.0)]
        f.line(fold, 0.7, darker(color, 0.7))


def _grid(f: Frame) -> None:
    """A wire fence or a lattice."""
    color, gap, turn = f.color((0, 0.4), (0.1, 0.7)), f.u(0.28, 0.55), f.u(-0.2, 0.2)
    wide = f.u(0.4, 1.2) if f.coin(0.6) else f.u(2, 5)
    slope = 1.0 if f.coin(0.6) else 0.0
    for i in range(-5, 6):
        c = gap * i + turn
        f.line([(c - 1.6 * slope, -1.6), (c + 1.6 * slope, 1.6)], wide, color)
        other = [(c + 1.6, -1.6), (c - 1.6, 1.6)] if slope else [(-1.6, c), (1.6, c)]
        f.line(other, wide, color)


def _smoke(f: Frame) -> None:
    """Smoke, steam or dust: thick puffs hide the face, thin ones only pale it."""
    color = mix((250, 250, 252), (70, 66, 74), f.u(0, 1) ** 2)
    lined, count = f.coin(0.2), int(f.u(5, 12))
    color = mix(color, WHITE, 0.6) if lined else color
    u0, v0, rise = f.u(-0.5, 0.5), f.u(0.2, 0.8), f.u(0.4, 1.4)
    for i in range(count):
        t = i / count
        at = f.at(u0 + f.u(-0.5, 0.5), v0 - rise * t + f.u(-0.1, 0.1))
        size = f.u(0.16, 0.42) * f.cover.face
        if lined:
            puff = shapes.cloud(f.rng, *at, size, 0.8 * size, 7)
            f.ink.shape(puff, color, line=0.7, shade=0.5)
            continue
        dense = f.u(0.35, 1.0)
        soft = radial(at, size, (color,) * 3, (dense, 0.85 * dense, 0.0))
        f.ink.painter.fill(shapes.ellipse(*at, size), soft)
        if dense > 0.7:
            f.ink.painter.fill(shapes.ellipse(*at, 0.65 * size), None, f.ink.label)


def _water(f: Frame) -> None:
    """A bath or the sea up to chin, mouth or nose; level, however the head is held."""
    color, face = hsv(f.u(0.45, 0.62), f.u(0.15, 0.6), f.u(0.5, 1)), f.cover.face
    dense = f.u(0.5, 1.0)
    if dense <= 0.7:
        f.ink.label = None
    x, y = f.at(*f.mouth)
    top = y + f.u(-0.15, 0.2) * face
    edge = [(x + u * face, top + f.u(-0.02, 0.02) * face) for u in np.linspace(-4, 4, 17)]
    path = shapes.polygon([*edge, (x + 4 * face, y + 4 * face), (x - 4 * face, y + 4 * face)])
    f.ink.painter.fill(path, solid(f.ink.tone(color), dense), f.ink.label)
    f.ink.stroke(shapes.polygon(edge, closed=False), 0.6, mix(color, WHITE, 0.7))
    for i in range(int(f.u(2, 7))):
        u, v, wide = x + f.u(-0.7, 0.7) * face, top + (0.06 + 0.12 * i) * face, f.u(0.2, 0.7) * face
        wave = [(u - wide, v), (u, v + 0.03 * face), (u + wide, v)]
        f.ink.stroke(shapes.smooth(wave, closed=False), 0.7, mix(color, WHITE, 0.6))


def _blurred(f: Frame) -> None:
    """Something out of focus, near to the reader: a shoulder, a branch, a hand, a post."""
    s, color = f.side, f.color((0, 0.7), (0.05, 0.9))
    kind, sigma = f.rng.random(), f.u(0.03, 0.09) * f.cover.face
    if kind < 0.4:
        u, v, r = s * f.u(0.4, 0.8), f.u(0.1, 0.9), f.u(0.5, 0.9)
        path = f.path(ring((u, v), r, f.u(0.8, 1.2) * r), True)
    elif kind < 0.7:
        spots = [
            f.at(s * 2.0, f.u(-1, 1)),
            f.at(s * 0.5, f.u(-0.4, 0.6)),
            f.at(-s * f.u(0, 2), f.u(-0.5, 0.6)),
        ]
        wide = f.u(0.15, 0.4) * f.cover.face
        path = shapes.limb(spots, [1.3 * wide, wide, 0.7 * wide])
    else:
        u, wide = f.u(-0.4, 0.4), f.u(0.1, 0.3)
        path = f.path(corners(u - wide, -4, u + wide, 4))
    paint = solid(f.ink.tone(color))
    paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, max(sigma, 0.5)))
    f.ink.painter.fill(path, paint, f.ink.label)


def _balloon(f: Frame) -> None:
    """A speech balloon over a part of the face."""
    lettering = sample_lettering(f.rng)
    size = max(f.cover.face * f.u(0.08, 0.18), 6.0)
    lettering = replace(lettering, size=size, line=min(lettering.line, 0.02 * f.cover.face))
    words = spoken(f.rng, lettering.language)
    drawn = balloon(f.rng, lettering, sample_kind(f.rng, lettering), words, f.cover.face)
    u, v = f.side * f.u(0.0, 0.35), f.u(-0.45, 0.5)
    x, y = f.at(u + f.side * 0.3 * drawn.width / f.cover.face, v)
    draw_balloon(f.ink, lettering, drawn, x, y)


def _sound(f: Frame) -> None:
    """Sound letters over a part of the face."""
    lettering = sample_lettering(f.rng)
    x, y = f.at(f.u(-0.5, 0.5), f.u(-0.45, 0.5))
    size = f.cover.face * f.u(0.25, 0.6)
    draw_sound(f.ink, lettering, noise(f.rng, lettering.language), x, y, size, f.u(-35, 35))


SCENES: Kinds = {
    "head": (_head, 7), "shoulder": (_shoulder, 6), "kiss": (_kiss, 4), "bars": (_bars, 2),
    "grid": (_grid, 1.5), "door": (_door, 5), "curtain": (_curtain, 2), "leaves": (_leaves, 4),
    "strands": (_strands, 8), "thing": (_thing, 3), "blood": (_blood, 4), "gloom": (_gloom, 5),
    "blanket": (_blanket, 4), "smoke": (_smoke, 4), "water": (_water, 2), "blurred": (_blurred, 4),
    "balloon": (_balloon, 4), "sound": (_sound, 4),
}  # fmt: skip

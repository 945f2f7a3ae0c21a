"""Drawing hair: the mass behind the head, the cap with its locks, tails, buns and braids."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between
from webtoon_curate.synth.heads.hair.haircuts import (
    CUTS,
    Hair,
    append_locks,
    around,
    build_cap,
)
from webtoon_curate.synth.heads.hair.hairlight import (
    draw_halo,
    draw_light,
    draw_strands,
    gloss,
    graded,
    halo_of,
    strand_ink,
)
from webtoon_curate.synth.heads.hair.lock_paint import draw_locks, draw_tufts, shade_under
from webtoon_curate.synth.heads.hair.locks import blow, build_locks, kind_of, raised
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import (
    Color,
    append_smooth,
    linear,
    mix,
    pen,
    polygon,
    radial,
    smooth,
    solid,
    tapered,
)
from webtoon_curate.synth.people.head import SKULL_BACK
from webtoon_curate.synth.people.style import PLAIN_FILLS, SOFT_FILLS
from webtoon_curate.synth.shapes import ellipse
from webtoon_curate.synth.sketch import WHITE, Sketch, beyond

Array = NDArray[Any]


def build_hair(sketch: Sketch) -> Hair | None:
    """Lays out the hair; None for bald heads."""
    cut = CUTS.get(sketch.character.hair_style)
    if cut is None:
        return None
    behind = abs(sketch.head.pose.yaw) > 90  # where a hem raised to the hairline shows skin
    kind = None if behind or _lets_through(sketch) else kind_of(sketch)
    if kind is None:
        return build_cap(sketch, cut)
    hair = build_cap(sketch, raised(cut, kind))
    hair.locks = build_locks(sketch, cut, kind, hair.scale, hair.top)
    return hair


def back_color(sketch: Sketch) -> Color:
    """Color of hair in the shadow of the head."""
    if sketch.style.fill == "flat" or (sketch.bare and min(sketch.hair) > 200):
        return sketch.hair
    return sketch.shadow(sketch.hair, 1.2)


def draw_back_hair(sketch: Sketch, hair: Hair) -> None:
    """The mass behind the head."""
    cut, head = hair.cut, sketch.head
    color = back_color(sketch)
    if cut.extra:
        _extras(sketch, hair, front=False)
    bottom = cut.length if cut.length is not None else min(cut.back, 0.4)
    half_x = sketch.style.width * (1 + 1.6 * sketch.style.hair_volume * cut.volume)
    half_z = SKULL_BACK * 0.9
    yaw = math.radians(head.pose.yaw)
    half = math.hypot(half_x * math.cos(yaw), half_z * math.sin(yaw) * 0.8)
    heights = np.linspace(-0.1, bottom, 6)
    spine = np.stack([np.zeros(6), heights, np.full(6, -0.14)], axis=1)
    middle, _ = head.project(spine)
    grow = np.linspace(1, cut.flare, 6)[:, None] * np.array([[half, 0.0]])
    if cut.length is None:
        grow *= np.linspace(0.98, 0.72, 6)[:, None]
    own = np.random.default_rng(sketch.character.seed + 3)
    wave = np.zeros((6, 2))
    wave[:, 0] = cut.wave * np.array([0, 1, -0.6, 1, -0.6, 0.5])
    sag = np.zeros((6, 2))
    sag[1:, 0] = 0.02 * own.standard_normal(5)
    long = bottom + 0.1
    layered = hair.locks is not None and cut.length is not None
    wind = hair.locks.wind if layered else 0.0
    middle = middle + blow(0.7 * wind, long, np.linspace(0, 1, 6))
    left, right = middle - grow - wave + sag, middle + grow + wave - sag[::-1]
    crown = head.skull_outline(hair.scale * 0.97, np.linspace(math.pi, 2 * math.pi, 7))
    count = 8 if layered else 5
    share = np.sort(own.random(count - 1))
    edges = np.concatenate([[0.0], 0.6 * share + 0.4 * np.arange(1, count) / count, [1.0]])[:, None]
    cuts = right[-1] + (left[-1] - right[-1]) * edges
    tips = (cuts[1:] + cuts[:-1]) / 2
    tips[:, 1] += own.uniform(0.03, 0.14, count) * (1 if cut.length else 0.4)
    tips[:, 0] += own.uniform(-0.04, 0.04, count)
    if layered:
        tips[:, 1] += own.uniform(0.0, 0.25 * (bottom - 0.2), count)
        tips += blow(0.7 * wind, 0.3, np.ones(count))
        cuts[1:-1, 1] -= own.uniform(0.0, 0.1, count - 1)
    path = skia.Path()
    append_smooth(path, np.concatenate([left[::-1], crown[1:-1], right]))
    append_locks(path, cuts, tips, middle[2], 0.2)
    path.close()
    paint = None
    if color != sketch.hair and cut.length is not None:
        paint = graded(sketch, 0.1, float(tips[:, 1].max()))
    sketch.painter.fill(path, paint or solid(color), Label.HAIR)
    if cut.length is not None:
        with sketch.painter.shading(path):
            draw_strands(sketch, middle[0] - [0, 0.5], tips[::-1])
    sketch.outline(path, sketch.hair)


def hair_paint(sketch: Sketch, hair: Hair) -> skia.Paint:
    """Paint of the lit hair."""
    box = hair.front.getBounds()
    paint = graded(sketch, box.top(), box.bottom())
    if paint is not None:
        return paint
    if sketch.style.fill in SOFT_FILLS:
        light = mix(sketch.hair, WHITE, 0.16)
        low = sketch.shadow(sketch.hair, 0.8)
        return linear((0, box.top()), (0.1, 0.3), (light, sketch.hair, low))
    return solid(sketch.hair)


def cast_shadow(sketch: Sketch, hair: Hair) -> None:
    """The fringe's shadow on the face; call it clipped to the face."""
    if sketch.style.fill in ("flat", "lineart", "pencil") or sketch.style.shade < 0.08:
        return
    path = skia.Path(hair.front)
    if hair.locks is not None:
        path.addPath(hair.locks.area)
    path.offset(-0.02 * sketch.light.x, 0.028)
    sketch.painter.fill(path, solid(sketch.shadow(sketch.skin, 0.9)))


def draw_front_hair(sketch: Sketch, hair: Hair) -> None:
    """The cap and its locks, with strands and shine."""
    painter = sketch.painter
    if _clear(sketch, hair):
        _clear_fringe(sketch, hair)
    else:
        painter.fill(hair.front, hair_paint(sketch, hair), Label.HAIR)
    flat = sketch.style.fill in ("flat", "lineart")
    light = sketch.own.random() < sketch.style.shine and sketch.style.fill != "lineart"
    if not flat or light:
        with painter.shading(hair.front):
            if not flat:
                _under_locks(sketch, hair)
                draw_light(sketch, hair)
                if hair.locks is not None and sketch.style.fill not in PLAIN_FILLS:
                    shade_under(sketch, hair.locks)
            if light and hair.locks is None:
                _shine(sketch)
    _strands(sketch, hair)
    sketch.outline(hair.front, sketch.hair)
    if hair.locks is not None:
        paint = hair_paint(sketch, hair)
        draw_tufts(sketch, hair.locks, paint)
        draw_locks(sketch, hair.locks, paint)
        if light:
            _shine_on_locks(sketch, hair)
    _flying(sketch, hair)
    if hair.cut.extra:
        _extras(sketch, hair, front=True)


CLEAR_FRINGE = 0.12
"""Share of characters, in coloured styles with shading, through whose fringe the eyes show."""

MOST_CLEAR = 50.0
"""Degrees of yaw up to which it does."""
CLEARNESS = 0.65
"""Share of what lies behind that such hair lets through before the eyes."""


def _lets_through(sketch: Sketch) -> bool:
    """Whether this is somebody whose fringe lets eyes and brows show."""
    shaded = sketch.style.fill not in PLAIN_FILLS
    return shaded and sketch.character.seed % 997 < 997 * CLEAR_FRINGE


def _clear(sketch: Sketch, hair: Hair) -> bool:
    """Whether the fringe lets eyes and brows show in this drawing."""
    near = abs(sketch.head.pose.yaw) < MOST_CLEAR and hair.cut.front > -0.2
    return near and _lets_through(sketch)


def _clear_fringe(sketch: Sketch, hair: Hair) -> None:
    """Hair that clears around the eyes; what shows through it keeps its labels."""
    s, painter, head = sketch.style, sketch.painter, sketch.head
    gap = s.eye_gap * s.width
    middle = np.array([[-gap, s.eye_y], [gap, s.eye_y]])
    half = s.eye_size * s.eye_open
    x, y = head.place(middle - [0, 0.5 * s.brow_gap]).mean(0).tolist()
    fade = radial((0, 0), 1, (WHITE, WHITE, WHITE), (CLEARNESS, 0.8 * CLEARNESS, 0.0))
    fade.setBlendMode(skia.BlendMode.kDstOut)
    canvas = painter.canvas
    canvas.saveLayer(hair.front.getBounds(), None)
    canvas.drawPath(hair.front, hair_paint(sketch, hair))
    canvas.translate(x, y)
    canvas.scale(0.95 * s.width, 1.6 * half + 1.5 * s.brow_gap)
    canvas.drawPath(ellipse(0, 0, 1, 1), fade)
    canvas.restore()
    beside = skia.Path()
    wide, tall = 1.25 * s.eye_size, 1.1 * half + 0.6 * s.brow_gap
    for x, y in head.place(middle - [0, 0.6 * s.brow_gap]).tolist():
        beside.addPath(ellipse(x, y, wide, tall))
    beside.setFillType(skia.PathFillType.kInverseWinding)
    with painter.group(clip=beside):
        painter.fill(hair.front, None, Label.HAIR)


def _under_locks(sketch: Sketch, hair: Hair) -> None:
    """Shadow on the side away from the light."""
    light = sketch.light
    sketch.shade(beyond(hair.front, 0.09 * light.x, 0.07 * light.y), sketch.hair)
    if sketch.style.fill == "cel2":
        sketch.shade(beyond(hair.front, 0.17 * light.x, 0.13 * light.y), sketch.hair, 1.7)


def _shine_on_locks(sketch: Sketch, hair: Hair) -> None:
    """The title's halo, over all locks."""
    kind = halo_of(sketch)
    if kind == "band":
        with sketch.painter.shading(hair.front):
            _shine(sketch)
    else:
        draw_halo(sketch, kind)


def _shine(sketch: Sketch) -> None:
    """A jagged band of light around the head."""
    yaw = sketch.head.pose.yaw
    azimuth = np.linspace(-70, 70, 15) - yaw
    lift = 0.08
    own = sketch.own
    upper = -0.33 + 0.02 * own.standard_normal(15) * 0.4
    lower = upper + 0.035 + 0.05 * own.random(15) * np.tile([1, 0.2], 8)[:15]
    ends = np.linspace(-1, 1, 15)
    lower = upper + (lower - upper) * (1 - ends**4)
    a, _ = sketch.head.project(around(sketch, azimuth, upper, lift))
    b, _ = sketch.head.project(around(sketch, azimuth, lower, lift))
    sketch.painter.fill(polygon(np.concatenate([a, b[::-1]])), solid(gloss(sketch), 0.85))


GLOSSY_FILLS = SOFT_FILLS | {"cel2"}
"""Fills whose hair has light strands beside the dark ones."""


def _strands(sketch: Sketch, hair: Hair) -> None:
    """Lines that run from between the locks towards the crown."""
    if sketch.style.strands < 0.1:
        return
    path = skia.Path()
    tx, ty = hair.top.tolist()
    for i, (x, y) in enumerate(hair.notches.tolist()):
        reach = sketch.style.strands * (0.25 + 0.5 * ((i * 37) % 10) / 10)
        ex, ey = x + (tx - x) * reach, y + (ty - y) * reach
        bulge = 0.12 * (x - tx) * reach
        path.moveTo(x, y)
        path.quadTo((x + ex) / 2 + bulge, (y + ey) / 2, ex, ey)
    sketch.painter.stroke(path, pen(strand_ink(sketch), sketch.pen_width(0.6), 0.85))
    if sketch.style.fill in GLOSSY_FILLS:
        glossy = skia.Path(path)
        glossy.offset(0.025 if sketch.light.x < 0 else -0.025, 0.02)
        light = mix(sketch.hair, WHITE, 0.25)
        with sketch.painter.shading(hair.front):
            sketch.painter.stroke(glossy, pen(light, sketch.pen_width(1.1), 0.55))


STRAY_HAIR = 0.4
"""Share of characters with single locks that stand off."""


def _flying(sketch: Sketch, hair: Hair) -> None:
    """Single locks that stand up from the crown or away from the sides."""
    if hair.cut.volume < 0.8 or hair.cut.outer == "curls":
        return
    own = np.random.default_rng(sketch.character.seed + 8)
    if own.random() > STRAY_HAIR:
        return
    count = 1 + int(own.random() * 3)
    angles = -math.pi / 2 + own.normal(0, 0.55, count)
    roots = sketch.head.skull_outline(hair.scale * 0.97, angles)
    center = sketch.head.skull[1]
    for root in roots:
        away = root - center
        away = away / max(math.hypot(*away), 1e-6)
        side = np.array([-away[1], away[0]]) * (1 if own.random() < 0.5 else -1)
        length = between(own, 0.06, 0.22)
        spine = np.stack([root - away * 0.03 - side * 0.05, root + away * 0.2 * length,
                          root + away * 0.3 * length + side * 0.45 * length,
                          root + away * 0.1 * length + side * length])  # fmt: skip
        width = between(own, 0.02, 0.045)
        path = tapered(spine, [0.002, width, 0.7 * width, 0.001])
        sketch.painter.fill(path, solid(sketch.hair), Label.HAIR)
        sketch.outline(path, sketch.hair, 0.7)


def _tail(
    sketch: Sketch, root: Array, side: float, length: float, width: float, wind: float
) -> None:
    """One tail of hair hanging from a point in the picture."""
    own = sketch.own
    bend = side * between(own, 0.04, 0.16)
    t = np.linspace(0, 1, 6)
    spine = root + np.stack([bend * np.sin(t * 2.4) * length * 2, t * length], axis=1)
    spine[:, 1] -= 0.10 * np.sin(t * math.pi) * (1 - t)
    spine += blow(wind, length, t)
    girth = width * np.array([0.35, 0.9, 1.0, 0.9, 0.65, 0.05])
    off = np.stack([girth, np.zeros(6)], axis=1)
    path = smooth(np.concatenate([spine - off, (spine + off)[::-1]]), closed=True)
    sketch.painter.fill(path, solid(sketch.hair), Label.HAIR)
    sketch.outline(path, sketch.hair)
    inner = spine + off * np.array([[0.3, 0]])
    if sketch.style.strands > 0.2:
        sketch.line(inner, 0.6, sketch.ink(sketch.hair), alpha=0.8)


def _braid(sketch: Sketch, root: Array) -> None:
    x, y = root.tolist()
    for i in range(6):
        rx, ry = 0.055 * (1 - 0.06 * i), 0.05
        points = np.array([[x - rx, y - 0.4 * ry], [x, y - ry], [x + rx, y - 0.2 * ry],
                           [x, y + 1.2 * ry]])  # fmt: skip
        sketch.blob(points, sketch.hair, Label.HAIR)
        y += 1.5 * ry
        x += 0.006


def _extras(sketch: Sketch, hair: Hair, front: bool) -> None:
    """Tails, buns and braids, those before or those behind the head."""
    s, head, kind = sketch.style, sketch.head, hair.cut.extra
    own = np.random.default_rng(sketch.character.seed + 4)
    lift = 0.02 + s.hair_volume
    if kind == "ponytail":
        anchors = [(0.0, np.array([0.0, between(own, -0.35, -0.05), -SKULL_BACK - lift]))]
    elif kind == "bun" and own.random() < 0.6:
        anchors = [(0.0, np.array([0.0, between(own, -0.5, -0.2), -0.3 - lift]))]
    else:
        height = between(own, -0.38, -0.05)
        wide = s.width + lift * 0.7 - (0.1 if height < -0.3 else 0.0)
        anchors = [(side, np.array([side * wide, height, -0.10])) for side in (-1.0, 1.0)]
    length = between(own, 0.45, 0.95)
    width = between(own, 0.10, 0.19)
    for side, anchor in anchors:
        root, depth = head.project(anchor[None])
        if (depth[0] > 0.12) != front:
            continue
        if kind == "bun":
            _bun(sketch, root[0], between(own, 0.1, 0.17))
        elif kind == "braids":
            _braid(sketch, root[0])
        else:
            away = side or -float(np.sign(head.pose.yaw) or 1)
            _tail(sketch, root[0], away, length, width, hair.locks.wind if hair.locks else 0.0)


def _bun(sketch: Sketch, root: Array, radius: float) -> None:
    angle = np.linspace(0, 2 * math.pi, 9)[:-1]
    ring = root + radius * np.stack([np.cos(angle), 0.9 * np.sin(angle)], axis=1)
    sketch.blob(ring, sketch.hair, Label.HAIR)
    if sketch.style.strands > 0.15:
        sketch.line(root + (ring[4:8] - root) * 0.6, 0.6, sketch.ink(sketch.hair))

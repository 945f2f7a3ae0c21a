"""Things that detectors take for faces and that are none: they never get a face row.

Each draws itself about `size` px large with its middle at (x, y).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from webtoon_curate.synth import shapes
from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.figures.hands import GESTURES, draw_hand
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.paint import Color, mix
from webtoon_curate.synth.things import blows, grips, screens, signs, things
from webtoon_curate.synth.things.things import DARK, WHITE

Draw = Callable[[Ink, np.random.Generator, float, float, float], None]


def _color(rng: np.random.Generator, saturation: float = 0.5, value: float = 0.8) -> Color:
    return hsv(rng.uniform(), saturation * rng.uniform(0.6, 1.4), value * rng.uniform(0.7, 1.2))


def hand(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A hand with a sleeve that comes from the border."""
    angle = rng.uniform(-math.pi, 0)
    skin = mix((255, 226, 206), (104, 66, 48), rng.uniform())
    dx, dy = math.cos(angle), math.sin(angle)
    wrist = (x - dx * size * 0.4, y - dy * size * 0.4)
    arm = [(x - dx * size * 2.4, y - dy * size * 2.4), wrist]
    ink.shape(shapes.limb(arm, [size * 0.42, size * 0.3]), skin)
    cuff = [arm[0], (x - dx * size * 0.75, y - dy * size * 0.75)]
    ink.shape(shapes.limb(cuff, [size * 0.56, size * 0.44]), _color(rng))
    names = list(GESTURES)
    gesture = names[rng.integers(len(names))]
    draw_hand(ink, *wrist, size * 0.95, angle, gesture, skin, 1, ink.label)


def cat(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """The head of a cat, fox or bear with its features: an animal, not a face of ours."""
    r = size * 0.4
    fur = mix(_color(rng, 0.35), (225, 205, 180), rng.uniform(0, 1))
    pointed = rng.random() < 0.65
    for side in (-1, 1):
        if pointed:
            ear = [(0.25, -0.75), (0.92, -1.3), (0.98, -0.3)]
            ink.shape(shapes.polygon(shapes.placed(ear, x, y, side * r, r)), fur)
        else:
            ink.shape(shapes.ellipse(x + side * r * 0.72, y - r * 0.75, r * 0.36), fur)
    ink.shape(shapes.ellipse(x, y, r * 1.1, r * 0.95), fur)
    ink.shape(shapes.ellipse(x, y + r * 0.36, r * 0.5, r * 0.36), mix(fur, WHITE, 0.7), line=0)
    _animal_eyes(ink, rng, x, y, r)
    nose = shapes.placed([(-0.12, 0.16), (0.12, 0.16), (0, 0.3)], x, y, r)
    ink.shape(shapes.polygon(nose), (220, 130, 130) if pointed else DARK, line=0.5, shade=0)
    for side in (-1, 1):
        lip = shapes.placed([(0, 0.3), (0.16, 0.48), (0.34, 0.4)], x, y, side * r, r)
        ink.stroke(shapes.smooth(lip, closed=False), 0.8)
        for k in (-0.08, 0.06):
            whisker = shapes.placed([(0.45, 0.34), (1.3, 0.34 + k * 2)], x, y, side * r, r)
            ink.stroke(shapes.polygon(whisker, closed=False), 0.5)


def _animal_eyes(ink: Ink, rng: np.random.Generator, x: float, y: float, r: float) -> None:
    kind = rng.integers(3)
    iris = hsv(rng.choice([0.15, 0.3, 0.55, 0.1]), 0.7, 0.8)
    for side in (-1, 1):
        ex, ey = x + side * r * 0.46, y - r * 0.1
        if kind == 0:
            ink.shape(shapes.ellipse(ex, ey, r * 0.14, r * 0.18), DARK, shade=0)
            shine = shapes.ellipse(ex - r * 0.04, ey - r * 0.07, r * 0.05)
            ink.shape(shine, WHITE, line=0, shade=0)
        elif kind == 1:
            ink.shape(shapes.ellipse(ex, ey, r * 0.24, r * 0.26), iris, shade=0)
            ink.shape(shapes.ellipse(ex, ey, r * 0.07, r * 0.2), DARK, line=0, shade=0)
        else:
            arc = [(ex - r * 0.2, ey), (ex, ey - r * 0.12), (ex + r * 0.2, ey)]
            ink.stroke(shapes.smooth(arc, closed=False), 1.4)


def dog(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A dog's head with hanging ears and a muzzle."""
    r = size * 0.4
    fur = mix((190, 140, 90), (245, 240, 232), rng.uniform())
    ink.shape(shapes.ellipse(x, y, r * 0.95, r), fur)
    for side in (-1, 1):
        ear = [(0.6, -0.8), (1.15, -0.5), (1.1, 0.4), (0.8, 0.35), (0.72, -0.2)]
        ink.shape(shapes.smooth(shapes.placed(ear, x, y, side * r, r)), darker(fur, 0.4))
    _animal_eyes(ink, rng, x, y - r * 0.1, r * 0.9)
    ink.shape(shapes.ellipse(x, y + r * 0.45, r * 0.5, r * 0.42), mix(fur, WHITE, 0.5))
    ink.shape(shapes.ellipse(x, y + r * 0.25, r * 0.2, r * 0.14), DARK, shade=0)
    ink.stroke(shapes.polygon([(x, y + r * 0.38), (x, y + r * 0.62)], closed=False), 0.8)


def bird(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A small round bird from the side."""
    r, way = size * 0.36, rng.choice([-1, 1])
    plumage = _color(rng, 0.6)
    tail = shapes.placed([(-0.7, 0), (-1.7, -0.3), (-1.6, 0.2)], x, y, way * r, r)
    ink.shape(shapes.polygon(tail), darker(plumage, 0.3))
    ink.shape(shapes.ellipse(x, y, r), plumage)
    beak = shapes.placed([(0.9, -0.3), (1.4, -0.1), (0.9, 0)], x, y, way * r, r)
    ink.shape(shapes.polygon(beak), (240, 170, 60))
    ink.shape(shapes.ellipse(x + way * r * 0.5, y - r * 0.3, r * 0.13), DARK, shade=0)
    wing = shapes.ellipse(x - way * r * 0.2, y + r * 0.15, r * 0.5, r * 0.3)
    ink.shape(wing, darker(plumage, 0.3))


def emoji(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A smiley as on phone screens and stickers."""
    r = size * 0.42
    ink.shape(shapes.ellipse(x, y, r), (255, 208, 60))
    for side in (-1, 1):
        eye = shapes.ellipse(x + side * r * 0.36, y - r * 0.2, r * 0.12, r * 0.18)
        ink.shape(eye, DARK, line=0)
    bend = rng.choice([0.5, -0.1, 0.3])
    mouth = shapes.placed([(-0.5, 0.25), (0, 0.25 + bend), (0.5, 0.25)], x, y, r)
    path = shapes.smooth(mouth, closed=False)
    if rng.random() < 0.5 and bend > 0.2:
        path.close()
        ink.shape(path, (150, 40, 50), shade=0)
    else:
        ink.stroke(path, 1.6)


def mask(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A carved or theatre mask: holes for eyes, nothing behind."""
    w, h = size * 0.34, size * 0.45
    body = [(0, -1), (0.8, -0.8), (1, -0.1), (0.6, 0.7), (0, 1), (-0.6, 0.7), (-1, -0.1),
            (-0.8, -0.8)]  # fmt: skip
    red: Color = (150, 30, 40)
    base = mix(WHITE, _color(rng, 0.7), rng.choice([0.05, 0.8]))
    ink.shape(shapes.smooth(shapes.placed(body, x, y, w, h)), base)
    for side in (-1, 1):
        hole = [(0.2, -0.15), (0.45, -0.32), (0.75, -0.22), (0.45, -0.1)]
        ink.shape(shapes.smooth(shapes.placed(hole, x, y, side * w, h)), DARK, shade=0)
        brow = shapes.placed([(0.15, -0.4), (0.5, -0.6), (0.8, -0.45)], x, y, side * w, h)
        ink.stroke(shapes.smooth(brow, closed=False), 2.0, red)
    smile = [(-0.5, 0.35), (0, 0.55), (0.5, 0.35), (0, 0.42)]
    ink.shape(shapes.smooth(shapes.placed(smile, x, y, w, h)), red, shade=0)


def wheel(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A tyre with spokes."""
    r, spokes = size * 0.45, int(rng.integers(4, 9))
    ink.shape(shapes.ellipse(x, y, r), (48, 48, 54))
    ink.shape(shapes.ellipse(x, y, r * 0.68), (196, 200, 206))
    for i in range(spokes):
        angle = 2 * math.pi * i / spokes
        tip = (x + r * 0.64 * math.cos(angle), y + r * 0.64 * math.sin(angle))
        ink.stroke(shapes.polygon([(x, y), tip], closed=False), 1.6)
    ink.shape(shapes.ellipse(x, y, r * 0.16), (90, 92, 98))


def car(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A car seen from the front, whose lamps and grille look like a face."""
    w, h = size * 0.5, size * 0.34
    paint = _color(rng, 0.7)
    cabin = [(-0.7, -0.2), (-0.5, -0.95), (0.5, -0.95), (0.7, -0.2)]
    ink.shape(shapes.polygon(shapes.placed(cabin, x, y, w, h)), paint)
    glass = [(-0.58, -0.25), (-0.42, -0.82), (0.42, -0.82), (0.58, -0.25)]
    ink.shape(shapes.polygon(shapes.placed(glass, x, y, w, h)), (150, 186, 206))
    for side in (-1, 1):
        tyre = shapes.rect(x + side * w * 0.72 - w * 0.14, y + h * 0.5, w * 0.28, h * 0.5, 5)
        ink.shape(tyre, DARK)
    ink.shape(shapes.rect(x - w, y - h * 0.25, 2 * w, h, h * 0.25), paint)
    for side in (-1, 1):
        lamp = shapes.ellipse(x + side * w * 0.68, y + h * 0.1, w * 0.2, h * 0.2)
        ink.shape(lamp, (255, 250, 220))
    ink.shape(shapes.rect(x - w * 0.38, y + h * 0.05, w * 0.76, h * 0.22, 6), DARK, shade=0)


def buttons(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Buttons with two or four holes, sometimes in pairs like eyes."""
    for dx in (-0.26, 0.26) if rng.random() < 0.6 else (0.0,):
        r, bx = size * 0.22, x + dx * size
        color = _color(rng)
        ink.shape(shapes.ellipse(bx, y, r), color)
        ink.shape(shapes.ellipse(bx, y, r * 0.75), mix(color, WHITE, 0.3), line=0.6)
        for a, b in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
            ink.shape(shapes.ellipse(bx + a * r * 0.24, y + b * r * 0.24, r * 0.1), DARK, line=0)


def lamp(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A table lamp."""
    shade = [(-0.22, -0.42), (0.22, -0.42), (0.4, 0.02), (-0.4, 0.02)]
    ink.shape(shapes.rect(x - size * 0.03, y, size * 0.06, size * 0.4), (120, 96, 70))
    ink.shape(shapes.ellipse(x, y + size * 0.42, size * 0.2, size * 0.06), (120, 96, 70))
    ink.shape(shapes.polygon(shapes.placed(shade, x, y, size)), (255, 236, 180))


def bun(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A knot of hair seen from behind: strands round a middle."""
    r = size * 0.42
    hair = hsv(rng.uniform(0, 0.12), rng.uniform(0.2, 0.7), rng.uniform(0.12, 0.8))
    ink.shape(shapes.blob(rng, x, y, r, r * 0.9, 11, 0.06), hair, shade=1.4)
    for i in range(6):
        a = i * 1.05 + rng.uniform(0, 0.4)
        swirl = [
            (x + r * k * math.cos(a + k * 1.3), y + r * k * math.sin(a + k * 1.3))
            for k in (0.15, 0.5, 0.92)
        ]
        ink.stroke(shapes.smooth(swirl, closed=False), 0.7, darker(hair, 0.9))


def blossom(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A large flower."""
    petal, petals = _color(rng, 0.5, 0.95), int(rng.integers(5, 11))
    things.flower(ink, x, y, size * 0.48, petal, petals, rng.uniform(0, 6))


def poster(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A wall poster with an animal, a mask, a smiley, a flower or a biscuit on it."""
    w, h = size * 0.4, size * 0.55
    ink.shape(shapes.rect(x - w, y - h, 2 * w, 2 * h), mix(_color(rng), WHITE, 0.3), shade=0.3)
    inner: tuple[Draw, ...] = (cat, dog, mask, emoji, blossom, cookie)
    inner[rng.integers(len(inner))](ink, rng, x, y - h * 0.15, size * 0.6)
    ink.shape(shapes.rect(x - w * 0.8, y + h * 0.62, w * 1.6, h * 0.14), DARK, line=0, shade=0)


def cookie(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A biscuit, pizza or bun with a round face of spots."""
    r = size * 0.44
    dough = mix((232, 190, 120), (190, 130, 76), rng.uniform())
    ink.shape(shapes.blob(rng, x, y, r, r, 14, 0.03), dough)
    for _ in range(int(rng.integers(3, 9))):
        a, k = rng.uniform(0, 6.3), rng.uniform(0.1, 0.75)
        at = (x + r * k * math.cos(a), y + r * k * math.sin(a))
        spot = shapes.ellipse(*at, r * rng.uniform(0.08, 0.2))
        color = hsv(rng.choice([0.0, 0.06, 0.3, 0.13]), 0.7, rng.uniform(0.3, 0.9))
        ink.shape(spot, color, line=0.6)


def bowl(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A bowl of soup or rice with two halves of egg, from above the rim."""
    r = size * 0.46
    cup = [(-1, 0), (1, 0), (0.62, 0.75), (-0.62, 0.75)]
    ink.shape(shapes.polygon(shapes.placed(cup, x, y, r)), _color(rng))
    ink.shape(shapes.ellipse(x, y, r, r * 0.36), WHITE)
    soup = mix((226, 150, 70), WHITE, rng.uniform(0, 0.6))
    ink.shape(shapes.ellipse(x, y, r * 0.88, r * 0.29), soup)
    for side in (-1, 1):
        egg = (x + side * r * 0.34, y - r * 0.03)
        ink.shape(shapes.ellipse(*egg, r * 0.2, r * 0.13), WHITE, line=0.7)
        ink.shape(shapes.ellipse(*egg, r * 0.1, r * 0.07), (250, 190, 60))


def cup(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A mug or a paper cup."""
    w, h = size * 0.3, size * 0.4
    color = mix(_color(rng), WHITE, rng.uniform(0, 0.8))
    handle = [(x + w * 0.9, y - h * 0.4), (x + w * 1.6, y), (x + w * 0.8, y + h * 0.5)]
    ink.stroke(shapes.smooth(handle, closed=False), 2.4, darker(color, 0.6))
    side = [(-1, -0.8), (1, -0.8), (0.8, 0.9), (-0.8, 0.9)]
    ink.shape(shapes.polygon(shapes.placed(side, x, y, w, h)), color)
    ink.shape(shapes.ellipse(x, y - h * 0.8, w, h * 0.18), mix(color, WHITE, 0.4))
    ink.shape(shapes.ellipse(x, y - h * 0.78, w * 0.82, h * 0.12), (110, 70, 44), line=0, shade=0)


def phone(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A telephone with messages on its screen."""
    w, h = size * 0.3, size * 0.56
    ink.shape(shapes.rect(x - w, y - h, 2 * w, 2 * h, w * 0.25), (30, 32, 38))
    glass = shapes.rect(x - w * 0.9, y - h * 0.92, w * 1.8, h * 1.84, w * 0.15)
    ink.shape(glass, (226, 236, 246), line=0, shade=0)
    for i in range(5):
        left = rng.random() < 0.5
        wide = w * rng.uniform(0.6, 1.2)
        at = x - w * 0.78 if left else x + w * 0.78 - wide
        color = WHITE if left else (255, 226, 110)
        message = shapes.rect(at, y - h * 0.78 + i * h * 0.32, wide, h * 0.2, 6)
        ink.shape(message, color, line=0.4, shade=0)


def doll(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A plush animal: head, ears, body."""
    fur = _color(rng, 0.35, 0.9)
    ink.shape(shapes.ellipse(x, y + size * 0.25, size * 0.26, size * 0.28), fur)
    for side in (-1, 1):
        ink.shape(shapes.ellipse(x + side * size * 0.22, y + size * 0.14, size * 0.1), fur)
        ink.shape(shapes.ellipse(x + side * size * 0.16, y + size * 0.46, size * 0.11), fur)
    cat(ink, rng, x, y - size * 0.12, size * 0.7)


def robot(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A machine's box head with lights."""
    w = size * 0.4
    steel = mix((186, 194, 204), _color(rng), 0.3)
    ink.stroke(shapes.polygon([(x, y - w), (x, y - w * 1.4)], closed=False), 1.5)
    ink.shape(shapes.ellipse(x, y - w * 1.45, w * 0.12), (230, 70, 60))
    ink.shape(shapes.rect(x - w, y - w, 2 * w, 1.8 * w, w * 0.2), steel)
    for side in (-1, 1):
        light = shapes.rect(x + side * w * 0.45 - w * 0.22, y - w * 0.55, w * 0.44, w * 0.4, 4)
        ink.shape(light, (90, 230, 220))
    for i in range(4):
        slot = shapes.rect(x - w * 0.5 + i * w * 0.26, y + w * 0.25, w * 0.2, w * 0.26)
        ink.shape(slot, DARK, line=0.5)


DISTRACTORS: dict[str, Draw] = {
    "hand": hand, "cat": cat, "dog": dog, "bird": bird, "emoji": emoji, "mask": mask,
    "wheel": wheel, "car": car, "buttons": buttons, "lamp": lamp, "bun": bun, "flower": blossom,
    "poster": poster, "cookie": cookie, "bowl": bowl, "cup": cup, "phone": phone, "doll": doll,
    "robot": robot, "holding": grips.holding, "shoes": grips.shoes, "lap": grips.lap,
    "handset": screens.handset, "monitor": screens.monitor, "status": screens.status_window,
    "circle": blows.magic_circle, "blast": blows.blast, "cut": blows.cut, "splash": blows.splash,
    "lightning": blows.lightning, "flame": blows.flame, "smoke": blows.smoke,
    "sign": signs.shop_sign, "neon": signs.neon, "road sign": signs.road_sign,
    "traffic light": signs.traffic_light, "spectacles": things.spectacles, "clock": things.clock,
    "outlet": things.outlet, "headphones": things.headphones, "plates": things.plates,
    "cake": things.cake, "rose": things.rose, "shirt": things.shirt, "ribbon": things.ribbon,
    "lantern": things.lantern, "jewel": things.jewel, "plant": things.pot_plant,
    "speakers": things.speakers,
}  # fmt: skip

SHARES = dict.fromkeys(DISTRACTORS, 1.0) | {
    "hand": 2.0, "holding": 7.0, "shoes": 2.5, "lap": 1.5, "handset": 3.0, "status": 3.5,
    "sign": 1.5, "plates": 1.5,
}  # fmt: skip
"""Weights of how often panels show each."""


def draw_distractor(
    ink: Ink, rng: np.random.Generator, x: float, y: float, size: float, name: str | None = None
) -> str:
    """Draw one of `DISTRACTORS`, sampled by `SHARES` when none is named; gives its name."""
    name = name or pick(rng, SHARES)
    DISTRACTORS[name](ink, rng, x, y, size)
    return name

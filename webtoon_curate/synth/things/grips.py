"""Close-ups of people in which no face is: hands that hold things, shoes, laps.

Each draws itself about `size` px large with its middle at (x, y).
"""

from __future__ import annotations

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.paint import Color, mix
from webtoon_curate.synth.shapes import Box, Point
from webtoon_curate.synth.things.screens import screen
from webtoon_curate.synth.things.things import DARK, WHITE

STEEL: Color = (206, 212, 222)

HELD = {
    "phone": 30, "letter": 13, "cup": 12, "sword": 12, "pen": 8, "card": 7, "key": 6, "bottle": 6,
    "knob": 6,
}  # fmt: skip
"""What hands hold in panels, and how often."""
FLAT = {"phone": (0.42, 0.82), "letter": (0.7, 0.75), "card": (0.5, 0.32)}
"""Of these, what is held between the thumb in front and the fingers behind: half its sides."""
TWO_HANDS = 0.35
"""Share of flat things held by both hands."""
PAINTED_NAILS = 0.15


def _skin(rng: np.random.Generator) -> Color:
    share = rng.uniform(0, 0.35) if rng.random() < 0.7 else rng.uniform()
    return mix((255, 228, 208), (104, 66, 48), share)


def _cloth(rng: np.random.Generator) -> Color:
    return hsv(rng.uniform(), rng.uniform(0, 0.6), rng.uniform(0.15, 0.95))


class _Part:
    """Somebody's hands or legs in drawing; the unit is half of `size`, (0, 0) the middle."""

    def __init__(self, ink: Ink, rng: np.random.Generator, size: float) -> None:
        self.ink, self.rng, self.unit = ink, rng, size / 2
        self.skin, self.cloth = _skin(rng), _cloth(rng)
        self.nail = mix(self.skin, (255, 236, 236), 0.5)
        if rng.random() < PAINTED_NAILS:
            self.nail = hsv(rng.choice([0.97, 0.0, 0.9, 0.6]), 0.7, rng.uniform(0.4, 0.95))

    def points(self, *pairs: Point) -> list[Point]:
        return [(a * self.unit, b * self.unit) for a, b in pairs]

    def limb(self, color: Color, joints: list[Point], widths: list[float]) -> None:
        path = shapes.limb(self.points(*joints), [w * self.unit for w in widths])
        self.ink.shape(path, color, shade=0.7)

    def shape(self, color: Color, *pairs: Point, line: float = 1.0) -> None:
        self.ink.shape(shapes.polygon(self.points(*pairs)), color, line=line, shade=0.7)

    def round(self, color: Color, *pairs: Point) -> None:
        self.ink.shape(shapes.smooth(self.points(*pairs)), color, shade=0.7)

    def stroke(self, *pairs: Point, width: float = 0.6) -> None:
        path = shapes.smooth(self.points(*pairs), closed=False)
        self.ink.stroke(path, width, darker(self.skin, 0.8))

    def finger(self, joints: list[Point], thick: float, nail: bool = True) -> None:
        """Two or three joints, with a nail at the last."""
        self.limb(self.skin, joints, [thick, thick * 0.95, thick * 0.75][: len(joints)])
        (x0, y0), (x, y) = joints[-2], joints[-1]
        if nail:
            away = np.hypot(x - x0, y - y0) or 1.0
            dx, dy = (x - x0) / away * thick * 0.2, (y - y0) / away * thick * 0.2
            (middle,) = self.points((x + dx, y + dy))
            spot = shapes.ellipse(*middle, thick * 0.26 * self.unit)
            self.ink.shape(spot, self.nail, line=0.5, shade=0)

    def forearm(self, start: Point, end: Point, wide: float) -> None:
        """From outside the drawing to the wrist, most of it in a sleeve."""
        (x, y), dx, dy = start, end[0] - start[0], end[1] - start[1]
        self.limb(self.skin, [start, end], [wide * 1.25, wide])
        cut = self.rng.uniform(0.4, 0.85)
        if self.rng.random() < 0.85:
            hem, cuff = (x + dx * cut * 0.86, y + dy * cut * 0.86), (x + dx * cut, y + dy * cut)
            self.limb(self.cloth, [start, cuff], [wide * 1.7, wide * 1.5])
            if self.rng.random() < 0.4:
                self.limb(mix(self.cloth, WHITE, 0.6), [hem, cuff], [wide * 1.5, wide * 1.5])


def holding(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A hand, or two, with one of `HELD`."""
    part, held = _Part(ink, rng, size), pick(rng, HELD)
    turn = skia.Matrix.Translate(x, y)
    turn.preRotate(float(rng.uniform(-25, 25)))
    if rng.random() < 0.5:
        turn.preScale(-1, 1)
    with ink.painter.group(turn):
        if held in FLAT:
            _held_flat(part, held)
        else:
            _held_in_fist(part, held)


def _held_flat(part: _Part, held: str) -> None:
    u, rng = part.unit, part.rng
    wide, tall = FLAT[held]
    both = rng.random() < TWO_HANDS
    sides = (1, -1) if both else (1,)
    grip = rng.uniform(0.2, 0.6) * tall
    for side in sides:
        part.forearm((side * 1.0, 2.2), (side * (wide + 0.05), grip + 0.35), 0.34)
        palm = [(wide * 0.3, 0.4), (wide * 0.2, -0.3), (wide + 0.1, -0.35), (wide + 0.24, 0),
                (wide + 0.2, 0.45)]  # fmt: skip
        part.round(part.skin, *shapes.placed(palm, 0, grip, side, 1))
    box = (-wide * u, -tall * u, 2 * wide * u, 2 * tall * u)
    if held == "phone":
        screen(part.ink, rng, box)
    elif held == "letter":
        _paper(part, box)
    else:
        part.ink.shape(shapes.rect(*box, 0.06 * u), _cloth(rng))
        strip = (box[0] + 0.1 * u, box[1] + 0.12 * u, 0.3 * u, 0.16 * u)
        part.ink.shape(shapes.rect(*strip), mix(_cloth(rng), WHITE, 0.6), line=0.5)
    for side in sides:
        if held == "phone" and not both:
            for i in range(4):  # tips of the fingers round the far edge
                y = grip - 0.32 + i * 0.17
                part.finger([(-side * (wide + 0.1), y), (-side * (wide - 0.08), y - 0.02)], 0.15,
                            False)  # fmt: skip
        thumb = [
            (side * (wide + 0.16), grip + 0.25),
            (side * (wide + 0.02), grip),
            (side * wide * rng.uniform(0.35, 0.8), grip - rng.uniform(0.05, 0.35)),
        ]
        part.finger(thumb, 0.22)


def _paper(part: _Part, box: Box) -> None:
    """A letter, or an envelope with a seal."""
    x, y, width, height = box
    rng, ink = part.rng, part.ink
    paper = mix((255, 255, 252), (240, 224, 190), rng.uniform())
    ink.shape(shapes.rect(*box), paper, shade=0.3)
    if rng.random() < 0.25:
        tip = (x + width / 2, y + height * 0.55)
        flap = shapes.polygon([(x, y), tip, (x + width, y)])
        ink.shape(flap, mix(paper, WHITE, 0.3), shade=0.3)
        ink.shape(shapes.blob(rng, *tip, width * 0.1, width * 0.1, 9, 0.1), (170, 34, 40))
        return
    for i in range(int(rng.integers(5, 11))):
        row = y + height * (0.1 + 0.08 * i)
        dashes = [(x + width * (0.08 + 0.09 * k), row + rng.uniform(-1, 1)) for k in range(10)]
        line = shapes.smooth(dashes[: rng.integers(5, 11)], closed=False)
        ink.stroke(line, 0.6, (70, 70, 90))


def _held_in_fist(part: _Part, held: str) -> None:
    rng = part.rng
    angle = float(rng.uniform(-0.5, 0.9))
    part.forearm((1.9 * np.cos(angle), 1.9 * np.sin(angle) + 0.4), (0.42, 0.12), 0.36)
    back = [(0.5, -0.2), (0.15, -0.42), (-0.1, -0.3), (-0.05, 0.35), (0.25, 0.42), (0.52, 0.25)]
    part.round(part.skin, *back)
    _IN_FIST[held](part)
    for i in range(4):
        y = -0.3 + 0.18 * i
        reach = -0.26 + 0.03 * abs(i - 1)
        joints = [(0.24, y - 0.02), (-0.02, y - 0.02), (reach, y + 0.03)]
        part.finger(joints, 0.2, nail=False)
        part.stroke((0.12, y - 0.1), (0.16, y), (0.12, y + 0.08))
    part.finger([(0.4, -0.28), (0.18, -0.44), (-0.14, -0.36)], 0.19)


def _sword(part: _Part) -> None:
    wood, rng = mix((70, 48, 40), DARK, part.rng.uniform()), part.rng
    wide, tip = rng.uniform(0.08, 0.16), -rng.uniform(1.4, 2.4)
    blade = [(-wide, -0.6), (-wide * 0.9, tip), (0, tip - 0.2), (wide * 0.9, tip), (wide, -0.6)]
    part.shape(STEEL, *blade)
    part.shape(WHITE, (0, -0.6), (0, tip - 0.2), (wide * 0.4, tip), (wide * 0.4, -0.6), line=0)
    part.limb(wood, [(0, -0.55), (0, 0.75)], [0.17, 0.17])
    guard = rng.uniform(0.25, 0.5)
    part.shape(hsv(0.12, 0.6, rng.uniform(0.4, 0.9)), (-guard, -0.62), (guard, -0.62),
               (guard, -0.5), (-guard, -0.5))  # fmt: skip


def _mug(part: _Part) -> None:
    color = mix(_cloth(part.rng), WHITE, part.rng.uniform(0, 0.9))
    part.shape(color, (-0.55, -0.6), (0.3, -0.6), (0.22, 0.6), (-0.47, 0.6))
    rim = shapes.ellipse(-0.125 * part.unit, -0.6 * part.unit, 0.43 * part.unit, 0.1 * part.unit)
    part.ink.shape(rim, WHITE)
    if part.rng.random() < 0.5:
        band = mix(color, (120, 84, 60), 0.6)
        part.shape(band, (-0.52, -0.25), (0.27, -0.25), (0.24, 0.3), (-0.5, 0.3), line=0.6)


def _bottle(part: _Part) -> None:
    glass = hsv(part.rng.choice([0.35, 0.1, 0.55]), 0.5, part.rng.uniform(0.3, 0.8))
    body = [(-0.2, -0.3), (-0.08, -0.7), (-0.08, -1.05), (0.08, -1.05), (0.08, -0.7), (0.2, -0.3),
            (0.2, 0.85), (-0.2, 0.85)]  # fmt: skip
    part.shape(glass, *body)
    part.shape(mix(_cloth(part.rng), WHITE, 0.5), (-0.2, 0.05), (0.2, 0.05), (0.2, 0.5),
               (-0.2, 0.5), line=0.6)  # fmt: skip


def _pen(part: _Part) -> None:
    part.limb(_cloth(part.rng), [(0.2, -0.9), (-0.5, 0.8)], [0.09, 0.08])
    part.limb(DARK, [(-0.48, 0.76), (-0.54, 0.9)], [0.05, 0.02])


def _key(part: _Part) -> None:
    brass = hsv(0.12, part.rng.uniform(0.1, 0.7), part.rng.uniform(0.5, 0.9))
    part.limb(brass, [(-0.15, 0.0), (-0.9, 0.1)], [0.08, 0.08])
    part.shape(brass, (-0.8, 0.1), (-0.7, 0.1), (-0.7, 0.28), (-0.8, 0.28))


def _knob(part: _Part) -> None:
    """Of a door, with the door."""
    wood = mix((150, 106, 70), WHITE, part.rng.uniform(0, 0.8))
    part.shape(wood, (-2.2, -1.6), (0.05, -1.6), (0.05, 1.6), (-2.2, 1.6))
    part.ink.shape(shapes.ellipse(-0.2 * part.unit, 0, 0.34 * part.unit), (190, 170, 110))


_IN_FIST = {
    "sword": _sword, "cup": _mug, "bottle": _bottle, "pen": _pen, "key": _key, "knob": _knob,
}  # fmt: skip
"""How what a fist holds is drawn."""


def shoes(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Two legs from above the picture, in shoes, walking or standing."""
    part, side = _Part(ink, rng, size), 1 if rng.random() < 0.5 else -1
    trousers, bare = _cloth(rng), rng.random() < 0.4
    leather, kind = _cloth(rng), rng.integers(4)
    turn = skia.Matrix.Translate(x, y)
    turn.preScale(side, 1)
    step = rng.uniform(0.15, 0.9)
    with ink.painter.group(turn):
        for along, lift in ((-step / 2, rng.uniform(0, 0.25)), (step / 2, 0.0)):
            ankle, thick = (along, 0.55 - lift), 0.3 if bare else 0.44
            knee = (along * 0.3 + rng.uniform(-0.1, 0.1), -1.8)
            part.limb(part.skin if bare else trousers, [knee, (along, -0.5), ankle],
                      [thick * 1.7, thick * 1.4, thick])  # fmt: skip
            if bare and rng.random() < 0.5:
                sock = (along, 0.55 - lift - rng.uniform(0.1, 0.5))
                part.limb(WHITE, [sock, ankle], [thick * 1.2, thick * 1.1])
            _shoe(part, ankle, leather, int(kind))


def _shoe(part: _Part, ankle: Point, leather: Color, kind: int) -> None:
    x, y = ankle
    if kind == 0:  # sneaker
        part.round(leather, (x - 0.25, y - 0.12), (x + 0.15, y - 0.12), (x + 0.55, y + 0.15),
                   (x + 0.6, y + 0.3), (x - 0.28, y + 0.3))  # fmt: skip
        part.shape(WHITE, (x - 0.3, y + 0.26), (x + 0.62, y + 0.26), (x + 0.6, y + 0.36),
                   (x - 0.28, y + 0.36))  # fmt: skip
        for i in range(3):
            part.stroke((x + 0.1 + 0.1 * i, y - 0.05 + 0.07 * i),
                        (x + 0.2 + 0.1 * i, y - 0.1 + 0.07 * i), width=1.2)  # fmt: skip
    elif kind == 1:  # high heel
        part.shape(leather, (x - 0.2, y), (x - 0.1, y + 0.36), (x - 0.16, y + 0.36),
                   (x - 0.24, y + 0.05))  # fmt: skip
        part.round(leather, (x - 0.2, y - 0.05), (x + 0.1, y + 0.05), (x + 0.5, y + 0.3),
                   (x + 0.55, y + 0.36), (x + 0.25, y + 0.34), (x - 0.15, y + 0.1))  # fmt: skip
    else:  # leather shoe or boot
        top = y - 0.1 if kind == 2 else y - 0.7
        part.round(leather, (x - 0.24, top), (x + 0.2, top), (x + 0.22, y), (x + 0.55, y + 0.18),
                   (x + 0.6, y + 0.32), (x - 0.25, y + 0.32))  # fmt: skip
        part.shape(DARK, (x - 0.27, y + 0.3), (x + 0.6, y + 0.3), (x + 0.6, y + 0.37),
                   (x - 0.27, y + 0.37))  # fmt: skip


def lap(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Two knees below a skirt or in trousers, and often fists on them."""
    part, skirt = _Part(ink, rng, size), rng.random() < 0.55
    cloth = part.cloth
    with ink.painter.group(skia.Matrix.Translate(x, y)):
        for side in (-1, 1):
            leg = part.skin if skirt else cloth
            part.limb(leg, [(side * 0.42, 0.2), (side * 0.38, 1.6)], [0.6, 0.42])
            part.limb(leg, [(side * 0.5, -0.9), (side * 0.42, 0.25)], [0.78, 0.62])
            bend = [(side * 0.42 - 0.18, 0.3), (side * 0.42, 0.42), (side * 0.42 + 0.18, 0.3)]
            part.stroke(*bend, width=0.8)
        top = part.cloth if rng.random() < 0.3 else _cloth(rng)
        part.shape(top, (-0.9, -0.8), (-0.7, -2.6), (0.7, -2.6), (0.9, -0.8))
        if skirt:
            part.round(cloth, (-0.95, -1.1), (0, -1.25), (0.95, -1.1), (0.95, -0.05), (0.4, 0.1),
                       (0, 0), (-0.4, 0.1), (-0.95, -0.05))  # fmt: skip
            for a in (-0.5, -0.1, 0.35):
                part.stroke((a * 0.8, -1.0), (a, -0.4), (a * 1.1, 0.0))
        if rng.random() < 0.65:
            for side in (-1, 1):
                part.limb(top, [(side * 1.2, -2.2), (side * 1.1, -1.1), (side * 0.6, -0.5)],
                          [0.5, 0.42, 0.3])  # fmt: skip
                fist = [(-0.24, -0.12), (0.2, -0.16), (0.26, 0.1), (0.1, 0.24), (-0.2, 0.2)]
                part.round(part.skin, *shapes.placed(fist, side * 0.45, -0.35, 1))
                for k in (-0.1, 0.0, 0.1):
                    part.stroke((side * 0.45 + k, -0.3), (side * 0.45 + k, -0.12))

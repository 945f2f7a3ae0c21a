"""Things at faces: phones, cups, cigarettes, food, microphones, papers, fans, weapons, pillows."""

from __future__ import annotations

import math

from webtoon_curate.synth.covers.frame import DARK, TURNED, WHITE, Frame, Kinds, ring
from webtoon_curate.synth.ink import darker, hsv
from webtoon_curate.synth.paint import Color, mix, solid
from webtoon_curate.synth.shapes import Point, corners

GLASS: Color = (206, 226, 236)
STEEL: Color = (186, 192, 202)
WOOD: Color = (150, 104, 66)
PAPER: Color = (246, 243, 234)


def _turned(at: Point, degrees: float, spots: list[Point]) -> list[Point]:
    """Places turned clockwise around the origin and moved to a place."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(at[0] + a * cos - b * sin, at[1] + a * sin + b * cos) for a, b in spots]


def _phone_at_ear(f: Frame) -> None:
    s = f.side
    u, v = f.near(f.ears)
    at = (u + s * f.u(-0.06, 0.06), v + f.u(0.08, 0.2))
    f.holding((at[0] + s * 0.02, at[1] + 0.1), s)
    case = DARK if f.coin(0.5) else f.color((0, 0.6), (0.3, 0.95))
    w, h = f.u(0.07, 0.13), f.u(0.28, 0.36)
    f.shape(_turned(at, s * f.u(-5, 20), corners(-w, -h, w, h)), case)
    f.fingers((at[0] + s * w, at[1] + 0.06), -s, 0.9 * w + 0.04)


def _phone_before(f: Frame) -> None:
    """Held up: taking a picture, or read."""
    s = f.side
    u, v, w, h = s * f.u(0.0, 0.3), f.u(-0.15, 0.3), f.u(0.15, 0.22), f.u(0.3, 0.4)
    lean = f.u(-8, 8) + (90 if f.coin(0.2) else 0)
    case = f.color((0, 0.6), (0.08, 0.95))
    f.holding((u + s * 0.05, v + 0.1), s, 0.7)
    f.shape(_turned((u, v), lean, corners(-w, -h, w, h)), case)
    for i in range(int(f.u(1, 4))):
        (spot,) = _turned((u, v), lean, [(-w * 0.55, -h * 0.8 + 0.11 * i)])
        f.oval(spot, 0.045, 0.045, DARK, 0.5)
    f.fingers((u + s * (w + 0.02), v + h * 0.35), -s, 0.13)


def _mug(f: Frame) -> None:
    """A mug, a paper cup or a can at the lips."""
    s, at = f.side, (f.mouth[0] + f.side * 0.04, f.mouth[1] + f.u(0.02, 0.12))
    w, h = f.u(0.17, 0.26), f.u(0.22, 0.34)
    f.holding((at[0] + s * 0.12, at[1] + 0.2), s)
    color = mix(f.color((0.1, 0.8), (0.3, 0.95)), WHITE, f.u(0, 0.9))
    lean, slim = -s * f.u(5, 35), f.u(0.75, 1)
    body = [(-w, -0.12), (w, -0.12), (w * slim, h), (-w * slim, h)]
    f.shape(_turned(at, lean, body), color)
    if f.coin(0.3):
        f.shape(_turned(at, lean, [(-w * 0.97, 0.02), (w * 0.97, 0.02), (w * 0.9, h * 0.7),
                                      (-w * 0.9, h * 0.7)]), mix(color, WOOD, 0.7),
                                      line=0.5)  # fmt: skip
    f.fingers((at[0] + s * (w + 0.02), at[1] + 0.1), -s, 0.2)


def _glass(f: Frame) -> None:
    """A wine glass, a tumbler or a bottle; one sees through glass."""
    s, stem = f.side, f.coin(0.5)
    at = (f.mouth[0] + s * 0.03, f.mouth[1] + f.u(0.02, 0.08))
    f.holding((at[0] + s * 0.08, at[1] + (0.5 if stem else 0.25)), s, 0.5)
    lean, w = -s * f.u(10, 40), f.u(0.12, 0.18)
    bowl = [
        (-w, -0.1),
        (w, -0.1),
        (w * 1.1, 0.1),
        (w * 0.5, 0.26),
        (-w * 0.5, 0.26),
        (-w * 1.1, 0.1),
    ]
    if not stem:
        bowl = [(-w, -0.1), (w, -0.1), (w * 0.9, 0.32), (-w * 0.9, 0.32)]
    rim = f.path(_turned(at, lean, bowl), stem)
    f.ink.painter.fill(rim, solid(GLASS, 0.45))
    drink = [(-w, 0.05), (w, 0.05), (w * 0.5, 0.25), (-w * 0.5, 0.25)]
    f.shape(_turned(at, lean, drink), f.color((0.3, 0.9), (0.3, 0.9)), stem, 0.4)
    f.ink.stroke(rim, 0.7)
    if stem:
        foot = _turned(at, lean, [(0, 0.26), (0, 0.55)])
        f.limb(foot, [0.03, 0.03], GLASS)
        f.fingers((foot[1][0] + s * 0.05, foot[1][1] - 0.08), -s, 0.12, 0.06)
    else:
        f.fingers((at[0] + s * (w + 0.02), at[1] + 0.15), -s, 0.2)


def _straw(f: Frame) -> None:
    """A cup with a straw."""
    s = f.side
    at = (f.mouth[0] + s * f.u(0.02, 0.12), f.mouth[1] + f.u(0.3, 0.4))
    f.holding((at[0] + s * 0.1, at[1] + 0.2), s)
    f.limb([f.mouth, at], [0.03, 0.035], f.color((0.3, 0.9), (0.5, 1)))
    w = f.u(0.16, 0.24)
    f.shape([(at[0] - w, at[1]), (at[0] + w, at[1]), (at[0] + 0.8 * w, at[1] + 0.5),
             (at[0] - 0.8 * w, at[1] + 0.5)], mix(f.color((0.2, 0.7), (0.4, 1)),
                                                  WHITE, 0.4))  # fmt: skip
    f.oval(at, w * 1.06, 0.05, WHITE)
    f.fingers((at[0] + s * w, at[1] + 0.22), -s, 0.2)


def _in_mouth(f: Frame) -> None:
    """A cigarette, a lolly, a toothbrush, a rose or a slice of bread between the lips."""
    s, kind = f.side, f.rng.random()
    if abs(f.way) > TURNED and f.coin(0.7):
        s = 1 if f.way > 0 else -1
    (u, v), down = f.mouth, f.u(-0.02, 0.12)
    held = f.coin(0.35)
    if kind < 0.55:
        long = f.u(0.2, 0.3)
        end = (u + s * long, v + down)
        f.limb([(u + s * 0.02, v), end], [0.042, 0.042], WHITE)
        f.limb([end, (end[0] + s * 0.02, end[1])], [0.042, 0.036], (226, 96, 50))
        for i in range(3 if f.coin(0.6) else 0):
            at = (end[0] + s * 0.02 + f.u(-0.05, 0.05), end[1] - 0.12 - 0.2 * i)
            path = f.path(ring(at, 0.05 + 0.05 * i, 0.09 + 0.04 * i), True)
            f.ink.painter.fill(path, solid((226, 226, 232), 0.45 - 0.1 * i))
    elif kind < 0.75:
        end = (u + s * f.u(0.16, 0.3), v + down + 0.05)
        f.limb([(u, v), end], [0.022, 0.022], WHITE)
        if f.coin(0.5):
            f.oval((u, v), 0.09, 0.09, f.color((0.5, 0.9), (0.7, 1)))
    elif kind < 0.87:
        slice_ = [(-0.16, -0.04), (0, -0.1), (0.16, -0.04), (0.15, 0.26), (-0.15, 0.26)]
        f.shape(_turned((u, v), f.u(-20, 20), slice_), (236, 196, 130), True)
        f.shape(_turned((u, v + 0.02), 0, [(0.75 * a, 0.75 * b) for a, b in slice_]),
                (252, 232, 190), True, 0.4)  # fmt: skip
    else:
        f.limb([(u - s * 0.12, v), (u + s * 0.4, v + down)], [0.03, 0.025], (70, 120, 70))
        f.oval((u + s * 0.42, v + down), 0.1, 0.09, (196, 40, 60))
    if held:
        f.reach((u + s * 0.14, v + down * 0.6), -90 - s * f.u(20, 60), 0.6, "two", s, 0.93)


def _eating(f: Frame) -> None:
    """Chopsticks, a spoon, a fork, or something held with the fingers."""
    s, (u, v), kind = f.side, f.mouth, f.rng.random()
    wrist = (u + s * f.u(0.5, 0.7), v + f.u(0.1, 0.45))
    if kind < 0.3:
        food = hsv(f.u(0.03, 0.14), f.u(0.4, 0.8), f.u(0.5, 0.95))
        f.holding((u + s * 0.1, v + 0.1), s, 0.5)
        f.oval((u, v + 0.04), f.u(0.14, 0.24), f.u(0.1, 0.16), food)
        f.oval((u, v + 0.02), 0.1, 0.04, mix(food, WHITE, 0.4), 0.4)
        f.fingers((u + s * 0.2, v + 0.08), -s, 0.14, 0.07)
        return
    if kind < 0.7:
        for gap in (0.0, 0.05):
            far = (wrist[0] + s * 0.25, wrist[1] - 0.05 + gap * 2)
            f.limb([(u, v + gap), far], [0.022, 0.034], STEEL if f.coin(0.5) else WOOD)
        if f.coin(0.6):
            f.oval((u + s * 0.02, v + 0.05), 0.09, 0.07, hsv(f.u(0.02, 0.2), 0.6, 0.9))
        for i in range(4 if f.coin(0.4) else 0):
            f.line([(u + 0.03 * (i - 2), v), (u + 0.03 * (i - 2), v + 0.3),
                    (u + 0.05 * (i - 2), v + 0.7)], 1.6, (226, 190, 110))  # fmt: skip
    else:
        f.limb([(u, v), wrist], [0.03, 0.035], STEEL)
        f.oval((u, v), 0.08, 0.05, STEEL)
    f.reach(wrist, 180 + f.u(0, 40) if s > 0 else -f.u(0, 40), 0.55, "pinch", -s, 0.8)


def _microphone(f: Frame) -> None:
    s = f.side
    at = (f.mouth[0] + s * f.u(0.0, 0.1), f.mouth[1] + f.u(0.06, 0.18))
    end = (at[0] + s * f.u(0.05, 0.3), at[1] + 0.55)
    f.holding((end[0], end[1] - 0.2), s, 0.5)
    f.limb([at, end], [0.14, 0.09], DARK if f.coin(0.7) else f.color((0, 0.8), (0.4, 0.9)))
    size = f.u(0.1, 0.14)
    f.oval(at, size, size * 1.1, STEEL if f.coin(0.6) else DARK)
    for i in (-1, 0, 1):
        v = at[1] + 0.4 * size * i
        f.line([(at[0] - 0.8 * size, v), (at[0] + 0.8 * size, v)], 0.4)
    f.fingers(((at[0] + end[0]) / 2 + s * 0.08, at[1] + 0.28), -s, 0.15, 0.07)


def _book(f: Frame) -> None:
    """An open book or a magazine over the lower face, held by both hands."""
    top = f.mouth[1] + f.u(-0.4, 0.0)
    wide, color = f.u(0.5, 0.75), f.color((0.2, 0.8), (0.3, 0.9))
    for s in (-1, 1):
        f.shape([(0, top + 0.06), (s * wide, top), (s * wide, top + 0.85), (0, top + 0.92)], color)
        f.shape([(s * wide * 0.2, top + 0.25), (s * wide * 0.8, top + 0.22),
                 (s * wide * 0.8, top + 0.34), (s * wide * 0.2, top + 0.37)],
                mix(color, WHITE, 0.7), line=0.5)  # fmt: skip
    for s in (-1, 1):
        f.fingers((s * (wide + 0.03), top + 0.55), -s, 0.17, 0.1)


def _paper(f: Frame) -> None:
    """A sheet, a letter, a newspaper, a menu or a tablet."""
    s, lean = f.side, f.u(-14, 14)
    at = (f.u(-0.2, 0.2), f.mouth[1] + f.u(0.0, 0.3))
    w, h, dark = f.u(0.35, 0.75), f.u(0.3, 0.5), f.coin(0.2)
    f.shape(_turned(at, lean, corners(-w, -h, w, h)), DARK if dark else PAPER)
    for i in range(0 if dark else int(f.u(3, 8))):
        v = -0.75 * h + 0.22 * h * i
        ends = _turned(at, lean, [(-0.8 * w, v), (f.u(0.1, 0.8) * w, v)])
        f.line(ends, 0.5, (130, 126, 130))
    near, far = _turned(at, lean, [(s * w, 0.4 * h), (-s * w, 0.4 * h)])
    f.fingers(near, -s, 0.18, 0.1)
    if f.coin(0.6):
        f.fingers(far, s, 0.18, 0.1)


def _fan(f: Frame) -> None:
    """A folding fan before mouth and nose."""
    s = f.side
    root = (f.mouth[0] + s * f.u(0.0, 0.35), f.mouth[1] + f.u(0.4, 0.6))
    color, long, wide = f.color((0, 0.8), (0.15, 1)), f.u(0.6, 0.8), f.u(65, 85)
    middle = -90 - s * f.u(0, 20)
    edge = []
    for i in range(13):
        a = math.radians(middle + wide * (i / 6 - 1))
        r = long * (1.0 if i % 2 else 0.96)
        edge.append((root[0] + r * math.cos(a), root[1] + r * math.sin(a)))
    f.shape([root, *edge], color)
    for spot in edge[1:-1]:
        f.line([root, spot], 0.4)
    f.reach(root, -90 - s * 15, 0.5, "fist", s, 0.6)


def _bouquet(f: Frame) -> None:
    s = f.side
    at = (s * f.u(0.0, 0.35), f.mouth[1] + f.u(0.15, 0.35))
    tone = f.color((0.2, 0.8), (0.7, 1))
    f.shape([(at[0] - 0.4, at[1]), (at[0] + 0.4, at[1]), (at[0] + 0.08, at[1] + 1),
             (at[0] - 0.08, at[1] + 1)],
            mix(tone, WHITE, 0.7))  # fmt: skip
    for _ in range(int(f.u(7, 13))):
        spot = (at[0] + f.u(-0.42, 0.42), at[1] + f.u(-0.28, 0.14))
        size, petal = f.u(0.08, 0.14), mix(tone, WHITE, f.u(0, 0.6))
        f.oval((spot[0] + 0.06, spot[1] + 0.05), size, 0.5 * size, (96, 140, 90), 0.5)
        f.oval(spot, size, size, petal, 0.7)
        f.oval(spot, 0.4 * size, 0.4 * size, darker(petal, 0.3), 0.4)


def _blade(f: Frame) -> None:
    """A sword or knife before the face, or held at it."""
    s, turn = f.side, f.u(-35, 35)
    if f.coin(0.35):
        turn += 90
    at = (f.u(-0.25, 0.25), f.u(-0.25, 0.35))
    long, wide = f.u(0.8, 2.5), f.u(0.05, 0.13)
    blade = [
        (-wide, long),
        (-wide, -long),
        (0, -long - 0.25),
        (wide, -long),
        (wide, long),
    ]
    f.shape(_turned(at, turn, blade), STEEL)
    f.line(_turned(at, turn, [(0.3 * wide, long), (0.3 * wide, -long)]), 0.5, (120, 126, 140))
    if long < 1.4:
        hilt = _turned(at, turn, [(0, long), (0, long + 0.4)])
        f.limb(hilt, [0.12, 0.12], DARK)
        f.limb(_turned(at, turn, [(-0.2, long), (0.2, long)]), [0.07, 0.07], (190, 160, 80))
        f.reach(hilt[1], -90 - s * 40, 0.6, "fist", s, 0.7)


def _gun(f: Frame) -> None:
    """A pistol aimed past the reader, or at the head."""
    s = f.side
    at = (s * f.u(0.05, 0.35), f.u(-0.05, 0.4))
    if f.coin(0.5):
        f.reach((at[0], at[1] + 0.25), -90 - s * f.u(0, 20), 0.7, "fist", s, 0.6)
        f.shape([(at[0] - 0.13, at[1] - 0.16), (at[0] + 0.13, at[1] - 0.16),
                 (at[0] + 0.12, at[1] + 0.16),
                 (at[0] - 0.12, at[1] + 0.16)], (54, 56, 62))  # fmt: skip
        f.oval((at[0], at[1] - 0.02), 0.07, 0.07, (14, 14, 16), 0.7)
        return
    u, v = f.near(f.ears)
    muzzle = (u, v - f.u(0.02, 0.15))
    f.limb([muzzle, (muzzle[0] + s * 0.6, muzzle[1] + 0.05)], [0.13, 0.16], (54, 56, 62))
    grip = (muzzle[0] + s * 0.55, muzzle[1] + 0.16)
    f.reach(grip, 180 if s > 0 else 0, 0.6, "fist", -s, 0.7, stranger=True)


def _camera(f: Frame) -> None:
    """A camera or field glasses before the eyes."""
    u, v = f.bridge
    color = DARK if f.coin(0.7) else STEEL
    if f.coin(0.4):
        for s, eye in zip((-1, 1), f.eyes):
            f.limb([eye, (eye[0] + s * 0.02, eye[1] + 0.1)], [0.28, 0.3], color)
            f.oval((eye[0] + s * 0.02, eye[1] + 0.08), 0.1, 0.1, (60, 76, 96))
    else:
        f.shape(corners(u - 0.38, v - 0.17, u + 0.38, v + 0.25), color)
        f.oval((u, v + 0.05), 0.19, 0.19, (70, 70, 78))
        f.oval((u, v + 0.05), 0.12, 0.12, (40, 52, 76), 0.6)
    for s in (-1, 1):
        f.fingers((u + s * 0.46, v + 0.06), -s, 0.2, 0.09)


def _pillow(f: Frame) -> None:
    """A pillow, a plush or a bag hugged before the lower face."""
    top, wide = f.mouth[1] + f.u(-0.3, 0.1), f.u(0.55, 0.85)
    color = f.color((0, 0.5), (0.5, 1))
    if f.coin(0.5):
        color = mix(color, WHITE, 0.6)
    f.shape([(-wide, top - 0.06), (0, top + f.u(0, 0.08)), (wide, top - 0.06),
             (wide * 1.05, top + 0.5),
             (wide, top + 1.0), (0, top + 0.95), (-wide, top + 1.0),
             (-wide * 1.05, top + 0.5)], color, True)  # fmt: skip
    for s in (-1, 1):
        f.line([(s * wide * 0.9, top + 0.02), (s * wide * 0.6, top + 0.2)], 0.6)
        f.limb([(s * 1.0, top + 1.2), (s * 0.85, top + 0.7), (s * 0.2, top + f.u(0.5, 0.7))],
               [0.36, 0.32, 0.24], f.cover.cloth)  # fmt: skip


def _handkerchief(f: Frame) -> None:
    """A cloth held to mouth or eyes."""
    at = f.mouth if f.coin(0.6) else f.near(f.eyes)
    f.reach((at[0], at[1] + 0.06), -90 - f.side * f.u(20, 60), 0.65, "curled", f.side, 0.6)
    rim = [(u * f.u(0.8, 1.2), v * f.u(0.8, 1.3)) for u, v in ring((0, 0), 0.2, 0.22, 9)]
    cloth = mix(f.color((0, 0.5), (0.7, 1)), WHITE, 0.7)
    f.shape([(at[0] + u, at[1] + 0.06 + v) for u, v in rim], cloth, True)
    f.fingers((at[0] + f.side * 0.2, at[1] + 0.05), -f.side, 0.18, 0.075)


THINGS: Kinds = {
    "phone at ear": (_phone_at_ear, 6), "phone": (_phone_before, 5), "mug": (_mug, 4),
    "glass": (_glass, 3), "straw": (_straw, 2), "in the mouth": (_in_mouth, 5),
    "eating": (_eating, 4), "microphone": (_microphone, 2), "book": (_book, 3),
    "paper": (_paper, 3), "fan": (_fan, 2), "bouquet": (_bouquet, 2), "blade": (_blade, 4),
    "gun": (_gun, 2), "camera": (_camera, 1.5), "pillow": (_pillow, 3),
    "handkerchief": (_handkerchief, 2),
}  # fmt: skip

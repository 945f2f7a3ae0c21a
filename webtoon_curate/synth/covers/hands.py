"""Hands before faces: how people lean on them, hide behind them and touch one another."""

from __future__ import annotations

from webtoon_curate.synth.covers.frame import Frame, Kinds
from webtoon_curate.synth.shapes import Point


def _between(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _across(f: Frame, at: Point, rise: tuple[float, float], size: float, gesture: str,
            stranger: bool = False, share: float = 0.5) -> None:  # fmt: skip
    """A hand whose fingers point over the face from the cover's side.

    `rise` is a range of degrees by which they rise; `size` changes by an eighth.
    """
    up = f.u(*rise)
    f.reach(at, 180 + up if f.side > 0 else -up, f.u(size * 0.88, size * 1.12), gesture, -f.side,
            share, stranger)  # fmt: skip


def _mouth(f: Frame) -> None:
    """A palm over the mouth: shock, sickness, laughter, thought."""
    at = (f.mouth[0] + f.side * f.u(-0.05, 0.08), f.mouth[1] + f.u(-0.06, 0.06))
    _across(f, at, (0, 60), 0.76, "flat" if f.coin(0.6) else "relaxed", share=f.u(0.4, 0.6))


def _eyes(f: Frame) -> None:
    """A palm over both eyes."""
    at = (f.bridge[0], f.bridge[1] + f.u(-0.04, 0.08))
    _across(f, at, (-5, 45), 0.88, "flat" if f.coin(0.6) else "relaxed", share=f.u(0.45, 0.6))


def _one_eye(f: Frame) -> None:
    """A palm over one eye, often with the fingers spread."""
    gesture = "open" if f.coin(0.5) else "claw" if f.coin(0.5) else "flat"
    turn = -90 - f.side * f.u(-10, 40)
    f.reach(f.near(f.eyes), turn, f.u(0.75, 0.95), gesture, f.side, f.u(0.45, 0.6))


def _cheek(f: Frame) -> None:
    """A cheek on a palm."""
    at = _between(f.near(f.ears), f.chin, f.u(0.5, 0.75))
    gesture = "relaxed" if f.coin(0.5) else "flat"
    turn = -90 + f.side * f.u(-15, 25)
    f.reach(at, turn, f.u(0.65, 0.88), gesture, f.side, f.u(0.25, 0.45))


def _brow(f: Frame) -> None:
    """A palm on the forehead."""
    at = (f.bridge[0], f.bridge[1] - f.u(0.15, 0.3))
    _across(f, at, (-10, 40), 0.78, "flat", share=0.55)


def _both(f: Frame) -> None:
    """The face in both hands."""
    high = f.u(-0.25, 0.1)
    for s in (-1, 1):
        wrist = (s * f.u(0.22, 0.4), high + f.u(0.55, 0.7))
        f.hand(wrist, (s * f.u(0.05, 0.2), high), f.u(0.6, 0.8), "flat", s)


def _cheeks(f: Frame) -> None:
    """Both cheeks on palms: dreams, love, shock."""
    for s, ear in zip((-1, 1), f.ears):
        at = _between(ear, f.chin, f.u(0.25, 0.5))
        gesture = "flat" if f.coin(0.6) else "relaxed"
        f.reach(at, -90 + s * f.u(0, 22), f.u(0.6, 0.75), gesture, s, 0.4)


def _chin(f: Frame) -> None:
    """A fist under the chin, or the back of the hand."""
    if f.coin(0.5):
        u, v = _between(f.chin, f.near(f.ears), f.u(0.05, 0.35))
        turn = -90 - f.side * f.u(5, 25)
        f.reach((u, v + 0.04), turn, f.u(0.6, 0.75), "fist", f.side, 0.52)
        return
    at = (f.chin[0] + f.side * 0.1, f.chin[1] + f.u(-0.03, 0.05))
    f.reach(at, -90 - f.side * f.u(30, 60), f.u(0.6, 0.75), "curled", f.side, 0.5)


def _fist_mouth(f: Frame) -> None:
    """A fist before the mouth: a cough, a thought, a laugh."""
    at = (f.mouth[0], f.mouth[1] + f.u(0.0, 0.12))
    f.reach(at, -90 - f.side * f.u(10, 60), f.u(0.5, 0.7), "fist", f.side, 0.55)


def _folded(f: Frame) -> None:
    """Both hands folded before the mouth, elbows on the table."""
    v, gesture = f.mouth[1] + f.u(0.0, 0.12), "fist" if f.coin(0.5) else "curled"
    size = f.u(0.5, 0.62)
    for s in (-f.side, f.side):
        f.reach((f.mouth[0] + s * 0.06, v), -90 - s * f.u(35, 55), size, gesture, s, 0.55)
    for i in range(4):
        at = (f.mouth[0] + f.side * (0.1 - 0.065 * i), v - 0.02 + 0.02 * i)
        end = (at[0] - f.side * 0.03, at[1] + 0.15)
        f.limb([at, end], [0.09, 0.075], f.glove or f.skin)


def _prayer(f: Frame) -> None:
    """Palms together before mouth and nose."""
    tip = (f.mouth[0], f.nose[1] + f.u(-0.15, 0.1))
    for s in (-f.side, f.side):
        f.reach((tip[0] + s * 0.05, tip[1]), -90 - s * 6, 0.72, "flat", -s, 0.95)


def _finger(f: Frame) -> None:
    """A finger on the lips."""
    turn = -90 - f.side * f.u(0, 35)
    f.reach(f.mouth, turn, f.u(0.5, 0.68), "point", f.side, f.u(0.86, 1.0))


def _temple(f: Frame) -> None:
    """Two fingers at the temple, or a finger."""
    at = _between(f.near(f.ears), f.near(f.eyes), f.u(0.2, 0.45))
    f.reach((at[0], at[1] - f.u(0.02, 0.12)), -90 - f.side * f.u(10, 60), f.u(0.6, 0.8),
            "two" if f.coin(0.7) else "point", f.side, 0.95)  # fmt: skip


def _spectacles(f: Frame) -> None:
    """One or two fingers that push up glasses."""
    at = (f.bridge[0], f.bridge[1] + f.u(0.02, 0.08))
    f.reach(at, -90 - f.side * f.u(5, 45), f.u(0.62, 0.8), "two" if f.coin(0.6) else "point",
            f.side, 0.97)  # fmt: skip


def _thinking(f: Frame) -> None:
    """Thumb and a finger at the chin."""
    at = (f.chin[0] + f.side * 0.03, f.chin[1] - f.u(0.0, 0.06))
    f.reach(at, -90 - f.side * f.u(15, 50), f.u(0.58, 0.72), "pinch", f.side, 0.62)


def _nose_pinch(f: Frame) -> None:
    """Tired eyes: finger and thumb at the bridge of the nose."""
    at = (f.bridge[0], f.bridge[1] + f.u(0.0, 0.05))
    f.reach(at, -90 - f.side * f.u(10, 45), f.u(0.62, 0.8), "pinch", f.side, 0.8)


def _wipe(f: Frame) -> None:
    """A fist at a wet eye."""
    u, v = f.near(f.eyes)
    f.reach((u, v + 0.04), -90 - f.side * f.u(10, 60), f.u(0.5, 0.65), "fist", f.side, 0.55)


def _in_hair(f: Frame) -> None:
    """A hand that runs through the hair; strands fall over its fingers."""
    s = f.side
    at = (f.bridge[0] + s * f.u(0.05, 0.3), f.bridge[1] - f.u(0.25, 0.4))
    turn, size = -90 - s * f.u(-10, 40), f.u(0.72, 0.88)
    f.reach(at, turn, size, "claw" if f.coin(0.4) else "open", s, 0.6)
    color = f.ink.tone(f.cover.hair)
    for i in range(5):
        u = at[0] + 0.12 * (i - 2) + f.u(-0.04, 0.04)
        ends = [
            (u - s * 0.1, at[1] - 0.62),
            (u, at[1] - 0.38),
            (u + s * 0.05, at[1] + f.u(-0.2, 0.1)),
        ]
        wide = f.u(0.06, 0.12) * f.cover.face
        f.lock(ends, [wide, 0.8 * wide, 0.5], color)


def _hair_behind_ear(f: Frame) -> None:
    """Fingers that put hair behind an ear."""
    u, v = f.near(f.ears)
    f.reach((u - f.side * 0.03, v), -90 - f.side * f.u(20, 60), f.u(0.6, 0.75), "drooping", f.side,
            0.85)  # fmt: skip


def _chin_lift(f: Frame) -> None:
    """Somebody lifts the chin."""
    turn = f.u(-70, 5) if f.side < 0 else 180 - f.u(-70, 5)
    f.reach(f.chin, turn, f.u(0.7, 0.9), "pinch", -f.side, f.u(0.62, 0.72), True)


def _stroke(f: Frame) -> None:
    """Somebody's palm on a cheek."""
    at = _between(f.near(f.ears), f.mouth, f.u(0.2, 0.5))
    _across(f, at, (10, 75), 0.85, "flat" if f.coin(0.5) else "drooping", True, 0.55)


def _silenced(f: Frame) -> None:
    """Somebody shuts the mouth from behind or from before."""
    _across(f, f.mouth, (-15, 35), 0.9, "flat" if f.coin(0.7) else "claw", True)


def _blinded(f: Frame) -> None:
    """Somebody's hands over the eyes."""
    if f.coin(0.5):
        _across(f, f.bridge, (-15, 30), 0.9, "flat", True)
        return
    for s, eye in zip((-1, 1), f.eyes):
        turn = 180 + f.u(0, 30) if s > 0 else -f.u(0, 30)
        f.reach(eye, turn, 0.7, "flat", -s, 0.6, stranger=True)


def _patted(f: Frame) -> None:
    """Somebody's hand on the head, over the fringe."""
    at = (f.u(-0.2, 0.2), -0.55 + f.u(-0.1, 0.12))
    _across(f, at, (-35, 20), 0.85, "drooping" if f.coin(0.5) else "flat", True)


def _grabbed(f: Frame) -> None:
    """Somebody's hand that grips the face, fingers spread."""
    turn = f.u(-60, 0) if f.side < 0 else 180 - f.u(-60, 0)
    f.reach((0.0, f.u(-0.1, 0.2)), turn, f.u(0.9, 1.2), "claw", -f.side, 0.5, True)


def _towards_us(f: Frame) -> None:
    """A hand stretched towards the reader, large, before a part of the face."""
    s, size = f.side, f.u(0.9, 1.5)
    at = (s * f.u(0.25, 0.6), f.u(0.0, 0.5))
    f.reach(at, -90 - s * f.u(-30, 40), size, "open" if f.coin(0.6) else "claw", s, 0.6)


def _arm(f: Frame) -> None:
    """A forearm across the face."""
    s, high = f.side, f.u(-0.3, 0.45)
    color = f.cover.cloth if f.coin(0.7) else f.skin
    ends = [
        (s * 1.3, high + f.u(0.1, 0.7)),
        (s * 0.3, high + f.u(-0.05, 0.15)),
        (-s * 0.75, high),
    ]
    thick = f.u(0.24, 0.4)
    f.limb(ends, [1.2 * thick, thick, 0.75 * thick], color)
    f.palm(ends[2], (-s * 0.65, -0.05), 0.6, "relaxed", s)


HANDS: Kinds = {
    "hand on mouth": (_mouth, 7), "hand on eyes": (_eyes, 4), "hand on one eye": (_one_eye, 4),
    "hand on cheek": (_cheek, 7), "hand on brow": (_brow, 4), "both hands": (_both, 4),
    "both cheeks": (_cheeks, 3), "chin on fist": (_chin, 6), "fist": (_fist_mouth, 4),
    "folded hands": (_folded, 3), "prayer": (_prayer, 2), "finger": (_finger, 3),
    "temple": (_temple, 3), "pushing glasses": (_spectacles, 3), "thinking": (_thinking, 4),
    "bridge of the nose": (_nose_pinch, 2), "wiping": (_wipe, 3), "hand in hair": (_in_hair, 4),
    "hair behind ear": (_hair_behind_ear, 2), "chin lifted": (_chin_lift, 4),
    "cheek stroked": (_stroke, 5), "mouth held": (_silenced, 2), "eyes held": (_blinded, 1.5),
    "head patted": (_patted, 3), "face gripped": (_grabbed, 2), "hand to us": (_towards_us, 3),
    "arm": (_arm, 4),
}  # fmt: skip

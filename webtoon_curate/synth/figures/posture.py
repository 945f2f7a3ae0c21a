"""How bodies are held: turn, arms, hands and legs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from webtoon_curate.synth.chance import pick


@dataclass(frozen=True)
class Posture:
    """How a body is held.

    Attributes:
        turn: degrees, positive to the picture's right.
        lean: sideways shift of the hips in heads.
        arms: the picture's left and right arm, names of `ARMS`.
        legs: `stand`, `walk`, `sit` or one of `legs.LEGS`.
        behind: whether the back is shown.
        profile: sine of the head's own turn, by which the neck is seen from the side.
    """

    turn: float = 0.0
    lean: float = 0.0
    arms: tuple[str, str] = ("down", "down")
    legs: str = "stand"
    behind: bool = False
    profile: float = 0.0


@dataclass(frozen=True)
class Arm:
    """Where the wrist goes, for the picture's right arm: from the shoulder in arm lengths, or
    (`face`) from the head's middle in heads; the hand's direction in degrees; its gesture."""

    x: float
    y: float
    hand: float
    gesture: str
    face: bool = False


ARMS: dict[str, Arm] = {
    "down": Arm(0.1, 0.96, 88, "relaxed"),
    "away": Arm(0.34, 0.88, 70, "relaxed"),
    "hip": Arm(0.12, 0.62, 150, "fist"),
    "wave": Arm(0.5, -0.3, -80, "open"),
    "up": Arm(0.2, -0.85, -90, "open"),
    "forward": Arm(0.3, 0.35, 20, "open"),
    "point": Arm(0.75, 0.1, 0, "point"),
    "chest": Arm(-0.3, 0.42, 200, "flat"),
    "crossed": Arm(-0.42, 0.5, 185, "relaxed"),
    "fist": Arm(0.12, 0.2, -85, "fist"),
    "shrug": Arm(0.55, 0.3, -20, "open"),
    "behind": Arm(-0.02, 0.8, 100, "fist"),
    "chin": Arm(0.22, 0.92, -110, "fist", face=True),
    "cheek": Arm(0.42, 0.72, -105, "flat", face=True),
    "mouth": Arm(0.34, 0.55, -165, "flat", face=True),
    "brow": Arm(0.5, 0.1, -160, "flat", face=True),
    "eye": Arm(0.5, 0.25, -150, "open", face=True),
    "hair": Arm(0.52, -0.15, -150, "claw", face=True),
    "peace": Arm(0.55, 0.45, -85, "peace", face=True),
}
_REST = ("down", "down", "down", "away", "hip", "chest", "crossed", "behind", "forward", "fist")
_GESTURE = ("wave", "up", "point", "shrug", "peace")
_AT_FACE = ("chin", "cheek", "mouth", "brow", "eye", "hair")
GESTURING = 0.16
"""Share of arms in a gesture."""


def sample_posture(rng: np.random.Generator, yaw: float, hands: float) -> Posture:
    """A posture for a head turned by `yaw`; `hands` is the share of hands at the face."""
    arms = []
    for _ in range(2):
        kind = rng.random()
        names = _AT_FACE if kind < hands else _GESTURE if kind < hands + GESTURING else _REST
        arms.append(names[rng.integers(len(names))])
    if arms[0] == "crossed" or arms[1] == "crossed":
        arms = ["crossed", "crossed"]
    return Posture(
        turn=float(np.clip(yaw * rng.uniform(0.4, 1.0), -65, 65)),
        lean=float(rng.normal(0, 0.12)),
        arms=(arms[0], arms[1]),
        legs=pick(rng, {"stand": 0.65, "walk": 0.25, "sit": 0.1}),
        profile=float(np.sin(np.radians(yaw))),
    )

"""How heads are held and what faces express."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from webtoon_curate.synth.chance import between, one_of, pick
from webtoon_curate.synth.people.head import Pose


@dataclass(frozen=True)
class Expression:
    """What an expression does to brows, eyes and mouth.

    Brows: heights in eye widths, up positive; ``brow_uneven`` lifts one more than the other.
    Eyes: factor on the opening. Mouth: ``smile`` bends the corners up (1) or down (-1), ``gape``
    opens in mouth widths, ``wide`` scales the width.
    """

    brow_inner: float = 0.0
    brow_outer: float = 0.0
    eye_open: float = 1.0
    lid: str = "open"
    smile: float = 0.0
    gape: float = 0.0
    wide: float = 1.0
    teeth: bool = False
    brow_uneven: float = 0.0


EXPRESSIONS: dict[str, Expression] = {
    "neutral": Expression(),
    "smile": Expression(smile=0.6, brow_outer=0.05),
    "grin": Expression(smile=0.8, gape=0.22, wide=1.35, teeth=True),
    "laugh": Expression(smile=0.7, gape=0.75, wide=1.3, lid="happy", brow_outer=0.15, teeth=True),
    "happy": Expression(smile=0.7, gape=0.45, wide=1.15, brow_outer=0.1),
    "sad": Expression(smile=-0.5, brow_inner=0.3, brow_outer=-0.1, eye_open=0.85, wide=0.85),
    "cry": Expression(smile=-0.6, gape=0.45, brow_inner=0.4, eye_open=0.6, wide=1.1, teeth=True),
    "angry": Expression(smile=-0.35, brow_inner=-0.4, brow_outer=0.25, eye_open=0.85),
    "shout": Expression(
        smile=-0.1, gape=1.0, wide=1.25, brow_inner=-0.4, brow_outer=0.25, teeth=True
    ),
    "shock": Expression(gape=0.85, wide=0.8, lid="wide", brow_inner=0.35, brow_outer=0.3),
    "surprise": Expression(gape=0.4, wide=0.6, eye_open=1.15, brow_inner=0.3, brow_outer=0.3),
    "smirk": Expression(smile=0.5, wide=0.9, brow_inner=-0.1, eye_open=0.8),
    "sleepy": Expression(eye_open=0.4, lid="half", smile=-0.1),
    "calm": Expression(lid="closed", smile=0.15),
    "pain": Expression(lid="squeezed", gape=0.35, smile=-0.3, brow_inner=-0.3, teeth=True),
    "pout": Expression(smile=-0.3, wide=0.55, brow_inner=-0.15),
    "kiss": Expression(wide=0.4, gape=0.25, lid="closed"),
    "worry": Expression(smile=-0.4, wide=0.9, brow_inner=0.3, brow_outer=-0.05),
    "wavy": Expression(smile=0.0, wide=1.1, brow_inner=0.2),
    "talk": Expression(gape=0.35, wide=0.85),
    "wink": Expression(smile=0.6, lid="wink", gape=0.2),
    "bored": Expression(eye_open=0.55, lid="half", smile=-0.15),
    "glare": Expression(eye_open=0.6, brow_inner=-0.35, brow_outer=0.1, smile=-0.2),
    "sneer": Expression(
        smile=0.9, gape=0.3, wide=1.5, brow_inner=-0.35, brow_outer=0.15, eye_open=0.75, teeth=True
    ),
    "clench": Expression(
        smile=-0.25, gape=0.32, wide=1.3, brow_inner=-0.4, brow_outer=0.15, eye_open=0.8, teeth=True
    ),
    "contempt": Expression(smile=0.2, lid="half", eye_open=0.65, brow_uneven=0.3, wide=0.9),
    "doubt": Expression(smile=-0.2, eye_open=0.85, brow_inner=-0.1, brow_uneven=0.45, wide=0.8),
    "drunk": Expression(smile=0.3, gape=0.25, lid="half", eye_open=0.6, brow_inner=0.25),
    "teary": Expression(smile=-0.25, brow_inner=0.4, brow_outer=-0.1, eye_open=1.05, wide=0.75),
    "tongue": Expression(smile=0.6, gape=0.3, wide=0.95, brow_outer=0.1),
    "dread": Expression(
        smile=-0.35, gape=0.4, wide=1.15, lid="wide", brow_inner=0.35, brow_outer=0.1, teeth=True
    ),
    "dazed": Expression(gape=0.4, wide=0.8, eye_open=0.8, brow_inner=0.3),
}

EXPRESSION_WEIGHTS: dict[str, float] = {
    "neutral": 18, "smile": 10, "talk": 10, "happy": 6, "angry": 6, "glare": 4, "sad": 5,
    "surprise": 5, "shout": 5, "grin": 4, "laugh": 4, "worry": 5, "shock": 3, "cry": 3,
    "smirk": 4, "sleepy": 3, "calm": 7, "pain": 3, "pout": 2, "kiss": 1, "wavy": 1, "wink": 1,
    "bored": 3, "sneer": 2, "clench": 2.5, "contempt": 2, "doubt": 2, "drunk": 1, "teary": 2.5,
    "tongue": 0.7, "dread": 1.5, "dazed": 0.8,
}  # fmt: skip

YAWS: tuple[tuple[float, int, int], ...] = (
    (0.30, 0, 12), (0.46, 12, 48), (0.12, 48, 70), (0.12, 70, 98),
)  # fmt: skip
"""Share and range of yaws, degrees to either side: frontal, three-quarter, nearly a profile,
profiles and a little past them."""
STEEP = 0.08
"""Share of poses with a pitch evenly from the whole range."""
PITCH_SPREAD, ROLL_SPREAD = 9, 12
"""Standard deviations in degrees."""
PITCHES, ROLLS = (-38, 36), (-60, 60)
"""Where they are clipped, degrees: a negative pitch looks down."""


def sample_pose(rng: np.random.Generator, roll: float = 1.0) -> Pose:
    """A pose; `roll` scales how far heads lean. Distribution: `YAWS` and the spreads."""
    low, high = pick(rng, {(low, high): share for share, low, high in YAWS})
    turn = between(rng, low, high) * one_of(rng, (-1, 1))
    pitch = float(np.clip(rng.normal(-1, PITCH_SPREAD), *PITCHES))
    if rng.random() < STEEP:
        pitch = between(rng, *PITCHES)
    return Pose(
        yaw=turn,
        pitch=pitch,
        roll=float(np.clip(rng.normal(0, ROLL_SPREAD), *ROLLS)) * roll,
        expression=pick(rng, EXPRESSION_WEIGHTS),
        gaze=(between(rng, -0.6, 0.6), between(rng, -0.3, 0.3)),
        distance=between(rng, 4.0, 14.0),
    )

"""What every kind of shot is planned with: the size of its picture, and the people of its title."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from webtoon_curate.synth.figures.build import build_of
from webtoon_curate.synth.figures.posture import sample_posture
from webtoon_curate.synth.people.poses import sample_pose
from webtoon_curate.synth.people.style import Style
from webtoon_curate.synth.scenes.casting import sample_member
from webtoon_curate.synth.scenes.plan import Actor, Cast, Member

EXTRA = 0.5
"""Share of people who are not in the cast that are drawn simply at any size."""
PAST = 108
"""Degrees of yaw up to which profiles go on: past the cheek, with a nose and a lid before it."""


class Placing:
    """Places single people in a shot of `width` x `height` pixels.

    Attributes:
        short: the picture's shorter side, pixels.
        day: which of their clothes people wear.
        order: numbers of the cast's people; the first is the shot's first.
    """

    def __init__(
        self, rng: np.random.Generator, cast: Cast, style: Style, width: int, height: int, day: int
    ) -> None:
        self.rng, self.cast, self.style, self.day = rng, cast, style, day
        self.width, self.height, self.short = width, height, min(width, height)
        self.order = rng.permutation(len(cast.members))

    def _u(self, low: float, high: float) -> float:
        return self.rng.uniform(low, high)

    def _actor(
        self,
        which: int,
        x: float,
        y: float,
        face: float,
        yaw: float | None = None,
        behind: bool = False,
        hands: float = 0.05,
    ) -> Actor:
        """Somebody with the middle of the face box at (x, y) and a face so high, pixels.

        Args:
            which: number of the person in the shot; past the cast's people, a stranger.
            x, y, face: of the face box.
            yaw: degrees, about; any when None.
            behind: whether seen from the back.
            hands: share of arms with a hand at the face.
        """
        member = self._member(which)
        pose = sample_pose(self.rng, roll=0.55)
        if yaw is not None:
            pose = replace(pose, yaw=float(np.clip(yaw + self.rng.normal(0, 14), -PAST, PAST)))
        posture = replace(sample_posture(self.rng, pose.yaw, hands), behind=behind)
        return Actor(
            name=member.name,
            character=member.character,
            build=build_of(self.style, member.character),
            outfit=member.outfits[self.day % len(member.outfits)],
            pose=pose,
            posture=posture,
            x=x,
            y=y,
            face=face,
            behind=behind,
            seed=int(self.rng.integers(1 << 31)),
            extra=which >= len(self.order) and self.rng.random() < EXTRA,
        )

    def _member(self, which: int) -> Member:
        """One of the cast; a stranger where the shot has more people than the story."""
        if which < len(self.order):
            return self.cast.members[self.order[which]]
        name = f"x{self.rng.integers(1 << 31):08x}"
        return sample_member(self.rng, self.cast.style, self.cast.usual, name)

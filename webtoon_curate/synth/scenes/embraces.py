"""Two people so near that one face hides a part of the other: kisses, hugs, whispers."""

from __future__ import annotations

from dataclasses import replace

from webtoon_curate.synth.scenes.placing import Placing
from webtoon_curate.synth.scenes.plan import Actor

TENDER = ("calm", "calm", "kiss", "smile", "sleepy", "cry", "surprise", "neutral")
"""Faces of people who are held."""


class Embraces(Placing):
    """What gives the people of kisses and hugs, the nearer last; a part of `staging.Stage`."""

    def _near(self, which: int, x: float, y: float, face: float, yaw: float, roll: float) -> Actor:
        """Somebody whose head is turned and leans by just so many degrees."""
        actor = self._actor(which, x, y, face, yaw, hands=0.0)
        pose = replace(actor.pose, yaw=yaw, roll=roll)
        if self.rng.random() < 0.7:
            pose = replace(pose, expression=TENDER[self.rng.integers(len(TENDER))])
        return replace(actor, pose=pose)

    def _kiss(self) -> list[Actor]:
        """Two profiles that touch, or that nearly do; one may be turned past the cheek."""
        face = min(self.short * self._u(0.35, 0.8), self.width * 0.6)
        apart = face * self._u(0.45, 0.95)
        x, y = self.width * self._u(0.35, 0.65), self.height * self._u(0.4, 0.55)
        low, turned = face * self._u(-0.3, 0.3), self._u(-6, 22)
        left = self._near(0, x - apart / 2, y + low / 2, face, self._u(55, 106), turned)
        size = face * self._u(0.9, 1.1)
        right = self._near(1, x + apart / 2, y - low / 2, size, -self._u(55, 106), turned / 2)
        return [left, right] if self.rng.random() < 0.5 else [right, left]

    def _hug(self) -> list[Actor]:
        """Held from before, over a shoulder, or from behind."""
        face = min(self.short * self._u(0.25, 0.6), self.width * 0.4)
        side = 1 if self.rng.random() < 0.5 else -1
        x, y = self.width * (0.5 - side * self._u(0.02, 0.14)), self.height * self._u(0.36, 0.5)
        lean = side * self._u(-4, 18)
        far = self._near(0, x, y, face, side * self._u(-25, 55), lean)
        near, beside = face * self._u(0.95, 1.2), x + side * face * self._u(0.55, 0.95)
        if self.rng.random() < 0.6:
            down = y + face * self._u(0.1, 0.6)
            back = self._actor(1, beside, down, near, -side * self._u(0, 60), behind=True)
            return [far, back]
        down = y + face * self._u(0.15, 0.6)
        return [far, self._near(1, beside, down, near, side * self._u(-50, 50), lean / 2)]

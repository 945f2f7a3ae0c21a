"""Long shots: whole figures in natural poses, people who sit together, groups that overlap, and
figures seen from above and from below."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from webtoon_curate.synth.chance import one_of, pick
from webtoon_curate.synth.figures.build import face_span
from webtoon_curate.synth.figures.legs import depth
from webtoon_curate.synth.scenes.placing import Placing
from webtoon_curate.synth.scenes.plan import Actor

STANDING = {"stand": 5, "walk": 3, "stride": 2, "wide": 1}
POSES = STANDING | {"chair": 1.2, "facing": 1, "crossed": 1, "ground": 0.8, "tailor": 0.6,
                    "heels": 0.7, "kneel": 0.6, "crouch": 0.7, "run": 1.2}  # fmt: skip
SITTING = {"chair": 3, "facing": 4, "crossed": 2}
MOVING = {"run": 4, "jump": 2, "kick": 1.5, "guard": 2.5, "splay": 1.5, "stride": 1}
"""Legs of people in a kind of shot, and how often."""

CALM_ARMS = ("down", "down", "down", "away", "behind", "hip", "chest")
FIGHTING_ARMS = ("fist", "forward", "point", "up", "fist", "away")
CALM = 0.6
"""Share of people far away whose arms just hang or rest."""
COUNTS = {1: 45, 2: 30, 3: 15, 4: 10}
"""How many figures there are, and how often."""
FALLEN = 0.12
"""Share of people in action who lie on the ground."""

LONG_SHOTS = ("figure", "seated", "action", "group", "above", "below")
"""Kinds of shots that are planned here."""


class LongShots(Placing):
    """What gives the people of `LONG_SHOTS`, from far to near; a part of `staging.Stage`."""

    def _whole(
        self, which: int, x: float, foot: float, tall: float, legs: str, **held: Any
    ) -> Actor:
        """Somebody who would stand `tall` px high, with the lower foot in row `foot`."""
        actor = self._actor(which, x, 0.0, 1.0, **held)
        arms = actor.posture.arms
        if self.rng.random() < CALM:
            arms = (one_of(self.rng, CALM_ARMS), one_of(self.rng, CALM_ARMS))
        build = actor.build
        middle, span = face_span(self.style, actor.character)
        head = tall / build.tall
        hips = 0.5 + 2.45 * build.limb
        low = hips + (build.tall - 0.5 - hips) * depth(legs)
        posture = replace(actor.posture, legs=legs, arms=arms)
        y = foot - (low - middle) * head
        return replace(actor, y=y, face=head * span, posture=posture)

    def _figure(self) -> list[Actor]:
        """One to four people from head to foot."""
        count = pick(self.rng, COUNTS)
        tall = min(self.height * self._u(0.5, 1.0), 2.4 * self.width / count)
        foot = self.height * self._u(0.86, 1.03)
        actors = []
        for i in range(count):
            x = self.width * ((i + 0.5) / count + self._u(-0.3, 0.3) / count)
            far = self._u(0.8, 1.0)
            yaw = self._u(30, 85) * one_of(self.rng, (-1, 1)) if self.rng.random() < 0.4 else None
            behind = self.rng.random() < 0.08
            legs = pick(self.rng, POSES)
            low = foot - (1 - far) * 0.6 * tall
            actor = self._whole(i, x, low, far * tall, legs, yaw=yaw, behind=behind)
            if legs == "run":
                actor = self._leaning(actor, self._u(4, 18))
            actors.append(actor)
        return sorted(actors, key=lambda actor: actor.face)

    def _leaning(self, actor: Actor, tilt: float) -> Actor:
        """The body leaning to where it is turned, the head less."""
        tilt *= 1 if actor.posture.turn >= 0 else -1
        pose = replace(actor.pose, roll=actor.pose.roll + tilt * self._u(0.2, 0.9))
        return replace(actor, tilt=tilt, pose=pose)

    def _seated(self) -> list[Actor]:
        """People who sit side by side, at a table or on a sofa; now and then one stands behind."""
        count = int(self.rng.integers(2, 7))
        tall = min(self.height * self._u(0.5, 1.0), 3.2 * self.width / count)
        foot = self.height * self._u(0.84, 1.05)
        actors = []
        for i in range(count):
            slot = (i + 0.5) / count
            legs = "stand" if self.rng.random() < 0.12 else pick(self.rng, SITTING)
            yaw = (0.5 - slot) * self._u(40, 170)
            x = self.width * (0.5 + (slot - 0.5) * self._u(0.85, 0.95))
            near = self._u(0.9, 1.05)
            actors.append(self._whole(i, x, foot, near * tall, legs, yaw=yaw))
        return sorted(actors, key=lambda actor: (actor.posture.legs != "stand", actor.face))

    def _action(self) -> list[Actor]:
        """People who run, jump, fight and fall."""
        count = pick(self.rng, {1: 4, 2: 4, 3: 1})
        tall = min(self.height * self._u(0.5, 1.1), 2.2 * self.width / count)
        actors = []
        for i in range(count):
            x = self.width * ((i + 0.5) / count + self._u(-0.15, 0.15))
            yaw = self._u(20, 80) * (one_of(self.rng, (-1, 1)) if count == 1 else 1 - 2 * (i % 2))
            foot = self.height * self._u(0.75, 1.05)
            actor = self._whole(i, x, foot, tall * self._u(0.8, 1), pick(self.rng, MOVING), yaw=yaw)
            arms = one_of(self.rng, FIGHTING_ARMS), one_of(self.rng, FIGHTING_ARMS)
            actor = replace(actor, posture=replace(actor.posture, arms=arms))
            if self.rng.random() < FALLEN:
                actor = self._leaning(actor, self._u(60, 110) * one_of(self.rng, (-1, 1)))
                actor = replace(actor, y=self.height * self._u(0.6, 0.85))
            else:
                actor = self._leaning(actor, self.rng.normal(8, 16))
            actors.append(actor)
        return actors

    def _group(self) -> list[Actor]:
        """Two or three rows of people close together."""
        rows = int(self.rng.integers(2, 4))
        face = self.height * self._u(0.05, 0.12)
        y, step = self.height * self._u(0.25, 0.5), self._u(0.9, 1.8)
        actors, which = [], 0
        for row in range(rows):
            size = face * 1.12**row
            gap = size * self._u(1.3, 2.2)
            count = max(min(int(self.width * self._u(0.5, 1.1) / gap), 7), 1)
            left = self.width / 2 + gap * (0.5 * (row % 2) - 0.5 * (count - 1))
            for i in range(count):
                x = left + gap * (i + self._u(-0.15, 0.15))
                behind = self.rng.random() < 0.08
                low = y + row * step * face + size * self._u(-0.25, 0.25)
                yaw = (0.5 - x / self.width) * 80 if self.rng.random() < 0.5 else None
                own = size * self._u(0.9, 1.1)
                actors.append(self._actor(which, x, low, own, yaw, behind))
                which += 1
        return actors

    def _above(self) -> list[Actor]:
        """People anywhere in a picture that looks down on them."""
        count = int(self.rng.integers(1, 7))
        squash, pitch = self._u(0.35, 0.8), self._u(-33, -14)
        face = self.short * self._u(0.06, 0.16) / count**0.25
        actors = []
        for i in range(count):
            x, y = self.width * self._u(0.08, 0.92), self.height * self._u(0.12, 0.8)
            actor = self._actor(i, x, y, face * self._u(0.9, 1.1), behind=self.rng.random() < 0.1)
            pose = replace(actor.pose, pitch=pitch + self.rng.normal(0, 5))
            legs = pick(self.rng, POSES)
            posture = replace(actor.posture, legs=legs)
            actors.append(replace(actor, pose=pose, squash=squash, posture=posture))
        return sorted(actors, key=lambda actor: actor.y)

    def _below(self) -> list[Actor]:
        """Figures that tower over the reader."""
        count = pick(self.rng, {1: 5, 2: 3, 3: 1})
        actors = []
        for i in range(count):
            x = self.width * ((i + 0.5) / count + self._u(-0.12, 0.12))
            tall = self.height * self._u(0.8, 1.3)
            foot = self.height * self._u(0.95, 1.2)
            actor = self._whole(i, x, foot, tall, pick(self.rng, STANDING))
            pose = replace(actor.pose, pitch=self._u(12, 28), distance=self._u(3.0, 6.0))
            actors.append(replace(actor, pose=pose, squash=self._u(0.92, 1.06)))
        return actors

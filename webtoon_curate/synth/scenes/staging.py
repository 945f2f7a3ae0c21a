"""Places people and things in one shot: near and middle shots, and what stands around people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.covers.covers import Cover, sample_cover
from webtoon_curate.synth.figures.build import face_span
from webtoon_curate.synth.grounds.places import HORIZON, INDOORS, Place, View
from webtoon_curate.synth.ink import hsv
from webtoon_curate.synth.paint import Color
from webtoon_curate.synth.people.style import Style
from webtoon_curate.synth.scenes.embraces import Embraces
from webtoon_curate.synth.scenes.longshots import LongShots
from webtoon_curate.synth.scenes.plan import Actor, Cast, Prop
from webtoon_curate.synth.things.distractors import SHARES

IN_FRONT = ("hand", "cup", "phone", "bowl", "flower", "cookie", "cat", "lamp", "handset",
            "holding", "rose", "plant", "plates", "smoke", "status", "circle")  # fmt: skip
ON_WALLS = ("poster", "poster", "lamp", "mask", "flower", "doll", "buttons", "clock", "outlet",
            "sign", "neon", "monitor", "lantern", "shirt", "plant")  # fmt: skip
OUTSIDE = ("bush", "bush", "flower", "cat", "hand", "rose", "sign", "holding", "flame",
           "cut")  # fmt: skip
ON_GROUND = ("cat", "dog", "bird", "car", "wheel", "doll", "robot", "flower", "sign", "neon",
             "road sign", "traffic light", "lantern", "blast", "circle", "smoke")  # fmt: skip
"""Things before people indoors, behind them, before them outdoors, and on the ground outdoors."""

COVERED = 0.22
"""Share of people with something before their faces, beside what stands there by chance."""
ASLEEP = ("calm", "calm", "sleepy", "pain")
"""Faces of people who lie."""
TABLES = 0.45
"""Share of shots of people who sit together that have a table before them."""
DESKS = 0.2
"""Share of near shots indoors with a desk before the people."""
SHOULDER_OVER = 0.4
"""Share of shots over a shoulder where head or shoulder hides a part of the face behind."""
NEARER, NEAR = 0.35, 1.5
"""Share of things alone in a panel that may be larger than it, and how much, shorter sides."""
CROWDED = {"crowd": 0.6, "wide": 0.3, "far": 0.3, "medium": 0.12, "group": 0.4, "figure": 0.1}
"""Shares of shots with passers-by."""
STRANGER = 1_000
"""Number of a person who is not in the cast."""
SMALLEST_FACE = 12.0
"""Face height in pixels below which figures are drawn as part of a crowd, without a face."""


class Stage(LongShots, Embraces):
    """Plans one shot of a kind: its people, its things and its crowd."""

    def __init__(
        self,
        rng: np.random.Generator,
        cast: Cast,
        style: Style,
        width: int,
        height: int,
        day: int,
        view: View,
        kind: str,
        place: Place | None,
    ) -> None:
        super().__init__(rng, cast, style, width, height, day)
        self.kind, self.place = kind, place
        self.eye_level = float(
            np.clip((HORIZON - view.y) * view.zoom + height / 2, 0.15 * height, 0.6 * height)
        )

    def actors(self) -> list[Actor]:
        """People from far to near."""
        return getattr(self, f"_{self.kind}")()

    def _closeup(self) -> list[Actor]:
        face = self.short * self._u(0.45, 0.85)
        x, y = self.width * self._u(0.3, 0.7), self.height * self._u(0.4, 0.58)
        return [self._actor(0, x, y, face, hands=0.1)]

    def _extreme(self) -> list[Actor]:
        face = max(self.width * self._u(0.75, 1.1), self.height * self._u(1.0, 1.6))
        actor = self._actor(0, self.width * self._u(0.38, 0.62), 0.0, face, yaw=self._u(-25, 25))
        pose = replace(actor.pose, pitch=actor.pose.pitch / 3)
        y = self.height * self._u(0.4, 0.6) + self._below_eyes(actor)
        return [replace(actor, y=y, pose=pose)]

    def _strip(self) -> list[Actor]:
        """Eyes and nose between two borders."""
        face = max(self.height / self._u(0.3, 0.62), self.width * self._u(0.55, 1.1))
        across = self._u(0.35, 0.65) if self.rng.random() < 0.7 else self._u(0.0, 1.0)
        actor = self._actor(0, self.width * across, 0.0, face, yaw=self._u(-30, 30), hands=0.0)
        pose = replace(actor.pose, pitch=actor.pose.pitch / 3, roll=actor.pose.roll * 0.6)
        y = self.height * self._u(0.3, 0.6) + self._below_eyes(actor)
        return [replace(actor, y=y, pose=pose)]

    def _below_eyes(self, actor: Actor) -> float:
        """How far below the eyes the middle of somebody's face box is, pixels."""
        middle, span = face_span(self.style, actor.character)
        return (middle - self.style.eye_y) / span * actor.face

    def _half(self) -> list[Actor]:
        """A face that the border cuts."""
        face, off = self.short * self._u(0.4, 1.15), self._u(-0.18, 0.25)
        edge = self.rng.random()
        if edge < 0.7:
            left = edge < 0.35
            x = off * face if left else self.width - off * face
            y, yaw = self.height * self._u(0.35, 0.6), self._u(-20, 60) * (1 if left else -1)
            return [self._actor(0, x, y, face, yaw)]
        x = self.width * self._u(0.25, 0.75)
        y = (off + 0.05) * face if edge < 0.85 else self.height - (off + 0.05) * face
        return [self._actor(0, x, y, face)]

    def _profile(self) -> list[Actor]:
        face = min(self.short * self._u(0.35, 0.8), self.width * 0.8)
        side = 1 if self.rng.random() < 0.5 else -1
        x, y = self.width * self._u(0.3, 0.7), self.height * self._u(0.4, 0.58)
        return [self._actor(0, x, y, face, side * self._u(62, 88), hands=0.1)]

    def _lying(self) -> list[Actor]:
        """In bed, on the ground, or the head on a desk: the whole figure on its side."""
        face = self.short * self._u(0.22, 0.6)
        actor = self._actor(0, self.width * self._u(0.35, 0.65), self.height * self._u(0.4, 0.65),
                            face, self._u(-50, 50))  # fmt: skip
        tilt = self._u(60, 120) * (1 if self.rng.random() < 0.5 else -1)
        if self.rng.random() < 0.15:
            tilt = self._u(120, 180) * (1 if tilt > 0 else -1)
        pose = replace(actor.pose, roll=tilt + actor.pose.roll)
        if self.rng.random() < 0.45:
            pose = replace(pose, expression=ASLEEP[self.rng.integers(len(ASLEEP))])
        return [replace(actor, pose=pose, tilt=tilt)]

    def _angle(self) -> list[Actor]:
        """Looked at from above or from below."""
        face = min(self.short * self._u(0.25, 0.7), self.width * 0.6)
        actor = self._actor(0, self.width * self._u(0.3, 0.7), self.height * self._u(0.35, 0.55),
                            face)  # fmt: skip
        pitch = self._u(17, 27) if self.rng.random() < 0.5 else self._u(-33, -17)
        pose = replace(actor.pose, pitch=pitch, distance=self._u(3.0, 6.0))
        return [replace(actor, pose=pose)]

    def _far(self) -> list[Actor]:
        count = int(self.rng.integers(1, 9))
        face = self._u(SMALLEST_FACE, 26)
        return self._row(count, face, self.eye_level + self._u(0, 0.2) * self.height, 0.15)

    def _bust(self) -> list[Actor]:
        face = min(self.height * self._u(0.24, 0.42), self.width * 0.5)
        return [
            self._actor(0, self.width * self._u(0.25, 0.75), self.height * self._u(0.32, 0.5), face)
        ]

    def _two(self) -> list[Actor]:
        face = min(self.height * self._u(0.22, 0.42), self.width * self._u(0.2, 0.3))
        y = self.height * self._u(0.32, 0.52)
        apart = self._u(0.2, 0.28) * self.width
        facing = self._u(15, 60) * (1 if self.rng.random() < 0.8 else -1)
        left = self._actor(0, self.width / 2 - apart, y + self._u(-0.2, 0.2) * face, face, facing)
        right = self._actor(1, self.width / 2 + apart, y, face * self._u(0.85, 1.15), -facing)
        return [left, right] if self.rng.random() < 0.5 else [right, left]

    def _shoulder(self) -> list[Actor]:
        """Over somebody's shoulder."""
        side = self.rng.choice([-1, 1])
        face = min(self.height * self._u(0.22, 0.36), self.width * 0.26)
        x = self.width * (0.5 - side * self._u(0.12, 0.24))
        far = self._actor(0, x, self.height * self._u(0.34, 0.46), face, side * 25)
        large = face * self._u(1.3, 2.0)
        x = self.width * (0.5 + side * self._u(0.34, 0.42)) + side * 0.3 * large
        y = self.height * self._u(0.55, 0.8)
        if self.rng.random() < SHOULDER_OVER:
            x = far.x + side * (0.3 * face + self._u(0.3, 0.7) * large)
            y = far.y + self._u(0.2, 1.2) * face
        return [far, self._actor(1, x, y, large, -side * 30, behind=True)]

    def _medium(self) -> list[Actor]:
        count = pick(self.rng, {1: 0.3, 2: 0.35, 3: 0.25, 4: 0.1})
        face = min(self.height * self._u(0.11, 0.2), self.width / count * 0.34)
        return self._row(count, max(face, SMALLEST_FACE), self.height * self._u(0.25, 0.42), 0.1)

    def _wide(self) -> list[Actor]:
        count = int(self.rng.integers(1, 7))
        face = max(SMALLEST_FACE, self.short * self._u(0.035, 0.11))
        return self._row(count, face, self.eye_level, 0.15)

    def _crowd(self) -> list[Actor]:
        count = int(self.rng.integers(5, 16))
        face = max(SMALLEST_FACE, self.short * self._u(0.04, 0.13))
        return self._row(count, face, self.eye_level + face, 0.3)

    def _row(self, count: int, face: float, y: float, back: float) -> list[Actor]:
        """People side by side; the nearer, the larger and lower."""
        slots = (np.arange(count) + 0.5 + self.rng.uniform(-0.28, 0.28, count)) / count
        spread = self._u(0.45 if self.kind == "crowd" else 0.6, 1.05)
        known = 3 if self.kind == "crowd" else count
        actors = []
        for i, slot in enumerate(slots):
            near = self._u(0.8, 1.35)
            x = self.width * (0.5 + (float(slot) - 0.5) * spread)
            turn = None if self.rng.random() < 0.4 else (0.5 - float(slot)) * 90
            behind = self.rng.random() < back
            low = y + face * ((near - 1) * 1.2 + self.rng.normal(0, 0.12))
            who = i if i < known else STRANGER
            actors.append(self._actor(who, x, low, max(face * near, SMALLEST_FACE), turn, behind))
        return sorted(actors, key=lambda actor: actor.face)

    def _back(self) -> list[Actor]:
        count = 1 if self.rng.random() < 0.7 else 2
        face = self.short * self._u(0.14, 0.4) / count**0.5
        return [
            self._actor(
                i,
                self.width * ((i + 0.5) / count + self._u(-0.12, 0.12)),
                self.height * self._u(0.35, 0.5),
                face,
                self._u(-40, 40),
                behind=True,
            )
            for i in range(count)
        ]

    def _object(self) -> list[Actor]:
        return []

    def _torso(self) -> list[Actor]:
        """Somebody from the neck down: the head is above the panel."""
        face = self.short * self._u(0.3, 0.8)
        x, y = self.width * self._u(0.3, 0.7), -face * self._u(0.62, 1.1)
        return [self._actor(0, x, y, face)]

    def _legs(self) -> list[Actor]:
        """One or two people's legs, from a knee or the hips to the ground."""
        count = 1 if self.rng.random() < 0.7 else 2
        ground, reach = self.height * self._u(0.8, 1.0), self._u(1.0, 1.6)
        actors = []
        for i in range(count):
            x = self.width * ((i + 0.5) / count + self._u(-0.1, 0.1))
            actor = self._actor(i, x, 0.0, 1.0)
            build = actor.build
            _, span = face_span(self.style, actor.character)
            legs = max(build.tall - 1.0 - 2.4 * build.limb, 0.4 * build.limb)
            head = self.height * reach / legs
            head = max(head, 1.6 * ground / build.tall)  # so that the chin is out of the panel
            y = ground - (build.tall - 0.5) * head
            actors.append(replace(actor, y=y, face=head * span))
        return actors

    def _place(self) -> list[Actor]:
        if self.rng.random() < 0.75:
            return []
        return self._row(
            int(self.rng.integers(1, 4)), SMALLEST_FACE * self._u(1.0, 1.4), self.eye_level, 0.5
        )

    def _aside(self) -> list[Actor]:
        count = pick(self.rng, {1: 0.6, 2: 0.3, 3: 0.1})
        face = min(self.height * self._u(0.2, 0.38), self.width / count * 0.5)
        return self._row(count, face, self.height * self._u(0.35, 0.48), 0.03)

    def props(self) -> list[Prop]:
        """Distractors: one large in an object shot, a few small ones elsewhere."""
        chosen = []
        inside = self.place is not None and self.place.kind in INDOORS
        if self.kind == "object":
            for _ in range(pick(self.rng, {1: 0.8, 2: 0.15, 3: 0.05})):
                x, y = self.width * self._u(0.25, 0.75), self.height * self._u(0.35, 0.65)
                near = NEAR if self.rng.random() < NEARER else 0.8
                size = self.short * self._u(0.35, near)
                chosen.append(self._prop((pick(self.rng, SHARES),), x, y, size, False))
        elif self.rng.random() < 0.25:
            for _ in range(int(self.rng.integers(1, 4))):
                front = self.place is None or self.rng.random() < 0.25
                rear = ON_WALLS if inside else ON_GROUND
                names = (IN_FRONT if inside or self.place is None else OUTSIDE) if front else rear
                low = 0.25 if names is ON_WALLS else 0.9
                x, y = self.width * self._u(0, 1), self.height * self._u(low - 0.1, low + 0.1)
                size = self.short * self._u(0.06, 0.22) * (1.5 if front else 1)
                chosen.append(self._prop(names, x, y, size, front))
        if self.kind == "seated" and self.rng.random() < TABLES:
            chosen.append(self._desk((0.66, 0.86), (0.6, 1.3)))
        if self.kind in ("two", "medium", "bust") and inside and self.rng.random() < DESKS:
            chosen.append(self._desk((0.84, 0.95), (0.7, 1.4)))
        return chosen

    def _desk(self, low: tuple[float, float], wide: tuple[float, float]) -> Prop:
        """A table before the people: ranges of its height and width as shares of the picture's."""
        y, size = self.height * self._u(*low), self.width * self._u(*wide)
        return Prop("desk", self.width / 2, y, size, 0, True)

    def _prop(self, names: tuple[str, ...], x: float, y: float, size: float, front: bool) -> Prop:
        name = names[self.rng.integers(len(names))]
        return Prop(name, x, y, size, int(self.rng.integers(1 << 31)), front)

    def covers(self, actors: list[Actor]) -> list[Cover]:
        """What stands before the faces of some of the people."""
        return [
            Cover(
                sample_cover(self.rng), actor.x, actor.y, actor.face, actor.pose.roll,
                actor.character.skin, actor.character.hair, actor.outfit.color,
                int(self.rng.integers(1 << 31)),
            )
            for actor in actors
            if not actor.behind and self.rng.random() < COVERED
        ]  # fmt: skip

    def crowd(self) -> list[tuple[float, float, float, Color]]:
        """Passers-by without faces, far away."""
        if self.rng.random() >= CROWDED.get(self.kind, 0.0):
            return []
        size = self.short * self._u(0.02, 0.05)
        return [
            (
                self._u(0, self.width),
                self.eye_level + self._u(-0.3, 0.3) * size,
                size * self._u(0.8, 1.2),
                hsv(self._u(0, 1), self._u(0, 0.4), self._u(0.3, 0.8)),
            )
            for _ in range(int(self.rng.integers(5, 22)))
        ]

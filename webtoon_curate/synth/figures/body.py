"""Bodies under the heads: neck, trunk, limbs and their clothes.

Lengths are in heads (crown to chin) unless they say pixels, x to the right and y down from the
middle of the head. A body is drawn in two goes: what lies behind the head, then, after the head,
the arms that reach in front of it.
"""

from __future__ import annotations

import math

import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.figures.build import Build
from webtoon_curate.synth.figures.clothes import Cut, Outfit, draw_details, draw_pattern
from webtoon_curate.synth.figures.hands import draw_hand
from webtoon_curate.synth.figures.legs import LEGS, leg
from webtoon_curate.synth.figures.posture import ARMS, Arm, Posture
from webtoon_curate.synth.ink import Ink, darker
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, mix
from webtoon_curate.synth.shapes import Point

NECK_BEHIND, NECK_LEANS, NECK_NARROWS = 0.26, 0.15, 0.22
"""From the side: how far the body stands behind the middle of the face and the neck's top before
its base, in heads, and how much narrower it is."""
APPLE_ASIDE = 0.55
"""From how far aside on the Adam's apple is a part of the neck's outline."""
BENT_HEM = 0.28
"""How far skirts reach at most over bent legs, in lengths of the legs."""
SEAMED = frozenset({"armor", "vest", "tank", "coat", "suit", "blazer"})
"""Garments whose sleeves are set off from the trunk."""


class Body:
    """A body placed on the canvas, its head's middle at (x, y) and `head` px high.

    Attributes:
        aside: -1 to 1, how far the head is turned aside.
        flat: 0.5-1, what of the widths is left where the body is turned.
        slide: -1 to 1, how far the body is turned to the picture's right.
        pit, hips: rows of the pit of the neck and of the hips, in heads.
        leg: from the hips to the soles, in heads.
    """

    def __init__(
        self,
        build: Build,
        outfit: Outfit,
        posture: Posture,
        skin: Color,
        x: float,
        y: float,
        head: float,
    ) -> None:
        self.build, self.outfit, self.posture, self.skin = build, outfit, posture, skin
        # Square: a half turned head hides where its neck is.
        profile = 0.0 if posture.behind else posture.profile
        self.aside = profile * abs(profile)
        self.x, self.y, self.head = x - NECK_BEHIND * self.aside * head, y, head
        self.flat = max(math.cos(math.radians(posture.turn)), 0.5)
        self.slide = math.sin(math.radians(posture.turn))
        self.pit = 0.5 + 0.3 * build.limb
        self.hips = self.pit + 2.15 * build.limb
        self.leg = build.tall - 0.5 - self.hips

    def at(self, x: float, y: float) -> Point:
        """Heads to pixels."""
        return self.x + x * self.head, self.y + y * self.head

    def draw_behind(self, ink: Ink, legs: bool = True) -> None:
        """Everything that the head hides: legs (unless the panel ends above), trunk, arms."""
        hidden = [side for side in (-1, 1) if self._arm(side) is ARMS["behind"]]
        for side in hidden:
            self._draw_arm(ink, side)
        if legs:
            self._legs(ink)
        self._neck(ink)
        self._trunk(ink)
        for side in (-1, 1):
            if side not in hidden and (self.posture.behind or not self._arm(side).face):
                self._draw_arm(ink, side)

    def draw_before(self, ink: Ink) -> None:
        """The arms whose hands are at the face."""
        for side in (-1, 1):
            if self._arm(side).face and not self.posture.behind:
                self._draw_arm(ink, side)

    def _arm(self, side: int) -> Arm:
        """The picture's left arm for -1, its right one for 1."""
        return ARMS[self.posture.arms[(side + 1) // 2]]

    def _neck(self, ink: Ink) -> None:
        half = self.build.neck * (1 - NECK_NARROWS * abs(self.aside))
        low, foot = self.pit + 0.12 * self.build.limb, self.pit - 0.05
        lean, wide = NECK_LEANS * self.aside, self.build.neck * 2.3
        # From the side the nape reaches up into the skull.
        top = 0.2 - 0.25 * abs(self.aside)
        left = [(lean - half, top), *self._apple(lean - half, -half, foot), (-half, foot)]
        right = [(lean + half, top), *self._apple(lean + half, half, foot), (half, foot)]
        corners = [*left, (-wide, low), (wide, low), *right[::-1]]
        outline = [self.at(*p) for p in corners]
        ink.shape(shapes.polygon(outline), self.skin, label=Label.NECK, shade=0.7)
        if not self.posture.behind and not ink.look.grey and ink.look.fill != "flat":
            shadow = [(lean - half, 0.2), (lean + half, 0.2), (half, self.pit - 0.1), (-half, 0.5)]
            path = shapes.polygon([self.at(x, y) for x, y in shadow])
            ink.shape(path, darker(self.skin, 0.35), label=Label.NECK, line=0, shade=0)
        if self._throated and not self.posture.behind and abs(self.aside) < APPLE_ASIDE:
            self._throat(ink)

    @property
    def _throated(self) -> bool:
        return self.build.throat > 0.1 and self.build.limb > 0.6

    def _apple(self, top: float, low: float, foot: float) -> list[Point]:
        """Adam's apple on the neck's front, between x at 0.2 and at its foot, from the side."""
        if not self._throated or low * self.aside < 0 or abs(self.aside) < APPLE_ASIDE:
            return []
        out = math.copysign(0.04 * self.build.throat, low)
        at = ((0.58, 0.0), (0.68, 1.0), (0.8, 0.0))
        return [(top + (low - top) * t + k * out, 0.2 + (foot - 0.2) * t) for t, k in at]

    def _throat(self, ink: Ink) -> None:
        """Adam's apple and the two strings of the neck."""
        size, x, y = 0.035 * self.build.throat, self.slide * 0.09, 0.35 * 0.5 + 0.65 * self.pit
        apple = [(x - size, y - size), (x + size * 0.7, y), (x - size * 0.6, y + size)]
        ink.stroke(shapes.smooth([self.at(*p) for p in apple], closed=False), 0.7, label=Label.NECK)
        for side in (-1, 1):
            ends = [(side * self.build.neck * 0.8, y - 0.05), (side * 0.05 + x, self.pit)]
            path = shapes.polygon([self.at(*p) for p in ends], closed=False)
            ink.stroke(path, 0.5, label=Label.NECK, alpha=0.6)

    def _side(self, side: int) -> list[Point]:
        """Pixels of the trunk's outline from the neck over the shoulder to the hip."""
        build, b, f = self.build, self.build.limb, self.flat
        line = [
            (build.neck * f, self.pit - 0.14 * b, 0.0),
            (build.shoulder * 0.55 * f, self.pit - 0.02 * b, 0.0),
            (build.shoulder * 0.97 * f, self.pit + 0.2 * b, 0.0),
            (build.shoulder * 0.9 * f, self.pit + 0.65 * b, 0.2),
            (build.waist * f * 1.05, self.pit + 1.35 * b, 0.6),
            (build.hip * f * 1.08, self.hips, 1.0),
        ]
        return [self.at(side * x + self.posture.lean * k, y) for x, y, k in line]

    def _trunk_outline(self) -> skia.Path:
        return shapes.smooth([*self._side(-1)[::-1], self.at(0, self.pit), *self._side(1)])

    def _trunk(self, ink: Ink) -> None:
        build, f, lean = self.build, self.flat, self.posture.lean
        path = self._trunk_outline()
        outfit = self.outfit
        ink.shape(path, outfit.color, label=Label.CLOTHES)
        draw_pattern(ink, path, outfit)
        cut = Cut(
            *self.at(0, self.pit), build.shoulder * 0.82 * f * self.head,
            (self.hips - self.pit) * self.head, lean * self.head, self.slide * 0.4,
        )  # fmt: skip
        if not self.posture.behind:
            draw_details(ink, outfit, cut, self.skin)
        else:
            collar = [cut.at(-0.4, -0.06), cut.at(0, 0.06), cut.at(0.4, -0.06)]
            ink.stroke(shapes.smooth(collar, closed=False), 0.9, label=Label.CLOTHES)
        for u in (-0.62, 0.66):
            fold = [cut.at(u, 0.62), cut.at(u * 0.8, 0.72), cut.at(u * 0.75, 0.9)]
            ink.stroke(shapes.smooth(fold, closed=False), 0.6, label=Label.CLOTHES)

    def _shoulder(self, side: int) -> Point:
        depth = 1 - 0.12 * side * self.slide
        x = side * (self.build.shoulder - 0.13 * self.build.broad) * self.flat * depth
        return x, self.pit + 0.26 * self.build.limb

    def _joints(self, side: int) -> tuple[Point, Point, Point]:
        """Shoulder, elbow and wrist in heads; the elbow by the law of cosines, bent outwards."""
        arm = self._arm(side)
        sx, sy = self._shoulder(side)
        upper, fore = 1.3 * self.build.limb, 1.15 * self.build.limb
        if arm.face:
            wx, wy = side * arm.x + NECK_BEHIND * self.aside, arm.y
        else:
            wx, wy = sx + side * arm.x * (upper + fore), sy + arm.y * (upper + fore)
        dx, dy = wx - sx, wy - sy
        reach = math.hypot(dx, dy)
        limit = 0.985 * (upper + fore)
        if reach > limit:
            wx, wy = sx + dx / reach * limit, sy + dy / reach * limit
            dx, dy, reach = wx - sx, wy - sy, limit
        bend = (upper**2 + reach**2 - fore**2) / (2 * upper * max(reach, 1e-3))
        angle = math.acos(min(max(bend, -1), 1))
        base = math.atan2(dy, dx)
        elbows = [
            (sx + upper * math.cos(base + w * angle), sy + upper * math.sin(base + w * angle))
            for w in (-1, 1)
        ]
        elbow = max(elbows, key=lambda p: side * p[0] + 0.6 * p[1])
        return (sx, sy), elbow, (wx, wy)

    def _draw_arm(self, ink: Ink, side: int) -> None:
        arm, outfit, broad = self._arm(side), self.outfit, self.build.broad
        joints = [self.at(*p) for p in self._joints(side)]
        thick = [w * broad * self.head for w in (0.42, 0.33, 0.22)]
        label = Label.OCCLUDER if arm.face else Label.CLOTHES
        if outfit.sleeves < 1:
            bare = [t * 0.86 for t in thick]
            ink.shape(shapes.limb(joints, bare), self.skin, label=label, shade=0.8)
        angle = math.radians(arm.hand if side > 0 else 180 - arm.hand)
        size = 0.62 * broad * self.head
        draw_hand(
            ink, *joints[2], size, angle, arm.gesture, self.skin, side if arm.face else -side,
            label,
        )  # fmt: skip
        if outfit.sleeves <= 0:
            return
        sleeve, widths = joints, thick
        if outfit.sleeves < 1:
            (x0, y0), (x1, y1) = joints[:2]
            sleeve = [joints[0], (x0 + (x1 - x0) * 0.62, y0 + (y1 - y0) * 0.62)]
            widths = [thick[0] * 1.08, thick[0] * 1.02]
        path = shapes.limb(sleeve, widths)
        ink.shape(path, outfit.color, label=label)
        if outfit.pattern != "print":
            draw_pattern(ink, path, outfit)
        if not arm.face and outfit.top not in SEAMED:
            self._join(ink, side, joints[0], thick[0])

    def _join(self, ink: Ink, side: int, shoulder: Point, thick: float) -> None:
        """Let a sleeve run into the trunk without a line between them."""
        trunk, outfit = self._trunk_outline(), self.outfit
        inwards = shapes.ellipse(shoulder[0] - side * thick * 0.2, shoulder[1], thick * 0.58)
        with ink.painter.group(clip=inwards), ink.painter.group(clip=trunk):
            ink.shape(trunk, outfit.color, label=Label.CLOTHES, line=0)
            draw_pattern(ink, trunk, outfit)
        neck, slope, tip = self._side(side)[:3]
        line = shapes.smooth([neck, slope, tip], closed=False)
        ink.stroke(line, 1.0, ink.look.ink(ink.tone(outfit.color)), label=Label.CLOTHES)

    def _legs(self, ink: Ink) -> None:
        build, outfit = self.build, self.outfit
        foot, span = build.tall - 0.5, self.leg
        bare = outfit.skirt or outfit.hem < 0.9
        for side in (1, -1) if self.posture.turn > 0 else (-1, 1):
            hip = (side * build.hip * 0.5 * self.flat + self.posture.lean, self.hips - 0.05 * span)
            stride = side * (0.34 if self.posture.legs == "walk" else 0.06) * build.limb
            knee = (hip[0] + stride * 0.7, self.hips + span * 0.5)
            ankle = (hip[0] + stride, foot - 0.14 * build.limb)
            if self.posture.legs == "sit":
                knee = (hip[0] + side * 0.35 * build.limb, self.hips + span * 0.24)
                ankle = (knee[0], self.hips + span * 0.72)
            if self.posture.legs in LEGS:
                way, near = (1, side < 0) if self.posture.turn > 0 else (-1, side > 0)
                knee, ankle = leg(self.posture.legs, near, way, side, hip, span)
            joints = [self.at(*p) for p in (hip, knee, ankle)]
            thick = [w * build.broad * self.head for w in (0.62, 0.44, 0.3)]
            color = mix(self.skin, outfit.bottom, 0.0 if outfit.motif % 3 else 0.9)
            ink.shape(
                shapes.limb(joints, [t * (0.8 if bare else 1) for t in thick]),
                color if bare else outfit.bottom,
                label=Label.CLOTHES,
            )
            self._shoe(ink, ankle, side)
        if outfit.skirt:
            self._skirt(ink)
        else:
            self._waistband(ink)

    def _waistband(self, ink: Ink) -> None:
        """Trousers over the roots of both legs."""
        limb, low = self.build.limb, self.hips + 0.3 * self.build.limb
        corners = [(-1.0, self.hips), (1.0, self.hips), (0.9, low), (-0.9, low)]
        points = [
            self.at(u * self.build.hip * self.flat + self.posture.lean, y - 0.1 * limb)
            for u, y in corners
        ]
        ink.shape(shapes.polygon(points), self.outfit.bottom, label=Label.CLOTHES, line=0, shade=0)

    def _shoe(self, ink: Ink, ankle: Point, side: int) -> None:
        limb = self.build.limb
        toe = ankle[0] + (0.5 * self.slide + 0.1 * side) * limb
        points = [
            (ankle[0], ankle[1] - 0.02 * limb),
            ((ankle[0] + toe) / 2, ankle[1] + 0.06 * limb),
            (toe, ankle[1] + 0.08 * limb),
        ]
        widths = [w * self.build.broad * self.head for w in (0.26, 0.24, 0.2)]
        path = shapes.limb([self.at(*p) for p in points], widths)
        ink.shape(path, self.outfit.shoes, label=Label.CLOTHES)

    def _skirt(self, ink: Ink) -> None:
        build, outfit = self.build, self.outfit
        long = min(outfit.hem, BENT_HEM) if self.posture.legs in LEGS else outfit.hem
        waist, hem = self.pit + 1.4 * build.limb, self.hips + self.leg * long
        flare = build.hip * (1.25 + 0.5 * long) * max(self.flat, 0.75)
        lean = self.posture.lean
        outline = [
            self.at(-build.waist * self.flat + lean * 0.6, waist),
            self.at(build.waist * self.flat + lean * 0.6, waist),
            self.at(flare + lean, hem),
            self.at(lean, hem + 0.08 * build.limb),
            self.at(-flare + lean, hem),
        ]
        path = shapes.polygon(outline)
        ink.shape(path, outfit.bottom, label=Label.CLOTHES)
        draw_pattern(ink, path, outfit)
        for u in (-0.6, -0.2, 0.2, 0.6):
            pleat = [
                self.at(u * build.waist + lean * 0.6, waist + 0.3 * build.limb),
                self.at(u * flare + lean, hem),
            ]
            ink.stroke(shapes.polygon(pleat, closed=False), 0.6, label=Label.CLOTHES)

"""What a panel shows: the shot, its people, its place. Everything is decided before it is drawn.

A `Shot` is a plan that always draws the same picture, so that a later panel can repeat it exactly
or with a small change.
"""

from __future__ import annotations

from dataclasses import dataclass

from webtoon_curate.synth.covers.covers import Cover
from webtoon_curate.synth.figures.build import Build
from webtoon_curate.synth.figures.clothes import Outfit
from webtoon_curate.synth.figures.posture import Posture
from webtoon_curate.synth.grounds.places import Place, View
from webtoon_curate.synth.paint import Color
from webtoon_curate.synth.people.character import Character
from webtoon_curate.synth.people.head import Pose
from webtoon_curate.synth.people.style import Style

SHOTS = {
    "closeup": 15,
    "extreme": 4,
    "strip": 4,
    "half": 5,
    "profile": 5,
    "lying": 6,
    "angle": 5,
    "far": 4,
    "bust": 15,
    "two": 11,
    "shoulder": 7,
    "kiss": 3,
    "hug": 4,
    "medium": 13,
    "wide": 8,
    "crowd": 3,
    "back": 5,
    "torso": 5,
    "legs": 3,
    "object": 12,
    "place": 7,
    "aside": 3,
    "figure": 11,
    "seated": 5,
    "group": 5,
    "action": 5,
    "above": 4,
    "below": 2,
}
"""Kinds of shots and how often they come."""


@dataclass(frozen=True)
class Member:
    """A person of the story.

    Attributes:
        name: identity, unique in the title.
        character: who.
        outfits: clothes of the title's days.
    """

    name: str
    character: Character
    outfits: tuple[Outfit, ...]


@dataclass(frozen=True)
class Cast:
    """What the panels of a title share: style, people, places."""

    style: Style
    aside: Style
    members: tuple[Member, ...]
    places: tuple[Place, ...]
    lively: float
    """0-1: how often backgrounds are moods instead of places."""
    usual: bool
    """Whether people are as in most webtoons, or balanced over skin, age and glasses."""


@dataclass(frozen=True)
class Actor:
    """A person in a shot.

    Attributes:
        name: identity.
        character, build, outfit, pose, posture: who, in what clothes, held how.
        x, y: middle of the face box, panel pixels.
        face: height of the frontal face box in pixels.
        behind: seen from the back: no face.
        seed: of what differs from drawing to drawing.
        tilt: degrees that the whole body lies on its side, with the head, clockwise.
        extra: somebody whose face is drawn simply, where the style does that, whatever its size.
        squash: how high the body is drawn for its length; below 1 where it is seen from above.
    """

    name: str
    character: Character
    build: Build
    outfit: Outfit
    pose: Pose
    posture: Posture
    x: float
    y: float
    face: float
    behind: bool
    seed: int
    tilt: float = 0.0
    extra: bool = False
    squash: float = 1.0


@dataclass(frozen=True)
class Prop:
    """A distractor in a shot; `front` ones cover the people."""

    name: str
    x: float
    y: float
    size: float
    seed: int
    front: bool


@dataclass(frozen=True)
class Shot:
    """A drawing, planned: `width` x `height` pixels.

    Attributes:
        kind: one of `SHOTS`.
        style: how heads are drawn.
        place, view: the background, or None for a mood.
        mood, hue: the background's mood where there is no place.
        actors: people from far to near.
        props: distractors.
        covers: what stands before faces.
        crowd: faceless figures in the distance: (x, y, head px, colour).
        tint: the light's colour, multiplied onto the whole drawing.
        backlight: the same, onto the people only: the light is behind them.
        rim: whether people before the light have a bright rim.
        faded: without colours, as memories are.
        effect: one of `effects.EFFECTS`, drawn over everything.
        seed: of everything else.
    """

    kind: str
    width: int
    height: int
    style: Style
    place: Place | None
    view: View
    mood: str
    hue: float
    actors: tuple[Actor, ...]
    props: tuple[Prop, ...]
    covers: tuple[Cover, ...]
    crowd: tuple[tuple[float, float, float, Color], ...]
    tint: Color
    backlight: Color
    rim: bool
    faded: bool
    effect: str
    seed: int

    @property
    def bare(self) -> bool:
        """Whether there is no background, so that the gutter shows through."""
        return self.place is None and self.mood == "none"

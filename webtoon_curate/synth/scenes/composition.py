"""Samples shots, and repeats them with small changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.grounds.floors import MOOD as FLOOR
from webtoon_curate.synth.grounds.moods import MOODS
from webtoon_curate.synth.grounds.places import Place, sample_view
from webtoon_curate.synth.paint import WHITE, Color, mix
from webtoon_curate.synth.people.style import GREY_FILLS
from webtoon_curate.synth.scenes.plan import SHOTS, Cast, Shot
from webtoon_curate.synth.scenes.staging import Stage
from webtoon_curate.synth.things.effects import EFFECTS

TINTS: dict[str, tuple[Color, float]] = {
    "white": ((255, 255, 255), 0.72),
    "sunset": ((255, 206, 160), 0.07),
    "night": ((150, 158, 214), 0.07),
    "dim": ((176, 170, 186), 0.05),
    "sepia": ((246, 226, 190), 0.03),
    "green": ((206, 236, 206), 0.01),
    "red": ((236, 96, 84), 0.015),
    "blue": ((96, 132, 240), 0.02),
    "violet": ((176, 110, 226), 0.01),
    "teal": ((96, 206, 196), 0.005),
}
"""Light colours and their shares."""

TIMELY = 0.6
"""Share of shots at night and at sunset that have its light."""
BACKLIT, RIMMED = 0.07, 0.6
"""Share of shots with the light behind the people, and of these with a bright rim."""
FADED = 0.025
"""Share of shots without colours in titles that have them."""


CLOSE = {
    "closeup": 0.9, "extreme": 1.0, "strip": 1.0, "half": 0.9, "profile": 0.8, "lying": 0.8,
    "angle": 0.6, "bust": 0.6, "two": 0.5, "shoulder": 0.6, "object": 1.0, "torso": 0.8,
    "legs": 0.7, "kiss": 0.8, "hug": 0.7,
}  # fmt: skip
FAR = 0.1
"""How near the view of the place is in the kinds of `CLOSE` and in all others, 0 to 1."""
MOODY = {
    "figure": 0.12,
    "seated": 0.03,
    "group": 0.1,
    "above": 0.3,
    "below": 0.2,
    "wide": 0.0,
    "crowd": 0.0,
    "far": 0.1,
    "place": 0.1,
    "aside": 0.9,
}
"""Share of shots before a mood instead of the place; elsewhere as lively as the title."""

FLOORED = 0.75
"""Share of shots from above with the ground behind the people."""


def sample_shot(
    rng: np.random.Generator, cast: Cast, width: int, height: int, day: int, kind: str | None = None
) -> Shot:
    """Plan a drawing of the given size; `day` chooses the clothes."""
    kind = kind or pick(rng, SHOTS)
    style = cast.aside if kind == "aside" else cast.style
    place: Place | None = cast.places[rng.integers(len(cast.places))]
    view = sample_view(rng, width, height, CLOSE.get(kind, FAR))
    if rng.random() < MOODY.get(kind, cast.lively):
        place = None
    floored = kind == "above" and rng.random() < FLOORED
    if floored:
        place = None
    tint = pick(rng, dict(TINTS.values()))
    if place is not None and place.time in ("night", "sunset") and rng.random() < TIMELY:
        tint = TINTS[place.time][0]
    backlight = WHITE
    if rng.random() < BACKLIT and style.fill not in GREY_FILLS:
        backlight = mix((48, 42, 74), (170, 160, 190), rng.uniform())
    stage = Stage(rng, cast, style, width, height, day, view, kind, place)
    actors = stage.actors()
    return Shot(
        kind=kind,
        width=width,
        height=height,
        style=style,
        place=place,
        view=view,
        mood=FLOOR if floored else str(rng.choice(MOODS)),
        hue=rng.uniform(),
        actors=tuple(actors),
        props=tuple(stage.props()),
        covers=tuple(stage.covers(actors)),
        crowd=tuple(stage.crowd()),
        tint=tint if style.fill not in GREY_FILLS else WHITE,
        backlight=backlight,
        rim=rng.random() < RIMMED,
        faded=rng.random() < FADED,
        effect=pick(rng, EFFECTS),
        seed=int(rng.integers(1 << 31)),
    )


EDITS = ("exact", "mouth", "colour", "mirror", "crop", "text")
"""How a drawing comes back: unchanged; another mouth; another light; mirrored; a closer cut of
it; with lettering over it."""
OTHER_MOUTHS = ("neutral", "smile", "talk", "happy")
"""Expressions of people who come back with another mouth."""


def edited(rng: np.random.Generator, shot: Shot, edit: str) -> Shot:
    """The same drawing after one of the edits that change what is drawn (`mouth`, `colour`)."""
    if edit == "mouth":
        actors = []
        for actor in shot.actors:
            others = [name for name in OTHER_MOUTHS if name != actor.pose.expression]
            expression = others[rng.integers(len(others))]
            actors.append(replace(actor, pose=replace(actor.pose, expression=expression)))
        return replace(shot, actors=tuple(actors))
    if edit == "colour":
        choices = [tint for tint, _ in TINTS.values() if tint != shot.tint]
        tint = choices[rng.integers(len(choices))]
        return shot if shot.bare or shot.style.fill in GREY_FILLS else replace(shot, tint=tint)
    return shot

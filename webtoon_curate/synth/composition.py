"""Samples casts and shots, and repeats shots with small changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from webtoon_curate.synth.character import EXPRESSION_WEIGHTS, SKIN_BANDS, sample_character
from webtoon_curate.synth.clothes import sample_outfit
from webtoon_curate.synth.ink import GREY_FILLS, hsv
from webtoon_curate.synth.moods import MOODS
from webtoon_curate.synth.paint import Color, mix
from webtoon_curate.synth.places import Place, sample_place, sample_view
from webtoon_curate.synth.plan import SHOTS, WHITE, Cast, Member, Shot
from webtoon_curate.synth.sketch import luminance
from webtoon_curate.synth.staging import Stage
from webtoon_curate.synth.style import Style, sample_style

USUAL_CASTS = 0.6
"""Share of titles whose people are as in most webtoons: young, light, few with glasses. The
others are balanced as `sample_character` is."""


DARKEST_PENNED = 70
"""Luminance of the darkest skin in black and white titles; below it a face would be all ink."""


def _usual(rng: np.random.Generator) -> dict[str, Any]:
    """Fixed fields of a usual character."""
    ages = ["child", "teen", "adult", "middle", "old"]
    bands = ["very light", "light", "medium", "dark", "very dark"]
    band = str(rng.choice(bands, p=[0.42, 0.36, 0.12, 0.06, 0.04]))
    fixed: dict[str, Any] = {
        "age": str(rng.choice(ages, p=[0.07, 0.36, 0.43, 0.09, 0.05])),
        "skin": mix(*SKIN_BANDS[band], float(rng.uniform())),
        "skin_band": band,
    }
    if rng.random() < 0.6:  # of the half that would wear glasses
        fixed["glasses"] = None
    return fixed


def sample_cast(rng: np.random.Generator, style: Style | None = None) -> Cast:
    """A title: two to seven people and two to five places in one style."""
    style = style or sample_style(rng)
    members = []
    usual = rng.random() < USUAL_CASTS
    for i in range(int(rng.integers(2, 8))):
        character = sample_character(rng, **(_usual(rng) if usual else {}))
        if style.fill in GREY_FILLS and luminance(character.skin) < DARKEST_PENNED:
            character = replace(character, skin=SKIN_BANDS["very dark"][0])
        outfits = [sample_outfit(rng, character.gender, character.clothes)]
        other = hsv(rng.uniform(), rng.uniform(0.1, 0.7), rng.uniform(0.3, 0.95))
        outfits.append(sample_outfit(rng, character.gender, other))
        members.append(Member(f"c{i:02d}", character, tuple(outfits)))
    numbers = sample_style(rng, "chibi")
    aside = replace(numbers, fill=style.fill, line_color=style.line_color)
    places = tuple(sample_place(rng) for _ in range(int(rng.integers(2, 6))))
    return Cast(style, aside, tuple(members), places, float(rng.uniform(0.15, 0.6)))


TINTS: dict[str, tuple[Color, float]] = {
    "white": ((255, 255, 255), 0.76),
    "sunset": ((255, 206, 160), 0.07),
    "night": ((150, 158, 214), 0.07),
    "dim": ((176, 170, 186), 0.05),
    "sepia": ((246, 226, 190), 0.03),
    "green": ((206, 236, 206), 0.02),
}
"""Light colours and their shares."""


BACKLIT = 0.04
"""Share of shots with the light behind the people."""
FADED = 0.025
"""Share of shots without colours in titles that have them."""


def sample_shot(
    rng: np.random.Generator, cast: Cast, width: int, height: int, day: int, kind: str | None = None
) -> Shot:
    """Plan a drawing of the given size; `day` chooses the clothes."""
    weights = np.array(list(SHOTS.values()), float)
    kind = kind or str(rng.choice(list(SHOTS), p=weights / weights.sum()))
    style = cast.aside if kind == "aside" else cast.style
    place: Place | None = cast.places[rng.integers(len(cast.places))]
    close = {
        "closeup": 0.9,
        "extreme": 1.0,
        "bust": 0.6,
        "two": 0.5,
        "shoulder": 0.6,
        "object": 1.0,
    }
    view = sample_view(rng, width, height, close.get(kind, 0.1))
    moody = {"wide": 0.0, "crowd": 0.0, "place": 0.1, "aside": 0.9}.get(kind, cast.lively)
    if rng.random() < moody:
        place = None
    names, shares = list(TINTS), np.array([share for _, share in TINTS.values()])
    tint = TINTS[str(rng.choice(names, p=shares))][0]
    if place is not None and place.time == "night" and rng.random() < 0.6:
        tint = TINTS["night"][0]
    if place is not None and place.time == "sunset" and rng.random() < 0.6:
        tint = TINTS["sunset"][0]
    backlight = WHITE
    if rng.random() < BACKLIT and style.fill not in GREY_FILLS:
        backlight = mix((70, 62, 96), (170, 160, 190), float(rng.uniform()))
    stage = Stage(rng, cast, style, width, height, day, view, kind, place)
    actors = stage.actors()
    return Shot(
        kind=kind,
        width=width,
        height=height,
        style=style,
        place=place,
        view=view,
        mood=str(rng.choice(MOODS)),
        hue=float(rng.uniform()),
        actors=tuple(actors),
        props=tuple(stage.props()),
        crowd=tuple(stage.crowd()),
        tint=tint if style.fill not in GREY_FILLS else WHITE,
        backlight=backlight,
        faded=bool(rng.random() < FADED),
        effect=str(rng.choice(["none", "sparkles", "petals"], p=[0.91, 0.05, 0.04])),
        seed=int(rng.integers(1 << 31)),
    )


EDITS = ("exact", "mouth", "colour", "mirror", "crop", "text")
"""How a drawing comes back: unchanged; another mouth; another light; mirrored; a closer cut of
it; with lettering over it."""


def edited(rng: np.random.Generator, shot: Shot, edit: str) -> Shot:
    """The same drawing after one of the edits that change what is drawn (`mouth`, `colour`)."""
    if edit == "mouth":
        names = [
            name for name in EXPRESSION_WEIGHTS if name in ("talk", "smile", "neutral", "happy")
        ]
        actors = []
        for actor in shot.actors:
            others = [name for name in names if name != actor.pose.expression]
            expression = others[rng.integers(len(others))]
            actors.append(replace(actor, pose=replace(actor.pose, expression=expression)))
        return replace(shot, actors=tuple(actors))
    if edit == "colour":
        choices = [tint for tint, _ in TINTS.values() if tint != shot.tint]
        return replace(shot, tint=choices[rng.integers(len(choices))])
    return shot

"""The distribution that faces are sampled from, as text, straight from the tables that are used.

python -m webtoon_curate.synth.distribution > docs/synth-distribution.md
"""

from __future__ import annotations

from collections.abc import Mapping

from webtoon_curate.synth import crops
from webtoon_curate.synth.light import finish, grade, overlay, relight
from webtoon_curate.synth.people import character, families, manners, poses, style

Row = tuple[str, str]


def _table(title: str, note: str, *rows: Row) -> str:
    """A section with a note, if that is not empty, and a table whose first row is its head."""
    head = [f"## {title}", ""] + ([note, ""] if note else [])
    lines = [f"| {first} | {second} |" for first, second in rows]
    return "\n".join([*head, lines[0], "|---|---|", *lines[1:], ""])


def _weights(title: str, weights: Mapping[str, float], note: str = "") -> str:
    total = sum(weights.values())
    rows = [(name, f"{100 * weight / total:.1f}%") for name, weight in weights.items()]
    return _table(title, note, ("value", "share"), *rows)


def _shares(title: str, note: str, what: str, shares: Mapping[str, float]) -> str:
    rows = [(name, _percent(share)) for name, share in shares.items()]
    return _table(title, note, (what, "share"), *rows)


def _percent(share: float) -> str:
    return f"{100 * share:g}%"


def text() -> str:
    """The whole text, Markdown."""
    light, over = (
        f"Of {_percent(share)} of the crops; of {_percent(share * finish.INKED)} in titles without "
        "color."
        for share in (finish.RELIT, finish.OVERLAID)
    )
    last = f"Of {_percent(crops.GRADED_LIGHT)} of crops with either of these, and of all others."
    parts = [
        "# What the drawn faces are drawn from",
        "",
        "Made by `python -m webtoon_curate.synth.distribution` from the tables that the generator "
        "uses; a test fails when the two differ. Characters are balanced over skin tone, gender "
        "presentation, age and glasses, independently of each other.",
        "",
        *_styles(),
        *_people(),
        _shares("Marks", "Independent of each other.", "mark", character.MARKS),
        _weights("Expression", poses.EXPRESSION_WEIGHTS),
        _pose(),
        _weights("Light on the figures of a crop", relight.LIGHTS, light),
        _weights("Overlay on a crop", overlay.OVERLAYS, over),
        _weights("Light of a crop", grade.MOODS, last),
        _wear(),
    ]
    return "\n".join(parts).rstrip()


def _styles() -> list[str]:
    """The tables of how people are drawn."""
    return [
        _weights(
            "Style family",
            families.FAMILY_WEIGHTS,
            f"{_percent(style.MIXED_SHARE)} of the styles lie between two families. Reserved, and "
            f"drawn only on demand: {', '.join(families.HELDOUT_FAMILIES)}.",
        ),
        *[
            _weights(f"Manner of {name}: {family}", table[name])
            for name in manners.MANNERS
            for family, table in {
                "most families": manners.MANNERS,
                **manners.FAMILY_MANNERS,
            }.items()
            if name in table
        ],
    ]


def _people() -> list[str]:
    """The tables of who is drawn, and of what they wear."""
    skin = 1 - character.FANTASY_SKIN
    bands = {band: skin / len(character.SKIN_BANDS) for band in character.SKIN_BANDS}
    bands["fantasy (any hue)"] = character.FANTASY_SKIN
    glasses = _percent(character.GLASSES_SHARE)
    hats = _percent(character.HAT_SHARE)
    hair = {name: row[2] for name, row in character.HAIR_COLORS.items()}
    eyes = {name: row[2] for name, row in character.EYE_COLORS.items()}
    return [
        _weights("Gender presentation", character.GENDERS),
        _weights("Age", character.AGES, "Hair greys with age for most of the old."),
        _weights("Skin", bands, "Evenly from the lightest to the darkest color within each band."),
        _weights("Hair color", hair, "Before greying."),
        _weights("Eye color", eyes, f"The eyes of {_percent(character.ODD_EYES)} differ in color."),
        *[
            _weights(f"Haircut: {gender}", weights)
            for gender, weights in character.HAIR_STYLES.items()
        ],
        _weights("Glasses", character.GLASSES, f"{glasses} wear glasses; of these:"),
        _weights("Headwear", character.HATS, f"{hats} wear some; of these:"),
        _weights(
            "Facial hair",
            character.FACIAL_HAIR,
            f"{_percent(character.FACIAL_HAIR_SHARE)} of the grown men have some; of these:",
        ),
    ]


def _pose() -> str:
    lowest, highest = poses.PITCHES
    least, most = crops.LYING
    yaws = [
        (f"yaw, {_percent(share)}", f"evenly {low}° to {high}° to either side")
        for share, low, high in poses.YAWS
    ]
    steep = f"{_percent(poses.STEEP)} evenly {lowest}° to {highest}°"
    lying = f"{_percent(crops.LYING_SHARE)} lie, {least}° to {most}° to either side"
    return _table(
        "Pose",
        "",
        ("angle", "distribution"),
        *yaws,
        ("pitch", f"normal, {poses.PITCH_SPREAD}°; {steep}"),
        ("roll", f"normal, {poses.ROLL_SPREAD}°; {lying}"),
    )


def _wear() -> str:
    low, high = grade.JPEG_QUALITY
    least, most = crops.FAR
    shares = {
        f"face {least:g} to {most:g} px high on its page, enlarged": crops.FAR_SHARE,
        "lighter, darker or of another white": grade.TONED_SHARE,
        "blur": grade.BLUR_SHARE,
        "grain": grade.NOISE_SHARE,
        "scaled down and up": grade.RESCALE_SHARE,
        f"JPEG of quality {low} to {high}": grade.JPEG_SHARE,
        "another person beside": crops.NEIGHBOUR_SHARE,
        "balloon near or over the face": crops.BALLOON_SHARE,
        "object before the face": crops.PROP_SHARE,
        "hand, cloth, hair or thing over the face": crops.COVER_SHARE,
        "edge of the panel": crops.BORDER_SHARE,
    }
    return _shares("Wear of a crop", "", "what", shares)


if __name__ == "__main__":
    print(text())

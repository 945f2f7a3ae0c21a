"""The distribution that faces are sampled from, as text, straight from the tables that are used.

python -m webtoon_curate.synth.distribution > docs/synth-distribution.md
"""

from __future__ import annotations

from collections.abc import Mapping

from webtoon_curate.synth import crops
from webtoon_curate.synth.light import finish, grade, overlay, relight
from webtoon_curate.synth.people import character, families, manners, poses, style


def _rows(title: str, weights: Mapping[str, float], note: str = "") -> str:
    total = sum(weights.values())
    lines = [f"| {name} | {100 * weight / total:.1f}% |" for name, weight in weights.items()]
    head = [f"## {title}", ""]
    if note:
        head += [note, ""]
    return "\n".join([*head, "| value | share |", "|---|---|", *lines, ""])


def _percent(share: float) -> str:
    return f"{100 * share:g}%"


def table() -> str:
    """The whole text, Markdown."""
    parts = [
        "# What the drawn faces are drawn from",
        "",
        "Made by `python -m webtoon_curate.synth.distribution` from the tables that the generator "
        "uses; a test fails when the two differ. Characters are balanced over skin tone, gender "
        "presentation, age and glasses, independently of each other.",
        "",
        *_styles(),
        *_people(),
        _marks(),
        _rows("Expression", poses.EXPRESSION_WEIGHTS),
        _pose(),
        _rows(
            "Light on the figures of a crop",
            relight.LIGHTS,
            f"Of {finish.RELIT:.0%} of the crops; half as many in titles without color.",
        ),
        _rows(
            "Overlay on a crop",
            overlay.OVERLAYS,
            f"Of {finish.OVERLAID:.0%} of the crops; half as many in titles without color.",
        ),
        _rows("Light of a crop", grade.MOODS),
        _wear(),
    ]
    return "\n".join(parts)


def _styles() -> list[str]:
    """The tables of how is drawn."""
    return [
        _rows(
            "Style family",
            families.FAMILY_WEIGHTS,
            f"{_percent(style.MIXED_SHARE)} of the styles lie between two families. Reserved, and "
            f"drawn only on demand: {', '.join(families.HELDOUT_FAMILIES)}.",
        ),
        *[
            _rows(f"Manner of {name}: {family}", table[name])
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
    hair = {name: row[2] for name, row in character.HAIR_COLORS.items()}
    eyes = {name: row[2] for name, row in character.EYE_COLORS.items()}
    return [
        _rows("Gender presentation", character.GENDERS),
        _rows("Age", character.AGES, "Hair greys with age for most of the old."),
        _rows("Skin", bands, "Evenly from the lightest to the darkest color within each band."),
        _rows("Hair color", hair, "Before greying."),
        _rows("Eye color", eyes, f"The eyes of {_percent(character.ODD_EYES)} differ in color."),
        *[
            _rows(f"Haircut: {gender}", weights)
            for gender, weights in character.HAIR_STYLES.items()
        ],
        _rows(
            "Glasses",
            character.GLASSES,
            f"{_percent(character.GLASSES_SHARE)} wear glasses; of these:",
        ),
        _rows("Headwear", character.HATS, f"{_percent(character.HAT_SHARE)} wear some; of these:"),
        _rows(
            "Facial hair",
            character.FACIAL_HAIR,
            f"{_percent(character.FACIAL_HAIR_SHARE)} of the grown men have some; of these:",
        ),
    ]


def _marks() -> str:
    lines = [f"| {name} | {_percent(share)} |" for name, share in character.MARKS.items()]
    return "\n".join(
        [
            "## Marks",
            "",
            "Independent of each other.",
            "",
            "| mark | share |",
            "|---|---|",
            *lines,
            "",
        ]
    )


def _pose() -> str:
    lowest, highest = poses.PITCHES
    least, most = crops.LYING
    return "\n".join(
        [
            "## Pose",
            "",
            "| angle | distribution |",
            "|---|---|",
            *[
                f"| yaw, {_percent(share)} | evenly {low}° to {high}° to either side |"
                for share, low, high in poses.YAWS
            ],
            f"| pitch | normal, {poses.PITCH_SPREAD}°; "
            f"{_percent(poses.STEEP)} evenly {lowest}° to {highest}° |",
            f"| roll | normal, {poses.ROLL_SPREAD}°; {_percent(crops.LYING_SHARE)} lie, "
            f"{least}° to {most}° to either side |",
            "",
        ]
    )


def _wear() -> str:
    low, high = grade.JPEG_QUALITY
    return "\n".join(
        [
            "## Wear of a crop",
            "",
            "| what | share |",
            "|---|---|",
            f"| blur | {_percent(grade.BLUR_SHARE)} |",
            f"| grain | {_percent(grade.NOISE_SHARE)} |",
            f"| scaled down and up | {_percent(grade.RESCALE_SHARE)} |",
            f"| JPEG of quality {low} to {high} | {_percent(grade.JPEG_SHARE)} |",
            f"| another person beside | {_percent(crops.NEIGHBOUR_SHARE)} |",
            f"| balloon near or over the face | {_percent(crops.BALLOON_SHARE)} |",
            f"| object before the face | {_percent(crops.PROP_SHARE)} |",
            f"| hand, cloth, hair or thing over the face | {_percent(crops.COVER_SHARE)} |",
            f"| edge of the panel | {_percent(crops.BORDER_SHARE)} |",
        ]
    )


if __name__ == "__main__":
    print(table())

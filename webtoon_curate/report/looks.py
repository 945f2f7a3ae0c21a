"""Sections on what the faces look like: colors, landmarks, pose and size."""

from __future__ import annotations

from typing import Any

from webtoon_curate.report import html as h
from webtoon_curate.report import svg
from webtoon_curate.report.data import QUALITIES
from webtoon_curate.report.findings import words
from webtoon_curate.report.html import Html, count, join, percent, tag
from webtoon_curate.report.parts import Section, key, lead, missing, sheet_or_why
from webtoon_curate.report.samples import Pictures

_MAP_ROWS, _MAP_COLUMNS = 14, 12
"""Of the map of colors; the rest is counted together."""
_OTHER = "other"
_PALEST, _DARKEST = 8, 46
"""Percent of color in a cell; numbers stay legible on all, in light and dark."""
HISTOGRAMS = (
    ("size", "Size", "longer side, pixels", ""),
    ("yaw", "Yaw", "positive looks to the picture's right", "°"),
    ("pitch", "Pitch", "positive looks up", "°"),
    ("roll", "Roll", "positive is clockwise", "°"),
    ("quality", "Quality of landmarks", "calibrated", ""),
    ("score", "Score of the detector", "calibrated", ""),
)
"""Key in the data, heading, what is measured, and unit."""


def color_section(data: dict[str, Any], pictures: Pictures) -> Section:
    """Hair by eyes, and faces of each color."""
    colors, title = data["colors"], "Colors"
    if not (colors["hair"] or colors["eye"]):
        return Section("colors", title, missing("No face has colors yet.", "colors", data))
    hair, eyes = ({row["name"]: row["faces"] for row in colors[part]} for part in ("hair", "eye"))
    return Section(
        "colors",
        title,
        join(
            [
                lead(
                    "Hair by eye color of the kept faces. A square shows the mean of the colors "
                    "that bear the name in this set."
                ),
                _map(colors),
                tag("h3", "Faces by hair color"),
                sheet_or_why("hair_name", data, pictures, hair),
                tag("h3", "Faces by eye color"),
                sheet_or_why("eye_name", data, pictures, eyes),
            ]
        ),
    )


def _map(colors: dict[str, Any]) -> Html:
    """The table of counts, darker where there are more."""
    hairs = [row["name"] for row in colors["hair"]][:_MAP_ROWS]
    eyes = [row["name"] for row in colors["eye"]][:_MAP_COLUMNS]
    cells: dict[tuple[str, str], int] = {}
    for row in colors["pairs"]:
        pair = (
            row["hair"] if row["hair"] in hairs else _OTHER,
            "not seen" if row["eye"] is None else row["eye"] if row["eye"] in eyes else _OTHER,
        )
        cells[pair] = cells.get(pair, 0) + row["faces"]
    for names, side in ((hairs, 0), (eyes, 1)):
        names += [extra for extra in ("not seen", _OTHER) if any(k[side] == extra for k in cells)]
    rgb = {part: {row["name"]: row["rgb"] for row in colors[part]} for part in ("hair", "eye")}
    top = max(cells.values(), default=1)
    head = [
        tag("th", h.swatch(rgb["eye"].get(eye)), tag("span", h.name(words(eye)))) for eye in eyes
    ]
    lines = [tag("tr", tag("th", "Hair \u2193  eyes \u2192"), *head, tag("th", ""))]
    body = []
    for hair in hairs:
        numbers = [cells.get((hair, eye), 0) for eye in eyes]
        tds = [_cell(number, top) for number in numbers]
        label = tag("th", h.swatch(rgb["hair"].get(hair)), h.name(words(hair)))
        body.append(tag("tr", label, *tds, tag("td", count(sum(numbers)), class_="total")))
    content = join([tag("thead", *lines), tag("tbody", *body)])
    return tag("div", tag("table", content, class_="map"), class_="scroll", tabindex="0")


def _cell(number: int, top: int) -> Html:
    if not number:
        return tag("td", "")
    # The square root, so that small counts do not all look like none.
    strength = round(_PALEST + (_DARKEST - _PALEST) * (number / top) ** 0.5)
    style = f"background:color-mix(in srgb, var(--accent) {strength}%, var(--panel))"
    return tag("td", count(number), style=style)


def shape_section(data: dict[str, Any], pictures: Pictures) -> Section:
    """The mean face, its spread, and faces by quality."""
    shapes, title = data["shapes"], "Landmarks"
    if not shapes["landmarks"]:
        return Section("quality", title, missing("No face has landmarks yet.", "landmarks", data))
    kept = data["totals"]["kept"]
    said = f"{shapes['landmarks']:,} of {kept:,} kept faces have landmarks."
    parts = [lead(said)]
    if shapes["all"]["count"]:
        figures = [_figure("All", shapes["all"], "whole")]
        if len(shapes["groups"]) > 1:
            figures += [_figure(words(row["name"]), row) for row in shapes["groups"]]
        parts += [
            lead(
                f"The mean shape of {shapes['all']['count']:,} faces turned by less than 30°, laid "
                "on each other; an ellipse is one standard deviation of its point. Spread is the "
                "mean distance of points from there, in sizes of the face."
            ),
            tag("div", *figures, class_="plots shapes"),
        ]
    kept_of = data["histograms"]["quality"]["kept"]
    bins = len(kept_of) // len(QUALITIES)
    counts = {name: sum(kept_of[i * bins :][:bins]) for i, name in enumerate(QUALITIES)}
    parts += [tag("h3", "Faces by quality"), sheet_or_why("quality", data, pictures, counts)]
    return Section("quality", title, join(parts))


def _figure(title: str, data: dict[str, Any], class_: str | None = None) -> Html:
    about = f" {data['count']:,} faces, spread {data['spread']:.3f}"
    caption = tag("figcaption", tag("b", h.name(title)), about)
    return tag("figure", caption, svg.shape(data), class_=class_)


def pose_section(data: dict[str, Any]) -> Section:
    """Histograms."""
    figures = []
    for name, title, about, unit in HISTOGRAMS:
        values = data["histograms"][name]
        if not sum(values["kept"]) + sum(values["left_out"]):
            continue
        median = "" if values["median"] is None else f", median {values['median']:,.3g}{unit}"
        caption = tag("figcaption", tag("b", title), f" {about}{median}")
        figures.append(tag("figure", caption, svg.histogram(values, unit)))
    parts = [key((("kept", "Kept"), ("out", "Left out"))), tag("div", *figures, class_="plots")]
    views = data["views"]
    if views:
        total = sum(row["kept"] for row in views) or 1
        rows = [
            (words(row["name"]), h.bar(row["kept"] / total), count(row["kept"]),
             percent(row["kept"] / total))
            for row in views[:10]
        ]  # fmt: skip
        parts += [tag("h3", "Views"), h.table(("View", "", "Kept", "Share"), rows, "tbnn")]
    if not data["histograms"]["yaw"]["count"]:
        parts.append(missing("No face has a pose yet.", "landmarks", data))
    return Section("pose", "Pose and size", join(parts))

"""Two datasets side by side: what differs, most first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from webtoon_curate.report import html as h
from webtoon_curate.report import svg
from webtoon_curate.report.findings import words
from webtoon_curate.report.html import Html, count, join, percent, tag
from webtoon_curate.report.looks import HISTOGRAMS
from webtoon_curate.report.page import whole
from webtoon_curate.report.parts import SHOWN, Section, key, lead, rest, sheet_or_why
from webtoon_curate.report.samples import Pictures

Data = dict[str, Any]
_TOTALS = (
    ("faces", "Faces found"), ("kept", "Faces kept"), ("titles", "Titles"),
    ("episodes", "Episodes"), ("panels", "Panels"), ("with_faces", "Panels with a face"),
    ("landmarks", "With landmarks"), ("colors", "With colors"), ("groups", "With a group"),
    ("duplicates", "In duplicate clusters"), ("splits", "In a split"),
)  # fmt: skip
_ROWS = 15


def comparison(first: Data, second: Data) -> Data:
    """How two datasets differ.

    Args:
        first, second: of `report_data`.

    Returns:
        `first` and `second` as they are; `totals`, rows of `name`, `first`, `second`;
        `differences`, one of each thing that is counted in both, with `key`, `title`, `distance`
        (total variation of the shares of kept faces, 0-1, the largest first) and `rows` of `name`,
        `first`, `second` (shares, the largest change first; empty for histograms).
    """
    totals = [
        {"name": name, "first": first["totals"][name], "second": second["totals"][name]}
        for name, _ in _TOTALS
    ]
    found = [_shares(key, title, _kept(first, key), _kept(second, key)) for key, title in _LISTS]
    for name, title, _, _ in HISTOGRAMS:
        pair = [data["histograms"][name]["kept"] for data in (first, second)]
        if sum(pair[0]) and sum(pair[1]):
            a, b = (np.array(counts) / sum(counts) for counts in pair)
            distance = round(float(np.abs(a - b).sum() / 2), 4)
            found.append({"key": name, "title": title, "distance": distance, "rows": []})
    differences = sorted(
        (row for row in found if row), key=lambda row: (-row["distance"], row["key"])
    )
    return {"first": first, "second": second, "totals": totals, "differences": differences}


_LISTS = (
    ("groups", "Groups"),
    ("hair", "Hair color"),
    ("eye", "Eye color"),
    ("skin", "Skin color"),
    ("views", "Views"),
    ("titles", "Faces by title"),
    ("licenses", "Licences"),
)


def _kept(data: Data, key: str) -> dict[str, int]:
    """Kept faces by name."""
    if key in ("hair", "eye", "skin"):
        return {row["name"]: row["faces"] for row in data["colors"][key]}
    if key == "titles":
        return {row["title"]: row["kept"] for row in data["titles"]}
    if key == "licenses":
        found: dict[str, int] = {}
        for row in data["licenses"]:
            name = row["license"] or "not given"
            found[name] = found.get(name, 0) + row["kept"]
        return found
    return {row["name"]: row["kept"] for row in data[key]}


def _shares(key: str, title: str, first: dict[str, int], second: dict[str, int]) -> Data | None:
    sums = sum(first.values()), sum(second.values())
    if not all(sums):
        return None
    rows = [
        {
            "name": name,
            "first": round(first.get(name, 0) / sums[0], 4),
            "second": round(second.get(name, 0) / sums[1], 4),
        }
        for name in sorted({*first, *second})
    ]
    distance = sum(abs(row["first"] - row["second"]) for row in rows) / 2
    rows.sort(key=lambda row: (-abs(row["first"] - row["second"]), row["name"]))
    return {"key": key, "title": title, "distance": round(distance, 4), "rows": rows}


def comparison_page(data: Data, pictures: Sequence[Pictures]) -> str:
    """The whole HTML file.

    Args:
        data: of `comparison`.
        pictures: of the first and second dataset's crops.
    """
    names = [h.name(data[side]["dataset"]) for side in ("first", "second")]
    header = tag(
        "header",
        tag("h1", names[0], " and ", names[1]),
        tag(
            "p",
            "Shares are of kept faces. The distance of two distributions is the share of faces "
            "that would have to change to make them equal.",
            class_="lead",
        ),
    )
    sections = [
        _differences(data, names),
        _totals(data, names),
        _detection(data, names),
        *(_listed(row, names) for row in data["differences"] if row["rows"]),
        _histograms(data, names),
        _shapes(data, names),
        _faces(data, pictures),
        _findings(data),
    ]
    title = " and ".join(data[side]["dataset"] for side in ("first", "second"))
    return whole(f"{title}: report", header, [section for section in sections if section.content])


def _differences(data: Data, names: list[Html]) -> Section:
    rows = []
    for row in data["differences"]:
        said: Html | str = ""
        if row["rows"]:
            most = row["rows"][0]
            label = most["name"] if row["key"] == "titles" else words(most["name"])
            change = f" {percent(most['first'])} to {percent(most['second'])}"
            said = join([h.name(label), change]) if most["first"] != most["second"] else ""
        rows.append((row["title"], h.bar(row["distance"]), percent(row["distance"]), said))
    head = ("What", "", "Distance", "Largest change")
    content = h.table(head, rows, "tbnt") if rows else lead("Nothing is counted in both.")
    return Section("differences", "What differs, most first", content)


def _totals(data: Data, names: list[Html]) -> Section:
    labels = dict(_TOTALS)
    rows = [
        (
            labels[row["name"]],
            count(row["first"]),
            count(row["second"]),
            f"{row['second'] - row['first']:+,}".replace("-", "\u2212"),
        )
        for row in data["totals"]
    ]
    return Section("totals", "Counts", h.table(("", *names, "Change"), rows, "tnnn"))


def _detection(data: Data, names: list[Html]) -> Section:
    shares = [{row["title"]: row for row in data[side]["titles"]} for side in ("first", "second")]
    titles = sorted(
        {*shares[0], *shares[1]},
        key=lambda title: (-_change(shares[0].get(title), shares[1].get(title)), title),
    )
    rows = []
    for title in titles[:SHOWN]:
        found = [side.get(title) for side in shares]
        cells = [
            cell
            for row in found
            for cell in (percent(row and row["share"]), count(row and row["faces"]))
        ]
        rows.append((h.name(title), *cells))
    head = ("Title", names[0], "faces", names[1], "faces")
    return Section(
        "detection",
        "Titles and detection",
        join(
            [
                lead("Share of panels with a face, and faces; the largest change first."),
                h.table(head, rows, "tnnnn"),
                rest(SHOWN, len(titles), "titles"),
            ]
        ),
    )


def _change(first: Data | None, second: Data | None) -> float:
    shares = [row["share"] if row and row["share"] is not None else 0.0 for row in (first, second)]
    return abs(shares[0] - shares[1])


def _listed(difference: Data, names: list[Html]) -> Section:
    own = difference["key"] in ("titles", "licenses")
    rows = [
        (
            h.name(row["name"] if own else words(row["name"])),
            join([h.bar(row["first"]), h.bar(row["second"], "other")]),
            percent(row["first"]),
            percent(row["second"]),
        )
        for row in difference["rows"][:_ROWS]
    ]
    table = h.table(("", "", *names), rows, "tbnn")
    more = rest(_ROWS, len(difference["rows"]), "rows")
    return Section(difference["key"], difference["title"], join([_meaning(names), table, more]))


def _meaning(names: list[Html]) -> Html:
    return key(zip(("kept", "other"), names))


def _histograms(data: Data, names: list[Html]) -> Section:
    figures = []
    for name, title, about, unit in HISTOGRAMS:
        first, second = (data[side]["histograms"][name] for side in ("first", "second"))
        if first["count"] and second["count"]:
            caption = tag("figcaption", tag("b", title), f" {about}")
            figures.append(tag("figure", caption, svg.histogram(first, unit, second)))
    content = join([_meaning(names), tag("div", *figures, class_="plots")]) if figures else Html()
    return Section("pose", "Pose and size", content)


def _shapes(data: Data, names: list[Html]) -> Section:
    first, second = (data[side]["shapes"]["all"] for side in ("first", "second"))
    if not (first["count"] and second["count"]):
        return Section("shapes", "Mean shapes", Html())
    figure = tag("figure", svg.shape(first, second, spread=False), class_="whole")
    plots = tag("div", figure, class_="plots shapes")
    return Section("shapes", "Mean shapes", join([_meaning(names), plots]))


def _faces(data: Data, pictures: Sequence[Pictures]) -> Section:
    parts = []
    for side, shown in zip(("first", "second"), pictures):
        one = data[side]
        kind = "group" if one["sheets"]["group"] else "title"
        rows = one["groups"] if kind == "group" else one["titles"]
        counts = {row["name" if kind == "group" else "title"]: row["kept"] for row in rows}
        parts += [tag("h3", h.name(one["dataset"])), sheet_or_why(kind, one, shown, counts)]
    return Section("faces", "Faces", join(parts))


def _findings(data: Data) -> Section:
    parts = []
    for side in ("first", "second"):
        items = [
            tag(
                "li",
                tag("span", row["severity"].capitalize(), class_=f"mark {row['severity']}"),
                tag("div", tag("strong", h.text(row["title"])), tag("p", row["text"])),
            )
            for row in data[side]["findings"]
        ]
        parts += [tag("h3", h.name(data[side]["dataset"])), tag("ul", *items, class_="findings")]
    return Section("findings", "What is wrong in each", join(parts))

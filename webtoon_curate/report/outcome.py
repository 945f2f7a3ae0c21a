"""Sections on what becomes of the faces: copies, sides, what is left out, whose they are."""

from __future__ import annotations

from typing import Any

from webtoon_curate.report import html as h
from webtoon_curate.report.findings import PROVEN, THINGS, words
from webtoon_curate.report.html import Html, count, join, percent, tag
from webtoon_curate.report.parts import (
    SHOWN,
    Section,
    lead,
    missing,
    rest,
    sheet,
    sheet_or_why,
)
from webtoon_curate.report.samples import Pictures
from webtoon_curate.wording import plural


def duplicates_section(data: dict[str, Any], pictures: Pictures) -> Section:
    """Copies by kind, and the largest clusters."""
    found = data["duplicates"]
    title = "Duplicates"
    if not found["ran"]:
        text = "Nothing has looked for repeated drawings yet."
        return Section("duplicates", title, missing(text, "dedup", data))
    if not found["clusters"]:
        return Section("duplicates", title, lead("No face repeats another."))
    kinds = {
        "exact": "The same pixels",
        "near": "Near, by perceptual hash",
        "redrawn": "Drawn again with small edits",
    }
    rows = [
        (kinds.get(row["name"], h.name(words(row["name"]))), count(row["faces"]))
        for row in found["kinds"]
    ]
    counts = {row["name"]: row["faces"] for row in found["largest"]}
    clusters = plural(found["clusters"], "cluster")
    said = f"{plural(found['extra'], 'repeated face')} in {clusters}; exports keep one of each."
    parts = [lead(said), h.table(("Kind", "Faces"), rows, "tn")]
    return Section(
        "duplicates",
        title,
        join(
            [
                *parts,
                tag("h3", "Largest clusters"),
                sheet_or_why("duplicate_cluster", data, pictures, counts),
            ]
        ),
    )


def splits_section(data: dict[str, Any]) -> Section:
    """Kept faces by group and side, and the proof."""
    title = "Split"
    splits = data["splits"]
    if not splits["faces"]:
        return Section("splits", title, missing("The set is not split yet.", "split", data))
    known = {row["split"] for row in splits["rows"]}
    sides = [side for side in ("train", "val", "test") if side in known]
    sides += sorted(known - set(sides))[:5]
    groups = list(dict.fromkeys(row["group"] for row in splits["rows"] if row["kept"]))[:SHOWN]
    cells = {(row["group"], row["split"]): row["kept"] for row in splits["rows"]}
    rows = []
    for group in groups:
        numbers = [cells.get((group, side), 0) for side in sides]
        label = h.name(words(group) if group else "No group")
        total = sum(numbers)
        rows.append((label, *(h.part(number, total) for number in numbers), count(total)))
    sums = [sum(row["kept"] for row in splits["rows"] if row["split"] == side) for side in sides]
    rows.append(("All", *(h.part(number, sum(sums)) for number in sums), count(sum(sums))))
    head = ("Kept faces", *(h.name(side) for side in sides), "All")
    table = h.table(head, rows, "t" + "n" * (len(sides) + 1))
    return Section("splits", title, join([table, _proof(splits["proof"])]))


def _proof(proof: dict[str, Any]) -> Html:
    leaks = sum(proof[kind]["crossing"] for kind in PROVEN)
    if leaks:
        verdict = tag("span", "The split leaks", class_="mark serious")
    else:
        verdict = tag("span", "Nothing leaks", class_="mark good")
    rows = []
    for kind, row in proof.items():
        if not row["things"]:
            continue
        crossing: Any = count(row["crossing"])
        if row["crossing"] and kind in PROVEN:
            crossing = tag("b", crossing, class_="serious")
        example = row["examples"][0] if row["examples"] else None
        where = ""
        if example:
            where = join([h.name(example["name"]), tag("small", f" {', '.join(example['sides'])}")])
        choice = "" if kind in PROVEN else tag("small", " by choice")
        thing = join([THINGS[kind].capitalize(), choice])
        rows.append((thing, count(row["things"]), count(row["largest"]), crossing, where))
    head = ("What", "Different ones", "Most faces", "On two sides", "Example")
    return join(
        [
            tag("h3", "Proof: ", verdict),
            lead(
                "Each of these was looked for on every side. Linked faces, copies and scenes must "
                "not be on two; characters, episodes and titles may, if you chose so."
            ),
            h.table(head, rows, "tnnnt"),
        ]
    )


def left_out_section(data: dict[str, Any], pictures: Pictures) -> Section:
    """What exports leave out, by reason."""
    rows = data["left_out"]
    if not rows:
        return Section("left-out", "Left out", lead("No face is left out."))
    total = sum(row["faces"] for row in rows)
    most = rows[0]["faces"]
    lines = [
        (
            h.name(words(row["name"] or "no reason given")),
            h.bar(row["faces"] / most),
            count(row["faces"]),
            percent(row["faces"] / max(data["totals"]["faces"], 1)),
        )
        for row in rows[:SHOWN]
    ]
    said = f"{plural(total, 'face')} that exports leave out, by reason."
    counts = {row["name"]: row["faces"] for row in rows}
    table = h.table(("Reason", "", "Faces", "Of all"), lines, "tbnn")
    faces = sheet(data["sheets"]["keep_reason"], pictures, counts)
    return Section("left-out", "Left out", join([lead(said), table, faces]))


def rejects_section(data: dict[str, Any]) -> Section:
    """What stages refused, by reason."""
    rows = [
        (row["stage"], h.name(row["reason"]), h.name(row["example"]), count(row["count"]))
        for row in data["rejects"][:SHOWN]
    ]
    if not rows:
        return Section("rejects", "Refused inputs", lead("Nothing was refused."))
    table = h.table(("Command", "Reason", "Example", "Inputs"), rows, "tttn")
    more = rest(SHOWN, len(data["rejects"]), "reasons")
    return Section("rejects", "Refused inputs", join([table, more]))


def licences_section(data: dict[str, Any]) -> Section:
    """Licences, sources, detectors."""
    not_given = tag("span", "not given", class_="warning")
    rows = [
        (
            h.name(row["license"]) if row["license"] else not_given,
            h.name(row["origin"] or "not known"),
            count(row["faces"]),
            count(row["kept"]),
        )
        for row in data["licenses"][:SHOWN]
    ]  # fmt: skip
    sources = tag("ul", *(tag("li", h.name(source)) for source in data["sources"][:SHOWN]))
    detectors = ", ".join(
        f"{h.shortened(row['name'])} ({row['faces']:,})" for row in data["detectors"][:6]
    )
    parts = [h.table(("Licence", "From", "Faces", "Kept"), rows, "ttnn")]
    parts += [rest(SHOWN, len(data["licenses"]), "licences"), tag("h3", "Sources"), sources]
    parts += [rest(SHOWN, len(data["sources"]), "sources")]
    if detectors:
        parts += [tag("h3", "Detectors"), tag("p", detectors)]
    return Section("licences", "Licences and sources", join(parts))

"""The report's page: what the data says, section by section."""

from __future__ import annotations

from typing import Any

from webtoon_curate.report import html as h
from webtoon_curate.report import svg
from webtoon_curate.report.findings import words
from webtoon_curate.report.html import Html, count, join, percent, tag
from webtoon_curate.report.looks import color_section, pose_section, shape_section
from webtoon_curate.report.outcome import (
    duplicates_section,
    left_out_section,
    licences_section,
    rejects_section,
    splits_section,
)
from webtoon_curate.report.parts import (
    SHOWN,
    Section,
    command_line,
    group_class,
    key,
    lead,
    missing,
    rest,
    sheet_or_why,
)
from webtoon_curate.report.samples import Pictures
from webtoon_curate.wording import plural


def page(data: dict[str, Any], pictures: Pictures) -> str:
    """The whole HTML file.

    Args:
        data: of `report_data`.
        pictures: that contact sheets show.
    """
    sections = [
        _findings(data),
        _groups(data, pictures),
        _detection(data, pictures),
        color_section(data, pictures),
        shape_section(data, pictures),
        pose_section(data),
        duplicates_section(data, pictures),
        splits_section(data),
        left_out_section(data, pictures),
        rejects_section(data),
        licences_section(data),
    ]
    return whole(f"{data['dataset']}: report", _header(data), sections)


def whole(title: str, header: Html, sections: list[Section]) -> str:
    """The file of a page with its contents at the side."""
    links = [tag("li", tag("a", part.title, href=f"#{part.id}")) for part in sections]
    nav = tag("nav", tag("ul", *links), aria_label="Contents")
    main = tag("main", *(part.html() for part in sections))
    return h.document(title, tag("body", nav, header, main))


def _header(data: dict[str, Any]) -> Html:
    totals = data["totals"]
    kind = "photographs" if data["domain"] == "photo" else "drawings"
    episodes = plural(totals["episodes"], "episode")
    said = (
        f"{plural(totals['kept'], 'face')} to train on, of {totals['faces']:,} found in "
        f"{episodes} of {plural(totals['titles'], 'title')}: {kind}."
    )
    found = totals["with_faces"] / totals["panels"] if totals["panels"] else None
    groups = [row for row in data["groups"] if row["name"] != "unknown" and row["kept"]]
    repeated = data["duplicates"]
    figures = [
        ("kept faces", count(totals["kept"])),
        ("left out", count(totals["faces"] - totals["kept"])),
        ("titles", count(totals["titles"])),
        ("panels with a face", percent(found)),
        ("groups", count(len(groups) if totals["groups"] else None)),
        ("repeated faces", count(repeated["extra"] if repeated["ran"] else None)),
    ]  # fmt: skip
    terms = [tag("div", tag("dt", term), tag("dd", value)) for term, value in figures]
    return tag(
        "header",
        tag("h1", h.name(data["dataset"])),
        tag("p", said, class_="lead"),
        tag("dl", *terms, class_="figures"),
    )


def _findings(data: dict[str, Any]) -> Section:
    items = []
    for row in data["findings"]:
        more = [row["text"]]
        if row["command"]:
            more += [" ", tag("code", command_line(row["command"], data))]
        link = tag("a", h.name(row["title"]), href=f"#{row['section']}")
        mark = tag("span", row["severity"].capitalize(), class_=f"mark {row['severity']}")
        items.append(tag("li", mark, tag("div", tag("strong", link), tag("p", *more))))
    content = tag("ul", *items, class_="findings")
    if not items:
        content = tag("p", "Nothing that this report looks for.", class_="mark good")
    waiting = [tag("code", command_line(name, data)) for name in _waiting(data)]
    if waiting:
        commands = join(part for code in waiting for part in (" ", code))
        content = join([content, tag("p", "Not done yet:", commands, class_="missing")])
    return Section("findings", "What is wrong, worst first", content)


def _waiting(data: dict[str, Any]) -> list[str]:
    """The commands that have not run, in the order in which they are run."""
    totals = data["totals"]
    done = {
        "landmarks": data["shapes"]["landmarks"],
        "colors": totals["colors"],
        "label groups": totals["groups"],
        "dedup": data["duplicates"]["ran"],
        "split": data["splits"]["faces"],
    }
    return [name for name, value in done.items() if not value and totals["faces"]]


def _groups(data: dict[str, Any], pictures: Pictures) -> Section:
    title = "Groups"
    totals = data["totals"]
    if not totals["groups"]:
        return Section("groups", title, missing("No face has a group yet.", "label groups", data))
    most = max(row["kept"] for row in data["groups"]) or 1
    rows = [
        (
            h.name(words(row["name"])),
            h.bar(row["kept"] / most, group_class(row["name"])),
            count(row["kept"]),
            percent(row["kept"] / max(totals["kept"], 1)),
            f"{most / row['kept']:.1f} times" if row["kept"] else "–",
        )
        for row in data["groups"][:SHOWN]
    ]
    none = totals["kept"] - totals["groups"]
    if none > 0:
        share = percent(none / max(totals["kept"], 1))
        rows.append(("Not looked at", h.bar(none / most, "g4"), count(none), share, "–"))
    head = ("Group", "", "Kept", "Share", "The largest has")
    sources = ", ".join(
        f"{h.shortened(row['name'] or 'unnamed')} ({row['faces']:,})"
        for row in data["group_sources"][:6]
    )
    counts = {row["name"]: row["kept"] for row in data["groups"]}
    return Section(
        "groups",
        title,
        join(
            [
                lead(f"Gender as presented, and glasses, of the kept faces. Said by: {sources}."),
                h.table(head, rows, "tbnnn"),
                rest(SHOWN, len(data["groups"]), "groups"),
                tag("h3", "Faces by group"),
                sheet_or_why("group", data, pictures, counts),
            ]
        ),
    )


def _detection(data: dict[str, Any], pictures: Pictures) -> Section:
    titles = data["titles"]
    episodes: dict[str, list[int | None]] = {}
    for row in data["episodes"]:
        episodes.setdefault(row["title"], []).append(row["faces"])
    rows = []
    for row in titles[:SHOWN]:
        title = h.name(row["title"])
        if row["stands_out"]:
            title = join([title, " ", tag("small", "stands out", class_="mark serious")])
        faces = episodes.get(row["title"], [])
        label = f"Faces by episode: {', '.join(map(count, faces[:60]))}"
        bad = "bad" if row["stands_out"] else ""
        rows.append(
            (
                title,
                h.bar(row["share"] or 0.0, bad),
                percent(row["share"]),
                "–" if row["per_panel"] is None else f"{row['per_panel']:.2f}",
                count(row["panels"] - row["with_faces"]),
                count(row["faces"]),
                count(row["kept"]),
                svg.sparkline(faces[:60], label),
            )
        )
    head = (
        "Title", "Panels with a face", "Share", "Faces a panel", "Panels without", "Faces", "Kept",
        "By episode",
    )  # fmt: skip
    counts = {row["title"]: row["kept"] for row in titles}
    said = (
        "The smallest share of panels with a face first: a style that the detector fails on has "
        "few. Episodes in order; a red mark is one without any face."
    )
    return Section(
        "detection",
        "Titles and detection",
        join(
            [
                lead(said),
                h.table(head, rows, "tbnnnnnt"),
                rest(SHOWN, len(titles), "titles"),
                _mix(data),
                _episodes(data),
                tag("h3", "Faces by title"),
                sheet_or_why("title", data, pictures, counts),
            ]
        ),
    )


def _mix(data: dict[str, Any]) -> Html:
    """Groups of each title: whether a group is one artist's only."""
    if not data["totals"]["groups"]:
        return h.text("")
    names = [row["name"] for row in data["groups"]][:8]
    most = max((row["kept"] for row in data["titles"]), default=0) or 1
    rows = []
    for row in sorted(data["titles"], key=lambda row: (-row["kept"], row["title"]))[:SHOWN]:
        shares = [(row["groups"].get(group, 0) / most, group_class(group)) for group in names]
        label = ", ".join(f"{words(group)}: {row['groups'].get(group, 0)}" for group in names)
        rows.append((h.name(row["title"]), h.stack(shares, label), count(row["kept"])))
    meaning = key((group_class(group), words(group)) for group in names)
    table = h.table(("Title", "", "Kept"), rows, "tbn")
    return join([tag("h3", "Groups by title"), meaning, table])


def _episodes(data: dict[str, Any]) -> Html:
    """The episodes with the fewest faces a panel."""
    known = [row for row in data["episodes"] if row["faces"] is not None and row["panels"]]
    known.sort(key=lambda row: (row["with_faces"] / row["panels"], row["title"], row["episode"]))
    rows = [
        (
            h.name(f"{row['title']} / {row['episode']}"),
            h.bar(row["with_faces"] / row["panels"]),
            percent(row["with_faces"] / row["panels"]),
            count(row["panels"]),
            count(row["faces"]),
            count(row["kept"]),
        )
        for row in known[:10]
    ]
    if not rows:
        return h.text("")
    head = ("Episode", "Panels with a face", "Share", "Panels", "Faces", "Kept")
    note = f"The {len(rows)} of {len(known):,} with the smallest share of panels with a face."
    return join([tag("h3", "Emptiest episodes"), lead(note), h.table(head, rows, "tbnnnn")])

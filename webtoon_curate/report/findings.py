"""What is wrong with a dataset, in words and numbers, worst first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from webtoon_curate.report.html import shortened
from webtoon_curate.wording import plural

GROUPS = ("woman_no_glasses", "man_no_glasses", "woman_glasses", "man_glasses")
FEW = 50
"""Faces of a group under which networks are better trained by few-shot methods."""
UNEVEN, VERY_UNEVEN = 3, 10
"""Largest to smallest group. 1050 to 38, which is 28, cost the first users of such sets months."""
UNKNOWN_SHARE = 0.2
"""Of kept faces without a group: from there on the groups' counts say little."""
TITLE_SHARE = 0.5
"""Of kept faces from one title: a network then learns that artist's hand."""
DUPLICATE_SHARE = 0.1
LEFT_OUT_SHARE = 0.5
"""Of all faces."""
LOW_QUALITY, LOW_QUALITY_SHARE = 0.5, 0.2
TURNED = 0.05
"""Of kept faces at 30 degrees of yaw or more."""
SEVERITIES = ("serious", "warning", "note")
PROVEN = ("component", "duplicate_cluster", "pixels", "scene")
"""What may never lie on two sides; characters, episodes and titles may, by choice."""
THINGS = {
    "component": "linked faces", "duplicate_cluster": "duplicate clusters",
    "pixels": "identical pictures", "scene": "scenes", "character": "characters",
    "episode": "episodes", "title": "titles",
}  # fmt: skip

Finding = dict[str, Any]


def findings(data: dict[str, Any]) -> list[Finding]:
    """What is wrong, worst first.

    Args:
        data: of `report_data`, all else filled in.

    Returns:
        Dicts with `severity` (`SEVERITIES`), `weight` (the larger the worse, within a severity),
        `title`, `text`, `section` (of the page) and `command` that helps, or None.
    """
    if not data["totals"]["faces"]:
        text = f"{data['totals']['panels']:,} panels were looked at."
        found = [_finding("serious", 9, "There are no faces", text, "detection", "detect")]
        return found + list(_rejects(data))
    parts = (_splits, _groups, _detection, _titles, _duplicates, _filters, _quality, _rejects)
    found = [finding for part in parts for finding in part(data)]
    return sorted(found, key=lambda row: (SEVERITIES.index(row["severity"]), -row["weight"]))


def _finding(
    severity: str, weight: float, title: str, text: str, section: str, command: str | None = None
) -> Finding:
    return {
        "severity": severity,
        "weight": round(float(weight), 4),
        "title": title,
        "text": text,
        "section": section,
        "command": command,
    }


def _splits(data: dict[str, Any]) -> Iterator[Finding]:
    proof = data["splits"]["proof"]
    for kind in PROVEN:
        row = proof.get(kind)
        if row and row["crossing"]:
            names = ", ".join(shortened(example["name"]) for example in row["examples"][:2])
            yield _finding(
                "serious",
                10 + row["crossing"] / row["things"],
                f"The split leaks: {row['crossing']:,} of {row['things']:,} {THINGS[kind]} on two "
                "sides",
                f"Such as {names}. What is measured on the validation or test side is too good.",
                "splits",
                "split",
            )
    if not proof:
        return
    held = {row["split"] for row in data["splits"]["rows"]}
    for group in data["groups"]:
        missing = [
            side
            for side in sorted(held)
            if not _split_faces(data, group["name"], side) and group["kept"]
        ]
        if missing and group["name"] in GROUPS:
            sides = " and ".join(missing)
            kept = plural(group["kept"], "kept face")
            text = f"It has {kept}, elsewhere: nothing is measured there."
            title = f"{words(group['name'])} is missing from {sides}"
            yield _finding("warning", 2, title, text, "splits", "split")


def _split_faces(data: dict[str, Any], group: str, side: str) -> int:
    rows = data["splits"]["rows"]
    return sum(row["kept"] for row in rows if (row["group"], row["split"]) == (group, side))


def _groups(data: dict[str, Any]) -> Iterator[Finding]:
    if not data["totals"]["groups"]:
        return
    kept = {row["name"]: row["kept"] for row in data["groups"]}
    known = {name: count for name, count in kept.items() if name != "unknown" and count}
    absent = [name for name in GROUPS if not kept.get(name)]
    if absent:
        names = _list([words(name).lower() for name in absent])
        text = "A network trained on this set will not have seen any."
        yield _finding("serious", 3, f"No faces of {names}", text, "groups", "review")
    if len(known) > 1:
        small, large = (pick(known, key=lambda name: (known[name], name)) for pick in (min, max))
        ratio = known[large] / known[small]
        if ratio >= UNEVEN:
            severity = "serious" if ratio >= VERY_UNEVEN else "warning"
            title = f"Groups are {ratio:.1f} to 1: {known[large]:,} against {known[small]:,}"
            text = (
                f"{words(large)} has {plural(known[large], 'kept face')}, {words(small).lower()} "
                f"{known[small]:,}. Sampling weights and caps of the split even it out; only more "
                "faces add variety."
            )
            yield _finding(severity, 4 + ratio / 1000, title, text, "groups", "split")
    few = {name: count for name, count in known.items() if count < FEW}
    if few:
        names = _list([f"{words(name).lower()} ({few[name]:,})" for name in sorted(few)])
        title = f"{len(few)} group{'s have' if len(few) > 1 else ' has'} under {FEW} faces"
        text = f"{names}. Train them few-shot, from a network of the others, or find more."
        yield _finding("warning", 3, title, _capital(text), "groups")
    unknown = 1 - sum(known.values()) / max(data["totals"]["kept"], 1)
    if unknown > UNKNOWN_SHARE:
        title = f"{unknown:.0%} of kept faces are in no group"
        text = "No gender and glasses, or unknown. Say them by hand, the surest use of an hour."
        yield _finding("warning", 1 + unknown, title, text, "groups", "review")


def _detection(data: dict[str, Any]) -> Iterator[Finding]:
    for row in data["titles"]:
        if row["stands_out"]:
            title = f"Few faces found in {shortened(row['title'])}"
            text = (
                f"{row['share']:.0%} of its {row['panels']:,} panels have one (95% interval "
                f"{row['low']:.0%} to {row['high']:.0%}), far less than in the other titles. The "
                "detector may fail on this style: look at its pages."
            )
            yield _finding("serious", 5 + 1 - row["share"], title, text, "detection", "review")
    empty = [row for row in data["episodes"] if row["faces"] == 0]
    if empty:
        names = _list([shortened(f"{row['title']}/{row['episode']}") for row in empty[:3]])
        more = f" and {len(empty) - 3:,} more" if len(empty) > 3 else ""
        title = f"{plural(len(empty), 'episode')} without a face"
        yield _finding("warning", 1, title, f"{names}{more}.", "detection", "review")
    waiting = [row for row in data["episodes"] if row["faces"] is None]
    if waiting:
        title = f"{plural(len(waiting), 'episode')} not looked at"
        text = "Its pages are cut into scenes, but no detector has run since."
        yield _finding("warning", 1.5, title, text, "detection", "detect")


def _titles(data: dict[str, Any]) -> Iterator[Finding]:
    kept = data["totals"]["kept"]
    largest = max(data["titles"], key=lambda row: row["kept"], default=None)
    if largest and len(data["titles"]) > 1 and largest["kept"] > TITLE_SHARE * kept:
        share = largest["kept"] / kept
        title = f"{share:.0%} of kept faces are of one title"
        text = f"{shortened(largest['title'])} has {largest['kept']:,} of {kept:,}: cap it."
        yield _finding("warning", share, title, text, "detection", "split")
    unlicensed = sum(row["kept"] for row in data["licenses"] if row["license"] is None)
    if unlicensed:
        title = f"{unlicensed / kept:.0%} of kept faces have no licence"
        text = (
            f"Nobody said the licence of the pages of {unlicensed:,}: give it to the command that "
            "read them, with --license."
        )
        yield _finding("note", 2 + unlicensed / kept, title, text, "licences")


def _duplicates(data: dict[str, Any]) -> Iterator[Finding]:
    extra, faces = data["duplicates"]["extra"], data["totals"]["faces"]
    if extra:
        severity = "warning" if extra > DUPLICATE_SHARE * faces else "note"
        title = f"{plural(extra, 'repeated face')}"
        clusters = plural(data["duplicates"]["clusters"], "cluster")
        text = f"{extra / faces:.0%} of all, in {clusters}. Exports leave them out."
        yield _finding(severity, extra / faces, title, text, "duplicates")


def _filters(data: dict[str, Any]) -> Iterator[Finding]:
    faces, kept = data["totals"]["faces"], data["totals"]["kept"]
    if not kept:
        text = "Filters and people left all of them out."
        yield _finding("serious", 8, "No face is kept", text, "left-out", "detect")
    elif kept < (1 - LEFT_OUT_SHARE) * faces:
        most = data["left_out"][0]
        title = f"{1 - kept / faces:.0%} of faces are left out"
        text = f"Most often for {words(most['name']).lower()}: {most['faces']:,} of {faces:,}."
        if most["name"] == "short_edge":
            text += " Pages of higher resolution would help more than a lower limit."
        yield _finding("warning", 1 - kept / faces, title, text, "left-out")


def _quality(data: dict[str, Any]) -> Iterator[Finding]:
    low = share_between(data["histograms"]["quality"], 0, LOW_QUALITY)
    if low is not None and low > LOW_QUALITY_SHARE:
        title = f"{low:.0%} of landmarks are doubtful"
        text = f"Their quality is under {LOW_QUALITY}. Mend them by hand, or leave them out."
        yield _finding("warning", low, title, text, "quality", "review")
    yaw = data["histograms"]["yaw"]
    inside = share_between(yaw, -30, 30)
    if inside is not None and yaw["count"] >= FEW and 1 - inside < TURNED:
        title = f"Only {1 - inside:.0%} of faces are turned by 30° or more"
        text = "A network will draw frontal faces only."
        yield _finding("note", 1, title, text, "pose")


def _rejects(data: dict[str, Any]) -> Iterator[Finding]:
    total = sum(row["count"] for row in data["rejects"])
    if total:
        most = data["rejects"][0]
        title = f"{plural(total, 'input')} refused"
        text = f"Most often ({most['count']:,}) by {most['stage']}: {shortened(most['reason'])}"
        yield _finding("warning", 0.5, title, text, "rejects")


def share_between(histogram: dict[str, Any], low: float, high: float) -> float | None:
    """The share of kept values between two of the edges; None without values."""
    if not histogram["count"]:
        return None
    pairs = zip(histogram["edges"], histogram["kept"])
    return sum(count for edge, count in pairs if low <= edge < high) / histogram["count"]


_NAMES = {
    "woman_no_glasses": "Women without glasses",
    "man_no_glasses": "Men without glasses",
    "woman_glasses": "Women with glasses",
    "man_glasses": "Men with glasses",
    "bad_box": "Impossible box",
    "short_edge": "Too small",
    "aspect": "Too long or wide",
    "blank_edge": "Cut off by the page",
    "duplicate": "Repeats another face",
    "not_a_face": "Not a face",
    "covered": "Covered",
    "quality": "Doubtful landmarks",
}


def words(name: str | None) -> str:
    """A group, color or reason as people say it."""
    if name is None:
        return "None"
    return _NAMES.get(name) or _capital(shortened(name).replace("_", " "))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

"""What several sections of the page are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from webtoon_curate.report.findings import GROUPS, words
from webtoon_curate.report.html import Html, join, name, picture, tag, text
from webtoon_curate.report.samples import Pictures
from webtoon_curate.wording import quoted

NAMES = ("title", "duplicate_cluster")
"""Sheets whose rows have names of their own, no words that this program gives."""
SHOWN = 40
"""Rows of a table at most; the data has all."""


@dataclass(frozen=True)
class Section:
    """A part of the page, which the contents at its side lead to."""

    id: str
    title: str
    content: Html

    def html(self) -> Html:
        """It with its heading."""
        return tag("section", tag("h2", self.title), self.content, id=self.id)


def group_class(group: str | None) -> str:
    """The class of a group's color."""
    return f"g{GROUPS.index(group)}" if group in GROUPS else "g4"


def key(items: Iterable[tuple[str, object]]) -> Html:
    """The meaning of colors: (class, words)."""
    return tag("ul", *(tag("li", tag("i", class_=c), label) for c, label in items), class_="key")


def lead(value: str) -> Html:
    """A section's first words."""
    return tag("p", value, class_="soft")


def missing(what: str, command: str, data: dict[str, Any]) -> Html:
    """What is not there yet, and the command that makes it."""
    line = command_line(command, data)
    return tag("p", f"{what} ", tag("code", line), class_="missing")


def command_line(command: str, data: dict[str, Any]) -> str:
    """How a command is called for this dataset."""
    return f"webtoon-curate {command} {quoted(data['dataset'])}"


def sheet(
    rows: Sequence[dict[str, Any]],
    pictures: Pictures,
    counts: dict[Any, int],
    named: Callable[[str], str] = words,
) -> Html:
    """A contact sheet: a line of faces a row, with its name and number of faces."""
    lines = []
    for row in rows:
        faces = [(face, pictures.address(face["crop"])) for face in row["faces"]]
        shown = [picture(address, face["face_id"]) for face, address in faces if address]
        number = counts.get(row["name"])
        small = tag("small", f"{number:,}") if number is not None else ""
        if shown:
            heading = tag("h4", name(named(row["name"])), small)
            lines.append(tag("div", heading, tag("div", *shown, class_="faces"), class_="sheet"))
    return join(lines)


def sheet_or_why(
    kind: str, data: dict[str, Any], pictures: Pictures, counts: dict[Any, int]
) -> Html:
    """A contact sheet, or why there is none."""
    html = sheet(data["sheets"][kind], pictures, counts, str if kind in NAMES else words)
    if html:
        return html
    if data["totals"]["crops"]:
        return tag("p", "No crop of these faces can be shown.", class_="soft")
    return missing("Contact sheets are made of crops, and there are none.", "detect", data)


def rest(shown: int, total: int, what: str) -> Html:
    """How many rows the table does not show."""
    if total <= shown:
        return text("")
    return tag("p", f"And {total - shown:,} more {what}: --json prints all.", class_="soft")

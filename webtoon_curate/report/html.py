"""HTML from data: every text is escaped where it becomes HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files

_STRANGE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LONGEST = 120
"""Characters of a name that are shown."""
_NARROW = 4
"""Columns up to which a table is kept narrow, so that the eye finds the end of its lines."""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Nothing is fetched and nothing runs, whatever the names in a dataset are."""


class Html(str):
    """Text that is HTML already; all other text is escaped."""


def text(value: object) -> Html:
    """A value as HTML: escaped, without control characters. `Html` stays as it is."""
    if isinstance(value, Html):
        return value
    return Html(html.escape(_STRANGE.sub("\ufffd", str(value))))


def name(value: object) -> Html:
    """A name out of a dataset: its writing direction stays its own, and it is cut where it is
    longer than anybody reads."""
    return tag("bdi", value if isinstance(value, Html) else shortened(str(value)))


def shortened(value: str) -> str:
    """A name of at most `LONGEST` characters."""
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"


def tag(element: str, *content: object, **attributes: object) -> Html:
    """An element.

    Args:
        element: its name.
        content: `Html`, or text that is escaped.
        attributes: `class_` is `class`, `aria_label` is `aria-label`; None leaves one out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{element}{given}>{join(content)}</{element}>")


def picture(address: str, about: str) -> Html:
    """An inline picture; `address` is a data address, which is not cut."""
    return Html(f'<img src="{html.escape(address)}" alt="{text(shortened(about))}">')


def join(parts: Iterable[object]) -> Html:
    """Parts one after the other."""
    return Html("".join(text(part) for part in parts))


def table(head: Sequence[object], rows: Iterable[Sequence[object]], kinds: str) -> Html:
    """A table that scrolls by itself where it is wider than the screen.

    Args:
        head: of each column.
        rows: of cells.
        kinds: a letter a column: `t` text, `n` number, `b` bar.
    """
    classes = {"t": None, "n": "n", "b": "b"}

    def line(cells: Sequence[object], element: str) -> Html:
        return tag("tr", *(tag(element, cell, class_=classes[k]) for cell, k in zip(cells, kinds)))

    body = join(line(row, "td") for row in rows)
    content = join([tag("thead", line(head, "th")), tag("tbody", body)])
    class_ = "narrow" if len(kinds) <= _NARROW else None
    return tag("div", tag("table", content, class_=class_), class_="scroll", tabindex="0")


def part(number: int, total: int) -> Html:
    """A count and its share of a total, in columns of their own."""
    return join([count(number), " ", tag("small", percent(number / (total or 1)), class_="part")])


def bar(share: float, class_: str = "") -> Html:
    """A horizontal bar that fills a share of its cell."""
    width = f"width:{100 * min(max(share, 0.0), 1.0):.1f}%"
    return tag("span", tag("i", class_=class_ or None, style=width), class_="bar")


def stack(shares: Iterable[tuple[float, str]], label: str) -> Html:
    """A bar of parts, each a share and a class."""
    parts = [tag("i", class_=class_, style=f"width:{100 * share:.2f}%") for share, class_ in shares]
    return tag("span", *parts, class_="bar stack", role="img", aria_label=label)


def swatch(rgb: Sequence[int] | None) -> Html:
    """A small square of a color."""
    if rgb is None:
        return Html("")
    return tag("i", class_="swatch", style="background:rgb({},{},{})".format(*rgb))


def count(value: float | None) -> str:
    """A number with thousands apart; a dash for None."""
    return "–" if value is None else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """A share as a whole percentage; small ones keep a digit."""
    if value is None:
        return "–"
    return f"{value:.1%}" if 0 < value < 0.01 else f"{value:.0%}"


def document(title: str, body: Html) -> str:
    """The whole page."""
    style = files("webtoon_curate.report").joinpath("static/report.css").read_text("utf-8")
    head = [
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", title),
        Html(f"<style>{style}</style>"),
    ]
    return f'<!doctype html>\n<html lang="en">\n<head>{join(head)}</head>\n{body}\n</html>\n'

"""The report's plots as inline SVG: classes give the colors, so that they follow light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webtoon_curate.landmarks.points import CONTOURS
from webtoon_curate.report.html import Html, count, tag

_WIDTH, _HEIGHT, _FOOT, _HEAD = 300, 132, 18, 14
_TICKS = 5
_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_FOOT, _SPARK_STEP = 120, 18, 3, 9
"""Pixels of a sparkline: its bars, the mark of a 0 below them, and a bar with its gap at most."""
_SHAPE = 240
_REACH = 2.1
"""Root mean square radii of a face that a plot of shapes shows to each side."""


def histogram(data: dict[str, Any], unit: str, other: dict[str, Any] | None = None) -> Html:
    """Bars of what is kept, what is left out above them in grey; `other` as a line over them.

    Args:
        data: of `Histogram.data`; bins are drawn equally wide.
        unit: behind the numbers of the axis.
        other: of a second dataset with the same edges: both are then drawn as shares of the kept.
    """
    edges, n = data["edges"], len(data["kept"])
    kept, left = data["kept"], data["left_out"]
    if other is not None:
        kept, left = [value / max(data["count"], 1) for value in kept], [0] * n
        line = [value / max(other["count"], 1) for value in other["kept"]]
    else:
        line = []
    top = max([a + b for a, b in zip(kept, left)] + line + [1e-9])
    step, tall = _WIDTH / n, _HEIGHT - _FOOT - _HEAD
    parts = []
    for i in range(n):
        x = i * step + 0.5
        high, above = tall * kept[i] / top, tall * left[i] / top
        base = _HEAD + tall
        for y, height, class_ in ((base - high, high, "kept"), (base - high - above, above, "out")):
            if height > 0:
                parts.append(_rect(x, y, step - 1, height, class_))
    if line:
        points = []
        for i, value in enumerate(line):
            y = _HEAD + tall * (1 - value / top)
            points += [f"{i * step:.1f},{y:.1f}", f"{(i + 1) * step:.1f},{y:.1f}"]
        parts.append(tag("polyline", points=" ".join(points), class_="other"))
    parts.append(_line(0, _HEAD + tall, _WIDTH, _HEAD + tall))
    parts.append(tag("line", x1=0, y1=_HEAD, x2=_WIDTH, y2=_HEAD, class_="top"))
    highest = f"{top:.0%}" if other is not None else count(top)
    parts.append(tag("text", highest, x=0, y=10))
    for i in _ticks(edges):
        anchor = "start" if i == 0 else "end" if i == n else "middle"
        label = f"{edges[i]:g}{unit}"
        parts.append(tag("text", label, x=f"{i * step:.1f}", y=_HEIGHT - 4, text_anchor=anchor))
    return tag("svg", *parts, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", class_="plot", aria_hidden="true")


def sparkline(values: Sequence[int | None], label: str) -> Html:
    """Thin bars, one a value; a gap where it is None and a mark below where it is 0."""
    n = max(len(values), 1)
    top = max([value or 0 for value in values] + [1])
    step = min(_SPARK_WIDTH / n, _SPARK_STEP)
    parts = []
    for i, value in enumerate(values):
        if value:
            high = max(1.0, _SPARK_HEIGHT * value / top)
            top_edge = _SPARK_HEIGHT - high
            parts.append(_rect(i * step, top_edge, max(step - 1, step * 0.8), high, "kept"))
        elif value == 0:
            mark = _SPARK_FOOT - 1
            parts.append(_rect(i * step, _SPARK_HEIGHT + 1, max(step - 1, step * 0.8), mark, "bad"))
    box = f"0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT + _SPARK_FOOT}"
    return tag(
        "svg", *parts, viewBox=box, class_="spark", role="img", aria_label=label,
        preserveAspectRatio="none",
    )  # fmt: skip


def shape(data: dict[str, Any], other: dict[str, Any] | None = None, spread: bool = True) -> Html:
    """The mean face in lines, with an ellipse of one standard deviation at each point.

    Args:
        data: of `Spread.data`, with a mean.
        other: a second shape, drawn behind.
        spread: draw the ellipses.
    """
    parts = []
    if spread:
        for (x, y), (a, b, angle) in zip(data["mean"], data["ellipses"]):
            cx, cy, unit = *_place(x, y), _SHAPE / (2 * _REACH)
            turn = f"rotate({angle:.1f} {cx:.1f} {cy:.1f})"
            size = {"rx": f"{min(a, 1) * unit:.1f}", "ry": f"{min(b, 1) * unit:.1f}"}
            parts.append(tag("ellipse", cx=f"{cx:.1f}", cy=f"{cy:.1f}", **size, transform=turn))
    for mean, class_ in ((other and other["mean"], "other"), (data["mean"], "face")):
        for contour in CONTOURS if mean else ():
            points = [mean[index] for index in contour.points]
            points += points[:1] if contour.closed else []
            line = " ".join("{:.1f},{:.1f}".format(*_place(*point)) for point in points)
            parts.append(tag("polyline", points=line, class_=class_))
    return tag("svg", *parts, viewBox=f"0 0 {_SHAPE} {_SHAPE}", class_="shape", aria_hidden="true")


def curve(points: Sequence[tuple[float, float]]) -> Html:
    """A line through (x, y) points, with the range of both axes written at it."""
    (x0, x1), (y0, y1) = ((min(v), max(v)) for v in zip(*points))
    tall, wide = _HEIGHT - _FOOT - _HEAD, _WIDTH
    line = " ".join(
        f"{wide * (x - x0) / ((x1 - x0) or 1):.1f},"
        f"{_HEAD + tall * (1 - (y - y0) / ((y1 - y0) or 1)):.1f}"
        for x, y in points
    )
    parts = [
        _line(0, _HEAD + tall, wide, _HEAD + tall),
        tag("polyline", points=line, class_="face"),
        tag("text", f"{y1:.4g}", x=0, y=10),
        tag("text", f"{y0:.4g}", x=0, y=_HEAD + tall - 4),
        tag("text", count(x0), x=0, y=_HEIGHT - 4),
        tag("text", count(x1), x=wide, y=_HEIGHT - 4, text_anchor="end"),
    ]
    return tag("svg", *parts, viewBox=f"0 0 {wide} {_HEIGHT}", class_="plot", aria_hidden="true")


def _place(x: float, y: float) -> tuple[float, float]:
    return _SHAPE * (0.5 + x / (2 * _REACH)), _SHAPE * (0.5 + y / (2 * _REACH))


def _ticks(edges: Sequence[float]) -> list[int]:
    """Indices of edges to write a number at: the ends, the middle and between."""
    n = len(edges) - 1
    step = next((s for s in range(1, n + 1) if n % s == 0 and n // s <= _TICKS), n)
    return list(range(0, n + 1, step))


def _rect(x: float, y: float, width: float, height: float, class_: str) -> Html:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.2f}", "height": f"{height:.1f}"}
    return tag("rect", **place, class_=class_)


def _line(x1: float, y1: float, x2: float, y2: float) -> Html:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2)

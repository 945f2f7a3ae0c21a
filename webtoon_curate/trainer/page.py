"""A run as one HTML file: curves of its losses and its samples, in the report's looks."""

from __future__ import annotations

import base64
import io
import json
import math
from pathlib import Path
from typing import Any

from webtoon_curate.errors import ImageError
from webtoon_curate.files import replacing
from webtoon_curate.images import decode
from webtoon_curate.report import html as h
from webtoon_curate.report import svg
from webtoon_curate.report.html import Html, join, tag
from webtoon_curate.report.page import whole
from webtoon_curate.report.parts import Section
from webtoon_curate.wording import plural

PAGE_FILE = "index.html"
MEASURES = "measures.json"
POINTS = 300
"""Of a curve: one for each unit of its width; means of more."""
PICTURES = 8
"""Samples that are shown, the first and the last among them."""
WIDEST = 720
"""Pixels to which samples are reduced, so that the page stays around a megabyte."""
_WEBP = {"quality": 80, "method": 4}
_RATE = "rate"


def write_page(folder: Path) -> Path:
    """Write `index.html` in a run's folder: it stands alone, without a script.

    Args:
        folder: with `metrics.jsonl`, `samples/<step>.png`, `config.json`, `best.json` and
            `measures.json`, of which any may be missing.

    Returns:
        The page's path.
    """
    curves = _curves(folder / "metrics.jsonl")
    steps = max((points[-1][0] for points in curves.values()), default=0)
    name = folder.resolve().name
    header = tag(
        "header", tag("h1", h.name(name)), tag("p", _said(folder, int(steps)), class_="lead")
    )
    sections = [
        Section("losses", "Losses", _figures(curves)),
        Section("samples", "Samples", _samples(folder / "samples")),
        Section("measures", "Measured at the end", _measures(folder / MEASURES)),
        Section("settings", "Settings", _settings(folder / "config.json")),
    ]
    text = whole(f"{name}: training", header, sections)
    path = folder / PAGE_FILE
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    return path


def _curves(path: Path) -> dict[str, list[tuple[float, float]]]:
    """(step, value) of each number that was logged; `POINTS` of each at most."""
    found: dict[str, list[tuple[float, float]]] = {}
    for line in _lines(path):
        step = line.get("step")
        for name, value in line.items():
            if name != "step" and _finite(step) and _finite(value):
                found.setdefault(name, []).append((float(step), float(value)))
    return {name: _thinned(points) for name, points in found.items()}


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    lines = []
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:  # the last line of a killed run
            continue
        if isinstance(value, dict):
            lines.append(value)
    return lines


def _finite(value: object) -> bool:
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return known and math.isfinite(value)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Means of as many neighbours as it takes; each stands at its last step."""
    size = -(-len(points) // POINTS)
    parts = (points[at : at + size] for at in range(0, len(points), size))
    return [(part[-1][0], sum(value for _, value in part) / len(part)) for part in parts]


def _said(folder: Path, steps: int) -> str:
    said = f"{plural(steps, 'step')}."
    best = _json(folder / "best.json")
    if _finite(best.get("score")) and _finite(best.get("step")):
        said += f" Best held-out score {best['score']:.5g}, at step {best['step']:,.0f}."
    return said


def _figures(curves: dict[str, list[tuple[float, float]]]) -> Html:
    if not curves:
        return tag("p", "Nothing is logged yet.", class_="soft")
    figures = []
    for name in sorted(curves, key=lambda name: (name == _RATE, name)):
        points = curves[name]
        label = "samples a second" if name == _RATE else h.shortened(name)
        caption = tag("figcaption", tag("b", label), f" now {points[-1][1]:.4g}")
        figures.append(tag("figure", caption, svg.curve(points)))
    return tag("div", *figures, class_="plots")


def _samples(folder: Path) -> Html:
    paths = sorted(path for path in folder.glob("*.png") if path.stem.isdecimal())
    last = len(paths) - 1
    count = min(PICTURES, len(paths))
    chosen = sorted({round(i * last / max(count - 1, 1)) for i in range(count)}, reverse=True)
    figures = []
    for path in (paths[i] for i in chosen):
        address = _address(path)
        if address:
            about = f"Step {int(path.stem):,}"
            caption = tag("figcaption", tag("b", about))
            figures.append(tag("figure", caption, h.picture(address, about)))
    if not figures:
        return tag("p", "Nothing is drawn yet.", class_="soft")
    return tag("div", *figures, class_="drawn")


def _address(path: Path) -> str | None:
    from PIL import Image

    try:
        image = Image.fromarray(decode(path))
    except (ImageError, OSError):
        return None
    image.thumbnail((WIDEST, 4 * WIDEST))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", **_WEBP)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _measures(path: Path) -> Html:
    found = _json(path)
    if not found:
        return tag("p", "Nothing is measured yet.", class_="soft")
    groups, ignored = found.pop("groups", []), found.pop("ignored", [])
    for part, ratio in found.pop("condition", {}).items():
        told = f"{ratio:.2f}" if _finite(ratio) else ratio
        found[f"other {part}"] = f"{told}, ignored" if part in ignored else told
    numbers = [
        (h.name(name), f"{value:.4g}" if _finite(value) else h.name(value))
        for name, value in found.items()
    ]
    rows = [[h.name(row.get(key)) for key in ("source", "output", "faces")] for row in groups]
    table = h.table(("Source", "became", "faces"), rows, "ttn") if rows else join([])
    return join([h.table(("Measure", ""), numbers, "tt"), table])


def _settings(path: Path) -> Html:
    rows = [(h.name(name), h.name(value)) for name, value in sorted(_json(path).items())]
    return h.table(("Setting", ""), rows, "tt") if rows else join([])


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}

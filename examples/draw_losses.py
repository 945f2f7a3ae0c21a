"""Draws the losses of a run, or of the bundled networks, one small picture each.

    python examples/draw_losses.py runs/faces/metrics.jsonl losses.svg

Those of the bundled networks lie beside their cards, webtoon_curate/models/cards/*.metrics.jsonl.

A line is the mean of twenty lines of the log.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDE, TALL, ROW = 210, 120, 4
"""Pixels of a small picture, and how many are in a row."""
MEAN, EACH = 20, 4
"""Lines of the log of which a point is the mean, and from point to point."""
SHOWN = (1, 99)
"""Percentiles that are the foot and the top of a small picture."""
NO_LOSSES = ("step", "rate", "learning_rate")


def small_picture(
    name: str, steps: NDArray[np.float64], values: NDArray[np.float64], x: float, y: float
) -> str:
    """One loss in SVG, its corner at (x, y)."""
    low, high = np.percentile(values, SHOWN)
    across = x + 8 + (WIDE - 16) * steps / steps.max()
    up = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
    down = y + TALL - 8 - (TALL - 32) * up
    mean = np.convolve(np.pad(down, MEAN // 2, "edge"), np.ones(MEAN) / MEAN, "valid")
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in list(zip(across, mean))[::EACH])
    return (
        f'<text x="{x + 8}" y="{y + 16}">{name}: {low:.3g} to {high:.3g}</text>'
        f'<polyline points="{line}" fill="none" stroke="#036"/>'
    )


def main(log: Path, out: Path) -> None:
    """Reads a log and writes the picture."""
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    names = [name for name in rows[-1] if name not in NO_LOSSES]
    pictures = []
    for number, name in enumerate(names):
        known = np.array([(row["step"], row[name]) for row in rows if name in row], float)
        corner = number % ROW * WIDE, number // ROW * TALL
        pictures.append(small_picture(name, *known.T, *corner))
    width, height = min(len(names), ROW) * WIDE, -(-len(names) // ROW) * TALL
    out.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        + "\n".join(pictures) + "</svg>\n",
        encoding="utf-8",
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

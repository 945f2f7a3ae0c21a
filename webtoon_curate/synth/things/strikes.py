"""What strikes across a whole panel or frames it: splashes, smoke, bolts, magic, windows, roses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from webtoon_curate.synth.ink import Ink
from webtoon_curate.synth.things.distractors import DISTRACTORS
from webtoon_curate.synth.things.things import roses_along_borders

Drawn = Callable[[Ink, np.random.Generator, float, float], None]


def _roses(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    count = int(rng.integers(2, 8))
    roses_along_borders(ink, rng, width, height, count, (-0.04, 0.06), (0.1, 0.28))


def _struck(name: str, most: int, small: float, large: float) -> Drawn:
    """Draws one to `most` of one of `DISTRACTORS` anywhere in the panel, sizes in shorter sides."""

    def draw(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
        for _ in range(int(rng.integers(1, most + 1))):
            x, y = rng.uniform(0, width), rng.uniform(0, height)
            size = min(width, height) * rng.uniform(small, large)
            DISTRACTORS[name](ink, rng, x, y, size)

    return draw


STRIKES: dict[str, Drawn] = {
    "roses": _roses,
    "splash": _struck("splash", 3, 0.15, 0.7),
    "cut": _struck("cut", 2, 0.5, 1.2),
    "smoke": _struck("smoke", 3, 0.3, 0.9),
    "lightning": _struck("lightning", 2, 0.5, 1.3),
    "circle": _struck("circle", 1, 0.3, 0.9),
    "status": _struck("status", 1, 0.3, 0.7),
}
SHARES = {
    "roses": 0.015, "splash": 0.01, "cut": 0.008, "smoke": 0.01, "lightning": 0.005,
    "circle": 0.005, "status": 0.007,
}  # fmt: skip
"""Of panels."""

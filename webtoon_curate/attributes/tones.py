"""The tones of a drawn part: clusters of its pixels in OKLab, and which of them is the paint.

Pixels are counted in small bins; each bin climbs to the densest bin near it (quick shift: Vedaldi
and Soatto 2008), and the bins of one hill are a tone. That needs no number of tones and no chance.
A part that is drawn in a base and a shadow tone has the base tone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BIN = np.array([0.02, 0.015, 0.015], np.float32)
"""Size of a bin in OKLab: about what an eye tells apart side by side."""
MOST_BINS = 96
"""Bins with the most pixels; the rest are edges and grain."""
BANDWIDTH = 0.02
"""Standard deviation of the density, OKLab."""
REACH = 0.045
"""How far a bin looks for a denser one; tones closer than this are one."""
SAME = 0.03
"""Pixels this near a tone's middle have its color."""


@dataclass(frozen=True)
class Tones:
    """The tones of a part, those of most pixels first.

    Attributes:
        middles: (n, 3) float32 OKLab.
        shares: (n,) float32, of the part's pixels, 0-1.
        spreads: (n,) float32, mean distance of a tone's pixels from its middle, OKLab.
    """

    middles: Floats
    shares: Floats
    spreads: Floats

    def __len__(self) -> int:
        return len(self.shares)

    def __getitem__(self, which: NDArray[np.bool_]) -> Tones:
        return Tones(self.middles[which], self.shares[which], self.spreads[which])


def tones_of(colors: Floats) -> Tones:
    """The tones of pixels.

    Args:
        colors: (n, 3) float32 OKLab; n at least 1.
    """
    bins, counts = _binned(colors)
    apart = np.linalg.norm(bins[:, None] - bins[None], axis=2)
    density = np.exp(-0.5 * (apart / BANDWIDTH) ** 2) @ counts
    top = _tops(apart, density)
    peaks, member = np.unique(top, return_inverse=True)
    weight = np.bincount(member, counts, len(peaks))
    middles = _climbed(bins[peaks], bins, counts)
    away = np.linalg.norm(bins - middles[member], axis=1)
    spreads = np.bincount(member, away * counts, len(peaks)) / weight
    order = np.lexsort((peaks, -weight))
    shares = weight[order] / len(colors)
    return Tones(
        middles[order].astype(np.float32),
        shares.astype(np.float32),
        spreads[order].astype(np.float32),
    )


def _binned(colors: Floats) -> tuple[Floats, Floats]:
    """Mean color and number of pixels of the fullest bins."""
    cells = np.floor(colors / BIN).astype(np.int64) + 128
    codes = (cells[:, 0] << 20) | (cells[:, 1] << 10) | cells[:, 2]
    _, where, counts = np.unique(codes, return_inverse=True, return_counts=True)
    where = where.reshape(-1)
    sums = np.stack([np.bincount(where, colors[:, i]) for i in range(3)], axis=1)
    fullest = np.sort(np.argsort(-counts, kind="stable")[:MOST_BINS])
    return (
        (sums[fullest] / counts[fullest, None]).astype(np.float32),
        counts[fullest].astype(np.float32),
    )


def _tops(apart: Floats, density: Floats) -> NDArray[np.intp]:
    """The bin on top of each bin's hill."""
    rank = np.empty(len(density), np.intp)
    rank[np.argsort(-density, kind="stable")] = np.arange(len(density))
    higher = np.where(rank[None] < rank[:, None], apart, np.inf)
    parent = np.where(higher.min(axis=1) <= REACH, higher.argmin(axis=1), np.arange(len(density)))
    while True:
        grand = parent[parent]
        if (grand == parent).all():
            return parent
        parent = grand


def _climbed(peaks: Floats, bins: Floats, counts: Floats) -> Floats:
    """Two steps of mean shift from the fullest bins of the hills."""
    for _ in range(2):
        near = np.linalg.norm(peaks[:, None] - bins[None], axis=2) <= SAME
        weights = near * counts
        peaks = weights @ bins / weights.sum(axis=1, keepdims=True)
    return peaks


def base_tone(tones: Tones, least: float, first: int = 0) -> int:
    """Which tone is the paint: not its shadow, not its highlight.

    From the first tone, that of most pixels, it goes to the lightest tone of the same paint that
    still has a share of `least` of it: a shadow may be larger than the lit side, a highlight is
    small.

    Args:
        tones: of one part.
        least: 0-1.
        first: which tone is surely of the part.

    Returns:
        Its index.
    """
    same = of_one_paint(tones, first)
    lit = same & (tones.shares >= least * tones.shares[same].sum())
    lit[first] = True
    return int(np.flatnonzero(lit)[tones.middles[lit, 0].argmax()])


GREYISH = 0.035
"""Chroma below which a tone has no hue worth comparing, OKLab."""
HUE_APART, LIGHTNESS_APART = 45.0, 0.45
"""Degrees of hue, and lightness, within which light and shadow of one paint lie."""


def of_one_paint(tones: Tones, first: int = 0) -> NDArray[np.bool_]:
    """(n,) which tones may be light and shadow of the paint of the first one."""
    lightness, chroma = tones.middles[:, 0], np.hypot(tones.middles[:, 1], tones.middles[:, 2])
    hue = np.degrees(np.arctan2(tones.middles[:, 2], tones.middles[:, 1]))
    turned = np.abs((hue - hue[first] + 180) % 360 - 180)
    plain = np.minimum(chroma, chroma[first]) < GREYISH
    alike = np.where(plain, np.abs(chroma - chroma[first]) < 2 * GREYISH, turned <= HUE_APART)
    return alike & (np.abs(lightness - lightness[first]) < LIGHTNESS_APART)

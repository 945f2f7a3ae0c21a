"""The picture's evidence for the points of many faces, as columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.landmarks.evidence import edge_support, parsed_evidence
from webtoon_curate.landmarks.patches import Patches, margin

Floats = NDArray[np.float64]

PARSED = ("skin", "spill", "parts", "covered")


def evidence(
    patches: Patches,
    points: NDArray[np.float32],
    parsing: NDArray[np.uint8] | None = None,
    squares: NDArray[np.float64] | None = None,
) -> dict[str, Floats]:
    """What the picture says of points.

    Args:
        patches: of n faces.
        points: (n, 68, 2) pixels of the patches.
        parsing: (n, s, s) uint8 maps of parts, None without a reader.
        squares: (n, 3) x, y, side of the maps, episode pixels.

    Returns:
        (n,) float64 each of edges, skin, spill, parts, covered; NaN for what cannot be told.
    """
    pairs = zip(patches.pixels, points, patches.sizes)
    found = {"edges": np.array([edge_support(*pair) for pair in pairs], np.float64)}
    if parsing is None or squares is None:
        return found | {name: np.full(len(points), np.nan) for name in PARSED}
    scale = parsing.shape[1] / squares[:, 2]
    places = (patches.placed(points) - squares[:, None, :2]) * scale[:, None, None]
    sizes = patches.sizes * patches.squares[:, 2] / patches.side * scale
    said = [parsed_evidence(*one) for one in zip(parsing, places.astype(np.float32), sizes)]
    for name in PARSED:
        values = [getattr(one, name) for one in said]
        found[name] = np.array([np.nan if v is None else v for v in values], np.float64)
    return found


def crop_squares(patches: Patches) -> NDArray[np.float64]:
    """(n, 3) x, y, side of the plain crops in the patches, episode pixels."""
    pixel = patches.squares[:, 2] / patches.side
    edge = margin(patches.framing) * pixel
    left, top = patches.squares[:, 0] + edge, patches.squares[:, 1] + edge
    return np.stack([left, top, patches.framing.size * pixel], axis=1)

"""Connected components, in arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def components(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The connected components of a graph.

    The lower root of each pair becomes the parent of the other, and paths are halved, until nothing
    changes (Shiloach and Vishkin 1982, on whole arrays).

    Args:
        count: of nodes.
        pairs: (k, 2) of node numbers.

    Returns:
        (count,) int64: the smallest node of each node's component.
    """
    roots = np.arange(count)
    pairs = np.asarray(pairs, np.int64).reshape(-1, 2)
    while len(pairs):
        low, high = roots[pairs].min(1), roots[pairs].max(1)
        apart = low < high
        pairs, low, high = pairs[apart], low[apart], high[apart]
        np.minimum.at(roots, high, low)
        while True:
            above = roots[roots]
            if np.array_equal(above, roots):
                break
            roots = above
    return roots

"""Connected components over rows that share a key, in arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int64]
NO_KEY = -1
"""A row with this key is tied to no other row by it."""


def components(rows: int, keys: Iterable[Keys]) -> NDArray[np.int64]:
    """For each row the first row that it must stay together with, directly or through others.

    Args:
        rows: how many.
        keys: arrays of (rows,) int64; two rows with the same value in one of them, other than
            `NO_KEY`, belong together.

    Returns:
        (rows,) int64: the lowest row of the row's component.

    Each row is tied to the first row of its key. The lower root of each tie becomes the parent of
    the other and paths are halved, until nothing changes (Shiloach and Vishkin 1982, in numpy).

    Example:
        >>> components(4, [np.array([7, -1, 7, -1]), np.array([-1, -1, 3, 3])]).tolist()
        [0, 1, 0, 0]
    """
    ties = [_ties(key) for key in keys]
    left = np.concatenate([np.empty(0, np.int64), *(tie[0] for tie in ties)])
    right = np.concatenate([np.empty(0, np.int64), *(tie[1] for tie in ties)])
    parent = np.arange(rows, dtype=np.int64)
    while len(left):
        low = np.minimum(parent[left], parent[right])
        high = np.maximum(parent[left], parent[right])
        apart = low != high
        if not apart.any():
            break
        left, right = left[apart], right[apart]
        np.minimum.at(parent, high[apart], low[apart])
        while not np.array_equal(parent, parent[parent]):
            parent = parent[parent]
    return parent


def _ties(key: Keys) -> tuple[Keys, Keys]:
    """(first row of the key, other row of the key) for every row that is not the first."""
    tied = np.flatnonzero(key != NO_KEY)
    _, first, inverse = np.unique(key[tied], return_index=True, return_inverse=True)
    first_row = tied[first][inverse]
    others = first_row != tied
    return first_row[others], tied[others]

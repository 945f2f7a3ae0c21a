"""Connected components over rows that share a key, in arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from webtoon_curate import graph

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

    Example:
        >>> components(4, [np.array([7, -1, 7, -1]), np.array([-1, -1, 3, 3])]).tolist()
        [0, 1, 0, 0]
    """
    return graph.components(rows, np.concatenate([np.empty((0, 2), np.int64), *map(_ties, keys)]))


def _ties(key: Keys) -> NDArray[np.int64]:
    """(k, 2): the first row of a key and another one, for every row that is not the first."""
    tied = np.flatnonzero(key != NO_KEY)
    _, first, inverse = np.unique(key[tied], return_index=True, return_inverse=True)
    first_row = tied[first][inverse]
    others = first_row != tied
    return np.stack([first_row[others], tied[others]], axis=1)

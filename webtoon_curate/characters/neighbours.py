"""The most alike of many vectors, without a matrix of all pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCALE = 2048
"""Vectors are kept as whole multiples of 1 / SCALE. Scalar products of such vectors of length up to
1 are whole numbers below 2**24, which float32 adds up without rounding: the same on all machines,
with any number of threads."""
_ROWS, _COLUMNS = 2048, 8192
"""Of the blocks of the matrix of likenesses: 64 MiB."""


def whole(vectors: NDArray) -> NDArray[np.float32]:
    """Vectors of length up to 1, (n, d), in whole steps of 1 / `SCALE`: (n, d) float32."""
    return np.rint(np.asarray(vectors, np.float64) * SCALE).astype(np.float32)


def alike(
    vectors: NDArray[np.float32], count: int, least: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of each vector with those that are most alike.

    Time grows with the square of n, memory with n.

    Args:
        vectors: (n, d) of `whole`.
        count: how many of the most alike are taken.
        least: scalar products below this make no pair.

    Returns:
        (m,) and (m,): indices a < b, each pair once, in ascending order.
    """
    n = len(vectors)
    keys = [np.zeros(0, np.int64)]
    for top in range(0, n, _ROWS):
        rows = np.arange(top, min(top + _ROWS, n))
        best = np.full((len(rows), count), -np.inf, np.float32)
        where = np.zeros((len(rows), count), np.int64)
        for left in range(0, n, _COLUMNS):
            block = vectors[rows] @ vectors[left : left + _COLUMNS].T
            columns = np.arange(left, left + block.shape[1])
            block[rows[:, None] == columns] = -np.inf
            if block.shape[1] > count:
                chosen = np.argpartition(block, -count, axis=1)[:, -count:]
                block, columns = np.take_along_axis(block, chosen, 1), chosen + left
            else:
                columns = np.broadcast_to(columns, block.shape)
            both = np.concatenate([best, block], axis=1)
            places = np.concatenate([where, columns], axis=1)
            kept = np.argpartition(both, -count, axis=1)[:, -count:]
            best = np.take_along_axis(both, kept, 1)
            where = np.take_along_axis(places, kept, 1)
        row, column = np.nonzero(best >= least * SCALE**2)
        one, other = rows[row], where[row, column]
        keys.append(np.minimum(one, other) * n + np.maximum(one, other))
    pairs = np.unique(np.concatenate(keys))
    return pairs // max(n, 1), pairs % max(n, 1)

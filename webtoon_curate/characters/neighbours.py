"""The most alike of many vectors, without a matrix of all pairs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SCALE = 2048
"""Vectors are kept as whole multiples of 1 / SCALE. Scalar products of such vectors of length up to
1 are whole numbers below 2**24, which float32 adds up without rounding: the same on all machines,
with any number of threads."""
_ROWS, _COLUMNS = 2048, 8192
"""Of the blocks of the matrix of likenesses: 64 MiB."""
EXACT = 16_384
"""So many vectors are compared each with each: seven seconds of one core."""
CELL, PROBES = 256, 12
"""Vectors a cell on average; cells that each vector is compared with."""


def whole(vectors: NDArray) -> NDArray[np.float32]:
    """Vectors of length up to 1, (n, d), in whole steps of 1 / `SCALE`: (n, d) float32."""
    return np.rint(np.asarray(vectors, np.float64) * SCALE).astype(np.float32)


def alike(
    vectors: NDArray[np.float32], count: int, least: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of each vector with those that are most alike.

    Up to `EXACT` vectors are compared with all others. More are dealt into cells of vectors that
    are alike, and each is compared with those of the `PROBES` cells nearest to it: time grows
    with n, and few of the most alike are missed. Memory grows with n.

    Args:
        vectors: (n, d) of `whole`.
        count: how many of the most alike are taken.
        least: scalar products below this make no pair.

    Returns:
        (m,) and (m,): indices a < b, each pair once, in ascending order.
    """
    n = len(vectors)
    best = np.full((n, count), -np.inf, np.float32)
    where = np.zeros((n, count), np.int64)
    everything = np.arange(n)
    several = [(everything, everything)] if n <= EXACT else _cells(vectors)
    for rows, columns in several:
        for top in range(0, len(rows), _ROWS):
            some = rows[top : top + _ROWS]
            for left in range(0, len(columns), _COLUMNS):
                _take(vectors, some, columns[left : left + _COLUMNS], best, where)
    row, column = np.nonzero(best >= least * SCALE**2)
    other = where[row, column]
    pairs = np.unique(np.minimum(row, other) * n + np.maximum(row, other))
    return pairs // max(n, 1), pairs % max(n, 1)


def _take(
    vectors: NDArray[np.float32],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    best: NDArray[np.float32],
    where: NDArray[np.int64],
) -> None:
    """Put into `best` and `where`, (n, count), what `columns` have that is more alike to `rows`."""
    count = best.shape[1]
    block = vectors[rows] @ vectors[columns].T
    block[rows[:, None] == columns] = -np.inf
    if block.shape[1] > count:
        chosen = np.argpartition(block, -count, axis=1)[:, -count:]
        block, columns = np.take_along_axis(block, chosen, 1), columns[chosen]
    else:
        columns = np.broadcast_to(columns, block.shape)
    both = np.concatenate([best[rows], block], axis=1)
    places = np.concatenate([where[rows], columns], axis=1)
    kept = np.argpartition(both, -count, axis=1)[:, -count:]
    best[rows] = np.take_along_axis(both, kept, 1)
    where[rows] = np.take_along_axis(places, kept, 1)


def _cells(
    vectors: NDArray[np.float32],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Who is compared with whom: for each cell, those near it and those in it, ascending.

    Centers are vectors at even distances in the list, moved once to the mean of their cell.
    """
    n = len(vectors)
    centers = vectors[np.linspace(0, n - 1, n // CELL).astype(int)]
    home = _nearest(vectors, centers, 1)[:, 0]
    sums = np.zeros(centers.shape)
    np.add.at(sums, home, vectors)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    means = whole(np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0))
    near = _nearest(vectors, means, PROBES)
    home = near[:, -1]
    members, guests = np.argsort(home, kind="stable"), np.argsort(near.ravel(), kind="stable")
    numbers = np.arange(len(means) + 1)
    ends = np.searchsorted(home[members], numbers)
    guest_ends = np.searchsorted(near.ravel()[guests], numbers)
    for cell in range(len(means)):
        rows = guests[guest_ends[cell] : guest_ends[cell + 1]] // PROBES
        columns = members[ends[cell] : ends[cell + 1]]
        if len(rows) and len(columns):
            yield rows, columns


def _nearest(
    vectors: NDArray[np.float32], centers: NDArray[np.float32], count: int
) -> NDArray[np.int64]:
    """(n, count) the centers that are most alike to each vector, the most alike last."""
    found = np.empty((len(vectors), count), np.int64)
    for top in range(0, len(vectors), _ROWS):
        block = vectors[top : top + _ROWS] @ centers.T
        chosen = np.argpartition(block, -count, axis=1)[:, -count:]
        order = np.argsort(np.take_along_axis(block, chosen, 1), axis=1, kind="stable")
        found[top : top + _ROWS] = np.take_along_axis(chosen, order, 1)
    return found

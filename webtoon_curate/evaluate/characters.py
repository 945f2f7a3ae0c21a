"""How well clusters agree with who is who."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class CharacterFigures:
    """Of clusters against known identities.

    Attributes:
        titles: of which any identity is known; figures are of all their faces, title by title.
        faces: with a known identity.
        identities, clusters: how many they have.
        adjusted_rand: mean of the titles' adjusted Rand index, weighted by faces.
        purity: share of the faces that belong to the most frequent identity of their cluster.
        completeness: share of the faces that lie in the largest cluster of their identity.
    """

    titles: int
    faces: int
    identities: int
    clusters: int
    adjusted_rand: float
    purity: float
    completeness: float


def adjusted_rand(one: ArrayLike, other: ArrayLike) -> float:
    """The adjusted Rand index (Hubert and Arabie 1985): 1 where both agree, about 0 by chance.

    Args:
        one, other: (n,) labels of any kind.

    Example:
        >>> adjusted_rand([0, 0, 1, 1], ["b", "b", "a", "a"]), adjusted_rand([0, 0], [0, 1])
        (1.0, 0.0)
    """
    row, column, counts = _cells(one, other)
    together, rows, columns = (
        _pairs(sums) for sums in (counts, np.bincount(row, counts), np.bincount(column, counts))
    )
    expected = rows * columns / max(_pairs(counts.sum()), 1)
    most = (rows + columns) / 2
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def figures(found: Sequence[ArrayLike], truth: Sequence[ArrayLike]) -> CharacterFigures:
    """The figures of titles.

    Args:
        found, truth: for each title (n,) clusters and (n,) identities of its faces, n at least 1.
    """
    sizes, indices = [len(np.asarray(one)) for one in found], []
    identities = clusters = pure = whole = 0
    for one, other in zip(found, truth):
        row, column, counts = _cells(one, other)
        indices.append(adjusted_rand(one, other))
        clusters, identities = clusters + row.max() + 1, identities + column.max() + 1
        pure += _largest(row, counts).sum()
        whole += _largest(column, counts).sum()
    faces = sum(sizes)
    return CharacterFigures(
        titles=len(sizes),
        faces=faces,
        identities=int(identities),
        clusters=int(clusters),
        adjusted_rand=float(np.average(indices, weights=sizes)) if faces else 0.0,
        purity=float(pure / max(faces, 1)),
        completeness=float(whole / max(faces, 1)),
    )


def _cells(one: ArrayLike, other: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
    """Row, column and count of the cells of the contingency table that are not empty."""
    _, rows = np.unique(np.asarray(one), return_inverse=True)
    _, columns = np.unique(np.asarray(other), return_inverse=True)
    cells, counts = np.unique(np.stack([rows, columns]), axis=1, return_counts=True)
    return cells[0], cells[1], counts


def _pairs(counts: ArrayLike) -> float:
    counts = np.asarray(counts, np.float64)
    return float((counts * (counts - 1) / 2).sum())


def _largest(places: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The largest count of each place."""
    most = np.zeros(places.max(initial=-1) + 1, np.int64)
    np.maximum.at(most, places, counts)
    return most

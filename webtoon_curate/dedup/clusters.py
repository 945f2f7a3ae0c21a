"""Clusters of the faces that show one drawing: candidates by hash, checked by their pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.dedup.neighbours import Hashes, near_pairs, popcount
from webtoon_curate.graph import components

Ints = NDArray[np.int64]

PER_HASH = 8
"""Where more different pictures than this share a hash, each is compared with so many of them:
blank and flat crops do, and all their pairs would be without bound."""
PER_FACE = 8
"""Neighbours by embedding that a face is compared with."""
_COMPARED = 256
_ROWS, _PRODUCTS = 1024, 1 << 24
"""Faces that are compared by embedding at a time, at most; and their scalar products: 64 MB."""


@dataclass(frozen=True)
class Links:
    """Pairs of faces that may show one drawing.

    Attributes:
        pairs: (k, 2) int64 numbers of faces.
        distance: (k,) int64, Hamming; -1 for pairs by embedding.
        mirrored: (k,) bool, the second picture is to be mirrored.
    """

    pairs: Ints
    distance: Ints
    mirrored: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: NDArray | slice) -> Links:
        """The links chosen by a numpy index or mask."""
        return Links(self.pairs[index], self.distance[index], self.mirrored[index])

    def nearest(self, most: int) -> Links:
        """Those that are among the `most` nearest of one of their faces."""
        kept = np.zeros(len(self), bool)
        for side in (0, 1):
            order = np.lexsort((self.distance, self.pairs[:, side]))
            face = self.pairs[order, side]
            place = np.arange(len(order)) - np.searchsorted(face, face)
            kept[order[place < most]] = True
        return self[kept]

    @classmethod
    def of(cls, pairs: NDArray, distance: NDArray | int, mirrored: bool = False) -> Links:
        """Links of one kind, or of one distance."""
        pairs = np.asarray(pairs, np.int64).reshape(-1, 2)
        distances = np.broadcast_to(np.asarray(distance, np.int64), len(pairs))
        return cls(pairs, distances, np.full(len(pairs), mirrored))

    @classmethod
    def concatenate(cls, parts: list[Links]) -> Links:
        """All the links of `parts` in one; of a pair that is there twice, the nearest."""
        parts = [cls.of(np.empty((0, 2)), 0), *parts]
        pairs = np.concatenate([part.pairs for part in parts])
        distance = np.concatenate([part.distance for part in parts])
        mirrored = np.concatenate([part.mirrored for part in parts])
        low, high = pairs.min(1), pairs.max(1)
        order = np.lexsort((np.where(distance < 0, 99, distance), mirrored, high, low))
        low, high, mirrored = low[order], high[order], mirrored[order]
        first = np.ones(len(order), bool)
        first[1:] = (np.diff(low) != 0) | (np.diff(high) != 0) | (np.diff(mirrored) != 0)
        chosen = first & (low != high)
        pairs = np.stack([low, high], axis=1)[chosen]
        return cls(pairs, distance[order][chosen], mirrored[chosen])


def exact_groups(*keys: NDArray[np.void]) -> Ints:
    """(n,) the first of the faces that share a key with each, of (n,) keys of each kind."""
    pairs = []
    for kind in keys:
        _, first, inverse = np.unique(kind, return_index=True, return_inverse=True)
        same = first[inverse.reshape(-1)]
        later = np.flatnonzero(same != np.arange(len(kind)))
        pairs.append(np.stack([same[later], later], axis=1))
    return components(len(keys[0]), np.concatenate(pairs))


def hash_links(
    hashes: Hashes, order: Hashes, distance: int, mirrors: Hashes | None = None, jobs: int = 1
) -> Links:
    """Pairs of faces whose hashes are near.

    Args:
        hashes: (n,) uint64.
        order: (n,) uint64; faces with equal hashes are compared with those near in this order.
        distance: at most so many bits differ.
        mirrors: (n,) uint64 of the mirrored pictures, to find mirrored drawings too.
        jobs: threads.
    """
    sides = [hashes] if mirrors is None else [hashes, mirrors]
    parts = []
    values = np.unique(np.concatenate(sides))
    holders = [_Holders(side, order, values) for side in sides]
    parts.append(Links.of(holders[0].equal(), 0))
    if mirrors is not None:
        every = np.arange(len(values))
        parts.append(Links.of(holders[0].pairs(every, every, holders[1])[0], 0, True))
    for pairs, apart in near_pairs(values, distance, jobs):
        found, row = holders[0].pairs(pairs[:, 0], pairs[:, 1], holders[0])
        parts.append(Links.of(found, apart[row]))
        for one, other in ((0, 1), (1, 0)) if mirrors is not None else ():
            found, row = holders[0].pairs(pairs[:, one], pairs[:, other], holders[1])
            parts.append(Links.of(found, apart[row], True))
    return Links.concatenate(parts)


class _Holders:
    """The faces that have each of `values`, in `order`."""

    def __init__(self, hashes: Hashes, order: Hashes, values: Hashes) -> None:
        self.faces = np.lexsort((order, hashes))
        number = np.searchsorted(values, hashes[self.faces])
        self.starts = np.searchsorted(number, np.arange(len(values)))
        self.counts = np.bincount(number, minlength=len(values))
        self.number = number

    def equal(self) -> Ints:
        """Pairs of faces with one value: each with the next `PER_HASH`."""
        parts = []
        for lag in range(1, PER_HASH + 1):
            same = np.flatnonzero(self.number[:-lag] == self.number[lag:])
            if not len(same):
                break
            parts.append(np.stack([self.faces[same], self.faces[same + lag]], axis=1))
        return np.concatenate([np.empty((0, 2), np.int64), *parts])

    def pairs(self, mine: Ints, others: Ints, other: _Holders) -> tuple[Ints, Ints]:
        """Pairs of faces with values `mine[k]` here and `others[k]` there, and each one's k."""
        left = np.minimum(self.counts[mine], PER_HASH)
        right = np.minimum(other.counts[others], PER_HASH)
        row = np.repeat(np.arange(len(mine)), left * right)
        rank = np.arange(len(row)) - np.repeat(np.cumsum(left * right) - left * right, left * right)
        first = self.faces[self.starts[mine][row] + rank // right[row]]
        second = other.faces[other.starts[others][row] + rank % right[row]]
        return np.stack([first, second], axis=1), row


def nearest_links(
    hashes: Hashes, others: Hashes, most: int, distance: int, mirrored: bool = False
) -> Links:
    """Each face with those nearest to it, by comparing all.

    Args:
        hashes: (n,) uint64.
        others: (n,) uint64 of the same faces: the same hashes, or those of mirrored pictures.
        most: so many of each face.
        distance: at most so many bits differ.
        mirrored: of the links.
    """
    parts, most = [Links.of([], 0)], min(most, len(hashes) - 1)
    for start in range(0, len(hashes) if most > 0 else 0, _COMPARED):
        rows = np.arange(start, min(start + _COMPARED, len(hashes)))
        apart = popcount(hashes[rows, None] ^ others)
        apart[np.arange(len(rows)), rows] = np.iinfo(apart.dtype).max
        best = np.argpartition(apart, most - 1, axis=1)[:, :most]
        far = np.take_along_axis(apart, best, axis=1)
        near = far <= distance
        pairs = np.stack([np.repeat(rows, near.sum(1)), best[near]], axis=1)
        parts.append(Links.of(pairs, far[near], mirrored))
    return Links.concatenate(parts)


def embedding_links(embeddings: NDArray[np.float32], least: float) -> Links:
    """Pairs of faces that look alike to the reader: the nearest `PER_FACE` of each.

    Args:
        embeddings: (n, 128) float32 of length 1; NaN where there is none.
        least: scalar product from which faces are alike.
    """
    there = np.flatnonzero(np.isfinite(embeddings).all(1))
    known, parts = embeddings[there], []
    most, step = min(PER_FACE, len(known) - 1), max(1, min(_ROWS, _PRODUCTS // max(len(known), 1)))
    for start in range(0, len(known) if most > 0 else 0, step):
        rows = np.arange(start, min(start + step, len(known)))
        like = known[rows] @ known.T
        like[np.arange(len(rows)), rows] = -1
        best = np.argpartition(like, -most, axis=1)[:, -most:]
        near = np.take_along_axis(like, best, axis=1) >= least
        parts.append(np.stack([np.repeat(rows, most)[near.ravel()], best[near]], axis=1))
    pairs = np.concatenate([np.empty((0, 2), np.int64), *parts])
    return Links.of(there[pairs], -1)


@dataclass(frozen=True)
class Clusters:
    """Who belongs together.

    Attributes:
        faces: (m,) numbers of the faces that have duplicates, ascending.
        representative: (m,) number of each one's representative.
        kind: (m,) representative, exact, near or redrawn.
        distance: (m,) Hamming, of the nearest link, or -1.
        likeness: (m,) of that link, NaN where it was not checked.
    """

    faces: Ints
    representative: Ints
    kind: NDArray[np.str_]
    distance: Ints
    likeness: NDArray[np.float32]


def clusters(
    exact: Ints,
    links: Links,
    likeness: NDArray[np.float32],
    rank: Ints,
    redrawn: NDArray[np.bool_],
) -> Clusters:
    """Join what is exact and what is linked, and choose who stands for each cluster.

    Args:
        exact: (n,) of `exact_groups`.
        links: between faces, that were found to show one drawing.
        likeness: (k,) of the links.
        rank: (n,) of each face, each once; the lowest of a cluster represents it.
        redrawn: (k,) of the links, those that are no near hashes.
    """
    count = len(exact)
    same = np.stack([np.arange(count), exact], axis=1)
    roots = components(count, np.concatenate([same, links.pairs]))
    sizes = np.bincount(roots, minlength=count)
    faces = np.flatnonzero(sizes[roots] > 1)
    best = np.full(count, count, np.int64)
    np.minimum.at(best, roots[faces], rank[faces])
    by_rank = np.empty(count, np.int64)
    by_rank[rank] = np.arange(count)
    chosen = by_rank[best[roots[faces]]]
    # The nearest link of an exact group is that of all its faces; the last one written stays.
    worst_first = np.argsort(-_cost(links), kind="stable")
    nearest = np.full(count, -1, np.int64)
    ends = exact[links.pairs[worst_first]].reshape(-1)
    nearest[ends] = np.repeat(worst_first, 2)
    link = nearest[exact[faces]]
    distance = np.full(len(faces), -1, np.int64)
    like = np.full(len(faces), np.nan, np.float32)
    far = np.zeros(len(faces), bool)
    has = link >= 0
    distance[has], like[has] = links.distance[link[has]], likeness[link[has]]
    far[has] = redrawn[link[has]]
    kind = np.where(far, "redrawn", "near")
    kind = np.where(exact[faces] == exact[chosen], "exact", kind)
    distance[kind == "exact"], like[kind == "exact"] = 0, np.nan
    kind = np.where(faces == chosen, "representative", kind)
    return Clusters(faces, chosen, kind, distance, like)


def _cost(links: Links) -> Ints:
    return np.where(links.distance < 0, 99, links.distance) * 2 + links.mirrored

"""Which faces of a title show the same character.

Average linkage on the likeness of embeddings, less for hair and eyes of different colors, by
reciprocal agglomerative clustering (Sumengen et al. 2021): all pairs that are each other's best are
joined at once, along the edges of a graph of nearest neighbours that is made anew of the clusters
until nothing joins any more. Faces side by side in a scene speak for two characters; names that
people gave say who is the same and who is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.characters.neighbours import SCALE, alike, whole
from webtoon_curate.characters.settings import SIMILARITY

NEIGHBOURS = 16
COLOR_WEIGHTS = (0.75, 0.4)
"""Likeness taken off for a distance of 1 in OKLab, between hair and between eyes. Colors that are
found have errors, in panels of other light above all: twice as much serves the colors of the paint
and halves characters of real readings."""
COLOR_MOST = 0.2
"""Distance in OKLab that counts at most: black and yellow differ no more than black and white."""
SIDE_BY_SIDE = 0.4
"""Likeness taken off if all places that show the one cluster show the other, too; in proportion if
some do. It is no ban, for a scene may hold several panels, and a face may be found twice: in drawn
episodes one in ten faces side by side are of one character."""
SPREAD = 0.08
"""Likeness beyond the border at which a face is in its cluster with a probability of 73%."""
_CHUNK = 65_536


@dataclass(frozen=True)
class Faces:
    """The faces of a title.

    Attributes:
        embeddings: (n, d) of length 1.
        colors: (n, 2, 3) OKLab of hair and eyes, NaN where not known.
        places: (n,) numbers of what shows them, see `places`.
        names: (n,) number of the name that a person gave, -1 without.
    """

    embeddings: NDArray[np.float32]
    colors: NDArray[np.float64]
    places: NDArray[np.int64]
    names: NDArray[np.int64]


def characters(
    faces: Faces, similarity: float = SIMILARITY
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The clusters of a title's faces.

    Args:
        faces: of one title.
        similarity: see `SIMILARITY`.

    Returns:
        (n,) cluster numbers, by falling size and then by the first face; (n,) the probability that
        the face belongs to its cluster, 1 where a person said so.
    """
    n = len(faces.embeddings)
    if not n:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    clusters = _Clusters(faces, similarity)
    while clusters.joined():
        pass
    found = _by_size(clusters.found())
    return found, _confidence(faces, found, similarity)


def places(scenes: NDArray[np.int64], tops: NDArray, heights: NDArray) -> NDArray[np.int64]:
    """What shows faces side by side: those of a scene whose heights overlap, one with the next.

    Faces above each other speak for nothing: a scene may hold several panels, and in drawn
    episodes every other such pair is of one character.

    Args:
        scenes: (n,) numbers of their scenes.
        tops, heights: (n,) of their boxes, pixels.

    Returns:
        (n,) numbers.
    """
    order = np.lexsort((tops, scenes))
    found, place = np.empty(len(order), np.int64), -1
    scene, bottom = None, 0.0
    for index in order.tolist():
        if scenes[index] != scene or tops[index] >= bottom:
            place, scene, bottom = place + 1, scenes[index], tops[index]
        bottom = max(bottom, tops[index] + heights[index])
        found[index] = place
    return found


class _Clusters:
    """Clusters while they are joined. Those that were joined to another are empty."""

    def __init__(self, faces: Faces, similarity: float) -> None:
        named = faces.names >= 0
        free = np.arange(len(named)) + faces.names.max(initial=-1) + 1
        _, self._of = np.unique(np.where(named, faces.names, free), return_inverse=True)
        count = int(self._of.max()) + 1
        self._similarity = similarity
        self._sizes = np.bincount(self._of, minlength=count)
        self._sums = _summed(self._of, whole(faces.embeddings), count)
        known = np.isfinite(faces.colors).all(axis=2)
        self._known = _summed(self._of, known, count)
        colors = np.where(known[..., None], faces.colors, 0).reshape(len(known), -1)
        self._colors = _summed(self._of, colors, count).reshape(count, -1, 3)
        self._names = np.full(count, -1)
        self._names[self._of] = faces.names
        self._places: list[set[int]] = [set() for _ in range(count)]
        for cluster, place in zip(self._of.tolist(), faces.places.tolist()):
            self._places[cluster].add(place)

    def found(self) -> NDArray[np.int64]:
        """(n,) the cluster of each face."""
        return self._of

    def joined(self) -> bool:
        """Join along a new graph of nearest clusters, until nothing joins; whether any did."""
        alive = np.flatnonzero(self._sizes)
        means = np.rint(self._sums[alive] / self._sizes[alive, None]).astype(np.float32)
        one, other = (alive[index] for index in alike(means, NEIGHBOURS, self._similarity))
        into = np.arange(len(self._sizes))
        scores, weighed = self._scores(one, other), np.zeros(len(one), bool)
        while True:
            fine = scores > 0
            one, other, scores, weighed = one[fine], other[fine], scores[fine], weighed[fine]
            best = _reciprocal(one, other, scores, len(into))
            if not len(best):
                break
            new = best[~weighed[best]]
            less = SIDE_BY_SIDE * self._together(one[new], other[new])
            scores[new] -= less
            weighed[new] = True
            joining = np.setdiff1d(best, new[less > 0])
            changed = np.zeros(len(into), bool)
            for a, b in zip(one[joining].tolist(), other[joining].tolist()):
                self._join(a, b)
                into[b] = a
                changed[a] = True
            one, other = into[one], into[other]
            one, other, first = _once(one, other, len(into))
            scores, weighed = scores[first], weighed[first]
            fresh = changed[one] | changed[other]
            scores[fresh], weighed[fresh] = self._scores(one[fresh], other[fresh]), False
        while (into[into] != into).any():
            into = into[into]
        self._of = into[self._of]
        return bool((into[alive] != alive).any())

    def _scores(self, one: NDArray, other: NDArray) -> NDArray[np.float64]:
        """By how much clusters that never stand side by side are more alike than they must be to
        be joined."""
        scores = np.empty(len(one))
        for start in range(0, len(one), _CHUNK):
            a, b = one[start : start + _CHUNK], other[start : start + _CHUNK]
            likeness = np.einsum("ij,ij->i", self._sums[a], self._sums[b])
            likeness /= self._sizes[a] * self._sizes[b] * float(SCALE**2)
            scores[start : start + _CHUNK] = likeness - self._color_gap(a, b)
        scores -= self._similarity
        scores[(self._names[one] >= 0) & (self._names[other] >= 0)] = -1
        return scores

    def _color_gap(self, a: NDArray, b: NDArray) -> NDArray[np.float64]:
        known = (self._known[a] > 0) & (self._known[b] > 0)
        count_a, count_b = (np.maximum(self._known[x], 1)[..., None] for x in (a, b))
        apart = np.linalg.norm(self._colors[a] / count_a - self._colors[b] / count_b, axis=2)
        return np.where(known, apart.clip(max=COLOR_MOST), 0) @ np.array(COLOR_WEIGHTS)

    def _together(self, one: NDArray, other: NDArray) -> NDArray[np.float64]:
        """Of the places of the one, the share that show the other, too; the larger of the two."""
        pairs = [(self._places[a], self._places[b]) for a, b in zip(one.tolist(), other.tolist())]
        return np.array([len(a & b) / min(len(a), len(b)) for a, b in pairs])

    def _join(self, a: int, b: int) -> None:
        for values in (self._sizes, self._sums, self._known, self._colors):
            values[a] += values[b]
            values[b] = 0
        self._names[a] = max(self._names[a], self._names[b])
        small, large = sorted((self._places[a], self._places[b]), key=len)
        large |= small
        self._places[a], self._places[b] = large, set()


def _summed(places: NDArray[np.int64], values: NDArray, count: int) -> NDArray[np.float64]:
    """(count, d) sums of the (n, d) values of each place."""
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(count))
    return np.add.reduceat(values[order].astype(np.float64), starts, axis=0)


def _reciprocal(one: NDArray, other: NDArray, scores: NDArray, count: int) -> NDArray[np.int64]:
    """Indices of the pairs of which each is the other's best; of equals the lowest number."""
    best = np.full(count, -np.inf)
    np.maximum.at(best, one, scores)
    np.maximum.at(best, other, scores)
    partner = np.full(count, count)
    for a, b in ((one, other), (other, one)):
        top = scores == best[a]
        np.minimum.at(partner, a[top], b[top])
    return np.flatnonzero((partner[one] == other) & (partner[other] == one))


def _once(one: NDArray, other: NDArray, count: int) -> tuple[NDArray, NDArray, NDArray]:
    """Pairs a < b, each once, and where each is found; those of a cluster with itself left out."""
    keys = np.minimum(one, other) * count + np.maximum(one, other)
    keys, first = np.unique(keys, return_index=True)
    apart = keys // count != keys % count
    keys, first = keys[apart], first[apart]
    return keys // count, keys % count, first


def _by_size(found: NDArray[np.int64]) -> NDArray[np.int64]:
    """The clusters numbered by falling size, then by their first face."""
    _, first, found, sizes = np.unique(
        found, return_index=True, return_inverse=True, return_counts=True
    )
    number = np.empty(len(sizes), np.int64)
    number[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return number[found]


def _confidence(faces: Faces, found: NDArray[np.int64], similarity: float) -> NDArray[np.float32]:
    """How much more alike a face is to its cluster than to the next, or than it must be, as a
    probability.

    Returns:
        (n,) 0-1.
    """
    vectors = whole(faces.embeddings)
    sizes = np.bincount(found)
    sums = _summed(found, vectors, len(sizes))
    means = np.rint(sums / sizes[:, None]).astype(np.float32)
    margins = np.empty(len(found))
    for start in range(0, len(found), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(found)))
        mine = found[rows]
        others = sizes[mine] - 1
        own = np.einsum("ij,ij->i", vectors[rows], sums[mine] - vectors[rows]) / SCALE**2
        own = np.where(others > 0, own / np.maximum(others, 1), similarity)
        best = np.full(len(rows), -np.inf)
        for left in range(0, len(means), _COLUMNS):
            block = vectors[rows] @ means[left : left + _COLUMNS].T
            here = (mine >= left) & (mine < left + _COLUMNS)
            block[here, mine[here] - left] = -np.inf
            best = np.maximum(best, block.max(axis=1) / SCALE**2)
        # A cluster of one is right unless the face should have been joined to the next.
        border = np.where(others > 0, np.maximum(best, similarity), best)
        margins[rows] = own - border
    certain = 1 / (1 + np.exp(-(margins / SPREAD).clip(-50, 50)))
    return np.where(faces.names >= 0, 1, certain).astype(np.float32)


_ROWS, _COLUMNS = 2048, 8192

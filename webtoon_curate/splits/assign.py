"""A side for every component: those that have one keep it, the others are divided."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from webtoon_curate.splits.balance import divide
from webtoon_curate.splits.components import NO_KEY, Keys
from webtoon_curate.splits.faces import Groups

Hashes = NDArray[np.uint64]


def hashes(names: Sequence[str], seed: int) -> Hashes:
    """A number for each name that looks random, and stays the same when names are added."""
    salt = f"{seed}/"
    parts = [blake2b((salt + name).encode(), digest_size=8).digest() for name in names]
    return np.frombuffer(b"".join(parts), "<u8").astype(np.uint64)


def component_ids(face_ids: pa.ChunkedArray, component: Keys) -> pa.Array:
    """The smallest face_id of each component.

    Args:
        face_ids: of the faces.
        component: (faces,) numbers of the components, 0 to their number less one.
    """
    order = pc.sort_indices(face_ids).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    first = np.full(component.max(initial=-1) + 1, len(order), np.int64)
    np.minimum.at(first, component, rank)
    return face_ids.combine_chunks().take(pa.array(order[first]))


def assigned(
    component: Keys,
    ids: pa.Array,
    groups: Groups,
    keep: NDArray[np.bool_],
    shares: NDArray[np.float64],
    before: Keys,
    seed: int,
) -> tuple[Keys, bool]:
    """The side of each component, and whether no other division is nearer the targets.

    Args:
        component: (faces,) the number of each face's component.
        ids: (components,) their names.
        groups, keep: of the faces; only kept ones count.
        shares: (sides,) of the kept faces.
        before: (faces,) the side that a face has already, or `NO_KEY`.
        seed: of which components of one kind go where.

    A component with faces on several sides goes to the first of them. The sides are in the order
    train, val, test: a model has seen the faces of train, so only that way nothing leaks.
    """
    held = np.full(len(ids), len(shares), np.int64)
    has = before != NO_KEY
    np.minimum.at(held, component[has], before[has])
    sides = np.where(held < len(shares), held, 0)
    kept = np.flatnonzero(keep)
    group, owner = groups.of[kept], component[kept]
    totals = np.bincount(group, minlength=len(groups.names))
    present = np.flatnonzero(totals)
    targets = shares[:, None] * totals[present]
    is_fixed = held[owner] < len(shares)
    fixed = np.zeros((len(shares), len(totals)), np.int64)
    np.add.at(fixed, (sides[owner[is_fixed]], group[is_fixed]), 1)
    free = np.unique(owner[~is_fixed])
    if not len(free):
        return sides, False
    kind, types, numbers = _types(free, owner[~is_fixed], group[~is_fixed], len(totals))
    division = divide(types[:, present], numbers, targets, fixed[:, present])
    # Of each type's components, in an order of chance, the first go to the first side.
    order = np.lexsort((hashes(ids.take(pa.array(free)).to_pylist(), seed), kind))
    sides[free[order]] = np.repeat(
        np.tile(np.arange(len(shares)), len(types)), division.numbers.ravel()
    )
    return sides, division.exact and not is_fixed.any()


def _types(free: Keys, owner: Keys, group: Keys, groups: int) -> tuple[Keys, Keys, Keys]:
    """The type of each component, (types, groups) its faces by group, and how many have it.

    Components have the same type if their sums of 2 x 64 random bits a face are the same: no
    table of components times groups is needed.
    """
    where = np.searchsorted(free, owner)
    bits = np.stack([hashes([str(number) for number in range(groups)], salt) for salt in (0, 1)], 1)
    sums = np.zeros((len(free), 2), np.uint64)
    np.add.at(sums, where, bits[group])
    order = np.lexsort(sums.T)
    ordered = sums[order]
    new = np.r_[True, (ordered[1:] != ordered[:-1]).any(1)]
    kind = np.empty(len(free), np.int64)
    kind[order] = np.cumsum(new) - 1
    numbers = np.bincount(kind)
    shown = order[np.flatnonzero(new)]  # one component of each type
    number_of = np.full(len(free), NO_KEY)
    number_of[shown] = np.arange(len(shown))
    one = number_of[where]
    types = np.zeros((len(shown), groups), np.int64)
    np.add.at(types, (one[one != NO_KEY], group[one != NO_KEY]), 1)
    return kind, types, numbers

"""Sampling weights that even out the groups, and how many faces a cap leaves."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from webtoon_curate.splits.assign import hashes
from webtoon_curate.splits.components import Keys
from webtoon_curate.splits.faces import Groups

TRAIN = 0
"""The index of the side that is trained on."""


def weights(
    face_ids: pa.ChunkedArray,
    groups: Groups,
    keep: NDArray[np.bool_],
    sides: Keys,
    cap: int | None,
    min_group: int,
    seed: int,
) -> NDArray[np.float32]:
    """(faces,) float32: how often to draw each face; the mean over a side's used faces is 1.

    On each side all groups have the same sum, so that a weighted sampler draws them equally often.
    Groups with an unknown value are drawn as often as they are: evening them out would raise the
    faces that the readers failed on. Weight is 0 for faces that are not kept, those above the cap
    in train, and groups smaller than `min_group`.
    """
    used = keep.copy()
    totals = np.bincount(groups.of[keep], minlength=len(groups.names))
    used &= totals[groups.of] >= min_group
    if cap is not None:
        used &= (sides != TRAIN) | _first(face_ids, groups, used & (sides == TRAIN), cap, seed)
    result = np.zeros(len(keep), np.float32)
    for side in np.unique(sides):
        rows = np.flatnonzero(used & (sides == side))
        counts = np.bincount(groups.of[rows], minlength=len(groups.names))
        known = ~groups.unknown & (counts > 0)
        each = np.ones(len(counts))
        if known.any():
            each[known] = counts[known].sum() / known.sum() / counts[known]
        result[rows] = each[groups.of[rows]]
    return result


def _first(
    face_ids: pa.ChunkedArray, groups: Groups, used: NDArray[np.bool_], cap: int, seed: int
) -> NDArray[np.bool_]:
    """Of the used faces `cap` of each group, chosen by chance."""
    counts = np.bincount(groups.of[used], minlength=len(groups.names))
    chosen = used & (counts[groups.of] <= cap)
    rows = np.flatnonzero(used & (counts[groups.of] > cap))
    chance = hashes(face_ids.take(pa.array(rows)).to_pylist(), seed)
    rows = rows[np.lexsort((chance, groups.of[rows]))]
    group = groups.of[rows]
    place = np.arange(len(rows)) - np.searchsorted(group, group)
    chosen[rows[place < cap]] = True
    return chosen

"""Proof that nothing crosses sides: every duplicate cluster, scene … counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from webtoon_curate.splits.components import NO_KEY, Keys


@dataclass(frozen=True)
class Ties:
    """What one constraint ties together, and where it is broken.

    Attributes:
        sets: how many sets of two faces or more.
        faces: in those sets.
        crossing: sets with faces on two sides or more.
        examples: (crossing,) rows: a face of each crossing set on its lowest side.
        others: (crossing,) rows: a face of the same set on its highest side.
    """

    sets: int
    faces: int
    crossing: int
    examples: Keys
    others: Keys


def ties(key: Keys, sides: Keys) -> Ties:
    """Count the sets of rows with one key, and those whose rows lie on several sides.

    Args:
        key: (rows,) of `webtoon_curate.splits.faces.constraints`.
        sides: (rows,) index of the side; `NO_KEY` for rows without one, which cannot cross.
    """
    rows = np.flatnonzero(key != NO_KEY)
    _, sizes = np.unique(key[rows], return_counts=True)
    tied = sizes[sizes > 1]
    rows = rows[sides[rows] != NO_KEY]
    rows = rows[np.lexsort((sides[rows], key[rows]))]
    begins = np.flatnonzero(np.diff(key[rows], prepend=NO_KEY))
    ends = np.r_[begins[1:], len(rows)][: len(begins)] - 1
    low, high = rows[begins], rows[ends]
    crossing = sides[low] != sides[high]
    return Ties(len(tied), int(tied.sum()), int(crossing.sum()), low[crossing], high[crossing])

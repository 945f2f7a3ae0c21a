"""The proof that nothing lies on two sides of a split, and other counts of very many names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from webtoon_curate.report.rows import keys

KEYS = 2_000_000
"""Keys held at once, about 80 MB with the work space; more are looked at in several passes."""
EXAMPLES = 20
_SUSPECTS = 10_000
"""Names that are checked at once when their keys lie on two sides."""

_NONE = np.zeros(0, np.uint64)

Pairs = Iterable[tuple[pa.ChunkedArray, pa.ChunkedArray]]
"""(names, sides) in batches, strings; rows with a null are skipped."""


def crossings(read: Callable[[], Pairs], rows: int) -> dict[str, Any]:
    """How many names lie on more than one side.

    Names are compared by 64-bit keys, so that a crossing is never missed; a found one is
    checked by name.

    Args:
        read: gives the rows, each time from the start.
        rows: at most how many there are.

    Returns:
        `things`: different names; `faces`: with a name and a side; `largest`: faces of the most
        frequent; `crossing`: names on two sides; `examples`: up to 20 of them with their sides.
    """
    passes = -(-max(rows, 1) // KEYS)
    found = {"things": 0, "faces": 0, "largest": 0}
    suspects: list[NDArray[np.uint64]] = []
    for number in range(passes):
        known: dict[str, int] = {}
        parts = []
        for names, sides in _valid(read()):
            texts = sides.to_pylist()
            codes = [known.setdefault(text, min(len(known), 255)) for text in texts]
            hashed = keys(names)
            mine = hashed % np.uint64(passes) == number
            parts.append((hashed[mine], np.array(codes, np.uint8)[mine]))
        if parts:
            hashed, codes = (np.concatenate(column) for column in zip(*parts))
            suspects.append(_count(found, hashed, codes))
    return found | _checked(read, np.concatenate([*suspects, _NONE]))


def most_frequent(
    read: Callable[[], Iterable[pa.ChunkedArray]], rows: int, limit: int
) -> list[dict[str, Any]]:
    """The names that most rows have: `name` and `faces`, the most frequent first; of equals
    at the limit any, but the same each time.

    Args:
        read: gives the names, each time from the start; strings, nulls are skipped.
        rows: at most how many there are.
        limit: of names that are given.
    """
    passes = -(-max(rows, 1) // KEYS)
    best: list[tuple[int, int]] = []
    for number in range(passes):
        parts = [keys(names.drop_null()) for names in read()]
        parts = [part[part % np.uint64(passes) == number] for part in parts]
        hashed, sizes = np.unique(np.concatenate([*parts, _NONE]), return_counts=True)
        order = np.lexsort((hashed, -sizes))[:limit]
        best += [(-int(sizes[place]), int(hashed[place])) for place in order]
    wanted = {key: -size for size, key in sorted(best)[:limit]}
    named: dict[int, str] = {}
    for names in read() if wanted else ():
        valid = names.drop_null()
        hashed = keys(valid)
        rows_of = np.flatnonzero(np.isin(hashed, np.array(list(wanted), np.uint64)))
        named |= dict(zip(hashed[rows_of].tolist(), valid.take(rows_of).to_pylist()))
    found = [{"name": named[key], "faces": wanted[key]} for key in wanted]
    return sorted(found, key=lambda row: (-row["faces"], row["name"]))


def _count(
    found: dict[str, int], hashed: NDArray[np.uint64], codes: NDArray[np.uint8]
) -> NDArray[np.uint64]:
    """Adds to `found`; gives the keys with more than one code."""
    names, inverse, sizes = np.unique(hashed, return_inverse=True, return_counts=True)
    sides = np.zeros(len(names), np.uint8)
    for code in np.unique(codes):
        present = np.zeros(len(names), bool)
        present[inverse[codes == code]] = True
        sides += present
    found["things"] += len(names)
    found["faces"] += len(hashed)
    found["largest"] = max(found["largest"], int(sizes.max(initial=0)))
    return names[sides > 1]


def _checked(read: Callable[[], Pairs], suspects: NDArray[np.uint64]) -> dict[str, Any]:
    """The names behind keys that lie on two sides; beyond `_SUSPECTS` keys stand for them."""
    examples: dict[str, set[str]] = {}
    looked_at = np.sort(suspects)[:_SUSPECTS]
    if len(looked_at):
        for names, sides in _valid(read()):
            rows = np.flatnonzero(np.isin(keys(names), looked_at))
            for name, side in zip(names.take(rows).to_pylist(), sides.take(rows).to_pylist()):
                examples.setdefault(name, set()).add(side)
    real = {name: sorted(sides) for name, sides in sorted(examples.items()) if len(sides) > 1}
    return {
        "crossing": len(real) + len(suspects) - len(looked_at),
        "examples": [{"name": name, "sides": real[name]} for name in list(real)[:EXAMPLES]],
    }


def _valid(pairs: Pairs) -> Pairs:
    for names, sides in pairs:
        both = pc.and_(pc.is_valid(names), pc.is_valid(sides))
        yield names.filter(both), sides.filter(both)

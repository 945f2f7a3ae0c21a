"""Counts and histograms that grow with what is told apart, not with the number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

LIMIT = 100_000
"""Different keys that a tally tells apart; later ones are counted together, under `OTHERS`."""
OTHERS = "(others)"
Key = tuple[Any, ...]


class Tally:
    """Sums of columns by the values of others.

    Args:
        by: columns whose values are told apart.
        sums: columns to add up; null counts as 0.
    """

    def __init__(self, by: Sequence[str], sums: Sequence[str] = (), limit: int = LIMIT) -> None:
        self.by, self.sums = tuple(by), tuple(sums)
        self._limit = limit
        self._found: dict[Key, list[float]] = {}

    def add(self, table: pa.Table) -> None:
        """Count the rows of a batch."""
        grouped = table.group_by(list(self.by), use_threads=False).aggregate(
            [([], "count_all"), *((name, "sum") for name in self.sums)]
        )
        keys = zip(*(grouped[name].to_pylist() for name in self.by))
        columns = ["count_all", *(f"{name}_sum" for name in self.sums)]
        values = zip(*(grouped[name].to_pylist() for name in columns))
        for key, row in zip(keys, values):
            if key not in self._found and len(self._found) >= self._limit:
                key = (OTHERS,) * len(self.by)
            held = self._found.setdefault(key, [0.0] * len(columns))
            for number, value in enumerate(row):
                held[number] += value or 0

    def items(self) -> list[tuple[Key, list[float]]]:
        """(key, [rows, *sums]) sorted by falling count, then by key."""
        return sorted(self._found.items(), key=lambda item: (-item[1][0], _text(item[0])))


class Histogram:
    """How many values lie between edges, in kept faces and in those left out.

    Args:
        edges: rising; values beyond the first and last count in the first and last bin.
    """

    def __init__(self, edges: Sequence[float]) -> None:
        self.edges = np.asarray(edges, float)
        self.kept = np.zeros(len(edges) - 1, np.int64)
        self.left_out = np.zeros(len(edges) - 1, np.int64)
        self._sum = 0.0

    def add(self, values: NDArray[np.float64], keep: NDArray[np.bool_]) -> None:
        """Count a batch; what is no finite number is not counted."""
        finite = np.isfinite(values)
        inner = np.clip(values, self.edges[0], np.nextafter(self.edges[-1], -np.inf))
        for held, rows in ((self.kept, finite & keep), (self.left_out, finite & ~keep)):
            held += np.histogram(inner[rows], self.edges)[0]
        self._sum += float(inner[finite & keep].sum())

    def data(self) -> dict[str, Any]:
        """`edges`, `kept`, `left_out`, and of the kept ones `count`, `mean` and `median` (within
        its bin), both None without any."""
        total = int(self.kept.sum())
        return {
            "edges": [round(float(edge), 4) for edge in self.edges],
            "kept": self.kept.tolist(),
            "left_out": self.left_out.tolist(),
            "count": total,
            "mean": round(self._sum / total, 4) if total else None,
            "median": round(self._quantile(0.5), 4) if total else None,
        }

    def _quantile(self, share: float) -> float:
        reached = np.concatenate([[0], np.cumsum(self.kept)])
        return float(np.interp(share * reached[-1], reached, self.edges))


def _text(key: Key) -> list[str]:
    return ["" if part is None else str(part) for part in key]

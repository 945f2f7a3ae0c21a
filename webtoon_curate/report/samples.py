"""The few faces that contact sheets show, and their small pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from webtoon_curate.errors import ImageError
from webtoon_curate.files import inside
from webtoon_curate.images import decode
from webtoon_curate.report.rows import keys

SIDE = 96
"""Pixels of a picture: sharp at 48 to 72 on screens of any density, about 2 kB."""
MAX_PICTURES = 600
"""In one report: about 2 MB of text."""
_WEBP = {"quality": 72, "method": 4}


class Sheet:
    """Chooses faces of each of some names: those whose keys are smallest, which is by chance,
    and the same whatever the order of the rows.

    Args:
        names: of the rows of the sheet.
        each: faces of each.
    """

    def __init__(self, names: Sequence[str], each: int) -> None:
        self.names, self._each = list(names), each
        self._values = pa.array(self.names, pa.string())
        self._held: dict[int, list[tuple[int, str, str]]] = {i: [] for i in range(len(names))}

    def add(self, names: pa.ChunkedArray, faces: pa.Table, hashed: NDArray[np.uint64]) -> None:
        """Look at a batch.

        Args:
            names: (n,) string, which row of the sheet each face belongs to.
            faces: with `face_id` and `crop`.
            hashed: (n,) `keys` of the `face_id`.
        """
        import pyarrow.compute as pc

        codes = pc.fill_null(pc.index_in(names, self._values), -1).to_numpy()
        order = np.lexsort((hashed, codes))
        order = order[codes[order] >= 0]
        groups = codes[order]
        first = np.searchsorted(groups, groups)
        chosen = order[np.arange(len(order)) - first < self._each]
        columns = (faces[name].take(chosen).to_pylist() for name in ("face_id", "crop"))
        for code, key, face_id, crop in zip(codes[chosen], hashed[chosen], *columns):
            held = self._held[int(code)]
            held.append((int(key), face_id, crop))
            held.sort()
            del held[self._each :]

    def data(self) -> list[dict[str, object]]:
        """`name` and `faces` (`face_id`, `crop`) of each row that has some."""
        return [
            {
                "name": name,
                "faces": [{"face_id": face, "crop": crop} for _, face, crop in self._held[i]],
            }
            for i, name in enumerate(self.names)
            if self._held[i]
        ]


def face_keys(faces: pa.Table) -> NDArray[np.uint64]:
    """What sheets choose by."""
    return keys(faces["face_id"])


class Pictures:
    """Small pictures of crops as data addresses; the same face is made once.

    Args:
        dataset: the folder that crops must lie in.
    """

    def __init__(self, dataset: Path) -> None:
        self._dataset = dataset
        self._made: dict[str, str | None] = {}

    def address(self, crop: str | None) -> str | None:
        """`data:image/webp;base64,…`; None where there is no picture to show, or no more fit."""
        if crop is None:
            return None
        if crop not in self._made:
            if sum(made is not None for made in self._made.values()) >= MAX_PICTURES:
                return None
            self._made[crop] = self._make(crop)
        return self._made[crop]

    def _make(self, crop: str) -> str | None:
        from PIL import Image

        try:
            path = inside(self._dataset, crop)
            if path is None:
                return None
            image = Image.fromarray(decode(path))
        except (ImageError, OSError, ValueError):
            return None
        buffer = io.BytesIO()
        image.resize((SIDE, SIDE), Image.Resampling.BOX).save(buffer, "WEBP", **_WEBP)
        return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"

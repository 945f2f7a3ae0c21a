"""What a format makes of a face, or why it does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = dict[str, Any]
"""A row of the manifest."""


@dataclass(frozen=True)
class Made:
    """What a format made of one face, or of one scene with its faces.

    Attributes:
        split: train, val or test.
        row: plain JSON, which `Format.finish` gets back in the manifest's order.
        files: bytes by path, relative to the export's folder or, with `Format.packed`, names for
            `finish` to pack.
        planes: (channels, height, width) uint8 for `finish` to pack.
        faces: how many it shows.
    """

    split: str
    row: Row
    files: dict[str, bytes] = field(default_factory=dict)
    planes: NDArray[np.uint8] | None = None
    faces: int = 1


@dataclass(frozen=True)
class Refused:
    """A face that the format cannot take, and why."""

    face_id: str
    reason: str

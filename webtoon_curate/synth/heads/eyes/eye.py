"""An eye while it is drawn: where it is and how far it is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from webtoon_curate.synth.labels import Label

Array = NDArray[Any]

FACING = 0.10
"""Eyes turned away further than this share of their area are not drawn."""


@dataclass
class Eye:
    """An eye while it is drawn. ``side`` is -1 for the picture's left eye, 1 for its right.

    ``turn`` takes the eye's frame to the frontal drawing around ``center``; ``frame`` takes it to
    the picture around ``origin``.
    """

    side: int
    center: Array
    turn: Array
    frame: Array
    origin: Array
    facing: float
    lid: str
    open: float
    upper: Array
    lower: Array
    wedge: float = 0.0  # how far it is drawn as from the side, see `side_eyes`

    @property
    def label(self) -> Label:
        """Of its whites and lids."""
        return Label.LEFT_EYE if self.side < 0 else Label.RIGHT_EYE

    @property
    def iris_label(self) -> Label:
        """Of its iris."""
        return Label.LEFT_IRIS if self.side < 0 else Label.RIGHT_IRIS

    @property
    def shown(self) -> bool:
        """Whether it is turned to the reader."""
        return self.facing > FACING

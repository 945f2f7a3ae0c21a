"""A face as the review page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from webtoon_curate.labels.events import Box, FaceRef

VALUES = (
    *("face_id", "x", "y", "width", "height", "scene", "page", "score", "detector", "crop"),
    *("quality", "gender", "glasses", "group", "group_source", "tags", "character"),
    *("duplicate_cluster", "keep", "keep_reason", "who", "time"),
)
"""Columns that the page shows."""
_AT = {name: index for index, name in enumerate(VALUES)}


@dataclass(slots=True)
class Face:
    """A face as the page shows it.

    Attributes:
        number, episode: of the index.
        ref: how events name it.
        values: of the columns that the page shows.
        gone: the person who drew it took it back.
        points: 68 x (x, y) float32, episode pixels; None where there are none.
    """

    number: int
    episode: int
    ref: FaceRef
    values: tuple[Any, ...]
    gone: bool = False
    points: bytes | None = None

    def __getitem__(self, name: str) -> Any:
        return self.values[_AT[name]]

    @property
    def box(self) -> Box:
        """x, y, width, height in episode pixels."""
        return self.values[1:5]  # type: ignore[return-value]

    def record(self) -> dict[str, Any]:
        """What the page gets, as JSON."""
        values = dict(zip(VALUES, self.values))
        values["points"] = self.points is not None
        return {"n": self.number, "e": self.episode, "gone": self.gone, **values}

"""Groups by the face reader, from the table of its readings: nothing is looked at again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.groups import QUESTIONS, SURE, Row, register, thresholds_of
from webtoon_curate.errors import ModelError
from webtoon_curate.models import all_cards


class Read:
    """The probabilities in the readings, which the reader has calibrated; a `Backend`."""

    after = ("readings",)
    framing = None

    def __init__(self) -> None:
        cards = [card for _, card in sorted(all_cards().items()) if card.backend == "reader"]
        own = thresholds_of(cards[0]) if cards else dict.fromkeys(QUESTIONS, SURE)
        self.thresholds: Mapping[str, float] = own
        self.models: Mapping[str, str | None] = {}

    def __call__(
        self, readings: Sequence[Row], crops: Sequence[NDArray[np.uint8]]
    ) -> tuple[NDArray[np.float32], list[str]]:
        """See `groups.Backend`."""
        chances = np.array([[row[name] for name in QUESTIONS] for row in readings], np.float32)
        return chances.reshape(-1, len(QUESTIONS)), [row["reader"] for row in readings]


@register("reader")
def _load(path: Path | None, device: str) -> Read:
    if path is not None:
        raise ModelError("the readings are those of `landmarks`; choose their reader there")
    return Read()

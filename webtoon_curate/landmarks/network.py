"""The bundled reader network as a landmark backend: points, and all else it reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import CropSettings
from webtoon_curate.landmarks.registry import Found, register
from webtoon_curate.models import ModelCard
from webtoon_curate.reader import FaceReader, load_reader
from webtoon_curate.reader.squares import EXPAND


class ReaderBackend:
    """`webtoon_curate.reader.FaceReader` as a `Backend`."""

    def __init__(self, reader: FaceReader) -> None:
        self.name, self.version, self.card = reader.name, reader.version, reader.card
        self.framing = CropSettings(reader.size, EXPAND, 0.0)
        self._reader = reader

    def __call__(self, crops: NDArray[np.uint8], boxes: NDArray[np.float32]) -> Found:
        """See `Backend`."""
        found = self._reader(list(crops))
        return Found(found.landmarks, found.depth, found.confidence, found)


@register("reader", suffixes=(".onnx",))
def load(card: ModelCard, path: Path | None, device: str) -> ReaderBackend:
    """The reader of a file, known to see its test picture."""
    return ReaderBackend(load_reader(card.name if path is None else str(path), device=device))

"""Landmark backends by name, and `load_backend`, which chooses and loads one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import CropSettings
from webtoon_curate.errors import ModelError
from webtoon_curate.landmarks.points import POINTS
from webtoon_curate.models import ModelCard, all_cards, find_card
from webtoon_curate.models.backends import Kind, Kinds, card_of_file, first_ready, kind_of_file
from webtoon_curate.reader.readings import Readings

_BUILTIN = (
    "webtoon_curate.landmarks.network",
    "webtoon_curate.landmarks.fan",
    "webtoon_curate.landmarks.shape_predictor",
    "webtoon_curate.landmarks.prnet",
)


@dataclass(frozen=True)
class Found:
    """The points of n crops.

    Attributes:
        points: (n, 68, 2) float32, iBUG order, x and y in pixels of the crop.
        depth: (n, 68) float32, in box widths, larger nearer to the reader; None in two dimensions.
        confidence: (n, 68) float32, 0-1; None where the backend has none.
        readings: what else was read, in the order of the crops; None for other backends than the
            reader.
    """

    points: NDArray[np.float32]
    depth: NDArray[np.float32] | None = None
    confidence: NDArray[np.float32] | None = None
    readings: Readings | None = None

    def __post_init__(self) -> None:
        n = len(self.points)
        if self.points.shape != (n, POINTS, 2):
            raise ValueError(f"points are (n, {POINTS}, 2), not {self.points.shape}")
        for name in ("depth", "confidence"):
            values = getattr(self, name)
            if values is not None and values.shape != (n, POINTS):
                raise ValueError(f"{name} is (n, {POINTS}), not {values.shape}")


class Backend(Protocol):
    """What places the 68 points in crops.

    Attributes:
        name: of the model.
        version: tells this model's points from another version's, e.g. the head of its sha256.
        card: licence and source.
        framing: the crops it wants: their side, and how they lie around the face box.
    """

    name: str
    version: str
    card: ModelCard
    framing: CropSettings

    def __call__(self, crops: NDArray[np.uint8], boxes: NDArray[np.float32]) -> Found:
        """The points of each crop.

        Args:
            crops: (n, size, size, 3) uint8 RGB, cut as `framing` says.
            boxes: (n, 4) x, y, width, height of the face boxes in the crops, pixels.
        """
        ...


KINDS: Kinds[Backend] = Kinds("landmark backends", _BUILTIN)
register, kinds = KINDS.register, KINDS.known


def backend_id(backend: Backend) -> str:
    """`name@version`, as in the tables."""
    return f"{backend.name}@{backend.version}"


def load_backend(name: str = "reader", *, device: str = "auto") -> Backend:
    """A backend, ready to use.

    Args:
        name: a kind (`reader`, `face-alignment`, `dlib`, `prnet` …), the name of a model, or the
            path of a model file.
        device: `auto`, `cpu` or `cuda`; kinds that know one device only ignore it.

    Raises:
        ModelError: if there is no such backend, what runs it is not installed, or its file is
            missing, damaged or cannot be fetched.
    """
    known = kinds()
    kind, card, path = _resolve(name, known)
    return kind.model(card, path, device)


def _resolve(
    name: str, known: dict[str, Kind[Backend]]
) -> tuple[Kind[Backend], ModelCard, Path | None]:
    if name in known:
        return known[name], _default(known[name]), None
    card = all_cards().get(name)
    if card is not None and card.backend in known:
        return known[card.backend], find_card(name), None
    if found := kind_of_file(name, known):
        kind, path = found
        return kind, card_of_file(path, kind), path
    models = {c.name for c in all_cards().values() if c.backend in known}
    names = ", ".join(sorted({*known, *models}))
    raise ModelError(f"no landmark backend is called {name!r}; there are {names}, or a file")


def _default(kind: Kind[Backend]) -> ModelCard:
    """The kind's model: its default, else the first that is installed."""
    if kind.default is not None:
        return find_card(kind.default)
    cards = sorted(
        (c for c in all_cards().values() if c.backend == kind.name), key=lambda card: card.name
    )
    if cards:
        return first_ready(cards, {kind.name: kind}) or cards[0]
    files = " or ".join(f"*{suffix}" for suffix in kind.suffixes)
    raise ModelError(f"no model of {kind.name} is installed: give its file ({files}) by path")

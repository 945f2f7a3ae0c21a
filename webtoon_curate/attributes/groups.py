"""Groups of faces, woman or man, with glasses or without: backends by name, and the decision.

A backend gives two probabilities a face. What is less sure than a threshold is `unknown`, for a
wrong group spoils a training set more than a missing one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import CropSettings
from webtoon_curate.errors import ModelError
from webtoon_curate.labels.join import group_of
from webtoon_curate.models import ModelCard
from webtoon_curate.models.backends import Kinds, kind_of_file

UNKNOWN = "unknown"
SURE = 0.75
"""Probability from which an answer counts, where a model's card has no threshold of its own."""
QUESTIONS = ("woman", "glasses")

_BUILTIN = ("webtoon_curate.attributes.groups_read", "webtoon_curate.attributes.groups_network")
Row = dict[str, Any]


class Backend(Protocol):
    """What tells groups.

    Attributes:
        after: tables that it starts from.
        framing: how the crops that it wants are cut; None if it wants none.
        thresholds: by question, the probability from which an answer counts.
        models: sha256 by name@version, for the record of the run.
    """

    after: Sequence[str]
    framing: CropSettings | None
    thresholds: Mapping[str, float]
    models: Mapping[str, str | None]

    def __call__(
        self, readings: Sequence[Row], crops: Sequence[NDArray[np.uint8]]
    ) -> tuple[NDArray[np.float32], list[str]]:
        """The probabilities of faces.

        Args:
            readings: the rows of `after`, empty ones without.
            crops: RGB uint8 (size, size, 3), as `framing` says; none without.

        Returns:
            (n, 2) float32, of being a woman and of wearing glasses, NaN where it cannot tell; and
            name@version of the model for each face.
        """
        ...


@dataclass(frozen=True)
class Answer:
    """The group of a face; columns of `schema.GROUPS`."""

    gender: str
    glasses: bool | None
    group: str
    group_probability: float


def decide(woman: float, glasses: float, thresholds: Mapping[str, float]) -> Answer:
    """The group that two probabilities say.

    Args:
        woman, glasses: 0-1; NaN where it cannot be told.
        thresholds: by question, the probability from which an answer counts; at least 0.5.

    Returns:
        The answer; its probability is that both likelier answers are right.

    Example:
        >>> decide(0.96, 0.02, {}).group, decide(0.96, 0.4, {}).group
        ('woman_no_glasses', 'unknown')
    """
    sure = {name: max(0.5, float(thresholds.get(name, SURE))) for name in QUESTIONS}
    gender = UNKNOWN
    if max(woman, 1 - woman) >= sure["woman"]:
        gender = "woman" if woman >= 0.5 else "man"
    seen = glasses >= 0.5 if max(glasses, 1 - glasses) >= sure["glasses"] else None
    chance = max(woman, 1 - woman) * max(glasses, 1 - glasses)
    group = group_of(gender, seen) or UNKNOWN
    return Answer(gender, seen, group, float(chance) if np.isfinite(chance) else 0.0)


KINDS: Kinds[Backend] = Kinds("backends of groups", _BUILTIN)
register, kinds = KINDS.register, KINDS.known
"""A kind's `load(path, device)` takes no card; `path` is None when it is called by name."""


def load_backend(name: str = "reader", *, device: str = "auto") -> Backend:
    """A backend, ready to use.

    Args:
        name: of a backend, or the path of a model file.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        ModelError: if there is none of that name, and no such file.
    """
    known = kinds()
    if name in known:
        return known[name].load(None, device)
    if found := kind_of_file(name, known):
        kind, path = found
        return kind.load(path, device)
    raise ModelError(f"no backend is called {name!r}; there are {', '.join(known)}, or an .onnx")


def thresholds_of(card: ModelCard) -> dict[str, float]:
    """The thresholds of a card, `SURE` where it has none."""
    return {name: float(card.thresholds.get(name, SURE)) for name in QUESTIONS}

"""Model cards: one JSON file a model, read when first asked for."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from typing import Any

from webtoon_curate.errors import ModelError


@dataclass(frozen=True)
class ModelCard:
    """What is known of a model file.

    Attributes:
        name: what `models pull` and `--detector` call it.
        backend: the registered detector (or other reader) that runs it, e.g. `cascade`.
        domain: `drawn` or `photo`.
        file: name of the file; empty for a model that another package brings with it.
        url: where `models pull` fetches it; empty for bundled files.
        sha256: of the file, hexadecimal.
        unpacked: sha256 of what a packed file holds, which serves as well under its name without
            the last ending; empty where there is no such file.
        license: SPDX name.
        source: who made it, where, when.
        about: one sentence.
        thresholds: score of the operating points `high` (recall), `balanced` and `precise`.
        calibration: coefficients that turn the backend's raw figures into a score of 0-1.
        input: what the backend must feed it: sizes and scales in pixels.
        box: x, y, width, height of the labelled face in a box of the model, in box widths.
    """

    name: str
    backend: str
    license: str
    source: str
    domain: str = "drawn"
    file: str = ""
    url: str = ""
    sha256: str = ""
    unpacked: str = ""
    about: str = ""
    thresholds: dict[str, float] = field(default_factory=dict)
    calibration: dict[str, float] = field(default_factory=dict)
    input: dict[str, Any] = field(default_factory=dict)
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    @classmethod
    def from_json(cls, text: str, where: str = "card") -> ModelCard:
        """The card in a JSON text; `where` names it in errors.

        Raises:
            ModelError: if it is not a card.
        """
        known = {f.name for f in fields(cls)}
        try:
            record = json.loads(text)
            unknown = sorted(set(record) - known)
            if unknown:
                raise ValueError(f"unknown keys {', '.join(unknown)}")
            if "box" in record:
                record["box"] = tuple(record["box"])
            card = cls(**record)
            card._check()
            return card
        except (ValueError, TypeError, AttributeError) as error:
            raise ModelError(f"{where} is not a model card: {error}") from None

    def _check(self) -> None:
        """Raises ValueError for a field of another kind than its type."""
        numbers = (*self.thresholds.items(), *self.calibration.items())
        texts = (f.name for f in fields(self) if f.type == "str")
        wrong = [name for name in texts if not isinstance(getattr(self, name), str)]
        wrong += [name for name, value in numbers if not _is_number(value)]
        if len(self.box) != 4 or not all(map(_is_number, self.box)):
            wrong.append("box")
        if not isinstance(self.input, dict):
            wrong.append("input")
        if wrong:
            raise ValueError(f"{wrong[0]} is of the wrong kind")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


_registered: dict[str, ModelCard] = {}


def register_card(card: ModelCard) -> ModelCard:
    """Makes a card known, from a plugin.

    Raises:
        ModelError: if another card has that name.
    """
    if all_cards().get(card.name, card) != card:
        raise ModelError(f"two model cards are named {card.name}; rename one")
    _registered[card.name] = card
    return card


@cache
def _bundled() -> dict[str, ModelCard]:
    folder = resources.files(__name__)
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".json")), key=lambda f: f.name)
    cards = [ModelCard.from_json(f.read_text(encoding="utf-8"), f.name) for f in files]
    return {card.name: card for card in cards}


def all_cards() -> dict[str, ModelCard]:
    """Every known card by name: the package's own, then those of plugins."""
    return {**_bundled(), **_registered}


def find_card(name: str) -> ModelCard:
    """The card called `name`.

    Raises:
        ModelError: if there is none.
    """
    cards = all_cards()
    if name not in cards:
        raise ModelError(f"no model is called {name!r}; known are {', '.join(sorted(cards))}")
    return cards[name]

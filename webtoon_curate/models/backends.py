"""Ways to run models, by name: what the registries of detectors, landmarks and groups share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, TypeVar

from webtoon_curate.errors import ModelError
from webtoon_curate.files import sha256_of
from webtoon_curate.models.cards import ModelCard, all_cards
from webtoon_curate.models.store import find_model, require_model
from webtoon_curate.plugins import load_plugins

Model = TypeVar("Model")
Load = TypeVar("Load", bound=Callable[..., Any])


@dataclass(frozen=True)
class Kind(Generic[Model]):
    """A way to run models.

    Attributes:
        name: as in the cards' `backend`.
        load: the factory, `load(card, path, device)` unless its registry says otherwise; `path` is
            None for models without a file.
        rank: where a model is chosen, that of the highest rank is.
        default: the model that the name alone stands for; None for the best one installed.
        suffixes: of the files that are taken by path, e.g. `.onnx`.
        usable: None, or what to install to make it work.
    """

    name: str
    load: Callable[..., Model]
    rank: int = 0
    default: str | None = None
    suffixes: tuple[str, ...] = ()
    usable: Callable[[], str | None] = lambda: None

    def model(self, card: ModelCard, path: Path | None, device: str) -> Model:
        """The model of a card, or of a file, loaded.

        Raises:
            ModelError: if what runs it is not installed, or its file is missing or damaged.
        """
        if missing := self.usable():
            raise ModelError(f"{card.name} cannot run: {missing}")
        if path is None and card.file:
            path = require_model(card.name)
        return self.load(card, path, device)


class Kinds(Generic[Model]):
    """A registry of kinds: the package's own, from modules that register them, and plugins'."""

    def __init__(self, what: str, modules: Sequence[str]) -> None:
        self.what = what
        self._modules = modules
        self._kinds: dict[str, Kind[Model]] = {}

    def register(self, name: str, **about: Any) -> Callable[[Load], Load]:
        """Decorates the factory of a kind; see `Kind` for the arguments.

        Raises:
            ModelError: if another kind has that name.
        """

        def keep(load: Load) -> Load:
            known = self._kinds.get(name)
            if known is not None and known.load.__module__ != load.__module__:
                raise ModelError(f"two {self.what} are named {name}; rename one")
            self._kinds[name] = Kind(name, load, **about)
            return load

        return keep

    def known(self) -> dict[str, Kind[Model]]:
        """Every kind by name."""
        for module in self._modules:
            import_module(module)
        load_plugins()
        return dict(self._kinds)


def kind_of_file(name: str, kinds: Mapping[str, Kind[Model]]) -> tuple[Kind[Model], Path] | None:
    """The kind that takes a file of this path, and the path; None if it is no model's file.

    Raises:
        ModelError: if there is no such file.
    """
    path = Path(name).expanduser()
    for kind in kinds.values():
        if path.suffix.lower() in kind.suffixes:
            if not path.is_file():
                raise ModelError(f"there is no model file {path}")
            return kind, path
    return None


def card_of_file(path: Path, kind: Kind, **about: Any) -> ModelCard:
    """The card of a file: one that knows its sha256, installed or beside it in a file of its name
    ending in `.json`; else a new one, with `about`."""
    digest = sha256_of(path)
    own = []
    with contextlib.suppress(OSError, ValueError, ModelError):  # no card there is no fault
        own.append(ModelCard.from_json(path.with_suffix(".json").read_text("utf-8")))
    for card in (*all_cards().values(), *own):
        if digest in (card.sha256, card.unpacked) and card.backend == kind.name:
            return card
    return ModelCard(
        path.stem, kind.name, license="unknown", source=str(path), sha256=digest, **about
    )


def first_ready(cards: Iterable[ModelCard], kinds: Mapping[str, Kind]) -> ModelCard | None:
    """The first of the cards whose model is here and can run."""
    for card in cards:
        if kinds[card.backend].usable() is None and (not card.file or find_model(card.name)):
            return card
    return None

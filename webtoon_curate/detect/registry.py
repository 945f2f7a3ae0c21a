"""Detectors by name, and `load_detector`, which chooses, loads and tests one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.detect.canary import FACES, canary_picture
from webtoon_curate.detect.merging import overlaps
from webtoon_curate.detect.tiling import Tiling
from webtoon_curate.errors import ModelError
from webtoon_curate.faces import Detections
from webtoon_curate.models import ModelCard, all_cards, find_card, find_model, require_model
from webtoon_curate.plugins import load_plugins

RECALLS = ("high", "balanced", "precise")
"""The operating points of every card."""

CANARY_SCALES = (1.0, 1.5, 0.7)
"""Sizes of the canary picture, tried in turn: a coarse pyramid can step over one size."""
CANARY_IOU = 0.25
"""A detector's box must overlap a face of the canary picture this much: rules differ about how
much forehead a face has."""

_BUILTIN = (
    "webtoon_curate.detect.cascade",
    "webtoon_curate.detect.network",
    "webtoon_curate.detect.photo",
)
_FALLBACK = {"drawn": "lbpcascade_webtoon", "photo": "dlib_hog"}
"""What `auto` falls back to when nothing better is installed: the model, by domain. It is also
the first among models of equal rank."""


class Detector(Protocol):
    """What finds faces in windows.

    Attributes:
        name: of the model, e.g. `lbpcascade_animeface`.
        version: tells this model's boxes from another version's, e.g. the head of its sha256.
        card: licence, source, operating points.
        tiling: the windows it wants.
        min_score: the chosen operating point; `detect_scene` drops faces that score less.
    """

    name: str
    version: str
    card: ModelCard
    tiling: Tiling
    min_score: float

    def __call__(self, windows: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """The faces of each window.

        Args:
            windows: RGB, uint8, each (height, width, 3) and of any size.

        Returns:
            As many `Detections`, boxes in pixels of their window.
        """
        ...


@dataclass(frozen=True)
class Backend:
    """A way to run models; `load(card, path, device)` gives a detector without `min_score`.

    Attributes:
        name: as in the cards' `backend`.
        load: the factory; `path` is None for models without a file.
        rank: `auto` takes the installed model whose backend ranks highest.
        suffixes: of the files that `load_detector` takes by path, e.g. `.xml`.
        usable: None, or what to install to make the backend work.
    """

    name: str
    load: Callable[[ModelCard, Path | None, str], Detector]
    rank: int = 0
    suffixes: tuple[str, ...] = ()
    usable: Callable[[], str | None] = lambda: None


_backends: dict[str, Backend] = {}


def register(
    name: str,
    *,
    rank: int = 0,
    suffixes: tuple[str, ...] = (),
    usable: Callable[[], str | None] = lambda: None,
) -> Callable:
    """Decorates the factory of a backend; see `Backend` for the arguments.

    Raises:
        ModelError: if another backend has that name.
    """

    def keep(load: Callable[[ModelCard, Path | None, str], Detector]) -> Callable:
        if name in _backends and _backends[name].load.__module__ != load.__module__:
            raise ModelError(f"two detector backends are named {name}; rename one")
        _backends[name] = Backend(name, load, rank, suffixes, usable)
        return load

    return keep


def backends() -> dict[str, Backend]:
    """Every backend by name: the package's own and those of plugins."""
    for module in _BUILTIN:
        import_module(module)
    load_plugins()
    return dict(_backends)


def detector_id(detector: Detector) -> str:
    """`name@version`, as in the tables."""
    return f"{detector.name}@{detector.version}"


def load_detector(
    name: str = "auto",
    *,
    domain: str = "drawn",
    device: str = "auto",
    recall: str = "balanced",
    min_score: float | None = None,
    flip: bool = False,
    creatures: bool = False,
) -> Detector:
    """A detector, ready to use and known to work.

    Args:
        name: `auto`, a model, a backend (its best installed model), or the path of a model file.
        domain: `drawn` or `photo`; what `auto` chooses for.
        device: `auto`, `cpu` or `cuda`; backends that know one device only ignore it.
        recall: operating point, `high`, `balanced` or `precise`.
        min_score: a score of 0-1 instead of the operating point's.
        flip: look at windows mirrored as well; networks only.
        creatures: keep faces of animals and monsters; networks only.

    Returns:
        The detector, its canary passed.

    Raises:
        ModelError: if there is no such model, its file is missing and cannot be fetched, or it
            loads but does not find the face in its canary picture.
    """
    if recall not in RECALLS:
        raise ModelError(f"recall is one of {', '.join(RECALLS)}, not {recall!r}")
    known = backends()
    card, path = _resolve(name, domain, known)
    backend = known.get(card.backend)
    if backend is None:
        raise ModelError(f"{card.name} needs the detector backend {card.backend!r}: install it")
    if missing := backend.usable():
        raise ModelError(f"{card.name} cannot run: {missing}")
    if path is None and card.file:
        path = require_model(card.name)
    detector = backend.load(card, path, device)
    detector.min_score = card.thresholds.get(recall, 0.5) if min_score is None else min_score
    for option, wanted in (("flip", flip), ("creatures", creatures)):
        if wanted and not hasattr(detector, option):
            raise ModelError(f"{card.name} has no {option}: choose a network with --detector")
        if wanted:
            setattr(detector, option, True)
    _check_canary(detector)
    return detector


def _resolve(name: str, domain: str, known: dict[str, Backend]) -> tuple[ModelCard, Path | None]:
    if name == "auto":
        return _best(domain, known), None
    if name in all_cards():
        return find_card(name), None
    if name in known:
        return _best(domain, {name: known[name]}), None
    path = Path(name).expanduser()
    for backend in known.values():
        if path.suffix.lower() in backend.suffixes:
            if not path.is_file():
                raise ModelError(f"there is no model file {path}")
            return _card_of_file(path, backend, domain), path
    names = sorted({*all_cards(), *known, "auto"})
    raise ModelError(f"no detector is called {name!r}; there are {', '.join(names)}, or a file")


def _card_of_file(path: Path, backend: Backend, domain: str) -> ModelCard:
    from webtoon_curate.models.store import sha256_of

    digest = sha256_of(path)
    for card in all_cards().values():
        if card.sha256 == digest:
            return card
    about = {"license": "unknown", "source": str(path), "sha256": digest, "domain": domain}
    thresholds = {"high": 0.25, "balanced": 0.5, "precise": 0.75}
    return ModelCard(name=path.stem, backend=backend.name, thresholds=thresholds, **about)


def _best(domain: str, known: dict[str, Backend]) -> ModelCard:
    """The installed model of the highest rank; the domain's fallback if there is none."""
    fitting = [c for c in all_cards().values() if c.domain == domain and c.backend in known]
    first = _FALLBACK.get(domain)
    fitting.sort(key=lambda card: (-known[card.backend].rank, card.name != first, card.name))
    for card in fitting:
        if known[card.backend].usable() is None and (not card.file or find_model(card.name)):
            return card
    if _FALLBACK.get(domain) in {card.name for card in fitting}:
        return find_card(_FALLBACK[domain])
    if fitting:
        return fitting[0]
    raise ModelError(f"no detector finds faces of the domain {domain!r}")


def _check_canary(detector: Detector) -> None:
    for scale in CANARY_SCALES:
        (found,) = detector([canary_picture(scale)])
        if any((overlaps(face * scale, found.boxes)[0] >= CANARY_IOU).any() for face in FACES):
            return
    raise ModelError(
        f"{detector_id(detector)} loads, but does not see a face in its test picture: the model "
        f"file or the library that runs it is broken, or it is no face detector. Install it "
        f"again, or choose another with --detector"
    )

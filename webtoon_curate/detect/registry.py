"""Detectors by name, and `load_detector`, which chooses, loads and tests one."""

from __future__ import annotations

from pathlib import Path

from webtoon_curate.detect.canary import FACES, canary_picture
from webtoon_curate.detect.detector import Detector, detector_id
from webtoon_curate.detect.merging import overlaps
from webtoon_curate.errors import ModelError
from webtoon_curate.models import ModelCard, all_cards
from webtoon_curate.models.backends import Kind, Kinds, card_of_file, first_ready, kind_of_file
from webtoon_curate.models.runtime import tried

RECALLS = ("high", "balanced", "precise")
"""The operating points of every card."""
_THRESHOLDS = {"high": 0.25, "balanced": 0.5, "precise": 0.75}
"""Of a file without a card."""

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


KINDS: Kinds[Detector] = Kinds("detector backends", _BUILTIN)
register, backends = KINDS.register, KINDS.known
"""They load detectors without `min_score`; `auto` takes the installed model of the highest rank."""


def load_detector(
    name: str = "auto",
    *,
    domain: str = "drawn",
    device: str = "auto",
    recall: str = "balanced",
    min_score: float | None = None,
    flip: bool = False,
    turned: bool = False,
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
        turned: look at windows lying and upside down as well; networks only.
        creatures: keep faces of animals and monsters; networks only.

    Returns:
        The detector, its canary passed.

    Raises:
        ModelError: if there is no such model, its file is missing and cannot be fetched, or it
            loads but does not find the face in its canary picture.
    """
    if recall not in RECALLS:
        raise ModelError(f"recall is one of {', '.join(RECALLS)}, not {recall!r}")
    if min_score is not None and not 0 <= min_score <= 1:
        raise ModelError(f"min_score is a number of 0 to 1, not {min_score}")
    known = backends()
    card, path = _resolve(name, domain, known)
    detector = known[card.backend].model(card, path, device)
    detector.min_score = card.thresholds.get(recall, 0.5) if min_score is None else min_score
    for option, wanted in (("flip", flip), ("turned", turned), ("creatures", creatures)):
        if wanted and not hasattr(detector, option):
            raise ModelError(f"{card.name} has no {option}: choose a network with --detector")
        if wanted:
            setattr(detector, option, True)
    if weight := card.calibration.get("reader"):
        detector = _confirmed(detector, weight, device, creatures)
    _check_canary(detector)
    return detector


def _confirmed(detector: Detector, weight: float, device: str, creatures: bool) -> Detector:
    """The detector with the reader that its card wants to hear of each face."""
    from webtoon_curate.detect.confirmed import Confirmed
    from webtoon_curate.reader import load_reader

    try:
        reader = load_reader(device=device)
    except ModelError as error:
        raise ModelError(f"{detector.name} has each face read: {error}") from None
    return Confirmed(detector, reader, weight, raising=creatures)


def _resolve(
    name: str, domain: str, known: dict[str, Kind[Detector]]
) -> tuple[ModelCard, Path | None]:
    if name == "auto":
        return _best(domain, known), None
    card = all_cards().get(name)
    if card is not None and card.backend in known:
        return card, None
    if name in known:
        return _best(domain, {name: known[name]}), None
    if found := kind_of_file(name, known):
        kind, path = found
        return card_of_file(path, kind, domain=domain, thresholds=_THRESHOLDS), path
    cards = (card.name for card in all_cards().values() if card.backend in known)
    names = ", ".join(sorted({*cards, *known, "auto"}))
    if card is not None:
        raise ModelError(
            f"{name} is no detector, or the plugin that runs {card.backend!r} is not installed; "
            f"there are {names}, or a file"
        )
    raise ModelError(f"no detector is called {name!r}; there are {names}, or a file")


def _best(domain: str, known: dict[str, Kind[Detector]]) -> ModelCard:
    """The installed model of the highest rank; the domain's fallback if there is none."""
    fitting = [c for c in all_cards().values() if c.domain == domain and c.backend in known]
    first = _FALLBACK.get(domain)
    fitting.sort(key=lambda card: (-known[card.backend].rank, card.name != first, card.name))
    if not fitting:
        raise ModelError(f"no detector finds faces of the domain {domain!r}")
    fallback = next((card for card in fitting if card.name == first), fitting[0])
    return first_ready(fitting, known) or fallback


def _check_canary(detector: Detector) -> None:
    wanted = detector.min_score
    detector.min_score = min(wanted, _THRESHOLDS["balanced"])  # more need no drawing reach
    for scale in CANARY_SCALES:
        with tried(detector_id(detector)):
            (found,) = detector([canary_picture(scale)])
        if any((overlaps(face * scale, found.boxes)[0] >= CANARY_IOU).any() for face in FACES):
            detector.min_score = wanted
            return
    raise ModelError(
        f"{detector_id(detector)} loads, but does not see a face in its test picture: the model "
        f"file or the library that runs it is broken, or it is no face detector. Install it "
        f"again, or choose another with --detector"
    )

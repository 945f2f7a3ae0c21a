"""Where model files lie, and `pull`: from the network, or from a local file."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from webtoon_curate.errors import ModelError
from webtoon_curate.files import replacing, sha256_of
from webtoon_curate.models.cards import ModelCard, all_cards, find_card

MODELS_VARIABLE = "WEBTOON_CURATE_MODELS"
"""Environment variable: a folder of model files that is searched before all others."""

_PACKAGE = Path(__file__).parents[1]
_BUNDLES = (_PACKAGE / "models" / "weights", _PACKAGE.parent / "cascades")
"""`cascades` is installed beside the package; by path, since a user's cascades.py may hide it."""
_TIMEOUT = 30.0
"""Seconds without an answer after which a download is given up."""


@dataclass(frozen=True)
class ModelState:
    """One line of `models list` and `models verify`.

    `state` is `ok`, `missing`, `wrong checksum`, or `built in` for a model without a file.
    """

    card: ModelCard
    state: str
    path: Path | None = None


def cache_folder() -> Path:
    """The user's cache folder for model files; it need not exist."""
    import platformdirs

    return platformdirs.user_cache_path("webtoon-curate") / "models"


def _names(card: ModelCard) -> dict[str, str]:
    """What the card's file may be called, packed and not, by its sha256."""
    unpacked = {card.unpacked: Path(card.file).stem} if card.unpacked else {}
    return {card.sha256: card.file, **unpacked}


def _candidates(card: ModelCard) -> list[tuple[Path, str]]:
    """Where the card's file may lie, and the sha256 that it has there."""
    folders = [*_BUNDLES, cache_folder()]
    if folder := os.environ.get(MODELS_VARIABLE):
        folders.insert(0, Path(folder).expanduser())
    return [(folder / name, sha256) for folder in folders for sha256, name in _names(card).items()]


def _state(card: ModelCard) -> ModelState:
    if not card.file:
        return ModelState(card, "built in")
    wrong = None
    for path, sha256 in _candidates(card):
        try:
            if not path.is_file():
                continue
            if sha256_of(path) == sha256:
                return ModelState(card, "ok", path)
        except OSError:
            pass
        wrong = wrong or path
    return ModelState(card, "wrong checksum" if wrong else "missing", wrong)


def model_states() -> list[ModelState]:
    """What is installed: every known model, its file and whether its checksum agrees."""
    return [_state(card) for _, card in sorted(all_cards().items())]


def find_model(name: str) -> Path | None:
    """The file of a model, checksum verified; None if it is not installed.

    Raises:
        ModelError: if no model has that name, or the only file found has another checksum.
    """
    found = _state(find_card(name))
    if found.state == "wrong checksum":
        raise ModelError(_wrong(found.card, found.path))
    return found.path


def _wrong(card: ModelCard, path: Path | None) -> str:
    mend = (
        f"delete it and run `webtoon-curate models pull {card.name}`"
        if card.url
        else f"delete it; {card.name} is bundled with webtoon-curate: install that again"
    )
    return (
        f"{path} is not the file that the card of {card.name} describes "
        f"(its sha256 should be {card.sha256}); {mend}"
    )


def pull_model(name: str, from_file: str | os.PathLike[str] | None = None) -> Path:
    """Puts a model file into the user's cache.

    Args:
        name: of the model.
        from_file: copy this file; by default it is fetched from the card's address.

    Returns:
        Where it lies now.

    Raises:
        ModelError: if it cannot be fetched or read, or its sha256 is not the card's.
    """
    card = find_card(name)
    if not card.file:
        raise ModelError(f"{name} has no file: it comes with the package that runs it")
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(f"cannot make the model folder {folder}: {error.strerror}") from None
    if from_file is not None:
        return _copied(card, Path(from_file), folder)
    if not card.url:
        found = find_model(name)
        if found is None:
            raise ModelError(
                f"{name} is missing; it is bundled with webtoon-curate: install that again"
            )
        return found
    return _fetched(card, folder)


def _copied(card: ModelCard, source: Path, folder: Path) -> Path:
    try:
        name = _names(card).get(sha256_of(source))
        if name is None:
            raise ModelError(
                f"{source} is not {card.name}: its sha256 should be {card.sha256}; "
                f"the right file is at {card.url or 'the package'}"
            )
        target = folder / name
        with replacing(target) as part:
            shutil.copyfile(source, part)
    except OSError as error:
        raise ModelError(f"cannot copy {source} to {folder}: {error.strerror}") from None
    return target


def _fetched(card: ModelCard, folder: Path) -> Path:
    import logging

    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    downloader = None
    if card.url.startswith(("http://", "https://")):
        downloader = pooch.HTTPDownloader(timeout=_TIMEOUT)
    try:
        path = pooch.retrieve(
            card.url,
            known_hash=f"sha256:{card.sha256}",
            fname=card.file,
            path=folder,
            downloader=downloader,
        )
    except Exception as error:  # pooch passes on whatever its transport raises
        raise ModelError(
            f"cannot fetch {card.name} from {card.url}: {_reason(error)}. On a machine without "
            f"a network, fetch that file elsewhere, then run `webtoon-curate models pull "
            f"{card.name} --from FILE`, or put it in a folder and set {MODELS_VARIABLE} to it"
        ) from None
    return Path(path)


def _reason(error: BaseException) -> str:
    """What is at the root of an error, which transports wrap several times."""
    while error.__context__ is not None:
        error = error.__context__
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.splitlines()[0][:200]


def require_model(name: str) -> Path:
    """The file of a model, fetched when it is not there.

    Raises:
        ModelError: as `find_model` and `pull_model`.
    """
    return find_model(name) or pull_model(name)

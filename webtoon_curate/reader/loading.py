"""Readers by name, and their test picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.detect.canary import FACES, canary_picture
from webtoon_curate.errors import ModelError
from webtoon_curate.models import ModelCard, all_cards, find_card, find_model, require_model
from webtoon_curate.models.runtime import tried
from webtoon_curate.reader.network import FaceReader
from webtoon_curate.reader.readings import Readings
from webtoon_curate.reader.squares import reader_squares

BACKEND = "reader"
"""Of the cards of readers."""
CANARY_EYES = np.array([[47, 70], [81, 70]], np.float32)
"""Centers of the eyes of the drawn face in `canary_picture`."""
CANARY_ERROR = 0.25
"""How far from them, in distances of the eyes, a working reader may see them."""
CANARY_SIDE = 192


def reader_id(reader: FaceReader) -> str:
    """`name@version`, as in the tables."""
    return f"{reader.name}@{reader.version}"


def load_reader(name: str = "auto", *, device: str = "auto") -> FaceReader:
    """A reader, ready to use and known to work.

    Args:
        name: `auto` for the installed one, the name of a model, or the path of an ONNX file.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        ModelError: if there is no such model, or it loads but does not read the face of its test
            picture.
    """
    card, path = _resolve(name)
    reader = FaceReader(card, path, device)
    _check_canary(reader)
    return reader


def read_faces(crops: Sequence[NDArray[np.uint8]], reader: FaceReader | None = None) -> Readings:
    """What is seen in crops.

    Args:
        crops: square, RGB uint8, of any size (192 to 256 pixels are best), cut as
            `reader_squares` says.
        reader: the installed one when None.

    Returns:
        As many readings, in order; landmarks in pixels of the crops.

    Raises:
        ModelError: if no reader is installed.
        ValueError: if a crop is not square, or no RGB uint8.
    """
    return (reader or _installed())(crops)


@cache
def _installed() -> FaceReader:
    return load_reader()


def _resolve(name: str) -> tuple[ModelCard, Path]:
    if name == "auto":
        cards = sorted(c.name for c in all_cards().values() if c.backend == BACKEND)
        found = next((n for n in cards if find_model(n)), None)
        if found is None:
            raise ModelError(
                "no face reader is installed; webtoon_reader is bundled with webtoon-curate: "
                "install that again"
            )
        name = found
    if name in all_cards():
        card = find_card(name)
        if card.backend != BACKEND:
            raise ModelError(f"{name} is no face reader")
        return card, require_model(name)
    path = Path(name).expanduser()
    if not path.is_file():
        raise ModelError(f"no face reader is called {name!r}, and there is no such file")
    return _card_of_file(path), path


def _card_of_file(path: Path) -> ModelCard:
    from webtoon_curate.files import sha256_of

    digest = sha256_of(path)
    for card in all_cards().values():
        if card.sha256 == digest:
            return card
    return ModelCard(path.stem, BACKEND, license="unknown", source=str(path), sha256=digest)


def _check_canary(reader: FaceReader) -> None:
    from webtoon_curate.crops import cut

    picture = canary_picture()
    height, width = picture.shape[:2]
    squares = reader_squares(FACES[:1])
    crop = cut(
        lambda x, y, w, h: picture[y : y + h, x : x + w],
        squares[0],
        (0, 0, width, height),
        CANARY_SIDE,
    )
    with tried(reader_id(reader)):
        (points,) = reader([crop]).placed(squares, CANARY_SIDE)
        eyes = np.array([points[36:42].mean(0), points[42:48].mean(0)])
    apart = CANARY_EYES[1, 0] - CANARY_EYES[0, 0]
    # `not <=` so that NaN fails too
    if not np.abs(eyes - CANARY_EYES).max() <= CANARY_ERROR * apart:
        raise ModelError(
            f"{reader_id(reader)} loads, but does not see the eyes of its test picture: the file "
            "or the library that runs it is broken, or it is no face reader"
        )

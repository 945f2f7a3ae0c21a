"""Groups by a network in an ONNX file, from crops.

It takes `pixels`, RGB uint8 (n, size, size, 3), cut as face readers want them, and gives `groups`,
(n, 2 or more) float32 logits of woman and glasses. A face reader gives what it gives everywhere,
see `webtoon_curate.reader.groups`; what `train tagger` wrote is taken, too, see `groups_tagger`. A
card of another network with the file's sha256 may have `woman_slope`, `woman_bias` and so on (Platt
1999) in its calibration, and `woman` and `glasses` in its thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.groups import QUESTIONS, Row, register, thresholds_of
from webtoon_curate.attributes.groups_tagger import CHANCES, Tagger
from webtoon_curate.crops import CropSettings
from webtoon_curate.errors import ModelError
from webtoon_curate.files import sha256_of
from webtoon_curate.models import ModelCard, all_cards
from webtoon_curate.models.runtime import open_session
from webtoon_curate.reader import FaceReader, load_reader, reader_id
from webtoon_curate.reader.network import OUTPUTS
from webtoon_curate.reader.squares import EXPAND

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

INPUT, OUTPUT = "pixels", "groups"
LARGEST_LOGIT = 30.0


class Network:
    """A network; a `Backend`."""

    after = ()

    def __init__(self, path: Path, session: InferenceSession) -> None:
        self._session = session
        inputs = self._session.get_inputs()
        outputs = {node.name for node in self._session.get_outputs()}
        size = inputs[0].shape[1] if inputs else None
        if [node.name for node in inputs] != [INPUT] or OUTPUT not in outputs:
            raise ModelError(f"{path} tells no groups: it should take {INPUT} and give {OUTPUT}")
        if not isinstance(size, int):
            raise ModelError(f"{path} does not say the size of the crops that it takes")
        card = _card(path)
        self._calibration = card.calibration
        self._name = f"{card.name}@{card.sha256[:8]}"
        self.framing = CropSettings(size=size, expand=EXPAND, shift=0.0)
        self.thresholds = thresholds_of(card)
        self.models = {self._name: card.sha256}

    def __call__(
        self, readings: Sequence[Row], crops: Sequence[NDArray[np.uint8]]
    ) -> tuple[NDArray[np.float32], list[str]]:
        """See `groups.Backend`."""
        (logits,) = self._session.run([OUTPUT], {INPUT: np.stack(crops)})
        slopes, biases = (
            np.array([self._calibration.get(f"{name}_{kind}", rest) for name in QUESTIONS])
            for kind, rest in (("slope", 1.0), ("bias", 0.0))
        )
        raw = logits[:, : len(QUESTIONS)] * slopes + biases
        chances = 1 / (1 + np.exp(-np.clip(raw, -LARGEST_LOGIT, LARGEST_LOGIT)))
        return chances.astype(np.float32), [self._name] * len(crops)


class ReaderNetwork:
    """A face reader that looks at each face once; a `Backend`."""

    after = ()

    def __init__(self, reader: FaceReader) -> None:
        self._reader = reader
        self.framing = CropSettings(size=reader.size, expand=EXPAND, shift=0.0)
        self.thresholds = thresholds_of(reader.card)
        self.models = {reader_id(reader): reader.card.sha256}

    def __call__(
        self, readings: Sequence[Row], crops: Sequence[NDArray[np.uint8]]
    ) -> tuple[NDArray[np.float32], list[str]]:
        """See `groups.Backend`."""
        found = self._reader(crops)
        chances = np.stack([getattr(found, name) for name in QUESTIONS], axis=1)
        return chances, [reader_id(self._reader)] * len(crops)


def _card(path: Path) -> ModelCard:
    digest = sha256_of(path)
    for card in all_cards().values():
        if card.sha256 == digest:
            return card
    return ModelCard(path.stem, "groups", license="unknown", source=str(path), sha256=digest)


@register("network", suffixes=(".onnx",))
def _load(path: Path | None, device: str) -> Network | ReaderNetwork | Tagger:
    if path is None:
        raise ModelError("give the path of the network: --backend tagger.onnx")
    session = open_session(path, device)
    outputs = {node.name for node in session.get_outputs()}
    if CHANCES in outputs:
        return Tagger(path, session)
    if outputs.issuperset(OUTPUTS):
        return ReaderNetwork(load_reader(str(path), device=device))
    return Network(path, session)

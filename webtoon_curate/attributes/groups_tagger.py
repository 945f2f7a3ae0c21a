"""Groups by a tagger: an ONNX file of `webtoon-curate train tagger` with its labels beside it.

It must have learned `gender` and `glasses`, or `group`, which holds both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.groups import QUESTIONS, SURE, Row
from webtoon_curate.crops import CropSettings
from webtoon_curate.errors import ModelError
from webtoon_curate.files import sha256_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

CHANCES = "chances"
YES = {
    "woman": ("gender=woman", "group=woman_glasses", "group=woman_no_glasses"),
    "glasses": ("glasses=True", "group=woman_glasses", "group=man_glasses"),
}
NO = {
    "woman": ("gender=man", "group=man_glasses", "group=man_no_glasses"),
    "glasses": ("glasses=False", "group=woman_no_glasses", "group=man_no_glasses"),
}
"""Labels that answer a question with yes, and with no."""


class Tagger:
    """A tagger; a `Backend`.

    Args:
        path: of the ONNX file; `<name>.json` beside it tells its labels and crops.
        session: of the file.

    Raises:
        ModelError: if its labels are missing, or answer neither question.
    """

    after = ()

    def __init__(self, path: Path, session: InferenceSession) -> None:
        self._session = session
        labels, self.framing = _about(path)
        self._yes, self._no = ([_places(labels, kind[q]) for q in QUESTIONS] for kind in (YES, NO))
        if not any(yes and no for yes, no in zip(self._yes, self._no)):
            raise ModelError(
                f'{path} tells no groups: train it with --set \'columns=["gender", "glasses"]\' '
                f"or on the groups; its labels are {', '.join(labels)}"
            )
        digest = sha256_of(path)
        self._name = f"{path.stem}@{digest[:8]}"
        self.thresholds = dict.fromkeys(QUESTIONS, SURE)
        self.models = {self._name: digest}

    def __call__(
        self, readings: Sequence[Row], crops: Sequence[NDArray[np.uint8]]
    ) -> tuple[NDArray[np.float32], list[str]]:
        """See `groups.Backend`; NaN for a question that its labels do not answer."""
        name = self._session.get_inputs()[0].name
        (chances,) = self._session.run([CHANCES], {name: np.stack(crops)})
        answers = [_share(chances, yes, no) for yes, no in zip(self._yes, self._no)]
        return np.stack(answers, 1).astype(np.float32), [self._name] * len(crops)


def _share(
    chances: NDArray[np.float32], yes: Sequence[int], no: Sequence[int]
) -> NDArray[np.float32]:
    """(n,) how much of what the labels of a question say is yes."""
    if not yes or not no:
        return np.full(len(chances), np.nan, np.float32)
    first, second = (chances[:, list(places)].max(1) for places in (yes, no))
    return first / np.maximum(first + second, np.finfo(np.float32).tiny)


def _places(labels: Sequence[str], wanted: Sequence[str]) -> list[int]:
    return [place for place, label in enumerate(labels) if label in wanted]


def _about(path: Path) -> tuple[list[str], CropSettings]:
    file = path.with_suffix(".json")
    try:
        about = json.loads(file.read_bytes())
        labels = [str(label) for label in about["labels"]]
        crop = {name: float(about[name]) for name in ("expand", "shift")}
        size = int(about["size"])
        if not labels or size < 1 or not np.isfinite([*crop.values()]).all():
            raise ValueError("no labels, or no size")
        return labels, CropSettings(size=size, **crop)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{file} does not tell the labels and crops of {path.name} ({error!r}): keep the two "
            "files of train tagger together"
        ) from None

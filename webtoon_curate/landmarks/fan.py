"""FAN, of the library `face-alignment` (Bulat and Tzimiropoulos 2017), as a landmark backend.

The library fetches its weights itself, the first time, and keeps them. It was trained on
photographs: on drawings it serves to disagree with.
"""

from __future__ import annotations

import contextlib
import pickle
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import CropSettings
from webtoon_curate.errors import ModelError
from webtoon_curate.landmarks.registry import Found, register
from webtoon_curate.models import ModelCard

FRAMING = CropSettings(size=272, expand=2.1, shift=-0.12)
"""What FAN cuts for itself around the box, 2.05 boxes and 0.12 above its middle, and its 256
pixels of it."""
LEFT_EAR, RIGHT_EAR = 0, 16


def _missing() -> str | None:
    if find_spec("face_alignment") is None:
        return "install it with `pip install 'webtoon-curate[face-alignment]'`"
    return None


class FanBackend:
    """`face_alignment.FaceAlignment` as a `Backend`."""

    framing = FRAMING

    def __init__(self, card: ModelCard, device: str) -> None:
        try:
            import face_alignment
            import torch
        except ImportError as error:
            raise ModelError(
                f"face-alignment cannot be loaded: {error}; install it with all that it needs: "
                "pip install 'webtoon-curate[face-alignment]'"
            ) from None
        self.name, self.card = card.name, card
        try:
            self.version = version("face-alignment")
        except PackageNotFoundError:
            self.version = "0"
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        kind = face_alignment.LandmarksType[card.input["points"]]
        try:
            # The library reports its downloads on stdout, which is for data.
            with contextlib.redirect_stdout(sys.stderr):
                # Boxes are given: the detector that needs no weights stands in for one.
                self._net = face_alignment.FaceAlignment(
                    kind, device=device, face_detector="folder", flip_input=False, compile=False
                )
        except (OSError, RuntimeError, EOFError, KeyError, pickle.UnpicklingError) as error:
            why = str(error).strip().partition("\n")[0] or type(error).__name__
            raise ModelError(
                f"face-alignment cannot load the weights of {card.name}: {why}. It fetches them "
                f"the first time and keeps them in {_folder()}: delete what was cut short there; "
                "on a machine without a network, put the files that it names there"
            ) from None

    def __call__(self, crops: NDArray[np.uint8], boxes: NDArray[np.float32]) -> Found:
        """See `Backend`."""
        points, scores = [], []
        for crop, (x, y, width, height) in zip(crops, boxes.tolist()):
            corners = np.array([x, y, x + width, y + height])
            found, score, _ = self._net.get_landmarks_from_image(
                crop, detected_faces=[corners], return_landmark_score=True
            )
            points.append(np.asarray(found[0], np.float32))
            # The library rounds x and y down to whole pixels.
            points[-1][:, :2] += 0.5
            scores.append(np.asarray(score[0], np.float32).reshape(-1))
        solid = np.stack(points)
        depth = None
        if solid.shape[2] == 3:
            ears = solid[:, [LEFT_EAR, RIGHT_EAR], 2].mean(axis=1, keepdims=True)
            depth = (solid[:, :, 2] - ears) / boxes[:, 2:3]
        # A score is the height of a heat map's peak, about 1 where FAN is sure.
        return Found(solid[:, :, :2].copy(), depth, np.clip(np.stack(scores), 0, 1))


def _folder() -> str:
    import torch

    return f"{torch.hub.get_dir()}/checkpoints"


@register("face-alignment", default="fan_2d", usable=_missing)
def load(card: ModelCard, path: Path | None, device: str) -> FanBackend:
    """The network that the card names."""
    return FanBackend(card, device)

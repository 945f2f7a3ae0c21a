"""Small faces through an upscaling network."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from webtoon_curate.errors import CurateError, ModelError
from webtoon_curate.images import Pixels


def enlarged(window: Pixels, network: str) -> tuple[Pixels, int]:
    """A picture through an upscaling network, and how many times larger it is.

    Raises:
        ModelError: if the network does not take RGB pictures and give them enlarged.
    """
    session, name = _upscaler(network)
    planes = np.ascontiguousarray(window.transpose(2, 0, 1)[None], np.float32) / 255
    try:
        found = np.asarray(session.run(None, {name: planes})[0])
    except Exception as error:  # onnxruntime's errors share no class
        raise ModelError(f"{network} does not run: {str(error).splitlines()[0]}") from None
    height, width = window.shape[:2]
    factor = found.shape[-1] // width if found.ndim == 4 else 0
    if factor < 1 or found.shape != (1, 3, factor * height, factor * width):
        raise ModelError(
            f"{network} makes {found.shape} of {planes.shape}; an upscaler takes (1, 3, h, w) "
            "float32 RGB of 0-1 and gives (1, 3, k h, k w)"
        )
    pixels = np.nan_to_num(found[0]).clip(0, 1).transpose(1, 2, 0)
    return np.rint(pixels * 255).astype(np.uint8), factor


@lru_cache(maxsize=1)
def _upscaler(network: str) -> tuple[Any, str]:
    from webtoon_curate.models.runtime import open_session

    if not Path(network).is_file():
        raise CurateError(f"there is no upscaler {network}")
    session = open_session(Path(network), "auto")
    return session, session.get_inputs()[0].name

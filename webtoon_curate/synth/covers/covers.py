"""Things before faces, of all kinds: which there are, how often each comes, and drawing them.

A cover is planned around a face and drawn over everybody.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.synth.covers.frame import Cover, Frame, Kinds
from webtoon_curate.synth.covers.hands import HANDS
from webtoon_curate.synth.covers.scenes import SCENES
from webtoon_curate.synth.covers.things import THINGS
from webtoon_curate.synth.covers.worn import GLASSES, HATS, WORN
from webtoon_curate.synth.ink import Ink

COVERS: Kinds = HANDS | THINGS | WORN | SCENES
_KINDS = list(COVERS)
_WEIGHTS = [weight for _, weight in COVERS.values()]
_SHARES = np.array(_WEIGHTS) / sum(_WEIGHTS)


def sample_cover(rng: np.random.Generator) -> str:
    """A kind of cover."""
    return str(rng.choice(_KINDS, p=_SHARES))


def draw_cover(ink: Ink, cover: Cover, points: NDArray[Any]) -> None:
    """Draw something before a face.

    Its pixels get the ink's label; hats, hair and letters get their own.

    Args:
        ink: what draws it.
        cover: what, and where.
        points: (68, 2) of the face, pixels, iBUG order.
    """
    COVERS[cover.kind][0](Frame(ink, cover, np.random.default_rng(cover.seed), points))


__all__ = ["COVERS", "GLASSES", "HATS", "Cover", "draw_cover", "sample_cover"]

"""Which candidates show one drawing, told by their pictures: the long part, done by processes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.dedup.clusters import Links
from webtoon_curate.dedup.likeness import likeness
from webtoon_curate.dedup.redrawing import redrawing
from webtoon_curate.dedup.settings import DedupSettings
from webtoon_curate.dedup.stored import Stored
from webtoon_curate.engine import run_episodes

WORTH_A_LOOK = 0.55
"""Likeness of the small pictures from which faces are laid over each other; on the pages of
`evaluate dedup` with the drawing seed 7, 0.45 took twice as long and found no more."""
AT_ONCE = 4096
"""Candidates that are judged at a time: their pictures and embeddings are 50 MB at most. Links are
sorted by their first face, so that few episodes are read for them."""


@dataclass(frozen=True)
class _Part:
    """Some of the candidates, from number `start` on, and where their pictures are."""

    start: int
    links: Links
    stored: Stored
    settings: DedupSettings


def redrawn(links: Links, settings: DedupSettings) -> NDArray[np.bool_]:
    """(k,) which links are no near hashes: mirrored ones, far ones, and those by embedding."""
    return links.mirrored | (links.distance < 0) | (links.distance > settings.distance)


def judged(
    stored: Stored, links: Links, settings: DedupSettings, jobs: int = 1
) -> NDArray[np.float32]:
    """How like the pictures of the links are that are to be joined.

    Args:
        stored: the faces.
        links: (k,) candidates, sorted by their first face.
        settings: of the comparison.
        jobs: processes; the result does not depend on it.

    Returns:
        (k,) float32 up to 1; NaN for links that are not to be joined.

    Raises:
        DatasetError: if pictures are damaged.
        WorkerError: if a process dies.
    """
    like = np.full(len(links), np.nan, np.float32)
    parts = []
    for start in range(0, len(links), AT_ONCE):
        some = links[start : start + AT_ONCE]
        parts.append(_Part(start, some, stored.only(np.unique(some.pairs)), settings))
    for part, found in run_episodes(_judged, parts, jobs):
        if isinstance(found, BaseException):
            raise found
        like[part.start : part.start + len(found)] = found
    return like


def _judged(part: _Part) -> NDArray[np.float32]:
    """The unit of work: `judged` of some links."""
    links, stored, settings = part.links, part.stored, part.settings
    like = likeness(*stored.pictures("grey", links))
    good = ~redrawn(links, settings) & (like >= settings.min_likeness)
    # What is not joined at once is looked at closely.
    rest = np.flatnonzero(~good & (like >= WORTH_A_LOOK))
    rest = rest[~(stored.alike(links.pairs[rest]) < settings.min_embedding)]
    near = np.flatnonzero(good)
    good[near] = ~(stored.alike(links.pairs[near]) < settings.min_embedding)
    like[rest] = redrawing(*stored.pictures("face", links[rest]))
    good[rest] = like[rest] >= settings.min_redrawn
    return np.where(good, like, np.float32(np.nan))

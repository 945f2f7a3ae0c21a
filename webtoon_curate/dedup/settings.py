"""What decides the clusters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DedupSettings:
    """What decides the clusters.

    Attributes:
        distance: hashes that differ in at most so many of 64 bits are candidates, 0-16.
        hash: `phash`, `dhash`, or another of `imagehash` by name.
        redrawn: look for mirrored drawings, and within titles for edited ones.
        verify: compare the pictures of candidates; else all of them are joined.
        min_likeness: of their small pictures, 0-1, of candidates by hash.
        min_redrawn: of the lines of their faces, 0-1, of all other candidates.
        min_embedding: faces that are less alike to the reader (scalar product) are not joined.
    """

    distance: int = 6
    hash: str = "phash"
    redrawn: bool = True
    verify: bool = True
    min_likeness: float = 0.75
    min_redrawn: float = 0.88
    min_embedding: float = 0.3

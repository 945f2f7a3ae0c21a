"""What decides the clusters; without heavy imports, for the command line."""

from __future__ import annotations

from dataclasses import dataclass

SIMILARITY = 0.5
"""Clusters whose faces are alike by this on average are joined. Of 9 drawn episodes read by the
bundled reader, 0.5 gives as good an adjusted Rand index and less pure clusters, 0.7 a worse
index."""


@dataclass(frozen=True)
class CharacterSettings:
    """What decides the clusters.

    Attributes:
        similarity: mean likeness of embeddings (scalar product, -1 to 1) from which clusters are
            joined; higher gives more and purer ones.
    """

    similarity: float = SIMILARITY

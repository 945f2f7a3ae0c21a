"""What decides the clusters; without heavy imports, for the command line."""

from __future__ import annotations

from dataclasses import dataclass

SIMILARITY = 0.55
"""Clusters whose faces are alike by this on average are joined. Chosen with the weights of colors
in `clustering` on 54 drawn episodes that went through `detect`, `landmarks` and `colors`; from 0.5
to 0.6 the adjusted Rand index is within 0.02, and clusters become purer and more."""


@dataclass(frozen=True)
class CharacterSettings:
    """What decides the clusters.

    Attributes:
        similarity: mean likeness of embeddings (scalar product, -1 to 1) from which clusters are
            joined; higher gives more and purer ones.
    """

    similarity: float = SIMILARITY

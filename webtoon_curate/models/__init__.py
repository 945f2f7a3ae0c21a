"""Model files: what is known of each (cards), where they lie, and how they get there.

A model is looked for in the folder named by `WEBTOON_CURATE_MODELS`, among the files bundled
with the package, and in the user's cache, in this order. Nothing is loaded from a file whose
sha256 differs from its card.
"""

from __future__ import annotations

from webtoon_curate.models.cards import ModelCard, all_cards, find_card, register_card
from webtoon_curate.models.store import (
    MODELS_VARIABLE,
    ModelState,
    cache_folder,
    find_model,
    model_states,
    pull_model,
    require_model,
)

__all__ = [
    "MODELS_VARIABLE",
    "ModelCard",
    "ModelState",
    "all_cards",
    "cache_folder",
    "find_card",
    "find_model",
    "model_states",
    "pull_model",
    "register_card",
    "require_model",
]

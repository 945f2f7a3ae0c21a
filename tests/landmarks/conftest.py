"""A reader of dots in the reader's place."""

from __future__ import annotations

import pytest
from dots import FindsDots

from webtoon_curate.landmarks import registry


@pytest.fixture
def finds_dots(monkeypatch):
    """Puts a `FindsDots` in the reader's place; gives it, so that a test may change it."""
    from webtoon_curate.landmarks import stage

    backend = FindsDots()
    known = registry.kinds()
    kind = registry.Kind("reader", lambda card, path, device: backend)
    monkeypatch.setattr(registry, "kinds", lambda: known | {"reader": kind})
    monkeypatch.setattr(registry, "_default", lambda kind: backend.card)
    stage._load.cache_clear()
    yield backend
    stage._load.cache_clear()

"""A server that the tests of fetching tell what to answer."""

from __future__ import annotations

import pytest
from server import Server

from webtoon_curate.ingest import client


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(client, "BACKOFF", 0.01)
    with Server() as server:
        yield server

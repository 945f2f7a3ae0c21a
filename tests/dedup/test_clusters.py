"""Candidates for duplicates, by the embeddings of faces."""

from __future__ import annotations

import numpy as np
import pytest

from webtoon_curate.dedup import clusters


@pytest.mark.parametrize("products", [1, 700, 1 << 24])
def test_nearest_by_embedding_are_those_of_all_pairs_however_few_are_compared_at_once(
    monkeypatch, products
):
    monkeypatch.setattr(clusters, "_PRODUCTS", products)
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(90, 128)) + 3 * rng.normal(size=(6, 128))[rng.integers(0, 6, 90)]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    vectors[7] = np.nan
    like = np.nan_to_num(vectors) @ np.nan_to_num(vectors).T - 2 * np.eye(90, dtype=np.float32)
    expected = {
        (min(face, other), max(face, other))
        for face in range(90)
        for other in np.argsort(-like[face])[: clusters.PER_FACE].tolist()
        if like[face, other] >= 0.8
    }
    links = clusters.embedding_links(vectors, 0.8)
    assert len(expected) > 90
    assert {(min(pair), max(pair)) for pair in links.pairs.tolist()} == expected

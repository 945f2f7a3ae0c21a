"""All pairs within a Hamming distance, against comparing all."""

from __future__ import annotations

import numpy as np
import pytest

from webtoon_curate.dedup import neighbours
from webtoon_curate.dedup.neighbours import near_pairs, popcount
from webtoon_curate.graph import components


def some(count, kind, seed=1):
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 1 << 64, count, np.uint64)
    if kind == "skewed":  # half of them differ in 20 bits only, a quarter in 10
        hashes[: count // 2] &= np.uint64(0xFFFF0000000F)
        hashes[: count // 4] &= np.uint64(0xFF0000000F)
    for _ in range(3):
        to, of = rng.integers(0, count, (2, count // 8))
        hashes[to] = hashes[of] ^ (np.uint64(1) << rng.integers(0, 64, count // 8).astype("u8"))
    return np.unique(hashes)


def all_pairs(hashes, distance):
    apart = popcount(hashes[:, None] ^ hashes)
    i, j = np.nonzero(apart <= distance)
    return {(a, b): int(apart[a, b]) for a, b in zip(i.tolist(), j.tolist()) if a < b}


@pytest.mark.parametrize("kind", ["even", "skewed"])
@pytest.mark.parametrize("distance", [1, 2, 3, 6, 8, 16])
def test_every_pair_is_found_once_with_its_distance(kind, distance, monkeypatch):
    """With runs so short that all ways of comparing are gone."""
    monkeypatch.setattr(neighbours, "_BRUTE_RUN", 64)
    monkeypatch.setattr(neighbours, "_SHORT_RUN", 8)
    hashes = some(1500, kind)
    parts = list(near_pairs(hashes, distance))
    found = np.concatenate([pairs for pairs, _ in parts]).tolist()
    apart = np.concatenate([apart for _, apart in parts]).tolist()
    assert len(found) == len({tuple(pair) for pair in found})
    assert dict(zip(map(tuple, found), apart)) == all_pairs(hashes, distance)


def test_threads_do_not_change_the_order():
    hashes = some(20_000, "skewed")
    one, two = (np.concatenate([p for p, _ in near_pairs(hashes, 3, jobs)]) for jobs in (1, 3))
    assert len(one) and np.array_equal(one, two)


def test_values_that_most_hashes_share_a_part_of_do_not_make_it_slow():
    """Of 60,000 that agree in 44 bits, comparing all would be 1.8 billion pairs."""
    rng = np.random.default_rng(2)
    hashes = np.unique(rng.integers(0, 1 << 20, 60_000, np.uint64) << np.uint64(30))
    _, chosen = neighbours._blocks(hashes, list(range(64)), 1)
    assert chosen > 0
    found = sum(len(pairs) for pairs, _ in near_pairs(hashes, 1))
    held = set(hashes.tolist())
    flips = [1 << bit for bit in range(30, 50)]
    assert found == sum((value ^ flip) in held for value in held for flip in flips) // 2


@pytest.mark.parametrize("count", [0, 1])
def test_few_hashes_have_no_pairs(count):
    assert not list(near_pairs(np.arange(count, dtype=np.uint64), 5))


@pytest.mark.parametrize(
    ("hashes", "distance"), [([2, 1], 3), ([1, 1], 3), ([1, 2], 17), ([1, 2], -1)]
)
def test_wrong_use_is_an_error(hashes, distance):
    with pytest.raises(ValueError, match=r"ascend|within"):
        list(near_pairs(np.array(hashes, np.uint64), distance))


def test_popcount_without_numpy_2_is_the_same(monkeypatch):
    hashes = some(500, "even")
    expected = [bin(value).count("1") for value in hashes.tolist()]
    assert popcount(hashes).tolist() == expected
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert popcount(hashes).tolist() == expected


def test_components_are_those_of_a_walk():
    rng = np.random.default_rng(4)
    pairs = rng.integers(0, 400, (260, 2))
    roots = components(400, pairs)
    links = {n: set() for n in range(400)}
    for a, b in pairs.tolist():
        links[a].add(b)
        links[b].add(a)
    seen = {}
    for start in range(400):
        waiting = [start]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen[node] = start
                waiting += links[node]
    assert roots.tolist() == [seen[node] for node in range(400)]


def test_a_long_chain_is_one_component():
    chain = np.stack([np.arange(9999), np.arange(1, 10_000)], axis=1)
    rng = np.random.default_rng(0)
    assert not components(10_000, rng.permutation(chain)).any()

"""Clusters of faces: right where that can be known, always the same, never against people."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from webtoon_curate.characters import neighbours
from webtoon_curate.characters.clustering import Faces, characters, places
from webtoon_curate.characters.neighbours import SCALE, alike, whole
from webtoon_curate.evaluate.characters import adjusted_rand, figures


def units(rng, count):
    vectors = rng.normal(size=(count, 128))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def title(people=12, faces=240, noise=0.6, seed=0):
    """(faces, who): random people, two different ones side by side."""
    rng = np.random.default_rng(seed)
    pairs = [rng.choice(people, 2, replace=False) for _ in range(faces // 2)]
    who = np.concatenate(pairs)
    vectors = units(rng, people)[who] + noise * rng.normal(size=(faces, 128)) / 128**0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    nothing = np.full((faces, 2, 3), np.nan)
    beside = np.arange(faces) // 2
    return Faces(vectors.astype(np.float32), nothing, beside, np.full(faces, -1)), who


def changed(faces, **values):
    return Faces(**{**{name: getattr(faces, name) for name in Faces.__annotations__}, **values})


def test_the_index_counts_pairs_as_its_definition_says():
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = rng.integers(0, 4, 12), rng.integers(0, 3, 12)
        pairs = [(one[i] == one[j], other[i] == other[j]) for i, j in combinations(range(12), 2)]
        both, first, second = (sum(map(f, pairs)) for f in (all, lambda p: p[0], lambda p: p[1]))
        expected = first * second / len(pairs)
        index = (both - expected) / ((first + second) / 2 - expected)
        assert adjusted_rand(one, other) == pytest.approx(index)
    assert adjusted_rand(one, one) == 1


def test_figures_of_halved_and_of_mixed_characters():
    halved = figures([[0, 0, 1, 1]], [["a"] * 4])
    assert (halved.purity, halved.completeness, halved.clusters) == (1, 0.5, 2)
    mixed = figures([[0, 0, 0, 0], [5]], [["a", "a", "a", "b"], ["c"]])
    assert (mixed.purity, mixed.completeness, mixed.identities) == (0.8, 1, 3)


@pytest.mark.parametrize("noise", [0.0, 0.5, 0.6])
def test_clear_characters_are_found(noise):
    faces, who = title(noise=noise)
    found, confidence = characters(faces)
    assert adjusted_rand(found, who) > 0.99
    assert confidence.min() >= 0 and confidence.max() <= 1
    assert np.median(confidence) > 0.8


def test_faces_of_one_height_in_one_scene_are_side_by_side():
    scenes = np.array([0, 0, 0, 0, 1, 0])
    tops, heights = np.array([0, 50, 300, 120, 60, 40]), np.array([60, 80, 90, 90, 60, 10])
    found = places(scenes, tops, heights)
    assert found[0] == found[1] == found[3] == found[5]  # each overlaps with the next
    assert len({found[0], found[2], found[4]}) == 3
    assert (places(scenes, tops + 1e6, heights) == found).all()


def twins(beside):
    """Found clusters of 40 faces each of two people who look much alike."""
    faces, _ = title(people=2, faces=80, noise=0.0)
    who = np.arange(80) % 2
    rng = np.random.default_rng(4)
    one, other = units(rng, 2)
    alike = np.stack([one, 0.7 * one + 0.714 * other])
    vectors = alike[who] + 0.3 * rng.normal(size=(80, 128)) / 128**0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    numbers = np.arange(80) // 2 if beside else np.arange(80)
    found, _ = characters(changed(faces, embeddings=vectors.astype(np.float32), places=numbers))
    return adjusted_rand(found, who), found.max() + 1


def test_people_who_stand_side_by_side_are_two():
    assert twins(beside=False) == (0, 1)
    assert twins(beside=True) == (1, 2)


def test_scenes_of_several_panels_do_not_halve_a_character():
    faces, who = title(people=2, faces=200, noise=0.5)
    beside = faces.places.copy()
    for mine in (np.flatnonzero(who == number) for number in (0, 1)):
        beside[mine[1:20:2]] = beside[mine[0:20:2]]
    found, _ = characters(changed(faces, places=beside))
    assert adjusted_rand(found, who) == 1


def test_alike_faces_with_other_hair_are_other_characters():
    faces, _ = title(people=2, faces=80, noise=0.5)
    vectors = np.repeat(faces.embeddings[:1], 80, axis=0)
    vectors = vectors + 0.75 * np.random.default_rng(2).normal(size=vectors.shape) / 128**0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    hair = np.arange(80) % 2
    colors = np.full((80, 2, 3), np.nan)
    colors[:, 0] = np.array([[0.3, 0.0, 0.0], [0.9, 0.0, 0.1]])[hair]
    alone = changed(faces, embeddings=vectors.astype(np.float32), places=np.arange(80))
    assert characters(alone)[0].max() == 0
    assert adjusted_rand(characters(changed(alone, colors=colors))[0], hair) == 1


def test_names_join_and_part_whatever_the_faces_look_like():
    faces, who = title(people=3, faces=90, noise=0.5)
    names = np.full(90, -1)
    one, other, third = (np.flatnonzero(who == number) for number in range(3))
    names[[one[0], other[0]]] = 0
    names[third[0]], names[third[1]] = 1, 2
    found, confidence = characters(changed(faces, names=names))
    assert found[one[0]] == found[other[0]]
    assert found[third[0]] != found[third[1]]
    assert (confidence[names >= 0] == 1).all()
    assert set(found[third]) == set(found[third[:2]])
    together = names.copy()
    together[:2] = 0  # people win over "side by side"
    found, _ = characters(changed(faces, names=together))
    assert found[0] == found[1]


def test_the_same_clusters_whatever_the_block_size(monkeypatch):
    faces, _ = title(noise=1.1)
    found, confidence = characters(faces)
    for module in ("neighbours", "clustering"):
        monkeypatch.setattr(f"webtoon_curate.characters.{module}._ROWS", 37)
        monkeypatch.setattr(f"webtoon_curate.characters.{module}._COLUMNS", 53)
    again, certain = characters(faces)
    assert (again == found).all() and (certain == confidence).all()


def test_pairs_are_those_of_the_whole_matrix():
    vectors = whole(units(np.random.default_rng(3), 70))
    likeness = vectors @ vectors.T / SCALE**2
    np.fill_diagonal(likeness, -1)
    expected = set()
    for row in range(70):
        for column in np.argsort(likeness[row])[-4:]:
            if likeness[row, column] >= 0.1:
                expected.add((min(row, column), max(row, column)))
    one, other = alike(vectors, 4, 0.1)
    assert set(zip(one.tolist(), other.tolist())) == expected


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_faces(count):
    faces, _ = title(faces=2)
    few = changed(faces, **{n: getattr(faces, n)[:count] for n in Faces.__annotations__})
    found, confidence = characters(few)
    assert len(found) == len(confidence) == count
    assert np.isfinite(confidence).all()


def test_memory_grows_with_the_faces_and_not_with_their_square():
    import tracemalloc

    faces, _ = title(people=60, faces=6000, noise=0.3)
    tracemalloc.start()
    characters(faces)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A block of likenesses is 64 MiB and its chosen indices twice that; all pairs are 144 MB in
    # float32 and 288 MB more with their indices.
    assert peak < 320 << 20


def test_many_faces_are_compared_in_cells_and_few_of_the_most_alike_are_missed(monkeypatch):
    faces, who = title(people=40, faces=2400, noise=0.6)
    exact = set(zip(*(pairs.tolist() for pairs in alike(whole(faces.embeddings), 8, 0.5))))
    monkeypatch.setattr(neighbours, "EXACT", 500)
    monkeypatch.setattr(neighbours, "CELL", 40)
    found = set(zip(*(pairs.tolist() for pairs in alike(whole(faces.embeddings), 8, 0.5))))
    assert len(found & exact) > 0.9 * len(exact)
    assert adjusted_rand(who, characters(faces)[0]) > 0.99


def test_work_in_cells_grows_with_the_faces_and_not_with_their_square():
    def compared(count):
        vectors = whole(title(people=count // 40, faces=count)[0].embeddings)
        return sum(len(rows) * len(columns) for rows, columns in neighbours._cells(vectors))

    assert compared(12_000) < 3 * compared(6_000) < 3 * 6_000**2

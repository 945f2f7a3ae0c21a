"""A drawn dataset with exact truth, and one that has no splits."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from truth_dataset import make, split

from webtoon_curate.dataset import Dataset


@pytest.fixture(scope="session")
def drawn(tmp_path_factory) -> Dataset:
    """Two titles, four episodes: train, val, test, train."""
    dataset = make(tmp_path_factory.mktemp("export") / "drawn", 4, panels=8)
    split(dataset)
    return dataset


@pytest.fixture(scope="session")
def unsplit(tmp_path_factory) -> Dataset:
    """One episode of a strip, without splits."""
    path = tmp_path_factory.mktemp("export") / "unsplit"
    return make(path, 1, seed=8, panels=5, layout="strip", crops=False)


@pytest.fixture
def copied(drawn, tmp_path) -> Dataset:
    """A dataset whose manifest a test may spoil; the pages stay where they are."""
    shutil.copytree(drawn.path, tmp_path / "copy", ignore=shutil.ignore_patterns("crops"))
    return Dataset(tmp_path / "copy")


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"

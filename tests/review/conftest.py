"""A small dataset, and a review server that shows it."""

from __future__ import annotations

import shutil

import pytest
from faces_dataset import make
from reviewing import serving

from webtoon_curate.dataset import Dataset


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "data")


@pytest.fixture
def data(made, tmp_path):
    shutil.copytree(made.path, tmp_path / "data")
    return Dataset(tmp_path / "data")


@pytest.fixture
def server(data):
    with serving(data) as running:
        yield running

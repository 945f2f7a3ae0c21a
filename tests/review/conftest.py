"""A small dataset, and review servers that show it: in this process, and in one to be killed."""

from __future__ import annotations

import shutil

import pytest
from faces_dataset import make
from forks import Forks
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


class ReviewProcess(Forks):
    """`webtoon-curate review`, again and again, in a process of its own."""

    def review(self, path, who="ana"):
        """Start it, and give its address."""
        self.start("review", str(path), "--no-browser", "--who", who)
        address = self.line()
        assert address.startswith("http://127.0.0.1:"), address
        return address


@pytest.fixture(scope="module")
def process():
    needed = ("PIL.Image", "webtoon_curate.cli.review", "webtoon_curate.review.server")
    with ReviewProcess(*needed) as running:
        yield running

"""The cascade that comes with the package."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from cascade_windows import random_windows, taken_by_opencv

from webtoon_curate.detect import load_detector
from webtoon_curate.detect.canary import FACES, canary_picture
from webtoon_curate.models import MODELS_VARIABLE, find_card, find_model
from webtoon_curate.trainer.cascade import Cascade, read_cascade, write_cascade
from webtoon_curate.trainer.cascade.pictures import Picture, equalised
from webtoon_curate.trainer.cascade.windows import face_windows

NAME = "lbpcascade_webtoon"


@pytest.fixture(scope="module")
def windows():
    """10,000, of which a third look like faces."""
    faces, all_upright = FACES.astype(np.float32), np.ones(len(FACES), bool)
    nothing = np.zeros((0, 4), np.float32)
    canary = Picture(equalised(canary_picture()), faces, all_upright, nothing, "canary")
    drawn = face_windows([canary], 1500, 0, np.random.default_rng(0)).pixels
    return np.concatenate([drawn, random_windows(10_000 - len(drawn))])


def test_its_decisions_are_those_of_opencv(windows, tmp_path):
    cascade = read_cascade(find_model(NAME))
    passed = cascade.passed(windows)
    for count in (1, 2, 4, len(cascade.stages)):
        path = tmp_path / f"{count}.xml"
        write_cascade(Cascade(cascade.stages[:count]), path)
        assert (taken_by_opencv(path, windows) == (passed >= count)).all()
    assert (passed == len(cascade.stages)).sum() > 20
    assert (passed == 0).sum() > 1000


def test_it_is_the_first_of_the_cascades(shared_data, stock_cascade, monkeypatch):
    monkeypatch.setenv(MODELS_VARIABLE, str(shared_data))
    assert load_detector("cascade").name == NAME


def test_the_installed_file_is_the_one_of_its_card():
    card = find_card(NAME)
    assert card.license == "CC-BY-SA-4.0"
    path = find_model(NAME)
    assert path.name == card.file
    assert not cv2.CascadeClassifier(str(path)).empty()

import hashlib

import numpy as np

from webtoon_curate.detect.canary import FACES, canary_picture


def test_the_picture_is_the_same_on_every_call_and_cannot_be_changed():
    first = hashlib.sha256(canary_picture().tobytes()).digest()
    canary_picture.cache_clear()
    assert hashlib.sha256(canary_picture().tobytes()).digest() == first
    assert not canary_picture().flags.writeable


def test_its_faces_lie_in_it():
    height, width, _ = canary_picture().shape
    assert (FACES[:, :2] >= 0).all()
    assert (FACES[:, :2] + FACES[:, 2:] <= (width, height)).all()
    for x, y, w, h in FACES.astype(int):
        assert np.ptp(canary_picture()[y : y + h, x : x + w]) > 100

import importlib.util

import numpy as np
import pytest

from webtoon_curate.detect import load_detector, photo
from webtoon_curate.detect.canary import FACES, canary_picture
from webtoon_curate.detect.merging import overlaps
from webtoon_curate.errors import ModelError


@pytest.mark.skipif(importlib.util.find_spec("dlib") is None, reason="the extra dlib is absent")
def test_the_domain_photo_finds_the_shaded_face():
    detector = load_detector("auto", domain="photo")
    (found,) = detector([canary_picture()])
    best = found.boxes[found.scores.argmax()]
    assert detector.name == "dlib_hog"
    assert overlaps(FACES[1], best[None])[0][0] > 0.4
    assert 0.5 < found.scores.max() <= 1
    assert len(detector([np.zeros((50, 50, 3), np.uint8)])[0]) == 0


def test_without_dlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(photo, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install 'webtoon-curate\[dlib\]'"):
        load_detector("photo", domain="photo")

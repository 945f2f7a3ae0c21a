import numpy as np
import pytest

from webtoon_curate.detect import detector_id, load_detector
from webtoon_curate.detect.canary import FACES, canary_picture
from webtoon_curate.detect.confirmed import MOST, Confirmed
from webtoon_curate.detect.detector import Tiling
from webtoon_curate.faces import Detections
from webtoon_curate.models import find_card
from webtoon_curate.reader import load_reader


class Fixed:
    """Answers the same boxes and scores for each window."""

    name, version, tiling = "fixed", "1", Tiling()

    def __init__(self, boxes, scores, min_score=0.0):
        self.card = find_card("webtoon_faces")
        self.found, self.min_score = Detections(boxes, scores), min_score

    def __call__(self, windows):
        return [self.found for _ in windows]


@pytest.fixture(scope="module")
def reader():
    return load_reader()


@pytest.fixture(scope="module")
def picture():
    return canary_picture()


EMPTY = [100, 100, 40, 40]
"""No face of the canary picture."""


def logit(score):
    return np.log(score / (1 - score))


def test_faces_gain_and_other_things_lose(reader, picture):
    found = Fixed(np.vstack([FACES[:1], [EMPTY]]), [0.4, 0.4])
    (told,) = Confirmed(found, reader, 0.5)([picture])
    assert told.scores[0] > 0.5 > 0.35 > told.scores[1]


def test_the_reader_has_its_weight_and_no_more(reader, picture):
    boxes = np.vstack([FACES, [EMPTY, [0, 0, 60, 60]]])
    before = np.full(len(boxes), 0.5, np.float32)
    (none,) = Confirmed(Fixed(boxes, before), reader, 0.0)([picture])
    assert none.scores == pytest.approx(before)
    (some,) = Confirmed(Fixed(boxes, before), reader, 0.5)([picture])
    assert np.abs(logit(some.scores)).max() <= 0.5 * MOST + 1e-3


def test_only_faces_is_what_a_whole_reading_says(reader, picture):
    crops = [np.roll(picture[:128, :128], shift, axis=1) for shift in range(40)]
    assert np.array_equal(reader.faces(crops), reader(crops).face)
    assert reader.faces([]).shape == (0,)


def test_windows_keep_their_own_boxes(reader, picture):
    found = Fixed(np.vstack([FACES[:1], [EMPTY]]), [0.4, 0.6])
    both = Confirmed(found, reader, 0.5)([picture, np.full_like(picture, 255)])
    (first,) = Confirmed(found, reader, 0.5)([picture])
    assert both[0].scores == pytest.approx(first.scores, abs=1e-4)
    assert both[1].scores[0] < both[0].scores[0]
    assert all((part.boxes == found.found.boxes).all() for part in both)


def test_boxes_that_cannot_reach_the_wanted_score_are_not_read(picture):
    class Silent:
        size, version = 64, "silent"

        def faces(self, crops):
            raise AssertionError("read in vain")

    found = Fixed(FACES[:1], [0.02], min_score=0.5)
    (told,) = Confirmed(found, Silent(), 0.5)([picture])
    assert not len(told)


def test_no_boxes_at_all(reader, picture):
    assert [len(part) for part in Confirmed(Fixed([], []), reader, 0.5)([picture] * 2)] == [0, 0]


def test_for_creatures_scores_are_only_raised(reader, picture):
    found = Fixed(np.vstack([FACES[:1], [EMPTY]]), [0.4, 0.4])
    (told,) = Confirmed(found, reader, 0.5, raising=True)([picture])
    assert told.scores[0] > 0.5 and told.scores[1] == pytest.approx(0.4)


def test_the_bundled_network_is_confirmed(reader):
    detector = load_detector("webtoon_faces", creatures=True)
    assert isinstance(detector, Confirmed) and detector.raising
    assert detector_id(detector).endswith(f"+{reader.version}")


def test_what_the_detector_is_sure_of_is_not_read(picture):
    class Busy:
        size, version, read = 64, "busy", 0

        def faces(self, crops):
            self.read += len(crops)
            return np.full(len(crops), 0.01, np.float32)

    reader = Busy()
    (told,) = Confirmed(Fixed([EMPTY, EMPTY], [0.96, 0.98]), reader, 0.5)([picture])
    assert reader.read == 1
    assert told.scores[0] < 0.96 < 0.98 < told.scores[1]

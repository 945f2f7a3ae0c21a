import numpy as np
import pytest

from webtoon_curate.detect import detector_id, load_detector
from webtoon_curate.detect.canary import FACES, canary_picture
from webtoon_curate.detect.confirmed import AGAIN, AROUND, MOST, UNSEEN, Confirmed
from webtoon_curate.detect.detector import Tiling
from webtoon_curate.faces import Detections
from webtoon_curate.models import find_card
from webtoon_curate.reader import load_reader


class Fixed:
    """Answers the same boxes and scores for each window, and one score for faces seen again."""

    name, version, tiling = "fixed", "1", Tiling()

    def __init__(self, boxes, scores, min_score=0.0, again=0.4):
        self.card = find_card("webtoon_faces")
        self.found, self.min_score = Detections(boxes, scores), min_score
        middle = [[(AROUND - AGAIN) / 2] * 2 + [AGAIN] * 2]
        self.again, self.seen = Detections(middle, [again]), []

    def __call__(self, windows):
        self.seen += [window for window in windows if window.shape == (AROUND, AROUND, 3)]
        return [self.again if w.shape == (AROUND, AROUND, 3) else self.found for w in windows]


class Deaf:
    """A reader that says nothing of any face."""

    size, version = 64, "deaf"

    def faces(self, crops):
        return np.full(len(crops), 0.5, np.float32)


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
    (none,) = Confirmed(Fixed(boxes, before, again=0.5), reader, 0.0)([picture])
    assert none.scores == pytest.approx(before)
    (some,) = Confirmed(Fixed(boxes, before, again=0.5), reader, 0.5)([picture])
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


def test_what_is_in_doubt_is_seen_again_and_the_mean_counts(picture):
    detector = Fixed([EMPTY, EMPTY, EMPTY], [0.02, 0.5, 0.96], again=0.9)
    (told,) = Confirmed(detector, Deaf(), 0.5)([picture])
    assert len(detector.seen) == 1
    assert logit(told.scores) == pytest.approx([logit(0.02), logit(0.9) / 2, logit(0.96)], abs=1e-3)


def test_what_is_not_found_again_loses(picture):
    detector = Fixed([EMPTY], [0.5])
    detector.again = Detections([[0, 0, 30, 30]], [0.99])
    (told,) = Confirmed(detector, Deaf(), 0.5)([picture])
    assert logit(told.scores) == pytest.approx([UNSEEN / 2], abs=1e-3)


@pytest.mark.parametrize("side", [20, 56, 300])
def test_a_face_is_seen_again_mirrored_in_the_middle_at_one_size(side):
    picture = np.full((800, 900, 3), 255, np.uint8)
    x, y = 350, 280
    picture[y : y + side, x : x + side // 2] = (200, 0, 0)
    picture[y : y + side, x + side // 2 : x + side] = (0, 0, 200)
    detector = Fixed([[x, y, side, side]], [0.5])
    Confirmed(detector, Deaf(), 0.5)([picture])
    (seen,) = detector.seen
    far = (AROUND - AGAIN) // 2
    inked = np.flatnonzero((seen < 128).any(axis=2).any(axis=0))
    assert inked[[0, -1]] == pytest.approx([far, AROUND - far - 1], abs=2)
    assert seen[AROUND // 2, far + 10, 2] > 150 and seen[AROUND // 2, -far - 10, 0] > 150


def test_what_the_detector_is_sure_of_is_not_read(picture):
    class Busy(Deaf):
        read = 0

        def faces(self, crops):
            self.read += len(crops)
            return np.full(len(crops), 0.01, np.float32)

    reader = Busy()
    (told,) = Confirmed(Fixed([EMPTY, EMPTY], [0.96, 0.98]), reader, 0.5)([picture])
    assert reader.read == 1
    assert told.scores[0] < 0.96 < 0.98 < told.scores[1]

import numpy as np
import pytest

from webtoon_curate.evaluate import Truth, evaluate_detections, match
from webtoon_curate.evaluate.matching import FALSE_ALARM, HIT, NEUTRAL, size_class
from webtoon_curate.faces import Detections


def truth_of(*boxes, neutral=(), views=None):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    views = views or ("frontal",) * len(boxes)
    return Truth(boxes, views, np.array(neutral, np.float32).reshape(-1, 4))


def test_the_better_score_takes_the_face_and_the_other_is_a_false_alarm():
    outcome = match(
        Detections([[1, 0, 10, 10], [0, 0, 10, 10]], [0.9, 0.5]), truth_of([0, 0, 10, 10])
    )
    assert outcome.kinds.tolist() == [HIT, FALSE_ALARM]
    assert outcome.detections.scores.tolist() == pytest.approx([0.9, 0.5])


@pytest.mark.parametrize(("shift", "kind"), [(4.2, HIT), (4.4, FALSE_ALARM)])
def test_the_border_is_iou_0_4(shift, kind):
    # Shifted by s, two boxes 10 wide have IoU (10 - s) / (10 + s): 0.4 at s = 4.29.
    outcome = match(Detections([[shift, 0, 10, 10]], [1]), truth_of([0, 0, 10, 10]))
    assert outcome.kinds.tolist() == [kind]


@pytest.mark.parametrize(
    ("box", "kind"),
    [
        ([55, 55, 10, 10], NEUTRAL),
        ([44, 50, 10, 10], FALSE_ALARM),
        ([45, 50, 10, 10], NEUTRAL),
        ([45, 45, 110, 110], NEUTRAL),
    ],
)
def test_neutral_boxes_count_neither_way(box, kind):
    outcome = match(Detections([box], [1]), truth_of(neutral=[[50, 50, 100, 100]]))
    assert outcome.kinds.tolist() == [kind]


def test_a_face_in_a_neutral_box_is_still_a_hit():
    truth = truth_of([60, 60, 10, 10], neutral=[[50, 50, 100, 100]])
    assert match(Detections([[60, 60, 10, 10]], [1]), truth).kinds.tolist() == [HIT]


def test_average_precision_known_answer():
    # Ranked hit, alarm, hit of 4 faces: precision 1, 1/2, 2/3 at recall 1/4, 1/4, 1/2.
    faces = [[100 * i, 0, 10, 10] for i in range(4)]
    found = Detections([faces[0], [0, 500, 10, 10], faces[1]], [0.9, 0.8, 0.7])
    result = evaluate_detections({"p": (found, truth_of(*faces))}, 0.75)
    assert result.average_precision == pytest.approx(0.25 * 1 + 0.25 * 2 / 3)
    assert result.recall_at_precision == 0.25
    assert (result.found, result.false_alarms) == (1, 1)
    assert (result.recall, result.precision) == (0.25, 0.5)


def test_equal_scores_cannot_be_told_apart():
    faces = [[0, 0, 10, 10]]
    found = Detections([faces[0], [500, 0, 10, 10]], [0.5, 0.5])
    assert evaluate_detections({"p": (found, truth_of(*faces))}).average_precision == 0.5


def test_perfect_and_empty():
    faces = [[0, 0, 10, 10], [50, 0, 40, 40]]
    perfect = evaluate_detections({"p": (Detections(faces, [0.6, 0.4]), truth_of(*faces))})
    assert perfect.average_precision == perfect.recall == perfect.precision == 1
    assert perfect.worst == []
    nothing = evaluate_detections({"p": (Detections(), truth_of(*faces))})
    assert nothing.average_precision == nothing.recall == 0 and nothing.precision is None
    assert evaluate_detections({}).recall == 0


def test_recall_by_size_and_view_and_worst_pages():
    faces = [[0, 0, 20, 31.9], [100, 0, 32, 20], [200, 0, 128, 10]]
    truth = truth_of(*faces, views=("frontal", "profile", "profile"))
    pages = {
        "a": (Detections(faces[1:2], [0.9]), truth),
        "b": (Detections([[0, 900, 10, 10]] * 5, [0.9] * 5), truth_of()),
    }
    result = evaluate_detections(pages)
    assert result.by_size == {
        "<32": {"faces": 1, "found": 0},
        "32-64": {"faces": 1, "found": 1},
        "64-128": {"faces": 0, "found": 0},
        ">=128": {"faces": 1, "found": 0},
    }
    assert result.by_view == {
        "frontal": {"faces": 1, "found": 0},
        "profile": {"faces": 2, "found": 1},
    }
    assert [(row["page"], row["missed"], row["false_alarms"]) for row in result.worst] == [
        ("b", 0, 5),
        ("a", 2, 0),
    ]


def test_size_classes_are_half_open():
    assert [size_class(s) for s in (0, 32, 63.9, 64, 128)] == [
        "<32",
        "32-64",
        "32-64",
        "64-128",
        ">=128",
    ]

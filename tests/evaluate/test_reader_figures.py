from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from webtoon_curate.cli import main
from webtoon_curate.errors import DatasetError
from webtoon_curate.evaluate.groups import calibration_plot, figures
from webtoon_curate.evaluate.landmarks import (
    EIGHT_REGIONS,
    _labels_in,
    crops_of,
    evaluate_points,
    load_points,
    point_errors,
)
from webtoon_curate.reader.points import REGIONS

BOX = np.array([[0, 0, 100, 120]], np.float32)


def face():
    """68 points with outer eye corners 50 px apart."""
    points = np.zeros((1, 68, 2), np.float32)
    points[0, 36], points[0, 45] = (25, 40), (75, 40)
    return points


def errors(found, true, hidden=()):
    shown = np.ones((1, 68), bool)
    shown[0, list(hidden)] = False
    return point_errors(found, true, shown, ~shown, BOX, REGIONS)


def test_errors_are_in_distances_of_the_outer_eye_corners():
    found = face()
    found[0, :17, 0] += 5
    result = errors(found, face())
    assert result.by_region["jaw"] == pytest.approx(0.1)
    assert result.by_region["mouth"] == 0
    assert result.nme == pytest.approx(0.1 * 17 / 68)
    assert result.hidden is None


def test_hidden_points_are_counted_apart():
    found = face()
    found[0, 8] += 50
    result = errors(found, face(), hidden=[8])
    assert result.nme == 0
    assert result.hidden == pytest.approx(2**0.5)


def test_faces_whose_eyes_tell_no_distance_count_by_their_box_only():
    true = face()
    true[0, 45] = true[0, 36] + 5
    found = true.copy()
    found[0] += 1
    result = errors(found, true)
    assert (result.faces, result.measured, result.nme) == (1, 0, None)
    assert result.box_nme == pytest.approx(2**0.5 / (100 * 120) ** 0.5)


def test_the_bundled_points_are_whole_and_near_their_boxes():
    pages = load_points()
    faces = [face for found in pages.values() for face in found]
    assert len(faces) >= 60
    assert {name.split("/")[0] for name in pages} == {"pepper", "open"}
    for face in faces:
        x0, y0, x1, y1 = face["box"]
        side = max(x1 - x0, y1 - y0)
        points = np.array([p for p in face["points"] if p is not None])
        away = np.abs(points - [(x0 + x1) / 2, (y0 + y1) / 2])
        assert away.max() <= 0.61 * side
        outer = [face["points"][i] for i in (0, 3)]
        assert None not in outer
        assert outer[0][0] < outer[1][0]
    roles = [load_points(role=role) for role in ("train", "heldout")]
    assert sum(map(len, roles)) == len(pages)


def test_the_bundled_points_lie_in_labelled_faces(shared_data):
    for name, faces in load_points().items():
        folder, _, page = name.partition("/")
        record = json.loads((shared_data / folder / "labels.json").read_bytes())["pages"][page]
        assert all(face["box"] in [f["box"] for f in record["faces"]] for face in faces)


def points_file(path, **face):
    face = {"box": [10, 10, 50, 60], "points": [[20, 20]] * 8} | face
    path.write_text(json.dumps({"pages": {"a.png": {"faces": [face]}}}))
    return path


@pytest.mark.parametrize(
    "face", [{"box": [50, 60, 10, 10]}, {"box": [float("nan")] * 4}, {"hidden": [8]}]
)
def test_a_face_that_cannot_be_measured_is_told(tmp_path, face):
    path = points_file(tmp_path / "points.json", **face)
    with pytest.raises(DatasetError, match=r"points\.json is no file of points"):
        load_points(path)


def test_a_face_beyond_its_page_is_told(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((80, 60, 3), np.uint8))
    path = points_file(tmp_path / "points.json", box=[70, 10, 90, 60])
    with pytest.raises(DatasetError, match=r"a\.png lies beyond its page"):
        evaluate_points(None, tmp_path, path)


def test_pages_without_faces_are_passed_over(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((80, 60, 3), np.uint8))
    path = tmp_path / "points.json"
    path.write_text('{"pages": {"a.png": {"faces": []}}}')
    with pytest.raises(DatasetError, match="none of the labelled pages that have faces"):
        evaluate_points(None, tmp_path, path)


def test_a_file_of_points_of_another_form_is_named(tmp_path):
    path = tmp_path / "points.json"
    path.write_text('{"pages": {"a": {"faces": [{"box": [0, 0, 1, 1], "points": []}]}}}')
    with pytest.raises(DatasetError, match=r"points\.json"):
        load_points(path)
    with pytest.raises(DatasetError, match="role"):
        load_points(role="nobody")


def test_parts_are_compared_where_the_crop_shows_them():
    labels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert (_labels_in(labels, (0, 0, 4), 4) == labels).all()
    assert (_labels_in(labels, (1, 1, 2), 2) == labels[1:3, 1:3]).all()
    # what lies outside is reflected, in crops as in labels
    picture = np.repeat(labels[:, :, None], 3, axis=2)
    (crop,) = crops_of(picture, np.array([[-2.0, 0, 4]]), 4)
    found = _labels_in(labels, (-2, 0, 4), 4)
    assert np.abs(crop[:, :, 0].astype(int) - found).max() <= 1


def test_believable_probabilities_have_no_calibration_error():
    rng = np.random.default_rng(0)
    chances = rng.uniform(0, 1, 20_000).astype(np.float32)
    yes = rng.random(20_000) < chances
    assert figures(chances, yes).calibration_error < 0.02
    assert figures(chances, rng.random(20_000) < 0.5).calibration_error > 0.2


def test_unsure_answers_are_left_out_of_what_is_sure():
    chances = np.array([0.9, 0.6, 0.4, 0.1], np.float32)
    result = figures(chances, np.array([True, False, True, False]))
    assert result.accuracy == 0.5
    assert (result.sure, result.sure_accuracy) == (0.5, 1.0)
    assert result.f1 == pytest.approx(0.5)


def test_the_plot_gets_its_folder(tmp_path, monkeypatch):
    told = {"woman": figures(np.array([0.9, 0.1], np.float32), np.array([True, False]))}
    monkeypatch.setattr("webtoon_curate.reader.load_reader", lambda name: None)
    monkeypatch.setattr("webtoon_curate.evaluate.groups.evaluate_groups", lambda *_: told)
    (tmp_path / "labels.json").write_text("{}")
    plot = tmp_path / "plots" / "one" / "groups.png"
    command = ["evaluate", "groups", "--truth", str(tmp_path / "labels.json"), "--plot", str(plot)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0 and plot.is_file(), result.output


def test_the_plot_has_a_panel_a_question():
    result = figures(np.array([0.9, 0.1], np.float32), np.array([True, False]))
    one, two = (calibration_plot(dict.fromkeys(names, result)) for names in ("a", "ab"))
    assert two.shape == (one.shape[0], 2 * one.shape[1], 3)


def test_eight_points_are_measured_by_their_own_outer_corners():
    true = np.array([[[20, 40], [35, 40], [60, 40], [70, 40], [45, 60], [35, 80], [55, 80],
                      [45, 110]]], np.float32)  # fmt: skip
    found = true.copy()
    found[0, 7, 1] += 5
    shown = np.ones((1, 8), bool)
    result = point_errors(found, true, shown, ~shown, BOX, EIGHT_REGIONS)
    assert result.by_region["chin"] == pytest.approx(0.1)
    assert result.by_region["eyes"] == 0

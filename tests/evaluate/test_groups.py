"""`evaluate groups` on files of labels that it cannot measure, and one that it can."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from webtoon_curate.cli import main
from webtoon_curate.detect.canary import FACES, canary_picture

BOX = [*FACES[0, :2].tolist(), *(FACES[0, :2] + FACES[0, 2:]).tolist()]
WOMAN = {"box": BOX, "group": "woman_no_glasses"}


def run(folder, faces, *arguments, page=True):
    """The command on the test picture with these faces."""
    if page:
        cv2.imwrite(str(folder / "page.png"), canary_picture()[..., ::-1])
    labels = folder / "labels.json"
    labels.write_text(json.dumps({"pages": {"page.png": {"faces": faces, "role": "train"}}}))
    result = CliRunner().invoke(main, ["evaluate", "groups", "--truth", str(labels), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_figures_and_a_plot_of_labelled_groups(tmp_path):
    plot = tmp_path / "plot.png"
    result = run(tmp_path, [WOMAN], "--json", "--plot", str(plot))
    assert result.exit_code == 0, result.output
    assert set(json.loads(result.stdout)) == {"woman", "glasses", "face"}
    assert np.ptp(cv2.imread(str(plot))) > 0


def test_a_group_that_tells_no_glasses_is_not_counted_as_one_without(tmp_path):
    result = run(tmp_path, [{**WOMAN, "group": "woman"}], "--json")
    assert set(json.loads(result.stdout)) == {"woman", "face"}


@pytest.mark.parametrize("group", [None, "unknown", 3, ["man_glasses"]])
def test_labels_without_groups_are_told(tmp_path, group):
    result = run(tmp_path, [{"box": BOX, "group": group}])
    assert result.exit_code == 1 and "has a group, as woman_glasses" in result.stderr


@pytest.mark.parametrize("box", [None, "abcd", [9, 9, 3, 20], [1, 2, 3], [float("nan")] * 4])
def test_a_box_that_is_none_is_told(tmp_path, box):
    result = run(tmp_path, [{**WOMAN, "box": box}])
    assert result.exit_code == 1 and "is no file of labels" in result.stderr


@pytest.mark.parametrize("box", [[900, 9, 950, 60], [9, -60, 60, -9]])
def test_a_face_beyond_its_page_is_told(tmp_path, box):
    result = run(tmp_path, [WOMAN, {**WOMAN, "box": box}])
    assert result.exit_code == 1 and "page.png lies beyond its page" in result.stderr


def test_a_page_that_is_gone_is_named(tmp_path):
    result = run(tmp_path, [WOMAN], page=False)
    assert result.exit_code == 1 and str(tmp_path / "page.png") in result.stderr


def test_a_role_that_no_page_has_is_told(tmp_path):
    result = run(tmp_path, [WOMAN], "--role", "heldout")
    assert result.exit_code == 1 and "no page of the role 'heldout'; it has train" in result.stderr

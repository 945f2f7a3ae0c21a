import json

import pytest

from webtoon_curate.errors import DatasetError
from webtoon_curate.evaluate import load_truth


def write(path, pages):
    path.write_text(json.dumps({"pages": pages}))
    return path


def test_boxes_become_x_y_width_height_and_creatures_neutral(tmp_path):
    faces = [
        {"box": [10, 20, 40, 60], "view": "profile", "group": "man_glasses"},
        {"box": [1, 2, 3, 5], "group": "creature"},
    ]
    page = {"size": [100, 200], "role": "train", "faces": faces, "ignore": [[0, 0, 9, 9]]}
    truth = load_truth(write(tmp_path / "l.json", {"e/p.png": page}))["e/p.png"]
    assert truth.boxes.tolist() == [[10, 20, 30, 40]]
    assert truth.neutral.tolist() == [[1, 2, 2, 3], [0, 0, 9, 9]]
    assert (truth.views, truth.size, truth.role) == (("profile",), (100, 200), "train")


def test_roles_are_chosen(tmp_path):
    path = write(tmp_path / "l.json", {"a": {"faces": [], "role": "train"}, "b": {"faces": []}})
    assert list(load_truth(path, "train")) == ["a"]
    with pytest.raises(DatasetError, match="no page of the role 'test'"):
        load_truth(path, "test")
    path = write(tmp_path / "none.json", {"a": {"faces": []}})
    with pytest.raises(DatasetError, match="it has none"):
        load_truth(path, "test")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"pages": []}',
        '{"pages": {"a": {}}}',
        '{"pages": {"a": {"faces": [{"box": [1, 2, 3]}]}}}',
        '{"pages": {"a": {"faces": [{"box": [9, 9, 3, 20]}]}}}',
        '{"pages": {"a": {"faces": [{"box": ["x", 2, 3, 4]}]}}}',
    ],
)
def test_other_files_are_told(tmp_path, text):
    path = tmp_path / "labels.json"
    path.write_text(text)
    with pytest.raises(DatasetError, match=r"labels\.json is no file of labels"):
        load_truth(path)

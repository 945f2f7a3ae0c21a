"""The way of a manifest through `export coco`, another program, and `label import`."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner
from truth_dataset import make

from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.labels.exchange import import_labels
from webtoon_curate.manifest import read_manifest
from webtoon_curate.review.index import GROUPS


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A drawn dataset, and its COCO file."""
    path = tmp_path_factory.mktemp("coco") / "drawn"
    make(path, 1, seed=7, panels=8, layout="strip", crops=False)
    out = path.with_name("coco")
    arguments = ["export", "coco", str(path), "-o", str(out), "--image", "jpeg", "--all"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return path, out / "annotations" / "train.json"


@pytest.fixture
def data(exported, tmp_path):
    copy = tmp_path / "data"
    shutil.copytree(exported[0], copy)
    return Dataset(copy)


def rows(data):
    return {row["face_id"]: row for row in read_manifest(data.path).to_pylist()}


def changed(exported, tmp_path, change):
    coco = json.loads(exported[1].read_text())
    change(coco)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(coco))
    return path


def test_a_file_that_nobody_changed_says_nothing(exported, data):
    before = read_manifest(data.path)
    summary = import_labels(data.path, exported[1])
    assert summary.read == summary.same == len(before) > 5
    assert (summary.faces, summary.added, summary.refused) == (0, 0, [])
    assert read_manifest(data.path).equals(before)


def test_what_another_program_changed_is_in_the_manifest_and_nothing_else(exported, data, tmp_path):
    before = rows(data)

    def change(coco):
        # Those without points were not read: they are too small, or covered.
        coco["annotations"].sort(key=lambda one: not one["num_keypoints"])
        first, second, third, fourth, fifth = coco["annotations"][:5]
        first["bbox"][2] += 4
        names = {category["name"]: category["id"] for category in coco["categories"]}
        group = second["attributes"]["group"]
        coco["categories"].append({"id": 98, "name": next(g for g in GROUPS if g != group)})
        second["category_id"] = 98
        third["keypoints"][3 * 30 : 3 * 30 + 2] = [5.5, 6.25]
        third["attributes"]["character"] = "Kim"
        fourth["attributes"]["tags"] = "hat, red"  # as programs without lists write them
        fourth["attributes"]["keep"] = not fourth["attributes"]["keep"]
        coco["categories"].append({"id": 99, "name": "not_a_face"})
        fifth["category_id"] = 99
        box = [1, 1, 20, 20]
        coco["annotations"].append(
            {"id": 999, "image_id": fifth["image_id"], "category_id": names["face"], "bbox": box}
        )

    path = changed(exported, tmp_path, change)
    coco = json.loads(path.read_text())
    images = {image["id"]: image for image in coco["images"]}
    words = {category["id"]: category["name"] for category in coco["categories"]}
    ids = [annotation.get("attributes", {}).get("face_id") for annotation in coco["annotations"]]
    summary = import_labels(data.path, path)
    assert (summary.faces, summary.added, summary.refused) == (6, 1, [])
    now = rows(data)
    assert now[ids[0]]["width"] == pytest.approx(before[ids[0]]["width"] + 4, abs=0.01)
    assert now[ids[1]]["group"] == words[coco["annotations"][1]["category_id"]]
    assert now[ids[1]]["group_source"] == "import"
    image = images[coco["annotations"][2]["image_id"]]
    assert now[ids[2]]["landmarks"][60:62] == [5.5 + image["x"], 6.25 + image["y"]]
    assert now[ids[2]]["character"] == "Kim"
    assert (now[ids[3]]["tags"], now[ids[3]]["keep"]) == (
        ["hat", "red"],
        not before[ids[3]]["keep"],
    )
    assert now[ids[4]]["keep_reason"] == "not_a_face"
    (new,) = now.keys() - before.keys()
    scene = images[coco["annotations"][-1]["image_id"]]
    assert (now[new]["x"], now[new]["y"]) == (1 + scene["x"], 1 + scene["y"])
    assert all(now[name] == before[name] for name in before.keys() - set(ids[:5]))
    again = import_labels(data.path, path)
    assert (again.faces, again.same) == (0, again.read)


@pytest.mark.parametrize("keypoints", [[1, 2], ["a"] * 204, [[1, 2, 2]] * 5, "points", {"a": 1}])
def test_keypoints_that_are_none_are_told(exported, data, tmp_path, keypoints):
    def change(coco):
        coco["annotations"][0]["keypoints"] = keypoints

    path = changed(exported, tmp_path, change)
    done = CliRunner().invoke(main, ["label", "import", str(path), str(data.path)])
    assert done.exit_code == 1
    assert "annotation 1: its keypoints are not 68" in done.output

"""Exports of manifests whose rows are bad, strange or in any order."""

from __future__ import annotations

import math
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from truth_dataset import spoil

from webtoon_curate.errors import DatasetError
from webtoon_curate.export.settings import CropSettings
from webtoon_curate.export.stage import ExportSettings, export
from webtoon_curate.schema import MANIFEST

SMALL = CropSettings(size=32)


def test_a_side_whose_faces_are_all_refused_is_none_to_load(copied, tmp_path):
    """Loaders fail on folders without a picture."""

    def change(rows):
        for row in rows:
            if row["split"] == "val":
                row["width"] = math.nan

    spoil(copied, change)
    for name in ("imagefolder", "yolo"):
        export(copied, name, tmp_path / name, ExportSettings(crop=SMALL))
    card = (tmp_path / "imagefolder" / "README.md").read_text("utf-8")
    assert re.findall(r"path: (.*)/", card) == ["train", "test"]
    folders = re.findall(r": (images/\w+)", (tmp_path / "yolo" / "data.yaml").read_text("utf-8"))
    for folder in (*folders, "../imagefolder/train", "../imagefolder/test"):
        assert list((tmp_path / "yolo" / folder).glob("*.png"))
    assert len(folders) == 3
    assert not (tmp_path / "imagefolder" / "val").exists()


def test_bad_rows_are_refused_and_the_rest_is_exported(copied, tmp_path):
    reasons = {}

    def change(rows):
        def bad(index, reason, **values):
            rows[index].update(values)
            reasons[rows[index]["face_id"]] = reason

        bad(0, "no landmarks", landmarks=None)
        bad(1, "its box", width=math.nan)
        bad(2, "its box", width=1e9, height=1e9)
        bad(3, "its page", page="gone.png")
        bad(4, "beyond the page", x=-1e5)
        bad(5, "its box", height=-4.0)
        bad(6, "no landmarks", landmarks=[1.0] * 7)
        bad(7, "small", width=3.0, height=3.0)
        rows[8]["landmarks"][:2] = [math.nan, 4.0]

    rows = spoil(copied, change)
    record = export(copied, "tensors", tmp_path / "out", ExportSettings(crop=SMALL)).record
    assert sum(record["faces"].values()) == len(rows) - len(reasons)
    assert sum(record["refused"].values()) == len(reasons)
    rejects = {row["path"]: row["reason"] for row in copied.rejects().to_pylist()}
    assert rejects.keys() == reasons.keys()
    for face_id, reason in reasons.items():
        assert reason in rejects[face_id]


@pytest.mark.parametrize("name", ["coco", "yolo"])
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"width": math.nan}, "its box is empty or no numbers"),
        ({"x": math.inf, "split": "val"}, "its box is empty or no numbers"),
        ({"height": -4.0}, "its box is empty or no numbers"),
        ({"width": 1e30, "height": 1e30}, "its box is longer than"),
        ({"landmark_confidence": [1.0]}, None),
        ({"landmark_confidence": [None] * 68}, None),
    ],
)
def test_a_bad_face_leaves_the_others_of_its_scene(copied, tmp_path, name, values, reason):
    bad = {}

    def change(rows):
        del rows[8:]
        place = [(row["title"], row["episode"], row["scene"]) for row in rows]
        row = next(row for at, row in enumerate(rows) if place.count(place[at]) > 1)
        row.update(values)
        bad.update(row)

    rows = spoil(copied, change)
    record = export(copied, name, tmp_path / "out").record
    refused = [(row["path"], row["reason"]) for row in copied.rejects().to_pylist()]
    assert [path for path, _ in refused] == [bad["face_id"]] * (reason is not None)
    assert all(why.startswith(reason) for _, why in refused)
    assert (record["failed"], sum(record["faces"].values())) == (0, len(rows) - len(refused))


def test_strange_titles_write_nowhere(copied, tmp_path):
    spoil(copied, lambda rows: rows[0].update(title="../../../away"))
    with pytest.raises(DatasetError, match=r"away.*no name"):
        export(copied, "imagefolder", tmp_path / "out", ExportSettings(crop=SMALL))
    assert not list(tmp_path.glob("away*"))


def test_a_character_with_a_name_of_windows_own_has_a_folder(copied, tmp_path):
    spoil(copied, lambda rows: [row.update(character="Con") for row in rows])
    record = export(copied, "characters", tmp_path / "out", ExportSettings(crop=SMALL)).record
    assert [path.name for path in (tmp_path / "out" / "train").iterdir()] == ["_Con"]
    assert record["characters"]["characters"].keys() == {"Con"}


@pytest.mark.parametrize("name", ["stylegan", "imagefolder", "tensors", "yolo"])
def test_strange_face_ids_write_nowhere(copied, tmp_path, name):
    away = "title-000/episode-000/../../../../away"
    rows = spoil(copied, lambda rows: rows[0].update(face_id=away))
    record = export(copied, name, tmp_path / "out", ExportSettings(crop=SMALL)).record
    assert record["failed"] == 0
    assert sum(record["faces"].values()) + sum(record["refused"].values()) == len(rows)
    assert not list(tmp_path.rglob("away*"))


def test_an_episode_that_was_never_ingested_is_a_reject(copied, tmp_path):
    spoil(copied, lambda rows: rows[0].update(title="other"))
    record = export(copied, "imagefolder", tmp_path / "out", ExportSettings(crop=SMALL)).record
    assert record["failed"] == 1
    (reject,) = copied.rejects().to_pylist()
    assert "has no pages" in reject["reason"]


def test_faces_that_are_not_to_be_exported_are_not(copied, tmp_path):
    def change(rows):
        rows[0]["keep"], rows[0]["keep_reason"] = False, "duplicate"
        rows[1]["weight"] = 0.0
        rows[2]["split"] = None
        rows[3]["weight"] = 2.5
        rows[-1]["keep"] = False

    rows = spoil(copied, change)
    record = export(copied, "csv", tmp_path / "out").record
    assert record["left_out"] == {"keep is false": 2, "no split": 1, "weight 0": 1}
    assert sum(record["faces"].values()) == len(rows) - 4
    assert "left out 1 face of copy without a split" in record["warnings"][0]
    few = export(copied, "csv", tmp_path / "few", limit=1).record
    # The only face of the first episode is left out: the limit counts the second.
    names = ("title-000/episode-000/", "title-000/episode-001/")
    first = [row for row in rows if row["face_id"].startswith(names)]
    assert sum(few["left_out"].values()) + sum(few["faces"].values()) == len(first) < len(rows)
    everything = export(copied, "csv", tmp_path / "all", ExportSettings(everything=True)).record
    assert sum(everything["faces"].values()) == len(rows) - 1


def test_the_licences_are_those_of_what_is_exported(copied, tmp_path):
    def change(rows):
        for row in rows:
            row["license"] = None
        rows[0]["license"], rows[1]["license"] = "CC-BY-4.0", "CC-BY-NC-4.0"
        rows[1]["keep"] = False

    rows = spoil(copied, change)
    record = export(copied, "imagefolder", tmp_path / "out", ExportSettings(crop=SMALL)).record
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert record["licenses"] == ["CC-BY-4.0"] and "CC-BY-4.0" in card and "NC" not in card
    assert sum(record["faces"].values()) == len(rows) - 1
    assert f"Of {len(rows) - 2} pictures no licence was given" in card


def test_faces_that_are_kept_since_the_split_are_told(copied, tmp_path):
    """Their side is known, but no weight: a person took them back after `split` ran."""
    spoil(copied, lambda rows: rows[0].update(weight=None))
    summary = export(copied, "csv", tmp_path / "out")
    assert summary.record["left_out"]["no split"] == 1
    assert any("run webtoon-curate split again" in text for text in summary.record["warnings"])


def test_a_manifest_in_any_order_and_row_groups_gives_the_same_faces(copied, tmp_path):
    rows = spoil(copied, lambda rows: rows.sort(key=lambda row: row["face_id"][::-1]))
    path = copied.path / "manifest.parquet"
    pq.write_table(pa.Table.from_pylist(rows, MANIFEST), path, row_group_size=3)
    export(copied, "tensors", tmp_path / "out", ExportSettings(crop=SMALL))
    found = pq.read_table(tmp_path / "out" / "train.parquet")["face_id"].to_pylist()
    assert found == [row["face_id"] for row in rows if row["split"] == "train"]


def test_missing_pages_cost_their_episode_only(copied, tmp_path):
    note = copied.tables["pages"].note("title-001", "episode-000")
    table = copied.tables["pages"].read("title-001", "episode-000")
    moved = {**note, "path": "nowhere"}
    copied.tables["pages"].write("title-001", "episode-000", table, moved)
    summary = export(copied, "imagefolder", tmp_path / "out", ExportSettings(crop=SMALL))
    assert summary.record["failed"] == 1
    assert sum(summary.record["faces"].values()) > 0
    copied.tables["pages"].write("title-001", "episode-000", table, note)
    again = export(copied, "imagefolder", tmp_path / "out", ExportSettings(crop=SMALL))
    assert (again.done, again.record["failed"]) == (False, 0)
    assert sum(again.record["faces"].values()) > sum(summary.record["faces"].values())

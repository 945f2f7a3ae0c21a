"""Drawn faces as training samples, and colors painted where they are."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch")
pytest.importorskip("skia", reason="drawing needs the extra synth")

import torch
import truth_dataset

from webtoon_curate.errors import DatasetError
from webtoon_curate.export.layers import REGIONS, painted_regions
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.shards import synth_faces
from webtoon_curate.trainer.data import DatasetFaces, load_faces
from webtoon_curate.trainer.drawn import DrawnFaces, drawn_tables
from webtoon_curate.trainer.gan import GanConfig
from webtoon_curate.trainer.samples import FEATURES, Pairs

CONFIG = GanConfig(size=64, device="cpu")
EYES = slice(36, 48)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("drawn") / "faces"
    synth_faces(path, 24, 5, size=160, drawings=2)
    return path


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    path = tmp_path_factory.mktemp("truth") / "dataset"
    truth_dataset.split(truth_dataset.make(path, 1, panels=8, seed=6), ("train",))
    return path


def eyes_lie_in_the_face(face):
    inside = np.isin(face.parsing, [int(label) for label in Label if label != Label.BACKGROUND])
    points = face.points[EYES]
    points = points[((points >= 0) & (points < len(face.image))).all(1)].astype(int)
    return inside[points[:, 1], points[:, 0]].mean()


def test_points_and_parsing_lie_on_the_picture(folder):
    faces = load_faces(folder)
    assert isinstance(faces, DrawnFaces)
    in_place = []
    for number in range(len(faces)):
        face = faces[number]
        assert face.image.shape[:2] == face.parsing.shape
        assert 80 < len(face.image) <= 160
        in_place.append(eyes_lie_in_the_face(face))
        skin = np.isin(face.parsing, [int(label) for label in REGIONS["skin_color"]])
        away = np.abs(face.image[skin].astype(int) - face.colors["skin_color"])
        assert np.median(away) < 40  # the condition tells the colors as they are drawn
    assert np.median(in_place) > 0.9  # in some, things lie over the eyes


def test_a_character_is_on_one_side(folder):
    sides = [{row["character"] for row in DrawnFaces(folder, side).rows} for side in SIDES]
    assert not sides[0] & sides[1]
    assert all(sides)


SIDES = ("train", "val")


def test_damage_is_told(folder, tmp_path):
    with pytest.raises(DatasetError, match="holds no test faces"):
        load_faces(folder, "test")
    (tmp_path / "truth" / "faces").mkdir(parents=True)
    (tmp_path / "truth" / "faces" / "00000.parquet").write_bytes(b"no table")
    with pytest.raises(DatasetError, match=r"00000\.parquet"):
        load_faces(tmp_path)


def test_a_dataset_gives_parsing_maps_where_its_crops_are(dataset):
    faces = DatasetFaces(dataset, parsing=True)
    assert len(faces) == len(DatasetFaces(dataset))
    assert all(eyes_lie_in_the_face(faces[n]) > 0.9 for n in range(len(faces)))
    assert DatasetFaces(dataset)[0].parsing is None


def test_faces_that_a_cap_left_no_weight_are_not_learned_from(dataset, tmp_path):
    shutil.copytree(dataset, tmp_path / "dataset")
    manifest = tmp_path / "dataset" / "manifest.parquet"
    table = pq.read_table(manifest)
    weights = [0.0 if n % 2 else 1.0 + n for n in range(len(table))]
    at = table.schema.get_field_index("weight")
    pq.write_table(table.set_column(at, "weight", pa.array(weights, pa.float32())), manifest)
    ids = {id_ for id_, w in zip(table["face_id"].to_pylist(), weights) if w}
    every, used = DatasetFaces(tmp_path / "dataset"), load_faces(tmp_path / "dataset")
    assert 0 < len(used) < len(every) == len(DatasetFaces(dataset))
    assert {row["face_id"] for row in used.rows} <= ids
    assert used.weights.tolist() == [row["weight"] for row in used.rows]
    assert max(used.weights) > 1


def test_faces_without_parsing_are_left_out_or_told(dataset, folder):
    faces = DatasetFaces(dataset)
    with pytest.raises(DatasetError, match="colors=planes"):
        Pairs(faces, CONFIG, "v2")[0]
    (dataset / "parsing" / f"{faces.rows[0]['face_id']}.png").unlink()
    with pytest.raises(DatasetError, match="parsing map"):
        DatasetFaces(dataset, parsing=True)[0]


@pytest.mark.parametrize(("version", "channels"), [("v2", 4), ("v3", 5)])
def test_colors_are_painted_where_they_are(folder, version, channels):
    faces = DrawnFaces(folder, size=128)  # twice the sample's
    assert len(faces[0].image) == 128
    pairs = Pairs(faces, CONFIG, version, still=True)
    assert pairs.channels == channels
    sample = pairs[0]["condition"]
    assert sample.shape == (channels, 64, 64)
    face = faces[0]
    whole = painted_regions(face.colors, face.parsing)
    wanted = torch.from_numpy(whole[::2, ::2].transpose(2, 0, 1).astype(np.float32))
    even = (whole.reshape(64, 2, 64, 2, 3) == whole[::2, None, ::2, None]).all((1, 3, 4))
    at = torch.from_numpy(even)
    assert at.float().mean() > 0.7
    assert torch.equal(sample[1:4, at], ((wanted - 127) / 128)[:, at])


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("box", None, "the box None"),
        ("box", [float("nan")] * 4, "the box"),
        ("box", [0.0, 0.0, 10.0, -1.0], "the box"),
        ("landmarks", None, "68 points"),
        ("landmarks", [1.0] * 10, "68 points"),
        ("landmarks", [float("nan")] * 136, "68 points"),
    ],
)
def test_places_that_are_no_numbers_are_told_before_training(tmp_path, folder, column, value, told):
    (file,) = drawn_tables(folder)
    table = pq.read_table(file)
    at = table.schema.get_field_index(column)
    values = [value, *table[column].to_pylist()[1:]]
    copy = tmp_path / file.relative_to(folder)
    copy.parent.mkdir(parents=True)
    pq.write_table(table.set_column(at, column, pa.array(values, pa.list_(pa.float32()))), copy)
    with pytest.raises(DatasetError, match=rf"drawn/0 of .* has .*{told}"):
        DrawnFaces(tmp_path, "val" if table["character"][0].as_py().endswith("9") else "train")


def test_whole_faces_do_not_tell_their_features(folder):
    """A face with another parsing inside its outline and irises has the same condition."""
    face = load_faces(folder)[0]
    moved = face.parsing.copy()
    inside = np.isin(moved, [int(label) for label in FEATURES])
    assert inside.any()
    moved[inside] = Label.SKIN
    conditions = {
        colors: [
            Pairs([one], CONFIG, "v2", True, colors)[0]["condition"]
            for one in (face, replace(face, parsing=moved))
        ]
        for colors in ("regions", "faces")
    }
    assert torch.equal(*conditions["faces"])
    assert not torch.equal(*conditions["regions"])
    assert torch.equal(conditions["faces"][1], conditions["regions"][1])


def test_painted_colors_turn_with_the_picture(folder):
    """A sample and its condition are cut and mirrored alike."""
    pairs = Pairs(load_faces(folder), GanConfig(size=64, device="cpu"), "v2")
    for number in range(10):
        sample = pairs[number]
        painted = (sample["condition"][1:4] != 0).any(0)
        here = (sample["condition"][1:4] - sample["image"]).abs().mean(0)
        there = (sample["condition"][1:4].flip(2) - sample["image"]).abs().mean(0)
        both = painted & painted.flip(1)
        assert here[both].mean() <= there[both].mean()

"""Faces and samples: from datasets and folders to tensors; what is refused before training."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rows_dataset

pytest.importorskip("torch")

import torch

from webtoon_curate.cli.train_gan import held_side
from webtoon_curate.errors import DatasetError
from webtoon_curate.trainer import face
from webtoon_curate.trainer.checks import LOOKED_AT, check_channels, check_leaks, check_samples
from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.data import load_faces, load_sides
from webtoon_curate.trainer.face import Face
from webtoon_curate.trainer.gan import GanConfig
from webtoon_curate.trainer.methods.tagger import (
    Tagged,
    TaggerConfig,
    TaggerMethod,
    average_precision,
    held_faces,
    label_values,
    learnable,
    tag_scores,
)
from webtoon_curate.trainer.nets.classifiers import BACKBONES, Classifier
from webtoon_curate.trainer.samples import (
    Grouped,
    Order,
    Pairs,
    Unpaired,
    View,
    image_tensor,
    layer_tensor,
)
from webtoon_curate.trainer.translate_faces import items_of

CONFIG = GanConfig(size=32, device="cpu")


class Drawn:
    """Faces with one point in the picture's middle right, which is red there."""

    name = "drawn"

    def __init__(self, count=6, weights=None, **row):
        self.rows = [{"face_id": str(n), "group": "gr"[n % 2], **row} for n in range(count)]
        self.groups = [row["group"] for row in self.rows]
        self.weights = np.ones(count) if weights is None else np.array(weights, float)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        image = np.full((64, 64, 3), 40, np.uint8)
        image[28:36, 44:52] = (255, 0, 0)
        if self.groups[index] == "g":
            image[:20] = (0, 200, 0)
        points = np.full((68, 2), (48, 32), np.float32)
        colors = {"hair_color": (200, 30, 30), "skin_color": None}
        return Face(image, points, colors=colors, row=self.rows[index])


def test_the_background_of_landmarks_is_exactly_0():
    layer = np.array([[127, 255]], np.uint8)
    assert layer_tensor(layer).tolist() == [[[0.0, 1.0]]]


def test_landmarks_follow_the_picture_through_cuts_and_mirrors():
    pairs = Pairs(Drawn(), CONFIG)
    for number in range(12):
        sample = pairs[number]
        marked = torch.nonzero(sample["condition"][0] > 0.5)
        assert len(marked) >= 1
        red = sample["image"][0] - sample["image"][1]
        for y, x in marked:
            assert red[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].max() > 0.5


def test_a_sample_is_the_same_every_time_and_rounds_see_every_face():
    first, second = (Pairs(Drawn(), CONFIG, "v3", colors="planes")[7] for _ in "ab")
    assert all(torch.equal(first[name], second[name]) for name in first)
    order = Order(Drawn(5), 0)
    rounds = [[order[5 * turn + n] for n in range(5)] for turn in range(3)]
    assert all(sorted(turn) == [0, 1, 2, 3, 4] for turn in rounds)
    assert rounds[0] != rounds[1]


WEIGHTS = [0.5, 0.0, 2.5, 0.5, 1.75, 0.25, 0.5]


def test_a_face_is_drawn_as_often_as_it_weighs():
    order, rounds = Order(Drawn(7, WEIGHTS), 3), 2000
    drawn = np.array([[order[6 * turn + n] for n in range(6)] for turn in range(rounds)])
    counts = np.stack([(drawn == face).sum(1) for face in range(7)], 1)
    assert (np.floor(WEIGHTS) <= counts).all() and (counts <= np.ceil(WEIGHTS)).all()
    np.testing.assert_allclose(counts.mean(0), WEIGHTS, atol=0.06)
    # The nth of a round is any of them, and what was drawn before it does not matter.
    np.testing.assert_allclose((drawn[:, 0] == 2).mean(), 2.5 / 6, atol=0.06)
    again = Order(Drawn(7, WEIGHTS), 3)
    assert all(again[n] == drawn.flat[n] for n in (599, 7, 10_003, 0))


def test_every_method_draws_by_weight():
    config = TaggerConfig(size=32, batch=4, width=16, columns=("group",), device="cpu")
    faces, only = Drawn(6, [0, 0, 0, 2, 0, 0]), Drawn(6)[3].image
    plain = dataclasses.replace(config, flip=False, enlarge=1.0)
    wanted = image_tensor(View(plain, None).pixels(only))
    both = Drawn(6), faces
    for samples, name in (
        (Pairs(faces, plain), "image"),
        (Unpaired(both, plain, False), "b"),
        (Grouped(both, ["r"], plain), "b"),
        (Tagged(faces, ["group=g"], plain), "image"),
    ):
        assert all(torch.equal(samples[n][name].squeeze(), wanted) for n in range(9))
    with pytest.raises(DatasetError, match="weight above 0"):
        Grouped(both, ["g"], plain)


def test_weights_are_read_where_an_export_tells_them(tmp_path):
    for number in range(3):
        picture(tmp_path / "trainB" / f"{number}.png", 10 * number)
        picture(tmp_path / "trainA" / f"{number}.png", 10 * number)
    names = [f"trainB/{number}.png" for number in range(3)]
    index = tmp_path / "index.parquet"
    pq.write_table(pa.table({"file_name": names, "weight": [0.5, None, 2.0]}), index)
    photos, drawings = load_sides([tmp_path])
    assert (photos.weights.tolist(), drawings.weights.tolist()) == ([1, 1, 1], [0.5, 1, 2])
    for wrong in ([1.0, -1.0, 1.0], [1.0, np.nan, 1.0], ["1", "much", "1"]):
        pq.write_table(pa.table({"file_name": names, "weight": wrong}), index)
        with pytest.raises(DatasetError, match="weight that is no number"):
            load_sides([tmp_path])


def test_what_is_drawn_as_often_weighs_as_much_in_the_loss():
    config = TaggerConfig(size=32, batch=4, width=16, columns=("group",), device="cpu")
    uneven = Tagged(Drawn(6, [1, 1, 1, 1, 0, 1]), ["group=r"], config)
    assert uneven.weights().tolist() == [pytest.approx(2 / 3)]
    evened = Tagged(Drawn(6, [1.5, 1, 1.5, 1, 0, 1]), ["group=r"], config)
    assert evened.weights().tolist() == [1]


@pytest.mark.parametrize(("version", "channels"), [("v1", 1), ("v2", 13), ("v3", 14)])
def test_the_condition_has_the_channels_of_its_version(version, channels):
    pairs = Pairs(Drawn(), CONFIG, version, still=True, colors="planes")
    sample = pairs[0]
    assert sample["condition"].shape == (channels, 32, 32)
    assert pairs.channels == channels
    if channels > 1:
        assert sample["condition"][1].unique().item() == (200 - 127) / 128
        assert sample["condition"][4].abs().max() == 0  # unknown


def test_mirrored_points_keep_ibug_order():
    view = View(CONFIG, None)
    view.flip = True
    points = np.zeros((68, 2), np.float32)
    points[36], points[45] = (10, 5), (22, 5)  # outer corners of the eyes
    out = view.points(points, 32)
    assert out[36].tolist() == [10, 5]
    assert out[45].tolist() == [22, 5]


def picture(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((8, 8, 3), value, np.uint8))


def test_rows_are_those_of_their_table_and_small(monkeypatch):
    monkeypatch.setattr(face, "AT_ONCE", 7)
    points = pa.array(np.arange(20 * 136).reshape(20, 136).tolist(), pa.list_(pa.float32(), 136))
    table = pa.table({"face_id": [str(n) for n in range(20)], "landmarks": points})
    parts = pa.concat_tables([table.slice(5, 3), table.slice(0, 17)])
    rows = face.Rows(parts)
    assert list(rows) == [rows[n] for n in range(20)] == parts.to_pylist()
    assert rows[-1]["face_id"] == "16"
    with pytest.raises(IndexError):
        rows[20]
    many = face.Rows(pa.concat_tables([table] * 20))
    copy = pickle.dumps(many)  # what each worker gets
    assert list(pickle.loads(copy)) == list(many) and len(copy) < 700 * len(many)


def test_folders_of_two_sides_are_read(tmp_path):
    for side, value in (("trainA", 10), ("trainB", 200)):
        picture(tmp_path / side / "x.png", value)
    first, second = load_sides([tmp_path])
    assert (first[0].image.mean(), second[0].image.mean()) == (10, 200)
    with pytest.raises(DatasetError, match="trainA and trainB"):
        load_sides([tmp_path / "trainA"])


def test_equal_names_on_both_sides_keep_their_own_rows(tmp_path):
    rows = []
    for side, group in (("trainA", "man"), ("trainB", "woman"), ("testB", "unknown")):
        picture(tmp_path / side / "x.png", 10)
        place = [float(len(rows))] * 136
        rows.append({"file_name": f"{side}/x.png", "group": group, "landmarks": place})
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "index.parquet")
    photos, drawings = load_sides([tmp_path])
    assert (photos.groups, drawings.groups) == (["man"], ["woman"])
    assert (photos[0].points.max(), drawings[0].points.max()) == (0, 1)


def test_a_folder_of_pictures_is_read_by_its_name_alone(tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    picture(tmp_path / "photos" / "1.png", 7)
    monkeypatch.chdir(tmp_path)
    assert len(load_faces(Path("photos"))) == 1


def test_training_sees_pictures_as_translating_does(tmp_path):
    """What is transparent lies on white, and of one that is not square the middle is taken."""
    tall = np.full((12, 8, 4), (10, 20, 30, 255), np.uint8)
    tall[:2], tall[-2:] = 90, 90
    tall[6:, :, 3] = 0
    cv2.imwrite(str(tmp_path / "x.png"), tall)
    (item,), (face,) = items_of(tmp_path), load_faces(tmp_path)
    assert face.layer is None and np.array_equal(face.image, item.load().image)
    assert face.image.shape == (8, 8, 3)
    assert (face.image[:4] == (30, 20, 10)).all() and (face.image[4:] == 255).all()


def test_pairs_side_by_side_are_taken_apart(tmp_path):
    both = np.concatenate([np.full((8, 8, 3), 7, np.uint8), np.full((8, 8, 3), 90, np.uint8)], 1)
    (tmp_path / "AB" / "train").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "AB" / "train" / "x.png"), both)
    face = load_faces(tmp_path)[0]
    assert (face.condition.mean(), face.image.mean()) == (7, 90)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_damaged_picture_with_landmarks_or_condition_is_named(tmp_path, share):
    for folder in ("A/train", "B/train"):
        (tmp_path / folder).mkdir(parents=True)
    layered = np.random.default_rng(0).integers(0, 255, (32, 32, 4), np.uint8)
    layered[..., 3] |= 127
    cv2.imwrite(str(tmp_path / "B/train/x.png"), layered)
    np.save(tmp_path / "A/train/x.npy", layered.transpose(2, 0, 1))
    assert np.array_equal(load_faces(tmp_path)[0].layer, layered[..., 3])
    for name in ("A/train/x.npy", "B/train/x.png"):
        file = tmp_path / name
        file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
        with pytest.raises(DatasetError, match=f"cannot read .*{file.name}"):
            load_faces(tmp_path)[0]


def test_a_folder_without_faces_says_what_to_give(tmp_path):
    with pytest.raises(DatasetError, match="give a dataset"):
        load_faces(tmp_path)
    path = rows_dataset.make(tmp_path / "a set", [rows_dataset.Made("a", "1", 0)]).path
    with pytest.raises(DatasetError, match=r"first run: webtoon-curate landmarks '.*a set'"):
        load_faces(path, landmarks=True)


def test_a_damaged_side_is_not_taken_for_none(tmp_path):
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((64, 64, 3), np.uint8))
    assert held_side(lambda: load_faces(tmp_path, "val")) is None
    (tmp_path / "AB" / "val").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "AB" / "val" / "one.png"), np.zeros((64, 128, 3), np.uint8))
    (tmp_path / "val.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match=r"cannot read .*val\.parquet"):
        held_side(lambda: load_faces(tmp_path, "val"))


@pytest.mark.parametrize("value", [-1.0, 0.7, -0.6])
def test_a_constant_channel_far_from_0_is_refused(value):
    condition = torch.randn(2, 3, 8, 8)
    condition[:, 1] = value
    with pytest.raises(ConfigError, match="channel 1 of condition"):
        check_channels([{"condition": condition}], ["condition"])


def test_a_landmark_layer_on_127_is_not_refused():
    layer = torch.zeros(4, 1, 32, 32)
    layer[:, :, 3, 4] = 1
    check_channels([{"a": layer}], ["a"])


@pytest.mark.parametrize("size", [32, 256])
def test_a_landmark_layer_on_0_is_refused_points_or_not(size):
    """At 32 pixels the points fill so much that its mean is not near -1."""
    points = np.random.default_rng(0).uniform(0.1, 0.9, (68, 2)).astype(np.float32) * size
    layer = layer_tensor(Face(np.empty((size, size, 3), np.uint8), points).landmark_layer())
    check_channels([{"a_landmarks": layer[None]}], ["a_landmarks"])
    with pytest.raises(ConfigError, match="background of a_landmarks is -1"):
        check_channels([{"a_landmarks": 2 * layer[None] - 1}], ["a_landmarks"])


def test_pictures_of_all_groups_are_looked_at():
    """(groups, 3, h, w) a sample; what is missing in all of them is named."""
    pictures = torch.rand(2, 3, 8, 8) * 2 - 1
    check_samples([{"a": pictures}] * LOOKED_AT, ["a"])
    pictures[:, 2] = -1
    with pytest.raises(ConfigError, match="channel 2 of a"):
        check_samples([{"a": pictures}] * LOOKED_AT, ["a"])


def noisy(path, seed, side=64, light=1.0):
    """Blots that a hash can tell from others."""
    blots = np.random.default_rng(seed).integers(0, 200, (6, 6, 3), np.uint8)
    pixels = cv2.resize(blots, (side, side), interpolation=cv2.INTER_CUBIC) * light
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels.astype(np.uint8))


@pytest.mark.parametrize(
    ("copy", "how"), [("z.png", {}), ("z.jpg", {"light": 0.95}), ("z.webp", {"side": 96})]
)
def test_nearly_equal_pictures_on_two_sides_are_a_leak(tmp_path, copy, how):
    for seed in range(20):
        noisy(tmp_path / "trainB" / f"{seed}.png", seed)
        noisy(tmp_path / "testB" / f"{seed}.png", 100 + seed)
        noisy(tmp_path / "A" / "val" / f"{seed}.png", seed)  # a condition
    noisy(tmp_path / "trainB" / "again.png", 3)  # twice on one side
    check_leaks(tmp_path)
    noisy(tmp_path / "testB" / copy, 5, **how)
    with pytest.raises(DatasetError, match="1 picture nearly equal") as told:
        check_leaks(tmp_path)
    assert "trainB/5.png" in str(told.value) and f"testB/{copy}" in str(told.value)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_backbones_give_a_logit_a_label(backbone):
    assert Classifier(backbone, 5, 8).eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 5)


def test_the_tagger_learns_what_it_is_told_and_leaves_out_what_is_not_known():
    config = TaggerConfig(size=32, batch=4, width=16, columns=("group", "gender"), device="cpu")
    faces = Drawn(6, gender=None)
    values = label_values(faces, config.columns)
    labels = learnable(values, 1)
    assert labels == ["group=g", "group=r"]
    samples = Tagged(faces, labels, config)
    method = TaggerMethod(config, len(labels), samples.weights())
    batch = torch.utils.data.default_collate([samples[n] for n in range(4)])
    for _ in range(25):
        method.step(batch)
    with torch.no_grad():
        assert method.score(list(held_faces(Tagged(faces, labels, config, still=True))))["map"] == 1


def test_faces_that_are_held_out_are_not_all_in_memory_at_once():
    read = []

    class Told(Drawn):
        def __getitem__(self, index):
            read.append(index)
            return super().__getitem__(index)

    config = TaggerConfig(size=32, batch=4, columns=("group",), device="cpu")
    samples = Tagged(Told(100), ["group=g"], config, still=True)
    batches = held_faces(samples)
    assert len(next(batches)["image"]) == 4 and read == [0, 1, 2, 3]
    assert len(list(batches)) == 24 and read == list(range(100))
    read.clear()
    assert [len(batch["image"]) for batch in held_faces(samples, 10)] == [4, 4, 2]
    assert read == list(range(0, 100, 11))


def test_rare_labels_are_refused_with_their_counts():
    with pytest.raises(DatasetError, match="group=g 3:3"):
        learnable(label_values(Drawn(6), ("group",)), 4)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(DatasetError, match=r"no column colour; it has face_id, group"):
        label_values(Drawn(4), ("group", "colour"))


def test_saying_no_looks_good_by_accuracy_alone():
    target = np.zeros((100, 1), np.float32)
    target[:5] = 1
    found = tag_scores(np.zeros((100, 1), np.float32), target, np.ones_like(target))
    assert found["accuracy"] == found["all_no_accuracy"] == pytest.approx(0.95)
    assert found["map"] == found["all_no_map"] == pytest.approx(0.05)
    assert found["f1"] == 0


def test_average_precision_at_a_known_point():
    truth = np.array([True, False, True, False])
    assert average_precision(np.array([0.9, 0.8, 0.7, 0.1]), truth) == pytest.approx(5 / 6)

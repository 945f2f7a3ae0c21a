"""Each format is read back by the program that reads it, or by a reader of its specification."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from webtoon_curate.errors import CurateError
from webtoon_curate.export import stylegan
from webtoon_curate.export.coco import read_coco
from webtoon_curate.export.registry import Job, find_format
from webtoon_curate.export.settings import CropSettings
from webtoon_curate.export.stage import ExportSettings, export
from webtoon_curate.manifest import read_manifest
from webtoon_curate.synth.labels import Label

SIZE = 64


@pytest.fixture
def run(drawn, out):
    def run(format: str, crop=None, everything=False, photos=None, source=drawn, **form):
        settings = ExportSettings(
            find_format(format).Settings(**form),
            crop or CropSettings(size=SIZE),
            everything,
            photos,
        )
        return export(source, format, out, settings).record

    return run


def kept(dataset) -> dict[str, dict]:
    return {row["face_id"]: row for row in read_manifest(dataset.path).to_pylist() if row["keep"]}


def pixels(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def one_of(folder: Path) -> list[Path]:
    """Every file below a folder, as os.walk in trainers' data loaders finds them."""
    return sorted(Path(top) / name for top, _, names in os.walk(folder) for name in names)


def test_pix2pix_pairs_are_condition_and_face(run, out, drawn):
    run("pix2pix")
    rows = pq.read_table(out / "train.parquet").to_pylist()
    files = one_of(out / "AB" / "train")
    assert sorted(row["name"] + ".png" for row in rows) == [path.name for path in files]
    for row in rows:
        both = pixels(out / "AB" / "train" / f"{row['name']}.png")
        condition, face = both[:, :SIZE], both[:, SIZE:]  # as AlignedDataset splits it
        assert (pixels(out / "A" / "train" / f"{row['name']}.png") == condition).all()
        assert (pixels(out / "B" / "train" / f"{row['name']}.png") == face).all()
        assert set(np.unique(condition)) == {127, 255}
        points = np.array(row["landmarks"]).reshape(68, 2)
        x, y = points[(points >= 0).all(1) & (points < SIZE).all(1)].astype(int).T
        assert (condition[y, x] == 255).all()


def test_pix2pix_paints_the_table_s_colors_where_they_are(run, out, drawn):
    run("pix2pix", colors="regions", pairs="folders")
    assert not (out / "AB").exists()
    rows, hit = kept(drawn), 0
    for row in pq.read_table(out / "train.parquet").to_pylist():
        condition = pixels(out / "A" / "train" / f"{row['name']}.png")
        colors = {tuple(rows[row["face_id"]][f"{part}_color_raw"]) for part in ("hair", "skin")}
        found = {tuple(color) for color in condition.reshape(-1, 3).tolist()}
        hit += colors <= found
        eyes = {tuple(rows[row["face_id"]][f"{side}_eye_color_raw"]) for side in ("left", "right")}
        assert found <= colors | eyes | {(127,) * 3, (0, 255, 0)}
    assert hit >= len(rows) / 3


def test_pix2pix_jitters_each_face_alone_and_the_same_again(run, out, drawn):
    form = {"colors": "planes", "pairs": "folders", "jitter": 0.1}
    assert run("pix2pix", **form)["pix2pix"]["condition_channels"][1] == "hair_red"
    rows, moves = kept(drawn), []
    for row in pq.read_table(out / "train.parquet").to_pylist():
        planes = np.load(out / "A" / "train" / f"{row['name']}.npy")
        assert planes.shape == (13, SIZE, SIZE)
        hair = np.array(rows[row["face_id"]]["hair_color_raw"])
        assert (planes[1:4] == planes[1:4, :1, :1]).all()
        moves.append(planes[1:4, 0, 0] - hair)
        assert np.abs(moves[-1]).max() <= 26
    assert len({tuple(move) for move in moves}) == len(moves)
    before = (out / "SHA256SUMS").read_bytes()
    export_again = ExportSettings(find_format("pix2pix").Settings(**form), CropSettings(size=SIZE))
    export(drawn, "pix2pix", out, export_again, force=True)
    assert (out / "SHA256SUMS").read_bytes() == before


def test_noise_leaves_the_marks(run, out):
    run("pix2pix", noise=0.1, pairs="folders", width=1.0)
    condition = pixels(one_of(out / "A" / "train")[0]).astype(float)
    marks = (condition == 255).all(2)
    assert 20 <= marks.sum() <= 80
    assert condition[~marks].mean() == pytest.approx(127, abs=2)
    assert condition[~marks].std() == pytest.approx(25.5, abs=1.5)


def test_settings_that_do_not_go_together(run):
    for format, form, message in (
        ("pix2pix", {"colors": "planes", "pairs": "side"}, "--pairs"),
        ("pix2pix", {"jitter": 0.1}, "--colors"),
        ("cutouts", {"ground": "red"}, "--ground"),
    ):
        with pytest.raises(CurateError, match=message):
            run(format, **form)
    with pytest.raises(CurateError, match="power of two"):
        run("stylegan", CropSettings(size=100))
    with pytest.raises(CurateError, match="--photos"):
        run("cyclegan")


def test_cyclegan_takes_as_many_of_each_group_from_both(run, out, drawn, unsplit):
    people = unsplit.path
    record = run("cyclegan", photos=people, match_groups=True, channels="4")
    photos, ours = kept(unsplit), kept(drawn)
    index = pq.read_table(out / "index.parquet").to_pylist()
    groups = {"A": [], "B": []}
    for row in index:
        folder, _, name = row["file_name"].partition("/")
        assert row["face_id"] in (photos if folder.endswith("A") else ours)
        assert folder[:-1] == (ours[row["face_id"]]["split"] if folder[-1] == "B" else "train")
        groups[folder[-1]].append(row["group"])
        image = pixels(out / folder / name)
        assert image.shape == (SIZE, SIZE, 4)
        assert image[..., 3].min() == 127
        assert image[..., 3].max() == 255
    assert sorted(groups["A"]) == sorted(groups["B"])
    assert groups["A"]
    assert record["left_out"]["group not matched"] > 0
    assert any("no splits" in text for text in record["warnings"])


def test_stylegan_zip_is_what_its_loader_expects(run, out, drawn):
    record = run("stylegan")
    with zipfile.ZipFile(out / "train.zip") as archive:
        entries = archive.infolist()
        assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
        names = sorted(entry.filename for entry in entries if entry.filename.endswith(".png"))
        labels = dict(json.loads(archive.read("dataset.json"))["labels"])
        labels = np.array([labels[name] for name in names])
        images = [pixels(io.BytesIO(archive.read(name))) for name in names]
    rows = pq.read_table(out / "train.parquet").to_pylist()
    assert {image.shape for image in images} == {(SIZE, SIZE, 3)}
    assert [record["stylegan"]["labels"][label] for label in labels] == [r["group"] for r in rows]
    assert labels.max() < len(record["groups"])


def test_stylegan_lmdb_is_read_as_rosinality_reads_it(run, out):
    lmdb = pytest.importorskip("lmdb")
    run("stylegan", container="both")
    with zipfile.ZipFile(out / "train.zip") as archive:
        first = archive.read("00000/img00000000.png")
    environment = lmdb.open(
        str(out / "train.lmdb"), max_readers=32, readonly=True, lock=False, readahead=False
    )
    with environment.begin(write=False) as transaction:
        length = int(transaction.get(b"length").decode())
        assert transaction.get(f"{SIZE}-{str(0).zfill(5)}".encode()) == first
        assert transaction.get(f"{SIZE}-{str(length - 1).zfill(5)}".encode())
        assert transaction.get(f"{SIZE}-{str(length).zfill(5)}".encode()) is None
    environment.close()
    assert length == len(pq.read_table(out / "train.parquet"))


def test_an_lmdb_of_any_size_is_written_some_pictures_at_a_time(tmp_path, monkeypatch):
    """LMDB holds in memory what a transaction writes: of a million pictures, all of them."""
    lmdb = pytest.importorskip("lmdb")
    (tmp_path / "picture").write_bytes(b"picture")
    puts = []

    class Transaction:
        def __init__(self, environment):
            self.real = environment.begin(write=True)

        def __enter__(self):
            puts.append(0)
            self.real.__enter__()
            return self

        def __exit__(self, *given):
            return self.real.__exit__(*given)

        def put(self, key, value):
            puts[-1] += 1
            self.real.put(key, value)

    class Environment:
        def __init__(self, *given, **options):
            self.real = lmdb.open(*given, **options)
            self.close = self.real.close

        def begin(self, write):
            return Transaction(self.real)

    monkeypatch.setattr(stylegan, "_lmdb", lambda: SimpleNamespace(open=Environment))
    made = find_format("stylegan")(Job("stylegan", None, CropSettings(size=SIZE)))
    item = SimpleNamespace(files={"picture": tmp_path / "picture"})
    made._write_lmdb(tmp_path / "data.mdb", iter([item] * 250))
    assert max(puts) <= 100
    with lmdb.open(str(tmp_path / "data.mdb"), subdir=False, readonly=True, lock=False) as found:
        assert found.stat()["entries"] == 251


def test_imagefolder_loads_as_a_hugging_face_dataset(run, out, drawn, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets.disable_progress_bars()
    run("imagefolder")
    rows = kept(drawn)
    found = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert {name: len(part) for name, part in found.items()} == {
        name: sum(row["split"] == split for row in rows.values())
        for name, split in (("train", "train"), ("validation", "val"), ("test", "test"))
    }
    for sample in found["train"]:
        row = rows[sample["face_id"]]
        assert sample["image"].size == (SIZE, SIZE)
        assert sample["group"] == row["group"]
        assert len(sample["landmarks"]) == 136
        assert sample["hair_color"] == row["hair_color"]
    assert "CC0-1.0" in (out / "README.md").read_text()


def test_manifest_to_coco_to_manifest_is_the_manifest(run, out, drawn):
    run("coco", everything=True, image="jpeg")
    found = read_coco(sorted((out / "annotations").glob("*.json"))).to_pylist()
    expected = read_manifest(drawn.path).to_pylist()
    left = {row["face_id"] for row in expected} - {row["face_id"] for row in found}
    assert not left
    key = "face_id"
    assert sorted(found, key=lambda r: r[key]) == sorted(expected, key=lambda r: r[key])


def test_an_unsplit_manifest_comes_back_unsplit(run, out, unsplit):
    record = run("coco", source=unsplit, everything=True, image="jpeg")
    assert record["splits"] == ["train"]
    found = read_coco([out / "annotations" / "train.json"])
    expected = read_manifest(unsplit.path)
    assert found.sort_by("face_id").to_pylist() == expected.sort_by("face_id").to_pylist()


def test_what_others_changed_in_coco_counts(run, out, drawn):
    run("coco", image="jpeg")
    path = out / "annotations" / "train.json"
    coco = json.loads(path.read_text())
    image = {image["id"]: image for image in coco["images"]}[coco["annotations"][0]["image_id"]]
    coco["annotations"][0]["bbox"] = [3, 4, 50, 60]
    coco["annotations"][1]["category_id"] = next(
        c["id"] for c in coco["categories"] if c["name"] == "man_no_glasses"
    )
    coco["annotations"][2]["keypoints"][:3] = [7.5, 8.25, 2]
    path.write_text(json.dumps(coco))
    first, second, third = read_coco([path]).to_pylist()[:3]
    assert [first[n] for n in ("x", "y")] == [3 + image["x"], 4 + image["y"]]
    assert [first[n] for n in ("width", "height")] == [50, 60]
    assert second["group"] == "man_no_glasses"
    scene = coco["annotations"][2]["image_id"]
    image = {image["id"]: image for image in coco["images"]}[scene]
    assert third["landmarks"][:2] == [7.5 + image["x"], 8.25 + image["y"]]
    for damage in ({"annotations": [{}]}, [], {"images": []}):
        path.write_text(json.dumps(damage))
        with pytest.raises(CurateError, match=r"train\.json"):
            read_coco([path])


def test_coco_is_read_by_pycocotools(run, out, drawn):
    coco_tools = pytest.importorskip("pycocotools.coco")
    run("coco")
    coco, rows = coco_tools.COCO(str(out / "annotations" / "train.json")), kept(drawn)
    assert len(coco.anns) == sum(row["split"] == "train" for row in rows.values())
    for annotation in coco.loadAnns(coco.getAnnIds()):
        image = coco.imgs[annotation["image_id"]]
        row = rows[annotation["attributes"]["face_id"]]
        scene = pixels(out / image["file_name"])
        assert scene.shape == (image["height"], image["width"], 3)
        x, y, width, height = annotation["bbox"]
        assert 0 <= x < x + width <= image["width"]
        assert 0 <= y < y + height <= image["height"]
        assert coco.cats[annotation["category_id"]]["name"] == row["group"]
        points = np.array(annotation["keypoints"]).reshape(68, 3)
        expected = np.array(row["landmarks"]).reshape(68, 2) - [image["x"], image["y"]]
        assert (points[:, :2] == expected).all()
        assert annotation["num_keypoints"] == 68
    cats = coco.loadCats(coco.getCatIds())
    assert {len(cat["keypoints"]) for cat in cats} == {68}
    assert max(max(line) for cat in cats for line in cat["skeleton"]) == 68


def test_faces_without_points_have_none_of_them_labelled_in_coco(run, out, drawn):
    """As in COCO's own files: pycocotools wants `num_keypoints` of every annotation."""
    coco_tools = pytest.importorskip("pycocotools.coco")
    from pycocotools.cocoeval import COCOeval

    run("coco", everything=True, image="jpeg")
    bare = {r["face_id"] for r in read_manifest(drawn.path).to_pylist() if not r["landmarks"]}
    path = out / "annotations" / "train.json"
    coco = coco_tools.COCO(str(path))
    found = [a for a in coco.anns.values() if a["attributes"]["face_id"] in bare]
    assert found and all(a["num_keypoints"] == 0 and not any(a["keypoints"]) for a in found)
    scored = COCOeval(
        coco, coco.loadRes([a | {"score": 1.0} for a in coco.anns.values()]), "keypoints"
    )
    scored.params.kpt_oks_sigmas = np.full(68, 0.05)
    scored.evaluate()
    back = {row["face_id"]: row["landmarks"] for row in read_coco([path]).to_pylist()}
    assert {face_id for face_id, points in back.items() if points is None} == bare & back.keys()


@pytest.mark.parametrize("task", ["detect", "pose"])
def test_yolo_labels_are_shares_of_the_picture(run, out, drawn, task):
    record = run("yolo", task=task, classes="groups", image="jpeg")
    rows, seen = kept(drawn), 0
    config = dict(
        line.split(": ", 1) for line in (out / "data.yaml").read_text().splitlines() if ": " in line
    )
    assert ("kpt_shape" in config) == (task == "pose")
    for name in one_of(out / config["train"]):
        label = Path(str(name).replace("images", "labels")).with_suffix(".txt")
        height, width, _ = pixels(name).shape
        for line in label.read_text().splitlines():
            kind, x, y, w, h, *points = map(float, line.split())
            assert len(points) == (204 if task == "pose" else 0)
            assert x - w / 2 + 1e-5 >= 0
            assert x + w / 2 <= 1 + 1e-5
            assert y - h / 2 + 1e-5 >= 0
            size = (w * width, h * height)
            matches = [
                row
                for row in rows.values()
                if abs(row["width"] - size[0]) < 0.01 and abs(row["height"] - size[1]) < 0.01
            ]
            assert record["yolo"]["names"][int(kind)] in {row["group"] for row in matches}
            seen += 1
            if task == "pose":
                near = np.array(points).reshape(68, 3)
                assert set(near[:, 2]) <= {0, 1, 2}
                inner = near[near[:, 2] == 2]
                assert (np.abs(inner[:, 0] - x) < 1.5 * w).all()
    assert seen == record["faces"]["train"]


def test_fiftyone_labels_are_as_its_importer_reads_them(run, out, drawn):
    """FiftyOneImageDetectionDataset: data/<uuid>.<ext>, labels.json with classes and labels."""
    run("fiftyone", image="jpeg")
    rows = kept(drawn)
    labels = json.loads((out / "train" / "labels.json").read_text())
    files = {path.stem: path for path in (out / "train" / "data").iterdir()}
    assert set(labels["labels"]) == set(files)
    assert len(files) == len(list((out / "train" / "data").iterdir()))
    for name, boxes in labels["labels"].items():
        width = pixels(files[name]).shape[1]
        for box in boxes:
            row = rows[box["attributes"]["face_id"]]
            assert box["label"] == row["group"]
            assert box["label"] in labels["classes"]
            assert box["confidence"] == row["score"]
            x, y, w, h = box["bounding_box"]
            assert 0 <= x < x + w <= 1 + 1e-9
            assert 0 <= y < y + h <= 1 + 1e-9
            assert w * width <= row["width"] + 1e-3


def test_csv_is_read_by_pandas(run, out, drawn):
    import pandas as pd

    run("csv", everything=True)
    found = pd.read_csv(out / "faces.csv", dtype={"phash": "UInt64"})
    expected = read_manifest(drawn.path).to_pylist()
    assert found["face_id"].tolist() == [row["face_id"] for row in expected]
    assert found["keep"].tolist() == [row["keep"] for row in expected]
    for name in ("x", "score", "quality"):
        values = np.array([row[name] for row in expected], np.float32)
        assert np.array_equal(found[name].astype(np.float32), values, equal_nan=True)
    for text, row in zip(found["landmarks"], expected):
        if row["landmarks"]:
            assert np.float32(json.loads(text)).tolist() == row["landmarks"]


def test_characters_have_a_folder_each(run, out, drawn, tmp_path):
    from truth_dataset import name_characters

    names = name_characters(drawn)
    record = run("characters")
    index = pq.read_table(out / "index.parquet").to_pylist()
    assert {row["character"] for row in index} == set(names.values())
    assert record["characters"]["characters"] == {
        name: sum(row["character"] == name for row in index) for name in set(names.values())
    }
    folders = {row["character"]: Path(row["file_name"]).parent for row in index}
    assert len(set(folders.values())) >= len(set(names.values()))
    for row in index:
        assert names[row["face_id"]] == row["character"]
        assert pixels(out / row["file_name"]).shape == (SIZE, SIZE, 3)


@pytest.mark.parametrize("part", ["head", "face"])
def test_cutouts_show_the_head_and_nothing_else(run, out, drawn, part):
    size = 128  # a pixel of the crop is one of the parsing map
    run("cutouts", CropSettings(size=size), part=part)
    wanted = {*range(1, 12), Label.GLASSES, Label.FACIAL_HAIR} - {Label.HAIR}
    if part == "head":
        wanted |= {Label.HAIR, Label.EARS, Label.HAT}
    shown = 0
    for row in pq.read_table(out / "index.parquet").to_pylist():
        image = pixels(out / row["file_name"])
        classes = pixels(drawn.path / "parsing" / f"{row['face_id']}.png")
        outside = ~np.isin(classes, list(wanted))
        far = outside.copy()
        for _ in range(3):  # the edge is soft
            far[1:-1, 1:-1] &= far[:-2, 1:-1] & far[2:, 1:-1] & far[1:-1, :-2] & far[1:-1, 2:]
        assert (image[..., 3][far][:] == 0).mean() > 0.99
        x, y, w, h = (int(value) for value in row["box"])
        middle = ~outside[y : y + h, x : x + w]
        opaque = image[y : y + h, x : x + w, 3] > 127
        shown += (opaque & middle).sum() / max(middle.sum(), 1) > 0.9
    assert shown >= 10


def test_cutouts_lie_on_a_color(run, out):
    run("cutouts", ground="#00ff10")
    for path in one_of(out / "train"):
        image = pixels(path)
        assert image.shape == (SIZE, SIZE, 3)
        assert (image.reshape(-1, 3) == (0, 255, 16)).all(1).any()


def test_the_background_gives_way_to_a_color(run, out, drawn):
    crop = CropSettings(size=128, expand=1.6, shift=0, background="#102030")
    run("imagefolder", crop)
    for row in pq.read_table(out / "train" / "metadata.parquet").to_pylist():
        image = pixels(out / "train" / row["file_name"])
        classes = pixels(drawn.path / "parsing" / f"{row['face_id']}.png")
        assert ((image == (16, 32, 48)).all(2) >= (classes == Label.BACKGROUND)).mean() > 0.999

"""Tensors agree with the tables to the pixel, in every form, and load where they are used."""

from __future__ import annotations

import io
import json
import pickle
import tracemalloc

import numpy as np
import pytest

from webtoon_curate.crops import CropSettings as Cut
from webtoon_curate.crops import cut, page_bounds, squares
from webtoon_curate.data import LandmarkTensors, normalised
from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.export.layers import parsing_planes
from webtoon_curate.export.made import Made
from webtoon_curate.export.parts import Parts, write_part
from webtoon_curate.export.pictures import Square, square_of, turned
from webtoon_curate.export.settings import CropSettings
from webtoon_curate.export.stage import ExportSettings, export
from webtoon_curate.export.tensors import TensorSettings, _write_safetensors
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.landmarks.points import five_points
from webtoon_curate.manifest import read_manifest

SIZE = 128


def kept(dataset) -> dict[str, dict]:
    return {row["face_id"]: row for row in read_manifest(dataset.path).to_pylist() if row["keep"]}


def tensors(dataset, out, crop=None, **form):
    crop = crop or CropSettings(size=SIZE)
    settings = ExportSettings(TensorSettings(**form), crop)
    return export(dataset, "tensors", out, settings).record


@pytest.fixture(scope="module")
def plain(drawn, tmp_path_factory):
    out = tmp_path_factory.mktemp("tensors") / "plain"
    tensors(drawn, out, shard=3)
    return out


def test_every_sample_is_the_page_and_the_points_of_the_tables(drawn, plain):
    rows, seen = kept(drawn), 0
    for split in ("train", "val", "test"):
        data = LandmarkTensors(plain, split)
        for number, face_id in enumerate(data.index["face_id"].to_pylist()):
            row, sample = rows[face_id], data.array(number)
            assert row["split"] == split
            (square,) = squares([[row[n] for n in ("x", "y", "width", "height")]], Cut())
            with episode_strip(drawn, row["title"], row["episode"]) as strip:
                layouts = drawn.tables["pages"].read(row["title"], row["episode"])["layout"]
                bounds = page_bounds(strip.pages, layouts[0].as_py())[row["page"]]
                image = cut(strip.read, square, bounds, SIZE)
            assert (sample[:3].transpose(1, 2, 0) == image).all()
            points = np.array(row["landmarks"]).reshape(68, 2)
            pixels = np.floor((points - square[:2]) * SIZE / square[2]).astype(int)
            pixels = pixels[((pixels >= 0) & (pixels < SIZE)).all(1)]
            layer = np.full((SIZE, SIZE), 127)
            layer[pixels[:, 1], pixels[:, 0]] = 255
            assert (sample[3] == layer).all()
            seen += 1
    assert seen == len(rows) > 8


def test_index_and_points_go_with_the_samples(drawn, plain):
    data, rows = LandmarkTensors(plain, "train"), kept(drawn)
    for number, row in enumerate(data.index.to_pylist()):
        a, b, c, d, e, f = row["crop_matrix"]
        x, y = np.array(rows[row["face_id"]]["landmarks"]).reshape(68, 2).T
        expected = np.stack([a * x + b * y + c, d * x + e * y + f], 1)
        assert np.abs(data.landmarks[number] - expected).max() < 1e-3
        assert row["group"] == rows[row["face_id"]]["group"]


def test_all_forms_hold_the_same_samples(drawn, plain, tmp_path):
    from safetensors.numpy import load_file, save

    webdataset = pytest.importorskip("webdataset")
    data = LandmarkTensors(plain, "train")
    expected = np.stack([data.array(number) for number in range(len(data))])
    ids = data.index["face_id"].to_pylist()
    tensors(drawn, tmp_path / "npz", files="npz")
    with np.load(tmp_path / "npz" / "train-00000.npz", allow_pickle=False) as archive:
        assert (archive["planes"] == expected).all()
        assert archive["face_id"].tolist() == ids
        assert (archive["landmarks"] == data.landmarks).all()
    tensors(drawn, tmp_path / "safe", files="safetensors")
    safe = tmp_path / "safe" / "train-00000.safetensors"
    about = {"face_id": json.dumps(ids, ensure_ascii=False)}
    assert safe.read_bytes() == save(load_file(safe), about)
    assert (load_file(safe)["planes"] == expected).all()
    assert safe.stat().st_mode == (tmp_path / "npz" / "train-00000.npz").stat().st_mode
    tensors(drawn, tmp_path / "tar", files="webdataset", shard=4)
    shards = sorted(str(path) for path in (tmp_path / "tar").glob("train-*.tar"))
    found = list(webdataset.WebDataset(shards, shardshuffle=False).decode())
    assert len(shards) == -(-len(ids) // 4)
    assert [sample["json"]["face_id"] for sample in found] == ids
    assert (np.stack([sample["npy"] for sample in found]) == expected).all()


def test_a_shard_of_safetensors_is_not_held_in_memory(tmp_path):
    planes = np.zeros((4, 64, 64), np.uint8)
    rows = [{"face_id": str(number), "landmarks": [0.0] * 136} for number in range(100)]
    write_part(tmp_path, 0, [Made("train", row, planes=planes) for row in rows])
    items = list(Parts(tmp_path, [0], packed=True).items("train"))
    tracemalloc.start()
    _write_safetensors(tmp_path / "shard", items)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * planes.nbytes / 4


def test_more_planes_say_what_the_tables_say(drawn, tmp_path):
    planes = ("noise", "group", "parsing", "colors")
    record = tensors(drawn, tmp_path, plane=planes, marks="blobs", width=2.0)
    names, rows = record["tensors"]["channels"], kept(drawn)
    data = LandmarkTensors(tmp_path, "train")
    assert data.shape == (4 + 12 + 20 + len(record["groups"]) + 1, SIZE, SIZE)
    for number, face_id in enumerate(data.index["face_id"].to_pylist()):
        sample, row = dict(zip(names, data.array(number))), rows[face_id]
        assert (sample["hair_green"] == row["hair_color_raw"][1]).all()
        assert (sample["right_eye_blue"] == row["right_eye_color_raw"][2]).all()
        on = {name for name in names if name.startswith("group_") and (sample[name] == 255).all()}
        assert on == {f"group_{row['group']}"}
        classes = np.stack([sample[name] for name in names if name.startswith("is_")])
        assert ((classes == 255).sum(0) == 1).all()
        assert (parsing_planes(classes.argmax(0).astype(np.uint8)) == classes).all()
        x, y = data.landmarks[number, 33].astype(int)
        if row["view"] == "frontal" and row["landmark_confidence"][33]:
            assert sample["is_background"][y, x] == 127


def test_it_feeds_a_dataloader_any_channels(plain):
    torch = pytest.importorskip("torch")
    data = LandmarkTensors(plain, "train", ["landmarks", "red"])
    (batch,) = torch.utils.data.DataLoader(data, len(data))
    assert batch.dtype == torch.uint8
    assert batch.shape == (len(data), 2, SIZE, SIZE)
    whole = LandmarkTensors(plain, "train")
    assert (batch[:, 0] == torch.stack([whole[i][3] for i in range(len(whole))])).all()
    assert (batch[:, 1].numpy()[-1] == whole.array(-1)[0]).all()
    values = normalised(batch)[:, 0].unique()
    assert values.tolist() == pytest.approx([0, 1], abs=0.004)
    again = pickle.loads(pickle.dumps(data))  # as for a worker process
    assert len(pickle.dumps(data)) < 10_000
    assert (again[0] == data[0]).all()
    data[0][:] = 0
    assert (LandmarkTensors(plain, "train").array(0) == whole.array(0)).all()


def test_what_is_no_export_is_said_to_be_none(plain, drawn, tmp_path):
    pytest.importorskip("torch")
    for arguments, message in (
        ((tmp_path,), "no export of tensors"),
        ((plain, "dev"), "no split 'dev'"),
        ((plain, "train", ["hair"]), "no channel 'hair'"),
    ):
        with pytest.raises(DatasetError, match=message):
            LandmarkTensors(*arguments)
    with pytest.raises(IndexError):
        LandmarkTensors(plain, "train")[10**6]
    tensors(drawn, tmp_path / "broken")
    data = LandmarkTensors(tmp_path / "broken")
    (tmp_path / "broken" / "train.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match="missing or damaged"):
        data.index  # noqa: B018 - it is read when it is asked for
    shard = tmp_path / "broken" / "train-00000.npy"
    for content in (b"", b"\x93NUMPY\x01\x00", b"PK\x03\x04", shard.read_bytes()[:-1]):
        shard.write_bytes(content)
        with pytest.raises(DatasetError, match=r"train-00000\.npy is missing or damaged"):
            LandmarkTensors(tmp_path / "broken")


@pytest.mark.parametrize(("side", "turn"), [(40.0, 0.3), (150.0, -0.7), (61.0, 3.0)])
def test_a_turned_square_shows_what_its_matrix_says(side, turn):
    """A picture whose colors are its coordinates."""
    y, x = np.mgrid[0:240, 0:250].astype(np.uint8)
    square = Square(1120.5, 2110.25, side, turn)
    crop = turned(np.stack([x, y, x], 2), (1000, 2000), 1, square, 32)
    matrix = np.vstack([square.matrix(32), [0, 0, 1]])
    middles = np.arange(32) + 0.5
    grid = np.stack([*np.meshgrid(middles, middles), np.ones((32, 32))])
    back = np.einsum("ij,jhw->ihw", np.linalg.inv(matrix), grid)
    expected = np.stack([back[0] - 1000.5, back[1] - 2000.5], 2)  # middles of pixels
    assert np.abs(crop[..., :2] - expected).max() < 1.1


@pytest.mark.parametrize("align", ["eyes", "ffhq"])
def test_aligned_faces_have_level_eyes(drawn, tmp_path, align):
    tensors(drawn, tmp_path, CropSettings(size=SIZE, align=align))
    data = LandmarkTensors(tmp_path, "train")
    rows = kept(drawn)
    for number, face_id in enumerate(data.index["face_id"].to_pylist()):
        left, right, *_, mouth_left, mouth_right = five_points(data.landmarks[number])
        mouth = (mouth_left + mouth_right) / 2
        if align == "eyes" and abs(right[0] - left[0]) > 20:
            assert left[1] == pytest.approx(right[1], abs=0.01)
        if align == "ffhq":
            # The appendix's square in its own axes: middle, and twice the longer of two spans.
            eyes = (left + right) / 2
            middle = eyes + 0.1 * (mouth - eyes)
            assert middle == pytest.approx(np.full(2, SIZE / 2), abs=0.01)
            spans = 2 * np.hypot(*(right - left)), 1.8 * np.hypot(*(mouth - eyes))
            assert 2 * max(spans) == pytest.approx(SIZE, abs=0.01)
        assert square_of(rows[face_id], CropSettings(align=align, expand=1, shift=0)).side > 1


def test_settings_out_of_range_are_errors(drawn, tmp_path):
    for form, message in (
        ({"marks": "dots"}, "marks is one of points, lines, blobs"),
        ({"plane": ("hair",)}, "plane is one of"),
        ({"shard": 0}, "shard is 0"),
        ({"width": float("nan")}, "width is nan"),
    ):
        with pytest.raises(CurateError, match=message):
            tensors(drawn, tmp_path / "none", **form)
    assert not (tmp_path / "none").exists()


def test_arrays_are_readable_without_this_package(plain):
    record = json.loads((plain / "export.json").read_text())
    shard = record["tensors"]["shards"]["train"][0]
    array = np.load(io.BytesIO((plain / shard["file"]).read_bytes()))
    assert array.shape == (shard["samples"], *record["tensors"]["shape"])

"""The stages `colors` and `label groups` on small datasets, with good and bad readings."""

from __future__ import annotations

import json
import shutil

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from faces_dataset import FACE, PAGE, TITLE, make, place, unread
from PIL import Image

from webtoon_curate.attributes.color_stage import read_colors
from webtoon_curate.attributes.group_stage import GroupSettings, label_groups
from webtoon_curate.attributes.groups import decide, load_backend
from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError, ModelError
from webtoon_curate.face_stages import BOX
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.manifest import read_manifest
from webtoon_curate.schema import LANDMARKS, READINGS
from webtoon_curate.synth.labels import Label

HAIR, SKIN, BLUE = (110, 70, 46), (252, 220, 198), (40, 110, 200)
POINTS = {
    "backend": "made@1",
    "landmarks": [0.0] * 136,
    "landmark_confidence": [0.9] * 68,
    "quality": 0.9,
    "align": [1.0, 0.0, 0.0, 0.0],
}


def read(data: Dataset, points=POINTS, parts=None, **changes) -> None:
    """Write readings of every face: hair above skin, a woman without glasses; then `changes`."""
    if parts is None:
        parts = np.full((64, 64), Label.SKIN, np.uint8)
        parts[:32] = Label.HAIR
    (data.path / "parsing").mkdir(exist_ok=True)
    (data.path / "parsing" / "face.png").write_bytes(cv2.imencode(".png", parts)[1].tobytes())
    for title, episode in data.tables["faces"].episodes():
        rows = []
        for face in data.tables["faces"].read(title, episode).to_pylist():
            row = {name: face[name] for name in BOX} | {
                "reader": "made@1", "face_probability": 1.0, "woman": 0.97, "glasses": 0.02,
                "facial_hair": 0.0, "hat": 0.0, "yaw": 0.0, "pitch": 0.0, "roll": 0.0,
                "embedding": [0.0] * 128, "parsing": "parsing/face.png",
                "parsing_x": face["x"], "parsing_y": face["y"], "parsing_side": face["width"],
            }  # fmt: skip
            rows.append(row | changes)
        note = {"key": json.dumps(changes, default=str), "input": _content(data, episode)}
        data.tables["readings"].write(title, episode, pa.Table.from_pylist(rows, READINGS), note)
        placed = [{name: row[name] for name in BOX} | points for row in rows]
        made = pa.Table.from_pylist(placed, LANDMARKS)
        data.tables["landmarks"].write(title, episode, made, note)


def _content(data: Dataset, episode: str) -> object:
    return data.tables["scenes"].note(TITLE, episode)["content"]


@pytest.fixture
def data(tmp_path):
    made = make(tmp_path / "data", episodes=1)
    folder = tmp_path / "data-source" / TITLE / "ep 1"
    for page in (1, 2):
        pixels = np.full((PAGE[1], PAGE[0], 3), (90, 140, 160), np.uint8)
        boxes = {1: FACE, 2: (230, 100, 80, 80)}
        x, y, w, h = (int(v) for v in boxes[page])
        pixels[y : y + h, x : x + w] = SKIN
        pixels[y : y + h // 2, x : x + w] = HAIR
        Image.fromarray(pixels).save(folder / f"p{page}.png")
    read(made)
    return made


def rows_of(data: Dataset, stage: str):
    return data.tables[stage].read(TITLE, "ep 1").to_pylist()


def test_colors_are_read_joined_and_not_read_again(data):
    summary = read_colors(data)
    assert summary.counts == {"faces": 2, "painted": 2, "rejects": 0}
    for row in rows_of(data, "colors"):
        assert np.abs(np.array(row["hair_color_raw"]) - HAIR).max() <= 1
        assert np.abs(np.array(row["skin_color_raw"]) - SKIN).max() <= 1
        assert row["hair_name"] == "brown" and row["left_eye_color"] is None
    assert set(read_manifest(data.path)["hair_name"].to_pylist()) == {"brown"}
    assert read_colors(data).skipped == 1
    read(data, woman=0.9)
    assert read_colors(data).episodes == 1


@pytest.mark.parametrize(
    ("at", "backend", "told"), [(20, "made@1", True), (50, "made@1", False), (50, "dlib@1", True)]
)
def test_irises_beside_the_readers_points_are_none(data, at, backend, told):
    x, y, side = (int(value) for value in FACE[:3])
    page = data.path.parent / "data-source" / TITLE / "ep 1" / "p1.png"
    pixels = np.array(Image.open(page))
    parts = np.full((64, 64), Label.SKIN, np.uint8)
    for half, label, color in ((9, Label.LEFT_EYE, (250, 250, 252)), (5, Label.LEFT_IRIS, BLUE)):
        parts[48 - half : 48 + half, 20 - half : 20 + half] = label
        low, high = ((place * side) // 64 for place in (48 - half, 48 + half))
        left, right = ((place * side) // 64 for place in (20 - half, 20 + half))
        pixels[y + low : y + high, x + left : x + right] = color
    Image.fromarray(pixels).save(page)
    turn = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    eye = np.stack([at + 9 * np.cos(turn), 48 + 9 * np.sin(turn)], axis=1) * side / 64 + (x, y)
    places = np.zeros((68, 2))
    places[36:42] = eye
    points = POINTS | {"backend": backend, "landmarks": places.ravel().tolist()}
    read(data, points, parts)
    read_colors(data)
    (row, *_) = rows_of(data, "colors")
    assert row["eye_name"] == ("blue" if told else None)
    assert (row["left_eye_color"] is not None) == told


def test_bytes_do_not_depend_on_the_number_of_jobs(data):
    tables = []
    for jobs in (1, 2):
        read_colors(data, jobs=jobs, force=True)
        tables.append((data.path / "tables" / "colors" / f"{TITLE}.parquet").read_bytes())
    assert tables[0] == tables[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"parsing": "parsing/none.png"},
        {"parsing": "dataset.json"},
        {"parsing_side": float("nan")},
        {"parsing_side": 0.0},
        {"parsing_side": 1e9},
        {"parsing_x": 1e6},
        {"parsing_y": -1e5},
    ],
    ids=str,
)
def test_bad_readings_are_rejects_with_a_reason(data, changes):
    read(data, **changes)
    summary = read_colors(data)
    assert summary.counts == {"faces": 0, "painted": 0, "rejects": 2}
    reasons = data.rejects().filter(pa.compute.equal(data.rejects()["stage"], "colors"))
    assert all("landmarks" in reason for reason in reasons["reason"].to_pylist())


def test_a_face_on_a_page_that_is_none_is_refused_alone(data):
    faces = rows_of(data, "faces")
    faces[0]["page"] = "none.png"
    tables = data.tables["faces"]
    note = tables.note(TITLE, "ep 1")
    tables.write(TITLE, "ep 1", pa.Table.from_pylist(faces, tables.schema), note)
    assert read_colors(data).counts == {"faces": 1, "painted": 1, "rejects": 1}
    assert "none.png is no page of its episode" in data.rejects()["reason"].to_pylist()[0]


def test_a_dataset_without_readings_is_told_what_to_run(tmp_path):
    data = make(tmp_path / "data", episodes=1)
    for stage in (read_colors, label_groups):
        with pytest.raises(DatasetError, match="readings"):
            stage(data)


@pytest.mark.parametrize("stage", [read_colors, label_groups])
def test_an_episode_that_was_not_read_is_a_reject_and_the_rest_is_done(tmp_path, stage):
    data = make(tmp_path / "data", episodes=2)
    read(data)
    unread(data, "ep 1")
    summary = stage(data)
    assert (summary.episodes, summary.counts["faces"], summary.counts["failed"]) == (2, 2, 1)
    (reject,) = data.rejects().to_pylist()
    assert reject["path"] == f"{TITLE}/ep 1" and "webtoon-curate landmarks" in reject["reason"]
    read(data)
    stage(data)
    assert len(data.rejects()) == 0


@pytest.mark.parametrize("stage", ["colors", "groups"])
def test_an_episode_without_faces_needs_no_source(tmp_path, stage):
    data = make(tmp_path / "data", episodes=2)
    place(data, "ep 1", [])
    read(data)
    shutil.rmtree(tmp_path / "data-source" / TITLE / "ep 1")
    if stage == "colors":
        summary = read_colors(data)
    else:  # from the pixels
        (tmp_path / "tagger.onnx").write_bytes(_tagger())
        summary = label_groups(data, GroupSettings(str(tmp_path / "tagger.onnx")))
    assert (summary.episodes, summary.counts["faces"], summary.rejects) == (2, 2, 0)
    assert "failed" not in summary.counts and rows_of(data, stage) == []


@pytest.mark.parametrize("stage", [read_colors, label_groups])
def test_readings_of_an_older_version_are_named(data, stage):
    file = data.path / "tables" / "readings" / TITLE / "ep 1.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["parsing_side", "woman"]), file)
    with pytest.raises(
        DatasetError, match=r"ep 1\.parquet .*no column woman.*: webtoon-curate landmarks"
    ):
        stage(data)


def test_groups_are_told_and_people_win(data):
    label_groups(data)
    rows = rows_of(data, "groups")
    assert [row["group"] for row in rows] == ["woman_no_glasses"] * 2
    assert rows[0]["group_probability"] == pytest.approx(0.97 * 0.98)
    assert rows[0]["group_source"] == "made@1"
    desk = open_desk(data.path, "ana", "review")
    face = desk.faces(TITLE, "ep 1")[0]
    desk.say([("set", face.face, {"gender": "man"})])
    label_groups(data, GroupSettings(min_probability=0.6), force=True)
    told = read_manifest(data.path).select(["gender", "group_source"]).to_pylist()
    assert told == [
        {"gender": "man", "group_source": "human"},
        {"gender": "woman", "group_source": "made@1"},
    ]


def test_what_is_unsure_is_unknown():
    nan = float("nan")
    asked = [(0.97, 0.02), (0.02, 0.99), (0.6, 0.02), (0.97, 0.5), (nan, nan), (nan, 0.01)]
    answers = [decide(*pair, {}) for pair in asked]
    assert [(a.gender, a.glasses, a.group) for a in answers] == [
        ("woman", False, "woman_no_glasses"),
        ("man", True, "man_glasses"),
        ("unknown", False, "unknown"),
        ("woman", None, "unknown"),
        ("unknown", None, "unknown"),
        ("unknown", False, "unknown"),
    ]
    assert all(0 <= a.group_probability <= 1 for a in answers)
    assert decide(0.6, 0.3, {"woman": 0.55, "glasses": 0.55}).group == "woman_no_glasses"


def test_a_network_from_a_file_tells_groups_from_the_pixels(data, tmp_path):
    path = tmp_path / "tagger.onnx"
    path.write_bytes(_tagger())
    label_groups(data, GroupSettings(backend=str(path)))
    rows = rows_of(data, "groups")
    assert {row["group"] for row in rows} == {"woman_glasses"}
    assert all(row["group_source"].startswith("tagger@") for row in rows)


def _tagger() -> bytes:
    """A network whose logits are the mean brightness over 20: high for any picture."""
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["pixels"], ["real"], to=kind.FLOAT),
            helper.make_node("ReduceMean", ["real"], ["mean"], axes=[1, 2], keepdims=0),
            helper.make_node("Mul", ["mean", "scale"], ["groups"]),
        ],
        "tagger",
        [helper.make_tensor_value_info("pixels", kind.UINT8, ["n", 32, 32, 3])],
        [helper.make_tensor_value_info("groups", kind.FLOAT, ["n", 3])],
        [helper.make_tensor("scale", kind.FLOAT, [1], [0.05])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return model.SerializeToString()


@pytest.mark.parametrize("name", ["none", "network", "missing.onnx"])
def test_backends_that_are_not_there_are_told(name):
    with pytest.raises(ModelError):
        load_backend(name)


def test_the_commands_plan_and_run(data):
    for command in (["colors"], ["label", "groups"]):
        plan = CliRunner().invoke(main, [*command, str(data.path), "--dry-run"])
        assert plan.exit_code == 0 and "2 faces" in plan.stdout
        done = CliRunner().invoke(main, [*command, str(data.path), "-j", "1", "--json"])
        assert done.exit_code == 0 and json.loads(done.stdout)["counts"]["faces"] == 2

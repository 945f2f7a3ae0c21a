from __future__ import annotations

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dots import SHAPE, dots_dataset, draw_face
from faces_dataset import FACE, OTHER, PAGE, TITLE, place
from PIL import Image

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError, ModelError
from webtoon_curate.landmarks.align import CANONICAL, apply
from webtoon_curate.landmarks.points import five_points
from webtoon_curate.landmarks.stage import LandmarkSettings, plan_landmarks, read_landmarks
from webtoon_curate.manifest import read_manifest, write_manifest

EASY = LandmarkSettings(min_quality=0.0, max_covered=1.0, min_face=0.0)


@pytest.fixture
def data(tmp_path, finds_dots):
    return dots_dataset(tmp_path / "data")


def test_a_reader_beside_the_reader_is_told(data):
    """`--reader mine.onnx` would be left unread beside the bundled one."""
    with pytest.raises(ModelError, match=r"--backend mine\.onnx"):
        read_landmarks(data, LandmarkSettings(reader="mine.onnx"))


def table(data, name="landmarks", episode="ep 1"):
    return data.tables[name].read(TITLE, episode).to_pylist()


def source(data, episode="ep 1"):
    return data.path.with_name(f"{data.path.name}-source") / TITLE / episode


def bytes_of(data):
    kept = ("tables/landmarks", "tables/readings", "parsing")
    files = [p for name in kept for p in sorted((data.path / name).rglob("*")) if p.is_file()]
    files.append(data.path / "manifest.parquet")
    return {p.relative_to(data.path).as_posix(): p.read_bytes() for p in files}


def test_points_lie_on_the_faces_of_the_pages(data):
    read_landmarks(data, EASY)
    first, second = table(data)
    for row, (x, y, width, height) in ((first, FACE), (second, OTHER)):
        truth = SHAPE * 0.95 * width + (x + width / 2 + 1, y + height / 2)
        found = np.array(row["landmarks"]).reshape(68, 2)
        assert np.abs(found - truth).max() < 3
        assert apply(row["align"], five_points(found)) == pytest.approx(CANONICAL, abs=0.12)
        assert row["view"] == "frontal" and row["dispersion"] < 0.03


def test_readings_and_maps_belong_to_the_same_boxes(data):
    read_landmarks(data, EASY)
    for points, reading in zip(table(data), table(data, "readings")):
        assert [points[n] for n in ("face_id", "x", "y", "width")] == [
            reading[n] for n in ("face_id", "x", "y", "width")
        ]
        parts = np.asarray(Image.open(data.path / reading["parsing"]))
        assert parts.shape == (48, 48) and set(np.unique(parts)) == {0, 1}
        middle = reading["parsing_x"] + reading["parsing_side"] / 2
        assert middle == pytest.approx(points["x"] + points["width"] / 2, abs=0.01)
        assert np.linalg.norm(reading["embedding"]) == pytest.approx(1, abs=1e-5)


def test_the_manifest_has_the_points(data):
    read_landmarks(data, EASY)
    rows = read_manifest(data.path).to_pylist()
    assert [row["landmarks"] for row in rows[:2]] == [row["landmarks"] for row in table(data)]
    assert all(row["quality"] is not None and row["keep"] for row in rows)


def test_the_same_bytes_with_any_number_of_jobs_and_after_a_stop(tmp_path, finds_dots):
    one = dots_dataset(tmp_path / "data")
    two = Dataset(shutil.copytree(one.path, tmp_path / "two"))
    read_landmarks(one, EASY)
    read_landmarks(two, EASY, limit=1)
    assert read_landmarks(two, EASY).episodes == 1
    assert bytes_of(one) == bytes_of(two)
    read_landmarks(two, EASY, force=True)
    assert bytes_of(one) == bytes_of(two)


def test_what_was_read_and_not_scored_is_left_out_until_it_is(data, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as change:
        change.setattr("webtoon_curate.landmarks.stage.score", stop)
        with pytest.raises(KeyboardInterrupt):
            read_landmarks(data, EASY)
    write_manifest(data)  # as another stage does
    with pytest.warns(UserWarning, match="a run was stopped"):
        rows = read_manifest(data.path).to_pylist()
    assert {(row["keep"], row["keep_reason"]) for row in rows} == {(False, "unscored")}
    read_landmarks(data, EASY)
    assert all(row["keep"] for row in read_manifest(data.path).to_pylist())


def test_what_is_done_is_not_done_again(data, finds_dots):
    read_landmarks(data, EASY)
    before = bytes_of(data)
    finds_dots.broken = True
    assert read_landmarks(data, EASY).episodes == 0
    assert bytes_of(data) == before
    assert plan_landmarks(data, EASY) == ([], 2)


def test_filters_leave_faces_out_without_reading_them_again(data, finds_dots):
    read_landmarks(data, EASY)
    finds_dots.broken = True
    strict = LandmarkSettings(min_face=0.98)
    assert read_landmarks(data, strict).episodes == 0
    rows = read_manifest(data.path).to_pylist()
    assert {(row["keep"], row["keep_reason"]) for row in rows} == {(False, "not_a_face")}
    read_landmarks(data, LandmarkSettings(min_quality=1.0, min_face=0.0))
    assert {row["keep_reason"] for row in read_manifest(data.path).to_pylist()} == {"quality"}
    read_landmarks(data, EASY)
    assert all(row["keep"] for row in read_manifest(data.path).to_pylist())
    settings = json.loads((data.path / "dataset.json").read_text())["stages"]["landmarks"]
    assert settings["min_face"] == 0.0


def test_a_new_box_is_read_anew(data):
    read_landmarks(data, EASY)
    place(data, "ep 1", [FACE], detector="made@2")
    assert read_landmarks(data, EASY).episodes == 1
    assert len(table(data)) == 1


def test_without_faces_a_person_is_told_what_to_do(tmp_path, finds_dots):
    with pytest.raises(DatasetError, match="detect"):
        read_landmarks(Dataset.create(tmp_path / "empty"))


@pytest.mark.parametrize(
    ("box", "reason"),
    [((100, 120, 8, 8), "smallest"), ((390, 100, 90, 90), "beyond"),
     ((1e7, 100, 90, 90), "beyond"), ((-1e6, -4499900, 9e6, 9e6), "largest"),
     ((250, 400, 80, 80), "one color")],
    ids=["8 pixels", "border", "far", "huge", "one color"],
)  # fmt: skip
def test_a_box_that_cannot_be_read_is_a_reject(data, box, reason):
    page = np.full((PAGE[1], PAGE[0], 3), 255, np.uint8)
    draw_face(page, 145, 165, 85)
    Image.fromarray(page).save(source(data) / "p1.png")
    place(data, "ep 1", [FACE, box])
    summary = read_landmarks(data, EASY)
    assert summary.counts == {"faces": 3, "rejects": 1}
    assert reason in data.rejects()["reason"].to_pylist()[0]
    assert len(table(data)) == 1


@pytest.mark.parametrize(
    "box",
    [(np.nan, 120, 80, 80), (100, 120, np.inf, 80), (100, 120, -50, 80)],
    ids=["NaN", "infinite", "negative"],
)
def test_what_is_no_box_was_left_out_before_and_is_not_read(data, box):
    place(data, "ep 1", [FACE, box])
    assert read_landmarks(data, EASY).counts == {"faces": 3, "rejects": 0}
    assert len(table(data)) == 1


def test_a_face_at_the_border_is_read(data):
    place(data, "ep 1", [(-20, 120, 90, 90), FACE])
    assert read_landmarks(data, EASY).counts["faces"] == 4
    assert all(np.isfinite(row["landmarks"]).all() for row in table(data))


@pytest.mark.parametrize("harm", ["missing", "truncated", "resized"])
def test_a_page_that_is_gone_or_broken_costs_its_faces_only(data, harm):
    page = source(data) / "p2.png"
    if harm == "missing":
        page.unlink()
    elif harm == "truncated":
        page.write_bytes(page.read_bytes()[:200])
    else:
        Image.new("RGB", (50, 60)).save(page)
    summary = read_landmarks(data, EASY)
    assert summary.counts["faces"] == 3 and summary.rejects == 1
    (reject,) = data.rejects().to_pylist()
    assert reject["stage"] == "landmarks" and "p2.png" in reject["reason"]


def test_a_source_that_is_gone_is_a_reject_of_the_episode(data):
    shutil.rmtree(source(data))
    summary = read_landmarks(data, EASY)
    assert summary.counts == {"faces": 2, "rejects": 0, "failed": 1}
    assert "gone" in data.rejects()["reason"].to_pylist()[0]


def test_an_episode_without_faces_needs_no_source(data):
    place(data, "ep 1", [])
    shutil.rmtree(source(data))
    summary = read_landmarks(data, EASY)
    assert summary.counts == {"faces": 2, "rejects": 0} and summary.rejects == 0
    assert table(data) == table(data, "readings") == []
    assert read_landmarks(data, EASY).skipped == 2


def test_points_that_are_no_numbers_are_rejects(data, finds_dots):
    finds_dots.broken = True
    summary = read_landmarks(data, EASY)
    assert summary.counts == {"faces": 0, "rejects": 4}
    assert "no numbers" in data.rejects()["reason"].to_pylist()[0]
    assert len(read_manifest(data.path)) == 4


def test_a_table_of_an_older_version_is_made_anew(data, monkeypatch):
    from webtoon_curate.landmarks import stage

    older = pa.schema([field for field in stage.LANDMARKS if field.name not in ("parts", "spill")])
    with monkeypatch.context() as patch:
        patch.setattr(stage, "LANDMARKS", older)
        read_landmarks(data, EASY)
    file = data.path / "tables" / "landmarks" / f"{TITLE}.parquet"
    old = pq.read_table(file).drop_columns(["parts", "spill"])
    pq.write_table(old, file)
    assert read_landmarks(data, EASY).episodes == 2
    assert {"parts", "spill"} <= set(table(data)[0])


def test_readings_that_were_deleted_are_made_anew(data):
    read_landmarks(data, EASY)
    before = bytes_of(data)
    (data.path / "tables" / "readings" / f"{TITLE}.parquet").unlink()
    assert [task.episode for task in plan_landmarks(data, EASY)[0]] == ["ep 1", "ep 2"]
    assert read_landmarks(data, EASY).episodes == 2
    assert bytes_of(data) == before
    assert plan_landmarks(data, EASY) == ([], 2)


def test_a_faces_table_that_does_not_fit_is_named(data):
    file = data.path / "tables" / "faces" / f"{TITLE}.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["width"]), file)
    with pytest.raises(DatasetError, match="delete it and run again"):
        read_landmarks(data, EASY)


def test_no_page_is_decoded_twice_and_memory_is_bounded(tmp_path, finds_dots, monkeypatch):
    from webtoon_curate import strip

    data = dots_dataset(tmp_path / "data", episodes=1)
    place(data, "ep 1", [OTHER, FACE] * 40)
    opened = []
    true = strip.open_image
    monkeypatch.setattr(strip, "open_image", lambda source: opened.append(source) or true(source))
    read_landmarks(data, EASY)
    assert len(table(data)) == 80
    assert len(opened) == 2

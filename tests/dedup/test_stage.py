"""The command `dedup` on pages with known copies."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from faces_dataset import PAGE, TITLE, place, read, write_points
from PIL import Image

from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.dedup import hash_stage, judging, stage
from webtoon_curate.dedup.stage import DedupSettings, cluster_faces, find_duplicates
from webtoon_curate.engine import WorkerError
from webtoon_curate.errors import DatasetError
from webtoon_curate.ingest.stage import IngestSettings, ingest_sources
from webtoon_curate.manifest import read_manifest
from webtoon_curate.schema import HASHES

BOX = (140.0, 180.0, 100.0, 100.0)
MIRRORED = (PAGE[0] - BOX[0] - BOX[2], *BOX[1:])
EPISODES = ("a first", "b copy", "c lighter", "d mirrored", "e other")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Five episodes with a face each: a drawing, its copy, lighter, mirrored, and another one."""
    rng = np.random.default_rng(8)
    few = rng.integers(0, 200, (2, 15, 10, 3), np.uint8)
    drawing, other = (
        np.asarray(Image.fromarray(part).resize(PAGE, Image.Resampling.BICUBIC)) for part in few
    )
    pages = (drawing, drawing, drawing + np.uint8(20), drawing[:, ::-1], other)
    folder = tmp_path_factory.mktemp("dedup")
    source = folder / "here" / "source" / TITLE
    for name, page in zip(EPISODES, pages):
        (source / name).mkdir(parents=True)
        Image.fromarray(page).save(source / name / "p1.png")
    data = Dataset.create(folder / "here" / "data")
    ingest_sources(data, source, IngestSettings("images"))
    for name in EPISODES:
        place(data, name, [MIRRORED if "mirrored" in name else BOX])
    shutil.copytree(folder / "here", folder / "kept")
    return folder


@pytest.fixture
def dataset(folder):
    """As it was made: a test may change it, and its source."""
    shutil.rmtree(folder / "here")
    shutil.copytree(folder / "kept", folder / "here")
    return Dataset(folder / "here" / "data")


def clusters(data):
    rows = pq.read_table(data.path / "tables" / "clusters.parquet").to_pylist()
    return {row["episode"]: (row["kind"], row["duplicate_cluster"]) for row in rows}


def test_copies_are_joined_by_kind_and_one_is_kept(dataset):
    summary = find_duplicates(dataset)
    first = f"{TITLE}/a first/0000/00"
    assert clusters(dataset) == {
        "a first": ("representative", first),
        "b copy": ("exact", first),
        "c lighter": ("near", first),
        "d mirrored": ("redrawn", first),
    }
    expected = {"clusters": 1, "exact": 1, "near": 1, "redrawn": 1}
    assert {name: summary.counts.get(name) for name in expected} == expected
    rows = read_manifest(dataset.path).to_pylist()
    left_out = {row["episode"]: (row["keep"], row["keep_reason"]) for row in rows}
    assert left_out == {
        "a first": (True, None),
        **dict.fromkeys(("b copy", "c lighter", "d mirrored"), (False, "duplicate")),
        "e other": (True, None),
    }
    assert all(row["phash"] is not None and len(row["pixel_sha256"]) == 64 for row in rows)


def test_clusters_are_written_in_parts_that_are_read_one_by_one(dataset, monkeypatch):
    monkeypatch.setattr(stage, "_ROW_GROUP", 3)
    find_duplicates(dataset)
    assert pq.read_metadata(dataset.path / "tables" / "clusters.parquet").num_row_groups == 2
    assert set(clusters(dataset)) == set(EPISODES[:4])


def test_without_redrawn_the_mirror_image_stays(dataset):
    find_duplicates(dataset, DedupSettings(redrawn=False))
    assert set(clusters(dataset)) == {"a first", "b copy", "c lighter"}


def test_different_pictures_with_one_hash_are_joined_only_unchecked(dataset):
    find_duplicates(dataset, DedupSettings(redrawn=False))
    tables = dataset.tables["hashes"]
    names = (TITLE, "e other")
    table, note = tables.read(*names), tables.note(*names)
    same = tables.read(TITLE, "a first")["phash"]
    number = table.column_names.index("phash")
    tables.write(*names, table.set_column(number, table.field(number), same), note)
    cluster_faces(dataset, DedupSettings(redrawn=False))
    assert "e other" not in clusters(dataset)
    cluster_faces(dataset, DedupSettings(redrawn=False, verify=False))
    assert clusters(dataset)["e other"][0] == "near"


def test_the_largest_copy_represents(dataset):
    place(dataset, "c lighter", [(*BOX[:2], 104.0, 104.0)])
    find_duplicates(dataset)
    assert clusters(dataset)["c lighter"][0] == "representative"


def test_same_bytes_whatever_the_jobs_and_a_second_run_hashes_nothing(dataset, monkeypatch):
    monkeypatch.setattr(judging, "AT_ONCE", 2)  # candidates are then compared by two processes, too
    find_duplicates(dataset)
    path = dataset.path / "tables" / "clusters.parquet"
    once = path.read_bytes()
    assert find_duplicates(dataset).episodes == 0
    assert find_duplicates(dataset, jobs=2, force=True).episodes == len(EPISODES)
    assert path.read_bytes() == once


def test_crops_that_are_cut_otherwise_are_hashed_again(dataset):
    find_duplicates(dataset)
    once = read_manifest(dataset.path).select(["face_id", "phash"]).to_pylist()[0]
    dataset.record_settings("detect", {"crop": {"size": 256, "expand": 1.3, "shift": 0.2}})
    place(dataset, EPISODES[0], [BOX], detector="made@2")
    assert find_duplicates(dataset).episodes == 1
    again = read_manifest(dataset.path).select(["face_id", "phash"]).to_pylist()[0]
    assert again["face_id"] == once["face_id"] and again["phash"] != once["phash"]


def test_of_large_crops_few_are_held_at_once(dataset, monkeypatch):
    batches = []
    hashes = hash_stage.hashes
    monkeypatch.setattr(hash_stage, "hashes", lambda crops: batches.append(crops) or hashes(crops))
    place(dataset, EPISODES[0], [(x, 100.0, 90.0, 90.0) for x in range(0, 300, 60)])
    dataset.record_settings("detect", {"crop": {"size": 2048, "expand": 1.3, "shift": 0.2}})
    find_duplicates(dataset)
    assert max(map(len, batches)) == 1
    assert dataset.tables["hashes"].note(TITLE, EPISODES[0])["rows"] == 5


def test_a_page_that_is_gone_is_a_reject_and_the_others_are_hashed(dataset):
    (dataset.path.parent / "source" / TITLE / "e other" / "p1.png").write_bytes(b"no picture")
    summary = find_duplicates(dataset)
    assert summary.counts["hashed"] == 4
    assert summary.rejects == 1
    assert len(clusters(dataset)) == 4


def test_where_no_face_can_be_hashed_the_reasons_are_pointed_at(dataset, monkeypatch):
    monkeypatch.setattr(hash_stage, "hashes", lambda crops: 1 / 0)
    with pytest.raises(DatasetError, match="--rejects"):
        find_duplicates(dataset)
    assert len(dataset.rejects()) == len(EPISODES)


def test_the_command_says_what_it_would_do_then_does_it(dataset):
    planned = CliRunner().invoke(main, ["dedup", str(dataset.path), "--dry-run"])
    assert planned.stdout.count("1 face\n") == len(EPISODES)
    assert not (dataset.path / "tables" / "clusters.parquet").exists()
    done = CliRunner().invoke(main, ["dedup", str(dataset.path), "--jobs", "1"])
    assert done.exit_code == 0
    assert done.stdout == "clusters\t1\nexact\t1\nnear\t1\nredrawn\t1\n"
    again = CliRunner().invoke(main, ["dedup", str(dataset.path), "--jobs", "1", "--json"])
    assert json.loads(again.stdout)["counts"]["clusters"] == 1


def test_a_dataset_without_faces_is_an_error_with_advice(tmp_path):
    Dataset.create(tmp_path / "empty")
    result = CliRunner().invoke(main, ["dedup", str(tmp_path / "empty")])
    assert result.exit_code == 1
    assert "webtoon-curate detect" in result.output


def test_a_face_of_one_file_is_one_whatever_lies_around_it(dataset):
    """The same page file in another episode, whose crop shows something else beyond the page."""
    find_duplicates(dataset, DedupSettings(redrawn=False))
    tables = dataset.tables["hashes"]
    names = (TITLE, "b copy")
    rows, note = tables.read(*names).to_pylist(), tables.note(*names)
    rows[0].update(pixel_sha256="0" * 64, phash=rows[0]["phash"] ^ (2**64 - 1))
    tables.write(*names, pa.Table.from_pylist(rows, HASHES), note)
    cluster_faces(dataset, DedupSettings(redrawn=False))
    assert clusters(dataset)["b copy"][0] == "exact"


def test_what_was_read_in_another_box_does_not_count(dataset):
    """`detect` ran again: the ids are the same, the boxes are not."""
    unlike = np.eye(5, 128, dtype=np.float32)
    read(dataset, unlike.tolist())
    write_points(dataset)
    find_duplicates(dataset)
    assert set(clusters(dataset)) == {"a first", "b copy"}
    assert clusters(dataset)["b copy"][0] == "representative", "of better points"
    for name in EPISODES:
        place(dataset, name, [(*(MIRRORED if "mirrored" in name else BOX)[:3], 102.0)])
    find_duplicates(dataset)
    assert set(clusters(dataset)) == {"a first", "b copy", "c lighter", "d mirrored"}
    assert clusters(dataset)["a first"][0] == "representative"


def test_a_process_that_is_killed_is_an_error_for_the_person(dataset, monkeypatch):
    find_duplicates(dataset)

    def killed(work, parts, jobs):
        return ((part, WorkerError("died, twice")) for part in parts)

    monkeypatch.setattr(judging, "run_episodes", killed)
    with pytest.raises(WorkerError, match="died, twice"):
        cluster_faces(dataset, DedupSettings(), jobs=2)


def test_hashes_that_are_none_are_an_error_with_advice(dataset):
    find_duplicates(dataset)
    tables = dataset.tables["hashes"]
    names = (TITLE, "b copy")
    rows, note = tables.read(*names).to_pylist(), tables.note(*names)
    rows[0]["pixel_sha256"] = "no digest"
    tables.write(*names, pa.Table.from_pylist(rows, HASHES), note)
    with pytest.raises(DatasetError, match=r"b copy.*--force"):
        cluster_faces(dataset, DedupSettings())

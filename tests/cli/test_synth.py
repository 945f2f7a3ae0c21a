"""`webtoon-curate synth`: a folder that `detect` reads, with its truth beside it."""

from __future__ import annotations

import json

import cv2
import pyarrow.parquet as pq
from click.testing import CliRunner

from webtoon_curate.cli import main
from webtoon_curate.ingest.sources import find_episodes
from webtoon_curate.synth import shards
from webtoon_curate.synth.truth import CROP_TRUTH


def run(*arguments: str):
    return CliRunner().invoke(main, ["synth", *map(str, arguments)])


def test_episodes(tmp_path):
    out = tmp_path / "demo"
    result = run(out, "--episodes", "1", "--panels", "3", "--seed", "5", "--jobs", "1", "--json")
    assert result.exit_code == 0, result.output
    counts = json.loads(result.stdout)
    pages = sorted(out.glob("title-000/episode-000/*.jpg"))
    assert counts["episodes"] == 1
    assert counts["pages"] == len(pages) == len(list(out.glob("truth/masks/*/*/*.png")))
    assert [(e.title, e.episode) for e in find_episodes(out)[0]] == [("title-000", "episode-000")]

    other = run(out, "--episodes", "1", "--panels", "3")
    assert other.exit_code == 1
    assert "--force" in other.output
    (out / "mine.txt").write_text("kept")
    forced = run(out, "--episodes", "1", "--panels", "2", "--force", "--jobs", "1")
    assert forced.exit_code == 0
    assert "1 episode, " in forced.stderr
    assert (out / "mine.txt").read_text() == "kept"


def test_faces_are_the_same_whatever_the_jobs(tmp_path):
    for jobs in (1, 2):
        result = run(tmp_path / f"j{jobs}", "--faces", "20", "--size", "64", "--jobs", jobs)
        assert result.exit_code == 0, result.output
    files = sorted(p.relative_to(tmp_path / "j1") for p in (tmp_path / "j1").rglob("*.*"))
    assert len([f for f in files if f.suffix == ".png"]) == 40
    for file in files:
        assert (tmp_path / "j1" / file).read_bytes() == (tmp_path / "j2" / file).read_bytes()
    table = pq.read_table(tmp_path / "j1/truth/faces/00000.parquet")
    assert table.schema.equals(CROP_TRUTH)
    assert len(table) == 20
    for row in table.to_pylist():
        crop = cv2.imread(str(tmp_path / "j1" / row["crop"]))
        mask = cv2.imread(str(tmp_path / "j1/truth" / row["mask"]), cv2.IMREAD_UNCHANGED)
        assert crop.shape == (64, 64, 3)
        assert mask.shape == (64, 64)
        assert mask.any()


def test_a_run_that_was_cut_short_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD", 8)
    for out, counts in (("whole", [2]), ("parts", [1, 2, 2])):
        for count in counts:
            arguments = ("--episodes", count, "--panels", "2", "--layout", "pages", "--jobs", "1")
            assert run(tmp_path / out, *arguments).exit_code == 0
    for out, counts in (("whole crops", [20]), ("crops", [9, 20])):
        for count in counts:
            assert run(tmp_path / out, "--faces", count, "--size", "32").exit_code == 0
    for whole, parts in (("whole", "parts"), ("whole crops", "crops")):
        files = sorted(path for path in (tmp_path / whole).rglob("*") if path.is_file())
        assert len(files) > 5
        for path in files:
            other = tmp_path / parts / path.relative_to(tmp_path / whole)
            assert path.read_bytes() == other.read_bytes(), path


def test_the_truth_is_a_dataset(tmp_path):
    run(tmp_path / "out", "--episodes", "1", "--panels", "3", "--jobs", "1")
    result = CliRunner().invoke(main, ["info", str(tmp_path / "out" / "truth"), "--json"])
    counts = json.loads(result.stdout)
    assert counts["episodes"] == 1
    assert counts["faces"] is not None
    assert counts["pages"] > 0


def test_usage(tmp_path):
    assert run(tmp_path / "a", "--episodes", "1", "--faces", "1").exit_code == 2
    unknown = run(tmp_path / "a", "--family", "baroque")
    assert unknown.exit_code == 2
    assert "manhwa" in unknown.output
    plan = run(tmp_path / "a", "--faces", "9", "--dry-run", "--json")
    assert json.loads(plan.stdout) == {"faces": 9, "seed": 0, "out": str(tmp_path / "a")}
    planned = run(tmp_path / "a", "--faces", "9", "--dry-run")
    assert planned.exit_code == 0
    assert "9 faces" in planned.output
    assert not (tmp_path / "a").exists()

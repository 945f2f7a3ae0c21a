"""What the report says of a dataset: counts, what is wrong, the proof, and nothing else."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from report_dataset import PANELS, SIZES, add_episode, reject, rows, write

from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.report import sides
from webtoon_curate.report.compare import comparison
from webtoon_curate.report.counts import OTHERS, Histogram, Tally
from webtoon_curate.report.data import report_data
from webtoon_curate.report.rows import Rows
from webtoon_curate.report.shapes import Spread, aligned, sample_mean, shapes_of
from webtoon_curate.report.titles import by_title, median_without
from webtoon_curate.schema import MANIFEST

USAGE = 2
"""Exit code of a command line that cannot be understood."""


def titles_of(data):
    return [finding["title"] for finding in data["findings"]]


@pytest.fixture
def manifest():
    return rows(["one", "two"])


def test_the_imbalance_is_named_in_numbers_and_comes_before_what_is_less_bad(tmp_path, manifest):
    data = report_data(write(tmp_path / "data", manifest))
    assert {row["name"]: row["kept"] for row in data["groups"]} == SIZES
    said = titles_of(data)
    assert said[0] == "Groups are 20.0 to 1: 60 against 3"
    assert "3 groups have under 50 faces" in said
    order = [("serious", "warning", "note").index(row["severity"]) for row in data["findings"]]
    assert order == sorted(order)


def test_an_absent_group_is_missed(tmp_path, manifest):
    data = report_data(
        write(tmp_path / "data", [row for row in manifest if row["group"] != "man_glasses"])
    )
    assert "No faces of men with glasses" in titles_of(data)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"duplicate_cluster": "a"}, "duplicate_cluster"),
        ({"pixel_sha256": "same"}, "pixels"),
        ({"title": "one", "episode": "ep 1", "scene": 0}, "scene"),
    ],
)
def test_what_lies_on_two_sides_is_a_leak(tmp_path, manifest, change, kind):
    clean = report_data(write(tmp_path / "clean", manifest))["splits"]["proof"]
    assert all(clean[name]["crossing"] == 0 for name in ("component", "pixels", "scene"))
    pair = [next(row for row in manifest if row["split"] == side) for side in ("train", "val")]
    for row in pair:
        row |= change
    data = report_data(write(tmp_path / "data", manifest))
    proof = data["splits"]["proof"]
    assert proof[kind]["crossing"] == 1
    assert proof[kind]["examples"][0]["sides"] == ["train", "val"]
    assert data["findings"][0]["title"].startswith("The split leaks: 1 of ")


def test_titles_may_be_on_two_sides_but_that_is_said(tmp_path, manifest):
    proof = report_data(write(tmp_path / "data", manifest))["splits"]["proof"]
    assert (proof["title"]["things"], proof["title"]["crossing"]) == (2, 2)
    assert proof["episode"]["crossing"] == 0


def test_crossings_agree_with_counting_by_sets_whatever_the_passes(monkeypatch):
    rng = np.random.default_rng(3)
    names = [f"n{i}" if i % 17 else None for i in rng.integers(0, 400, 3000)]
    places = [["train", "val", None][i] for i in rng.choice(3, 3000, p=[0.9, 0.05, 0.05])]
    known: dict[str, set] = {}
    for name, side in zip(names, places):
        if name and side:
            known.setdefault(name, set()).add(side)

    def read():
        for at in range(0, 3000, 700):
            yield (
                pa.chunked_array([names[at : at + 700]]),
                pa.chunked_array([places[at : at + 700]]),
            )

    found = {}
    for size in (2_000_000, 1000):
        monkeypatch.setattr(sides, "KEYS", size)
        found[size] = sides.crossings(read, 3000)
        top = sides.most_frequent(lambda: (batch for batch, _ in read()), 3000, 5)
        sizes = sorted((names.count(name) for name in set(names) - {None}), reverse=True)
        assert [row["faces"] for row in top] == sizes[:5]
        assert all(names.count(row["name"]) == row["faces"] for row in top)
    assert found[1000] == found[2_000_000]
    assert found[1000]["things"] == len(known)
    assert found[1000]["crossing"] == sum(len(places) > 1 for places in known.values())


@pytest.mark.parametrize("count", [2, 3, 4, 7, 10])
def test_the_median_of_the_others_is_that_of_the_list_without_one(count):
    values = sorted(np.random.default_rng(count).integers(0, 6, count) / 5)
    for place, value in enumerate(values):
        assert median_without(values, value) == np.median(values[:place] + values[place + 1 :])


def test_a_title_that_the_detector_fails_on_stands_out_and_a_small_one_does_not(tmp_path):
    def title(name, found, panels):
        row = {"title": name, "episode": "1", "faces": found, "kept": found, "score": 0.0}
        return row | {"panels": panels, "with_faces": found}

    many = [title("good", 160, 200), title("fine", 70, 100), title("fails", 20, 150)]
    found = by_title([*many, title("short", 1, 4)])
    assert [row["title"] for row in found if row["stands_out"]] == ["fails"]
    assert found[0]["title"] == "fails"
    assert found[0]["share"] == pytest.approx(20 / 150, abs=1e-4)


def test_panels_without_faces_are_counted_and_lettering_is_not_a_panel(tmp_path, manifest):
    dataset = write(tmp_path / "data", manifest)
    add_episode(dataset, "one", "ep 3")
    data = report_data(Dataset(dataset.path))
    row = next(row for row in data["titles"] if row["title"] == "one")
    scenes = {(r["episode"], r["scene"]) for r in manifest if r["title"] == "one"}
    assert row["panels"] == 3 * PANELS
    assert row["with_faces"] == len(scenes)
    assert data["episodes"][2] == {
        **{"title": "one", "episode": "ep 3", "panels": PANELS, "with_faces": 0},
        **{"faces": 0, "kept": 0},
    }
    assert "1 episode without a face" in titles_of(data)


def test_the_map_of_colors_counts_every_kept_face_once(tmp_path, manifest):
    manifest[0] |= {"keep": False, "keep_reason": "covered"}
    data = report_data(write(tmp_path / "data", manifest))
    pairs = data["colors"]["pairs"]
    assert sum(row["faces"] for row in pairs) == len(manifest) - 1
    want = sum(r["hair_name"] == "red" and r["eye_name"] is None for r in manifest[1:])
    assert next(r["faces"] for r in pairs if (r["hair"], r["eye"]) == ("red", None)) == want
    assert data["colors"]["hair"][0]["rgb"] == [20, 30, 40]
    assert data["left_out"] == [{"name": "covered", "faces": 1}]


def test_stages_that_have_not_run_are_empty_and_nothing_is_made_up(tmp_path, manifest):
    columns = ("face_id", "title", "episode", "scene", "x", "y", "width", "height", "page")
    columns += ("page_x", "page_y", "score", "detector", "keep")
    bare = [{name: row[name] for name in columns} for row in manifest]
    data = report_data(write(tmp_path / "data", bare))
    assert data["totals"]["kept"] == len(manifest)
    assert data["groups"] == []
    assert data["colors"]["pairs"] == []
    assert data["shapes"]["all"]["count"] == 0
    assert data["splits"]["faces"] == 0
    assert not data["duplicates"]["ran"]


def test_an_empty_dataset_says_so(tmp_path):
    dataset = write(tmp_path / "data", [])
    assert titles_of(report_data(dataset)) == ["There are no faces"]


def test_rejects_are_grouped_by_reason_with_an_example(tmp_path, manifest):
    dataset = write(tmp_path / "data", manifest)
    reject(dataset.path, [("ingest", "a", "cut"), ("ingest", "b", "cut"), ("detect", "c", "odd")])
    assert report_data(dataset)["rejects"] == [
        {"stage": "ingest", "reason": "cut", "count": 2, "example": "a"},
        {"stage": "detect", "reason": "odd", "count": 1, "example": "c"},
    ]


def test_what_was_refused_tells_no_folder_of_this_machine(tmp_path, manifest):
    dataset = write(tmp_path / "data", manifest)
    run = "webtoon-curate landmarks"
    archive, page = "/home/ana/My Comics/x.cbz", "https://example.org/a/b.png"
    refused = [
        ("ingest", archive, f"{archive} is no archive"),
        ("ingest", "C:\\Users\\ana\\y.cbz", "C:\\Users\\ana\\y.cbz is no archive"),
        ("ingest", page, f"{page}: gone"),
        ("colors", "t/e", f"t/e has no readings yet; first run: {run} '/home/ana/data set'"),
        ("colors", "t/f", f"t/f has no readings yet; first run: {run} '/home/ana/data set'"),
    ]
    reject(dataset.path, refused)
    found = report_data(dataset)["rejects"]
    assert "ana" not in str(found)
    by_reason = {row["reason"]: (row["count"], row["example"]) for row in found}
    assert by_reason.pop(f"has no readings yet; first run: {run} 'data set'") == (2, "t/e")
    assert by_reason == {"is no archive": (2, "My Comics/x.cbz"), "gone": (1, page)}


def test_a_dataset_without_a_manifest_or_with_a_damaged_one_is_told(tmp_path, manifest):
    dataset = Dataset.create(tmp_path / "none")
    with pytest.raises(DatasetError, match="webtoon-curate detect"):
        report_data(dataset)
    dataset = write(tmp_path / "data", manifest)
    (dataset.path / "manifest.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DatasetError, match="damaged"):
        report_data(dataset)


def test_the_data_is_json_and_the_same_each_time(tmp_path, manifest):
    dataset = write(tmp_path / "data", manifest)
    texts = [json.dumps(report_data(dataset), allow_nan=False) for _ in range(2)]
    assert texts[0] == texts[1]


def test_strange_numbers_and_lists_are_left_aside(tmp_path, manifest):
    for row in manifest[:20]:
        row |= {"width": float("nan"), "score": float("inf"), "quality": float("nan")}
        row |= {"yaw": None, "landmarks": [float("nan")] * 136, "hair_color": [1, 2]}
    manifest[20]["landmarks"] = [1.0] * 7
    manifest[21]["landmarks"] = [5.0] * 136
    data = report_data(write(tmp_path / "data", manifest))
    json.dumps(data, allow_nan=False)
    assert data["histograms"]["quality"]["count"] == len(manifest) - 20
    usable = [row for row in manifest[22:] if abs(row["yaw"]) <= 30]
    assert data["shapes"]["all"]["count"] == len(usable)


def test_the_mean_shape_does_not_depend_on_where_faces_lie_and_the_spread_is_the_noise():
    rng = np.random.default_rng(0)
    base = rng.normal(size=(68, 2))
    base -= base.mean(axis=0)
    base /= np.sqrt((base**2).sum(axis=1).mean())
    noise = 0.05
    points = base + rng.normal(0, noise, (4000, 68, 2))
    turn = rng.uniform(0.1, 9, 4000) * np.exp(1j * rng.uniform(-3, 3, 4000))
    moved = (points[..., 0] + 1j * points[..., 1]) * turn[:, None] + rng.normal(size=(4000, 1))
    flat = np.stack([moved.real, moved.imag], -1).reshape(4000, 136)
    table = pa.table({"landmarks": flat.tolist(), "yaw": np.zeros(4000)})
    shapes, chosen = shapes_of(table)
    assert len(chosen) == 4000
    spread = Spread()
    spread.add(aligned(shapes, sample_mean(shapes[:500])))
    data = spread.data()
    mean = np.array(data["mean"]) @ [1, 1j]
    fit = aligned(mean[None], base @ [1, 1j])[0]
    assert np.abs(fit - base @ [1, 1j]).max() < 0.02
    # Two of 136 degrees of freedom go to turn and scale, and two to the place.
    assert data["spread"] == pytest.approx(noise * np.sqrt(2), rel=0.05)


def test_rows_that_were_read_do_not_stay_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("webtoon_curate.report.rows.BATCH", 500)
    path, values = tmp_path / "manifest.parquet", np.random.default_rng(5).random((2000, 136), "f4")
    table = pa.table({"landmarks": pa.array(list(values), pa.list_(pa.float32()))})
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(10):
            writer.write_table(table)
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() for _ in Rows(path, MANIFEST).batches(("landmarks",))]
    assert len(held) == 40
    assert max(held) - before < path.stat().st_size / 2


def test_a_table_of_another_kind_is_told_with_the_command_that_makes_it(tmp_path, manifest):
    data = write(tmp_path / "data", manifest)
    path = data.path / "tables" / "clusters.parquet"
    pq.write_table(pa.table({"face_id": ["a"], "kind": [["near"]]}), path)
    with pytest.raises(DatasetError, match=r"clusters\.parquet .* webtoon-curate dedup .*data$"):
        report_data(data)


def test_histograms_keep_what_lies_beyond_in_the_outer_bins():
    histogram = Histogram((0, 1, 2))
    values = np.array([-5, 0.5, 1.5, 2, 99, np.nan])
    histogram.add(values, np.array([True, True, True, True, False, True]))
    data = histogram.data()
    assert (data["kept"], data["left_out"], data["count"]) == ([2, 2], [0, 1], 4)


def test_a_tally_stays_small_and_loses_no_row():
    tally = Tally(("name",), ("value",), limit=10)
    for start in (0, 50):
        names = [f"n{i}" for i in range(start, start + 60)]
        tally.add(pa.table({"name": names, "value": [1.0] * 60}))
    items = tally.items()
    assert len(items) == 11
    assert items[0][0] == (OTHERS,)
    assert sum(row[0] for _, row in items) == sum(row[1] for _, row in items) == 120


def test_a_dataset_does_not_differ_from_itself_and_differs_from_another(tmp_path, manifest):
    data = report_data(write(tmp_path / "data", manifest))
    assert {row["distance"] for row in comparison(data, data)["differences"]} == {0.0}
    women = [row for row in manifest if row["gender"] == "woman"]
    other = report_data(write(tmp_path / "other", women))
    groups = next(r for r in comparison(data, other)["differences"] if r["key"] == "groups")
    men = sum(size for name, size in SIZES.items() if name.startswith("man"))
    assert groups["distance"] == pytest.approx(men / sum(SIZES.values()), abs=1e-3)
    assert groups["rows"][0]["name"] == "man_no_glasses"


def test_advice_is_a_command_that_runs_as_it_stands(tmp_path, manifest):
    data = report_data(write(tmp_path / "data", manifest))
    commands = {finding["command"] for finding in data["findings"]} - {None}
    assert commands
    for command in commands:
        result = CliRunner().invoke(main, [command, str(tmp_path / "data"), "--dry-run"])
        assert result.exit_code != USAGE, result.output

"""Splits of whole datasets: nothing crosses, groups are even, what had a side keeps it."""

import json
import shutil
from pathlib import Path

import faces_dataset
import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from rows_dataset import Made, make, tie

import webtoon_curate
from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.dedup.stage import DedupSettings, find_duplicates
from webtoon_curate.errors import DatasetError
from webtoon_curate.splits import SplitSettings, check_split, plan_split, split_faces

KINDS = (("woman", False), ("woman", True), ("man", False), ("man", True))


def faces(number: int, seed: int = 0, episodes: int = 4, scenes: int = 60) -> list[Made]:
    """Faces in scenes; the groups are as uneven as those that this project began with."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(number):
        kind = KINDS[rng.choice(4, p=(0.55, 0.05, 0.3, 0.1))]
        title, episode = f"title {rng.integers(2)}", f"ep {rng.integers(episodes)}"
        made.append(Made(title, episode, int(rng.integers(scenes)), *kind, rng.random() > 0.1))
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "set", faces(900))


@pytest.fixture
def dataset(made, tmp_path: Path):
    return Dataset(shutil.copytree(made.path, tmp_path / "set"))


def table(dataset):
    return pq.read_table(dataset.path / "tables" / "splits.parquet").to_pandas()


def sides(dataset):
    return table(dataset).set_index("face_id").split


def test_groups_reach_their_targets_and_scenes_stay_whole(dataset):
    report = split_faces(dataset).report
    rows = webtoon_curate.load(dataset.path)
    assert (rows.groupby(["title", "episode", "scene"]).split.nunique() == 1).all()
    for group in report["groups"]:
        for side, count in group["sides"].items():
            assert abs(count - group["targets"][side]) <= 2, group
    kept = rows[rows.keep].groupby(["split", "gender", "glasses"]).size()
    assert kept["train", "woman", False] == report["groups"][3]["sides"]["train"]
    assert report["kept"] == rows.keep.sum() == sum(s["kept"] for s in report["sides"].values())


@pytest.mark.parametrize("together", ["scene", "episode", "title"])
def test_duplicates_and_what_is_asked_for_never_cross(dataset, together):
    ids = webtoon_curate.load(dataset.path).face_id.tolist()
    rng = np.random.default_rng(1)
    clusters = [list(pair) for pair in rng.choice(ids, (40, 2), replace=False)]
    tie(dataset, *clusters)
    report = split_faces(dataset, SplitSettings(together=(together,))).report
    side = sides(dataset)
    assert all(side[one] == side[other] for one, other in clusters)
    rows = webtoon_curate.load(dataset.path)
    keys = ["title", "episode", "scene"][: {"title": 1, "episode": 2, "scene": 3}[together]]
    assert (rows.groupby(keys).split.nunique() == 1).all()
    assert report["ties"]["duplicates"] == {"sets": 40, "faces": 80, "crossing": 0}
    assert check_split(dataset).holds


def test_adjacent_scenes_stay_together_when_asked(tmp_path):
    made = [Made("t", "e", 4 * at + near, "man") for at in range(40) for near in (0, 1)]
    data = make(tmp_path / "set", made)
    split_faces(data, SplitSettings(adjacent=1))
    rows = webtoon_curate.load(data.path)
    assert (rows.groupby(rows.scene // 4).split.nunique() == 1).all()
    assert rows.groupby(rows.scene // 4).ngroups == 40
    assert plan_split(data, SplitSettings(adjacent=3)).report["components"] == 1


def test_faces_that_had_a_side_keep_it_when_others_come(dataset, tmp_path):
    split_faces(dataset)
    before = sides(dataset)
    more = [face._replace(title="title 9") for face in faces(500, seed=3)]
    make(dataset.path, more)
    report = split_faces(dataset).report
    after = sides(dataset)
    assert (after[before.index] == before).all() and len(after) == len(before) + 500
    assert report["moved"] == 0 and report["had_a_side"] == len(before)
    for group in report["groups"]:
        assert all(abs(group["sides"][side] - group["targets"][side]) <= 2 for side in before)


def test_a_new_tie_between_sides_moves_test_to_train_and_says_so(dataset):
    split_faces(dataset)
    before = sides(dataset)
    one, other = (before.index[before == side][0] for side in ("train", "test"))
    tie(dataset, [one, other])
    found = check_split(dataset)
    assert not found.holds and found.leaks["duplicates"] == 1
    assert one in found.examples[0] and other in found.examples[0]
    report = split_faces(dataset).report
    after = sides(dataset)
    assert after[one] == after[other] == "train"
    changed = before.index[before != after]
    assert report["moved"] == len(changed) and (after[changed] == "train").all()
    assert check_split(dataset).holds


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_split(dataset):
    def made(**settings):
        split_faces(dataset, SplitSettings(**settings), force=True)
        return [
            (dataset.path / name).read_bytes() for name in ("tables/splits.parquet", "splits.json")
        ]

    assert made(seed=1) == made(seed=1)
    assert made(seed=1)[0] != made(seed=2)[0]
    again = split_faces(dataset, SplitSettings(seed=2))
    assert again.table.equals(split_faces(dataset, SplitSettings(seed=2), force=True).table)


def written(dataset):
    names = ("tables/splits.parquet", "splits.json", "manifest.parquet", "dataset.json")
    paths = [dataset.path / name for name in names]
    return [(path.stat().st_ino, path.stat().st_mtime_ns) for path in paths]


def test_a_run_that_changes_nothing_leaves_the_files_alone(dataset):
    assert not split_faces(dataset).unchanged
    before, report = written(dataset), (dataset.path / "splits.json").read_text()
    again = split_faces(dataset)
    assert again.unchanged and again.report == json.loads(report)
    assert written(dataset) == before
    told = run(dataset.path)
    assert "unchanged: 900 faces" in told.stderr and "all kept faces" in told.stdout
    assert "unchanged" not in run(dataset.path, "--force").stderr
    assert written(dataset)[0] != before[0]


def test_what_changes_only_the_report_leaves_the_table_alone(dataset):
    split_faces(dataset)
    before = written(dataset)
    report = split_faces(dataset, SplitSettings(min_group=1)).report
    assert report["settings"]["min_group"] == 1
    assert json.loads((dataset.path / "splits.json").read_text())["settings"]["min_group"] == 1
    assert [a == b for a, b in zip(before, written(dataset))] == [True, False, True, False]


@pytest.mark.parametrize("harm", ["more faces", "a tie", "no report", "a damaged report"])
def test_what_has_changed_is_written(dataset, harm):
    split_faces(dataset)
    if harm == "more faces":
        make(dataset.path, [Made("title 9", "e", at, "man") for at in range(9)])
    elif harm == "a tie":
        side = sides(dataset)
        tie(dataset, [side.index[side == name][0] for name in ("train", "test")])
    else:
        (dataset.path / "splits.json").write_text("[]")
    if harm == "no report":
        (dataset.path / "splits.json").unlink()
    assert not split_faces(dataset).unchanged
    assert split_faces(dataset).unchanged and check_split(dataset).holds


def test_weights_give_every_group_the_same_sum(dataset):
    split_faces(dataset)
    rows = webtoon_curate.load(dataset.path)
    for _, side in rows[rows.keep].groupby("split"):
        sums = side.groupby(["gender", "glasses"]).weight.sum()
        assert sums.max() == pytest.approx(sums.min(), rel=1e-3)
        assert side.weight.mean() == pytest.approx(1, rel=1e-3)
    assert rows[~rows.keep].weight.isna().all()


def test_a_cap_leaves_so_many_of_each_group_in_train(dataset):
    report = split_faces(dataset, SplitSettings(cap=60)).report
    rows = webtoon_curate.load(dataset.path)
    train = rows[rows.keep & (rows.split == "train")]
    groups = train.groupby(["gender", "glasses"])
    used = groups.apply(lambda group: (group.weight > 0).sum(), include_groups=False)
    assert (used == groups.size().clip(upper=60)).all()
    assert (rows[rows.keep & (rows.split != "train")].weight > 0).all()
    by_name = {row["group"]: row for row in report["groups"]}
    few = by_name["glasses / woman"] if "glasses / woman" in by_name else by_name["woman / glasses"]
    assert few["repeat"] == round(60 / few["used"])


def test_unknown_groups_are_divided_but_not_raised(tmp_path):
    known = [Made("t", "e", at, "man") for at in range(100)]
    data = make(tmp_path / "set", known + [Made("t", "f", at) for at in range(10)])
    report = split_faces(data).report
    unknown = next(row for row in report["groups"] if row["unknown"])
    assert unknown["group"] == "unknown gender / unknown glasses"
    assert unknown["weight"] == 1 and unknown["sides"] == {"train": 8, "val": 1, "test": 1}


def test_warnings_carry_numbers(tmp_path):
    made = [Made("t", "e", at, "woman") for at in range(1050)]
    made += [Made("t", "f", at, "man", True) for at in range(38)]
    text = "\n".join(plan_split(make(tmp_path / "set", made)).report["warnings"])
    assert "man / glasses: 30 faces to train on; under 50 use few-shot training" in text
    assert "840 faces to train on, man / glasses 30, 28 to 1" in text
    assert "duplicates have not been looked for" in text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"val": 0.6, "test": 0.5}, "leave nothing"),
        ({"val": 5000}, "leave nothing"),
        ({"balance": ("gendr",)}, "'gendr'"),
        ({"balance": ("landmarks",)}, "'landmarks'"),
        ({"balance": ("face_id",)}, "groups"),
        ({"together": ("scene", "chapter")}, "'chapter'"),
    ],
)
def test_settings_that_do_not_fit_are_told(dataset, settings, message):
    with pytest.raises(DatasetError, match=message):
        plan_split(dataset, SplitSettings(**settings))


def test_faces_that_dedup_has_not_seen_are_told(tmp_path):
    """The clusters table is there, but was made before they were."""
    data = faces_dataset.make(tmp_path / "data", 1)
    find_duplicates(data, DedupSettings(redrawn=False))
    assert "duplicates" not in "".join(plan_split(data).report["warnings"])
    faces_dataset.place(data, "ep 1", [faces_dataset.FACE, faces_dataset.OTHER, (10, 10, 70, 70)])
    first, *_ = plan_split(data).report["warnings"]
    assert first.startswith("duplicates of 1 kept face have not been looked for")
    find_duplicates(data, DedupSettings(redrawn=False))
    assert "duplicates" not in "".join(plan_split(data).report["warnings"])


def test_clusters_of_faces_that_are_gone_tie_nothing(dataset):
    ids = webtoon_curate.load(dataset.path).face_id.tolist()
    tie(dataset, [ids[0], "title 0/ep 9/0000/00"], ["gone/ep/0000/00", "gone/ep/0000/01"])
    report = split_faces(dataset).report
    assert report["ties"]["duplicates"]["sets"] == 0 and check_split(dataset).holds
    (dataset.path / "tables" / "clusters.parquet").write_bytes(b"no parquet")
    with pytest.raises(DatasetError, match="damaged"):
        plan_split(dataset)


def test_other_settings_are_said_to_leave_the_old_sides(dataset):
    split_faces(dataset)
    assert "other settings" not in str(split_faces(dataset, SplitSettings(cap=9)).report)
    assert "--force divides anew" in str(split_faces(dataset, SplitSettings(val=0.3)).report)
    forced = split_faces(dataset, SplitSettings(val=0.3), force=True).report
    assert abs(forced["sides"]["val"]["kept"] / forced["kept"] - 0.3) < 0.01


def test_counts_are_counts(dataset):
    report = split_faces(dataset, SplitSettings(val=50, test=0)).report
    assert list(report["sides"]) == ["train", "val"]
    assert abs(report["sides"]["val"]["kept"] - 50) <= 1


def run(*arguments):
    return CliRunner().invoke(main, ["split", *map(str, arguments)])


def test_check_fails_when_a_later_table_breaks_the_split(dataset):
    assert run(dataset.path, "--check").exit_code == 1  # no split yet
    assert run(dataset.path, "--val", "20%").exit_code == 0
    assert run(dataset.path, "--check").exit_code == 0
    side = sides(dataset)
    tie(dataset, [side.index[side == name][0] for name in ("train", "val", "test")])
    broken = run(dataset.path, "--check", "--json")
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["leaks"] == {"duplicates": 1, "scene": 0}


def test_check_sees_tampered_tables(dataset):
    split_faces(dataset)
    path = dataset.path / "tables" / "splits.parquet"
    changed = pq.read_table(path).to_pandas()
    changed.loc[0, "split"] = "holdout"
    schema = pq.read_schema(path)
    pq.write_table(type(pq.read_table(path)).from_pandas(changed, schema), path)
    found = check_split(dataset)
    assert not found.holds and any("'holdout'" in fault for fault in found.faults)
    path.write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match="damaged"):
        check_split(dataset)


def test_a_dry_run_writes_nothing(dataset):
    result = run(dataset.path, "--dry-run")
    assert result.exit_code == 0 and "all kept faces" in result.stdout
    assert not (dataset.path / "tables" / "splits.parquet").exists()
    assert not (dataset.path / "splits.json").exists()

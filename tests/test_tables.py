"""Episode tables: whole or absent, merged to title files without a change to what is read."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from webtoon_curate.errors import DatasetError
from webtoon_curate.schema import CLUSTERS, PAGES, SCENES
from webtoon_curate.tables import StageTables, whole_table


def scenes(title: str, episode: str, count: int) -> pa.Table:
    rows = [
        {
            "title": title,
            "episode": episode,
            "scene": index,
            "x": 0,
            "y": 100 * index,
            "width": 690,
            "height": 90,
            "kind": "panel",
            "page": "1.jpg",
            "pages": 1,
        }
        for index in range(count)
    ]
    return pa.Table.from_pylist(rows, SCENES)


@pytest.fixture
def tables(tmp_path):
    tables = StageTables(tmp_path / "data" / "tables" / "scenes", SCENES)
    for title, episode, count in [("b", "ep10", 3), ("b", "ep2", 0), ("a.1", "화 1", 2)]:
        tables.write(title, episode, scenes(title, episode, count), {"key": f"{title}{episode}"})
    return tables


def contents(tables: StageTables) -> dict:
    return {
        names: (tables.note(*names)["key"], tables.read(*names).to_pylist())
        for names in tables.episodes()
    }


def test_episodes_come_in_natural_order(tables):
    assert list(tables.episodes()) == [("a.1", "화 1"), ("b", "ep2"), ("b", "ep10")]


def test_merging_changes_nothing_that_is_read(tables):
    before = contents(tables)
    tables.merge()
    assert contents(tables) == before
    assert tables.rows() == 5
    assert sorted(path.name for path in tables.folder.iterdir()) == ["a.1.parquet", "b.parquet"]


def test_episodes_that_are_removed_together_leave_a_file_that_is_written_once(tables, monkeypatch):
    tables.write("b", "ep3", scenes("b", "ep3", 1), {"key": "bep3"})
    tables.merge()
    tables.write("b", "ep4", scenes("b", "ep4", 1), {"key": "bep4"})
    before, read = contents(tables), []
    monkeypatch.setattr(
        tables, "read", lambda *names: read.append(names) or type(tables).read(tables, *names)
    )
    tables.remove("b", ["ep2", "ep4", "ep10", "never there"])
    assert read == [("b", "ep3")]
    monkeypatch.undo()
    left = ("a.1", "화 1"), ("b", "ep3")
    assert contents(tables) == {names: before[names] for names in left}
    tables.remove("a.1", ["화 1"])
    assert not (tables.folder / "a.1.parquet").exists()


def test_what_else_lies_in_a_title_s_folder_keeps_no_run_from_merging(tables):
    before = contents(tables)
    (tables.folder / "b" / ".DS_Store").touch()
    tables.merge()
    assert contents(tables) == before
    assert tables.is_merged()


def test_some_columns_are_those_of_the_whole_table_in_the_order_asked_for(tables):
    names = ("width", "scene", "title")
    for _ in range(2):
        for episode in tables.episodes():
            assert tables.read(*episode, names).equals(tables.read(*episode).select(names))
        tables.merge()


def test_an_episode_written_after_the_merge_wins_and_merges_again(tables):
    tables.merge()
    tables.write("b", "ep10", scenes("b", "ep10", 7), {"key": "new"})
    tables.write("b", "ep3", scenes("b", "ep3", 1), {"key": "three"})
    for _ in range(2):
        assert tables.note("b", "ep10")["key"] == "new"
        assert len(tables.read("b", "ep10")) == 7
        assert list(tables.episodes())[1:] == [("b", "ep2"), ("b", "ep3"), ("b", "ep10")]
        tables.merge()


def test_the_order_of_writing_leaves_no_trace(tables, tmp_path):
    other = StageTables(tmp_path / "other", SCENES)
    for title, episode, count in [("a.1", "화 1", 2), ("b", "ep2", 0), ("b", "ep10", 3)]:
        other.write(title, episode, scenes(title, episode, count), {"key": f"{title}{episode}"})
        other.merge()
    tables.merge()
    for name in ("a.1.parquet", "b.parquet"):
        assert (other.folder / name).read_bytes() == (tables.folder / name).read_bytes()


def test_a_missing_table_and_a_damaged_one_are_told(tables):
    with pytest.raises(DatasetError, match="no table for b/ep99"):
        tables.read("b", "ep99")
    (tables.folder / "c").mkdir()
    (tables.folder / "c" / "1.parquet").write_bytes(b"PAR1 is not enough")
    with pytest.raises(DatasetError, match="damaged"):
        tables.note("c", "1")


def flip(path, first, last):
    """Wrong bytes from one share of a file to another."""
    data = bytearray(path.read_bytes())
    for place in range(int(len(data) * first), int(len(data) * last), 3):
        data[place] ^= 0x55
    path.write_bytes(data)


@pytest.mark.parametrize(("first", "last"), [(0.05, 0.3), (0.4, 0.95)], ids=["rows", "footer"])
def test_wrong_bytes_in_a_table_are_told_with_the_command_that_mends_it(tables, first, last):
    table = scenes("t", "1", 2000)
    names = pa.array([f"page {n * 7919 % 2000}.jpg" for n in range(2000)])
    tables.write("t", "1", table.set_column(8, SCENES.field("page"), names), {"key": ""})
    flip(tables.folder / "t" / "1.parquet", first, last)
    with pytest.raises(DatasetError, match=r"1\.parquet is damaged .*webtoon-curate ingest .*data"):
        tables.read("t", "1")


def test_a_table_of_another_version_is_upgraded_or_named(tmp_path):
    """A column that may be null is, other columns are needed, columns of no use are left out."""
    page = dict.fromkeys(PAGES.names, "") | dict.fromkeys(
        (field.name for field in PAGES if field.type in (pa.int32(), pa.int64())), 1
    )
    tables = StageTables(tmp_path / "data" / "tables" / "pages", PAGES)
    tables.write("t", "1", pa.Table.from_pylist([page], PAGES), {"key": "1"})
    path = tables.folder / "t" / "1.parquet"
    whole = pq.read_table(path)
    pq.write_table(whole.drop_columns(["license"]).append_column("more", pa.array([1])), path)
    assert tables.read("t", "1").to_pylist() == [page | {"license": None}]
    assert tables.read("t", "1", ("license", "y")).to_pylist() == [{"license": None, "y": 1}]
    pq.write_table(whole.drop_columns(["sha256"]), path)
    with pytest.raises(DatasetError, match=r"no column sha256.*webtoon-curate ingest"):
        tables.read("t", "1")


@pytest.mark.parametrize("harm", ["empty", "cut short", "wrong bytes", "no column", "no table"])
def test_a_whole_table_that_is_none_is_told_with_the_command_that_mends_it(tmp_path, harm):
    path = tmp_path / "data" / "tables" / "clusters.parquet"
    path.parent.mkdir(parents=True)
    assert whole_table(path, CLUSTERS).equals(CLUSTERS.empty_table())
    row = {"face_id": "t/1/0/0", "title": "t", "episode": "1", "duplicate_cluster": "t/1/0/0"}
    rows = [row | {"kind": f"near {n * 7919 % 2000}"} for n in range(2000)]
    pq.write_table(pa.Table.from_pylist(rows, CLUSTERS), path)
    assert whole_table(path, CLUSTERS, ("kind",), "t").to_pylist()[0] == {"kind": "near 0"}
    assert not len(whole_table(path, CLUSTERS, title="u"))
    if harm == "empty":
        path.write_bytes(b"")
    elif harm == "cut short":
        path.write_bytes(path.read_bytes()[:300])
    elif harm == "wrong bytes":
        flip(path, 0.02, 0.3)
    elif harm == "no column":
        pq.write_table(pq.read_table(path).drop_columns(["kind"]), path)
    else:
        path.write_text("no table")
    with pytest.raises(DatasetError, match=r"clusters\.parquet is damaged .*webtoon-curate dedup"):
        whole_table(path, CLUSTERS)

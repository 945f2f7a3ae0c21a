"""Episode tables: whole or absent, merged to title files without a change to what is read."""

from __future__ import annotations

import pyarrow as pa
import pytest

from webtoon_curate.errors import DatasetError
from webtoon_curate.schema import SCENES
from webtoon_curate.tables import StageTables


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
    tables = StageTables(tmp_path / "scenes", SCENES)
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

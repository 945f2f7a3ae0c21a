"""A run with nothing to do reads no table; whatever was changed, memory changes no byte."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from dots import FindsDots, dots_dataset
from faces_dataset import FACE, OTHER, TITLE, place

from webtoon_curate.dataset import Dataset
from webtoon_curate.dedup.stage import find_duplicates
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.labels.events import PERSON
from webtoon_curate.landmarks import registry, scoring, stage
from webtoon_curate.landmarks.stage import LandmarkSettings, read_landmarks
from webtoon_curate.tables import StageTables
from webtoon_curate.unchanged import UNCHANGED

EASY = LandmarkSettings(min_quality=0.0, max_covered=1.0, min_face=0.0)
STRICT = LandmarkSettings(min_quality=0.9, max_covered=1.0, min_face=0.0)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A dataset whose landmarks are read, and of which one face was spoken of."""
    with pytest.MonkeyPatch.context() as patch:
        backend = FindsDots()
        kind = registry.Kind("reader", lambda card, path, device: backend)
        known = registry.kinds()
        patch.setattr(registry, "kinds", lambda: known | {"reader": kind})
        patch.setattr(registry, "_default", lambda kind: backend.card)
        stage._load.cache_clear()
        data = dots_dataset(tmp_path_factory.mktemp("done") / "data")
        say(data, "tags", {"add": ["hat"]})
        read_landmarks(data, EASY)
        yield data
        stage._load.cache_clear()


@pytest.fixture
def data(done, tmp_path):
    """A copy in which everything was found unchanged once."""
    copy = Dataset(shutil.copytree(done.path, tmp_path / "data"))
    read_landmarks(copy, EASY)
    return copy


def say(data, action, value):
    desk = open_desk(data.path, "ana", PERSON)
    desk.say([(action, desk.faces(TITLE, "ep 1")[0].face, value)])
    desk.log.close()


def bytes_of(data):
    files = [path for path in data.path.rglob("*") if path.is_file()]
    names = {path.relative_to(data.path).as_posix(): path for path in files}
    kept = {name for name in names if name.split("/")[0] not in ("runs", ".lock")}
    return {name: names[name].read_bytes() for name in kept}


def no_reading(*_, **__):
    raise AssertionError("a table was read")


def test_a_run_with_nothing_to_do_reads_no_table(data, monkeypatch):
    find_duplicates(data)
    before = bytes_of(data)
    with monkeypatch.context() as patch:
        patch.setattr(StageTables, "read", no_reading)
        again = read_landmarks(data, EASY)
        hashed = find_duplicates(data)
    assert (again.episodes, again.skipped, again.rejects) == (0, 2, 0)
    assert (hashed.episodes, hashed.skipped) == (0, 2) and "clusters" in hashed.counts
    assert bytes_of(data) == before


def touch(path):
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))


CHANGES = {
    "nothing": lambda data: None,
    "a box": lambda data: place(data, "ep 1", [np.add(FACE, 1).tolist(), OTHER]),
    "a face that is gone": lambda data: place(data, "ep 2", [FACE]),
    "a word": lambda data: say(data, "set", {"keep": False}),
    "a mended box": lambda data: say(data, "box", [105.0, 120.0, 90.0, 90.0]),
    "a manifest that is gone": lambda data: (data.path / "manifest.parquet").unlink(),
    "a table that is gone": lambda data: (
        data.path / "tables" / "readings" / f"{TITLE}.parquet"
    ).unlink(),
    "labels that are gone": lambda data: (data.path / "tables" / "labels.parquet").unlink(),
    "a table that was written again": lambda data: touch(
        data.path / "tables" / "faces" / f"{TITLE}.parquet"
    ),
    "a memory that is none": lambda data: (data.path / UNCHANGED).write_text("[1]"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("settings", [EASY, STRICT], ids=["same settings", "others"])
def test_with_and_without_memory_the_bytes_are_the_same(data, tmp_path, change, settings):
    CHANGES[change](data)
    shutil.copytree(data.path, tmp_path / "copy" / "data")
    forgetful = Dataset(tmp_path / "copy" / "data")
    (forgetful.path / UNCHANGED).unlink(missing_ok=True)
    found = [read_landmarks(one, settings) for one in (data, forgetful)]
    assert [(one.episodes, one.skipped) for one in found[:1]] == [
        (one.episodes, one.skipped) for one in found[1:]
    ]
    assert bytes_of(data) == bytes_of(forgetful)


def test_another_calibration_scores_anew(data, monkeypatch):
    def scored():
        return [data.tables["landmarks"].note(TITLE, name)["scored"] for name in ("ep 1", "ep 2")]

    before, other = scored(), replace(scoring.calibration(), version="other")
    for module in (stage, scoring):
        monkeypatch.setattr(module, "calibration", lambda: other)
    assert read_landmarks(data, EASY).episodes == 0
    assert not set(before) & set(scored())


def test_what_failed_is_tried_again_although_nothing_changed(data, done, tmp_path):
    source = done.path.with_name("data-source")
    source.rename(tmp_path / "elsewhere")
    failed = read_landmarks(data, EASY, force=True)
    assert failed.rejects == 2 and failed.counts["failed"] == 2
    assert read_landmarks(data, EASY).counts["failed"] == 2
    (tmp_path / "elsewhere").rename(source)
    assert read_landmarks(data, EASY).counts == {"faces": 4, "rejects": 0}
    assert read_landmarks(data, EASY).rejects == 0

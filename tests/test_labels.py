"""What people said: never lost, never overwritten, found again after another detector."""

from __future__ import annotations

import multiprocessing
import shutil
from datetime import datetime, timedelta
from random import Random

import numpy as np
import pyarrow.parquet as pq
import pytest
from faces_dataset import FACE, OTHER, TITLE, make, place, write_points
from PIL import Image
from reviewing import rewritten

import webtoon_curate
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.labels import events
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.labels.events import (
    IMPORT,
    PERSON,
    FaceRef,
    LabelLog,
    by_time,
    check_name,
    read_events,
)
from webtoon_curate.labels.fold import drawn_id, fold
from webtoon_curate.manifest import write_manifest
from webtoon_curate.schema import LABELS

EPISODE = (TITLE, "ep 1")
WOMAN = {"gender": "woman", "glasses": False}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "data", episodes=1)


@pytest.fixture
def data(made, tmp_path):
    shutil.copytree(made.path, tmp_path / "data")
    return Dataset(tmp_path / "data")


@pytest.fixture
def ana(data):
    return open_desk(data.path, "ana", PERSON)


def manifest(data):
    """The rows of the first episode, joined anew."""
    write_manifest(data)
    faces = webtoon_curate.load(data.path)
    return faces[faces.episode == EPISODE[1]].reset_index(drop=True)


def refs(desk):
    return [face.face for face in desk.faces(*EPISODE)]


def drawn(box):
    return FaceRef(drawn_id(*EPISODE, 0, box), *EPISODE, box)


def test_without_labels_nothing_is_added(data):
    before = (data.path / "manifest.parquet").read_bytes()
    write_manifest(data)
    assert (data.path / "manifest.parquet").read_bytes() == before
    assert not (data.path / "tables" / "labels.parquet").exists()
    assert not (data.path / "labels").exists()


def test_peoples_words_are_in_the_manifest(data, ana):
    first, second = refs(ana)
    ana.say([("set", first, {**WOMAN, "character": "Kim"}), ("tags", first, {"add": ["hat"]})])
    ana.say([("delete", second, True)])
    face, false = manifest(data).itertuples()
    assert (face.gender, face.glasses, face.group) == ("woman", False, "woman_no_glasses")
    assert (face.group_source, face.character, list(face.tags)) == ("human", "Kim", ["hat"])
    assert (false.keep, false.keep_reason) == (False, "not_a_face")
    assert manifest(data).group.isna().tolist() == [False, True]


@pytest.mark.parametrize("said", [("set", WOMAN), ("delete", False), ("tags", {"add": ["cat"]})])
def test_what_a_model_takes_for_no_face_is_one_if_a_person_says_so(data, ana, said):
    write_points(data)
    rewritten(data, "landmarks", lambda _, row: row.update(keep_reason="not_a_face"))
    data.record_settings("landmarks", {"min_quality": 0.3})
    assert manifest(data).keep_reason.tolist() == ["not_a_face"] * 2
    action, value = said
    ana = open_desk(data.path, "ana", PERSON)
    ana.say([(action, ref, value) for ref in refs(ana)])
    faces = manifest(data)
    if action == "tags":  # which a statue may have, too
        assert faces.keep_reason.tolist() == ["not_a_face"] * 2
        return
    assert faces.keep.tolist() == [False, True]  # the points are still as bad as they are
    assert faces.keep_reason.fillna("").tolist() == ["quality", ""]
    ana.say([("delete", ref, True) for ref in refs(ana)])
    assert manifest(data).keep_reason.tolist() == ["not_a_face"] * 2


def test_a_mended_box_moves_page_crop_and_filters(made, data):
    data.record_settings("detect", {"crop": {"size": 64, "expand": 1.0, "shift": 0.0}})
    ana = open_desk(data.path, "ana", PERSON)
    ana.say([("box", refs(ana)[0], [300, 700, 80, 80])])
    face = manifest(data).iloc[0]
    assert (face.x, face.y, face.page, face.page_y) == (300, 700, "p2.png", 100)
    with Image.open(data.path / face.crop) as crop:
        assert crop.size == (64, 64)
        source = made.path.with_name("data-source") / TITLE / "ep 1" / "p2.png"
        with Image.open(source) as page:
            expected = page.crop((310, 110, 370, 170)).resize((1, 1), Image.Resampling.BOX)
        got = crop.crop((8, 8, 56, 56)).resize((1, 1), Image.Resampling.BOX)
    assert np.abs(np.array(got, int) - np.array(expected, int)).max() <= 12
    ana.say([("box", refs(ana)[0], [300, 700, 30, 30])])
    assert manifest(data).iloc[0].keep_reason == "short_edge"


def test_a_missed_face_is_a_row_of_its_own(data, ana):
    ana.say([("add", drawn((10.0, 300.0, 70.0, 70.0)), None)])
    faces = manifest(data)
    assert len(faces) == 3 and faces.face_id.is_unique
    face = faces.iloc[2]
    assert (face.detector, face.score, face.scene, face.page) == ("human", 1.0, 0, "p1.png")
    assert face.keep


def test_an_added_face_that_is_deleted_stays_a_row_that_says_so(data, ana):
    ref = drawn((10.0, 300.0, 70.0, 70.0))
    ana.say([("add", ref, None)])
    ana.say([("delete", ref, True)])
    assert manifest(data).keep_reason.tolist()[2] == "not_a_face"


def test_undo_takes_back_all_of_the_latest_action_and_then_the_one_before(data, ana):
    first, second = refs(ana)
    ana.say([("set", first, WOMAN)])
    ana.say([("set", ref, {"gender": "man"}) for ref in (first, second)])
    ana.undo()
    assert [f.row["gender"] for f in ana.faces(*EPISODE)] == ["woman", None]
    ana.undo()
    assert [f.row["gender"] for f in ana.faces(*EPISODE)] == [None, None]
    assert ana.undo()[0] == []


def test_undo_takes_back_an_added_face_and_leaves_others_words_alone(data, ana):
    ben = open_desk(data.path, "ben", PERSON)
    ana.say([("add", drawn((10.0, 300.0, 70.0, 70.0)), None)])
    ben.say([("set", refs(ben)[0], {"gender": "man"})])
    ana.undo()
    ana.undo()
    assert len(manifest(data)) == 2
    assert manifest(data).iloc[0].gender == "man"


@pytest.mark.parametrize(
    "boxes",
    [
        [(104.0, 117.0, 95.0, 95.0), (225.0, 706.0, 78.0, 78.0)],
        [(230.0, 705.0, 80.0, 80.0), (5.0, 5.0, 50.0, 50.0), (96.0, 125.0, 88.0, 88.0)],
        [],
    ],
    ids=["moved a little", "other ids and one more", "found by none"],
)
def test_labels_outlive_the_detector(data, ana, boxes):
    first, second = refs(ana)
    ana.say([("set", first, {**WOMAN, "character": "Kim"}), ("set", second, {"gender": "man"})])
    place(data, EPISODE[1], boxes, detector="other@2")
    faces = manifest(data)
    said = faces[faces.gender.notna()].sort_values("y")
    assert list(said.gender) == ["woman", "man"]
    assert said.character.iloc[0] == "Kim"
    assert len(faces) == max(len(boxes), 2)
    again = open_desk(data.path, "ana", PERSON)
    ref = next(f.face for f in again.faces(*EPISODE) if f.row["gender"] == "woman")
    again.say([("set", ref, {"glasses": True})])
    face = manifest(data).query("gender == 'woman'")
    assert list(face.group) == ["woman_glasses"]


def test_a_deleted_face_stays_deleted_when_it_is_found_again(data, ana):
    ana.say([("delete", refs(ana)[0], True)])
    place(data, EPISODE[1], [(102.0, 121.0, 90.0, 90.0)], detector="other@2")
    assert list(manifest(data).keep_reason) == ["not_a_face"]


def test_one_of_two_boxes_on_a_face_is_mended_and_the_other_deleted(data, ana):
    wide, close = (100.0, 100.0, 160.0, 160.0), (120.0, 130.0, 90.0, 90.0)
    place(data, EPISODE[1], [wide, close])
    desk = open_desk(data.path, "ana", PERSON)
    first, second = refs(desk)
    desk.say([("box", first, [121.0, 131.0, 90.0, 90.0])])
    desk.say([("delete", second, True)])
    kept = manifest(data)[lambda faces: faces.keep]
    assert list(kept.x) == [121.0]
    place(data, EPISODE[1], [close], detector="other@2")
    kept = manifest(data)[lambda faces: faces.keep]
    assert list(kept.x) == [121.0]


def test_people_win_over_imports_whenever_they_spoke(data, ana):
    ref = refs(ana)[0]
    ana.say([("set", ref, {"gender": "woman"})])
    importing = open_desk(data.path, "file.csv", IMPORT)
    importing.say([("set", ref, {"gender": "man", "glasses": True})])
    face = manifest(data).iloc[0]
    assert (face.gender, face.glasses, face.group_source) == ("woman", True, "human")
    table = pq.read_table(data.path / "tables" / "labels.parquet")
    assert table.schema.equals(LABELS)
    assert table["by_person"].to_pylist() == [["gender"]]


def test_moved_landmarks_are_kept_and_folded(data, ana):
    ana.say([("points", refs(ana)[0], {"30": [140.5, 170.0]})])
    manifest(data)
    table = pq.read_table(data.path / "tables" / "labels.parquet")
    assert table["points"].to_pylist() == [[{"point": 30, "x": 140.5, "y": 170.0}]]


def test_words_count_in_the_order_they_were_said_though_the_clock_was_set_back(data, monkeypatch):
    class Fast(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) + timedelta(days=1)

    with monkeypatch.context() as ahead:
        ahead.setattr(events, "datetime", Fast)
        first = open_desk(data.path, "ana", PERSON)
        first.say([("set", refs(first)[0], WOMAN)])
    later = open_desk(data.path, "ana", PERSON)
    later.say([("set", refs(later)[0], {"gender": "man"})])
    assert manifest(data).gender[0] == "man"
    assert later.undo()[0][0].value == {"gender": "man"}
    assert manifest(data).gender[0] == "woman"


def test_half_a_line_of_a_killed_writer_is_ignored(data, ana):
    ana.say([("set", refs(ana)[0], WOMAN)])
    path = next((data.path / "labels").glob("*.jsonl"))
    whole = path.read_bytes()
    for end in (len(whole) + 1, len(whole) + 40, 2 * len(whole) - 1):
        path.write_bytes((whole + whole)[:end])
        assert len(list(read_events(data.path))) == 1
    ana.log.close()
    open_desk(data.path, "ana", PERSON).say([("set", refs(ana)[1], WOMAN)])
    assert len(list(read_events(data.path))) == 2


def test_a_damaged_line_is_told_with_its_place(data, ana):
    ana.say([("set", refs(ana)[0], WOMAN)])
    path = next((data.path / "labels").glob("*.jsonl"))
    path.write_bytes(path.read_bytes() + b'{"id": 3}\n')
    with pytest.raises(DatasetError, match=r"jsonl, line 2 is damaged"):
        read_events(data.path)


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"id": 3}', b"\xff"])
def test_no_word_is_lost_to_a_desk_when_a_damaged_line_is_taken_out(data, ana, line):
    bob = open_desk(data.path, "bob", PERSON)
    bad = data.path / "labels" / "zoe.jsonl"
    ana.say([("set", refs(ana)[0], WOMAN)])
    bad.write_bytes(line + b"\n")
    with pytest.raises(DatasetError, match=r"zoe.jsonl, line 1 is damaged"):
        bob.refresh()
    bad.unlink()
    assert bob.refresh() == {EPISODE}
    assert bob.faces(*EPISODE)[0].label.gender == "woman"


def _append(path, who, count):
    log = LabelLog(path, who)
    for number in range(count):
        ref = FaceRef(f"{who}/{number}", *EPISODE, (float(number), 0.0, 1.0, 1.0))
        log.append([("tags", ref, {"add": ["x" * 500]})])


@pytest.mark.parametrize("name", ["山田\u3000太郎", "علی\u200cرضا", "क्\u200dष", "👩\u200d🚀"])
def test_names_are_as_their_languages_write_them(name):
    check_name(name)


@pytest.mark.parametrize(
    "name", ["\u200d", "Kim\u200d", "\u3000Kim", "Kim\u200b", "a\u202eb", "a\nb", "\x1b[2J"]
)
def test_names_that_cannot_be_told_from_others_are_none(name):
    with pytest.raises(DatasetError, match="is no name"):
        check_name(name)


def test_processes_that_append_at_once_lose_nothing(data):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append, args=(data.path, "ana", 25)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    events = list(read_events(data.path))
    assert len(events) == len({event.id for event in events}) == 50


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("set", {"gender": "robot"}),
        ("set", {"group": "woman"}),
        ("set", [1]),
        ("box", [0, 0, -5, 5]),
        ("box", [0, 0, float("nan"), 5]),
        ("tags", {"add": "hat"}),
        ("points", {"68": [1, 1]}),
        ("points", {"3": [10**400, 1]}),
        ("box", [0, 0, 10**400, 5]),
        ("delete", 1),
        ("burn", None),
    ],
)
def test_nonsense_is_refused_and_nothing_is_written(data, ana, action, value):
    good = ("set", refs(ana)[0], WOMAN)
    with pytest.raises(DatasetError):
        ana.say([good, (action, refs(ana)[0], value)])
    assert list(read_events(data.path)) == []


@pytest.mark.parametrize("seed", range(5))
def test_undoing_everything_gives_what_was_before(data, ana, seed, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)  # the test's time is the disk's otherwise
    random = Random(seed)
    before = [face.row for face in ana.faces(*EPISODE)]
    for _ in range(12):
        value = {
            "gender": random.choice(["woman", "man", "unknown", None]),
            "glasses": random.choice([True, False, None]),
        }
        ref = random.choice(refs(ana))
        tags = {random.choice(["add", "remove"]): [random.choice("ab")]}
        box = [random.uniform(0, 200), random.uniform(0, 400), 90, 90]
        said = [("set", ref, value), ("tags", ref, tags), ("box", ref, box), ("delete", ref, True)]
        ana.say(random.sample(said, random.randint(1, 4)))
    for _ in range(12):
        ana.undo()
    assert [face.row for face in ana.faces(*EPISODE)] == before


def test_the_fold_does_not_depend_on_how_sessions_are_spread_over_files(data, ana):
    for number in range(6):
        desk = open_desk(data.path, "ana", PERSON) if number % 2 else ana
        desk.say([("set", refs(desk)[0], {"gender": ["woman", "man"][number % 2]})])
    events = list(read_events(data.path))
    assert fold(events) == fold(reversed(events))
    assert fold(events)[EPISODE][0].gender == "man"


def test_a_full_disk_is_told_and_leaves_no_half_action(data, ana, monkeypatch):
    ana.say([("set", refs(ana)[0], WOMAN)])

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CurateError, match="No space left"):
        ana.say([("set", refs(ana)[1], WOMAN)])
    monkeypatch.undo()
    ana.say([("set", refs(ana)[1], {"gender": "man"})])
    events = by_time(read_events(data.path))
    assert [event.value for event in events] == [WOMAN, {"gender": "man"}]


def test_faces_of_made_boxes_are_where_the_tests_think(data):
    assert [(row.x, row.y) for row in manifest(data).itertuples()] == [FACE[:2], OTHER[:2]]

"""Labels follow their pages when the folder of an episode gets another name."""

from __future__ import annotations

import shutil

import pytest
from faces_dataset import FACE, OTHER, TITLE, make, place

from webtoon_curate.ingest.stage import IngestSettings, ingest_sources
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.labels.events import PERSON, read_events
from webtoon_curate.labels.fold import labels_of
from webtoon_curate.manifest import read_manifest

MISSED = (10.0, 700.0, 70.0, 75.0)
"""A face on the second page that a person draws."""
OLD, NEW = "ep 1", "Episode 01"


@pytest.fixture
def data(tmp_path):
    return make(tmp_path / "data", episodes=2)


@pytest.fixture
def folder(data):
    """The episode's folder; a rename of it is a rename of the episode."""
    return data.path.with_name("data-source") / TITLE / OLD


def say(data, episode=OLD, name="Kim"):
    """A name, a mended box and moved points, a false face, and a missed one."""
    desk = open_desk(data.path, "ana", PERSON)
    first, second = (face.face for face in desk.faces(TITLE, episode)[:2])
    desk.say([("set", first, {"character": name}), ("box", first, [105, 125, 90, 90])])
    desk.say([("points", first, {"30": [140, 160]}), ("delete", second, True)])
    desk.say([("add", desk.place(TITLE, episode).ref(None, MISSED), None)])
    desk.log.close()


def ingest(data, folder, **options):
    return ingest_sources(data, folder.parent, IngestSettings("images"), **options)


def rename(data, folder, name=NEW, **options):
    """Rename the folder, ingest, and detect the same faces there."""
    renamed = folder.rename(folder.with_name(name))
    summary = ingest(data, renamed, **options)
    place(data, name, [FACE, OTHER])
    return renamed, summary.notes


def faces(data, episode):
    """All that the manifest says of an episode but its name."""
    names = ("face_id", "episode", "source")
    rows = [row for row in read_manifest(data.path).to_pylist() if row["episode"] == episode]
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def test_what_was_said_follows_the_pages_to_the_new_name(data, folder):
    say(data)
    place(data, OLD, [FACE, OTHER])
    before = faces(data, OLD)
    assert [row["character"] for row in before] == ["Kim", None, None]
    assert [row["keep"] for row in before] == [True, False, True]
    _, notes = rename(data, folder, prune=True)
    assert any(f"{TITLE}/{OLD} is {TITLE}/{NEW}'s now" in note for note in notes)
    assert faces(data, OLD) == [] and faces(data, NEW) == before
    ids = [row["face_id"] for row in read_manifest(data.path, ["face_id"]).to_pylist()]
    assert len(set(ids)) == len(ids) == 5
    assert all(name.startswith((f"{TITLE}/{NEW}/", f"{TITLE}/ep 2/")) for name in ids)


def test_the_old_episode_keeps_its_words_until_it_is_taken_out(data, folder):
    say(data)
    place(data, OLD, [FACE, OTHER])
    before = faces(data, OLD)
    renamed, notes = rename(data, folder)
    assert any("--prune" in note and "what people said" in note for note in notes)
    assert faces(data, OLD) == before
    assert all(row["character"] is None and row["keep"] for row in faces(data, NEW))
    notes = ingest(data, renamed, prune=True).notes
    assert any("taken out" in note for note in notes) and "--prune" not in "".join(notes)
    assert faces(data, NEW) == before


def test_pages_that_come_back_under_another_name_bring_their_words(data, folder):
    say(data)
    place(data, OLD, [FACE, OTHER])
    before = faces(data, OLD)
    away = shutil.move(folder, data.path.with_name("away"))
    summary = ingest(data, folder, prune=True)
    assert any("1 gone episode" in note and "stays in labels/" in note for note in summary.notes)
    shutil.move(away, folder.with_name(NEW))
    ingest(data, folder)
    place(data, NEW, [FACE, OTHER])
    assert faces(data, NEW) == before


def test_a_name_there_and_back_and_one_that_another_episode_takes(data, folder):
    say(data)
    renamed, _ = rename(data, folder, prune=True)
    say(data, NEW, "Lee")
    back, _ = rename(data, renamed, OLD, prune=True)
    assert faces(data, OLD)[0]["character"] == "Lee"
    rename(data, back, prune=True)
    second = folder.with_name("ep 2")
    rename(data, second, OLD, prune=True)
    assert all(row["character"] is None for row in faces(data, OLD))
    say(data, OLD, "Park")
    place(data, OLD, [FACE, OTHER])
    assert faces(data, OLD)[0]["character"] == "Park"
    assert faces(data, NEW)[0]["character"] == "Lee"


def test_one_page_that_episodes_share_makes_no_rename(data, folder):
    """The labels wait, and are there when the episode is back."""
    shutil.copy(folder / "p2.png", folder.with_name("ep 2") / "p3.png")
    ingest(data, folder)
    place(data, "ep 2", [FACE, OTHER])
    say(data)
    place(data, OLD, [FACE, OTHER])
    before, others = faces(data, OLD), faces(data, "ep 2")
    away = shutil.move(folder, data.path.with_name("away"))
    ingest(data, folder, prune=True)
    assert faces(data, "ep 2") == others
    shutil.move(away, folder)
    ingest(data, folder)
    place(data, OLD, [FACE, OTHER])
    assert faces(data, OLD) == before


def test_an_open_desk_and_undo_follow(data, folder):
    desk = open_desk(data.path, "ana", PERSON)
    face = desk.faces(TITLE, OLD)[0].face
    desk.say([("set", face, {"character": "Kim"})])
    desk.say([("tags", face, {"add": ["hat"]})])
    rename(data, folder, prune=True)
    assert desk.refresh() == {(TITLE, OLD), (TITLE, NEW)}
    assert desk.labelled_episodes() == [(TITLE, NEW)]
    desk.undo()
    (label,) = labels_of(data)[TITLE, NEW]
    assert (label.character, label.tags) == ("Kim", {})
    assert desk.faces(TITLE, NEW)[0].row["character"] == "Kim"
    desk.log.close()
    assert sum(event.action == "rename" for event in read_events(data.path)) == 1

"""`label propagate`: what it learns is true, it is not too sure, and it overrides nobody."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from faces_dataset import make, place, read, unread

import webtoon_curate
from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.labels.classifier import FOLDS, fitted, fold_numbers, most_useful, trained
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.labels.embeddings import Embedded
from webtoon_curate.labels.events import PERSON
from webtoon_curate.labels.propagate import _Others, read_suggestions
from webtoon_curate.manifest import write_manifest
from webtoon_curate.schema import SUGGESTIONS

EPISODES, FACES = 6, 8
BOXES = [
    (20.0 + 180 * (n % 2), 20.0 + 140 * (n // 2 % 4) + 600 * (n // FACES), 90.0, 90.0)
    for n in range(2 * FACES)
]


def sample(count, seed, gap=1.0):
    """(embeddings, yes): two clouds."""
    rng = np.random.default_rng(seed)
    yes = rng.random(count) < 0.4
    vectors = rng.normal(size=(count, 128)) / 128**0.5
    vectors[:, 0] += gap * (yes - 0.5)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), yes


HATS = np.random.default_rng(9).permutation(EPISODES * 2 * FACES) % 3 == 0
"""Which faces wear one."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    data = make(tmp_path_factory.mktemp("made") / "data", episodes=EPISODES)
    for number in range(1, EPISODES + 1):
        place(data, f"ep {number}", BOXES)
    vectors = np.random.default_rng(4).normal(size=(len(HATS), 128)) / 128**0.5
    vectors[:, 0] += 2.5 * (HATS - 0.5)
    read(data, list(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)))
    return data


@pytest.fixture
def data(made, tmp_path):
    shutil.copytree(made.path, tmp_path / "data")
    return Dataset(tmp_path / "data")


def say(data, every=2):
    """Put the tag on or take it off every so manieth face."""
    desk = open_desk(data.path, "ana", PERSON)
    names = list(data.tables["faces"].episodes())
    refs = [face.face for name in names for face in desk.faces(*name)]
    for value in (True, False):
        change = {"add" if value else "remove": ["hat"]}
        said = [ref for n, ref in enumerate(refs) if n % every == 0 and HATS[n] == value]
        desk.say([("tags", ref, change) for ref in said])
    return {ref.face_id for n, ref in enumerate(refs) if n % every == 0}, refs


WATCHED = """
import os, sys
class Watch:
    def find_spec(self, name, *_):
        if name == "numpy":
            print(os.environ.get("OPENBLAS_NUM_THREADS"))
sys.meta_path.insert(0, Watch())
from webtoon_curate.cli import main
main()
"""


def test_threads_that_would_only_wait_are_not_started(made, monkeypatch):
    """numpy's OpenBLAS starts its threads when it is loaded."""
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    command = [sys.executable, "-c", WATCHED, "label", "propagate", str(made.path), "hat"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.stdout.split() == ["1"], run.stderr


def test_faces_chosen_episode_by_episode_are_those_chosen_of_all_at_once():
    vectors, _ = sample(400, 6)
    vectors = vectors.astype(np.float32)
    chances = np.random.default_rng(6).integers(0, 30, 400) / 30  # many are equal
    ids = [str(number) for number in range(400)]
    said = set(ids[::7])
    free = np.array([name not in said for name in ids])
    expected = np.flatnonzero(free)[most_useful(vectors[free], chances[free], vectors[~free], 3)]
    others = _Others(said, 3)
    for some in np.split(np.arange(400), [5, 5, 90, 91, 300]):
        names = pa.array([ids[number] for number in some], pa.string())
        rows = pa.table({"face_id": names, "title": names, "episode": names})
        others.add(Embedded(rows, vectors[some], []), chances[some])
    table, found, chosen = others.chosen(vectors[~free])
    assert table["face_id"].take(chosen).to_pylist() == [ids[number] for number in expected]
    assert (found == chances[free]).all()
    assert others.count == free.sum()


def run(data, *options, code=0):
    result = CliRunner().invoke(main, ["label", "propagate", str(data.path), *options])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def test_newton_ends_where_the_slope_is_none():
    vectors, yes = sample(80, 0)
    features = np.concatenate([vectors, np.ones((80, 1))], axis=1)
    weights = fitted(features, yes, 0.1)
    chances = 1 / (1 + np.exp(-features @ weights))
    slope = features.T @ (chances - yes) + 0.1 * 80 * weights * (np.arange(129) < 128)
    assert np.abs(slope).max() < 1e-4


def test_cross_validation_tells_what_new_faces_show():
    vectors, yes = sample(300, 1)
    classifier, checked = trained(vectors, yes, [str(n) for n in range(300)])
    fresh, truth = sample(4000, 2)
    chances = classifier(fresh)
    assert checked.accuracy == pytest.approx(((chances > 0.5) == truth).mean(), abs=0.06)
    assert checked.accuracy > checked.majority + 0.1
    for low in np.arange(0, 1, 0.2):
        here = (chances >= low) & (chances < low + 0.2)
        if here.sum() > 150:
            assert truth[here].mean() == pytest.approx(chances[here].mean(), abs=0.12)


def test_labels_by_chance_give_no_better_than_always_the_same_answer():
    vectors, _ = sample(200, 3, gap=0)
    yes = np.random.default_rng(0).random(200) < 0.3
    classifier, checked = trained(vectors, yes, [str(n) for n in range(200)])
    assert checked.accuracy < checked.majority + 0.05
    assert np.abs(classifier(vectors) - yes.mean()).max() < 0.35


def test_a_scene_is_never_in_two_folds_and_every_fold_has_both_answers():
    rng = np.random.default_rng(5)
    scenes = [f"scene {n}" for n in rng.integers(0, 40, 200)]
    yes = rng.random(200) < 0.3
    folds = fold_numbers(yes, scenes, 0)
    assert len(set(zip(scenes, folds))) == len(set(scenes))
    assert all({True, False} == set(yes[folds == fold]) for fold in range(FOLDS))
    assert (folds == fold_numbers(yes, scenes, 0)).all()
    assert (folds != fold_numbers(yes, scenes, 1)).any()


def test_what_is_looked_at_next_is_uncertain_and_not_twice_the_same():
    rng = np.random.default_rng(6)
    vectors = rng.normal(size=(50, 128))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[10:20] = vectors[10]
    chances = np.r_[np.full(10, 0.99), np.full(40, 0.5)]
    known = vectors[30:31]
    chosen = most_useful(vectors, chances, known, 12)
    assert set(chosen) <= set(range(10, 50)) - {30}
    assert len(set(chosen) & set(range(10, 20))) <= 1
    assert len(set(most_useful(vectors, chances, known, 31)) & set(range(10, 20))) == 1
    assert len(most_useful(vectors[:3], chances[:3], known, 9)) == 3


def test_suggestions_are_true_and_leave_out_what_people_spoke_of(data):
    said, refs = say(data)
    found = json.loads(run(data, "hat", "--next", "10", "--json").stdout)
    assert found["checked"]["accuracy"] > max(0.9, found["checked"]["majority"])
    assert len(found["next"]) == 10 and not said & set(found["next"])
    table = pq.read_table(data.path / "tables" / "suggestions.parquet")
    assert table.schema.equals(SUGGESTIONS)
    rows = table.to_pylist()
    assert not said & {row["face_id"] for row in rows}
    truth = {ref.face_id: bool(hat) for ref, hat in zip(refs, HATS)}
    likely = [truth[row["face_id"]] for row in rows if row["probability"] >= 0.5]
    assert np.mean(likely) > 0.9
    order = sorted((row["order"], row["face_id"]) for row in rows if row["order"])
    assert [face_id for _, face_id in order] == found["next"]
    assert {row["source"].partition("@")[0] for row in rows} == {"propagated"}


def test_the_manifest_has_only_what_people_said(data):
    said, _ = say(data)
    write_manifest(data)
    before = (data.path / "manifest.parquet").read_bytes()
    run(data, "hat")
    write_manifest(data)
    assert (data.path / "manifest.parquet").read_bytes() == before
    assert webtoon_curate.load(data.path).tags.notna().sum() < len(said)


def test_the_same_bytes_again_and_other_words_stay(data):
    _, refs = say(data)
    run(data, "hat")
    path = data.path / "tables" / "suggestions.parquet"
    before = path.read_bytes()
    run(data, "hat")
    assert path.read_bytes() == before
    assert run(data, "hat", "--dry-run").stdout
    desk = open_desk(data.path, "ana", PERSON)
    desk.say([("set", ref, {"character": "Kim" if HATS[n] else "Lee"}) for n, ref in
              enumerate(refs) if n % 2])  # fmt: skip
    run(data, "--character", "Kim")
    words = set(pq.read_table(path)["word"].to_pylist())
    assert words == {"hat", "Kim"}


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ((), 2, "--character"),
        (("hat", "--character", "Kim"), 2, "--character"),
        (("beard",), 1, "webtoon-curate review"),
        (("--character", "Kim"), 1, "webtoon-curate review"),
    ],
)
def test_what_cannot_be_learned_is_told(data, options, code, message):
    say(data, every=30)
    assert message in run(data, *options, code=code).output


def test_one_scene_is_told_as_one(data):
    desk = open_desk(data.path, "ana", PERSON)
    face = desk.faces(*next(data.tables["faces"].episodes()))[0].face
    desk.say([("tags", face, {"add": ["hat"]})])
    assert "faces of 1 scene only" in run(data, "hat", code=1).output


def test_without_readings_it_says_what_to_do(data):
    say(data)
    shutil.rmtree(data.path / "tables" / "readings")
    assert "webtoon-curate landmarks" in run(data, "hat", code=1).output


def test_an_episode_that_was_not_read_is_left_out_and_told(data):
    say(data)
    unread(data, "ep 6")
    result = run(data, "hat")
    assert "left out 1 episode" in result.output
    ids = read_suggestions(data)["episode"].to_pylist()
    assert ids and "ep 6" not in ids


def harm(data, embedding, episodes):
    """Gives another embedding to all faces of some episodes."""
    tables = data.tables["readings"]
    for title, episode in [name for name in tables.episodes() if name[1] in episodes]:
        table, note = tables.read(title, episode), tables.note(title, episode)
        column = pa.array([embedding] * len(table), table["embedding"].type)
        number = table.column_names.index("embedding")
        tables.write(title, episode, table.set_column(number, "embedding", column), note)


@pytest.mark.parametrize("bad", [[float("nan")] * 128, [1.0], []], ids=["NaN", "short", "empty"])
def test_faces_without_a_usable_embedding_are_left_out_and_told(data, bad):
    say(data)
    harm(data, bad, ["ep 6"])
    result = run(data, "hat")
    assert f"left out {2 * FACES} faces whose embedding" in result.output
    assert "landmarks" in result.output and "--force" in result.output
    assert "ep 6" not in read_suggestions(data)["episode"].to_pylist()
    harm(data, bad, [f"ep {n}" for n in range(1, EPISODES + 1)])
    assert "no embedding: landmarks --force" in run(data, "hat", code=1).output

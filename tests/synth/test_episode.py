"""Episodes: pages tile the strip, scenes lie between gutters, copies are copies, bytes repeat."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.evaluate.truth import load_truth
from webtoon_curate.faces import Page
from webtoon_curate.ingest.sources import find_episodes
from webtoon_curate.schema import FACES, SCENES
from webtoon_curate.synth.episode import (
    SynthSettings,
    cut_pages,
    draw_sheets,
    plan_episode,
    synth_episodes,
)
from webtoon_curate.synth.lettering import fonts
from webtoon_curate.synth.pages.seen import VISIBLE_FACE
from webtoon_curate.synth.truth import TRUTH, EpisodeTruth
from webtoon_curate.tables import StageTables

EPISODES = 2
SETTINGS = SynthSettings(seed=3, panels=5)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("synth") / "out"
    synth_episodes(folder, EPISODES, SETTINGS, jobs=1)
    return folder


def rows_of(folder: Path, stage: str, schema) -> list[dict]:
    tables = StageTables(folder / "truth" / "tables" / stage, schema)
    return [row for names in tables.episodes() for row in tables.read(*names).to_pylist()]


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_bytes_depend_on_the_seed_alone(drawn, tmp_path):
    synth_episodes(tmp_path / "again", EPISODES, SETTINGS, jobs=2)
    assert digests(tmp_path / "again") == digests(drawn)
    synth_episodes(tmp_path / "other", 1, SynthSettings(seed=4, panels=2))
    assert not set(digests(tmp_path / "other").values()) & set(digests(drawn).values()) - {
        hashlib.sha256(b"").hexdigest()
    }


@pytest.mark.parametrize("layout", ["strip", "pages"])
def test_pages_tile_the_strip_exactly(layout):
    plan = plan_episode(SynthSettings(seed=1, panels=6, layout=layout), 0)
    whole = np.concatenate([sheet.rgb for _, sheet in draw_sheets(plan)])
    truth = EpisodeTruth(plan.title, plan.episode, "train")
    pages = list(cut_pages(draw_sheets(plan), plan.manner, truth))
    assert np.array_equal(np.concatenate([rgb for rgb, _ in pages]), whole)
    assert all(rgb.shape[:2] == labels.shape for rgb, labels in pages)
    assert all(rgb.shape[1] == plan.manner.width for rgb, _ in pages)
    if layout == "strip":
        assert {len(rgb) for rgb, _ in pages[:-1]} <= {plan.manner.cut}
    assert sum(block.height for block in plan.blocks) == len(whole)


@pytest.mark.parametrize("number", range(0, 15, 3))
def test_scenes_hold_all_that_is_drawn_and_are_tight(number):
    plan = plan_episode(SynthSettings(seed=2, panels=4), number)
    for block, (_, sheet) in zip(plan.blocks, draw_sheets(plan)):
        outside = np.ones(sheet.rgb.shape[:2], bool)
        for scene in sheet.scenes:
            area = (slice(scene.y, scene.y + scene.height), slice(scene.x, scene.x + scene.width))
            assert outside[area].all(), "scenes overlap"
            outside[area] = False
        assert not (sheet.labels[outside] > 0).any()
        if plan.manner.pattern == "plain" and block.top == block.bottom:
            assert (sheet.rgb[outside] == block.top).all()
        for frame in block.frames:
            if frame.shot.bare:
                continue
            x0, y0, x1, y1 = frame.box()
            holders = [
                s
                for s in sheet.scenes
                if s.x <= x0 and s.y <= y0 and s.x + s.width >= x1 and s.y + s.height >= y1
            ]
            assert len(holders) == 1
            assert holders[0].kind == "panel"


def test_every_visible_face_has_a_row_and_none_from_behind():
    plan = plan_episode(SynthSettings(seed=6, panels=6), 0)
    for block, (_, sheet) in zip(plan.blocks, draw_sheets(plan)):
        facing = sum(not actor.behind for frame in block.frames for actor in frame.shot.actors)
        assert len(sheet.faces) <= facing
        seeds = {actor.seed for f in block.frames for actor in f.shot.actors if not actor.behind}
        for face, _ in sheet.faces:
            assert face.actor.seed in seeds
            assert face.seen >= VISIBLE_FACE


def test_truth_is_a_dataset_with_faces_in_their_scenes_and_pages(drawn):
    dataset = Dataset(drawn / "truth")
    faces, truths = rows_of(drawn, "faces", FACES), rows_of(drawn, "truth", TRUTH)
    scenes = {(s["title"], s["episode"], s["scene"]): s for s in rows_of(drawn, "scenes", SCENES)}
    assert [f["face_id"] for f in faces] == [t["face_id"] for t in truths]
    assert len({f["face_id"] for f in faces}) == len(faces) > 10
    for face, truth in zip(faces, truths):
        scene = scenes[face["title"], face["episode"], face["scene"]]
        middle = face["y"] + face["height"] / 2
        assert scene["y"] - 1 <= middle <= scene["y"] + scene["height"] + 1
        page = cv2.imread(str(drawn / face["title"] / face["episode"] / face["page"]))
        assert 0 <= face["page_y"] + face["height"] / 2 <= len(page)
        mask = cv2.imread(str(drawn / "truth" / truth["mask"]), cv2.IMREAD_UNCHANGED)
        assert mask.shape == page.shape[:2]
        points = np.reshape(truth["landmarks"], (68, 2))
        x, y, width, height = truth["box"]
        inner = points[17:] - (x, y)
        assert (inner > (-0.3 * width, -0.3 * height)).all()
        assert (inner < (1.3 * width, 1.3 * height)).all()
        shares = truth["seen"] + truth["lettered"] + truth["covered"] + truth["cut"]
        assert shares == pytest.approx(1, abs=1e-5)
    assert sorted(dataset.tables["pages"].episodes()) == sorted(
        (path.parent.name, path.name) for path in drawn.glob("title-*/*")
    )


def test_masks_show_the_face_under_visible_landmarks(drawn):
    faces, truths = rows_of(drawn, "faces", FACES), rows_of(drawn, "truth", TRUTH)
    checked = 0
    for face, truth in zip(faces, truths):
        mask = cv2.imread(str(drawn / "truth" / truth["mask"]), cv2.IMREAD_UNCHANGED)
        points = np.reshape(truth["landmarks"], (68, 2))
        points[:, 1] += face["page_y"] - face["y"]
        visible = np.array(truth["landmark_visible"])
        for x, y in points[36:48][visible[36:48]].astype(int):
            if 3 <= x < mask.shape[1] - 3 and 3 <= y < len(mask) - 3:
                assert (mask[y - 3 : y + 4, x - 3 : x + 4] > 0).any()
                checked += 1
    assert checked > 50


def test_labels_are_what_evaluate_reads_and_truth_is_no_title(drawn):
    episodes, rejects = find_episodes(drawn)
    assert not rejects
    assert {e.title for e in episodes} == {p.name for p in drawn.glob("title-*")}
    labels = load_truth(drawn / "truth" / "labels.json")
    assert sum(len(truth.boxes) for truth in labels.values()) == len(rows_of(drawn, "faces", FACES))
    for name, truth in labels.items():
        height, width = cv2.imread(str(drawn / name)).shape[:2]
        assert truth.size == (width, height)


LIKENESS = {"exact": 0.9, "text": 0.9, "crop": 0.9, "mirror": 0.9, "mouth": 0.5, "colour": 0.5}
"""Correlation with the first drawing that a copy has at least, by kind of edit."""


def test_copies_are_copies():
    """Faces that are flagged as copies of a drawing show it again."""
    found: set[str] = set()
    for seed in range(40):
        plan = plan_episode(SynthSettings(seed=seed, panels=14, layout="strip"), 0)
        repeated = {f.drawing for block in plan.blocks for f in block.frames if f.edit}
        blocks = [b for b in plan.blocks if any(f.drawing in repeated for f in b.frames)]
        first: dict[tuple[int, int], np.ndarray] = {}
        for _, sheet in draw_sheets(replace(plan, blocks=tuple(blocks))):
            for face, frame in sheet.faces:
                key = (frame.drawing, face.actor.seed)
                crop = _crop(sheet.rgb, face.truth.box)
                if face.seen < 0.97 or crop is None:
                    continue
                if frame.edit is None:
                    first[key] = crop
                elif key in first:
                    other = crop[:, ::-1] if frame.edit == "mirror" else crop
                    assert _likeness(first[key], other) > LIKENESS[frame.edit], frame.edit
                    found.add(frame.edit)
        if len(found) >= 4:
            return
    pytest.fail(f"only {found} in 40 episodes")


def _likeness(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of two crops, up to a shift of two pixels from rounding their boxes."""
    return max(
        np.corrcoef(first.ravel(), np.roll(second, (dy, dx), (0, 1)).ravel())[0, 1]
        for dy in range(-2, 3)
        for dx in range(-2, 3)
    )


def _crop(rgb: np.ndarray, box) -> np.ndarray | None:
    x, y, width, height = (int(v) for v in box)
    if x < 0 or y < 0 or x + width > rgb.shape[1] or y + height > rgb.shape[0] or width < 24:
        return None
    grey = cv2.cvtColor(rgb[y : y + height, x : x + width], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (48, 48), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (0, 0), 1.2).astype(float)


def test_rows_of_copies_name_their_original():
    for seed in range(40):
        plan = plan_episode(SynthSettings(seed=seed, panels=14, layout="strip"), 0)
        if sum(frame.edit is not None for b in plan.blocks for frame in b.frames) < 2:
            continue
        truth = EpisodeTruth(plan.title, plan.episode, "train")
        pages = list(cut_pages(draw_sheets(plan), plan.manner, truth))
        heights = [len(rgb) for rgb, _ in pages]
        placed = [Page(str(i), sum(heights[:i]), 1, h) for i, h in enumerate(heights)]
        _, rows = truth.face_rows(placed)
        by_id = {row["face_id"]: row for row in rows}
        copies = [row for row in rows if row["copy_of"]]
        for row in copies:
            original = by_id[row["copy_of"]]
            assert original["copy_of"] is None
            assert row["edit"] is not None
            for column in ("character", "drawing", "gender", "glasses", "hair_color"):
                assert row[column] == original[column]
            assert by_id[original["face_id"]]["scene"] <= row["scene"]
        if copies:
            return
    pytest.fail("no episode with copies")


def test_labels_look_at_each_face_once_however_many_pages_there_are(monkeypatch):
    looked = []
    shown = "webtoon_curate.synth.truth._shown_box"
    monkeypatch.setattr(shown, lambda face, _: looked.append(face) or face.truth.box)
    episode = EpisodeTruth("t", "e", "train")
    for number in range(50):  # each begins 30 rows above a page's end, and is 70 high
        head = SimpleNamespace(box=(10, 70, 60, 70), view="frontal", gender="man", glasses=False)
        episode.faces.append((number, SimpleNamespace(truth=head), None, 100 * number))
    pages = [Page(f"{number}.jpg", 100 * number, 700, 100) for number in range(51)]
    entries = list(episode.labels(pages).values())
    assert len(looked) == 50
    assert [[face["box"] for face in entry["faces"]] for entry in entries] == [
        [],
        *[[[10, -30, 70, 40]]] * 50,
    ]
    assert [entry["ignore"] for entry in entries] == [*[[[10, 70, 70, 100]]] * 50, []]


def test_held_out_families_are_marked(tmp_path):
    synth_episodes(tmp_path / "out", 1, SynthSettings(seed=1, panels=2, heldout=True))
    entries = json.loads((tmp_path / "out/truth/labels.json").read_text())["pages"]
    assert {entry["role"] for entry in entries.values()} == {"heldout"}


def test_a_missing_font_is_an_error_with_advice(monkeypatch):
    fonts.typeface.cache_clear()
    monkeypatch.setitem(fonts.FACES, "sans", ("no_such_font_package", "a.otf"))
    with pytest.raises(CurateError, match=r"no-such-font-package.*\[synth\]"):
        fonts.typeface("sans")
    fonts.typeface.cache_clear()


def test_a_folder_of_other_things_is_left_alone(tmp_path, drawn):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(DatasetError, match="holds other things"):
        synth_episodes(tmp_path, 1, SETTINGS, force=True)
    assert (tmp_path / "note.txt").read_text() == "mine"
    with pytest.raises(DatasetError, match="--force"):
        synth_episodes(drawn, 1, replace(SETTINGS, seed=SETTINGS.seed + 1))

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

pytest.importorskip("skia")

from webtoon_curate.errors import DatasetError
from webtoon_curate.reader.points import MIRRORED, REGIONS
from webtoon_curate.synth.crops import CAST
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.people import character
from webtoon_curate.synth.shards import synth_faces
from webtoon_curate.trainer import reader_crops
from webtoon_curate.trainer.proportions import Proportions
from webtoon_curate.trainer.reader_crops import AGES, HAIRCUTS, UNKNOWN, Cut, targets
from webtoon_curate.trainer.reader_faces import PEERS, Drawn, Sample, load_pages, load_stored

SIZE = 96


@pytest.fixture(scope="module")
def face():
    return face_of(Drawn(160), 7, 0)


def face_of(source, seed, drawing, member=0):
    return source.face(np.random.default_rng(0), drawing, np.random.default_rng(seed), member)


def rngs(seed):
    return np.random.default_rng((seed, 0)), np.random.default_rng((seed, 1))


def dotted():
    """A black picture with one white dot for each of 68 points in a circle."""
    angle = np.arange(68) / 68 * 2 * np.pi
    points = np.stack([100 + 40 * np.cos(angle), 100 + 40 * np.sin(angle)], axis=1)
    return points.astype(np.float32)


def test_mirroring_twice_changes_nothing_and_keeps_regions():
    assert (MIRRORED[MIRRORED] == np.arange(68)).all()
    for part in REGIONS.values():
        assert sorted(MIRRORED[part]) == list(range(68))[part]


def test_points_stay_on_what_they_mark():
    """A dot drawn at a point is seen where the crop's point is, whatever the cut."""
    points = dotted()
    for seed in range(12):
        cut = Cut(np.random.default_rng(seed), (50, 50, 100, 100), 128)
        cut._border, cut._fill = cv2.BORDER_CONSTANT, (0, 0, 0)  # no reflected dots
        moved = cut.points(points) * 128
        for index in (0, 20, 41):
            place = points[MIRRORED[index] if cut.mirrored else index]
            picture = np.zeros((200, 200, 3), np.uint8)
            cv2.circle(
                picture, [round(float(v - 0.5) * 16) for v in place], 24, (255,) * 3, -1, 8, 4
            )
            seen = cut.pixels(picture)[:, :, 0].astype(float)
            if not seen.any() or not 6 < moved[index].min() < moved[index].max() < 122:
                continue
            y, x = np.mgrid[:128, :128] + 0.5
            center = (x * seen).sum() / seen.sum(), (y * seen).sum() / seen.sum()
            assert np.abs(np.array(center) - moved[index]).max() < 0.5


def test_the_parts_lie_where_the_points_do(face):
    """Iris pixels of the map are inside the eye's points, on the picture's own side."""
    for seed in range(12):
        _, found = targets(face, *rngs(seed), SIZE)
        for label, eye in ((Label.LEFT_IRIS, slice(36, 42)), (Label.RIGHT_IRIS, slice(42, 48))):
            rows, columns = np.nonzero(found["parsing"] == label)
            if len(rows) < 4:
                continue
            middle = (np.array([columns.mean(), rows.mean()]) + 0.5) / (SIZE / 2)
            assert np.abs(middle - found["points"][eye].mean(0)).max() < 0.08


def test_a_turned_crop_has_a_turned_view():
    cut = Cut(np.random.default_rng(0), (50, 50, 100, 100), 128)
    for cut.mirrored in (False, True):
        yaw, _, sin, cos = cut.view(30, 0, 10)
        assert yaw == pytest.approx((-1 if cut.mirrored else 1) / 3)
        roll = np.degrees(np.arctan2(sin, cos))
        assert roll == pytest.approx((-10 if cut.mirrored else 10) + cut.angle, abs=1e-3)


def test_the_same_state_gives_the_same_crop(face):
    first, second = (targets(face, *rngs(3), SIZE) for _ in range(2))
    assert (first[0] == second[0]).all()
    assert all((first[1][name] == second[1][name]).all() for name in first[1])


def test_what_is_laid_over_a_face_is_in_its_truth(face, monkeypatch):
    monkeypatch.setattr(reader_crops, "COVERED", 1.0)
    covered = [targets(face, *rngs(seed), SIZE)[1] for seed in range(8)]
    monkeypatch.setattr(reader_crops, "COVERED", 0.0)
    bare = [targets(face, *rngs(seed), SIZE)[1] for seed in range(8)]
    more = [(a["parsing"] == Label.OCCLUDER).sum() > (b["parsing"] == Label.OCCLUDER).sum()
            for a, b in zip(covered, bare)]  # fmt: skip
    assert sum(more) >= 6
    assert all((a["visible"] <= b["visible"]).all() for a, b in zip(covered, bare))
    assert sum(a["visible"].sum() < b["visible"].sum() for a, b in zip(covered, bare)) >= 2


def test_the_networks_order_has_every_age_and_haircut():
    assert set(AGES) == set(character.AGES)
    assert set(HAIRCUTS) == {name for styles in character.HAIR_STYLES.values() for name in styles}


def test_labelled_faces_teach_what_was_labelled():
    picture = np.zeros((100, 100, 3), np.uint8)
    truth = {"group": "man_no_glasses", "view": "profile"}
    _, found = targets(Sample(picture, (20, 20, 50, 50), truth, drawn=False), *rngs(0), SIZE)
    assert found["groups"].tolist() == [0, 0, UNKNOWN, UNKNOWN]
    assert (found["face"], found["profile"], found["posed"]) == (1, 1, 0)
    assert not found["told"].any()
    unknown = Sample(picture, (20, 20, 50, 50), {"group": "unknown", "view": "occluded"})
    _, found = targets(unknown, *rngs(0), SIZE)
    assert found["groups"].tolist() == [UNKNOWN] * 4
    assert found["profile"] == UNKNOWN
    bare = Sample(picture, (20, 20, 50, 50), {"group": "woman"}, drawn=False)
    assert targets(bare, *rngs(0), SIZE)[1]["groups"].tolist() == [1] + [UNKNOWN] * 3


def cut_of(seed):
    """How `targets` cuts a face at 50 to 150 into 64 pixels."""
    face, own = rngs(seed)
    reshaped = Proportions(face) if face.random() < reader_crops.RESHAPED else None
    return Cut(own, (50, 50, 100, 100), 64, reshaped)


def test_the_points_that_people_placed_are_learned_and_no_others():
    points, picture = dotted(), np.zeros((200, 200, 3), np.uint8)
    known = {"8": points[8].tolist(), "36": points[36].tolist()}
    truth = {"points": known, "hidden": [8], "hat": True, "facial_hair": False}
    for seed in range(6):
        _, found = targets(Sample(picture, (50, 50, 100, 100), truth, drawn=False), *rngs(seed), 64)
        cut = cut_of(seed)
        placed = [int(MIRRORED[i]) if cut.mirrored else i for i in (8, 36)]
        assert np.nonzero(found["told"])[0].tolist() == sorted(placed)
        assert np.allclose(found["points"][placed], cut.points(points)[placed], atol=1e-5)
        assert found["visible"][placed[0]] == 0
        assert found["groups"].tolist() == [UNKNOWN, UNKNOWN, 0, 1]


def test_places_in_parts_are_learned_and_nothing_else_of_the_map():
    picture = np.zeros((200, 200, 3), np.uint8)
    spot, far = [100.0, 90.0], [5000.0, 5000.0]
    truth = {"parts": {"left_iris": np.array([spot]), "hair": np.array([far, [-5000.0, 90.0]])}}
    for seed in range(6):
        _, found = targets(Sample(picture, (50, 50, 100, 100), truth, drawn=False), *rngs(seed), 64)
        cut = cut_of(seed)
        x, y = (cut.places(np.array([spot]))[0] * 32).astype(int)
        parsing = found["parsing"]
        iris = Label.RIGHT_IRIS if cut.mirrored else Label.LEFT_IRIS
        assert parsing[y, x] in (iris, Label.OCCLUDER)
        assert (parsing != 255).sum() == 9


def more_file(path, page, **face):
    path.write_text(json.dumps({"pages": {page: {"faces": [face]}}}))
    return path


def test_more_is_known_of_a_face_by_its_page_and_box(drawn_pages, tmp_path):
    name = next(iter(json.loads((drawn_pages / "labels.json").read_text())["pages"]))
    box = [110, 90, 190, 190]
    more = more_file(tmp_path / "a.json", name, box=box, points={"30": [150, 140]}, hat=True)
    pages = load_pages(drawn_pages, more=more)
    faces = [f for p in pages.pages for f in p.people if "points" in f]
    assert len(faces) == 1 and faces[0]["hat"] and faces[0]["points"] == {"30": [150, 140]}
    elsewhere = more_file(tmp_path / "b.json", name, box=[0, 0, 9, 9], points={"30": [150, 140]})
    assert not any("points" in f for p in load_pages(drawn_pages, more=elsewhere).pages
                   for f in p.people)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "value"),
    [("points", {"68": [1, 2]}), ("points", {"3": [1]}), ("points", {"3": [1, float("nan")]}),
     ("parts", {"tail": [[1, 2]]}), ("parts", {"hair": [[1, 2, 3]]})],
)  # fmt: skip
def test_points_and_parts_that_are_none_are_refused(drawn_pages, tmp_path, kind, value):
    name = next(iter(json.loads((drawn_pages / "labels.json").read_text())["pages"]))
    more = more_file(tmp_path / "a.json", name, box=[110, 90, 190, 190], **{kind: value})
    with pytest.raises(DatasetError, match=kind):
        load_pages(drawn_pages, more=more)


def test_pages_give_people_as_faces_and_creatures_as_none(drawn_pages):
    pages = load_pages(drawn_pages)
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert pages.face(rng, 0, rng, 0).box == (110, 90, 80, 100)
        place = pages.place(rng)
        x, y, width, height = place.box
        assert place.truth is None
        low, high = np.maximum((x, y), (110, 90)), np.minimum((x + width, y + height), (190, 190))
        assert np.prod(np.clip(high - low, 0, None)) <= 0.02 * width * height


def test_folders_without_faces_are_named(tmp_path):
    with pytest.raises(DatasetError, match=tmp_path.name):
        load_pages(tmp_path)
    with pytest.raises(DatasetError, match="synth --faces"):
        load_stored(tmp_path, 128)


def test_two_crops_of_a_pair_are_two_drawings_of_one_character():
    samples = [face_of(Drawn(96), 3, drawing) for drawing in (0, 1)]
    seeds = {sample.truth["character_seed"] for sample in samples}
    assert len(seeds) == 1
    assert (samples[0].pixels != samples[1].pixels).mean() > 0.2


@pytest.mark.parametrize("stored", [False, True])
def test_peers_are_the_people_of_one_title(tmp_path, stored):
    source = Drawn(64)
    if stored:
        synth_faces(tmp_path / "faces", 3 * CAST * 2, 5, size=64, drawings=2)
        source = load_stored(tmp_path / "faces", 64)
    for seed in range(4):
        faces = [face_of(source, seed, 0, member) for member in range(PEERS)]
        assert len({face.truth["family"] for face in faces}) == 1
        assert len({face.truth["fill"] for face in faces}) == 1
        key = "character" if stored else "character_seed"
        assert len({face.truth[key] for face in faces}) == PEERS


def test_characters_of_no_title_are_still_learned(tmp_path):
    """Folders that were drawn before titles were, and those with one drawing of each."""
    synth_faces(tmp_path / "faces", 12, 5, size=64)
    source = load_stored(tmp_path / "faces", 64)
    found = {face_of(source, seed, 0).truth["character"] for seed in range(60)}
    assert len(found) == 12
    face_of(source, 0, 0, member=PEERS - 1)

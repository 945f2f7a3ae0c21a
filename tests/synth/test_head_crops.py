"""Properties of streams of face crops."""

import itertools

import numpy as np
import pytest
import skia

from webtoon_curate.synth import crops
from webtoon_curate.synth.crops import CAST, CHUNK, face_crops
from webtoon_curate.synth.heads.hair import hair
from webtoon_curate.synth.labels import FACE_LABELS, Label
from webtoon_curate.synth.light.grade import MOODS, compressed, mood, screentone, worn
from webtoon_curate.synth.people.character import sample_character
from webtoon_curate.synth.people.families import FAMILIES, HELDOUT_FAMILIES
from webtoon_curate.synth.people.poses import EXPRESSIONS


def test_same_seed_gives_the_same_bytes_in_one_process_and_in_two():
    alone = list(face_crops(CHUNK + 3, seed=8, size=96))
    together = list(face_crops(CHUNK + 3, seed=8, size=96, jobs=2))
    for a, b in zip(alone, together, strict=True):
        assert a.rgb.tobytes() == b.rgb.tobytes()
        assert a.labels.tobytes() == b.labels.tobytes()
        if a.truth["face"]:
            assert a.truth["landmarks"].tobytes() == b.truth["landmarks"].tobytes()


def test_a_later_start_continues_the_same_stream():
    whole = list(face_crops(6, seed=3, size=64))
    rest = list(face_crops(2, seed=3, size=64, start=4))
    assert [c.truth["index"] for c in rest] == [4, 5]
    for a, b in zip(whole[4:], rest, strict=True):
        assert (a.rgb == b.rgb).all()


def test_crops_are_drawn_only_as_they_are_read():
    stream = face_crops(10**9, seed=0, size=64)
    assert len(list(itertools.islice(stream, 3))) == 3


def test_crops_hold_the_face_that_the_truth_names():
    for crop in face_crops(40, seed=1, size=128):
        assert crop.rgb.shape == (128, 128, 3) and crop.rgb.dtype == np.uint8
        assert crop.labels.shape == (128, 128) and crop.labels.dtype == np.uint8
        truth = crop.truth
        assert truth["landmarks"].shape == (68, 2) and truth["landmarks"].dtype == np.float32
        assert truth["landmarks_z"].shape == truth["visible"].shape == (68,)
        x, y, width, height = truth["box"]
        assert 0 < x + width / 2 < 128 and 0 < y + height / 2 < 128
        assert 30 < height < 128 and width < 1.5 * 128  # wide heads of comic figures stand out
        assert truth["view"] in ("frontal", "profile", "occluded")
        assert truth["family"] in FAMILIES and truth["expression"] in EXPRESSIONS


def test_negatives_show_no_face_of_anyone():
    for crop in face_crops(40, seed=2, size=96, negatives=1.0):
        assert not crop.truth["face"] and "landmarks" not in crop.truth
        assert not np.isin(crop.labels, list(FACE_LABELS)).any()


def test_animals_among_the_negatives_have_a_box_with_their_head():
    found = 0
    for seed in range(40):
        (crop,) = face_crops(1, seed, 96, negatives=1.0, graded=False)
        if "box" not in crop.truth:
            continue
        x, y, width, height = crop.truth["box"]
        assert 0 < x + width / 2 < 96 and 0 < y + height / 2 < 96
        inner = crop.rgb[int(y + height * 0.3) : int(y + height * 0.9), max(int(x), 0) :]
        assert inner.std() > 5  # it is drawn there
        found += 1
    assert 8 <= found <= 24  # about two fifths


def test_characters_of_a_title_have_one_style_and_titles_have_others():
    crops = list(face_crops(4 * CAST, seed=3, size=48, graded=False, drawings=2))
    titles = [crop.truth["title"] for crop in crops]
    assert titles == sorted(titles) and set(titles) == {0, 1}
    styles = [(crop.truth["family"], crop.truth["fill"]) for crop in crops]
    assert [len(set(styles[part])) for part in (slice(16), slice(16, 32))] == [1, 1]
    assert len({crop.truth["character_seed"] for crop in crops}) == 2 * CAST
    assert styles[0] != styles[16]


def test_families_can_be_chosen_and_reserved_ones_asked_for():
    chosen = {c.truth["family"] for c in face_crops(12, 0, 64, families=("gag", "painted"))}
    assert chosen == {"gag", "painted"}
    reserved = {c.truth["family"] for c in face_crops(12, 0, 64, heldout=True)}
    assert reserved <= set(HELDOUT_FAMILIES)


def test_glasses_and_gender_are_balanced():
    rng = np.random.default_rng(5)
    people = [sample_character(rng) for _ in range(2000)]
    assert 0.4 < np.mean([who.glasses is not None for who in people]) < 0.6
    assert 0.38 < np.mean([who.gender == "woman" for who in people]) < 0.58


@pytest.mark.parametrize("kind", ["shades", "goggles", "mask"])
def test_who_is_covered_by_glasses_wears_some(kind, monkeypatch):
    monkeypatch.setattr(crops, "COVER_SHARE", 1.0)
    monkeypatch.setattr(crops, "sample_cover", lambda rng: kind)
    found = [crop.truth["glasses"] for crop in face_crops(6, seed=3, size=48, graded=False)]
    assert all(found) == (kind != "mask")


@pytest.mark.parametrize("name", sorted(MOODS))
def test_each_mood_keeps_the_shape_and_changes_the_light(name):
    crop = next(face_crops(1, seed=9, size=96, families=("manhwa",), graded=False))
    out, named = mood(crop.rgb, crop.labels, np.random.default_rng(0), name)
    assert named == name
    assert out.shape == crop.rgb.shape and out.dtype == np.uint8
    assert (out == crop.rgb).all() == (name == "none")


def test_night_is_darker_and_bluer():
    crop = next(face_crops(1, seed=9, size=96, graded=False))
    out, _ = mood(crop.rgb, crop.labels, np.random.default_rng(0), "night")
    before, after = crop.rgb.mean((0, 1)), out.mean((0, 1))
    assert after.sum() < before.sum()
    assert after[2] / after[0] > before[2] / before[0]


def test_screentone_keeps_the_mean_of_middle_greys():
    flat = np.full((120, 120, 3), 140, dtype=np.uint8)
    dots = screentone(flat, pitch=6.0, turn=0.6)
    assert set(np.unique(dots)) == {20, 255}
    assert 90 < dots.mean() < 190


def test_compression_loses_little_at_high_quality_and_more_at_low():
    crop = next(face_crops(1, seed=4, size=128, graded=False))
    errors = [
        np.abs(compressed(crop.rgb, quality).astype(int) - crop.rgb).mean() for quality in (95, 15)
    ]
    assert errors[0] < errors[1] < 30


def test_wear_depends_on_the_generator_alone():
    crop = next(face_crops(1, seed=4, size=96, graded=False))
    first = worn(crop.rgb, np.random.default_rng(3))
    second = worn(crop.rgb, np.random.default_rng(3))
    assert (first == second).all()


def test_neighbours_are_background_in_the_labels():
    for crop in face_crops(60, seed=6, size=96, graded=False):
        count = np.isin(crop.labels, [Label.LEFT_IRIS, Label.RIGHT_IRIS]).sum()
        x, y, width, height = crop.truth["box"]
        rows, columns = np.nonzero(np.isin(crop.labels, [Label.LEFT_IRIS, Label.RIGHT_IRIS]))
        if count:
            # A leaning head's box is that of an ellipse, which far eyes can leave a little.
            assert columns.min() > x - 5 and columns.max() < x + width + 5
            assert rows.min() > y - 0.5 * height and rows.max() < y + height + 5


def test_what_is_drawn_needs_no_path_operations(monkeypatch):
    """Skia gives up on the difference or union of some outlines, such as fringes that show eyes."""

    def gives_up(*paths):
        raise RuntimeError("Failed to combine paths")

    monkeypatch.setattr(skia, "Op", gives_up)
    monkeypatch.setattr(hair, "CLEAR_FRINGE", 1)
    for crop in face_crops(30, 70, 64, drawings=2):
        assert crop.truth["face"]

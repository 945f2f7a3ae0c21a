from __future__ import annotations

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from webtoon_curate.cli import main
from webtoon_curate.errors import ImageError, ModelError
from webtoon_curate.evaluate import kept
from webtoon_curate.evaluate.features import (
    SIDE,
    Seen,
    features_of,
    load_extractor,
    pictures_of,
)
from webtoon_curate.evaluate.kept import PairsError, evaluate_kept, pairs_of
from webtoon_curate.reader import load_reader

pytest.importorskip("skia")


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Twelve drawn faces, the same a little darker, and twelve others with the same names."""
    from webtoon_curate.synth.crops import face_crops

    folder = tmp_path_factory.mktemp("faces")
    for seed, names in ((0, ("one", "darker")), (1, ("others",))):
        for index, crop in enumerate(face_crops(12, seed, 160, ["anime"], graded=False)):
            for name in names:
                (folder / name).mkdir(exist_ok=True)
                pixels = crop.rgb if name != "darker" else (crop.rgb * 0.9).astype(np.uint8)
                cv2.imwrite(str(folder / name / f"{index:02d}.png"), pixels[:, :, ::-1])
    return folder


def test_what_hardly_changes_is_kept(faces):
    reader = load_reader()
    kept, lost = (
        evaluate_kept(pairs_of(faces / "one", faces / name)[:6], reader)
        for name in ("darker", "others")
    )
    assert kept.points.nme < 0.05 < lost.points.nme
    assert kept.hair_kept > max(0.5, lost.hair_kept)
    assert kept.skin < lost.skin
    assert sum(kept.groups.values()) == kept.faces == 6


def test_pictures_without_a_partner_are_told(faces, tmp_path):
    cv2.imwrite(str(tmp_path / "nobody.png"), np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(PairsError, match="name"):
        pairs_of(faces / "one", tmp_path)


def test_equal_names_in_different_folders_are_not_mixed_up(faces, tmp_path):
    for side in ("a", "b"):
        for episode in ("1", "2"):
            (tmp_path / side / episode).mkdir(parents=True)
            cv2.imwrite(str(tmp_path / side / episode / "0.png"), np.zeros((8, 8, 3), np.uint8))
    pairs = pairs_of(tmp_path / "a", tmp_path / "b")
    assert [(one.parent.name, two.parent.name) for one, two in pairs] == [("1", "1"), ("2", "2")]


def test_the_crops_of_a_dataset_have_the_places_that_translate_gives_them(tmp_path, monkeypatch):
    dataset, translated = tmp_path / "dataset", tmp_path / "translated"
    for folder in (dataset / "crops", translated):
        for episode in ("1", "2"):
            (folder / "title" / episode).mkdir(parents=True)
            (folder / "title" / episode / "0-0.png").touch()
    monkeypatch.setattr(kept, "pictures_of", lambda folder: sorted(folder.rglob("*.png")))
    monkeypatch.setattr(kept.Dataset, "exists", staticmethod(lambda folder: folder == dataset))
    pairs = pairs_of(dataset, translated)
    assert [(one.parent.name, two.parent.name) for one, two in pairs] == [("1", "1"), ("2", "2")]


def test_a_set_is_nearer_to_itself_than_to_others(faces):
    result = CliRunner().invoke(
        main, ["evaluate", "kid", str(faces / "one"), str(faces / "darker"), "--json"]
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["pictures"] == [12, 12]
    assert "kid_x1000@reader" in found
    far = CliRunner().invoke(
        main, ["evaluate", "kid", str(faces / "one"), str(faces / "others"), "--json"]
    )
    assert found["kid_x1000@reader"] < json.loads(far.stdout)["kid_x1000@reader"]


def test_fid_of_twelve_pictures_is_refused(faces):
    result = CliRunner().invoke(main, ["evaluate", "fid", *[str(faces / "one")] * 2])
    assert result.exit_code == 1
    assert "evaluate kid" in result.output


def test_features_of_other_networks(faces, tmp_path):
    torch = pytest.importorskip("torch")

    class Means(torch.nn.Module):
        def forward(self, pictures):
            return pictures.float().mean((2, 3))

    path = tmp_path / "means.pt"
    torch.jit.script(Means()).save(str(path))
    extractor = load_extractor(str(path))
    paths = pictures_of(faces / "one")
    found = features_of(paths, extractor)
    assert extractor.name == "means"
    wanted = [cv2.imread(str(p))[:, :, ::-1].mean((0, 1)) for p in paths]
    assert np.allclose(found, wanted, atol=2)


@pytest.mark.parametrize("size", [48, 80, 96, 128])
def test_parts_cover_the_crop_whatever_the_size_of_the_reader(size):
    half = np.zeros((1, size, size), np.uint8)
    half[:, :, size // 2 :] = 7
    parts = Seen(SimpleNamespace(parsing=half), [], np.zeros((1, 3))).parts(0)
    assert parts.shape == (SIDE, SIDE)
    assert (parts[:, : SIDE // 2] == 0).all() and (parts[:, SIDE // 2 :] == 7).all()


def test_a_damaged_picture_among_many_is_named(tmp_path):
    path = tmp_path / "one" / "007.png"
    path.parent.mkdir()
    path.write_bytes(b"no picture")
    for measure in (features_of, evaluate_kept):
        with pytest.raises(ImageError, match=r"one.007\.png: "):
            measure([path] if measure is features_of else [(path, path)], None)


def test_folders_that_hold_no_pages_are_passed_over(faces, tmp_path):
    import shutil

    shutil.copytree(faces / "one", tmp_path / "all")
    shutil.copytree(faces / "one", tmp_path / "all" / "truth" / "masks")
    assert len(pictures_of(tmp_path / "all")) == 2 * len(pictures_of(faces / "one"))
    (tmp_path / "all" / "truth" / ".nopages").touch()
    assert len(pictures_of(tmp_path / "all")) == len(pictures_of(faces / "one"))
    assert pictures_of(tmp_path / "all" / "truth")  # asked for by name


def test_a_model_for_features_is_taken_once_it_is_pulled(faces, tmp_path, monkeypatch):
    import hashlib
    from dataclasses import replace

    torch = pytest.importorskip("torch")
    from webtoon_curate.models import cards, find_card

    class Means(torch.nn.Module):
        def forward(self, pictures):
            return pictures.float().mean((2, 3))

    monkeypatch.setenv("WEBTOON_CURATE_MODELS", str(tmp_path))
    monkeypatch.setattr("webtoon_curate.models.store.cache_folder", lambda: tmp_path / "cache")
    with pytest.raises(ModelError, match="models pull inception"):
        load_extractor("inception")
    path = tmp_path / find_card("inception").file
    torch.jit.script(Means()).save(str(path))
    known = replace(find_card("inception"), sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setitem(cards._registered, "inception", known)
    extractor = load_extractor("inception")
    assert extractor.name == "inception-2015-12-05"
    assert features_of(pictures_of(faces / "one"), extractor).shape == (12, 3)


def test_a_network_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ModelError, match="features"):
        load_extractor(str(tmp_path / "none.onnx"))

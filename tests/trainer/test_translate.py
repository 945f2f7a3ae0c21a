"""Trained generators on folders, datasets and pages."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch
from PIL import Image
from translation_runs import GROUPS, made, saved

from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError, ModelError
from webtoon_curate.export.layers import landmark_layer
from webtoon_curate.faces import Detections
from webtoon_curate.images import decode
from webtoon_curate.manifest import read_manifest
from webtoon_curate.trainer.translate import Completed, Translator
from webtoon_curate.trainer.translate_faces import (
    check_output,
    items_of,
    translate_faces,
    write_picture,
)
from webtoon_curate.trainer.translate_pages import (
    paste,
    soft_mask,
    translate_dataset_pages,
    translate_pictures,
)


def translator(tmp_path, method="ugatit", **settings):
    return Translator(saved(tmp_path / "run", method, **settings).folder, "cpu")


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    from truth_dataset import make, split

    dataset = make(tmp_path_factory.mktemp("translate") / "drawn", 2, panels=8)
    split(dataset, ("train", "test"))
    return dataset


@pytest.mark.parametrize(
    "method, net, settings",
    [("pix2pix", "generator", {"version": "v1", "dropout": "true"}), ("cyclegan", "a2b", {})],
)
def test_the_averaged_weights_draw_without_dropout(tmp_path, method, net, settings):
    run = saved(tmp_path / "run", method, **settings)
    loaded, faces = Translator(run.folder, "cpu"), made(2)
    inputs = torch.stack([loaded.entered(face) for face in faces])
    with torch.no_grad():
        wanted, other = run.averages[net](inputs), run.method.nets[net].eval()(inputs)
    assert torch.allclose(loaded.drawn(inputs), wanted, atol=1e-6)
    assert not torch.allclose(loaded.drawn(inputs), other, atol=1e-3)


@pytest.mark.parametrize("method", ["cyclegan", "ugatit", "fewshot"])
def test_there_is_a_way_back(tmp_path, method):
    """It uses the other generator's weights, on the same input."""
    folder = saved(tmp_path / "run", method).folder
    there, back = (Translator(folder, "cpu", back=way) for way in (False, True))
    assert (there.direction, back.direction) == ("a2b", "b2a")
    faces, group = made(2), GROUPS[0] if method == "fewshot" else None
    entered = [torch.stack([t.entered(face) for face in faces]) for t in (there, back)]
    assert torch.equal(*entered)
    drawn = [t.drawn(entered[0], group) for t in (there, back)]
    assert not torch.allclose(*drawn)
    for face in made(2):
        write(tmp_path / "in" / f"{face.row['face_id']}.png", face.image)
    if method == "ugatit":
        command = ["translate", str(folder), str(tmp_path / "in"), "-o", str(tmp_path / "out")]
        result = CliRunner().invoke(main, [*command, "--back", "--device", "cpu"])
        assert result.exit_code == 0, result.output
        assert json.loads((tmp_path / "out" / "translate.json").read_text())["direction"] == "b2a"
        pixels = (drawn[1].clamp(-1, 1) + 1).mul(127.5).round().to(torch.uint8).permute(0, 2, 3, 1)
        for face, wanted in zip(faces, pixels.numpy()):
            name = face.row["face_id"]
            assert np.array_equal(decode(tmp_path / "out" / f"{name}.png"), wanted)


def test_pix2pix_has_no_way_back(tmp_path):
    run = saved(tmp_path / "run", "pix2pix").folder
    with pytest.raises(ModelError, match="no way back"):
        Translator(run, "cpu", back=True)


def test_batch_statistics_are_not_averaged(tmp_path):
    run = saved(tmp_path / "run", "pix2pix", norm="batch", batch=2)
    assert not run.averages
    with torch.no_grad():
        for weight in run.method.generator.parameters():
            weight.add_(0.1)
    run.save()
    drawing = Translator(run.folder, "cpu").drawing()
    x = torch.randn(2, 1, 32, 32)
    with torch.no_grad():
        assert torch.equal(drawing(x), run.method.generator.eval()(x))


@pytest.mark.parametrize("method", ["pix2pix", "fewshot"])
def test_a_face_is_drawn_alike_in_any_company(tmp_path, method):
    settings = {"version": "v3"} if method == "pix2pix" else {}
    loaded, faces = translator(tmp_path, method, **settings), made(10)
    groups = [GROUPS[number % 2] for number in range(10)]
    together = loaded(faces, groups)
    for number in (0, 3, 9):
        (alone,) = loaded([faces[number]], [groups[number]])
        assert np.abs(alone.astype(int) - together[number]).max() <= 1


def test_each_group_has_its_branch(tmp_path):
    loaded, (face,) = translator(tmp_path, "fewshot"), made(1)
    one, two = (loaded([face], [group])[0] for group in GROUPS)
    assert not np.array_equal(one, two)
    with pytest.raises(ModelError, match=r"woman_glasses, man_glasses, not None.*--group"):
        loaded([face], [None])


def test_a_run_is_needed_and_its_own_weights(tmp_path):
    with pytest.raises(ModelError, match="no checkpoint"):
        Translator(tmp_path)
    run = saved(tmp_path / "run", "cyclegan").folder
    newest = max((run / "checkpoints").glob("*.json"))
    about = json.loads(newest.read_text())
    newest.write_text(json.dumps(about | {"config": about["config"] | {"width": 16}}))
    with pytest.raises(ModelError, match="another network"):
        Translator(run)
    newest.with_suffix(".safetensors").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="no whole checkpoint"):
        Translator(run)
    newest.write_text("{")
    with pytest.raises(ModelError, match="no whole checkpoint"):
        Translator(run)


def test_a_condition_of_other_channels_is_refused(tmp_path):
    loaded, (face,) = translator(tmp_path, "pix2pix", inputs=3), made(1)
    assert [name for name, _ in loaded.parts] == ["condition"]
    with pytest.raises(DatasetError, match=r"3 channels.*1"):
        loaded.entered(face)
    drawn = replace(face, condition=np.zeros((48, 48, 3), np.uint8))
    assert loaded.entered(drawn).shape == (3, 32, 32)


def test_a_folder_is_translated_and_damage_told(tmp_path):
    rng = np.random.default_rng(0)
    folder, out = tmp_path / "photos", tmp_path / "out"
    for name in ("a.png", "a.jpg", "below/b.webp"):
        write(folder / name, rng.integers(0, 256, (90, 70, 3), np.uint8))
    (folder / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\nno picture")
    (folder / "notes.txt").write_text("no picture")
    run = saved(tmp_path / "run", "ugatit").folder
    command = ["translate", str(run), str(folder), "-o", str(out)]
    first = CliRunner().invoke(main, [*command, "--json"])
    assert first.exit_code == 3, first.output
    names = ["a.jpg.png", "a.png.png", "below/b.png"]
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*.png")) == names
    assert all(decode(out / name).shape == (64, 64, 3) for name in names)
    told = json.loads(first.stdout)
    assert (told["faces"], [path for path, _ in told["rejects"]]) == (3, ["damaged"])
    assert json.loads((out / "translate.json").read_text())["method"] == "ugatit"
    before = {name: (out / name).read_bytes() for name in names}
    assert CliRunner().invoke(main, command).exit_code == 3
    assert before == {name: (out / name).read_bytes() for name in names}


def test_alpha_is_a_landmark_layer_only_where_it_looks_like_one(tmp_path):
    (face,) = made(1)
    layer = landmark_layer(face.points, 48, "points", 1.0)
    write(tmp_path / "in" / "layer.png", np.dstack([face.image, layer]))
    blobs = landmark_layer(face.points, 48, "blobs", 12.0)
    assert (blobs > 127).mean() > 0.5
    write(tmp_path / "in" / "blobs.png", np.dstack([face.image, blobs]))
    write(tmp_path / "in" / "opaque.png", np.dstack([face.image, np.full_like(layer, 255)]))
    cut = np.full_like(layer, 255)
    cut[:, :10] = 0
    write(tmp_path / "in" / "cutout.png", np.dstack([face.image, cut]))
    found = {item.name: item.load() for item in items_of(tmp_path / "in")}
    assert np.array_equal(found["layer"].layer, layer)
    assert np.array_equal(found["blobs"].layer, blobs)
    assert found["opaque"].layer is None and found["cutout"].layer is None
    assert np.array_equal(found["opaque"].image, face.image)
    assert (found["cutout"].image[:, :10] == 255).all()
    assert np.array_equal(found["cutout"].image[:, 10:], face.image[:, 10:])


def test_no_picture_is_written_outside_the_output(tmp_path):
    pixels = np.zeros((4, 4, 3), np.uint8)
    write_picture(tmp_path / "out", "title/episode/page", pixels)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for name in ("../page", "title/../../page", str(tmp_path / "page")):
        with pytest.raises(DatasetError, match="leads out of"):
            write_picture(tmp_path / "out", name, pixels)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_output_may_not_lie_in_the_source(tmp_path):
    for out in (tmp_path, tmp_path / "drawn" / "new"):
        with pytest.raises(DatasetError, match="another folder"):
            check_output(tmp_path, out)
    check_output(tmp_path / "photos", tmp_path / "out")


def test_a_dataset_gives_its_kept_crops(drawn, tmp_path):
    rows = read_manifest(drawn.path).to_pylist()
    kept = [row for row in rows if row["keep"] and row["crop"]]
    items = items_of(drawn.path)
    assert len(items) == len(kept)
    tests = items_of(drawn.path, "test")
    assert len(tests) == sum(row["split"] == "test" for row in kept)
    loaded, out = translator(tmp_path, "pix2pix", version="v2"), tmp_path / "out"
    result = translate_faces(loaded, tests, out)
    assert (result.faces, result.rejects) == (len(tests), ())
    assert {p.relative_to(out).as_posix() for p in out.rglob("*.png")} == {
        row["crop"].removeprefix("crops/") for row in kept if row["split"] == "test"
    }


def test_a_crop_that_is_gone_is_told(drawn, tmp_path):
    items = items_of(drawn.path)[:2]
    faces, place = items[0].source
    gone = replace(items[0], source=(_Elsewhere(faces, tmp_path), place))
    result = translate_faces(translator(tmp_path), [gone, items[1]], tmp_path / "out")
    assert result.faces == 1 and "cannot read" in result.rejects[0][1]


class _Elsewhere:
    """A dataset's faces, its folder moved away."""

    def __init__(self, faces, path):
        self.faces, self.path = faces, path

    def __getitem__(self, index):
        before, self.faces.path = self.faces.path, self.path
        try:
            return self.faces[index]
        finally:
            self.faces.path = before


def test_what_a_face_lacks_is_read(monkeypatch):
    (face,) = made(1)
    assert Completed({"points", "colors"})([face]) == [face]
    bare = replace(face, points=None, colors={})
    assert Completed(set())([bare]) == [bare]

    class Reader:
        def __call__(self, crops):
            from webtoon_curate.reader import Readings

            empty = Readings.none()
            n = len(crops)
            ones = {f: np.ones((n, *getattr(empty, f).shape[1:]), np.float32) for f in vars(empty)}
            points = np.random.default_rng(0).uniform(10, 40, (n, 68, 2)).astype(np.float32)
            parsing = np.ones((n, 96, 96), np.uint8)
            return Readings(**{**ones, "landmarks": points, "parsing": parsing})

    monkeypatch.setattr("webtoon_curate.trainer.translate.load_reader", lambda **_: Reader())
    (read,) = Completed({"points", "colors"})([bare])
    assert read.points.shape == (68, 2) and np.isfinite(read.points).all()
    assert read.parsing is face.parsing  # what is known stays
    (parsed,) = Completed({"parsing"})([replace(face, parsing=None)])
    assert parsed.parsing.shape == face.image.shape[:2] and parsed.parsing.any()
    assert parsed.colors == face.colors and parsed.points is face.points
    (colored,) = Completed({"points"})([replace(bare, colors=face.colors)])
    assert colored.colors == face.colors


class _Finder:
    """Finds the boxes it was made with."""

    min_score = 0.5

    def __init__(self, *boxes):
        from webtoon_curate.detect.tiling import Tiling

        self.tiling, self.boxes = Tiling(), np.array(boxes, np.float32).reshape(-1, 4)

    def __call__(self, windows):
        return [Detections(self.boxes, np.ones(len(self.boxes))) for _ in windows]


def test_only_the_faces_of_a_page_change(tmp_path):
    rng = np.random.default_rng(1)
    page = rng.integers(0, 256, (300, 400, 3), np.uint8)
    write(tmp_path / "pages" / "one.png", page)
    finder = _Finder((100, 100, 50, 50), (380, 250, 30, 40))  # the second reaches beyond
    result = translate_pictures(translator(tmp_path), tmp_path / "pages", tmp_path / "o", finder)
    assert (result.pictures, result.faces) == (1, 2)
    changed = (decode(tmp_path / "o" / "one.png") != page).any(axis=2)
    assert changed[110:140, 110:140].mean() > 0.98  # the first box: 90 px around (125, 135)
    outside = changed.copy()
    outside[90:180, 80:170] = False
    outside[240:, 359:] = False
    assert not outside.any() and changed[260:, 380:].any()


def test_a_page_without_faces_stays_and_a_damaged_one_is_told(tmp_path):
    page = np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8)
    write(tmp_path / "pages" / "one.png", page)
    (tmp_path / "pages" / "two.png").write_bytes(b"\x89PNG\r\n\x1a\nno picture")
    result = translate_pictures(translator(tmp_path), tmp_path / "pages", tmp_path / "o", _Finder())
    assert (result.pictures, result.faces, result.rejects[0][0]) == (1, 0, "two.png")
    assert np.array_equal(decode(tmp_path / "o" / "one.png"), page)


def test_the_pages_of_a_dataset_keep_what_is_no_face(drawn, tmp_path):
    out = tmp_path / "out"
    result = translate_dataset_pages(translator(tmp_path, "cyclegan"), drawn.path, out)
    pages = [
        (title, episode, row)
        for title, episode in Dataset(drawn.path).tables["pages"].episodes()
        for row in Dataset(drawn.path).tables["pages"].read(title, episode).to_pylist()
    ]
    assert result.pictures == len(pages) and not result.rejects
    faces = read_manifest(drawn.path).to_pylist()
    source, changed = drawn.path.with_name(f"{drawn.path.name}-source"), 0
    for title, episode, row in pages:
        before = decode(next(source.rglob(f"{title}/{episode}/{row['page']}")))
        after = decode(out / title / episode / f"{row['page'].rsplit('.', 1)[0]}.png")
        assert after.shape == before.shape
        differs = (after != before).any(axis=2)
        for face in faces:
            if (face["title"], face["episode"]) == (title, episode):
                longer = max(face["width"], face["height"])
                x, y = face["x"] + face["width"] / 2, face["y"] + face["height"] / 2 - row["y"]
                y, half = y + 0.2 * longer, 0.9 * longer + 1
                rows = slice(max(0, int(y - half)), max(0, int(y + half) + 1))
                columns = slice(max(0, int(x - half)), max(0, int(x + half) + 1))
                changed += differs[rows, columns].sum()
                differs[rows, columns] = False
        assert not differs.any()
    assert changed > 1000


def test_the_mask_is_soft():
    mask = soft_mask(64)
    assert mask[20:44, 20:44].min() == 1 and mask[0].max() < 0.01 and mask[:, -1].max() < 0.01
    assert np.abs(np.diff(mask, axis=0)).max() < 0.2
    np.testing.assert_allclose(mask, mask[::-1, ::-1], atol=1e-6)
    page = np.full((40, 40, 3), 100, np.uint8)
    paste(page, np.full((20, 20, 3), 200, np.uint8), 30, -10)
    assert page[0, 39].tolist() == [200] * 3 and page[12:].max() == page[:, :29].max() == 100
    paste(page, np.zeros((20, 20, 3), np.uint8), 500, 500)

"""The condition-swap test names what a generator does not look at."""

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
from translation_runs import made, saved

from webtoon_curate.cli import main
from webtoon_curate.errors import DatasetError
from webtoon_curate.trainer.condition import THRESHOLD, condition_test
from webtoon_curate.trainer.translate import Translator


def deaf(tmp_path, method, part, share=0.0, **settings):
    """A translator whose first layer hears a part of its input with that share of the weights."""
    translator = Translator(saved(tmp_path / f"{method}-{share}", method, **settings).folder, "cpu")
    first = next(m for m in translator.drawing().modules() if isinstance(m, torch.nn.Conv2d))
    with torch.no_grad():
        first.weight[:, translator.place(part)] *= share
    return translator


def ratios(result):
    return {swap.part: swap.ratio for swap in result.swaps}


@pytest.mark.parametrize(
    "method, part, settings",
    [
        ("pix2pix", "colors", {"version": "v2", "colors": "planes"}),
        ("pix2pix", "points", {"version": "v2"}),
        ("pix2pix", "points", {"version": "v3"}),
        ("pix2pix", "noise", {"version": "v3"}),
        ("cyclegan", "points", {}),
    ],
)
def test_what_has_no_weight_is_named_and_nothing_else(tmp_path, method, part, settings):
    translator = deaf(tmp_path, method, part, **settings)
    result = condition_test(translator, made(8))
    assert not result.constant and result.difference > 0
    assert result.ignored == (part,) and ratios(result)[part] == 0
    others = [ratio for name, ratio in ratios(result).items() if name != part]
    assert min(others) >= THRESHOLD


def test_painted_colors_and_their_regions_are_told_apart(tmp_path):
    faces = made(8)
    alike = [replace(face, parsing=faces[0].parsing) for face in faces]
    result = condition_test(deaf(tmp_path, "pix2pix", "points", 0.5, version="v2"), alike)
    assert ratios(result)["regions"] is None
    assert ratios(result)["colors"] > THRESHOLD
    gone = condition_test(deaf(tmp_path, "pix2pix", "colors", 0.0, version="v3"), faces)
    assert gone.ignored == ("colors", "regions")


def test_the_less_weight_the_lower_the_ratio(tmp_path):
    shares = (0.0, 0.03, 1.0)
    found = [
        ratios(condition_test(deaf(tmp_path, "cyclegan", "points", share), made(8)))["points"]
        for share in shares
    ]
    assert found == sorted(found) and found[0] == 0 < found[1] < found[2]


def test_a_single_part_decides_everything(tmp_path):
    result = condition_test(Translator(saved(tmp_path / "run", "ugatit").folder, "cpu"), made(6))
    assert ratios(result) == {"picture": 1.0}


def test_a_model_that_draws_one_face_ignores_all(tmp_path):
    translator = deaf(tmp_path, "pix2pix", "points", version="v1")
    result = condition_test(translator, made(4))
    assert result.constant and result.ignored == ("points",) and result.difference == 0


def test_what_is_the_same_in_all_faces_has_no_ratio(tmp_path):
    translator = Translator(saved(tmp_path / "run", "pix2pix", version="v2").folder, "cpu")
    faces = [replace(face, colors={}) for face in made(4)]
    result = condition_test(translator, faces)
    assert ratios(result)["colors"] is None and "colors" not in result.ignored


def test_the_seed_chooses_the_pairs(tmp_path):
    translator = Translator(saved(tmp_path / "run", "pix2pix", version="v3").folder, "cpu")
    first, again, other = (condition_test(translator, made(6), seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    with pytest.raises(DatasetError, match="two faces"):
        condition_test(translator, made(1))


def test_the_command_names_what_is_ignored(tmp_path):
    """A generator whose weights for the picture are 0, and whose bias makes one picture."""
    run = saved(tmp_path / "run", "ugatit")
    with torch.no_grad():
        next(run.averages["a2b"].parameters()).zero_()
    run.step = 2
    run.save()
    rng = np.random.default_rng(0)
    (tmp_path / "data").mkdir()
    for name in "abc":
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(
            tmp_path / "data" / f"{name}.png"
        )
    command = ["evaluate", "condition", str(run.folder), "--data", str(tmp_path / "data")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    assert "IGNORED" in result.stdout and "the same face" in result.stdout
    told = json.loads(CliRunner().invoke(main, [*command, "--json"]).stdout)
    assert (told["ignored"], told["faces"], told["step"]) == (["picture"], 3, 2)

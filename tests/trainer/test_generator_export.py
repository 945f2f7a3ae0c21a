"""Generators as ONNX files: they draw what PyTorch draws."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("onnx")

import onnx
import torch
from translation_runs import GROUPS, made, saved

from webtoon_curate.cli import main
from webtoon_curate.errors import ModelError
from webtoon_curate.models.runtime import open_session
from webtoon_curate.trainer import generator_export
from webtoon_curate.trainer.generator_export import INPUT, OUTPUT, export_generator
from webtoon_curate.trainer.translate import Translator

RUNS = [
    ("pix2pix", {"version": "v3"}),
    ("cyclegan", {"landmarks": "condition"}),
    ("cyclegan", {"landmarks": "output"}),
    ("ugatit", {"light": "false"}),
    ("ugatit", {"light": "true"}),
    ("ugatit", {"net": "hourglass", "light": "false"}),
    ("fewshot", {"baseline": 1}),
    ("fewshot", {"baseline": 2}),
]


@pytest.mark.parametrize("method, settings", RUNS)
def test_the_file_draws_what_pytorch_draws(tmp_path, method, settings):
    translator = Translator(saved(tmp_path / "run", method, **settings).folder, "cpu")
    group = GROUPS[1] if translator.groups else None
    assert export_generator(translator, tmp_path / "net.onnx", group) <= 1e-4
    inputs = torch.stack([translator.entered(face) for face in made(3, 5)])
    session = open_session(tmp_path / "net.onnx", "cpu")
    (found,) = session.run([OUTPUT], {INPUT: inputs.numpy()})
    assert found.shape == (3, 3, translator.size, translator.size)
    np.testing.assert_allclose(found, translator.drawn(inputs, group).numpy(), atol=1e-4)
    about = {p.key: p.value for p in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert about["channels"].split() == list(translator.channels)
    assert (about["method"], about["group"]) == (translator.method, group or "")


def test_a_file_that_draws_otherwise_is_not_written(tmp_path, monkeypatch):
    translator = Translator(saved(tmp_path / "run", "pix2pix").folder, "cpu")
    monkeypatch.setattr(generator_export, "_error", lambda *_: float("nan"))
    with pytest.raises(ModelError, match="not written"):
        export_generator(translator, tmp_path / "net.onnx")
    assert not list(tmp_path.glob("net.onnx*"))


def test_the_command_tells_the_names(tmp_path):
    run = saved(tmp_path / "run", "pix2pix", version="v2").folder
    result = CliRunner().invoke(main, ["export-onnx", str(run), "-o", str(tmp_path / "n.onnx")])
    assert result.exit_code == 0, result.output
    assert "input   n x 4 x 32 x 32" in result.stdout and "painted_red" in result.stdout


def test_runs_that_make_no_pictures_are_refused(tmp_path):
    run = saved(tmp_path / "run", "pix2pix").folder
    newest = max((run / "checkpoints").glob("*.json"))
    newest.write_text(json.dumps(json.loads(newest.read_text()) | {"method": "reader"}))
    result = CliRunner().invoke(main, ["export-onnx", str(run), "-o", str(tmp_path / "n.onnx")])
    assert result.exit_code == 1 and "reader, which makes no pictures" in result.stderr

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("skia")

import torch

from webtoon_curate.cli import main
from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.methods.reader import PRESETS, Crops, ReaderConfig, ReaderMethod
from webtoon_curate.trainer.nets.reader import GROUPS, PARTS, ReaderNet
from webtoon_curate.trainer.reader_faces import PEERS, Drawn
from webtoon_curate.trainer.reader_losses import overlap_loss, pair_loss, reader_losses

BUNDLED = "webtoon_reader"
TINY = ReaderConfig(**{**PRESETS["tiny"], "batch": 4})


@pytest.fixture(scope="module")
def batch():
    crops = Crops([(Drawn(TINY.drawing), 1.0)], TINY)
    return torch.utils.data.default_collate([crops[i] for i in range(TINY.batch)])


def test_two_crops_of_a_batch_show_one_face(batch):
    for name in ("face", "age", "haircut"):
        assert (batch[name][::2] == batch[name][1::2]).all(), name
    assert not torch.equal(batch["pixels"][0], batch["pixels"][1])


def test_peers_in_a_row_are_the_people_of_one_title():
    """Else style would tell them apart."""
    asked = []

    class Asked(Drawn):
        def face(self, rng, drawing, title, member):
            asked.append((int(title.integers(1 << 32)), member, drawing))
            return super().face(rng, drawing, np.random.default_rng(0), member)

    crops = Crops([(Asked(TINY.drawing), 1.0)], replace(TINY, places=0.0))
    for index in range(0, 4 * PEERS, 2):
        crops[index], crops[index + 1]
    titles = [title for title, _, _ in asked]
    assert [len(set(titles[: 2 * PEERS])), len(set(titles))] == [1, 2]
    people = [(member, drawing) for _, member, drawing in asked]
    assert people == 2 * [(member, drawing) for member in range(PEERS) for drawing in (0, 1)]


def test_a_batch_is_learned_by_heart(batch):
    """The losses of a few fixed crops fall: gradients reach every head."""
    torch.manual_seed(0)
    method = ReaderMethod(ReaderConfig(size=64, width=0.25, batch=4, learning_rate=4e-3))
    losses = [method.step(batch) for _ in range(25)]
    for name in ("points", "depth", "parsing", "groups", "view", "about"):
        assert losses[-1][name] < 0.8 * losses[0][name], name
    assert losses[-1]["heat"] < losses[0]["heat"] - 0.2


def test_unknown_targets_pull_at_nothing(batch):
    torch.manual_seed(0)
    net = ReaderNet(64, 0.25).train()
    blank = {name: value.clone() for name, value in batch.items()}
    blank["told"].zero_()
    blank["posed"].zero_()
    blank["parsing"].fill_(255)
    blank["groups"].fill_(-1)
    losses = reader_losses(net(blank["pixels"].permute(0, 3, 1, 2).float()), blank)
    for name in ("points", "heat", "spread", "depth", "parsing", "groups", "view", "profile"):
        assert losses[name] == 0, name


def test_what_parts_lack_of_overlap_is_lost():
    """Half of a part found, of pixels that are known, is an overlap of 2/3."""
    wanted = torch.zeros(1, 4, 4, dtype=torch.long)
    wanted[:, :2] = 1
    known = torch.ones(1, 4, 4)

    def loss(found, known=known):
        sure = 50.0 * torch.nn.functional.one_hot(found, PARTS).permute(0, 3, 1, 2)
        return overlap_loss(sure, wanted, known).item()

    assert loss(wanted) == pytest.approx(0, abs=1e-4)
    assert loss(1 - wanted) == pytest.approx(1, abs=1e-4)
    half = wanted.clone()
    half[:, 0] = 0
    assert loss(half) == pytest.approx(1 - (2 / 3 + 2 * 8 / 20) / 2, abs=1e-4)
    known_rest = known.clone()
    known_rest[:, 0] = 0
    assert loss(half, known_rest) == pytest.approx(0, abs=1e-4)
    assert loss(wanted, torch.zeros(1, 4, 4)) == 0


def test_layers_that_correct_change_nothing_until_they_are_trained():
    torch.manual_seed(0)
    net = ReaderNet(64, 0.25).eval()
    crops = torch.rand(2, 3, 64, 64) * 255
    before = net(crops)
    for refine in net.refine:
        torch.nn.init.normal_(refine.second.weight)
    torch.nn.init.normal_(net.lines[0][0].weight)
    after = net(crops)
    for name in ("points", "parsing"):
        assert torch.equal(getattr(before, name), getattr(after, name)), name


def test_pairs_that_agree_lose_least():
    torch.manual_seed(0)
    one = torch.eye(4, 8).repeat_interleave(2, 0)
    assert pair_loss(one, torch.ones(8)) < 0.01
    assert pair_loss(torch.randn(8, 8), torch.ones(8)) > 0.5
    assert pair_loss(torch.randn(8, 8), torch.zeros(8)) == 0


def test_a_mean_of_heat_lies_where_the_heat_is():
    net = ReaderNet(64, 0.25)
    heat = torch.full((1, 68, 16, 16), -50.0)
    heat[:, :, 4, 11] = 50.0
    middle, width = net._means(heat)
    assert middle[0, 0].tolist() == pytest.approx([11.5 / 16, 4.5 / 16])
    assert width.max() < 0.01


@pytest.mark.parametrize("values", [{"size": 100}, {"batch": 3}, {"device": "tpu"}])
def test_settings_that_cannot_work_are_refused(values):
    with pytest.raises(ConfigError):
        ReaderConfig(**values)


def test_the_exported_reader_is_the_trained_one(tmp_path):
    pytest.importorskip("onnx")
    import onnxruntime

    from webtoon_curate.reader.network import OUTPUTS
    from webtoon_curate.trainer.reader_export import export_reader

    torch.manual_seed(1)
    net = ReaderNet(64, 0.5).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
    torch.nn.init.normal_(net.whole.weight, std=0.05)
    export_reader(net, tmp_path / "net.onnx")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    theirs = dict(zip(OUTPUTS, session.run(list(OUTPUTS), {"pixels": pixels})))
    with torch.no_grad():
        ours = net(torch.from_numpy(pixels).permute(0, 3, 1, 2).float())
    for name in ("points", "spread", "depth", "face", "groups", "view"):
        assert np.abs(getattr(ours, name).numpy() - theirs[name]).max() < 1e-4, name
    assert (ours.parsing.argmax(1).numpy() == theirs["parsing"]).mean() > 0.999
    unit = torch.nn.functional.normalize(ours.embedding, dim=1).numpy()
    assert np.abs(unit - theirs["embedding"]).max() < 1e-4
    assert theirs["groups"].shape == (3, len(GROUPS))
    assert theirs["parsing"].max() < PARTS


def test_the_full_reader_keeps_its_limits():
    """At most 15 MB of float32 and 2 GFLOPs a crop, counted by PyTorch."""
    from torch.utils.flop_counter import FlopCounterMode

    config = ReaderConfig()
    net = ReaderNet(config.size, config.width).eval()
    assert 4 * sum(p.numel() for p in net.parameters()) < 15e6
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.zeros(1, 3, config.size, config.size))
    assert counter.get_total_flops() < 2e9


def test_the_command_trains_a_reader_from_pages_and_drawings(drawn_pages, tmp_path):
    pytest.importorskip("onnx")
    from webtoon_curate.reader import FaceReader
    from webtoon_curate.reader.loading import _card_of_file

    run = tmp_path / "run"
    arguments = ["train", "reader", "--data", f"{drawn_pages}=0.3", "--drawn", "0.7"]
    result = CliRunner().invoke(main, [*arguments, "-o", str(run), "--preset", "tiny"])
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4]
    path = run / "reader.onnx"
    reader = FaceReader(_card_of_file(path), path, "cpu")
    assert len(reader([np.zeros((80, 80, 3), np.uint8)] * 3)) == 3


def test_nothing_to_train_on_is_a_usage_error(tmp_path):
    result = CliRunner().invoke(main, ["train", "reader", "--drawn", "0", "-o", str(tmp_path)])
    assert result.exit_code == 2
    assert "--drawn" in result.output


def test_drawing_without_its_extra_is_told(monkeypatch, tmp_path):
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "skia" else found(name)
    )
    result = CliRunner().invoke(
        main, ["train", "reader", "--preset", "tiny", "--drawn", "1", "-o", str(tmp_path / "run")]
    )
    assert result.exit_code == 1
    assert "extra synth" in result.stderr


def test_the_bundled_reader_can_be_tuned_and_not_trained_in_another_width(tmp_path):
    from webtoon_curate.errors import ModelError
    from webtoon_curate.trainer.weights import begin_with

    begin_with("bundled", ReaderMethod(ReaderConfig(**PRESETS["tune"])).net, "reader", BUNDLED)
    with pytest.raises(ModelError, match="another network"):
        begin_with("bundled", ReaderMethod(ReaderConfig(width=0.6)).net, "reader", BUNDLED)

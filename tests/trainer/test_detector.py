from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch

from webtoon_curate.cli import main
from webtoon_curate.errors import DatasetError, ModelError
from webtoon_curate.trainer import checkpoint
from webtoon_curate.trainer.loop import TrainingError, train
from webtoon_curate.trainer.losses import box_loss, heat_loss
from webtoon_curate.trainer.methods.detector import (
    PRESETS,
    DetectorConfig,
    DetectorMethod,
    Tiles,
)
from webtoon_curate.trainer.nets.detector import STRIDES, DetectorNet, boxes_of, cells
from webtoon_curate.trainer.weights import begin_with

TINY = DetectorConfig(**{**PRESETS["tiny"], "size": 64})


def weights(run):
    return run.averages["detector"].state_dict()


def test_one_picture_is_learned_by_heart(drawn_pages):
    """The losses of a few fixed tiles fall by far: gradients reach everything."""
    config = DetectorConfig(steps=40, batch=4, size=64, workers=0, warmup=1, learning_rate=3e-3)
    tiles = Tiles([(drawn_pages, 1.0)], config)
    batch = torch.utils.data.default_collate([tiles[i] for i in range(4)])
    method = DetectorMethod(config)
    losses = [method.step(batch) for _ in range(config.steps)]
    assert losses[-1]["heat"] < 0.5 * losses[0]["heat"]
    assert losses[-1]["box"] < 0.7 * losses[0]["box"]


def test_a_resumed_run_equals_one_that_was_not_stopped(drawn_pages, tmp_path):
    tiles = Tiles([(drawn_pages, 1.0)], TINY)
    whole = train(DetectorMethod(TINY), tiles, TINY, tmp_path / "whole")
    folder = tmp_path / "stopped"

    class Stopped(DetectorMethod):
        def step(self, batch):
            if self.count == 4:
                raise OSError("killed between two checkpoints")
            self.count += 1
            return super().step(batch)

    method = Stopped(TINY)
    method.count = 0
    with pytest.raises(OSError, match="killed"):
        train(method, tiles, TINY, folder)
    resumed = train(DetectorMethod(TINY), tiles, TINY, folder, resume=True)
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(resumed)[name]), name


def test_a_folder_with_a_run_is_not_overwritten(drawn_pages, tmp_path):
    tiles = Tiles([(drawn_pages, 1.0)], TINY)
    train(DetectorMethod(TINY), tiles, TINY, tmp_path)
    with pytest.raises(DatasetError, match="--resume"):
        train(DetectorMethod(TINY), tiles, TINY, tmp_path)


def test_a_loss_that_is_no_number_stops_the_run_before_it_is_saved(drawn_pages, tmp_path):
    tiles = Tiles([(drawn_pages, 1.0)], TINY)

    class Broken(DetectorMethod):
        def step(self, batch):
            return {"heat": torch.tensor(float("nan"))}

    with pytest.raises(TrainingError, match="heat"):
        train(Broken(TINY), tiles, TINY, tmp_path)
    assert checkpoint.newest_checkpoint(tmp_path) is None


def test_only_the_newest_checkpoints_are_kept(tmp_path):
    for step in range(1, 6):
        checkpoint.save_checkpoint(tmp_path, step, {"x": torch.zeros(1)}, {}, keep=2)
    names = sorted(path.name for path in (tmp_path / checkpoint.FOLDER).iterdir())
    assert [name[:8] for name in names[::2]] == ["00000004", "00000005"]
    assert len(names) == 4


def test_a_damaged_checkpoint_is_named(tmp_path):
    path = checkpoint.save_checkpoint(tmp_path, 1, {"x": torch.zeros(9)}, {}, keep=1)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ModelError, match=path.name):
        checkpoint.load_checkpoint(path)


def test_boxes_of_zero_reach_the_same_number_of_strides():
    centers = cells(64, 16)
    boxes = boxes_of(torch.zeros(len(centers), 4), centers, torch.full((len(centers), 1), 16.0))
    assert boxes[0].tolist() == [8 - 32, 8 - 32, 8 + 32, 8 + 32]
    assert centers[1].tolist() == [24.0, 8.0]


@pytest.mark.parametrize(
    ("found", "loss"),
    [
        ([0, 0, 10, 10], 0.0),
        ([0, 0, 10, 5], 0.5),
        ([10, 0, 20, 10], 1.0),
        ([20, 0, 30, 10], 1 + 1 / 3),
    ],
)
def test_the_box_loss_is_that_of_the_paper(found, loss):
    true = torch.tensor([0.0, 0, 10, 10])
    assert box_loss(torch.tensor(found, dtype=torch.float32), true).item() == pytest.approx(loss)


def test_the_heat_loss_spares_what_does_not_count():
    logits = torch.tensor([[5.0, 5.0, -5.0]])
    heat = torch.tensor([[1.0, 0.0, 0.0]])
    assert heat_loss(logits, heat, torch.tensor([[1.0, 0.0, 1.0]])) < 1e-3
    assert heat_loss(logits, heat, torch.tensor([[1.0, 1.0, 1.0]])) > 1


def test_the_exported_network_is_the_trained_one(tmp_path):
    pytest.importorskip("onnx")
    import onnxruntime

    from webtoon_curate.trainer.export import export_detector

    torch.manual_seed(1)
    net = DetectorNet().eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
    export_detector(net, tmp_path / "net.onnx")
    pixels = np.random.default_rng(0).integers(0, 256, (2, 96, 128, 3), np.uint8)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    with torch.no_grad():
        ours = net(torch.from_numpy(pixels).permute(0, 3, 1, 2).float())
    for stride, mine, theirs in zip(STRIDES, ours, session.run(None, {"pixels": pixels})):
        assert theirs.shape[2:] == (96 // stride, 128 // stride)
        assert np.abs(mine.numpy() - theirs).max() < 1e-4


def test_the_command_trains_and_detects_with_what_it_trained(drawn_pages, tmp_path):
    pytest.importorskip("onnx")
    run = tmp_path / "run"
    arguments = ["train", "detector", "--data", f"{drawn_pages}=0.5", "-o", str(run)]
    result = CliRunner().invoke(main, [*arguments, "--preset", "tiny", "--set", "size=64"])
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 6]
    assert (run / "detector.onnx").stat().st_size < 6_000_000


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path):
    arguments = ["train", "detector", "--data", str(tmp_path / "no"), "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "no folder" in result.output


def test_a_run_begins_with_the_weights_of_another(drawn_pages, tmp_path):
    args = ["train", "detector", "--preset", "tiny", "--set", "size=64", "--data", str(drawn_pages)]
    first = tmp_path / "first"
    runner = CliRunner()
    assert runner.invoke(main, [*args, "-o", str(first)]).exit_code == 0
    for begin in (first, first / "detector.safetensors"):
        net = DetectorNet()
        begin_with(str(begin), net, "detector", "webtoon_faces")
        trained = checkpoint.load_checkpoint(checkpoint.newest_checkpoint(first))[0]
        for name, tensor in net.state_dict().items():
            assert torch.allclose(tensor, trained[f"average.detector.{name}"], atol=2e-3)
    for begin, licence in ((str(first), "unknown"), ("bundled", "CC-BY-SA-4.0")):
        run = tmp_path / licence
        begun = runner.invoke(main, [*args, "-o", str(run), "--init", begin])
        assert begun.exit_code == 0, begun.output
        assert json.loads((run / "detector.json").read_text())["license"] == licence


def test_weights_that_are_not_there_are_told(tmp_path):
    with pytest.raises(ModelError, match="cannot begin"):
        begin_with(str(tmp_path / "none.safetensors"), DetectorNet(), "detector", "webtoon_faces")

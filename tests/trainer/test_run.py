"""The training loop: stopping and going on, bad numbers, full disks."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import signal
import stat
import struct

import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch
from safetensors.torch import load_file, save_file

from webtoon_curate.errors import DatasetError, ModelError
from webtoon_curate.trainer import checkpoint
from webtoon_curate.trainer.config import RunConfig
from webtoon_curate.trainer.events import EventFile, crc32c
from webtoon_curate.trainer.grids import grid
from webtoon_curate.trainer.loop import TrainingError, learning_rate_share, train
from webtoon_curate.trainer.method import Method
from webtoon_curate.trainer.pool import ImagePool
from webtoon_curate.trainer.weights import save_weights

CONFIG = RunConfig(
    steps=8, batch=2, log_every=2, save_every=4, workers=0, warmup=0, sample_every=4,
    schedule="linear", average=2, keep=5,
)  # fmt: skip


class Numbers(torch.utils.data.Dataset):
    def __getitem__(self, number):
        return {"x": torch.tensor([float(number % 7), 1.0])}


class Line(Method):
    """A small method with noise and a pool, whose state must survive."""

    name = "line"

    def __init__(self, at=None, do=None):
        torch.manual_seed(0)
        layers = [torch.nn.Linear(2, 8), torch.nn.Dropout(), torch.nn.Linear(8, 1)]
        self.net = torch.nn.Sequential(*layers)
        self.nets = {"net": self.net}
        self.optimizers = {"main": torch.optim.Adam(self.net.parameters(), 0.1)}
        self.pool, self.count, self.at, self.do = ImagePool(3), 0, at, do

    def step(self, batch):
        self.count += 1
        loss = (self.net(batch["x"]) - 1).square().mean()
        old = self.pool.swapped(batch["x"][:, :, None, None]).mean()
        if self.count == self.at:
            loss = self.do(loss)
        self.optimizers["main"].zero_grad()
        (loss * (1 + old)).backward()
        self.optimizers["main"].step()
        return {"loss": loss.detach()}

    def sample(self, batch):
        return {"noise": torch.rand(len(batch["x"]), 3, 8, 8) * 2 - 1}

    def score(self, batches):
        return {"far": float((self.net(batches[0]["x"]) - 1).abs().mean())}

    def extra(self):
        return self.pool.tensors("pool")

    def load_extra(self, tensors):
        self.pool.load("pool", dict(tensors), torch.device("cpu"))


HELD = [{"x": torch.ones(2, 2)}]


def whole(folder):
    return train(Line(), Numbers(), CONFIG, folder, held=HELD)


def assert_same(folder, other, lines_too=True):
    files = [checkpoint.newest_checkpoint(path) for path in (folder, other)]
    first, second = map(load_file, files)
    assert first.keys() == second.keys()
    assert any(name.startswith("extra.pool") for name in first)
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name
    if not lines_too:  # a line holds means since the last one, or since the run went on
        return
    lines = [
        [
            {k: v for k, v in json.loads(line).items() if k != "rate"}
            for line in (path / "metrics.jsonl").read_text().splitlines()
        ]
        for path in (folder, other)
    ]
    assert lines[0] == lines[1]


def test_ctrl_c_ends_the_step_and_the_resumed_run_is_the_same(tmp_path):
    whole(tmp_path / "whole")

    def interrupt(loss):
        signal.raise_signal(signal.SIGINT)
        return loss

    with pytest.raises(KeyboardInterrupt):
        train(Line(3, interrupt), Numbers(), CONFIG, tmp_path / "stopped", held=HELD)
    newest = checkpoint.newest_checkpoint(tmp_path / "stopped")
    assert newest.stem == "00000003"
    train(Line(), Numbers(), CONFIG, tmp_path / "stopped", resume=True, held=HELD)
    assert_same(tmp_path / "whole", tmp_path / "stopped", lines_too=False)


def test_what_is_held_out_changes_nothing_of_the_network(tmp_path):
    """Not even statistics of batches, though it is drawn and scored by networks in training."""

    class Normed(Line):
        def __init__(self):
            super().__init__()
            self.net.insert(1, torch.nn.BatchNorm1d(8))

        def sample(self, batch):
            return {"x": self.net(batch["x"])[:, :, None, None].expand(-1, 3, 8, 8)}

    runs = [
        train(Normed(), Numbers(), CONFIG, tmp_path / str(len(held)), held=held).method.net
        for held in ([], [{"x": torch.full((2, 2), 50.0)}])
    ]
    first, second = (net.state_dict() for net in runs)
    assert first["1.num_batches_tracked"] == CONFIG.steps
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())
    saved = load_file(checkpoint.newest_checkpoint(tmp_path / "1"))
    assert torch.equal(saved["net.net.1.running_mean"], first["1.running_mean"])


def test_what_killed_runs_left_half_written_is_removed(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    part = tmp_path / "checkpoints" / f"00000004.safetensors.{2**23}.part"  # no process has it
    own = tmp_path / "checkpoints" / ".tmpX1y2Z3"
    other = tmp_path / f"somebody's.{2**23}.part"
    for file in (part, own, other):
        file.write_bytes(b"half")
    whole(tmp_path)
    assert not part.exists() and not own.exists() and other.exists()


def test_a_killed_run_goes_on_from_the_last_checkpoint(tmp_path):
    whole(tmp_path / "whole")

    def die(loss):
        raise OSError("killed")

    with pytest.raises(OSError, match="killed"):
        train(Line(7, die), Numbers(), CONFIG, tmp_path / "killed", held=HELD)
    train(Line(), Numbers(), CONFIG, tmp_path / "killed", resume=True, held=HELD)
    assert_same(tmp_path / "whole", tmp_path / "killed")


def test_a_process_that_makes_samples_and_is_killed_is_told_with_advice(tmp_path):
    def killed(loss):  # as PyTorch tells it, wherever training is
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. ")

    with pytest.raises(TrainingError, match=r"lower workers, then use --resume.*signal: Killed"):
        train(Line(6, killed), Numbers(), CONFIG, tmp_path)
    assert checkpoint.newest_checkpoint(tmp_path).stem == "00000004"

    class Lost(Numbers):
        def __getitem__(self, number):  # as it comes through a loader
            if number < 14:
                return super().__getitem__(number)
            raise ConnectionResetError("by peer")

    with pytest.raises(TrainingError, match=r"use --resume.*by peer"):
        train(Line(), Lost(), CONFIG, tmp_path, resume=True)


@pytest.mark.skipif(os.name == "nt", reason="there is no umask")
def test_whoever_the_umask_lets_can_read_all_that_a_run_writes(tmp_path):
    before = os.umask(0o027)
    try:
        with pytest.raises(TrainingError):
            train(Line(6, lambda loss: loss * float("nan")), Numbers(), CONFIG, tmp_path, held=HELD)
        save_weights(tmp_path / "weights.safetensors", Line().net)
    finally:
        os.umask(before)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {".safetensors", ".json", ".png"} <= {path.suffix for path in files}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o640}


def test_a_bad_number_is_told_with_its_step_and_its_batch(tmp_path):
    with pytest.raises(TrainingError, match="in step 6"):
        train(Line(6, lambda loss: loss * float("nan")), Numbers(), CONFIG, tmp_path)
    batch = load_file(tmp_path / "bad-step-00000006.safetensors")
    expected = torch.stack([Numbers()[n]["x"] for n in (10, 11)])
    assert torch.equal(batch["x"], expected)
    assert checkpoint.newest_checkpoint(tmp_path).stem == "00000004"


class Rough(Line):
    """Its gradient is no number at one step, while the loss is one."""

    def step(self, batch):
        losses = super().step(batch)
        if self.count == self.at:
            with torch.no_grad():
                self.net[0].weight.fill_(float("nan"))
        return losses


def test_weights_that_are_no_numbers_are_not_saved(tmp_path):
    with pytest.raises(TrainingError, match=r"weights of net .* step 8, and .* 00000004 is kept"):
        train(Rough(8, lambda loss: loss), Numbers(), CONFIG, tmp_path, held=HELD)
    assert checkpoint.newest_checkpoint(tmp_path).stem == "00000004"
    assert json.loads((tmp_path / "best.json").read_text())["step"] == 4


def test_a_bad_number_is_told_when_ctrl_c_saves(tmp_path):
    def interrupt(loss):
        signal.raise_signal(signal.SIGINT)
        return loss * float("nan")

    with pytest.raises(TrainingError, match="in step 5"):
        train(Line(5, interrupt), Numbers(), CONFIG, tmp_path)
    assert checkpoint.newest_checkpoint(tmp_path).stem == "00000004"


def test_a_line_of_losses_that_was_cut_off_does_not_keep_a_run_from_going_on(tmp_path):
    whole(tmp_path / "whole")
    with pytest.raises(TrainingError):
        train(Line(7, lambda loss: loss * float("nan")), Numbers(), CONFIG, tmp_path / "cut")
    with (tmp_path / "cut" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 8, "ra')
    train(Line(), Numbers(), CONFIG, tmp_path / "cut", resume=True, held=HELD)
    assert_same(tmp_path / "whole", tmp_path / "cut")


def test_weights_that_do_not_fit_on_the_disk_are_told(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, limits[1]))
    try:
        with pytest.raises(ModelError, match=r"cannot write .*weights\.safetensors"):
            save_weights(tmp_path / "weights.safetensors", Line().net)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(loss):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, limits[1]))
        return loss

    try:
        with pytest.raises(TrainingError, match="00000004 is whole"):
            train(Line(7, fill), Numbers(), CONFIG, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    checkpoint.load_checkpoint(checkpoint.newest_checkpoint(tmp_path))


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ("optimizer.", "0 tensors of optimizer.main, not 12"),
        ("optimizer.main.0.exp_avg", "optimizer.main"),
        ("extra.", "0 tensors of extra.pool, not 1"),
        ("random", "random"),
        ("average.net.0.bias", "average.net"),
    ],
)
def test_a_checkpoint_that_lost_a_part_does_not_go_on(tmp_path, lost, told):
    whole(tmp_path)
    newest = checkpoint.newest_checkpoint(tmp_path)
    tensors = {name: t for name, t in load_file(newest).items() if not name.startswith(lost)}
    save_file(tensors, newest)
    longer = dataclasses.replace(CONFIG, steps=10)
    with pytest.raises(ModelError, match=f"00000008.*no whole checkpoint.*{told}.*put a copy back"):
        train(Line(), Numbers(), longer, tmp_path, resume=True)
    assert load_file(newest).keys() == tensors.keys()
    for path in (newest, newest.with_suffix(".json")):
        path.unlink()
    train(Line(), Numbers(), longer, tmp_path, resume=True)  # as advised: from step 4


def test_moments_come_back_laid_out_as_the_weights():
    """Fused optimizers step through both in the order of memory."""
    batches, kinds = torch.rand(4, 2, 3, 8, 8), (torch.channels_last, torch.preserve_format)

    def made(layout):
        torch.manual_seed(0)
        net = torch.nn.Conv2d(3, 4, 3).to(memory_format=layout)
        return net, torch.optim.Adam(net.parameters(), 0.1, fused=True)

    def stepped(net, optimizer, batches):
        for batch in batches:
            optimizer.zero_grad()
            net(batch).square().mean().backward()
            optimizer.step()
        return net.weight

    for layout, other in zip(kinds, kinds[::-1]):
        net, optimizer = made(layout)
        stepped(net, optimizer, batches[:2])
        saved, weights = (
            {name: tensor.contiguous().clone() for name, tensor in tensors.items()}
            for tensors in (checkpoint.optimizer_tensors("o", optimizer), net.state_dict())
        )
        wanted = stepped(net, optimizer, batches[2:])
        net, optimizer = made(other)
        net.load_state_dict(weights)
        checkpoint.load_optimizer("o", optimizer, saved)
        for name in ("exp_avg", "exp_avg_sq"):
            assert optimizer.state[net.weight][name].stride() == net.weight.stride()
        torch.testing.assert_close(stepped(net, optimizer, batches[2:]), wanted)


def test_a_checkpoint_of_another_method_is_refused(tmp_path):
    whole(tmp_path)
    other = Line()
    other.name = "curve"
    with pytest.raises(DatasetError, match="method line, not curve"):
        train(other, Numbers(), CONFIG, tmp_path, resume=True)


def test_the_best_checkpoint_is_the_one_with_the_lowest_score(tmp_path):
    whole(tmp_path)
    notes = [json.loads(p.read_text()) for p in (tmp_path / "checkpoints").glob("*.json")]
    best = min(notes, key=lambda note: note["score"]["far"])
    assert json.loads((tmp_path / "best.json").read_text())["step"] == best["step"]
    kept = tmp_path / "checkpoints" / f"{best['step']:08d}.safetensors"
    assert (tmp_path / "best.safetensors").read_bytes() == kept.read_bytes()


def test_samples_are_drawn_without_touching_the_run(tmp_path):
    whole(tmp_path / "a")
    train(Line(), Numbers(), CONFIG, tmp_path / "b")
    nets = [load_file(checkpoint.newest_checkpoint(tmp_path / n)) for n in "ab"]
    assert all(torch.equal(value, nets[1][name]) for name, value in nets[0].items())
    pictures = sorted((tmp_path / "a" / "samples").iterdir())
    assert [p.name for p in pictures] == ["00000004.png", "00000008.png"]
    assert pictures[0].read_bytes() == pictures[1].read_bytes()  # the same noise every time


def test_the_grid_shows_rows_of_faces():
    columns = {"a": torch.ones(2, 3, 4, 6), "b": -torch.ones(2, 4, 4, 6)}
    picture = grid(columns)
    assert picture.shape == (12, 26, 3)
    assert (picture[:4, :6] == 255).all()
    assert (picture[8:, 20:] == 0).all()


@pytest.mark.parametrize(("step", "share"), [(0, 1.0), (49, 1.0), (50, 50 / 51), (99, 1 / 51)])
def test_the_rate_is_even_and_then_falls(step, share):
    config = RunConfig(steps=100, warmup=0, schedule="linear")
    assert learning_rate_share(step, config) == pytest.approx(share)


def test_events_are_framed_as_tensorboard_reads_them(tmp_path):
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720
    file = EventFile(tmp_path, 0)
    file.scalars(300, {"loss": 0.5})
    data, events = file.path.read_bytes(), []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        for part, at in ((data[:8], 8), (data[12 : 12 + length], 12 + length)):
            crc = crc32c(part)
            masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
            assert struct.unpack("<I", data[at : at + 4])[0] == masked
        events.append(data[12 : 12 + length])
        data = data[16 + length :]
    assert b"brain.Event:2" in events[0]
    assert events[1].endswith(b"\x0a\x04loss\x15" + struct.pack("<f", 0.5))
    assert b"\x10\xac\x02" in events[1]  # step 300 as a varint

"""Compiled networks: the same training, the same files, and no run that ends for a compiler."""

from __future__ import annotations

import json
import shutil

import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch
from safetensors.torch import load_file

from webtoon_curate.errors import DatasetError
from webtoon_curate.trainer import checkpoint
from webtoon_curate.trainer.compiled import LONG, Steps, is_compiled
from webtoon_curate.trainer.config import RunConfig
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.loop import train
from webtoon_curate.trainer.method import Method
from webtoon_curate.trainer.methods.cyclegan import CycleGANConfig, CycleGANMethod
from webtoon_curate.trainer.pool import ImagePool

SETTINGS = {
    "steps": 6, "batch": 2, "log_every": 2, "save_every": 3, "workers": 0, "warmup": 0,
    "sample_every": 3, "device": "cpu",
}  # fmt: skip


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU()
        )

    def forward(self, x):
        return self.layers(x).mean((2, 3))


class Mean(Method):
    """Learns the mean of pictures."""

    name = "mean"

    def __init__(self):
        torch.manual_seed(0)
        self.net = Net()
        self.nets = {"net": self.net}
        self.optimizers = {"main": torch.optim.SGD(self.net.parameters(), 0.1)}

    def step(self, batch):
        wanted = batch["x"].mean((2, 3))
        loss = (self.net(batch["x"]) - wanted).square().mean()
        self.optimizers["main"].zero_grad()
        loss.backward()
        self.optimizers["main"].step()
        return {"loss": loss.detach()}

    def sample(self, batch):
        return {"out": self.net(batch["x"])[:, :3, None, None].expand(-1, -1, 4, 4)}

    def score(self, batches):
        return {"size": float(self.net(batches[0]["x"]).abs().mean())}


class Pictures(torch.utils.data.Dataset):
    def __getitem__(self, number):
        return {"x": torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(number))}


MOST_GRAPHS = 8
"""Of one network; beyond that PyTorch gives up."""
HELD = [{"x": torch.ones(3, 1, 8, 8)}]  # another size than that of a step


@pytest.fixture(autouse=True)
def forgotten():
    """What one test compiled is not there in the next."""
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def no_compiler(graph, inputs):
    raise OSError("no compiler here\nlook in the log")


class Counted:
    """Takes what is to be compiled as it is."""

    def __init__(self):
        self.graphs = 0

    def __call__(self, graph, inputs):
        self.graphs += 1
        return graph


def traced(compiler):
    """Networks are taken apart as ever, and go to another compiler."""
    return torch.compiler.set_stance(force_backend=compiler)


def ran(folder, notes, **settings):
    config = RunConfig(**SETTINGS, **settings)
    run = train(Mean(), Pictures(), config, folder, held=HELD, on_note=notes.append)
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return run, [line["loss"] for line in lines], load_file(checkpoint.newest_checkpoint(folder))


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
def test_compiled_training_is_the_same_and_leaves_the_same_files(tmp_path):
    notes = []
    _, plain, first = ran(tmp_path / "plain", notes)
    run, compiled, second = ran(tmp_path / "compiled", notes, compile="on")
    assert not notes and run.method.net._compiled_call_impl is not None
    assert compiled == pytest.approx(plain, rel=1e-4)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        torch.testing.assert_close(tensor, second[name], atol=1e-4, rtol=1e-4)
    assert run.averages["net"]._compiled_call_impl is None


def test_a_compiler_that_fails_is_told_once_and_the_run_is_that_without(tmp_path):
    notes = []
    _, plain, first = ran(tmp_path / "plain", notes)
    assert notes == []
    with traced(no_compiler):
        _, tried, second = ran(tmp_path / "tried", notes, compile="on")
    assert len(notes) == 1
    assert "no compiler here" in notes[0] and "compile=off" in notes[0] and "\n" not in notes[0]
    assert tried == plain
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


@pytest.mark.parametrize(
    ("local", "layout"), [(0.0, torch.preserve_format), (0.3, torch.channels_last)]
)
def test_cyclegan_compiles_in_its_first_steps_only(monkeypatch, local, layout):
    """Also in the layout of a GPU."""
    monkeypatch.setattr(Processes, "_layout", layout)
    config = CycleGANConfig(
        size=32, width=4, blocks=1, device="cpu", pool=1, local=local, compile="on"
    )
    generator = torch.Generator().manual_seed(0)
    batch = {side: torch.rand(1, 3, 32, 32, generator=generator) * 2 - 1 for side in "ab"}
    batch |= {f"{side}_landmarks": (batch[side][:, :1] > 0.9).float() for side in "ab"}
    batch |= {f"{side}_points": torch.rand(1, 68, 2, generator=generator) * 32 for side in "ab"}
    notes, other = [], CycleGANMethod(config)
    plain = [other.step(batch) for _ in range(5)]
    step = Steps(CycleGANMethod(config), config, notes.append)
    compiler, counts, losses = Counted(), [], []
    with traced(compiler):
        for _ in range(5):
            losses.append(step(batch))
            counts.append(compiler.graphs)
    assert not notes
    assert 0 < counts[1] == counts[-1] <= MOST_GRAPHS
    for ours, theirs in zip(losses, plain):
        assert {n: float(v) for n, v in ours.items()} == pytest.approx(
            {n: float(v) for n, v in theirs.items()}, rel=1e-4
        )


def test_pictures_out_of_the_pool_have_the_layout_of_those_that_were_made():
    """Else a judge would be compiled once more for them, and change the layout in every step."""
    pool = ImagePool(1)
    made = [torch.rand(2, 3, 8, 8).to(memory_format=torch.channels_last) for _ in range(2)]
    for pictures in made:
        assert pool.swapped(pictures).stride() == pictures.stride()


def test_samples_and_scores_are_not_compiled(tmp_path):
    """They are of other sizes, and would be compiled for nothing."""
    compiler = Counted()
    with traced(compiler):
        ran(tmp_path, [], compile="on")
    assert compiler.graphs == 1


@pytest.mark.parametrize("error", [DatasetError("no points"), ValueError("wrong shape")])
def test_what_is_wrong_with_a_step_is_not_taken_for_the_compilers_fault(error):
    class Broken(Mean):
        def step(self, batch):
            raise error

    with pytest.raises(type(error), match=str(error)):
        Steps(Broken(), RunConfig(compile="on"), lambda note: None)({})


@pytest.mark.parametrize(
    ("setting", "gpu", "steps", "expected"),
    [
        ("auto", False, LONG, False),
        ("auto", True, LONG, True),
        ("auto", True, LONG - 1, False),
        ("on", False, 1, True),
        ("off", True, LONG, False),
    ],
)
def test_long_runs_on_a_gpu_are_compiled_or_what_one_asks_for(setting, gpu, steps, expected):
    assert is_compiled(RunConfig(steps=steps, compile=setting), gpu) == expected

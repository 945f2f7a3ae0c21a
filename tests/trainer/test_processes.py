"""Two processes train as one: the same steps, stopping together, going on."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch
from safetensors.torch import load_file

from webtoon_curate.trainer import checkpoint

PROGRAM = """
import json, os, signal, sys
from pathlib import Path
import torch
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.loop import train
from webtoon_curate.trainer.methods.cyclegan import CycleGANConfig, CycleGANMethod

class Faces(torch.utils.data.Dataset):
    def __getitem__(self, number):
        generator = torch.Generator().manual_seed(number)
        return {side: torch.rand(3, 32, 32, generator=generator) * 2 - 1 for side in "ab"}

def told(report):
    if report.step == stop and processes.rank == 0:
        os.kill(os.getpid(), signal.SIGINT)  # Ctrl-C in one of them

torch.set_num_threads(1)
processes = Processes("cpu")
for name, stop, settings in json.loads(sys.argv[1]):
    config = CycleGANConfig(size=32, width=4, blocks=1, landmarks="none", workers=0, device="cpu",
        log_every=1, save_every=settings["steps"], **settings)
    method = CycleGANMethod(config, processes)
    for part, optimizer in method.optimizers.items():
        weights = [w for group in optimizer.param_groups for w in group["params"]]
        method.optimizers[part] = torch.optim.SGD(weights, 0.01)
    folder = Path(__file__).with_name(name)
    try:
        train(method, Faces(), config, folder, folder.exists(), told, processes=processes)
    except KeyboardInterrupt:
        assert stop
"""
TWO = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
POOLED = {"batch": 1, "steps": 6, "pool": 1}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Runs the program for (name, step at which it is stopped or 0, settings) in turn; gives the
    newest checkpoint of each."""
    pytest.importorskip("accelerate")
    script = tmp_path_factory.mktemp("processes") / "program.py"
    script.write_text(PROGRAM)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def run(command, *runs):
        result = subprocess.run(
            [*command, str(script), json.dumps(runs)],
            env=environment, capture_output=True, timeout=170,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr.decode()
        return [checkpoint.newest_checkpoint(script.with_name(name)) for name, *_ in runs]

    return run


@pytest.fixture(scope="module")
def two(ran):
    """Checkpoints of runs of two processes: of two steps; of six, with pools; and of six again,
    stopped after two. They are started once, which takes longer than all of the steps."""
    small = {"batch": 1, "steps": 2, "pool": 0}
    return ran(
        TWO, ("two", 0, small), ("whole", 0, POOLED), ("stopped", 2, POOLED), ("stopped", 0, POOLED)
    )


def weights_of(path):
    return {name: t for name, t in load_file(path).items() if name.startswith("net.")}


def test_two_processes_step_as_one_with_twice_the_batch(ran, two):
    (one,) = ran([sys.executable], ("one", 0, {"batch": 2, "steps": 2, "pool": 0}))
    other = weights_of(two[0])
    for name, tensor in weights_of(one).items():
        torch.testing.assert_close(tensor, other[name], atol=1e-6, rtol=1e-4)


def test_two_processes_stop_together_and_go_on_as_if_they_had_not(two):
    """Each with its own pool, and its own random numbers that choose from it."""
    _, whole, _, resumed = two
    assert resumed.stem == "00000006"
    assert resumed.with_name("00000002.json").exists() and len(list(whole.parent.iterdir())) == 3
    second_process = [checkpoint.own_path(path, 1) for path in (whole, resumed)]
    for files in ([whole, resumed], second_process):
        first, second = map(load_file, files)
        assert any(name.startswith("extra.pool") for name in first)
        assert first.keys() == second.keys()
        for name, tensor in first.items():
            assert torch.equal(tensor, second[name]), name

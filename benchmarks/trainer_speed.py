"""Steps of our CycleGAN against a plain loop over the same networks, in one run, turn by turn.

    python benchmarks/trainer_speed.py --size 256
    WEBTOON_CURATE_REFERENCES=references python benchmarks/trainer_speed.py

The plain loop trains as CycleGAN was published: float32, layers as PyTorch runs them, Adam as it
comes, losses read when they are shown. With `WEBTOON_CURATE_REFERENCES` the model of
contrastive-unpaired-translation takes its place. Ours is `webtoon_curate.trainer.loop.train` as it
runs for everybody, averages and losses included, in float32, in bfloat16, and compiled; what the
first steps take, of which compiling is most, is told apart. Samples lie ready in memory.
"""

from __future__ import annotations

import itertools
import os
import statistics
import sys
import tempfile
import time
import types
from pathlib import Path

import click
import torch
import torch.nn.functional as F
from torch.utils.data import Dataset, default_collate

from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.loop import train
from webtoon_curate.trainer.methods.cyclegan import CycleGANConfig, CycleGANMethod
from webtoon_curate.trainer.nets.patchgan import PatchGAN
from webtoon_curate.trainer.nets.resnet import ResNetGenerator
from webtoon_curate.trainer.pool import ImagePool

REFERENCES, REPOSITORY = "WEBTOON_CURATE_REFERENCES", "contrastive-unpaired-translation"
STORED = 8
"""Pictures that are learned from, again and again."""
WAYS = {
    "float32": {},
    "bfloat16": {"precision": "bf16"},
    "float32, compiled": {"compile": "on"},
    "bfloat16, compiled": {"precision": "bf16", "compile": "on"},
}
Batch = dict[str, torch.Tensor]


class Noise(Dataset):
    """Pictures of both sides; what they show does not matter to the clock."""

    def __init__(self, size: int) -> None:
        generator = torch.Generator().manual_seed(0)
        shape = (2, STORED, 3, size, size)
        self.sides = torch.rand(shape, generator=generator) * 2 - 1

    def __getitem__(self, number: int) -> Batch:
        return {side: self.sides[i, number % STORED] for i, side in enumerate("ab")}


class Plain:
    """CycleGAN as one writes it down (Zhu et al. 2017, section 4 and appendix)."""

    def __init__(self, config: CycleGANConfig, device: torch.device) -> None:
        self.device = device
        blocks = config.blocks or (9 if config.size >= 256 else 6)
        self.a2b, self.b2a = (
            ResNetGenerator(3, 3, blocks, config.width).to(device) for _ in range(2)
        )
        self.judge_a, self.judge_b = (PatchGAN(3, config.width).to(device) for _ in range(2))
        self.pools = ImagePool(), ImagePool()
        self.generators = self._adam(self.a2b, self.b2a)
        self.judges = self._adam(self.judge_a, self.judge_b)

    def _adam(self, *nets: torch.nn.Module) -> torch.optim.Adam:
        weights = itertools.chain(*(net.parameters() for net in nets))
        return torch.optim.Adam(weights, 2e-4, (0.5, 0.999))

    def step(self, batch: Batch) -> dict[str, torch.Tensor]:
        a, b = batch["a"].to(self.device), batch["b"].to(self.device)
        for net in (self.judge_a, self.judge_b):
            net.requires_grad_(False)
        self.generators.zero_grad()
        fake_b, fake_a = self.a2b(a), self.b2a(b)
        losses = {
            "adversarial_a": _distance(self.judge_a(fake_a), 1.0),
            "adversarial_b": _distance(self.judge_b(fake_b), 1.0),
            "cycle_a": 10 * F.l1_loss(self.b2a(fake_b), a),
            "cycle_b": 10 * F.l1_loss(self.a2b(fake_a), b),
            "identity_a": 5 * F.l1_loss(self.b2a(a), a),
            "identity_b": 5 * F.l1_loss(self.a2b(b), b),
        }
        sum(losses.values()).backward()
        self.generators.step()
        for net in (self.judge_a, self.judge_b):
            net.requires_grad_(True)
        self.judges.zero_grad()
        for judge, real, fake, pool in (
            (self.judge_a, a, fake_a, self.pools[0]),
            (self.judge_b, b, fake_b, self.pools[1]),
        ):
            old = pool.swapped(fake)
            loss = (_distance(judge(real), 1.0) + _distance(judge(old), 0.0)) / 2
            loss.backward()
            losses[f"discriminator_{len(losses)}"] = loss
        self.judges.step()
        return losses


def _distance(logits: torch.Tensor, target: float) -> torch.Tensor:
    return F.mse_loss(logits, torch.full_like(logits, target))


class Reference:
    """The model of contrastive-unpaired-translation, read where it lies."""

    def __init__(self, config: CycleGANConfig, device: torch.device) -> None:
        sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
        from references import imported

        blocks = config.blocks or (9 if config.size >= 256 else 6)
        options = {
            "isTrain": True, "gpu_ids": [0] if device.type == "cuda" else [], "checkpoints_dir": "",
            "name": "", "preprocess": "none", "input_nc": 3, "output_nc": 3, "ngf": config.width,
            "ndf": config.width, "netG": f"resnet_{blocks}blocks", "netD": "basic",
            "normG": "instance", "normD": "instance", "no_dropout": True, "init_type": "normal",
            "init_gain": 0.02, "no_antialias": True, "no_antialias_up": True, "n_layers_D": 3,
            "pool_size": 50, "gan_mode": "lsgan", "lr": 2e-4, "beta1": 0.5, "lambda_A": 10.0,
            "lambda_B": 10.0, "lambda_identity": 0.5, "direction": "AtoB", "amp": False,
        }  # fmt: skip
        with imported(REPOSITORY, "models.cycle_gan_model") as (module,):
            self.model = module.CycleGANModel(types.SimpleNamespace(**options))
        self.model.model_names = []

    def step(self, batch: Batch) -> dict[str, torch.Tensor]:
        paths = {"A_paths": "", "B_paths": ""}
        self.model.set_input({"A": batch["a"], "B": batch["b"], **paths})
        self.model.optimize_parameters()
        return {name: getattr(self.model, f"loss_{name}") for name in self.model.loss_names}


def race(
    config: CycleGANConfig, other: type[Plain] | type[Reference], batches: list[Batch]
) -> tuple[list[float], list[float]]:
    """Seconds of each turn: ours, and those of as many steps of the other program.

    Of the wall on a GPU; else of the processors, which other programs disturb less.
    """
    processes = Processes(config.device, config.precision)
    clock = time.perf_counter if processes.device.type == "cuda" else time.process_time
    peer, method = other(config, processes.device), CycleGANMethod(config, processes)
    ours, theirs = [], []
    start = clock()

    def turn(_: object) -> None:
        nonlocal start
        ours.append(clock() - start)
        start = clock()
        for batch in batches:
            losses = peer.step(batch)
        for value in losses.values():
            value.item()
        theirs.append(clock() - start)
        start = clock()

    with tempfile.TemporaryDirectory() as folder:
        train(method, Noise(config.size), config, Path(folder), on_report=turn, processes=processes)
    return ours, theirs


@click.command()
@click.option("--size", default=256, show_default=True, help="Side of the pictures, pixels.")
@click.option("--width", default=64, show_default=True, help="Channels of the first layers.")
@click.option("--blocks", default=0, help="Residual blocks; 0: 9 from 256 pixels on, else 6.")
@click.option("--batch", default=1, show_default=True, help="Pictures of each side in a step.")
@click.option("--steps", default=50, show_default=True, help="Of a turn.")
@click.option("--turns", default=6, show_default=True, help="Of each; the first is not counted.")
@click.option("--device", default="auto", show_default=True)
@click.option("--way", "ways", multiple=True, type=click.Choice(list(WAYS)), default=list(WAYS))
def main(
    size: int, width: int, blocks: int, batch: int, steps: int, turns: int, device: str,
    ways: tuple[str, ...],
) -> None:  # fmt: skip
    """Prints pictures of a side a second, medians of the turns, and the ratio."""
    common = {
        "size": size, "width": width, "blocks": blocks, "batch": batch, "device": device,
        "landmarks": "none", "steps": steps * turns, "log_every": steps, "workers": 0,
        "save_every": steps * turns, "compile": "off",
    }  # fmt: skip
    samples = Noise(size)
    batches = [
        default_collate([samples[n * batch + i] for i in range(batch)]) for n in range(steps)
    ]
    other = Reference if os.environ.get(REFERENCES) else Plain
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    print(
        f"{name}, {torch.get_num_threads()} threads, PyTorch {torch.__version__}; "
        f"{size} pixels, width {width}, batch {batch}; against: {other.__name__.lower()}"
    )
    for way in ways:
        ours, theirs = race(CycleGANConfig(**{**common, **WAYS[way]}), other, batches)
        ratio = statistics.median(b / a for a, b in zip(ours[1:], theirs[1:]))
        rates = [steps * batch / statistics.median(seconds[1:]) for seconds in (ours, theirs)]
        print(
            f"{way}: {rates[0]:.2f} pictures/s, theirs {rates[1]:.2f}, ratio {ratio:.2f}; "
            f"first {steps} steps {ours[0]:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()

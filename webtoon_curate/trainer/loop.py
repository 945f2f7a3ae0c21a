"""The training loop of every method: step, average, log, save, resume."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset, Sampler

from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.files import write_json
from webtoon_curate.trainer import checkpoint
from webtoon_curate.trainer.config import RunConfig

Batch = Mapping[str, Tensor]


class TrainingError(CurateError):
    """A run that cannot go on; what it had is saved."""


class Method(Protocol):
    """What is trained.

    Attributes:
        name: kept in checkpoints, so that no other method resumes from them.
        nets: networks by name; averaged copies of them are kept and saved.
        optimizers: by name.
    """

    name: str
    nets: Mapping[str, nn.Module]
    optimizers: Mapping[str, Optimizer]

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One update of the weights; gives the losses, scalars, detached."""
        ...


@dataclasses.dataclass(frozen=True)
class Report:
    """What the loop tells while it runs: means since the last report."""

    step: int
    losses: dict[str, float]
    rate: float
    """Samples a second."""


class _Steps(Sampler[int]):
    """The numbers of the samples from a step on: sample n is the same in every run."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last))

    def __len__(self) -> int:
        return self.last - self.first


class Run:
    """A run's folder: `config.json`, `metrics.jsonl`, `checkpoints/`."""

    def __init__(self, folder: Path, method: Method, config: RunConfig) -> None:
        self.folder, self.method, self.config = folder, method, config
        self.step = 0
        self.averages = {name: copy.deepcopy(net).eval() for name, net in method.nets.items()}

    def begin(self, resume: bool) -> None:
        """Starts a new folder, or goes on where the newest checkpoint stopped.

        Raises:
            DatasetError: if the folder holds a run and `resume` is false.
            ModelError: if the checkpoint is damaged or of another method.
        """
        newest = checkpoint.newest_checkpoint(self.folder)
        if newest is not None and not resume:
            raise DatasetError(
                f"{self.folder} holds a training run: go on with it with --resume, or choose "
                "another folder"
            )
        write_json(self.folder / "config.json", dataclasses.asdict(self.config))
        if newest is not None:
            self._load(newest)

    def _load(self, path: Path) -> None:
        tensors, about = checkpoint.load_checkpoint(path)
        if about.get("method") != self.method.name:
            raise DatasetError(f"{path} is of the method {about.get('method')}")
        for name, net in self.method.nets.items():
            checkpoint.load_net(f"net.{name}", net, tensors)
            checkpoint.load_net(f"average.{name}", self.averages[name], tensors)
        for name, optimizer in self.method.optimizers.items():
            checkpoint.load_optimizer(f"optimizer.{name}", optimizer, tensors)
        torch.set_rng_state(tensors["random"])
        self.step = int(about["step"])

    def save(self) -> None:
        """Writes a checkpoint of this step."""
        tensors = {"random": torch.get_rng_state()}
        for name, net in self.method.nets.items():
            tensors |= checkpoint.net_tensors(f"net.{name}", net)
            tensors |= checkpoint.net_tensors(f"average.{name}", self.averages[name])
        for name, optimizer in self.method.optimizers.items():
            tensors |= checkpoint.optimizer_tensors(f"optimizer.{name}", optimizer)
        about = {"method": self.method.name, "config": dataclasses.asdict(self.config)}
        checkpoint.save_checkpoint(self.folder, self.step, tensors, about, self.config.keep)

    def log(self, report: Report) -> None:
        """Adds a line to `metrics.jsonl`."""
        line: dict[str, Any] = {"step": report.step, "rate": round(report.rate, 2)}
        line |= {name: round(value, 6) for name, value in report.losses.items()}
        with (self.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def train(
    method: Method,
    samples: Dataset,
    config: RunConfig,
    folder: Path,
    resume: bool = False,
    on_report: Callable[[Report], None] = lambda report: None,
) -> Run:
    """Trains until `config.steps`.

    Args:
        method: its weights are changed.
        samples: `samples[n]` gives sample n, always the same, for n of any size: that is what
            makes a resumed run equal to one that was never stopped.
        config: of the method.
        folder: of the run.
        resume: go on with the run in `folder` if there is one.
        on_report: called every `config.log_every` steps.

    Returns:
        The run; `averages` holds the averaged networks.

    Raises:
        DatasetError, ModelError: as `Run.begin`.
        TrainingError: if a loss is not finite; the checkpoint before it is kept.
    """
    torch.manual_seed(config.seed)
    run = Run(folder, method, config)
    run.begin(resume)
    batch = config.batch
    loader = DataLoader(
        samples,
        batch_size=batch,
        sampler=_Steps(run.step * batch, config.steps * batch),
        num_workers=config.workers,
        multiprocessing_context="spawn" if config.workers else None,
    )
    meter = _Meter(batch)
    try:
        for sample in loader:
            _schedule(method, learning_rate_share(run.step, config))
            losses = method.step(sample)
            run.step += 1
            _follow(run, config)
            meter.add(losses)
            if run.step % config.log_every == 0 or run.step == config.steps:
                report = meter.report(run.step)
                run.log(report)
                on_report(report)
                _check(report)
            if run.step % config.save_every == 0 or run.step == config.steps:
                run.save()
    except KeyboardInterrupt:
        run.save()
        raise
    return run


def learning_rate_share(step: int, config: RunConfig) -> float:
    """Linear warm-up, then half a cosine to 0 (Loshchilov and Hutter 2017, without restarts)."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    done = (step - config.warmup) / max(config.steps - config.warmup, 1)
    return 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


def _schedule(method: Method, share: float) -> None:
    for optimizer in method.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * share


@torch.no_grad()
def _follow(run: Run, config: RunConfig) -> None:
    """Moves the averages towards the weights; quickly in the first steps, so that they don't
    remember the random start."""
    forget = 1 - 0.5 ** (1 / config.average)
    share = max(forget, 1 / (1 + run.step))
    for name, average in run.averages.items():
        for old, new in zip(
            average.state_dict().values(), run.method.nets[name].state_dict().values()
        ):
            if old.is_floating_point():
                old.lerp_(new, share)
            else:
                old.copy_(new)


def _check(report: Report) -> None:
    bad = [name for name, value in report.losses.items() if not math.isfinite(value)]
    if bad:
        raise TrainingError(
            f"the loss {bad[0]} is not a number before step {report.step}; the last checkpoint "
            "is kept: lower learning_rate, then use --resume"
        )


class _Meter:
    """Means of the losses since the last report, without waiting for the device every step."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._reset()

    def _reset(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._steps, self._start = 0, time.perf_counter()

    def add(self, losses: Mapping[str, Tensor]) -> None:
        self._steps += 1
        for name, value in losses.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value

    def report(self, step: int) -> Report:
        seconds = time.perf_counter() - self._start
        means = {name: float(total) / self._steps for name, total in self._sums.items()}
        report = Report(step, means, self._steps * self._batch / max(seconds, 1e-9))
        self._reset()
        return report

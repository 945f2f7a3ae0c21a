"""The training loop of every method: step, average, log, sample, save, resume."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from webtoon_curate.errors import CurateError
from webtoon_curate.trainer.compiled import Steps
from webtoon_curate.trainer.config import RunConfig
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.method import Batch, Method, Report
from webtoon_curate.trainer.run import Run, TrainingError


def train(
    method: Method,
    samples: Dataset,
    config: RunConfig,
    folder: Path,
    resume: bool = False,
    on_report: Callable[[Report], None] = lambda report: None,
    held: Sequence[Batch] = (),
    processes: Processes | None = None,
    on_note: Callable[[str], None] = warnings.warn,
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
        held: batches that are not learned from: the first is drawn every `config.sample_every`
            steps, and the best checkpoint is that with the lowest score on them.
        processes: this one and the others; None for this one alone.
        on_note: told what the user should know, but need not heed.

    Returns:
        The run; `averages` holds the averaged networks.

    Raises:
        DatasetError, ModelError: as `Run.begin`.
        TrainingError: if a loss is not finite, the disk is full, or a process that makes samples
            dies; the last checkpoint is kept.
        KeyboardInterrupt: after Ctrl-C, once the step is done and saved.
    """
    rank, count = (processes.rank, processes.count) if processes else (0, 1)
    torch.manual_seed(config.seed + rank)
    run = Run(folder, method, config, processes)
    run.begin(resume)
    follow = _Follow(run)
    step = Steps(method, config, on_note if run.writes else lambda note: None)
    numbers = _Numbers(run.step, config.steps, config.batch, rank, count)
    meter = _Meter(config.batch * count)
    with _Interrupt() as interrupt, _deaths_told():
        for batch in _batches(_loader(samples, numbers, config, processes)):
            schedule(method, learning_rate_share(run.step, config))
            losses = step(batch)
            run.step += 1
            follow(config)
            meter.add(losses)
            due = [_due(run.step, n, config) for n in (config.log_every, config.save_every)]
            if any(due):
                _check(meter, run, samples, numbers)
            if due[0]:
                report = meter.report(run.step)
                run.log(report)
                on_report(report)
            if held and _due(run.step, config.sample_every, config):
                run.draw(held[0])
            if due[1]:
                run.save(held)
            if _asked(interrupt, processes, due[0]):
                if not due[1]:
                    _check(meter, run, samples, numbers)
                    run.save(held)
                if processes is not None:
                    processes.together()
                raise KeyboardInterrupt
    if processes is not None:
        processes.together()
    return run


def _loader(
    samples: Dataset, numbers: _Numbers, config: RunConfig, processes: Processes | None
) -> DataLoader:
    return DataLoader(
        samples,
        batch_size=config.batch,
        sampler=numbers,
        pin_memory=processes is not None and processes.device.type == "cuda",
        num_workers=config.workers,
        multiprocessing_context="spawn" if config.workers else None,
        worker_init_fn=_heed_no_interrupt,
        # Else the loader draws a number of the method's own, and once more when a run goes on.
        generator=torch.Generator(),
    )


def _batches(loader: DataLoader) -> Iterator[Batch]:
    """Its batches. A user's error comes out of a worker with its traceback as text; here without.

    Raises:
        CurateError: if a sample cannot be made, or the process that makes it dies.
    """
    try:
        yield from loader
    except ConnectionError as error:  # it died as it sent one
        raise _death(error) from error
    except CurateError as error:
        if not str(error).startswith("Caught "):  # of a loader without workers
            raise
        last = str(error).rstrip().splitlines()[-1]
        raise type(error)(last.partition(": ")[2]) from None


@contextlib.contextmanager
def _deaths_told() -> Iterator[None]:
    """A process that makes samples and dies is an error with advice, wherever training is then.

    Raises:
        TrainingError: instead of PyTorch's error.
    """
    try:
        yield
    except RuntimeError as error:
        if not str(error).startswith("DataLoader worker"):
            raise
        raise _death(error) from error


def _death(error: Exception) -> TrainingError:
    return TrainingError(
        "a process that makes samples ended unexpectedly, often for lack of memory: lower "
        f"workers, then use --resume; the last checkpoint is kept ({error})"
    )


def _due(step: int, every: int, config: RunConfig) -> bool:
    return step % every == 0 or step == config.steps


class _Numbers(Sampler[int]):
    """The numbers of the samples from a step on: sample n is the same in every run."""

    def __init__(self, first: int, last: int, batch: int, rank: int = 0, count: int = 1) -> None:
        self.first, self.last, self.batch, self.rank, self.count = first, last, batch, rank, count

    def of(self, step: int) -> range:
        """The samples of this process in a step, from 0."""
        begin = (step * self.count + self.rank) * self.batch
        return range(begin, begin + self.batch)

    def __iter__(self) -> Iterator[int]:
        for step in range(self.first, self.last):
            yield from self.of(step)

    def __len__(self) -> int:
        return (self.last - self.first) * self.batch


class _Interrupt:
    """Ctrl-C lets the step end: a run that stops between two updates could not be resumed exactly.

    A second Ctrl-C stops at once. Other threads than the first cannot catch signals; there nothing
    changes.
    """

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> _Interrupt:
        self._before = None
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def _ask(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)


def _heed_no_interrupt(_: int) -> None:
    """A worker goes on making samples: the training process ends the step, then the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _asked(interrupt: _Interrupt, processes: Processes | None, due: bool) -> bool:
    """All processes must stop after the same step; they ask each other when they log."""
    if processes is None or processes.count == 1:
        return interrupt.asked
    return due and processes.any(interrupt.asked)


def learning_rate_share(step: int, config: RunConfig) -> float:
    """Share of the learning rate in a step, from 0.

    A linear warm-up, then either half a cosine to 0 (Loshchilov and Hutter 2017, without restarts)
    or an even half and a linear fall (Zhu et al. 2017, by step, as U-GAT-IT's program does).
    """
    if step < config.warmup:
        return (step + 1) / config.warmup
    if config.schedule == "linear":
        even = config.steps // 2
        return 1 - max(0, step + 1 - even) / (config.steps - even + 1)
    done = (step - config.warmup) / max(config.steps - config.warmup, 1)
    return 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


def schedule(method: Method, share: float) -> None:
    """Sets every learning rate to a share of its first value."""
    for optimizer in method.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * share


class _Follow:
    """Moves the averages of a run towards its weights, all at once."""

    def __init__(self, run: Run) -> None:
        self._run = run
        pairs = [
            pair
            for name, average in run.averages.items()
            for pair in zip(
                average.state_dict().values(), run.method.nets[name].state_dict().values()
            )
        ]
        floats = [pair for pair in pairs if pair[0].is_floating_point()]
        self._counts = [pair for pair in pairs if not pair[0].is_floating_point()]
        self._old, self._new = ([pair[i] for pair in floats] for i in (0, 1))

    @torch.no_grad()
    def __call__(self, config: RunConfig) -> None:
        """After a step; quickly in the first, so that averages don't remember the random start."""
        share = max(1 - 0.5 ** (1 / config.average), 1 / (1 + self._run.step))
        if self._old:
            get_ema_multi_avg_fn(1 - share)(self._old, self._new, None)
        for old, new in self._counts:
            old.copy_(new)


def _check(meter: _Meter, run: Run, samples: Dataset, numbers: _Numbers) -> None:
    """Stops where a loss was no number, before such weights are saved; keeps the batch."""
    bad = meter.first_bad()
    if bad is None:
        return
    ago, losses = bad
    step = run.step - ago
    batch = default_collate([samples[n] for n in numbers.of(step - 1)])
    path = run.keep_batch(step, batch, losses)
    name = next(name for name, value in losses.items() if not math.isfinite(value))
    raise TrainingError(
        f"the loss {name} is not a number in step {step}; its batch is in {path}, and {run.kept}: "
        "lower learning_rate, then use --resume"
    )


class _Meter:
    """Losses since the last report, without waiting for the device every step."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._reset()

    def _reset(self) -> None:
        self._rows: list[Mapping[str, Tensor]] = []
        self._start = time.perf_counter()

    def add(self, losses: Mapping[str, Tensor]) -> None:
        self._rows.append(losses)

    def _means(self) -> dict[str, float]:
        sums: dict[str, Tensor] = {}
        for row in self._rows:
            for name, value in row.items():
                sums[name] = sums[name] + value if name in sums else value
        return {name: float(total) / len(self._rows) for name, total in sums.items()}

    def first_bad(self) -> tuple[int, dict[str, float]] | None:
        """How many steps ago a loss was no number first, and the losses then."""
        if all(math.isfinite(mean) for mean in self._means().values()):
            return None
        for place, row in enumerate(self._rows):
            losses = {name: float(value) for name, value in row.items()}
            if not all(map(math.isfinite, losses.values())):
                return len(self._rows) - 1 - place, losses
        return None  # the sum left the range of floats: no loss did

    def report(self, step: int) -> Report:
        seconds = time.perf_counter() - self._start
        rate = len(self._rows) * self._batch / max(seconds, 1e-9)
        report = Report(step, self._means(), rate)
        self._reset()
        return report


__all__ = ["Method", "Report", "Run", "TrainingError", "learning_rate_share", "train"]

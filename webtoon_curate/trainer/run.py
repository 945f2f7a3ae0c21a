"""A run's folder: settings, losses, samples, checkpoints.

<run>/
  config.json
  index.html                       curves and samples, to look at
  metrics.jsonl                    a line of losses every `log_every` steps
  events.out.tfevents.*            the same, and the samples, for TensorBoard
  samples/<step>.png
  checkpoints/<step>.safetensors   and <step>.json: the newest `keep`; of several processes also
                                   <step>.process-<rank>.safetensors
  best.safetensors, best.json      of the checkpoint with the lowest score
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from webtoon_curate.errors import CurateError, DatasetError, ModelError
from webtoon_curate.files import replacing, write_json
from webtoon_curate.images import encode
from webtoon_curate.trainer import checkpoint
from webtoon_curate.trainer.compiled import uncompiled
from webtoon_curate.trainer.config import RunConfig
from webtoon_curate.trainer.events import EventFile
from webtoon_curate.trainer.grids import grid
from webtoon_curate.trainer.page import write_page

if TYPE_CHECKING:
    from webtoon_curate.trainer.dist import Processes
    from webtoon_curate.trainer.method import Batch, Method, Report

METRICS, SAMPLES, BEST = "metrics.jsonl", "samples", "best"
DIGITS = 6
"""Of losses in `metrics.jsonl`."""


class TrainingError(CurateError):
    """A run that cannot go on; what it had is saved."""


class Run:
    """A run in its folder.

    Attributes:
        step: steps that are done.
        averages: averaged copies of the method's networks.

    Args:
        folder: of the run.
        method: that is trained.
        config: of the method.
        processes: this one and the others, of which the first writes; None for this one alone.
    """

    def __init__(
        self, folder: Path, method: Method, config: RunConfig, processes: Processes | None = None
    ) -> None:
        self.folder, self.method, self.config = folder, method, config
        self.processes, self.rank = processes, processes.rank if processes else 0
        self.step, self.writes = 0, self.rank == 0
        names = method.nets if method.averaged is None else method.averaged
        self.averages = {name: copy.deepcopy(method.nets[name]).eval() for name in names}
        self._events: EventFile | None = None

    def begin(self, resume: bool) -> None:
        """Starts a new folder, or goes on where the newest checkpoint stopped.

        Raises:
            DatasetError: if the folder holds a run and `resume` is false, or of another method or
                size of samples.
            ModelError: if the checkpoint is damaged or of another network.
        """
        newest = checkpoint.newest_checkpoint(self.folder)
        if newest is not None and not resume:
            raise DatasetError(
                f"{self.folder} holds a training run: go on with it with --resume, or choose "
                "another folder"
            )
        if newest is not None:
            self._load(newest)
        if self.writes:
            with self._told("settings"):
                checkpoint.remove_half_written(self.folder)
                write_json(self.folder / "config.json", dataclasses.asdict(self.config))
                self._forget_later()

    def _load(self, path: Path) -> None:
        tensors, about = checkpoint.load_checkpoint(path)
        if about.get("method") != self.method.name:
            raise DatasetError(
                f"{path} is of the method {about.get('method')}, not {self.method.name}: choose "
                "another folder"
            )
        size = about["config"].get("size")
        if size != self.config.size:  # pools and statistics are of that size
            raise DatasetError(
                f"{path} was trained with size={size}, not {self.config.size}: resume with that, "
                "or choose another folder"
            )
        checkpoint.check_parts(path, tensors, about)
        try:
            self._put_in(path, tensors, int(about["step"]))
        except KeyError as error:
            raise ModelError(f"{path} is no whole checkpoint: it lacks {error}") from None

    def _put_in(self, path: Path, tensors: Mapping[str, Tensor], step: int) -> None:
        for name, net in self.method.nets.items():
            checkpoint.load_net(f"net.{name}", net, tensors)
        for name, net in self.averages.items():
            checkpoint.load_net(f"average.{name}", net, tensors)
        for name, optimizer in self.method.optimizers.items():
            checkpoint.load_optimizer(f"optimizer.{name}", optimizer, tensors)
        self.step = step
        self._load_own(path, tensors)

    def _load_own(self, path: Path, tensors: Mapping[str, Tensor]) -> None:
        """Random numbers and the method's extra: those of this process, if it was there."""
        own = checkpoint.own_path(path, self.rank)
        known = self.rank == 0 or own.exists()
        if self.rank and known:
            tensors = checkpoint.load_tensors(own)
        head = "extra."
        extra = {name[len(head) :]: t for name, t in tensors.items() if name.startswith(head)}
        self.method.load_extra(extra)
        if not known:
            torch.manual_seed(self.config.seed + self.rank + self.processes.count * self.step)
            return
        torch.set_rng_state(tensors["random"])
        if "random.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random.cuda"])

    def save(self, held: Sequence[Batch] = ()) -> None:
        """Writes a checkpoint of this step, and keeps it as the best if its score is the lowest.

        Raises:
            TrainingError: if it cannot be written, or a weight is no number; the one before is
                whole.
        """
        self._check_weights()
        tensors = self._own()
        if not self.writes:
            newest = self.folder / checkpoint.FOLDER / f"{self.step:08d}.safetensors"
            with self._told("checkpoint"):
                checkpoint.save_tensors(checkpoint.own_path(newest, self.rank), tensors)
        if self.processes is not None:  # a checkpoint with its JSON has the parts of all
            self.processes.together()
        if not self.writes:
            return
        for name, net in self.method.nets.items():
            tensors |= checkpoint.net_tensors(f"net.{name}", net)
        for name, net in self.averages.items():
            tensors |= checkpoint.net_tensors(f"average.{name}", net)
        for name, optimizer in self.method.optimizers.items():
            tensors |= checkpoint.optimizer_tensors(f"optimizer.{name}", optimizer)
        about: dict[str, Any] = {
            "method": self.method.name,
            "config": dataclasses.asdict(self.config),
        }
        with self._told("checkpoint"):
            score = self._score(held)
            if score:
                about["score"] = score
            keep = self.config.keep
            path = checkpoint.save_checkpoint(self.folder, self.step, tensors, about, keep)
            if score:
                self._keep_best(path, next(iter(score.values())))
            write_page(self.folder)

    def _check_weights(self) -> None:
        """A last step whose loss was a number, but not its gradient, is seen in the weights."""
        for name, net in self.method.nets.items():
            if not all(bool(tensor.isfinite().all()) for tensor in net.state_dict().values()):
                raise TrainingError(
                    f"the weights of {name} are not numbers after step {self.step}, and "
                    f"{self.kept}: lower learning_rate, then use --resume"
                )

    @property
    def kept(self) -> str:
        """What an error says of what there is to go on from."""
        newest = checkpoint.newest_checkpoint(self.folder)
        return f"the checkpoint {newest.stem} is kept" if newest else "nothing was saved before"

    def _own(self) -> dict[str, Tensor]:
        """What each process has for itself."""
        tensors = {"random": torch.get_rng_state()}
        if torch.cuda.is_available():
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        return tensors | {f"extra.{name}": t for name, t in self.method.extra().items()}

    def log(self, report: Report) -> None:
        """Adds a line to `metrics.jsonl`, and the numbers to TensorBoard's file."""
        if not self.writes:
            return
        line: dict[str, Any] = {"step": report.step, "rate": round(report.rate, 2)}
        line |= {name: round(value, DIGITS) for name, value in report.losses.items()}
        with self._told("losses"):
            with (self.folder / METRICS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            self.events.scalars(report.step, report.losses | {"rate": report.rate})

    def draw(self, batch: Batch) -> None:
        """Writes samples of a batch as a picture. Random numbers of training are left alone."""
        if not self.writes:
            return
        with self._apart():
            columns = self.method.sample(batch)
        if not columns:
            return
        with self._told("samples"):
            png = encode(grid(columns))
            with replacing(self.folder / SAMPLES / f"{self.step:08d}.png") as part:
                part.write_bytes(png)
            self.events.picture(self.step, "samples", png)

    def keep_batch(self, step: int, batch: Batch, losses: Mapping[str, float]) -> Path:
        """Keeps the batch of a step that went wrong; gives its path."""
        path = self.folder / f"bad-step-{step:08d}.safetensors"
        with self._told("batch"):
            checkpoint.save_tensors(path, batch)
            told = {name: repr(value) for name, value in losses.items()}
            write_json(path.with_suffix(".json"), {"step": step, "losses": told})
        return path

    @property
    def events(self) -> EventFile:
        """TensorBoard's file of this part of the run."""
        if self._events is None:
            self._events = EventFile(self.folder, self.step)
        return self._events

    def _score(self, held: Sequence[Batch]) -> dict[str, float]:
        if not held:
            return {}
        with self._apart():
            score = self.method.score(held)
        if score:
            self.events.scalars(self.step, {f"held/{name}": v for name, v in score.items()})
        return {name: round(value, DIGITS) for name, value in score.items()}

    def _keep_best(self, path: Path, score: float) -> None:
        best = self.folder / f"{BEST}.safetensors"
        note = best.with_suffix(".json")
        least = json.loads(note.read_text())["score"] if note.exists() else math.inf
        if not score < least:  # nor if it is no number
            return
        with replacing(best) as part:
            try:
                os.link(path, part)
            except OSError:  # a file system without links
                shutil.copyfile(path, part)
        write_json(note, {**json.loads(path.with_suffix(".json").read_text()), "score": score})

    @contextlib.contextmanager
    def _apart(self) -> Iterator[None]:
        """Without gradients and compilers, with random numbers that are the same every time; the
        networks' statistics, such as those of batch normalisation, are then as they were."""
        devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
        buffers = [buffer for net in self.method.nets.values() for buffer in net.buffers()]
        before = [buffer.clone() for buffer in buffers]
        with torch.random.fork_rng(devices), torch.no_grad(), uncompiled():
            torch.manual_seed(self.config.seed)
            yield
            for buffer, old in zip(buffers, before):
                buffer.copy_(old)

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        from safetensors import SafetensorError

        try:
            yield
        except (OSError, SafetensorError) as error:
            newest = checkpoint.newest_checkpoint(self.folder)
            kept = f"the checkpoint {newest.stem} is whole" if newest else "nothing was saved yet"
            raise TrainingError(
                f"cannot write the {what} of step {self.step} to {self.folder}: {error}; {kept}. "
                "Make room, then use --resume"
            ) from error

    def _forget_later(self) -> None:
        """Drops lines of steps that are done again, and what a full disk cut off."""
        path = self.folder / METRICS
        if path.exists():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            kept = [f"{line}\n" for line in lines if _step_of(line) <= self.step]
            with replacing(path) as part:
                part.write_text("".join(kept), encoding="utf-8")


def _step_of(line: str) -> float:
    """The step of a line of `metrics.jsonl`; beyond all others where it is no whole line."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf

"""Few-shot groups on a trained U-GAT-IT (Zhuang and Yang 2020, arXiv 2007.13332).

Baseline 1 trains heads and tails on all groups mixed, with the body frozen. Baseline 2 gives each
group a head and a tail of its own and lets discriminators tell the groups apart; the body follows
the base group only, so that small groups use its features and don't spoil them.

Apart from the authors' program: both gradients are taken before either optimizer steps (theirs
steps between them, through weights that the second needs); the attention's loss of new groups does
not reach the body; there is no loss of a face recognition network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from webtoon_curate.errors import ModelError
from webtoon_curate.splits.report import FEW_SHOT
from webtoon_curate.trainer.checkpoint import (
    laid_out,
    load_checkpoint,
    load_net,
    newest_checkpoint,
)
from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.gan import GanMethod, detached, frozen
from webtoon_curate.trainer.gan_losses import least_squares, vanilla
from webtoon_curate.trainer.method import Batch
from webtoon_curate.trainer.methods.ugatit import (
    LAYERS,
    UGATITConfig,
    UGATITMethod,
    judged,
)
from webtoon_curate.trainer.methods.ugatit import PRESETS as BASE_PRESETS
from webtoon_curate.trainer.nets.fewshot import Branched, GroupDiscriminator
from webtoon_curate.trainer.nets.ugatit import Attended, clip_shares

FEW = FEW_SHOT
"""Faces below which a group is one for few-shot training: those of which `split` warns."""


@dataclass(frozen=True)
class FewShotConfig(UGATITConfig):
    """See `UGATITConfig`; the networks must be those of the trained run.

    Attributes:
        baseline: 1 or 2.
        groups: names, the base first.
        group: weight of telling groups apart.
    """

    steps: int = 100_000
    cycle: float = 50.0
    baseline: int = 2
    groups: tuple[str, ...] = ()
    group: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.baseline not in (1, 2):
            raise ConfigError(f"baseline is 1 or 2, not {self.baseline}")
        if len(self.groups) < 2 or len(set(self.groups)) < len(self.groups):
            raise ConfigError('name two groups and more, the base first: --set groups=["a","b"]')


PRESETS = {"default": {}, "light": {"light": True}, "tiny": BASE_PRESETS["tiny"]}
"""`default` is as published; `tiny` goes through everything in seconds and learns nothing."""


def fewshot_method(
    config: FewShotConfig, init: Path | None, processes: Processes | None = None
) -> GanMethod:
    """The method of a baseline.

    Args:
        config: of the method.
        init: folder of a run of `train ugatit`, whose networks it begins with.
        processes: as in `GanMethod`.

    Raises:
        ModelError: if there is no such run, or its networks are others.
    """
    kind = FewShotMethod if config.baseline == 2 else MixedMethod
    return kind(config, init, processes)


def _begin(nets: dict[str, nn.Module], init: Path | None) -> None:
    if init is None:
        return
    newest = newest_checkpoint(init)
    if newest is None:
        raise ModelError(f"{init} holds no training run: train the base with train ugatit")
    tensors, about = load_checkpoint(newest)
    if about.get("method") != UGATITMethod.name:
        raise ModelError(f"{init} is a run of {about.get('method')}, not of train ugatit")
    for name, net in nets.items():
        own = net.state_dict()
        head = f"net.{name}."
        if isinstance(net, GroupDiscriminator):  # what the base run has not learned begins anew
            new = {f"{head}{key}": v for key, v in own.items() if f"{head}{key}" not in tensors}
            load_net(f"net.{name}", net, tensors | new)
        else:
            load_net(f"net.{name}", net, tensors)


class MixedMethod(UGATITMethod):
    """Baseline 1: U-GAT-IT on all groups at once, its body frozen."""

    name = "fewshot-1"

    def __init__(
        self, config: FewShotConfig, init: Path | None = None, processes: Processes | None = None
    ) -> None:
        super().__init__(config, processes)
        _begin(self.nets, init)
        generators = [self.nets[name] for name in self.averaged]
        for net in generators:
            net.body.requires_grad_(False)
        ends = [part for net in generators for part in (net.head, net.tail)]
        self.optimizers["generators"] = self.adam(ends)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """See `Method`; `batch` holds `a` and `b`, (n, groups, 3, h, w) each."""
        return super().step(_flat(batch))

    def sample(self, batch: Batch) -> dict[str, Tensor]:
        """See `UGATITMethod`."""
        return super().sample(_flat(batch))

    def score(self, batches: Sequence[Batch]) -> dict[str, float]:
        """See `UGATITMethod`."""
        return super().score([_flat(batch) for batch in batches])


def _flat(batch: Batch) -> dict[str, Tensor]:
    """All groups as one batch, group by group; as it is where it is one already."""
    return {
        side: pictures.transpose(0, 1).flatten(0, 1) if pictures.ndim == 5 else pictures
        for side, pictures in batch.items()
    }


class FewShotMethod(GanMethod):
    """Baseline 2."""

    name = "fewshot"
    averaged = ("a2b", "b2a")

    def __init__(
        self, config: FewShotConfig, init: Path | None = None, processes: Processes | None = None
    ) -> None:
        super().__init__(config, processes)
        place, count = self.processes.placed, len(config.groups)
        generators = {name: config.generator() for name in self.averaged}
        self.judges: dict[str, nn.Module] = {
            f"{kind}_{side}": GroupDiscriminator(count, config.width, config.layers(kind))
            for side in "ab"
            for kind in LAYERS
        }
        _begin(generators | {f"judge_{name}": net for name, net in self.judges.items()}, init)
        self.judges = {name: place(net) for name, net in self.judges.items()}
        self.generators = {n: place(Branched(net, count)) for n, net in generators.items()}
        self.nets = self.generators | {f"judge_{n}": net for n, net in self.judges.items()}
        both = self.generators.values()
        self.shared = [weight for net in both for weight in net.body.parameters()]
        self.branches = [weight for net in both for weight in net.branches()]
        self.optimizers = {
            "shared": self.adam(self.shared),
            "branches": self.adam(self.branches),
            "discriminators": self.adam(self.judges.values()),
        }

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """See `Method`; `batch` holds `a` and `b`, (n, groups, 3, h, w) each."""
        batch = self.placed(batch)
        with self.processes.autocast():
            found = self._discriminators(batch)
        self.update(found, "discriminators")
        frozen(self.judges.values(), True)
        with self.processes.autocast():
            base, new = self._generators(batch)
        self._gradients(base, new)
        self.processes.step(self.optimizers["shared"], self.optimizers["branches"])
        frozen(self.judges.values(), False)
        for net in self.generators.values():
            clip_shares(net)
        return detached({"base": base, "new": new, **found})

    def _gradients(self, base: Tensor, new: Tensor) -> None:
        """Both are taken with the weights as they are; the body takes that of the base only."""
        weights = [*self.shared, *self.branches]
        first = torch.autograd.grad(base, weights, retain_graph=True, allow_unused=True)
        second = torch.autograd.grad(new, self.branches, allow_unused=True)
        none = [None] * len(self.shared)
        for weight, *both in zip(weights, first, (*none, *second)):
            found = [gradient for gradient in both if gradient is not None]
            # `backward` lays gradients out as weights are, which fused optimizers ask for.
            weight.grad = laid_out(sum(found[1:], found[0]), weight) if found else None

    def _labels(self, n: int) -> Tensor:
        """(n * groups, groups) float32: 1 in each picture's group."""
        labels = torch.eye(len(self.config.groups), device=self.processes.device)
        return labels.repeat_interleave(n, 0)

    def _discriminators(self, batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad():
            fakes = {"b": self._made("a2b", batch["a"]).out, "a": self._made("b2a", batch["b"]).out}
        labels, losses, flat = self._labels(len(batch["a"])), {}, _flat(batch)
        for side in "ab":
            parts, groups = [], []
            for kind in LAYERS:
                judge = self.judges[f"{kind}_{side}"]
                real = judge(flat[side])
                parts += [judged(real, True), judged(judge(fakes[side]), False)]
                groups.append(F.mse_loss(real.groups.float(), labels))
            losses[f"discriminator_{side}"] = self.config.adversarial * sum(parts)
            losses[f"groups_{side}"] = self.config.group * sum(groups)
        return losses

    def _made(self, name: str, pictures: Tensor) -> Attended:
        """Of (n, groups, 3, h, w), group by group; or of what that gave."""
        groups = len(self.config.groups)
        if pictures.ndim == 4:
            pictures = pictures.unflatten(0, (groups, -1)).transpose(0, 1)
        return self.generators[name]([pictures[:, group] for group in range(groups)])

    def _generators(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The losses of the base group, and those of the others with the groups' own."""
        config, n, flat = self.config, len(batch["a"]), _flat(batch)
        labels = self._labels(n)
        fakes = {"b": self._made("a2b", batch["a"]), "a": self._made("b2a", batch["b"])}
        cycled = {
            "a": self._made("b2a", fakes["b"].out).out,
            "b": self._made("a2b", fakes["a"].out).out,
        }
        same = {"a": self._made("b2a", batch["a"]), "b": self._made("a2b", batch["b"])}
        sums, groups = [0, 0], []
        for side in "ab":
            found = [self.judges[f"{kind}_{side}"](fakes[side].out) for kind in LAYERS]
            groups += [F.mse_loss(part.groups.float(), labels) for part in found]
            for place, which in enumerate((slice(0, n), slice(n, None))):
                adversarial = sum(
                    least_squares(value[which].float(), True)
                    for part in found
                    for value in (part.out, part.logits)
                )
                cam = vanilla(fakes[side].logits[which].float(), True)
                cam = cam + vanilla(same[side].logits[which].float(), False)
                real = flat[side][which]
                sums[place] = (
                    sums[place]
                    + config.adversarial * adversarial
                    + config.cycle * F.l1_loss(cycled[side][which].float(), real)
                    + config.identity * F.l1_loss(same[side].out[which].float(), real)
                    + config.cam * cam
                )
        return sums[0], sums[1] + config.group * sum(groups) / len(groups)

    def sample(self, batch: Batch) -> dict[str, Tensor]:
        """Each side, translated, and back; group by group."""
        batch, columns = self.placed(batch), {}
        for side, other in (("a", "b"), ("b", "a")):
            fake = self._made(f"{side}2{other}", batch[side]).out
            back = self._made(f"{other}2{side}", fake).out
            columns |= {side: _flat(batch)[side], f"{side}2{other}": fake}
            columns[f"{side}2{other}2{side}"] = back
        return columns

    def score(self, batches: Sequence[Batch]) -> dict[str, float]:
        """L1 distance after both cycles, on faces that are not learned from."""
        found = []
        for batch in batches:
            made = self.sample(batch)
            found += [F.l1_loss(made[f"{s}2{o}2{s}"], made[s]) for s, o in ("ab", "ba")]
        return {"cycle": float(torch.stack(found).mean())}

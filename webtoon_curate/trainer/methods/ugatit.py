"""U-GAT-IT (Kim et al. 2020, arXiv 1907.10830), with the weights of its authors' program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.gan import GanConfig, GanMethod, detached, frozen
from webtoon_curate.trainer.gan_losses import least_squares, vanilla
from webtoon_curate.trainer.method import Batch
from webtoon_curate.trainer.nets.fewshot import HourglassGenerator
from webtoon_curate.trainer.nets.ugatit import (
    Attended,
    Discriminator,
    Generator,
    UGATITGenerator,
    clip_shares,
)

NETS = ("ugatit", "hourglass")
LAYERS = {"global": 7, "local": 5}
"""Of the two discriminators of each side, as published."""


@dataclass(frozen=True)
class UGATITConfig(GanConfig):
    """See `GanConfig`.

    Attributes:
        light: pool before the fully connected layers: 10.6 instead of 279 million weights.
        net: `ugatit`, or the `hourglass` of the few-shot paper's program.
        blocks: residual and adaptive ones, each, of `ugatit`.
        adversarial, cycle, identity, cam: weights of the losses.
    """

    steps: int = 1_000_000
    learning_rate: float = 1e-4
    weight_decay: float = 1e-4
    light: bool = False
    net: str = "ugatit"
    blocks: int = 4
    adversarial: float = 1.0
    cycle: float = 10.0
    identity: float = 10.0
    cam: float = 1000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.net not in NETS:
            raise ConfigError(f"net is {' or '.join(NETS)}, not {self.net!r}")
        if self.size % 64:
            raise ConfigError(f"size must be a multiple of 64, not {self.size}")
        if self.net == "hourglass" and self.width % 4:
            raise ConfigError(f"width must be a multiple of 4 for hourglass, not {self.width}")

    def layers(self, kind: str) -> int:
        """Of a discriminator; fewer than published below 128 pixels, where it would see less than
        one."""
        return min(LAYERS[kind], self.size.bit_length() - 1)

    def generator(self) -> Generator:
        """A new one."""
        if self.net == "hourglass":
            return HourglassGenerator(self.size, self.width, self.light)
        return UGATITGenerator(self.size, self.width, self.blocks, self.light)


PRESETS = {
    "default": {},
    "light": {"light": True},
    "tiny": {
        "steps": 4, "size": 64, "width": 4, "blocks": 1, "light": True, "workers": 0,
        "log_every": 2, "save_every": 2, "sample_every": 2, "average": 2, "measured": 4,
    },
}  # fmt: skip
"""`default` is as published; `tiny` goes through everything in seconds and learns nothing."""


def judged(found: Attended, real: bool) -> Tensor:
    """Least squares on a discriminator's patches and on its attention."""
    return least_squares(found.out.float(), real) + least_squares(found.logits.float(), real)


class UGATITMethod(GanMethod):
    """A `Method`: a are photographs, b drawings; `a2b` draws."""

    name = "ugatit"
    averaged = ("a2b", "b2a")

    def __init__(self, config: UGATITConfig, processes: Processes | None = None) -> None:
        super().__init__(config, processes)
        place = self.processes.placed
        self.nets = {name: place(config.generator()) for name in ("a2b", "b2a")}
        self.judges = {
            f"{kind}_{side}": place(Discriminator(config.width, config.layers(kind)))
            for side in "ab"
            for kind in LAYERS
        }
        self.optimizers = {
            "generators": self.adam(self.nets.values()),
            "discriminators": self.adam(self.judges.values()),
        }
        self.nets |= {f"judge_{name}": net for name, net in self.judges.items()}

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """See `Method`; `batch` holds `a` and `b`."""
        batch = self.placed(batch)
        with self.processes.autocast():
            found = self._discriminators(batch)
        self.update(found, "discriminators")
        frozen(self.judges.values(), True)
        with self.processes.autocast():
            losses = self._generators(batch)
        self.update(losses, "generators")
        frozen(self.judges.values(), False)
        for name in self.averaged:
            clip_shares(self.nets[name])
        return detached(losses | found)

    def _discriminators(self, batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad():
            fakes = {"b": self.nets["a2b"](batch["a"]).out, "a": self.nets["b2a"](batch["b"]).out}
        losses = {}
        for side in "ab":
            pairs = [
                judged(self.judges[f"{kind}_{side}"](batch[side]), True)
                + judged(self.judges[f"{kind}_{side}"](fakes[side]), False)
                for kind in LAYERS
            ]
            losses[f"discriminator_{side}"] = self.config.adversarial * sum(pairs)
        return losses

    def _generators(self, batch: Batch) -> dict[str, Tensor]:
        config, losses = self.config, {}
        a2b, b2a = self.nets["a2b"], self.nets["b2a"]
        fakes = {"b": a2b(batch["a"]), "a": b2a(batch["b"])}
        cycled = {"a": b2a(fakes["b"].out).out, "b": a2b(fakes["a"].out).out}
        same = {"a": b2a(batch["a"]), "b": a2b(batch["b"])}
        for side in "ab":
            real, fake = batch[side], fakes[side]
            parts = [judged(self.judges[f"{kind}_{side}"](fake.out), True) for kind in LAYERS]
            cam = vanilla(fake.logits.float(), True) + vanilla(same[side].logits.float(), False)
            cycle = F.l1_loss(cycled[side].float(), real)
            losses |= {
                f"adversarial_{side}": config.adversarial * sum(parts),
                f"cycle_{side}": config.cycle * cycle,
                f"identity_{side}": config.identity * F.l1_loss(same[side].out.float(), real),
                f"cam_{side}": config.cam * cam,
            }
        return losses

    def sample(self, batch: Batch) -> dict[str, Tensor]:
        """Each side, what was attended to, translated, and back."""
        batch, columns = self.placed(batch), {}
        for side, other in (("a", "b"), ("b", "a")):
            fake = self.nets[f"{side}2{other}"](batch[side])
            back = self.nets[f"{other}2{side}"](fake.out).out
            heat = F.interpolate(fake.heat, batch[side].shape[2:], mode="bilinear")
            low, high = heat.amin((1, 2, 3), True), heat.amax((1, 2, 3), True)
            heat = (heat - low) / (high - low).clamp(min=1e-9) * 2 - 1
            columns |= {side: batch[side], f"heat_{side}": heat}
            columns |= {f"{side}2{other}": fake.out, f"{side}2{other}2{side}": back}
        return columns

    def score(self, batches: Sequence[Batch]) -> dict[str, float]:
        """L1 distance after both cycles, on faces that are not learned from."""
        found = []
        for batch in batches:
            made, batch = self.sample(batch), self.placed(batch)
            found += [F.l1_loss(made["a2b2a"], batch["a"]), F.l1_loss(made["b2a2b"], batch["b"])]
        return {"cycle": float(torch.stack(found).mean())}

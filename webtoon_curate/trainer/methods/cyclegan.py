"""CycleGAN, with landmarks as condition or as part of the output.

Zhu et al. 2017 (arXiv 1703.10593); the landmark-consistency loss and the local discriminators are
those of Landmark-Assisted CycleGAN (Wu et al. 2019, arXiv 1907.01424), sections 3.2.1 and 3.2.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from webtoon_curate.errors import DatasetError
from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.gan import GanConfig, GanMethod, detached, frozen
from webtoon_curate.trainer.gan_losses import least_squares
from webtoon_curate.trainer.method import Batch
from webtoon_curate.trainer.nets.patchgan import PatchGAN
from webtoon_curate.trainer.nets.resnet import ResNetGenerator
from webtoon_curate.trainer.nets.unet import UNet
from webtoon_curate.trainer.patches import PARTS, patches
from webtoon_curate.trainer.pool import ImagePool

LANDMARKS = ("condition", "output", "none")
REGRESSOR_WIDTH = 16
"""Channels of the first layer of the networks that find landmarks."""
REGRESSOR_RATE = 2e-3
"""Their learning rate: at that of the generators they find little in `regressor_steps`."""
HEAT = 1.5 / 64
"""Standard deviation of the heat around a landmark that they find, in sides of the picture. Heat,
as in the paper, since single pixels are hardly learned: after 1,200 steps on drawings of 64 pixels
the square error was 0.76 of that of the mean heat, and of pixels 0.97."""
OTHER = {"a": "b", "b": "a"}


@dataclass(frozen=True)
class CycleGANConfig(GanConfig):
    """See `GanConfig`.

    Attributes:
        landmarks: `condition`: generators see the landmark layer beside the picture, 4 channels in
            and 3 out; `output`: they make it as well, 4 in and out; `none`: 3 in and out.
        blocks: residual blocks of the generators; 0 for 9 from 256 pixels on, else 6.
        cycle: weight of both cycles.
        identity: weight of the identity loss, as a share of the cycle's.
        pool: pictures that the discriminators remember.
        consistency: weight of the landmark-consistency loss, e.g. 10; 0 for none. Landmarks are
            found in made pictures by networks that learn from the real ones in the same run.
        regressor_steps: steps that those learn before the loss counts.
        local: weight of local discriminators on eyes, nose and mouth, e.g. 0.3; 0 for none.
    """

    landmarks: str = "condition"
    blocks: int = 0
    cycle: float = 10.0
    identity: float = 0.5
    pool: int = 50
    consistency: float = 0.0
    regressor_steps: int = 2000
    local: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.landmarks not in LANDMARKS:
            raise ConfigError(f"landmarks is {', '.join(LANDMARKS)}, not {self.landmarks!r}")
        if self.landmarks == "none" and (self.consistency or self.local):
            raise ConfigError("consistency and local need landmarks=condition or output")
        if self.size % 16 or self.size < 32:
            raise ConfigError(f"size must be a multiple of 16 from 32, not {self.size}")

    @property
    def channels(self) -> tuple[int, int]:
        """Into the generators, and out of them."""
        return 3 if self.landmarks == "none" else 4, 4 if self.landmarks == "output" else 3

    def generator(self) -> ResNetGenerator:
        """A new one."""
        blocks = self.blocks or (9 if self.size >= 256 else 6)
        return ResNetGenerator(*self.channels, blocks, self.width)


PRESETS = {
    "default": {},
    "tiny": {
        "steps": 4, "size": 32, "width": 8, "blocks": 2, "workers": 0, "log_every": 2,
        "save_every": 2, "sample_every": 2, "average": 2, "measured": 4, "pool": 2,
    },
}  # fmt: skip
"""`default` is as published; `tiny` goes through everything in seconds and learns nothing."""


def heat(layers: Tensor) -> Tensor:
    """Gaussian heat around landmarks.

    Args:
        layers: (n, 1, size, size) float32, 1 at landmarks and 0 elsewhere.

    Returns:
        The same shape, 1 where it is hottest; 0 of layers without landmarks.
    """
    spread = HEAT * layers.shape[-1]
    reach = math.ceil(3 * spread)
    at = torch.arange(-reach, reach + 1, device=layers.device, dtype=torch.float32)
    bell = torch.exp(-((at / spread) ** 2) / 2)
    with torch.autocast(layers.device.type, enabled=False):
        rows = F.conv2d(layers.float(), bell[None, None, None], padding=(0, reach))
        found = F.conv2d(rows, bell[None, None, :, None], padding=(reach, 0))
    return found / found.amax((1, 2, 3), keepdim=True).clamp(min=1e-9)


class CycleGANMethod(GanMethod):
    """A `Method`: a are photographs, b drawings; `a2b` draws."""

    name = "cyclegan"
    averaged = ("a2b", "b2a")

    def __init__(self, config: CycleGANConfig, processes: Processes | None = None) -> None:
        super().__init__(config, processes)
        self.inputs, self.outputs = config.channels
        place, width = self.processes.placed, config.width
        self.nets = {name: place(config.generator()) for name in ("a2b", "b2a")}
        judges = {side: PatchGAN(self.outputs, width) for side in "ab"}
        if config.local:
            judges |= {f"{side}_{part}": PatchGAN(3, width, 2) for side in "ab" for part in PARTS}
        self.judges = {name: place(net) for name, net in judges.items()}
        finders = {side: UNet(3, 1, 4, REGRESSOR_WIDTH, dropout=False) for side in "ab"}
        self.finders = {side: place(net) for side, net in finders.items() if config.consistency}
        self.optimizers = {
            "generators": self.adam([self.nets["a2b"], self.nets["b2a"]]),
            "discriminators": self.adam(self.judges.values()),
        }
        if self.finders:
            self.optimizers["finders"] = self.adam(self.finders.values(), REGRESSOR_RATE)
        self.nets |= {f"judge_{name}": net for name, net in self.judges.items()}
        self.nets |= {f"finder_{side}": net for side, net in self.finders.items()}
        self.pools = {name: ImagePool(config.pool) for name in "ab"}
        self.done = 0

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """See `Method`; `batch` holds `a`, `b`, and `a_landmarks`, `a_points` and so on."""
        if self.config.local and any(batch[f"{s}_points"].isnan().any() for s in "ab"):
            raise DatasetError("local discriminators need points: train from datasets or tensors")
        batch = self.placed(batch)
        frozen([*self.judges.values(), *self.finders.values()], True)
        with self.processes.autocast():
            losses, fakes = self._generators(batch)
        self.update(losses, "generators")
        frozen([*self.judges.values(), *self.finders.values()], False)
        with self.processes.autocast():
            judged = self._discriminators(batch, fakes)
        self.update(judged, "discriminators")
        if self.finders:
            found = {
                f"find_{side}": F.mse_loss(
                    net(batch[side]).float(), heat(batch[f"{side}_landmarks"])
                )
                for side, net in self.finders.items()
            }
            self.update(found, "finders")
            judged |= found
        self.done += 1
        return detached(losses | judged)

    def _real(self, batch: Batch, side: str) -> Tensor:
        """What a generator puts out ideally: the picture, and its landmarks where they count."""
        if self.outputs == 3:
            return batch[side]
        return torch.cat([batch[side], batch[f"{side}_landmarks"]], 1)

    def _entered(self, picture: Tensor, batch: Batch, side: str) -> Tensor:
        """A picture of `outputs` channels as a generator's input, with the landmarks of a side."""
        if picture.shape[1] == self.inputs:
            return picture
        return torch.cat([picture, batch[f"{side}_landmarks"]], 1)

    def _generators(self, batch: Batch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        config, losses, fakes = self.config, {}, {}
        for side, other in OTHER.items():
            there, back = self.nets[f"{side}2{other}"], self.nets[f"{other}2{side}"]
            real = self._real(batch, side)
            fake = fakes[other] = there(self._entered(real, batch, side))
            cycled = back(self._entered(fake, batch, side))
            losses[f"adversarial_{other}"] = least_squares(self.judges[other](fake).float(), True)
            losses[f"cycle_{side}"] = config.cycle * F.l1_loss(cycled.float(), real)
            if config.identity:
                same = back(self._entered(real, batch, side))
                weight = config.cycle * config.identity
                losses[f"identity_{side}"] = weight * F.l1_loss(same.float(), real)
            if self.finders and self.done >= config.regressor_steps:
                found = self.finders[other](fake[:, :3]).float()
                loss = F.mse_loss(found, heat(batch[f"{side}_landmarks"]))
                losses[f"consistency_{other}"] = config.consistency * loss
            if config.local:
                parts = [
                    least_squares(self._local(fake, batch[f"{side}_points"], other, part), True)
                    for part in PARTS
                ]
                losses[f"local_{other}"] = config.local * sum(parts)
        return losses, fakes

    def _discriminators(self, batch: Batch, fakes: dict[str, Tensor]) -> dict[str, Tensor]:
        judged = {}
        for side, other in OTHER.items():
            fake = self.pools[side].swapped(fakes[side])
            judge, real = self.judges[side], self._real(batch, side)
            pair = least_squares(judge(real).float(), True)
            pair = pair + least_squares(judge(fake).float(), False)
            judged[f"discriminator_{side}"] = 0.5 * pair
            if self.config.local:
                # Points belong to the newest fake, so that the pool is passed over here.
                made, at = fakes[side].detach(), batch[f"{other}_points"]
                pairs = [
                    least_squares(self._local(real, batch[f"{side}_points"], side, part), True)
                    + least_squares(self._local(made, at, side, part), False)
                    for part in PARTS
                ]
                judged[f"local_discriminators_{side}"] = 0.5 * sum(pairs)
        return judged

    def _local(self, picture: Tensor, points: Tensor, side: str, part: str) -> Tensor:
        return self.judges[f"{side}_{part}"](patches(picture[:, :3], points, part)).float()

    def sample(self, batch: Batch) -> dict[str, Tensor]:
        """Photograph, drawing made of it, photograph again; and the other way round."""
        batch, columns = self.placed(batch), {}
        for side, other in OTHER.items():
            real = self._real(batch, side)
            fake = self.nets[f"{side}2{other}"](self._entered(real, batch, side))
            back = self.nets[f"{other}2{side}"](self._entered(fake, batch, side))
            columns |= {side: batch[side], f"{side}2{other}": fake, f"{side}2{other}2{side}": back}
        return columns

    def score(self, batches: Sequence[Batch]) -> dict[str, float]:
        """L1 distance after both cycles, on faces that are not learned from."""
        found = []
        for batch in batches:
            made, batch = self.sample(batch), self.placed(batch)
            for side, cycled in (("a", made["a2b2a"]), ("b", made["b2a2b"])):
                found.append(F.l1_loss(cycled, self._real(batch, side)))
        return {"cycle": float(torch.stack(found).mean())}

    def extra(self) -> dict[str, Tensor]:
        """The pools, and how many steps are done."""
        pools = [pool.tensors(f"pool_{side}") for side, pool in self.pools.items()]
        return {"done": torch.tensor(self.done), **pools[0], **pools[1]}

    def load_extra(self, tensors: Mapping[str, Tensor]) -> None:
        """See `Method`."""
        self.done = int(tensors["done"])
        for side, pool in self.pools.items():
            pool.load(f"pool_{side}", dict(tensors), self.processes.device)

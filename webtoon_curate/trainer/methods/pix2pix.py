"""pix2pix: a picture from its landmarks (Isola et al. 2017, arXiv 1611.07004)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from webtoon_curate.trainer.checks import check_norm
from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.gan import GanConfig, GanMethod, detached, frozen
from webtoon_curate.trainer.gan_losses import vanilla
from webtoon_curate.trainer.method import Batch
from webtoon_curate.trainer.nets.blocks import NORMS
from webtoon_curate.trainer.nets.patchgan import PatchGAN
from webtoon_curate.trainer.nets.unet import UNet
from webtoon_curate.trainer.samples import COLORS, VERSIONS, condition_parts


@dataclass(frozen=True)
class Pix2PixConfig(GanConfig):
    """See `GanConfig`.

    Attributes:
        version: what the condition is: v1 key points, v2 and colors, v3 and noise, with color
            jitter on picture and condition.
        colors: of v2 and v3: `regions`: each is painted where the parsing map has hair, skin and
            irises, 3 channels; `faces`: the same, but skin fills the whole face, so that brows,
            lids, nose and mouth are left to the key points; `planes`: an even plane for each
            channel of each color, 12, which need no parsing map, and which instance normalisation
            nearly takes out.
        inputs: channels of the condition; 0 for those of the version.
        norm: `instance`, `none`, or `batch`, which needs two samples and more a process.
        dropout: half of the inner channels are dropped, also when pictures are made.
        reconstruction: weight of the L1 distance.
    """

    version: str = "v1"
    colors: str = "regions"
    inputs: int = 0
    norm: str = "instance"
    dropout: bool = True
    reconstruction: float = 100.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.version not in VERSIONS:
            raise ConfigError(f"version is {', '.join(VERSIONS)}, not {self.version!r}")
        if self.colors not in COLORS:
            raise ConfigError(f"colors is {', '.join(COLORS)}, not {self.colors!r}")
        if self.size < 32 or self.size & (self.size - 1):
            raise ConfigError(f"size must be a power of two from 32, not {self.size}")
        if self.norm not in NORMS:
            raise ConfigError(f"norm is {', '.join(NORMS)}, not {self.norm!r}")
        check_norm(self.norm, self.batch)

    @property
    def channels(self) -> int:
        """Of the condition."""
        parts = condition_parts(self.version, self.colors)
        return self.inputs or sum(len(names) for _, names in parts)

    def generator(self) -> UNet:
        """A new one."""
        downs = min(self.size.bit_length() - 1, 8)
        return UNet(self.channels, 3, downs, self.width, self.norm, self.dropout)


PRESETS = {
    "default": {},
    "tiny": {
        "steps": 4, "size": 32, "width": 8, "workers": 0, "log_every": 2, "save_every": 2,
        "sample_every": 2, "average": 2, "measured": 4,
    },
}  # fmt: skip
"""`default` is as published; `tiny` goes through everything in seconds and learns nothing."""


class Pix2PixMethod(GanMethod):
    """A `Method`: U-Net, 70 x 70 PatchGAN on condition and picture, vanilla loss and L1."""

    name = "pix2pix"

    def __init__(self, config: Pix2PixConfig, processes: Processes | None = None) -> None:
        super().__init__(config, processes)
        # Averaged weights do not fit averaged statistics of batches: such a generator draws one
        # picture, whatever it is given.
        self.averaged = () if config.norm == "batch" else ("generator",)
        place = self.processes.placed
        self.generator = place(config.generator())
        self.judge = place(PatchGAN(config.channels + 3, config.width, norm=config.norm))
        self.nets = {"generator": self.generator, "discriminator": self.judge}
        self.optimizers = {name: self.adam([net]) for name, net in self.nets.items()}

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """See `Method`; `batch` holds `condition` and `image`."""
        batch = self.placed(batch)
        condition, image = batch["condition"], batch["image"]
        with self.processes.autocast():
            fake = self.generator(condition)
            judged = {
                "discriminator": 0.5
                * (
                    vanilla(self.judge(torch.cat([condition, fake.detach()], 1)).float(), False)
                    + vanilla(self.judge(torch.cat([condition, image], 1)).float(), True)
                )
            }
        self.update(judged, "discriminator")
        frozen([self.judge], True)
        with self.processes.autocast():
            losses = {
                "adversarial": vanilla(self.judge(torch.cat([condition, fake], 1)).float(), True),
                "reconstruction": self.config.reconstruction * F.l1_loss(fake.float(), image),
            }
        self.update(losses, "generator")
        frozen([self.judge], False)
        return detached(losses | judged)

    def sample(self, batch: Batch) -> dict[str, Tensor]:
        """Key points, colors painted in regions, output, and what was drawn. Dropout is on, as
        published."""
        batch = self.placed(batch)
        columns = {"condition": batch["condition"][:, :1]}
        if batch["condition"].shape[1] == 3:  # an export's
            columns = {"condition": batch["condition"]}
        elif self.config.version != "v1" and self.config.colors != "planes":
            columns["colors"] = batch["condition"][:, 1:4]
        return columns | {"output": self.generator(batch["condition"]), "image": batch["image"]}

    def score(self, batches: Sequence[Batch]) -> dict[str, float]:
        """L1 distance on faces that are not learned from."""
        placed = [self.placed(batch) for batch in batches]
        found = [F.l1_loss(self.generator(b["condition"]), b["image"]) for b in placed]
        return {"l1": float(torch.stack(found).mean())}

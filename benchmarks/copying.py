"""How well CycleGAN's generator learns to copy: the floor of its cycle and identity losses.

    python benchmarks/copying.py drawn plain-drawn

Each is a folder of `webtoon-curate synth --faces`, or of benchmarks/plain_faces.py. A narrow
generator is trained for some hundred steps to give back what it is given, with the instance
normalisation of the publication and without. Printed is the mean absolute difference on faces that
were not learned from, of values in -1..1, and what is left of it once the mean color of each
picture is put right: instance normalisation takes mean colors out, and no training brings them
back.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from webtoon_curate.trainer.data import load_faces
from webtoon_curate.trainer.gan import BETAS, GanConfig
from webtoon_curate.trainer.nets.resnet import ResNetGenerator
from webtoon_curate.trainer.samples import View, image_tensor

SIZE, WIDTH, BLOCKS, RATE = 64, 16, 6, 2e-4
MOST, HELD = 700, 60


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--steps", default=600, show_default=True, help="Of one picture each.")
def main(folders: tuple[Path, ...], steps: int) -> None:
    click.echo(f"{'faces':<16} {'normalisation':<14} {'difference':>10} {'mean put right':>15}")
    for folder in folders:
        pictures = pictures_of(folder)
        for norm in ("instance", "none"):
            away, left = copied(pictures, norm, steps)
            click.echo(f"{folder.name:<16} {norm:<14} {away:>10.3f} {left:>15.3f}")


def pictures_of(folder: Path) -> Tensor:
    """Some of the training side, (n, 3, size, size)."""
    faces, view = load_faces(folder), View(GanConfig(size=SIZE), None)
    places = np.random.default_rng(0).permutation(len(faces))[:MOST]
    return torch.stack([image_tensor(view.pixels(faces[int(place)].image)) for place in places])


def copied(pictures: Tensor, norm: str, steps: int) -> tuple[float, float]:
    """Difference of copies of pictures that are not learned from, and that without their means."""
    torch.manual_seed(0)
    net = ResNetGenerator(3, 3, BLOCKS, WIDTH)
    if norm == "none":
        without_norm(net)
    optimizer = torch.optim.Adam(net.parameters(), RATE, BETAS)
    learned, held = pictures[:-HELD], pictures[-HELD:]
    order = torch.Generator().manual_seed(1)
    for _ in range(steps):
        batch = learned[torch.randint(len(learned), (1,), generator=order)]
        loss = F.l1_loss(net(batch), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        away = net(held) - held
    return float(away.abs().mean()), float((away - away.mean((2, 3), keepdim=True)).abs().mean())


def without_norm(net: nn.Module) -> None:
    """Takes normalisation out."""
    for module in list(net.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.InstanceNorm2d):
                setattr(module, name, nn.Identity())


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()

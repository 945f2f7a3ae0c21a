"""Tiny runs of the methods that make pictures, saved without training, and made faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from webtoon_curate.export.layers import PARTS, REGIONS
from webtoon_curate.trainer.config import make_config
from webtoon_curate.trainer.face import Face
from webtoon_curate.trainer.methods import cyclegan, fewshot, pix2pix, ugatit
from webtoon_curate.trainer.run import Run

GROUPS = ("woman_glasses", "man_glasses")
SIDE = 48
LABELS = np.array([label for labels in REGIONS.values() for label in labels], np.uint8)
METHODS = {
    "pix2pix": (pix2pix.Pix2PixConfig, pix2pix.PRESETS, pix2pix.Pix2PixMethod),
    "cyclegan": (cyclegan.CycleGANConfig, cyclegan.PRESETS, cyclegan.CycleGANMethod),
    "ugatit": (ugatit.UGATITConfig, ugatit.PRESETS, ugatit.UGATITMethod),
    "fewshot": (
        fewshot.FewShotConfig,
        fewshot.PRESETS,
        lambda config: fewshot.fewshot_method(config, None),
    ),
}


def made(count: int, seed: int = 0) -> list[Face]:
    """Faces of colored blocks, with points, colors and parsing maps."""
    rng = np.random.default_rng(seed)
    faces = []
    for number in range(count):
        colors = {part: tuple(int(v) for v in rng.integers(0, 256, 3)) for part in PARTS}
        image = rng.integers(0, 256, (6, 6, 3), np.uint8).repeat(SIDE // 6, 0).repeat(SIDE // 6, 1)
        points = rng.uniform(0.1, 0.9, (68, 2)).astype(np.float32) * SIDE
        parsing = rng.choice(LABELS, (6, 6)).repeat(SIDE // 6, 0).repeat(SIDE // 6, 1)
        row = {"face_id": f"f{number}"}
        faces.append(Face(image, points, colors=colors, row=row, parsing=parsing))
    return faces


def saved(folder: Path, method: str, **settings) -> Run:
    """A run whose averaged weights are not those of its networks."""
    texts = [f"{name}={value}" for name, value in {"device": "cpu", **settings}.items()]
    kind, presets, build = METHODS[method]
    if method == "fewshot":
        texts.append(f"groups={list(GROUPS)}".replace("'", '"'))
    config = make_config(kind, presets["tiny"], None, texts)
    run = Run(folder, build(config), config)
    run.begin(resume=False)
    run.step = 1
    with torch.no_grad():
        for net in run.averages.values():
            for weight in net.parameters():
                weight.add_(0.02 * torch.randn_like(weight))
    run.save()
    return run


def smooth_pictures(count: int, size: int, seed: int) -> torch.Tensor:
    """Smooth ones, each another, (count, 3, size, size) in -1..1."""
    generator = torch.Generator().manual_seed(seed)
    small = torch.randn(count, 3, 4, 4, generator=generator)
    return torch.nn.functional.interpolate(small, size, mode="bicubic").tanh()

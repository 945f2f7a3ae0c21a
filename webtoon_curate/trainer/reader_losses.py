"""What a reader is trained to lessen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from webtoon_curate.trainer.nets.reader import AGES, COLORS, POINTS, Reading
from webtoon_curate.trainer.reader_crops import UNKNOWN, UNLABELLED

WEIGHTS = {
    "points": 10.0, "heat": 0.5, "spread": 0.1, "depth": 1.0, "parsing": 0.5, "face": 0.3,
    "groups": 0.3, "view": 0.5, "profile": 0.2, "pairs": 0.05, "about": 0.3,
}  # fmt: skip
"""Of the losses, so that in the middle of a run points and parts have about half of the gradient
and the rest share the other."""
HIDDEN = 0.5
"""Weight of points that the picture does not show: they are guessed, but not forgotten."""
GLOW = 0.02
"""Standard deviation of the heat that a point should give, shares of the crop."""
PART_WEIGHTS = (
    0.6, 0.8, 0.7, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.2, 1.4, 1.0, 1.2, 0.9, 0.7, 0.9,
    1.0,
)  # fmt: skip
"""Of the classes of `Label`: about the fourth root of how rare their pixels are, at most 1.4.
Its square finds more of the thin parts, but too much of them."""
OVERLAP = 0.5
"""Weight of what the parts' overlap lacks, beside the cross-entropy of the pixels."""
SPARSE, FEW = 10.0, 0.2
"""Weight of the pixels of crops of which at most this share is labelled: some points of a part
that people gave stand for all of it."""
PROFILE = 55 / 90
"""Yaw from which on a face is a profile, as in `webtoon_curate.synth.heads.face`."""
TEMPERATURE = 0.1
"""Of the similarity of pairs (Chen et al. 2020)."""


def reader_losses(found: Reading, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each loss, a mean over what is known, before `WEIGHTS`.

    Args:
        found: of the network, for n crops; crops 2k and 2k + 1 show one face.
        batch: targets as of `webtoon_curate.trainer.reader_crops.targets`.
    """
    counted = batch["told"] * (HIDDEN + (1 - HIDDEN) * batch["visible"])
    away = (found.points - batch["points"]).square().sum(2).clamp(min=1e-10).sqrt()
    profile = batch["profile"]
    yaw = found.view[:, 0].abs()
    wrong = torch.where(profile > 0, F.relu(PROFILE - yaw), F.relu(yaw - PROFILE))
    posed, groups = batch["posed"], batch["groups"]
    return {
        "points": _mean(away, counted),
        "heat": _mean(_heat_loss(found.heat, batch["points"]), counted * _inside(batch["points"])),
        "spread": _mean(_spread_loss(away.detach(), found.spread), counted),
        "depth": _mean((found.depth - batch["depth"]).abs(), posed[:, None].expand(-1, POINTS)),
        "parsing": _parsing_loss(found.parsing, batch["parsing"]),
        "face": F.binary_cross_entropy_with_logits(found.face, batch["face"]),
        "groups": _mean(_binary(found.groups, groups), (groups != UNKNOWN).float()),
        "view": _mean((found.view - batch["view"]).abs().sum(1), posed),
        "profile": _mean(wrong, (profile != UNKNOWN).float()),
        "pairs": pair_loss(found.embedding, batch["face"]),
    }


def about_loss(about: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Of what the embedding must tell: colors, age, haircut."""
    colors, ages, haircuts = about.split([COLORS, AGES, about.shape[1] - COLORS - AGES], dim=1)
    color = _mean((colors - batch["colors"]).abs().mean(1), batch["colored"])
    return 4 * color + 0.25 * (_named(ages, batch["age"]) + _named(haircuts, batch["haircut"]))


def pair_loss(embedding: Tensor, face: Tensor) -> Tensor:
    """Crops of one face are nearer to each other than to those of others (NT-Xent: Chen et al.
    2020).

    Args:
        embedding: (2n, d); rows 2k and 2k + 1 belong together.
        face: (2n,) 1 for faces; others are left out.
    """
    unit = F.normalize(embedding.float(), dim=1)
    likeness = unit @ unit.T / TEMPERATURE
    same = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    likeness = likeness.masked_fill(same | (face[None] == 0), -1e4)
    partner = torch.arange(len(unit), device=unit.device) ^ 1
    return _mean(F.cross_entropy(likeness, partner, reduction="none"), face)


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=1e-6)


def _binary(logits: Tensor, wanted: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, wanted.clamp(0, 1), reduction="none")


def _named(logits: Tensor, wanted: Tensor) -> Tensor:
    loss = F.cross_entropy(logits, wanted.clamp(min=0), reduction="none")
    return _mean(loss, (wanted != UNKNOWN).float())


def _parsing_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    weights = _part_weights(logits.device)
    wanted = wanted.long()
    known = (wanted != UNLABELLED).float()
    few = known.mean((1, 2), keepdim=True) <= FEW
    known = torch.where(few, SPARSE * known, known)
    wanted = wanted.where(known > 0, 0)
    each = F.cross_entropy(logits.float(), wanted, weights, reduction="none")
    return _mean(each, known) + OVERLAP * overlap_loss(logits, wanted, known * ~few)


def overlap_loss(logits: Tensor, wanted: Tensor, known: Tensor) -> Tensor:
    """1 - the mean overlap 2 |a ∩ b| / (|a| + |b|) of the parts that a batch has (Milletari et al.
    2016).

    Args:
        logits: (n, parts, h, w).
        wanted: (n, h, w) int64 parts.
        known: (n, h, w) 1 or 0; other pixels don't count.
    """
    chances = (logits.float().softmax(1) * known[:, None]).transpose(0, 1).flatten(1)
    true = (F.one_hot(wanted, chances.shape[0]) * known[..., None]).flatten(0, 2).T
    there = true.sum(1)
    shared = 2 * (chances * true).sum(1) / (chances.sum(1) + there).clamp(min=1)
    return _mean(1 - shared, (there > 0).float())


@cache
def _part_weights(device: torch.device) -> Tensor:
    """Copied to a device once: a copy a step would wait for it."""
    return torch.tensor(PART_WEIGHTS, device=device)


def _heat_loss(heat: Tensor, points: Tensor) -> Tensor:
    """(n, 68) cross-entropy of each heat map against a Gaussian around its point."""
    side = heat.shape[2]
    at = (torch.arange(side, device=heat.device) + 0.5) / side
    glow = torch.exp(-((at - points[..., None]) ** 2) / (2 * GLOW**2)) + 1e-9
    across, down = (glow / glow.sum(3, keepdim=True)).unbind(2)
    wanted = down[..., :, None] * across[..., None, :]
    chances = heat.float().flatten(2).log_softmax(2).unflatten(2, (side, side))
    return -(wanted * chances).sum((2, 3))


def _inside(points: Tensor) -> Tensor:
    return ((points > 0) & (points < 1)).all(2).float()


def _spread_loss(away: Tensor, spread: Tensor) -> Tensor:
    """-log of the density exp(-away / b) / b², with b = exp(spread): the error it expects."""
    return away * torch.exp(-spread) + 2 * spread

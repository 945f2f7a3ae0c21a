"""The condition-swap test: does a generator look at what it is given?

Each of n faces gets one part of its input (key points, colors …) from another face. What that
changes in the output, the mean absolute difference, is divided by the difference between the
outputs of the two faces. 1: the part decides everything. 0: it is ignored. Where colors are painted
into regions, `colors` paints a face's own regions with the other's colors, and `regions` the
other's regions with its own.

A generator that always draws the same face has no such ratio. So the difference between its
outputs is compared with that between the true pictures first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from webtoon_curate.errors import DatasetError
from webtoon_curate.trainer.face import Face
from webtoon_curate.trainer.samples import View, image_tensor
from webtoon_curate.trainer.translate import Translator

THRESHOLD = 0.15
"""Ratio below which a part counts as ignored. Between 0.13, of colors that nothing could be learned
from, and 0.25, of the points of a model that uses them, in benchmarks/condition_swap.py."""
CONSTANT = 0.1
"""Outputs that are less than this share of the true pictures' difference apart are one face."""


@dataclass(frozen=True)
class Swap:
    """What a part of the input changes.

    Attributes:
        part: `points`, `colors`, `regions`, `noise`, `picture` or `condition`.
        change: mean absolute difference of the output, of values in -1..1.
        ratio: of it to the difference between outputs of different faces; None where the part is
            the same in all faces, or all outputs are.
        ignored: whether the ratio is below `THRESHOLD`; None where there is no ratio.
    """

    part: str
    change: float
    ratio: float | None
    ignored: bool | None


@dataclass(frozen=True)
class ConditionTest:
    """Of n faces.

    Attributes:
        faces: n.
        difference: mean absolute difference between outputs of different faces.
        spread: the same, relative to that between the true pictures.
        constant: whether that is below `CONSTANT`: the model draws one face, whatever it is given.
        swaps: of each part.
        ignored: names of the ignored parts; all of them where it is constant.
        threshold: `THRESHOLD`.
    """

    faces: int
    difference: float
    spread: float | None
    constant: bool
    swaps: tuple[Swap, ...]
    ignored: tuple[str, ...]
    threshold: float = THRESHOLD


def condition_test(
    translator: Translator,
    faces: Sequence[Face],
    group: str | None = None,
    seed: int = 0,
) -> ConditionTest:
    """Swaps each part of the input between faces.

    Args:
        translator: of a run.
        faces: two and more, with what `translator.wants` names.
        group: of a few-shot generator; None for its base.
        seed: chooses the pairs.

    Raises:
        DatasetError: if there are fewer than two faces.
    """
    if len(faces) < 2:
        raise DatasetError(f"swapping needs two faces and more, here {len(faces)} can be used")
    inputs = torch.stack([translator.entered(face) for face in faces])
    _vary_noise(translator, inputs, seed)
    other = _others(len(faces), seed)
    group = group or next(iter(translator.groups), None)
    outputs = translator.drawn(inputs, group)
    difference = _apart(outputs, outputs[other])
    view = View(translator.config, None)
    pictures = torch.stack([image_tensor(view.pixels(face.image)) for face in faces])
    between = _apart(pictures, pictures[other])
    spread = difference / between if between else None
    constant = difference == 0 or (spread is not None and spread < CONSTANT)
    swaps = []
    for part, swapped in _swapped(translator, faces, inputs, other):
        change = _apart(translator.drawn(swapped, group), outputs)
        varied = not torch.equal(swapped, inputs)
        ratio = change / difference if varied and difference else None
        swaps.append(Swap(part, change, ratio, None if ratio is None else ratio < THRESHOLD))
    ignored = tuple(swap.part for swap in swaps if swap.ignored or constant)
    return ConditionTest(len(faces), difference, spread, constant, tuple(swaps), ignored)


def _swapped(
    translator: Translator, faces: Sequence[Face], inputs: Tensor, other: Tensor
) -> Iterator[tuple[str, Tensor]]:
    """Each part, and the inputs with that of other faces."""
    for part, _ in translator.parts:
        place, swapped = translator.place(part), inputs.clone()
        if part != "colors" or not translator.painted:
            swapped[:, place] = inputs[other][:, place]
            yield part, swapped
            continue
        givers = [faces[number] for number in other.tolist()]
        for name, known in (("colors", "colors"), ("regions", "parsing")):
            mixed = [replace(f, **{known: getattr(g, known)}) for f, g in zip(faces, givers)]
            swapped[:, place] = torch.stack([translator.entered(f)[place] for f in mixed])
            yield name, swapped


def _vary_noise(translator: Translator, inputs: Tensor, seed: int) -> None:
    """Faces are translated with one noise; here each gets its own."""
    if "noise" in dict(translator.parts):
        noise = inputs[:, translator.place("noise")]
        generator = torch.Generator().manual_seed(seed)
        noise.copy_(torch.randn(noise.shape, generator=generator))


def _others(count: int, seed: int) -> Tensor:
    """For each face another: a random circle through all of them."""
    circle = np.random.default_rng(seed).permutation(count)
    out = np.empty(count, np.int64)
    out[circle] = np.roll(circle, 1)
    return torch.from_numpy(out)


def _apart(first: Tensor, second: Tensor) -> float:
    return float((first - second).abs().mean())

"""A trained generator, and the faces that it is given.

`pix2pix` makes a picture of landmarks and colors; `cyclegan`, `ugatit` and `fewshot` make drawings
of photographs, and photographs of drawings. Landmarks, colors and parsing maps that a face lacks
are read from its pixels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from webtoon_curate.attributes.colors import face_colors
from webtoon_curate.errors import DatasetError, ModelError
from webtoon_curate.evaluate.features import read_pictures
from webtoon_curate.export.layers import PARTS
from webtoon_curate.export.parsing import parsing_in
from webtoon_curate.reader import FaceReader, load_reader
from webtoon_curate.trainer.checkpoint import load_part, newest_checkpoint
from webtoon_curate.trainer.config import from_values
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.face import Face
from webtoon_curate.trainer.gan import GanConfig
from webtoon_curate.trainer.methods.cyclegan import CycleGANConfig, CycleGANMethod
from webtoon_curate.trainer.methods.fewshot import FewShotConfig, FewShotMethod, MixedMethod
from webtoon_curate.trainer.methods.pix2pix import Pix2PixConfig, Pix2PixMethod
from webtoon_curate.trainer.methods.ugatit import UGATITConfig, UGATITMethod
from webtoon_curate.trainer.nets.fewshot import Branched
from webtoon_curate.trainer.nets.ugatit import Attended
from webtoon_curate.trainer.samples import REGION_CHANNELS, Pairs, Unpaired, condition_parts

BATCH = 8
"""Faces that are translated at once; bounds the memory."""
_POINTS = ("landmarks",)
_PICTURE = ("red", "green", "blue")


class _Kind(NamedTuple):
    config: type[GanConfig]
    net: str
    """The network that draws; where it is `a2b`, `b2a` leads back."""


KINDS = {
    Pix2PixMethod.name: _Kind(Pix2PixConfig, "generator"),
    CycleGANMethod.name: _Kind(CycleGANConfig, "a2b"),
    UGATITMethod.name: _Kind(UGATITConfig, "a2b"),
    MixedMethod.name: _Kind(FewShotConfig, "a2b"),
    FewShotMethod.name: _Kind(FewShotConfig, "a2b"),
}
"""Methods that make pictures, by the names that checkpoints tell."""


class Drawing(nn.Module):
    """A generator as one tensor in, one picture out.

    Args:
        net: of a run.
        group: branch of a few-shot generator.
    """

    def __init__(self, net: nn.Module, group: int = 0) -> None:
        super().__init__()
        if isinstance(net, Branched):
            self.head, self.body, self.tail = net.heads[group], net.body, net.tails[group]
        else:
            self.head, self.body, self.tail = nn.Identity(), net, nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, size, size) to (n, 3, size, size) in -1..1."""
        out = self.body(self.head(x))
        return self.tail(out.out if isinstance(out, Attended) else out)[:, :3]


class Translator:
    """The newest generator of a run, its averaged weights where they were kept.

    It draws without dropout, so that the same face always gives the same picture.

    Args:
        run: folder of `webtoon-curate train`.
        device: `auto`, `cpu` or `cuda`.
        back: take the generator that makes photographs of drawings.

    Attributes:
        method: name of the method.
        direction: `a2b`, `b2a` for the way back, or `draw` of pix2pix.
        step: of the checkpoint.
        size: side of the pictures, pixels.
        parts: (name, channels' names) of the input, in order: `points`, `colors`, `noise`,
            `picture`, or `condition` where an export drew it.
        groups: of a few-shot generator, the base first; none of others.

    Raises:
        ModelError: if there is no checkpoint, it is damaged, or its method makes no pictures.
        ConfigError: if its settings are of another version.
    """

    def __init__(self, run: Path, device: str = "auto", back: bool = False) -> None:
        path = newest_checkpoint(run)
        if path is None:
            raise ModelError(f"{run} holds no checkpoint: webtoon-curate train makes such folders")
        about = _about(path)
        self.method, self.step = str(about["method"]), int(about["step"])
        if self.method not in KINDS:
            raise ModelError(
                f"{run} is a run of {self.method}, which makes no pictures; {', '.join(KINDS)} do"
            )
        kind = KINDS[self.method]
        if back and kind.net != "a2b":
            raise ModelError(f"{run} is a run of {self.method}, which has no way back")
        name = "b2a" if back else kind.net
        self.direction = name if kind.net == "a2b" else "draw"
        self.config: Any = from_values(kind.config, about["config"])
        self.size = self.config.size
        self.processes = Processes(device)
        branched = self.method == FewShotMethod.name
        self.groups = tuple(self.config.groups) if branched else ()
        net = self.config.generator()
        net = Branched(net, len(self.groups)) if branched else net
        load_part(path, (f"average.{name}", f"net.{name}"), net)
        self._net = self.processes.placed(net.eval().requires_grad_(False))
        self.parts = _parts(self.method, self.config)
        self._sampled = dataclasses.replace(self.config, seed=0)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the input's channels."""
        return tuple(name for _, names in self.parts for name in names)

    @property
    def wants(self) -> set[str]:
        """What of `points`, `colors` and `parsing` must be known of a face."""
        found = {name for name, _ in self.parts} & {"points", "colors"}
        return found | {"parsing"} if "colors" in found and self.painted else found

    @property
    def painted(self) -> bool:
        """Whether colors are painted into the regions of a parsing map."""
        return dict(self.parts).get("colors") == REGION_CHANNELS

    def place(self, part: str) -> slice:
        """Where the channels of a part lie in the input."""
        first = 0
        for name, names in self.parts:
            if name == part:
                return slice(first, first + len(names))
            first += len(names)
        raise ModelError(f"{self.method} is not given {part}")

    def drawing(self, group: str | None = None) -> Drawing:
        """The generator, of a group where there are groups.

        Raises:
            ModelError: if it has no such group.
        """
        if not self.groups:
            return Drawing(self._net)
        if group not in self.groups:
            raise ModelError(
                f"this generator has the groups {', '.join(self.groups)}, not {group}: choose one "
                "with --group"
            )
        return Drawing(self._net, self.groups.index(group))

    def entered(self, face: Face) -> Tensor:
        """A face as the generator's input, (channels, size, size).

        Raises:
            DatasetError: if the face lacks what the input is made of.
        """
        if self.method == Pix2PixMethod.name:
            version, colors = self.config.version, self.config.colors
            pairs = Pairs([face], self._sampled, version, still=True, colors=colors)
            out = pairs[0]["condition"]
        else:
            landmarks = "points" in self.wants
            sample = Unpaired(([face], [face]), self._sampled, landmarks, still=True)[0]
            out = torch.cat([sample["a"], sample["a_landmarks"]]) if landmarks else sample["a"]
        if len(out) != len(self.channels):
            raise DatasetError(
                f"the run's condition has {len(self.channels)} channels, this face's has "
                f"{len(out)}: give an export that was made as the one it was trained on"
            )
        return out

    @torch.no_grad()
    def drawn(self, inputs: Tensor, group: str | None = None) -> Tensor:
        """(n, channels, size, size) to (n, 3, size, size) float32 in -1..1, on the CPU."""
        net, device = self.drawing(group), self.processes.device
        return torch.cat([net(part.to(device)).float().cpu() for part in inputs.split(BATCH)])

    def __call__(
        self, faces: Sequence[Face], groups: Sequence[str | None] = ()
    ) -> list[NDArray[np.uint8]]:
        """The faces, drawn.

        Args:
            faces: with what `wants` names.
            groups: of each face, of few-shot generators.

        Returns:
            (size, size, 3) uint8 RGB each.
        """
        out: dict[int, NDArray[np.uint8]] = {}
        named = list(groups) if self.groups else [None] * len(faces)
        for group in dict.fromkeys(named):
            places = [place for place, name in enumerate(named) if name == group]
            inputs = torch.stack([self.entered(faces[place]) for place in places])
            pixels = (self.drawn(inputs, group).clamp(-1, 1) + 1).mul(127.5).round()
            pixels = pixels.to(torch.uint8).permute(0, 2, 3, 1).numpy()
            out |= dict(zip(places, pixels))
        return [out[place] for place in range(len(faces))]


class Completed:
    """Reads landmarks, colors and parsing maps from faces that lack them.

    Args:
        wants: of `points`, `colors`, `parsing`.
        device: as in `load_reader`, which is called when the first face lacks something.
    """

    def __init__(self, wants: set[str], device: str = "auto") -> None:
        self.wants, self._device = wants, device
        self._reader: FaceReader | None = None

    def __call__(self, faces: Sequence[Face]) -> list[Face]:
        """The faces, in order.

        Raises:
            ModelError: if no face reader is installed.
        """
        out = list(faces)
        lacking = [place for place, face in enumerate(out) if self._lacks(face)]
        if not lacking:
            return out
        self._reader = self._reader or load_reader(device=self._device)
        seen = read_pictures(self._reader, [out[place].image for place in lacking])
        for number, place in enumerate(lacking):
            face = out[place]
            points, colors = face.points, face.colors
            if points is None:
                points = seen.readings.landmarks[number]
            if not _known(colors):
                found = face_colors(seen.crops[number], seen.parts(number))
                colors = {p: tuple(int(v) for v in found[p].raw) for p in PARTS if p in found}
            read = dataclasses.replace(face, points=points, colors=colors)
            if "parsing" in self.wants and face.parsing is None:
                classes = seen.readings.parsing[number]
                x, y, side = seen.squares[number].tolist()
                square = {"parsing_x": x, "parsing_y": y, "parsing_side": side}
                parsing = parsing_in(classes, square, np.eye(2, 3), len(face.image))
                read = dataclasses.replace(read, parsing=parsing)
            out[place] = read
        return out

    def _lacks(self, face: Face) -> bool:
        if face.condition is not None:
            return False
        points = "points" in self.wants and face.points is None and face.layer is None
        parsing = "parsing" in self.wants and face.parsing is None
        return points or parsing or ("colors" in self.wants and not _known(face.colors))


def _known(colors: dict[str, Any]) -> bool:
    return any(color is not None for color in colors.values())


def _parts(method: str, config: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if method == Pix2PixMethod.name:
        known = condition_parts(config.version, config.colors)
        if config.channels != sum(len(names) for _, names in known):
            names = tuple(f"condition_{number}" for number in range(config.channels))
            return (("condition", names),)
        return known
    if method == CycleGANMethod.name and config.landmarks != "none":
        return (("picture", _PICTURE), ("points", _POINTS))
    return (("picture", _PICTURE),)


def _about(path: Path) -> dict[str, Any]:
    import json

    try:
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return {name: about[name] for name in ("method", "step", "config")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is no whole checkpoint: {error!r}") from None

"""A classifier of groups and tags: any yes-or-no labels of a face, each by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn
from torch.utils.data import Dataset, default_collate

from webtoon_curate.errors import DatasetError
from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.face import Faces
from webtoon_curate.trainer.gan import GanConfig, GanMethod, detached
from webtoon_curate.trainer.method import Batch, adamw
from webtoon_curate.trainer.nets.classifiers import BACKBONES, Classifier
from webtoon_curate.trainer.samples import Order, View, image_tensor

HELD = 2000
"""Faces that checkpoints are scored on, at most: as tensors of 128 pixels, 400 MB of memory."""
RAREST = 100.0
"""The most that a rare label's yes weighs against its no."""
SETTLING = 50
"""Batches whose statistics averaged weights get; running ones are about those of the last 10 (the
momentum of batch normalisation is 0.1)."""


@dataclass(frozen=True)
class TaggerConfig(GanConfig):
    """See `GanConfig`.

    Attributes:
        backbone: `small`, `vgg`, `resnet` or `inception`.
        columns: of the manifest; each value is a label, e.g. `gender=woman`. `tags` is a label for
            each tag.
        least: faces that a label needs on both sides, yes and no, to be learned.
    """

    steps: int = 4000
    batch: int = 32
    size: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    schedule: str = "cosine"
    save_every: int = 500
    enlarge: float = 1.15
    warmup: int = 100
    backbone: str = "small"
    columns: tuple[str, ...] = ("group",)
    least: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.backbone not in BACKBONES:
            raise ConfigError(f"backbone is {', '.join(BACKBONES)}, not {self.backbone!r}")
        if self.backbone == "small" and self.width < 4:
            raise ConfigError(f"width must be at least 4 for small, not {self.width}")
        if self.backbone == "inception" and self.width % 2:
            raise ConfigError(f"width must be even for inception, not {self.width}")
        if self.size < 32:
            raise ConfigError(f"size must be at least 32, not {self.size}")
        if self.batch < 2:
            raise ConfigError("batch normalisation needs batch=2 and more")


PRESETS = {
    "default": {},
    "tiny": {
        "steps": 4, "batch": 4, "size": 32, "width": 16, "workers": 0, "log_every": 2,
        "save_every": 2, "average": 2, "least": 1, "warmup": 0,
    },
}  # fmt: skip
"""`tiny` goes through everything in seconds and learns nothing."""


def label_values(faces: Faces, columns: Sequence[str]) -> list[dict[str, bool]]:
    """What is known of each face: whether a label holds. Labels of unknown values are absent.

    Raises:
        DatasetError: if no face has a column.
    """
    there = sorted({name for row in faces.rows for name in row})
    if missing := [name for name in columns if name not in there]:
        raise DatasetError(
            f"{faces.name} has no column {', '.join(missing)}; it has {', '.join(there)}"
        )
    values = [_value_lists(row, columns) for row in faces.rows]
    every = sorted({label for known in values for labels in known.values() for label in labels})
    return [
        {
            label: label in known[column]
            for label in every
            if (column := label.partition("=")[0]) in known
        }
        for known in values
    ]


def _value_lists(row: dict, columns: Sequence[str]) -> dict[str, list[str]]:
    known = {}
    for column in columns:
        value = row.get(column)
        if value is None or value in ("", "unknown"):
            continue
        values = value if isinstance(value, list) else [value]
        known[column] = [f"{column}={one}" for one in values]
    return known


def learnable(values: Sequence[dict[str, bool]], least: int) -> list[str]:
    """Labels with enough faces on both sides.

    Raises:
        DatasetError: if there is none.
    """
    counts: dict[str, list[int]] = {}
    for row in values:
        for label, holds in row.items():
            counts.setdefault(label, [0, 0])[holds] += 1
    labels = sorted(label for label, both in counts.items() if min(both) >= least)
    if not labels:
        told = ", ".join(f"{label} {yes}:{no}" for label, (no, yes) in sorted(counts.items())[:8])
        raise DatasetError(
            f"no label has {least} faces with and without it (yes:no {told or 'none'}): label "
            "more faces with webtoon-curate label, or choose other columns"
        )
    return labels


class Tagged(Dataset):
    """Sample n of a run: a face, its labels, and which of them are known.

    Args:
        faces: to learn from.
        labels: their names, in order.
        config: of the run.
        still: without enlarging and mirroring, in the faces' order.
    """

    def __init__(
        self, faces: Faces, labels: Sequence[str], config: TaggerConfig, still: bool = False
    ) -> None:
        self.faces, self.config, self.still = faces, config, still
        values = label_values(faces, config.columns)
        self.known = np.array([[label in row for label in labels] for row in values], np.float32)
        self.targets = np.array(
            [[row.get(label, False) for label in labels] for row in values], np.float32
        )
        self.order = None if still else Order(faces, config.seed)

    def __len__(self) -> int:
        return len(self.faces)

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        place = self.order[number] if self.order else number
        rng = np.random.default_rng((self.config.seed, 4, number))
        view = View(self.config, None if self.still else rng)
        return {
            "image": image_tensor(view.pixels(self.faces[place].image)),
            "target": torch.from_numpy(self.targets[place]),
            "known": torch.from_numpy(self.known[place]),
        }

    def weights(self) -> Tensor:
        """(labels,) how much a yes weighs: all that are drawn as much as all noes that are."""
        drawn = self.faces.weights[:, None] * self.known
        yes, no = (self.targets * drawn).sum(0), ((1 - self.targets) * drawn).sum(0)
        return torch.from_numpy(np.clip(no / np.maximum(yes, 1e-9), 1 / RAREST, RAREST)).float()


def held_faces(samples: Tagged, most: int | None = None) -> Iterator[dict[str, Tensor]]:
    """Faces in batches of a training step's size, made one after the other.

    Args:
        samples: all faces.
        most: at most so many, evenly spread; None for all.
    """
    batch, count = samples.config.batch, len(samples)
    places = np.linspace(0, count - 1, min(count, most or count)).round().astype(int)
    for first in range(0, len(places), batch):
        yield default_collate([samples[int(n)] for n in places[first : first + batch]])


def settle(net: nn.Module, samples: Tagged, batch: int) -> None:
    """Gives averaged weights the statistics of batches that they make themselves.

    Averages of running statistics belong to no weights (Izmailov et al. 2018, section 3.2).

    Args:
        net: with batch normalisation; in evaluation mode afterwards.
        samples: to learn from; the first are taken.
        batch: samples a batch.
    """
    device = next(net.parameters()).device

    def pictures() -> Iterable[Tensor]:
        for first in range(0, SETTLING * batch, batch):
            yield torch.stack([samples[first + n]["image"] for n in range(batch)])

    update_bn(pictures(), net, device)
    net.eval()


class TaggerMethod(GanMethod):
    """A `Method`: binary cross-entropy of each label that is known.

    Args:
        config: of the method.
        labels: number of them.
        weights: (labels,) of a yes against a no.
        processes: as in `GanMethod`.
    """

    name = "tagger"

    def __init__(
        self,
        config: TaggerConfig,
        labels: int,
        weights: Tensor,
        processes: Processes | None = None,
    ) -> None:
        super().__init__(config, processes)
        self.net = self.processes.placed(Classifier(config.backbone, labels, config.width))
        self.weights = weights.to(self.processes.device)
        self.nets = {"tagger": self.net}
        self.optimizers = {"main": adamw(self.net, config)}

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """See `Method`; `batch` holds `image`, `target` and `known`."""
        batch = self.placed(batch)
        self.net.train()
        with self.processes.autocast():
            logits = self.net(batch["image"])
        each = F.binary_cross_entropy_with_logits(
            logits.float(), batch["target"], reduction="none", pos_weight=self.weights
        )
        losses = {"tags": (each * batch["known"]).sum() / batch["known"].sum().clamp(min=1)}
        self.update(losses, "main")
        return detached(losses)

    def score(self, batches: Sequence[Batch]) -> dict[str, float]:
        """1 - mAP first; then mAP, macro F1, accuracy, and those of always saying no."""
        self.net.eval()
        found = self.scores_of(self.net, batches)
        self.net.train()
        return found

    @torch.no_grad()
    def scores_of(self, net: nn.Module, batches: Iterable[Batch]) -> dict[str, float]:
        """The same of a network in evaluation mode, e.g. of averaged weights."""
        told = []
        for batch in batches:
            image = self.placed({"image": batch["image"]})["image"]
            told.append((net(image).sigmoid().cpu(), batch["target"], batch["known"]))
        return tag_scores(*(torch.cat(parts).numpy() for parts in zip(*told)))


def tag_scores(
    chances: NDArray[np.float32], target: NDArray[np.float32], known: NDArray[np.float32]
) -> dict[str, float]:
    """How well labels are told.

    Args:
        chances: (n, labels) 0-1.
        target: (n, labels) 1 where the label holds.
        known: (n, labels) 1 where that is known.

    Returns:
        `miss` (1 - mAP), `map`, `f1` (macro, at 0.5), `accuracy` of single answers, and what one
        gets by always saying no: `all_no_map`, `all_no_accuracy`. Labels that never hold, or
        always, are left out.
    """
    precisions, f1, base = [], [], []
    for label in range(target.shape[1]):
        which = known[:, label] > 0
        truth, chance = target[which, label] > 0, chances[which, label]
        if not truth.any() or truth.all():
            continue
        precisions.append(average_precision(chance, truth))
        said = chance >= 0.5
        f1.append(2 * (said & truth).sum() / max(said.sum() + truth.sum(), 1))
        base.append(truth.mean())
    if not precisions:
        return {}
    right = (known > 0) & ((chances >= 0.5) == (target > 0))
    count = max(known.sum(), 1)
    mean = float(np.mean(precisions))
    return {
        "miss": 1 - mean,
        "map": mean,
        "f1": float(np.mean(f1)),
        "accuracy": float(right.sum() / count),
        "all_no_map": float(np.mean(base)),
        "all_no_accuracy": float(((known > 0) & (target == 0)).sum() / count),
    }


def average_precision(chances: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Area under the steps of precision over recall; equal chances count as one step."""
    order = np.argsort(-chances, kind="stable")
    chances, truth = chances[order], truth[order]
    last = np.append(chances[1:] != chances[:-1], True)
    found = np.cumsum(truth)[last]
    precision = found / (np.flatnonzero(last) + 1)
    recall = found / max(truth.sum(), 1)
    return float((np.diff(recall, prepend=0) * precision).sum())

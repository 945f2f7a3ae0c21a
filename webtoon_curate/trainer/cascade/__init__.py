"""Trains boosted cascades of local binary patterns in OpenCV's format, with numpy and cv2 only."""

from __future__ import annotations

from webtoon_curate.trainer.cascade.classifier import Cascade, Stage, Stump
from webtoon_curate.trainer.cascade.train import PRESETS, CascadeConfig, train_cascade
from webtoon_curate.trainer.cascade.xml import read_cascade, write_cascade

__all__ = [
    "PRESETS",
    "Cascade",
    "CascadeConfig",
    "Stage",
    "Stump",
    "read_cascade",
    "train_cascade",
    "write_cascade",
]

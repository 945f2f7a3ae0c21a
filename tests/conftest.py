"""Fixtures that several tests share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

signal.signal(signal.SIGINT, signal.default_int_handler)
"""Programs that tests start and stop would inherit that Ctrl-C is ignored, as under nohup."""

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
"""Threads that wait for each other in small products took most of the time of some tests."""

_PARALLEL = """
    build ingest detect landmarks colors dedup synth label_groups train_cascade
    evaluate_characters evaluate_colors evaluate_dedup evaluate_landmarks
    export_characters export_coco export_csv export_cutouts export_cyclegan export_fiftyone
    export_imagefolder export_pix2pix export_stylegan export_tensors export_yolo
"""
for _command in _PARALLEL.split():
    os.environ.setdefault(f"WEBTOON_CURATE_{_command.upper()}_JOBS", "1")
"""Tests that are not about processes of their own start none: that took most of their time."""


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The labelled real pages; tests that need them are skipped, visibly, where they are absent."""
    path = Path(os.environ.get("WEBTOON_CURATE_TEST_DATA", ROOT / "../shared/data")).resolve()
    if not (path / "pepper" / "labels.json").is_file():
        pytest.skip(f"no real pages in {path}; set WEBTOON_CURATE_TEST_DATA")
    return path


@pytest.fixture(scope="session")
def stock_cascade(shared_data: Path) -> Path:
    """nagadomi's `lbpcascade_animeface.xml`."""
    path = shared_data / "lbpcascade_animeface.xml"
    if not path.is_file():
        pytest.skip(f"no {path}")
    return path

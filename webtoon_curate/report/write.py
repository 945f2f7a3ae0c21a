"""Writes the report's file."""

from __future__ import annotations

from pathlib import Path

from webtoon_curate.dataset import Dataset
from webtoon_curate.files import replacing
from webtoon_curate.report.data import FACES_EACH, report_data
from webtoon_curate.report.page import page
from webtoon_curate.report.samples import Pictures
from webtoon_curate.stages import OnProgress

REPORT_FILE = "report.html"


def write_report(
    dataset: Dataset,
    path: Path | None = None,
    faces_each: int = FACES_EACH,
    on_progress: OnProgress | None = None,
) -> Path:
    """Write what is in a dataset and what is wrong with it as one HTML file.

    Args:
        dataset: with a manifest.
        path: of the file; default `report.html` in the dataset.
        faces_each: faces of each row of a contact sheet, 0 for none.
        on_progress: told how many rows were read.

    Returns:
        The file's path; the same dataset gives the same bytes.

    Raises:
        DatasetError: if there is no manifest, or a table is damaged.
    """
    data = report_data(dataset, faces_each, on_progress)
    return save(page(data, Pictures(dataset.path)), path or dataset.path / REPORT_FILE)


def save(html: str, path: Path) -> Path:
    """Write a page, whole or not at all."""
    with replacing(path) as part:
        part.write_text(html, encoding="utf-8", newline="\n")
    return path

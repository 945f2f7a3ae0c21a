"""A dataset's faces table against labelled pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePosixPath

import numpy as np

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.evaluate.matching import Evaluation, Outcome, evaluate_detections, match
from webtoon_curate.evaluate.truth import Truth
from webtoon_curate.faces import Detections


@dataclass(frozen=True)
class LabelledPage:
    """A page of the dataset that has labels, with what was found on it, in page pixels."""

    title: str
    episode: str
    page: str
    found: Detections
    truth: Truth


def evaluate_dataset(
    dataset: str | PathLike[str] | Dataset,
    truth: Mapping[str, Truth],
    score: float | None = None,
) -> Evaluation:
    """The figures of the detector that made a dataset.

    Args:
        dataset: with a faces table; every row counts, also those with `keep` false.
        truth: of `load_truth`. Pages that only one of the two has are left out.
        score: operating point, 0-1; by default the least score that the dataset was made with.

    Raises:
        DatasetError: if no page has labels, or a labelled page has another size than its picture.
    """
    dataset = dataset if isinstance(dataset, Dataset) else Dataset(Path(dataset))
    pages = labelled_pages(dataset, truth)
    if score is None:
        score = float(dataset.config["stages"].get("detect", {}).get("min_score", 0.0))
    found = {name: (page.found, page.truth) for name, page in pages.items()}
    return evaluate_detections(found, score)


def labelled_pages(dataset: Dataset, truth: Mapping[str, Truth]) -> dict[str, LabelledPage]:
    """The pages of a dataset that have labels, by their name in the labels.

    A page belongs to the label whose name its path ends with: `<title>/<episode>/<page>` in the
    dataset, or else the path or address that it came from.

    Raises:
        DatasetError: as `evaluate_dataset`.
    """
    pages: dict[str, LabelledPage] = {}
    for title, episode in dataset.tables["faces"].episodes():
        for name, page in _episode_pages(dataset, title, episode, truth):
            if name in pages:
                other = pages[name]
                raise DatasetError(
                    f"two pages of {dataset.path} end with {name}: in {other.title}/"
                    f"{other.episode} and in {title}/{episode}; evaluate them apart"
                )
            pages[name] = page
    if not pages:
        example = next(iter(truth))
        raise DatasetError(
            f"no page of {dataset.path} has labels; a page is found by the end of its path, as "
            f"in {example}: was this dataset made from the labelled pages?"
        )
    return pages


def _episode_pages(
    dataset: Dataset, title: str, episode: str, truth: Mapping[str, Truth]
) -> Iterator[tuple[str, LabelledPage]]:
    columns = ["page", "page_x", "page_y", "width", "height", "score"]
    faces = dataset.tables["faces"].read(title, episode).select(columns).to_pandas()
    by_page = dict(tuple(faces.groupby("page")))
    for row in dataset.tables["pages"].read(title, episode).to_pylist():
        paths = (f"{title}/{episode}/{row['page']}", row["source"])
        name = next((found for path in paths if (found := label_of(path, truth))), None)
        if name is None:
            continue
        size = (row["width"], row["height"])
        if truth[name].size not in ((0, 0), size):
            raise DatasetError(f"{name} is labelled at {truth[name].size} pixels, but has {size}")
        rows = by_page.get(row["page"], faces[:0])
        boxes = rows[columns[1:5]].to_numpy(np.float32)
        detections = Detections(boxes, rows["score"].to_numpy(np.float32))
        yield name, LabelledPage(title, episode, row["page"], detections, truth[name])


def label_of(path: str, truth: Mapping[str, Truth]) -> str | None:
    """The longest end of a path that is the name of a labelled page."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((end for end in ends if end in truth), None)


def page_outcome(
    pages: Mapping[str, LabelledPage], page: str, score: float = 0.0
) -> tuple[LabelledPage, Outcome]:
    """What was hit, missed and falsely found on one page.

    Args:
        pages: of `labelled_pages`.
        page: the page's name in the labels, or the end of one.
        score: least score of the detections that count.

    Raises:
        DatasetError: if no labelled page, or more than one, ends with `page`.
    """
    ends = [name for name in pages if f"/{name}".endswith(f"/{page.lstrip('/')}")]
    ends = [page] if page in pages else ends
    if len(ends) != 1:
        what = (
            f"{len(ends)} labelled pages of the dataset end"
            if ends
            else ("no labelled page of the dataset ends")
        )
        raise DatasetError(f"{what} with {page!r}; one is {[*ends, *pages][0]}")
    chosen = pages[ends[0]]
    return chosen, match(chosen.found, chosen.truth).at(score)

"""All the steps from a source to training sets, in order: what will run, what ran, what came out.

The steps are commands, each with its own settings; `build` keeps their order, and decides what can
run when one of them could not. Each takes up its work where it was cut short, so `build` does, too.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webtoon_curate.errors import CurateError, ModelError

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.images import ImageInfo
    from webtoon_curate.ingest.planning import IngestTask

EXPORTS = ("tensors", "pix2pix")
"""Formats that `build` exports when none are named: 4-channel tensors, and pairs."""
EXPORTS_FOLDER = "exports"
REPORT = "report.html"
DONE, SKIPPED, FAILED = "done", "skipped", "failed"


@dataclass(frozen=True)
class Step:
    """A command of the build.

    Attributes:
        name: shown, and given to `--skip`.
        command: its words on the command line.
        needs: names of the steps whose result it reads; without them it is left out.
        seconds: for each page (`detect`) or face, on one core.
        size: bytes on disk for each page or face.
    """

    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    seconds: float = 0.0
    size: int = 0


# Seconds: of benchmarks/chain.py with --jobs 1; bytes: of the example episodes. They serve the plan
# only, which says that it is rough.
STEPS = (
    Step("detect", ("detect",), (), 0.1, 200_000),
    Step("landmarks", ("landmarks",), ("detect",), 0.04, 8_000),
    Step("colors", ("colors",), ("landmarks",), 0.03, 1_000),
    Step("groups", ("label", "groups"), ("landmarks",), 0.01, 100),
    Step("dedup", ("dedup",), ("detect",), 0.02, 200),
    Step("characters", ("characters",), ("landmarks",), 0.01, 100),
    Step("split", ("split",), ("detect",), 0.001, 100),
)
"""In their order; the exports and the report follow them."""
_EXPORT_SECONDS, _EXPORT_BYTES = 0.04, 250_000
_POINTS = ("tensors", "pix2pix", "cyclegan")
"""Formats that draw the landmarks."""


def steps(exports: Sequence[str] = EXPORTS, skip: Sequence[str] = ()) -> list[Step]:
    """The steps of a build, in order.

    Args:
        exports: formats to export.
        skip: names of steps that are left out.
    """
    made = [
        Step(
            f"export {name}",
            ("export", name),
            ("landmarks" if name in _POINTS else "detect",),
            _EXPORT_SECONDS,
            _EXPORT_BYTES,
        )
        for name in exports
    ]
    report = Step("report", ("report",), ("detect",), 0.02, 5_000)
    return [step for step in (*STEPS, *made, report) if step.name not in skip]


@dataclass(frozen=True)
class Plan:
    """What a build would do.

    Attributes:
        episodes, pages: to be read; those done before and unchanged are not counted.
        height: of those pages, in pixels, all of them under each other; estimated where there are
            more than `MEASURED`.
        skipped: episodes done before and unchanged.
        faces: how many are there or expected.
        steps: name, seconds and bytes expected of each.
    """

    episodes: int
    pages: int
    height: int
    skipped: int
    faces: int
    steps: list[tuple[str, float, int]]

    @property
    def seconds(self) -> float:
        """Of all steps."""
        return sum(seconds for _, seconds, _ in self.steps)

    @property
    def bytes(self) -> int:
        """That all steps write."""
        return sum(size for _, _, size in self.steps)


FACES_A_PAGE = 1.8
"""Kept faces on a page that was not read yet, as on the example pages."""
PAGE_PIXELS = 920_000
"""Mean of the example pages. A strip of 690 x 19,332 pixels is as much to read as 14 of them."""
MEASURED = 50
"""Pages whose size is looked up; from a PDF none, for it has to be drawn."""


@dataclass(frozen=True)
class Size:
    """How much there is to read: number of pages, and their height and area in pixels."""

    pages: int = 0
    height: int = 0
    pixels: int = 0

    def __add__(self, other: Size) -> Size:
        """Of both."""
        pages, height = self.pages + other.pages, self.height + other.height
        return Size(pages, height, self.pixels + other.pixels)


def size_of(tasks: Sequence[IngestTask]) -> Size:
    """How much the episodes are, from the headers of pages that lie evenly among them."""
    pages = sum(task.pages for task in tasks)
    step, before = max(1, -(-pages // MEASURED)), 0
    known: list[ImageInfo] = []
    for task in tasks:
        numbers = range(-before % step, task.pages, step)
        before += task.pages
        if len(numbers) and task.source.kind != "pdf":
            known += _headers(task, numbers)
    if not known:
        return Size(pages, 0, pages * PAGE_PIXELS)
    height, pixels = sum(one.height for one in known), sum(one.width * one.height for one in known)
    return Size(pages, round(height * pages / len(known)), round(pixels * pages / len(known)))


def _headers(task: IngestTask, numbers: range) -> list[ImageInfo]:
    from webtoon_curate.images import probe
    from webtoon_curate.ingest.sources import open_episode

    found = []
    with open_episode(task.source) as reader:
        names = reader.names()
        for number in numbers:
            with contextlib.suppress(CurateError):  # a damaged page is a reject of ingest
                found.append(probe(reader.open(names[number])))
    return found


_TABLES = {"landmarks": "landmarks", "colors": "colors", "groups": "groups", "dedup": "hashes"}
"""The table that tells whether a step has seen an episode."""


@dataclass(frozen=True)
class Left:
    """What earlier runs did in a dataset, and what they left to do.

    Attributes:
        episodes: how many were read, but not searched for faces.
        size: of these.
        faces: kept ones of the others.
        waiting: how many of these faces a step has still to do, by its name.
    """

    episodes: int
    size: Size
    faces: int
    waiting: dict[str, int]


def left_in(dataset: Dataset, names: Sequence[tuple[str, str]], force: bool = False) -> Left:
    """What is left to do in episodes that are not read again.

    By whether tables fit the scenes, not by their settings: for the plan, which is rough.

    Args:
        dataset: of them.
        names: their titles and names.
        force: everything is.
    """
    size, episodes, faces = Size(), 0, 0
    waiting = dict.fromkeys(_TABLES, 0)
    for title, episode in names:
        note = dataset.tables["faces"].note(title, episode)
        if force or note is None or not dataset.current("faces", title, episode):
            pages = dataset.tables["pages"].read(title, episode, ("width", "height")).to_pylist()
            area = sum(page["width"] * page["height"] for page in pages)
            size += Size(len(pages), sum(page["height"] for page in pages), area)
            episodes += 1
            continue
        kept = note["crops"] or note["rows"]
        faces += kept
        for step, table in _TABLES.items():
            if not dataset.current(table, title, episode):
                waiting[step] += kept
    for folder in (dataset.path / EXPORTS_FOLDER).glob("*/export.json"):
        waiting[f"export {folder.parent.name}"] = 0
    return Left(episodes, size, faces, waiting)


def plan(
    chosen: Sequence[Step],
    episodes: int,
    size: Size,
    skipped: int,
    faces: int,
    jobs: int,
    waiting: Mapping[str, int] | None = None,
) -> Plan:
    """What the steps would take: a rough figure, by the speed of the example episodes.

    Args:
        chosen: of `steps`.
        episodes, skipped: of `webtoon_curate.ingest.planning.plan_ingest`.
        size: of the episodes that are to be read.
        faces: that the dataset has.
        jobs: episodes done side by side.
        waiting: of `Left`; None if every step has all to do.
    """
    as_pages = size.pixels / PAGE_PIXELS
    new = round(as_pages * FACES_A_PAGE)
    expected = faces + new
    waiting = {} if waiting is None else waiting
    changed = bool(new) or any(waiting.get(step, faces) for step in _TABLES)
    side_by_side = max(1, min(jobs, episodes + skipped))
    rows = []
    for step in chosen:
        number = as_pages if step.name == "detect" else expected
        if step.name in _TABLES or (not changed and step.name != "detect"):
            number = new + waiting.get(step.name, faces)
        rows.append((step.name, number * step.seconds / side_by_side, round(number * step.size)))
    return Plan(episodes, size.pages, size.height, skipped, expected, rows)


@dataclass(frozen=True)
class Outcome:
    """How a step ended: `state` is done, skipped or failed; `reason` says why not done.

    `refused` is whether it is done but for inputs that it refuses.
    """

    name: str
    state: str
    seconds: float = 0.0
    reason: str = ""
    refused: bool = False


def build(
    chosen: Sequence[Step],
    run: Callable[[Step], bool],
    on_step: Callable[[int, Step], None] = lambda number, step: None,
) -> list[Outcome]:
    """Run the steps in order; one that cannot run is told, and those that need it are left out.

    Args:
        chosen: of `steps`.
        run: does a step, and tells whether it refused inputs; a `ModelError` means that its model
            is not installed.
        on_step: called before each with its number, from 1.

    Raises:
        CurateError: if faces cannot be found, for then there is nothing to go on with.
    """
    outcomes: dict[str, Outcome] = {}
    for number, step in enumerate(chosen, 1):
        missing = [name for name in step.needs if name in outcomes and outcomes[name].state != DONE]
        if missing:
            outcomes[step.name] = Outcome(step.name, SKIPPED, reason=f"needs {missing[0]}")
            continue
        on_step(number, step)
        began = time.monotonic()
        state, reason, refused = DONE, "", False
        try:
            refused = run(step)
        except CurateError as error:
            if step.name == "detect":
                raise
            state = SKIPPED if isinstance(error, ModelError) else FAILED
            reason = str(error)
        seconds = time.monotonic() - began
        outcomes[step.name] = Outcome(step.name, state, seconds, reason, refused)
    return list(outcomes.values())


def summary(dataset: Dataset, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What is in the dataset after a build.

    Returns:
        `faces`, `kept`, `pages`, `episodes`, `rejects`; `groups` and `sides` of the split, and
        its `crossing` sets and `warnings`, if there is one; `steps`; `exports` (paths by format);
        and `report` (a path, or None).
    """
    import json

    from webtoon_curate.info import info
    from webtoon_curate.splits.report import SPLITS_REPORT
    from webtoon_curate.splits.settings import SIDES

    counts = info(dataset)
    done = {outcome.name for outcome in outcomes if outcome.state == DONE}
    result: dict[str, Any] = {
        "dataset": str(dataset.path),
        **{name: counts[name] for name in ("episodes", "pages", "faces", "kept")},
        "rejects": sum(counts["rejects"].values()),
        "steps": [vars(outcome) for outcome in outcomes],
        "exports": {},
        "report": None,
    }
    if "split" in done:
        split = json.loads((dataset.path / SPLITS_REPORT).read_text(encoding="utf-8"))
        result["sides"] = {
            name: split["sides"][name]["kept"] for name in SIDES if name in split["sides"]
        }
        result["groups"] = {row["group"]: row["kept"] for row in split["groups"]}
        result["crossing"] = sum(tie["crossing"] for tie in split["ties"].values())
        result["warnings"] = split["warnings"]
    for outcome in outcomes:
        if outcome.state == DONE and outcome.name.startswith("export "):
            name = outcome.name.removeprefix("export ")
            result["exports"][name] = str(export_folder(dataset.path, name))
    if "report" in done:
        result["report"] = str(dataset.path / REPORT)
    return result


def export_folder(dataset: Path, name: str) -> Path:
    """Where a build exports a format to."""
    return dataset / EXPORTS_FOLDER / name

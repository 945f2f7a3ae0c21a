"""All the steps from a source to training sets, in order: what will run, what ran, what came out.

The steps are commands, each with its own settings; `build` keeps their order, and decides what can
run when one of them could not. Each takes up its work where it was cut short, so `build` does, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import CurateError, ModelError

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


# Seconds and bytes: one run over the example episodes with --jobs 1 on a busy machine. They serve
# the plan only, which says that it is rough.
STEPS = (
    Step("detect", ("detect",), (), 2.0, 200_000),
    Step("landmarks", ("landmarks",), ("detect",), 0.4, 8_000),
    Step("colors", ("colors",), ("landmarks",), 0.05, 1_000),
    Step("groups", ("label", "groups"), ("landmarks",), 0.01, 100),
    Step("dedup", ("dedup",), ("detect",), 0.02, 200),
    Step("characters", ("characters",), ("landmarks",), 0.01, 100),
    Step("split", ("split",), ("detect",), 0.001, 100),
)
"""In their order; the exports and the report follow them."""
_EXPORT_SECONDS, _EXPORT_BYTES = 0.4, 250_000
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
    report = Step("report", ("report",), ("detect",), 0.05, 5_000)
    return [step for step in (*STEPS, *made, report) if step.name not in skip]


@dataclass(frozen=True)
class Plan:
    """What a build would do.

    Attributes:
        episodes, pages: to be read; those done before and unchanged are not counted.
        skipped: episodes done before and unchanged.
        faces: how many are there or expected.
        steps: name, seconds and bytes expected of each.
    """

    episodes: int
    pages: int
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


def plan(
    chosen: Sequence[Step], episodes: int, pages: int, skipped: int, faces: int, jobs: int
) -> Plan:
    """What the steps would take: a rough figure, by the speed of the example episodes.

    Args:
        chosen: of `steps`.
        episodes, pages, skipped: of `webtoon_curate.ingest.stage.plan_ingest`.
        faces: that the dataset has.
        jobs: episodes done side by side.
    """
    expected = faces + round(pages * FACES_A_PAGE)
    side_by_side = max(1, min(jobs, episodes + skipped))
    rows = []
    for step in chosen:
        number = pages if step.name == "detect" else expected
        rows.append((step.name, number * step.seconds / side_by_side, number * step.size))
    return Plan(episodes, pages, skipped, expected, rows)


@dataclass(frozen=True)
class Outcome:
    """How a step ended: `state` is done, skipped or failed; `reason` says why not done."""

    name: str
    state: str
    seconds: float = 0.0
    reason: str = ""


def build(
    chosen: Sequence[Step],
    run: Callable[[Step], None],
    on_step: Callable[[int, Step], None] = lambda number, step: None,
) -> list[Outcome]:
    """Run the steps in order; one that cannot run is told, and those that need it are left out.

    Args:
        chosen: of `steps`.
        run: does a step; a `ModelError` means that its model is not installed.
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
        state, reason = DONE, ""
        try:
            run(step)
        except CurateError as error:
            if step.name == "detect":
                raise
            state = SKIPPED if isinstance(error, ModelError) else FAILED
            reason = str(error)
        outcomes[step.name] = Outcome(step.name, state, time.monotonic() - began, reason)
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

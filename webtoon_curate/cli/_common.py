"""Options that several commands share, and how they speak: data on stdout, the rest on stderr."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.face_stages import FaceTask
    from webtoon_curate.ingest.stage import Plan

Function = TypeVar("Function", bound=Callable[..., Any])

EXIT_REJECTS = 3
"""Exit code of a run that is done but refused some inputs (0 all done, 1 failed, 2 usage)."""


def jobs_option(function: Function) -> Function:
    """`--jobs N`: processes; default all cores."""
    from webtoon_curate.engine import available_cores

    return click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        default=available_cores,
        show_default="all cores",
        help="Episodes done side by side.",
    )(function)


def force_option(function: Function) -> Function:
    """`--force`: do again what is done."""
    return click.option("--force", is_flag=True, help="Do again what is already done.")(function)


def dry_run_option(function: Function) -> Function:
    """`--dry-run`: say what would be done, and do nothing."""
    return click.option(
        "--dry-run", is_flag=True, help="Say what would be done, and change nothing."
    )(function)


def json_option(function: Function) -> Function:
    """`--json`: the result as JSON on stdout."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print the result as JSON on stdout."
    )(function)


def limit_option(function: Function) -> Function:
    """`--limit N`: only the first N episodes."""
    return click.option(
        "--limit", type=click.IntRange(min=1), help="Only the first N episodes of the source."
    )(function)


def seed_option(function: Function) -> Function:
    """`--seed S`: of everything random; the same seed gives the same bytes."""
    return click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Same seed, same bytes.",
    )(function)


def device_option(function: Function) -> Function:
    """`--device auto|cpu|cuda`: where networks run."""
    return click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        default="auto",
        show_default=True,
        help="Where networks run; auto takes a GPU if onnxruntime finds one.",
    )(function)


def source_options(function: Function) -> Function:
    """`--domain`, `--layout` and `--license`: how sources are read."""
    function = click.option(
        "--license", metavar="TEXT", help="Licence of the pages, kept in the manifest."
    )(function)
    function = click.option(
        "--layout",
        type=click.Choice(["auto", "strip", "pages", "images"]),
        default="auto",
        show_default=True,
        help="strip: files continue each other; pages: each is cut by itself; images: each is "
        "one scene.",
    )(function)
    return click.option(
        "--domain",
        type=click.Choice(["drawn", "photo"]),
        default="drawn",
        show_default=True,
        help="photo: photographs of people, each one scene, for the human side of a translation "
        "set.",
    )(function)


def dataset_argument(function: Function) -> Function:
    """The dataset's folder."""
    return click.argument("dataset", type=click.Path(exists=True, file_okay=False, path_type=Path))(
        function
    )


def say(message: str) -> None:
    """A line for the person, on stderr."""
    click.echo(message, err=True, color=None if "NO_COLOR" not in os.environ else False)


def print_json(value: Any) -> None:
    """A result as JSON on stdout; dataclasses and paths are understood."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


@contextlib.contextmanager
def progress_bar(unit: str = "page") -> Iterator[Callable[[Any], None]]:
    """A bar on stderr fed with `webtoon_curate.stages.Progress`; silent off a terminal."""
    from tqdm import tqdm

    bars: dict[str, tqdm] = {}

    def show(progress: Any) -> None:
        bar = bars.get(progress.stage)
        if bar is None:
            for other in bars.values():
                other.close()
            bar = bars[progress.stage] = tqdm(
                total=progress.total,
                desc=progress.stage,
                unit=unit,
                file=sys.stderr,
                disable=None,
                colour=None,
                dynamic_ncols=True,
            )
        bar.set_postfix(progress.counts, refresh=False)
        bar.update(progress.done - bar.n)

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()


def tell_dataset(dataset: Dataset) -> None:
    """The end of a run, for a person: what is in the dataset, and what to do next."""
    from webtoon_curate.info import info

    found = info(dataset)
    say(
        f"{found['faces']:,} faces ({found['kept']:,} kept) in {found['scenes']:,} scenes of "
        f"{found['pages']:,} pages, {found['episodes']:,} episodes: {dataset.path}"
    )
    if rejects := sum(found["rejects"].values()):
        say(f"{rejects:,} inputs were refused: see webtoon-curate info {dataset.path}")


def tell_tasks(tasks: Sequence[FaceTask], skipped: int, doing: str = "do") -> None:
    """What a stage that reads faces would do: an episode a line."""
    for task in tasks:
        click.echo(f"{task.title}/{task.episode}\t{task.pages} faces")
    say(f"{len(tasks):,} episodes to {doing}, {skipped:,} done before and unchanged")


def tell_plan(plan: Plan) -> None:
    """What a run would do: an episode a line on stdout, the rest on stderr."""
    for task in plan.tasks:
        click.echo(f"{task.title}/{task.episode}\t{task.pages} pages\t{task.source.path}")
    for reject in plan.rejects:
        say(f"refused: {reject.path}: {reject.reason}")
    say(f"{len(plan.tasks):,} episodes to do, {plan.skipped:,} done before and unchanged")

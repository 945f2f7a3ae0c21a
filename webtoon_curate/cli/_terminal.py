"""How commands speak: data on stdout, the rest on stderr."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from webtoon_curate.ingest.names import shown
from webtoon_curate.wording import plural, quoted

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.ingest.planning import Plan
    from webtoon_curate.stages import Summary, Task

EXIT_REJECTS = 3
"""Exit code of a run that is done but for inputs that it refuses (0 all done, 1 failed, 2 usage).

What other commands refused does not count: each tells of its own stage."""


def say(message: str) -> None:
    """A line for the person, on stderr."""
    message = readable(message)
    click.echo(message, err=True, color=None if "NO_COLOR" not in os.environ else False)


def readable(message: str) -> str:
    """A message in which names of files cannot steer the terminal; its lines stay."""
    return "\n".join(map(shown, message.split("\n")))


def print_json(value: Any) -> None:
    """A result as JSON on stdout; dataclasses and paths are understood."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    click.echo(json.dumps(value, indent=2, ensure_ascii=not is_utf8(sys.stdout), default=str))


def is_utf8(stream: TextIO) -> bool:
    """Whether every name of a file can be written to a stream."""
    return (stream.encoding or "").lower().replace("-", "") == "utf8"


def no_bar() -> bool | None:
    """tqdm's `disable`: no bar without a stderr; None: off a terminal."""
    return sys.stderr is None or None


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
                desc=command_of(progress.stage),
                unit=unit,
                file=sys.stderr,
                disable=no_bar(),
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


def tell_dataset(dataset: Dataset, summary: Summary | None = None) -> None:
    """The end of a run, for a person: what is in the dataset, and what to do next."""
    from webtoon_curate.info import totals

    found = totals(dataset)
    if summary is not None and not summary.episodes:
        were = "was" if summary.skipped == 1 else "were"
        before = f"{plural(summary.skipped, 'episode')} {were} done before"
        say(f"nothing new: {before} (--force does all again)")
    elif summary is not None:
        faces = (
            f"{plural(summary.counts['faces'], 'face')} in " if "faces" in summary.counts else ""
        )
        failed = summary.counts.get("failed", 0)
        done = f"{faces}{plural(summary.episodes - failed, 'episode')} done now"
        lost = f", {failed:,} failed" if failed else ""
        say(f"{command_of(summary.stage)}: {done}, {summary.skipped:,} done before{lost}")
    looked = found["waiting"] < found["episodes"]
    faces = f"{plural(found['faces'], 'face')} ({found['kept']:,} kept) in " if looked else ""
    say(
        f"{faces}{plural(found['scenes'], 'scene')} of {plural(found['pages'], 'page')}, "
        f"{plural(found['episodes'], 'episode')}: {dataset.path}"
    )
    if waiting := found["waiting"]:
        say(
            f"in {plural(waiting, 'episode')} no face was looked for yet: webtoon-curate detect "
            f"{quoted(dataset.path)}"
        )
    tell_rejects(summary.rejects if summary else 0, found["rejects"], dataset.path)


def command_of(stage: str) -> str:
    """The command that makes a stage's table, as it is typed."""
    from webtoon_curate.tables import MADE_BY

    return stage if stage == "ingest" else MADE_BY.get(stage, stage)


def tell_notes(notes: Sequence[str]) -> None:
    """What a person should know of a run, a line each."""
    for note in notes:
        say(f"note: {note}")


def tell_unjoined(dataset: Path) -> None:
    """That a run was stopped before its tables came into the manifest, where that is so."""
    from webtoon_curate.manifest import unjoined

    if advice := unjoined(dataset):
        tell_notes([advice])


def tell_rejects(refused: int, known: int, dataset: Path) -> None:
    """How many inputs a run refused, if any, and where the reasons are.

    Args:
        refused: by this run.
        known: all that the dataset knows of, of other commands and sources too.
        dataset: its folder.
    """
    if not (refused or known):
        return
    count = refused or known
    what = f"{plural(count, 'input')} {'was' if count == 1 else 'were'} refused"
    if not refused:
        what += " in other runs"
    elif known > refused:
        what += f", and {known - refused:,} in other runs"
    say(f"{what}: see webtoon-curate info {quoted(dataset)}")


def tell_tasks(
    tasks: Sequence[Task],
    skipped: int,
    doing: str = "do",
    *,
    unit: str = "face",
    as_json: bool = False,
) -> None:
    """What a stage would do: an episode a line, or JSON."""
    if as_json:
        to_do = [{"title": t.title, "episode": t.episode, f"{unit}s": t.pages} for t in tasks]
        print_json({"episodes": to_do, "skipped": skipped})
        return
    for task in tasks:
        click.echo(f"{task.title}/{task.episode}\t{plural(task.pages, unit)}")
    say(f"{plural(len(tasks), 'episode')} to {doing}, {skipped:,} done before and unchanged")


def plans_record(plans: Sequence[Plan]) -> dict[str, Any]:
    """What runs would do, for JSON."""
    episodes = [
        {"title": t.title, "episode": t.episode, "pages": t.pages, "source": t.source.path}
        for plan in plans
        for t in plan.tasks
    ]
    rejects = [
        {"path": reject.path, "reason": reject.reason} for plan in plans for reject in plan.rejects
    ]
    skipped = sum(plan.skipped for plan in plans)
    notes = [note for plan in plans for note in plan.notes]
    return {"episodes": episodes, "skipped": skipped, "rejects": rejects, "notes": notes}


def tell_refused(plan: Plan) -> None:
    """What a run would refuse, a line each, and what a person should know of it."""
    for reject in plan.rejects:
        say(f"refused: {shown(reject.path)}: {reject.reason}")
    tell_notes(plan.notes)


def tell_plans(plans: Sequence[Plan], *, as_json: bool = False) -> None:
    """What runs would do: an episode a line on stdout and the rest on stderr, or JSON."""
    record = plans_record(plans)
    if as_json:
        print_json(record)
        return
    for task in record["episodes"]:
        path = shown(str(task["source"]))
        click.echo(f"{task['title']}/{task['episode']}\t{plural(task['pages'], 'page')}\t{path}")
    for plan in plans:
        tell_refused(plan)
    to_do, skipped = len(record["episodes"]), record["skipped"]
    say(f"{plural(to_do, 'episode')} to do, {skipped:,} done before and unchanged")

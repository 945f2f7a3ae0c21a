"""What the commands that read faces share: the options of a run, and the run itself."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal

if TYPE_CHECKING:
    from webtoon_curate.stages import Summary


@dataclass(frozen=True)
class Run:
    """What `--jobs`, `--limit`, `--force`, `--dry-run` and `--json` say."""

    jobs: int
    limit: int | None
    force: bool
    dry_run: bool
    as_json: bool


def run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--jobs --limit --force --dry-run --json`, which the command gets as `run`, a `Run`."""

    @functools.wraps(function)
    def command(
        *, jobs: int, limit: int | None, force: bool, dry_run: bool, as_json: bool, **own: Any
    ) -> None:
        function(**own, run=Run(jobs, limit, force, dry_run, as_json))

    for option in (
        shared.json_option,
        shared.dry_run_option,
        shared.force_option,
        shared.limit_option,
        shared.jobs_option,
    ):
        command = option(command)
    return command


def run_stage(
    dataset: Path,
    run: Run,
    plan: Callable[..., Any],
    read: Callable[..., Summary],
    *settings: Any,
    doing: str = "do",
    tell: Callable[[Summary], None] = lambda summary: None,
) -> None:
    """Do a stage, or say what it would do, and end the program with the exit code.

    Args:
        dataset: its folder.
        run: the options.
        plan: the stage's function that gives the tasks and the number of those that are done.
        read: the stage's function.
        settings: of both, none for a stage that has none.
        doing: what `read` does with an episode.
        tell: says more about a run than `tell_dataset`, before it.
    """
    from webtoon_curate.dataset import Dataset

    data = Dataset(dataset)
    which = {"limit": run.limit, "force": run.force}
    if run.dry_run:
        tasks, skipped = plan(data, *settings, **which)
        terminal.tell_tasks(tasks, skipped, doing, as_json=run.as_json)
        return
    with terminal.progress_bar("face") as on_progress:
        summary = read(data, *settings, jobs=run.jobs, **which, on_progress=on_progress)
    if run.as_json:
        terminal.print_json(summary)
    else:
        tell(summary)
        terminal.tell_dataset(data, summary)
    sys.exit(terminal.EXIT_REJECTS if summary.rejects else 0)

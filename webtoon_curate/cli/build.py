"""`webtoon-curate build`."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webtoon_curate.build import EXPORTS, STEPS
from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.wording import plural

if TYPE_CHECKING:
    from webtoon_curate.build import Outcome, Plan, Step

_MINUTE = 60


@click.command()
@click.argument("source", type=shared.SourcePath())
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Dataset folder.  [default: <source's name>-dataset, here]",
)
@click.option(
    "--export",
    "exports",
    multiple=True,
    metavar="FORMAT",
    default=list(EXPORTS),
    show_default=True,
    help="Formats to export, each into DATASET/exports. May be given several times.",
)
@click.option(
    "--skip",
    multiple=True,
    type=click.Choice([*(step.name for step in STEPS if step.needs), "export", "report"]),
    help="Steps to leave out. May be given several times.",
)
@shared.device_option
@shared.jobs_option
@shared.limit_option
@shared.force_option
@shared.dry_run_option
@shared.json_option
@click.pass_context
def build(
    ctx: click.Context,
    source: Path,
    output: Path | None,
    exports: tuple[str, ...],
    skip: tuple[str, ...],
    device: str,
    jobs: int,
    limit: int | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make training sets of SOURCE: faces, landmarks, groups, splits, exports and a report.

    Runs detect, landmarks, colors, label groups, dedup, characters, split, the exports and report,
    each with its settings from webtoon-curate.toml or the environment. A second run does only what
    is new or was cut short.

    \b
    Examples:
      webtoon-curate build ./episodes -o my-dataset
      webtoon-curate build ./episodes -o my-dataset --dry-run
      webtoon-curate build ./episodes -o my-dataset --export stylegan --skip characters
    """
    from webtoon_curate import build as building
    from webtoon_curate.dataset import Dataset

    root = ctx.find_root()
    output, _ = shared.dataset_folder(source, output)
    chosen = building.steps(() if "export" in skip else exports, skip)
    chosen = [step for step in chosen if _known(root, step)]
    plan = _plan(root, source, output, chosen, jobs, limit, force, dry_run)
    if dry_run and as_json:
        terminal.print_json({**vars(plan), "seconds": plan.seconds, "bytes": plan.bytes})
    else:
        _tell_plan(plan, click.echo if dry_run else terminal.say)
    if dry_run:
        return
    for_all = {"device": device, "jobs": jobs, "limit": limit, "force": force}

    def run(step: Step) -> bool:
        return _run(root, step, source, output, for_all)

    def on_step(number: int, step: Step) -> None:
        terminal.say(f"\n{number}/{len(chosen)} {step.name}")

    outcomes = building.build(chosen, run, on_step)
    result = building.summary(Dataset(output), outcomes)
    if as_json:
        terminal.print_json(result)
    else:
        _tell(result, outcomes)
    sys.exit(_exit_code(outcomes))


def _known(root: click.Context, step: Step) -> bool:
    """Whether there is such a command; raises UsageError for a format that there is not."""
    group = root.command
    assert isinstance(group, click.Group)
    command = group.get_command(root, step.command[0])
    if isinstance(command, click.Group) and len(step.command) > 1:
        found = command.get_command(root, step.command[1])
        if found is None and step.command[0] == "export":
            raise click.UsageError(
                f"{step.command[1]!r} is no format; there are: "
                + ", ".join(command.list_commands(root))
            )
        return found is not None
    return command is not None


def _plan(
    root: click.Context,
    source: Path,
    output: Path,
    chosen: list[Step],
    jobs: int,
    limit: int | None,
    force: bool,
    dry_run: bool,
) -> Plan:
    """What is to be done; a dry run tells what `detect` would tell of it."""
    from webtoon_curate.build import Left, Size, left_in, plan, size_of
    from webtoon_curate.cli._settings import settings_of
    from webtoon_curate.cli.detect import detect_settings, tell_changes
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.detect.stage import changed_settings
    from webtoon_curate.ingest.planning import plan_ingest

    changed = tell_changes if dry_run else changed_settings
    known = Dataset(output) if Dataset.exists(output) else None
    ingested = list(known.tables["scenes"].episodes())[:limit] if known else []
    detect = {setting.name: setting.value for setting in settings_of(root, ("detect",))}
    anew = known is not None and bool(changed(known, detect_settings(detect)))
    if known is not None and Dataset.exists(source):
        left = left_in(known, ingested, force or anew)
        before = len(ingested) - left.episodes
        return plan(chosen, left.episodes, left.size, before, left.faces, jobs, left.waiting)
    settings = shared.ingest_settings(detect["domain"], detect["layout"], detect["license"])
    found = plan_ingest(known, source, settings, limit=limit, force=force)
    if dry_run:
        terminal.tell_refused(found)
    again = {(task.title, task.episode) for task in found.tasks}
    left = Left(0, Size(), 0, {})
    if known is not None:
        left = left_in(known, [names for names in ingested if names not in again], anew)
    size = size_of(found.tasks) + left.size
    episodes, skipped = len(found.tasks) + left.episodes, found.skipped - left.episodes
    return plan(chosen, episodes, size, max(0, skipped), left.faces, jobs, left.waiting)


def _run(
    root: click.Context, step: Step, source: Path, output: Path, for_all: dict[str, Any]
) -> bool:
    """Call the step's command as if it were typed, with settings of its own.

    Returns:
        whether it is done but for inputs that it refuses.

    Raises:
        CurateError: if it fails.
    """
    from webtoon_curate.build import REPORT, export_folder
    from webtoon_curate.errors import CurateError

    ctx, command = root, root.command
    for word in step.command:
        assert isinstance(command, click.Group)
        found = command.get_command(ctx, word)
        assert found is not None
        ctx, command = click.Context(found, info_name=word, parent=ctx), found
    arguments = [str(output)]
    if step.name == "detect":
        arguments = [str(source), "-o", str(output)]
    elif step.command[0] == "export":
        arguments += ["-o", str(export_folder(output, step.command[1]))]
    elif step.name == "report":
        arguments += ["-o", str(output / REPORT)]
    names = {option.name for option in command.params}
    for name in ("device", "jobs", "limit"):
        if name in names and for_all[name] is not None:
            arguments += [f"--{name}", str(for_all[name])]
    if "force" in names and for_all["force"]:
        arguments.append("--force")
    assert ctx.parent is not None
    try:
        with (
            command.make_context(step.command[-1], arguments, parent=ctx.parent) as own,
            contextlib.redirect_stdout(io.StringIO()),
        ):
            command.invoke(own)
    except click.ClickException as error:
        raise CurateError(error.format_message()) from error
    except (SystemExit, click.exceptions.Exit) as ended:
        code = ended.code if isinstance(ended, SystemExit) else ended.exit_code
        if code not in (None, 0, terminal.EXIT_REJECTS):
            raise CurateError(f"{step.name} ended with exit code {code}") from ended
        return code == terminal.EXIT_REJECTS
    return False


def _tell_plan(plan: Plan, say: Callable[[str], None]) -> None:
    height = f" ({plural(plan.height, 'pixel')} from top to bottom)" if plan.height else ""
    say(
        f"{plural(plan.episodes, 'episode')} with {plural(plan.pages, 'page')}{height} to read, "
        f"{plan.skipped:,} done before; about {plural(plan.faces, 'face')}"
    )
    for name, seconds, size in plan.steps:
        say(f"  {name:<18} {_time(seconds):>12} {size / 1e6:>10,.1f} MB")
    say(f"  {'all, roughly':<18} {_time(plan.seconds):>12} {plan.bytes / 1e6:>10,.1f} MB")


def _time(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:,.0f} s"
    if seconds < _MINUTE * _MINUTE:
        return f"{seconds / _MINUTE:,.0f} min"
    return f"{seconds / _MINUTE / _MINUTE:,.1f} h"


def _tell(result: dict[str, Any], outcomes: list[Outcome]) -> None:
    """The end of a build, for a person; the report's path comes last, on stdout."""
    from webtoon_curate.build import DONE

    say = terminal.say
    say(
        f"\n{result['dataset']}: {plural(result['kept'], 'face')} kept of {result['faces']:,}, on "
        f"{plural(result['pages'], 'page')} of {plural(result['episodes'], 'episode')}"
    )
    for outcome in outcomes:
        why = f"  {outcome.reason}" if outcome.reason else ""
        say(f"  {outcome.name:<18} {outcome.state:<8} {_time(outcome.seconds):>8}{why}")
    if "sides" in result:
        sides = ", ".join(f"{name} {count:,}" for name, count in result["sides"].items())
        groups = ", ".join(f"{name} {count:,}" for name, count in result["groups"].items())
        say(f"split   {sides}; {plural(result['crossing'], 'crossing set')} of tied faces")
        say(f"groups  {groups}")
        for warning in result["warnings"]:
            say(f"  ! {warning}")
    for name, path in result["exports"].items():
        say(f"{name:<8}{path}")
    refused = result["rejects"] if any(outcome.refused for outcome in outcomes) else 0
    terminal.tell_rejects(refused, result["rejects"], Path(result["dataset"]))
    if any(outcome.state != DONE for outcome in outcomes):
        say("The same command does what is missing, when its reason is gone.")
    if result["report"]:
        click.echo(result["report"])


def _exit_code(outcomes: list[Outcome]) -> int:
    from webtoon_curate.build import FAILED, SKIPPED

    states = {outcome.state for outcome in outcomes}
    if FAILED in states:
        return 1
    refused = any(outcome.refused for outcome in outcomes)
    return terminal.EXIT_REJECTS if SKIPPED in states or refused else 0

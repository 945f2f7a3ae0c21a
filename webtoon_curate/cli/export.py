"""`webtoon-curate export`: a command for each format, made of the format's settings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import click

from webtoon_curate.cli import Advised
from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.wording import plural

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.export.registry import Format
    from webtoon_curate.export.stage import ExportSummary, Plan

_SHOWN = 8
"""Reasons that are told of one by one."""


class Formats(Advised):
    """The formats as commands; third parties' formats among them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the formats."""
        from webtoon_curate.export.registry import formats

        return list(formats())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a format."""
        from webtoon_curate.export.registry import formats

        kind = formats().get(cmd_name)
        return None if kind is None else _command(kind)


@click.group(cls=Formats)
def export() -> None:
    """Write the faces of a dataset as trainers read them.

    \b
    Examples:
      webtoon-curate export tensors my-dataset -o tensors
      webtoon-curate export pix2pix my-dataset -o pairs --colors regions --size 256
      webtoon-curate export stylegan my-dataset -o stylegan --align ffhq --size 512
    """


def _command(kind: type[Format]) -> click.Command:
    from webtoon_curate.export.settings import CropSettings

    own, crop = _names(kind.Settings), _names(CropSettings) if kind.crops else []

    def run(**given: Any) -> None:
        settings = {name: given.pop(name) for name in own}
        cropping = {name: given.pop(name) for name in crop}
        _export(kind, kind.Settings(**settings), CropSettings(**cropping), **given)

    command = click.Command(kind.name, callback=run, help=_help(kind), short_help=kind.about)
    for decorate in (
        shared.json_option,
        shared.dry_run_option,
        shared.force_option,
        shared.limit_option,
        shared.jobs_option,
        shared.seed_option,
    ):
        decorate(command)
    command.params[:0] = list(_shared_options(kind))
    return command


def _names(settings: type) -> list[str]:
    return [each.name for each in fields(settings)]


def _help(kind: type[Format]) -> str:
    photos = " --photos people" if kind.photos else ""
    example = f" {kind.example}" if kind.example else ""
    lines = [
        kind.about,
        "Only kept faces are exported, into the splits of the manifest. A run that was cut short "
        "goes on where it stopped; export.json says what is there, SHA256SUMS has the checksums.",
        f"\b\nExamples:\n  webtoon-curate export {kind.name} my-dataset -o {kind.name}{photos}",
    ]
    if example:
        lines[-1] += (
            f"\n  webtoon-curate export {kind.name} my-dataset -o {kind.name}{photos}{example}"
        )
    return "\n\n".join(lines)


def _shared_options(kind: type[Format]) -> Iterator[click.Parameter]:
    from webtoon_curate.export.settings import CropSettings

    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    yield click.Argument(["dataset"], type=folder)
    yield click.Option(
        ["-o", "--output"],
        type=click.Path(file_okay=False, path_type=Path),
        help=f"Folder of the export.  [default: <dataset's name>-{kind.name}, here]",
    )
    if kind.photos:
        yield click.Option(
            ["--photos"],
            type=folder,
            required=True,
            help="Dataset of photographs of people, as `detect --domain photo` makes it.",
        )
    yield from _options(kind.Settings)
    if kind.crops:
        yield from _options(CropSettings)
    yield click.Option(
        ["--all", "everything"],
        is_flag=True,
        help="Also faces that filters, people, dedup or split leave out.",
    )


def _options(settings: type) -> Iterator[click.Option]:
    """An option for each field of a settings dataclass."""
    kinds = get_type_hints(settings)
    for each in fields(settings):
        about = each.metadata
        if not about or each.default is MISSING:
            raise TypeError(f"{settings.__name__}.{each.name} is not made by export.setting")
        name = "--" + each.name.replace("_", "-")
        shown: dict[str, Any] = {"help": about["help"], "default": each.default}
        if each.default is True or each.default is False:
            yield click.Option([f"{name}/--no-{name[2:]}"], show_default=True, **shown)
            continue
        if each.default == ():
            yield click.Option([name], multiple=True, type=_type(each, kinds[each.name]), **shown)
            continue
        visible = each.default is not None
        yield click.Option(
            [name], type=_type(each, kinds[each.name]), show_default=visible, **shown
        )


def _type(each: Field[Any], kind: Any) -> Any:
    about = each.metadata
    parts = {kind, *getattr(kind, "__args__", ())}
    if about["choices"]:
        return click.Choice(about["choices"])
    if Path in parts:
        return click.Path(exists=True, dir_okay=False, path_type=Path)
    for number, limited in ((int, click.IntRange), (float, click.FloatRange)):
        if number in parts:
            return limited(about["least"], about["most"])
    return str


def _export(
    kind: type[Format],
    form: Any,
    crop: Any,
    *,
    dataset: Path,
    output: Path | None,
    everything: bool,
    seed: int,
    jobs: int,
    limit: int | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
    photos: Path | None = None,
) -> None:
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.export import stage

    settings = stage.ExportSettings(form, crop, everything, photos, seed)
    output = output or Path(f"{dataset.resolve().name}-{kind.name}")
    source = Dataset(dataset)
    for path in filter(None, (dataset, photos)):
        terminal.tell_unjoined(path)
    if dry_run:
        plan = stage.plan_export(source, kind.name, output, settings, limit=limit)
        if as_json:
            terminal.print_json(plan.record)
        else:
            _tell_plan(plan, output)
        return
    with terminal.progress_bar("face") as on_progress:
        summary = stage.export(
            source,
            kind.name,
            output,
            settings,
            jobs=jobs,
            limit=limit,
            force=force,
            on_progress=on_progress,
        )
    if as_json:
        terminal.print_json({"out": str(output), "done_before": summary.done, **summary.record})
    else:
        _tell(summary, source)
    refused = sum(summary.record["refused"].values()) + summary.record["failed"]
    sys.exit(terminal.EXIT_REJECTS if refused else 0)


def _tell_plan(plan: Plan, output: Path) -> None:
    faces = sum(task.pages for task in plan.tasks)
    for text in plan.record["warnings"]:
        terminal.say(text)
    splits = ", ".join(plan.record["splits"])
    terminal.say(f"would write up to {plural(faces, 'face')} ({splits}) to {output}")


def _tell(summary: ExportSummary, dataset: Dataset) -> None:
    record = summary.record
    for text in record["warnings"]:
        terminal.say(text)
    counts = ", ".join(f"{name} {count:,}" for name, count in record["faces"].items())
    if summary.done:
        terminal.say(f"{summary.out} is done already: {counts}")
    else:
        faces = plural(sum(record["faces"].values()), "face")
        terminal.say(f"{faces} ({counts}) in {summary.out}")
    for reason, count in list(record["refused"].items())[:_SHOWN]:
        terminal.say(f"refused {count:,}: {reason}")
    if record["failed"]:
        terminal.say(f"{plural(record['failed'], 'episode')} failed")
    if (record["refused"] or record["failed"]) and dataset.writable:
        terminal.say(
            f"each one, and why: webtoon-curate info {terminal.quoted(dataset.path)} --rejects"
        )

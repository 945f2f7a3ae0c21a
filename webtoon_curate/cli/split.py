"""`webtoon-curate split`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.wording import plural

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset

EXIT_LEAKS = 1


class ShareOrCount(click.ParamType):
    """`0.1` or `10%` is a share, `500` a number of faces."""

    name = "share or count"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | int:
        """A float below 1, or a whole number."""
        text = str(value).strip()
        try:
            if text.endswith("%"):
                number: float | int = float(text[:-1]) / 100
            else:
                number = int(text) if text.isdecimal() else float(text)
        except ValueError:
            number = -1.0
        if number < 0 or (isinstance(number, float) and not number < 1):
            self.fail(f"{value!r} is neither a share (0.1, 10%) nor a number of faces", param, ctx)
        return number


@click.command()
@shared.dataset_argument
@click.option(
    "--val",
    type=ShareOrCount(),
    default=0.1,
    show_default=True,
    metavar="N",
    help="Kept faces in val: a share (0.1, 10%) or how many (500); 0 for no val.",
)
@click.option(
    "--test",
    type=ShareOrCount(),
    default=0.1,
    show_default=True,
    metavar="N",
    help="Kept faces in test, likewise; train is the rest.",
)
@click.option(
    "--together",
    multiple=True,
    type=click.Choice(["scene", "episode", "title", "character"]),
    default=["scene"],
    show_default=True,
    help="What must be on one side, besides duplicates. May be given several times.",
)
@click.option(
    "--adjacent",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="With scenes: those this near each other stay together, too.",
)
@click.option(
    "--balance",
    multiple=True,
    metavar="COLUMN",
    default=["gender", "glasses"],
    show_default=True,
    help="Columns of the manifest that make the groups. May be given several times.",
)
@click.option(
    "--cap",
    type=click.IntRange(min=1),
    help="At most so many faces of a group in train are used; the others get weight 0.",
)
@click.option(
    "--min-group",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Groups with fewer kept faces get weight 0.",
)
@click.option("--check", is_flag=True, help="Only look for leaks; exit code 1 if there are any.")
@shared.seed_option
@shared.force_option
@shared.dry_run_option
@shared.json_option
def split(
    dataset: Path,
    val: float | int,
    test: float | int,
    together: tuple[str, ...],
    adjacent: int,
    balance: tuple[str, ...],
    cap: int | None,
    min_group: int,
    check: bool,
    seed: int,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Divide DATASET's faces into train, val and test, without leaks and evenly by group.

    Duplicates, re-drawings and faces of one scene stay together. Faces that have a side keep it
    when others are added; --force divides anew. The report goes to splits.json, too. Where nothing
    has changed, no file is written.

    \b
    Examples:
      webtoon-curate split my-dataset
      webtoon-curate split my-dataset --val 500 --test 500 --together episode
      webtoon-curate split my-dataset --balance gender --balance hair_name --cap 200
      webtoon-curate split my-dataset --check
    """
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.splits import SplitSettings, plan_split, split_faces
    from webtoon_curate.splits.report import lines

    data = Dataset(dataset)
    terminal.tell_unjoined(dataset)
    if check:
        _check(data, as_json)
        return
    settings = SplitSettings(
        val, test, tuple(together), adjacent, tuple(balance), cap, min_group, seed
    )
    found = (plan_split if dry_run else split_faces)(data, settings, force=force)
    if found.unchanged:
        kept = plural(found.report["faces"], "face")
        terminal.say(f"unchanged: {kept} on the side they had (--force divides anew)")
    if as_json:
        terminal.print_json(found.report)
        return
    for line in lines(found.report):
        click.echo(line)


def _check(dataset: Dataset, as_json: bool) -> None:
    from dataclasses import asdict

    from webtoon_curate.splits import check_split

    found = check_split(dataset)
    if as_json:
        terminal.print_json({**asdict(found), "holds": found.holds})
    else:
        for name, leaks in found.leaks.items():
            cross = "crosses" if leaks == 1 else "cross"
            click.echo(f"{name}: {plural(leaks, 'set')} {cross} sides")
        for line in (*found.examples, *found.faults):
            click.echo(f"  {line}")
        if found.without_side:
            click.echo(f"{plural(found.without_side, 'kept face')} without a side: run split again")
    if not found.holds:
        terminal.say(
            "The split does not hold: webtoon-curate split "
            f"{terminal.quoted(dataset.path)} mends it."
        )
        sys.exit(EXIT_LEAKS)

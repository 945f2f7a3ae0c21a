"""Options and arguments that several commands share, and what they mean."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.ingest.planning import IngestSettings

Function = TypeVar("Function", bound=Callable[..., Any])


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


def _utf8(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A text that files can hold: bytes of the terminal that are no UTF-8 become U+FFFD."""
    return value and value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def source_options(function: Function) -> Function:
    """`--domain`, `--layout`, `--license` and `--prune`: how sources are read."""
    function = click.option(
        "--prune",
        is_flag=True,
        help="Take episodes out of the dataset that were read from SOURCE and are gone from it.",
    )(function)
    function = click.option(
        "--license",
        metavar="TEXT",
        callback=_utf8,
        help="Licence of the pages, for the manifest; it stays until another is given.",
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


def ingest_settings(domain: str, layout: str, license: str | None) -> IngestSettings:
    """What `source_options` say; each photograph is a scene, unless a layout is asked for."""
    from webtoon_curate.ingest.planning import IngestSettings

    return IngestSettings("images" if (domain, layout) == ("photo", "auto") else layout, license)


def dataset_folder(source: Path, output: Path | None) -> tuple[Path, bool]:
    """The dataset that a command writes to, and whether SOURCE is that dataset already.

    Raises:
        click.UsageError: if it is, and another one was asked for.
    """
    from webtoon_curate.dataset import Dataset

    if not Dataset.exists(source):
        return output or default_output(source), False
    if output is not None and output.resolve() != source.resolve():
        raise click.UsageError(f"{source} is a dataset already; leave out --output")
    require_pages(Dataset(source))
    return source, True


class SourcePath(click.Path):
    """A folder or file of comics; says what to do with addresses, which `ingest` fetches."""

    def __init__(self) -> None:
        super().__init__(exists=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path.

        Raises:
            click.BadParameter: if there is none.
        """
        text = os.fsdecode(value)
        if "://" in text:
            self.fail(
                f"{text} is an address; fetch it first: webtoon-curate ingest ADDRESS -o DATASET, "
                "then give the DATASET here",
                param,
                ctx,
            )
        if not os.path.lexists(text):
            self.fail(f"there is no {text!r} in {Path.cwd()}", param, ctx)
        return super().convert(value, param, ctx)


def default_output(source: Path) -> Path:
    """`<source's name>-dataset` here; beside the source where here is inside it."""
    source, here = source.resolve(), Path.cwd()
    name = f"{source.name if source.is_dir() else source.stem}-dataset"
    return source.parent / name if here.is_relative_to(source) else Path(name)


def dataset_argument(function: Function) -> Function:
    """The dataset's folder."""
    return click.argument("dataset", type=click.Path(exists=True, file_okay=False, path_type=Path))(
        function
    )


def need_synth() -> None:
    """Raises click.ClickException where what draws faces and pages is not installed."""
    if importlib.util.find_spec("skia") is None:
        raise click.ClickException(
            "drawing needs the extra synth: pip install 'webtoon-curate[synth]'"
        )


def check_family(name: str | None) -> None:
    """Raises click.BadParameter for a style that nothing is drawn in; None is any."""
    from webtoon_curate.synth.people.families import FAMILIES, HELDOUT_FAMILIES

    known = (*FAMILIES, *HELDOUT_FAMILIES)
    if name is not None and name not in known:
        raise click.BadParameter(
            f"{name!r} is no style family; known: {', '.join(known)}", param_hint="--family"
        )


def require_pages(dataset: Dataset) -> None:
    """Raises DatasetError for a dataset that nothing was read into."""
    from webtoon_curate.errors import DatasetError

    if next(dataset.tables["scenes"].episodes(), None) is None:
        raise DatasetError(dataset.why_no_faces())

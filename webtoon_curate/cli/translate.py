"""`webtoon-curate translate`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.cli._training import need_torch
from webtoon_curate.wording import plural

if TYPE_CHECKING:
    from webtoon_curate.trainer.translate import Translator
    from webtoon_curate.trainer.translate_faces import Translated

_SHOWN = 5
"""Refused pictures that are told of one by one."""
_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("run", type=_folder)
@click.argument("images", type=_folder)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the translated pictures.",
)
@click.option("--pages", is_flag=True, help="IMAGES are whole pages: find the faces on them.")
@click.option(
    "--detector",
    default="auto",
    show_default=True,
    metavar="NAME|FILE",
    help="With --pages on a folder: what finds faces, as in `detect`; auto looks for drawn faces "
    "for pix2pix and --back, and for photographed ones for the other methods.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "val", "test"]),
    help="Of a dataset or an export, only the faces of this split.",
)
@click.option(
    "--back", is_flag=True, help="IMAGES are drawings: make photographs of them. Not for pix2pix."
)
@click.option("--group", metavar="NAME", help="Of few-shot runs: all faces are of this group.")
@shared.device_option
@shared.json_option
def translate(
    run: Path,
    images: Path,
    output: Path,
    pages: bool,
    detector: str,
    split: str | None,
    back: bool,
    group: str | None,
    device: str,
    as_json: bool,
) -> None:
    """Translate the faces of IMAGES with the model that RUN trained.

    IMAGES is a folder of pictures of one face each, an export, or a dataset, whose kept crops are
    translated; with --pages a folder of pages, or a dataset, whose pages are. Landmarks and colors
    that the model needs and a face lacks are read by the face reader.

    \b
    Examples:
      webtoon-curate translate runs/ugatit photos -o drawn
      webtoon-curate translate runs/p2p my-dataset -o redrawn --split test
      webtoon-curate translate runs/cycle ./pages -o pages-drawn --pages
      webtoon-curate translate runs/cycle my-dataset -o as-photos --back
    """
    need_torch()
    from webtoon_curate.trainer.translate import Translator
    from webtoon_curate.trainer.translate_faces import check_output, items_of, translate_faces

    if pages and split:
        raise click.UsageError("--split is of faces: leave it out with --pages")
    check_output(images, output)
    translator = Translator(run, device, back)
    if pages:
        result = _pages(translator, images, output, detector, group, device)
    else:
        items = items_of(images, split, "parsing" in translator.wants)
        with _bar(len(items), "face") as tell:
            result = translate_faces(translator, items, output, group, device, tell)
    if as_json:
        terminal.print_json(result)
    else:
        terminal.say(
            f"{plural(result.faces, 'face')} in {plural(result.pictures, 'picture')}: {output}"
        )
        for path, reason in result.rejects[:_SHOWN]:
            terminal.say(f"refused: {path}: {reason}")
        if (more := len(result.rejects) - _SHOWN) > 0:
            terminal.say(f"and {more:,} more: see {output}/translate.json")
    sys.exit(terminal.EXIT_REJECTS if result.rejects else 0)


def _pages(
    translator: Translator,
    images: Path,
    output: Path,
    detector: str,
    group: str | None,
    device: str,
) -> Translated:
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.detect.registry import load_detector
    from webtoon_curate.trainer.translate_pages import (
        page_count,
        translate_dataset_pages,
        translate_pictures,
    )

    with _bar(page_count(images), "page") as tell:
        if Dataset.exists(images):
            return translate_dataset_pages(translator, images, output, group, device, tell)
        domain = "photo" if translator.direction == "a2b" else "drawn"
        finder = load_detector(detector, domain=domain, device=device)
        return translate_pictures(translator, images, output, finder, group, device, tell)


@contextmanager
def _bar(total: int, unit: str) -> Iterator[Callable[[int], None]]:
    from tqdm import tqdm

    off = terminal.no_bar()
    with tqdm(total=total, unit=unit, desc="translate", disable=off, dynamic_ncols=True) as bar:
        yield bar.update

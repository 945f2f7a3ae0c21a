"""`webtoon-curate report`."""

from __future__ import annotations

from pathlib import Path

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal

_DATASET = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("datasets", metavar="DATASET", nargs=-1, required=True, type=_DATASET)
@click.option("--compare", is_flag=True, help="Put two datasets side by side: give both.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="HTML file.  [default: report.html in the dataset; A-B-report.html, here, of two]",
)
@click.option(
    "--faces",
    type=click.IntRange(0, 40),
    default=10,
    show_default=True,
    help="Faces in each row of a contact sheet; 0 for none.",
)
@shared.json_option
def report(
    datasets: tuple[Path, ...], compare: bool, output: Path | None, faces: int, as_json: bool
) -> None:
    """Write what is in DATASET, and what is wrong with it, as one HTML file.

    The file needs no network and no script, and can be sent to others: it shows faces, titles and
    licences, but no paths of this machine. With --json the same is printed as data, and no file is
    written unless --output names one.

    \b
    Examples:
      webtoon-curate report my-dataset
      webtoon-curate report my-dataset -o report.html --faces 20
      webtoon-curate report my-dataset --json
      webtoon-curate report --compare before after
    """
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.report.compare import comparison, comparison_page
    from webtoon_curate.report.data import report_data
    from webtoon_curate.report.page import page
    from webtoon_curate.report.samples import Pictures
    from webtoon_curate.report.write import REPORT_FILE, save

    if len(datasets) != (2 if compare else 1):
        raise click.UsageError("give one DATASET, or two with --compare")
    default = datasets[0] / REPORT_FILE
    if compare:
        default = Path(f"{'-'.join(path.resolve().name for path in datasets)}-report.html")
    target = output or (None if as_json else default)
    opened = [Dataset(path) for path in datasets]
    found = []
    for dataset in opened:
        terminal.tell_unjoined(dataset.path)
        with terminal.progress_bar("row") as on_progress:
            found.append(report_data(dataset, faces, on_progress))
    data = comparison(*found) if compare else found[0]
    if target is not None:
        pictures = [Pictures(path) for path in datasets]
        save(comparison_page(data, pictures) if compare else page(data, pictures[0]), target)
    if as_json:
        terminal.print_json(data)
    else:
        click.echo(target)

"""`webtoon-curate review`."""

from __future__ import annotations

import getpass
import webbrowser
from pathlib import Path

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.wording import plural


@click.command()
@shared.dataset_argument
@click.option(
    "--who",
    default=lambda: _user(),
    show_default="your user name",
    help="Name that your labels are kept under.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default="any free one",
    help="Port on this machine.",
)
@click.option(
    "--browser/--no-browser", default=True, show_default=True, help="Open the page in a browser."
)
@shared.dry_run_option
def review(dataset: Path, who: str, port: int, browser: bool, dry_run: bool) -> None:
    """Look at the faces of DATASET in a web page, and correct them by keyboard and mouse.

    The page is served to this machine only. Every action is on the disk before the page shows it
    as done; Ctrl-C ends the server and brings the manifest up to date.

    \b
    Examples:
      webtoon-curate review my-dataset
      webtoon-curate review my-dataset --who ana --port 8756 --no-browser
      webtoon-curate review my-dataset --dry-run
    """
    from webtoon_curate.labels.desk import open_desk
    from webtoon_curate.labels.events import PERSON
    from webtoon_curate.lock import other_run, writing
    from webtoon_curate.manifest import write_manifest
    from webtoon_curate.review.index import FaceIndex
    from webtoon_curate.review.pictures import Pictures
    from webtoon_curate.review.server import ReviewServer

    desk = open_desk(dataset, who, PERSON)
    index = FaceIndex(desk)
    if not index.episodes:
        raise click.ClickException(desk.dataset.why_no_faces())
    episodes = plural(len(index.episodes), "episode")
    terminal.say(f"{plural(len(index.faces), 'face')} in {episodes} of {dataset}")
    if index.boxless:
        terminal.say(
            f"{len(index.boxless):,} more have no box of numbers and are not shown, such as "
            f"{min(index.boxless)}: webtoon-curate detect {terminal.quoted(dataset)} --force finds "
            "them anew"
        )
    if dry_run:
        return
    pictures = Pictures(desk.dataset, desk.place)
    try:
        server = ReviewServer(index, pictures, port)
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be used ({error.strerror}); leave out --port for a free one"
        ) from error
    click.echo(server.address)
    terminal.say("Open this address in a browser of this machine. Ctrl-C ends it; nothing is lost.")
    if browser:
        webbrowser.open(server.entrance)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        terminal.say("\nBringing the manifest up to date …")
    finally:
        server.server_close()
        pictures.close()
    if run := other_run(dataset):
        terminal.say(
            f"{run} writes the manifest at its end; what it lacks of your labels, the next does"
        )
        return
    with writing(dataset, "review"):
        write_manifest(desk.dataset)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"

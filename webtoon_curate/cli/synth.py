"""`webtoon-curate synth`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.wording import plural

DEFAULT_EPISODES = 3


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--episodes",
    type=click.IntRange(min=1),
    help=f"How many episodes to draw.  [default: {DEFAULT_EPISODES}]",
)
@click.option(
    "--faces",
    type=click.IntRange(min=1),
    help="Draw this many single face crops instead of episodes.",
)
@click.option(
    "--panels",
    type=click.IntRange(min=1),
    default=24,
    show_default=True,
    help="Panels an episode at least has.",
)
@click.option(
    "--layout",
    type=click.Choice(["both", "strip", "pages"]),
    default="both",
    show_default=True,
    help="Vertical strips, printed pages, or titles of either kind.",
)
@click.option(
    "--size",
    type=click.IntRange(32, 2048),
    default=256,
    show_default=True,
    help="Side of the crops of --faces, pixels.",
)
@click.option(
    "--drawings",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Crops of --faces in a row that show one character; with 2 or more, eight characters in a "
    "row have one style.",
)
@click.option("--family", metavar="NAME", help="Only this style family.  [default: all]")
@click.option("--heldout", is_flag=True, help="The style families reserved for tests.")
@shared.seed_option
@shared.jobs_option
@shared.force_option
@shared.dry_run_option
@shared.json_option
def synth(
    out: Path,
    episodes: int | None,
    faces: int | None,
    panels: int,
    layout: str,
    size: int,
    drawings: int,
    family: str | None,
    heldout: bool,
    seed: int,
    jobs: int,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Draw webtoon episodes with exact truth into OUT.

    OUT is then a folder of titles, ready for `detect`; OUT/truth holds the truth as tables, masks
    and a labels.json for `evaluate`. Nothing in the drawings is anybody's: use them freely.

    \b
    Examples:
      webtoon-curate synth demo --episodes 6
      webtoon-curate detect demo && webtoon-curate evaluate detect demo-dataset \\
          --truth demo/truth/labels.json
      webtoon-curate synth faces --faces 100000 --drawings 2 --seed 1 --jobs 8
    """
    if episodes and faces:
        raise click.UsageError("give --episodes or --faces, not both")
    shared.need_synth()
    shared.check_family(family)
    total = faces or episodes or DEFAULT_EPISODES
    unit = "face" if faces else "episode"
    if dry_run:
        if as_json:
            terminal.print_json({f"{unit}s": total, "seed": seed, "out": out})
        else:
            terminal.say(f"would draw {plural(total, unit)} with seed {seed} into {out}")
        return
    from webtoon_curate.synth.episode import SynthSettings, synth_episodes
    from webtoon_curate.synth.shards import synth_faces

    run: dict[str, Any] = {"jobs": jobs, "force": force}
    with _bar(unit, total) as tell:
        if faces:
            look: dict[str, Any] = {"size": size, "family": family, "heldout": heldout}
            look["drawings"] = drawings
            counts = synth_faces(out, total, seed, **look, **run, on_advance=tell)
        else:
            chosen = None if layout == "both" else layout
            settings = SynthSettings(seed, panels, family, heldout, chosen)
            counts = synth_episodes(out, total, settings, **run, on_advance=tell)
    if as_json:
        terminal.print_json({"out": out, **counts})
    else:
        drawn = (plural(count, name.removesuffix("s")) for name, count in counts.items())
        terminal.say(f"{', '.join(drawn)} in {out}")


@contextlib.contextmanager
def _bar(unit: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar to be told of finished units."""
    from webtoon_curate.stages import Progress

    done = 0
    with terminal.progress_bar(unit) as show:

        def tell(more: int) -> None:
            nonlocal done
            done += more
            show(Progress("synth", done, total, {}))

        yield tell

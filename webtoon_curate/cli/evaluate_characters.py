"""`webtoon-curate evaluate characters`."""

from __future__ import annotations

import click

from webtoon_curate.characters.settings import SIMILARITY
from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.wording import plural


@click.command()
@click.option(
    "--reader",
    "name",
    metavar="NAME|FILE",
    help="Embeddings of this reader: auto, a model, or the reader.onnx of a training run.  "
    "[default: a random vector a character]",
)
@click.option(
    "--episodes",
    type=click.IntRange(min=1),
    default=6,
    show_default=True,
    help="How many to draw; three make a title. Needs the extra synth.",
)
@click.option(
    "--panels",
    type=click.IntRange(min=1),
    default=40,
    show_default=True,
    help="Panels an episode at least has.",
)
@click.option(
    "--noise",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Length of the noise added to each embedding, which has length 1.",
)
@click.option(
    "--colors/--no-colors",
    default=True,
    show_default=True,
    help="Use the hair and eye colors of the drawing, which have no errors.",
)
@click.option("--heldout", is_flag=True, help="In styles that no model is trained on.")
@click.option(
    "--similarity",
    type=click.FloatRange(-1, 1),
    default=SIMILARITY,
    show_default=True,
    help="As of the command characters.",
)
@shared.seed_option
@shared.jobs_option
@shared.json_option
def characters(
    name: str | None,
    episodes: int,
    panels: int,
    noise: float,
    colors: bool,
    heldout: bool,
    similarity: float,
    seed: int,
    jobs: int,
    as_json: bool,
) -> None:
    """Adjusted Rand index of likely characters on drawn episodes, where it is known who is who.

    \b
    Examples:
      webtoon-curate evaluate characters --noise 0.8
      webtoon-curate evaluate characters --reader auto --heldout --no-colors --json
    """
    shared.need_synth()
    from webtoon_curate.evaluate.drawn_characters import evaluate_drawn_characters
    from webtoon_curate.reader import load_reader

    result = evaluate_drawn_characters(
        None if name is None else load_reader(name),
        episodes=episodes,
        panels=panels,
        noise=noise,
        colors=colors,
        heldout=heldout,
        similarity=similarity,
        seed=seed,
        jobs=jobs,
    )
    if as_json:
        terminal.print_json(result)
        return
    click.echo(f"faces             {result.faces:>8,}  of {plural(result.titles, 'title')}")
    click.echo(f"characters        {result.identities:>8,}  {plural(result.clusters, 'cluster')}")
    click.echo(f"adjusted Rand     {result.adjusted_rand:>8.3f}")
    click.echo(f"purity            {result.purity:>8.3f}")
    click.echo(f"completeness      {result.completeness:>8.3f}")

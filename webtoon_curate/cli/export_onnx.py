"""`webtoon-curate export-onnx`."""

from __future__ import annotations

from pathlib import Path

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.cli._training import need_torch


@click.command("export-onnx")
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The ONNX file.",
)
@click.option("--group", metavar="NAME", help="Of few-shot runs: the group that it draws.")
@shared.json_option
def export_onnx(run: Path, output: Path, group: str | None, as_json: bool) -> None:
    """Write the generator that RUN trained as an ONNX file.

    The file takes `input`, float32 (n, channels, size, size) in -1..1, and gives `output`, float32
    (n, 3, size, size). It is written only if its pictures are those of PyTorch within 0.0001.

    \b
    Examples:
      webtoon-curate export-onnx runs/ugatit -o ugatit.onnx
      webtoon-curate export-onnx runs/groups -o men.onnx --group man_glasses
    """
    need_torch()
    from webtoon_curate.trainer.generator_export import INPUT, OUTPUT, export_generator
    from webtoon_curate.trainer.translate import Translator

    translator = Translator(run, "cpu")
    error = export_generator(translator, output, group)
    size = translator.size
    result = {
        "file": str(output),
        "method": translator.method,
        "step": translator.step,
        "input": {"name": INPUT, "shape": ["n", len(translator.channels), size, size]},
        "channels": translator.channels,
        "output": {"name": OUTPUT, "shape": ["n", 3, size, size]},
        "largest_difference": error,
    }
    if as_json:
        terminal.print_json(result)
        return
    click.echo(f"{INPUT:<7} n x {len(translator.channels)} x {size} x {size}  -1..1")
    click.echo(f"  {', '.join(translator.channels)}")
    click.echo(f"{OUTPUT:<7} n x 3 x {size} x {size}  -1..1")
    click.echo(f"differs from PyTorch by {error:.1e} at most")

"""What a run of `train pix2pix` or `train cyclegan` makes of drawn faces it has not learned from.

    python benchmarks/translation.py RUN SOURCES [TARGETS] [--grid grid.jpg] [--faces 150]

SOURCES and TARGETS are what it was trained on: folders of `webtoon-curate synth --faces`, or
datasets; for pix2pix they are one. Their side `val` is drawn. Prints the measures of the run, the
same of the network before its first step, and the condition-swap test; writes a picture of inputs,
outputs and true pictures.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
import torch
from PIL import Image

from webtoon_curate.errors import DatasetError
from webtoon_curate.reader import load_reader
from webtoon_curate.trainer.condition import condition_test
from webtoon_curate.trainer.data import load_faces
from webtoon_curate.trainer.face import Faces
from webtoon_curate.trainer.grids import grid
from webtoon_curate.trainer.measures import Sides, measure
from webtoon_curate.trainer.samples import View, image_tensor
from webtoon_curate.trainer.translate import Completed, Translator

ROWS, SWAPPED = 8, 64


@click.command()
@click.argument("run", type=click.Path(exists=True, path_type=Path))
@click.argument("sources", type=click.Path(exists=True, path_type=Path))
@click.argument("targets", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--faces", default=150, show_default=True, help="Faces that are drawn.")
@click.option("--grid", "picture", type=click.Path(path_type=Path), help="JPEG to write.")
@click.option("--back", is_flag=True, help="From TARGETS to SOURCES.")
def main(
    run: Path, sources: Path, targets: Path | None, faces: int, picture: Path | None, back: bool
) -> None:
    trained = Translator(run, "cpu", back)
    painted = "parsing" in trained.wants
    given, wanted = (targets or sources, sources) if back else (sources, targets or sources)
    held = load_faces(given, "val", parsing=painted)
    sides = Sides(held, load_faces(wanted, parsing=painted), load_faces(wanted, "val"))
    reader = load_reader(device="cpu")
    after = measure(trained, sides, faces, reader)
    found = {"after": after, "before": measure(untrained(run, back), sides, faces, reader)}
    some = Completed(trained.wants)([held[n] for n in range(min(len(held), SWAPPED))])
    swaps = condition_test(trained, some).swaps
    found["swaps"] = {swap.part: swap.ratio for swap in swaps}
    click.echo(json.dumps(found, indent=2))
    if picture is not None:
        Image.fromarray(rows_of(trained, held)).save(picture, quality=85)


def untrained(run: Path, back: bool) -> Translator:
    """The translator of a run with the weights that it began with."""
    translator = Translator(run, "cpu", back)
    torch.manual_seed(translator.config.seed)
    translator.drawing().body.load_state_dict(translator.config.generator().state_dict())
    return translator


def rows_of(translator: Translator, faces: Faces) -> np.ndarray:
    """Some faces as a grid: what is given, what is drawn, and for pix2pix what is true."""
    if len(faces) < 1:
        raise DatasetError("no faces to show")
    shown = Completed(translator.wants)([faces[n] for n in range(min(len(faces), ROWS))])
    inputs, view = (
        torch.stack([translator.entered(face) for face in shown]),
        View(translator.config, None),
    )
    true = torch.stack([image_tensor(view.pixels(face.image)) for face in shown])
    drawn = translator.drawn(inputs)
    columns = {"source": true, "drawn": drawn}
    if translator.method == "pix2pix":
        columns = {name: inputs[:, translator.place(name)][:, :3] for name, _ in translator.parts}
        columns |= {"drawn": drawn, "true": true}
        columns.pop("noise", None)
    halves = [grid({n: c[at] for n, c in columns.items()}) for at in (slice(0, 4), slice(4, 8))]
    gap = np.full((halves[0].shape[0], 16, 3), 255, np.uint8)
    return np.concatenate([halves[0], gap, halves[1]], axis=1)


if __name__ == "__main__":
    main()

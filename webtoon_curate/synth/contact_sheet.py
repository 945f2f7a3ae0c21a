"""A picture of many random faces, to judge the generator by.

python -m webtoon_curate.synth.contact_sheet docs/images/synth-faces.jpg --seed 7
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webtoon_curate.synth.crops import face_crops
from webtoon_curate.synth.people.families import FAMILIES, HELDOUT_FAMILIES


def contact_sheet(
    count: int = 100,
    seed: int = 0,
    size: int = 160,
    columns: int = 10,
    families: tuple[str, ...] | None = None,
    graded: bool = True,
) -> NDArray[np.uint8]:
    """(rows * size, columns * size, 3) uint8 picture of ``count`` face crops."""
    rows = -(-count // columns)
    sheet = np.full((rows * size, columns * size, 3), 255, dtype=np.uint8)
    # Drawn twice as large and averaged, so that small tiles look as pages do on a screen.
    for i, crop in enumerate(face_crops(count, seed, 2 * size, families, graded=graded)):
        top, left = i // columns * size, i % columns * size
        tile = crop.rgb.reshape(size, 2, size, 2, 3).mean((1, 3))
        sheet[top : top + size, left : left + size] = np.rint(tile)
    return sheet


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--count", default=100, show_default=True, help="Faces.")
@click.option("--seed", default=0, show_default=True, help="Another seed, other faces.")
@click.option("--size", default=128, show_default=True, help="Pixels of a tile's side.")
@click.option(
    "--family",
    multiple=True,
    type=click.Choice(FAMILIES + HELDOUT_FAMILIES),
    help="Only these style families; may be given several times.",
)
@click.option("--quality", default=80, show_default=True, help="Of the JPEG.")
@click.option("--graded/--plain", default=True, help="With light, blur and compression, or bare.")
def main(
    out: Path, count: int, seed: int, size: int, family: tuple[str, ...], quality: int, graded: bool
) -> None:
    """Write a contact sheet of random drawn faces to OUT."""
    sheet = contact_sheet(count, seed, size, families=family or None, graded=graded)
    Image.fromarray(sheet).save(out, quality=quality)


if __name__ == "__main__":
    main()

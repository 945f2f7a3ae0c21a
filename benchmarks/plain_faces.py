"""Drawn faces in plain light, in color and seen from the front, as a folder of the same kind.

    python benchmarks/plain_faces.py drawn plain-drawn

Half of what `webtoon-curate synth --faces` draws is tinted, dark, grey, screened or uncolored, so
that detectors and readers know it all. A translation between styles has to reproduce each of these
lights, too, and instance normalisation takes out just that: mean and contrast of a picture.
"""

from __future__ import annotations

import os
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from webtoon_curate.trainer.drawn import TRUTH, drawn_tables

INKED = ("lineart", "pencil", "tone")
"""Fills without color."""


@click.command()
@click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
def main(faces: Path, out: Path) -> None:
    kept = 0
    for file in drawn_tables(faces):
        table = pq.read_table(file)
        plain = pc.and_(pc.equal(table["mood"], "none"), pc.equal(table["view"], "frontal"))
        table = table.filter(pc.and_(plain, pc.invert(pc.is_in(table["fill"], pa.array(INKED)))))
        kept += len(table)
        for name in table["crop"].to_pylist():
            _linked(faces / name, out / name)
        for name in table["mask"].to_pylist():
            _linked(faces / TRUTH / name, out / TRUTH / name)
        copy = out / file.relative_to(faces)
        copy.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, copy)
    click.echo(f"{kept:,} faces")


def _linked(path: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    if not copy.exists():
        os.link(path, copy)


if __name__ == "__main__":
    main()

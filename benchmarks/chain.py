"""The whole way from pages to colors and hashes: faces and scenes a second, and each stage's share.

    python benchmarks/chain.py EPISODES [--jobs 1 --jobs 2]

Each stage is the command that a person would type, in a process of its own; its start counts.
Seconds are of the wall, and of the processors (all processes of the stage together), which other
programs on the machine disturb less.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from webtoon_curate.dataset import Dataset

STAGES = ("ingest", "detect", "landmarks", "colors", "label groups", "dedup")


def run(stage: str, source: Path, data: Path, jobs: int) -> tuple[float, float]:
    """Wall and processor seconds of a stage."""
    place = [str(source), "-o", str(data)] if stage == "ingest" else [str(data)]
    command = [sys.executable, "-m", "webtoon_curate", *stage.split(), *place, "-j", str(jobs)]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    code = subprocess.run(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
    if code not in (0, 3):
        raise click.ClickException(f"{stage} ended with {code}: {' '.join(command)}")
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--jobs", multiple=True, type=int, default=(1, 2), show_default=True)
def main(source: Path, jobs: tuple[int, ...]) -> None:
    for number in jobs:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "data"
            seconds = {stage: run(stage, source, data, number) for stage in STAGES}
            tables = Dataset(data).tables
            scenes, faces, read = (tables[n].rows() for n in ("scenes", "faces", "readings"))
        wall, busy = (sum(column) for column in zip(*seconds.values()))
        click.echo(f"--jobs {number}: {scenes} scenes, {faces} faces, {read} of them read")
        click.echo(f"  {scenes / wall:.1f} scenes and {faces / wall:.1f} faces a second")
        for stage, (one, other) in seconds.items():
            click.echo(f"  {stage:13} {one:7.1f} s  {one / wall:4.0%}   processors {other:7.1f} s  "
                       f"{other / busy:4.0%}")  # fmt: skip


if __name__ == "__main__":
    main()

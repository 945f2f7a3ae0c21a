"""How much too large FID is for few pictures, and that KID is not.

    python benchmarks/fid_bias.py [--most 2048]

Faces are drawn twice from the same styles, so the true distance is 0. Needs the extra synth.
"""

from __future__ import annotations

import click
import numpy as np

from webtoon_curate.evaluate.distances import frechet_distance, kernel_distance
from webtoon_curate.evaluate.features import Extractor, load_extractor
from webtoon_curate.synth.crops import face_crops


@click.command()
@click.option("--most", default=2048, show_default=True, help="Pictures in the largest sets.")
@click.option("--features", default="reader", show_default=True)
def main(most: int, features: str) -> None:
    extractor = load_extractor(features)
    first, second = (vectors(extractor, most, seed) for seed in (1, 2))
    click.echo(f"pictures  fid@{extractor.name}  kid_x1000@{extractor.name}")
    count = 32
    while count <= most:
        # The mean over disjoint parts: single sets scatter.
        parts = [slice(at, at + count) for at in range(0, most - count + 1, count)]
        fid = np.mean([frechet_distance(first[p], second[p], force=True) for p in parts])
        kid = np.mean([kernel_distance(first[p], second[p], count, subsets=1).value for p in parts])
        click.echo(f"{count:8,}  {fid:10.4f}  {1000 * kid:16.3f}")
        count *= 2


def vectors(extractor: Extractor, count: int, seed: int) -> np.ndarray:
    found, batch = [], []
    for crop in face_crops(count, seed, 192, margin=(0.25, 0.35)):
        batch.append(crop.rgb)
        if len(batch) == 64:
            found.append(extractor(batch))
            batch = []
    return np.concatenate([*found, *([extractor(batch)] if batch else [])])


if __name__ == "__main__":
    main()

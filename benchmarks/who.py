"""Who is who of drawn episodes, from their pages on: what `characters` finds after `detect`,
`landmarks` and `colors`, against who was drawn.

    python benchmarks/who.py WORK --episodes 18 --seed 401 [--reserved]

Needs the extra synth.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import click
import numpy as np
from failures import drawn

import webtoon_curate
from webtoon_curate.detect.merging import overlaps
from webtoon_curate.evaluate.characters import CharacterFigures, figures
from webtoon_curate.evaluate.matching import MATCH_IOU
from webtoon_curate.synth.episode import SynthSettings, synth_episodes

SIDES = ("x", "y", "width", "height")


def who_is_who(pages: Path, data: Path) -> CharacterFigures:
    """Of the faces that `detect` keeps and that are of somebody."""
    run = [sys.executable, "-m", "webtoon_curate"]
    subprocess.run([*run, "detect", pages, "-o", data], check=True)
    for command in ("landmarks", "colors", "characters"):
        subprocess.run([*run, command, data], check=True)
    people = defaultdict(list)
    for face in drawn(pages):
        people[face["title"], face["episode"]].append(face)
    found, truth = defaultdict(list), defaultdict(list)
    faces = webtoon_curate.load(data)
    for face in faces[faces.keep & faces.character.notna()].to_dict("records"):
        there = people[face["title"], face["episode"]]
        boxes = np.array([one["shown"] for one in there], np.float32).reshape(-1, 4)
        shares = overlaps(np.array([face[side] for side in SIDES], np.float32), boxes)[0]
        if len(there) and shares.max() >= MATCH_IOU:
            found[face["title"]].append(face["character"])
            truth[face["title"]].append(there[int(shares.argmax())]["character"])
    return figures(list(found.values()), list(truth.values()))


@click.command()
@click.argument("work", type=click.Path(file_okay=False, path_type=Path))
@click.option("--episodes", default=18, show_default=True)
@click.option("--panels", default=24, show_default=True)
@click.option("--seed", default=401, show_default=True)
@click.option("--reserved", is_flag=True, help="In the styles that nothing is trained on.")
def main(work: Path, episodes: int, panels: int, seed: int, reserved: bool) -> None:
    settings = SynthSettings(seed, panels, heldout=reserved)
    synth_episodes(work / "drawn", episodes, settings)
    for name, value in vars(who_is_who(work / "drawn", work / "data")).items():
        print(f"{name:14} {round(value, 3)}")


if __name__ == "__main__":
    main()

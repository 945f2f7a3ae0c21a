"""What the reader's word and the second look give a detector, on labelled pictures.

    python benchmarks/second_look.py pepper open --role train --only ep05/ --only ep18/ \\
        --only mikabul/m2 --only ada_zangemann/ada-p2
    webtoon-curate synth drawn --episodes 8 --heldout --seed 91
    python benchmarks/second_look.py drawn --every 3

Whole pictures as one scene each. A folder has a `labels.json`, or one in its folder `truth`.
"""

from __future__ import annotations

from pathlib import Path

import click
from tqdm import tqdm

from webtoon_curate.detect import Detector, confirmed, detect_scene, load_detector
from webtoon_curate.evaluate.matching import evaluate_detections
from webtoon_curate.evaluate.truth import Truth, load_truth
from webtoon_curate.faces import Detections, Scene
from webtoon_curate.images import decode

LOWEST = 0.02
"""Score of the finds that average precision is measured of."""


def labelled(folder: Path, role: str | None, only: tuple[str, ...]) -> dict[Path, Truth]:
    """The pictures of a folder with their faces."""
    file = next(folder.glob("labels.json"), folder / "truth" / "labels.json")
    truth = load_truth(file, role)
    return {folder / name: own for name, own in truth.items() if not only or name.startswith(only)}


def found(detector: Detector, path: Path) -> Detections:
    pixels = decode(path)
    whole = Scene(0, 0, pixels.shape[1], pixels.shape[0])
    return detect_scene(detector, lambda x, y, w, h: pixels[y : y + h, x : x + w], whole)


def line(name: str, detector: Detector, truth: dict[Path, Truth], score: float) -> str:
    pages = {str(p): (found(detector, p), own) for p, own in tqdm(truth.items(), desc=name)}
    told = evaluate_detections(pages, score)
    measured = (told.average_precision, told.recall_at_precision, told.recall, told.precision or 0)
    return f"| {name} | " + " | ".join(f"{value:.3f}" for value in measured) + " |"


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--role", help="Only pictures of this role.")
@click.option("--only", multiple=True, help="Only pictures whose names begin so.")
@click.option("--every", default=1, show_default=True, help="Every nth of them.")
@click.option("--score", default=0.3, show_default=True, help="For recall and precision.")
@click.option("--detector", "name", default="webtoon_faces", show_default=True)
def main(
    folders: tuple[Path, ...], role: str | None, only: tuple[str, ...], every: int,
    score: float, name: str,
) -> None:  # fmt: skip
    truth: dict[Path, Truth] = {}
    for folder in folders:
        truth |= labelled(folder, role, only)
    truth = dict(list(truth.items())[::every])
    whole = load_detector(name, min_score=LOWEST)
    lines = [line("alone", whole.detector, truth, score)]
    doubt, confirmed.DOUBT = confirmed.DOUBT, 0.0
    lines.append(line("with the reader's word", whole, truth, score))
    confirmed.DOUBT = doubt
    lines.append(line("and a second look", whole, truth, score))
    faces = sum(len(own.boxes) for own in truth.values())
    print(f"| {len(truth)} pictures, {faces} faces | average precision | recall at precision 0.95 "
          f"| recall at {score} | precision |")  # fmt: skip
    print("\n".join(["|---|---|---|---|---|", *lines]))


if __name__ == "__main__":
    main()

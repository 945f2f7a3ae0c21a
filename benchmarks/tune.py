"""How much fifty corrected pages help a detector with a style that it never saw.

    python benchmarks/tune.py WORK [--pages 50] [--family retro]

Draws episodes of a reserved style, finds the faces with the bundled network, corrects the pages of
the first as a person would in `review` (boxes that are wrong by more than `AGREES`, false faces,
missed ones), trains with `train detector --init bundled --data DATASET --preset tune`, and measures
both networks on pages of other episodes. Needs the extras synth and train.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import numpy as np

from webtoon_curate.dataset import Dataset
from webtoon_curate.detect.merging import overlaps
from webtoon_curate.detect.stage import DetectSettings, detect_faces
from webtoon_curate.evaluate.detect import LabelledPage, evaluate_dataset, labelled_pages
from webtoon_curate.evaluate.truth import load_truth
from webtoon_curate.ingest.stage import ingest_sources
from webtoon_curate.labels.desk import Desk, Said, open_desk
from webtoon_curate.labels.events import FaceRef
from webtoon_curate.labels.fold import drawn_id
from webtoon_curate.synth.episode import SynthSettings, synth_episodes

PANELS_A_PAGE = 5
"""About; decides how many panels are drawn."""
LOWEST = 0.02
"""Score from which on detections are counted in the average precision."""
SAME, AGREES = 0.4, 0.7
"""Overlap (IoU) from which on a box is of a face, and from which on nobody would mend it."""


def draw(folder: Path, seed: int, pages: int, family: str) -> Path:
    synth_episodes(folder, 1, SynthSettings(seed, pages * PANELS_A_PAGE, family, True, "pages"))
    return folder / "truth" / "labels.json"


def detected(folder: Path, detector: str, output: Path, score: float | None) -> Dataset:
    dataset = Dataset.create(output)
    ingest_sources(dataset, folder)
    detect_faces(dataset, DetectSettings(detector, min_score=score, crop=None))
    return dataset


def correct(dataset: Dataset, truth: Path, pages: int) -> int:
    """Says of the first pages what a person would; gives the number of words."""
    desk = open_desk(dataset.path, "truth", "person")
    said: list[Said] = []
    labelled = labelled_pages(dataset, load_truth(truth))
    for page in list(labelled.values())[:pages]:
        said += page_words(desk, page)
    desk.say(said)
    return len(said)


def page_words(desk: Desk, page: LabelledPage) -> list[Said]:
    said: list[Said] = []
    true, met = page.truth.boxes, np.zeros(len(page.truth.boxes), bool)
    faces = [f for f in desk.faces(page.title, page.episode) if f.row["page"] == page.page]
    top = next(p.y for p in desk.place(page.title, page.episode).pages if p.name == page.page)
    for face in sorted(faces, key=lambda face: -face.row["score"]):
        row = face.row
        box = np.array([row["x"], row["y"] - top, row["width"], row["height"]], np.float32)
        shares = np.where(met, 0, overlaps(box, true)[0]) if len(true) else np.zeros(1)
        best = int(shares.argmax())
        if shares[best] < SAME:
            neutral = page.truth.neutral
            if not len(neutral) or overlaps(box, neutral)[0].max() < SAME:
                said.append(("delete", face.face, True))
        else:
            met[best] = True
            if shares[best] < AGREES:
                said.append(("box", face.face, in_strip(true[best], top)))
    scene_of = desk.place(page.title, page.episode).scene_at
    for box in true[~met]:
        where = in_strip(box, top)
        name = drawn_id(page.title, page.episode, scene_of(where), where)
        said.append(("add", FaceRef(name, page.title, page.episode, where), None))
    return said


def in_strip(box: np.ndarray, top: int) -> tuple[float, float, float, float]:
    x, y, width, height = (float(value) for value in box)
    return x, y + top, width, height


@click.command()
@click.argument("work", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pages", default=50, show_default=True)
@click.option("--family", default="retro", show_default=True)
def main(work: Path, pages: int, family: str) -> None:
    drawn, other = draw(work / "mine", 1, pages, family), draw(work / "others", 2, pages, family)
    mine = detected(work / "mine", "webtoon_faces", work / "mine-data", None)
    words = correct(mine, drawn, pages)
    click.echo(f"{words} corrections on {pages} pages")
    run = work / "run"
    begin = ["--init", "bundled", "--preset", "tune", "--resume"]
    command = [sys.executable, "-m", "webtoon_curate", "train", "detector", *begin]
    subprocess.run([*command, "--data", str(mine.path), "-o", str(run)], check=True)
    truth = load_truth(other)
    for name, detector in (("bundled", "webtoon_faces"), ("tuned", str(run / "detector.onnx"))):
        dataset = detected(work / "others", detector, work / f"others-{name}", LOWEST)
        found = evaluate_dataset(dataset, truth, 0.5)
        click.echo(f"{name:8} average precision {found.average_precision:.3f}")


if __name__ == "__main__":
    main()

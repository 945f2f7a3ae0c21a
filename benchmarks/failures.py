"""Where detectors fail: recall on drawn faces of the kinds that are missed most.

    python benchmarks/failures.py WORK --episodes 12 [--reserved]

Draws episodes, finds their faces with the bundled network and the bundled cascade, and prints a
line a kind. Needs the extra synth.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from webtoon_curate.dataset import Dataset
from webtoon_curate.detect.merging import overlaps
from webtoon_curate.detect.stage import DetectSettings, detect_faces
from webtoon_curate.evaluate.matching import MATCH_IOU
from webtoon_curate.ingest.stage import ingest_sources
from webtoon_curate.schema import FACES
from webtoon_curate.synth.episode import SynthSettings, synth_episodes
from webtoon_curate.synth.truth import TRUTH
from webtoon_curate.tables import StageTables

DETECTORS = ("webtoon_faces", "lbpcascade_webtoon")
EYES = slice(36, 48)
Face = dict[str, Any]


def darkness(face: Face) -> float:
    """How much of the skin's lightness the panel's light leaves, 0-1."""
    return sum(face["skin_color_raw"]) / max(sum(face["skin_color"]), 1)


KINDS: dict[str, Callable[[Face], bool]] = {
    "all": lambda face: True,
    "plain: frontal, free, upright, 64 px on": lambda face: (
        face["view"] == "frontal"
        and face["seen"] > 0.95
        and abs(face["roll"]) < 20
        and longer(face) >= 64
    ),
    "below 32 px": lambda face: longer(face) < 32,
    "from 400 px": lambda face: longer(face) >= 400,
    "semi-realistic, small eyes (manhwa)": lambda face: face["family"] == "manhwa",
    "profile": lambda face: face["view"] == "profile",
    "three quarters and more (yaw over 40)": lambda face: 40 < abs(face["yaw"]) < 55,
    "turned by more than 12 degrees": lambda face: abs(face["roll"]) > 12,
    "a third covered or lettered": lambda face: face["covered"] + face["lettered"] > 0.33,
    "a sixth cut by the panel": lambda face: face["cut"] > 0.167,
    "eyes closed": lambda face: face["expression"] in ("calm", "kiss", "laugh", "pain"),
    "shouting": lambda face: face["expression"] in ("shout", "shock", "laugh"),
    "glasses": lambda face: bool(face["glasses"]),
    "glasses that hide eyes": lambda face: (
        bool(face["glasses"])
        and face["view"] == "frontal"
        and sum(face["landmark_visible"][EYES]) < 8
    ),
    "a third of the light or less": lambda face: darkness(face) < 0.33,
    "black and white": lambda face: not face["painted"],
}


def longer(face: Face) -> float:
    return max(face["box"][2:])


def drawn(folder: Path) -> list[Face]:
    """The faces that were drawn, with the boxes of what is seen of them."""
    tables = folder / "truth" / "tables"
    seen = StageTables(tables / "faces", FACES)
    truth = StageTables(tables / "truth", TRUTH)
    faces = []
    for title, episode in truth.episodes():
        boxes = {row["face_id"]: row for row in seen.read(title, episode).to_pylist()}
        for row in truth.read(title, episode).to_pylist():
            shown = boxes[row["face_id"]]
            faces.append(row | {"shown": [shown[k] for k in ("x", "y", "width", "height")]})
    return faces


def found(folder: Path, detector: str, output: Path, faces: list[Face]) -> tuple[np.ndarray, int]:
    """Which of the faces a detector finds, and how many of its boxes are of no face."""
    dataset = Dataset.create(output)
    ingest_sources(dataset, folder)
    detect_faces(dataset, DetectSettings(detector, crop=None))
    hit, wrong = np.zeros(len(faces), bool), 0
    for title, episode in dataset.tables["faces"].episodes():
        rows = dataset.tables["faces"].read(title, episode).to_pylist()
        mine = [i for i, f in enumerate(faces) if (f["title"], f["episode"]) == (title, episode)]
        boxes = np.array([faces[i]["shown"] for i in mine], np.float32).reshape(-1, 4)
        for row in rows:
            box = np.array([row[k] for k in ("x", "y", "width", "height")], np.float32)
            shares = overlaps(box, boxes)[0] if len(boxes) else np.zeros(1)
            if shares.max() >= MATCH_IOU:
                hit[mine[int(shares.argmax())]] = True
            else:
                wrong += 1
    return hit, wrong


@click.command()
@click.argument("work", type=click.Path(file_okay=False, path_type=Path))
@click.option("--episodes", default=12, show_default=True)
@click.option("--seed", default=40, show_default=True)
@click.option("--reserved", is_flag=True, help="In the styles that nothing is trained on.")
def main(work: Path, episodes: int, seed: int, reserved: bool) -> None:
    settings = SynthSettings(seed, heldout=reserved)
    synth_episodes(work / "drawn", episodes, settings)
    faces = drawn(work / "drawn")
    results = {name: found(work / "drawn", name, work / name, faces) for name in DETECTORS}
    print(f"| {'drawn faces':<40} | faces | " + " | ".join(DETECTORS) + " |")
    for kind, belongs in KINDS.items():
        mine = np.array([belongs(face) for face in faces])
        if not mine.any():
            continue
        recalls = [f"{hit[mine].mean():.1%}" for hit, _ in results.values()]
        print(f"| {kind:<40} | {mine.sum():>5} | " + " | ".join(recalls) + " |")
    print("boxes of no face: " + ", ".join(f"{n} {wrong}" for n, (_, wrong) in results.items()))


if __name__ == "__main__":
    main()

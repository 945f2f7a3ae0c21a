"""The bundled networks in floats, and how much slower these are.

    python benchmarks/whole_numbers.py FOLDER
    webtoon-curate evaluate landmarks --faces 500
    webtoon-curate evaluate landmarks --faces 500 --reader FOLDER/webtoon_reader.onnx

Writes both networks as they were before their layers were put in whole numbers, and prints
milliseconds of one core a 640 x 640 tile or a crop of 192 px, turn by turn, the fastest turn of
each. `benchmarks/looks.py` tells what floats give the detector. Needs the extra train.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from webtoon_curate.detect.canary import canary_picture
from webtoon_curate.models import find_model
from webtoon_curate.models.runtime import open_session
from webtoon_curate.trainer.export import export_detector
from webtoon_curate.trainer.nets.detector import DetectorNet
from webtoon_curate.trainer.nets.reader import ReaderNet
from webtoon_curate.trainer.reader_export import export_reader
from webtoon_curate.trainer.weights import begin_with

TURNS, CROPS = 15, 8


def milliseconds(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    least = dict.fromkeys(runs, float("inf"))
    for _ in range(TURNS):
        for name, run in runs.items():
            start = time.process_time()
            run()
            least[name] = min(least[name], 1000 * (time.process_time() - start))
    return least


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    detector, reader = DetectorNet(), ReaderNet()
    face = np.ascontiguousarray(np.resize(canary_picture(), (640, 640, 3)))
    for name, kind, net, write, pixels in (
        ("webtoon_faces", "detector", detector, export_detector, face[None]),
        ("webtoon_reader", "reader", reader, export_reader, np.stack([face[:192, :192]] * CROPS)),
    ):
        begin_with("bundled", net, kind, name)
        write(net, folder / f"{name}.onnx")
        sessions = {
            "floats": open_session(folder / f"{name}.onnx", "cpu"),
            "whole numbers": open_session(find_model(name), "cpu"),
        }
        runs = {way: lambda s=s: s.run(None, {"pixels": pixels}) for way, s in sessions.items()}  # noqa: B023
        took = {way: ms / len(pixels) for way, ms in milliseconds(runs).items()}
        times = took["floats"] / took["whole numbers"]
        print(name, *(f"{way} {ms:.2f} ms" for way, ms in took.items()), f"{times:.2f} times")


if __name__ == "__main__":
    main()

"""The bundled network against the stock cascade's plain loop, on the same pages in one run.

    python benchmarks/network.py PAGES... --cascade lbpcascade_animeface.xml

Prints seconds a page of each, turn by turn so that other load hits all alike, and their ratios;
`unconfirmed` is the detector without the reader's word. Seconds are of the wall, and of the
processors, all threads together, which other programs on the machine disturb less: with `--threads
1` these tell what a worker of `--jobs` takes.
"""

from __future__ import annotations

import time
from pathlib import Path

import click
import cv2
import numpy as np

from webtoon_curate import engine
from webtoon_curate.detect import Detector, detect_scene, load_detector
from webtoon_curate.faces import Scene

SCALE_FACTOR, NEIGHBOURS, SMALLEST = 1.1, 3, (24, 24)
"""The loop that projects of this kind use."""


def cascade_loop(cascade: cv2.CascadeClassifier, page: np.ndarray) -> int:
    grey = cv2.equalizeHist(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY))
    return len(cascade.detectMultiScale(grey, SCALE_FACTOR, NEIGHBOURS, minSize=SMALLEST))


def network_loop(detector: Detector, page: np.ndarray) -> int:
    def read(x: int, y: int, width: int, height: int) -> np.ndarray:
        return page[y : y + height, x : x + width]

    return len(detect_scene(detector, read, Scene(0, 0, page.shape[1], page.shape[0])))


@click.command()
@click.argument("pages", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--cascade", required=True, type=click.Path(exists=True))
@click.option("--threads", default=2, show_default=True)
@click.option("--repeat", default=3, show_default=True)
def main(pages: tuple[Path, ...], cascade: str, threads: int, repeat: int) -> None:
    cv2.setNumThreads(threads)
    engine.local._threads = threads  # as a worker of `--jobs` would be given
    start = time.perf_counter()
    detector = load_detector("webtoon_faces")
    print(f"load and canary {time.perf_counter() - start:.3f} s")
    stock = cv2.CascadeClassifier(cascade)
    pictures = [cv2.imread(str(path))[:, :, ::-1].copy() for path in pages]
    ways = {
        "cascade": lambda page: cascade_loop(stock, page),
        "network": lambda page: network_loop(detector, page),
        "unconfirmed": lambda page: network_loop(detector.detector, page),
    }
    clocks = (time.perf_counter, time.process_time)
    seconds: dict[str, list[list[float]]] = {name: [] for name in ways}
    for turn in range(repeat + 1):
        for page in pictures:
            for name, way in ways.items():
                start = [clock() for clock in clocks]
                way(page)
                if turn:
                    seconds[name].append([clock() - begun for clock, begun in zip(clocks, start)])
    for name, times in seconds.items():
        wall, busy = np.median(times, axis=0)
        print(f"{name:<12} {wall:.3f} s a page, processors {busy:.3f} s (medians)")
    for name in ("network", "unconfirmed"):
        wall, busy = np.median(np.array(seconds["cascade"]) / np.array(seconds[name]), axis=0)
        print(f"{name} is {wall:.2f} times as fast, processors {busy:.2f} (medians of pairs)")


if __name__ == "__main__":
    main()

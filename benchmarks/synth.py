"""Speed and memory of drawn face crops, against pure Skia time of the same draw calls.

    python benchmarks/synth.py --crops 400
    python benchmarks/synth.py --crops 100000 --memory

The draw calls of every crop are recorded once and then played back on canvases of the same size
and kind; the ratio tells what geometry, sampling and truth cost on top. CPU time, one thread,
without light and wear (``--graded`` adds them) and without JPEG.
"""

from __future__ import annotations

import argparse
import resource
import time

import cv2
import numpy as np
import skia

from webtoon_curate.synth import crops
from webtoon_curate.synth.paint import Painter

SEED = 11


_MADE: list[RecordingPainter] = []


class RecordingPainter(Painter):
    """Notes draw calls instead of drawing."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        bounds = skia.Rect.MakeWH(width, height)
        self.recorders = [skia.PictureRecorder(), skia.PictureRecorder()]
        self.canvas = self.recorders[0].beginRecording(bounds)
        self._key_canvas = self.recorders[1].beginRecording(bounds)
        _MADE.append(self)


def recorded(count: int, size: int) -> list[list[skia.Picture]]:
    """Draw calls of picture and labels of each crop."""
    plain, crops.Painter = crops.Painter, RecordingPainter
    try:
        for _ in crops.face_crops(count, SEED, size, graded=False):
            pass
    finally:
        crops.Painter = plain
    return [[r.finishRecordingAsPicture() for r in p.recorders] for p in _MADE]


def replay(pictures: list[list[skia.Picture]], size: int) -> float:
    """CPU seconds of playing all draw calls back."""
    start = time.process_time()
    for pair in pictures:
        for picture in pair:
            pixels = np.full((size, size, 4), 255, dtype=np.uint8)
            surface = skia.Surface(pixels, colorType=skia.kRGBA_8888_ColorType)
            surface.getCanvas().drawPicture(picture)
    return time.process_time() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crops", type=int, default=400)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--graded", action="store_true")
    parser.add_argument("--memory", action="store_true", help="print peak memory on the way")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    list(crops.face_crops(10, SEED + 1, options.size))
    start, step = time.process_time(), max(options.crops // 10, 1)
    stream = crops.face_crops(options.crops, SEED, options.size, graded=options.graded)
    for i, _ in enumerate(stream, 1):
        if options.memory and i % step == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{i:8d} crops, peak memory {peak} MB", flush=True)
    own = (time.process_time() - start) / options.crops
    sample = min(options.crops, 400)
    pure = replay(recorded(sample, options.size), options.size) / sample
    print(f"{1e3 * own:.1f} ms a crop with labels and truth, {1 / own:.0f} a second and core")
    print(f"{1e3 * pure:.1f} ms pure Skia for the same draw calls: ratio {own / pure:.2f}")


if __name__ == "__main__":
    main()

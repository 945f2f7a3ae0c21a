"""Decoding speed against Pillow and OpenCV, on the same files in one run.

    python benchmarks/images.py FOLDER

Decodes up to 40 of the folder's pictures, as they are and as PNG and WebP, to RGB arrays: with
`webtoon_curate.images.decode`, `Pillow` (`convert("RGB")`) and `cv2.imdecode` (turned to RGB), in
turns, the best of five rounds. A ratio above 1 means that ours is faster.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from webtoon_curate.images import decode

PICTURES = 40
ROUNDS = 5


def by_pillow(data: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))


def by_opencv(data: bytes) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


DECODERS: dict[str, Callable[[bytes], np.ndarray]] = {
    "ours": decode,
    "Pillow": by_pillow,
    "OpenCV": by_opencv,
}


def seconds(files: list[bytes]) -> dict[str, float]:
    """The best time of each decoder for all files; the rounds take turns."""
    best = dict.fromkeys(DECODERS, float("inf"))
    for _ in range(ROUNDS):
        for name, function in DECODERS.items():
            started = time.perf_counter()
            for data in files:
                function(data)
            best[name] = min(best[name], time.perf_counter() - started)
    return best


def converted(data: bytes, format: str) -> bytes:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").save(buffer, format)
    return buffer.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    paths = sorted(parser.parse_args().folder.rglob("*.jpg"))
    files = [path.read_bytes() for path in paths[:: max(1, len(paths) // PICTURES)][:PICTURES]]
    cv2.setNumThreads(1)
    for format in ("JPEG", "PNG", "WEBP"):
        data = files if format == "JPEG" else [converted(file, format) for file in files[::4]]
        pixels = sum(decode(file)[..., 0].size for file in data)
        best = seconds(data)
        print(
            f"{format:5} {pixels / best['ours'] / 1e6:6.0f} megapixels/s, "
            + ", ".join(f"{best[n] / best['ours']:.2f} x {n}" for n in ("Pillow", "OpenCV"))
        )


if __name__ == "__main__":
    main()

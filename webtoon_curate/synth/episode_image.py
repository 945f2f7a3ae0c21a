"""The episode of the documentation, as columns side by side:

python -m webtoon_curate.synth.episode_image docs/images/synth-episode.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.files import replacing
from webtoon_curate.synth.episode import SynthSettings, draw_sheets, plan_episode

SETTINGS = SynthSettings(seed=24, panels=26, layout="strip")
"""An episode that shows many kinds of panels; chosen by eye."""

COLUMNS, COLUMN, GAP = 6, 210, 8
QUALITY = 80


def episode_image(settings: SynthSettings = SETTINGS, number: int = 0) -> NDArray[np.uint8]:
    """An episode reduced to columns, read from the left: (height, width, 3) uint8 RGB."""
    plan = plan_episode(settings, number)
    scale = COLUMN / plan.manner.width
    parts = []
    for _, sheet in draw_sheets(plan):
        size = (COLUMN, max(1, round(len(sheet.rgb) * scale)))
        parts.append(cv2.resize(sheet.rgb, size, interpolation=cv2.INTER_AREA))
    strip = np.concatenate(parts)
    height = -(-len(strip) // COLUMNS)
    image = np.full((height, COLUMNS * (COLUMN + GAP) - GAP, 3), 128, np.uint8)
    for column in range(COLUMNS):
        part = strip[column * height : (column + 1) * height]
        left = column * (COLUMN + GAP)
        image[: len(part), left : left + COLUMN] = part
    return image


def main(path: str) -> None:
    """Write the image as a JPEG."""
    bgr = cv2.cvtColor(episode_image(), cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    with replacing(Path(path)) as part:
        part.write_bytes(data.tobytes())


if __name__ == "__main__":
    main(sys.argv[1])

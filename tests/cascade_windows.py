"""Windows, and OpenCV's word on them, for the tests of cascades."""

from __future__ import annotations

import cv2
import numpy as np

SIZE = (24, 24)


def random_windows(count: int, seed: int = 0) -> np.ndarray:
    """Noise of several grains, so that features of all sizes say something."""
    rng = np.random.default_rng(seed)
    windows = rng.integers(0, 256, (count, *SIZE), dtype=np.uint8)
    blurred = [cv2.GaussianBlur(w, (0, 0), s) for w, s in zip(windows, rng.uniform(0.3, 3, count))]
    return np.array([cv2.normalize(w, None, 0, 255, cv2.NORM_MINMAX) for w in blurred])


def taken_by_opencv(path, windows: np.ndarray) -> np.ndarray:
    classifier = cv2.CascadeClassifier(str(path))
    assert not classifier.empty()
    found = (classifier.detectMultiScale(w, 1.1, 0, minSize=SIZE, maxSize=SIZE) for w in windows)
    return np.array([len(boxes) == 1 for boxes in found])

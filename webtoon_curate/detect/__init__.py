"""Scenes become faces: detectors, tiling and merging.

Example:
    >>> from webtoon_curate.detect import load_detector, detect_scene
    >>> detector = load_detector("auto")                             # doctest: +SKIP
    >>> faces = detect_scene(detector, strip.read, scene)            # doctest: +SKIP
"""

from __future__ import annotations

from webtoon_curate.detect.detector import Detector, Tiling, detector_id
from webtoon_curate.detect.merging import merge
from webtoon_curate.detect.registry import backends, load_detector, register
from webtoon_curate.detect.tiling import detect_scene

__all__ = [
    "Detector",
    "Tiling",
    "backends",
    "detect_scene",
    "detector_id",
    "load_detector",
    "merge",
    "register",
]

"""The outline of a face: jaw, far cheek and forehead, and the one line of a profile."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.heads.nose import Nose, stands_out
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import joined, polygon, solid
from webtoon_curate.synth.people.head import RINGED, Head
from webtoon_curate.synth.sketch import Sketch

Array = NDArray[Any]

FOREHEAD_DRAWN = 8
"""Degrees of yaw beyond which the far side of the forehead has a line."""
JOINED = 0.035
"""How far, in heads, the nose may begin from the outline of the forehead to be one line with it."""
UNDERSIDE_FROM = 7.0
"""Degrees of pitch from which the underside of the chin is seen."""
NECK_RING = (0.46, 0.11, 0.48)
"""Where the neck begins under the head: half its width as a share of the head's, half its depth
and its height, in heads."""
_ROUND = np.linspace(0, 2 * np.pi, 8, endpoint=False)
FADED = ((0, 9), (7, 15), (12, 21), (18, 26), (24, 33))
"""Strokes that lift at the cheeks and beside the chin, as soft pens do."""


def contour(head: Head) -> Array:
    """(n, 2) points from the left ear around the chin to the right, close enough to be drawn."""
    if abs(head.pose.yaw) < RINGED:
        return head.contour
    left, right = head.chains
    return np.concatenate([left, right[-2::-1]])


def face_path(head: Head) -> skia.Path:
    """Skin of the front of the head."""
    return joined(contour(head), head.forehead[1], head.forehead[0][::-1])


def draw_underside(sketch: Sketch) -> None:
    """What a raised chin shows: the skin between jaw and neck, before the hair behind."""
    head = sketch.head
    if head.pose.pitch < UNDERSIDE_FROM:
        return
    wide, deep = NECK_RING[0] * head.style.width, NECK_RING[1]
    ring = np.stack([wide * np.cos(_ROUND), np.full(8, NECK_RING[2]), deep * np.sin(_ROUND) - 0.04],
                    axis=1)  # fmt: skip
    corners = np.concatenate([head.project(ring)[0], head.contour[5:28]]).astype(np.float32)
    path = polygon(cv2.convexHull(corners)[:, 0])
    sketch.painter.fill(path, solid(sketch.skin), Label.NECK)
    if not sketch.bare or sketch.style.fill == "tone":
        sketch.shade(path, sketch.skin, 1.1)


def flows(sketch: Sketch, nose: Nose) -> bool:
    """Whether forehead, nose and chin are drawn in one line: see `profile_line`."""
    head, style = sketch.head, sketch.style
    if not style.side.flowing or not sketch.outlined or style.nose == "round":
        return False
    if abs(head.pose.yaw) < RINGED or not stands_out(sketch, nose):
        return False
    edge = head.forehead[1 if head.pose.yaw > 0 else 0][0]
    return bool(np.hypot(*(edge - nose.bridge[0])) < JOINED)


def profile_line(head: Head, nose: Nose) -> Array:
    """(n, 2) points down a profile, from the crown over the nose to the chin."""
    far, style = (1 if head.pose.yaw > 0 else 0), head.style
    forehead = head.forehead[far][::-1]
    low = head.ring_y[-len(head.chains[far]) + 1 :]
    brow = forehead[head.ring_y[: len(forehead)] < style.eye_y - 0.03]
    chin = head.chains[far][:-1][low > style.nose_y + 0.012]
    return np.concatenate([brow, nose.profile, chin, head.chains[far][-1:]])


def draw_outline(sketch: Sketch, nose: Nose) -> None:
    """The line of jaw and forehead, but for what `profile_line` will draw with the nose."""
    if not sketch.outlined:
        return
    head = sketch.head
    right = head.pose.yaw > 0
    if flows(sketch, nose):
        near = head.chains[0 if right else 1]
        sketch.line(near, 0.9 if sketch.style.stroke == "faded" else 1.0)
        return
    if sketch.style.stroke == "faded":
        for start, stop in FADED:
            sketch.line(head.contour[start:stop], 0.9, alpha=0.75)
    else:
        sketch.line(contour(head), 1.0)
    if abs(head.pose.yaw) > FOREHEAD_DRAWN:
        sketch.line(head.forehead[1] if right else head.forehead[0], 1.0)

"""What of each face a finished page shows: counted, not guessed.

The head is drawn again alone, labels only, on the same pixel grid, and each of its face pixels is
looked up in the finished page.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.reader.points import MIRRORED
from webtoon_curate.synth import shapes
from webtoon_curate.synth.heads.visibility import FACE_TABLE, update_visibility
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Painter
from webtoon_curate.synth.scenes.scene import DrawnFace, draw_actor_head, light_of, moved_box

VISIBLE_FACE = 0.35
"""Share of a face's pixels that must be seen for it to be a face of the truth; below it, and for
faces smaller than `SMALLEST_BOX`, the place is listed as one where a find counts neither way."""
OCCLUDED_BELOW = 0.75
"""Faces of which less is seen have the view `occluded`."""
SMALLEST_BOX = 14.0
"""Longer side, in pixels, of the smallest face of the truth."""


def measure(painter: Painter, face: DrawnFace, outline: skia.Path) -> None:
    """Fill in what of a face the finished page shows: shares, landmark visibility and view."""
    whole, left, top = _alone(face)
    high, wide = whole.shape
    inside = _panel_mask(outline, left, top, wide, high, painter)
    labels, owners = _window(painter, left, top, wide, high)
    mine = whole & inside & FACE_TABLE[labels] & (owners == face.truth.instance)
    letters = whole & inside & ~mine & (labels == Label.LETTERING)
    total = max(int(whole.sum()), 1)
    seen, lettered, cut = (int(m.sum()) for m in (mine, letters, whole & ~inside))
    face.seen, face.lettered, face.cut = seen / total, lettered / total, cut / total
    face.covered = (total - seen - lettered - cut) / total
    update_visibility(painter, face.truth)
    if face.seen < OCCLUDED_BELOW:
        face.truth.view = "occluded"


def _alone(face: DrawnFace) -> tuple[NDArray[np.bool_], int, int]:
    """Face pixels of the head drawn alone, in a window of the page: mask, its left and top.

    Also sets which landmarks the head itself leaves visible, for while the page is drawn
    `draw_head` cannot know them under a panel's matrix.
    """
    actor, placed, light = face.actor, face.placed, light_of(face.shot)
    x, y, width, height = face.local
    left, top = int(np.floor(x - 0.4 * width)), int(np.floor(y - 0.6 * height))
    wide, high = int(np.ceil(width * 1.8)), int(np.ceil(height * 2))
    painter = _labels_only(0, 0, wide, high)
    here = replace(actor, x=actor.x - left, y=actor.y - top)
    truth = draw_actor_head(painter, face.shot, here, light)
    if truth is not None:
        face.truth.visible = truth.visible[MIRRORED] if placed.mirror else truth.visible
        face.truth.view = truth.view
    if placed.scale == 1 and not placed.mirror:
        return FACE_TABLE[painter.label_map()], left + int(placed.x), top + int(placed.y)
    x, y, width, height = moved_box((left, top, wide, high), placed)
    left, top = int(np.floor(x)), int(np.floor(y))
    painter = _labels_only(left, top, int(np.ceil(width)) + 1, int(np.ceil(height)) + 1)
    with painter.group(placed.matrix()):
        draw_actor_head(painter, face.shot, actor, light)
    return FACE_TABLE[painter.label_map()], left, top


def _labels_only(left: int, top: int, wide: int, high: int) -> Painter:
    """A painter for a window of the page whose picture stays empty, which is fast."""
    painter = Painter(wide, high)
    painter.canvas.clipRect(skia.Rect.MakeEmpty())
    painter.concat(skia.Matrix.Translate(-left, -top))
    return painter


def _panel_mask(
    outline: skia.Path, left: int, top: int, wide: int, high: int, page: Painter
) -> NDArray[np.bool_]:
    painter = _labels_only(left, top, wide, high)
    painter.clip(shapes.rect(0, 0, page.width, page.height))
    painter.fill(outline, None, Label.SKIN)
    return painter.label_map() == Label.SKIN


def _window(
    painter: Painter, left: int, top: int, wide: int, high: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Labels and instances of a window that may reach beyond the page; 0 there."""
    out = np.zeros((2, high, wide), np.uint8)
    labels, owners = painter.key_views()
    y0, y1 = max(top, 0), min(top + high, painter.height)
    x0, x1 = max(left, 0), min(left + wide, painter.width)
    if y0 < y1 and x0 < x1:
        target = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        out[0][target], out[1][target] = labels[y0:y1, x0:x1], owners[y0:y1, x0:x1]
    return out[0], out[1]

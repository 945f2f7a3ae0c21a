"""The 68 points of iBUG/300-W (Sagonas et al. 2013), by their order."""

from __future__ import annotations

import numpy as np

REGIONS: dict[str, slice] = {
    "jaw": slice(0, 17),
    "brows": slice(17, 27),
    "nose": slice(27, 36),
    "eyes": slice(36, 48),
    "mouth": slice(48, 68),
}
LEFT_EYE_OUTER, LEFT_EYE_INNER, RIGHT_EYE_INNER, RIGHT_EYE_OUTER = 36, 39, 42, 45
"""Left and right in the picture."""
CHIN, NOSE_TIP, LEFT_MOUTH, RIGHT_MOUTH = 8, 30, 48, 54
EIGHT = (
    LEFT_EYE_OUTER, LEFT_EYE_INNER, RIGHT_EYE_INNER, RIGHT_EYE_OUTER,
    NOSE_TIP, LEFT_MOUTH, RIGHT_MOUTH, CHIN,
)  # fmt: skip
"""The points that people label on real faces, in the order of `points8.json`."""

MIRRORED = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1),
     45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
     *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1)]
)  # fmt: skip
"""(68,): point i of a mirrored face is point `MIRRORED[i]` of the face."""

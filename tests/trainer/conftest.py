from __future__ import annotations

import json

import cv2
import numpy as np
import pytest


@pytest.fixture
def drawn_pages(tmp_path):
    """A folder with four pictures: discs are faces, squares are creatures' faces."""
    folder = tmp_path / "pages"
    (folder / "one").mkdir(parents=True)
    pages = {}
    for i in range(4):
        picture = np.full((300, 400, 3), 90 + 30 * i, np.uint8)
        cv2.ellipse(picture, (150, 140), (40, 50), 0, 0, 360, (250, 220, 200), -1)
        cv2.rectangle(picture, (280, 200), (340, 250), (60, 90, 40), -1)
        name = f"one/{i}.png"
        cv2.imwrite(str(folder / name), picture)
        faces = [
            {"box": [110, 90, 190, 190], "view": "frontal", "group": "unknown"},
            {"box": [280, 200, 340, 250], "view": "frontal", "group": "creature"},
        ]
        role = "heldout" if i == 3 else "train"
        pages[name] = {"size": [400, 300], "role": role, "faces": faces, "ignore": [[0, 0, 20, 20]]}
    (folder / "labels.json").write_text(json.dumps({"pages": pages}))
    return folder

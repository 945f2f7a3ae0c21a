"""Maps of the parts of faces, as PNG files of the dataset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.picture_folder import PARSING, PictureFolder


class MapFolder:
    """An episode's maps, written to a new folder that takes the old one's place at the end."""

    def __init__(self, dataset: Dataset, title: str, episode: str) -> None:
        self._folder = PictureFolder(dataset.path, PARSING, title, episode)

    def add(self, face_id: str, parsing: NDArray[np.uint8]) -> str:
        """Write a face's map; gives its path in the dataset.

        Args:
            face_id: of the face.
            parsing: (s, s) uint8, classes of `webtoon_curate.synth.labels.Label`.
        """
        import cv2

        return self._folder.add(face_id, cv2.imencode(".png", parsing)[1].tobytes())

    def commit(self) -> None:
        """Put the new maps in the old ones' place."""
        self._folder.commit()

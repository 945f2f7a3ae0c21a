"""Maps of the parts of faces, as PNG files of the dataset."""

from __future__ import annotations

import os
import shutil

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset

FOLDER = "parsing"


class MapFolder:
    """An episode's maps, written to a new folder that takes the old one's place at the end."""

    def __init__(self, dataset: Dataset, title: str, episode: str) -> None:
        self._dataset = dataset
        self._folder = dataset.path / FOLDER / title / episode
        self._part = self._folder.with_name(f"{self._folder.name}.{os.getpid()}.part")
        shutil.rmtree(self._part, ignore_errors=True)

    def add(self, face_id: str, parsing: NDArray[np.uint8]) -> str:
        """Write a face's map; gives its path in the dataset.

        Args:
            face_id: of the face.
            parsing: (s, s) uint8, classes of `webtoon_curate.synth.labels.Label`.
        """
        import cv2

        name = "-".join(face_id.split("/")[2:]) + ".png"
        self._part.mkdir(parents=True, exist_ok=True)
        (self._part / name).write_bytes(cv2.imencode(".png", parsing)[1].tobytes())
        return (self._folder / name).relative_to(self._dataset.path).as_posix()

    def commit(self) -> None:
        """Put the new maps in the old ones' place."""
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._part.is_dir():
            self._part.rename(self._folder)

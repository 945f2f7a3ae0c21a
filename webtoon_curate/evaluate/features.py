"""Pictures as vectors: of our face reader, or of any network by path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import rectangles_of
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError, ModelError
from webtoon_curate.evaluate.pixels import pixels_of
from webtoon_curate.ingest.sources import NO_PAGES
from webtoon_curate.manifest import read_manifest
from webtoon_curate.models import all_cards, find_model
from webtoon_curate.models.runtime import open_session
from webtoon_curate.reader import FaceReader, Readings, load_reader, reader_squares
from webtoon_curate.tables import natural

Picture = NDArray[np.uint8]

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".avif")
BACKEND = "features"
"""Of the cards of models whose outputs are such features."""
BATCH = 32
SIDE = 192
"""Pixels of the crops that are read."""
INCEPTION_SIDE = 299
"""Pixels; of networks whose input has no fixed size."""
LEAST_FACE = 0.25
"""A face's square is at least so large a share of the picture."""


class Extractor(Protocol):
    """Gives (n, d) features of pictures.

    Attributes:
        name: part of the results' names, so that nobody takes them for others.
    """

    name: str

    def __call__(self, pictures: Sequence[Picture]) -> NDArray[np.floating]:
        """Features of RGB uint8 pictures of any size."""
        ...


def pictures_of(folder: Path, split: str | None = None) -> list[Path]:
    """The pictures of a folder and its subfolders, or the crops of a dataset's kept faces.

    Args:
        folder: of pictures, or a dataset. Folders with a file `.nopages`, such as the truth of
            drawn episodes, are passed over, as `ingest` does.
        split: of a dataset: train, val or test only.

    Raises:
        DatasetError: if there are none.
    """
    if Dataset.exists(folder):
        rows = read_manifest(folder, ("crop", "keep", "split")).to_pylist()
        found = [
            folder / row["crop"]
            for row in rows
            if row["keep"] and row["crop"] and split in (None, row["split"])
        ]
    else:
        closed = {mark.parent for mark in folder.rglob(NO_PAGES) if mark.parent != folder}
        found = [
            path
            for path in folder.rglob("*")
            if path.suffix.lower() in SUFFIXES
            and path.is_file()
            and closed.isdisjoint(path.parents)
        ]
        found.sort(key=lambda path: (natural(path.as_posix()), path.as_posix()))
    if not found:
        raise DatasetError(
            f"{folder} has no pictures" + (f" of the split {split}" if split else "")
        )
    return found


def load_extractor(name: str = "reader", device: str = "auto") -> Extractor:
    """An extractor.

    Args:
        name: `reader` for the embedding of our face reader; a model that `models pull` fetched for
            it, such as `inception`; or a file: ONNX (pictures as uint8 (n, h, w, 3), or as float
            (n, 3, h, w) from -1 to 1; the first output counts), or TorchScript (uint8 (n, 3, h, w);
            with `return_features=True` where it takes that, as StyleGAN's Inception does).
        device: `auto`, `cpu` or `cuda`.

    Raises:
        ModelError: if there is no such file, or it cannot be run.
    """
    if name == "reader":
        return ReaderFeatures(load_reader(device=device))
    path = _network(name)
    if path.suffix == ".onnx":
        return _OnnxFeatures(path, device)
    if path.suffix in (".pt", ".ts", ".jit"):
        return _ScriptFeatures(path, device)
    raise ModelError(f"features come from reader, or a .onnx or TorchScript .pt file, not {path}")


def _network(name: str) -> Path:
    card = all_cards().get(name)
    if card is not None and card.backend == BACKEND:
        found = find_model(name)
        if found is None:
            raise ModelError(f"{name} is not here yet: webtoon-curate models pull {name}")
        return found
    path = Path(name).expanduser()
    if not path.is_file():
        raise ModelError(
            f"there is no network {path} for features; reader is the built-in one, inception comes "
            "with webtoon-curate models pull inception"
        )
    return path


def features_of(
    paths: Sequence[Path], extractor: Extractor, on_advance: Callable[[int], None] = lambda n: None
) -> NDArray[np.float64]:
    """(n, d) features of picture files, in order; `on_advance` is told of each batch."""
    found = []
    for batch in _batches(paths):
        found.append(np.asarray(extractor([pixels_of(path) for path in batch]), np.float64))
        on_advance(len(batch))
    return np.concatenate(found)


def _batches(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    return (paths[start : start + BATCH] for start in range(0, len(paths), BATCH))


class Seen(NamedTuple):
    """Faces in pictures.

    Attributes:
        readings: landmarks in pixels of the pictures.
        crops: the squares that were read, `SIDE` pixels.
        squares: (n, 3) x, y, side of those in pixels of the pictures.
    """

    readings: Readings
    crops: list[Picture]
    squares: NDArray[np.float64]

    def parts(self, number: int) -> NDArray[np.uint8]:
        """(`SIDE`, `SIDE`) parsing classes of a crop, whatever the size of the reader's maps."""
        import cv2

        parsing, size = self.readings.parsing[number], (SIDE, SIDE)
        return cv2.resize(parsing, size, interpolation=cv2.INTER_NEAREST_EXACT)


def read_pictures(reader: FaceReader, pictures: Sequence[Picture]) -> Seen:
    """Reads pictures of one face each, wherever it is in them: once to find it, once well."""
    from webtoon_curate.crops import cut

    whole = [_squared(picture) for picture in pictures]
    first = reader([pixels for pixels, _, _ in whole])
    crops, squares = [], []
    for (pixels, left, top), points in zip(whole, first.landmarks):
        side = len(pixels)
        low, high = points.min(0), points.max(0)
        (square,) = reader_squares(np.concatenate([low, high - low])[None])
        square[2] = np.clip(square[2], LEAST_FACE * side, side)
        bounds = (0, 0, side, side)
        crops.append(cut(rectangles_of(pixels), square, bounds, SIDE))
        squares.append([square[0] + left, square[1] + top, square[2]])
    second = reader(crops)
    places = np.array(squares)
    return Seen(replace(second, landmarks=second.placed(places, SIDE)), crops, places)


def _squared(picture: Picture) -> tuple[Picture, int, int]:
    """The middle square of a picture, and its corner."""
    height, width = picture.shape[:2]
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    return np.ascontiguousarray(picture[top : top + side, left : left + side]), left, top


class ReaderFeatures:
    """The embedding of a face reader."""

    name = "reader"

    def __init__(self, reader: FaceReader) -> None:
        self.reader = reader

    def __call__(self, pictures: Sequence[Picture]) -> NDArray[np.floating]:
        """(n, 128); see `Extractor`."""
        return read_pictures(self.reader, pictures).readings.embedding


class _OnnxFeatures:
    def __init__(self, path: Path, device: str) -> None:
        self.name = path.stem
        self._session = open_session(path, device)
        (first, *others) = self._session.get_inputs()
        if others or len(first.shape) != 4:
            raise ModelError(f"{path} should take one batch of pictures")
        self._bytes = first.type == "tensor(uint8)"
        sides = first.shape[1:3] if self._bytes else first.shape[2:4]
        self._size = tuple(s if isinstance(s, int) else INCEPTION_SIDE for s in sides)

    def __call__(self, pictures: Sequence[Picture]) -> NDArray[np.floating]:
        batch = _resized(pictures, self._size)
        if not self._bytes:
            batch = (batch.astype(np.float32) / 127.5 - 1).transpose(0, 3, 1, 2)
        (name,) = (node.name for node in self._session.get_inputs())
        (found, *_) = self._session.run(None, {name: np.ascontiguousarray(batch)})
        return found.reshape(len(found), -1)


class _ScriptFeatures:
    def __init__(self, path: Path, device: str) -> None:
        import torch

        gpu = device != "cpu" and torch.cuda.is_available()
        if device == "cuda" and not gpu:
            raise ModelError("PyTorch finds no GPU here: use --device cpu")
        self.name, self._device = path.stem, "cuda" if gpu else "cpu"
        try:
            self._module = torch.jit.load(str(path), map_location=self._device).eval()
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{path} is no TorchScript file: {error}") from None
        schema = str(getattr(self._module.forward, "schema", ""))
        self._options: dict[str, Any] = (
            {"return_features": True} if "return_features" in schema else {}
        )

    def __call__(self, pictures: Sequence[Picture]) -> NDArray[np.floating]:
        import torch

        batch = _resized(pictures, (INCEPTION_SIDE, INCEPTION_SIDE)).transpose(0, 3, 1, 2)
        pixels = torch.from_numpy(np.ascontiguousarray(batch)).to(self._device)
        with torch.no_grad():
            return self._module(pixels, **self._options).flatten(1).float().cpu().numpy()


def _resized(pictures: Sequence[Picture], size: tuple[int, ...]) -> NDArray[np.uint8]:
    """(n, height, width, 3): with Pillow's antialiased bicubic, as clean-fid asks (Parmar et al.
    2022); others alias, and FID tells."""
    from PIL import Image

    height, width = size
    return np.stack(
        [
            np.asarray(Image.fromarray(p).resize((width, height), Image.Resampling.BICUBIC))
            for p in pictures
        ]
    )

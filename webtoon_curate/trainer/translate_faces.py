"""Pictures of faces, translated one by one: of a folder, an export, or a dataset's kept crops."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from webtoon_curate import __version__
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.evaluate.features import pictures_of
from webtoon_curate.export.samples import flat_name
from webtoon_curate.files import inside, replacing, write_json
from webtoon_curate.images import encode
from webtoon_curate.picture_folder import CROPS
from webtoon_curate.trainer.data import PICTURES, DatasetFaces, FolderFaces, load_faces
from webtoon_curate.trainer.drawn import drawn_tables
from webtoon_curate.trainer.face import Face, Faces
from webtoon_curate.trainer.translate import BATCH, Completed, Translator

RECORD = "translate.json"


@dataclass(frozen=True)
class Item:
    """A face to translate.

    Attributes:
        name: of the output below its folder, without an ending.
        source: the faces it is one of, and its place there.
        group: None where unknown.
    """

    name: str
    source: tuple[Faces, int]
    group: str | None

    def load(self) -> Face:
        """The face.

        Raises:
            DatasetError, ImageError: if its file is damaged.
        """
        faces, place = self.source
        return faces[place]


@dataclass(frozen=True)
class Translated:
    """What was written.

    Attributes:
        pictures: files.
        faces: translated ones, on pages or one a picture.
        rejects: (path, reason) of what could not be read.
    """

    pictures: int
    faces: int
    rejects: tuple[tuple[str, str], ...]


def items_of(path: Path, split: str | None = None, parsing: bool = False) -> list[Item]:
    """The faces of a dataset, drawn ones, an export or a folder of pictures with its subfolders.

    Args:
        path: of it.
        split: of a dataset or an export: train, val or test only. None for all faces of a dataset,
            and for those of the training side of others.
        parsing: give parsing maps, too, where a dataset has them.

    Raises:
        DatasetError: if there are none.
    """
    if Dataset.exists(path):
        faces = DatasetFaces(path, split, landmarks=False, parsing=parsing)
        crops = (Path(row["crop"].removeprefix(f"{CROPS}/")) for row in faces.rows)
        names = [crop.with_suffix("").as_posix() for crop in crops]
        found = [Item(n, (faces, i), faces.groups[i]) for i, n in enumerate(names)]
    elif split or drawn_tables(path) or _is_export(path):
        faces = load_faces(path, split or "train", landmarks=False)
        if isinstance(faces, FolderFaces):
            names = output_names(faces.paths, faces.paths[0].parent)
        else:
            names = [flat_name(row["face_id"]) for row in faces.rows]
        found = [Item(n, (faces, i), faces.groups[i]) for i, n in enumerate(names)]
    else:
        found = _folder(path)
    if not found:
        raise DatasetError(f"{path} has no faces" + (f" of the split {split}" if split else ""))
    return found


def translate_faces(
    translator: Translator,
    items: Sequence[Item],
    out: Path,
    group: str | None = None,
    device: str = "auto",
    on_advance: Callable[[int], None] = lambda n: None,
) -> Translated:
    """Writes a PNG for each face.

    Args:
        translator: of a run.
        items: of `items_of`.
        out: folder, made if it is not there; `translate.json` tells how the pictures were made.
        group: of a few-shot generator, for all faces; None for each face's own.
        device: of the face reader, where faces lack landmarks or colors.
        on_advance: told of the faces of each batch.

    Raises:
        ModelError: if a few-shot generator lacks a face's group, or a face reader is needed and
            none is installed.
    """
    complete, rejects, done = Completed(translator.wants, device), [], 0
    for name in {group or item.group for item in items}:
        translator.drawing(name)  # says what is missing before anything is written
    for batch in _batches(items):
        read = [(item, face) for item in batch if (face := _read(item, rejects)) is not None]
        if read:
            faces = complete([face for _, face in read])
            made = translator(faces, [group or item.group for item, _ in read])
            for (item, _), pixels in zip(read, made):
                write_picture(out, item.name, pixels)
        done += len(read)
        on_advance(len(batch))
    return recorded(out, translator, Translated(done, done, tuple(rejects)), group)


def chosen(path: Path, split: str | None, most: int, parsing: bool = False) -> list[Item]:
    """At most so many of `items_of`, evenly spread over them."""
    items = items_of(path, split, parsing)
    places = np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int)
    return [items[place] for place in places]


def load_items(items: Sequence[Item]) -> tuple[list[Face], list[tuple[str, str]]]:
    """The faces that can be read, and (name, reason) of the others."""
    rejects: list[tuple[str, str]] = []
    read = (_read(item, rejects) for item in items)
    return [face for face in read if face is not None], rejects


def recorded(
    out: Path, translator: Translator, result: Translated, group: str | None
) -> Translated:
    """Writes how a folder of translated pictures was made."""
    about = {
        "method": translator.method,
        "direction": translator.direction,
        "step": translator.step,
        "group": group,
        "version": __version__,
        **dataclasses.asdict(result),
    }
    write_json(out / RECORD, about)
    return result


def write_picture(folder: Path, name: str, pixels: np.ndarray) -> None:
    """A PNG below a folder, whole or not at all.

    Raises:
        DatasetError: if its name leads out of the folder.
    """
    path = inside(folder, f"{name}.png")
    if path is None:
        raise DatasetError(f"{name} leads out of {folder}: the table that names it is not ours")
    with replacing(path) as part:
        part.write_bytes(encode(pixels))


def check_output(source: Path, out: Path) -> None:
    """Refuses an output folder in or above its source: a second run would read its own pictures.

    Raises:
        DatasetError: if so.
    """
    source, out = source.resolve(), out.resolve()
    if out == source or source in out.parents:
        raise DatasetError(f"{out} lies in {source}, which is read: choose another folder with -o")


def output_names(paths: Sequence[Path], root: Path) -> list[str]:
    """Names below `root` without endings; with them where two files differ in nothing else."""
    names = [path.relative_to(root).with_suffix("").as_posix() for path in paths]
    count = Counter(names)
    return [
        name if count[name] == 1 else path.relative_to(root).as_posix()
        for name, path in zip(names, paths)
    ]


def _folder(path: Path) -> list[Item]:
    """Each folder's pictures with what an index beside them tells."""
    paths = [p for p in pictures_of(path) if p.suffix.lower() in PICTURES]
    names = dict(zip(paths, output_names(paths, path)))
    found = []
    for folder in dict.fromkeys(p.parent for p in paths):
        faces = FolderFaces(folder)
        found += [Item(names[p], (faces, i), faces.groups[i]) for i, p in enumerate(faces.paths)]
    return found


def _is_export(path: Path) -> bool:
    folders = [path / "train", path / "A" / "train", path / "AB" / "train"]
    return any(path.glob("train-*.npy")) or any(folder.is_dir() for folder in folders)


def _read(item: Item, rejects: list[tuple[str, str]]) -> Face | None:
    try:
        return item.load()
    except (CurateError, OSError, ValueError) as error:
        rejects.append((item.name, str(error)))
        return None


def _batches(items: Sequence[Item]) -> Iterator[list[Item]]:
    waiting = iter(items)
    return iter(lambda: list(itertools.islice(waiting, BATCH)), [])

"""Export formats by name. A format is one class that registers itself with `@register`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from webtoon_curate.errors import CurateError
from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Parts
from webtoon_curate.export.settings import UNALIGNED, CropSettings
from webtoon_curate.plugins import load_plugins

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Episode

_BUILTIN = (
    "tensors",
    "pix2pix",
    "cyclegan",
    "stylegan",
    "imagefolder",
    "coco",
    "yolo",
    "csv_table",
    "fiftyone",
    "characters",
    "cutouts",
)


@dataclass(frozen=True)
class NoSettings:
    """Of a format without settings of its own."""


@dataclass(frozen=True)
class Job:
    """What an export is to do; goes to every worker.

    Attributes:
        format: its name.
        settings: of the format, an instance of its `Settings`.
        crop: of formats that cut crops.
        seed: of everything random.
        groups: the groups of the exported faces, sorted; `unknown` is none.
        sides: the splits among them, sorted as train, val, test.
        licenses: of the pages, sorted.
    """

    format: str
    settings: Any
    crop: CropSettings
    seed: int = 0
    groups: tuple[str, ...] = ()
    sides: tuple[str, ...] = ("train",)
    licenses: tuple[str, ...] = ()


class Format:
    """A format: what becomes of an episode's faces, and of all episodes in the end.

    Attributes:
        name: after `webtoon-curate export`.
        about: a line for `--help`.
        example: options of an example call.
        Settings: dataclass of its own settings, with fields of `setting`.
        crops: whether it cuts crops, and so takes `CropSettings`.
        parsing: whether it always needs the parsing maps.
        packed: whether `files` are packed by `finish`, and not files of the export themselves.
        pages: whether it looks at the pages at all.
        default_crop: expansion and shift of unaligned crops.
        photos: whether it takes a second dataset of photographs.
    """

    name: ClassVar[str] = ""
    about: ClassVar[str] = ""
    example: ClassVar[str] = ""
    Settings: ClassVar[type] = NoSettings
    crops: ClassVar[bool] = True
    packed: ClassVar[bool] = False
    pages: ClassVar[bool] = True
    photos: ClassVar[bool] = False
    default_crop: ClassVar[dict[str, float]] = UNALIGNED

    def __init__(self, job: Job) -> None:
        self.job = job
        self.settings = job.settings

    @property
    def parsing(self) -> bool:
        """Whether the parsing maps are needed."""
        return False

    def check(self) -> None:
        """Raises `CurateError` if the settings do not go together."""

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """What becomes of an episode's faces.

        Args:
            episode: to cut from.
            faces: rows of the manifest, in its order, each with `side` (the split that it is
                exported to) and `domain` (`drawn` or `photo`).
        """
        raise NotImplementedError

    def finish(self, parts: Parts) -> Row:
        """Write what is about all episodes: indices, shards, archives.

        Args:
            parts: rows, files and planes of all episodes in order, and where to write to.

        Returns:
            What `export.json` says about it, plain JSON.
        """
        return {}


_formats: dict[str, type[Format]] = {}


def register(name: str, about: str, example: str = "") -> Callable[[type[Format]], type[Format]]:
    """Decorates the class of a format.

    Example:
        >>> @register("nothing", "Counts faces.")
        ... class Nothing(Format):
        ...     def make(self, episode, faces):
        ...         return (Made(face["side"], {}) for face in faces)

    Raises:
        CurateError: if another format has that name.
    """

    def keep(kind: type[Format]) -> type[Format]:
        known = _formats.get(name)
        if known is not None and known.__module__ != kind.__module__:
            raise CurateError(f"two export formats are named {name}; rename one")
        kind.name, kind.about, kind.example = name, about, example
        _formats[name] = kind
        return kind

    return keep


def formats() -> dict[str, type[Format]]:
    """Every format by name: the package's own, then those of plugins."""
    for module in _BUILTIN:
        import_module(f"webtoon_curate.export.{module}")
    load_plugins()
    return dict(_formats)


def find_format(name: str) -> type[Format]:
    """The format of that name.

    Raises:
        CurateError: if there is none.
    """
    known = formats()
    if name not in known:
        raise CurateError(f"no export format is called {name!r}; there are {', '.join(known)}")
    return known[name]

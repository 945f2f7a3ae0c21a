"""`characters`: a folder a character, for few-shot training and as classes.

<split>/<character>/<name>.png
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Parts
from webtoon_curate.export.registry import Format, register
from webtoon_curate.export.samples import (
    FILE_NAME,
    PLACED,
    crops,
    flat_name,
    picture,
    placed,
    write_index,
)
from webtoon_curate.export.settings import PictureSettings
from webtoon_curate.ingest.names import safe_name

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Episode


@register("characters", "A folder of crops for each character.", "--size 512 --all")
class Characters(Format):
    """Crops by split and character; faces of nobody known are refused."""

    Settings = PictureSettings

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """A crop a face."""
        known = [face for face in faces if face["character"]]
        for face in faces:
            if not face["character"]:
                yield Refused(face["face_id"], "no character")
        for each in crops(self, episode, known):
            if isinstance(each, Refused):
                yield each
                continue
            face, crop = each
            ending, data = picture(crop.image, self.settings.image)
            folder = safe_name(flat_name(face["character"]))
            name = f"{face['side']}/{folder}/{flat_name(face['face_id'])}{ending}"
            yield Made(face["side"], placed(face, crop) | {"file_name": name}, {name: data})

    def finish(self, parts: Parts) -> Row:
        """An index, and how many faces each character has."""
        counts: dict[str, int] = {}
        for item in parts.items():
            counts[item.row["character"]] = counts.get(item.row["character"], 0) + 1
        with parts.writing("index.parquet") as path:
            write_index(path, (item.row for item in parts.items()), PLACED.append(FILE_NAME))
        return {"characters": dict(sorted(counts.items()))}

"""`csv`: the manifest's rows as text, for spreadsheets and scripts; no pictures."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Parts
from webtoon_curate.export.registry import Format, register
from webtoon_curate.export.samples import short
from webtoon_curate.schema import MANIFEST

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Episode


@register("csv", "The manifest as faces.csv; lists are JSON.", "--all")
class Csv(Format):
    """`faces.csv`: UTF-8, a header, a row a face (RFC 4180)."""

    crops = False
    packed = True
    pages = False

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """A row a face."""
        for face in faces:
            yield Made(face["side"], {name: face[name] for name in MANIFEST.names})

    def finish(self, parts: Parts) -> Row:
        """All rows in one file."""
        with (
            parts.writing("faces.csv") as path,
            path.open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(MANIFEST.names)
            for item in parts.items():
                writer.writerow(_text(item.row[name]) for name in MANIFEST.names)
        return {"columns": MANIFEST.names}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return short(value)
    if isinstance(value, list):
        short_ones = [short(item) if isinstance(item, float) else item for item in value]
        return json.dumps(short_ones, ensure_ascii=False)
    return value

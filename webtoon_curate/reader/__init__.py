"""The face reader: landmarks, parts, groups, view and likeness of a face, from one crop.

Example:
    >>> from webtoon_curate.reader import load_reader, reader_squares
    >>> reader = load_reader()                                       # doctest: +SKIP
    >>> squares = reader_squares(boxes)                              # doctest: +SKIP
    >>> crops = [cut(strip.read, s, bounds, 192) for s in squares]   # doctest: +SKIP
    >>> reader(crops).placed(squares, 192)                           # doctest: +SKIP
"""

from __future__ import annotations

from webtoon_curate.reader.loading import load_reader, read_faces, reader_id
from webtoon_curate.reader.network import FaceReader
from webtoon_curate.reader.readings import Readings
from webtoon_curate.reader.squares import reader_squares

__all__ = [
    "FaceReader",
    "Readings",
    "load_reader",
    "read_faces",
    "reader_id",
    "reader_squares",
]

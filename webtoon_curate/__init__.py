"""Turn webtoon and comic episodes into face datasets good enough to train on.

Example:
    >>> import webtoon_curate
    >>> faces = webtoon_curate.load("my-dataset")        # doctest: +SKIP
    >>> faces[faces.keep].groupby("title").size()        # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def load(path: str | PathLike[str]) -> pd.DataFrame:
    """The manifest of a dataset, a row a face.

    Args:
        path: the dataset folder, or its `manifest.parquet` (a file or a folder of parts).

    Returns:
        The columns of `webtoon_curate.schema.MANIFEST`, in the order of `face_id`'s episode.

    Raises:
        DatasetError: if there is no manifest there, or it has a newer schema.
    """
    from webtoon_curate.manifest import read_manifest

    return read_manifest(path).to_pandas()

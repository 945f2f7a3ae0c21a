"""Train, val and test: leak-free, balanced by group, stable when faces are added.

Example:
    >>> from webtoon_curate.dataset import Dataset
    >>> from webtoon_curate.splits import SplitSettings, split_faces
    >>> split = split_faces(Dataset("my-dataset"), SplitSettings(val=0.2))   # doctest: +SKIP
    >>> split.report["sides"]["val"]["kept"]                                 # doctest: +SKIP
"""

from webtoon_curate.splits.check import Check, check_split
from webtoon_curate.splits.settings import SplitSettings
from webtoon_curate.splits.stage import Split, plan_split, split_faces

__all__ = ["Check", "Split", "SplitSettings", "check_split", "plan_split", "split_faces"]

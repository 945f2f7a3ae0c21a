"""Stitching pages into a strip, and cutting it at gutters into scenes."""

from webtoon_curate.scenes.cutting import LAYOUTS, cut
from webtoon_curate.scenes.layout import LOOK, choose_layout
from webtoon_curate.scenes.profile import PageProfile

__all__ = ["LAYOUTS", "LOOK", "PageProfile", "choose_layout", "cut"]

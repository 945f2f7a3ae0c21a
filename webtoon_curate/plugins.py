"""Third parties' detectors, formats and models: the entry point group `webtoon_curate.plugins`.

An entry point names a module; importing it registers what it brings with the same decorators
that the package itself uses.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "webtoon_curate.plugins"


@cache
def load_plugins() -> tuple[str, ...]:
    """Imports every installed plugin, once; gives the names of those that could be imported.

    A plugin that fails is named in the log and left out: it must not break the others.
    """
    from importlib.metadata import entry_points

    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return tuple(point.name for point in points if _loads(point))


def _loads(point: EntryPoint) -> bool:
    try:
        point.load()
    except Exception as error:  # a stranger's code may raise anything
        logging.getLogger(__name__).warning("plugin %s does not load: %s", point.name, error)
        return False
    return True

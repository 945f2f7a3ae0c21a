"""`webtoon-curate`, and `python -m webtoon_curate`: Ctrl-C ends it quietly from the first moment.

Nothing is imported here that takes time: while the rest is, an exception would be a traceback, or
be lost in a native module.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

from webtoon_curate.errors import INTERRUPTED


def main() -> None:
    """The command line."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # else it is ignored, as under nohup
        signal.signal(signal.SIGINT, _end)
    from webtoon_curate.cli import main as commands

    signal.signal(signal.SIGINT, before)
    commands(prog_name="webtoon-curate")


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()

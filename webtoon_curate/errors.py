"""What can go wrong by a user's doing. The command line prints these without a traceback."""

from __future__ import annotations

INTERRUPTED = 130
"""Exit status of a program that Ctrl-C ended, as shells tell it."""


class CurateError(Exception):
    """An error that a person can mend; its message says what, where and how."""


class ImageError(CurateError):
    """A picture that cannot or must not be decoded; the message is the reason in `rejects`."""


class SourceError(CurateError):
    """A source that holds no episodes, or an archive that cannot be read."""


class DatasetError(CurateError):
    """A dataset folder that is missing, damaged or made with other settings."""


class ModelError(CurateError):
    """A model file that is missing, has a wrong checksum, or is silently broken."""

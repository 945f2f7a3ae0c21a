"""Numbers of things, in words."""

from __future__ import annotations


def plural(number: int, noun: str) -> str:
    """A number of things.

    Args:
        number: how many.
        noun: one of them; more of them end in s.

    Example:
        >>> plural(1, "kept face"), plural(2000, "page")
        ('1 kept face', '2,000 pages')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

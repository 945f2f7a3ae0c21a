"""Settings as dataclass fields that carry their own help, so that the command line can be made of
them: an export format brings its options along."""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from webtoon_curate.errors import CurateError

MAX_SIZE = 4096
"""Largest side of an exported crop, pixels."""
KEEP = "keep"
ALIGN = ("none", "eyes", "ffhq")


def setting(
    default: Any,
    help: str,
    *,
    choices: tuple[str, ...] = (),
    least: float | None = None,
    most: float | None = None,
) -> Any:
    """A field of a settings dataclass.

    Args:
        default: `()` for one that may be given several times.
        help: a sentence, for `--help`.
        choices: the words that it may be.
        least, most: limits of a number, both allowed.
    """
    about = {"help": help, "choices": choices, "least": least, "most": most}
    return field(default=default, metadata=about)


def checked(settings: Any) -> Any:
    """The settings, all within their limits.

    Raises:
        CurateError: naming the first that is not.
    """
    for each in fields(settings):
        value, about = getattr(settings, each.name), each.metadata
        if not about or value is None or each.default is MISSING:
            continue
        for word in value if isinstance(value, tuple) else (value,):
            if about["choices"] and word not in about["choices"]:
                raise CurateError(
                    f"{each.name} is one of {', '.join(about['choices'])}, not {word!r}"
                )
            low, high = about["least"], about["most"]
            if (low is not None and not word >= low) or (high is not None and not word <= high):
                raise CurateError(f"{each.name} is {word}; it goes from {low} to {high}")
    return settings


@dataclass(frozen=True)
class CropSettings:
    """How a face becomes a square picture.

    Attributes:
        size: side, pixels.
        align: `none`: upright around the face's box; `eyes`: the same square, turned so that the
            eyes are level; `ffhq`: the oriented square of eyes and mouth of Karras et al. 2019,
            appendix C.
        expand: the square's side in units of the box's longer side, or of the `ffhq` square;
            None for the format's own.
        shift: how far the square is moved down, in the same units; None for the format's own.
        min_side: squares smaller than this in the page, pixels, are refused or go through
            `upscale`; None for a quarter of `size`.
        upscale: ONNX network that enlarges such squares.
        background: `keep`, or the color (`#rrggbb`) of what the parsing map calls background.
    """

    size: int = setting(256, "Side of the crops, pixels.", least=8, most=MAX_SIZE)
    align: str = setting(
        "none",
        "none: upright around the box; eyes: turned until the eyes are level; ffhq: the square "
        "that FFHQ cuts from eyes and mouth.",
        choices=ALIGN,
    )
    expand: float | None = setting(
        None,
        "Side of the square in longer edges of the box (or in FFHQ squares).  [default: the "
        "format's]",
        least=0.2,
        most=10,
    )
    shift: float | None = setting(
        None,
        "How far the square is moved down, in the same unit.  [default: the format's]",
        least=-2,
        most=2,
    )
    min_side: int | None = setting(
        None,
        "Squares of fewer pixels in the page are refused.  [default: a quarter of --size]",
        least=0,
    )
    upscale: Path | None = setting(  # noqa: RUF009 - a field, as `field` gives it
        None, "ONNX network (RGB 0-1, NCHW) that enlarges them instead of refusing them."
    )
    background: str = setting(
        KEEP, "keep, or the color such as '#ffffff' to put in place of the background."
    )


MAX_SIDE = 8192
"""Largest square that is cut, pixels of the page: 200 MB of RGB."""
UNALIGNED = {"expand": 1.8, "shift": 0.2}
"""Of bryandlee's naver-webtoon-data, as in `webtoon_curate.crops.CropSettings`."""
FFHQ = {"expand": 1.0, "shift": 0.0}


@dataclass(frozen=True)
class PictureSettings:
    """Settings of formats that write picture files."""

    image: str = setting(
        "png",
        "Of the pictures; png and webp lose nothing, jpeg has quality 95.",
        choices=("png", "jpeg", "webp"),
    )


def color_of(text: str, what: str) -> tuple[int, int, int]:
    """`#rrggbb` as sRGB.

    Raises:
        CurateError: if it is none.
    """
    digits = text.removeprefix("#")
    try:
        if len(digits) != 6:
            raise ValueError
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        raise CurateError(f"{what} is a color such as '#ffffff', not {text!r}") from None
    return red, green, blue


def bad_box(face: dict[str, Any]) -> str | None:
    """Why a row's box can be that of no face; None if it can."""
    box = [face[name] for name in ("x", "y", "width", "height")]
    if not finite(box) or min(box[2:]) <= 0:
        return "its box is empty or no numbers"
    if max(box[2:]) > MAX_SIDE:
        return f"its box is longer than {MAX_SIDE:,} px"
    return None


def finite(values: Any) -> bool:
    """Whether there are numbers, and all are finite."""
    return values is not None and all(v is not None and math.isfinite(v) for v in values)

"""Typefaces of the lettering, from font packages of the extra `synth`, as outlines.

Glyphs are drawn as paths, never as hinted bitmaps, so that the same text gives the same pixels on
every machine. All faces are under the SIL Open Font License 1.1 or the Apache License 2.0.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import skia

from webtoon_curate.errors import CurateError

FACES = {
    "sans": ("pylopdf_fonts_ko", "NotoSansKR-Regular.otf"),
    "serif": ("pylopdf_fonts_ko", "NotoSerifKR-Regular.otf"),
    "hand": ("fontpkg_kalam", "files/Kalam-Bold.ttf"),
    "shout": ("fontpkg_luckiest_guy", "files/LuckiestGuy-Regular.ttf"),
    "marker": ("fontpkg_permanent_marker", "files/PermanentMarker-Regular.ttf"),
}
"""Name: (Python package, file in it). `sans` and `serif` carry Hangul and kana, the rest Latin."""


@cache
def typeface(name: str) -> skia.Typeface:
    """A typeface of `FACES`.

    Raises:
        CurateError: if its package is not installed; a stand-in would change the bytes of pages.
    """
    package, file = FACES[name]
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CurateError(
            f"the font package {package.replace('_', '-')} is missing: "
            "install the extra with `pip install 'webtoon-curate[synth]'`"
        )
    path = Path(next(iter(spec.submodule_search_locations))) / file
    face = skia.Typeface.MakeFromFile(str(path))
    if face is None:
        raise CurateError(f"{path} is not a readable font: reinstall {package.replace('_', '-')}")
    return face


@cache
def _font(name: str, size: float) -> skia.Font:
    font = skia.Font(typeface(name), size)
    font.setHinting(skia.FontHinting.kNone)
    font.setSubpixel(True)
    font.setLinearMetrics(True)
    return font


@cache
def _unit_glyph(name: str, character: str) -> tuple[skia.Path, float]:
    """Outline at 100 px with the origin on the base line, and its advance."""
    font = _font(name, 100.0)
    glyph = font.unicharToGlyph(ord(character))
    return font.getPath(glyph) or skia.Path(), font.getWidths([glyph])[0]


def advance(name: str, size: float, text: str) -> float:
    """Pixels that `text` takes in one line."""
    return sum(_unit_glyph(name, character)[1] for character in text) * size / 100


def line_path(name: str, size: float, text: str, x: float, y: float) -> skia.Path:
    """The outline of one line of text, its middle at (x, y)."""
    path = skia.Path()
    left = x - advance(name, size, text) / 2
    scale = size / 100
    for character in text:
        glyph, width = _unit_glyph(name, character)
        matrix = skia.Matrix()
        matrix.setScaleTranslate(scale, scale, left, y + 0.36 * size)
        path.addPath(glyph, matrix)
        left += width * scale
    return path


def column_path(name: str, size: float, text: str, x: float, y: float) -> skia.Path:
    """The outline of one line set downwards, its top middle at (x, y), as manga sets Japanese."""
    path = skia.Path()
    scale = size / 100
    for i, character in enumerate(text):
        glyph, width = _unit_glyph(name, character)
        matrix = skia.Matrix()
        if character in "ー…―〜~":
            matrix.setRotate(90)
            matrix.postScale(scale, scale)
            box = glyph.getBounds()
            dx, dy = box.centerY() * scale, -box.centerX() * scale
            matrix.postTranslate(x + dx, y + (i + 0.5) * size + dy)
        else:
            nudge = 0.3 * size if character in "、。" else 0.0
            left, base = x - width * scale / 2 + nudge, y + (i + 0.86) * size - nudge
            matrix.setScaleTranslate(scale, scale, left, base)
        path.addPath(glyph, matrix)
    return path

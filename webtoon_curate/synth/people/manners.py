"""How often families draw skin, eyes, mouths, noses and distant faces in which manner.

The manners of `MANNERS` themselves are in `skin`, `lids`, `irises`, `brows` and `finish`.
"""

from __future__ import annotations

MANNERS: dict[str, dict[str, float]] = {
    "skin": {"plain": 4, "form": 3, "form_soft": 1, "airbrush": 1.5, "gradient": 1.5,
             "painterly": 0.4},
    "lids": {"plain": 2.5, "wedge": 2, "soft": 1.5, "clean": 1.5, "sharp": 1.2, "lush": 1.2,
             "mono": 0.8, "droop": 1, "cat": 1, "hooded": 0.5, "triangle": 0.8, "float": 1.3},
    "glint": {"round": 3.5, "pair": 2, "window": 1, "star": 0.6, "side": 1.5, "low": 1, "none":
              0.9, "moist": 1.2, "sparkle": 0.6},
    "brow": {"plain": 4, "hair": 1, "soft": 1.5, "line": 1, "angular": 1},
    "hand": {"clean": 94, "dry": 2.5, "gouache": 1.5, "oil": 1, "wash": 1},
}  # fmt: skip
"""Manners that every family but the reserved ones is drawn in, and how often."""

FAMILY_MANNERS: dict[str, dict[str, dict[str, float]]] = {
    "manhwa": {
        "skin": {"plain": 1.5, "form": 2, "form_soft": 2, "airbrush": 5, "gradient": 2,
                 "painterly": 0.7},
        "lids": {"plain": 1.2, "wedge": 2.5, "soft": 2.5, "clean": 2, "sharp": 2, "lush": 1.5,
                 "mono": 1, "droop": 1.3, "cat": 1.5, "hooded": 1, "triangle": 0.4, "float": 0.8},
        "glint": {"round": 3, "pair": 2.5, "window": 1, "star": 0.4, "side": 1.2, "low": 1,
                  "none": 0.9, "moist": 3, "sparkle": 0.6},
        "brow": {"plain": 2, "hair": 3, "soft": 3, "line": 0.7, "angular": 1},
    },
    "shoujo": {
        "skin": {"plain": 2, "form": 1.5, "form_soft": 1.5, "airbrush": 4, "gradient": 3,
                 "painterly": 0.3},
        "lids": {"plain": 2, "wedge": 2, "soft": 2, "clean": 0.7, "lush": 4, "droop": 1.5, "cat": 1,
                 "float": 0.7},
        "glint": {"round": 3, "pair": 2, "window": 0.8, "star": 1, "side": 0.8, "low": 1,
                  "none": 0.3, "moist": 2.5, "sparkle": 3},
        "brow": {"plain": 3, "hair": 1, "soft": 2, "line": 2},
    },
    "shounen": {
        "lids": {"plain": 3, "wedge": 1.5, "clean": 1.5, "sharp": 2, "mono": 0.8, "lush": 0.5,
                 "cat": 0.8, "hooded": 0.7, "triangle": 4, "float": 1},
        "brow": {"plain": 4, "hair": 0.5, "soft": 0.5, "line": 0.7, "angular": 2.5},
    },
    "chibi": {"skin": {"plain": 4, "form": 1, "gradient": 2, "airbrush": 1}},
    "gag": {"skin": {"plain": 6, "gradient": 1}},
    "painted": {
        "skin": {"plain": 1, "form_soft": 1, "airbrush": 4, "painterly": 5},
        "lids": {"plain": 1, "soft": 3, "clean": 1, "sharp": 1, "wedge": 1, "mono": 1,
                 "hooded": 1.2, "droop": 0.7, "cat": 0.7},
        "brow": {"plain": 1, "hair": 4, "soft": 3},
        "hand": {"clean": 35, "oil": 20, "dry": 20, "gouache": 15, "wash": 10},
    },
    "seinen": {
        "skin": {"plain": 3, "form": 4, "form_soft": 1, "airbrush": 2, "painterly": 0.7},
        "lids": {"plain": 2, "sharp": 3, "clean": 2, "mono": 1, "wedge": 1, "soft": 1, "hooded":
                 2.5, "triangle": 1, "droop": 0.4, "cat": 0.7},
        "brow": {"plain": 3, "hair": 3, "soft": 1, "angular": 2},
    },
}  # fmt: skip
"""Where a family has its own."""

OWN_LIDS_SHARE = 0.3
"""Share of people whose lids are of `OWN_LIDS`, in styles whose own are not plain."""
OWN_LIDS: dict[str, dict[str, float]] = {
    "woman": {"droop": 3, "cat": 3, "lush": 1.5, "soft": 1, "clean": 1, "hooded": 0.3},
    "man": {"hooded": 3, "sharp": 2.5, "clean": 1.5, "droop": 1.2, "cat": 1, "mono": 1.5},
    "unknown": {"droop": 1, "cat": 1, "clean": 1, "mono": 1},
}

GLOSSY_SHARE = {"manhwa": 0.3, "shoujo": 0.15, "painted": 0.35, "seinen": 0.1}
"""Share of a family's styles whose lips are tinted and shine."""
GLOSSY_LIPS = 0.35
"""The least fullness of such lips."""

DISTANT = {"whole": 2.2, "coarse": 2.2, "dots": 2, "dashes": 1.1, "lids": 2, "sockets": 0.5}
"""How titles draw faces in long shots: as all others, or as `distance` tells."""
FAMILY_DISTANT = {
    "painted": {"whole": 2, "coarse": 2, "dots": 1, "dashes": 0.7, "lids": 1.3, "sockets": 3},
    "seinen": {"whole": 2, "coarse": 2.5, "dots": 1.2, "dashes": 1.5, "lids": 2, "sockets": 0.8},
}
DISTANT_FROM = (30.0, 110.0)
"""Height of the face box in pixels below which they do, from and to."""
PEN, EVEN_PEN = (0.7, 1.7), 0.5
"""Least width of lines in pixels of titles whose pen gets no finer in long shots; their share."""

COMIC_TITLES = {"manhwa": 0.6, "shoujo": 0.7, "shounen": 0.7, "anime": 0.7, "chibi": 0.9,
                "gag": 0.8, "western": 0.4, "painted": 0.15, "seinen": 0.25}  # fmt: skip
COMIC_TITLES_ELSE = 0.5
"""Share of a family's titles that draw comic eyes at times (see `comic`)."""
COMIC_DRAWINGS = (0.03, 0.2)
"""Share of the drawings of such a title, from and to."""

SNUG_SHARE = {"western": 0.3, "gag": 0.3}
"""Share of a family's styles whose round eyes touch each other."""
BIG_NOSE_SHARE = {"western": 0.3, "gag": 0.3}
"""Share of a family's styles with noses half as broad again, and more."""
TINT_SHARE = {"manhwa": 0.22, "shoujo": 0.25, "anime": 0.1}
"""Share of a family's other styles whose lips are a soft tint around the line of the mouth."""

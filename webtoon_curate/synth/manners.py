"""How often families draw skin, lids, highlights and brows in which manner: tables of weights.

The manners themselves are in `skin`, `lids`, `irises` and `brows`.
"""

from __future__ import annotations

MANNERS: dict[str, dict[str, float]] = {
    "skin": {"plain": 4, "form": 3, "form_soft": 1, "airbrush": 1.5, "gradient": 1.5,
             "painterly": 0.4},
    "lids": {"plain": 3, "wedge": 2, "soft": 1.5, "clean": 1.5, "sharp": 1.2, "lush": 1.2,
             "mono": 0.8},
    "glint": {"round": 4, "pair": 2, "window": 1, "star": 0.6, "side": 1.5, "low": 1, "none": 0.7},
    "brow": {"plain": 4, "hair": 1, "soft": 1.5, "line": 1, "angular": 1},
    "hand": {"clean": 94, "dry": 2.5, "gouache": 1.5, "oil": 1, "wash": 1},
}  # fmt: skip
"""Manners that every family but the reserved ones is drawn in, and how often."""

FAMILY_MANNERS: dict[str, dict[str, dict[str, float]]] = {
    "manhwa": {
        "skin": {"plain": 1.5, "form": 2, "form_soft": 2, "airbrush": 5, "gradient": 2,
                 "painterly": 0.7},
        "lids": {"plain": 1.5, "wedge": 3, "soft": 3, "clean": 2, "sharp": 2, "lush": 1.5,
                 "mono": 1},
        "brow": {"plain": 2, "hair": 3, "soft": 3, "line": 0.7, "angular": 1},
    },
    "shoujo": {
        "skin": {"plain": 2, "form": 1.5, "form_soft": 1.5, "airbrush": 4, "gradient": 3,
                 "painterly": 0.3},
        "lids": {"plain": 2, "wedge": 2, "soft": 2, "clean": 0.7, "lush": 4},
        "brow": {"plain": 3, "hair": 1, "soft": 2, "line": 2},
    },
    "chibi": {"skin": {"plain": 4, "form": 1, "gradient": 2, "airbrush": 1}},
    "gag": {"skin": {"plain": 6, "gradient": 1}},
    "painted": {
        "skin": {"plain": 1, "form_soft": 1, "airbrush": 4, "painterly": 5},
        "lids": {"plain": 1, "soft": 3, "clean": 1, "sharp": 1, "wedge": 1, "mono": 1},
        "brow": {"plain": 1, "hair": 4, "soft": 3},
        "hand": {"clean": 35, "oil": 20, "dry": 20, "gouache": 15, "wash": 10},
    },
    "seinen": {
        "skin": {"plain": 3, "form": 4, "form_soft": 1, "airbrush": 2, "painterly": 0.7},
        "lids": {"plain": 2, "sharp": 3, "clean": 2, "mono": 1, "wedge": 1, "soft": 1},
        "brow": {"plain": 3, "hair": 3, "soft": 1, "angular": 2},
    },
}  # fmt: skip

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
DISTANT_FROM = (28.0, 95.0)
"""Height of the face box in pixels below which they do, from and to."""
PEN, EVEN_PEN = (0.7, 1.7), 0.5
"""Least width of lines in pixels of titles whose pen gets no finer in long shots; their share."""

"""Families of styles: between what their numbers lie, and how often they choose what.

The names are those of `style.Style`; lengths are in heads. What a family does not say is as in
`COMMON_RANGES` and `COMMON_CHOICES`.
"""

from __future__ import annotations

Range = tuple[float, float]
COMMON_RANGES: dict[str, Range] = {
    "width": (0.35, 0.40), "cheek": (0.92, 0.98), "jaw": (0.66, 0.80), "chin": (0.30, 0.42),
    "point": (0.05, 0.10), "depth": (0.38, 0.44), "eye_y": (0.04, 0.09), "eye_gap": (0.45, 0.50),
    "eye_size": (0.075, 0.095), "eye_open": (0.5, 0.75), "eye_round": (0.3, 0.7),
    "eye_tilt": (-0.06, 0.14), "iris": (0.85, 1.1), "nose_y": (0.21, 0.25),
    "nose_out": (0.05, 0.08), "nose_width": (0.03, 0.045), "mouth_y": (0.32, 0.345),
    "mouth_width": (0.06, 0.09), "brow_gap": (0.05, 0.08), "brow_weight": (0.012, 0.022),
    "lash": (0.4, 0.7), "lips": (0.0, 0.3), "ear": (0.17, 0.22), "hair_volume": (0.05, 0.12),
    "lock_sharp": (0.5, 1.0), "strands": (0.2, 0.8), "shine": (0.2, 0.6), "line": (0.006, 0.012),
    "taper": (0.4, 0.9), "shade": (0.12, 0.28), "tint": (0.1, 0.5), "blush": (0.1, 0.5),
    "detail": (0.4, 0.8),
}  # fmt: skip
"""From and to of each number of a style."""

FAMILY_RANGES: dict[str, dict[str, Range]] = {
    "manhwa": {
        "width": (0.325, 0.355), "jaw": (0.66, 0.80), "chin": (0.30, 0.40), "eye_y": (0.02, 0.055),
        "eye_size": (0.066, 0.082), "eye_open": (0.40, 0.58), "iris": (0.9, 1.1),
        "nose_y": (0.215, 0.245), "nose_out": (0.07, 0.10), "lips": (0.1, 0.6),
        "line": (0.004, 0.008), "strands": (0.3, 0.9), "detail": (0.5, 0.9),
    },
    "shoujo": {
        "width": (0.36, 0.40), "jaw": (0.60, 0.72), "chin": (0.24, 0.34), "point": (0.03, 0.06),
        "eye_y": (0.07, 0.11), "eye_size": (0.098, 0.118), "eye_open": (0.74, 1.0),
        "iris": (0.8, 0.95), "nose_y": (0.24, 0.27), "nose_out": (0.035, 0.06),
        "nose_width": (0.02, 0.03), "mouth_y": (0.335, 0.36), "mouth_width": (0.045, 0.07),
        "lash": (0.7, 1.0), "line": (0.004, 0.008), "detail": (0.7, 1.0), "blush": (0.3, 0.9),
    },
    "shounen": {
        "width": (0.35, 0.39), "jaw": (0.64, 0.82), "chin": (0.28, 0.42), "eye_y": (0.05, 0.09),
        "eye_size": (0.082, 0.100), "eye_open": (0.50, 0.72), "eye_round": (0.0, 0.4),
        "iris": (0.6, 0.85), "brow_weight": (0.018, 0.034), "line": (0.008, 0.014),
        "lock_sharp": (0.8, 1.0), "taper": (0.6, 1.0), "shade": (0.2, 0.35), "lips": (0.0, 0.1),
    },
    "anime": {
        "width": (0.39, 0.43), "jaw": (0.66, 0.78), "chin": (0.28, 0.40), "eye_y": (0.09, 0.13),
        "eye_size": (0.094, 0.118), "eye_open": (0.86, 1.15), "eye_round": (0.5, 0.9),
        "iris": (0.86, 1.05), "nose_y": (0.26, 0.285), "nose_out": (0.03, 0.05),
        "nose_width": (0.015, 0.025), "mouth_y": (0.345, 0.37), "mouth_width": (0.045, 0.075),
        "lips": (0.0, 0.0), "lash": (0.6, 1.0), "line": (0.005, 0.011), "shine": (0.4, 0.9),
        "brow_weight": (0.008, 0.014),
    },
    "chibi": {
        "width": (0.46, 0.52), "cheek": (0.98, 1.04), "jaw": (0.84, 0.95), "chin": (0.5, 0.66),
        "point": (0.14, 0.24), "eye_y": (0.15, 0.20), "eye_size": (0.088, 0.115),
        "eye_open": (1.1, 1.5), "eye_round": (0.6, 1.0), "iris": (0.86, 1.0),
        "nose_y": (0.275, 0.295), "nose_out": (0.01, 0.025), "nose_width": (0.012, 0.02),
        "mouth_y": (0.345, 0.37), "mouth_width": (0.04, 0.075), "eye_gap": (0.46, 0.54),
        "lips": (0.0, 0.0), "line": (0.008, 0.018), "blush": (0.5, 1.0), "ear": (0.12, 0.16),
        "brow_weight": (0.008, 0.016),
    },
    "gag": {
        "width": (0.40, 0.54), "cheek": (0.96, 1.08), "jaw": (0.78, 1.0), "chin": (0.45, 0.75),
        "point": (0.12, 0.28), "eye_y": (0.0, 0.12), "eye_size": (0.02, 0.05),
        "eye_open": (1.0, 1.7), "eye_gap": (0.30, 0.5), "nose_y": (0.14, 0.24),
        "nose_out": (0.02, 0.09), "nose_width": (0.025, 0.06), "mouth_y": (0.25, 0.34),
        "mouth_width": (0.05, 0.15), "line": (0.010, 0.026), "taper": (0.0, 0.3),
        "lips": (0.0, 0.0), "detail": (0.0, 0.3), "strands": (0.0, 0.3), "shine": (0.0, 0.2),
        "brow_weight": (0.01, 0.03), "shade": (0.05, 0.2), "ear": (0.13, 0.2),
    },
    "western": {
        "width": (0.27, 0.47), "cheek": (0.90, 1.08), "jaw": (0.62, 1.04), "chin": (0.36, 0.72),
        "point": (0.08, 0.28), "eye_y": (-0.02, 0.08), "eye_size": (0.06, 0.105),
        "eye_open": (0.75, 1.35), "eye_round": (0.6, 1.0), "iris": (0.35, 0.6),
        "nose_y": (0.18, 0.25), "nose_out": (0.06, 0.17), "nose_width": (0.04, 0.075),
        "mouth_y": (0.29, 0.345), "mouth_width": (0.08, 0.15), "brow_weight": (0.016, 0.045),
        "lash": (0.1, 0.4), "line": (0.008, 0.022), "taper": (0.1, 0.7), "lock_sharp": (0.1, 0.6),
        "strands": (0.0, 0.4), "detail": (0.1, 0.5), "eye_gap": (0.34, 0.46),
    },
    "painted": {
        "width": (0.32, 0.36), "jaw": (0.70, 0.86), "chin": (0.36, 0.5), "point": (0.07, 0.14),
        "eye_y": (-0.01, 0.035), "eye_size": (0.058, 0.072), "eye_open": (0.36, 0.52),
        "eye_round": (0.2, 0.5), "iris": (0.95, 1.2), "nose_y": (0.19, 0.225),
        "nose_out": (0.075, 0.115), "nose_width": (0.045, 0.06), "mouth_y": (0.295, 0.325),
        "mouth_width": (0.075, 0.10), "lips": (0.5, 1.0), "line": (0.003, 0.007),
        "shade": (0.18, 0.36), "detail": (0.6, 1.0), "strands": (0.5, 1.0), "lash": (0.3, 0.6),
        "brow_weight": (0.014, 0.03), "taper": (0.5, 1.0),
    },
    "seinen": {
        "width": (0.325, 0.365), "jaw": (0.70, 0.86), "chin": (0.34, 0.48), "eye_y": (0.0, 0.045),
        "eye_size": (0.064, 0.080), "eye_open": (0.34, 0.52), "eye_round": (0.1, 0.4),
        "iris": (0.7, 1.0), "nose_y": (0.205, 0.24), "nose_out": (0.08, 0.12),
        "nose_width": (0.038, 0.055), "mouth_y": (0.305, 0.335), "lips": (0.0, 0.5),
        "brow_weight": (0.016, 0.034), "line": (0.005, 0.011), "taper": (0.6, 1.0),
        "detail": (0.5, 1.0), "strands": (0.5, 1.0), "lock_sharp": (0.6, 1.0), "blush": (0.0, 0.2),
    },
    "clear_line": {
        "width": (0.36, 0.42), "cheek": (0.98, 1.06), "jaw": (0.80, 0.94), "chin": (0.5, 0.66),
        "point": (0.12, 0.22), "eye_y": (-0.01, 0.04), "eye_size": (0.018, 0.034),
        "eye_open": (1.2, 1.8), "eye_gap": (0.34, 0.42), "nose_y": (0.17, 0.21),
        "nose_out": (0.09, 0.14), "nose_width": (0.035, 0.05), "mouth_y": (0.27, 0.31),
        "mouth_width": (0.05, 0.09), "line": (0.010, 0.014), "taper": (0.0, 0.1),
        "lips": (0.0, 0.0), "detail": (0.0, 0.2), "strands": (0.0, 0.2), "shine": (0.0, 0.0),
        "lock_sharp": (0.0, 0.3), "brow_weight": (0.010, 0.018),
    },
    "retro": {
        "width": (0.40, 0.46), "cheek": (1.0, 1.06), "jaw": (0.76, 0.9), "chin": (0.38, 0.5),
        "point": (0.06, 0.14), "eye_y": (0.05, 0.1), "eye_size": (0.09, 0.11),
        "eye_open": (1.15, 1.5), "eye_round": (0.8, 1.0), "eye_gap": (0.38, 0.44),
        "iris": (0.7, 0.85), "nose_y": (0.22, 0.26), "nose_out": (0.06, 0.11),
        "nose_width": (0.025, 0.045), "lash": (0.8, 1.0), "line": (0.009, 0.016),
        "taper": (0.3, 0.7), "lips": (0.0, 0.0), "shine": (0.6, 1.0), "lock_sharp": (0.2, 0.6),
    },
}  # fmt: skip
"""Where a family has its own."""

_LINES = {"black": 3.0, "brown": 2.0, "hue": 2.0, "soft": 0.8, "none": 0.2}
_FILLS = {"flat": 1.5, "cel": 4.0, "cel2": 1.5, "soft": 2.0, "watercolor": 0.7, "lineart": 0.5}
_OLD_WAYS: dict[str, dict[str, float]] = {
    "stroke": {"whole": 0.92, "broken": 0.08},
    "pupil": {"full": 4, "plain": 1.5, "deep": 1.5, "ring": 1.5},
}
"""What the reserved families keep, so that they stay as they were."""
FAMILY_CHOICES: dict[str, dict[str, dict[str, float]]] = {
    "manhwa": {
        "eye": {"anime": 3, "real": 2},
        "nose": {
            "side": 3,
            "shadow": 2,
            "nostrils": 2,
            "wedge": 1,
            "tip": 2,
            "soft": 4,
            "dots": 2,
            "bridge": 2,
            "plane": 1.2,
            "shine": 2,
        },
        "line_color": {"black": 2, "brown": 3, "hue": 3, "soft": 2.5, "none": 0.3},
        "fill": {"cel": 4, "cel2": 2, "soft": 4, "flat": 1, "watercolor": 0.5},
    },
    "shoujo": {
        "eye": {"anime": 1},
        "nose": {
            "tip": 3,
            "dot": 2,
            "side": 2,
            "shadow": 1,
            "none": 0.5,
            "soft": 2,
            "dots": 2,
            "shine": 1.5,
        },
        "fill": {"cel": 3, "soft": 3, "tone": 2.5, "watercolor": 1.5, "flat": 1, "lineart": 1},
    },
    "shounen": {
        "eye": {"anime": 1},
        "nose": {
            "side": 4,
            "wedge": 2,
            "tip": 2,
            "line": 1,
            "bridge": 2,
            "plane": 1,
            "button": 0.5,
        },
        "line_color": {"black": 5, "brown": 1, "hue": 0.5},
        "fill": {"cel": 5, "flat": 2, "tone": 2.5, "lineart": 1, "cel2": 1},
    },
    "anime": {
        "eye": {"anime": 1},
        "nose": {
            "dot": 3,
            "tip": 3,
            "none": 1,
            "shadow": 1,
            "line": 1,
            "soft": 0.7,
            "dots": 0.7,
            "button": 1,
            "shine": 1,
        },
        "fill": {"cel": 5, "flat": 2, "cel2": 2, "soft": 1.5, "lineart": 1, "pencil": 0.7},
    },
    "chibi": {
        "eye": {"anime": 4, "oval": 2, "dot": 1},
        "nose": {"none": 4, "dot": 2, "line": 0.5, "button": 1},
        "fill": {"flat": 4, "cel": 3, "soft": 1, "lineart": 0.5, "watercolor": 0.5},
    },
    "gag": {
        "eye": {"dot": 4, "oval": 2, "round": 2},
        "nose": {"round": 3, "line": 2, "none": 2, "dot": 1, "side": 1, "button": 1.5},
        "line_color": {"black": 5, "brown": 1},
        "fill": {"flat": 5, "lineart": 2, "cel": 1, "pencil": 1, "watercolor": 0.7},
    },
    "western": {
        "eye": {"round": 5, "oval": 2, "dot": 2, "real": 1},
        "nose": {"round": 5, "side": 3, "nostrils": 1, "shadow": 1, "line": 0.5, "button": 1.5},
        "line_color": {"black": 3, "brown": 2, "hue": 2, "none": 2},
        "fill": {"flat": 4, "cel": 3, "soft": 1.5, "watercolor": 1, "pencil": 0.5},
    },
    "painted": {
        "eye": {"real": 1},
        "nose": {"painted": 4, "nostrils": 2, "soft": 3},
        "line_color": {"none": 4, "hue": 3, "brown": 2, "soft": 2},
        "fill": {"painted": 5, "soft": 2, "watercolor": 1},
    },
    "seinen": {
        "eye": {"real": 3, "anime": 1},
        "nose": {"nostrils": 4, "side": 3, "wedge": 1, "bridge": 2, "plane": 3},
        "line_color": {"black": 5, "brown": 1},
        "fill": {"tone": 3, "cel": 2, "pencil": 1.5, "lineart": 1.5, "cel2": 1, "flat": 0.5},
    },
    "clear_line": {
        "eye": {"dot": 3, "oval": 1},
        "nose": {"round": 3, "side": 2},
        "line_color": {"black": 1},
        "fill": {"flat": 1},
        "mouth_line": {"plain": 1},
        **_OLD_WAYS,
    },
    "retro": {
        "eye": {"oval": 2, "anime": 3},
        "nose": {"line": 1, "tip": 2, "round": 2},
        "line_color": {"black": 1},
        "fill": {"flat": 3, "lineart": 1, "tone": 1},
        "mouth_line": {"plain": 3, "gap": 1, "thick": 1},
        **_OLD_WAYS,
    },
}
"""Where a family has its own."""

COMMON_CHOICES: dict[str, dict[str, float]] = {
    "line_color": _LINES,
    "fill": _FILLS,
    "mouth_line": {"plain": 3, "gap": 1, "thick": 1, "short": 1, "under": 1.5, "soft": 1},
    "stroke": {"whole": 0.69, "broken": 0.08, "faded": 0.14, "lost": 0.09},
    "pupil": {
        "full": 3, "plain": 1.2, "deep": 1.2, "ring": 1.2, "gradient": 2, "webtoon": 2.5,
        "jewel": 1.2, "halo": 1, "smoke": 1,
    },
}  # fmt: skip
"""Weights of each choice of a style."""

HELDOUT_FAMILIES = ("clear_line", "retro")
"""Families that are drawn only on demand, so that networks can be tested on unseen styles."""

FAMILIES = tuple(name for name in FAMILY_RANGES if name not in HELDOUT_FAMILIES)
"""Families that are sampled by default."""

FAMILY_WEIGHTS = {
    "manhwa": 0.24, "shoujo": 0.12, "shounen": 0.13, "anime": 0.14, "chibi": 0.07, "gag": 0.07,
    "western": 0.10, "painted": 0.06, "seinen": 0.07,
}  # fmt: skip
"""Share of each family when none is asked for; Korean webtoons come first."""

"""What screens show: messages, applications, news; and the glowing windows of game systems."""

from __future__ import annotations

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.ink import Ink, hsv
from webtoon_curate.synth.lettering import fonts, phrases
from webtoon_curate.synth.lettering.lettering import sample_lettering
from webtoon_curate.synth.paint import Color, linear, mix, pen, radial, solid
from webtoon_curate.synth.shapes import Box

WHITE: Color = (250, 250, 250)
DARK: Color = (24, 24, 30)

PAPER = 600
"""Sum of channels above which letters are dark; no ground of calls or clocks in colour has it."""

SHOWN = {"chat": 45, "icons": 15, "feed": 15, "call": 12, "clock": 8, "off": 5}
"""What telephones show, and how often."""


def _script(rng: np.random.Generator) -> tuple[str, str]:
    """Language and typeface of a screen."""
    hand = sample_lettering(rng)
    return hand.language, "sans" if hand.face not in ("sans", "serif") else hand.face


def _line(ink: Ink, face: str, size: float, text: str, x: float, y: float, color: Color) -> None:
    """A line of text that begins at x, its middle at y; too small to read, a bar."""
    if size < 5:
        bar = shapes.rect(x, y - size * 0.3, size * 0.6 * len(text), size * 0.6)
        ink.painter.fill(bar, solid(ink.tone(color), 0.6))
        return
    wide = fonts.advance(face, size, text)
    path = fonts.line_path(face, size, text, x + wide / 2, y)
    ink.painter.fill(path, solid(ink.tone(color)))


def _on(ground: Color) -> Color:
    """The colour of letters on a dark ground, which may be paper in black and white titles."""
    return DARK if sum(ground) > PAPER else WHITE


def _said(rng: np.random.Generator, language: str, most: int) -> str:
    return phrases.spoken(rng, language)[:most]


def screen(ink: Ink, rng: np.random.Generator, box: Box) -> None:
    """A telephone of this size with one of `SHOWN`."""
    x, y, width, height = box
    round_ = width * 0.13
    ink.shape(shapes.rect(*box, round_), (30, 32, 38))
    rim = width * 0.045
    glass = (x + rim, y + rim, width - 2 * rim, height - 2 * rim)
    kind = pick(rng, SHOWN)
    path = shapes.rect(*glass, round_ * 0.75)
    with ink.painter.group(clip=path):
        ground = (12, 12, 16) if kind == "off" else (236, 240, 246)
        ink.painter.fill(path, solid(ink.tone(ground)), ink.label)
        _SCREENS[kind](ink, rng, glass)
    if rng.random() < 0.4:
        shine = [(x + width * 0.55, y), (x + width * 0.9, y), (x + width * 0.4, y + height),
                 (x + width * 0.05, y + height)]  # fmt: skip
        with ink.painter.shading(path):
            ink.painter.fill(shapes.polygon(shine), solid(WHITE, 0.18))


def _chat(ink: Ink, rng: np.random.Generator, box: Box) -> None:
    """Messages of two people, some with a portrait."""
    x, y, w, h = box
    grounds = ((178, 199, 217), (255, 255, 255), (246, 240, 232), (28, 30, 36))
    ground = grounds[rng.integers(4)]
    ink.painter.fill(shapes.rect(*box), solid(ink.tone(ground)))
    mine: Color = hsv(rng.choice([0.15, 0.58, 0.38, 0.93]), rng.uniform(0.3, 0.8), 1.0)
    theirs: Color = WHITE if sum(ground) < 740 else (232, 234, 238)
    language, face = _script(rng)
    size, at = w * rng.uniform(0.06, 0.09), y + h * 0.12
    ink.painter.fill(shapes.rect(x, y, w, h * 0.08), solid(ink.tone(mix(ground, WHITE, 0.3))))
    while at < y + h * 0.9:
        left, text = rng.random() < 0.55, _said(rng, language, 9)
        wide = min(max(size * 1.05 * len(text) * (0.6 if language == "en" else 1), w * 0.2)
                   + size, w * 0.72)  # fmt: skip
        start = x + w * 0.2 if left else x + w * 0.95 - wide
        if left:
            _avatar(ink, rng, x + w * 0.1, at + size, w * 0.065)
        bubble = shapes.rect(start, at, wide, size * 1.9, size * rng.uniform(0.4, 0.9))
        ink.painter.fill(bubble, solid(ink.tone(theirs if left else mine)))
        _line(ink, face, size, text, start + size * 0.5, at + size * 0.95, DARK)
        at += size * rng.uniform(2.3, 3.3)


def _avatar(ink: Ink, rng: np.random.Generator, x: float, y: float, r: float) -> None:
    """A round with the outline of a person, who has no face, or with a colour alone."""
    ground = hsv(rng.uniform(), rng.uniform(0.1, 0.6), rng.uniform(0.6, 0.95))
    disc = shapes.ellipse(x, y, r) if rng.random() < 0.6 else shapes.rect(
        x - r, y - r, 2 * r, 2 * r, r * 0.7)  # fmt: skip
    ink.painter.fill(disc, solid(ink.tone(ground)))
    if rng.random() < 0.6:
        figure = ink.tone(mix(ground, WHITE, 0.6))
        with ink.painter.shading(disc):
            ink.painter.fill(shapes.ellipse(x, y - r * 0.2, r * 0.36), solid(figure))
            ink.painter.fill(shapes.ellipse(x, y + r * 0.9, r * 0.7, r * 0.62), solid(figure))


def _icons(ink: Ink, rng: np.random.Generator, box: Box) -> None:
    """Rows of applications."""
    x, y, w, h = box
    first, second = ink.tone(hsv(rng.uniform(), 0.5, 0.9)), ink.tone(hsv(rng.uniform(), 0.6, 0.6))
    ink.painter.fill(shapes.rect(*box), linear((x, y), (x + w, y + h), [first, second]))
    side = w * 0.17
    for row in range(int(h / (w / 4)) - 1):
        for column in range(4):
            if rng.random() < 0.15:
                continue
            left = x + w * (0.06 + 0.235 * column)
            top = y + w * (0.12 + 0.26 * row)
            tile = shapes.rect(left, top, side, side, side * 0.25)
            color = hsv(rng.uniform(), rng.uniform(0, 0.8), rng.uniform(0.4, 1))
            ink.painter.fill(tile, solid(ink.tone(color)))
            middle = (left + side / 2, top + side / 2)
            mark = (
                shapes.ellipse(*middle, side * 0.26),
                shapes.rect(left + side * 0.25, top + side * 0.3, side * 0.5, side * 0.4, 2),
                shapes.star(*middle, side * 0.3, side * 0.14, 5),
                shapes.heart(*middle, side * 0.5),
            )[rng.integers(4)]
            ink.painter.fill(mark, solid(WHITE, 0.9))


def _feed(ink: Ink, rng: np.random.Generator, box: Box) -> None:
    """Posts or news: a picture without people over lines of text."""
    x, y, w, h = box
    language, face = _script(rng)
    at, size = y + h * 0.05, w * 0.06
    while at < y + h:
        _avatar(ink, rng, x + w * 0.1, at + w * 0.06, w * 0.05)
        _line(ink, face, size, _said(rng, language, 8), x + w * 0.2, at + w * 0.06, DARK)
        tall = w * rng.uniform(0.35, 0.7)
        top, low = hsv(rng.uniform(), 0.4, 0.95), hsv(rng.uniform(), 0.4, 0.6)
        photo = shapes.rect(x, at + w * 0.15, w, tall)
        ink.painter.fill(photo, linear((x, at), (x, at + tall), [ink.tone(top), ink.tone(low)]))
        hill = shapes.ellipse(x + w * rng.uniform(), at + w * 0.15 + tall, w * 0.5, tall * 0.4)
        with ink.painter.shading(photo):
            ink.painter.fill(hill, solid(ink.tone(mix(low, DARK, 0.4))))
        at += w * 0.22 + tall
        for _ in range(int(rng.integers(1, 4))):
            _line(ink, face, size, _said(rng, language, 12), x + w * 0.06, at, (70, 72, 80))
            at += size * 1.5
        at += w * 0.06


def _call(ink: Ink, rng: np.random.Generator, box: Box) -> None:
    """Who calls, and the green and the red button."""
    x, y, w, h = box
    top = ink.tone(hsv(rng.uniform(0.5, 0.8), 0.5, rng.uniform(0.15, 0.6)))
    ink.painter.fill(shapes.rect(*box), linear((x, y), (x, y + h), [top, DARK]))
    language, face = _script(rng)
    name, size = _said(rng, language, 4), w * 0.13
    wide = fonts.advance(face, size, name)
    _line(ink, face, size, name, x + (w - wide) / 2, y + h * 0.2, _on(top))
    _avatar(ink, rng, x + w / 2, y + h * 0.42, w * 0.2)
    level = y + h * 0.82
    for u, color in ((0.25, (226, 60, 56)), (0.75, (60, 196, 92))):
        ink.painter.fill(shapes.ellipse(x + w * u, level, w * 0.11), solid(ink.tone(color)))
        bar = [(x + w * (u - 0.04), level), (x + w * (u + 0.04), level)]
        ink.painter.stroke(shapes.polygon(bar, closed=False), pen(WHITE, w * 0.04))


def _clock(ink: Ink, rng: np.random.Generator, box: Box) -> None:
    """The time of day in large digits."""
    x, y, w, h = box
    colors = [ink.tone(hsv(rng.uniform(), s, v)) for s, v in ((0.5, 0.7), (0.6, 0.3))]
    ink.painter.fill(shapes.rect(*box), linear((x, y), (x, y + h), colors))
    text = f"{rng.integers(0, 24):02d}:{rng.integers(0, 60):02d}"
    path = fonts.line_path("sans", w * 0.3, text, x + w / 2, y + h * 0.25)
    ink.painter.fill(path, solid(_on(colors[0])))


def _off(ink: Ink, rng: np.random.Generator, box: Box) -> None:
    """Nothing: a dark glass, perhaps cracked."""
    x, y, w, h = box
    if rng.random() < 0.5:
        at = x + w * rng.uniform(0.2, 0.8), y + h * rng.uniform(0.2, 0.8)
        for angle in rng.uniform(0, 6.3, 9):
            end = at[0] + w * np.cos(angle), at[1] + w * np.sin(angle)
            ink.painter.stroke(shapes.polygon([at, end], closed=False), pen(WHITE, 0.8, 0.7))


_SCREENS = {"chat": _chat, "icons": _icons, "feed": _feed, "call": _call, "clock": _clock,
            "off": _off}  # fmt: skip


def handset(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A telephone, turned a little."""
    turn = skia.Matrix.Translate(x, y)
    turn.preRotate(float(rng.uniform(-20, 20)))
    with ink.painter.group(turn):
        screen(ink, rng, (-size * 0.28, -size * 0.55, size * 0.56, size * 1.1))


def monitor(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A computer or television screen with news, lines of text or a curve."""
    w, h = size, size * 0.62
    left, top = x - w / 2, y - h / 2
    ink.shape(shapes.rect(x - w * 0.06, y + h / 2, w * 0.12, h * 0.18), (70, 72, 78))
    ink.shape(shapes.rect(left, top, w, h, w * 0.02), (36, 38, 44))
    glass = (left + w * 0.025, top + w * 0.025, w * 0.95, h - w * 0.05)
    path = shapes.rect(*glass)
    language, face = _script(rng)
    with ink.painter.group(clip=path):
        kind = rng.integers(3)
        ground = DARK if kind == 2 else (240, 243, 247)
        ink.painter.fill(path, solid(ink.tone(ground)), ink.label)
        if kind == 0:
            _feed(ink, rng, (left + w * 0.2, top, w * 0.6, h))
        elif kind == 1:
            for row in range(9):
                at = top + h * (0.12 + 0.1 * row)
                _line(ink, face, h * 0.06, _said(rng, language, 14), left + w * 0.08, at, DARK)
        else:
            points = [(left + w * (0.05 + 0.09 * i), top + h * rng.uniform(0.2, 0.8))
                      for i in range(11)]  # fmt: skip
            color = ink.tone(hsv(rng.uniform(), 0.7, 1))
            ink.painter.stroke(shapes.polygon(points, closed=False), pen(color, w * 0.01))


WINDOWS: tuple[Color, ...] = ((60, 150, 255), (90, 220, 255), (170, 110, 255), (255, 90, 90),
                              (255, 206, 90), (110, 240, 170))  # fmt: skip
"""Colours of game systems."""


def status_window(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """The window of a game system that only heroes see: a glowing frame with lines of text."""
    glow = WINDOWS[rng.integers(len(WINDOWS))]
    w, h = size * rng.uniform(1.0, 1.5), size * rng.uniform(0.35, 1.1)
    left, top = x - w / 2, y - h / 2
    frame = shapes.rect(left, top, w, h, size * float(rng.choice([0.0, 0.02, 0.06])))
    pane = mix((8, 12, 30), glow, rng.uniform(0.05, 0.35))
    if rng.random() < 0.15:
        pane = mix(WHITE, glow, 0.15)
    pane, glow = ink.tone(pane), ink.tone(glow)
    lit = radial((x, y), max(w, h) * 0.8, (glow, glow), (0.45, 0.0))
    ink.painter.fill(shapes.ellipse(x, y, max(w, h) * 0.8), lit)
    letters = WHITE if sum(pane) < 400 else DARK
    ink.painter.fill(frame, solid(pane, rng.uniform(0.8, 0.97)), ink.label)
    for width, alpha in ((0.03, 0.25), (0.012, 0.9)):
        ink.painter.stroke(frame, pen(glow, size * width, alpha))
    if rng.random() < 0.5:
        _corners(ink, (left, top, w, h), size * 0.08, glow)
    language, face = _script(rng)
    high = size * rng.uniform(0.055, 0.09)
    head = phrases.titled(rng, language)
    wide = fonts.advance(face, high * 1.2, head)
    _line(ink, face, high * 1.2, head, x - wide / 2, top + high * 1.4, letters)
    row = top + high * 3.2
    while row < top + h - high:
        text = phrases.counted(rng, language)[: int(w / high)]
        _line(ink, face, high, text, left + w * 0.08, row, letters)
        if rng.random() < 0.3:
            start, wide = (left + w * 0.55, row - high * 0.3), w * 0.36
            bar = shapes.rect(*start, wide, high * 0.6)
            ink.painter.fill(bar, solid(ink.tone(mix(pane, (0, 0, 0), 0.3))))
            part = shapes.rect(*start, wide * rng.uniform(0.1, 1), high * 0.6)
            color = hsv(rng.choice([0.0, 0.58, 0.33]), 0.7, 0.9)
            ink.painter.fill(part, solid(ink.tone(color)))
        row += high * rng.uniform(1.5, 2.1)


def _corners(ink: Ink, box: Box, reach: float, color: Color) -> None:
    """Angles and knobs on the corners of a window."""
    x, y, w, h = box
    for a in (0, 1):
        for b in (0, 1):
            px, py = x + a * w, y + b * h
            dx, dy = reach * (1 - 2 * a), reach * (1 - 2 * b)
            angle = [(px + dx, py), (px, py), (px, py + dy)]
            ink.painter.stroke(shapes.polygon(angle, closed=False), pen(WHITE, reach * 0.2, 0.9))
            knob = shapes.placed([(-1, 0), (0, -1), (1, 0), (0, 1)], px, py, reach * 0.2)
            ink.painter.fill(shapes.polygon(knob), solid(color))

"""Draws a planned shot into a panel, with the truth of its faces."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.reader.points import MIRRORED
from webtoon_curate.synth import shapes
from webtoon_curate.synth.covers.covers import GLASSES, HATS, draw_cover
from webtoon_curate.synth.figures.body import Body
from webtoon_curate.synth.figures.build import face_span
from webtoon_curate.synth.figures.legs import SEATED
from webtoon_curate.synth.figures.seats import draw_ground_shadow, draw_seat
from webtoon_curate.synth.grounds.floors import MOOD as FLOOR
from webtoon_curate.synth.grounds.floors import draw_floor
from webtoon_curate.synth.grounds.landscapes import draw_landscape
from webtoon_curate.synth.grounds.moods import draw_mood
from webtoon_curate.synth.grounds.places import INDOORS, WORLD
from webtoon_curate.synth.grounds.rooms import draw_room, table
from webtoon_curate.synth.grounds.scenery import bush
from webtoon_curate.synth.heads.face import draw_head, draw_head_from_behind
from webtoon_curate.synth.heads.visibility import HeadTruth
from webtoon_curate.synth.ink import Ink, Look, hsv
from webtoon_curate.synth.labels import MIRRORED_LABELS, Label
from webtoon_curate.synth.paint import WHITE, Painter, argb, mix, solid
from webtoon_curate.synth.people.style import GRAINY_FILLS
from webtoon_curate.synth.scenes.plan import Actor, Shot
from webtoon_curate.synth.shapes import Box
from webtoon_curate.synth.sketch import Light
from webtoon_curate.synth.things.distractors import draw_distractor
from webtoon_curate.synth.things.effects import draw_effect

REFERENCE_HEAD = 110.0
"""Head height in pixels whose line width backgrounds are drawn with, times `SCENERY_LINE`."""
SCENERY_LINE = 0.6

GRAIN = [0.4, 0, 0, 0, 0.3, 0.4, 0, 0, 0, 0.3, 0.4, 0, 0, 0, 0.3, 0, 0, 0, 0, 1]
"""Colour matrix that turns noise into opaque greys around the middle, for soft light to make a
faint grain of."""
RIM_LIGHT = argb((255, 248, 232))
RIM = 0.007
"""Width of the bright rim around people before the light, shorter sides of the panel."""
SEATS, SHADOWED = 0.85, 0.35
"""Shares of people who sit with something under them, and of people with a shadow at their feet."""
PILLOWS = 0.6
"""Share of lying people with a pillow."""


@dataclass(frozen=True)
class Placed:
    """Where a shot lies on the page: `x`, `y` of its top-left corner, scale, mirrored or not."""

    x: float
    y: float
    scale: float = 1.0
    mirror: bool = False
    width: float = 0.0
    """Of the shot in its own pixels; needed to mirror."""

    def matrix(self) -> skia.Matrix:
        """From the shot's pixels to the page's."""
        if self.mirror:
            return skia.Matrix.MakeAll(
                -self.scale, 0, self.x + self.width * self.scale, 0, self.scale, self.y, 0, 0, 1
            )
        return skia.Matrix.MakeAll(self.scale, 0, self.x, 0, self.scale, self.y, 0, 0, 1)

    def points(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 2) points of the shot on the page."""
        x = self.width - points[:, 0] if self.mirror else points[:, 0]
        moved = np.stack([x, points[:, 1]], axis=1) * self.scale + (self.x, self.y)
        return moved.astype(np.float32)


@dataclass
class DrawnFace:
    """A face on a page, with its truth in page pixels.

    Attributes:
        actor: whose it is.
        shot: the drawing it is in.
        placed: where that was drawn.
        truth: landmarks, box and the rest, in page pixels.
        local: the face box in the shot's pixels.
        seen, lettered, covered, cut: shares 0-1 of the face's pixels: visible, under lettering,
            under anything else, beyond the panel or the page; they add up to 1.
    """

    actor: Actor
    shot: Shot
    placed: Placed
    truth: HeadTruth
    local: Box
    seen: float = 1.0
    lettered: float = 0.0
    covered: float = 0.0
    cut: float = 0.0


def draw_shot(
    painter: Painter, shot: Shot, placed: Placed, outline: skia.Path, instances: Iterator[int]
) -> tuple[list[DrawnFace], list[Box]]:
    """Draw a shot into an outline of the page.

    Args:
        painter: the page.
        shot: what.
        placed: where its corner lies and how it is scaled.
        outline: the panel's shape, page pixels; nothing is drawn outside.
        instances: fresh numbers 1-255 for the heads.

    Returns:
        The faces, and x, y, width, height of faceless heads (crowds), in page pixels.
    """
    drawn: list[DrawnFace] = []
    light = light_of(shot)
    with painter.group(clip=outline), painter.group(placed.matrix()):
        _background(painter, shot)
        back = Ink(painter, _scenery(shot), np.random.default_rng(shot.seed + 1), Label.BACKGROUND)
        painter.instance = 0
        for prop in shot.props:
            if not prop.front:
                rng = np.random.default_rng(prop.seed)
                draw_distractor(back, rng, prop.x, prop.y, prop.size, prop.name)
        _crowd(back, shot)
        with _lit_from_behind(painter, shot, light):
            for actor in shot.actors:
                painter.instance = next(instances)
                truth = _person(painter, shot, actor, light)
                if truth is not None:
                    drawn.append(DrawnFace(actor, shot, placed, truth, truth.box))
            painter.instance = 0
            _covers(painter, shot, drawn, light)
        _foreground(painter, shot)
        _finish(painter, shot)
    for face in drawn:
        face.truth = _moved(face.truth, placed)
    boxes = [(x - s * 0.4, y - s * 0.5, s * 0.8, s) for x, y, s, _ in shot.crowd]
    return drawn, [moved_box(box, placed) for box in boxes]


def _finish(painter: Painter, shot: Shot) -> None:
    """Light, and the grain of paper and brushes, over the whole drawing."""
    if shot.faded:
        bleach = solid((128, 128, 128))
        bleach.setBlendMode(skia.BlendMode.kSaturation)
        painter.canvas.drawPaint(bleach)
    if shot.tint != WHITE:
        shade = solid(shot.tint)
        shade.setBlendMode(skia.BlendMode.kMultiply)
        painter.canvas.drawPaint(shade)
    if shot.style.fill in GRAINY_FILLS and not shot.bare:
        noise = skia.PerlinNoiseShader.MakeFractalNoise(0.3, 0.2, 2, float(shot.seed % 997))
        even = skia.ColorFilters.Matrix(GRAIN)
        paper = skia.Paint(
            Shader=noise.makeWithColorFilter(even), BlendMode=skia.BlendMode.kSoftLight
        )
        painter.canvas.drawPaint(paper)


@contextlib.contextmanager
def _lit_from_behind(painter: Painter, shot: Shot, light: Light) -> Iterator[None]:
    """What is drawn within it is darkened by the shot's colour, unless that is white, and has a
    bright rim where the shot has one."""
    if shot.backlight == WHITE:
        yield
        return
    darken = skia.ColorFilters.Blend(argb(shot.backlight), skia.BlendMode.kModulate)
    paint = skia.Paint(ColorFilter=darken)
    if shot.rim:
        bright = skia.ColorFilters.Blend(RIM_LIGHT, skia.BlendMode.kSrcIn)
        reach = -max(RIM * min(shot.width, shot.height), 1.5)
        moved = skia.ImageFilters.Offset(reach * light.x, reach * light.y)
        edge = skia.ImageFilters.Xfermode(
            skia.BlendMode.kDstOut, skia.ImageFilters.ColorFilter(bright), moved
        )
        paint = skia.Paint(
            ImageFilter=skia.ImageFilters.Merge([skia.ImageFilters.ColorFilter(darken), edge])
        )
    painter.canvas.saveLayer(None, paint)
    yield
    painter.canvas.restore()


def light_of(shot: Shot) -> Light:
    """The light that all of a shot is drawn in."""
    rng = np.random.default_rng(shot.seed)
    x = float(rng.uniform(-0.75, 0.75))
    return Light(x, -float(np.sqrt(1 - x * x)), float(rng.uniform(0.7, 1.3)))


def _scenery(shot: Shot) -> Look:
    """The look of all that is no person."""
    light = light_of(shot)
    return Look.of(shot.style, REFERENCE_HEAD * SCENERY_LINE, (light.x, light.y))


def _background(painter: Painter, shot: Shot) -> None:
    """The place or the mood behind the people; nothing where the gutter is to show through."""
    if shot.bare:
        return
    rng = np.random.default_rng(shot.seed + 2)
    ink = Ink(painter, _scenery(shot), rng)
    canvas, whole = painter.canvas, skia.Rect.MakeWH(shot.width, shot.height)
    if shot.place is None:
        canvas.save()
        canvas.clipRect(whole)
        if shot.mood == FLOOR:
            draw_floor(ink, rng, shot.width, shot.height)
        else:
            draw_mood(ink, rng, shot.mood, shot.width, shot.height, shot.hue)
        canvas.restore()
        return
    view = shot.view
    if view.blur:
        blur = skia.ImageFilters.Blur(view.blur, view.blur, skia.TileMode.kClamp)
        canvas.saveLayer(whole, skia.Paint(ImageFilter=blur))
    else:
        canvas.save()
    canvas.translate(shot.width / 2, shot.height / 2)
    canvas.scale(view.zoom, view.zoom)
    canvas.translate(-view.x, -view.y)
    canvas.clipRect(skia.Rect.MakeWH(*WORLD))
    ink = Ink(painter, replace(ink.look, line=ink.look.line / view.zoom), rng)
    (draw_room if shot.place.kind in INDOORS else draw_landscape)(ink, shot.place)
    canvas.restore()


def _crowd(ink: Ink, shot: Shot) -> None:
    """People without faces, the smaller behind the larger."""
    for x, y, size, color in sorted(shot.crowd, key=lambda figure: figure[2]):
        trunk = [(-0.6, 0.7), (0.6, 0.7), (0.75, 2.4), (0.4, 6), (-0.4, 6), (-0.75, 2.4)]
        ink.shape(shapes.smooth([(x + a * size, y + b * size) for a, b in trunk]), color, line=0.6)
        ink.shape(shapes.ellipse(x, y, size * 0.36, size * 0.5), (226, 190, 164), line=0.6)
        hair = shapes.ellipse(x, y - size * 0.18, size * 0.4, size * 0.38)
        ink.shape(hair, (60, 46, 42), line=0.6)


def _person(painter: Painter, shot: Shot, actor: Actor, light: Light) -> HeadTruth | None:
    """Body and head; the truth of the head unless it is turned away."""
    middle, span = face_span(shot.style, actor.character)
    head = actor.face / span
    rng = np.random.default_rng(actor.seed)
    ink = Ink(painter, Look.of(shot.style, head, (light.x, light.y)), rng, Label.CLOTHES)
    skin = ink.look.tone(actor.character.skin, paper_from=90)
    y = actor.y - middle * head
    body = Body(actor.build, actor.outfit, actor.posture, skin, actor.x, y, head)
    turned = skia.Matrix().setRotate(actor.tilt, actor.x, actor.y)
    turned.preConcat(skia.Matrix().setScale(1, actor.squash, actor.x, actor.y))
    legs = bool(actor.tilt) or y + body.hips * head < shot.height + head

    posture, seat = actor.posture, np.random.default_rng(actor.seed + 2)

    def draw_body() -> None:
        with painter.group(turned):
            if legs and not actor.tilt and seat.random() < SHADOWED:
                draw_ground_shadow(ink, body)
            if legs and posture.legs in SEATED and seat.random() < SEATS:
                draw_seat(ink, body, seat)
            body.draw_behind(ink, legs)

    if shot.kind == "lying" and rng.random() < PILLOWS:
        with painter.group(turned):
            _pillow(ink, actor.x, y, head)
    truth = draw_actor_head(painter, shot, actor, light, draw_body)
    with painter.group(turned):
        body.draw_before(ink)
    return truth


def _pillow(ink: Ink, x: float, y: float, head: float) -> None:
    """Behind the head of somebody who lies."""
    cloth = mix(hsv(ink.rng.uniform(), 0.3, 0.9), WHITE, ink.rng.uniform(0.3, 1))
    corners = [(-1, -0.75), (0, -0.85), (1, -0.75), (1.1, 0), (1, 0.6), (0, 0.7), (-1, 0.6),
               (-1.1, 0)]  # fmt: skip
    path = shapes.smooth([(x + 0.95 * a * head, y + 0.95 * b * head) for a, b in corners])
    ink.shape(path, cloth, label=Label.BACKGROUND)


def draw_actor_head(
    painter: Painter,
    shot: Shot,
    actor: Actor,
    light: Light,
    draw_body: Callable[[], None] | None = None,
) -> HeadTruth | None:
    """The head of an actor, facing or from behind; its truth if it faces.

    `draw_body` is called when the hair behind the head is drawn.
    """
    rng = np.random.default_rng(actor.seed + 1)
    place = (actor.pose, actor.x, actor.y, actor.face, light, rng)
    if not actor.behind:
        return draw_head(painter, actor.character, shot.style, *place, draw_body, actor.extra)
    if draw_body is not None:
        draw_body()
    draw_head_from_behind(painter, actor.character, shot.style, *place)
    return None


def _covers(painter: Painter, shot: Shot, drawn: list[DrawnFace], light: Light) -> None:
    """What stands before the faces that each cover was planned for."""
    for cover in shot.covers:
        look = Look.of(shot.style, 1.4 * cover.face, (light.x, light.y))
        ink = Ink(painter, look, np.random.default_rng(cover.seed), Label.OCCLUDER)
        for face in drawn:
            if (face.actor.x, face.actor.y) == (cover.x, cover.y):
                draw_cover(ink, cover, face.truth.landmarks)
                face.truth.hat |= cover.kind in HATS
                face.truth.glasses |= cover.kind in GLASSES


def _foreground(painter: Painter, shot: Shot) -> None:
    """Tables, bushes and things before the people, and the effect over all."""
    rng = np.random.default_rng(shot.seed + 3)
    ink = Ink(painter, _scenery(shot), rng, Label.OCCLUDER)
    for prop in shot.props:
        if prop.name == "desk":
            wood = shot.place.wood if shot.place else (150, 110, 80)
            table(ink, wood, prop.x - prop.size / 2, prop.y, prop.size, prop.size * 0.5, 0.05)
        elif prop.name == "bush":
            if shot.place is not None:
                plants = np.random.default_rng(prop.seed)
                bush(ink, shot.place, plants, prop.x, prop.y + prop.size, prop.size * 2)
        elif prop.front:
            draw_distractor(
                ink, np.random.default_rng(prop.seed), prop.x, prop.y, prop.size, prop.name
            )
    draw_effect(ink, rng, shot.effect, shot.width, shot.height)


def moved_box(box: Box, placed: Placed) -> Box:
    """A shot's box on the page."""
    x, y, width, height = box
    corners = np.array([(x, y), (x + width, y + height)], np.float32)
    ends = placed.points(corners)
    (x0, y0), (x1, y1) = ends.min(0).tolist(), ends.max(0).tolist()
    return x0, y0, x1 - x0, y1 - y0


def _moved(truth: HeadTruth, placed: Placed) -> HeadTruth:
    """The truth in page pixels; in a mirrored drawing left and right change places."""
    moved = replace(
        truth, landmarks=placed.points(truth.landmarks), box=moved_box(truth.box, placed)
    )
    if not placed.mirror:
        return moved
    return replace(
        moved,
        landmarks=moved.landmarks[MIRRORED],
        landmarks_z=truth.landmarks_z[MIRRORED],
        visible=truth.visible[MIRRORED],
        yaw=-truth.yaw,
        roll=-truth.roll,
        left_eye_color=truth.right_eye_color,
        right_eye_color=truth.left_eye_color,
    )


def parsing(painter: Painter, faces: list[DrawnFace]) -> NDArray[np.uint8]:
    """The page's labels, with the sides of mirrored heads put right: (height, width) uint8."""
    labels = painter.label_map()
    mirrored = [face.truth.instance for face in faces if face.placed.mirror]
    if mirrored:
        flip = np.isin(painter.instance_map(), mirrored)
        labels[flip] = MIRRORED_LABELS[labels[flip]]
    return labels

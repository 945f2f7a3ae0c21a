"""The three-dimensional head under every drawing: rings from crown to chin, turned and projected.

Lengths are in heads (crown to chin is 1), x to the picture's right, y down, z to the reader; the
origin lies between the ears, halfway from crown to chin. The head is turned by yaw, then pitch;
roll and scale happen on the canvas.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.synth.people.style import Style

Array = NDArray[Any]

CROWN, CHIN = -0.5, 0.5
SKULL_Y = -0.1
"""Height of the skull's middle."""
SKULL_BACK = 0.47
"""How far the skull reaches behind the ears; with the face it is about as deep as high."""

_THETA = np.linspace(-math.pi / 2, math.pi / 2, 13)
_SIN, _COS = np.sin(_THETA), np.cos(_THETA) ** 0.8
"""Cross-sections are flatter in front than an ellipse: exponent 0.8, tuned by eye."""

ALL_FACING = 15.0
"""Degrees of yaw up to which eyes, nose and mouth are turned to the reader entirely."""

JAW_ROUNDING = 0.055
"""Over how many heads up and down the roundest jaws are averaged."""

CHIN_ROUNDING = 0.6
"""How much of an ellipse the roundest chins are."""

TEMPLE = 0.035
"""How deep the head is hollowed beside the eyes, as a share of its width."""

GAPES_FROM, LEAST_GAPE, DEEPEST_GAPE = 55.0, 0.02, 0.055
"""Degrees of yaw from which an open mouth is a gap in the outline; the least height of such a
mouth and the greatest depth of the gap, in heads."""

RINGED, RINGS_TURNED = 30.0, 26
"""Degrees of yaw from which the outline shows lips and chin, and how many rings there are then
from the eyes to the chin."""

JAW_SAMPLES = 17
"""Points of the contour from an ear to the chin; every second is a landmark."""


@dataclass(frozen=True)
class Pose:
    """How a head is held and what it shows. Degrees.

    Attributes:
        yaw: positive looks to the picture's right; -110 to 110.
        pitch: positive looks up; -40 to 40.
        roll: positive leans clockwise.
        expression: one of `webtoon_curate.synth.people.poses.EXPRESSIONS`.
        gaze: where the irises sit, -1 to 1 each way in their eye.
        distance: of the reader, in heads; small distances give strong perspective.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    expression: str = "neutral"
    gaze: tuple[float, float] = (0.0, 0.0)
    distance: float = 8.0


def curve(at: Array, heights: list[float], values: list[float]) -> Array:
    """Smooth function through knots (cubic, monotone between them), evaluated at ``at``."""
    x, y = np.asarray(heights), np.asarray(values)
    step = np.diff(x)
    slope = np.diff(y) / step
    tangent = np.zeros_like(y)
    inner, total = slope[:-1] * slope[1:], slope[:-1] + slope[1:]
    tangent[1:-1] = np.where(inner > 0, 2 * inner / np.where(total == 0, 1.0, total), 0.0)
    tangent[0], tangent[-1] = slope[0], slope[-1]
    index = np.minimum(np.maximum(np.searchsorted(x, at, side="right") - 1, 0), len(step) - 1)
    h = step[index]
    t = np.minimum(np.maximum((at - x[index]) / h, 0), 1)
    a, b = y[index], y[index + 1]
    m, n = tangent[index] * h, tangent[index + 1] * h
    return a + t * (m + t * (3 * (b - a) - 2 * m - n + t * (2 * (a - b) + m + n)))


def rotation(yaw: float, pitch: float) -> Array:
    """(3, 3) matrix that turns a head by yaw, then pitch, both in degrees."""
    a, b = math.radians(yaw), math.radians(pitch)
    turn = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
    nod = np.array([[1, 0, 0], [0, math.cos(b), -math.sin(b)], [0, math.sin(b), math.cos(b)]])
    return nod @ turn


class Head:
    """A head of one identity and style, turned.

    Attributes:
        contour: (33, 2) points from the left ear down around the chin to the right ear.
        contour_z: (33,) their depth before projection, in heads, to the reader.
        chains: the same outline ring by ring, (n, 2) from the left ear to the chin and (n, 2)
            from the right one.
        forehead: left and right chains from the ear up to the crown, (n, 2) each.
        grid, flat: the rings' corners, left to right and crown to chin, (rings, 13, 3) unturned
            and (rings, 13, 2) in the picture.
        skull: symmetric (2, 2) matrix and center that carry the unit circle to its outline.
    """

    def __init__(self, style: Style, pose: Pose, gape: float = 0.0) -> None:
        """``gape`` is how far the mouth opens, in heads: from the side it opens the outline."""
        self.style, self.pose = style, pose
        self.gape = gape if abs(pose.yaw) > GAPES_FROM else 0.0
        self.rotation = rotation(pose.yaw, pose.pitch)
        self._rings()
        self._contours()
        self._skull()

    def _rings(self) -> None:
        s = self.style
        eye, nose, mouth = s.eye_y, s.nose_y, s.mouth_y
        brow = eye - s.eye_size * s.eye_open - s.brow_gap
        turned = abs(self.pose.yaw) > RINGED
        low = np.linspace(eye + 0.03, CHIN, RINGS_TURNED if turned else 14)
        # The chin turns fastest, so its rings stand closer.
        low = CHIN - (CHIN - low) * (0.75 + 0.25 * (CHIN - low) / (CHIN - low[0]))
        high = np.array([CROWN, -0.48, -0.43, -0.35, -0.25, -0.15, brow, (brow + eye) / 2, eye])
        self.ring_y = np.concatenate([np.sort(high), low])
        side = (mouth + CHIN) / 2
        y = self.ring_y
        above = np.clip((eye - y) / (eye - CROWN), 0, 1)
        knots = [eye, nose - 0.02, mouth, side + 0.03, CHIN]
        widths = [1.0, s.cheek, s.jaw, s.chin, s.point]
        if s.jaw_round:
            reach = np.minimum(JAW_ROUNDING * s.jaw_round, CHIN - y)
            spread = np.concatenate([y - reach, y, y + reach])
            below = curve(spread, knots, widths).reshape(3, -1).mean(0)
            down = np.clip((y - knots[3]) / (CHIN - knots[3]), 0, 1)
            cap = s.chin * np.sqrt(1 - down**2)
            below += CHIN_ROUNDING * s.jaw_round * np.where(down > 0, cap - below, 0.0)
        else:
            below = curve(y, knots, widths)
        temple = 1 - TEMPLE * np.exp(-(((y - eye) / 0.07) ** 2))
        self.ring_w = s.width * np.where(y > eye, below, (1 - above**2.5) ** (1 / 2.2)) * temple
        self._depths(brow)

    def _depths(self, brow: float) -> None:
        """How far each ring reaches forward at its sides and in its middle."""
        s, y, side = self.style, self.ring_y, self.style.side
        d, eye, nose, mouth = s.depth, s.eye_y, s.nose_y, s.mouth_y
        knots, edges = [CROWN, eye + 0.06, mouth, CHIN], [0.0, 0.0, 0.13, 0.7 * d + side.chin]
        if side.jaw:
            knots.insert(3, mouth + 0.5 * (CHIN - mouth))
            edges[2] -= 0.1 * side.jaw
            edges.insert(3, 0.22 - 0.09 * side.jaw)
        self.ring_edge = curve(y, knots, edges)
        lip = (0.004 + 0.026 * s.lips) * side.lip
        out, chin = d + side.muzzle, d + side.chin
        high, low = mouth - 0.025, mouth + 0.03
        front = [0.0, (0.55 + 0.6 * side.forehead) * d, (0.88 + side.forehead) * d, d + side.ridge,
                 d - 0.035 - side.dip, out - 0.02, out + lip - 0.024, out - 0.03 - 0.3 * lip,
                 out + 0.7 * lip - 0.034, 0.5 * (out + chin) - 0.056, chin - 0.046,
                 0.76 * d + side.chin]  # fmt: skip
        knots = [CROWN, -0.46, -0.33, brow, eye, nose, high, mouth, low, (low + 0.46) / 2, 0.455,
                 CHIN]  # fmt: skip
        self.ring_front = curve(y, knots, front)
        if self.gape > LEAST_GAPE:
            across = np.clip((y - mouth + 0.25 * self.gape) / self.gape, 0, 1)
            self.ring_front -= min(0.7 * self.gape, DEEPEST_GAPE) * np.sin(np.pi * across) ** 0.6

    def _contours(self) -> None:
        x = self.ring_w[:, None] * _SIN
        z = self.ring_edge[:, None] + (self.ring_front - self.ring_edge)[:, None] * _COS
        grid = np.stack([x, np.broadcast_to(self.ring_y[:, None], x.shape), z], axis=-1)
        flat, depth = self.project(grid.reshape(-1, 3))
        flat, depth = flat.reshape(*x.shape, 2), depth.reshape(x.shape)
        self.grid, self.flat = grid, flat
        rows = np.arange(len(x))
        left, right = flat[:, :, 0].argmin(1), flat[:, :, 0].argmax(1)
        level = int(np.searchsorted(self.ring_y, self.style.eye_y))
        chin, chin_z = self.project(np.array([[0.0, CHIN, self.ring_front[-1]]]))
        sides, depths, self.chains = [], [], []
        for pick in (left, right):
            chain = np.concatenate([flat[rows, pick][level:], chin])
            chain_z = np.concatenate([depth[rows, pick][level:], chin_z])
            self.chains.append(chain)
            step = np.hypot(*np.diff(chain, axis=0).T)
            along = np.concatenate([[0], np.cumsum(step)])
            even = np.linspace(0, along[-1], JAW_SAMPLES)
            sides.append(np.stack([np.interp(even, along, chain[:, i]) for i in range(2)], axis=1))
            depths.append(np.interp(even, along, chain_z))
        self.contour = np.concatenate([sides[0], sides[1][-2::-1]])
        self.contour_z = np.concatenate([depths[0], depths[1][-2::-1]])
        upper = flat[rows, left][: level + 1], flat[rows, right][: level + 1]
        self.forehead = upper[0][::-1], upper[1][::-1]

    def _skull(self) -> None:
        middle = (self.style.depth - SKULL_BACK) / 2
        radii = np.array([self.style.width, SKULL_Y - CROWN, self.style.depth - middle])
        spread = (self.rotation * radii**2) @ self.rotation.T
        # The symmetric root of the spread carries the unit circle onto the outline and turns
        # directions as little as possible.
        values, vectors = np.linalg.eigh(spread[:2, :2])
        center, _ = self.project(np.array([[0.0, SKULL_Y, middle]]))
        self.skull = (vectors * np.sqrt(values)) @ vectors.T, center[0]

    def skull_outline(self, scale: float, angles: Array) -> Array:
        """(n, 2) points on the skull's outline, enlarged by ``scale``, at angles in radians.

        Angle 0 points right, pi / 2 down.
        """
        root, center = self.skull
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return center + scale * circle @ root

    def project(self, points: Array) -> tuple[Array, Array]:
        """(n, 3) points of the unturned head to (n, 2) on the picture and (n,) depths."""
        turned = points @ self.rotation.T
        near = self.pose.distance / (self.pose.distance - turned[:, 2:])
        return turned[:, :2] * near, turned[:, 2]

    def surface(self, points: Array, lift: float = 0.0) -> Array:
        """(n, 3) points of the face under (n, 2) points of the frontal drawing.

        ``lift`` raises them above the skin.
        """
        x, y = points[:, 0], points[:, 1]
        width = np.interp(y, self.ring_y, self.ring_w)
        edge = np.interp(y, self.ring_y, self.ring_edge)
        front = np.interp(y, self.ring_y, self.ring_front)
        inside = np.maximum(1 - (x / np.maximum(width, 1e-6)) ** 2, 0)
        placed = np.empty((len(points), 3))
        placed[:, :2] = points
        placed[:, 2] = edge + (front - edge) * inside**0.4 + lift
        return placed

    def facing(self, points: Array) -> NDArray[np.bool_]:
        """Whether the face at (n, 2) points of the frontal drawing is turned to the reader."""
        if abs(self.pose.yaw) < ALL_FACING:
            return np.ones(len(points), dtype=bool)
        step, count = 0.01, len(points)
        shifts = np.repeat([[step, 0], [-step, 0], [0, step], [0, -step]], count, axis=0)
        z = self.surface(np.tile(points, (4, 1)) + shifts)[:, 2].reshape(4, count)
        slope = (z[::2] - z[1::2]) / (2 * step)
        return self.rotation[2, 2] - self.rotation[2, :2] @ slope > 0

    def hides(self, side: int, turn: float) -> bool:
        """Whether a side (-1 left, 1 right) is turned away by more than so many degrees."""
        return side * self.pose.yaw > turn

    def place(self, points: Array, lift: float = 0.0) -> Array:
        """(n, 2) points of the frontal drawing to the turned picture."""
        return self.project(self.surface(points, lift))[0]

    def frame(self, x: float, y: float) -> tuple[Array, Array, float]:
        """The face as a flat patch around a point: 2x2 matrix, image of the point, facing.

        The matrix takes offsets in the frontal drawing to offsets in the picture; facing is the
        share of the patch that is turned to the reader, negative when it is turned away.
        """
        step = 0.02
        near = np.array([[x, y], [x + step, y], [x - step, y], [x, y + step], [x, y - step]])
        spots, _ = self.project(self.surface(near))
        matrix = np.stack([spots[1] - spots[2], spots[3] - spots[4]], axis=1) / (2 * step)
        (a, b), (c, d) = matrix.tolist()
        return matrix, spots[0], a * d - b * c

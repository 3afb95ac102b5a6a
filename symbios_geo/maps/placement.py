"""Where labels and flow lines go on a drawing: greedy, deterministic, in points of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely

STEPS = (2.0, 9.0, 20.0, 34.0, 50.0)  # clear distance from symbol to label, in the drawing's unit
DIRECTIONS = (0, 180, 90, 270, 45, 315, 135, 225)  # degrees; right of the symbol is read first
LEADER_FROM = 8.0  # a label this far from its symbol needs a line to it
ALONG = 12  # boxes along that line
COVERING = 250.0  # cost of a label that lies wholly on things which are better left uncovered
LARGEST_COST = 80.0
STRUCK = 25.0  # cost of a line across a label, and of a bare label on a symbol
OUTSIDE = 1e6


class Label(NamedTuple):
    """
    A text box that wants to be near (x, y), outside `clearance`, or on an anchor (x, y, cost).

    What has `over` may cover lines and symbols, such as a number within its own circle; what is
    `bare` has no plate behind it, so that a border would strike it through. A line leads to what
    is `led`, however near it stands.
    """

    x: float
    y: float
    width: float
    height: float
    clearance: float = 0.0
    anchors: tuple[tuple[float, float, float], ...] = ()
    over: bool = False
    bare: bool = False
    led: bool = False


class Spot(NamedTuple):
    """Where the middle of a label goes, and whether a line must lead back to its symbol."""

    x: float
    y: float
    leader: bool


def place_labels(
    labels: Sequence[Label],
    *,
    frame: tuple[float, float, float, float],
    hard: Sequence[tuple[float, float, float, float]] = (),
    soft: Sequence[tuple[float, float, float, float]] = (),
    lines: Sequence[tuple[float, float, float, float]] = (),
) -> list[Spot | None]:
    """
    Return a spot for each label, in order of importance; None where nothing fits.

    Parameters
    ----------
    labels
        Boxes to place; an earlier one gets the better spot.
    frame
        No label reaches outside this box: left, bottom, right, top.
    hard
        Boxes that no label may touch, such as legends.
    soft
        Boxes that are better left visible, such as symbols and lines.
    lines
        Boxes along borders, which would strike through a bare label.
    """
    blocked = [np.asarray(box, dtype=float) for box in hard]
    avoided = np.asarray(soft, dtype=float).reshape(-1, 4)
    crossed = np.vstack([avoided, np.asarray(lines, dtype=float).reshape(-1, 4)])
    spots: list[Spot | None] = []
    led: list[shapely.LineString] = []
    drawn = np.empty((0, 4))  # along the lines from labels to their symbols
    for label in labels:
        middles, costs, far = _candidates(label)
        boxes = _boxes(middles, label.width, label.height)
        weight = (5 if label.over else COVERING) / max(label.width * label.height, 1e-9)
        shared = _overlap(boxes, crossed if label.bare else avoided)
        costs = costs + weight * shared + STRUCK * (label.bare & (shared > 0))
        if label.bare:  # a border through a name is read, a name on a symbol hides it
            costs = costs + STRUCK * (_overlap(boxes, avoided) > 0)
        costs = costs + STRUCK * (_overlap(boxes, drawn) > 0)
        costs = costs + OUTSIDE * _outside(boxes, frame)
        costs = costs + OUTSIDE * (_overlap(boxes, np.reshape(blocked, (-1, 4))) > 0)
        # a line from a label to its symbol crosses no other label
        others = np.reshape(blocked[len(hard) :], (-1, 4))
        costs[far] += _struck(label, middles[far], others)
        costs[far] += STRUCK * _crossing(label, middles[far], led)
        best = int(np.argmin(costs))
        if costs[best] > LARGEST_COST:
            spots.append(None)
            continue
        blocked.append(boxes[best])
        if far[best]:
            line = _leaders(label, middles[[best]])
            led.append(shapely.LineString([(label.x, label.y), middles[best]]))
            avoided, crossed, drawn = (np.vstack([k, line]) for k in (avoided, crossed, drawn))
        spots.append(Spot(float(middles[best, 0]), float(middles[best, 1]), bool(far[best])))
    return spots


def _leaders(label: Label, middles: np.ndarray) -> np.ndarray:
    """Return small boxes along the lines from a symbol to where its label may go, line by line."""
    lines = np.linspace((label.x, label.y), middles, ALONG, axis=1)
    return _boxes(lines.reshape(-1, 2), 2.0, 2.0)


def _struck(label: Label, middles: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return what it costs at each middle that the line to it crosses other labels."""
    shared = _overlap(_leaders(label, middles), others).reshape(-1, ALONG)
    return STRUCK * (shared.sum(axis=1) > 0)


def _crossing(label: Label, middles: np.ndarray, led: list[shapely.LineString]) -> np.ndarray:
    """Return whether the line to each middle crosses a line that leads to another label."""
    starts = np.broadcast_to((label.x, label.y), middles.shape)
    lines = shapely.linestrings(np.stack([starts, middles], axis=1))
    return np.asarray(shapely.crosses(lines, shapely.MultiLineString(led)), dtype=float)


def boxes_along(path: np.ndarray, width: float) -> list[tuple[float, float, float, float]]:
    """Return small boxes that cover a line of points, so that labels can keep off it."""
    half = width / 2
    return [(x - half, y - half, x + half, y + half) for x, y in path]


def _candidates(label: Label) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the middles a label could take, what each costs, and which are far away."""
    if label.anchors:
        anchors = np.asarray(label.anchors, dtype=float)
        middles, costs = anchors[:, :2], anchors[:, 2]
        far = np.zeros(len(middles), dtype=bool)
        if not label.over:
            return middles, costs, far
        beside = _candidates(label._replace(anchors=()))
        costs = np.concatenate([costs, beside[1] + LEADER_FROM])
        return np.vstack([middles, beside[0]]), costs, np.concatenate([far, beside[2]])
    step, angle = np.meshgrid(STEPS, np.radians(DIRECTIONS), indexing="ij")
    across, up = np.cos(angle).round(9), np.sin(angle).round(9)
    out = label.clearance + step
    x = label.x + across * (out + label.width / 2 * np.abs(across))
    y = label.y + up * (out + label.height / 2 * np.abs(up))
    costs = step * 0.7 + np.arange(len(DIRECTIONS)) * 0.2
    far = (step.ravel() > LEADER_FROM) | label.led
    return np.column_stack([x.ravel(), y.ravel()]), costs.ravel(), far


def _boxes(middles: np.ndarray, width: float, height: float) -> np.ndarray:
    half = np.array([width / 2, height / 2])
    return np.hstack([middles - half, middles + half])


def _overlap(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each box the area that it shares with the others, summed."""
    if not len(boxes):
        return np.zeros(0)
    # of the thousands on a page few lie where the boxes are
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    others = others[((others[:, :2] < high) & (others[:, 2:] > low)).all(axis=1)]
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    sides = np.maximum(high - low, 0.0)
    return (sides[..., 0] * sides[..., 1]).sum(axis=1)


def _outside(boxes: np.ndarray, frame: tuple[float, float, float, float]) -> np.ndarray:
    left, bottom, right, top = frame
    return (
        (boxes[:, 0] < left) | (boxes[:, 1] < bottom) | (boxes[:, 2] > right) | (boxes[:, 3] > top)
    )


def tapered_arrow(
    start: np.ndarray, end: np.ndarray, width: float, *, gap: float = 0.0
) -> np.ndarray:
    """
    Return the outline of a straight arrow that is `width` broad at its start and narrows.

    It ends `gap` before its end, where the symbol of the receiver stands.
    """
    away = np.subtract(end, start)
    length = float(np.hypot(*away))
    along = away / length if length > 1e-6 else np.array([1.0, 0.0])
    across = np.array([-along[1], along[0]])
    tip = start + along * max(length - gap, 0.5 * length)
    head = min(max(6.0, 1.1 * width), 0.6 * float(np.hypot(*(tip - start))))
    neck = tip - along * head
    barb, narrow = max(0.68 * width, 2.6), 0.28 * width
    half = width / 2
    return np.array(
        [
            start + across * half,
            neck + across * narrow,
            neck + across * barb,
            tip,
            neck - across * barb,
            neck - across * narrow,
            start - across * half,
        ]
    )

// The two marks of the map: a circle whose slices are classes, and an arrow of a matched flow.
import { map } from "./data.js";

export const GREY = "#7a858d";
const COUNT_HIGH = 8; // pixels, half of a count with its halo
export const halfCount = (count) => 3.5 * `${count}`.length + 4.5; // pixels, half its width
export const EXTRA_RING = 4; // pixels, around a place larger than the scale
const LEAST_HEADED = 10; // pixels; a shorter line has no room for the head of an arrow
const BAND = 0.42; // of the radius of a town's ring
const PALE = 0.5; // of the strength of a flow between two places
const STITCH = [7, 4]; // pixels
const STEP = 2; // pixels, between the points of a line
const EDGE = 2; // pixels, of an open arrow
const MOVED = 4; // pixels, radius of a sender that stands farther off than it is

const Pie = L.CircleMarker.extend({
  // what lies outside these bounds is cut off when a part of the map is drawn again
  _updateBounds() {
    L.CircleMarker.prototype._updateBounds.call(this);
    const { beyond, count, spot } = this.options;
    const holds = (at, wide, high) =>
      this._pxBounds.extend(at.subtract([wide, high])).extend(at.add([wide, high]));
    if (beyond) holds(this._point, this._radius + EXTRA_RING + 1, this._radius + EXTRA_RING + 1);
    if (spot) holds(this._point.add(spot), halfCount(count) + 1, COUNT_HIGH);
  },
  _updatePath() {
    if (!this._renderer._drawing || this._empty()) return;
    const pen = this._renderer._ctx;
    const radius = Math.max(this._radius, 1);
    pen.globalAlpha = 1;
    pen.setLineDash([]);
    SHAPES[this.options.shape](pen, this._point, radius, this.options);
    const { count, spot } = this.options;
    if (spot) drawCount(pen, this._point.add(spot), `\u00d7${count}`);
  },
  _containsPoint(point) {
    const reach = Math.max(this._radius, 4.5) + this._clickTolerance();
    return point.distanceTo(this._point) <= reach;
  },
});

const SHAPES = { cross: drawCross, square: drawSquare, pie: drawPie, ring: drawRing };

// no data: a grey cross, so that it never looks like a small value
function drawCross(pen, { x, y }, r) {
  pen.beginPath();
  pen.moveTo(x - r, y - r);
  pen.lineTo(x + r, y + r);
  pen.moveTo(x + r, y - r);
  pen.lineTo(x - r, y + r);
  stroke(pen, "#fff", 4);
  stroke(pen, GREY, 1.8);
}

// demand of a matched flow fills from below
function drawSquare(pen, { x, y }, r, { slices, edge, edgeWidth, dashed, hollow }) {
  const half = (r * Math.sqrt(Math.PI)) / 2;
  const side = 2 * half;
  const filled = side * slices[0].share;
  if (!hollow) {
    pen.fillStyle = "rgba(255,255,255,.8)";
    pen.fillRect(x - half, y - half, side, side);
  }
  pen.fillStyle = edge;
  pen.globalAlpha = dashed ? 0.35 : 1;
  pen.fillRect(x - half, y + half - filled, side, filled);
  pen.globalAlpha = 1;
  if (dashed) pen.setLineDash([2, 1.4]);
  pen.strokeStyle = edge;
  pen.lineWidth = edgeWidth;
  pen.strokeRect(x - half, y - half, side, side);
  pen.setLineDash([]);
}

function drawPie(pen, { x, y }, r, { slices, dashed, edge, edgeWidth, beyond }) {
  let angle = -Math.PI / 2;
  pen.globalAlpha = dashed ? 0.35 : 0.86;
  for (const { colour, share } of slices) {
    const next = angle + share * 2 * Math.PI;
    pen.beginPath();
    if (share < 1) pen.moveTo(x, y);
    pen.arc(x, y, r, angle, next);
    pen.closePath();
    pen.fillStyle = colour;
    pen.fill();
    angle = next;
  }
  pen.globalAlpha = 1;
  if (dashed) pen.setLineDash(r < 7 ? [2, 1.4] : [4, 3]);
  circle(pen, x, y, r);
  stroke(pen, edge, edgeWidth);
  pen.setLineDash([]);
  if (beyond) {
    circle(pen, x, y, r + EXTRA_RING);
    stroke(pen, "#333", 1.2);
  }
}

// what the exchanges of a town deliver, by way
function drawRing(pen, { x, y }, r, { slices }) {
  circle(pen, x, y, r + 1.5);
  pen.fillStyle = "#fff";
  pen.fill();
  let angle = -Math.PI / 2;
  const middle = r * (1 - BAND / 2);
  for (const { colour, isOpen, share } of slices) {
    const next = angle + share * 2 * Math.PI;
    const along = (out, tint, broad) => {
      pen.beginPath();
      pen.arc(x, y, out, angle, next);
      stroke(pen, tint, broad);
    };
    along(middle, isOpen ? "#ffffff" : colour, r * BAND);
    if (isOpen) along(r, colour, EDGE); // as its arrow is
    angle = next;
  }
  if (slices.every(({ isOpen }) => isOpen)) return;
  for (const edge of [r, r * (1 - BAND)]) {
    circle(pen, x, y, edge);
    stroke(pen, "#22303a", 0.9);
  }
}

// how many places a symbol stands for
function drawCount(pen, { x, y }, text) {
  pen.font = "600 11px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.strokeStyle = "#fff";
  pen.lineWidth = 3.5;
  pen.strokeText(text, x, y);
  pen.fillStyle = "#22303a";
  pen.fillText(text, x, y);
}

function circle(pen, x, y, r) {
  pen.beginPath();
  pen.arc(x, y, r, 0, 2 * Math.PI);
}

function stroke(pen, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.stroke();
}

const Arrow = L.Polyline.extend({
  _updatePath() {
    if (!this._renderer._drawing || !this._parts[0]) return;
    const pen = this._renderer._ctx;
    const { color, isOpen, isMany } = this.options;
    const bowed = fine(this._parts[0]);
    const seen = outside(bowed, this.options.ends);
    // what lies within its symbols is told by a thread, which leaves them to be seen
    const line = seen.length > 1 ? seen : bowed;
    const weight = seen.length > 1 ? this.options.weight : Math.min(this.options.weight, 2);
    const length = line[line.length - 1].distanceTo(line[0]);
    const isHeaded = line.length > 3 && length >= LEAST_HEADED;
    const size = Math.min(4.5 + weight * 0.75, 0.45 * length);
    // a flow that leaves the view has its head within it
    const corner = map.containerPointToLayerPoint([0, 0]);
    const view = L.bounds(corner, corner.add(map.getSize()));
    const shown = line.filter((point) => view.contains(point));
    const whole = shown.length > 1 ? shown : line;
    const tip = whole[whole.length - 1];
    const shaft = isHeaded ? whole.filter((point) => point.distanceTo(tip) >= 1.4 * size) : line;
    pen.lineJoin = "round";
    pen.lineCap = isOpen || isMany ? "butt" : "round";
    const strength = isMany ? PALE : 1;
    pen.globalAlpha = 0.9 * strength;
    pen.beginPath();
    shaft.forEach((point, i) => (i ? pen.lineTo(point.x, point.y) : pen.moveTo(point.x, point.y)));
    stroke(pen, "#ffffff", weight + 2);
    // a flow of many places is dashed and pale, as they are
    if (isMany) pen.setLineDash(STITCH);
    stroke(pen, color, weight);
    pen.setLineDash([]);
    if (isOpen) stroke(pen, "#ffffff", Math.max(weight - 2 * EDGE, 1));
    pen.globalAlpha = strength;
    if (isHeaded) drawHead(pen, shaft[shaft.length - 1] || line[0], tip, size, color, isOpen);
    pen.globalAlpha = 1;
    // its sender stands where a lengthened flow begins
    if (this.options.ends[0].isMoved) {
      circle(pen, line[0].x, line[0].y, MOVED);
      stroke(pen, "#ffffff", 2 * EDGE);
      pen.fillStyle = "#22303a";
      pen.fill();
    }
  },
});

// a line with a point every few pixels: what is cut off at a symbol or a head ends right there
function fine(line) {
  return line.flatMap((point, i) => {
    const next = line[i + 1];
    if (!next) return [point];
    const count = Math.ceil(point.distanceTo(next) / STEP);
    const step = next.subtract(point).divideBy(count || 1);
    return Array.from({ length: count }, (_, k) => point.add(step.multiplyBy(k)));
  });
}

// how long a flow is outside its symbols, pixels
export function shaftLength(line) {
  const points = line.getLatLngs().map((at) => map.latLngToLayerPoint(at));
  const seen = outside(fine(points), line.options.ends);
  return seen.length > 1 ? seen[seen.length - 1].distanceTo(seen[0]) : 0;
}

// the part of a line that lies outside the symbols of its ends
function outside(line, ends) {
  const discs = ends.map(({ at, r }) => ({ at: map.latLngToLayerPoint(at), r }));
  return line.filter((point) => discs.every(({ at, r }) => point.distanceTo(at) >= r));
}

function drawHead(pen, before, tip, size, colour, isOpen) {
  const turn = Math.atan2(tip.y - before.y, tip.x - before.x);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const corner = (along, side) =>
    pen.lineTo(tip.x - along * cos - side * sin, tip.y - along * sin + side * cos);
  pen.beginPath();
  corner(0, 0);
  corner(1.5 * size, size * 0.85);
  corner(1.5 * size, -size * 0.85);
  pen.closePath();
  pen.fillStyle = isOpen ? "#fff" : colour;
  if (!isOpen) stroke(pen, "#fff", 1.5);
  pen.fill();
  if (isOpen) stroke(pen, colour, EDGE);
}

export const pie = (at, options) => new Pie(at, options);
export const arrow = (line, options) => new Arrow(line, options);

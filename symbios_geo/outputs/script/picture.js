// Map and cost curve: what is shown, what is chosen, and how near the reader stands.
import { all, amount, find, page, rows, state } from "./data.js";

// per cent of a curve: a field so broad has room for its name, for its number
const [NAMED, NUMBERED] = [18, 2.5];
const CLOSE = 160; // steps of the drawing: the smallest frame, sixteen kilometres
const drawing = find(".map svg");
const whole = drawing.getAttribute("viewBox").split(" ").map(Number);
const out = find(".map .out");
const EDGE = 0.05; // of the frame, from its sides: where what lies beyond is named
const NEAR_EDGE = 0.02; // of its breadth
const SIDE = 0.3; // of its breadth, on either side
const LONG_NAME = 16; // characters
let frame = whole;
let drawn = new Set(); // exchanges that are kept, by key

// lettering keeps its size on the screen, whatever the frame
export function fitLetters() {
  const shown = drawing.getBoundingClientRect();
  const step = Math.max(frame[2] / (shown.width || 1), frame[3] / (shown.height || 1));
  drawing.style.setProperty("--step", step);
  thinNames(shown);
}

// names stand by size: the larger place keeps its own where two would meet, or one the frame
function thinNames(shown) {
  const kept = out.hidden ? [] : [out.getBoundingClientRect()];
  const names = all(".town", drawing).map((name) => [name, name.getBoundingClientRect()]);
  for (const [name, box] of names) {
    const within = box.left > shown.left && box.right < shown.right && box.top > shown.top &&
      box.bottom < shown.bottom;
    const free = kept.every((other) =>
      box.left > other.right + 3 || box.right + 3 < other.left ||
      box.top > other.bottom || box.bottom < other.top
    );
    name.style.visibility = within && free ? "" : "hidden";
    if (within && free) kept.push(box);
  }
}

function show(next) {
  frame = next;
  drawing.setAttribute("viewBox", next.join(" "));
  drawing.classList.toggle("near", next !== whole);
  out.hidden = next === whole;
  nameEnds();
  fitLetters();
}

// who gives or takes beyond the border of an area is named, at the edge if need be
function nameEnds() {
  for (const old of all(".end", drawing)) old.remove();
  const isHere = (code) =>
    state.kommun
      ? code === state.kommun
      : Boolean(code && find(`.land[data-code="${CSS.escape(code)}"]`));
  const first = find(".municipality, .town", drawing);
  const told = new Set();
  for (const { resource, codes, line, full: names } of [...drawn].map((key) => rows.get(key))) {
    if (resource !== state.resurs || !line) continue;
    for (const end of [0, 1]) {
      if (isHere(codes[end]) || told.has(names[end])) continue;
      told.add(names[end]);
      const [x, y] = seenEnd(
        line.slice(2 - 2 * end, 4 - 2 * end),
        line.slice(2 * end, 2 * end + 2),
      );
      const name = svgText("text", { class: "town end", x, y });
      name.style.textAnchor = sideOf(x);
      // a long name takes two rows, the lower one at its line
      rowsOf(names[end]).forEach((words, i, every) => {
        const dy = i ? "1.1em" : `${1.1 * (1 - every.length)}em`;
        name.append(svgText("tspan", { x, dy }, words));
      });
      drawing.insertBefore(name, first);
    }
  }
}

// where a line from one point to another ends, or leaves the frame; a name has room beside it
function seenEnd(from, to) {
  const within = (value, k, edge) =>
    Math.min(Math.max(value, frame[k] + edge * frame[k + 2]), frame[k] + (1 - edge) * frame[k + 2]);
  const part = Math.min(...[0, 1].map((k) => {
    const limit = within(to[k], k, EDGE);
    return limit === to[k] ? 1 : Math.max(0, (limit - from[k]) / (to[k] - from[k]));
  }));
  const [x, y] = [0, 1].map((k) => from[k] + part * (to[k] - from[k]));
  return [within(x, 0, NEAR_EDGE), y];
}

// a name at a side of the frame runs inwards
function sideOf(x) {
  const part = (x - frame[0]) / frame[2];
  return part < SIDE ? "start" : part > 1 - SIDE ? "end" : "middle";
}

function rowsOf(name) {
  const spaces = [...name.matchAll(/ /g)].map(({ index }) => index);
  const off = (index) => Math.abs(index - name.length / 2);
  const at = spaces.sort((a, b) => off(a) - off(b))[0];
  return name.length > LONG_NAME && at ? [name.slice(0, at), name.slice(at + 1)] : [name];
}

function svgText(tag, attributes, words = "") {
  const node = document.createElementNS(drawing.namespaceURI, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = words;
  return node;
}

function around([left, top, right, bottom]) {
  const ratio = whole[2] / whole[3];
  const height = Math.max((bottom - top) * 1.5, ((right - left) * 1.5) / ratio, CLOSE);
  const width = height * ratio;
  // the ground ends at the frame of the whole
  const kept = (middle, size, most) => Math.max(0, Math.min(middle - size / 2, most - size));
  return [
    kept((left + right) / 2, width, whole[2]),
    kept((top + bottom) / 2, height, whole[3]),
    width,
    height,
  ];
}

const inside = ([ax, ay, bx, by]) =>
  [ax, bx].every((x) => x >= 0 && x <= whole[2]) && [ay, by].every((y) => y >= 0 && y <= whole[3]);

export function focusMap(far = false) {
  const line = rows.get(state.rad)?.line;
  const area = find(`.land[data-code="${CSS.escape(state.kommun)}"]`);
  if (far) show(whole);
  else if (line && inside(line)) {
    const [ax, ay, bx, by] = line;
    show(around([Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)]));
  } else if (area && !line) show(around(area.dataset.box.split(" ").map(Number)));
  else show(whole);
}

// the fields of a municipality fill the breadth of the chart, and its axis tells their sum
function fitCurve(curve) {
  const here = (key) => !state.kommun || rows.get(key).codes.includes(state.kommun);
  const blocks = all(".block", curve);
  const mine = blocks.filter((block) => here(block.dataset.key));
  const width = (block) => Number(block.dataset.width);
  const whole = mine.reduce((sum, block) => sum + width(block), 0);
  let start = 0;
  for (const block of blocks) {
    const broad = mine.includes(block) ? (100 * width(block)) / whole : 0;
    for (const part of all("rect", block)) {
      part.setAttribute("x", start);
      part.setAttribute("width", broad);
    }
    const line = find("line", block);
    line.setAttribute("x1", start);
    line.setAttribute("x2", start + broad);
    for (const words of all(".name, .rank", curve)) {
      if (words.dataset.block !== block.dataset.key) continue;
      words.style.left = `${start}%`;
      words.style.width = `${broad}%`;
      words.hidden = broad <= (words.matches(".name") ? NAMED : NUMBERED);
    }
    start += broad;
  }
  const total = mine.reduce((sum, block) => sum + rows.get(block.dataset.key).values[0], 0);
  find(".sum", curve).textContent = amount(total, curve.dataset.resource);
  for (const part of all(".axis, .plot, figcaption", curve)) part.hidden = !mine.length;
  find(".empty", curve).hidden = mine.length > 0;
}

export function paint(kept, level) {
  drawn = kept;
  all(".curve").filter((curve) => find(".plot", curve)).forEach(fitCurve);
  for (const mark of all(".flow, .block")) {
    const row = rows.get(mark.dataset.key);
    const added = level.has(row.key) && !page.rows.some((other) => other.key === row.key);
    const dropped = level.size > 0 && row.new && row.resource === "heat" && !level.has(row.key);
    const extra = mark.classList.contains("extra");
    const visible = extra ? added && state.resurs === "heat" : row.resource === state.resurs;
    mark.style.display = visible ? "" : "none";
    mark.classList.toggle("faint", !extra && (!kept.has(row.key) || dropped));
    mark.classList.toggle("chosen", row.key === state.rad);
  }
  const chosen = find(".flow.chosen");
  if (chosen) chosen.parentNode.insertBefore(chosen, find(".municipality, .town", drawing));
  for (const part of all(".curve, .total, .note")) {
    const mine = part.dataset.resource === state.resurs;
    if (!part.matches(".total")) part.hidden = !mine;
    else part.setAttribute("display", mine ? "inline" : "none");
  }
  for (const land of all(".land")) {
    land.classList.toggle("chosen", land.dataset.code === state.kommun);
  }
}

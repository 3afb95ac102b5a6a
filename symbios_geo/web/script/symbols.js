// Which symbols and lines stand on the map: area follows quantity, width follows what is delivered.
import { above } from "./background.js";
import {
  frame,
  frameLinks,
  isMatch,
  isOld,
  map,
  narrow,
  nothingNow,
  number,
  ofResource,
  page,
  scale,
  state,
  valueOf,
} from "./data.js";
import { arrow, halfCount, pie } from "./marks.js";

const SHRINK = narrow() ? 0.72 : 1;
// pixels; beside flows what there is and what is needed is background
const LARGEST = (isMatch ? 14 : 34) * SHRINK;
const SMALLEST = 2.6;
const WIDEST = 10 * SHRINK;
const THINNEST = 1.8; // a hairline is not seen
const BEYOND = 0.4; // of the largest: what is not to scale, which covers nothing
const [CHORD, LEAST_STEPS, MOST_STEPS] = [18, 6, 48]; // of a bow: pixels, how many
const [LANE, LEAST_LANE] = [5, 10]; // pixels: ends so near are the same; breadth of a line's lane
const CROSS = 3.6;
export const NEED_EDGE = 1.6; // pixels, of a square
const DASHED = 6; // pixels
const APART = 26 * SHRINK; // pixels; symbols of a kind that are nearer are drawn as one
const MANY = 250; // symbols; more of them are joined over a wider stretch
const ALONE_FROM = 11; // zoom from which every place has its own symbol
export const FAR = 9.5; // zoom to which a map of the whole county is calm
const TOWN = 12 * SHRINK; // pixels, radius of the ring of a town
const [LEAST_RING, MOST_RING] = [0.6, 1.3]; // of that
const FULL_RING = 0.2; // of the most that is delivered: what the largest ring delivers
const SHORT = 28 * SHRINK; // pixels; a shorter flow is told by the ring of its town
const LEAST_SEEN = 22; // pixels of a flow outside its symbols
const LEAST_FAR = 0.01; // of all that is delivered: told there, where flows are many
const FAR_LINES = narrow() ? 10 : 12; // on a map of the whole county; more are a tangle
const CORNER = Math.sqrt(Math.PI / 2); // of a square, beside a circle of the same area
const NODE_IDLE = "#b4bcc2";
const NODE_REST = "#d3dadf";
const LEFT = "#a9b7bf"; // what has no receiver, where that is what the map shows
export const FEW_LINES = 4; // leave room on the map for what has no receiver
export const NODE = "#2f3b44";
export const sinkColour = page.classes[page.sinkClass].colour;

export const radius = (value, max) =>
  Math.min(LARGEST, Math.max(SMALLEST, LARGEST * Math.sqrt(value / max)));
// two small amounts differ too
export const width = (value, max) => THINNEST + (WIDEST - THINNEST) * Math.min(1, value / max);

// ---- every place and flow ------------------------------------------------------------------
function registerSymbols() {
  return page.sites.flatMap((site, index) => {
    if (site.outside && !state.outside) return [];
    const found = ["source", "sink"].map((role) => symbolOf(site, role));
    if (!site.flows.length && !site.settlement) found.push(noData("source"));
    return found.filter(Boolean).map((symbol) => ({ ...symbol, index }));
  });
}

const noData = (role) => (state.nodata ? { role, shape: "cross", value: 0 } : null);

function symbolOf(site, role) {
  const flows = ofResource(site).filter((flow) =>
    flow.role === role && (role === "sink" || !state.classesOff.has(flow.class))
  );
  const known = flows.filter((flow) => flow.value !== null);
  if (!state.roles.has(role) || !flows.length || nothingNow(known)) return null;
  if (!known.length) return noData(role);
  const counted = known.filter((flow) => flow.counted);
  if (!counted.length && !state.uncounted) return null;
  // what is not counted often repeats another row, so the largest stands for all of it
  const larger = (a, b) => (valueOf(b) > valueOf(a) ? b : a);
  const shown = counted.length ? counted : [known.reduce(larger)];
  const { max } = scale();
  const byClass = new Map();
  shown.forEach((flow) => {
    byClass.set(flow.class, (byClass.get(flow.class) || 0) + valueOf(flow));
  });
  const value = shown.reduce((sum, flow) => sum + valueOf(flow), 0);
  const slices = [...byClass]
    .sort(([a], [b]) => a - b)
    .map(([key, part]) => ({ colour: page.classes[key].colour, share: value ? part / value : 1 }));
  const dashed = !counted.length;
  const shape = role === "sink" ? "square" : "pie";
  return { role, shape, value, max, slices, dashed, beyond: value > max * 1.001 };
}

function registerLook({ role, dashed, slices }, size) {
  if (role === "source") {
    return { edge: dashed ? "#444" : "#fff", edgeWidth: 0.9, slices: slices || [] };
  }
  const ring = Math.max(1.2, Math.min(NEED_EDGE, size * 0.3));
  return { edge: sinkColour, edgeWidth: ring, slices: [{ share: 0 }], hollow: true };
}

// ---- matched places ------------------------------------------------------------------------
function matchSymbols() {
  const { max } = page.sizes[frame().scale];
  return frame().nodes
    .filter((node) => node.total > 0 && state.roles.has(node.role))
    .map((node) => {
      const shape = node.role === "sink" ? "square" : "pie";
      const share = Math.min(1, node.used / node.total);
      const many = share > 0 && Boolean(page.sites[node.site].many);
      return { index: node.site, role: node.role, shape, value: node.total, max, share, many };
    });
}

function matchLook({ share, many }) {
  const isFew = frameLinks().length <= FEW_LINES;
  const edge = share || isFew ? NODE : NODE_IDLE;
  const rest = isFew ? LEFT : NODE_REST;
  const slices = [{ colour: edge, share }, { colour: rest, share: 1 - share }];
  return { edge, edgeWidth: share ? 1.5 : 1, slices, dashed: many };
}

// ---- places that lie on each other ---------------------------------------------------------
// the largest first; each takes those near it that are of its kind and are counted in sums
function gather(found) {
  if (map.getZoom() >= ALONE_FROM) return found.map((symbol) => joined([symbol]));
  const isFar = map.getZoom() < FAR;
  let apart = APART * (isFar && !isMatch ? 1.3 : 1);
  let groups = within(found, apart);
  while (groups.length > MANY && apart < 2.6 * APART) {
    apart *= 1.25;
    groups = within(found, apart);
  }
  return groups.map(joined).sort((a, b) => b.value - a.value);
}

function within(found, apart) {
  const cells = new Map();
  const groups = [];
  for (const symbol of found) {
    const at = map.project(page.sites[symbol.index].at);
    const [column, row] = [at.x, at.y].map((value) => Math.floor(value / apart));
    const kind = `${symbol.role} ${symbol.shape}`;
    const cell = (across, along) => `${kind} ${column + across} ${row + along}`;
    const isAlone = symbol.dashed || symbol.many || symbol.beyond;
    const beside = isAlone
      ? []
      : [-1, 0, 1].flatMap((across) =>
        [-1, 0, 1].flatMap((along) => cells.get(cell(across, along)) || [])
      );
    const near = beside.find((group) => group.at.distanceTo(at) < apart);
    if (near) near.members.push(symbol);
    else {
      const group = { at, members: [symbol] };
      groups.push(group);
      if (!isAlone) cells.set(cell(0, 0), [...(cells.get(cell(0, 0)) || []), group]);
    }
  }
  return groups.map(({ members }) => members);
}

function joined(members) {
  if (members.length === 1) return { ...members[0], members };
  const value = members.reduce((sum, member) => sum + member.value, 0);
  const weight = (member) => value ? member.value / value : 1 / members.length;
  const parts = new Map();
  members.forEach((member) => {
    (member.slices || []).forEach(({ colour, share }) => {
      parts.set(colour, (parts.get(colour) || 0) + share * weight(member));
    });
  });
  const share = members.reduce((sum, member) => sum + (member.share || 0) * weight(member), 0);
  const slices = [...parts].map(([colour, part]) => ({ colour, share: part }));
  return { ...members[0], value, slices, share, members };
}

// round steps of a scale, as the legend of single places has them
function steps(max) {
  return [1, 0.22, 0.05].map((part) => {
    const power = Math.floor(Math.log10(max * part));
    const round = [1, 2, 5].map((digit) => digit * 10 ** power);
    return Math.max(...round.filter((value) => value <= max * part));
  });
}

// sums may be larger than any place: the scale of sizes then follows them
function sized(given, groups) {
  const isScaled = (group) => !group.beyond && !(isMatch && page.sites[group.index].outside);
  const most = Math.max(0, ...groups.filter(isScaled).map((group) => group.value));
  if (most <= given.max) return given;
  const text = (value) => `${number(value)}\u00a0${given.unit}`.replace(/[.,]0+(?=\u00a0)/, "");
  const legend = steps(most).map((value) => ({ value, text: text(value) }));
  return { ...given, max: most, legend };
}

export const overlaps = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
const around = ({ x, y }, wide, high) => [x - wide, y - high, x + wide, y + high];

// a count stands beside its symbol, off others and within the map; without room it is left out
function settleCounts(marks) {
  const corner = map.containerPointToLayerPoint([0, 0]);
  const view = L.bounds(corner, corner.add(map.getSize()));
  const places = marks.map((mark) => map.latLngToLayerPoint(mark.getLatLng()));
  const discs = marks.map(({ options: { radius: r } }, i) => around(places[i], r, r));
  const taken = [];
  marks.forEach(({ options }, i) => {
    if (options.count < 2) return;
    const [half, out] = [halfCount(options.count), Math.max(options.radius, 1) + 2];
    const beside = [[out + half, 0], [-out - half, 0], [0, -out - 6], [0, out + 6]];
    const boxAt = (spot) => around(places[i].add(spot), half, 6);
    const others = discs.filter((_, j) => j !== i);
    const isFree = (at) => {
      const box = boxAt(at);
      const isSeen = view.contains(L.bounds([box[0], box[1]], [box[2], box[3]]));
      return isSeen && ![...taken, ...others].some((other) => overlaps(other, box));
    };
    options.spot = beside.map((at) => L.point(at)).find(isFree);
    if (options.spot) taken.push(boxAt(options.spot));
  });
  return taken;
}

// left, top, right and bottom of every count, pixels of the map
export function countBoxes() {
  const { x, y } = map.layerPointToContainerPoint([0, 0]);
  return state.counts.map((box) => box.map((edge, i) => edge + (i % 2 ? y : x)));
}

// a square whose corners stick out of a circle lies under it
const reach = ({ symbol, options: { radius: r } }) => symbol.shape === "square" ? CORNER * r : r;

export function drawSymbols() {
  state.places = isMatch ? matchSymbols() : registerSymbols();
  const look = isMatch ? matchLook : registerLook;
  state.places.sort((a, b) => b.value - a.value);
  const groups = gather(state.places);
  state.scale = sized(isMatch ? page.sizes[frame().scale] : scale(), groups);
  state.symbols = groups.map((symbol) => {
    const { shape, dashed, beyond } = symbol;
    const least = symbol.many ? DASHED : 0; // room for its dashes
    const scaled = beyond ? BEYOND * LARGEST : radius(symbol.value, state.scale.max);
    const size = shape === "cross" ? CROSS : Math.max(scaled, least);
    const place = { renderer: above, pane: "flows", radius: size };
    const mark = pie(page.sites[symbol.index].at, {
      ...place,
      shape,
      dashed,
      beyond,
      count: hasCount(symbol) ? symbol.members.length : 1,
      ...look(symbol, size),
    });
    mark.symbol = symbol;
    return mark;
  }).sort((a, b) => reach(b) - reach(a)); // the small stand on the large
  if (isMatch) drawLines();
  drawTowns();
  const shown = state.symbols.filter((mark) => !mark.isHidden);
  state.counts = settleCounts(shown);
}

// what takes no part is background, and so are needs on a map of the whole county
const hasCount = (symbol) => {
  const isFar = map.getZoom() < FAR;
  if (isMatch) return symbol.share > 0 && !isFar;
  return !isFar || (symbol.role === "source" && symbol.shape !== "cross");
};

// ---- matched flows -------------------------------------------------------------------------
// a bow to the right keeps a flow and its return apart; it joins what stands for both ends, and
// may lie some pixels aside of others that join the same
function bow(link, aside) {
  const [a, b] = ends(link).map(({ at }) => L.latLng(at)).map(({ lat, lng }) => [lat, lng]);
  const north = 1 / Math.cos((a[0] * Math.PI) / 180);
  const [dx, dy] = [(b[1] - a[1]) / north, b[0] - a[0]];
  const middle = [
    (a[0] + b[0]) / 2 - dx * 0.16,
    (a[1] + b[1]) / 2 + dy * 0.16 * north,
  ];
  const between = (t, k) => (1 - t) ** 2 * a[k] + 2 * (1 - t) * t * middle[k] + t ** 2 * b[k];
  const along = map.project(b).subtract(map.project(a));
  const length = Math.max(Math.hypot(along.x, along.y), 1);
  // points on whole pixels that lie close would make it tremble
  const steps = Math.min(Math.max(Math.ceil(length / CHORD), LEAST_STEPS), MOST_STEPS);
  const points = Array.from(
    { length: steps + 1 },
    (_, i) => [0, 1].map((k) => between(i / steps, k)),
  );
  if (!aside) return points;
  const out = L.point(-along.y, along.x).multiplyBy(aside / length);
  return points.map((at) => map.unproject(map.project(at).add(out)));
}

// how far aside each line lies, pixels: what joins the same two ends runs side by side
function lanes(links, weights) {
  const seats = links.map((link) => ends(link).map(({ at }) => map.latLngToLayerPoint(at)));
  return seats.map((seat, i) => {
    const isBeside = (other) => seat.every((at, k) => at.distanceTo(other[k]) < LANE);
    const lane = seats.flatMap((other, j) => isBeside(other) ? [j] : []);
    const broad = (j) => Math.max(weights[j], LEAST_LANE) + 2;
    const all = (some) => some.reduce((total, j) => total + broad(j), 0);
    return all(lane.filter((j) => j < i)) + broad(i) / 2 - all(lane) / 2;
  });
}

// the symbol that a place has or is part of
function standing(index, role) {
  const holds = ({ symbol }) =>
    symbol.role === role && symbol.members.some((member) => member.index === index);
  const mark = state.symbols.find(holds);
  return mark
    ? { at: mark.getLatLng(), r: mark.options.radius }
    : { at: page.sites[index].at, r: 0 };
}

// near to, a flow too short to be seen begins farther off, beyond its source
function ends(link) {
  const [from, to] = [standing(link.from, "source"), standing(link.to, "sink")];
  if (map.getZoom() < ALONE_FROM) return [from, to];
  const [start, end] = [from, to].map(({ at }) => map.latLngToLayerPoint(at));
  const length = start.distanceTo(end);
  const least = from.r + to.r + LEAST_SEEN;
  if (length >= least) return [from, to];
  const way = length > 1
    ? start.subtract(end).divideBy(length)
    : L.point(-Math.SQRT1_2, -Math.SQRT1_2);
  const at = map.layerPointToLatLng(end.add(way.multiplyBy(least)));
  return [{ at, r: 0, isMoved: true }, to];
}

// where what a line tells opens
export function middleOf(link) {
  const points = state.lines.find(({ flow }) => flow === link)?.getLatLngs() || bow(link, 0);
  return points[Math.floor(points.length / 2)];
}

function drawLines() {
  const { max } = page.widths[frame().scale];
  const links = frameLinks().filter((link) => link.from !== link.to);
  const weights = links.map((link) => width(link.delivered, max));
  const aside = lanes(links, weights);
  state.lines = links.map((link, i) => {
    const line = arrow(bow(link, aside[i]), {
      renderer: above,
      pane: "flows",
      color: page.modes[link.mode].colour,
      weight: weights[i],
      isOpen: link.open,
      isMany: isMany(link),
      ends: ends(link),
      smoothFactor: 0,
    });
    line.flow = link;
    return line;
  });
}

// ---- towns ---------------------------------------------------------------------------------
const pointOf = (index) => map.latLngToLayerPoint(page.sites[index].at);
export const isUnder = (ring, index) =>
  pointOf(index).distanceTo(map.latLngToLayerPoint(ring.getLatLng())) < ring.options.radius;

// flows too short to be seen are told by one ring where they are, the largest first
function drawTowns() {
  state.towns = [];
  if (isMatch && map.getZoom() < ALONE_FROM) {
    const towns = [];
    const short = frameLinks().filter(isShort).sort((a, b) => b.delivered - a.delivered);
    for (const link of short) {
      const at = pointOf(link.to);
      const near = towns.find((town) => town.at.distanceTo(at) < 3 * TOWN);
      if (near) near.links.push(link);
      else towns.push({ at, links: [link] });
    }
    state.towns = towns.map(townMark);
  }
  const isTold = (link) => state.towns.some(({ links }) => links.includes(link));
  state.lines.forEach((line) => {
    line.isHidden = isTold(line.flow);
  });
  hideRest(state.lines.filter((line) => !line.isHidden));
  const drawn = state.lines.filter((line) => !line.isHidden).map(({ flow }) => flow);
  const told = [...drawn, ...state.towns.flatMap(({ links }) => links)];
  const ends = new Set(told.flatMap(({ from, to }) => [from, to]));
  state.symbols.forEach((mark) => {
    mark.isHidden = isMatch ? isBelow(mark) || isUntold(mark, ends) : isRepeat(mark);
  });
}

// of lines that wait for a nearer map the ends do too
const isUntold = ({ symbol }, ends) => {
  const busy = symbol.members.filter(({ share }) => share > 0);
  return state.rest && busy.length > 0 && busy.every(({ index }) => !ends.has(index));
};

export const sum = (links) => links.reduce((all, { delivered }) => all + delivered, 0);
export const isMany = ({ from, to }) => [from, to].some((end) => page.sites[end].many);
// of many flows, whether some are told on a map of the whole county
export const isLarge = (links) => sum(links) >= LEAST_FAR * sum(frame().links);

// of many lines those between two definite places, then what is new and large; the legend tells
// of the rest
function hideRest(lines) {
  state.rest = null;
  if (map.getZoom() >= FAR || lines.length <= FAR_LINES) return;
  const [definite, vague] = [false, true].map((isMany) =>
    lines.filter(({ options }) => options.isMany === isMany)
      .sort((a, b) => b.flow.delivered - a.flow.delivered)
  );
  // a phone has room for these alone
  const large = vague.filter(({ flow }) => !isOld(flow) && isLarge([flow]));
  const drawn = narrow() && definite.length ? definite : [...definite, ...large];
  const kept = drawn.slice(0, FAR_LINES);
  const rest = lines.filter((line) => !kept.includes(line));
  rest.forEach((line) => {
    line.isHidden = true;
  });
  const links = rest.map(({ flow }) => flow);
  const fresh = sum(links.filter((link) => !isOld(link)));
  state.rest = { count: rest.length, sum: sum(links), fresh };
}

function isShort(link) {
  if (link.from === link.to) return true;
  const [from, to] = ends(link);
  const apart = pointOf(link.from).distanceTo(pointOf(link.to));
  return apart < Math.max(SHORT, from.r + to.r + 8);
}

function townMark({ links }) {
  const value = links.reduce((sum, link) => sum + link.delivered, 0);
  const slices = page.modes.flatMap(({ colour }, mode) =>
    [false, true].map((isOpen) => {
      const mine = links.filter((link) => link.mode === mode && Boolean(link.open) === isOpen);
      return { colour, isOpen, share: sum(mine) / value };
    })
  ).filter(({ share }) => share > 0);
  const part = Math.sqrt(value / (FULL_RING * page.widths[frame().scale].most));
  const size = TOWN * Math.min(MOST_RING, Math.max(LEAST_RING, MOST_RING * part));
  const place = { renderer: above, pane: "flows", radius: size };
  const mark = pie(page.sites[links[0].to].at, { ...place, shape: "ring", slices });
  const old = links.filter(isOld).reduce((sum, link) => sum + link.delivered, 0);
  return Object.assign(mark, { links, ...receivers(links), old, value });
}

// the one that gets most names them all
function receivers(links) {
  const got = new Map();
  links.forEach(({ to, delivered }) => {
    const { name } = page.sites[to];
    got.set(name, (got.get(name) || 0) + delivered);
  });
  const [[largest]] = [...got].sort(([, a], [, b]) => b - a);
  return { largest, name: got.size > 1 ? page.others.replace("{}", largest) : largest };
}

// an end of what a ring tells, or idle and under it
function isBelow({ symbol, options, _latlng }) {
  const at = map.latLngToLayerPoint(_latlng);
  return state.towns.some((town) => {
    const ends = new Set(town.links.flatMap(({ from, to }) => [from, to]));
    const isUnder = at.distanceTo(map.latLngToLayerPoint(town._latlng)) <
      town.options.radius + options.radius;
    const busy = symbol.members.filter(({ share }) => share > 0);
    return busy.length ? busy.every(({ index }) => ends.has(index)) : isUnder;
  });
}

// what is not counted or not known, on a symbol of what is: told when the map is nearer
function isRepeat({ symbol, options, _latlng }) {
  if (map.getZoom() >= FAR || !(options.dashed || symbol.shape === "cross")) return false;
  const at = map.latLngToLayerPoint(_latlng);
  return state.symbols.some((other) =>
    !other.options.dashed && other.symbol.shape !== "cross" &&
    at.distanceTo(map.latLngToLayerPoint(other.getLatLng())) <
      other.options.radius + options.radius
  );
}

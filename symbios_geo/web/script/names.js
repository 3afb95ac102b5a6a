// Names on the map, placed without overlap.
import {
  counts,
  frame,
  frameLinks,
  isMatch,
  isOld,
  map,
  narrow,
  ofResource,
  page,
  rough,
  scale,
  state,
  texts,
} from "./data.js";
import { el } from "./dom.js";
import { above } from "./background.js";
import { EXTRA_RING, shaftLength } from "./marks.js";
import { countBoxes, FAR, FEW_LINES, isLarge, isMany, isUnder, overlaps, sum } from "./symbols.js";

const LONGEST = 42; // characters of a name
const HEIGHT = 15; // pixels
const NAMED_FROM = 10.4; // zoom at which sites have names
const SPACING = { municipality: 2.6, locality: 0.2, site: 0.2, town: 0.2, amount: 0.2 };
const NARROW_FONT = "600 11px system-ui"; // of a municipality on a phone
const ALONG = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26]; // of a line: where its amount may stand
const LEAVING = [0.6, 0.75, 0.9, 0.45]; // of what is seen of a line that leaves the view
const OFF = 12; // pixels, of an amount from places that it does not belong to
const MOST_TOLD = 12; // lines with their amount
const MOST_LEFT = 7; // sources without a receiver, named where few flows are
const MOST_NAMED = narrow() ? 4 : 8; // sources of a register
const LED = [14, 22, 32, 44, 58, 74, 92]; // pixels, from a symbol to a label that a line leads to
const CROSSED = 12; // pixels that such a line may be longer rather than lie on another symbol
const TURNS = 16; // ways that line may go
const LEADER = { color: "#26343d", weight: 1.2, interactive: false };
const LEAST_TOLD = 0.1; // of the unit; less is told when it is opened
const TOGETHER = 14; // pixels; receivers that are nearer share a label
const SHORT_ROW = 22; // characters of a row on a phone
const FONTS = {
  municipality: "600 13px system-ui",
  site: "600 12.5px system-ui",
  locality: "italic 12.5px system-ui",
  town: "600 12px system-ui",
  amount: "600 12px system-ui",
};
// the least population of a named locality, up to a zoom
const POPULATION = [[8.5, 30000], [9.5, 8000], [10.5, 1500], [11.5, 500], [Infinity, 0]];

export const names = L.layerGroup().addTo(map);
const pen = document.createElement("canvas").getContext("2d");

function isWanted(name, zoom) {
  if (name.kind === "site") return true;
  if (name.kind === "locality") {
    return name.size >= POPULATION.find(([limit]) => zoom < limit)[1];
  }
  return zoom < 10.6 && (name.kind !== "neighbour" || zoom > 8.4);
}

function wanted(zoom) {
  const list = page.base.names.filter((name) => isWanted(name, zoom));
  if (zoom < NAMED_FROM) return list;
  const seen = new Set();
  for (const mark of state.symbols.slice(0, 400)) {
    const { index, members } = mark.symbol;
    if (members.length > 1 || mark.isHidden) continue;
    const site = page.sites[index];
    if (seen.has(index) || site.settlement) continue;
    seen.add(index);
    list.push({ kind: "site", at: site.at, text: site.name, radius: mark.options.radius });
  }
  return list;
}

const isArea = (name) => name.kind === "municipality";

// over its point, as far to the side as the window asks for
function overPoint(name, w) {
  const { x } = map.latLngToContainerPoint(name.at);
  const dx = Math.max(4 - x, Math.min(-w / 2, map.getSize().x - w - 4 - x));
  return dx > -w && dx < 0 ? [dx] : [];
}

// where a name may stand beside its point, the best place first
function spots(name, w, h) {
  const gap = (name.radius || 3) + 3;
  const beside = [[gap, -h / 2], [-gap - w, -h / 2], [-w / 2, gap], [-w / 2, -gap - h]];
  const around = [...beside, [gap, -h], [gap, 0], [-gap - w, -h], [-gap - w, 0]];
  if (name.kind === "neighbour") return [[-w / 2, -h / 2]];
  if (name.isEdge) {
    const { x, y } = map.latLngToContainerPoint(name.at);
    return name.along.map((at) => map.latLngToContainerPoint(at)).flatMap((at) => {
      const inner = Math.max(4 - at.x, Math.min(-w / 2, map.getSize().x - w - 4 - at.x));
      return [[inner, -gap - h], [inner, gap], ...beside.slice(0, 2)]
        .map(([dx, dy]) => [at.x - x + dx, at.y - y + dy]);
    });
  }
  if (name.along) {
    const middle = map.latLngToContainerPoint(name.at);
    return name.along.map((at) => map.latLngToContainerPoint(at).subtract(middle))
      .flatMap(({ x, y }) => around.map(([dx, dy]) => [x + dx, y + dy]));
  }
  // beside what stands with it
  if (name.isStack) return [...around, [gap + TOGETHER, -h / 2], [-gap - TOGETHER - w, -h / 2]];
  if (name.row && h === HEIGHT) {
    return [...around, ...overPoint(name, w).map((dx) => [dx, -gap - h])];
  }
  if (!isArea(name)) return around;
  return spotsIn(name, w, h);
}

// where a line from the edge of a symbol may lead to a label: the nearest first
function ledSpots({ at, radius }, w, h) {
  const { x } = map.latLngToContainerPoint(at);
  return LED.flatMap((out) =>
    Array.from({ length: TURNS }, (_, turn) => {
      const angle = (2 * Math.PI * turn) / TURNS;
      const way = L.point(Math.cos(angle), Math.sin(angle));
      const [from, to] = [radius, radius + out].map((far) => way.multiplyBy(far));
      const isBeside = Math.abs(way.x) > 0.4;
      // over its line as far to the side as the window asks for
      const inner = Math.max(4 - x - to.x, Math.min(-w / 2, map.getSize().x - w - 4 - x - to.x));
      const across = !isBeside ? inner : way.x > 0 ? 0 : -w;
      const down = isBeside ? -h / 2 : way.y > 0 ? 0 : -h;
      return Object.assign([to.x + across, to.y + down], { leader: [from, to] });
    })
  );
}

// small boxes along a line
const boxesAlong = ([from, to], { x, y }) =>
  Array.from({ length: 9 }, (_, i) => {
    const at = from.add(to.subtract(from).multiplyBy(i / 8)).add([x, y]);
    return [at.x - 1, at.y - 1, at.x + 1, at.y + 1];
  });

// the name of an area stands in it: the places nearest its middle first
function spotsIn({ at, ring }, w, h) {
  const middle = map.latLngToContainerPoint(at);
  const corners = ring.map((corner) => map.latLngToContainerPoint(corner));
  const { min, max } = L.bounds(corners);
  const found = [];
  const step = Math.max(5, (max.y - min.y) / 40);
  for (let y = min.y; y + h <= max.y; y += step) {
    for (let x = min.x; x + w <= max.x; x += step) {
      const box = [x, y, x + w, y + h];
      if (holds(corners, box)) found.push([x - middle.x, y - middle.y]);
    }
  }
  const off = ([x, y]) => Math.hypot(x + w / 2, y + h / 2);
  return found.sort((a, b) => off(a) - off(b));
}

const SAMPLES = [0, 0.25, 0.5, 0.75, 1];
const holds = (ring, [left, top, right, bottom]) =>
  SAMPLES.every((part) => [top, bottom].every((y) => isIn(ring, left + part * (right - left), y)));

function isIn(ring, x, y) {
  let inside = false;
  ring.forEach((a, i) => {
    const b = ring[(i || ring.length) - 1];
    const crosses = (a.y > y) !== (b.y > y);
    if (crosses && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  });
  return inside;
}

function widthOf(name, text) {
  pen.font = narrow() && isArea(name) ? NARROW_FONT : FONTS[name.kind] || "12px system-ui";
  if (isArea(name) && narrow()) return pen.measureText(text).width + 2;
  const shown = isArea(name) ? text.toUpperCase() : text;
  return pen.measureText(shown).width + text.length * (SPACING[name.kind] || 1.2);
}

function put(name, lines, [dx, dy], w, leader) {
  if (leader) {
    const middle = map.latLngToLayerPoint(name.at);
    const line = leader.map((end) => map.layerPointToLatLng(middle.add(end)));
    names.addLayer(L.polyline(line, { ...LEADER, renderer: above, pane: "flows" }));
  }
  const words = lines.map((line) => el("div", {}, line));
  const node = el("div", { class: `place ${name.kind}`, "aria-hidden": "true" }, words);
  node.style.left = `${dx}px`;
  node.style.top = `${dy}px`;
  if (lines.length > 1) {
    // every line stands at its mark
    node.style.width = `${w}px`;
    node.style.textAlign = Math.abs(dx + w / 2) < 1 ? "center" : dx < 0 ? "right" : "left";
  }
  const icon = L.divIcon({ html: node, className: "", iconSize: [0, 0] });
  const fixed = { pane: "names", interactive: false, keyboard: false };
  names.addLayer(L.marker(name.at, { ...fixed, icon }));
}

const amountOf = (key, value) => page.amounts[key].replace("{}", rough(value / frame().parts));

// what flows deliver, new and today
function amounts(links) {
  const isNew = (link) => !isOld(link);
  const parts = { new: links.filter(isNew), existing: links.filter(isOld) };
  return Object.entries(parts)
    .filter(([, mine]) => sum(mine) / frame().parts >= LEAST_TOLD)
    .map(([key, mine]) => commas(amountOf(key, sum(mine)), mine.length === 1 && seldom(mine[0])));
}

// how often a flow pays, if that is seldom
const seldom = ({ seldom: share }) => share && page.seldom.replace("{}", share);
const commas = (...parts) => parts.filter(Boolean).join(", ");

// a phone has room for short rows
function rows(text) {
  if (!narrow() || text.length <= SHORT_ROW) return [text];
  const spaces = [...text.matchAll(/ /g)].map(({ index }) => index);
  const off = (index) => Math.abs(index - text.length / 2);
  const at = spaces.sort((a, b) => off(a) - off(b))[0];
  return at ? [text.slice(0, at), text.slice(at + 1)] : [text];
}

// a name with what it gets under it; several of one place in a label, each with its own
function label(receivers, at, radius) {
  const isAlone = receivers.length === 1;
  const lines = receivers.flatMap(({ text, links, isGiver }) => {
    // of who gives too, what stands here is what it gets
    const told = amounts(links);
    const parts = isGiver && told.length
      ? [page.takes.replace("{}", told[0]), ...told.slice(1)]
      : told;
    if (!isAlone) return rows([text, parts.join(", ")].join(" ").trim());
    return [...rows(text), ...(narrow() ? parts.flatMap(rows) : [commas(...parts)])].filter(
      Boolean,
    );
  });
  const bare = isAlone ? rows(receivers[0].text) : receivers.flatMap(({ text }) => rows(text));
  const names = receivers.flatMap(({ text, largest }) => [text, largest]);
  const size = sum(receivers.flatMap(({ links }) => links));
  const single = receivers.filter(({ links }) => links.length === 1).map(({ text }) => text);
  const isTold = receivers.some(({ links }) => isLarge(links) || !links.every(isMany));
  const told = { names, single, bare, lines, radius, size, isTold, isStack: !isAlone };
  return { kind: "town", at, text: receivers[0].text, ...told };
}

// who gets what: a ring, or the end of lines, with all that it gets; the largest first
function receiverNames(lines) {
  const links = frameLinks();
  const rings = state.towns.map((town) => {
    const ends = new Set(town.links.map(({ to }) => to));
    const mine = links.filter(({ to }) => ends.has(to));
    // a phone has room for the town alone
    const name = narrow() ? town.name.split(", ").at(-1) : town.name;
    const [{ from, to }] = mine;
    const isPair = mine.length === 1 && from !== to && !narrow();
    const text = isPair ? `${page.sites[from].name} → ${name}` : name;
    const { lat, lng } = town.getLatLng();
    const { largest, options: { radius } } = town;
    return { ends, label: label([{ text, largest, links: mine }], [lat, lng], radius) };
  });
  const places = [];
  for (const index of new Set(lines.map(({ flow: { to } }) => to))) {
    if (rings.some(({ ends }) => ends.has(index))) continue;
    const mine = links.filter(({ to }) => to === index);
    const isGiver = links.some(({ from, to }) => from === index && to !== index);
    const receiver = { text: page.sites[index].name, links: mine, isGiver };
    const point = map.latLngToContainerPoint(page.sites[index].at);
    const near = places.find((place) => place.point.distanceTo(point) < TOGETHER);
    const twin = near?.receivers.find(({ text }) => text === receiver.text);
    if (twin) twin.links.push(...mine);
    else if (near) near.receivers.push(receiver);
    else places.push({ index, point, receivers: [receiver] });
  }
  const ends = places.map(({ index, receivers }) => {
    const { at, radius } = seat(index);
    return label(receivers.sort((a, b) => sum(b.links) - sum(a.links)), at, radius);
  });
  // where flows are many the small and vague have no name
  return [...rings.map((ring) => ring.label), ...ends]
    .filter(({ isTold }) => isTold || !state.rest)
    .sort((a, b) => b.size - a.size);
}

// where a place is seen: under a ring, in a symbol, or by itself
function seat(index) {
  const holds = ({ symbol }) => symbol.share > 0 && symbol.members.some((m) => m.index === index);
  const mark = state.towns.find((ring) => isUnder(ring, index)) || state.symbols.find(holds);
  if (!mark) return { at: page.sites[index].at, radius: 3 };
  const { lat, lng } = mark.getLatLng();
  return { at: [lat, lng], radius: mark.options.radius };
}

// the largest sources that nobody receives from, where few flows are drawn
function leftNames(flows) {
  if (flows > FEW_LINES) return [];
  const left = frame().nodes
    .filter(({ role }) => role === "source" && state.roles.has(role))
    .map(({ site, used, total }) => ({ site, rest: total - used }))
    .sort((a, b) => b.rest - a.rest);
  return left.slice(0, MOST_LEFT).map(({ site, rest }) => {
    const text = page.sites[site].name;
    const bare = rows(text);
    const holds = ({ symbol }) => symbol.members.some((m) => m.index === site);
    const { radius } = state.symbols.find(holds)?.options ?? { radius: 3 };
    const lines = [...bare, amountOf("left", rest)];
    return { kind: "town", at: page.sites[site].at, text, names: [text], bare, lines, radius };
  });
}

// what a line delivers stands beside its middle; one that leaves the view says where it ends
function lineName(line) {
  const points = line.getLatLngs();
  const view = map.getBounds();
  const seen = points.filter((at) => view.contains(at));
  const { to, deliveredText, distance } = line.flow;
  if (seen.length && !view.contains(page.sites[to].at)) {
    const along = LEAVING.map((part) => seen[Math.floor(part * seen.length)]);
    const { lat, lng } = along[0];
    const text = page.sites[to].name;
    const lines = [`→ ${text}`, commas(deliveredText, distance), seldom(line.flow)].filter(Boolean);
    const radius = line.options.weight / 2 + 4;
    return { kind: "town", isEdge: true, at: [lat, lng], along, text, lines, radius };
  }
  const { lat, lng } = points[Math.floor(points.length / 2)];
  const radius = line.options.weight / 2;
  const along = ALONG.map((part) => points[Math.floor(part * points.length)]);
  const text = rough(line.flow.delivered / frame().parts);
  return { kind: "amount", at: [lat, lng], along, text, receiver: page.sites[to].name, radius };
}

// the places from which lines run
function senderNames(lines) {
  return [...new Set(lines.map(({ flow: { from } }) => from))].map((index) => {
    const text = page.sites[index].name;
    return { kind: "town", text, ...seat(index), ...(narrow() ? { bare: rows(text) } : {}) };
  });
}

// the largest sources of a register with what they have, those of one symbol in a label
function largestNames() {
  if (map.getZoom() >= NAMED_FROM) return []; // all have names
  const isSource = ({ role, shape, dashed }) => role === "source" && shape === "pie" && !dashed;
  const told = new Map();
  // what is not to scale is more than the largest, and stands small
  const sources = state.places.filter(isSource);
  const most = MOST_NAMED + sources.filter(({ beyond }) => beyond).length;
  for (const place of sources) {
    const mark = state.symbols.find(({ symbol }) => symbol.members.includes(place));
    const here = told.get(mark) || [];
    // a phone has room for one name of a symbol
    if (!narrow() || !here.length) told.set(mark, [...here, place]);
    if ([...told.values()].flat().length === most) break;
  }
  return [...told].map(([mark, places]) => {
    const nameOf = ({ index }) => page.sites[index].name;
    const worth = ({ index, value }) => {
      const isOut = !ofResource(page.sites[index]).some(counts);
      return commas(rough(value / scale().parts), isOut && texts.left_out);
    };
    const lines = places.flatMap((place) =>
      places.length > 1
        ? rows(`${nameOf(place)} ${worth(place)}`)
        : [...rows(nameOf(place)), worth(place)]
    );
    const { lat, lng } = mark.getLatLng();
    const names = places.map(nameOf);
    const row = places.length > 1 ? null : [`${names[0]} ${worth(places[0])}`];
    const radius = mark.options.radius + (mark.symbol.beyond ? EXTRA_RING : 0);
    const all = mark.symbol.beyond ? row : lines;
    return {
      kind: "town",
      mark,
      at: [lat, lng],
      text: names[0],
      names,
      bare: names,
      row,
      lines: all,
      radius,
    };
  });
}

export function placeNames() {
  names.clearLayers();
  if (!state.names) return;
  const view = map.getSize();
  const taken = countBoxes();
  const origin = map.getContainer().getBoundingClientRect();
  for (const button of document.querySelectorAll(".toggle, .leaflet-control")) {
    const { left, top, right, bottom } = button.getBoundingClientRect();
    taken.push([left - origin.left, top - origin.top, right - origin.left, bottom - origin.top]);
  }
  const shown = (marks) => marks.filter((mark) => !mark.isHidden);
  const lines = shown(state.lines).flatMap((line) =>
    line.getLatLngs().map((at) => {
      const { x, y } = map.latLngToContainerPoint(at);
      const r = line.options.weight / 2 + 1;
      return [x - r, y - r, x + r, y + r];
    })
  );
  const boxOf = (part) => (mark) => {
    const { x, y } = map.latLngToContainerPoint(mark.getLatLng());
    const r = mark.options.radius * part;
    return [x - r, y - r, x + r, y + r];
  };
  const seen = shown(state.symbols).slice(0, 300);
  const marks = seen.map(boxOf(0.8));
  const discs = seen.filter(({ symbol }) => symbol.shape === "pie").map(boxOf(1));
  const rings = state.towns.map(boxOf(1));
  const apart = [...marks, ...rings].map((box) =>
    box.map((edge, i) => edge + (i < 2 ? -OFF : OFF))
  );
  const busy = isMatch ? seen.filter(({ symbol }) => symbol.share > 0).map(boxOf(1)) : marks;
  // who gives and takes is named even where that crosses a line; of many on a phone only rings
  const isCrowded = narrow() && map.getZoom() < FAR && shown(state.lines).length > 2 * FEW_LINES;
  const isStruck = ({ kind, lines: all }) => kind === "town" && (Boolean(all) || !isCrowded);
  const onFewest = (spots, boxAt, boxes = lines) => {
    const struck = (spot) => boxes.filter((box) => overlaps(boxAt(spot), box)).length;
    return spots.sort((a, b) => struck(a) - struck(b))[0];
  };
  // on a phone a name of a register covers no symbol: a line leads to it, or it is left out
  const whole = seen.map(boxOf(1));
  const isStrict = ({ kind }) => narrow() && !isMatch && ["town", "municipality"].includes(kind);
  // a line crosses as few others as it can
  const isOn = ({ x, y }) => (mark) => {
    const { x: dx, y: dy } = map.latLngToContainerPoint(mark.getLatLng()).subtract([x, y]);
    const r = mark.options.radius;
    return mark.symbol.shape === "pie"
      ? Math.hypot(dx, dy) < r
      : Math.max(dx ** 2, dy ** 2) < r * r;
  };
  const leastStruck = (led, { x, y }, own) => {
    const others = seen.filter((mark) => mark !== own);
    const cost = ({ leader: [from, to] }) =>
      from.distanceTo(to) + CROSSED * boxesAlong([from, to], { x, y })
          .flatMap(([left, top]) => others.filter(isOn({ x: left + 1, y: top + 1 }))).length;
    return led.sort((a, b) => cost(a) - cost(b))[0];
  };
  const named = new Set();
  const summed = new Set(); // receivers of one flow, whose label tells its amount
  const far = shown(state.lines).filter((line) => shaftLength(line) > 0);
  // who gets how much stands before who gives, and before the parts of a sum
  const parts = far.map(lineName);
  const edges = parts.filter((name) => name.isEdge).slice(0, MOST_TOLD);
  const inside = parts.slice(0, MOST_TOLD).filter((name) => !name.isEdge);
  const within = far.filter((_, i) => !parts[i].isEdge);
  const flows = shown(state.lines).length + state.towns.length;
  const first = isMatch
    ? [
      ...edges,
      ...receiverNames(within),
      ...leftNames(flows),
      ...senderNames(far),
      ...inside,
    ]
    : largestNames();
  for (const name of [...first, ...wanted(map.getZoom())]) {
    const { x, y } = map.latLngToContainerPoint(name.at);
    if (x < 0 || y < 0 || x > view.x || y > view.y) continue;
    // a town is named once on a map of the whole county
    const isAgain = named.has(name.text) && map.getZoom() < FAR;
    if (isAgain && isArea(name) && narrow()) continue;
    // who gives or takes has its name already
    if (named.has(name.text) && !name.lines && !name.along && !isArea(name)) continue;
    // an amount without a name would be read as that of a neighbour
    const { receiver } = name;
    if (receiver && (!named.has(receiver) || summed.has(receiver))) continue;
    const text = name.text.length > LONGEST ? `${name.text.slice(0, 40)}…` : name.text;
    const all = name.lines || name.bare || [text];
    const must = [...lines, ...rings, ...busy];
    const settle = (rows) => {
      const w = Math.max(...rows.map((row) => widthOf(name, row)));
      const h = HEIGHT * rows.length;
      const boxAt = ([dx, dy]) => [x + dx, y + dy, x + dx + w, y + dy + h];
      const isFree = (box) =>
        box[0] >= 2 && box[2] <= view.x - 2 && box[1] >= 2 && box[3] <= view.y - 2 &&
        !taken.some((other) => overlaps(box, other));
      const free = spots(name, w, h).filter((spot) => isFree(boxAt(spot)));
      const isClear = (kept) => (spot) => !kept.some((box) => overlaps(boxAt(spot), box));
      if (isStrict(name)) {
        const led = name.kind === "town" ? ledSpots(name, w, h) : [];
        const isSeen = ({ leader }) =>
          !boxesAlong(leader, { x, y }).some((box) => taken.some((other) => overlaps(box, other)));
        const spot = free.find(isClear(whole)) ||
          leastStruck(
            led.filter((at) => isFree(boxAt(at)) && isClear(whole)(at) && isSeen(at)),
            { x, y },
            name.mark,
          );
        return spot && { rows, spot, w, box: boxAt(spot) };
      }
      const spot = (name.along ? free.find(isClear([...apart, ...must])) : null) ||
        free.find(isClear([...marks, ...must])) || free.find(isClear(must)) ||
        (isArea(name) ? free.find(isClear([...lines, ...rings])) : null) ||
        (name.lines
          ? onFewest(free.filter(isClear([...lines, ...rings])), boxAt, [...marks, ...discs])
          : null) ||
        (isStruck(name) ? onFewest(free.filter(isClear([...rings, ...busy])), boxAt) : null) ||
        // what a ring tells is said, if need be on a place beside it
        (name.lines && !name.isEdge ? onFewest(free.filter(isClear(rings)), boxAt) : null);
      return spot && { rows, spot, w, box: boxAt(spot) };
    };
    const found = settle(all) || (name.row ? settle(name.row) : null) ||
      (name.lines ? settle(name.bare || [text]) : null);
    if (!found) continue;
    const [left, top, right, bottom] = found.box;
    taken.push([left - 3, top - 1, right + 3, bottom + 1]);
    (name.names || [name.text]).forEach((each) => named.add(each));
    if (found.rows === all) name.single?.forEach((each) => summed.add(each));
    const { leader } = found.spot;
    if (leader) taken.push(...boxesAlong(leader, { x, y }));
    put(name, found.rows, found.spot, found.w, leader);
  }
}

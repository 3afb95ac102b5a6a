// Names on the map, placed without overlap.
import { map, page, state } from "./data.js";
import { el } from "./dom.js";
import { countBoxes, overlaps } from "./symbols.js";

const LONGEST = 42; // characters of a name
const HEIGHT = 15; // pixels
const NAMED_FROM = 10.4; // zoom at which sites have names
const SPACING = { municipality: 2.6, locality: 0.2, site: 0.2 };
const FONTS = {
  municipality: "600 13px system-ui",
  site: "600 12.5px system-ui",
  locality: "italic 12.5px system-ui",
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
    if (members.length > 1) continue;
    const site = page.sites[index];
    if (seen.has(index) || site.settlement) continue;
    seen.add(index);
    list.push({ kind: "site", at: site.at, text: site.name, radius: mark.options.radius });
  }
  return list;
}

// where a name may stand beside its point, the best place first
function spots(name, w) {
  const h = HEIGHT;
  const gap = (name.radius || 3) + 3;
  if (["locality", "site"].includes(name.kind)) {
    return [[gap, -h / 2], [-gap - w, -h / 2], [-w / 2, gap], [-w / 2, -gap - h], [gap, -h], [
      gap,
      0,
    ]];
  }
  const rows = [-h / 2, h, -h * 2, h * 2.5, -h * 3.5];
  return [-w / 2, w * 0.15, -w * 1.15].flatMap((x) => rows.map((y) => [x, y]));
}

function widthOf(name, text) {
  pen.font = FONTS[name.kind] || "12px system-ui";
  const shown = name.kind === "municipality" ? text.toUpperCase() : text;
  return pen.measureText(shown).width + text.length * (SPACING[name.kind] || 1.2);
}

function put(name, text, [dx, dy]) {
  const node = el("div", { class: `place ${name.kind}`, "aria-hidden": "true" }, text);
  node.style.left = `${dx}px`;
  node.style.top = `${dy}px`;
  const icon = L.divIcon({ html: node, className: "", iconSize: [0, 0] });
  const fixed = { pane: "names", interactive: false, keyboard: false };
  names.addLayer(L.marker(name.at, { ...fixed, icon }));
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
  const lines = state.lines.flatMap((line) =>
    line.getLatLngs().map((at) => {
      const { x, y } = map.latLngToContainerPoint(at);
      const r = line.options.weight / 2 + 2;
      return [x - r, y - r, x + r, y + r];
    })
  );
  const marks = state.symbols.slice(0, 300).map((mark) => {
    const { x, y } = map.latLngToContainerPoint(mark.getLatLng());
    const r = mark.options.radius * 0.8;
    return [x - r, y - r, x + r, y + r];
  });
  for (const name of wanted(map.getZoom())) {
    const { x, y } = map.latLngToContainerPoint(name.at);
    if (x < 0 || y < 0 || x > view.x || y > view.y) continue;
    const text = name.text.length > LONGEST ? `${name.text.slice(0, 40)}…` : name.text;
    const w = widthOf(name, text);
    const boxAt = ([dx, dy]) => [x + dx, y + dy, x + dx + w, y + dy + HEIGHT];
    const isFree = (box) =>
      box[0] >= 2 && box[2] <= view.x - 2 && !taken.some((other) => overlaps(box, other));
    const free = spots(name, w).filter((spot) => isFree(boxAt(spot)));
    const isClear = (kept) => (spot) => !kept.some((box) => overlaps(boxAt(spot), box));
    const clear = free.find(isClear([...marks, ...lines])) || free.find(isClear(lines));
    // a municipality is always named, if need be across symbols
    const spot = clear || (name.kind === "municipality" ? free[0] : null);
    if (!spot) continue;
    const [left, top, right, bottom] = boxAt(spot);
    taken.push([left - 3, top - 1, right + 3, bottom + 1]);
    put(name, text, spot);
  }
}

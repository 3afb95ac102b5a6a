// Draws the data block of the page. Every text from the data becomes a text node, never markup.
(function (map) {
"use strict";
const D = JSON.parse(document.getElementById("symbios-data").textContent);
const T = D.text;
D.sites = D.sites.map(([at, name, detail, note, outside, settlement, flows]) => ({ at, name, detail: D.texts[detail], note: D.texts[note], outside, settlement, flows }));
const narrow = () => window.matchMedia("(max-width: 760px)").matches;
const SCALE = narrow() ? 0.72 : 1;
const R_MAX = 34 * SCALE, R_MIN = 2.6, W_MAX = 13 * SCALE, GREY = "#7a858d", NODE = "#2f3b44", NODE_IDLE = "#8c979f";

// ---- small helpers -------------------------------------------------------------------------
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {}))
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  for (const child of children.flat(Infinity)) if (child !== null && child !== undefined && child !== "") node.append(child);
  return node;
}
function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
// only web addresses become links; anything else is shown as the text it is
function link(title, address) {
  return /^https?:\/\//i.test(address)
    ? el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, title)
    : el("span", {}, address ? title + " (" + address + ")" : title);
}
const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

// ---- background ----------------------------------------------------------------------------
const pane = (name, z) => { map.createPane(name).style.zIndex = z; return name; };
const below = L.canvas({ pane: pane("background", 210), padding: 0.6 });
const above = L.canvas({ pane: pane("flows", 420), padding: 0.4, tolerance: 5 });
pane("names", 450);
map.getPane("names").style.pointerEvents = "none";
let polygons = 0;
function area(rings, style) {
  polygons += 1;
  return L.polygon(rings, { renderer: below, pane: "background", interactive: false, smoothFactor: 0.6, ...style }).addTo(map);
}
const sheet = L.latLngBounds(D.sheet);
const ring = [[sheet.getSouth(), sheet.getWest()], [sheet.getNorth(), sheet.getWest()], [sheet.getNorth(), sheet.getEast()], [sheet.getSouth(), sheet.getEast()]];
D.base.country.forEach((p) => area(p, { stroke: false, fillColor: "#f1f0ec", fillOpacity: 1 }));
if (D.tiles) {
  L.tileLayer(D.tiles + "/{z}/{x}/{y}.png", { maxZoom: 19 }).addTo(map);
  D.base.municipalities.forEach((p) => area(p, { color: "#5f5a50", weight: 1.4, fill: false }));
} else {
  area([ring], { stroke: false, fillColor: "#efeee9", fillOpacity: 1 });
  D.base.neighbours.forEach((p) => area(p, { color: "#cfccc3", weight: 0.8, fillColor: "#efeee9", fillOpacity: 1 }));
  D.base.municipalities.forEach((p) => area(p, { color: "#a39c8d", weight: 1.3, fillColor: "#fdfbf5", fillOpacity: 1 }));
  D.base.sea.forEach((p) => area(p, { color: "#9dbccd", weight: 0.9, fillColor: "#d8e7f0", fillOpacity: 1 }));
  D.base.lakes.forEach((p) => area(p, { color: "#9dbccd", weight: 0.8, fillColor: "#d8e7f0", fillOpacity: 1 }));
  area([ring], { color: "#9aa3a9", weight: 1, fill: false });
}

// ---- symbols: area follows quantity, slices follow class -------------------------------------
const Pie = L.CircleMarker.extend({
  _updatePath() {
    const c = this._renderer._ctx;
    if (!this._renderer._drawing || this._empty()) return;
    const { x, y } = this._point, r = Math.max(this._radius, 1), o = this.options;
    c.globalAlpha = 1;
    c.setLineDash([]);
    if (o.shape === "none") {  // no data: a grey cross, so that it never looks like a small value
      c.beginPath(); c.moveTo(x - r, y - r); c.lineTo(x + r, y + r); c.moveTo(x + r, y - r); c.lineTo(x - r, y + r);
      c.strokeStyle = "#fff"; c.lineWidth = 4; c.stroke(); c.strokeStyle = GREY; c.lineWidth = 1.8; c.stroke();
      return;
    }
    if (o.shape === "square") {  // demand of a matched flow fills from below
      const half = r * Math.sqrt(Math.PI) / 2, full = o.slices[0][1];
      c.fillStyle = "rgba(255,255,255,.8)"; c.fillRect(x - half, y - half, 2 * half, 2 * half);
      c.fillStyle = o.edge; c.fillRect(x - half, y + half - 2 * half * full, 2 * half, 2 * half * full);
      c.strokeStyle = o.edge; c.lineWidth = o.edgeWidth; c.strokeRect(x - half, y - half, 2 * half, 2 * half);
      return;
    }
    let angle = -Math.PI / 2;
    c.globalAlpha = o.dashed ? 0.35 : 0.86;
    for (const [colour, share] of o.slices) {
      const next = angle + share * 2 * Math.PI;
      c.beginPath(); if (share < 1) c.moveTo(x, y); c.arc(x, y, r, angle, next); c.closePath();
      c.fillStyle = colour; c.fill(); angle = next;
    }
    c.globalAlpha = 1;
    c.beginPath(); c.arc(x, y, r, 0, 2 * Math.PI);
    if (o.dashed) c.setLineDash(r < 7 ? [2, 1.4] : [4, 3]);
    c.strokeStyle = o.edge; c.lineWidth = o.edgeWidth; c.stroke();
    c.setLineDash([]);
    if (o.beyond) { c.beginPath(); c.arc(x, y, r + 4, 0, 2 * Math.PI); c.strokeStyle = "#333"; c.lineWidth = 1.2; c.stroke(); }
  },
  _containsPoint(p) { return p.distanceTo(this._point) <= Math.max(this._radius, 4.5) + this._clickTolerance(); },
});
const Arrow = L.Polyline.extend({
  _updatePath() {
    const renderer = this._renderer, c = renderer._ctx, part = this._parts[0];
    if (!renderer._drawing || !part) return;
    const o = this.options, end = part[part.length - 1], at = part[Math.floor(part.length * 0.62)];
    c.lineCap = c.lineJoin = "round"; c.globalAlpha = 0.9;
    for (const [colour, width] of [["#ffffff", o.weight + 2], [o.color, o.weight]]) {
      c.beginPath(); part.forEach((p, i) => (i ? c.lineTo(p.x, p.y) : c.moveTo(p.x, p.y)));
      c.strokeStyle = colour; c.lineWidth = width; c.stroke();
    }
    const before = part[Math.max(0, Math.floor(part.length * 0.62) - 2)];
    const turn = Math.atan2(at.y - before.y, at.x - before.x), size = 4.5 + o.weight * 0.75;
    c.globalAlpha = 1;
    if (part.length < 4 || end.distanceTo(part[0]) < 4 * size) return;  // no room for a head
    c.beginPath();
    for (const [along, side] of [[size, 0], [-size * 0.7, size * 0.85], [-size * 0.7, -size * 0.85]])
      c.lineTo(at.x + along * Math.cos(turn) - side * Math.sin(turn), at.y + along * Math.sin(turn) + side * Math.cos(turn));
    c.closePath(); c.fillStyle = o.color; c.fill(); c.strokeStyle = "#fff"; c.lineWidth = 1; c.stroke();
    c.globalAlpha = 1;
  },
});
const drawn = L.featureGroup().addTo(map);
const state = {
  resource: D.first, month: 0, roles: new Set([0, 1]), off: new Set(), outside: true, nodata: true,
  uncounted: true, names: true, frame: 0, modesOff: new Set(),
};
// what a flow is in the chosen month; a resource without months is shown as the whole year
const monthly = () => (D.kind === "register" && state.month ? D.resources[state.resource].monthly : null);
const scale = () => monthly() || D.resources[state.resource];
const inMonth = (f) => state.month > 0 && D.kind === "register" && f[13] >= 0 && f[3] !== null;
const value = (f) => (inMonth(f) ? f[3] * D.months.shares[f[13]][state.month - 1] : f[3]);
const decimals = (v) => (Math.abs(v) >= 100 ? 0 : Math.abs(v) >= 10 ? 1 : 2);
function number(v) {
  const digits = decimals(v), text = v.toLocaleString(D.lang === "sv" ? "sv-SE" : "en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return text.replace(/\u00a0/g, "\u202f");
}
const quantity = (f) => (inMonth(f) ? number(value(f)) + "\u00a0" + D.months.unit : f[4]);
const radius = (value, max) => Math.min(R_MAX, Math.max(R_MIN, R_MAX * Math.sqrt(value / max)));
let symbols = [], lines = [];

function registerSymbols() {
  const max = scale().max, found = [];
  D.sites.forEach((site, index) => {
    if (site.outside && !state.outside) return;
    const mine = site.flows.filter((f) => f[0] === state.resource);
    for (const role of [0, 1]) {
      const flows = mine.filter((f) => f[1] === role && (role === 1 || !state.off.has(f[2])));
      const known = flows.filter((f) => f[3] !== null);
      if (monthly() && known.length && !known.some((f) => value(f) > 0)) continue;  // nothing in this month
      if (!state.roles.has(role) || !flows.length) continue;
      if (!known.length) { if (state.nodata) found.push({ index, role, shape: "none", value: 0 }); continue; }
      const counted = known.filter((f) => f[7]);
      if (!counted.length && !state.uncounted) continue;
      // what is not counted often repeats another row, so the largest stands for all of it
      const shown = counted.length ? counted : [known.reduce((a, b) => (value(b) > value(a) ? b : a))];
      const total = shown.reduce((sum, f) => sum + value(f), 0);
      const byClass = new Map();
      shown.forEach((f) => byClass.set(f[2], (byClass.get(f[2]) || 0) + value(f)));
      const slices = [...byClass].sort((a, b) => a[0] - b[0]).map(([k, v]) => [D.classes[k].colour, total ? v / total : 1]);
      found.push({ index, role, value: total, max, slices, dashed: !counted.length, beyond: total > max * 1.001 });
    }
    if (!site.flows.length && state.nodata && !site.settlement) found.push({ index, role: 0, shape: "none", value: 0 });
  });
  return found;
}
function matchSymbols() {
  const max = D.nodeMax[D.frames[state.frame].scale];
  return D.nodes.map((n) => {
    const [used, total] = n.frames[state.frame];
    const part = total ? Math.min(1, used / total) : 0, colour = part ? NODE : NODE_IDLE;
    return { index: n.site, role: n.role, value: total, max, beyond: false, edge: colour, form: n.role ? "square" : "pie", slices: [[colour, part], ["#ffffff", 1 - part]] };
  }).filter((s) => s.value > 0 && state.roles.has(s.role));
}
function drawSymbols() {
  const found = D.kind === "match" ? matchSymbols() : registerSymbols();
  found.sort((a, b) => b.value - a.value);
  symbols = found.map((s) => {
    const site = D.sites[s.index], hollow = s.role === 1 && D.kind !== "match";
    const size = s.shape ? 3.6 : radius(s.value, s.max), ringWidth = Math.max(1.2, Math.min(2.4, size * 0.3));
    const mark = new Pie(site.at, {
      renderer: above, pane: "flows", site: s.index, shape: s.shape || s.form || "pie", dashed: s.dashed, beyond: s.beyond,
      radius: size, edge: s.edge || (hollow ? D.classes[D.sinkClass].colour : s.dashed ? "#444" : "#fff"),
      slices: hollow ? [["rgba(255,255,255,.55)", 1]] : s.slices || [], edgeWidth: hollow ? ringWidth : s.edge ? (s.edge === NODE ? 1.5 : 1) : 0.9,
    });
    mark.symbol = s;
    return mark;
  });
}

// ---- matched flows -------------------------------------------------------------------------
// a bow to the right keeps a flow and its return apart
function bow(a, b) {
  const points = [], north = 1 / Math.cos((a[0] * Math.PI) / 180), dx = (b[1] - a[1]) / north, dy = b[0] - a[0];
  const middle = [(a[0] + b[0]) / 2 - dx * 0.16, (a[1] + b[1]) / 2 + dy * 0.16 * north];
  for (let i = 0; i <= 24; i++) {
    const t = i / 24, u = 1 - t;
    points.push([0, 1].map((k) => u * u * a[k] + 2 * u * t * middle[k] + t * t * b[k]));
  }
  return points;
}
function frameLinks() { return D.frames[state.frame].links.filter((l) => !state.modesOff.has(l[4])); }
function drawLines() {
  const max = D.widths[D.frames[state.frame].scale].max;
  lines = frameLinks().filter((l) => l[0] !== l[1]).map((l) => {
    const line = new Arrow(bow(D.sites[l[0]].at, D.sites[l[1]].at), {
      renderer: above, pane: "flows", color: D.modes[l[4]].colour, weight: Math.max(1.2, (W_MAX * l[3]) / max), smoothFactor: 0,
    });
    line.flow = l;
    return line;
  });
}

// ---- names, placed without overlap -----------------------------------------------------------
const names = L.layerGroup().addTo(map);
const pen = document.createElement("canvas").getContext("2d");
function wanted(zoom) {
  const least = zoom < 8.5 ? 30000 : zoom < 9.5 ? 8000 : zoom < 10.5 ? 1500 : zoom < 11.5 ? 500 : 0;
  const list = D.base.names.filter((n) => (n.kind === "locality" ? n.size >= least : n.kind === "site" || (zoom < 10.6 && (n.kind !== "neighbour" || zoom > 8.4))));
  if (zoom >= 10.4) {
    const seen = new Set();
    symbols.slice(0, 400).forEach((m) => { if (!seen.has(m.symbol.index) && !D.sites[m.symbol.index].settlement) { seen.add(m.symbol.index); list.push({ kind: "site", at: D.sites[m.symbol.index].at, text: D.sites[m.symbol.index].name, r: m.options.radius }); } });
  }
  return list;
}
function placeNames() {
  names.clearLayers();
  if (!state.names) return;
  const view = map.getSize(), taken = [], marks = [], fonts = { municipality: "600 13px system-ui", site: "600 12.5px system-ui", locality: "italic 12.5px system-ui" };
  const hit = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
  symbols.slice(0, 300).forEach((m) => {
    const p = map.latLngToContainerPoint(m.getLatLng()), r = m.options.radius * 0.8;
    marks.push([p.x - r, p.y - r, p.x + r, p.y + r]);
  });
  for (const n of wanted(map.getZoom())) {
    const p = map.latLngToContainerPoint(n.at), centred = !["locality", "site"].includes(n.kind);
    if (p.x < 0 || p.y < 0 || p.x > view.x || p.y > view.y) continue;
    pen.font = fonts[n.kind] || "12px system-ui";
    const short = n.text.length > 42 ? n.text.slice(0, 40) + "…" : n.text;
    const spacing = n.kind === "municipality" ? 2.6 : n.kind === "locality" || n.kind === "site" ? 0.2 : 1.2;
    const w = pen.measureText(n.kind === "municipality" ? short.toUpperCase() : short).width + short.length * spacing, h = 15, gap = (n.r || 3) + 3;
    const spots = centred ? [[-w / 2, -h / 2], [-w / 2, h], [-w / 2, -h * 2], [-w / 2, h * 2.5], [-w / 2, -h * 3.5], [w * 0.15, -h / 2], [-w * 1.15, -h / 2]]
      : [[gap, -h / 2], [-gap - w, -h / 2], [-w / 2, gap], [-w / 2, -gap - h], [gap, -h], [gap, 0]];
    // a municipality is always named, if need be across symbols
    const tries = [...spots.map((s) => [s, true]), ...(n.kind === "municipality" ? spots.map((s) => [s, false]) : [])];
    for (const [[dx, dy], clear] of tries) {
      const box = [p.x + dx, p.y + dy, p.x + dx + w, p.y + dy + h];
      if (box[0] < 2 || box[2] > view.x - 2 || taken.some((t) => hit(box, t)) || (clear && marks.some((t) => hit(box, t)))) continue;
      taken.push([box[0] - 3, box[1] - 1, box[2] + 3, box[3] + 1]);
      const text = el("div", { class: "place " + n.kind, "aria-hidden": "true" }, short);
      text.style.left = dx + "px"; text.style.top = dy + "px";
      names.addLayer(L.marker(n.at, { pane: "names", interactive: false, keyboard: false, icon: L.divIcon({ html: text, className: "", iconSize: [0, 0] }) }));
      break;
    }
  }
}

// ---- popups --------------------------------------------------------------------------------
// the button leaves the page with the old popup, and Leaflet would take its click for one on the map
const jump = (action) => (e) => { e.stopPropagation(); action(); };
function flowBox(f) {
  const [title, address] = D.sources[f[9]] || ["", ""];
  const meta = [inMonth(f) ? T.whole_year + " " + f[4] : "", f[5] ? T.range + " " + f[5] : "", f[6] ? T.year + " " + f[6] : "", D.texts[f[11]], D.confidence[f[8]] ? T.confidence + " " + D.confidence[f[8]] : "", f[7] ? "" : T.not_counted];
  return el("div", { class: "flow" },
    el("div", { class: "head" }, el("span", {}, D.resources[f[0]].label + ", " + D.roles[f[1]].toLowerCase() + (f[10] >= 0 ? ": " + D.streams[f[10]] : "")), el("b", {}, quantity(f))),
    el("p", { class: "meta" }, meta.filter(Boolean).join(" · ")),
    title ? el("p", { class: "meta" }, T.source + ": ", link(title, address)) : null,
    f[12] ? el("details", {}, el("summary", {}, T.note), el("p", { class: "note", lang: "en" }, D.texts[f[12]])) : null);
}
function exchanges(index) {
  if (D.kind !== "match") return [];
  const mine = frameLinks().filter((l) => l[0] === index || l[1] === index);
  if (!mine.length) return [];
  return [el("h4", {}, T.exchanges + " – " + D.frames[state.frame].label), flowList(mine)];
}
function flowList(links) {
  return el("ul", { class: "list" }, links.map((l) => el("li", {}, el("button", { type: "button", onclick: jump(() => openLink(l)) },
    el("span", {}, D.sites[l[0]].name + " → " + D.sites[l[1]].name), el("b", {}, l[5])))));
}
function siteBox(index, others) {
  const site = D.sites[index], first = site.flows.filter((f) => f[0] === state.resource), rest = site.flows.filter((f) => f[0] !== state.resource);
  const nodes = (D.nodes || []).filter((n) => n.site === index && n.frames[state.frame][1] > 0);
  return el("div", { class: "popup", tabindex: "-1" }, el("h3", {}, site.name), el("p", { class: "detail" }, site.detail),
    nodes.map((n) => el("p", {}, n.frames[state.frame][2])), exchanges(index),
    first.map(flowBox), rest.length ? [el("h4", {}, T.other_flows), rest.map(flowBox)] : null,
    site.flows.length ? null : el("p", { class: "meta" }, T.no_data),
    site.note ? el("details", {}, el("summary", {}, T.note_place), el("p", { class: "note", lang: "en" }, site.note)) : null,
    others.length ? [el("h4", {}, T.also_here), el("ul", { class: "list" }, others.map((i) => el("li", {}, el("button", { type: "button", onclick: jump(() => openSite(i)) }, D.sites[i].name))))] : null);
}
function linkBox(l) {
  const rows = [[T.delivered, l[5]], [T.sent, l[6]], [T.distance, l[7]], [D.modeTitle, D.modes[l[4]].label], [T.cost, l[8]], [T.worth, l[9]]];
  return el("div", { class: "popup", tabindex: "-1" }, el("h3", {}, D.sites[l[0]].name + " → " + D.sites[l[1]].name), el("p", { class: "detail" }, D.frames[state.frame].label),
    rows.filter((r) => r[1]).map(([word, text]) => el("div", { class: "flow" }, el("div", { class: "head" }, el("span", {}, word), el("b", {}, text)))),
    el("ul", { class: "list" }, [l[0], l[1]].map((i) => el("li", {}, el("button", { type: "button", onclick: jump(() => openSite(i)) }, D.sites[i].name)))));
}
const popup = L.popup({ maxWidth: narrow() ? 290 : 360, minWidth: 230, autoPanPaddingTopLeft: [12, narrow() ? 36 : 14], autoPanPaddingBottomRight: [narrow() ? 54 : 14, 14] });
let back = null;
function open(at, content) {
  popup.setLatLng(at).setContent(content).openOn(map);
  const cross = popup.getElement().querySelector(".leaflet-popup-close-button");
  cross.setAttribute("aria-label", T.close); cross.setAttribute("title", T.close);
  content.focus({ preventScroll: true });
}
function openSite(index, others) { open(D.sites[index].at, siteBox(index, others || [])); }
function openLink(l) { const p = bow(D.sites[l[0]].at, D.sites[l[1]].at); open(p[12], linkBox(l)); }
drawn.on("click", (e) => {
  L.DomEvent.stop(e);
  if (e.layer.flow) return openLink(e.layer.flow);
  const here = symbols.filter((m) => m._point && m._containsPoint(e.layerPoint)).map((m) => m.symbol.index);
  const top = e.layer.symbol.index;
  openSite(top, [...new Set(here)].filter((i) => i !== top).slice(0, 12));
});
map.on("popupclose", () => { if (back) { back.focus(); back = null; } });
const tip = L.tooltip({ direction: "top", offset: [0, -6] });
drawn.on("mouseover", (e) => {
  const l = e.layer.flow;
  tip.setContent(el("span", {}, l ? D.sites[l[0]].name + " → " + D.sites[l[1]].name + ": " + l[5] : D.sites[e.layer.symbol.index].name)).setLatLng(e.latlng).addTo(map);
}).on("mouseout", () => tip.remove());

// ---- panel ---------------------------------------------------------------------------------
let unique = 0;
function row(kind, name, word, checked, change, swatch, count) {
  return el("label", { class: kind === "radio" ? "row choice" : swatch ? "row" : "row plain" }, el("input", { type: kind, name, checked, onchange: (e) => { change(e.target.checked); redraw(); } }),
    swatch || el("span", {}), el("span", { class: "word" }, word), count === undefined ? null : el("span", { class: "count" }, String(count)));
}
const group = (title, ...rows) => el("fieldset", {}, el("legend", {}, title), rows);
const box = (colour) => svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, svg("rect", { x: 0.5, y: 0.5, width: 13, height: 13, rx: 2, fill: colour, stroke: "#8a8a8a" }));
const bar = (colour) => svg("svg", { width: 22, height: 8, "aria-hidden": "true" }, svg("rect", { y: 1.5, width: 22, height: 5, rx: 2, fill: colour }));
const disc = (o) => svg("svg", { width: 16, height: 16, "aria-hidden": "true" }, svg("circle", { cx: 8, cy: 8, r: 6, ...o }));
const cross = () => svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, svg("path", { d: "M3 3 L11 11 M11 3 L3 11", stroke: GREY, "stroke-width": 2, fill: "none" }));
function sizeLegend(entries, max, colour) {
  const r0 = radius(entries[0][0], max), height = 2 * r0 + 6, parts = [];
  let last = -99;
  entries.forEach(([value, text]) => {
    const r = radius(value, max), top = height - 2 - 2 * r, y = Math.max(top + 4, last + 15);
    last = y;
    parts.push(svg("circle", { cx: r0 + 2, cy: height - 2 - r, r, fill: "none", stroke: colour, "stroke-width": 1.4 }),
      svg("path", { d: `M${r0 + 2} ${top} L${2 * r0 + 12} ${y}`, stroke: "#8b969d", "stroke-width": 0.8, fill: "none" }),
      svg("text", { x: 2 * r0 + 16, y: y + 4, "font-size": 13, fill: "#22303a" }, text));
  });
  return svg("svg", { width: 230, height: Math.max(height, last + 8), role: "img", "aria-label": T.size + ": " + entries.map((e) => e[1]).join(", ") }, ...parts);
}
function widthLegend(entries, max) {
  const parts = entries.map(([value, text], i) => svg("g", {}, svg("rect", { x: 0, y: 10 + i * 20 - Math.max(1.2, (W_MAX * value) / max) / 2, width: 46, height: Math.max(1.2, (W_MAX * value) / max), fill: "#5b6a75" }), svg("text", { x: 56, y: 14 + i * 20, "font-size": 13, fill: "#22303a" }, text)));
  return svg("svg", { width: 230, height: entries.length * 20 + 2, role: "img", "aria-label": T.width + ": " + entries.map((e) => e[1]).join(", ") }, ...parts);
}
const section = (title, ...content) => el("section", {}, el("h2", {}, title), content);
const controls = el("div", { class: "controls", id: "controls" }), legends = el("div", { class: "legends" }), facets = el("div"), frameBox = el("div"), sumBox = el("p", { class: "sum", role: "status" });
const toggled = (set, key) => (on) => (on ? set.delete(key) : set.add(key));

function buildFacets() {
  const resource = D.resources[state.resource], parts = [];
  const count = (test) => D.sites.filter((s) => s.flows.some((f) => f[0] === state.resource && test(f))).length;
  const fill = D.classes[resource.classes[0]].colour;
  parts.push(group(T.role, [0, 1].map((role) => ({ role, n: count((f) => f[1] === role) })).filter((r) => r.n).map(({ role, n }) =>
    row("checkbox", "role", D.roles[role], state.roles.has(role), (on) => (on ? state.roles.add(role) : state.roles.delete(role)),
      disc(role ? { fill: "#fff", stroke: D.classes[D.sinkClass].colour, "stroke-width": 2.4 } : { fill, stroke: "#fff" }), n))));
  if (resource.classes.length > 1)
    parts.push(group(resource.classTitle, resource.classes.map((k) => row("checkbox", "class", D.classes[k].label, !state.off.has(k), toggled(state.off, k), box(D.classes[k].colour), count((f) => f[1] === 0 && f[2] === k)))));
  facets.replaceChildren(...parts);
}
function buildLegends() {
  if (D.kind === "match") {
    const scale = D.frames[state.frame].scale, w = D.widths[scale];
    legends.replaceChildren(section(T.width, widthLegend(w.legend, w.max)), section(T.size_node, sizeLegend(D.nodeLegend[scale], D.nodeMax[scale], "#5b6a75")));
  } else {
    const r = scale();
    legends.replaceChildren(section(T.size + ", " + r.unit, sizeLegend(r.legend, r.max, "#5b6a75"), symbols.some((m) => m.symbol.beyond) ? el("p", { class: "about sum" }, T.beyond) : null));
  }
}
function buildFrame() {
  const f = D.frames[state.frame];
  const biggest = [...frameLinks()].sort((a, b) => b[3] - a[3]).slice(0, 6);
  sumBox.textContent = f.summary;
  frameBox.replaceChildren(biggest.length ? el("section", { class: "largest" }, el("h2", {}, T.largest), flowList(biggest)) : "");
}
const slider = (title, words, choose, ...below) => {
  const out = el("output", { for: "frame" }, words[0]);
  const input = el("input", { id: "frame", type: "range", min: 0, max: words.length - 1, step: 1, value: 0, "aria-valuetext": words[0], oninput: (e) => {
    const chosen = Number(e.target.value), word = words[chosen];
    choose(chosen); out.textContent = word; e.target.setAttribute("aria-valuetext", word); map.closePopup(); redraw();
  } });
  return el("section", { class: "slider" }, el("h2", {}, out, el("label", { for: "frame" }, title)), input, below);
};
const monthSlider = slider(T.month, [T.whole_year, ...D.months.labels], (k) => { state.month = k; }, el("p", { class: "about" }, T.month_about));
const showMonths = () => monthSlider.classList.toggle("hidden", !D.resources[state.resource].monthly);

// ---- search --------------------------------------------------------------------------------
let index = null;
const input = el("input", { type: "text", id: "search", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: T.search, "aria-label": T.search, "aria-expanded": "false", "aria-controls": "hits", "aria-autocomplete": "list" });
const hits = el("ul", { class: "hits", id: "hits", role: "listbox", "aria-label": T.search, hidden: true });
const spoken = el("div", { class: "unseen", role: "status", "aria-live": "polite" });
let chosen = -1;
function closeHits() { hits.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); chosen = -1; }
function mark(step) {
  const items = [...hits.querySelectorAll("[role=option]")];
  if (!items.length) return;
  chosen = (chosen + step + items.length) % items.length;
  items.forEach((item, i) => item.setAttribute("aria-selected", i === chosen ? "true" : "false"));
  input.setAttribute("aria-activedescendant", items[chosen].id);
  items[chosen].scrollIntoView({ block: "nearest" });
}
function search() {
  index = index || D.sites.map((s) => plain(s.name + " " + s.detail));
  const words = plain(input.value).split(/\s+/).filter(Boolean), found = [];
  for (let i = 0; words.length && i < index.length; i++)
    if (words.every((w) => index[i].includes(w))) found.push(i);
  found.sort((a, b) => plain(D.sites[b].name).startsWith(words[0]) - plain(D.sites[a].name).startsWith(words[0]));
  hits.replaceChildren(...found.slice(0, 30).map((i, n) => el("li", { role: "option", id: "hit" + n, "aria-selected": "false", "data-site": i, onclick: () => go(i) }, D.sites[i].name, el("small", {}, D.sites[i].detail))));
  if (words.length && !found.length) hits.replaceChildren(el("li", {}, T.no_hits));
  chosen = -1;
  hits.hidden = !words.length;
  input.setAttribute("aria-expanded", String(!hits.hidden));
  spoken.textContent = words.length ? (found.length ? T.hits + ": " + found.length : T.no_hits) : "";
}
function go(i) {
  closeHits();
  controls.classList.remove("open");
  map.setView(D.sites[i].at, Math.max(map.getZoom(), 11), { animate: false });
  openSite(i);
  back = input;
}
input.addEventListener("input", search);
input.addEventListener("keydown", (e) => {
  if (e.key === "ArrowDown" || e.key === "ArrowUp") { e.preventDefault(); if (hits.hidden) search(); mark(e.key === "ArrowDown" ? 1 : -1); }
  else if (e.key === "Enter") { if (chosen < 0) mark(1); const item = hits.querySelectorAll("[role=option]")[chosen]; if (item) go(Number(item.dataset.site)); }
  else if (e.key === "Escape") closeHits();
});
input.addEventListener("blur", () => setTimeout(closeHits, 160));
document.addEventListener("keydown", (e) => { if (e.key === "Escape" && map.hasLayer(popup)) map.closePopup(popup); });

// ---- put together --------------------------------------------------------------------------
const toggle = el("button", { type: "button", class: "toggle", "aria-expanded": "false", "aria-controls": "controls", onclick: () => { const on = controls.classList.toggle("open"); toggle.setAttribute("aria-expanded", String(on)); toggle.textContent = on ? T.close : T.panel; } }, T.panel);
const showOutside = D.sites.some((s) => s.outside);
if (D.kind === "match") {
  if (D.frames.length > 1) controls.append(slider(D.frameTitle, D.frames.map((f) => f.label), (k) => { state.frame = k; }));
  controls.append(sumBox, group(D.modeTitle, D.modes.map((m, k) => row("checkbox", "mode", m.label, true, toggled(state.modesOff, k), bar(m.colour)))));
  controls.append(group(T.role, [0, 1].map((r) => row("checkbox", "role", D.roles[r], true, (on) => (on ? state.roles.add(r) : state.roles.delete(r)), r ? box(NODE) : disc({ fill: NODE, stroke: NODE })))));
  controls.append(legends, frameBox, group(T.show, row("checkbox", "show", T.place_names, true, (on) => { state.names = on; })));
} else {
  if (D.resources.length > 1) controls.append(group(T.resource, D.resources.map((r, k) => row("radio", "resource", r.label, k === D.first, () => { state.resource = k; buildFacets(); showMonths(); }, null, D.sites.filter((s) => s.flows.some((f) => f[0] === k)).length))));
  buildFacets();
  showMonths();
  controls.append(monthSlider, facets, legends, group(T.show,
    row("checkbox", "show", T.not_counted, true, (on) => { state.uncounted = on; }, disc({ fill: "#bbb", "fill-opacity": 0.4, stroke: "#444", "stroke-dasharray": "3 2.5" })),
    row("checkbox", "show", T.no_data, true, (on) => { state.nodata = on; }, cross()),
    showOutside ? row("checkbox", "show", T.outside, true, (on) => { state.outside = on; }) : null,
    row("checkbox", "show", T.place_names, true, (on) => { state.names = on; })));
}
if (window.self === window.top) controls.append(section("", el("button", { type: "button", onclick: () => window.print() }, T.print)));
controls.append(el("section", { class: "about" }, el("h2", {}, T.about), D.about.map((text) => el("p", {}, text))));
document.body.prepend(el("aside", { class: "panel", "aria-label": T.panel }, el("h1", {}, D.title), el("p", { class: "sub" }, D.subtitle), el("div", { class: "search" }, input, hits, spoken), toggle, controls));

map.getContainer().setAttribute("role", "region");
map.getContainer().setAttribute("aria-label", T.map_label);
L.control.zoom({ position: "topright", zoomInTitle: T.zoom_in, zoomOutTitle: T.zoom_out }).addTo(map);
const Home = L.Control.extend({ onAdd() {
  const bar = el("div", { class: "leaflet-bar" }), a = el("a", { href: "#", role: "button", title: T.home, "aria-label": T.home }, "⌂");
  L.DomEvent.disableClickPropagation(bar).on(a, "click", (e) => { L.DomEvent.stop(e); home(); });
  bar.append(a);
  return bar;
} });
new Home({ position: "topright" }).addTo(map);
L.control.scale({ imperial: false, maxWidth: 140, position: narrow() ? "topleft" : "bottomleft" }).addTo(map);
const credit = L.control.attribution({ prefix: false }).addTo(map);
// Leaflet reads a credit as markup, and this one is our own words without any
D.credits.forEach((text) => credit.addAttribution(text.replace(/[<>&]/g, "")));

function home() { map.invalidateSize({ animate: false }); map.fitBounds(D.home, { padding: [8, 8], animate: false }); }
function redraw() {
  drawn.clearLayers();
  tip.remove();
  lines = [];
  drawSymbols();
  if (D.kind === "match") { drawLines(); buildFrame(); }
  // flows cross large circles and end under small ones
  const small = symbols.findIndex((m) => m.options.radius < 8), cut = D.kind === "match" && small >= 0 ? small : symbols.length;
  [...symbols.slice(0, cut), ...lines, ...symbols.slice(cut)].forEach((layer) => drawn.addLayer(layer));
  buildLegends();
  placeNames();
}
home();
redraw();
map.on("moveend", placeNames);
const wide = L.latLngBounds(D.sheet);
D.sites.forEach((s) => wide.extend(s.at));
map.setMaxBounds(wide.pad(0.25)).setMinZoom(5);
let kept = null;
window.addEventListener("beforeprint", () => {
  kept = [map.getCenter(), map.getZoom()];
  map.closePopup();
  document.body.classList.add("printing");  // the browser lays the page out for print only after this
  map.invalidateSize({ animate: false, pan: false });
  map.fitBounds(D.home, { animate: false });
  [below, above].forEach((renderer) => renderer._redraw());
});
window.addEventListener("afterprint", () => {
  document.body.classList.remove("printing");
  map.invalidateSize({ animate: false });
  if (kept) map.setView(kept[0], kept[1], { animate: false });
});

let first = null;
requestAnimationFrame(() => requestAnimationFrame(() => { first = performance.now(); }));
// for tests
window.symbios = Object.freeze({
  get sites() { return D.sites.length; }, get symbols() { return symbols.length; }, get lines() { return lines.length; },
  get polygons() { return polygons; }, get names() { return names.getLayers().length; }, get frame() { return D.frames ? D.frames[state.frame].label : null; },
  get firstDrawing() { return first; }, get zoom() { return map.getZoom(); },
  number, open: (i) => openSite(i),
  spot(i) { const p = map.latLngToContainerPoint(D.sites[i].at), r = map.getContainer().getBoundingClientRect(); return [p.x + r.left, p.y + r.top]; },
});
})(SYMBIOS_MAP);

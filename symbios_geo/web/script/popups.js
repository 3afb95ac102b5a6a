// What opens on a place or on a matched flow.
import {
  frame,
  frameLinks,
  inMonth,
  isMatch,
  isOld,
  linkTitle,
  map,
  narrow,
  number,
  page,
  quantity,
  state,
  texts,
} from "./data.js";
import { anchor, el } from "./dom.js";
import { shaftLength } from "./marks.js";
import { isUnder, middleOf } from "./symbols.js";

const SEEN = 24; // pixels, of a line
const NEAR = 13.5; // zoom at which a town is seen
const margin = narrow() ? 54 : 14;
const popup = L.popup({
  maxWidth: narrow() ? 262 : 360,
  minWidth: 230,
  autoPanPaddingTopLeft: [12, narrow() ? 36 : 14],
  autoPanPaddingBottomRight: [margin, 14],
});
let shown = () => null; // what the open popup shows, made anew for another month or scenario
let back = null; // what gets the focus when the popup closes

// ---- contents ------------------------------------------------------------------------------
// the button leaves the page with the old popup; Leaflet would take its click for one on the map
const button = (action, ...words) => {
  const onclick = (event) => {
    event.stopPropagation();
    action();
  };
  return el("button", { type: "button", onclick }, words);
};
const list = (items) => el("ul", { class: "list" }, items.map((item) => el("li", {}, item)));
const headed = (word, text) =>
  el("div", { class: "head" }, el("span", {}, word), " ", el("b", {}, text));
const siteButton = (index) => button(() => openSite(index), page.sites[index].name);
// what seldom pays says so where it is listed
const doubt = (link) => link.open ? `${texts.pays.toLowerCase()} ${link.pays}` : "";
const stands = (link) => isOld(link) ? page.modes[link.mode].label : texts.new;
export const flowList = (links) =>
  list(
    links.map((link) =>
      button(
        () => {
          approach(link);
          openLink(link);
        },
        el(
          "span",
          {},
          linkTitle(link),
          el(
            "small",
            {},
            both(isOld(link) ? "" : texts.new, page.modes[link.mode].label, doubt(link)),
          ),
        ),
        el("b", {}, link.deliveredText),
      )
    ),
  );
const note = (title, text) => {
  const body = el("p", { class: "note" }, text);
  return text ? el("details", {}, el("summary", {}, title), body) : null;
};
const labelled = (word, text) => (text ? `${word} ${text}` : "");

function flowBox(flow) {
  const source = page.sources[flow.source];
  const role = page.roles.find(({ key }) => key === flow.role);
  const stream = page.streams[flow.stream];
  const facts = [
    inMonth(flow) ? labelled(texts.whole_year, flow.quantity) : "",
    labelled(texts.range, flow.range),
    labelled(texts.year, flow.year),
    page.texts[flow.temperatures],
    labelled(texts.confidence, page.confidence[flow.confidence]),
    flow.counted ? "" : texts.not_counted,
  ];
  const title = `${page.resources[flow.resource].label}, ${role.label.toLowerCase()}`;
  return el(
    "div",
    { class: "flow" },
    headed(stream ? `${title}: ${stream}` : title, quantity(flow)),
    el("p", { class: "meta" }, facts.filter(Boolean).join(" · ")),
    source
      ? el("p", { class: "meta" }, `${texts.source}: `, anchor(source.title, source.address))
      : null,
    note(texts.note, page.texts[flow.note]),
  );
}

// all that comes to some places, then what leaves them
function touching(places) {
  const isIn = ({ to }) => places.has(to);
  const mine = frameLinks().filter((link) => places.has(link.from) || isIn(link));
  return [...mine.filter(isIn), ...mine.filter((link) => !isIn(link))];
}

function exchanges(indices) {
  const mine = touching(new Set(indices));
  if (!mine.length) return null;
  return [el("h4", {}, `${texts.exchanges} – ${frame().label}`), flowList(mine)];
}

function siteBox(index, others) {
  const site = page.sites[index];
  const first = site.flows.filter((flow) => flow.resource === state.resource);
  const rest = site.flows.filter((flow) => flow.resource !== state.resource);
  const nodes = isMatch ? frame().nodes.filter((node) => node.site === index) : [];
  return el(
    "div",
    { class: "popup", tabindex: "-1" },
    el("h3", {}, site.name),
    el("p", { class: "detail" }, page.texts[site.detail]),
    nodes.map((node) => el("p", {}, node.text)),
    isMatch ? exchanges([index]) : null,
    first.map(flowBox),
    rest.length ? [el("h4", {}, texts.other_flows), rest.map(flowBox)] : null,
    site.flows.length ? null : el("p", { class: "meta" }, texts.no_data),
    note(texts.note_place, page.texts[site.note]),
    others.length ? [el("h4", {}, texts.also_here), list(others.map(siteButton))] : null,
  );
}

export const LISTED = 100; // places of a list
const total = (value) => `${number(value)}\u00a0${state.scale.unit}`;
// of two with a name each says what it is
const twinDetail = (index, all) => {
  const isTwin = (other) =>
    other.index !== index && page.sites[other.index].name === page.sites[index].name;
  return all.some(isTwin) ? page.texts[page.sites[index].detail] : "";
};
export const placeList = (symbols) =>
  list(
    symbols.slice(0, LISTED).map(({ index, role, shape, value, note: more = "" }) => {
      const { label } = page.roles.find(({ key }) => key === role);
      const words = both(label, twinDetail(index, symbols), more);
      return button(
        () => openSite(index),
        el("span", {}, page.sites[index].name, el("small", {}, words)),
        shape === "cross" ? null : el("b", {}, total(value)),
      );
    }),
  );

// the places that one symbol stands for, with their sum
function groupBox(members) {
  const same = ({ index, role }) => members.some((m) => m.index === index && m.role === role);
  const now = state.places.filter(same);
  if (!now.length) return null;
  const bounds = L.latLngBounds(now.map(({ index }) => page.sites[index].at));
  const sum = now.reduce((all, { value }) => all + value, 0);
  const isKnown = now[0].shape !== "cross";
  return el(
    "div",
    { class: "popup", tabindex: "-1" },
    el("h3", {}, `${texts.places}: ${now.length}`),
    isKnown ? headed(texts.sum, total(sum)) : el("p", { class: "meta" }, texts.no_data),
    button(() => zoomIn(bounds), texts.zoom_in),
    isMatch ? exchanges(now.map(({ index }) => index)) : null,
    placeList(now),
    now.length > LISTED ? el("p", { class: "meta" }, `+ ${now.length - LISTED}`) : null,
  );
}

// the exchanges that one ring stands for, and the others of its places
function townBox(ring) {
  const { name, links } = ring;
  const same = (one) => links.some(({ from, to }) => one.from === from && one.to === to);
  const now = frameLinks().filter(same);
  if (!now.length) return null;
  const bounds = L.latLngBounds(endsOf(now).map(siteAt));
  const isHere = (index) => isUnder(ring, index);
  return el(
    "div",
    { class: "popup", tabindex: "-1" },
    el("h3", {}, name),
    button(() => zoomIn(bounds), texts.zoom_in),
    flowList(touching(new Set([...endsOf(now), ...endsOf(frameLinks()).filter(isHere)]))),
  );
}
const endsOf = (links) => links.flatMap(({ from, to }) => [from, to]);
const siteAt = (index) => page.sites[index].at;

function zoomIn(bounds) {
  map.closePopup(popup);
  map.fitBounds(bounds, { padding: [40, 40], maxZoom: map.getZoom() + 5, animate: false });
}

function openGroup({ index, members }) {
  open(page.sites[index].at, () => groupBox(members));
}

export const both = (...parts) => parts.filter(Boolean).join(" · ");

// cost and worth share their unit
const costs = ({ cost, worth }) =>
  cost && worth ? `${cost.split("\u00a0")[0]} ${texts.against} ${worth}` : cost;

function linkBox(link) {
  const way = isOld(link) ? "" : page.modes[link.mode].label;
  const sent = link.sentText === link.deliveredText ? "" : labelled(texts.sent, link.sentText);
  const when = page.frames.length > 1 ? frame().label : "";
  const rows = [
    [texts.delivered, link.deliveredText],
    [texts.money, link.money],
    [texts.pays, link.pays],
    [link.worth ? texts.cost_worth : texts.cost, costs(link)],
    [texts.confidence, link.level === null ? "" : page.confidence[link.level]],
  ];
  return el(
    "div",
    { class: "popup", tabindex: "-1" },
    el("h3", {}, linkTitle(link)),
    el("p", { class: "detail" }, both(stands(link), way, link.distance, sent, when)),
    rows
      .filter(([, text]) => text)
      .map(([word, text]) => el("div", { class: "flow" }, headed(word, text))),
    sent ? el("p", { class: "meta" }, page.replaced) : null,
    el("div", { class: "ends" }, [link.from, link.to].map(siteButton)),
  );
}

// ---- opening and closing -------------------------------------------------------------------
// on a phone what is open lies over the map
export const closeControls = () => document.querySelector('.toggle[aria-expanded="true"]')?.click();

function open(at, make) {
  const from = document.activeElement;
  back = from?.closest(".panel") ? from : null;
  closeControls();
  shown = make;
  const content = make();
  popup.setLatLng(at).setContent(content).openOn(map);
  const cross = popup.getElement().querySelector(".leaflet-popup-close-button");
  cross.setAttribute("aria-label", texts.close);
  cross.setAttribute("title", texts.close);
  content.focus({ preventScroll: true });
}

export function openSite(index, { others = [], returnTo = null } = {}) {
  open(page.sites[index].at, () => siteBox(index, others));
  back = returnTo || back;
}

// a flow that is not seen as a line is gone near to
function approach(link) {
  const line = state.lines.find(({ flow }) => flow === link);
  if (line && !line.isHidden && shaftLength(line) >= SEEN) return;
  const bounds = L.latLngBounds([link.from, link.to].map(siteAt));
  map.fitBounds(bounds, { padding: [90, 90], maxZoom: NEAR, animate: false });
}

export function openLink(link) {
  const same = (other) => ["from", "to", "mode"].every((name) => other[name] === link[name]);
  open(middleOf(link), () => {
    const now = frameLinks().find(same);
    return now ? linkBox(now) : null;
  });
}

// an open popup follows the slider and leaves the focus where it is
export function refreshPopup() {
  if (!map.hasLayer(popup)) return;
  const content = shown();
  if (content) popup.setContent(content);
  else map.closePopup(popup);
}

// whether the focus comes back to a part of the page when the popup closes
export function returnsTo(element) {
  return element.contains(back);
}

map.on("popupclose", () => {
  // the focus goes back only if it was in the popup, which is gone now
  const isLost = back && document.activeElement === document.body;
  if (isLost) (back.checkVisibility() ? back : document.querySelector(".toggle")).focus();
  back = null;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && map.hasLayer(popup)) map.closePopup(popup);
});

// ---- what lies under the pointer -----------------------------------------------------------
export const drawn = L.featureGroup().addTo(map);
export const tip = L.tooltip({ direction: "top", offset: [0, -6] });
function nameOf({ flow, links, name, symbol }) {
  if (links) return name;
  if (flow) return `${linkTitle(flow)}: ${flow.deliveredText}`;
  const { index, members, value, shape } = symbol;
  if (members.length === 1) return page.sites[index].name;
  const sum = shape === "cross" ? texts.no_data : total(value);
  return `${texts.places}: ${members.length}, ${sum}`;
}

drawn.on("click", (event) => {
  if (state.pinning) return; // the map sets the pin
  L.DomEvent.stop(event);
  const { layer } = event;
  if (layer.flow) return openLink(layer.flow);
  if (layer.links) return open(layer.getLatLng(), () => townBox(layer));
  if (layer.symbol.members.length > 1) return openGroup(layer.symbol);
  const top = layer.symbol.index;
  const here = state.symbols
    .filter((mark) => mark._point && mark._containsPoint(event.layerPoint))
    .flatMap((mark) => mark.symbol.members.map((member) => member.index));
  const others = [...new Set(here)].filter((index) => index !== top).slice(0, 12);
  openSite(top, { others });
});
drawn.on("mouseover", (event) => {
  tip.setContent(el("span", {}, nameOf(event.layer))).setLatLng(event.latlng).addTo(map);
});
drawn.on("mouseout", () => tip.remove());

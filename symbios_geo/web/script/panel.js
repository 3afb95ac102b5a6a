// The panel beside the map: what to show, and what it means.
import {
  counts,
  frame,
  frameLinks,
  fullName,
  isMatch,
  isSummed,
  linkTitle,
  map,
  narrow,
  number,
  ofResource,
  page,
  resource,
  scale,
  state,
  texts,
  valueOf,
} from "./data.js";
import { saveCsv } from "./csv.js";
import { bar, box, cross, disc, el, group, section } from "./dom.js";
import { legends, restNote } from "./legends.js";
import { redraw } from "./main.js";
import { GREY } from "./marks.js";
import { pinBox, pinButton, pinPlaces } from "./pin.js";
import { flowList, placeList, refreshPopup, returnsTo } from "./popups.js";
import { searchBox } from "./search.js";
import { NEED_EDGE, NODE, sinkColour, sum } from "./symbols.js";

const facets = el("div");
const frameBox = el("div");
const title = el("h1", {}, page.title);
const sub = el("p", { class: "sub" }, resource().subtitle);
const leftBox = el("p", { class: "sum" }, page.left);
const leftBrief = el("p", { class: "sum" }, page.leftBrief);
const restBox = el("p", { class: "sum rest" });
const sumBox = el("p", { class: "sum", role: "status" });
const doubtBox = el("p", { class: "sum" });
const brief = el("span", { role: "status" });

// ---- rows ----------------------------------------------------------------------------------
function row(type, name, word, { checked = true, change, swatch = null, count = null }) {
  const look = type === "radio" ? "row choice" : swatch ? "row" : "row plain";
  const onchange = (event) => {
    change(event.target.checked);
    redraw();
  };
  return el(
    "label",
    { class: look },
    el("input", { type, name, checked, onchange }),
    swatch || el("span", {}),
    el("span", { class: "word" }, word),
    count === null ? null : el("span", { class: "count" }, String(count)),
  );
}
const include = (set, key) => (on) => (on ? set.add(key) : set.delete(key));
const exclude = (set, key) => (on) => (on ? set.delete(key) : set.add(key));
const show = (word, name, swatch) =>
  row("checkbox", "show", word, {
    swatch,
    change: (on) => {
      state[name] = on;
    },
  });
const roleRow = ({ key, label }, swatch, count) =>
  row("checkbox", "role", label, {
    checked: state.roles.has(key),
    change: include(state.roles, key),
    swatch,
    count,
  });

function slider(title, words, start, choose, ...below) {
  const out = el("output", { for: "frame" }, words[start]);
  const oninput = ({ target }) => {
    const word = words[Number(target.value)];
    choose(Number(target.value));
    out.textContent = word;
    target.setAttribute("aria-valuetext", word);
    redraw();
    refreshPopup();
  };
  const range = { type: "range", min: 0, max: words.length - 1, step: 1, value: start };
  const input = el("input", { id: "frame", ...range, "aria-valuetext": words[start], oninput });
  const heading = el("h2", {}, out, el("label", { for: "frame" }, title));
  // the whole year and twelve months
  const ticks = [texts.year, ...words.slice(1).map((word) => word[0].toUpperCase())];
  const letters = words.length === 13
    ? el("div", { class: "ticks", "aria-hidden": "true" }, ticks.map((word) => el("i", {}, word)))
    : null;
  return el("section", { class: "slider" }, heading, input, letters, below);
}

// ---- the register: resource, month, role, class ----------------------------------------------
const monthSlider = slider(texts.month, [texts.whole_year, ...page.months.labels], 0, (k) => {
  state.month = k;
}, el("p", { class: "about" }, texts.month_about));

function buildFacets() {
  monthSlider.classList.toggle("hidden", !resource().monthly);
  const { classes, classTitle } = resource();
  const count = (test) => page.sites.filter((site) => ofResource(site).some(test)).length;
  const fill = page.classes[classes[0]].colour;
  const looks = {
    source: disc({ fill, stroke: "#fff" }),
    sink: box("none", { stroke: sinkColour, "stroke-width": NEED_EDGE }),
  };
  const roles = page.roles
    .map((role) => ({
      role,
      places: count((flow) => flow.role === role.key && counts(flow)),
      isThere: count((flow) => flow.role === role.key),
    }))
    .filter(({ isThere }) => isThere);
  const rows = roles.map(({ role, places }) => roleRow(role, looks[role.key], places));
  facets.replaceChildren(group(texts.role, rows));
  if (classes.length < 2) return;
  facets.append(group(
    classTitle,
    classes.map((key) =>
      row("checkbox", "class", page.classes[key].label, {
        checked: !state.classesOff.has(key),
        change: exclude(state.classesOff, key),
        swatch: box(page.classes[key].colour),
        count: count((flow) => flow.role === "source" && flow.class === key && isSummed(flow)),
      })
    ),
  ));
}

function resourceRow({ label }, k) {
  return row("radio", "resource", label, {
    checked: k === page.first,
    change: () => {
      state.resource = k;
      title.textContent = document.title = resource().title;
      sub.textContent = resource().subtitle;
      buildFacets();
    },
    count: page.sites.filter((site) =>
      site.flows.some((flow) => flow.resource === k && counts(flow))
    ).length,
  });
}

function registerControls() {
  buildFacets();
  const faint = { fill: "#bbb", "fill-opacity": 0.4, stroke: "#444", "stroke-dasharray": "3 2.5" };
  return [
    el("p", { class: "about counts" }, texts.counts),
    page.resources.length > 1 ? group(texts.resource, page.resources.map(resourceRow)) : null,
    monthSlider,
    facets,
    legends,
    group(
      texts.show,
      show(texts.not_counted, "uncounted", disc(faint)),
      show(texts.no_data, "nodata", cross(GREY)),
      page.sites.some((site) => site.outside) ? show(texts.outside, "outside") : null,
      show(texts.place_names, "names"),
    ),
    inSight,
  ];
}

// ---- a match: frames, modes, roles -----------------------------------------------------------
const modeRow = ({ label, colour }, k) =>
  row("checkbox", "mode", label, { change: exclude(state.modesOff, k), swatch: bar(colour) });

function matchControls() {
  const looks = { source: disc({ fill: NODE, stroke: NODE }), sink: box(NODE) };
  return [
    group(page.modeTitle, page.modes.map(modeRow)),
    group(texts.role, page.roles.map((role) => roleRow(role, looks[role.key]))),
    legends,
    frameBox,
    group(texts.show, show(texts.place_names, "names")),
  ];
}

function frameSlider() {
  if (!isMatch || page.frames.length < 2) return null;
  return slider(page.frameTitle, page.frames.map((each) => each.label), state.frame, (k) => {
    state.frame = k;
  });
}

// every flow, in the order that the reader asks for: what has no price comes last
const ORDERS = [
  [texts.delivered, (a, b) => b.delivered - a.delivered],
  [texts.cost, (a, b) => (a.price ?? Infinity) - (b.price ?? Infinity)],
  [page.modeTitle, (a, b) => a.mode - b.mode || b.delivered - a.delivered],
  [texts.by_name, (a, b) => linkTitle(a).localeCompare(linkTitle(b), page.locale)],
];
let order = 0;
const flows = el("div");
const orderBox = el(
  "select",
  {
    onchange: (event) => {
      order = Number(event.target.value);
      listFlows();
    },
  },
  ORDERS.map(([word], i) => el("option", { value: i }, word)),
);
const listed = el(
  "section",
  { class: "largest" },
  el("h2", {}, texts.largest),
  el("label", { class: "order" }, texts.order, " ", orderBox),
  flows,
);

function listFlows() {
  flows.replaceChildren(flowList(frameLinks().sort(ORDERS[order][1])));
}

// the largest places in sight, for who has no pointer: a list that is not rebuilt under the focus
const IN_SIGHT = 10;
const sights = el("div");
const inSight = el("section", { class: "sights" }, el("h2", {}, texts.in_view), sights);
export function listPlaces() {
  if (isMatch || sights.contains(document.activeElement) || returnsTo(sights)) return;
  const view = map.getBounds();
  // what no sum counts comes last, and says so
  const found = state.places
    .filter(({ index, shape }) => shape !== "cross" && view.contains(page.sites[index].at))
    .sort((a, b) => Boolean(a.dashed) - Boolean(b.dashed))
    .slice(0, IN_SIGHT)
    .map((place) => ({ ...place, note: place.dashed ? texts.not_counted : "" }));
  inSight.hidden = !found.length;
  sights.replaceChildren(placeList(found));
}

// what is chosen by the reader stands before what all of it is
export function tellSum() {
  const chosen = shownSources();
  const isWhole = chosen === null;
  sumBox.textContent = isWhole ? resource().summary : `${chosen} ${resource().summary}`;
}

function shownSources() {
  const { classes, monthly } = resource();
  const isOff = classes.some((key) => state.classesOff.has(key));
  if (!isOff && !(monthly && state.month)) return null;
  const isShown = (flow) =>
    flow.role === "source" && counts(flow) && !state.classesOff.has(flow.class);
  const flows = page.sites.filter(({ outside }) => !outside)
    .map((site) => ofResource(site).filter(isShown)).filter((mine) => mine.length > 0);
  const given = flows.flat().reduce((all, flow) => all + valueOf(flow), 0);
  const told = `${texts.shown} ${number(given)}\u00a0${scale().unit}`;
  return `${told}, ${flows.length} ${texts.from_sources}. ${texts.all_year}:`;
}

export function buildFrame() {
  const { label } = frame();
  const when = page.frames.length > 1 ? `${label[0].toUpperCase()}${label.slice(1)}: ` : "";
  sumBox.textContent = `${when}${shownLinks()}${frame().summary}`;
  doubtBox.textContent = frame().doubt.replaceAll("/", "/\u2060"); // a unit stands on one line
  doubtBox.hidden = !frame().doubt;
  brief.textContent = frame().brief;
  listed.hidden = frameLinks().length === 0;
  listFlows();
  if (!frameBox.contains(listed)) frameBox.replaceChildren(listed);
}

function shownLinks() {
  if (!state.modesOff.size) return "";
  const links = frameLinks();
  const told = `${texts.shown} ${number(sum(links))}\u00a0${page.widths[frame().scale].unit}`;
  return `${told}, ${texts.exchanges.toLowerCase()}: ${links.length}. ${texts.whole_plan}: `;
}

// on a phone what is not drawn yet; its row stays, or the map would jump
export function tellRest() {
  if (!isMatch || !narrow()) return;
  const isTold = state.rest?.fresh > 0;
  restBox.classList.toggle("unseen", !isTold);
  if (isTold) restBox.textContent = restNote(page.restBrief, state.rest);
}

// ---- what is shown, as a table ---------------------------------------------------------------
function tableShown() {
  const { unit } = isMatch ? page.widths[frame().scale] : state.scale;
  if (!isMatch) {
    const role = (key) => page.roles.find((one) => one.key === key).label;
    return [
      [texts.places, texts.role, `${texts.sum}, ${unit}`],
      ...state.places.map((one) => [
        page.sites[one.index].name,
        role(one.role),
        one.shape === "cross" ? "" : one.value,
      ]),
    ];
  }
  const names = ["deliveredText", "sentText", "distance", "cost", "worth", "money", "pays"];
  const words = ["delivered", "sent", "distance", "cost", "worth", "money", "pays"];
  return [
    [...page.roles.map(({ label }) => label), page.modeTitle, ...words.map((key) => texts[key])],
    ...frameLinks().map((link) => [
      fullName(page.sites[link.from]),
      fullName(page.sites[link.to]),
      page.modes[link.mode].label,
      ...names.map((name) => link[name]),
    ]),
  ];
}

// ---- put together --------------------------------------------------------------------------
// what a match gives: a phone has room for one line of it above the map
function summary() {
  const whole = [sumBox, isMatch ? [doubtBox, page.left ? leftBox : null] : null];
  if (!isMatch || !narrow()) return whole;
  const ontoggle = () => map.invalidateSize({ animate: false });
  const line = el("summary", {}, brief, " ", el("u", {}, texts.more));
  const fold = el("details", { class: "more", ontoggle }, line, whole);
  addEventListener("beforeprint", () => {
    fold.open = true;
  });
  return [fold, restBox, page.leftBrief ? leftBrief : null];
}

export function buildPanel() {
  const isAlone = self === top;
  // a phone has room for one of them above the map: what moves it
  const frames = frameSlider();
  const [first, later] = frames && narrow() ? [frames, searchBox] : [[frames, searchBox], null];
  const print = el("button", { type: "button", onclick: () => globalThis.print() }, texts.print);
  const save = { type: "button", onclick: () => saveCsv(tableShown(), document.title) };
  const controls = el(
    "div",
    { class: "controls", id: "controls" },
    later,
    pinPlaces,
    isMatch ? matchControls() : registerControls(),
    isAlone ? section("", print) : null,
    el(
      "section",
      { class: "about" },
      el("h2", {}, texts.about),
      page.about.map((text) => el("p", {}, text)),
    ),
  );
  const onclick = ({ target }) => {
    const isOpen = controls.classList.toggle("open");
    target.setAttribute("aria-expanded", String(isOpen));
    target.textContent = isOpen ? texts.close : texts.panel;
  };
  const toggle = { type: "button", class: "toggle", "aria-expanded": "false", onclick };
  // the front page of a run lies beside the folder of its maps
  const isInRun = isAlone && page.front && /\/maps\/[^/]+$/.test(location.pathname);
  document.body.prepend(el(
    "aside",
    { class: "panel", "aria-label": texts.panel },
    isInRun ? el("p", { class: "front" }, el("a", { href: page.front }, `← ${texts.front}`)) : null,
    title,
    sub,
    summary(),
    first,
    el("div", { class: "tools" }, el("button", { ...save, class: "csv" }, texts.csv), pinButton),
    pinBox,
    el("button", { ...toggle, "aria-controls": "controls" }, texts.panel),
    controls,
  ));
}

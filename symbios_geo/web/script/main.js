// Puts the page together: panel, controls of the map, drawing, print.
import { above, below, count } from "./background.js";
import { fitting, frame, isMatch, map, narrow, number, page, rough, state, texts } from "./data.js";
import { el } from "./dom.js";
import { buildLegends } from "./legends.js";
import { names, placeNames } from "./names.js";
import { shaftLength } from "./marks.js";
import { listNearby, readPin, ringBounds } from "./pin.js";
import { buildFrame, buildPanel, listPlaces, tellRest, tellSum } from "./panel.js";
import { drawn, openSite, tip } from "./popups.js";
import { countBoxes, drawSymbols, middleOf } from "./symbols.js";

const SMALL = 8; // pixels
let firstDrawing = null;
let homeAt = null;

function home() {
  map.invalidateSize({ animate: false });
  map.fitBounds(page.home, fitting());
  homeAt = where();
}

const where = () => ({ centre: map.getCenter(), zoom: map.getZoom() });
const isHome = () =>
  map.getZoom() === homeAt.zoom &&
  map.project(map.getCenter()).distanceTo(map.project(homeAt.centre)) < 2; // pixels

// a phone that is turned: the county stays whole, and no name stands where the frame was
function refit() {
  if (hasSize() && isHome()) home();
  else follow();
}

export function redraw() {
  drawMarks();
  if (isMatch) buildFrame();
  else tellSum();
}

function drawMarks() {
  drawn.clearLayers();
  tip.remove();
  state.lines = [];
  drawSymbols();
  // flows cross what is large or idle, and end under small places that give or take
  const [symbols, lines] = [state.symbols, state.lines]
    .map((marks) => marks.filter((mark) => !mark.isHidden));
  const isOver = ({ symbol, options }) => symbol.share > 0 && options.radius < SMALL;
  const under = symbols.filter((mark) => !isMatch || !isOver(mark));
  [...under, ...lines, ...symbols.filter((mark) => !under.includes(mark)), ...state.towns]
    .forEach((layer) => drawn.addLayer(layer));
  buildLegends();
  listNearby();
  follow();
}

// what depends on where the map stands, and leaves the focus where it is
function follow() {
  placeNames();
  listPlaces();
  tellRest();
}

// ---- controls of the map -------------------------------------------------------------------
const Home = L.Control.extend({
  onAdd() {
    const button = { href: "#", role: "button", title: texts.home, "aria-label": texts.home };
    const anchor = el("a", button, "⌂");
    const bar = el("div", { class: "leaflet-bar" }, anchor);
    L.DomEvent.disableClickPropagation(bar).on(anchor, "click", (event) => {
      L.DomEvent.stop(event);
      home();
    });
    return bar;
  },
});

function addControls() {
  const zoom = { zoomInTitle: texts.zoom_in, zoomOutTitle: texts.zoom_out };
  L.control.zoom({ position: "topright", ...zoom }).addTo(map);
  new Home({ position: "topright" }).addTo(map);
  const credit = L.control.attribution({ prefix: false }).addTo(map);
  // Leaflet reads a credit as markup, and this one is our own words without any
  page.credits.forEach((text) => credit.addAttribution(text.replace(/[<>&]/g, "")));
  // on a phone beside the button, where no place of the county lies under it
  const [position, maxWidth] = narrow() ? ["bottomright", 58] : ["bottomleft", 140];
  L.control.scale({ imperial: false, maxWidth, position }).addTo(map);
}

function keepInSight() {
  const wide = L.latLngBounds(page.sheet);
  page.sites.forEach((site) => wide.extend(site.at));
  // beyond the sheet there is no ground to show
  map.options.maxBoundsViscosity = 1;
  map.setMaxBounds(wide).setMinZoom(Math.min(map.getZoom(), map.getBoundsZoom(wide)));
}

// ---- print ---------------------------------------------------------------------------------
let kept = null;
addEventListener("beforeprint", () => {
  kept = where();
  map.closePopup();
  // the browser lays the page out for print only after this
  document.body.classList.add("printing");
  map.invalidateSize({ animate: false, pan: false });
  map.fitBounds(ringBounds() || page.home, { animate: false });
  [below, above].forEach((renderer) => renderer._redraw());
});
addEventListener("afterprint", () => {
  document.body.classList.remove("printing");
  map.invalidateSize({ animate: false });
  if (kept) map.setView(kept.centre, kept.zoom, { animate: false });
});

// ---- first drawing -------------------------------------------------------------------------
function start() {
  if (isMatch) buildFrame(); // its words take height from the map
  home();
  redraw();
  home(); // what is told of it above takes height from the map too
  drawMarks();
  map.on("moveend", follow);
  map.on("resize", refit);
  map.on("zoomend", drawMarks);
  keepInSight();
  readPin();
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      firstDrawing = performance.now();
    })
  );
}

const container = map.getContainer();
container.setAttribute("role", "main");
container.setAttribute("aria-label", texts.map_label);
buildPanel();
addControls();
// a frame outside the window of a notebook has no size yet, and a map without size has no place
const hasSize = () => container.clientWidth > 0 && container.clientHeight > 0;
if (hasSize()) start();
else {
  const observer = new ResizeObserver(() => {
    if (!hasSize()) return;
    observer.disconnect();
    start();
  });
  observer.observe(container);
}

// for tests
globalThis.symbios = Object.freeze({
  get sites() {
    return page.sites.length;
  },
  get symbols() {
    return state.places.length;
  },
  // what is drawn: how many places each stands for, and their sum
  get marks() {
    return state.symbols.map(({ symbol, options, isHidden, _latlng }) => ({
      at: map.latLngToContainerPoint(_latlng),
      isHidden: Boolean(isHidden),
      names: symbol.members.map(({ index }) => page.sites[index].name),
      radius: options.radius,
      isBeyond: Boolean(symbol.beyond),
      isDashed: Boolean(symbol.dashed),
      role: symbol.role,
      shape: symbol.shape,
      count: symbol.members.length,
      value: symbol.value,
      sum: symbol.members.reduce((sum, member) => sum + member.value, 0),
    }));
  },
  get sums() {
    return state.places.map(({ role, value }) => ({ role, value }));
  },
  zoomTo(zoom) {
    map.setView(map.getCenter(), zoom, { animate: false });
  },
  // what each ring tells of
  get towns() {
    return state.towns.map(({ name, links, value, old, options }) => ({
      isOpen: options.slices.every(({ isOpen }) => isOpen),
      radius: options.radius,
      name,
      receivers: [...new Set(links.map(({ to }) => page.sites[to].name))],
      links: links.length,
      real: links.filter(({ from, to }) => !page.sites[from].many && !page.sites[to].many).length,
      value,
      old,
    }));
  },
  // flows that are drawn as lines, and how long each is outside its symbols, pixels
  get shafts() {
    return state.lines.filter((line) => !line.isHidden).map((line) => ({
      delivered: line.flow.delivered,
      isOpen: Boolean(line.options.isOpen),
      isMany: line.options.isMany,
      text: rough(line.flow.delivered / frame().parts),
      source: page.sites[line.flow.from].name,
      receiver: page.sites[line.flow.to].name,
      length: shaftLength(line),
      middle: map.latLngToContainerPoint(middleOf(line.flow)),
    }));
  },
  get lines() {
    return state.lines.length;
  },
  get polygons() {
    return count.polygons;
  },
  get counts() {
    return countBoxes();
  },
  // whether each count lies within what is drawn again with its mark
  get countsHeld() {
    const counted = state.symbols.filter(({ options }) => options.spot);
    return counted.map(({ _point, _pxBounds, options: { spot } }) =>
      _pxBounds.contains(_point.add(spot))
    );
  },
  get names() {
    return names.getLayers().length;
  },
  get frame() {
    return isMatch ? page.frames[state.frame].label : null;
  },
  get firstDrawing() {
    return firstDrawing;
  },
  get zoom() {
    return map.getZoom();
  },
  number,
  open: (index) => openSite(index),
  spot(index) {
    const holds = (mark) => mark.symbol.members.some((member) => member.index === index);
    const mark = state.symbols.find(holds);
    const point = map.latLngToContainerPoint(mark ? mark.getLatLng() : page.sites[index].at);
    const { left, top } = container.getBoundingClientRect();
    return [point.x + left, point.y + top];
  },
});

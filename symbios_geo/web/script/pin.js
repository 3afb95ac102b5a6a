// A pin that the reader sets: what is given and needed within rings around it, and by whom.
import { below } from "./background.js";
import { saveCsv } from "./csv.js";
import { fitting, isMatch, map, number, page, state, texts } from "./data.js";
import { el } from "./dom.js";
import { both, closeControls, LISTED, placeList } from "./popups.js";

const AROUND = [2, 5, 10]; // km
const REACH = AROUND.at(-1);
const KEPT_AS = "nal"; // in the address, as latitude,longitude
const km = (value) => `${value}\u00a0km`;
const pinLayer = L.layerGroup().addTo(map);
let pinned = null; // where the pin stands
let nearby = []; // what is shown within its rings, the nearest first
let told = ""; // what the lists show, so that they are not rebuilt under the focus

const spokenSum = el("p", { class: "about", role: "status" });
const sums = el("div");
const onPin = () => (pinned || state.pinning ? removePin() : choosePin());
export const pinButton = el(
  "button",
  { type: "button", class: "pin", onclick: onPin },
  texts.pin_set,
);
export const pinBox = el("div", { class: "pinned" }, spokenSum, sums);
export const pinPlaces = el("section", { class: "nearby", hidden: true });

// ---- setting and removing ------------------------------------------------------------------
function choosing(on) {
  state.pinning = on;
  map.getContainer().classList.toggle("pinning", on);
}

function say(word, sentence, unseen) {
  pinButton.textContent = word;
  spokenSum.textContent = sentence;
  spokenSum.classList.toggle("unseen", unseen);
  // on a phone these words take height from the map
  map.invalidateSize({ animate: false, pan: false });
}

function choosePin() {
  closeControls();
  map.closePopup();
  choosing(true);
  say(texts.pin_cancel, texts.pin_hint, false);
  map.getContainer().focus({ preventScroll: true });
}

function setPin(at) {
  choosing(false);
  pinned = L.latLng(at.map((degree) => Number(degree.toFixed(5))));
  const fixed = { renderer: below, pane: "background", interactive: false };
  const look = { color: "#22303a", weight: 1.6, fill: false };
  const mark = L.marker(pinned, { draggable: true, keyboard: false, alt: texts.pin });
  mark.on("dragend", () => setPin(placeOf(mark.getLatLng())));
  pinLayer.clearLayers().addLayer(mark);
  AROUND.forEach((far) => {
    const foot = [pinned.lat - (far * 180_000) / (Math.PI * L.CRS.Earth.R), pinned.lng];
    const icon = L.divIcon({ className: "ring", html: el("span", {}, km(far)), iconSize: null });
    pinLayer
      .addLayer(L.circle(pinned, { ...fixed, ...look, radius: far * 1000 }))
      .addLayer(L.marker(foot, { icon, pane: "names", interactive: false, keyboard: false }));
  });
  keepPin();
  listNearby();
}
const placeOf = ({ lat, lng }) => [lat, lng];

function removePin() {
  const held = pinPlaces.contains(document.activeElement);
  choosing(false);
  pinned = null;
  told = "";
  pinLayer.clearLayers();
  sums.replaceChildren();
  pinPlaces.hidden = true;
  pinPlaces.replaceChildren();
  say(texts.pin_set, "", false);
  keepPin();
  if (held) pinButton.focus();
}

// ---- the address ---------------------------------------------------------------------------
function keepPin() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (pinned) given.set(KEPT_AS, placeOf(pinned).join(","));
  else given.delete(KEPT_AS);
  const text = given.toString().replaceAll("%2C", ",");
  // a page inside a frame may not change its address; all else still works
  try {
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  } catch { /* the pin is kept in the page alone */ }
}

export function readPin() {
  const given = new URLSearchParams(location.hash.slice(1)).get(KEPT_AS) || "";
  const at = /^-?\d+(\.\d+)?,-?\d+(\.\d+)?$/.test(given) ? given.split(",").map(Number) : null;
  if (at && map.options.maxBounds.contains(at)) {
    setPin(at);
    seeRings();
  } else if (pinned) removePin();
}

export const ringBounds = () => pinned?.toBounds(REACH * 2200); // their words lie on the edge
const seeRings = () => map.fitBounds(ringBounds(), fitting());

// ---- sums and places -----------------------------------------------------------------------
const isCounted = ({ shape, dashed }) => shape !== "cross" && !dashed;
const add = (found, name) => found.reduce((sum, place) => sum + place[name], 0);
const written = (value) => (value ? number(value) : "0");

function ringSums(far) {
  const found = nearby.filter((place) => place.far <= far);
  const parts = page.roles.map(({ key }) => {
    const mine = found.filter((place) => place.role === key && isCounted(place));
    return { value: add(mine, "value"), left: add(mine, "left") };
  });
  return { far, parts, places: new Set(found.map(({ index }) => index)).size };
}

function sumTable(rings, unit) {
  const head = [texts.pin_within, ...page.roles.map(({ label }) => label), texts.places];
  const left = (part) =>
    isMatch ? el("small", {}, `${texts.pin_left.toLowerCase()} ${written(part.left)}`) : null;
  const line = ({ far, parts, places }) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, km(far)),
      parts.map((part) => el("td", {}, `${written(part.value)} `, left(part))),
      el("td", {}, String(places)),
    );
  return el(
    "table",
    {},
    el("caption", {}, `${texts.sum}, ${unit}`, isMatch ? `. ${texts.pin_left_about}` : ""),
    el("thead", {}, el("tr", {}, head.map((word) => el("th", { scope: "col" }, word)))),
    el("tbody", {}, rings.map(line)),
  );
}

// what is shown within the rings, as the filters, the month or the scenario have it now
export function listNearby() {
  if (!pinned) return;
  const { unit } = state.scale;
  nearby = state.places
    .map((place) => ({
      ...place,
      far: map.distance(pinned, page.sites[place.index].at) / 1000,
      left: isMatch ? place.value * (1 - place.share) : 0,
    }))
    .filter(({ far }) => far <= REACH)
    .sort((a, b) => a.far - b.far || b.value - a.value);
  const now = JSON.stringify([unit, pinned, nearby]);
  if (now === told) return;
  told = now;
  const rings = AROUND.map(ringSums);
  const { parts, places } = rings.at(-1);
  const spoken = parts.map(({ value }, i) =>
    `${page.roles[i].label} ${written(value)}\u00a0${unit}`
  );
  sums.replaceChildren(sumTable(rings, unit));
  say(
    texts.pin_remove,
    [`${texts.pin_within} ${km(REACH)}`, ...spoken, `${texts.places} ${places}`].join(", "),
    true,
  );
  const rest = ({ shape, dashed, left }) => {
    if (isMatch) return `${texts.pin_left.toLowerCase()} ${written(left)}`;
    return shape === "cross" ? texts.no_data : dashed ? texts.not_counted : "";
  };
  const note = (place) => both(km(number(place.far)), rest(place));
  const more = nearby.length - LISTED;
  pinPlaces.hidden = false;
  pinPlaces.replaceChildren(
    el("h2", {}, texts.pin_nearest),
    el("button", { type: "button", class: "csv", onclick: saveNearby }, texts.pin_csv),
    placeList(nearby.map((place) => ({ ...place, note: note(place) }))),
    more > 0 ? el("p", { class: "about" }, `+ ${more}`) : "",
  );
}

function saveNearby() {
  const { unit } = state.scale;
  const amount = (place, name) => place.shape === "cross" ? "" : Number(place[name].toFixed(4));
  const columns = [
    [texts.places, ({ index }) => page.sites[index].name],
    [texts.role, ({ role }) => page.roles.find(({ key }) => key === role).label],
    [`${texts.distance}, km`, ({ far }) => Number(far.toFixed(2))],
    [`${texts.sum}, ${unit}`, (place) => amount(place, "value")],
    isMatch
      ? [`${texts.pin_left}, ${unit}`, (place) => amount(place, "left")]
      : [texts.not_counted, ({ dashed }) => dashed ? "x" : ""],
  ];
  const lines = nearby.map((place) => columns.map(([, of]) => of(place)));
  saveCsv([columns.map(([word]) => word), ...lines], `${document.title} ${REACH} km`);
}

// ---- what the reader does ------------------------------------------------------------------
function setHere(at) {
  setPin(placeOf(at));
  seeRings();
}
map.on("click", ({ latlng }) => {
  if (state.pinning) setHere(latlng);
});
map.getContainer().addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !state.pinning || event.target !== map.getContainer()) return;
  event.preventDefault();
  setHere(map.getCenter());
});
// asked before what is open above the map takes the key for itself
document.addEventListener("keydown", ({ key, target }) => {
  if (key !== "Escape" || !(pinned || state.pinning)) return;
  const isTaken = document.querySelector(".leaflet-popup, .hits:not([hidden])");
  if (!isTaken && target.tagName !== "SELECT") removePin();
}, true);
addEventListener("hashchange", readPin);

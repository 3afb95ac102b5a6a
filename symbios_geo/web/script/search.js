// Search for a place by its name, its company, its kind or its municipality.
import { map, page, state, texts } from "./data.js";
import { el } from "./dom.js";
import { closeControls, openSite } from "./popups.js";

const MOST = 30;
const CLOSE_AFTER = 160; // milliseconds, so that a click on a hit comes first
const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

const input = el("input", {
  type: "text",
  id: "search",
  role: "combobox",
  autocomplete: "off",
  spellcheck: "false",
  placeholder: texts.search,
  "aria-label": texts.search,
  "aria-expanded": "false",
  "aria-controls": "hits",
  "aria-autocomplete": "list",
});
const look = { class: "hits", id: "hits", role: "listbox", "aria-label": texts.search };
const hits = el("ul", { ...look, hidden: true });
const spoken = el("div", { class: "unseen", role: "status", "aria-live": "polite" });
let index = null;
let chosen = -1;

function close() {
  hits.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
  chosen = -1;
}

function step(by) {
  const items = [...hits.querySelectorAll("[role=option]")];
  if (!items.length) return;
  chosen = (chosen + by + items.length) % items.length;
  items.forEach((item, i) => item.setAttribute("aria-selected", String(i === chosen)));
  input.setAttribute("aria-activedescendant", items[chosen].id);
  items[chosen].scrollIntoView({ block: "nearest" });
}

// every word must be found; on a map of exchanges who gives or takes comes first, then names that
// begin with the first word
function matching(words) {
  index = index || page.sites.map((site) => plain(`${site.name} ${page.texts[site.detail]}`));
  const rank = new Map(state.lines.flatMap(({ flow }) => [[flow.from, 2], [flow.to, 2]]));
  const begins = (i) => (rank.get(i) || 0) + Number(plain(page.sites[i].name).startsWith(words[0]));
  return [...index.keys()]
    .filter((i) => words.length && words.every((word) => index[i].includes(word)))
    .sort((a, b) => begins(b) - begins(a));
}

function hit(i, place) {
  const site = page.sites[i];
  const attributes = {
    role: "option",
    id: `hit${place}`,
    "aria-selected": "false",
    "data-site": i,
    onclick: () => go(i),
  };
  return el("li", attributes, site.name, el("small", {}, page.texts[site.detail]));
}

function search() {
  const words = plain(input.value).split(/\s+/).filter(Boolean);
  const found = matching(words);
  hits.replaceChildren(...found.slice(0, MOST).map(hit));
  if (words.length && !found.length) hits.append(el("li", {}, texts.no_hits));
  chosen = -1;
  hits.hidden = !words.length;
  input.setAttribute("aria-expanded", String(!hits.hidden));
  const result = found.length ? `${texts.hits}: ${found.length}` : texts.no_hits;
  spoken.textContent = words.length ? result : "";
}

function go(i) {
  close();
  closeControls();
  map.setView(page.sites[i].at, Math.max(map.getZoom(), 11), { animate: false });
  openSite(i, { returnTo: input });
}

const KEYS = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Escape: close,
  Enter: () => {
    if (chosen < 0) step(1);
    const item = hits.querySelectorAll("[role=option]")[chosen];
    if (item) go(Number(item.dataset.site));
  },
};
function move(by) {
  if (hits.hidden) search();
  step(by);
}
input.addEventListener("input", search);
input.addEventListener("keydown", (event) => {
  if (event.key.startsWith("Arrow") && event.key in KEYS) event.preventDefault();
  if (event.key in KEYS) KEYS[event.key]();
});
input.addEventListener("blur", () => setTimeout(close, CLOSE_AFTER));

export const searchBox = el("div", { class: "search" }, input, hits, spoken);

// What the page holds, what the reader has chosen, and the address that carries it.
export const page = JSON.parse(document.getElementById("symbios-data").textContent);
export const find = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];
export const rows = new Map([...page.rows, ...page.extra].map((row) => [row.key, row]));

const FIRST = {
  kommun: page.place,
  resurs: Object.keys(page.units)[0] || "",
  lage: "",
  minst: "",
  hogst: "",
  sakerhet: "",
  ordning: "",
  rad: "",
  niva: "",
};
export const state = { ...FIRST };

// only what differs from the first view stands in the address, so that a link stays short
export function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(FIRST)) state[name] = given.get(name) ?? FIRST[name];
  if (!(state.resurs in page.units)) state.resurs = FIRST.resurs;
  if (state.rad && !rows.has(state.rad)) state.rad = "";
  if (state.kommun && !find(`[data-area="${CSS.escape(state.kommun)}"]`)) state.kommun = "";
}

export function writeAddress() {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (value !== FIRST[name]) given.set(name, value);
  }
  const text = given.toString();
  // a page inside a frame may not change its address; all else still works
  try {
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  } catch { /* the state is kept in the page alone */ }
}

export function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function shown(value, places) {
  const size = Math.abs(value);
  const digits = places ?? (size >= 100 ? 0 : size >= 10 ? 1 : 2);
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString(page.locale, options).replace(/\u00a0/g, "\u202f");
}

// with its unit, and a thousand thousands in the next one
export function amount(value, resource) {
  const { parts, unit } = Math.abs(value) < 999.5
    ? { parts: 1, unit: page.units[resource] }
    : page.larger[resource];
  const digits = parts > 1 && value < 100 * parts ? 1 : value ? undefined : 0;
  return `${shown(value / parts, digits)}\u00a0${unit}`;
}

// What the page holds: its data block, the map it stands on, and what the reader has chosen.

// a list of records travels as one table, so that a name is written once and not in every row
function unpack(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const named = (names, values) =>
    Object.fromEntries(names.map((name, i) => [name, unpack(values[i])]));
  if (value.columns && value.rows) return value.rows.map((row) => named(value.columns, row));
  return named(Object.keys(value), Object.values(value));
}

/* global SYMBIOS_MAP */
export const map = SYMBIOS_MAP;
export const page = unpack(JSON.parse(document.getElementById("symbios-data").textContent));
export const texts = page.text;
export const isMatch = page.kind === "match";

page.sites.forEach((site) => {
  site.flows = [];
});
page.flows.forEach((flow) => page.sites[flow.site].flows.push(flow));

export const state = {
  resource: page.first,
  month: 0,
  frame: 0,
  roles: new Set(page.roles.map((role) => role.key)),
  classesOff: new Set(),
  modesOff: new Set(),
  outside: true,
  nodata: true,
  uncounted: true,
  names: true,
  pinning: false,
  places: [],
  symbols: [],
  counts: [],
  scale: null,
  lines: [],
  towns: [],
  rest: null, // of the lines of a map of the whole county: those not drawn, and what of it is new
};

export const narrow = () => matchMedia("(max-width: 760px)").matches;
// where the map is fitted: the button of a phone lies on its foot
export const fitting = () => ({
  paddingTopLeft: [8, 8],
  paddingBottomRight: [8, narrow() ? 84 : 8],
  animate: false,
});
export const resource = () => page.resources[state.resource];
export const frame = () => page.frames[state.frame];
export const frameLinks = () => frame().links.filter((link) => !state.modesOff.has(link.mode));
export const isOld = (link) => page.modes[link.mode].key === "mode:existing";
// of two with a name each says what it is
export const fullName = ({ name, twin }) => twin ? `${name}, ${twin}` : name;
export const linkTitle = ({ from, to }) =>
  [from, to].map((end) => fullName(page.sites[end])).join(" → ");
export const ofResource = (site) => site.flows.filter((flow) => flow.resource === state.resource);

// what a sum counts; the cooling water of nuclear power has a sum of its own
export const isSummed = (flow) => Boolean(flow.counted) && flow.value > 0;
export const counts = (flow) => isSummed(flow) && page.classes[flow.class].key !== "class_nuclear";

// what a flow is in the chosen month; a resource without months is shown as the whole year
const monthly = () => (!isMatch && state.month ? resource().monthly : null);
export const scale = () => monthly() || resource();
export const inMonth = (flow) =>
  !isMatch && state.month > 0 && flow.profile !== null && flow.value !== null;
export const valueOf = (flow) =>
  inMonth(flow) ? flow.value * page.months.shares[flow.profile][state.month - 1] : flow.value;
export const nothingNow = (flows) =>
  Boolean(monthly()) && flows.length > 0 && !flows.some((flow) => valueOf(flow) > 0);

function inDigits(value, digits) {
  const fixed = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const options = { ...fixed, roundingMode: "halfEven" }; // as on paper
  return value.toLocaleString(page.locale, options).replace(/\u00a0/g, "\u202f");
}
export function number(value) {
  const size = Math.abs(value);
  return inDigits(value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
// an amount on the map, as a static map writes it
export const rough = (value) => inDigits(value, value >= 10 ? 0 : value >= 0.1 ? 1 : 2);
export const quantity = (flow) =>
  inMonth(flow) ? `${number(valueOf(flow))}\u00a0${page.months.unit}` : flow.quantity;

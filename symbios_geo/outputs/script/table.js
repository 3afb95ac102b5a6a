// The table of exchanges: filtered, sorted, chosen from and saved as CSV.
import { all, amount, filled, find, page, rows, state } from "./data.js";

const narrow = matchMedia("(max-width: 40rem)"); // half of a list is enough there
const body = find(".flows tbody");
const heads = all(".flows th[data-column]");
const lines = new Map(all("tr[data-key]").map((line) => [line.dataset.key, line]));
const [DELIVERED, COST] = [0, 3]; // places of the numbers in a row

export function kept() {
  const limit = (text) => (text === "" ? null : Number(text));
  const [least, dearest] = [limit(state.minst), limit(state.hogst)];
  const fits = (row) =>
    row.resource === state.resurs &&
    (!state.kommun || row.codes.includes(state.kommun)) &&
    (!state.lage || row.new === (state.lage === "ny")) &&
    (least === null || row.values[DELIVERED] >= least) &&
    (dearest === null || (row.values[COST] !== null && row.values[COST] <= dearest)) &&
    (!state.sakerhet || row.confidence <= state.sakerhet);
  return page.rows.filter(fits);
}

// what a column sorts by: names, status, numbers, confidence
function measure(row, column) {
  if (column < 2) return row.full[column];
  if (column === 2) return row.new ? 1 : 0;
  return column < 3 + row.values.length ? row.values[column - 3] : row.confidence;
}

function ordered(list) {
  if (!state.ordning) return list;
  const [column, down] = [Math.abs(Number(state.ordning)) - 1, state.ordning.startsWith("-")];
  const compare = (a, b) => {
    const [x, y] = [measure(a, column), measure(b, column)];
    if (x === null || y === null) return (x === null) - (y === null); // unknown is always last
    const order = typeof x === "string" ? x.localeCompare(y, page.locale) : x - y;
    return down ? -order : order;
  };
  return [...list].sort(compare);
}

export function fillTable(list) {
  if (!body) return;
  const order = ordered(list);
  const focused = document.activeElement;
  body.append(...order.map((row) => lines.get(row.key)));
  // a row that is moved would lose the keyboard
  if (body.contains(focused)) focused.focus({ preventScroll: true });
  const visible = new Set(order.map((row) => row.key));
  for (const [key, line] of lines) {
    line.hidden = !visible.has(key);
    line.classList.toggle("chosen", key === state.rad);
    find("button", line)?.setAttribute("aria-pressed", String(key === state.rad));
  }
  heads.forEach((head, i) => {
    const mine = state.ordning && Math.abs(Number(state.ordning)) - 1 === i;
    const words = state.ordning.startsWith("-") ? "descending" : "ascending";
    head.setAttribute("aria-sort", mine ? words : "none");
  });
  find("#inga").hidden = list.length > 0;
  const total = list.reduce((sum, row) => sum + row.values[DELIVERED], 0);
  const of = page.rows.filter((row) => row.resource === state.resurs).length;
  const values = { count: list.length, of, total: amount(total, state.resurs) };
  find("#antal").textContent = filled(page.text.count, values);
}

// the keyboard's way: a button in each heading and in each first cell
export function makeButtons(sort, choose) {
  const button = (cell, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.append(...cell.childNodes);
    made.addEventListener("click", action);
    cell.append(made);
  };
  heads.forEach((head, i) => button(head, () => sort(i)));
  for (const [key, line] of lines) {
    button(find("th", line), () => choose(key));
    line.addEventListener("click", (event) => {
      if (!event.target.closest("button")) choose(key);
    });
  }
}

// lists of what touches the chosen municipality: the first of it, or all when asked
export function listHere() {
  for (const box of all("[data-most]")) {
    const items = all("li", box);
    const mine = items.filter(({ dataset }) =>
      !state.kommun || dataset.codes.split(" ").includes(state.kommun)
    );
    box.hidden = !mine.length;
    const few = Number(box.dataset.most) / (narrow.matches ? 2 : 1);
    const most = box.classList.contains("whole") ? mine.length : few;
    const visible = new Set(mine.slice(0, most));
    for (const item of items) item.hidden = !visible.has(item);
    const rest = find(".shown", box);
    if (!rest) continue;
    rest.hidden = mine.length <= most;
    find("span", rest).textContent = filled(page.text.shown, { count: most, of: mine.length });
  }
}

export function tellChosen() {
  const box = find("#vald");
  const row = rows.get(state.rad);
  box.hidden = !row?.facts;
  box.replaceChildren();
  for (const [name, text] of row?.facts || []) {
    const line = document.createElement("p");
    const words = document.createElement("b");
    words.textContent = `${name}: `;
    line.append(words, text);
    box.append(line);
  }
}

export function saveCsv(list) {
  const { head, separator, decimal } = page.csv;
  const cell = (value) => {
    if (value === null) return "";
    const text = typeof value === "number"
      ? String(Number(value.toFixed(6))).replace(".", decimal)
      : value;
    return /["\r\n]/.test(text) || text.includes(separator)
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  };
  const table = [head, ...ordered(list).map((row) => row.csv)];
  const text = "\ufeff" + table.map((line) => line.map(cell).join(separator)).join("\r\n") + "\r\n";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = `${page.text.download}-${state.resurs}${state.kommun && "-" + state.kommun}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

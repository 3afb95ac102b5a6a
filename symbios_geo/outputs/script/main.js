// Starts the page: every choice goes through `change`, and everything is shown from the state.
import { all, find, readAddress, rows, state, writeAddress } from "./data.js";
import { levelKeys, onSlide, tellLevel } from "./levels.js";
import { fitLetters, focusMap, paint } from "./picture.js";
import { fillTable, kept, listHere, makeButtons, saveCsv, tellChosen } from "./table.js";

const form = find(".filters");
const FIELDS = ["resurs", "lage", "minst", "hogst", "sakerhet"];

function draw() {
  const list = kept();
  for (const area of all("[data-area]")) area.hidden = area.dataset.area !== state.kommun;
  for (const button of all("[data-place]")) {
    button.setAttribute("aria-pressed", String(button.dataset.place === state.kommun));
  }
  for (const name of FIELDS) form.elements[name].value = state[name];
  fillTable(list);
  paint(new Set(list.map((row) => row.key)), levelKeys());
  listHere();
  tellChosen();
  tellLevel();
  focusMap();
}

function change(values) {
  Object.assign(state, values);
  draw();
  writeAddress();
}

const choose = (key) => change({ rad: state.rad === key ? "" : key });
const sort = (i) => change({ ordning: state.ordning === `${i + 1}` ? `-${i + 1}` : `${i + 1}` });

document.documentElement.classList.add("live");
makeButtons(sort, choose);
for (const button of all("[data-place]")) {
  button.addEventListener("click", () => change({ kommun: button.dataset.place, rad: "" }));
}
for (const land of all(".land")) {
  land.addEventListener("click", () => change({ kommun: land.dataset.code, rad: "" }));
}
for (const mark of all(".flow, .block")) {
  mark.addEventListener("click", () => choose(mark.dataset.key));
}
for (const pilot of all(".pilots li")) {
  find("button", pilot).addEventListener("click", () => {
    change({ resurs: rows.get(pilot.dataset.pilot).resource, rad: pilot.dataset.pilot });
    find("#utbyten").scrollIntoView();
  });
}
for (const more of all("[data-most] .shown button")) {
  more.addEventListener("click", () => {
    const box = more.closest("[data-most]");
    box.classList.add("whole");
    draw();
  });
}
form.addEventListener("input", () => {
  const given = Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));
  change(given.resurs === state.resurs ? given : { ...given, rad: "" });
});
form.addEventListener("reset", (event) => {
  event.preventDefault();
  change({ lage: "", minst: "", hogst: "", sakerhet: "", ordning: "", rad: "" });
});
form.addEventListener("submit", (event) => event.preventDefault());
for (const save of [form.elements.csv, ...all("[data-csv]")]) {
  save.addEventListener("click", () => saveCsv(kept()));
}
find(".map .out").addEventListener("click", () => focusMap(true));
onSlide((niva) => {
  change({ niva });
  find(".sliders").scrollIntoView({ block: "nearest" }); // what is told under them grows and shrinks
});
// links within the page scroll and leave the state in the address alone
for (const link of all('a[href^="#"]')) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    find(link.getAttribute("href")).scrollIntoView();
  });
}
addEventListener("hashchange", () => {
  readAddress();
  draw();
});
addEventListener("resize", fitLetters);
// what is folded away on a screen has room on a broad one, and stands on paper
const unfold = (within) => all("details", within).forEach((part) => part.open = true);
if (matchMedia("(min-width: 64rem)").matches) all("#svaret, #allt").forEach(unfold);
find(".parts").open = matchMedia("(min-width: 52.01rem)").matches;
addEventListener("beforeprint", () => unfold(document));
readAddress();
draw();
globalThis.symbios = { ready: true, state };

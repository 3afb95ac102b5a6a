// What the sizes of symbols and the widths of lines mean.
import { frame, frameLinks, isMatch, page, rough, state, texts } from "./data.js";
import { el, section, svg } from "./dom.js";
import { radius, width } from "./symbols.js";

const INK = "#22303a";
const LINE = "#5b6a75";
const TEXT = { "font-size": 13, fill: INK };
const ROW = 20; // pixels
export const legends = el("div", { class: "legends" });

function figure(title, height, entries, shapes) {
  const words = `${title}: ${entries.map((entry) => entry.text).join(", ")}`;
  return svg("svg", { width: 230, height, role: "img", "aria-label": words }, ...shapes);
}

function sizeLegend({ legend, max }) {
  const outer = radius(legend[0].value, max);
  const bottom = 2 * outer + 4;
  const right = 2 * outer + 12;
  let last = -99;
  const shapes = legend.flatMap(({ value, text }) => {
    const r = radius(value, max);
    const top = bottom - 2 * r;
    const y = Math.max(top + 4, last + 15);
    last = y;
    const ring = { cx: outer + 2, cy: bottom - r, r, fill: "none" };
    const lead = { d: `M${outer + 2} ${top} L${right} ${y}`, fill: "none" };
    return [
      svg("circle", { ...ring, stroke: LINE, "stroke-width": 1.4 }),
      svg("path", { ...lead, stroke: "#8b969d", "stroke-width": 0.8 }),
      svg("text", { x: right + 4, y: y + 4, ...TEXT }, text),
    ];
  });
  return figure(texts.size, Math.max(bottom + 2, last + 8), legend, shapes);
}

function widthLegend({ legend, max }) {
  const shapes = legend.flatMap(({ value, text }, i) => {
    const height = width(value, max);
    const bar = { x: 0, y: 10 + i * ROW - height / 2, width: 46, height, fill: LINE };
    return [svg("rect", bar), svg("text", { x: 56, y: 14 + i * ROW, ...TEXT }, text)];
  });
  return figure(texts.width, legend.length * ROW + 2, legend, shapes);
}

// what stands for several places says so with a count
function joinedNote() {
  const isJoined = state.symbols.some(({ symbol }) => symbol.members.length > 1);
  return isJoined ? el("p", { class: "about sum" }, texts.joined) : null;
}

// what is not drawn until the map is nearer
export function restNote(words, { count, sum, fresh }) {
  const amount = (value) => `${rough(value / frame().parts)}\u00a0${frame().unit}`;
  const told = { count, sum: amount(sum), fresh: amount(fresh) };
  return words.replace(/\{(\w+)\}/g, (_, key) => told[key]);
}

const isBeyond = ({ delivered }) => delivered > page.widths[frame().scale].max * 1.001;

export function buildLegends() {
  if (isMatch) {
    legends.replaceChildren(
      section(
        texts.width,
        widthLegend(page.widths[frame().scale]),
        frameLinks().some(isBeyond) ? el("p", { class: "about" }, texts.beyond_line) : null,
        frameLinks().some((link) => link.open) ? el("p", { class: "about" }, texts.open) : null,
        state.towns.length ? el("p", { class: "about" }, texts.town) : null,
        state.rest ? el("p", { class: "about" }, restNote(page.rest, state.rest)) : null,
      ),
      section(
        texts.size_node,
        sizeLegend(state.scale),
        state.symbols.some(({ symbol }) => symbol.many)
          ? el("p", { class: "about" }, texts.imagined)
          : null,
        joinedNote(),
      ),
    );
    return;
  }
  const beyond = state.symbols.some((mark) => mark.symbol.beyond);
  legends.replaceChildren(section(
    texts.size,
    sizeLegend(state.scale),
    beyond ? el("p", { class: "about sum" }, texts.beyond) : null,
    joinedNote(),
  ));
}

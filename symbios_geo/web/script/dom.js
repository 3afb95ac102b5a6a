// Elements of the page. Every text from the data becomes a text node, never markup.

export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  const nothing = new Set([null, undefined, ""]);
  node.append(...children.flat(Infinity).filter((child) => !nothing.has(child)));
  return node;
}

export function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// only web addresses become links; anything else is shown as the text it is
export function anchor(title, address) {
  if (!/^https?:\/\//i.test(address)) {
    return el("span", {}, address ? `${title} (${address})` : title);
  }
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, title);
}

export const section = (title, ...content) =>
  el("section", {}, title ? el("h2", {}, title) : null, content);
export const group = (title, ...rows) => el("fieldset", {}, el("legend", {}, title), rows);

// ---- small pictures in the panel -----------------------------------------------------------
const picture = (width, height, ...shapes) =>
  svg("svg", { width, height, "aria-hidden": "true" }, ...shapes);
export const box = (fill, look = { rx: 2, stroke: "#8a8a8a" }) =>
  picture(14, 14, svg("rect", { x: 1, y: 1, width: 12, height: 12, fill, ...look }));
export const bar = (fill) =>
  picture(22, 8, svg("rect", { y: 1.5, width: 22, height: 5, rx: 2, fill }));
export const disc = (look) => picture(16, 16, svg("circle", { cx: 8, cy: 8, r: 6, ...look }));
export const cross = (stroke) => {
  const shape = { d: "M3 3 L11 11 M11 3 L3 11", stroke, "stroke-width": 2, fill: "none" };
  return picture(14, 14, svg("path", shape));
};

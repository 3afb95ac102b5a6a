// The panes of the map and the background drawn below everything else.
import { map, page } from "./data.js";
import { FAR } from "./symbols.js";

function pane(name, z) {
  map.createPane(name).style.zIndex = z;
  return name;
}
export const below = L.canvas({ pane: pane("background", 210), padding: 0.6 });
export const above = L.canvas({ pane: pane("flows", 420), padding: 0.4, tolerance: 5 });
map.getPane(pane("names", 450)).style.pointerEvents = "none";
export const count = { polygons: 0 };

function area(rings, style) {
  const fixed = { renderer: below, pane: "background", interactive: false, smoothFactor: 0.6 };
  count.polygons += 1;
  L.polygon(rings, { ...fixed, ...style }).addTo(map);
}
const land = (fillColor) => ({ stroke: false, fillColor, fillOpacity: 1 });
const edged = (color, weight, fillColor) => ({ color, weight, fillColor, fillOpacity: 1 });
const ON_GROUND = { renderer: below, pane: "background", interactive: false };
const draw = (shapes, style) => shapes.forEach((rings) => area(rings, style));

const sheet = L.latLngBounds(page.sheet);
const corners = [
  sheet.getSouthWest(),
  sheet.getNorthWest(),
  sheet.getNorthEast(),
  sheet.getSouthEast(),
];
draw(page.base.country, land("#f1f0ec"));
if (page.tiles) {
  L.tileLayer(`${page.tiles}/{z}/{x}/{y}.png`, { maxZoom: 19 }).addTo(map);
  draw(page.base.municipalities, { color: "#5f5a50", weight: 1.4, fill: false });
} else {
  area([corners], land("#efeee9"));
  draw(page.base.neighbours, edged("#cfccc3", 0.8, "#efeee9"));
  draw(page.base.municipalities, edged("#a39c8d", 1.3, "#fdfbf5"));
  const built = page.base.built.map(([lat, lng, radius]) =>
    L.circle([lat, lng], { ...ON_GROUND, ...land("#ebe5d9"), radius }).addTo(map)
  );
  draw(page.base.sea, edged("#9dbccd", 0.9, "#d8e7f0"));
  draw(page.base.west, land("#d8e7f0"));
  drawNear(L.featureGroup(built));
  draw(page.base.lakes, edged("#9dbccd", 0.8, "#d8e7f0"));
  area([corners], { color: "#9aa3a9", weight: 1, fill: false });
}

// roads and rivers would be noise on a map of the whole county, as on paper, and localities faint
function drawNear(built) {
  const looks = [["rivers", "#a9c3d3", 1.4], ["roads", "#ffffff", 3.6], ["roads", "#c3b8a4", 2]];
  const lines = looks.map(([name, color, weight]) =>
    L.polyline(page.base[name], { ...ON_GROUND, color, weight })
  );
  const near = L.layerGroup(lines);
  map.on("zoomend", () => {
    const isFar = map.getZoom() < FAR;
    built.setStyle({ fillOpacity: isFar ? 0.5 : 1 });
    if (isFar) near.remove();
    else near.addTo(map);
  });
}

// Small stand-ins for parts that folium asks of the network: a full screen, a ruler, coloured pins.
// They answer to the names that folium calls, and to the options that matter.
(function () {
  function button(className, title, sign, onClick) {
    const box = L.DomUtil.create("div", `leaflet-bar leaflet-control ${className}`);
    const link = L.DomUtil.create("a", "", box);
    Object.assign(link, { href: "#", title, textContent: sign });
    link.setAttribute("role", "button");
    link.setAttribute("aria-label", title);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.on(link, "click", (event) => {
      L.DomEvent.stop(event);
      onClick(link);
    });
    return box;
  }

  L.Control.FullScreen = L.Control.extend({
    options: { position: "topleft", title: "Full screen", titleCancel: "Leave full screen" },
    onAdd(map) {
      return button("symbios-fullscreen", this.options.title, "\u2922", (link) => {
        const leave = document.fullscreenElement !== null;
        if (leave) document.exitFullscreen();
        else map.getContainer().requestFullscreen?.();
        link.title = leave ? this.options.title : this.options.titleCancel;
      });
    },
  });
  L.Control.Fullscreen = L.Control.FullScreen;
  L.control.fullscreen = (options) => new L.Control.FullScreen(options);

  // the surface of a ring on the sphere, m2 (Chamberlain and Duquette 2007, JPL 07-3)
  function surface(points) {
    const turn = Math.PI / 180;
    const parts = points.map((point, i) => {
      const next = points[(i + 1) % points.length];
      return (next.lng - point.lng) * turn *
        (2 + Math.sin(point.lat * turn) + Math.sin(next.lat * turn));
    });
    return Math.abs(parts.reduce((sum, part) => sum + part, 0)) * L.CRS.Earth.R ** 2 / 2;
  }

  L.Control.Measure = L.Control.extend({
    options: { position: "topright" },
    onAdd(map) {
      const line = L.polyline([], { color: "#222", dashArray: "4" });
      const shown = L.popup({ autoPan: false, closeButton: false });
      let measures = false;
      const box = button("symbios-measure", "Measure", "\u21a6", (link) => {
        measures = !measures;
        link.setAttribute("aria-pressed", String(measures));
        map.getContainer().style.cursor = measures ? "crosshair" : "";
        line.setLatLngs([]);
        if (measures) line.addTo(map);
        else [line, shown].forEach((layer) => layer.remove());
      });
      map.on("click", (event) => {
        if (!measures) return;
        const points = [...line.getLatLngs(), event.latlng];
        line.setLatLngs(points);
        const metres = points.slice(1).reduce((sum, p, i) => sum + map.distance(points[i], p), 0);
        const words = [`${(metres / 1000).toFixed(2)} km`];
        if (points.length > 2) words.push(`${(surface(points) / 1e6).toFixed(2)} km\u00b2`);
        shown.setLatLng(event.latlng).setContent(words.join("<br>")).openOn(map);
      });
      return box;
    },
  });
  L.control.measure = (options) => new L.Control.Measure(options);

  const PINS = {
    red: "#d63e2a",
    darkred: "#a13336",
    lightred: "#ff8e7f",
    orange: "#f69730",
    beige: "#ffcb92",
    green: "#72af26",
    darkgreen: "#728224",
    lightgreen: "#bbf970",
    blue: "#38aadd",
    darkblue: "#0067a3",
    lightblue: "#8adaff",
    cadetblue: "#436978",
    purple: "#d252b9",
    darkpurple: "#5b396b",
    pink: "#ff91ea",
    white: "#fbfbfb",
    gray: "#575757",
    lightgray: "#a3a3a3",
    black: "#303030",
  };
  // the glyph needs a font of icons: a dot in its colour stands for it
  L.AwesomeMarkers = {
    icon(options) {
      const body = PINS[options.markerColor] || PINS.blue;
      const dot = PINS[options.iconColor] || options.iconColor || "white";
      const svg = `<svg width="35" height="46" viewBox="0 0 35 46" aria-hidden="true">` +
        `<path d="M17.5 45C12 34 3 27 3 17a14.5 14.5 0 0 1 29 0c0 10-9 17-14.5 28z" ` +
        `fill="${body}" stroke="#333"/><circle cx="17.5" cy="17" r="5"/></svg>`;
      const html = L.DomUtil.create("div");
      html.innerHTML = svg;
      html.querySelector("circle").setAttribute("fill", dot);
      const size = { iconSize: [35, 46], iconAnchor: [17, 45], popupAnchor: [0, -40] };
      return L.divIcon({ ...size, className: "symbios-pin", html });
    },
  };
})();

// a layer that fails is told on the page; those after it are drawn
globalThis.symbiosFault = function (layer, fault) {
  console.error(layer, fault);
  const told = document.createElement("p");
  told.setAttribute("role", "alert");
  told.className = "symbios-fault";
  told.textContent = `${layer}: ${fault?.message ?? fault}`;
  document.body.append(told);
};

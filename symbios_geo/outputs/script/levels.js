// Sliders over computed plans: one price at a time, from the answer of the page.
import { all, filled, find, page, rows, state } from "./data.js";

const sliders = all(".sliders label");
const ofSlider = (slider) =>
  page.levels.filter((level) => level.parameter === slider.dataset.parameter);

// the state names slider and stop, such as heat_pipe_cost_factor:3
export function level() {
  const [name, stop] = state.niva.split(":");
  const slider = sliders.find((one) => one.dataset.parameter === name);
  const found = slider && ofSlider(slider)[Number(stop)];
  return found && !found.best ? found : page.levels.find((one) => one.best);
}

export const levelKeys = () => new Set(level()?.best === false ? level().keys : []);

export function tellLevel() {
  const now = level();
  if (!now) return;
  let moved = "";
  for (const slider of sliders) {
    const stops = ofSlider(slider);
    const mine = stops.includes(now) && !now.best;
    const at = mine ? stops.indexOf(now) : Number(slider.dataset.best);
    const input = find("input", slider);
    input.value = at;
    all(".stops span", slider).forEach((stop, i) => stop.classList.toggle("now", i === at));
    input.setAttribute("aria-valuetext", all(".stops span", slider)[at].textContent);
    if (mine) moved = JSON.parse(slider.dataset.moved)[at];
  }
  find("#niva-nytt").textContent = now.new;
  find("#niva-mer").textContent = filled(page.text.more, { ...now, count: now.keys.length });
  const base = page.levels.find((one) => one.best).keys;
  const line = (words, key) => {
    const item = document.createElement("li");
    item.textContent = `${words}: ${rows.get(key).full.join(" → ")}`;
    return item;
  };
  find("#niva-byten").replaceChildren(
    ...now.keys.filter((key) => !base.includes(key)).map((key) => line(page.text.added, key)),
    ...base.filter((key) => !now.keys.includes(key)).map((key) => line(page.text.dropped, key)),
  );
  find("#niva-utfall").textContent = moved || page.text.same;
  find("#niva-karta").hidden = now.best;
}

export function onSlide(changed) {
  for (const slider of sliders) {
    find("input", slider).addEventListener("input", (event) => {
      const name = slider.dataset.parameter;
      const best = event.target.value === slider.dataset.best;
      changed(best ? "" : `${name}:${event.target.value}`);
    });
  }
  find("#niva-aterstall")?.addEventListener("click", () => changed(""));
}

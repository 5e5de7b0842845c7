// A hole to move over a digit and to make larger, filled in several ways, with the error in it.
"use strict";
{
const AE = globalThis.AeCourse;

AE.kinds.hole = (box, spec) => {
  const { size, step, sizes, names } = spec, places = sizes.map((side) => Math.floor((size - side) / step) + 1);
  let digit = 0, chosen = spec.start, at = [0, 0], images = [], fills = [];

  const paper = AE.picture(size, "");
  Object.assign(paper, { className: "ae-picture ae-paper", tabIndex: 0 });
  paper.setAttribute("role", "application");
  paper.setAttribute("aria-label", "A digit with a hole in it. Arrow keys move the hole; the sliders do the same.");
  const shown = ["whole", ...names].map((name) => {
    const canvas = AE.picture(size, name), words = AE.el("figcaption", {}, name);
    return { canvas, words, figure: AE.el("figure", {}, canvas, words) };
  });
  const sentence = AE.el("p", { className: "ae-sentence" });
  const side = AE.slider("side", { min: 0, max: sizes.length - 1, step: 1, value: chosen },
    (i) => `${sizes[i]} pixels`, (i) => {
      // About the same middle.
      const moved = at.map((place) => place + Math.round((sizes[chosen] - sizes[i]) / 2 / step));
      chosen = i;
      go(moved);
    });
  const sliders = ["from the left", "from the top"].map((name, k) => AE.slider(name,
    { min: 0, max: Math.max(...places) - 1, step: 1, value: 0 }, (i) => `${i * step} pixels`,
    (i) => go(k ? [at[0], i] : [i, at[1]])));
  box.append(
    AE.el("div", { className: "ae-columns" }, AE.el("div", { className: "ae-main" }, paper),
      AE.el("div", { className: "ae-side" },
        AE.el("div", { className: "ae-pictures" }, ...shown.map((each) => each.figure)))),
    AE.choice("Digit", spec.labels, (_, i) => { digit = i; go(at); }),
    side.row, ...sliders.map((slider) => slider.row), sentence);
  const speak = AE.speaker(box);

  // Where the pixels of a fill begin: those of all smaller holes and of earlier digits come before.
  function start(filler) {
    const each = sizes.map((s, i) => places[i] ** 2 * names.length * s * s);
    const before = each.slice(0, chosen).reduce((sum, n) => sum + n, digit * each.reduce((sum, n) => sum + n));
    return before + ((at[1] * places[chosen] + at[0]) * names.length + filler) * sizes[chosen] ** 2;
  }

  function go(place) {
    const most = places[chosen] - 1, s = sizes[chosen];
    at = place.map((part) => Math.min(most, Math.max(0, part)));
    sliders.forEach((slider, k) => { slider.input.max = most; slider.set(at[k]); });
    side.set(chosen);
    const x = images[digit], [left, top] = at.map((part) => part * step);
    AE.show(paper, x);
    const brush = paper.getContext("2d");
    brush.fillStyle = "#3f7cc4";
    brush.fillRect(left, top, s, s);
    AE.show(shown[0].canvas, x);
    const errors = names.map((name, k) => {
      const filled = Float64Array.from(x), from = start(k);
      let sum = 0;
      for (let i = 0; i < s * s; i++) {
        const pixel = (top + Math.floor(i / s)) * size + left + i % s;
        filled[pixel] = fills[from + i];
        sum += (filled[pixel] - x[pixel]) ** 2;
      }
      AE.show(shown[k + 1].canvas, filled);
      shown[k + 1].words.textContent = `${name}: ${(sum / s / s).toFixed(3)}`;
      return sum / s / s;
    });
    const order = [...errors.keys()].sort((a, b) => errors[a] - errors[b]);
    sentence.textContent = `A hole of ${s} by ${s} pixels, ${left} from the left and ${top} from the top. Masked MSE: `
      + `${order.map((k) => `${names[k]} ${errors[k].toFixed(3)}`).join(", ")}.`;
    speak(sentence.textContent);
  }

  AE.drag(paper, (place) => go(place.map((part) => Math.round((part * size - sizes[chosen] / 2) / step))),
    (by) => go(at.map((part, k) => part + by[k])));
  AE.greys(spec.images, (found) => {
    images = Array.from({ length: spec.n }, (_, i) => found.slice(i * size * size, (i + 1) * size * size));
    AE.greys(spec.fills, (more) => {
      fills = more;
      go(spec.at);
    });
  });
};
}

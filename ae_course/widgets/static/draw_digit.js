// Draw a digit: its code, what comes back, and the error beside those of PCA and the mean image, if
// they are given, and beside thresholds, if there are any.
"use strict";
{
const AE = globalThis.AeCourse;
// A stroke is as wide and as soft as those of the training images.
const RADIUS = 2.7, SOFT = 1.7;

AE.kinds.draw_digit = (box, spec) => {
  const { size, samples, thresholds } = spec, n = size * size;
  const encode = AE.network(spec.encoder), decode = AE.network(spec.decoder);
  let x = new Float64Array(n), z = encode(x), pen = [size / 2, size / 2], down = false;
  // From the drawing to what comes back.
  const ways = { autoencoder: () => decode(z) };
  if (spec.pca) {
    const project = AE.project(spec.pca), fromPca = AE.network([spec.pca]);
    const mean = AE.floats(spec.pca.bias);
    ways.PCA = () => fromPca(project(x)).map((value) => Math.min(1, Math.max(0, value)));
    ways["mean image"] = () => mean;
  }

  const paper = AE.picture(size, "Your drawing");
  Object.assign(paper, { className: "ae-picture ae-paper", tabIndex: 0 });
  paper.setAttribute("role", "application");
  paper.setAttribute("aria-label",
    "Paper to draw on. Arrow keys move the pen, the space bar puts it down or lifts it.");
  const framed = (label, text = "") => {
    const canvas = AE.picture(size, label), words = AE.el("figcaption", {}, text);
    return { canvas, words, figure: AE.el("figure", {}, canvas, words) };
  };
  const shown = Object.keys(ways).map((name) => ({ name, ...framed(`What comes back: ${name}`) }));
  const map = framed("The error map of the autoencoder", "squared error of each pixel");
  const figures = shown.map((each) => each.figure);
  if (thresholds) figures.splice(1, 0, map.figure);
  const bars = AE.el("canvas", { className: "ae-bars", role: "img", "aria-label": "The code" });
  const sentence = AE.el("p", { className: "ae-sentence" });
  const select = AE.el("select", { id: AE.id() },
    ...["blank paper", ...samples].map((name, i) => AE.el("option", { value: i }, name)));
  select.addEventListener("change", () => take(+select.value));
  const moves = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
  const movers = Object.keys(moves).map((way) => {
    const made = AE.button(way, () => shift(...moves[way]));
    made.setAttribute("aria-label", `Move ${way} by a pixel`);
    return made;
  });
  box.append(
    AE.el("div", { className: "ae-columns" },
      AE.el("div", { className: "ae-main" }, paper,
        AE.el("div", { className: "ae-row" }, AE.button("Clear", () => take(0)),
          AE.el("label", { htmlFor: select.id }, "Start from"), select),
        AE.el("div", { className: "ae-row" }, "Move by a pixel", ...movers)),
      AE.el("div", { className: "ae-side" },
        AE.el("div", { className: "ae-pictures" }, ...figures))),
    AE.el("div", {}, `The code, ${z.length} numbers:`), bars, sentence);
  const speak = AE.speaker(box);

  const paintBars = AE.drawing(bars, (brush, width, height, ink) => {
    const wide = width / z.length;
    brush.fillStyle = ink;
    brush.fillRect(0, height / 2, width, 1);
    brush.fillStyle = "#3f7cc4";
    z.forEach((value, i) => {
      const tall = Math.max(-1, Math.min(1, value / spec.largest)) * height / 2;
      brush.fillRect(i * wide + 1, height / 2, wide - 2, -tall);
    });
  });

  const sprite = AE.sprite(spec.sprite, () => take(1));

  // One of the samples, or 0 for blank paper.
  function take(number) {
    const canvas = AE.picture(size, ""), brush = canvas.getContext("2d");
    if (number) brush.drawImage(sprite, (1 - number) * size, 0);
    const { data } = brush.getImageData(0, 0, size, size);
    x = Float64Array.from({ length: n }, (_, i) => data[4 * i] / 255);
    select.value = number;
    update();
  }

  function shift(right, below) {
    const old = x;
    x = Float64Array.from({ length: n }, (_, i) => {
      const [column, row] = [i % size - right, Math.floor(i / size) - below];
      return column >= 0 && column < size && row >= 0 && row < size ? old[row * size + column] : 0;
    });
    update();
  }

  // A soft dot at each half pixel on the way from one place to another.
  function stroke(from, to) {
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
    for (let k = 0; k <= steps; k++) {
      const [a, b] = [0, 1].map((i) => from[i] + (to[i] - from[i]) * k / steps);
      for (let i = 0; i < n; i++) {
        const away = Math.hypot(i % size + 0.5 - a, Math.floor(i / size) + 0.5 - b);
        // Grey values are those that a screen can show, so that what is seen is what is encoded.
        const ink = Math.round(255 * Math.min(1, Math.max(0, (RADIUS - away) / SOFT))) / 255;
        if (ink > x[i]) x[i] = ink;
      }
    }
    update();
  }

  function update() {
    AE.show(paper, x);
    if (document.activeElement === paper && !paper.matches(":active")) {
      const brush = paper.getContext("2d");
      brush.fillStyle = down ? "#ff9d2e" : "#3aa0ff";
      brush.fillRect(Math.floor(pen[0]), Math.floor(pen[1]), 1, 1);
    }
    z = encode(x);
    const errors = [], told = [];
    for (const { name, canvas, words, figure } of shown) {
      const back = ways[name](), error = AE.squaredError(x, back), threshold = thresholds?.[name];
      const alarm = error > threshold, rounded = error.toFixed(1);
      AE.show(canvas, back);
      if (!errors.length) AE.show(map.canvas, x.map((value, i) => (value - back[i]) ** 2));
      errors.push(error);
      figure.classList.toggle("ae-alarm", alarm);
      words.textContent = `${name}: ${rounded}`;
      const verdict = alarm ? "alarm" : "no alarm", known = threshold !== undefined;
      if (known) words.textContent += `, ${verdict}`;
      told.push(`${name} ${rounded}` + (known ? ` (threshold ${threshold.toFixed(1)}: ${verdict})` : ""));
    }
    const below = spec.errors.filter((error) => error < errors[0]).length;
    const better = errors[0] < errors[1] ? "The autoencoder" : "PCA";
    sentence.textContent = `Squared error: ${told.join(", ")}. `
      + (spec.pca && !thresholds ? `${better} is nearer. ` : "")
      + `The autoencoder's error is larger than on ${below} of 100 validation images.`;
    speak(sentence.textContent);
    paintBars();
  }

  paper.addEventListener("focus", update);
  paper.addEventListener("blur", update);
  paper.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    down = !down;
    if (down) stroke(pen, pen); else update();
  });
  AE.drag(paper, (place, first) => {
    const to = place.map((part) => part * size);
    stroke(first ? to : pen, to);
    pen = to;
  }, (step) => {
    const to = pen.map((value, k) => Math.min(size - 0.5, Math.max(0.5, value + step[k])));
    if (down) stroke(pen, to);
    pen = to;
    update();
  });
};
}

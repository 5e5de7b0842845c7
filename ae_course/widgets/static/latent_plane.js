// A plane of codes: drag a point, see what the decoder draws there and which digits are near.
"use strict";
{
const AE = globalThis.AeCourse;
const GRID = 14, PATH = 9, NEAR = 3;

AE.kinds.latent_plane = (box, spec) => {
  const { size } = spec;
  const away = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

  // A network's plane: its decoder, the codes of the digits in it, and its scale.
  const measured = ({ decoder, codes: text, ends: [A, B] }) => {
    const flat = AE.floats(text);
    const codes = Array.from(spec.labels, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
    const byDistance = (z) => codes.map((code, i) => ({ i, d: away(code, z) })).sort((a, b) => a.d - b.d);
    // How near the digits are to one another is the yardstick for any other place.
    const gaps = codes.map((code) => byDistance(code)[1].d).sort((a, b) => a - b);
    const [usual, far] = [0.5, 0.95].map((part) => gaps[Math.floor(part * gaps.length)]);
    // One scale for both numbers, so that a distance is the same in each direction.
    const range = [0, 1].map((k) => [Math.min(...codes.map((c) => c[k])), Math.max(...codes.map((c) => c[k]))]);
    const span = 1.1 * Math.max(...range.map(([low, high]) => high - low));
    const low = range.map(([from, to]) => (from + to - span) / 2);
    const digits = Math.max(0, 2 - Math.floor(Math.log10(span)));
    const told = (value) => value.toFixed(digits);
    return { decode: AE.network(decoder), codes, byDistance, usual, far, span, low, told, ends: { A, B }, grid: null };
  };
  const planes = spec.planes.map(measured);
  let on = planes[0];
  const between = (t) => on.ends.A.map((a, k) => a + (on.ends.B[k] - a) * t);
  const scale = (k) => ({ min: on.low[k], max: on.low[k] + on.span, step: on.span / 400 });
  let z = between(0.5), shown = "points";
  const sprite = AE.sprite(spec.sprite, () => paint());

  // Elements
  const plane = AE.el("canvas", {
    className: "ae-plane", tabIndex: 0, role: "application", "aria-label":
      "Plane of codes. Arrow keys move the point, with Shift in larger steps; the sliders below do the same.",
  });
  const picture = AE.picture(size, "What the decoder draws at the point");
  const near = Array.from({ length: NEAR }, () => {
    const canvas = AE.picture(spec.tile, "A digit near the point"), words = AE.el("figcaption");
    return { canvas, words, figure: AE.el("figure", {}, canvas, words) };
  });
  const sentence = AE.el("p", { className: "ae-sentence" });
  const sliders = ["first number", "second number"].map((name, k) => AE.slider(name,
    { ...scale(k), value: z[k] }, (value) => on.told(value),
    (value) => { z[k] = value; update(); }));
  const path = AE.picture(size, "Nine pictures on the way from A to B", PATH * size);
  const along = AE.slider("from A to B", { min: 0, max: 100, step: 1, value: 50 }, (t) => `${t} %`,
    (t) => go(between(t / 100)));
  const anchors = ["A", "B"].map((name) => AE.button(`Set ${name} here`, () => {
    on.ends[name] = [...z];
    walk();
    paint();
  }));
  const networks = planes.length < 2 ? [] : [AE.choice("Network", spec.planes.map(({ name }) => name), (_, i) => {
    on = planes[i];
    z = between(0.5);
    walk();
    update();
  })];
  const choice = AE.choice("Show", ["points", "thumbnails", "decoded plane"], (option) => {
    shown = option;
    paint();
  });
  box.append(...networks,
    AE.el("div", { className: "ae-columns" },
      AE.el("div", { className: "ae-main" }, plane, choice),
      AE.el("div", { className: "ae-side" },
        AE.el("figure", {}, picture, AE.el("figcaption", {}, "decoded at the point")),
        AE.el("div", { className: "ae-near" }, ...near.map((each) => each.figure)), sentence)),
    ...sliders.map((slider) => slider.row),
    AE.el("div", { className: "ae-row" }, ...anchors), along.row, path);
  const speak = AE.speaker(box);

  // Drawing
  const paint = AE.drawing(plane, (pen, width, height, ink, dark) => {
    const { low, span, codes, byDistance, ends } = on;
    const at = ([a, b]) => [(a - low[0]) / span * width, (1 - (b - low[1]) / span) * height];
    const side = width / GRID;
    if (shown === "decoded plane") {
      on.grid ??= sheet(on);
      pen.imageSmoothingEnabled = false;
      pen.drawImage(on.grid, 0, 0, width, height);
    }
    pen.font = "600 11px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const drawn = [];
    codes.forEach((code, i) => {
      const [x, y] = at(code), label = spec.labels[i];
      if (shown === "thumbnails") {
        if (drawn.some(([a, b]) => Math.max(Math.abs(a - x), Math.abs(b - y)) < side)) return;
        drawn.push([x, y]);
        pen.drawImage(sprite, i * spec.tile, 0, spec.tile, spec.tile, x - side / 2, y - side / 2, side, side);
      } else if (shown === "points") {
        pen.fillStyle = `hsl(${36 * label} 75% ${dark ? 75 : 32}%)`;
        pen.fillText(label, x, y);
      } else {
        pen.fillStyle = "#ff9d2e";
        pen.fillRect(x - 1.5, y - 1.5, 3, 3);
      }
    });
    // Two strokes each, so that a line is seen on dark and on light.
    const lines = (draw, thick) => {
      for (const [style, more] of [[dark ? "#000" : "#fff", 3], [shown === "decoded plane" ? "#3aa0ff" : ink, 0]]) {
        pen.strokeStyle = style;
        pen.lineWidth = thick + more;
        pen.beginPath();
        draw();
        pen.stroke();
      }
    };
    const [a, b, here] = [at(ends.A), at(ends.B), at(z)];
    lines(() => { pen.moveTo(...a); pen.lineTo(...b); }, 1.5);
    for (const [name, [x, y]] of [["A", a], ["B", b]]) {
      pen.fillStyle = "#23538f";
      pen.beginPath();
      pen.arc(x, y, 9, 0, 7);
      pen.fill();
      pen.fillStyle = "#fff";
      pen.fillText(name, x, y);
    }
    for (const { i } of byDistance(z).slice(0, NEAR)) {
      lines(() => { pen.moveTo(...here); pen.lineTo(...at(codes[i])); }, 1);
    }
    lines(() => { pen.arc(...here, 8, 0, 7); }, 2.5);
  });

  function sheet({ decode, low, span }) {
    const made = AE.el("canvas", { width: GRID * size, height: GRID * size });
    const pen = made.getContext("2d"), tile = AE.picture(size, "");
    for (let row = 0; row < GRID; row++) {
      for (let column = 0; column < GRID; column++) {
        const [x, y] = [(column + 0.5) / GRID, 1 - (row + 0.5) / GRID];
        AE.show(tile, decode([low[0] + span * x, low[1] + span * y]));
        pen.drawImage(tile, column * size, row * size);
      }
    }
    return made;
  }

  function walk() {
    for (let i = 0; i < PATH; i++) AE.show(path, on.decode(between(i / (PATH - 1))), i * size);
  }

  function update() {
    const { usual, far, told } = on;
    AE.show(picture, on.decode(z));
    const found = on.byDistance(z).slice(0, NEAR);
    found.forEach(({ i, d }, k) => {
      near[k].canvas.getContext("2d").drawImage(sprite, -i * spec.tile, 0);
      near[k].canvas.setAttribute("aria-label", `a ${spec.labels[i]}`);
      near[k].words.textContent = `${spec.labels[i]}, ${told(d)}`;
    });
    const { i, d } = found[0];
    const where = d <= usual ? "You stand among the digits" : d <= far
      ? "You stand where digits are sparse" : "You stand in a hole";
    sentence.textContent = `${where}: the nearest one, a ${spec.labels[i]}, is ${told(d)} away. `
      + `Of the ${spec.labels.length} digits, half have another within ${told(usual)}, 95 of 100 within ${told(far)}.`;
    sliders.forEach((slider, k) => slider.set(z[k], scale(k)));
    box.dataset.z = z.join(" ");
    speak(`${told(z[0])}, ${told(z[1])}. ${sentence.textContent}`);
    paint();
  }

  function go(place) {
    z = place.map((value, k) => Math.min(on.low[k] + on.span, Math.max(on.low[k], value)));
    update();
  }

  AE.drag(plane, ([x, y]) => go([on.low[0] + on.span * x, on.low[1] + on.span * (1 - y)]),
    ([x, y]) => go([z[0] + x * on.span / 100, z[1] - y * on.span / 100]));
  sprite.addEventListener("load", update);
  walk();
  update();
};
}

// A slider over what was computed before: at each of its steps pictures or maps, a sentence, and a
// mark that moves along curves.
"use strict";
{
const AE = globalThis.AeCourse;
const COLOURS = { light: ["#b04a00", "#1f5fae", "#00704f", "#85388a"], dark: ["#ffb000", "#7fb2ff", "#4fd1a5", "#e39be3"] };
const DASHES = [[6, 4], [], [2, 3], [10, 3, 2, 3]];
const MARGIN = { left: 44, right: 104, top: 26, bottom: 36 };

// A mark of its own for each line: square, circle, triangle, diamond.
function mark(pen, k, x, y, r) {
  const corners = [[[-1, -1], [1, -1], [1, 1], [-1, 1]], [], [[0, -1.3], [1.2, 1], [-1.2, 1]],
    [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]]][k];
  pen.beginPath();
  if (corners.length) corners.forEach(([a, b]) => pen.lineTo(x + a * r, y + b * r)); else pen.arc(x, y, r, 0, 7);
  pen.fill();
}

// Where the axes are, and the drawing of lines, levels and marks; `at` says which step is chosen.
function chart(canvas, { lines, levels, ticks, log, top, x: across, y: upward }, at) {
  const scale = log ? Math.log : (value) => value;
  const range = lines.flatMap((line) => line.x).concat(ticks[0]).map(scale);
  const [low, high] = [Math.min(...range), Math.max(...range)];
  const place = (width, height) => ({
    right: (value) => MARGIN.left + (width - MARGIN.left - MARGIN.right) * (scale(value) - low) / (high - low),
    up: (value) => height - MARGIN.bottom - (height - MARGIN.bottom - MARGIN.top) * value / top,
  });
  const paint = AE.drawing(canvas, (pen, width, height, ink, dark) => {
    const { right, up } = place(width, height), edge = width - MARGIN.right, names = [];
    pen.font = "12px sans-serif";
    pen.textBaseline = "middle";
    pen.strokeStyle = pen.fillStyle = ink;
    pen.strokeRect(MARGIN.left, MARGIN.top, edge - MARGIN.left, height - MARGIN.bottom - MARGIN.top);
    pen.textAlign = "right";
    for (const value of ticks[1]) pen.fillText(value, MARGIN.left - 6, up(value));
    pen.textAlign = "center";
    for (const value of ticks[0]) pen.fillText(value, right(value), height - MARGIN.bottom + 10);
    pen.fillText(across, (MARGIN.left + edge) / 2, height - 8);
    pen.textAlign = "left";
    pen.fillText(upward, 4, 10);
    pen.setLineDash([2, 3]);
    for (const [name, value] of levels) {
      pen.beginPath();
      pen.moveTo(MARGIN.left, up(value));
      pen.lineTo(edge, up(value));
      pen.stroke();
      names.push({ name, y: up(value), colour: ink });
    }
    lines.forEach((line, k) => {
      const colour = pen.strokeStyle = pen.fillStyle = COLOURS[dark ? "dark" : "light"][k];
      const points = line.x.map((value, i) => [right(value), up(line.y[i])]), chosen = line.at[at()];
      pen.setLineDash(DASHES[k]);
      pen.lineWidth = 2;
      pen.beginPath();
      for (const point of points) pen.lineTo(...point);
      pen.stroke();
      pen.setLineDash([]);
      points.forEach((point, i) => mark(pen, k, ...point, i === chosen ? 7 : 3.5));
      names.push({ name: line.name, y: points.at(-1)[1], colour });
    });
    // Each name beside the end of its line, and none on another or below the axis.
    let least = 0;
    for (const each of names.sort((a, b) => a.y - b.y)) least = each.y = Math.max(each.y, least + 14);
    const over = Math.max(0, least - (height - MARGIN.bottom));
    for (const { name, y, colour } of names) {
      pen.fillStyle = colour;
      pen.fillText(name, edge + 10, y - over);
    }
  });
  // The step whose marks are nearest to a place.
  const nearest = ([x, y]) => {
    const { clientWidth: width, clientHeight: height } = canvas, { right, up } = place(width, height);
    const away = lines[0].at.map((_, step) => Math.min(...lines.map((line) => {
      const i = line.at[step];
      return i === null ? Infinity : Math.hypot(right(line.x[i]) - x * width, up(line.y[i]) - y * height);
    })));
    return away.indexOf(Math.min(...away));
  };
  return { paint, nearest };
}

AE.kinds.sweep = (box, spec) => {
  let chosen = spec.start;
  const sheets = spec.sheets.map(({ columns, rows, captions }) => AE.sheet(captions[chosen], columns, rows, spec.tile));
  const maps = spec.maps.map(({ captions, steps }) => {
    const canvas = AE.el("canvas", { className: "ae-map", role: "img" }), words = AE.el("figcaption");
    const paint = AE.drawing(canvas, (pen, width, height, ink) => {
      const places = AE.bytes(steps[chosen]);
      pen.fillStyle = ink;
      for (let i = 0; i < places.length; i += 2) {
        pen.beginPath();
        pen.arc(6 + places[i] / 255 * (width - 12), height - 6 - places[i + 1] / 255 * (height - 12), 2, 0, 7);
        pen.fill();
      }
    });
    const show = () => {
      words.textContent = captions[chosen];
      canvas.setAttribute("aria-label", captions[chosen]);
      paint();
    };
    return { show, figure: AE.el("figure", {}, words, canvas) };
  });
  const curve = AE.el("canvas", { className: "ae-curve", role: "img",
    "aria-label": `${spec.curve.y}, against ${spec.curve.x}; the slider moves the mark` });
  const sentence = AE.el("p", { className: "ae-sentence" });
  const slider = AE.slider(spec.slider, { min: 0, max: spec.steps.length - 1, step: 1, value: chosen },
    (i) => spec.steps[i], (i) => choose(i));
  box.append(slider.row, sentence, ...sheets.map((sheet) => sheet.figure),
    AE.el("div", { className: "ae-maps" }, ...maps.map((map) => map.figure)), curve);
  const speak = AE.speaker(box), { paint, nearest } = chart(curve, spec.curve, () => chosen);

  function choose(i) {
    chosen = i;
    slider.set(i);
    spec.sheets.forEach(({ columns, rows, captions, first }, k) => {
      const { canvas, say } = sheets[k], brush = canvas.getContext("2d"), { tile, columns: wide } = spec;
      say(captions[i]);
      brush.clearRect(0, 0, canvas.width, canvas.height);
      for (let j = 0; j < columns * rows && first[i] !== null; j++) {
        const from = first[i] + j;
        brush.drawImage(sprite, from % wide * tile, Math.floor(from / wide) * tile, tile, tile,
          j % columns * tile, Math.floor(j / columns) * tile, tile, tile);
      }
    });
    maps.forEach((map) => map.show());
    sentence.textContent = spec.sentences[i];
    speak(spec.sentences[i]);
    paint();
  }

  const sprite = AE.sprite(spec.sprite, () => choose(chosen));
  if (!spec.sheets.length) choose(chosen);
  AE.drag(curve, (place) => choose(nearest(place)), () => {});
};
}

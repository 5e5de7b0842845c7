// The same images from codes of many sizes, by PCA and by a network, and the curve of the errors.
"use strict";
{
const AE = globalThis.AeCourse;
const COLUMNS = 10;

AE.kinds.size_and_rank = (box, spec) => {
  const { sizes, names, errors, size, n } = spec, rows = Math.ceil(n / COLUMNS);
  let chosen = spec.start;
  const sheets = ["original", ...names].map((name) => {
    const canvas = AE.el("canvas", { className: "ae-picture", role: "img", "aria-label": name });
    Object.assign(canvas, { width: COLUMNS * size, height: rows * size });
    return { canvas, words: AE.el("figcaption", {}, name) };
  });
  const curve = AE.el("canvas", { className: "ae-curve", role: "img", "aria-label":
    "Squared error against code size for each; the slider below moves the mark" });
  const sentence = AE.el("p", { className: "ae-sentence" });
  const slider = AE.slider("code size", { min: 0, max: sizes.length - 1, step: 1, value: chosen },
    (i) => `${sizes[i]} numbers`, (i) => choose(i));
  box.append(slider.row, sentence,
    ...sheets.map(({ canvas, words }) => AE.el("figure", { className: "ae-sheet" }, words, canvas)), curve);
  const speak = AE.speaker(box);

  const top = 1.1 * Math.max(spec.mean, ...errors.flat());
  const colours = (dark) => dark ? ["#ffb000", "#7fb2ff"] : ["#b04a00", "#1f5fae"];
  const margin = { left: 40, right: 90, top: 12, bottom: 36 };
  const across = (i, width) => margin.left + (width - margin.left - margin.right)
    * Math.log2(sizes[i] / sizes[0]) / Math.log2(sizes.at(-1) / sizes[0]);
  const paint = AE.drawing(curve, (pen, width, height, ink, dark) => {
    const up = (error) => height - margin.bottom - (height - margin.bottom - margin.top) * error / top;
    pen.font = "12px sans-serif";
    pen.strokeStyle = pen.fillStyle = ink;
    pen.textBaseline = "middle";
    pen.strokeRect(margin.left, margin.top, width - margin.left - margin.right, height - margin.top - margin.bottom);
    pen.textAlign = "right";
    for (const error of [0, spec.mean / 2, spec.mean]) pen.fillText(error.toFixed(0), margin.left - 6, up(error));
    pen.textAlign = "center";
    sizes.forEach((value, i) => pen.fillText(value, across(i, width), height - margin.bottom + 10));
    pen.fillText("code size", (margin.left + width - margin.right) / 2, height - 8);
    pen.textAlign = "left";
    pen.fillText("mean image", width - margin.right + 6, up(spec.mean));
    pen.setLineDash([2, 3]);
    pen.beginPath();
    pen.moveTo(margin.left, up(spec.mean));
    pen.lineTo(width - margin.right, up(spec.mean));
    pen.moveTo(across(chosen, width), margin.top);
    pen.lineTo(across(chosen, width), height - margin.bottom);
    pen.stroke();
    errors.forEach((line, k) => {
      pen.strokeStyle = pen.fillStyle = colours(dark)[k];
      pen.setLineDash(k ? [] : [6, 4]);
      pen.lineWidth = 2;
      pen.beginPath();
      line.forEach((error, i) => pen.lineTo(across(i, width), up(error)));
      pen.stroke();
      pen.setLineDash([]);
      line.forEach((error, i) => {
        const radius = i === chosen ? 7 : 4, [x, y] = [across(i, width), up(error)];
        pen.beginPath();
        if (k) pen.arc(x, y, radius, 0, 7); else pen.rect(x - radius, y - radius, 2 * radius, 2 * radius);
        pen.fill();
      });
      const last = line.at(-1), other = errors[1 - k].at(-1);
      pen.fillText(names[k], width - margin.right + 10, up(last) + (last < other ? 8 : -8));
    });
  });

  function choose(i) {
    chosen = i;
    slider.set(i);
    // In the sprite: the originals, then for each size a run of images by each.
    sheets.forEach(({ canvas, words }, k) => {
      const first = k ? n * (1 + names.length * i + k - 1) : 0, brush = canvas.getContext("2d");
      for (let j = 0; j < n; j++) {
        brush.drawImage(sprite, (first + j) % n * size, Math.floor((first + j) / n) * size, size, size,
          j % COLUMNS * size, Math.floor(j / COLUMNS) * size, size, size);
      }
      if (k) words.textContent = `${names[k - 1]}, ${sizes[i]} numbers: squared error ${errors[k - 1][i].toFixed(1)} per image`;
    });
    const [pca, network] = errors.map((line) => line[i]);
    const [better, share] = network < pca ? ["network", 1 - network / pca] : ["PCA", 1 - pca / network];
    sentence.textContent = `${sizes[i]} numbers: ${names[0]} ${pca.toFixed(1)}, ${names[1]} ${network.toFixed(1)}. `
      + `The smaller error, that of ${better === "PCA" ? names[0] : names[1]}, is ${Math.round(100 * share)} % below the other.`;
    speak(sentence.textContent);
    paint();
  }

  const sprite = AE.sprite(spec.sprite, () => choose(chosen));
  AE.drag(curve, ([x]) => {
    const width = curve.clientWidth, at = x * width;
    const away = sizes.map((_, i) => Math.abs(across(i, width) - at));
    choose(away.indexOf(Math.min(...away)));
  }, () => {});
};
}

// A threshold on the histogram of a score: false alarms, what is found and missed, and the budget.
"use strict";
{
const AE = globalThis.AeCourse;
const LINES = { light: ["#b04a00", "#1f5fae", "#85388a"], dark: ["#ffb000", "#7fb2ff", "#e39be3"] };
const DASHES = [[], [5, 3], [2, 2]];
const MARGIN = { left: 50, right: 12, top: 34, bottom: 36 };

AE.kinds.alarm_budget = (box, spec) => {
  const { methods, groups, per, unit } = spec, [normal, ...unlike] = groups.map((_, k) => k);
  const said = (value) => value >= 100 ? value.toFixed(0) : value.toPrecision(3);
  const whole = (value) => value.toLocaleString("en");
  let method = 0, at = spec.start, budget = spec.budget;
  const last = () => spec.thresholds[method].length - 1;
  const alarms = (group) => spec.above[method][group][at];
  // How many items of a group lie between each threshold and the next.
  const bins = (group) => spec.above[method][group].slice(0, -1)
    .map((count, i) => count - spec.above[method][group][i + 1]);

  const plot = AE.el("canvas", { className: "ae-curve", role: "img", "aria-label":
    "Histogram of the score for each group; the slider below moves the threshold" });
  const table = AE.el("table", {}), sentence = AE.el("p", { className: "ae-sentence" });
  const slider = AE.slider("threshold", { min: 0, max: last(), step: 1, value: at },
    (i) => said(spec.thresholds[method][i]), (i) => go(i));
  const limit = AE.slider("budget", { min: 1, max: 5 * budget, step: 1, value: budget },
    (value) => `${value} ${unit}`, (value) => { budget = value; go(at); });
  box.append(AE.choice("Score", methods, (name) => { method = methods.indexOf(name); go(at); }),
    plot, slider.row, limit.row, table, sentence);
  const speak = AE.speaker(box);

  const right = (i, width) => MARGIN.left + (width - MARGIN.left - MARGIN.right) * i / last();
  const paint = AE.drawing(plot, (pen, width, height, ink, dark) => {
    const counts = groups.map((_, k) => bins(k)), top = Math.log10(1 + Math.max(...counts.flat()));
    const floor = height - MARGIN.bottom, here = right(at, width);
    const up = (count) => floor - (floor - MARGIN.top) * Math.log10(1 + count) / top;
    const outline = (group) => {
      pen.beginPath();
      pen.moveTo(MARGIN.left, floor);
      counts[group].forEach((count, i) => {
        pen.lineTo(right(i, width), up(count));
        pen.lineTo(right(i + 1, width), up(count));
      });
      pen.lineTo(width - MARGIN.right, floor);
    };
    pen.font = "12px sans-serif";
    pen.textBaseline = "middle";
    pen.fillStyle = dark ? "#5b6470" : "#c3c9d1";
    outline(normal);
    pen.fill();
    unlike.forEach((group, k) => {
      pen.strokeStyle = pen.fillStyle = LINES[dark ? "dark" : "light"][k];
      pen.lineWidth = 2;
      pen.setLineDash(DASHES[k]);
      outline(group);
      pen.stroke();
    });
    // The names, each after a piece of its line.
    let x = MARGIN.left;
    groups.forEach(({ name }, group) => {
      const colour = group ? LINES[dark ? "dark" : "light"][group - 1] : dark ? "#5b6470" : "#c3c9d1";
      pen.fillStyle = pen.strokeStyle = colour;
      pen.setLineDash(group ? DASHES[group - 1] : []);
      if (group) { pen.beginPath(); pen.moveTo(x, 10); pen.lineTo(x + 20, 10); pen.stroke(); } else pen.fillRect(x, 4, 20, 12);
      pen.fillStyle = ink;
      pen.textAlign = "left";
      pen.fillText(name, x + 25, 10);
      x += 40 + pen.measureText(name).width;
    });
    pen.setLineDash([]);
    pen.strokeStyle = pen.fillStyle = ink;
    pen.lineWidth = 1;
    pen.strokeRect(MARGIN.left, MARGIN.top, width - MARGIN.left - MARGIN.right, floor - MARGIN.top);
    pen.textAlign = "right";
    for (let count = 1; Math.log10(1 + count) <= top; count *= 10) pen.fillText(whole(count), MARGIN.left - 6, up(count));
    pen.textAlign = "center";
    for (let k = 0; k < 5; k++) {
      const i = Math.round(k / 4 * last());
      pen.fillText(said(spec.thresholds[method][i]), Math.min(right(i, width), width - 24), floor + 10);
    }
    pen.fillText("score, and number of items (both logarithmic)", (MARGIN.left + width) / 2, height - 8);
    pen.lineWidth = 3;
    pen.beginPath();
    pen.moveTo(here, MARGIN.top - 10);
    pen.lineTo(here, floor);
    pen.stroke();
    const wide = here < width - 80;
    pen.textAlign = wide ? "left" : "right";
    pen.fillText("alarm →", here + (wide ? 6 : -6), MARGIN.top - 7);
  });

  function go(i) {
    at = Math.max(0, Math.min(last(), i));
    slider.set(at);
    const row = (first, scope, ...cells) => AE.el("tr", {}, AE.el("th", { scope }, first), ...cells);
    table.replaceChildren(
      AE.el("caption", {}, "All items at this threshold"),
      row("group", "col", AE.el("th", { scope: "col" }, "alarm"), AE.el("th", { scope: "col" }, "no alarm")),
      ...groups.map(({ name, n }, k) => row(name, "row",
        AE.el("td", {}, `${whole(alarms(k))} ${k ? "found" : "false"}`),
        AE.el("td", {}, `${whole(n - alarms(k))} ${k ? "missed" : "right"}`))));
    const rate = alarms(normal) / per, found = unlike.reduce((sum, k) => sum + alarms(k), 0);
    const all = unlike.reduce((sum, k) => sum + groups[k].n, 0);
    const share = found + alarms(normal) ? (100 * found / (found + alarms(normal))).toFixed(0) : "-";
    sentence.textContent = `Threshold ${said(spec.thresholds[method][at])}: ${rate.toFixed(1)} false alarms ${unit}, `
      + `${rate <= budget ? "within" : "over"} the budget of ${budget}. `
      + `Found ${found} of ${all}, missed ${all - found}. Of 100 alarms, ${share} are right.`;
    speak(`${methods[method]}. ${sentence.textContent}`);
    paint();
  }

  AE.drag(plot, ([x]) => {
    const width = plot.clientWidth;
    go(Math.round((x * width - MARGIN.left) / (width - MARGIN.left - MARGIN.right) * last()));
  }, () => {});
  go(at);
};
}

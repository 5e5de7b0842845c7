// Noise of a kind and a level, put on digits and taken off again by networks, with the errors.
"use strict";
{
const AE = globalThis.AeCourse;

// What each kind does to a pixel x, given two random numbers: normal, and uniform in [0, 1).
const KINDS = {
  Gaussian: (x, level, normal) => Math.min(1, Math.max(0, x + level * normal)),
  "salt and pepper": (x, level, normal, chance) => chance < level ? +(chance < level / 2) : x,
  masking: (x, level, normal, chance) => chance < level ? 0 : x,
};
const SAID = {
  Gaussian: (level) => `Gaussian noise of standard deviation ${level.toFixed(2)}`,
  "salt and pepper": (level) => `Salt and pepper on ${Math.round(100 * level)} % of the pixels`,
  masking: (level) => `Masking of ${Math.round(100 * level)} % of the pixels`,
};

// Uniform numbers that a seed repeats (mulberry32).
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

AE.kinds.noise = (box, spec) => {
  const { size, n, names } = spec, pixels = size * size, networks = spec.networks.map(AE.network);
  let kind = "Gaussian", level = spec.level, seed = 0, clean = [], normal, chance;

  const sheets = ["clean", "noisy", ...names].map((name) => AE.sheet(name, n, 1, size));
  const sentence = AE.el("p", { className: "ae-sentence" });
  const slider = AE.slider("level", { min: 0, max: 0.8, step: 0.05, value: level },
    (value) => value.toFixed(2), (value) => { level = value; update(); });
  box.append(AE.choice("Kind", Object.keys(KINDS), (option) => { kind = option; update(); }), slider.row,
    AE.el("div", { className: "ae-row" }, AE.button("New noise", () => { draw(); update(); })),
    ...sheets.map((sheet) => sheet.figure), sentence);
  const speak = AE.speaker(box);

  // The level only scales what is drawn here, so that a slider does not make new noise.
  function draw() {
    const next = uniform(++seed);
    chance = Float64Array.from({ length: n * pixels }, next);
    normal = Float64Array.from(chance, () =>
      Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
  }

  function update() {
    const sums = sheets.map(() => 0);
    clean.forEach((x, i) => {
      // Rounded to greys that a screen can show, so that what is seen is what is denoised.
      const noisy = x.map((value, k) => {
        const spoilt = KINDS[kind](value, level, normal[i * pixels + k], chance[i * pixels + k]);
        return Math.round(255 * spoilt) / 255;
      });
      [x, noisy, ...networks.map((network) => network(noisy))].forEach((image, row) => {
        AE.show(sheets[row].canvas, image, i * size);
        sums[row] += AE.squaredError(x, image) / n;
      });
    });
    const [, before, ...after] = sums.map((sum) => sum.toFixed(1));
    const least = sums.indexOf(Math.min(...sums.slice(1)), 1);
    [`noisy: error ${before}`, ...names.map((name, k) => `${name}: error ${after[k]}`)]
      .forEach((text, k) => sheets[k + 1].say(text));
    sentence.textContent = `${SAID[kind](level)}. Squared error per image, mean of these ${n}: noisy ${before}, `
      + `${names.map((name, k) => `${name} ${after[k]}`).join(", ")}. Least: `
      + `${least === 1 ? "leave them as they are" : names[least - 2]}.`;
    speak(sentence.textContent);
  }

  AE.greys(spec.images, (found) => {
    clean = Array.from({ length: n }, (_, i) => found.slice(i * pixels, (i + 1) * pixels));
    draw();
    update();
  });
};
}

// What all widgets share: weights out of JSON, the forward pass, and small helpers for the page.
// Plain scripts without modules, so that they work from a folder (file://), in Jupyter and in Node.
"use strict";
{
const AE = (globalThis.AeCourse = { kinds: {} });

// Weights ----------------------------------------------------------------------------------------

AE.bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
AE.floats = (text) => new Float32Array(AE.bytes(text).buffer);

// Whole numbers of so many bits each, written one after the other.
AE.unpack = (text, bits, n) => {
  const bytes = AE.bytes(text), found = new Uint8Array(n);
  for (let i = 0, at = 0; i < n; i++, at += bits) {
    const two = (bytes[at >> 3] << 8) | (bytes[(at >> 3) + 1] ?? 0);
    found[i] = (two >> (16 - bits - (at & 7))) & ((1 << bits) - 1);
  }
  return found;
};

// The rounded weights are the same 32-bit numbers that Keras gets from ae_course.widgets.restore.
function kernel(layer) {
  const { inputs, units, bits } = layer;
  const [low, step] = [AE.floats(layer.low), AE.floats(layer.step)];
  const level = AE.unpack(layer.kernel, bits, inputs * units), w = new Float32Array(inputs * units);
  for (let i = 0; i < w.length; i++) {
    const shared = inputs < units ? Math.floor(i / units) : i % units;
    w[i] = Math.fround(level[i] * step[shared]) + low[shared];
  }
  return w;
}

// To 1.2e-7 of its value everywhere (Press et al., Numerical Recipes, section 6.2).
function erfc(x) {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const value = t * Math.exp(-x * x - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418
    + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223
    + t * 0.17087277)))))))));
  return x < 0 ? 2 - value : value;
}

const ACTIVATIONS = {
  linear: (a) => a,
  relu: (a) => Math.max(a, 0),
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  tanh: Math.tanh,
  gelu: (a) => 0.5 * a * erfc(-a / Math.SQRT2),
};

// What is not on these lists is refused, since a wrong picture would not look wrong.
const LAYERS = {
  flatten: () => (x) => x,
  reshape: () => (x) => x,
  dense(layer) {
    const { inputs, units } = layer, ask = weighted(layer);
    return (x) => {
      if (x.length !== inputs) throw new Error(`expected ${inputs} numbers, received ${x.length}`);
      const found = new Float64Array(units);
      ask(x, 0, found, 0);
      return found;
    };
  },
  // On square maps: the same layer for each place, on the patch around it, zeros beyond the edges.
  conv(layer) {
    const { size, stride, units } = layer, ask = weighted(layer), channels = layer.inputs / size ** 2;
    return (x) => {
      const side = sideOf(x, channels), out = Math.ceil(side / stride);
      const before = Math.max(0, (out - 1) * stride + size - side) >> 1;
      const found = new Float64Array(out * out * units), patch = new Float64Array(layer.inputs);
      for (let place = 0; place < out * out; place++) {
        for (let k = 0; k < size * size; k++) {
          const row = Math.floor(place / out) * stride + Math.floor(k / size) - before;
          const column = place % out * stride + k % size - before;
          const inside = row >= 0 && row < side && column >= 0 && column < side;
          for (let c = 0; c < channels; c++) {
            patch[k * channels + c] = inside ? x[(row * side + column) * channels + c] : 0;
          }
        }
        ask(patch, 0, found, place * units);
      }
      return found;
    };
  },
  // Each place becomes 2 x 2 places.
  up(layer) {
    const { inputs, units } = layer, ask = weighted(layer), n = units / 4, four = new Float64Array(units);
    return (x) => {
      const side = sideOf(x, inputs), found = new Float64Array(side * side * units);
      for (let place = 0; place < side * side; place++) {
        ask(x, place * inputs, four, 0);
        for (let k = 0; k < 4; k++) {
          const row = 2 * Math.floor(place / side) + (k >> 1), column = 2 * (place % side) + (k & 1);
          for (let c = 0; c < n; c++) found[(row * 2 * side + column) * n + c] = four[k * n + c];
        }
      }
      return found;
    };
  },
};

// The weights and activation of a layer at one place, from `x` on into `found`.
function weighted(layer) {
  const activation = ACTIVATIONS[layer.activation];
  if (!activation) throw new Error(`unknown activation: ${layer.activation}`);
  const { inputs, units } = layer, w = kernel(layer), bias = AE.floats(layer.bias);
  const sum = new Float64Array(units);
  return (x, from, found, to) => {
    sum.set(bias);
    for (let i = 0; i < inputs; i++) {
      const value = x[from + i];
      if (value) for (let j = 0, at = i * units; j < units; j++, at++) sum[j] += value * w[at];
    }
    for (let j = 0; j < units; j++) found[to + j] = activation(sum[j]);
  };
}

function sideOf(x, channels) {
  const side = Math.sqrt(x.length / channels);
  if (!Number.isInteger(side)) throw new Error(`no square map of ${channels} channels: ${x.length}`);
  return side;
}

// A function from the input to the output of a network that ae_course.widgets exported.
AE.network = (layers) => {
  const steps = layers.map((layer) => {
    if (!Object.hasOwn(LAYERS, layer.layer)) throw new Error(`unknown layer: ${layer.layer}`);
    return LAYERS[layer.layer](layer);
  });
  return (x) => steps.reduce((value, step) => step(value), x);
};

// How PCA describes x, given the linear layer that draws its pictures: orthogonal rows.
AE.project = (layer) => {
  const { inputs, units } = layer, w = kernel(layer), mean = AE.floats(layer.bias);
  return (x) => Array.from({ length: inputs }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < units; j++) sum += (x[j] - mean[j]) * w[i * units + j];
    return sum;
  });
};

AE.squaredError = (x, y) => x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0);

// The page ---------------------------------------------------------------------------------------

let ids = 0;
AE.id = () => `ae-${++ids}`;

// An element: properties as they are, attributes with a dash or a lower-case name that is none.
AE.el = (tag, given = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name in made && name !== "list") made[name] = value; else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
};

// A slider with its name and its value as text.
AE.slider = (name, given, say, changed) => {
  const input = AE.el("input", { type: "range", id: AE.id() });
  Object.assign(input, { min: given.min, max: given.max, step: given.step, value: given.value });
  const output = AE.el("output", { htmlFor: input.id });
  const show = (value) => {
    output.textContent = say(value);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => { show(+input.value); changed(+input.value); });
  show(given.value);
  const row = AE.el("div", { className: "ae-slider" },
    AE.el("label", { htmlFor: input.id }, name), input, output);
  return { row, input, set: (value, range) => { Object.assign(input, range, { value }); show(value); } };
};

// One of several, as radio buttons.
AE.choice = (name, options, changed) => {
  const group = AE.id();
  const labels = options.map((option, i) => {
    const input = AE.el("input", { type: "radio", name: group, value: option, checked: !i });
    input.addEventListener("change", () => changed(option, i));
    return AE.el("label", {}, input, ` ${option}`);
  });
  return AE.el("fieldset", {}, AE.el("legend", {}, name), ...labels);
};

AE.button = (text, pressed) => {
  const made = AE.el("button", { type: "button" }, text);
  made.addEventListener("click", pressed);
  return made;
};

// A grey picture, a canvas pixel for each of its own; the style sheet makes it larger.
AE.picture = (size, words, width = size) => {
  const canvas = AE.el("canvas", { width, height: size, role: "img", "aria-label": words });
  canvas.className = "ae-picture";
  return canvas;
};
AE.show = (canvas, pixels, left = 0, size = canvas.height) => {
  const image = new ImageData(size, size);
  pixels.forEach((value, i) => {
    const grey = Math.round(255 * Math.min(1, Math.max(0, value)));
    image.data.set([grey, grey, grey, 255], 4 * i);
  });
  canvas.getContext("2d").putImageData(image, left, 0);
};

// Pictures in rows, under a caption that can change.
AE.sheet = (text, columns, rows, size) => {
  const canvas = AE.picture(rows * size, text, columns * size), words = AE.el("figcaption", {}, text);
  canvas.style.maxWidth = `${3 * columns}rem`;
  const say = (now) => { words.textContent = now; canvas.setAttribute("aria-label", now); };
  return { canvas, say, figure: AE.el("figure", { className: "ae-sheet" }, words, canvas) };
};

// A drawing as wide as the page lets it be, drawn anew when its size or the colours change.
AE.drawing = (canvas, paint) => {
  const draw = () => {
    const sharp = devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = canvas;
    if (!width) return;
    canvas.width = Math.round(width * sharp);
    canvas.height = Math.round(height * sharp);
    const pen = canvas.getContext("2d");
    pen.scale(sharp, sharp);
    const ink = getComputedStyle(canvas).color;
    paint(pen, width, height, ink, Math.max(...ink.match(/[\d.]+/g).slice(0, 3)) > 127);
  };
  let asked = 0;
  const later = () => { asked ||= requestAnimationFrame(() => { asked = 0; draw(); }); };
  new ResizeObserver(later).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later);
  new MutationObserver(later).observe(document.body, { attributes: true });
  return later;
};

// Words for a screen reader, when the point has come to rest.
AE.speaker = (box) => {
  const words = AE.el("p", { className: "ae-spoken", "aria-live": "polite" });
  box.append(words);
  let timer;
  return (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => { words.textContent = text; }, 500);
  };
};

// Pointer and arrow keys on a drawing: `moved` gets the place as fractions, or steps of the keys.
AE.drag = (canvas, moved, stepped) => {
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    moved(place(event), true);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons && moved(place(event), false));
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (!steps[event.key]) return;
    event.preventDefault();
    stepped(steps[event.key].map((step) => step * (event.shiftKey ? 5 : 1)));
  });
};

AE.sprite = (text, ready) => {
  const image = new Image();
  image.addEventListener("load", ready);
  image.src = `data:image/png;base64,${text}`;
  return image;
};

// All pixels of a stored picture, row by row, 0 to 1.
AE.greys = (text, ready) => {
  const image = AE.sprite(text, () => {
    const { naturalWidth: width, naturalHeight: height } = image;
    const brush = AE.el("canvas", { width, height }).getContext("2d");
    brush.drawImage(image, 0, 0);
    const { data } = brush.getImageData(0, 0, width, height);
    ready(Float64Array.from({ length: width * height }, (_, i) => data[4 * i] / 255));
  });
};

// Puts a widget below the picture in `place`, which stays for printing.
AE.mount = (place, spec) => {
  const make = AE.kinds[spec.kind];
  if (!make) throw new Error(`unknown widget: ${spec.kind}`);
  const box = AE.el("div", { className: "ae-widget", role: "group", "aria-label": spec.title });
  make(box, spec);
  box.append(AE.el("p", { className: "ae-note" }, spec.note));
  place.append(box);
  place.classList.add("ae-live");
};

// In a page of the book: each picture with a widget's JSON beside it.
if (typeof document !== "undefined") {
  addEventListener("DOMContentLoaded", () => {
    for (const stored of document.querySelectorAll('.widget > script[type="application/json"]')) {
      AE.mount(stored.parentElement, JSON.parse(stored.textContent));
    }
  });
}
}

"use strict";
// The exclusion plot: layers over log10 M_Z' and log10 g', drawn anew at every change of the view.
(() => {
  const plot = document.getElementById("plane");
  if (!plot) return;
  const readout = document.getElementById("readout");
  const layers = JSON.parse(document.getElementById("layers").textContent);
  const margin = { left: 64, right: 12, top: 12, bottom: 46 };
  const dashes = ["", "8 4", "2 4", "8 4 2 4"];
  // As attributes, so that a saved figure needs no style from the page.
  const LOOKS = {
    grid: { stroke: "var(--pale)", "stroke-width": 0.6 },
    frame: { fill: "none", stroke: "var(--grey)" },
    cross: { stroke: "var(--grey)", "stroke-width": 0.8, "stroke-dasharray": "3 3" },
    label: { "font-size": 13 },
    curve: { fill: "none", "stroke-width": 2, "stroke-linejoin": "round" },
    area: { stroke: "none", opacity: 0.16 },
    wide: { "stroke-width": 12, opacity: 0.16 },
    region: { stroke: "none", opacity: 0.24, "fill-rule": "evenodd" },
    interval: { "stroke-width": 5, opacity: 0.22 },
    dot: { stroke: "none", r: 2.5 },
    star: { stroke: "var(--paper)" },
    near: { fill: "none", "stroke-width": 2, r: 4 },
  };
  const SVG = "http://www.w3.org/2000/svg";
  const ROW = 18;
  const home = extent(layers);
  let view = { ...home };
  let size = { width: 720, height: 480 };
  let cursor = null;

  function extent(all) {
    const xs = [], ys = [];
    const add = (x, y) => {
      if (x > 0 && y > 0) { xs.push(Math.log10(x)); ys.push(Math.log10(y)); }
    };
    const shown = all.filter((layer) => layer.on);
    for (const layer of shown.length ? shown : all) {
      const rings = layer.regions.flatMap((region) => region.rings);
      for (const { x, y } of [...layer.lines, ...rings, layer.points && !layer.lines.length ? layer.points : null].filter(Boolean))
        x.forEach((value, i) => add(value, y[i]));
    }
    if (!xs.length) { xs.push(-3, 3); ys.push(-8, -2); }
    const pad = 0.25, reduce = (list, pick) => list.reduce((a, b) => pick(a, b));
    return {
      left: reduce(xs, Math.min) - pad, right: reduce(xs, Math.max) + pad,
      low: reduce(ys, Math.min) - pad, high: reduce(ys, Math.max) + pad,
    };
  }

  const px = (x) => margin.left + (Math.log10(x) - view.left) / (view.right - view.left) * inner().width;
  const py = (y) => margin.top + (view.high - Math.log10(y)) / (view.high - view.low) * inner().height;
  const inner = () => ({
    width: size.width - margin.left - margin.right,
    height: size.height - margin.top - margin.bottom,
  });
  const at = (left, top) => ({
    mass: 10 ** (view.left + (left - margin.left) / inner().width * (view.right - view.left)),
    g: 10 ** (view.high - (top - margin.top) / inner().height * (view.high - view.low)),
  });

  function node(name, attributes, parent, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries({ ...LOOKS[attributes.class], ...attributes })) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  }

  function axes(parent) {
    const { width, height } = inner();
    for (const [value, label] of ticks(view.left, view.right, width, 56)) {
      const x = px(10 ** value);
      node("line", { x1: x, x2: x, y1: margin.top, y2: margin.top + height, class: "grid" }, parent);
      node("text", { x, y: size.height - 28, "text-anchor": "middle" }, parent, label);
    }
    for (const [value, label] of ticks(view.low, view.high, height, 30)) {
      const y = py(10 ** value);
      node("line", { x1: margin.left, x2: margin.left + width, y1: y, y2: y, class: "grid" }, parent);
      node("text", { x: margin.left - 6, y: y + 4, "text-anchor": "end" }, parent, label);
    }
    const middle = { x: margin.left + width / 2, y: margin.top + height / 2 };
    node("text", { x: middle.x, y: size.height - 8, "text-anchor": "middle", class: "label" }, parent,
      "M_Z′ [MeV]");
    node("text", { x: 14, y: middle.y, "text-anchor": "middle", class: "label",
      transform: `rotate(-90 14 ${middle.y})` }, parent, "g′ (dimensionless)");
  }

  function trail(x, y) {
    let path = "", pen = "M";
    x.forEach((value, i) => {
      if (value > 0 && y[i] > 0) {
        path += `${pen}${px(value).toFixed(1)} ${py(y[i]).toFixed(1)}`;
        pen = "L";
      } else pen = "M";
    });
    return path;
  }

  function drawLayer(layer, parent) {
    const colour = `var(--${layer.colour})`;
    const group = node("g", { fill: colour, stroke: colour, "data-layer": layer.name }, parent);
    const floor = 10 ** (view.low - 1);
    for (const { x, low, high } of layer.bands)
      if (x.length > 1)
        node("path", { class: "area",
          d: `${trail(x, high)}${trail([...x].reverse(), [...low].reverse()).replace("M", "L")}Z` }, group);
      else node("line", { class: "wide", x1: px(x[0]), x2: px(x[0]), y1: py(low[0]), y2: py(high[0]) }, group);
    for (const { rings } of layer.regions)
      node("path", { class: "region",
        d: rings.map(({ x, y }) => `${trail(x, y)}Z`).join("") }, group);
    for (const { x, low, high } of layer.bars)
      node("line", { class: "interval", x1: px(x), x2: px(x), y1: py(Math.max(low, floor)), y2: py(high) }, group);
    for (const { x, y, style, dots } of layer.lines) {
      node("path", { class: "curve", d: trail(x, y), "stroke-dasharray": dashes[style] }, group);
      if (dots || x.length === 1)
        x.forEach((value, i) => y[i] > 0 && node("circle", { class: "dot", cx: px(value), cy: py(y[i]) }, group));
    }
    for (const { x, y } of layer.stars)
      node("path", { class: "star", transform: `translate(${px(x)} ${py(y)})`,
        d: "M0-9 2.6-3 9-2.8 3.9 1.3 5.6 7.6 0 4-5.6 7.6-3.9 1.3-9-2.8-2.6-3Z" }, group);
  }

  function legend(shown, parent) {
    shown.forEach((layer, i) => {
      const y = size.height + 8 + ROW * i, style = layer.lines.length ? layer.lines[0].style : 0;
      node("path", { class: "curve", d: `M${margin.left} ${y}h24`, stroke: `var(--${layer.colour})`,
        "stroke-dasharray": dashes[style], ...(layer.regions.length && { "stroke-width": 8, opacity: 0.24 }) }, parent);
      node("text", { x: margin.left + 32, y: y + 4 }, parent, layer.name);
    });
  }

  function draw(width, saved = false) {
    size.width = width ?? Math.max(280, plot.clientWidth || 720);
    size.height = Math.round(Math.min(600, Math.max(320, size.width * 0.66)));
    const shown = layers.filter((layer) => layer.on).sort((a, b) => b.regions.length - a.regions.length);
    plot.setAttribute("viewBox", `0 0 ${size.width} ${size.height + (saved ? ROW * shown.length : 0)}`);
    const content = document.createDocumentFragment();
    const box = { x: margin.left, y: margin.top, ...inner() };
    node("rect", box, node("clipPath", { id: "inside" }, content));
    axes(content);
    const data = node("g", { "clip-path": "url(#inside)" }, content);
    shown.forEach((layer) => drawLayer(layer, data)); // filled regions below everything else
    node("rect", { ...box, class: "frame" }, content);
    node("g", { id: "cursor", "clip-path": "url(#inside)" }, content);
    if (saved) legend(shown, content);
    plot.replaceChildren(content);
    if (cursor && !saved) point(cursor);
  }

  function nearest({ x, y, delta, bound }, place) {
    const scale = { x: inner().width / (view.right - view.left), y: inner().height / (view.high - view.low) };
    let best = -1, least = Infinity;
    for (let i = 0; i < x.length; i++) {
      const distance = (Math.log10(x[i] / place.mass) * scale.x) ** 2 + (Math.log10(y[i] / place.g) * scale.y) ** 2;
      if (delta[i] !== null && distance < least) [best, least] = [i, distance];
    }
    return best < 0 || least > 60 ** 2 ? null
      : { mass: x[best], g: y[best], delta: delta[best], bound: "=≥≤≈"[bound[best]] };
  }

  function point(place) {
    cursor = place;
    const marks = document.getElementById("cursor");
    marks.replaceChildren();
    const { width, height } = inner(), x = px(place.mass), y = py(place.g);
    node("line", { x1: x, x2: x, y1: margin.top, y2: margin.top + height, class: "cross" }, marks);
    node("line", { x1: margin.left, x2: margin.left + width, y1: y, y2: y, class: "cross" }, marks);
    const rows = [`M_Z′ = ${number(place.mass)} MeV, g′ = ${number(place.g)}`];
    for (const layer of layers.filter((each) => each.on)) {
      const found = layer.points && nearest(layer.points, place);
      if (found) {
        rows.push(`${layer.name}: Δ ${found.bound} ${found.delta < 1e4 ? found.delta.toFixed(2) : number(found.delta)} ` +
          `at the computed point ${number(found.mass)} MeV, ${number(found.g)}`);
        node("circle", { class: "near", stroke: `var(--${layer.colour})`, cx: px(found.mass), cy: py(found.g) }, marks);
      }
      if (layer.regions.length) rows.push(`${layer.name}: ${regionAt(layer.regions, place)}`);
      const limit = layer.limit && limitAt(layer.limit, place.mass);
      if (limit) rows.push(`${layer.name}: g′ < ${number(limit.g)} at this mass${limit.note}`);
    }
    readout.replaceChildren(...rows.map((row, i) => {
      const made = document.createElement(i ? "li" : "strong");
      made.textContent = row;
      return made;
    }));
  }

  function zoom(factor, place) {
    const x = Math.log10(place.mass), y = Math.log10(place.g);
    const span = (view.right - view.left) * factor;
    if (span < 0.02 || span > 40) return;
    view = {
      left: x + (view.left - x) * factor, right: x + (view.right - x) * factor,
      low: y + (view.low - y) * factor, high: y + (view.high - y) * factor,
    };
    draw();
  }

  function move(x, y) {
    const dx = x / inner().width * (view.right - view.left), dy = y / inner().height * (view.high - view.low);
    view = { left: view.left - dx, right: view.right - dx, low: view.low + dy, high: view.high + dy };
    draw();
  }

  const centre = () => at(margin.left + inner().width / 2, margin.top + inner().height / 2);
  const actions = {
    in: () => zoom(0.7, centre()),
    out: () => zoom(1 / 0.7, centre()),
    reset: () => { view = { ...home }; draw(); },
  };
  const keys = { "+": actions.in, "=": actions.in, "-": actions.out, 0: actions.reset };
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

  function step([x, y], far) {
    const place = cursor ?? centre(), length = far ? 0.1 : 0.01;
    point({
      mass: place.mass * 10 ** (x * length * (view.right - view.left)),
      g: place.g * 10 ** (y * length * (view.high - view.low)),
    });
  }

  const where = (event) => {
    const box = plot.getBoundingClientRect();
    return at((event.clientX - box.left) * size.width / box.width, (event.clientY - box.top) * size.height / box.height);
  };
  let dragged = null;
  plot.addEventListener("pointerdown", (event) => {
    dragged = [event.clientX, event.clientY];
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener("pointermove", (event) => {
    if (dragged) {
      move(event.clientX - dragged[0], event.clientY - dragged[1]);
      dragged = [event.clientX, event.clientY];
    }
    point(where(event));
  });
  for (const name of ["pointerup", "pointercancel"]) plot.addEventListener(name, () => { dragged = null; });
  plot.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.85 : 1 / 0.85, where(event));
  }, { passive: false });
  plot.addEventListener("keydown", (event) => {
    const action = keys[event.key] ?? (arrows[event.key] && (() => step(arrows[event.key], event.shiftKey)));
    if (action) { event.preventDefault(); action(); }
  });
  for (const button of document.querySelectorAll("button[data-action]"))
    button.addEventListener("click", () => actions[button.dataset.action]());
  for (const box of document.querySelectorAll("input[data-index]")) {
    const layer = layers[box.dataset.index];
    box.checked = layer.on;
    box.addEventListener("change", () => { layer.on = box.checked; draw(); });
  }
  new ResizeObserver(() => { if (plot.clientWidth !== size.width) draw(); }).observe(plot);
  plot.addEventListener("beforesave", () => draw(720, true));
  plot.addEventListener("aftersave", () => draw());
  window.addEventListener("beforeprint", () => draw(680));
  window.addEventListener("afterprint", () => draw());
  draw();
})();

"use strict";
// What the exclusion plot reads and writes as words: numbers, ticks, limits and regions. Nothing here draws.
const superscripts = (n) => String(n).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789-".indexOf(c)]);
const number = (x) => x >= 1e-3 && x < 1e4 ? String(Number(x.toPrecision(3))) : x.toExponential(2);

function ticks(low, high, length, room) {
  const step = Math.max(1, Math.ceil((high - low) * room / length));
  const found = [];
  for (let n = Math.ceil(low); n <= high; n++)
    if (n % step === 0) found.push([n, `10${superscripts(n)}`]);
  if (found.length > 1) return found;
  for (let n = Math.floor(low); n <= high; n++)
    for (const m of [1, 1.5, 2, 3, 5, 7]) {
      const value = n + Math.log10(m);
      if (value >= low && value <= high) found.push([value, `${m}·10${superscripts(n)}`]);
    }
  return found;
}

function limitAt({ x, y, flag }, mass) {
  const i = x.findIndex((value, k) => k + 1 < x.length && value <= mass && mass <= x[k + 1]);
  if (i < 0 || y[i] === null || y[i + 1] === null) return null;
  const share = Math.log(mass / x[i]) / Math.log(x[i + 1] / x[i]);
  const notes = [...new Set([flag[i], flag[i + 1]])].filter((note) => note && note !== "ok");
  return { g: y[i] * (y[i + 1] / y[i]) ** share, note: notes.length ? ` (${notes.join(", ")})` : "" };
}

// Whether an odd number of rings surround a place; edges are straight in the logarithms, as they are drawn.
function encloses(rings, { mass, g }) {
  let odd = false;
  for (const { x, y } of rings)
    for (let i = 0; i < x.length; i++) {
      const j = (i || x.length) - 1;
      if (y[i] > g === y[j] > g) continue;
      const share = Math.log(g / y[j]) / Math.log(y[i] / y[j]);
      if (Math.log(mass / x[j]) < share * Math.log(x[i] / x[j])) odd = !odd;
    }
  return odd;
}

function regionAt(regions, place) {
  const found = regions.find(({ rings }) => encloses(rings, place));
  return found ? `inside the ${found.level} region` : `outside the ${regions[regions.length - 1].level} region`;
}

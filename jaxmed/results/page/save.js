"use strict";
// Buttons that save every figure as SVG or PNG, as it is on paper.
(() => {
  const PIXELS = 3; // of a PNG, for one of the figure's units
  const ANCHORS = { start: "left", middle: "center", end: "right" };

  function download(blob, name) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function asSvg(svg) {
    const copy = svg.cloneNode(true), { width, height } = svg.viewBox.baseVal;
    for (const name of ["class", "id", "tabindex", "aria-describedby", "data-name"]) copy.removeAttribute(name);
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    const paper = document.createElementNS(svg.namespaceURI, "path");
    paper.setAttribute("d", `M0 0H${width}V${height}H0Z`);
    paper.setAttribute("fill", "var(--paper)");
    copy.prepend(paper);
    const colours = getComputedStyle(document.documentElement);
    const text = new XMLSerializer().serializeToString(copy);
    return text.replace(/var\((--\w+)\)/g, (_, name) => colours.getPropertyValue(name));
  }

  function outline(element) {
    const number = (name) => Number(element.getAttribute(name)), path = new Path2D();
    switch (element.tagName) {
      case "use": return outline(document.querySelector(element.getAttribute("href")));
      case "path": return new Path2D(element.getAttribute("d"));
      case "rect": path.rect(number("x"), number("y"), number("width"), number("height")); break;
      case "circle": path.arc(number("cx"), number("cy"), number("r"), 0, 2 * Math.PI); break;
      case "line": path.moveTo(number("x1"), number("y1")); path.lineTo(number("x2"), number("y2")); break;
    }
    return path;
  }

  // Shape by shape: an image of the SVG would need a policy that allows images.
  function asPng(svg) {
    const { width, height } = svg.viewBox.baseVal, home = svg.getScreenCTM().inverse();
    const canvas = Object.assign(document.createElement("canvas"), { width: PIXELS * width, height: PIXELS * height });
    const pen = canvas.getContext("2d");
    const enter = (element) => {
      const { a, b, c, d, e, f } = home.multiply(element.getScreenCTM());
      pen.setTransform(...[a, b, c, d, e, f].map((value) => PIXELS * value));
    };
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--paper");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    for (const element of svg.querySelectorAll("path, use, rect, circle, line, text")) {
      if (element.closest("defs, clipPath")) continue;
      const look = getComputedStyle(element), clipped = element.closest("[clip-path]");
      pen.save();
      if (clipped) {
        enter(clipped);
        pen.clip(outline(document.querySelector(clipped.getAttribute("clip-path").slice(4, -1)).firstElementChild));
      }
      enter(element);
      pen.globalAlpha = look.opacity * look.fillOpacity;
      pen.fillStyle = look.fill;
      if (element.tagName === "text") {
        pen.font = `${look.fontSize} ${look.fontFamily}`;
        pen.textAlign = ANCHORS[look.textAnchor];
        pen.fillText(element.textContent, element.getAttribute("x"), element.getAttribute("y"));
      } else {
        const shape = outline(element);
        if (look.fill !== "none") pen.fill(shape, look.fillRule);
        pen.globalAlpha = look.opacity * look.strokeOpacity;
        Object.assign(pen, { strokeStyle: look.stroke, lineWidth: parseFloat(look.strokeWidth),
          lineJoin: look.strokeLinejoin, lineCap: look.strokeLinecap });
        pen.setLineDash(look.strokeDasharray === "none" ? [] : look.strokeDasharray.split(",").map(parseFloat));
        if (look.stroke !== "none") pen.stroke(shape);
      }
      pen.restore();
    }
    return canvas;
  }

  function save(svg, kind) {
    const root = document.documentElement, name = `${svg.dataset.name}.${kind}`;
    root.classList.add("paper");
    svg.dispatchEvent(new Event("beforesave"));
    if (kind === "svg") download(new Blob([asSvg(svg)], { type: "image/svg+xml" }), name);
    else asPng(svg).toBlob((blob) => download(blob, name));
    svg.dispatchEvent(new Event("aftersave"));
    root.classList.remove("paper");
  }

  for (const svg of document.querySelectorAll("figure svg[data-name]"))
    for (const kind of ["svg", "png"]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: kind.toUpperCase() });
      button.setAttribute("aria-label", `Save ${svg.dataset.name} as ${kind.toUpperCase()}`);
      button.addEventListener("click", () => save(svg, kind));
      const item = document.createElement("li");
      item.append(button);
      svg.closest("figure").querySelector(".downloads").append(item);
    }
})();

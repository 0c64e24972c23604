// Small helpers for building the page.

/** An element with attributes, listeners (`onclick`), and children or texts. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** The colours of frames as CSS has them: for canvases, and as squares. */
class Palette {
  constructor() {
    this.root = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.root.setAttribute("class", "palette");
    this.root.setAttribute("aria-hidden", "true");
    document.body.append(this.root);
    this.probes = new Map();
    this.known = new Map();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.known.clear());
  }

  fill(name) {
    if (!this.known.has(name)) {
      if (!this.probes.has(name)) {
        const probe = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        probe.setAttribute("class", name);
        this.root.append(probe);
        this.probes.set(name, probe);
      }
      this.known.set(name, getComputedStyle(this.probes.get(name)).fill);
    }
    return this.known.get(name);
  }

  /** A custom property of the page: `--ink`. */
  variable(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
}

function square(colour) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "square");
  for (const [key, value] of Object.entries({ width: 11, height: 11, rx: 2, class: colour })) rect.setAttribute(key, value);
  svg.append(rect);
  return svg;
}

/** The box beside the pointer. */
class Tip {
  constructor() {
    this.box = element("div", { class: "tip", role: "status", hidden: true });
    document.body.append(this.box);
  }

  show(lines, x, y) {
    this.box.replaceChildren(...lines.map((line) => element("div", {}, line)));
    this.box.hidden = false;
    const { width, height } = this.box.getBoundingClientRect();
    this.box.style.left = Math.max(Math.min(x + 14, innerWidth - width - 6), 4) + "px";
    this.box.style.top = (y + 20 + height > innerHeight ? Math.max(y - height - 12, 4) : y + 20) + "px";
  }

  hide() { this.box.hidden = true; }
}

/** Makes a canvas as fine as the screen, and gives its context, in CSS pixels. */
function context(canvas, width, height) {
  const fine = devicePixelRatio || 1;
  canvas.width = Math.round(width * fine);
  canvas.height = Math.round(height * fine);
  const pen = canvas.getContext("2d");
  pen.scale(fine, fine);
  return pen;
}

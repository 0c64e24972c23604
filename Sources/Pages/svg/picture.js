// An interactive flame graph in an SVG file: draws anew what pyflame drew for viewers without scripts.

class Picture {
  constructor(svg, data) {
    this.svg = svg;
    this.data = data;
    this.frames = svg.querySelector(".frames");
    this.paper = svg.querySelector(".paper");
    this.tree = CallTree.from(data, Labels.from(data));
    this.self = this.counts(data.counts);
    this.before = data.before ? this.counts(data.before) : null;
    this.lineTotals = this.tree.totals(this.self);
    this.isByLine = data.fold === "line";
    this.isIcicle = data.icicle;
    this.searched = "";
    this.controls = new Controls(svg, {
      search: (text) => this.search(text), reset: () => this.zoom(0), fold: () => this.fold(),
      turn: () => this.turn(), swap: this.before && (() => this.swap()),
    });
    this.tip = new Tip(svg);
    svg.removeAttribute("viewBox");
    svg.setAttribute("width", "100%");
    this.makeScene();
    this.listen();
    this.draw();
    // A flame is read from its foot.
    if (!this.isIcicle) window.scrollTo(0, this.height);
  }

  counts(text) { return Float64Array.from(unpack(text)); }

  /** By function, the counts of a function's lines are one. */
  makeScene() {
    const { tree, nodeOf } = this.isByLine ? { tree: this.tree, nodeOf: null } : this.tree.functions;
    const folded = (counts) => {
      if (!counts || !nodeOf) return counts;
      const sums = new Float64Array(tree.size);
      counts.forEach((count, node) => { sums[nodeOf[node]] += count; });
      return sums;
    };
    this.scene = new Scene(tree, folded(this.self), folded(this.before));
    this.matches = matchingLabels(tree.labels, this.searched);
    this.focused = 0;
  }

  draw() {
    const width = this.svg.clientWidth || window.innerWidth || 1200;
    const inner = width - 2 * margin;
    const boxes = this.scene.visible(inner);
    const rows = boxes.reduce((most, box) => Math.max(most, box.row + 1), this.rows || 1);
    if (this.rows === undefined) this.rows = rows;
    this.height = header + rows * rowHeight + margin;
    // Alone in a window, it fills that.
    const isAlone = this.svg === document.documentElement;
    this.svg.setAttribute("height", isAlone ? Math.max(this.height, window.innerHeight) : this.height);
    this.controls.place(width);
    this.title(width);
    this.boxes = new Map();
    const elements = boxes.map((box) => {
      const y = header + (this.isIcicle ? box.row : rows - 1 - box.row) * rowHeight;
      const element = frameElement(this.scene, box, y, this.matches);
      this.boxes.set(box.node, { box, y, element });
      return element;
    });
    this.frames.setAttribute("transform", `translate(${margin} 0)`);
    this.frames.replaceChildren(...elements);
    this.mark();
    const { controls } = this;
    controls.reset.hidden = this.scene.zoomed === 0;
    controls.fold.textContent = this.isByLine ? "By function" : "By line";
    controls.turn.textContent = this.isIcicle ? "Flame" : "Icicle";
    if (controls.swap) controls.swap.textContent = this.scene.byBefore ? "Widths: before" : "Widths: after";
    controls.matched.textContent = this.matches
      ? shareText(matchedSamples(this.scene.tree, this.scene.width, this.matches), this.scene.width[0]) + " matched"
      : "";
  }

  /** The title gives way to the controls. */
  title(width) {
    const title = this.svg.querySelector(".title");
    this.fullTitle = this.fullTitle || title.textContent;
    title.textContent = fitted(this.fullTitle, Math.max(Math.floor((width - 670) / 8.5), 12));
  }

  zoom(node) {
    this.scene.zoomed = node;
    this.focused = node;
    this.tip.hide();
    this.draw();
  }

  search(text) {
    this.searched = text;
    this.matches = matchingLabels(this.scene.tree.labels, text);
    this.draw();
  }

  fold() {
    this.isByLine = !this.isByLine;
    const byBefore = this.scene.byBefore;
    this.makeScene();
    if (byBefore) this.swap();
    this.draw();
  }

  turn() {
    this.isIcicle = !this.isIcicle;
    this.draw();
  }

  swap() {
    this.scene.byBefore = !this.scene.byBefore;
    this.scene.measure();
    if (this.scene.width[this.scene.zoomed] === 0) this.scene.zoomed = 0;
    this.draw();
  }

  /** What is said of a frame. */
  describe(node) {
    const { tree, total, self, before, zoomed } = this.scene;
    const label = tree.label[node];
    const lines = frameTexts(
      tree.labels, label,
      this.isByLine ? [] : linesOf(this.tree, this.lineTotals, this.tree.functions.nodeOf, node));
    let counts = samplesText(total[node]) + ", " + shareText(total[node], total[0]);
    if (zoomed > 0) counts += " (" + shareText(total[node], total[zoomed]) + " of what is shown)";
    if (self[node] > 0) counts += ", " + countText(self[node]) + " in itself";
    lines.push(counts);
    if (before) {
      const change = this.scene.change(node);
      lines.push(
        `before: ${samplesText(before[node])}, ${shareText(before[node], before[0])}; `
        + `${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(1)} points`);
    }
    return lines;
  }

  explain(node, x, y) {
    this.tip.show(this.describe(node), x, y, this.svg.clientWidth, Math.max(this.height, window.innerHeight));
  }

  listen() {
    const nodeAt = (event) => {
      const element = event.target.closest("[data-node]");
      return element ? Number(element.dataset.node) : 0;
    };
    this.frames.addEventListener("click", (event) => {
      const node = nodeAt(event);
      if (node > 0) this.zoom(node);
    });
    this.frames.addEventListener("mousemove", (event) => {
      const node = nodeAt(event);
      const corner = this.svg.getBoundingClientRect();
      if (node > 0) this.explain(node, event.clientX - corner.left, event.clientY - corner.top);
    });
    this.frames.addEventListener("mouseleave", () => this.tip.hide());
    window.addEventListener("resize", () => this.draw());
    window.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const isTyping = event.target === this.controls.search;
    if ((event.ctrlKey || event.metaKey) && event.key === "f" || (event.key === "/" && !isTyping)) {
      event.preventDefault();
      this.controls.search.focus();
      this.controls.search.select();
    } else if (event.key === "Escape") {
      this.controls.search.value = "";
      this.controls.search.blur();
      this.search("");
      this.zoom(0);
    } else if (!isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const actions = { i: () => this.turn(), l: () => this.fold() };
      if (this.before) actions.b = () => this.swap();
      if (actions[event.key]) actions[event.key]();
      if (document.activeElement === this.frames) this.step(event);
    }
  }

  /** Arrows go from frame to frame; Enter zooms. */
  step(event) {
    const { tree } = this.scene;
    const isDrawn = (node) => this.boxes.has(node);
    const towards = this.isIcicle ? { ArrowDown: 1, ArrowUp: -1 } : { ArrowUp: 1, ArrowDown: -1 };
    let next;
    if (event.key === "Enter" && this.focused > 0) return this.zoom(this.focused);
    if (towards[event.key] === 1) {
      const { width } = this.scene;
      next = [...tree.childrenOf(this.focused)].filter(isDrawn).sort((a, b) => width[b] - width[a])[0];
    } else if (towards[event.key] === -1) {
      next = tree.parent[this.focused];
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const sisters = [...tree.childrenOf(tree.parent[this.focused])].filter(isDrawn);
      next = sisters[sisters.indexOf(this.focused) + (event.key === "ArrowLeft" ? -1 : 1)];
    } else {
      return;
    }
    event.preventDefault();
    if (next > 0) {
      this.focused = next;
      this.mark();
    }
  }

  mark() {
    for (const old of this.frames.querySelectorAll(".focus")) old.classList.remove("focus");
    const found = this.boxes.get(this.focused);
    if (!found || document.activeElement !== this.frames) return;
    found.element.classList.add("focus");
    this.explain(this.focused, margin + found.box.x, found.y);
  }
}

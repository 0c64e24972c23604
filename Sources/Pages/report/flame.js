// A flame graph on a canvas: quick however many frames there are, as only what is seen is drawn.

class FlameView {
  constructor(section, report, isInverted) {
    Object.assign(this, { section, report, isInverted, isFlame: false, focused: 0, matches: null });
    this.room = element("div", { class: "room" });
    this.canvas = element("canvas", {
      tabindex: 0, role: "application",
      "aria-label": "Flame graph: arrow keys move, Enter zooms, Escape shows everything",
    });
    this.room.append(this.canvas);
    this.section.append(this.room);
    this.boxes = [];
    this.listen();
  }

  /** Takes over what is selected; the zoom stays where the same frames are still there. */
  update() {
    const old = this.scene;
    const model = this.report.model();
    // Frames of another folding are not the same.
    const path = old && old.tree.labels === model.tree.labels
      ? old.tree.path(old.zoomed).map((node) => old.tree.label[node]) : [];
    if (this.isInverted) {
      const turned = inverted(model.tree, model.self, path);
      this.scene = new Scene(turned.tree, turned.self, null);
      this.scene.zoomed = turned.zoomed;
    } else {
      this.scene = new Scene(model.tree, model.self, null);
      this.scene.zoomed = this.find(path);
    }
    this.focused = this.scene.zoomed;
    this.search();
  }

  /** The node at the end of a path of labels; the root when there are no samples. */
  find(path) {
    const { tree, total } = this.scene;
    let node = 0;
    for (const label of path) {
      const next = [...tree.childrenOf(node)].find((child) => tree.label[child] === label);
      if (next === undefined || total[next] === 0) return 0;
      node = next;
    }
    return node;
  }

  zoom(node) {
    this.scene.zoomed = node;
    this.focused = node;
    this.report.tip.hide();
    // What was too small to be made may be seen now.
    if (this.isInverted) return this.update();
    this.draw();
    this.report.zoomChanged();
  }

  search() {
    this.matches = matchingLabels(this.scene.tree.labels, this.report.searched);
    this.matched = this.matches
      ? shareText(matchedSamples(this.scene.tree, this.scene.total, this.matches), this.scene.total[0]) + " matched"
      : "";
    this.draw();
    this.report.zoomChanged();
  }

  draw() {
    const width = this.room.clientWidth;
    if (width === 0 || !this.scene) return;
    this.boxes = this.scene.visible(width);
    const rows = this.boxes.reduce((most, box) => Math.max(most, box.row + 1), 1);
    this.rows = rows;
    this.room.style.height = rows * rowHeight + 12 + "px";
    this.paint();
    if (this.isFlame && !this.wasFlame) this.section.scrollTop = this.section.scrollHeight;
    this.wasFlame = this.isFlame;
  }

  top(row) { return (this.isFlame ? this.rows - 1 - row : row) * rowHeight; }

  /** Draws the part that the section shows. */
  paint() {
    const width = this.room.clientWidth;
    const height = Math.min(Math.max(this.section.clientHeight - 12, 40), this.rows * rowHeight + 4);
    const scrolled = Math.max(this.section.scrollTop - this.room.offsetTop, 0);
    this.canvas.style.height = height + "px";
    const pen = context(this.canvas, width, height);
    const { palette } = this.report;
    const { tree } = this.scene;
    const ink = palette.variable("--ink");
    const soft = palette.variable("--soft");
    pen.font = '11px ui-monospace, Menlo, "DejaVu Sans Mono", monospace';
    pen.textBaseline = "middle";
    this.scrolled = scrolled;
    for (const box of this.boxes) {
      const y = this.top(box.row) - scrolled;
      if (y + rowHeight < 0 || y > height) continue;
      const label = tree.label[box.node];
      const isMatch = this.matches && this.matches[label];
      pen.globalAlpha = box.isAbove ? 0.55 : 1;
      pen.fillStyle = palette.fill(isMatch ? "match" : tree.labels.colour(label));
      pen.fillRect(box.x, y, Math.max(box.width - 0.6, 0.4), rowHeight - 1);
      if (box.node === this.focused && this.focused > 0 && document.activeElement === this.canvas) {
        pen.strokeStyle = palette.variable("--accent");
        pen.lineWidth = 2;
        pen.strokeRect(box.x + 1, y + 1, Math.max(box.width - 2.6, 1), rowHeight - 3);
      }
      if (box.width < 20) continue;
      const { name, place } = frameText(tree.labels, label, box.width);
      pen.fillStyle = ink;
      pen.fillText(name, box.x + 4, y + 8.5);
      if (place !== "") {
        pen.globalAlpha *= 0.7;
        pen.fillText(place, box.x + 11 + pen.measureText(name).width, y + 8.5);
      }
    }
    pen.globalAlpha = 1;
    if (this.boxes.length === 0) {
      pen.fillStyle = soft;
      pen.fillText("No samples are selected.", 4, 12);
    }
  }

  boxAt(event) {
    const corner = this.canvas.getBoundingClientRect();
    const x = event.clientX - corner.left;
    const line = Math.floor((event.clientY - corner.top + this.scrolled) / rowHeight);
    const row = this.isFlame ? this.rows - 1 - line : line;
    return this.boxes.find((box) => box.row === row && x >= box.x && x < box.x + box.width);
  }

  listen() {
    this.section.addEventListener("scroll", () => this.paint());
    new ResizeObserver(() => this.draw()).observe(this.section);
    this.canvas.addEventListener("click", (event) => {
      const box = this.boxAt(event);
      if (box) this.zoom(box.node);
    });
    this.canvas.addEventListener("mousemove", (event) => {
      const box = this.boxAt(event);
      this.canvas.style.cursor = box ? "pointer" : "default";
      if (box) this.report.tip.show(this.report.describe(this, box.node), event.clientX, event.clientY);
      else this.report.tip.hide();
    });
    this.canvas.addEventListener("mouseleave", () => this.report.tip.hide());
    this.canvas.addEventListener("focus", () => this.paint());
    this.canvas.addEventListener("blur", () => {
      this.report.tip.hide();
      this.paint();
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** Arrows go from frame to frame: to the widest of those it calls, to its caller, to its sisters. */
  key(event) {
    const { tree, total } = this.scene;
    const drawn = new Set(this.boxes.map((box) => box.node));
    const inwards = this.isFlame ? "ArrowUp" : "ArrowDown";
    const outwards = this.isFlame ? "ArrowDown" : "ArrowUp";
    let next;
    if (event.key === "Enter") {
      if (this.focused > 0) this.zoom(this.focused);
      return;
    } else if (event.key === inwards) {
      next = [...tree.childrenOf(this.focused)].filter((node) => drawn.has(node)).sort((a, b) => total[b] - total[a])[0];
    } else if (event.key === outwards) {
      next = tree.parent[this.focused];
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const sisters = [...tree.childrenOf(tree.parent[this.focused])].filter((node) => drawn.has(node));
      next = sisters[sisters.indexOf(this.focused) + (event.key === "ArrowLeft" ? -1 : 1)];
    } else {
      return;
    }
    event.preventDefault();
    if (!(next > 0)) return;
    this.focused = next;
    const box = this.boxes.find((one) => one.node === next);
    const top = this.top(box.row) + this.room.offsetTop;
    if (top < this.section.scrollTop) this.section.scrollTop = top;
    else if (top + rowHeight > this.section.scrollTop + this.section.clientHeight - 14) {
      this.section.scrollTop = top + rowHeight + 14 - this.section.clientHeight;
    }
    this.paint();
    const corner = this.canvas.getBoundingClientRect();
    this.report.tip.show(
      this.report.describe(this, next), corner.left + box.x, corner.top + this.top(box.row) - this.scrolled);
  }
}

// Samples over time, what they were in, and the choice of a part of it.

class TimeLine {
  constructor(canvas, report) {
    Object.assign(this, { canvas, report, bars: null });
    this.listen();
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  get slots() { return this.report.samples.slots; }

  update() {
    this.bars = this.report.samples.bars(this.report.selection.tracks);
    this.draw();
  }

  draw() {
    const width = this.canvas.clientWidth;
    if (!this.bars || width === 0) return;
    const height = 62;
    const axis = 16;
    const pen = context(this.canvas, width, height);
    const { palette, selection } = this.report;
    const kinds = Samples.kinds.length;
    const colours = ["o2", "l9", "s0", "g", "n0", "x", "i"].map((name) => palette.fill(name));
    let most = 1;
    for (let slot = 0; slot < this.slots; slot++) {
      let sum = 0;
      for (let kind = 0; kind < kinds; kind++) sum += this.bars[slot * kinds + kind];
      most = Math.max(most, sum);
    }
    const wide = width / this.slots;
    const tall = (height - axis) / most;
    for (let slot = 0; slot < this.slots; slot++) {
      let y = height - axis;
      for (let kind = 0; kind < kinds; kind++) {
        const part = this.bars[slot * kinds + kind] * tall;
        if (part === 0) continue;
        y -= part;
        pen.fillStyle = colours[kind];
        pen.fillRect(slot * wide, y, wide + 0.3, part);
      }
    }
    this.drawAxis(pen, width, height);
    if (selection.from > 0 || selection.to < this.slots) {
      pen.fillStyle = palette.variable("--paper");
      pen.globalAlpha = 0.72;
      pen.fillRect(0, 0, selection.from * wide, height - axis);
      pen.fillRect(selection.to * wide, 0, width - selection.to * wide, height - axis);
      pen.globalAlpha = 1;
      pen.strokeStyle = palette.variable("--accent");
      pen.lineWidth = 2;
      pen.strokeRect(selection.from * wide, 1, (selection.to - selection.from) * wide, height - axis - 1);
    }
  }

  drawAxis(pen, width, height) {
    const seconds = this.report.data.seconds;
    const { palette } = this.report;
    pen.fillStyle = palette.variable("--line");
    pen.fillRect(0, height - 16, width, 1);
    pen.fillStyle = palette.variable("--soft");
    pen.font = "11px system-ui, sans-serif";
    const wanted = seconds / Math.max(width / 90, 1);
    const power = 10 ** Math.floor(Math.log10(wanted));
    const step = [1, 2, 5, 10].map((digit) => digit * power).find((value) => value >= wanted);
    if (!(step > 0)) return;
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    for (let at = 0; at <= seconds * 1.0001; at += step) {
      const x = (at / seconds) * width;
      pen.fillRect(x, height - 16, 1, 4);
      const text = at.toFixed(digits) + " s";
      pen.fillText(text, Math.min(x + 3, width - pen.measureText(text).width), height - 3);
    }
  }

  /** Slots as time: `2.1 s to 3.4 s`. */
  rangeText() {
    const { selection, data } = this.report;
    if (selection.from === 0 && selection.to === this.slots) return "";
    const time = (slot) => ((slot / this.slots) * data.seconds).toFixed(data.seconds < 10 ? 2 : 1);
    return `${time(selection.from)} s to ${time(selection.to)} s`;
  }

  slotAt(event) {
    const corner = this.canvas.getBoundingClientRect();
    const share = (event.clientX - corner.left) / corner.width;
    return Math.max(0, Math.min(Math.floor(share * this.slots), this.slots - 1));
  }

  listen() {
    const select = (from, to) => this.report.select({ from: Math.min(from, to), to: Math.max(from, to) + 1 });
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.anchor = this.slotAt(event);
      this.hasMoved = false;
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.anchor === undefined) return;
      const slot = this.slotAt(event);
      if (slot === this.anchor && !this.hasMoved) return;
      this.hasMoved = true;
      // Only the frame round the range until the pointer is let go.
      Object.assign(this.report.selection, { from: Math.min(slot, this.anchor), to: Math.max(slot, this.anchor) + 1 });
      this.draw();
    });
    this.canvas.addEventListener("pointerup", (event) => {
      if (this.anchor === undefined) return;
      if (this.hasMoved) select(this.anchor, this.slotAt(event));
      else this.report.select({ from: 0, to: this.slots });
      this.anchor = undefined;
    });
    this.canvas.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!move) return;
      event.preventDefault();
      const step = move * Math.max(1, Math.round(this.slots / 50));
      let { from, to } = this.report.selection;
      if (event.shiftKey) {
        to = Math.max(from + 1, Math.min(to + step, this.slots));
      } else {
        // The whole run does not move; its first tenth is a beginning.
        const length = from === 0 && to === this.slots ? Math.max(1, Math.round(this.slots / 10)) : to - from;
        from = Math.max(0, Math.min(from + (length === to - from ? step : 0), this.slots - length));
        to = from + length;
      }
      this.report.select({ from, to });
    });
  }
}

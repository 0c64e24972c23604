// The page as a whole: what is selected, and which view shows it.

class Report {
  constructor(data) {
    this.data = data;
    this.labels = Labels.from(data);
    this.tree = CallTree.from(data, this.labels);
    this.samples = new Samples(data, this.tree);
    this.selection = { from: 0, to: this.samples.slots, tracks: null, withIdle: true };
    this.hasLines = this.labels.lineOf.some((line) => line > 0);
    this.isByLine = data.fold === "line" && this.hasLines;
    this.searched = "";
    this.palette = new Palette();
    this.tip = new Tip();
    this.lineModel = this.lineModel.bind(this);
    this.buildBar();
    this.timeLine = new TimeLine(document.querySelector(".time canvas"), this);
    this.buildViews();
    window.addEventListener("keydown", (event) => this.key(event));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.timeLine.draw();
      this.changed();
    });
    this.select({});
  }

  // What is selected.

  select(change) {
    Object.assign(this.selection, change);
    this.models = {};
    this.timeLine.update();
    this.drawLegend();
    this.changed();
  }

  /** `p0` is all threads of the first process, `3` the fourth track, nothing is all. */
  selectTracks(value) {
    this.threads.value = value;
    let tracks = null;
    if (value.startsWith("p")) {
      tracks = new Set(this.samples.tracks.flatMap(([process], track) => (process === Number(value.slice(1)) ? [track] : [])));
    } else if (value !== "") {
      tracks = new Set([Number(value)]);
    }
    this.select({ tracks });
  }

  /** The tree by lines, with the selected samples. */
  lineModel() {
    if (!this.models.line) {
      const self = this.samples.counts(this.selection);
      this.models.line = { tree: this.tree, self, total: this.tree.totals(self) };
    }
    return this.models.line;
  }

  /** The same, folded as the reader wants it. */
  model() {
    if (this.isByLine) return this.lineModel();
    if (!this.models.function) {
      const { self } = this.lineModel();
      const { tree, nodeOf } = this.tree.functions;
      const sums = new Float64Array(tree.size);
      for (let node = 0; node < self.length; node++) sums[nodeOf[node]] += self[node];
      this.models.function = { tree, self: sums, total: tree.totals(sums) };
    }
    return this.models.function;
  }

  /** What is said of a frame of a flame graph. */
  describe(view, node) {
    const { tree, total, zoomed, self } = view.scene;
    const label = tree.label[node];
    const lines = this.isByLine || view.isInverted
      ? [] : linesOf(this.tree, this.lineModel().total, this.tree.functions.nodeOf, node);
    const texts = frameTexts(tree.labels, label, lines);
    let counts = samplesText(total[node]) + ", " + shareText(total[node], total[0]);
    if (zoomed > 0) counts += " (" + shareText(total[node], total[zoomed]) + " of what is shown)";
    if (self[node] > 0 && !view.isInverted) counts += ", " + countText(self[node]) + " in itself";
    return [...texts, counts];
  }

  // What shows it.

  buildBar() {
    const bar = document.querySelector(".bar");
    this.search = element("input", {
      type: "search", placeholder: "Search names and files (regex)", "aria-label": "Search names and files",
      oninput: () => this.searchFor(this.search.value),
    });
    this.matched = element("span", { class: "soft matched", "aria-live": "polite" });
    this.threads = element("select", {
      "aria-label": "Thread", onchange: () => this.selectTracks(this.threads.value),
    }, element("option", { value: "" }, "All threads"), ...this.threadOptions());
    this.idle = element("input", {
      type: "checkbox", checked: true, onchange: () => this.select({ withIdle: this.idle.checked }),
    });
    this.range = element("button", { type: "button", title: "Show the whole run again", onclick: () => this.select({ from: 0, to: this.samples.slots }) });
    this.fold = element("button", { type: "button", title: "Functions or lines (l)", onclick: () => this.toggleFold() });
    this.turn = element("button", { type: "button", title: "Root at the top or at the bottom (i)", onclick: () => this.toggleTurn() }, "Flame");
    this.reset = element("button", { type: "button", title: "Show everything (Esc)", onclick: () => this.flame.zoom(0) }, "Reset zoom");
    bar.append(
      this.search, this.matched, element("span", { class: "gap" }), this.reset, this.range,
      element("label", { hidden: !this.samples.hasIdle }, this.idle, " idle"), this.threads, this.fold, this.turn);
    this.threads.hidden = this.samples.tracks.filter(([, name]) => name).length < 2;
  }

  threadOptions() {
    const { processes, tracks } = this.samples;
    return processes.map((process, index) => element(
      "optgroup", { label: process },
      ...(processes.length > 1 ? [element("option", { value: "p" + index }, "All of " + process)] : []),
      ...tracks.flatMap(([owner, name], track) => (
        owner === index && name ? [element("option", { value: track }, name)] : []))));
  }

  /** Each package with its share of the selected samples. */
  drawLegend() {
    const counts = this.lineModel().self;
    const entries = new Map();
    for (let node = 1; node < counts.length; node++) {
      if (counts[node] === 0) continue;
      const label = this.tree.label[node];
      const [kind, name] = this.data.packages[this.labels.packageIndex(label)];
      const text = { own: "own code", standard: "standard library", generated: "code without a file" }[kind] || name;
      const colour = { own: "o2", standard: "s0" }[kind] || this.labels.colour(label);
      const entry = entries.get(text) || { colour, samples: 0 };
      entry.samples += counts[node];
      entries.set(text, entry);
    }
    const sum = counts.reduce((all, count) => all + count, 0);
    const shown = [...entries].sort((a, b) => b[1].samples - a[1].samples).slice(0, 12);
    document.querySelector(".legend").replaceChildren(...shown.map(([text, { colour, samples }]) => element(
      "span", {}, square(colour), `${text} ${shareText(samples, sum)}`)));
  }

  buildViews() {
    const section = (name) => document.querySelector("#" + name);
    this.flames = [new FlameView(section("flame"), this, false), new FlameView(section("callers"), this, true)];
    this.views = {
      flame: this.flames[0], callers: this.flames[1],
      functions: new FunctionTable(section("functions"), this), threads: new ThreadTable(section("threads"), this),
      source: new SourceView(section("source"), this), about: { update() {} },
    };
    this.tabs = [...document.querySelectorAll("[role=tab]")];
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => this.show(tab.dataset.view));
      tab.addEventListener("keydown", (event) => {
        const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!move) return;
        const next = this.tabs[(this.tabs.indexOf(tab) + move + this.tabs.length) % this.tabs.length];
        next.focus();
        this.show(next.dataset.view);
      });
    }
    this.shown = "flame";
  }

  show(name) {
    this.shown = name;
    for (const tab of this.tabs) {
      const isShown = tab.dataset.view === name;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      document.querySelector("#" + tab.dataset.view).hidden = !isShown;
    }
    this.changed();
  }

  showSource(path, line) {
    this.show("source");
    this.views.source.open(path, line);
  }

  /** The flame graph that is shown, or the one that would be. */
  get flame() { return this.flames[this.shown === "callers" ? 1 : 0]; }

  changed() {
    this.views[this.shown].update();
    this.fold.textContent = this.isByLine ? "By function" : "By line";
    const range = this.timeLine.rangeText();
    this.range.hidden = range === "";
    this.range.textContent = range + " ✕";
    const isFlame = this.shown === "flame" || this.shown === "callers";
    this.turn.hidden = !isFlame;
    this.fold.hidden = !this.hasLines || (!isFlame && this.shown !== "functions");
    this.zoomChanged();
  }

  zoomChanged() {
    const isFlame = this.shown === "flame" || this.shown === "callers";
    this.reset.hidden = !isFlame || !this.flame.scene || this.flame.scene.zoomed === 0;
    this.matched.textContent = isFlame && this.flame.matched ? this.flame.matched : "";
  }

  searchFor(text) {
    this.searched = text;
    if (this.shown === "flame" || this.shown === "callers") this.flame.search();
    else this.changed();
  }

  toggleFold() {
    this.isByLine = !this.isByLine && this.hasLines;
    this.changed();
  }

  toggleTurn() {
    for (const flame of this.flames) flame.isFlame = !flame.isFlame;
    this.turn.textContent = this.flame.isFlame ? "Icicle" : "Flame";
    this.flame.draw();
  }

  key(event) {
    const isTyping = event.target.matches("input, select");
    if (((event.ctrlKey || event.metaKey) && event.key === "f") || (event.key === "/" && !isTyping)) {
      event.preventDefault();
      this.search.focus();
      this.search.select();
    } else if (event.key === "Escape") {
      this.search.value = "";
      this.search.blur();
      this.searched = "";
      if (this.flame.scene && this.flame.scene.zoomed > 0) this.flame.zoom(0);
      this.changed();
    } else if (!isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.key === "i") this.toggleTurn();
      if (event.key === "l") this.toggleFold();
    }
  }
}

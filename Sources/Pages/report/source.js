// Source files, each line with its samples.

class SourceView {
  constructor(section, report) {
    this.report = report;
    this.texts = new Map(); // By path: the file as all processes see it, or once for each group that sees another one.
    for (const [file, text, note, processes] of report.data.sources) {
      const path = report.data.files[file][0];
      this.texts.set(path, [...(this.texts.get(path) || []), { text, note, processes }]);
    }
    this.list = element("div", { class: "files" });
    this.view = element("div", { class: "view" });
    section.classList.add("source");
    section.append(this.list, this.view);
  }

  /** Samples by file and by line of a file, each stack counted once for each. */
  update() {
    const { tree, lineModel } = this.report;
    const { labels } = tree;
    const { self, total } = lineModel();
    this.sum = total[0];
    const paths = labels.texts.files.map(([path]) => path);
    const byFile = sumsByKey(tree, self, total, labels.fileOf, paths.length);
    this.files = paths
      .map((path, file) => ({ path, file, self: byFile.self[file], total: byFile.total[file] }))
      .filter((row) => row.path !== "" && row.total > 0)
      .sort((a, b) => b.total - a.total || b.self - a.self);
    const keys = new Map();
    const keyOf = new Int32Array(labels.count);
    for (let label = 0; label < labels.count; label++) {
      const name = labels.fileOf[label] + ":" + labels.lineOf[label];
      if (!keys.has(name)) keys.set(name, keys.size);
      keyOf[label] = keys.get(name);
    }
    const byLine = sumsByKey(tree, self, total, keyOf, keys.size);
    this.keys = { keys, keyOf };
    this.lines = this.linesByFile(byLine);
    if (!this.files.some((row) => row.path === this.path)) this.path = this.files.length > 0 ? this.files[0].path : "";
    this.draw();
    this.showLine();
  }

  /** Sums by key as a map from a file's number to one from lines to their sums. */
  linesByFile({ self, total }) {
    const lines = new Map();
    for (const [name, key] of this.keys.keys) {
      if (total[key] === 0) continue;
      const [file, line] = name.split(":").map(Number);
      if (!lines.has(file)) lines.set(file, new Map());
      lines.get(file).set(line, { self: self[key], total: total[key] });
    }
    return lines;
  }

  /** The selected samples of some processes alone, by line of a file. */
  linesOfProcesses(processes, file) {
    const { samples, selection, tree } = this.report;
    const tracks = new Set(samples.tracks.flatMap(([process], track) => (
      processes.includes(process) && (!selection.tracks || selection.tracks.has(track)) ? [track] : [])));
    const self = samples.counts({ ...selection, tracks });
    const { keys, keyOf } = this.keys;
    return this.linesByFile(sumsByKey(tree, self, tree.totals(self), keyOf, keys.size)).get(file) || new Map();
  }

  /** Scrolls to the line that was asked for, or the one with the most samples. */
  showLine() {
    const rows = [...this.view.querySelectorAll("tbody tr")];
    const share = (cell) => parseFloat(cell.textContent) || 0;
    const heat = (row) => share(row.children[0]) * 1e3 + share(row.children[1]);
    const hottest = rows.reduce((best, row) => (!best || heat(row) > heat(best) ? row : best), null);
    const row = this.view.querySelector("tr.on") || hottest;
    // Not scrollIntoView, which may move the page as well.
    if (row) this.view.scrollTop = row.offsetTop - this.view.clientHeight / 2;
  }

  /** `line` 0 is none in particular. */
  open(path, line) {
    this.path = path;
    this.line = line;
    this.draw();
    this.showLine();
  }

  draw() {
    const short = (row) => this.report.data.files[row.file][1];
    this.list.replaceChildren(...this.files.slice(0, 500).map((row) => element(
      "button", {
        type: "button", title: row.path, "aria-current": String(row.path === this.path),
        onclick: () => this.open(row.path, 0),
      }, element("span", {}, short(row)), element("span", { class: "soft" }, shareText(row.total, this.sum)))));
    const file = this.files.find((row) => row.path === this.path);
    this.view.replaceChildren();
    if (!file) return;
    const variants = this.texts.get(file.path) || [{ text: null, note: "its source is not in this report", processes: null }];
    const shares = `${shareText(file.self, this.sum)} in itself, ${shareText(file.total, this.sum)} with what it calls`;
    const only = variants.length === 1 ? variants[0].note : "processes have different files of this name";
    this.view.append(
      element("h2", {}, element("code", {}, file.path)),
      element("p", { class: "soft" }, shares + (only ? "; " + only : "")));
    for (const { text, note, processes } of variants) {
      if (!processes) {
        this.drawText(text, this.lines.get(file.file) || new Map());
        continue;
      }
      const lines = this.linesOfProcesses(processes, file.file);
      if (lines.size === 0) continue;
      const names = processes.slice(0, 20).map((process) => this.report.samples.processes[process]);
      if (processes.length > names.length) names.push(`${processes.length - names.length} more`);
      this.view.append(element("h3", {}, names.join(", ")));
      if (note) this.view.append(element("p", { class: "soft" }, note));
      this.drawText(text, lines);
    }
  }

  /** A file's text, or nothing but its lines with samples, as a table. */
  drawText(text, lines) {
    const rows = text === null
      ? [...lines.keys()].sort((a, b) => a - b).map((line) => [line, ""])
      : text.split("\n").map((line, index) => [index + 1, line]);
    const most = Math.max(...[...lines.values()].map((line) => line.self), 1);
    this.view.append(element(
      "table", { class: "code" },
      element("thead", {}, element(
        "tr", {}, ...["Self", "Total", "Line"].map((title) => element("th", { class: "number", scope: "col" }, title)),
        element("th", { scope: "col" }, ""))),
      element("tbody", {}, ...rows.map(([number, line]) => this.row(number, line, lines.get(number), most)))));
  }

  row(number, text, sums, most) {
    const share = (part) => (part > 0 ? shareText(part, this.sum) : "");
    const cell = element("td", { class: "text" }, text);
    // What a line does itself is hot; what it calls makes it warm.
    const heat = sums ? 0.6 * sums.self / most + 0.15 * sums.total / this.sum : 0;
    if (heat > 0) cell.style.background = `hsl(var(--heat), ${(0.05 + heat).toFixed(2)})`;
    return element(
      "tr", { class: number === this.line ? "on" : undefined },
      element("td", { class: "number" }, sums ? share(sums.self) : ""),
      element("td", { class: "number" }, sums ? share(sums.total) : ""),
      element("td", { class: "number" }, String(number)), cell);
  }
}

// Source files, each line with its samples.

class SourceView {
  constructor(section, report) {
    this.report = report;
    this.texts = new Map(report.data.sources.map(([file, text, note]) => [report.data.files[file][0], { text, note }]));
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
    this.lines = new Map();
    for (const [name, key] of keys) {
      if (byLine.total[key] === 0) continue;
      const [file, line] = name.split(":").map(Number);
      if (!this.lines.has(file)) this.lines.set(file, new Map());
      this.lines.get(file).set(line, { self: byLine.self[key], total: byLine.total[key] });
    }
    if (!this.files.some((row) => row.path === this.path)) this.path = this.files.length > 0 ? this.files[0].path : "";
    this.draw();
    this.showLine();
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
    const source = this.texts.get(file.path) || { text: null, note: "its source is not in this report" };
    this.view.append(
      element("h2", {}, element("code", {}, file.path)),
      element("p", { class: "soft" },
        `${shareText(file.self, this.sum)} in itself, ${shareText(file.total, this.sum)} with what it calls`
        + (source.note ? "; " + source.note : "")));
    const lines = this.lines.get(file.file) || new Map();
    const rows = source.text === null
      ? [...lines.keys()].sort((a, b) => a - b).map((line) => [line, ""])
      : source.text.split("\n").map((text, index) => [index + 1, text]);
    const most = Math.max(...[...lines.values()].map((line) => line.self), 1);
    this.view.append(element(
      "table", { class: "code" },
      element("thead", {}, element(
        "tr", {}, ...["Self", "Total", "Line"].map((title) => element("th", { class: "number", scope: "col" }, title)),
        element("th", { scope: "col" }, ""))),
      element("tbody", {}, ...rows.map(([number, text]) => this.row(number, text, lines.get(number), most)))));
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

// Tables: functions or lines by their samples, and threads.

/** Rows with a heading that sorts; only as many rows as were asked for are in the page. */
class Table {
  /** A column: `title`, `value(row)` to sort by, `cell(row)`, and whether it `isNumber`. */
  constructor(columns, sortedBy) {
    Object.assign(this, { columns, column: columns[sortedBy], isRising: false, rows: [], shown: 100 });
    this.body = element("tbody");
    this.heads = columns.map((column) => element(
      "th", { class: column.isNumber ? "number" : undefined, scope: "col" },
      element("button", { type: "button", onclick: () => this.sort(column) }, column.title)));
    this.more = element("button", { type: "button", onclick: () => { this.shown *= 4; this.draw(); } });
    this.root = element(
      "div", {}, element("table", {}, element("thead", {}, element("tr", {}, ...this.heads)), this.body),
      element("p", {}, this.more));
  }

  sort(column) {
    this.isRising = column === this.column ? !this.isRising : !column.isNumber;
    this.column = column;
    this.draw();
  }

  show(rows) {
    this.rows = rows;
    this.shown = 100;
    this.draw();
  }

  draw() {
    const { value } = this.column;
    const sign = this.isRising ? 1 : -1;
    this.rows.sort((a, b) => (value(a) < value(b) ? -sign : value(a) > value(b) ? sign : 0));
    this.heads.forEach((head, index) => {
      const isSorted = this.columns[index] === this.column;
      head.setAttribute("aria-sort", !isSorted ? "none" : this.isRising ? "ascending" : "descending");
      head.firstChild.textContent = this.columns[index].title + (isSorted ? (this.isRising ? " ▲" : " ▼") : "");
    });
    this.body.replaceChildren(...this.rows.slice(0, this.shown).map((row) => element(
      "tr", {}, ...this.columns.map((column) => element(
        "td", { class: column.isNumber ? "number" : column.kind }, column.cell(row))))));
    this.more.hidden = this.rows.length <= this.shown;
    this.more.textContent = `Show more (${countText(this.rows.length - this.shown)} are not shown)`;
  }
}

function meter(part, whole) {
  const bar = element("span", { class: "meter" });
  bar.style.width = whole > 0 ? (100 * part) / whole + "%" : "0";
  return bar;
}

/** Functions, or lines, with samples in themselves and in all. */
class FunctionTable {
  constructor(section, report) {
    this.report = report;
    const share = (row, part) => shareText(part, this.sum);
    this.table = new Table([
      { title: "Self", isNumber: true, value: (row) => row.self, cell: (row) => countText(row.self) },
      { title: "%", isNumber: true, value: (row) => row.self, cell: (row) => share(row, row.self) },
      { title: "", kind: "share", value: (row) => row.self, cell: (row) => meter(row.self, this.sum) },
      { title: "Total", isNumber: true, value: (row) => row.total, cell: (row) => countText(row.total) },
      { title: "%", isNumber: true, value: (row) => row.total, cell: (row) => share(row, row.total) },
      { title: "", kind: "share", value: (row) => row.total, cell: (row) => meter(row.total, this.sum) },
      {
        title: "Name", kind: "code", value: (row) => row.name,
        cell: (row) => element("span", {}, square(row.colour), " ", row.name),
      },
      { title: "Where", kind: "code", value: (row) => row.place, cell: (row) => this.where(row) },
    ], 0);
    section.append(this.table.root);
  }

  /** Leads to the source. */
  where(row) {
    if (row.path === "") return "";
    return element("button", { type: "button", title: row.path, onclick: () => this.report.showSource(row.path, row.line) }, row.place);
  }

  update() {
    const { tree, self, total } = this.report.model();
    const { labels } = tree;
    this.sum = total[0];
    const same = Int32Array.from({ length: labels.count }, (_, label) => label);
    const sums = sumsByKey(tree, self, total, same, labels.count);
    const matches = matchingLabels(labels, this.report.searched);
    const rows = [];
    for (let label = 0; label < labels.count; label++) {
      if (sums.total[label] === 0 || (matches && !matches[label])) continue;
      const line = labels.lineOf[label] || labels.firstLineOf[label];
      rows.push({
        self: sums.self[label], total: sums.total[label], name: labels.name(label), path: labels.path(label), line,
        place: labels.file(label)[1] + (line > 0 ? ":" + line : ""), colour: labels.colour(label),
      });
    }
    this.table.show(rows);
  }
}

/** Each thread of each process, with its samples and where most of them were. */
class ThreadTable {
  constructor(section, report) {
    this.report = report;
    this.table = new Table([
      { title: "Process", value: (row) => row.process, cell: (row) => row.process },
      {
        title: "Thread", value: (row) => row.thread,
        cell: (row) => element("button", {
          type: "button", title: "Only this thread", onclick: () => report.selectTracks(String(row.track)),
        }, row.thread),
      },
      { title: "Samples", isNumber: true, value: (row) => row.samples, cell: (row) => countText(row.samples) },
      { title: "%", isNumber: true, value: (row) => row.samples, cell: (row) => shareText(row.samples, this.sum) },
      { title: "", kind: "share", value: (row) => row.samples, cell: (row) => meter(row.samples, this.sum) },
      { title: "Mostly in", kind: "code", value: (row) => row.leaf, cell: (row) => row.leaf },
    ], 2);
    section.append(this.table.root);
  }

  update() {
    const { samples, selection, tree } = this.report;
    const { labels } = tree.labels.functions;
    const rows = samples.byTrack(selection).map((row, track) => {
      const [process, thread] = samples.tracks[track];
      const [leaf, most] = [...row.leaves].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [-1, 0]);
      const idle = row.idle + row.failed;
      return {
        track, process: samples.processes[process], thread: thread || "(no thread: idle, failed)",
        samples: row.samples + idle,
        leaf: most > 0 ? `${labels.name(leaf)} ${labels.file(leaf)[1]} (${shareText(most, row.samples)})`
          : `idle ${countText(row.idle)}, failed ${countText(row.failed)}`,
      };
    }).filter((row) => row.samples > 0);
    this.sum = rows.reduce((sum, row) => sum + row.samples, 0);
    this.table.show(rows);
  }
}

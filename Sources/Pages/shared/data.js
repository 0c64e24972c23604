// What pyflame puts into a page: packed numbers, labels of frames, and the tree of calls.

/** Numbers as pyflame packs them: varints (7 bits a byte, low ones first) in base64. */
function unpack(text) {
  const bytes = atob(text);
  const numbers = new Uint32Array(bytes.length);
  let count = 0;
  let value = 0;
  let scale = 1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes.charCodeAt(at);
    // Not shifted: a shift would make what needs 32 bits negative.
    value += (byte & 127) * scale;
    if (byte & 128) {
      scale *= 128;
    } else {
      numbers[count++] = value;
      value = 0;
      scale = 1;
    }
  }
  return numbers.subarray(0, count);
}

/** What is written on frames: name, file and line, by index. */
class Labels {
  /** `texts` are names, files and so on; the rest are columns of numbers, one for each label. */
  constructor(texts, nameOf, fileOf, lineOf, firstLineOf, colourOf, kindOf) {
    Object.assign(this, { texts, nameOf, fileOf, lineOf, firstLineOf, colourOf, kindOf });
  }

  static from(data) {
    const packed = unpack(data.labels);
    const columns = [0, 1, 2, 3, 4, 5].map((column) =>
      Int32Array.from({ length: packed.length / 6 }, (_, label) => packed[6 * label + column]));
    return new Labels(data, ...columns);
  }

  get count() { return this.nameOf.length; }
  name(label) { return this.texts.names[this.nameOf[label]]; }
  file(label) { return this.texts.files[this.fileOf[label]]; }
  path(label) { return this.file(label)[0]; }
  /** `json/decoder.py`, and `:355` when the label is of a line. */
  place(label) {
    const line = this.lineOf[label];
    return this.file(label)[1] + (line > 0 ? ":" + line : "");
  }
  packageIndex(label) { return this.file(label)[2]; }
  /** The class of its colour. */
  colour(label) { return this.texts.colours[this.colourOf[label]]; }
  /** What it stands for: `python`, `native`, `label`, `idle`, `failed` or `omitted`. */
  kind(label) { return this.texts.kinds[this.kindOf[label]]; }
  /** Idle and failed samples, and what was left out, are no functions. */
  isSpecial(label) { return ["idle", "failed", "omitted"].includes(this.kind(label)); }

  /** Where each label comes among its sisters: by name, what is no function last. */
  get ranks() {
    if (!this.ranked) {
      const order = Array.from({ length: this.count }, (_, label) => label);
      const keys = order.map((label) =>
        (this.isSpecial(label) ? "1" : "0") + this.name(label) + "\0" + this.path(label));
      order.sort((a, b) =>
        keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1
          : this.lineOf[a] - this.lineOf[b] || this.firstLineOf[a] - this.firstLineOf[b]);
      this.ranked = new Int32Array(this.count);
      order.forEach((label, rank) => { this.ranked[label] = rank; });
    }
    return this.ranked;
  }

  /** The labels of functions, lines forgotten; and which of them each label belongs to. */
  get functions() {
    if (!this.folded) {
      const known = new Map();
      const functionOf = new Int32Array(this.count);
      const first = []; // A label of each function.
      for (let label = 0; label < this.count; label++) {
        const key = this.nameOf[label] + " " + this.fileOf[label] + " " + this.firstLineOf[label]
          + " " + this.kindOf[label];
        let found = known.get(key);
        if (found === undefined) {
          found = first.length;
          known.set(key, found);
          first.push(label);
        }
        functionOf[label] = found;
      }
      const column = (values) => Int32Array.from(first, (label) => values[label]);
      const labels = new Labels(
        this.texts, column(this.nameOf), column(this.fileOf), new Int32Array(first.length),
        column(this.firstLineOf), column(this.colourOf), column(this.kindOf));
      this.folded = { labels, functionOf };
    }
    return this.folded;
  }
}

/** All stacks as one tree. Node 0 is the root, and a parent's index is lower than its child's. */
class CallTree {
  constructor(parent, label, labels) {
    Object.assign(this, { parent, label, labels, size: parent.length });
  }

  static from(data, labels) {
    const packed = unpack(data.nodes);
    const size = packed.length / 2 + 1;
    const parent = new Int32Array(size);
    const label = new Int32Array(size).fill(-1);
    for (let node = 1; node < size; node++) {
      parent[node] = node - packed[2 * node - 2];
      label[node] = packed[2 * node - 1];
    }
    return new CallTree(parent, label, labels);
  }

  /** The same tree with the lines of a function as one; and the node there of each node here. */
  get functions() {
    if (!this.folded) {
      const { labels, functionOf } = this.labels.functions;
      let bits = 4;
      while (1 << bits < this.size * 2) bits++;
      const slots = new Int32Array(1 << bits);
      const mask = slots.length - 1;
      const nodeOf = new Int32Array(this.size);
      const parent = new Int32Array(this.size);
      const label = new Int32Array(this.size).fill(-1);
      let size = 1;
      for (let node = 1; node < this.size; node++) {
        const above = nodeOf[this.parent[node]];
        const own = functionOf[this.label[node]];
        let slot = (Math.imul(above, 0x9e3779b1) ^ Math.imul(own, 0x85ebca6b)) >>> (32 - bits);
        let found = slots[slot];
        while (found !== 0 && (parent[found] !== above || label[found] !== own)) {
          slot = (slot + 1) & mask;
          found = slots[slot];
        }
        if (found === 0) {
          found = size++;
          slots[slot] = found;
          parent[found] = above;
          label[found] = own;
        }
        nodeOf[node] = found;
      }
      const tree = new CallTree(parent.slice(0, size), label.slice(0, size), labels);
      this.folded = { tree, nodeOf };
    }
    return this.folded;
  }

  /** The children of all nodes, sisters in order: those of `n` are `list[start[n]..<start[n + 1]]`. */
  get children() {
    if (!this.sorted) {
      const start = new Int32Array(this.size + 1);
      for (let node = 1; node < this.size; node++) start[this.parent[node] + 1]++;
      for (let node = 0; node < this.size; node++) start[node + 1] += start[node];
      const next = start.slice();
      const list = new Int32Array(this.size);
      for (let node = 1; node < this.size; node++) list[next[this.parent[node]]++] = node;
      const ranks = this.labels.ranks;
      for (let node = 0; node < this.size; node++) {
        if (start[node + 1] - start[node] > 1) {
          list.subarray(start[node], start[node + 1]).sort(
            (a, b) => ranks[this.label[a]] - ranks[this.label[b]]);
        }
      }
      this.sorted = { start, list };
    }
    return this.sorted;
  }

  childrenOf(node) {
    const { start, list } = this.children;
    return list.subarray(start[node], start[node + 1]);
  }

  /** Samples under each node, of the samples whose leaf it is. */
  totals(self) {
    const total = Float64Array.from(self);
    for (let node = this.size - 1; node > 0; node--) total[this.parent[node]] += total[node];
    return total;
  }

  /** Where each node begins, in samples from the left. */
  offsets(total) {
    const offset = new Float64Array(this.size);
    const { start, list } = this.children;
    for (let node = 0; node < this.size; node++) {
      let at = offset[node];
      for (let index = start[node]; index < start[node + 1]; index++) {
        offset[list[index]] = at;
        at += total[list[index]];
      }
    }
    return offset;
  }

  /** From below the root down to `node`. */
  path(node) {
    const nodes = [];
    for (; node > 0; node = this.parent[node]) nodes.push(node);
    return nodes.reverse();
  }
}

// All samples of a run: how often each stack was seen in each slot of time, thread by thread.

class Samples {
  constructor(data, tree) {
    const packed = unpack(data.samples);
    this.slots = data.slots;
    this.tracks = data.tracks; // [process, name]; a process without a thread has its idle and failed samples.
    this.processes = data.processes;
    this.tree = tree;
    this.start = new Int32Array(this.slots + 1);
    const count = (packed.length - this.slots) / 3;
    this.track = new Int32Array(count);
    this.node = new Int32Array(count);
    this.count = new Int32Array(count);
    let at = 0;
    let entry = 0;
    for (let slot = 0; slot < this.slots; slot++) {
      for (let left = packed[at++]; left > 0; left--) {
        this.track[entry] = packed[at++];
        this.node[entry] = packed[at++];
        this.count[entry++] = packed[at++];
      }
      this.start[slot + 1] = entry;
    }
    this.kinds = this.kindsOfNodes();
    this.hasIdle = this.node.some((node) => Samples.kinds[this.kinds[node]] === "idle");
  }

  /** What each stack's leaf is: an index into `Samples.kinds`. */
  kindsOfNodes() {
    const { tree } = this;
    const { labels } = tree;
    const kindOf = new Uint8Array(labels.count);
    for (let label = 0; label < labels.count; label++) {
      const kind = labels.kind(label);
      const origin = labels.texts.packages[labels.packageIndex(label)][0];
      kindOf[label] = Math.max(Samples.kinds.indexOf(kind === "python" ? origin : kind), 0);
    }
    const kinds = new Uint8Array(tree.size);
    for (let node = 1; node < tree.size; node++) kinds[node] = kindOf[tree.label[node]];
    return kinds;
  }

  /** The samples of some tracks (all, when null) in the slots from `from` to before `to`, by node. */
  counts({ from, to, tracks, withIdle }) {
    const counts = new Float64Array(this.tree.size);
    const idle = Samples.kinds.indexOf("idle");
    for (let entry = this.start[from]; entry < this.start[to]; entry++) {
      if (tracks && !tracks.has(this.track[entry])) continue;
      if (!withIdle && this.kinds[this.node[entry]] === idle) continue;
      counts[this.node[entry]] += this.count[entry];
    }
    return counts;
  }

  /** By slot, the samples of each kind. */
  bars(tracks) {
    const width = Samples.kinds.length;
    const bars = new Float64Array(this.slots * width);
    for (let slot = 0; slot < this.slots; slot++) {
      for (let entry = this.start[slot]; entry < this.start[slot + 1]; entry++) {
        if (tracks && !tracks.has(this.track[entry])) continue;
        bars[slot * width + this.kinds[this.node[entry]]] += this.count[entry];
      }
    }
    return bars;
  }

  /** By track: samples, those in which it had nothing to do or could not be read apart, and its hottest leaf. */
  byTrack({ from, to }) {
    const rows = this.tracks.map(() => ({ samples: 0, idle: 0, failed: 0, leaves: new Map() }));
    for (let entry = this.start[from]; entry < this.start[to]; entry++) {
      const row = rows[this.track[entry]];
      const kind = Samples.kinds[this.kinds[this.node[entry]]];
      if (kind === "idle" || kind === "failed") {
        row[kind] += this.count[entry];
        continue;
      }
      row.samples += this.count[entry];
      const label = this.tree.labels.functions.functionOf[this.tree.label[this.node[entry]]];
      row.leaves.set(label, (row.leaves.get(label) || 0) + this.count[entry]);
    }
    return rows;
  }
}

/** In the order in which the time line piles them up. */
Samples.kinds = ["own", "library", "standard", "generated", "native", "failed", "idle"];

// Sums over a tree of calls: by function or line, and from the leaves.

/**
 * Samples by key: of each label `keyOf` gives a number below `keys`. A key's total counts a stack once,
 * however often the key is in it.
 */
function sumsByKey(tree, self, total, keyOf, keys) {
  const own = new Float64Array(keys);
  const all = new Float64Array(keys);
  const { start, list } = tree.children;
  const depth = new Int32Array(keys); // How often a key is on the present path.
  const next = start.slice(0, tree.size);
  let node = 0;
  for (;;) {
    if (next[node] < start[node + 1]) {
      node = list[next[node]++];
      if (total[node] === 0) {
        node = tree.parent[node];
        continue;
      }
      const key = keyOf[tree.label[node]];
      own[key] += self[node];
      if (depth[key]++ === 0) all[key] += total[node];
    } else {
      if (node === 0) break;
      depth[keyOf[tree.label[node]]]--;
      node = tree.parent[node];
    }
  }
  return { self: own, total: all };
}

/** In an inverted tree: the least share of what is shown that a frame needs to be there. */
const leastShare = 1 / 2500;

/**
 * The tree from the leaves: below the root what ran, then who called it. It can be far larger than the
 * tree itself, so only frames with enough samples are made; `focus` is a path of labels, and what lies
 * below its end is made as large as that needs.
 */
function inverted(tree, self, focus) {
  const parent = [0];
  const label = [-1];
  const counts = [0];
  const leaves = [];
  let sum = 0;
  for (let node = 1; node < tree.size; node++) {
    if (self[node] > 0) {
      leaves.push([node, self[node]]);
      sum += self[node];
    }
  }
  let zoomed = 0;
  /** `stacks` are pairs of a node and a count; `onFocus` is how much of the focus lies behind, or -1. */
  const pending = [{ node: 0, stacks: leaves, sum, onFocus: 0, least: sum * leastShare }];
  while (pending.length > 0) {
    const { node, stacks, sum: above, onFocus, least } = pending.pop();
    const groups = new Map();
    for (const [at, count] of stacks) {
      if (at === 0) continue;
      const key = tree.label[at];
      let group = groups.get(key);
      if (!group) groups.set(key, group = { sum: 0, stacks: [] });
      group.sum += count;
      group.stacks.push([tree.parent[at], count]);
    }
    let rest = above;
    for (const [key, group] of groups) {
      const isOnFocus = onFocus >= 0 && onFocus < focus.length && focus[onFocus] === key;
      if (group.sum < Math.max(least, 1) && !isOnFocus) continue;
      const child = parent.length;
      parent.push(node);
      label.push(key);
      counts.push(0);
      rest -= group.sum;
      const isZoomed = isOnFocus && onFocus + 1 === focus.length;
      if (isZoomed) zoomed = child;
      pending.push({
        node: child, stacks: group.stacks, sum: group.sum, onFocus: isOnFocus ? onFocus + 1 : -1,
        least: isZoomed ? group.sum * leastShare : least,
      });
    }
    counts[node] = rest;
  }
  const result = new CallTree(Int32Array.from(parent), Int32Array.from(label), tree.labels);
  return { tree: result, self: Float64Array.from(counts), zoomed };
}

// Searching: a regular expression over names and files.

/**
 * Which labels match `text`, as 0 or 1 by label; null when there is nothing to search for. What is no
 * regular expression is searched for as it is; upper case matters only when `text` has some.
 */
function matchingLabels(labels, text) {
  if (text === "") return null;
  const flags = text === text.toLowerCase() ? "iu" : "u";
  let pattern;
  try {
    pattern = new RegExp(text, flags);
  } catch {
    pattern = new RegExp(text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"), flags);
  }
  const matches = new Uint8Array(labels.count);
  for (let label = 0; label < matches.length; label++) {
    const line = labels.lineOf[label] > 0 ? ":" + labels.lineOf[label] : "";
    if (pattern.test(labels.name(label)) || pattern.test(labels.path(label) + line)) matches[label] = 1;
  }
  return matches;
}

/** Samples with a match anywhere in their stack, each counted once. */
function matchedSamples(tree, total, matches) {
  const covered = new Uint8Array(tree.size);
  let sum = 0;
  for (let node = 1; node < tree.size; node++) {
    if (covered[tree.parent[node]]) {
      covered[node] = 1;
    } else if (matches[tree.label[node]]) {
      covered[node] = 1;
      sum += total[node];
    }
  }
  return sum;
}

// Numbers and names as people read them.

function countText(number) { return Math.round(number).toLocaleString("en-US"); }

function samplesText(number) { return countText(number) + (number === 1 ? " sample" : " samples"); }

/** A share as `12.3 %`; small ones keep a digit that tells them from nothing. */
function shareText(part, whole) {
  if (!(whole > 0)) return "0 %";
  const percent = (100 * part) / whole;
  return (percent > 0 && percent < 0.05 ? percent.toPrecision(1) : percent.toFixed(1)) + " %";
}

/** As much of `text` as `columns` of a fixed font hold, or nothing when that would say nothing. */
function fitted(text, columns) {
  if (text.length <= columns) return text;
  return columns < 3 ? "" : text.slice(0, columns - 1) + "…";
}

/**
 * The lines at which a function's frames stood, most samples first: `[line, samples]`. `nodes` is the
 * tree by lines, `nodeOf` its folding by function.
 */
function linesOf(tree, total, nodeOf, node) {
  const lines = new Map();
  for (let at = 1; at < tree.size; at++) {
    if (nodeOf[at] !== node) continue;
    const line = tree.labels.lineOf[tree.label[at]];
    if (line > 0) lines.set(line, (lines.get(line) || 0) + total[at]);
  }
  return [...lines].filter((entry) => entry[1] > 0).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
}

/** `lines 12 (80.0 %), 14 (20.0 %)` of what `linesOf` gives; empty when no line is known. */
function linesText(lines) {
  if (lines.length === 0) return "";
  if (lines.length === 1) return "line " + lines[0][0];
  const sum = lines.reduce((all, [, samples]) => all + samples, 0);
  const shown = lines.slice(0, 3).map(([line, samples]) => line + " (" + shareText(samples, sum) + ")");
  return "lines " + shown.join(", ") + (lines.length > 3 ? " and " + (lines.length - 3) + " more" : "");
}

/** What is said of a frame: name, where it is, samples and share; `path` and lines only where known. */
function frameTexts(labels, label, lines) {
  const texts = [labels.name(label)];
  if (labels.path(label) !== "") {
    const line = labels.lineOf[label] || labels.firstLineOf[label];
    texts.push(labels.path(label) + (line > 0 ? ":" + line : ""));
  }
  const where = linesText(lines);
  return where === "" ? texts : [...texts, where];
}

// What of a profile is to be seen, and where: the frames that are wide enough, of what is zoomed to.

const rowHeight = 17;
const columnWidth = 6.65; // Of the fixed font at 11 px, a little more than most have.
const narrowest = 0.5; // In pixels: what is narrower is not drawn.

/** A tree with counts, and which of its frames are to be seen where. */
class Scene {
  /** `before` are the counts of the profile that is compared with, or null. */
  constructor(tree, self, before) {
    this.tree = tree;
    this.self = self;
    this.total = tree.totals(self);
    this.before = before && tree.totals(before);
    this.byBefore = false;
    this.zoomed = 0;
    this.measure();
  }

  /** The widths: of the profile itself, or of the one that it is compared with. */
  get width() { return this.byBefore ? this.before : this.total; }

  measure() { this.offset = this.tree.offsets(this.width); }

  /** The frames to draw, `pixels` wide in all: those above the zoomed one, it, and all below. */
  visible(pixels) {
    const { tree, width, offset, zoomed } = this;
    const scale = pixels / Math.max(width[zoomed], 1);
    const left = offset[zoomed];
    const boxes = [];
    const above = tree.path(zoomed).slice(0, -1);
    above.forEach((node, row) => boxes.push({ node, row, x: 0, width: pixels, isAbove: true }));
    const rows = above.length;
    const pending = zoomed === 0 ? [...tree.childrenOf(0)].map((node) => [node, 0]) : [[zoomed, rows]];
    while (pending.length > 0) {
      const [node, row] = pending.pop();
      const wide = width[node] * scale;
      if (wide < narrowest) continue;
      boxes.push({ node, row, x: (offset[node] - left) * scale, width: wide, isAbove: false });
      for (const child of tree.childrenOf(node)) pending.push([child, row + 1]);
    }
    return boxes;
  }

  /** How a node's share has changed, in points of a hundred. */
  change(node) {
    return 100 * (this.total[node] / Math.max(this.total[0], 1) - this.before[node] / Math.max(this.before[0], 1));
  }

  get largestChange() {
    if (this.largest === undefined) {
      this.largest = 0;
      for (let node = 1; node < this.tree.size; node++) {
        this.largest = Math.max(this.largest, Math.abs(this.change(node)));
      }
    }
    return this.largest;
  }

  colour(node) {
    const { labels, label } = this.tree;
    if (!this.before) return labels.colour(label[node]);
    // The square root, so that changes can be told apart beside a large one.
    const change = this.change(node);
    const strength = this.largestChange > 0 ? Math.sqrt(Math.abs(change) / this.largestChange) : 0;
    return "d" + (7 + Math.sign(change) * Math.round(7 * strength));
  }
}

/** What is written on a frame: its name and, where there is room, its file. */
function frameText(labels, label, pixels) {
  const columns = Math.floor((pixels - 6) / columnWidth);
  const name = fitted(labels.name(label), columns);
  const room = columns - name.length - 2;
  const place = labels.place(label);
  return { name, place: name === "" || place.length > room ? "" : place };
}

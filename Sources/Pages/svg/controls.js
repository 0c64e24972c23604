// What lies around the frames of an SVG: search field, buttons, and the box beside the pointer.

/** Search field and buttons, in HTML: SVG has none. */
class Controls {
  constructor(svg, actions) {
    const html = (name, attributes, text) => {
      const element = document.createElementNS("http://www.w3.org/1999/xhtml", name);
      for (const key in attributes) element.setAttribute(key, attributes[key]);
      if (text) element.textContent = text;
      return element;
    };
    this.frame = svgElement("foreignObject", { y: 8, width: 640, height: 32 });
    const row = html("div", { class: "controls" });
    const button = (text, title, action) => {
      const element = html("button", { type: "button", title }, text);
      element.addEventListener("click", action);
      row.append(element);
      return element;
    };
    this.matched = html("span", { "aria-live": "polite", class: "matched" });
    row.append(this.matched);
    this.search = html("input", {
      type: "search", placeholder: "Search (regex)", "aria-label": "Search names and files",
    });
    this.search.addEventListener("input", () => actions.search(this.search.value));
    row.append(this.search);
    this.reset = button("Reset zoom", "Show everything (Esc)", actions.reset);
    this.fold = button("By line", "A frame for each line, or for each function (l)", actions.fold);
    this.turn = button("Icicle", "Root at the top or at the bottom (i)", actions.turn);
    if (actions.swap) this.swap = button("Widths: after", "Widths of the profile before or after (b)", actions.swap);
    this.frame.append(row);
    svg.append(this.frame);
  }

  place(width) {
    this.frame.setAttribute("width", Math.max(Math.min(width - 24, 640), 100));
    this.frame.setAttribute("x", Math.max(width - 652, 12));
  }
}

/** A box of lines near the pointer or the frame that has the focus. */
class Tip {
  constructor(svg) {
    this.group = svgElement("g", { class: "tip", role: "status", "aria-live": "polite", visibility: "hidden" });
    svg.append(this.group);
  }

  hide() { this.group.setAttribute("visibility", "hidden"); }

  show(lines, x, y, width, height) {
    this.group.textContent = "";
    const box = svgElement("rect", { rx: 5 });
    this.group.append(box);
    const limit = Math.floor((width - 50) / 6.2);
    const texts = lines.map((line, index) => svgElement(
      "text", { x: 10, y: 19 + 17 * index, class: index === 0 ? "name" : "" }, fitted(line, Math.max(limit, 20))));
    this.group.append(...texts);
    const wide = Math.max(...texts.map((text) => text.getComputedTextLength())) + 20;
    const tall = 12 + 17 * lines.length;
    box.setAttribute("width", wide);
    box.setAttribute("height", tall);
    const left = Math.max(Math.min(x + 14, width - wide - 4), 2);
    const top = y + 18 + tall > height ? y - tall - 10 : y + 18;
    this.group.setAttribute("transform", `translate(${left.toFixed(1)} ${Math.max(top, 2).toFixed(1)})`);
    this.group.setAttribute("visibility", "visible");
  }
}

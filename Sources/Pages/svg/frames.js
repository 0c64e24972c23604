// Frames as SVG elements.

const svgNamespace = "http://www.w3.org/2000/svg";

function svgElement(name, attributes, text) {
  const element = document.createElementNS(svgNamespace, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  return element;
}

function frameElement(scene, box, y, matches) {
  const { labels, label } = scene.tree;
  const group = svgElement("g", { "data-node": box.node });
  if (box.isAbove) group.setAttribute("class", "above");
  const isMatch = matches && matches[label[box.node]];
  group.append(svgElement("rect", {
    x: box.x.toFixed(2), y, width: Math.max(box.width - 0.6, 0.4).toFixed(2), height: rowHeight - 1,
    rx: box.width > 6 ? 2 : 0, class: isMatch ? "match" : scene.colour(box.node),
  }));
  const { name, place } = frameText(labels, label[box.node], box.width);
  if (name !== "") {
    const text = svgElement("text", { x: (box.x + 4).toFixed(2), y: y + 12 }, name);
    if (place !== "") text.append(svgElement("tspan", { class: "place", dx: 7 }, place));
    group.append(text);
  }
  return group;
}

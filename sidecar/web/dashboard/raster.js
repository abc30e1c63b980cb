// A plot as dots. Our policy lets no picture be made of a text, so the few marks that a plot has are drawn here.

function put(pen, mark) {
  const looks = getComputedStyle(mark);
  const at = (name) => Number(mark.getAttribute(name) ?? 0);
  const [fill, stroke] = [looks.fill, looks.stroke];
  pen.lineWidth = Number.parseFloat(looks.strokeWidth);
  pen.fillStyle = fill === "none" ? "transparent" : fill;
  pen.strokeStyle = stroke === "none" ? "transparent" : stroke;
  if (mark.tagName === "text") {
    pen.font = `${looks.fontWeight} ${looks.fontSize} ${looks.fontFamily}`;
    pen.textAlign = { middle: "center", end: "end" }[looks.textAnchor] ?? "start";
    pen.fillText(mark.textContent, at("x"), at("y"));
    return;
  }
  const shape = new Path2D(mark.tagName === "path" ? mark.getAttribute("d") : undefined);
  if (mark.tagName === "rect") shape.roundRect(at("x"), at("y"), at("width"), at("height"), at("rx"));
  if (mark.tagName === "circle") shape.arc(at("cx"), at("cy"), at("r"), 0, 2 * Math.PI);
  if (mark.tagName !== "path" || fill !== "none") pen.fill(shape);
  pen.stroke(shape);
}

/** A PNG of the plot, `scale` dots for each pixel. */
export function draw(svg, marks, scale) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = ["width", "height"].map((name) => Number(svg.getAttribute(name)) * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.fillStyle = getComputedStyle(document.body).backgroundColor;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  for (const mark of svg.querySelectorAll(marks)) put(pen, mark);
  return new Promise((done) => { canvas.toBlob(done, "image/png"); });
}

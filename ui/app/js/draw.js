// Draws what Rust has laid out: one call for a whole canvas. Colours are names of the style sheet, resolved
// once for each theme.
const known = new Map();

function resolved(names) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const key = `${document.documentElement.dataset.theme}|${dark}|${names}`;
  const found = known.get(key);
  if (found) return found;
  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);
  const colours = names.split(" ").map((name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  known.set(key, colours);
  return colours;
}

// Shapes are x, y, width, height, colour, opacity, form; labels are lines of x, y, left, colour, weight, room, text.
export function draw(canvas, width, height, names, shapes, labels) {
  const scale = globalThis.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const colours = resolved(names);
  for (let at = 0; at < shapes.length; at += 7) {
    const [x, y, w, h] = [shapes[at], shapes[at + 1], shapes[at + 2], shapes[at + 3]];
    const colour = colours[shapes[at + 4]];
    const form = shapes[at + 6];
    pen.globalAlpha = shapes[at + 5];
    if (form < 2) {
      pen.fillStyle = colour;
      if (form === 1) {
        pen.beginPath();
        pen.roundRect(x, y, w, h, 2);
        pen.fill();
      } else pen.fillRect(x, y, w, h);
    } else {
      pen.strokeStyle = colour;
      pen.lineWidth = form === 3 ? 1 : 1.5;
      pen.setLineDash(form === 3 ? [3, 3] : []);
      pen.beginPath();
      pen.roundRect(x + 0.5, y + 0.5, Math.max(w - 1, 1), h - 1, 2);
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
  pen.textBaseline = "middle";
  const face = getComputedStyle(document.body).fontFamily;
  for (const line of labels ? labels.split("\n") : []) {
    const [x, y, left, colour, weight, room, ...text] = line.split("\t");
    const words = text.join(" ");
    pen.font = `${weight} 11px ${face}`;
    pen.fillStyle = colours[colour];
    if (+room > 0) {
      pen.save();
      pen.beginPath();
      pen.rect(+x, +y - 12, +room, 24);
      pen.clip();
      pen.fillText(words, +x, +y);
      pen.restore();
      continue;
    }
    const long = pen.measureText(words).width;
    const fits = +x + long <= width - 2;
    pen.fillText(words, fits || +left - long < 2 ? Math.min(+x, width - long - 2) : +left - long, +y);
  }
}

// What a quota's chart shows besides its lines: thresholds, and moments at which something happened.

import { colour } from "./theme.js";

const TONES = ["--ok", "--info", "--warning", "--critical"];

/** Draw a thin line and its label for each of [{value, label}]. */
export function drawLevels(u, levels) {
  const { left, top, width, height } = u.bbox;
  inPlot(u, (context) => {
    context.strokeStyle = colour("--ink", 0.35);
    context.fillStyle = colour("--muted");
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.lineWidth = devicePixelRatio;
    context.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const { value, label } of levels) {
      const y = u.valToPos(value, "y", true);
      if (y < top || y > top + height) continue;
      context.beginPath();
      context.moveTo(left, y);
      context.lineTo(left + width, y);
      context.stroke();
      context.fillText(label, left + 6 * devicePixelRatio, y - 2 * devicePixelRatio);
    }
  });
}

/** Draw an upright line with a flag for each of [{at, label, severity}]; `at` in Unix seconds. */
export function drawMarks(u, marks) {
  const { left, top, width, height } = u.bbox;
  const unit = devicePixelRatio;
  inPlot(u, (context) => {
    context.textBaseline = "top";
    context.lineWidth = 1.5 * unit;
    let free = -Infinity;
    let row = 0;
    for (const { at, label, severity } of [...marks].sort((a, b) => a.at - b.at)) {
      const x = u.valToPos(at, "x", true);
      if (x < left || x > left + width) continue;
      context.strokeStyle = context.fillStyle = colour(TONES[severity]);
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, top + height);
      context.globalAlpha = 0.5;
      context.stroke();
      context.globalAlpha = 1;
      // A label that would cover the one before it goes a line lower, at most three.
      row = x < free ? (row + 1) % 3 : 0;
      const size = context.measureText(label).width;
      const isRight = x + size + 8 * unit > left + width;
      context.textAlign = isRight ? "right" : "left";
      context.fillText(label, x + (isRight ? -5 : 5) * unit, top + (4 + 15 * row) * unit);
      free = x + size + 10 * unit;
    }
  });
}

function inPlot(u, draw) {
  const { left, top, width, height } = u.bbox;
  const context = u.ctx;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.font = `${11 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
  draw(context);
  context.restore();
}

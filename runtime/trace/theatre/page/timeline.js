// The timeline: draws what can be seen of it, and no more.
const canvas = byId("timeline"), pen = canvas.getContext("2d");
const view = { from: 0, to: 1, top: 0, gutter: 110, width: 0, height: 0 };
const RULER = 20;
const NAMES = ["a task runs", "ready, but not run yet", "the loop sleeps", "the loop works", "waits for the network", "waits for a timer", "waits for a worker", "waits for a task", "waits for a lock, a queue …", "waits for something else", "a job runs"];
let colours = {}, patterns = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  colours = { ink: colour("--ink"), quiet: colour("--quiet"), line: colour("--edge"), paper: colour("--paper"), accent: colour("--accent"), bars: NAMES.map((_, kind) => colour(`--b${kind}`)) };
  patterns = colours.bars.map((bar, kind) => (kind === BAR.READY ? dots(bar) : kind >= BAR.NET && kind <= BAR.OTHER ? hatching(bar) : bar));
}

function tile(draw) {
  const small = document.createElement("canvas");
  small.width = small.height = 6;
  draw(small.getContext("2d"));
  return pen.createPattern(small, "repeat");
}

const dots = (colour) => tile((it) => { it.fillStyle = colour; it.fillRect(1, 1, 2, 2); it.fillRect(4, 4, 2, 2); });
const hatching = (colour) => tile((it) => {
  it.globalAlpha = 0.28; it.fillStyle = colour; it.fillRect(0, 0, 6, 6); it.globalAlpha = 1;
  it.strokeStyle = colour; it.lineWidth = 1.4; it.beginPath();
  for (const shift of [-6, 0, 6]) { it.moveTo(shift, 6); it.lineTo(shift + 6, 0); }
  it.stroke();
});

function showAll() {
  view.from = timeOf(1);
  view.to = Math.max(timeOf(COUNT), view.from + 1);
  const slack = (view.to - view.from) * 0.01;
  view.from -= slack;
  view.to += slack;
}

const xOf = (time) => view.gutter + ((time - view.from) / (view.to - view.from)) * (view.width - view.gutter);
const timeAt = (x) => view.from + ((x - view.gutter) / (view.width - view.gutter)) * (view.to - view.from);
// The loop's lane stays where it is; the others scroll beneath it.
const yOf = (lane) => RULER + lane * LANE - (lane ? view.top : 0);
const laneAt = (y) => (y < RULER ? undefined : lanes[y < RULER + LANE ? 0 : Math.floor((y - RULER + view.top) / LANE)]);
const isSeen = (lane) => lane === 0 || (yOf(lane) >= RULER + LANE && yOf(lane) + LANE <= view.height);

function zoom(factor, centre) {
  const middle = centre === undefined ? timeOf(state.n) : centre;
  const span = Math.min(Math.max((view.to - view.from) * factor, axis === "events" ? 8 : 100), 4 * (timeOf(COUNT) - timeOf(1) + 1));
  const share = (middle - view.from) / (view.to - view.from);
  const kept = share >= 0 && share <= 1 ? share : 0.5;
  view.from = middle - kept * span;
  view.to = view.from + span;
  drawTimeline();
}

function pan(share) {
  const shift = (view.to - view.from) * share;
  view.from += shift;
  view.to += shift;
  drawTimeline();
}

function scrollLanes(by) {
  const least = Math.max(0, lanes.length * LANE + RULER - view.height + 4);
  view.top = Math.min(Math.max(view.top + by, 0), least);
  drawTimeline();
}

// Brings the current step, and its lane, into view.
function follow() {
  measureCanvas();
  const time = timeOf(state.n), span = view.to - view.from;
  if (time < view.from || time > view.to) { view.from = time - span / 2; view.to = view.from + span; }
  showLane(laneOf(state.n));
}

function showLane(lane) {
  if (!isSeen(lane)) view.top = Math.max(0, view.top + yOf(lane) - view.height / 2);
  scrollLanes(0);
}

function drawLane(lane) {
  const y = yOf(lane.place), bars = lane.bars, right = view.width;
  let place = firstBar(bars, view.from);
  while (place < bars.to.length) {
    const start = Math.max(xOf(barStart(bars, place)), view.gutter), end = Math.min(xOf(barEnd(bars, place)), right);
    if (start > right) break;
    const kind = bars.what[place], thick = kind === BAR.POLL || kind === BAR.JOB || kind === BAR.LOOP;
    pen.fillStyle = patterns[kind];
    pen.fillRect(start, y + (thick ? 3 : 6), Math.max(end - start, thick ? 1.5 : 0.5), thick ? LANE - 6 : LANE - 12);
    // Many bars within one pixel are drawn as one.
    const next = place + 1;
    place = end - start < 0.5 && next < bars.to.length ? Math.max(next, firstBar(bars, timeAt(Math.max(end, start) + 0.5))) : next;
  }
}

function drawName(lane) {
  const y = yOf(lane.place);
  pen.fillStyle = colours.paper;
  pen.fillRect(0, y, view.gutter - 4, LANE);
  pen.fillStyle = lane.task && lane.task === chosen ? colours.accent : colours.ink;
  pen.font = `${lane.task && lane.task === currentTask(state) ? "bold " : ""}12px system-ui, sans-serif`;
  pen.textBaseline = "middle";
  pen.fillText(clip(lane.name, view.gutter - 12), 4, y + LANE / 2);
}

function clip(text, width) {
  let shown = text;
  while (shown.length > 3 && pen.measureText(shown).width > width) shown = shown.slice(0, -2).trimEnd() + "…";
  return shown;
}

function drawRuler() {
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, view.width, RULER);
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  const span = view.to - view.from, rough = span / Math.max(2, (view.width - view.gutter) / 90);
  const ten = 10 ** Math.floor(Math.log10(rough)), unit = [1, 2, 5, 10].map((it) => it * ten).find((it) => it >= rough);
  for (let time = Math.ceil(view.from / unit) * unit; time < view.to; time += unit) {
    const x = xOf(time);
    if (x > view.width - 40) break;
    pen.fillStyle = colours.line;
    pen.fillRect(x, RULER - 4, 1, view.height);
    pen.fillStyle = colours.quiet;
    const text = axis === "events" ? `#${Math.round(seqOf(time))}` : time === 0 ? "0" : ruler(time, unit);
    if (time >= 0) pen.fillText(text, x + 3, RULER / 2);
  }
}

function ruler(time, unit) {
  const [scale, name] = unit >= 1e8 ? [1e9, "s"] : unit >= 1e5 ? [1e6, "ms"] : [1e3, "µs"];
  return `${(time / scale).toFixed(Math.max(0, Math.ceil(-Math.log10(unit / scale) - 1e-9)))} ${name}`;
}

// An arrow from a cause to what it led to.
function drawArrow(from, to, strong) {
  const x1 = xOf(timeOf(from)), y1 = yOf(laneOf(from)) + LANE / 2, x2 = xOf(timeOf(to)), y2 = yOf(laneOf(to)) + LANE / 2;
  if (Math.max(x1, x2) < view.gutter || Math.min(x1, x2) > view.width || y1 === y2) return;
  pen.strokeStyle = pen.fillStyle = strong ? colours.accent : colours.quiet;
  pen.globalAlpha = strong ? 1 : 0.4;
  pen.lineWidth = strong ? 1.8 : 1;
  const bend = Math.max(8, Math.abs(x2 - x1) / 3);
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(x2, y2);
  pen.lineTo(x2 - 6, y2 - 3.5);
  pen.lineTo(x2 - 6, y2 + 3.5);
  pen.fill();
  pen.globalAlpha = 1;
}

// The step from which an arrow to a poll comes: what woke the task, or a while before, what started that.
function arrowStart(poll) {
  const queued = column.cause[poll];
  return (queued && column.cause[queued]) || queued;
}

function drawArrows() {
  const from = pollCount[stepAt(view.from)], to = pollCount[stepAt(view.to)];
  if (to - from < 40) {
    for (let n = stepAt(view.from) + 1; n <= COUNT && timeOf(n) <= view.to; n++) {
      if (column.kind[n] === K.POLL && arrowStart(n)) drawArrow(arrowStart(n), n, false);
    }
  }
  const chain = causes(state.n).filter((n) => column.kind[n] === K.POLL).slice(0, 8);
  for (const n of chain) if (arrowStart(n)) drawArrow(arrowStart(n), n, true);
}

function measureCanvas() {
  const scale = window.devicePixelRatio || 1;
  view.width = canvas.clientWidth;
  view.height = canvas.clientHeight;
  view.gutter = view.width < 600 ? 84 : 140;
  if (canvas.width !== Math.round(view.width * scale) || canvas.height !== Math.round(view.height * scale)) {
    canvas.width = Math.round(view.width * scale);
    canvas.height = Math.round(view.height * scale);
  }
  pen.setTransform(scale, 0, 0, scale, 0, 0);
}

// Draws within a rectangle.
function within(x, y, width, height, draw) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  draw();
  pen.restore();
}

function drawTimeline() {
  measureCanvas();
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, view.width, view.height);
  drawRuler();
  const first = 1 + Math.floor(view.top / LANE), last = Math.min(lanes.length, Math.ceil((view.top + view.height) / LANE));
  const scrolled = lanes.slice(first, last), top = RULER + LANE;
  within(view.gutter, top, view.width, view.height, () => scrolled.forEach(drawLane));
  within(view.gutter, RULER, view.width, view.height, () => {
    drawLane(lanes[0]);
    drawArrows();
    const x = xOf(timeOf(state.n));
    // Whoever guesses must not see what comes.
    if (guessing()) { pen.fillStyle = colours.paper; pen.fillRect(x, 0, view.width, view.height); }
    pen.fillStyle = colours.accent;
    pen.fillRect(x - 0.75, RULER, 1.5, view.height);
  });
  within(0, top, view.gutter, view.height, () => scrolled.forEach(drawName));
  drawName(lanes[0]);
}

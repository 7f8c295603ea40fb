// The same work in several ways: a strip for each, on one axis.
const data = JSON.parse(byId("data").textContent);
const longest = Math.max(1, ...data.strips.map((strip) => strip.total));
const KINDS = [[0, "the loop runs a task"], [10, "an item is worked on"], [4, "a task waits for the network"], [5, "waits for a timer"], [7, "waits for a task"], [8, "waits for a lock, a queue …"], [6, "waits for a worker"], [1, "ready, but not run yet"], [9, "waits for something else"]];
const used = new Set(data.strips.flatMap((strip) => strip.lanes.flatMap((lane) => lane.bars.map((bar) => bar[2]))));
const GUTTER = 86, RULER = 18;

// Thin lanes share what room there is.
function heightOf(strip, lane) {
  return lane.thin ? Math.min(14, Math.max(1.5, 130 / strip.lanes.filter((it) => it.thin).length)) : 18;
}

const strips = data.strips.map((strip) => {
  const canvas = h("canvas", { role: "img", "aria-label": `${strip.name}: ${length(strip.total)}` });
  const height = strip.lanes.reduce((sum, lane) => sum + heightOf(strip, lane), RULER + 4);
  canvas.style.height = `${height}px`;
  const times = data.strips[0].total / Math.max(1, strip.total);
  const total = h("div", { class: "total" }, h("b", {}, length(strip.total)), h("span", { class: "quiet" }, strip === data.strips[0] ? "" : ` ${times.toFixed(1)} × as fast as the first`));
  byId("strips").append(h("section", { class: "strip", "aria-label": strip.name }, h("h2", {}, strip.name), total, canvas));
  return { strip, canvas };
});

function drawStrip({ strip, canvas }) {
  const scale = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  const xOf = (time) => GUTTER + (time / longest) * (width - GUTTER - 8);
  drawAxis(pen, xOf, width, height, colour);
  let y = RULER;
  for (const lane of strip.lanes) {
    const tall = heightOf(strip, lane);
    if (!lane.thin || lane === strip.lanes.find((it) => it.thin)) {
      pen.fillStyle = colour("--ink");
      pen.fillText(lane.thin ? `${strip.lanes.length - 1} tasks` : lane.name, 2, y + (lane.thin ? 9 : tall / 2));
    }
    for (const [from, to, kind] of lane.bars) {
      pen.fillStyle = colour(`--b${kind}`);
      pen.globalAlpha = kind === 0 || kind === 10 ? 1 : 0.35;
      const gap = kind === 10 && xOf(to) - xOf(from) > 4 ? 1 : 0, inset = tall > 6 ? 1.5 : 0;
      pen.fillRect(xOf(from), y + inset, Math.max(xOf(to) - xOf(from) - gap, 0.7), Math.max(1, tall - 2 * inset));
    }
    pen.globalAlpha = 1;
    y += tall;
  }
  pen.fillStyle = colour("--accent");
  pen.fillRect(xOf(strip.total), RULER - 4, 2, height);
}

function drawAxis(pen, xOf, width, height, colour) {
  const rough = longest / Math.max(2, width / 110), ten = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].map((it) => it * ten).find((it) => it >= rough);
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  for (let time = 0; time <= longest; time += unit) {
    pen.fillStyle = colour("--edge");
    pen.fillRect(xOf(time), RULER - 4, 1, height);
    pen.fillStyle = colour("--quiet");
    if (xOf(time) < width - 44) pen.fillText(time ? length(time) : "0", xOf(time) + 3, RULER / 2 - 1);
  }
}

function toggleTheme() {
  const root = document.documentElement, dark = getComputedStyle(root).colorScheme.includes("dark");
  root.dataset.theme = dark ? "light" : "dark";
  strips.forEach(drawStrip);
}

byId("title").textContent = data.title;
fill("legend", ...KINDS.filter(([kind]) => used.has(kind)).map(([kind, name]) => h("span", {}, h("i", { class: `swatch b${kind}` }), name)), h("span", {}, h("i", { class: "swatch end" }), "the work is done"));
byId("totals").append(...data.strips.map((strip) => h("tr", {}, h("th", { scope: "row" }, strip.name), h("td", {}, length(strip.total)))));
byId("theme").addEventListener("click", toggleTheme);
document.addEventListener("keydown", (event) => { if (event.key === "d") toggleTheme(); });
window.addEventListener("resize", () => strips.forEach(drawStrip));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => strips.forEach(drawStrip));
strips.forEach(drawStrip);

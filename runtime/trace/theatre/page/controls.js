// What the keys and buttons do, and the beginning.
let playing = 0;
let drawnReport = false;

function goTo(n) {
  game.next = 0;
  seek(Math.min(Math.max(n, 0), COUNT));
  draw();
}

function draw() {
  const n = state.n;
  byId("step").value = n;
  byId("step").setAttribute("aria-valuetext", sentence(n));
  byId("where").textContent = `event ${n ? seqOf(n).toLocaleString("en") : 0} of ${seqOf(COUNT).toLocaleString("en")} · ${moment(column.now[n])} · turn ${state.turn.toLocaleString("en")}`;
  fill("narration", sentence(n));
  drawPanes();
  drawSource();
  if (!chosen) showChain(n);
  follow();
}

function pollFrom(n, by) {
  for (let at = n + by; at > 0 && at <= COUNT; at += by) {
    if (column.kind[at] === K.POLL && (showsPool() || !poolTasks.has(column.task[at]))) return at;
  }
  return by > 0 ? COUNT : 0;
}

function play() {
  if (playing) {
    cancelAnimationFrame(playing);
    playing = 0;
  } else {
    if (state.n === COUNT) goTo(0);
    let last = performance.now(), owed = 0;
    const tick = (time) => {
      owed += ((time - last) / 1000) * Number(byId("speed").value);
      last = time;
      if (owed >= 1) { goTo(state.n + Math.floor(owed)); owed %= 1; }
      if (state.n >= COUNT) play(); else playing = requestAnimationFrame(tick);
    };
    playing = requestAnimationFrame(tick);
  }
  byId("play").textContent = playing ? "❚❚" : "▶";
  byId("play").setAttribute("aria-label", playing ? "Pause" : "Play");
}

function showPage(name) {
  for (const page of ["theatre", "report"]) {
    byId(`page-${page}`).hidden = page !== name;
    byId(`tab-${page}`).setAttribute("aria-selected", String(page === name));
  }
  byId("stage").hidden = name === "report";
  if (name === "report" && !drawnReport) { drawReport(); drawnReport = true; }
  if (name === "theatre") draw();
}

function toggleTheme() {
  const root = document.documentElement, dark = getComputedStyle(root).colorScheme.includes("dark");
  root.dataset.theme = dark ? "light" : "dark";
  readColours();
  drawTimeline();
}

function setAxis(value) {
  axis = value;
  byId("axis").value = value;
  showAll();
  drawTimeline();
}

const ACTIONS = [
  ["ArrowRight", "→", "step", () => goTo(state.n + 1)],
  ["ArrowLeft", "←", "back", () => goTo(state.n - 1)],
  ["Shift+ArrowRight", "Shift →", "on to the next poll", () => goTo(pollFrom(state.n, 1))],
  ["Shift+ArrowLeft", "Shift ←", "back to the poll before", () => goTo(pollFrom(state.n, -1))],
  ["Home", "Home", "to the beginning", () => goTo(0)],
  ["End", "End", "to the end", () => goTo(COUNT)],
  [" ", "Space", "play or pause", play],
  ["+", "+", "zoom in", () => zoom(0.5)],
  ["-", "−", "zoom out", () => zoom(2)],
  ["0", "0", "show all of the timeline", () => { showAll(); drawTimeline(); }],
  ["[", "[", "pan left", () => pan(-0.25)],
  ["]", "]", "pan right", () => pan(0.25)],
  ["a", "a", "next axis", () => { const all = [...byId("axis").options].map((it) => it.value); setAxis(all[(all.indexOf(axis) + 1) % all.length]); }],
  ["/", "/", "find a task", () => byId("search").focus()],
  ["w", "w", "why: the chain of causes of this step", () => { chosen = 0; showChain(state.n); drawPanes(); byId("chain").focus(); }],
  ["g", "g", "guess which task runs next", () => toggleGame()],
  ["r", "r", "report, or back from it", () => showPage(byId("page-report").hidden ? "report" : "theatre")],
  ["d", "d", "light or dark", toggleTheme],
  ["?", "?", "this help", () => byId("help").showModal()],
];

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  const tag = event.target.tagName, typing = tag === "INPUT" || tag === "SELECT";
  if (typing && event.key === "Escape") event.target.blur();
  if (typing || (tag === "BUTTON" && (event.key === " " || event.key === "Enter"))) return;
  const key = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
  const action = ACTIONS.find(([own]) => own === key);
  if (!action) return;
  event.preventDefault();
  action[3]();
}

function find() {
  const wanted = byId("search").value.trim().toLowerCase();
  if (!wanted) return;
  const exact = ownTasks.find((task) => label(task).toLowerCase() === wanted || `t${task}` === wanted || String(task) === wanted);
  const task = exact || ownTasks.find((one) => label(one).toLowerCase().includes(wanted));
  if (!task) return;
  showPage("theatre");
  chosen = 0;
  if (lives.get(task).spawned > state.n) goTo(lives.get(task).spawned);
  chooseTask(task);
}

function onTimeline(event) {
  const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
  const lane = laneAt(y);
  if (x < view.gutter) {
    if (lane && lane.task) chooseTask(lane.task);
    return;
  }
  const time = timeAt(x);
  let n = stepAt(time);
  if (lane) {
    const place = firstBar(lane.bars, time - (view.to - view.from) * 0.003);
    if (place < lane.bars.from.length && barStart(lane.bars, place) <= timeAt(x + 3)) n = lane.bars.from[place];
  }
  chosen = 0;
  goTo(n);
  showChain(n);
}

let drag = null;
function onDrag(event) {
  if (!drag) return;
  const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
  if (Math.abs(event.clientX - drag.x0) + Math.abs(event.clientY - drag.y0) > 4) drag.moved = true;
  if (!drag.moved) return;
  Object.assign(drag, { x: event.clientX, y: event.clientY });
  view.top -= dy;
  scrollLanes(0);
  pan(-dx / (view.width - view.gutter));
}

function listen() {
  const on = (id, name, action) => byId(id).addEventListener(name, action);
  const keys = { first: "Home", "back-poll": "Shift+ArrowLeft", back: "ArrowLeft", play: " ", forward: "ArrowRight", "forward-poll": "Shift+ArrowRight", last: "End", "zoom-in": "+", "zoom-out": "-", "zoom-all": "0", predict: "g", theme: "d", "help-open": "?" };
  for (const [id, key] of Object.entries(keys)) on(id, "click", ACTIONS.find(([own]) => own === key)[3]);
  on("tab-theatre", "click", () => showPage("theatre"));
  on("tab-report", "click", () => showPage("report"));
  on("step", "input", () => goTo(Number(byId("step").value)));
  on("axis", "change", () => setAxis(byId("axis").value));
  on("show-pool", "change", () => { layLanes(); draw(); });
  on("search", "change", find);
  on("narration", "click", (event) => { if (event.target.id === "narration") { chosen = 0; showChain(state.n); } });
  on("timeline", "wheel", (event) => {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.offsetX > view.gutter) {
      if (event.shiftKey) pan(Math.sign(event.deltaY) * 0.1); else zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event.offsetX));
    } else scrollLanes(event.deltaY);
  });
  on("timeline", "pointerdown", (event) => { drag = { x: event.clientX, y: event.clientY, x0: event.clientX, y0: event.clientY, moved: false }; });
  window.addEventListener("pointermove", onDrag);
  window.addEventListener("pointerup", (event) => { if (drag && !drag.moved && event.target === canvas) onTimeline(event); drag = null; });
  document.addEventListener("keydown", onKey);
  window.addEventListener("resize", drawTimeline);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); drawTimeline(); });
}

function begin() {
  byId("title").textContent = data.title;
  if (data.cut) byId("title").append(h("small", {}, " (the log ends in the middle)"));
  if (data.dropped) byId("title").append(h("small", {}, ` (the first ${plural(data.dropped, "event")} were not kept)`));
  byId("step").max = COUNT;
  const axes = isVirtual ? [["now", "virtual time"], ["wall", "real time"], ["events", "events"]] : [["now", "time"], ["events", "events"]];
  fill("axis", ...axes.map(([value, name]) => h("option", { value }, name)));
  fill("tasks", ...ownTasks.slice(0, 500).map((task) => h("option", { value: label(task) })));
  fill("legend", ...NAMES.map((name, kind) => h("span", {}, h("i", { class: `swatch b${kind}` }), name)));
  fill("keys", ...ACTIONS.map(([, key, does]) => h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, does))));
  byId("pool-label").hidden = !poolTasks.size;
  byId("page-theatre").classList.toggle("without-pool", !workerLanes.size && !jobSteps.size);
  listen();
  layLanes();
  readColours();
  showAll();
  seek(0);
  // The first step of the main task: there is something to see.
  goTo(Math.max(0, pollFrom(0, 1)));
  runCheck();
}
begin();

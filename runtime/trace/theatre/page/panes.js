// The panes: the state at the current step, as boxes and lists.
const MOST = 120;

function entryBox(entry) {
  const number = Number(entry.slice(1));
  switch (entry[0]) {
    case "T": return taskBox(number, poolTasks.has(number) ? "pools" : "");
    case "C": {
      const n = state.calls.get(number);
      return h("button", { class: "thing", onclick: () => showChain(n) }, n && column.detail[n] === 4 ? "stop" : "callback");
    }
    case "M": {
      const timer = state.timers.get(number);
      return h("button", { class: "thing", onclick: () => showChain(timer ? timer.n : 0) }, `timer ${number}${timer && timer.task ? ` of ${label(timer.task)}` : ""}`);
    }
    default: return h("span", { class: "thing" }, sourceName(0, number, state));
  }
}

function drawReady() {
  const entries = guessing() ? state.ready.slice().sort() : state.ready;
  byId("ready-note").textContent = guessing() ? "the order is hidden: which one runs next?" : "the left one runs next";
  fill("ready", ...(entries.length ? more(entries, MOST, entryBox, "entry") : [empty("Nobody is ready.")]));
}

function drawRunning() {
  const poll = state.polls[state.polls.length - 1];
  if (poll) {
    const n = poll.n, took = column.wall[endOfPoll(n)] - column.wall[n], polls = lives.get(poll.task).polls;
    fill("running", h("p", {}, taskBox(poll.task, "now"), ` step ${firstAt(polls, n) + 1} of ${polls.length}, ${length(took)}`),
      h("p", {}, "because ", h("button", { class: "why", onclick: () => showChain(n) }, because(n))));
  } else if (state.outer) {
    fill("running", h("p", {}, h("button", { class: "why", onclick: () => showChain(state.outer) }, sentence(state.outer))));
  } else if (state.parked) {
    const n = state.parked;
    fill("running", empty(`Nobody. The loop sleeps${column.detail[n] ? `, at most until ${moment(column.wide[n])}` : ", until something happens"}.`));
  } else {
    fill("running", empty(state.running ? "Nobody: the loop is between two steps." : "Nobody: the loop does not run."));
  }
}

function age(n) {
  return length(Math.max(0, column.now[state.n] - column.now[n]));
}

function waitRow([task, known]) {
  const waits = known.waits.slice(0, 3).map((n) =>
    h("div", {}, h("i", { class: `swatch b${WAIT_BAR[column.detail[n]]}` }), waitsFor(n, state), " ", lineButton(column.line[n])));
  if (known.waits.length > 3) waits.push(h("div", { class: "quiet" }, `and ${known.waits.length - 3} more`));
  return h("div", { class: "row" }, taskBox(task), h("div", {}, ...waits), h("span", { class: "age" }, age(known.since)));
}

function drawWaiting() {
  const all = [...state.tasks].filter(([, known]) => known.state === "waiting");
  const own = all.filter(([task]) => showsPool() || !poolTasks.has(task));
  byId("waiting-note").textContent = all.length ? `${own.length}${all.length > own.length ? `, and ${all.length - own.length} of the pool's own` : ""}` : "";
  fill("waiting", ...(own.length ? more(own, MOST, waitRow, "task") : [empty("No task waits.")]));
}

function drawTimers() {
  const timers = [...state.timers].filter(([, timer]) => !timer.due).sort((one, other) => one[1].when - other[1].when);
  const box = ([number, timer]) => h("button", { class: "thing", onclick: () => showChain(timer.n) },
    `${moment(timer.when)}${timer.task ? " " + label(timer.task) : ` timer ${number}`}`);
  fill("timers", ...(timers.length ? more(timers, 40, box, "timer") : [empty("No timer is set.")]));
}

function drawPool() {
  const rows = [...state.workers].map(([worker, known]) => h("div", { class: "row" },
    h("span", { class: "worker" }, workerName(worker)),
    known.job ? h("button", { class: "job", onclick: () => showChain(jobSteps.get(known.job) || 0) }, `job ${known.job}`) : h("span", { class: "quiet" }, "idle"),
    h("span", { class: "age" }, length(Math.max(0, column.wall[state.n] - known.from)))));
  const queued = [...state.jobs].filter(([, job]) => job.worker < 0).length;
  if (queued) rows.push(h("p", { class: "quiet" }, `${plural(queued, "job")} given and not heard of since`));
  byId("pane-pool").hidden = !workerLanes.size && !jobSteps.size;
  fill("pool", ...(rows.length ? rows : [empty("No worker yet.")]));
}

// The steps that submitted the jobs.
const jobSteps = new Map();
for (let n = 1; n <= COUNT; n++) if (column.kind[n] === K.JOB_SUBMITTED) jobSteps.set(column.a[n], n);

const MARKS = { queued: "ready", running: "runs", waiting: "waits" };

function treeRow(task, depth, rows) {
  const one = lives.get(task);
  if (rows.length >= MOST || one.spawned > state.n || (poolTasks.has(task) && !showsPool())) return;
  const known = state.tasks.get(task);
  const mark = known ? MARKS[known.state] : ENDS[one.end] || "is gone";
  rows.push(h("div", { class: `branch ${known ? known.state : "over"}` }, h("span", { class: "indent", "aria-hidden": "true" }, "│ ".repeat(depth)), taskBox(task), h("span", { class: "quiet" }, ` ${mark}`), " ", lineButton(one.line)));
  for (const child of one.children) treeRow(child, Math.min(depth + 1, 12), rows);
}

function drawTree() {
  const rows = [];
  for (const task of ownTasks) if (!lives.get(task).by) treeRow(task, 0, rows);
  if (rows.length >= MOST) rows.push(empty(`Only the first ${MOST} are shown: find the others above.`));
  fill("tree", ...(rows.length ? rows : [empty("No task yet.")]));
}

function drawPanes() {
  drawReady();
  drawRunning();
  drawWaiting();
  drawTimers();
  drawPool();
  drawTree();
}

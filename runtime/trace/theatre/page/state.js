// The loop's state, rebuilt from the records: the same rules as runtime/trace/state/, and a test compares the two.
// Entries of the tables are never changed but replaced, so that a copy of a table is a copy of the state.

// Entries of the ready queue: a letter and a number. T task, C callback, M timer, S source.
function newState() {
  return {
    n: 0, running: false, turn: 0, ready: [], parked: 0, polls: [], outer: 0, noted: false, taken: 0,
    tasks: new Map(), calls: new Map(), timers: new Map(), sources: new Map(), objects: new Map(),
    jobs: new Map(), workers: new Map(),
  };
}

function copyState(state) {
  const copy = { ...state };
  for (const name of ["ready", "polls"]) copy[name] = state[name].slice();
  for (const name of ["tasks", "calls", "timers", "sources", "objects", "jobs", "workers"]) {
    copy[name] = new Map(state[name]);
  }
  return copy;
}

const NEW_TASK = { state: "waiting", since: 0, waits: [], polls: 0, busy: 0, by: 0, line: 0, asked: 0 };
const change = (map, key, fields, fallback) => map.set(key, { ...(map.get(key) || fallback || {}), ...fields });

function leave(state, entry) {
  if (state.ready[0] === entry) { state.ready.shift(); return true; }
  const place = state.ready.indexOf(entry);
  if (place >= 0) state.ready.splice(place, 1);
  return place >= 0;
}

function enter(state, entry) {
  leave(state, entry);
  state.ready.push(entry);
}

const workerKey = (n) => (column.kind[n] === K.JOB_FINISHED ? 0 : column.b[n] * 256 + column.detail[n]);
const currentTask = (state) => (state.polls.length ? state.polls[state.polls.length - 1].task : 0);

function runs(state, n) {
  if (!state.polls.length) state.outer = n;
}

function pollStarts(state, n, task) {
  const known = state.tasks.get(task) || NEW_TASK;
  if (state.taken !== task) leave(state, "T" + task);
  state.taken = 0;
  state.polls.push({ task, n, noted: state.noted });
  state.noted = false;
  state.outer = 0;
  state.tasks.set(task, { ...known, state: "running", since: n, polls: known.polls + 1 });
}

function pollEnds(state, n, task) {
  const poll = state.polls[state.polls.length - 1];
  if (!poll || poll.task !== task) return;
  state.polls.pop();
  state.noted = poll.noted;
  const known = state.tasks.get(task);
  if (!known) return;
  const busy = known.busy + column.wall[n] - column.wall[poll.n];
  const goesOn = column.detail[n] === 0;
  const now = state.ready.includes("T" + task) ? "queued" : "waiting";
  state.tasks.set(task, { ...known, busy, ...(goesOn ? { state: now, since: n } : {}) });
}

function waits(state, n, task) {
  const known = state.tasks.get(task) || NEW_TASK;
  const before = state.noted ? known.waits : [];
  state.noted = true;
  state.tasks.set(task, { ...known, waits: before.concat(n) });
}

function woken(state, n, task) {
  const known = state.tasks.get(task) || NEW_TASK;
  // Chaos polls a task at once, beside the queue.
  if (column.detail[n] === 4) { state.tasks.set(task, known); return; }
  state.tasks.set(task, known.state === "running" ? known : { ...known, state: "queued", since: n });
  enter(state, "T" + task);
}

const RULES = {
  [K.RUN]: (s, n) => { s.running = true; s.polls = []; s.outer = 0; },
  [K.RUN_END]: (s) => { s.running = false; s.parked = 0; s.outer = 0; },
  [K.SPAWN]: (s, n, task) => {
    s.tasks.set(task, { ...NEW_TASK, state: "queued", since: n, by: currentTask(s), line: column.line[n] });
    enter(s, "T" + task);
  },
  [K.WOKEN]: woken,
  [K.POLL]: pollStarts,
  [K.WAITS]: waits,
  [K.POLL_END]: pollEnds,
  [K.FINISHED]: (s, n, task) => { leave(s, "T" + task); s.tasks.delete(task); },
  [K.CALL_QUEUED]: (s, n, task, a) => { s.calls.set(a, n); enter(s, "C" + a); },
  [K.CALL]: (s, n, task, a) => { s.calls.delete(a); leave(s, "C" + a); runs(s, n); },
  [K.CALL_DROPPED]: (s, n, task, a) => { s.calls.delete(a); leave(s, "C" + a); },
  [K.TURN]: (s, n) => { s.turn = column.wide[n]; s.outer = 0; },
  [K.PARKED]: (s, n) => { s.parked = n; s.outer = 0; },
  [K.UNPARKED]: (s) => { s.parked = 0; },
  [K.TIMER_SET]: (s, n, task, a) => { s.timers.set(a, { when: column.wide[n], task, n, due: false }); },
  [K.TIMER_DROPPED]: (s, n, task, a) => { s.timers.delete(a); leave(s, "M" + a); },
  [K.TIMER_FIRED]: (s, n, task, a) => { change(s.timers, a, { due: true }); enter(s, "M" + a); },
  [K.TIMER]: (s, n, task, a) => { s.timers.delete(a); leave(s, "M" + a); runs(s, n); },
  [K.SOURCE_ADDED]: (s, n, task, a) => { s.sources.set(a, { fd: column.wide[n] | 0, by: currentTask(s) }); },
  [K.SOURCE_DROPPED]: (s, n, task, a) => { s.sources.delete(a); leave(s, "S" + a); },
  [K.SOURCE_READY]: (s, n, task, a) => { change(s.sources, a, { ready: n }, { fd: -1 }); enter(s, "S" + a); },
  [K.SOURCE]: (s, n, task, a) => { leave(s, "S" + a); runs(s, n); },
  [K.MADE]: (s, n, task, a) => { s.objects.set(a, { kind: column.detail[n], line: column.line[n], holders: [] }); },
  [K.DROPPED]: (s, n, task, a) => { s.objects.delete(a); },
  [K.TAKEN]: (s, n, task, a) => {
    const { holders = [] } = s.objects.get(a) || {};
    change(s.objects, a, { holders: holders.concat(task) });
  },
  [K.FREED]: (s, n, task, a) => {
    const holders = ((s.objects.get(a) || {}).holders || []).slice();
    holders.splice(Math.max(0, holders.indexOf(task)), 1);
    change(s.objects, a, { holders });
  },
  [K.CANCEL_ASKED]: (s, n, task) => { if (s.tasks.has(task)) change(s.tasks, task, { asked: n }); },
  [K.CANCEL_ABSORBED]: (s, n, task) => { if (s.tasks.has(task)) change(s.tasks, task, { asked: 0 }); },
  [K.CANCEL_DELIVERED]: (s, n, task) => { leave(s, "T" + task); s.taken = task; },
  [K.INBOX]: (s, n) => runs(s, n),
  [K.JOB_SUBMITTED]: (s, n, task, a) => { s.jobs.set(a, { n, by: currentTask(s), worker: -1, from: 0 }); },
  [K.JOB_STARTED]: (s, n, task, a) => {
    const from = column.wall[n] - column.wide[n], worker = workerKey(n);
    change(s.jobs, a, { worker, from }, { n, by: 0 });
    change(s.workers, worker, { job: a, from }, { process: 0, done: 0 });
  },
  [K.JOB_FINISHED]: (s, n, task, a) => {
    const { worker = -1 } = s.jobs.get(a) || {}, known = s.workers.get(worker);
    s.jobs.delete(a);
    if (known && known.job === a) change(s.workers, worker, { job: 0, from: column.wall[n], done: known.done + 1 });
    runs(s, n);
  },
  [K.WORKER_STARTED]: (s, n) => {
    s.workers.set(workerKey(n), { process: column.wide[n], job: 0, from: column.wall[n], done: 0 });
  },
  [K.WORKER_EXITED]: (s, n) => { s.workers.delete(workerKey(n)); },
};

// Takes the next record in.
function apply(state, n) {
  state.n = n;
  const rule = RULES[column.kind[n]];
  if (rule) rule(state, n, column.task[n], column.a[n]);
}

// Every so many steps a copy is kept, from which to go on when one steps back.
const CHECKPOINT = 1000;
const checkpoints = [];
let state = newState();

// Brings the state to a step, from where it is or from the nearest copy before.
function seek(n) {
  const nearest = Math.min(Math.floor(n / CHECKPOINT), checkpoints.length - 1);
  if (n < state.n || n - state.n > CHECKPOINT) state = copyState(checkpoints[nearest]);
  while (state.n < n) apply(state, state.n + 1);
}

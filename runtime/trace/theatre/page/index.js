// What is found out once, in one pass over the log: each task's life, and the bars of the timeline.

// What a bar shows. Those from NET on are waits, hatched by reason.
const BAR = { POLL: 0, READY: 1, PARKED: 2, LOOP: 3, NET: 4, TIMER: 5, WORKER: 6, TASK: 7, OBJECT: 8, OTHER: 9, JOB: 10 };
const WAIT_BAR = [BAR.READY, BAR.TIMER, BAR.OTHER, BAR.TASK, BAR.TASK, BAR.OBJECT, BAR.NET, BAR.WORKER, BAR.WORKER, BAR.OTHER, BAR.OTHER];

const lives = new Map();
const workerLanes = new Map();
const loopBars = newBars();
const pollCount = new Uint32Array(COUNT + 1);

// Bars as columns: the first and last step, and what is shown. Worker bars have times of their own.
function newBars() {
  return { from: [], to: [], what: [], at: [], job: [] };
}

function addBar(bars, from, to, what, times, job) {
  bars.from.push(from);
  bars.to.push(to);
  bars.what.push(what);
  bars.at.push(times || 0);
  bars.job.push(job || 0);
}

function life(task) {
  if (!lives.has(task)) {
    lives.set(task, { task, by: 0, line: 0, spawned: 0, ended: 0, end: -1, polls: [], ends: [], bars: newBars(), open: 0, what: -1, children: [] });
  }
  return lives.get(task);
}

function turnTo(one, n, what) {
  if (one.what >= 0 && n > one.open) addBar(one.bars, one.open, n, one.what);
  one.open = n;
  one.what = what;
}

function waitBar(task) {
  const known = state.tasks.get(task);
  if (!known || known.state === "queued") return BAR.READY;
  return known.waits.length ? WAIT_BAR[column.detail[known.waits[0]]] : BAR.OTHER;
}

function readTask(n, kind, one, task) {
  if (kind === K.SPAWN) {
    Object.assign(one, { by: currentTask(state), line: column.line[n], spawned: n });
    if (one.by) life(one.by).children.push(task);
    turnTo(one, n, BAR.READY);
  } else if (kind === K.POLL) {
    one.polls.push(n);
    turnTo(one, n, BAR.POLL);
  } else if (kind === K.POLL_END) {
    one.ends.push(n);
    turnTo(one, n, column.detail[n] === 0 ? waitBar(task) : -1);
  } else if (kind === K.WOKEN && one.what !== BAR.POLL && column.detail[n] !== 4) {
    turnTo(one, n, BAR.READY);
  } else if (kind === K.FINISHED) {
    turnTo(one, n, -1);
    one.ended = n;
    one.end = column.detail[n];
  }
}

const openJobs = new Map();

function workerLane(worker) {
  if (!workerLanes.has(worker)) workerLanes.set(worker, { worker, process: 0, bars: newBars(), open: null });
  return workerLanes.get(worker);
}

function readJob(n, kind) {
  const job = column.a[n], at = column.wall[n] - column.wide[n];
  if (kind === K.WORKER_STARTED) workerLane(workerKey(n)).process = column.wide[n];
  if (kind === K.JOB_STARTED) openJobs.set(job, { n, at, worker: workerKey(n) });
  if (kind === K.JOB_FINISHED && openJobs.has(job)) {
    const open = openJobs.get(job);
    openJobs.delete(job);
    addBar(workerLane(open.worker).bars, open.n, n, BAR.JOB, [open.at, at], job);
  }
}

// What the loop itself does: the bar that is open, and since when.
let loopSince = 0, loopWhat = -1;
function readLoop(n, kind) {
  let what = loopWhat;
  if (state.polls.length) what = BAR.POLL;
  else if (kind === K.POLL_END || kind === K.RUN_END || kind === K.UNPARKED || kind === K.TURN) what = -1;
  else if (kind === K.PARKED) what = BAR.PARKED;
  else if (state.outer === n) what = BAR.LOOP;
  if (what === loopWhat && kind !== K.POLL) return;
  if (loopWhat >= 0) addBar(loopBars, loopSince, n, loopWhat);
  loopSince = n;
  loopWhat = what;
}

function readLog() {
  checkpoints.push(copyState(state));
  for (let n = 1; n <= COUNT; n++) {
    const kind = column.kind[n], task = column.task[n];
    apply(state, n);
    pollCount[n] = pollCount[n - 1] + (kind === K.POLL ? 1 : 0);
    if (task && kind !== K.TIMER_SET) readTask(n, kind, life(task), task);
    if (kind >= K.JOB_SUBMITTED && kind <= K.WORKER_EXITED) readJob(n, kind);
    readLoop(n, kind);
    if (n % CHECKPOINT === 0) checkpoints.push(copyState(state));
  }
  for (const one of lives.values()) if (one.what >= 0) turnTo(one, COUNT, -1);
  if (loopWhat >= 0) addBar(loopBars, loopSince, COUNT, loopWhat);
  for (const [job, { n, at, worker }] of openJobs) {
    addBar(workerLane(worker).bars, n, COUNT, BAR.JOB, [at, column.wall[COUNT]], job);
  }
}
readLog();

// Tasks that the pools spawn for themselves are no part of the program that is shown.
const isPools = (task) => {
  const at = lines.get((lives.get(task) || {}).line);
  return !!at && /(^|\/)runtime\/pool\//.test(at.file);
};
const ownTasks = [...lives.keys()].sort((one, other) => one - other);
const poolTasks = new Set(ownTasks.filter(isPools));

// The place of the first value that is not below the wanted one.
function firstAt(list, wanted, value = (it) => it) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value(list[middle]) < wanted) low = middle + 1; else high = middle;
  }
  return low;
}

// A poll's end; the last step if the log ends before.
function endOfPoll(n) {
  const one = lives.get(column.task[n]);
  return one ? one.ends[firstAt(one.ends, n)] || COUNT : n;
}

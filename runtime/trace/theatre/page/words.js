// Names of things, and reasons.
const OBJECTS = ["promise", "event", "lock", "condition", "semaphore", "barrier", "queue"];
const CALLS = ["a function that was to be called soon", "the note that a task of a group has ended", "a time limit that ran out", "a wake-up", "the order to stop"];
const ENDS = ["returned", "panicked", "was cancelled"];
const REASONS = ["because it was told to", "because its time limit ran out", "because its group gives up", "because the run ends", "because of Ctrl-C"];
const JOB_ENDS = ["gave its result", "failed", "was given up before it began", "was killed"];

const guesses = new Map();

// The name of a function that a line spawns, if it can be read there: `spawn(work(...))` is a "work".
function guess(line) {
  if (!guesses.has(line)) {
    const at = lines.get(line), file = at && files.get(at.file);
    const row = (file && file.rows[at.line - 1]) || "";
    const next = (file && file.rows[at.line]) || "";
    const found = /spawn\w*\(\s*(?:\w+(?:::<[^>]*>)?::)*([a-z_]\w*)\s*\(/.exec(row.slice(Math.max(0, at ? at.column - 14 : 0)) + next.trim());
    guesses.set(line, found ? found[1] : guessAround(at, file, row));
  }
  return guesses.get(line);
}

// Else the function that is called there (`gather(...)`), or the one that the line stands in.
function guessAround(at, file, row) {
  const called = at && /^(?:\w+::)*([a-z_]\w*)\s*\(/.exec(row.slice(at.column - 1));
  if (called && !called[1].startsWith("spawn")) return called[1];
  for (let number = at ? at.line - 1 : 0; file && number > 0; number--) {
    const found = /\bfn (\w+)/.exec(file.rows[number - 1] || "");
    if (found) return `in ${found[1]}`;
  }
  return "";
}

function label(task) {
  const one = lives.get(task);
  const name = names.get(task) || (task === firstTask ? "main" : one ? guess(one.line) : "");
  return `T${task}${name && name !== `Task-${task}` ? " " + name : ""}`;
}
const firstTask = ownTasks.length ? ownTasks[0] : 0;

const workerName = (worker) => {
  const lane = workerLanes.get(worker), pools = new Set([...workerLanes.keys()].map((key) => key >> 8));
  const kind = lane && lane.process ? "process" : "thread";
  return `${kind} ${(worker & 255)}${pools.size > 1 ? ` of pool ${worker >> 8}` : ""}`;
};

const sourceName = (n, source, s) => {
  const known = s && s.sources.get(source);
  return known && known.fd >= 0 ? `socket ${known.fd}` : `source ${source}`;
};

// What a record of the kind WAITS waits for.
function waitsFor(n, s) {
  const a = column.a[n], b = column.b[n], wide = column.wide[n];
  switch (column.detail[n]) {
    case 0: return "its next turn";
    case 1: return `timer ${a}, due at ${moment(wide)}`;
    case 2: return "nothing: a sleep without end";
    case 3: return `the end of ${label(wide)}`;
    case 4: return `the ends of ${plural(a, "task")}`;
    case 5: return objectWait(a, b & 255, b >> 8);
    case 6: return `${sourceName(n, a, s)} ${b ? "to take more" : "to have something to read"}`;
    case 7: return `job ${a} of the pool`;
    case 8: return "a free place in the pool's line";
    case 9: return "a future from elsewhere";
    default: return "nothing that could wake it";
  }
}

function objectWait(object, kind, act) {
  const name = `${OBJECTS[kind]} ${object}`;
  return [`${name}`, `an item of ${name}`, `room in ${name}`, `all work on ${name} to be done`][act];
}

// What the task waited for before a step, as words; empty if that is not known.
function waitedFor(task, n) {
  const one = lives.get(task), ends = one ? one.ends : [];
  const end = ends[firstAt(ends, n) - 1];
  if (!end) return 0;
  for (let back = end - 1; back > 0 && column.kind[back] !== K.POLL; back--) {
    if (column.kind[back] === K.WAITS && column.task[back] === task) return back;
  }
  return 0;
}

// What queued the poll, as words that go after "because".
function because(poll) {
  const queued = column.cause[poll], task = column.task[poll];
  if (!queued) return "of something from before the log begins";
  if (column.kind[queued] === K.SPAWN) {
    const by = (lives.get(task) || {}).by;
    return by ? `${label(by)} spawned it${at(queued)}` : `the run began with it`;
  }
  return wakeReason(queued, task);
}

const at = (n) => (column.line[n] && lines.has(column.line[n]) ? ` at ${place(column.line[n])}` : "");

// The end of a job that was heard of in the step that woke a task; 0 if there was none.
function jobHeardOf(queued) {
  const by = column.cause[queued];
  if (column.kind[by] !== K.POLL) return 0;
  for (let n = queued - 1; n > by; n--) {
    if (column.kind[n] === K.JOB_FINISHED && column.kind[column.cause[n]] === K.JOB_STARTED) return n;
  }
  return 0;
}

function wakeReason(queued, task) {
  const by = column.cause[queued], kind = column.kind[by], wait = waitedFor(task, queued);
  switch (column.detail[queued]) {
    case 1: return by ? `${label(column.task[by])}, whose end it awaited, ${ENDS[column.detail[by]]}` : "a task that it awaited ended";
    case 2: return kind === K.CANCEL_ASKED ? `it was asked to cancel${at(by)}` : "it was asked to cancel";
    case 4: return "of a test's chaos: nobody woke it";
    case 3: return "another thread woke it";
    default:
  }
  switch (kind) {
    case K.POLL:
      if (column.task[by] === task) return "it asked for another turn";
      if (jobHeardOf(queued)) return jobEnd(jobHeardOf(queued));
      return `${label(column.task[by])} ${didFor(wait)}`;
    case K.TIMER: return `its timer was due${timerDue(by)}`;
    case K.SOURCE: return sourceReason(by);
    case K.CALL: return callReason(by);
    case K.JOB_FINISHED: return jobEnd(by);
    case K.INBOX: return "a message from another thread was read";
    case K.FINISHED: return `${label(column.task[by])} ${ENDS[column.detail[by]]}`;
    default: return "the loop woke it";
  }
}

const jobEnd = (n) => `job ${column.a[n]} of the pool ${JOB_ENDS[column.detail[n]]}`;

// What a task did that woke somebody who waited for this.
function didFor(wait) {
  if (!wait || column.detail[wait] !== 5) return "woke it";
  const object = column.a[wait], kind = column.b[wait] & 255, act = column.b[wait] >> 8;
  const name = `${OBJECTS[kind]} ${object}`;
  if (kind === 2 || kind === 4) return `gave ${name} back`;
  return ["woke those who wait at " + name, `changed ${name}`, `made room in ${name}`, `reported the last work on ${name} done`][act];
}

function timerDue(n) {
  const fired = column.cause[n], set = fired && column.cause[fired];
  return set ? ` at ${moment(column.wide[set])}` : "";
}

function sourceReason(n) {
  const ready = column.cause[n], ways = [];
  if (column.detail[ready] & 1) ways.push("can be read");
  if (column.detail[ready] & 2) ways.push("takes more");
  return `its socket (source ${column.a[n]}) ${ways.join(" and ") || "is ready"}`;
}

function callReason(n) {
  const queued = column.cause[n], kind = queued && column.kind[queued] === K.CALL_QUEUED ? column.detail[queued] : 3;
  const by = queued && column.cause[queued];
  if (kind === 1 && by && column.task[by]) return `${label(column.task[by])}, which it awaits with others, ended`;
  if (kind === 2) return "its time limit ran out";
  return "a callback woke it";
}

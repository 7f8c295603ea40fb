// The chain of causes: what led to a step, and what led to that, back to the beginning.
const LONGEST_CHAIN = 60;

function causes(n) {
  const chain = [];
  for (let at = n; at && chain.length < 400; at = causeOf(at)) chain.push(at);
  return chain;
}

// As `roundelay why` walks: a source, which has no cause, comes from the first wait for it since it was ready last; and
// a wake in a step that hears of a job's end comes from that end.
function causeOf(n) {
  if (column.kind[n] === K.SOURCE_READY) return column.cause[n] || firstWaitFor(n);
  return (column.kind[n] === K.WOKEN && jobHeardOf(n)) || column.cause[n];
}

// The steps at which each source was waited for, was new or was ready.
const sourceSteps = new Map();
for (let n = 1; n <= COUNT; n++) {
  const kind = column.kind[n];
  if (kind !== K.SOURCE_READY && kind !== K.SOURCE_ADDED && !(kind === K.WAITS && column.detail[n] === 6)) continue;
  if (!sourceSteps.has(column.a[n])) sourceSteps.set(column.a[n], []);
  sourceSteps.get(column.a[n]).push(n);
}

function firstWaitFor(n) {
  const steps = sourceSteps.get(column.a[n]);
  let first = 0;
  for (let place = firstAt(steps, n) - 1; place >= 0 && column.kind[steps[place]] === K.WAITS; place--) first = steps[place];
  return first;
}

// A wake and the poll that it leads to, or a poll and its end, say the same twice: one of them is shown.
function toldChain(n) {
  const chain = causes(n);
  return chain.filter((at, place) => place === 0 || !(column.kind[at] === K.WOKEN || column.kind[at] === K.SPAWN) || column.kind[chain[place - 1]] !== K.POLL);
}

let chainOf = 0;

function chainRow(n, place, chain) {
  const go = (event) => { event.stopPropagation(); goTo(n); };
  const before = chain[place + 1];
  const gap = before ? column.wall[n] - column.wall[before] : 0;
  return h("li", {}, h("button", { class: "cause", onclick: go, title: `go to event ${seqOf(n)}` }, h("small", {}, `#${seqOf(n)} ${moment(column.now[n])} `), sentenceThen(n)),
    " ", lineButton(column.line[n]), gap > 0 ? h("div", { class: "quiet gap" }, `↑ ${length(gap)} after`) : null);
}

// A sentence about a step that is not the current one: the tables of that moment are needed for it.
function sentenceThen(n) {
  const kept = state;
  state = copyState(checkpoints[Math.min(Math.floor((n - 1) / CHECKPOINT), checkpoints.length - 1)]);
  while (state.n < n) apply(state, state.n + 1);
  const text = sentence(n);
  state = kept;
  return text;
}

function showChain(n) {
  chainOf = n;
  const chain = n ? toldChain(n) : [];
  byId("chain-note").textContent = n ? `what led to event ${seqOf(n)}` : "";
  const rows = chain.slice(0, LONGEST_CHAIN).map((at, place) => chainRow(at, place, chain));
  if (chain.length > rows.length) rows.push(h("li", { class: "quiet" }, `… and ${chain.length - rows.length} or more before`));
  fill("chain", ...(rows.length ? rows : [empty("Click a task, a bar or the sentence below.")]));
}

// The last step of a task up to now: its running poll, what woke it, or the end of its last poll.
function lastStepOf(task) {
  const one = lives.get(task);
  if (one.ended && one.ended <= state.n) return one.ended;
  for (let n = state.n; n > 0; n--) {
    if (column.task[n] === task && [K.POLL, K.WOKEN, K.POLL_END, K.SPAWN, K.WAITS].includes(column.kind[n])) return n;
  }
  return one.spawned;
}

function chooseTask(task) {
  if (guessing()) { answer(task); return; }
  chosen = chosen === task ? 0 : task;
  showChain(lastStepOf(task));
  const known = state.tasks.get(task);
  drawPanes();
  if (known && known.waits.length) showLine(column.line[known.waits[0]]);
  showLane(laneOfTask.get(task) || 0);
}

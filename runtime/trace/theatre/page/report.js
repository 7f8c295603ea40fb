// The report: counts, what took longest, what waited longest, and what led to the end.
const TOP = 10;

function topOf(list, measure) {
  return list.sort((one, other) => measure(other) - measure(one)).slice(0, TOP);
}

// What is measured in one pass.
function measure() {
  const found = { polls: [], turns: [], waits: [], stalls: [], absorbed: [], wasted: [], kinds: new Map(), busy: 0, parked: 0 };
  let turn = 0, parked = 0;
  for (let n = 1; n <= COUNT; n++) {
    const kind = column.kind[n];
    found.kinds.set(kind, (found.kinds.get(kind) || 0) + 1);
    if (kind === K.POLL) {
      found.polls.push([n, column.wall[endOfPoll(n)] - column.wall[n]]);
      const queued = column.cause[n];
      if (queued) found.waits.push([n, column.wall[n] - column.wall[queued]]);
    }
    if (kind === K.TURN || kind === K.PARKED || kind === K.RUN_END) {
      if (turn) found.turns.push([turn, column.wall[n] - column.wall[turn]]);
      turn = kind === K.TURN ? n : 0;
    }
    if (kind === K.PARKED) parked = n;
    if (kind === K.UNPARKED && parked) { found.parked += column.wall[n] - column.wall[parked]; parked = 0; }
    if (kind === K.STALLED) found.stalls.push([n, column.wide[n]]);
    if (kind === K.CANCEL_ABSORBED) found.absorbed.push([n, 0]);
  }
  found.wasted = wastedPolls();
  return found;
}

// Polls that changed nothing: the task was woken, and waits at the same line for the same thing as before.
function wastedPolls() {
  const wasted = [];
  for (const one of lives.values()) {
    let before = "";
    for (let place = 0; place < one.polls.length; place++) {
      const n = one.polls[place], end = one.ends[place] || COUNT;
      let noted = "";
      for (let at = n + 1; at < end; at++) {
        if (column.kind[at] === K.WAITS && column.task[at] === one.task && column.detail[at] !== 0) noted += `${column.detail[at]} ${column.a[at]} ${column.wide[at]} ${column.line[at]};`;
      }
      if (noted && noted === before && end - n <= 3) wasted.push([n, column.wall[end] - column.wall[n]]);
      before = noted;
    }
  }
  return wasted;
}

function table(title, note, rows, words, line = (n) => column.line[n]) {
  const body = rows.map(([n, took]) => h("tr", {}, h("td", { class: "figure" }, took ? length(took) : ""), h("td", {}, h("button", { class: "cause", onclick: () => { showPage("theatre"); goTo(n); showChain(n); } }, words(n))), h("td", {}, lineButton(line(n)))));
  return h("section", {}, h("h2", {}, title), h("p", { class: "quiet" }, note), body.length ? h("table", {}, ...body) : empty("None."));
}

function counts(found) {
  const of = (kind) => found.kinds.get(kind) || 0;
  const all = column.wall[COUNT] - column.wall[1];
  const cells = [["tasks", of(K.SPAWN)], ["of them the pool's own", poolTasks.size], ["polls", of(K.POLL)], ["turns", of(K.TURN)], ["events", COUNT], ["timers set", of(K.TIMER_SET)], ["jobs", of(K.JOB_SUBMITTED)], ["workers", workerLanes.size]];
  const items = cells.filter(([name, count]) => count || name === "polls").map(([name, count]) => h("div", {}, h("dt", {}, name), h("dd", {}, count.toLocaleString("en"))));
  const share = all ? Math.round((100 * found.parked) / all) : 0;
  const times = [["real time", length(all)], ["the loop slept", `${length(found.parked)} (${share} %)`]];
  if (isVirtual) times.push(["virtual time", length(column.now[COUNT] - column.now[1])]);
  items.push(...times.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))));
  return h("section", {}, h("h2", {}, "Counts"), h("dl", { class: "counts" }, ...items));
}

// The end of the main task: what set the time that the run took.
function lastEnd() {
  for (let n = COUNT; n > 0; n--) if (column.kind[n] === K.FINISHED && column.task[n] === firstTask) return n;
  return COUNT;
}

function whatSetTheTime() {
  const chain = toldChain(lastEnd()).reverse();
  const steps = chain.map((n, place) => [n, place ? column.wall[n] - column.wall[chain[place - 1]] : 0]);
  const longest = steps.slice().sort((one, other) => other[1] - one[1]).slice(0, 12).sort((one, other) => one[0] - other[0]);
  return table("What set the total time", "The chain of causes of the main task's end; these links took longest, in the order in which they came.", longest, sentenceThen, lineOfWait);
}

// The line of a step; of a timer or a source, that of the wait for it.
function lineOfWait(n) {
  const from = causeOf(n);
  if (column.line[n] || !from) return column.line[n];
  if (column.kind[n] === K.SOURCE_READY) return column.line[from];
  if (column.kind[n] !== K.TIMER_FIRED) return 0;
  for (let at = from; at < n && at < from + 4; at++) {
    if (column.kind[at] === K.WAITS && column.detail[at] === 1 && column.a[at] === column.a[n]) return column.line[at];
  }
  return column.line[from];
}

function drawReport() {
  const found = measure(), kept = state.n;
  const poll = (n) => `${label(column.task[n])}, step ${firstAt(lives.get(column.task[n]).polls, n) + 1}, because ${because(n)}`;
  byId("page-report").replaceChildren(
    counts(found),
    whatSetTheTime(),
    table("Longest steps", "While one task runs, no other does.", topOf(found.polls, (it) => it[1]), poll),
    table("Longest turns", "A turn runs what was ready when it began.", topOf(found.turns, (it) => it[1]), (n) => `turn ${column.wide[n]}, ${plural(column.a[n], "step")}`),
    table("Longest in the ready queue", "They could have run, and had to wait for others.", topOf(found.waits, (it) => it[1]), poll),
    table(`Stalls: ${found.stalls.length}`, "Steps that kept the loop for more than 100 ms.", found.stalls.slice(0, TOP), (n) => (column.task[n] ? label(column.task[n]) : "a callback")),
    table(`Cancels that were caught: ${found.absorbed.length}`, "These tasks were asked to cancel, and went on.", found.absorbed.slice(0, TOP), (n) => label(column.task[n])),
    table(`Polls in vain: ${found.wasted.length}`, "The task was woken, and waits for the same as before.", topOf(found.wasted, (it) => it[1]), poll));
  seek(kept);
}

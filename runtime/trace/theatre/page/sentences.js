// One sentence for each step.
const who = (task) => (task ? label(task) : "The loop");
const here = (n) => (column.line[n] && lines.has(column.line[n]) ? ` (${place(column.line[n])})` : "");

// A record is named by its own number, so that two people can speak of it.
const SENTENCES = {
  [K.RUN]: () => "The loop begins to run.",
  [K.RUN_END]: () => "The loop stops: the main task has ended.",
  [K.SPAWN]: (n, t) => `${who(lives.get(t).by)} spawns ${label(t)}${here(n)}. It goes to the end of the ready queue; nothing of it runs yet.`,
  [K.NAMED]: (n, t) => `T${t} is given the name “${names.get(t) || ""}”.`,
  [K.WOKEN]: (n, t) => `${label(t)} is ready, because ${wakeReason(n, t)}. It goes to the end of the ready queue.`,
  [K.POLL]: (n, t) => pollSentence(n, t),
  [K.WAITS]: (n, t) => `${label(t)} has to wait for ${waitsFor(n, state)}${here(n)}.`,
  [K.POLL_END]: (n, t) => pollEndSentence(n, t),
  [K.FINISHED]: (n, t) => `${label(t)} ${["has ended: it returned its value", "has ended: it panicked", "has ended: it was cancelled"][column.detail[n]]}.`,
  [K.CALL_QUEUED]: (n) => `A callback goes to the end of the ready queue: ${CALLS[column.detail[n]]}${here(n)}.`,
  [K.CALL]: (n) => `A callback runs: ${callKind(n)}.`,
  [K.CALL_DROPPED]: () => "A callback is taken out of the ready queue.",
  [K.TURN]: (n) => column.a[n] === 0 ? `Turn ${column.wide[n].toLocaleString("en")} begins, and finds nothing to run.` : `Turn ${column.wide[n].toLocaleString("en")} begins: it runs what is ready now, ${plural(column.a[n], "entry").replace("entrys", "entries")}; what becomes ready meanwhile runs in the next turn.`,
  [K.PARKED]: (n) => `Nothing is ready, so the loop sleeps ${column.detail[n] ? `until ${moment(column.wide[n])} or until something happens` : "until something happens"}.`,
  [K.UNPARKED]: () => "The loop is awake again.",
  [K.JUMP]: (n) => `The virtual clock jumps from ${moment(column.wide[n])} to ${moment(column.now[n])}: nobody has to wait for real.`,
  [K.TIMER_SET]: (n, t) => `Timer ${column.a[n]} is set to ${moment(column.wide[n])}${t ? ` for ${label(t)}` : ""}.`,
  [K.TIMER_DROPPED]: (n) => `Timer ${column.a[n]} is cancelled: nobody waits for it any more.`,
  [K.TIMER_FIRED]: (n) => `Timer ${column.a[n]} is due, and goes to the end of the ready queue.`,
  [K.TIMER]: (n) => `Timer ${column.a[n]} has its turn: it wakes who waits for it.`,
  [K.SOURCE_ADDED]: (n) => `A ${column.wide[n] | 0 ? `socket (descriptor ${column.wide[n] | 0})` : "descriptor"} is now watched, as source ${column.a[n]}.`,
  [K.SOURCE_DROPPED]: (n) => `Source ${column.a[n]} is watched no more.`,
  [K.SOURCE_READY]: (n) => `The system says that source ${column.a[n]} ${["is ready", "can be read", "takes more", "can be read and takes more"][column.detail[n] & 3]}.`,
  [K.SOURCE]: (n) => `Source ${column.a[n]} has its turn: it wakes who waits for it.`,
  [K.MADE]: (n) => `${OBJECTS[column.detail[n]]} ${column.a[n]} is used for the first time${here(n)}.`,
  [K.DROPPED]: (n) => `Object ${column.a[n]} is gone: nobody will wait at it any more.`,
  [K.TAKEN]: (n, t) => `${who(t)} takes ${objectName(column.a[n])}.`,
  [K.FREED]: (n, t) => `${who(t)} gives ${objectName(column.a[n])} back.`,
  [K.CALLED]: (n, t) => `${objectName(column.a[n])} is handed to ${t ? label(t) : "who waited longest"}.`,
  [K.CANCEL_ASKED]: (n, t) => `${label(t)} is asked to cancel${here(n)}, ${REASONS[column.detail[n]]}. This only asks: it hears of it when it runs.`,
  [K.CANCEL_DELIVERED]: (n, t) => `${label(t)} now hears that it is to cancel.`,
  [K.CANCEL_ABSORBED]: (n, t) => `${label(t)} catches the cancel and goes on.`,
  [K.INBOX]: (n) => `The loop reads ${plural(column.a[n], "message")} from other threads.`,
  [K.JOB_SUBMITTED]: (n) => `${who(currentTask(state))} gives job ${column.a[n]} to the pool${here(n)}.`,
  [K.JOB_STARTED]: (n) => `The loop hears that ${workerName(workerKey(n))} began job ${column.a[n]}, ${length(column.wide[n])} ago.`,
  [K.JOB_FINISHED]: (n) => `Job ${column.a[n]} ${JOB_ENDS[column.detail[n]]}${column.wide[n] ? `, ${length(column.wide[n])} ago` : ""}.`,
  [K.WORKER_STARTED]: (n) => `The pool has a new worker: ${workerName(workerKey(n))}${column.wide[n] ? ` (process ${column.wide[n]})` : ""}.`,
  [K.WORKER_EXITED]: (n) => `The pool's ${workerName(workerKey(n))} has ended.`,
  [K.STALLED]: (n, t) => `${who(t)} kept the loop for ${length(column.wide[n])}: nobody else had a turn.`,
};

const objectName = (object) => `${OBJECTS[(state.objects.get(object) || {}).kind] || "object"} ${object}`;

function callKind(n) {
  const queued = column.cause[n];
  return queued && column.kind[queued] === K.CALL_QUEUED ? CALLS[column.detail[queued]] : CALLS[0];
}

function pollSentence(n, task) {
  const queued = column.cause[n], one = lives.get(task), number = firstAt(one.polls, n) + 1;
  let wait = "";
  if (queued) {
    const behind = pollCount[n - 1] - pollCount[queued];
    wait = ` It stood in the ready queue for ${length(column.wall[n] - column.wall[queued])}${behind ? `, behind ${plural(behind, "other step")}` : ""}.`;
  }
  return `${label(task)} runs (step ${number} of ${one.polls.length}), because ${because(n)}.${wait}`;
}

function pollEndSentence(n, task) {
  const took = column.cause[n] ? ` after ${length(column.wall[n] - column.wall[column.cause[n]])}` : "";
  return column.detail[n] === 0
    ? `${label(task)} stops${took} and waits: the loop is free for others.`
    : `${label(task)} stops${took}: it has nothing left to do.`;
}

function sentence(n) {
  if (n === 0) return "The run has not begun. Step forward to see what happens.";
  const make = SENTENCES[column.kind[n]];
  const text = make ? make(n, column.task[n]) : `An event that this page does not know (${column.kind[n]}).`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

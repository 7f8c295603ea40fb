// The log: unpacked into columns. Steps are counted from 1; 0 is the moment before the first.
// What each kind's detail, a, b and wide mean stands in runtime/trace/code.rs.
const data = JSON.parse(document.getElementById("data").textContent);
const COUNT = data.count;
const K = {
  RUN: 1, RUN_END: 2, SPAWN: 3, NAMED: 4, WOKEN: 5, POLL: 6, WAITS: 7, POLL_END: 8, FINISHED: 9,
  CALL_QUEUED: 10, CALL: 11, CALL_DROPPED: 12, TURN: 13, PARKED: 14, UNPARKED: 15, JUMP: 16,
  TIMER_SET: 17, TIMER_DROPPED: 18, TIMER_FIRED: 19, TIMER: 20,
  SOURCE_ADDED: 21, SOURCE_DROPPED: 22, SOURCE_READY: 23, SOURCE: 24,
  MADE: 25, TAKEN: 26, FREED: 27, CANCEL_ASKED: 28, CANCEL_DELIVERED: 29, CANCEL_ABSORBED: 30,
  INBOX: 31, JOB_SUBMITTED: 32, JOB_STARTED: 33, JOB_FINISHED: 34,
  WORKER_STARTED: 35, WORKER_EXITED: 36, STALLED: 37, CALLED: 38, DROPPED: 39,
};
const column = {
  kind: new Uint8Array(COUNT + 1), detail: new Uint8Array(COUNT + 1),
  wall: new Float64Array(COUNT + 1), now: new Float64Array(COUNT + 1),
  cause: new Uint32Array(COUNT + 1), task: new Uint32Array(COUNT + 1), line: new Uint32Array(COUNT + 1),
  a: new Uint32Array(COUNT + 1), b: new Uint16Array(COUNT + 1), wide: new Float64Array(COUNT + 1),
};

function unpack(text) {
  const bytes = atob(text);
  let place = 0;
  const number = () => {
    let value = 0, scale = 1, byte;
    do {
      byte = bytes.charCodeAt(place++);
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte & 128);
    return value;
  };
  for (let n = 1; n <= COUNT; n++) {
    column.kind[n] = bytes.charCodeAt(place++);
    column.detail[n] = bytes.charCodeAt(place++);
    column.wall[n] = column.wall[n - 1] + number();
    column.now[n] = column.now[n - 1] + number();
    const back = number();
    column.cause[n] = back > 0 && back < n ? n - back : 0;
    column.task[n] = number();
    column.line[n] = number();
    column.a[n] = number();
    column.b[n] = number();
    column.wide[n] = number();
  }
  column.wall[0] = column.wall[1] || 0;
  column.now[0] = column.now[1] || 0;
}
unpack(data.records);
data.records = null;

const isVirtual = data.clock === "virtual";
const names = new Map(data.names);
const lines = new Map(data.lines.map(([file, number, line, col]) => [number, { file, line, column: col }]));
const files = new Map(data.files.map((file) => [file.name, file]));
for (const file of files.values()) file.rows = file.text === undefined ? [] : file.text.split("\n");
// The number that the log gives a step.
const seqOf = (n) => n + data.first - 1;

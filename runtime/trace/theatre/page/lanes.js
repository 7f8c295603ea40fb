// The lanes of the timeline, from above: the loop, the workers, the tasks.
const LANE = 20;
let axis = "now";

// The place of a step on the axis.
const timeOf = (n) => (axis === "events" ? n : axis === "wall" ? column.wall[n] : column.now[n]);
const showsPool = () => byId("show-pool").checked;

function makeLanes() {
  const lanes = [{ name: "loop", bars: loopBars, task: 0 }];
  const order = [...workerLanes.keys()].sort((one, other) => one - other);
  for (const worker of order) lanes.push({ name: workerName(worker), bars: workerLanes.get(worker).bars, task: 0, worker });
  for (const task of ownTasks) {
    if (!poolTasks.has(task) || showsPool()) lanes.push({ name: label(task), bars: lives.get(task).bars, task });
  }
  lanes.forEach((lane, place) => { lane.place = place; });
  return lanes;
}

let lanes = [];
const laneOfTask = new Map(), laneOfWorker = new Map();

function layLanes() {
  lanes = makeLanes();
  laneOfTask.clear();
  laneOfWorker.clear();
  for (const lane of lanes) {
    if (lane.task) laneOfTask.set(lane.task, lane.place);
    if (lane.worker !== undefined) laneOfWorker.set(lane.worker, lane.place);
  }
}

// The lane of a step: its task's, its job's worker's, or the loop's.
function laneOf(n) {
  const task = column.task[n];
  if (task && laneOfTask.has(task)) return laneOfTask.get(task);
  if (column.kind[n] === K.JOB_STARTED) return laneOfWorker.get(workerKey(n)) || 0;
  if (column.kind[n] === K.JOB_FINISHED && column.cause[n] && column.kind[column.cause[n]] === K.JOB_STARTED) {
    return laneOfWorker.get(workerKey(column.cause[n])) || 0;
  }
  return 0;
}

// The ends of a bar on the axis.
function barStart(bars, place) {
  const times = bars.at[place];
  return times && axis === "wall" ? times[0] : times && axis === "now" && !isVirtual ? times[0] : timeOf(bars.from[place]);
}

function barEnd(bars, place) {
  const times = bars.at[place];
  return times && axis === "wall" ? times[1] : times && axis === "now" && !isVirtual ? times[1] : timeOf(bars.to[place]);
}

// The first bar of a lane that ends after a time.
function firstBar(bars, time) {
  let low = 0, high = bars.to.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (barEnd(bars, middle) < time) low = middle + 1; else high = middle;
  }
  return low;
}

// The last step at or before a time of the axis.
function stepAt(time) {
  let low = 0, high = COUNT;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (timeOf(middle) <= time) low = middle; else high = middle - 1;
  }
  return low;
}

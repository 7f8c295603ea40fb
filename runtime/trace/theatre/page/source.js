// The source pane: the file of the current line, with that line marked.
let shownFile = null;

// The line that a step is about: its own, or where its task goes on, or where that was spawned; and what else that is.
function currentLine(n) {
  if (n && lines.has(column.line[n])) return [column.line[n], ""];
  const task = currentTask(state) || column.task[n];
  if (task) {
    const known = state.tasks.get(task);
    if (known && known.waits.length && column.line[known.waits[0]]) return [column.line[known.waits[0]], ""];
    const one = lives.get(task);
    if (one && one.line) return [one.line, task === firstTask ? "" : `where T${task} was spawned`];
  }
  return [0, ""];
}

function sourceRow(text, number, marked) {
  const row = h("div", { class: marked ? "code marked" : "code", "data-row": number }, h("span", { class: "number" }, String(number)), h("code", {}, text || " "));
  if (marked) row.setAttribute("aria-current", "true");
  return row;
}

// Long files are shown in part: what is around the line.
const AROUND = 150;

function showLine(line, note = "") {
  const at = lines.get(line);
  if (!at) return;
  const file = files.get(at.file), pane = byId("source");
  byId("source-name").textContent = `${at.file}:${at.line}${note && `, ${note}`}`;
  if (!file || file.text === undefined) {
    shownFile = null;
    pane.replaceChildren(empty(file ? file.problem : "This file is not in the page."));
    return;
  }
  const from = Math.max(1, at.line - AROUND), to = Math.min(file.rows.length, at.line + AROUND);
  const key = `${at.file}:${from}-${to}`;
  if (shownFile !== key) {
    const rows = file.rows.slice(from - 1, to).map((text, place) => sourceRow(text, from + place, from + place === at.line));
    pane.replaceChildren(...rows);
    shownFile = key;
  } else {
    for (const row of pane.querySelectorAll(".marked")) { row.classList.remove("marked"); row.removeAttribute("aria-current"); }
    const row = pane.children[at.line - from];
    row.classList.add("marked");
    row.setAttribute("aria-current", "true");
  }
  const row = pane.children[at.line - from];
  pane.scrollTop = row.offsetTop - pane.offsetTop - pane.clientHeight / 2 + 10;
}

const isPrograms = (line) => lines.has(line) && !/(^|\/)runtime\/\w+\//.test(lines.get(line).file);

function drawSource() {
  // The runtime's own lines help nobody who studies the program: the last one of the program stays.
  let [line, note] = currentLine(state.n);
  if (line && !isPrograms(line)) note = "the last one of the program";
  for (let n = state.n; n > 0 && !isPrograms(line) && state.n - n < 2000; n--) line = column.line[n] || line;
  if (line) { showLine(line, isPrograms(line) ? note : ""); return; }
  shownFile = null;
  byId("source-name").textContent = "";
  fill("source", empty("No line of the program yet."));
}

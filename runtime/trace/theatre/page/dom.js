// Elements, and numbers as people read them. Text from the log only ever becomes text, never markup.
const byId = (id) => document.getElementById(id);

// Makes an element: h("button", { class: "x", onclick: f }, "text", child, ...).
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const fill = (id, ...children) => byId(id).replaceChildren(...children);

// A length of time in nanoseconds, in three digits or so.
function length(ns) {
  const round = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
  if (ns < 1000) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${round(ns / 1e3)} µs`;
  if (ns < 1e9) return `${round(ns / 1e6)} ms`;
  return `${(ns / 1e9).toFixed(3)} s`;
}

// The time of a clock, counted from where the log begins.
// Cut off and not rounded, as in the story.
const moment = (ns) => (ns < 1e10 ? `${(Math.floor(ns / 1e3) / 1e6).toFixed(6)} s` : `${(Math.floor(ns / 1e6) / 1e3).toFixed(3)} s`);
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const shortFile = (file) => file.split("/").pop();

function place(line) {
  const at = lines.get(line);
  return at ? `${shortFile(at.file)}:${at.line}` : "";
}

// A link to a line of the source.
function lineButton(line) {
  const at = lines.get(line);
  if (!at) return "";
  const show = (event) => { event.stopPropagation(); showLine(line); };
  return h("button", { class: "line", title: `show ${at.file}:${at.line}`, onclick: show }, ...place(line).split(/(?<=_)/).flatMap((part) => [part, h("wbr")]));
}

// A box for a task that shows what led to what it does.
function taskBox(task, extra) {
  const attributes = { class: `task${extra ? " " + extra : ""}`, "data-task": task, onclick: () => chooseTask(task) };
  if (chosen === task) attributes["aria-pressed"] = "true";
  return h("button", { ...attributes, title: `why does ${label(task)} do what it does?` }, label(task));
}

function more(list, most, make, word) {
  const shown = list.slice(0, most).map(make);
  if (list.length > most) shown.push(h("span", { class: "quiet" }, `and ${plural(list.length - most, word)} more`));
  return shown;
}

const empty = (text) => h("p", { class: "quiet" }, text);

// The task that was clicked; 0 for none.
let chosen = 0;

// What a test asks for by the page's address: the state as plain text, to be compared with the one that Rust knows.

// #turns: the state at the beginning of each turn, forwards and then backwards. #steps: the state at each step.
// #test: what clicks and keys do. #step=N: nothing is told, the page only begins at event N.
function stateText() {
  const tasks = [...state.tasks].sort((one, other) => one[0] - other[0]).map(([task, known]) => {
    const waits = known.waits.map((n) => `${column.detail[n]}.${column.a[n]}.${column.b[n]}.${column.wide[n]}`);
    return `T${task}:${known.state}:${waits.join("+")}`;
  });
  const timers = [...state.timers].filter(([, timer]) => !timer.due).sort((one, other) => one[0] - other[0]).map(([number, timer]) => `${number}@${timer.when}`);
  return `${state.turn} ready ${state.ready.join(",")} tasks ${tasks.join(",")} timers ${timers.join(",")}`;
}

function runCheck() {
  const [, name, value] = /^#(\w+)(?:=(\w+))?/.exec(location.hash) || [];
  const told = [];
  if (name === "turns") {
    const turns = [];
    for (let n = 1; n <= COUNT; n++) if (column.kind[n] === K.TURN) turns.push(n);
    // Backwards every step begins at a kept copy.
    for (const n of turns.concat(turns.slice().reverse())) { seek(n); told.push(stateText()); }
  } else if (name === "steps") {
    for (let n = 1; n <= COUNT; n++) { seek(n); told.push(stateText()); }
  } else if (name === "test") {
    told.push(...selfTest());
  } else if (name === "step") {
    goTo(Number(value) - seqOf(0));
    return;
  } else {
    return;
  }
  byId("check").textContent = told.join("\n");
}

// Clicks through the page as a person would; each line says what was seen.
function selfTest() {
  const told = [];
  const press = (key, shiftKey) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: !!shiftKey, bubbles: true }));
  const see = (what, seen) => told.push(`${what}: ${seen}`);
  press("Home");
  see("begins at", state.n);
  press("ArrowRight");
  see("steps to", state.n);
  press("ArrowRight", true);
  see("next poll", column.kind[state.n] === K.POLL);
  const polled = sentence(state.n);
  see("narrates", byId("narration").textContent === polled);
  byId("narration").click();
  see("has a chain", byId("chain").children.length > 0);
  press("End");
  see("ends at", state.n);
  press("ArrowLeft");
  see("steps back to", state.n);
  press("?");
  see("helps", byId("help").open);
  byId("help").close();
  press("Home");
  press("g");
  see("asks", byId("narration").textContent.startsWith("Which task"));
  answer(column.task[game.next]);
  see("scores", `${game.right} of ${game.asked}`);
  ask();
  answer(ownTasks.find((task) => task !== column.task[game.next]));
  see("scores then", `${game.right} of ${game.asked}`);
  press("g");
  press("r");
  see("reports", !byId("page-report").hidden && byId("page-report").querySelectorAll("section").length);
  press("r");
  see("elements", document.querySelectorAll("*").length < 5000);
  see("markup from the log", document.querySelectorAll("b:not(.right):not(.wrong):not(#help b)").length);
  return told;
}

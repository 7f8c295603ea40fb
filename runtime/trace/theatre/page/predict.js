// Guessing: the next poll is hidden, and one says which task will run.
const game = { on: false, asked: 0, right: 0, next: 0 };
const guessing = () => game.on && game.next > 0;

function nextPoll(n) {
  for (let at = n + 1; at <= COUNT; at++) {
    if (column.kind[at] === K.POLL && (showsPool() || !poolTasks.has(column.task[at]))) return at;
  }
  return 0;
}

// Goes to the moment before the next poll, and asks.
function ask() {
  const next = nextPoll(state.n);
  if (!next) {
    game.next = 0;
    say("The run is over. ", score());
    return;
  }
  game.next = 0;
  goTo(next - 1);
  game.next = next;
  drawPanes();
  drawTimeline();
  say(`Which task runs next? Click it, or type its number and press Enter. `, h("input", { id: "guess", size: 5, inputmode: "numeric", "aria-label": "The number of the task that runs next", onkeydown: typed }), " ", score());
}

function typed(event) {
  if (event.key !== "Enter") return;
  event.preventDefault();
  const task = Number(event.target.value.replace(/\D/g, ""));
  if (lives.has(task)) answer(task);
}

const score = () => h("span", { class: "score" }, `${game.right} of ${game.asked} right`);
const say = (...parts) => fill("narration", ...parts);

function answer(task) {
  if (!guessing()) return;
  const next = game.next, right = column.task[next];
  game.next = 0;
  game.asked += 1;
  if (task === right) game.right += 1;
  goTo(next);
  const verdict = task === right ? "Right: " : `No, not ${label(task)}: `;
  say(h("b", { class: task === right ? "right" : "wrong" }, verdict), sentence(next), " ", h("button", { id: "ask-again", onclick: ask }, "Next"), " ", score());
  byId("ask-again").focus();
}

function toggleGame() {
  game.on = !game.on;
  byId("predict").setAttribute("aria-pressed", String(game.on));
  if (game.on) {
    Object.assign(game, { asked: 0, right: 0 });
    showPage("theatre");
    ask();
  } else {
    game.next = 0;
    goTo(state.n);
  }
}

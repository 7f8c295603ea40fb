//! The four programs of `examples/build_your_own/`, run as a reader runs them, beside roundelay on the same program.

#[path = "programs/building.rs"]
mod building;

use building::changed;
use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::Once;
use std::time::Duration;

use roundelay::trace::What;
use roundelay::{LoopEvent, Observer, Runtime};

const PROGRAMS: [&str; 4] = ["01_busy_loop", "02_ready_queue", "03_timers", "04_reactor"];

/// What the common program prints.
const STEPS: [&str; 14] = [
    "a 1", // The first batch: all tasks in the order of their spawns.
    "b 1",
    "c 1",
    "d 1",
    "a 2", // Naps of no length: behind the others, again and again.
    "b 2",
    "a 3",
    "main goes on", // The end of a, in the turn after b's.
    "main goes on",
    "d 2", // By deadline, not by the order of the spawns.
    "d 3",
    "c 2",
    "main goes on",
    "main goes on",
];

/// How many steps are needed: each task one more than it has naps, main one for each task that it has to wait for.
const POLLS: u64 = 17;

thread_local! {
    static LINES: RefCell<Vec<String>> = RefCell::default();
}

/// Writes down what the program below prints, as its text is to be that of the examples.
macro_rules! println {
    ($($what:tt)*) => {
        LINES.with_borrow_mut(|lines| lines.push(format!($($what)*)))
    };
}

fn spawn(future: impl Future<Output = ()> + 'static) -> impl Future<Output = ()> {
    let task = roundelay::spawn(future);
    async move { task.await.expect("it ends in peace") }
}

async fn sleep(duration: Duration) {
    roundelay::sleep(duration).await;
}

// The program, as in the examples.
/// Takes its steps with a nap after each; one of no length lets those pass who are ready.
async fn count(name: &'static str, steps: u32, nap: u64) {
    for n in 1..=steps {
        println!("{name} {n}");
        sleep(Duration::from_millis(nap)).await;
    }
}

async fn program() {
    let tasks = [("a", 3, 0), ("b", 2, 0), ("c", 2, 250), ("d", 3, 50)];
    for task in tasks.map(|(name, steps, nap)| spawn(count(name, steps, nap))) {
        task.await;
        println!("main goes on");
    }
}

// The tests.

/// Counts the steps of a loop.
#[derive(Clone, Default)]
struct Polls(Rc<Cell<u64>>);

impl Observer for Polls {
    fn event(&self, _: u64, event: LoopEvent) {
        if event.what == What::PollStarted {
            self.0.set(self.0.get() + 1);
        }
    }
}

#[test]
fn roundelay_takes_these_steps() {
    for strict in [false, true] {
        let polls = Polls::default();
        let runtime = Runtime::builder()
            .virtual_clock(true)
            .strict(strict)
            .observer(polls.clone())
            .build()
            .unwrap();
        runtime.run(program());
        runtime.shutdown().unwrap();
        assert_eq!(LINES.take(), STEPS, "strict: {strict}");
        // Where tasks are polled that nobody woke, there are more.
        if !cfg!(roundelay_spurious) {
            assert_eq!(polls.0.get(), POLLS, "strict: {strict}");
        }
    }
}

fn source(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("examples/build_your_own")
        .join(format!("{name}.rs"))
}

fn example(name: &str) -> String {
    format!("build_your_own_{name}")
}

fn built(name: &str) -> PathBuf {
    building::path(&example(name))
}

fn is_fresh(name: &str) -> bool {
    changed(&built(name)) >= changed(&source(name))
}

/// Builds the programs if that is to be done.
fn build() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        if !PROGRAMS.into_iter().all(is_fresh) {
            let examples = PROGRAMS.map(example);
            building::build(examples.iter().map(String::as_str));
        }
    });
}

/// Runs a program and returns the lines that the common program printed, and the others.
fn run_once(name: &str) -> (Vec<String>, Vec<String>) {
    build();
    let output = Command::new(built(name)).output();
    let output = output.unwrap_or_else(|error| panic!("{name} does not start: {error}"));
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let lines = text.lines().map(str::to_owned);
    lines.partition(|line| STEPS.contains(&line.as_str()))
}

/// Runs a program and returns the lines beside the common program's, which are to be the right ones in the right order. They
/// nap by the real clock, so that a busy system may mix up the naps: then they get another chance.
fn run(name: &str) -> Vec<String> {
    for attempt in 1.. {
        let (steps, others) = run_once(name);
        if steps == STEPS || attempt == 3 {
            assert_eq!(steps, STEPS, "{name}");
            return others;
        }
    }
    unreachable!("the last attempt returns")
}

/// The number that a line begins with.
fn number(line: &str) -> u64 {
    let word = line.split(' ').next().expect("a line has a word");
    word.parse().unwrap_or_else(|_| panic!("no number: {line}"))
}

#[test]
fn a_busy_loop_polls_in_vain() {
    let others = run("01_busy_loop");
    let [polls] = others.as_slice() else {
        panic!("{others:?}")
    };
    assert!(number(polls) > 100 * POLLS, "{polls}");
    assert!(
        polls.ends_with(&format!("where {POLLS} would do")),
        "{polls}"
    );
}

#[test]
fn a_ready_queue_polls_who_was_woken_and_sleeps_in_threads() {
    let said = format!("{POLLS} polls, and 5 threads that only slept");
    assert_eq!(run("02_ready_queue"), [said]);
}

#[test]
fn a_loop_with_timers_needs_no_threads() {
    let said = format!("{POLLS} polls, and no thread but this one");
    assert_eq!(run("03_timers"), [said]);
}

#[test]
fn a_reactor_waits_for_sockets_and_timers() {
    assert_eq!(run("04_reactor"), ["echo: hello", "echo: again"]);
    // Beside the naps, not before or after them; a busy system may be late once.
    let beside = || {
        let output = Command::new(built("04_reactor")).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let place = |line: &str| text.find(line).expect("it is said");
        place("a 1") < place("echo: hello") && place("echo: again") < place("c 2")
    };
    assert!((0..3).any(|_| beside()));
}

/// The text of the common program.
fn program_of(text: &str) -> &str {
    let begin = text.find("/// Takes its steps").expect("it begins");
    let length = text[begin..]
        .find("\n}\n\nasync fn program")
        .expect("it goes on");
    let rest = &text[begin + length + 3..];
    let end = rest.find("\n}\n").expect("it ends");
    &text[begin..begin + length + 3 + end]
}

#[test]
fn each_program_stands_alone_and_says_what_it_is() {
    let own = fs::read_to_string(file!()).expect("this file can be read");
    for (index, name) in PROGRAMS.into_iter().enumerate() {
        let text = fs::read_to_string(source(name)).expect("it can be read");
        assert!(text.lines().count() < 150, "{name} is too long");
        assert_eq!(program_of(&text), program_of(&own), "{name}");
        let command = format!("`cargo run --example build_your_own_{name}`");
        assert!(text.contains(&command), "{name}");
        // It names the flaw that the next one removes.
        if let Some(next) = PROGRAMS.get(index + 1) {
            let flaw = format!("//! The flaw that `{next}` removes: ");
            assert!(text.contains(&flaw), "{name}");
        }
        for word in ["unsafe", "roundelay::", "#[path", "include!"] {
            assert!(!text.contains(word), "{name} has {word}");
        }
        assert_eq!(text.contains("mio::"), name == "04_reactor", "{name}");
    }
}

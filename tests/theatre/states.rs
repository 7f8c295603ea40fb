//! The loop's own pictures, as the text that the page makes of its state.

use super::random_programs::{builder_of, random_program};
use roundelay::task::TaskState;
use roundelay::trace::{
    Act, Direction, Event, Log, ObjectKind, Observer, Ready, Recorder, Snapshot, State,
    TaskPicture, Wait, WaitsFor,
};
use std::cell::RefCell;
use std::rc::Rc;

/// Keeps the pictures of all turns.
#[derive(Clone, Default)]
struct Pictures(Rc<RefCell<Vec<Snapshot>>>);

impl Observer for Pictures {
    fn event(&self, _now: u64, _event: Event) {}

    fn wants_snapshots(&self) -> bool {
        true
    }

    fn snapshot(&self, snapshot: Snapshot) {
        self.0.borrow_mut().push(snapshot);
    }
}

/// Runs many programs in the mode of a seed, one after the other; gives the log, and what the loop itself says of each turn's
/// beginning.
pub fn recorded(seed: u64) -> (Log, Vec<Snapshot>) {
    let (recorder, recording) = Recorder::in_memory();
    let pictures = Pictures::default();
    let runtime = builder_of(seed)
        .virtual_clock(true)
        .observer(recorder)
        .observer(pictures.clone())
        .build()
        .unwrap();
    runtime.run(async {
        for program in 0..PROGRAMS {
            random_program(seed + 5 * program).await;
        }
    });
    runtime.shutdown().unwrap();
    (recording.log(), pictures.0.take())
}

/// As many as make some thousand records together.
const PROGRAMS: u64 = 40;

/// The states that Rust rebuilds from a log: at each step.
pub fn rebuilt(log: &Log) -> Vec<String> {
    let mut state = State::default();
    let records = log.records.iter();
    let states = records.map(|record| {
        state.apply(record);
        text_of(&picture_of(&state))
    });
    states.collect()
}

fn picture_of(state: &State) -> Snapshot {
    let waiting = state.timers.iter().filter(|(_, timer)| !timer.is_due);
    let tasks = state.tasks.iter().map(|(&task, known)| TaskPicture {
        task,
        state: known.state,
        waits: known
            .waits
            .iter()
            .map(|wait| Wait {
                on: wait.on,
                at: None,
            })
            .collect(),
    });
    Snapshot {
        turn: state.turn,
        now: state.now,
        ready: state.ready.iter().collect(),
        tasks: tasks.collect(),
        timers: waiting.map(|(&timer, it)| (timer, it.when)).collect(),
    }
}

/// The text of `stateText` in `check.js`.
pub fn text_of(picture: &Snapshot) -> String {
    let ready = picture.ready.iter().map(|entry| match entry {
        Ready::Task(task) => format!("T{}", task.get()),
        Ready::Call(call) => format!("C{call}"),
        Ready::Timer(timer) => format!("M{timer}"),
        Ready::Source(source) => format!("S{source}"),
    });
    let timers = picture.timers.iter();
    let timers = timers.map(|(timer, when)| format!("{timer}@{when}"));
    format!(
        "{} ready {} tasks {} timers {}",
        picture.turn,
        joined(ready, ","),
        joined(picture.tasks.iter().map(task_text), ","),
        joined(timers, ","),
    )
}

fn joined(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}

fn task_text(task: &TaskPicture) -> String {
    let state = match task.state {
        TaskState::Waiting => "waiting",
        TaskState::Queued => "queued",
        TaskState::Running => "running",
    };
    let waits = task.waits.iter().map(|wait| wait_text(wait.on));
    format!("T{}:{state}:{}", task.task.get(), joined(waits, "+"))
}

/// The numbers by which a record says what is waited for: detail, a, b, wide.
fn wait_text(on: WaitsFor) -> String {
    let (detail, a, b, wide) = match on {
        WaitsFor::Turn => (0, 0, 0, 0),
        WaitsFor::Timer { timer, when } => (1, timer, 0, when),
        WaitsFor::Never => (2, 0, 0, 0),
        WaitsFor::Task(task) => (3, 0, 0, task.get()),
        WaitsFor::Tasks { left } => (4, left, 0, 0),
        WaitsFor::Object { object, kind, act } => (5, object, object_number(kind, act), 0),
        WaitsFor::Source { source, direction } => {
            (6, source, u32::from(direction == Direction::Write), 0)
        }
        WaitsFor::Job(job) => (7, job.get() as u32, 0, 0),
        WaitsFor::Place => (8, 0, 0, 0),
        WaitsFor::Foreign => (9, 0, 0, 0),
        _ => (10, 0, 0, 0),
    };
    format!("{detail}.{a}.{b}.{wide}")
}

fn object_number(kind: ObjectKind, act: Act) -> u32 {
    let kinds = [
        ObjectKind::Promise,
        ObjectKind::Event,
        ObjectKind::Lock,
        ObjectKind::Condition,
        ObjectKind::Semaphore,
        ObjectKind::Barrier,
        ObjectKind::Queue,
    ];
    let acts = [Act::Wait, Act::Get, Act::Put, Act::Join];
    let kind = kinds.iter().position(|&it| it == kind).unwrap();
    let act = acts.iter().position(|&it| it == act).unwrap();
    (kind | act << 8) as u32
}

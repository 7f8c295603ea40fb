//! The check: an observer that rebuilds the loop's state from its events, and compares it with the loop's own at every turn.
//!
//! What every tool shows is made from the events alone. So one that is missing or wrong has to be found, in any program.

use super::code;
use super::record::Record;
use super::state::State;
use crate::event_loop::event::Event;
use crate::event_loop::observer::{Observer, TaskId};
use crate::event_loop::snapshot::{Ready, Snapshot};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::panic::Location;
use std::rc::Rc;

/// So many differences are told; those that follow mostly come from the first ones.
const TOLD: usize = 10;

/// Compares what is rebuilt from a loop's events with the loop, at every turn. Give it to
/// [`Builder::observer`](crate::Builder::observer).
///
/// With `ROUNDELAY_TRACE_CHECK=1` in its environment any program has one. It prints each difference, and panics when the loop
/// ends, so that a program with one fails. It costs time for every task at every turn.
///
/// # Examples
/// ```
/// use roundelay::trace::Check;
///
/// let (check, findings) = Check::new();
/// let runtime = roundelay::Runtime::builder().observer(check).build()?;
/// runtime.run(roundelay::yield_now());
/// runtime.shutdown().unwrap();
/// assert!(findings.turns() > 0);
/// assert_eq!(findings.differences(), [""; 0]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Check {
    inside: Rc<RefCell<Inside>>,
    /// Whether it prints what it finds, and panics at the end.
    is_loud: bool,
}

/// What a [`Check`] has found.
pub struct Findings(Rc<RefCell<Inside>>);

#[derive(Default)]
struct Inside {
    state: State,
    /// The numbers of the lines.
    lines: HashMap<&'static Location<'static>, u32>,
    /// How many turns were compared.
    turns: u64,
    differences: Vec<String>,
}

impl Check {
    /// Returns a check, and where to ask what it has found.
    pub fn new() -> (Check, Findings) {
        let inside: Rc<RefCell<Inside>> = Rc::default();
        let findings = Findings(Rc::clone(&inside));
        let is_loud = false;
        (Check { inside, is_loud }, findings)
    }

    /// The check that the environment asks for, if it does.
    pub(crate) fn from_environment() -> Option<Check> {
        super::is_asked_for("ROUNDELAY_TRACE_CHECK").then(|| Check {
            inside: Rc::default(),
            is_loud: true,
        })
    }
}

impl Findings {
    /// Returns how many turns were compared.
    pub fn turns(&self) -> u64 {
        self.0.borrow().turns
    }

    /// Returns in which ways the rebuilt state was not the loop's, in words.
    pub fn differences(&self) -> Vec<String> {
        self.0.borrow().differences.clone()
    }

    /// Returns the state that was rebuilt.
    pub fn state(&self) -> State {
        self.0.borrow().state.clone()
    }
}

impl Inside {
    fn line(&mut self, at: Option<&'static Location<'static>>) -> u32 {
        let next = self.lines.len() as u32 + 1;
        at.map_or(0, |at| *self.lines.entry(at).or_insert(next))
    }

    /// Takes an event in, as it would be read from a log.
    fn take(&mut self, now: u64, event: Event) {
        let record = Record {
            seq: self.state.seq + 1,
            wall: now,
            now,
            cause: 0,
            task: event.task,
            line: self.line(event.at),
            what: event.what,
        };
        match code::decode(&code::encode(&record), record.seq) {
            Some(read) => self.state.apply(&read),
            None => self.complain(format!("{:?} cannot be read from a log", event.what)),
        }
    }

    fn complain(&mut self, what: String) {
        self.differences
            .push(format!("turn {}: {what}", self.state.turn));
    }

    fn same<T: PartialEq + Debug>(&mut self, what: &str, rebuilt: T, own: T) {
        if rebuilt != own {
            self.complain(format!(
                "{what}: by the events {rebuilt:?}, in the loop {own:?}"
            ));
        }
    }

    fn compare(&mut self, own: Snapshot) {
        self.turns += 1;
        self.same("the turn", self.state.turn, own.turn);
        let ready: Vec<Ready> = self.state.ready.iter().collect();
        self.same("the ready queue", ready, own.ready);
        let timers = self.state.timers.iter();
        let timers = timers.filter(|(_, timer)| !timer.is_due);
        let timers: Vec<_> = timers
            .map(|(&number, timer)| (number, timer.when))
            .collect();
        self.same("the timers", timers, own.timers);
        let tasks: Vec<TaskId> = self.state.tasks.keys().copied().collect();
        let own_tasks = own.tasks.iter().map(|task| task.task).collect();
        self.same("the tasks", tasks, own_tasks);
        for own in &own.tasks {
            let Some(task) = self.state.tasks.get(&own.task) else {
                continue;
            };
            let (state, waits) = (task.state, task.waits.clone());
            let who = format!("Task-{}", own.task.0);
            self.same(&who, state, own.state);
            let waits: Vec<_> = waits.iter().map(|wait| (wait.on, wait.line)).collect();
            let own_waits = own.waits.iter();
            let own_waits = own_waits
                .map(|wait| (wait.on, self.line(wait.at)))
                .collect();
            self.same(&format!("what {who} waits for"), waits, own_waits);
        }
    }
}

impl Observer for Check {
    fn event(&self, now: u64, event: Event) {
        self.inside.borrow_mut().take(now, event);
    }

    fn wants_snapshots(&self) -> bool {
        true
    }

    fn snapshot(&self, snapshot: Snapshot) {
        let mut inside = self.inside.borrow_mut();
        let known = inside.differences.len();
        inside.compare(snapshot);
        let told = inside.differences.iter().take(TOLD).skip(known);
        told.filter(|_| self.is_loud).for_each(|difference| {
            eprintln!("roundelay: the events of the loop are wrong: {difference}");
        });
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        let mut inside = self.inside.borrow_mut();
        let left: Vec<TaskId> = inside.state.tasks.keys().copied().collect();
        inside.same("the tasks that outlive the loop", left, Vec::new());
        let count = inside.differences.len();
        if self.is_loud && count > 0 && !std::thread::panicking() {
            panic!(
                "ROUNDELAY_TRACE_CHECK found differences between the events of the loop and the loop, {count} in number; the last: {}",
                inside.differences[count - 1]
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_loop::event::What;

    /// A check in a state in which it will complain: a task was spawned that no loop has.
    fn deceived() -> (Check, Findings) {
        let (check, findings) = Check::new();
        check.event(0, Event::of_task(TaskId(1), What::Spawned));
        (check, findings)
    }

    #[test]
    fn what_differs_is_told() {
        let (check, findings) = deceived();
        check.snapshot(Snapshot::default());
        drop(check);
        assert_eq!(
            findings.differences(),
            [
                "turn 0: the ready queue: by the events [Task(TaskId(1))], in the loop []",
                "turn 0: the tasks: by the events [TaskId(1)], in the loop []",
                "turn 0: the tasks that outlive the loop: by the events [TaskId(1)], in the loop []",
            ]
        );
    }

    #[test]
    #[should_panic(expected = "ROUNDELAY_TRACE_CHECK found differences")]
    fn a_loud_one_panics_at_the_end() {
        let mut check = deceived().0;
        check.is_loud = true;
    }
}

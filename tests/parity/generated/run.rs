//! A run of a program: the driver, and what all its tasks share.

use super::program::{Program, Statement};
use super::record::{Fail, Handle, Record, State, words};
use super::things::Things;
use roundelay::task::uncancel;
use roundelay::trace::What;
use roundelay::{Builder, LoopEvent, Observer, sleep, spawn};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::Display;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

/// How long the driver sleeps before it begins to cancel, and between two rounds of that.
const DRIVER_SLEEPS: Duration = Duration::from_secs(10);
const ROUND_SLEEPS: Duration = Duration::from_secs(1);
const MOST_ROUNDS: u32 = 60;
/// No program comes near; one that does is broken.
const MOST_TURNS: u64 = 20_000;

/// Runs a program. Returns the lines of its trace.
pub fn trace_of(program: Program, builder: Builder) -> Vec<String> {
    let turns = Rc::new(Cell::new(0));
    let runtime = builder
        .virtual_clock(true)
        .timer_resolution(Duration::ZERO)
        .observer(Turns(Rc::clone(&turns)))
        .build()
        .unwrap();
    let run = Rc::new(Run::new(program, turns));
    runtime.run(Rc::clone(&run).driver());
    drop(runtime);
    run.trace.take()
}

/// Counts turns.
struct Turns(Rc<Cell<u64>>);

impl Observer for Turns {
    fn event(&self, _now: u64, event: LoopEvent) {
        if let What::TurnStarted { .. } = event.what {
            self.0.set(self.0.get() + 1);
        }
    }
}

/// What all tasks of a run share.
pub struct Run {
    pub program: Program,
    pub things: Things,
    trace: RefCell<Vec<String>>,
    /// Whether lines still go into the trace.
    open: Cell<bool>,
    turns: Rc<Cell<u64>>,
    /// The turn of the driver's first step.
    base: Cell<u64>,
    /// The tasks in the order of creation.
    records: RefCell<Vec<Rc<Record>>>,
    slots: RefCell<HashMap<String, Rc<Record>>>,
    /// How many tasks were created with each body.
    instances: RefCell<Vec<u32>>,
}

impl Run {
    fn new(program: Program, turns: Rc<Cell<u64>>) -> Self {
        Run {
            things: Things::new(&program.primitives),
            trace: RefCell::default(),
            open: Cell::new(true),
            turns,
            base: Cell::new(0),
            records: RefCell::default(),
            slots: RefCell::default(),
            instances: RefCell::new(vec![0; program.bodies.len()]),
            program,
        }
    }

    pub fn say(&self, name: &str, text: impl Display) {
        let turn = self.turns.get() - self.base.get();
        assert!(turn < MOST_TURNS, "too many turns");
        if self.open.get() {
            self.trace
                .borrow_mut()
                .push(format!("{turn} {name} {text}"));
        }
    }

    /// Makes the record of a new task, and puts it into its slot.
    pub fn create(&self, body: usize, state: State, slot: Option<&str>) -> Rc<Record> {
        let mut instances = self.instances.borrow_mut();
        let mut records = self.records.borrow_mut();
        instances[body] += 1;
        let record = Rc::new(Record {
            name: format!("{body}.{}", instances[body]),
            serial: records.len() as u64 + 1,
            state: Cell::new(state),
            handle: RefCell::new(Handle::None),
        });
        records.push(Rc::clone(&record));
        if let Some(slot) = slot {
            let mut slots = self.slots.borrow_mut();
            slots.insert(slot.to_owned(), Rc::clone(&record));
        }
        record
    }

    /// What a slot means.
    pub fn slot(&self, slot: &str) -> Option<Rc<Record>> {
        self.slots.borrow().get(slot).cloned()
    }

    async fn driver(self: Rc<Self>) {
        self.base.set(self.turns.get());
        let first = self.create(0, State::Here, None);
        first
            .handle
            .replace(Handle::Task(spawn(Task::new(&self, &first).run_body(0))));
        sleep(DRIVER_SLEEPS).await;
        for _ in 0..MOST_ROUNDS {
            let live = self.live();
            if live.is_empty() {
                break;
            }
            let names: Vec<&str> = live.iter().map(|record| record.name.as_str()).collect();
            self.say("driver", format!("cancels {}", names.join(" ")));
            for record in &live {
                record.cancel();
            }
            sleep(ROUND_SLEEPS).await;
        }
        self.say("driver", "end");
        self.report().await;
        self.open.set(false);
    }

    /// The tasks that have not ended, and can be cancelled.
    fn live(&self) -> Vec<Rc<Record>> {
        let reachable = |record: &&Rc<Record>| {
            matches!(
                record.state.get(),
                State::Here | State::Joined | State::Member
            )
        };
        let records = self.records.borrow();
        let live = records
            .iter()
            .filter(reachable)
            .filter(|record| !record.is_finished());
        live.cloned().collect()
    }

    /// Ends the trace with the tasks that can still be seen, and the state of the primitives.
    async fn report(&self) {
        let records = self.records.borrow().clone();
        let mut lines = Vec::new();
        for record in records.iter().filter(|r| r.state.get() == State::Here) {
            let state = match record.is_finished() {
                true => words(&poll_fn(|cx| record.poll(cx)).await),
                false => "live".to_owned(),
            };
            lines.push(format!("task {} {state}", record.name));
        }
        let primitives = self.program.primitives.iter();
        lines.extend(primitives.filter_map(|primitive| self.things.report(primitive)));
        self.trace.borrow_mut().extend(lines);
    }
}

/// A task of the program, as its own code knows it.
pub struct Task {
    pub run: Rc<Run>,
    pub me: Rc<Record>,
}

impl Task {
    pub fn new(run: &Rc<Run>, me: &Rc<Record>) -> Self {
        Task {
            run: Rc::clone(run),
            me: Rc::clone(me),
        }
    }

    pub fn say(&self, text: impl Display) {
        self.run.say(&self.me.name, text);
    }

    /// A duration. Each task's are longer by some microseconds of its own, so that two never end together.
    pub fn duration(&self, milliseconds: u64) -> Duration {
        match milliseconds {
            0 => Duration::ZERO,
            _ => Duration::from_micros(milliseconds * 1000 + self.me.serial),
        }
    }

    /// Runs a body from the task's first step to its end.
    pub async fn run_body(self, number: usize) -> Result<u64, Fail> {
        self.say("begins");
        let mut life = Life(Some(&self));
        let mut value = 0;
        for statement in &self.run.program.bodies[number] {
            let done = match statement {
                Statement::Return(result) => {
                    value = *result;
                    Ok(())
                }
                statement => self.statement(statement, None).await,
            };
            if let Err(Fail(word)) = done {
                life.0 = None;
                self.say(format!("fails {word}"));
                // A failure wins over a request that was not delivered. To the loop an `Err` is an output like any other.
                while uncancel() > 0 {}
                return Err(Fail(word));
            }
        }
        life.0 = None;
        self.say(format!("returns {value}"));
        Ok(value)
    }
}

/// Says that a task is cancelled, if it is dropped in the middle.
struct Life<'a>(Option<&'a Task>);

impl Drop for Life<'_> {
    fn drop(&mut self) {
        if let Some(task) = self.0 {
            task.say("is cancelled");
        }
    }
}

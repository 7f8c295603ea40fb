//! Deadlock: whether anything can still come to a loop that has nothing to do, and what its tasks wait for if not.
//!
//! One thread owns all that can make a task ready, so the question has an answer. What is ready, timers, sources, jobs: the loop
//! sees them. From elsewhere a task is woken through a clone of its waker or through a remote handle, and both are counted; see
//! `handshake::Count` for the order in which that is read.

use super::callbacks::Callback;
use super::event::{Act, ObjectKind, WaitsFor};
use super::listing::TaskInfo;
use super::observer::TaskId;
use super::slots::{AGGREGATE, NO_SLOT};
use super::waiters::Waiter;
use super::waits::{Begun, Wait};
use super::waker::TaskRef;
use super::{EventLoop, special};
use crate::error::{
    Deadlock, DeadlockedTask, DeadlockedWait, Futurelock, Report, RunError, Verdict,
};
use std::collections::HashMap;
use std::time::Duration;

impl EventLoop {
    /// The loop is about to wait without an end: says so if that would be for ever.
    #[cold]
    pub(super) fn refuse_to_hang(&self) -> Result<(), RunError> {
        match self.verdict() {
            Some(Verdict::Certain) => {
                Err(RunError::Deadlock(self.deadlock_report(Verdict::Certain)))
            }
            _ => Ok(()),
        }
    }

    /// Says who has to bring something for the loop to go on, and what its tasks wait for. `None` while the loop has something to
    /// do or to wait for.
    pub(crate) fn diagnose(&self) -> Option<Deadlock> {
        self.verdict().map(|verdict| self.deadlock_report(verdict))
    }

    fn verdict(&self) -> Option<Verdict> {
        let nothing_own = self.ready.is_empty()
            && self.current_cell().is_none()
            && self.timers.borrow().next_deadline().is_none()
            && self.reactor.waiting.get() == 0
            && self.jobs.none();
        if !nothing_own {
            return None;
        }
        let nobody_posts = self.shared.handles.is_zero(0);
        let nobody_wakes = self.shared.clones.is_zero(self.clones.get());
        // After the counts: who has taken itself off one has left its message before.
        if self.shared.sleep.is_notified() {
            return None;
        }
        Some(match (nobody_posts, nobody_wakes) {
            (false, _) => Verdict::External,
            (true, false) => Verdict::Possible,
            (true, true) => Verdict::Certain,
        })
    }

    fn deadlock_report(&self, verdict: Verdict) -> Deadlock {
        let noted = self.has_special(special::NOTES);
        let infos = self.tasks_with_slots();
        let members = self.members(&infos);
        let mut orders = Vec::new();
        let tasks: Vec<DeadlockedTask> = infos
            .iter()
            .map(|(index, info)| {
                let waits = match noted {
                    true => self.noted_waits(*index, verdict, &members),
                    false => self.linked_waits(*index),
                };
                let notes = self.watched.noted.borrow();
                let begun = notes.get(*index as usize).map(|noted| &noted.begun);
                let order = begun.into_iter().flatten().map(|begun| begun.order);
                orders.push(order.collect());
                DeadlockedTask {
                    number: info.id().get(),
                    name: info.name().to_owned(),
                    spawned_at: info.spawned_at(),
                    waits,
                }
            })
            .collect();
        let mut report = Report {
            verdict,
            tasks,
            cycle: Vec::new(),
            wakers: self.shared.clones.total(self.clones.get()),
            handles: self.shared.handles.total(0),
            noted,
        };
        close_cycle(&mut report, &orders);
        Deadlock::new(report)
    }

    /// What was noted of a task.
    fn noted_waits(
        &self,
        index: u32,
        verdict: Verdict,
        members: &HashMap<*const (), Vec<u64>>,
    ) -> Vec<DeadlockedWait> {
        let noted = self.watched.noted.borrow();
        let Some(noted) = noted.get(index as usize) else {
            return Vec::new();
        };
        let wait = |(wait, begun): (&Wait, &Begun)| {
            let mut told = DeadlockedWait {
                on: in_words(wait.on, verdict),
                at: wait.at,
                since: Some(Duration::from_nanos(begun.since)),
                who: "",
                held_by: Vec::new(),
                held_at: None,
                futurelock: None,
                closes_cycle: false,
            };
            match wait.on {
                WaitsFor::Task(task) => told.held_by.push(task.get()),
                WaitsFor::Tasks { .. } => {
                    told.who = ": ";
                    told.held_by = match members.get(&noted.aggregate) {
                        Some(members) if !noted.aggregate.is_null() => members.clone(),
                        _ => self.numbers_of(&noted.members),
                    };
                }
                WaitsFor::Object { object, .. } => self.add_holder(&mut told, object),
                _ => {}
            }
            told
        };
        noted.waits.iter().zip(&noted.begun).map(wait).collect()
    }

    /// Says who holds the object that is waited for.
    fn add_holder(&self, wait: &mut DeadlockedWait, object: u32) {
        let Some(holder) = self.watched.holders.borrow().holder(object) else {
            return;
        };
        wait.held_by.extend(holder.task.map(TaskId::get));
        if !holder.called {
            wait.who = " held by ";
            wait.held_at = holder.at;
        } else {
            wait.futurelock = Some(Futurelock {
                lock: wait.on.clone(),
                task: holder.task.map(TaskId::get),
                at: holder.at,
            });
        }
    }

    /// What is known of a task where nothing is noted: the task that it joins.
    fn linked_waits(&self, index: u32) -> Vec<DeadlockedWait> {
        let Some(slot) = self.tasks.slot(index) else {
            return Vec::new();
        };
        let link = slot.link.get();
        if link == NO_SLOT || link == AGGREGATE {
            return Vec::new();
        }
        let joined = self.tasks.slot(link).and_then(|slot| slot.cell.get());
        let Some(joined) = joined.filter(|cell| !cell.is_finished()) else {
            return Vec::new();
        };
        vec![DeadlockedWait {
            on: in_words(WaitsFor::Task(TaskId(joined.number)), Verdict::Certain),
            at: None,
            since: None,
            who: "",
            held_by: vec![joined.number],
            held_at: None,
            futurelock: None,
            closes_cycle: false,
        }]
    }

    fn numbers_of(&self, tasks: &[TaskRef]) -> Vec<u64> {
        let cells = tasks.iter().filter_map(|task| self.live_cell(*task));
        cells.map(|cell| cell.number).collect()
    }

    /// The tasks whose ends are told to gathers and the like, by where those are.
    fn members(&self, tasks: &[(u32, TaskInfo)]) -> HashMap<*const (), Vec<u64>> {
        let mut members: HashMap<*const (), Vec<u64>> = HashMap::new();
        for (index, info) in tasks {
            let cell = self.tasks.slot(*index).and_then(|slot| slot.cell.get());
            let waiter = cell.map_or(Waiter::Nobody, |cell| Waiter::unpack(cell.waiter.get()));
            self.each_callback(waiter, &mut |aggregate| {
                members.entry(aggregate).or_default().push(info.id().get());
            });
        }
        members
    }

    /// Calls `f` with each aggregate that is told.
    fn each_callback(&self, waiter: Waiter, f: &mut dyn FnMut(*const ())) {
        let Waiter::Callback(key) = waiter else {
            return;
        };
        let mut several = Vec::new();
        self.callbacks.with(key, |callback| match callback {
            Callback::Member(aggregate, _) => f(std::rc::Rc::as_ptr(aggregate).cast()),
            Callback::Several(list) => several.extend(list.waiters()),
            _ => {}
        });
        for waiter in several {
            self.each_callback(waiter, f);
        }
    }
}

/// What is waited for.
fn in_words(on: WaitsFor, verdict: Verdict) -> String {
    match on {
        WaitsFor::Turn => "its next turn".to_owned(),
        WaitsFor::Timer { .. } => "a time".to_owned(),
        WaitsFor::Never => "nothing: it sleeps without an end".to_owned(),
        WaitsFor::Task(task) => format!("the end of {task}"),
        WaitsFor::Tasks { left: 1 } => "the end of one task".to_owned(),
        WaitsFor::Tasks { left } => format!("the ends of {left} tasks"),
        WaitsFor::Object { object, kind, act } => object_in_words(object, kind, act),
        WaitsFor::Source { source, .. } => format!("source #{source}"),
        WaitsFor::Job(job) => format!("job #{}", job.get()),
        WaitsFor::Place => "a place in a pool's line".to_owned(),
        WaitsFor::Foreign if verdict == Verdict::Certain => {
            "a future that is not of this crate and has dropped its waker".to_owned()
        }
        WaitsFor::Foreign => "a future that is not of this crate".to_owned(),
        WaitsFor::Nothing => "nothing: it returned Pending without arranging a wake-up".to_owned(),
    }
}

fn object_in_words(object: u32, kind: ObjectKind, act: Act) -> String {
    match act {
        Act::Wait => format!("{kind:?} #{object}"),
        Act::Get => format!("an item of {kind:?} #{object}"),
        Act::Put => format!("room in {kind:?} #{object}"),
        Act::Join => format!("all work on {kind:?} #{object}"),
    }
}

/// Finds a cycle, and marks the wait in it that began last.
fn close_cycle(report: &mut Report, orders: &[Vec<u64>]) {
    let places: HashMap<u64, usize> = report
        .tasks
        .iter()
        .enumerate()
        .map(|(place, task)| (task.number, place))
        .collect();
    let edges: Vec<Vec<(usize, usize)>> = report
        .tasks
        .iter()
        .map(|task| {
            let waits = task.waits.iter().enumerate();
            let held = waits.flat_map(|(n, wait)| wait.held_by.iter().map(move |task| (n, task)));
            held.filter_map(|(n, task)| Some((n, *places.get(task)?)))
                .collect()
        })
        .collect();
    let cycle = find_cycle(&edges);
    let last = cycle
        .iter()
        .max_by_key(|(task, wait)| orders[*task].get(*wait));
    if let Some(&(task, wait)) = last {
        report.tasks[task].waits[wait].closes_cycle = true;
    }
    report.cycle = cycle.into_iter().map(|(task, _)| task).collect();
}

/// A cycle among tasks, each with its waits and who is waited for: the tasks and which of their waits leads on.
fn find_cycle(edges: &[Vec<(usize, usize)>]) -> Vec<(usize, usize)> {
    let mut over = vec![false; edges.len()];
    for start in 0..edges.len() {
        // The way so far: each task, and which of its edges was taken.
        let mut way: Vec<(usize, usize)> = Vec::new();
        let mut on_way = vec![None; edges.len()];
        if over[start] {
            continue;
        }
        way.push((start, 0));
        on_way[start] = Some(0);
        while let Some((task, edge)) = way.last_mut() {
            let Some(&(_, next)) = edges[*task].get(*edge) else {
                over[*task] = true;
                on_way[*task] = None;
                way.pop();
                if let Some((_, edge)) = way.last_mut() {
                    *edge += 1;
                }
                continue;
            };
            if let Some(first) = on_way[next] {
                let cycle = &way[first..];
                return cycle
                    .iter()
                    .map(|&(task, n)| (task, edges[task][n].0))
                    .collect();
            }
            if over[next] {
                *edge += 1;
                continue;
            }
            on_way[next] = Some(way.len());
            way.push((next, 0));
        }
    }
    Vec::new()
}

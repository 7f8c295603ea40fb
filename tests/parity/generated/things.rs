//! The primitives of a program.

use super::program::Primitive;
use roundelay::sync::{Barrier, Condition, Event, Lock, Promise, Queue, Semaphore};
use std::cell::Cell;
use std::collections::HashMap;

/// The primitives by their names.
#[derive(Default)]
pub struct Things {
    pub queues: HashMap<String, Queue<u64>>,
    /// By queue, how many items were got and not reported done.
    pub owed: HashMap<String, Cell<u64>>,
    pub locks: HashMap<String, Lock>,
    pub semaphores: HashMap<String, Semaphore>,
    pub events: HashMap<String, Event>,
    pub promises: HashMap<String, Promise<u64>>,
    pub conditions: HashMap<String, Condition>,
    pub barriers: HashMap<String, Barrier>,
}

impl Things {
    pub fn new(primitives: &[Primitive]) -> Self {
        let mut things = Things::default();
        for Primitive { kind, name, number } in primitives {
            let name = name.clone();
            match kind.as_str() {
                "queue" => {
                    things.owed.insert(name.clone(), Cell::new(0));
                    things.queues.insert(name, Queue::bounded(*number));
                }
                "lock" => drop(things.locks.insert(name, Lock::new(()))),
                "semaphore" => drop(things.semaphores.insert(name, Semaphore::new(*number))),
                "event" => drop(things.events.insert(name, Event::new())),
                "promise" => drop(things.promises.insert(name, Promise::new())),
                "condition" => drop(things.conditions.insert(name, Condition::new())),
                "barrier" => drop(things.barriers.insert(name, Barrier::new(*number))),
                _ => unreachable!("the parser knows the kinds"),
            }
        }
        things
    }

    /// What the closing lines say of a primitive; nothing of a condition.
    pub fn report(&self, Primitive { kind, name, .. }: &Primitive) -> Option<String> {
        let which = |yes, if_so: &str, if_not: &str| if yes { if_so } else { if_not }.to_owned();
        let state = match kind.as_str() {
            "queue" => self.queues[name].len().to_string(),
            "lock" => which(self.locks[name].is_locked(), "locked", "free"),
            "semaphore" => which(self.semaphores[name].is_locked(), "locked", "free"),
            "event" => which(self.events[name].is_set(), "set", "clear"),
            "promise" => {
                let promise = &self.promises[name];
                match promise.get() {
                    Some(value) => format!("value {value}"),
                    None => which(promise.is_cancelled(), "cancelled", "pending"),
                }
            }
            "barrier" => self.barriers[name].waiting().to_string(),
            _ => return None,
        };
        Some(format!("{kind} {name} {state}"))
    }
}

//! Context variables: which values belong to the code that runs now, and who inherits them.
//!
//! The values of a task lie beside its cell, those of a callback and of the runtime in the loop, and those of code
//! outside of a run in the thread. So nothing is switched when a task is stepped: whoever asks for a value finds out
//! where he is. All that a spawn asks is a bit of `EventLoop::special`, which is set when the first value is.
//!
//! A set of values is shared until one of those who share it changes its own. Sets are small, and found by search.

use super::cell::CellPointer;
use super::context::{each_on_thread, with_running};
use super::{EventLoop, quietly, special};
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

/// The values that belong together, sorted by the variables' numbers; `None` if there are none.
pub(crate) type Variables = Option<Rc<Vec<(u64, Value)>>>;

pub(crate) type Value = Rc<dyn Any>;

thread_local! {
    /// The values of code that runs outside of any loop.
    static OF_THREAD: RefCell<Variables> = const { RefCell::new(None) };
}

/// The values that a loop keeps.
#[derive(Default)]
pub(super) struct OfLoop {
    /// Those of the callback that runs. None between callbacks.
    callback: RefCell<Variables>,
    /// The runtime's own, which the main task of each run has.
    runtime: RefCell<Variables>,
}

/// Calls `f` with the values of the code that runs. `f` runs no code of others; what it takes out is dropped later.
fn with_current<R>(f: impl FnOnce(&mut Variables) -> R) -> Option<R> {
    let mut f = Some(f);
    let in_loop = with_running(|event_loop| {
        let f = f.take()?;
        Some(match event_loop.current_cell() {
            Some((_, cell)) => cell.with_extra(|extra| f(&mut extra.variables)),
            None => f(&mut event_loop.variables.callback.borrow_mut()),
        })
    });
    match (in_loop.flatten(), f) {
        (None, Some(f)) => OF_THREAD
            .try_with(|variables| f(&mut variables.borrow_mut()))
            .ok(),
        (result, _) => result,
    }
}

/// The values of the code that runs.
pub(crate) fn copy() -> Variables {
    // What was never written needs no place for it.
    let in_task = with_running(|event_loop| {
        let (_, cell) = event_loop.current_cell()?;
        Some(
            cell.with_extra_if_any(|extra| extra.variables.clone())
                .flatten(),
        )
    });
    match in_task.flatten() {
        Some(variables) => variables,
        None => with_current(|variables| variables.clone()).flatten(),
    }
}

/// Puts other values in the place of those of the code that runs, and returns those. For a thread that is being torn
/// down, which has no place any more, gives them back.
pub(crate) fn replace(variables: Variables) -> Variables {
    if variables.is_some() {
        each_on_thread(|event_loop| event_loop.set_special(special::VARIABLES));
    }
    let mut variables = variables;
    with_current(|current| std::mem::swap(current, &mut variables));
    variables
}

/// The value of the variable with this number.
pub(crate) fn get(number: u64) -> Option<Value> {
    find(&copy(), number)
}

fn find(variables: &Variables, number: u64) -> Option<Value> {
    let values = variables.as_ref()?;
    let place = values.binary_search_by_key(&number, |(own, _)| *own);
    place.ok().map(|place| values[place].1.clone())
}

/// Sets the variable with this number, or takes its value away, and returns the one before.
pub(crate) fn set(number: u64, value: Option<Value>) -> Option<Value> {
    // Taken out, so that a set that nobody shares is changed where it is.
    let mut variables = replace(None);
    let before = find(&variables, number);
    {
        let values = Rc::make_mut(variables.get_or_insert_default());
        let place = values.binary_search_by_key(&number, |(own, _)| *own);
        match (place, value) {
            (Ok(place), Some(value)) => values[place].1 = value,
            (Ok(place), None) => drop(values.remove(place)),
            (Err(place), Some(value)) => values.insert(place, (number, value)),
            (Err(_), None) => {}
        }
    }
    drop(replace(variables.filter(|values| !values.is_empty())));
    before
}

impl EventLoop {
    /// A new loop's runtime has the values of who makes it.
    pub(super) fn inherit_variables(&self) {
        let variables = copy();
        if variables.is_some() {
            self.set_special(special::VARIABLES);
        }
        self.variables.runtime.replace(variables);
    }

    /// A new task has the values of who spawns it.
    pub(super) fn bequeath_variables(&self, cell: CellPointer) {
        if self.has_special(special::VARIABLES)
            && let Some(variables) = copy()
        {
            cell.with_extra(|extra| extra.variables = Some(variables));
        }
    }

    /// A callback has the values of who registers it.
    pub(super) fn with_variables_of_now(&self, call: Box<dyn FnOnce()>) -> Box<dyn FnOnce()> {
        if !self.has_special(special::VARIABLES) {
            return call;
        }
        match copy() {
            None => call,
            variables => Box::new(move || {
                // They take the place of none, and are taken away by `leave_callback`.
                drop(replace(variables));
                call();
            }),
        }
    }

    /// A callback has run: its values go.
    #[inline]
    pub(super) fn leave_callback(&self) {
        if self.has_special(special::VARIABLES) {
            let variables = self.variables.callback.take();
            quietly(|| drop(variables));
        }
    }

    /// The main task has the runtime's values, not a copy of them.
    pub(super) fn lend_variables(&self, index: u32) {
        if self.has_special(special::VARIABLES) {
            let variables = self.variables.runtime.take();
            let before = self
                .held(index)
                .with_extra(|extra| std::mem::replace(&mut extra.variables, variables));
            drop(before);
        }
    }

    /// The main task has ended, or its run: what it has set is the runtime's.
    pub(super) fn take_variables_back(&self, index: u32) {
        if self.has_special(special::VARIABLES) {
            let variables = self
                .held(index)
                .with_extra_if_any(|extra| extra.variables.take())
                .flatten();
            let before = self.variables.runtime.replace(variables);
            drop(before);
        }
    }

    /// Drops all values that tasks which have ended still have, and the runtime's.
    pub(super) fn drop_variables(&self) {
        if !self.has_special(special::VARIABLES) {
            return;
        }
        for index in 0..self.tasks.capacity() {
            let cell = self.tasks.slot(index).and_then(|slot| slot.cell.get());
            let variables = cell.and_then(|cell| {
                cell.with_extra_if_any(|extra| extra.variables.take())
                    .flatten()
            });
            quietly(|| drop(variables));
        }
        for place in [&self.variables.runtime, &self.variables.callback] {
            let variables = place.take();
            quietly(|| drop(variables));
        }
    }
}

//! What all queues have in common: everything but which item comes out next.

use super::store::Store;
use super::waits::{Get, Put};
use crate::error::{TryGetError, TryPutError};
use crate::event_loop::event::{Act, ObjectKind};
use crate::event_loop::object::Object;
use crate::sync::event::Event;
use crate::sync::waiters::Waiters;
use std::cell::{Cell, RefCell};
use std::fmt;

/// A queue whose store says which item comes out next.
pub struct AnyQueue<S> {
    /// What was put and not got yet.
    items: RefCell<S>,
    /// How many items fit; `None` for any number.
    bound: Option<usize>,
    /// How many items may be there for another to be put in: the bound, any number, or none after the shutdown. So
    /// that the usual case of `put` needs one comparison.
    room: Cell<usize>,
    /// Set by `shutdown`, for ever.
    is_shut_down: Cell<bool>,
    /// Those who wait for an item.
    pub(super) getters: Waiters,
    /// Those who wait for room.
    pub(super) putters: Waiters,
    /// How many items were put and not yet reported done.
    unfinished: Cell<usize>,
    /// Set while nothing is unfinished.
    finished: Event,
    /// Which queue it is.
    pub(super) object: Object,
}

impl<S: Store> AnyQueue<S> {
    #[track_caller]
    pub(super) fn new(bound: Option<usize>) -> Self {
        assert!(
            bound != Some(0),
            "a queue of at most 0 items could never hold one: use `unbounded`, or a bound"
        );
        let finished = Event::new();
        finished.set();
        AnyQueue {
            items: RefCell::default(),
            bound,
            room: Cell::new(bound.unwrap_or(usize::MAX)),
            is_shut_down: Cell::new(false),
            getters: Waiters::new(),
            putters: Waiters::new(),
            unfinished: Cell::new(0),
            finished,
            object: Object::new(ObjectKind::Queue),
        }
    }

    #[inline]
    pub(super) fn put(&self, item: S::Item) -> Put<'_, S> {
        Put::new(self, item)
    }

    #[inline]
    pub(super) fn try_put(&self, item: S::Item) -> Result<(), TryPutError<S::Item>> {
        let mut items = self.items.borrow_mut();
        if items.len() >= self.room.get() {
            return Err(match self.is_shut_down() {
                true => TryPutError::ShutDown(item),
                false => TryPutError::Full(item),
            });
        }
        items.push(item);
        drop(items);
        if self.unfinished.replace(self.unfinished.get() + 1) == 0 {
            self.finished.clear();
        }
        self.getters.wake_next();
        Ok(())
    }

    #[inline]
    pub(super) fn get(&self) -> Get<'_, S> {
        Get::new(self)
    }

    #[inline]
    pub(super) fn try_get(&self) -> Result<S::Item, TryGetError> {
        let item = self.items.borrow_mut().pop();
        match item {
            Some(item) => {
                self.putters.wake_next();
                Ok(item)
            }
            None if self.is_shut_down() => Err(TryGetError::ShutDown),
            None => Err(TryGetError::Empty),
        }
    }

    #[track_caller]
    pub(super) fn task_done(&self) {
        let unfinished = self.unfinished.get();
        assert!(
            unfinished > 0,
            "`task_done` was called more often than items were put into the queue: call it once for each item"
        );
        self.finish(1);
    }

    /// So many items more are done.
    fn finish(&self, items: usize) {
        let unfinished = self.unfinished.get().saturating_sub(items);
        self.unfinished.set(unfinished);
        if unfinished == 0 {
            self.finished.set();
        }
    }

    pub(super) async fn join(&self) {
        if self.unfinished.get() > 0 {
            self.finished.wait_as(&self.object, Act::Join).await;
        }
    }

    pub(super) fn shutdown(&self, immediate: bool) {
        self.is_shut_down.set(true);
        self.room.set(0);
        let dropped = match immediate {
            true => self.items.take(),
            false => S::default(),
        };
        if immediate {
            self.finish(dropped.len());
        }
        // They look again, and find it shut down: getters if there is nothing left to get.
        self.getters.wake_all();
        self.putters.wake_all();
        // Last, as it is code of others.
        drop(dropped);
    }

    #[inline]
    pub(super) fn is_shut_down(&self) -> bool {
        self.is_shut_down.get()
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.items.borrow().len()
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.bound.is_some_and(|bound| self.len() >= bound)
    }

    pub(super) fn bound(&self) -> Option<usize> {
        self.bound
    }

    pub(super) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (items, unfinished) = (self.len(), self.unfinished.get());
        write!(f, "{name}({items} items, {unfinished} unfinished")?;
        f.write_str(if self.is_shut_down() {
            ", shut down)"
        } else {
            ")"
        })
    }
}

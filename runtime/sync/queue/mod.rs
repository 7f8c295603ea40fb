//! Queues between tasks, bounded or not, with `join`, `task_done` and `shutdown`: one implementation, three orders.

mod any_queue;
mod store;
mod waits;

pub use waits::{Get, Put};

use crate::error::{TryGetError, TryPutError};
use crate::event_loop::waits::located;
use any_queue::AnyQueue;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fmt;

/// Makes a queue type: its documentation, its name, the store of its items with what they must be able to do, and which
/// item comes out next.
macro_rules! queue {
    ($(#[$documentation:meta])* $name:ident, $store:ty $(where T: $ability:ident)?, $which:literal) => {
        $(#[$documentation])*
        pub struct $name<T $(: $ability)?>(AnyQueue<$store>);

        impl<T $(: $ability)?> $name<T> {
            /// Makes a queue that holds any number of items.
            #[track_caller]
            pub fn unbounded() -> Self {
                $name(AnyQueue::new(None))
            }

            /// Makes a queue that holds at most `bound` items.
            ///
            /// # Panics
            /// If `bound` is zero: such a queue could never hold an item. (asyncio takes zero to mean unbounded.)
            #[track_caller]
            pub fn bounded(bound: usize) -> Self {
                $name(AnyQueue::new(Some(bound)))
            }

            /// Puts an item in when there is room, and wakes the oldest getter. Does not yield if there is room, even
            /// if others were woken for it: they wait anew.
            ///
            /// # Errors
            /// Gives the item back if the queue is shut down, before or during the wait.
            ///
            /// # Cancellation
            /// Dropped before it ends, it puts nothing in, and the item is dropped with it. If it was woken for room,
            /// the next putter is woken in its place.
            #[inline]
            pub fn put(&self, item: T) -> Put<'_, $store> {
                self.0.put(item)
            }

            /// Puts an item in if there is room now, as asyncio's `put_nowait`.
            ///
            /// # Errors
            /// Gives the item back if there is none, or the queue is shut down.
            #[inline]
            #[doc(alias = "put_nowait")]
            pub fn try_put(&self, item: T) -> Result<(), TryPutError<T>> {
                self.0.try_put(item)
            }

            #[doc = concat!("Takes the ", $which, " item out when there is one, and wakes the oldest putter.")]
            /// Does not yield if there is one, even if others were woken for it: they wait anew.
            ///
            /// # Errors
            /// If the queue is shut down, before or during the wait, and no item is left.
            ///
            /// # Cancellation
            /// Dropped before it ends, it takes nothing; if it was woken for an item, the next getter is woken in its
            /// place.
            #[inline]
            pub fn get(&self) -> Get<'_, $store> {
                self.0.get()
            }

            #[doc = concat!("Takes the ", $which, " item out if there is one now, as asyncio's `get_nowait`.")]
            ///
            /// # Errors
            /// If there is none now, or will never be one, as the queue is shut down.
            #[inline]
            #[doc(alias = "get_nowait")]
            pub fn try_get(&self) -> Result<T, TryGetError> {
                self.0.try_get()
            }

            #[doc = concat!("Reports an item that was taken out as done; see [`join`](", stringify!($name), "::join).")]
            ///
            /// # Panics
            /// If it is called more often than items were put in.
            #[track_caller]
            pub fn task_done(&self) {
                self.0.task_done();
            }

            /// Waits until every item that was put in has been reported done. Does not yield if that is so now.
            ///
            /// # Cancellation
            /// Dropping it loses nothing.
            pub fn join(&self) -> impl Future<Output = ()> {
                located(self.0.join())
            }

            /// Shuts the queue down, for ever: no item can be put in any more; those that are there can be taken out,
            /// or, if `immediate`, are dropped and count as done. Wakes all who wait to put or to get; whoever finds
            /// nothing left to get gets an error.
            pub fn shutdown(&self, immediate: bool) {
                self.0.shutdown(immediate);
            }

            /// Returns whether the queue was shut down.
            pub fn is_shut_down(&self) -> bool {
                self.0.is_shut_down()
            }

            /// Returns how many items are in the queue.
            #[inline]
            #[doc(alias = "qsize")]
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Returns whether no item is in the queue.
            #[inline]
            #[doc(alias = "empty")]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Returns whether as many items are in the queue as fit.
            #[inline]
            #[doc(alias = "full")]
            pub fn is_full(&self) -> bool {
                self.0.is_full()
            }

            /// Returns how many items fit, or `None` for any number.
            #[doc(alias = "maxsize")]
            pub fn bound(&self) -> Option<usize> {
                self.0.bound()
            }
        }

        impl<T $(: $ability)?> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.describe(stringify!($name), f)
            }
        }
    };
}

queue! {
    /// A first-in first-out queue for any number of producers and consumers, as asyncio's `Queue`.
    ///
    /// Items are not reserved: a woken getter looks again, and queues anew, at the end, if another one was faster.
    /// Share it with [`Rc`](std::rc::Rc).
    ///
    /// # Examples
    /// ```
    /// use roundelay::sync::Queue;
    /// use std::rc::Rc;
    /// # roundelay::run(async {
    /// let queue = Rc::new(Queue::bounded(2));
    /// let producer = roundelay::spawn({
    ///     let queue = Rc::clone(&queue);
    ///     async move {
    ///         for n in 0..5 {
    ///             queue.put(n).await.unwrap();
    ///         }
    ///         queue.shutdown(false);
    ///     }
    /// });
    /// let mut sum = 0;
    /// while let Ok(n) = queue.get().await {
    ///     sum += n;
    /// }
    /// assert_eq!(sum, 10);
    /// producer.await.unwrap();
    /// # });
    /// ```
    Queue, VecDeque<T>, "oldest"
}

queue! {
    /// A last-in first-out queue, as asyncio's `LifoQueue`: a [`Queue`] that gives the newest item.
    ///
    /// # Examples
    /// ```
    /// use roundelay::sync::LifoQueue;
    /// # roundelay::run(async {
    /// let queue = LifoQueue::unbounded();
    /// for n in [1, 2, 3] {
    ///     queue.put(n).await.unwrap();
    /// }
    /// assert_eq!(queue.get().await, Ok(3));
    /// # });
    /// ```
    LifoQueue, Vec<T>, "newest"
}

queue! {
    /// A queue that gives the smallest item, as asyncio's `PriorityQueue`: a [`Queue`] for items that have an order.
    ///
    /// Which one is the smallest is found out when a getter runs, not when it is woken. Among equals no order is
    /// promised: put a number into the item where one is wanted. Comparing two items must not use the queue.
    ///
    /// # Examples
    /// ```
    /// use roundelay::sync::PriorityQueue;
    /// # roundelay::run(async {
    /// let queue = PriorityQueue::unbounded();
    /// for item in [(2, "second"), (3, "third"), (1, "first")] {
    ///     queue.put(item).await.unwrap();
    /// }
    /// assert_eq!(queue.get().await, Ok((1, "first")));
    /// # });
    /// ```
    PriorityQueue, BinaryHeap<Reverse<T>> where T: Ord, "smallest"
}

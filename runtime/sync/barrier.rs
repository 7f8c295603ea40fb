//! A barrier: tasks wait for each other until so many have come.

use super::wait_list::Ticket;
use super::waiters::Waiters;
use crate::error::BrokenBarrier;
use crate::event_loop::event::{Act, ObjectKind};
use crate::event_loop::object::Object;
use crate::event_loop::waker::TaskWaker;
use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A point where tasks wait until a number of them have come, as asyncio's `Barrier`. It can be used again and again.
///
/// The last to arrive does not yield, and so is the first to go on. The others leave in the order of their arrival.
/// While they do, the barrier is *draining*: whoever comes for the next round waits until all have left.
///
/// ```text
///              1                       2
/// FILLING ───────────▶ DRAINING ──────────────▶ FILLING
///    │                    │
///    │ 3                  │ 3                   from anywhere: abort ──▶ BROKEN
///    ▼                    ▼           2
/// RESETTING (somebody is inside) ─────────────▶ FILLING
/// ```
/// 1. `wait` by the last to arrive; 2. the last to leave; 3. [`reset`](Barrier::reset), which leads to FILLING at once
///    where nobody is inside.
///
/// # Examples
/// ```
/// use roundelay::{gather, sync::Barrier};
/// use std::rc::Rc;
/// # roundelay::run(async {
/// let barrier = Rc::new(Barrier::new(3));
/// let tasks = (0..3).map(|_| {
///     let barrier = Rc::clone(&barrier);
///     async move { barrier.wait().await.unwrap() }
/// });
/// assert_eq!(gather(tasks).await.unwrap(), [0, 1, 2]);
/// # });
/// ```
pub struct Barrier {
    /// How many it takes to pass.
    parties: usize,
    /// Where it stands; see the drawing above.
    state: Cell<State>,
    /// How many are inside: have come, and not left.
    inside: Cell<usize>,
    /// Those inside that wait for the last one, and those outside that wait for a barrier that drains, in one list: it
    /// stands for asyncio's condition, whose lock is never held while a task waits.
    waiters: Waiters,
    /// Which barrier it is.
    object: Object,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Filling,
    Draining,
    Resetting,
    Broken,
}

impl Barrier {
    /// Makes a barrier for so many tasks.
    ///
    /// # Panics
    /// If it is for none.
    #[track_caller]
    pub fn new(parties: usize) -> Self {
        assert!(
            parties > 0,
            "a barrier for 0 tasks could never be passed: give it one at least"
        );
        Barrier {
            parties,
            state: Cell::new(State::Filling),
            inside: Cell::new(0),
            waiters: Waiters::new(),
            object: Object::new(ObjectKind::Barrier),
        }
    }

    /// Waits until enough tasks wait. Gives the number of this arrival, from 0 on: one of the tasks, any, can be told
    /// by it to do something for all. (After a waiter was dropped its number is given a second time, as in asyncio.)
    ///
    /// # Errors
    /// If the barrier is broken, or was reset or broken during the wait.
    ///
    /// # Cancellation
    /// Dropped, this task does not count as arrived any more, and the others wait on. As with a
    /// [`Condition`](super::Condition) that wakes who waits longest; that one finds nothing to go on for, and waits on
    /// behind the others.
    pub fn wait(&self) -> BarrierWait<'_> {
        BarrierWait {
            barrier: self,
            ticket: None,
            index: None,
        }
    }

    /// Breaks the barrier: those who wait and those who come get an error, until it is [`reset`](Barrier::reset).
    pub fn abort(&self) {
        self.change(State::Broken);
    }

    /// Makes the barrier new. Those who wait inside get an error; those who wait outside come in after them.
    pub fn reset(&self) {
        self.change(match self.inside.get() {
            0 => State::Filling,
            _ => State::Resetting,
        });
    }

    /// Returns whether the barrier is broken.
    #[doc(alias = "broken")]
    pub fn is_broken(&self) -> bool {
        self.state.get() == State::Broken
    }

    /// Returns how many tasks it takes to pass.
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// Returns how many tasks have come and wait for the others; none while the barrier drains.
    #[doc(alias = "n_waiting")]
    pub fn waiting(&self) -> usize {
        match self.state.get() {
            State::Filling => self.inside.get(),
            _ => 0,
        }
    }

    fn change(&self, state: State) {
        self.state.set(state);
        self.waiters.wake_all();
    }

    /// One that was inside has left.
    fn leave(&self) {
        self.inside.set(self.inside.get() - 1);
        if self.inside.get() == 0 {
            let state = self.state.get();
            self.change(match state {
                State::Draining | State::Resetting => State::Filling,
                _ => state,
            });
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Barrier { parties, state, .. } = self;
        let waiting = self.waiting();
        write!(f, "Barrier({:?}, {waiting} of {parties} wait)", state.get())
    }
}

/// The future of [`Barrier::wait`].
#[must_use = "futures do nothing unless awaited"]
pub struct BarrierWait<'a> {
    barrier: &'a Barrier,
    /// The place in the wait list, once it had to wait.
    ticket: Option<Ticket>,
    /// The number of the arrival, while it is inside.
    index: Option<usize>,
}

impl BarrierWait<'_> {
    /// The end of the wait, from inside.
    fn leave(&mut self) {
        self.ticket = None;
        if self.index.take().is_some() {
            self.barrier.leave();
        }
    }
}

impl Future for BarrierWait<'_> {
    type Output = Result<usize, BrokenBarrier>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // First of all: making a waker may run code of others, which may use the barrier.
        let waker = TaskWaker::of(cx.waker());
        let this = &mut *self;
        let barrier = this.barrier;
        let at = Location::caller();
        let wait = |ticket: &mut Option<Ticket>| {
            barrier.waiters.wait(ticket, waker);
            barrier.object.waits_at(at, Act::Wait);
            Poll::Pending
        };
        barrier.waiters.recall(this.ticket);
        if barrier.waiters.is_waiting(this.ticket) {
            return wait(&mut this.ticket);
        }
        let index = match (this.index, barrier.state.get()) {
            // Inside already, and woken.
            (Some(index), _) => index,
            (None, State::Draining | State::Resetting) => return wait(&mut this.ticket),
            (None, State::Broken) => {
                this.ticket = None;
                return Poll::Ready(Err(BrokenBarrier::new()));
            }
            (None, State::Filling) => {
                let index = barrier.inside.get();
                barrier.inside.set(index + 1);
                this.index = Some(index);
                if index + 1 == barrier.parties {
                    barrier.change(State::Draining);
                }
                index
            }
        };
        match barrier.state.get() {
            State::Filling => wait(&mut this.ticket),
            State::Draining => {
                this.leave();
                Poll::Ready(Ok(index))
            }
            State::Resetting | State::Broken => {
                this.leave();
                Poll::Ready(Err(BrokenBarrier::new()))
            }
        }
    }
}

impl Drop for BarrierWait<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.barrier.waiters.leave(ticket);
            self.barrier.waiters.wake_next();
        }
        self.leave();
    }
}

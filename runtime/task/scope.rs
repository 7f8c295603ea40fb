//! `scope`: children that may borrow from the code around them.
//!
//! A task of the loop must own what it uses, for nobody can promise that the future that spawned it stays. So the
//! children of a scope are no tasks: they live inside the scope's future and are polled by it, each when it was woken,
//! and go with it. They share their task's turn, name and cancel.

use crate::error::JoinError;
use slab::Slab;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Runs a body that may spawn children which borrow from around it, and waits for the body and all children.
///
/// The children run side by side within the current task. For tasks of their own, which must own what they use, there is
/// [`task_group`](crate::task_group).
///
/// # Panics
/// If the body or a child panics, with that panic; the other children are dropped.
///
/// # Cancellation
/// Dropping it, and so cancelling its task, drops the body and the children.
///
/// # Examples
/// ```
/// use roundelay::{scope, yield_now};
/// # roundelay::run(async {
/// let words = vec!["one".to_owned(), "two".to_owned()];
/// let lengths = scope(async |scope| {
///     let lengths: Vec<_> = words
///         .iter()
///         .map(|word| scope.spawn(async move { yield_now().await; word.len() }))
///         .collect();
///     let mut sum = 0;
///     for length in lengths {
///         sum += length.await.unwrap();
///     }
///     sum
/// });
/// assert_eq!(lengths.await, 6);
/// # });
/// ```
pub async fn scope<'env, R>(body: impl AsyncFnOnce(&Scope<'env>) -> R) -> R {
    let scope = Scope(Rc::new(Children::default()));
    // It goes before the children do, however this future is left: locals go in the reverse order.
    let _end = End(&scope.0);
    let mut body = pin!(body(&scope));
    let mut output = None;
    let body_waker = Arc::new(ChildWaker {
        child: BODY,
        queued: AtomicBool::new(false),
        woken: Arc::clone(&scope.0.woken),
    });
    body_waker.wake_by_ref();
    std::future::poll_fn(|cx| {
        let children = &scope.0;
        children.woken.set_waker(cx.waker());
        // Those who are woken from here on are polled in the next step.
        for _ in 0..children.woken.len() {
            match children.woken.next() {
                Some(BODY) => {
                    body_waker.queued.store(false, Ordering::Release);
                    let waker = Waker::from(Arc::clone(&body_waker));
                    if output.is_none()
                        && let Poll::Ready(value) =
                            body.as_mut().poll(&mut Context::from_waker(&waker))
                    {
                        output = Some(value);
                    }
                }
                Some(child) => children.poll(child),
                None => break,
            }
        }
        match output.take_if(|_| children.table.borrow().is_empty()) {
            Some(output) => Poll::Ready(output),
            None => Poll::Pending,
        }
    })
    .await
}

/// The number of the body among those that are woken.
const BODY: usize = usize::MAX;

/// The children of a running [`scope`]. A clone is the same scope, for children that spawn others.
pub struct Scope<'env>(Rc<Children<'env>>);

#[derive(Default)]
struct Children<'env> {
    /// The children by key; `None` while one is being polled.
    table: RefCell<Slab<Option<Child<'env>>>>,
    /// Which of them are to be polled.
    woken: Arc<Woken>,
    /// Whether the scope has ended, so that no more are accepted.
    over: Cell<bool>,
}

struct Child<'env> {
    future: Pin<Box<dyn Future<Output = ()> + 'env>>,
    waker: Arc<ChildWaker>,
}

impl<'env> Scope<'env> {
    /// Spawns a child, which takes its first step when the scope's task next does.
    ///
    /// A scope that has ended refuses: the future is dropped, and awaiting the handle gives an error.
    #[track_caller]
    pub fn spawn<F: Future + 'env>(&self, future: F) -> ScopedHandle<F::Output> {
        let place = Rc::new(Place {
            state: RefCell::new(PlaceState::Running(None)),
            spawned_at: Location::caller(),
        });
        let handle = ScopedHandle(Rc::clone(&place));
        if self.0.over.get() {
            place.finish(PlaceState::Lost);
            return handle;
        }
        let told = TellsOfItsEnd(place);
        let future = Box::pin(async move {
            let output = future.await;
            told.0.finish(PlaceState::Ended(output));
        });
        let mut table = self.0.table.borrow_mut();
        let entry = table.vacant_entry();
        let waker = Arc::new(ChildWaker {
            child: entry.key(),
            queued: AtomicBool::new(false),
            woken: Arc::clone(&self.0.woken),
        });
        entry.insert(Some(Child {
            future,
            waker: Arc::clone(&waker),
        }));
        drop(table);
        waker.wake();
        handle
    }
}

impl Clone for Scope<'_> {
    fn clone(&self) -> Self {
        Scope(Rc::clone(&self.0))
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({} children)", self.0.table.borrow().len())
    }
}

impl Children<'_> {
    fn poll(&self, key: usize) {
        // It is taken out of the table, so that it can spawn others meanwhile.
        let child = self.table.borrow_mut().get_mut(key).and_then(Option::take);
        let Some(mut child) = child else {
            return;
        };
        child.waker.queued.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&child.waker));
        let polled = child.future.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_pending() {
            if let Some(place) = self.table.borrow_mut().get_mut(key) {
                *place = Some(child);
            }
        } else {
            drop(child);
            self.table.borrow_mut().try_remove(key);
        }
    }
}

/// However the scope is left, its children go, also those that share it, and no more come.
struct End<'a, 'env>(&'a Rc<Children<'env>>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        self.0.over.set(true);
        let children = std::mem::take(&mut *self.0.table.borrow_mut());
        drop(children);
        let waker = self.0.woken.lock().waker.take();
        drop(waker);
    }
}

/// Which children are to be polled, in the order in which they were woken; wakers are used from anywhere.
#[derive(Default)]
struct Woken(Mutex<WokenState>);

#[derive(Default)]
struct WokenState {
    queue: VecDeque<usize>,
    /// What wakes the scope's task.
    waker: Option<Waker>,
}

impl Woken {
    fn lock(&self) -> std::sync::MutexGuard<'_, WokenState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_waker(&self, waker: &Waker) {
        let known = self.lock().waker.take();
        let waker = match known {
            Some(known) if known.will_wake(waker) => known,
            _ => waker.clone(),
        };
        let before = self.lock().waker.replace(waker);
        drop(before);
    }

    fn len(&self) -> usize {
        self.lock().queue.len()
    }

    fn next(&self) -> Option<usize> {
        self.lock().queue.pop_front()
    }
}

struct ChildWaker {
    child: usize,
    /// Whether the child stands in the queue. Cleared before its poll, so that a wake from then on leads to another; the
    /// store pairs with the swap in `wake_by_ref`.
    queued: AtomicBool,
    woken: Arc<Woken>,
}

impl Wake for ChildWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        let waker = {
            let mut woken = self.woken.lock();
            woken.queue.push_back(self.child);
            woken.waker.clone()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Where a child leaves its output.
struct Place<T> {
    state: RefCell<PlaceState<T>>,
    spawned_at: &'static Location<'static>,
}

enum PlaceState<T> {
    /// The child has not ended. Holds who awaits it.
    Running(Option<Waker>),
    Ended(T),
    /// The child was dropped with its scope.
    Lost,
    /// The output was taken.
    Taken,
}

impl<T> Place<T> {
    /// Sets the end, unless it came before.
    fn finish(&self, end: PlaceState<T>) {
        let mut state = self.state.borrow_mut();
        if let PlaceState::Running(waker) = &mut *state {
            let waker = waker.take();
            *state = end;
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

/// Says that the child is lost if it is dropped before its end.
struct TellsOfItsEnd<T>(Rc<Place<T>>);

impl<T> Drop for TellsOfItsEnd<T> {
    fn drop(&mut self) {
        self.0.finish(PlaceState::Lost);
    }
}

/// The handle of a child of a [`scope`]. Dropping it lets the child run on, until the scope ends.
///
/// # Errors
/// Awaiting gives a [`JoinError`] if the child was dropped with its scope, or refused.
#[must_use = "the scope waits for the child in any case; the handle gives its output"]
pub struct ScopedHandle<T>(Rc<Place<T>>);

impl<T> Future for ScopedHandle<T> {
    type Output = Result<T, JoinError>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // First of all: making a waker, and dropping one, may run code of others.
        let waker = cx.waker().clone();
        let mut state = self.0.state.borrow_mut();
        if let PlaceState::Running(place) = &mut *state {
            let before = place.replace(waker);
            drop(state);
            drop(before);
            return Poll::Pending;
        }
        match std::mem::replace(&mut *state, PlaceState::Taken) {
            PlaceState::Ended(output) => Poll::Ready(Ok(output)),
            PlaceState::Taken => panic!("a scoped handle was polled after it gave its output"),
            _ => Poll::Ready(Err(JoinError::refused(self.0.spawned_at))),
        }
    }
}

impl<T> fmt::Debug for ScopedHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopedHandle(spawned at {})", self.0.spawned_at)
    }
}

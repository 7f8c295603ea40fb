//! Which loop this thread is in: one thread-local word, and a list of the loops that live on the thread.
//!
//! Both are plain pointers without a destructor, so that a waker or a handle used while the thread is being
//! torn down finds them readable, and null.

#![allow(unsafe_code)]

use super::EventLoop;
use std::cell::Cell;
use std::ptr::null;
use std::rc::Rc;

thread_local! {
    /// The loop that runs on this thread at the moment; null outside of a run. Written by `Running`.
    static RUNNING: Cell<*const EventLoop> = const { Cell::new(null()) };
    /// The newest loop made on this thread, linked through `next_on_thread`. Written by `enlist` and `strike_off`.
    static NEWEST: Cell<*const EventLoop> = const { Cell::new(null()) };
}

/// What every function says that needs a running loop and finds none.
pub(crate) const NO_LOOP: &str = "no event loop is running on this thread: call this inside `roundelay::run`, or use a handle of a runtime";

/// While it lives, a loop is the one that runs on this thread. Restores the one before at its end.
pub(crate) struct Running<'a> {
    before: *const EventLoop,
    /// Keeps the loop borrowed, so that the pointer is valid for as long as it is set.
    _event_loop: &'a EventLoop,
}

impl<'a> Running<'a> {
    pub(crate) fn enter(event_loop: &'a EventLoop) -> Self {
        Running {
            before: RUNNING.replace(event_loop),
            _event_loop: event_loop,
        }
    }

    /// Whether a loop runs on this thread.
    pub(crate) fn anywhere() -> bool {
        !RUNNING.get().is_null()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        RUNNING.set(self.before);
    }
}

/// Calls `f` with the loop that runs on this thread, if one does.
#[inline(always)]
pub(crate) fn with_running<R>(f: impl FnOnce(&EventLoop) -> R) -> Option<R> {
    // SAFETY: the pointer is null or set by a `Running` that is alive further up this thread's stack (the type
    // is private to the crate and never leaked), and it borrows the loop.
    unsafe { RUNNING.get().as_ref() }.map(f)
}

/// Calls `f` with the loop of this serial number if it lives on this thread, running or not.
#[inline(always)]
pub(crate) fn with_loop<R>(serial: u64, f: impl FnOnce(&EventLoop) -> R) -> Option<R> {
    // SAFETY: as in `with_running`.
    match unsafe { RUNNING.get().as_ref() } {
        Some(event_loop) if event_loop.serial == serial => Some(f(event_loop)),
        _ => with_found(serial, f),
    }
}

/// Returns the loop of this serial number if it runs on this thread. For code that must be compiled into its caller,
/// which a closure given to `with_running` may not be.
///
/// # Safety
/// The reference is not kept for longer than the call in which it was had.
#[inline(always)]
pub(super) unsafe fn running_as<'a>(serial: u64) -> Option<&'a EventLoop> {
    // SAFETY: as in `with_running`, for as long as the caller promises.
    unsafe { RUNNING.get().as_ref() }.filter(|event_loop| event_loop.serial == serial)
}

/// The rare part of `with_loop`, compiled apart, so that the frequent one can be compiled into its caller.
#[cold]
#[inline(never)]
fn with_found<R>(serial: u64, f: impl FnOnce(&EventLoop) -> R) -> Option<R> {
    find(serial).map(|event_loop| f(&event_loop))
}

fn find(serial: u64) -> Option<Rc<EventLoop>> {
    let mut next = NEWEST.get();
    // SAFETY: the list holds the loops of this thread that are alive: each strikes itself off before it goes.
    while let Some(event_loop) = unsafe { next.as_ref() } {
        if event_loop.serial == serial {
            return event_loop.this.upgrade();
        }
        next = event_loop.next_on_thread.get();
    }
    None
}

/// Calls `f` with each loop that lives on this thread. `f` runs no code of others.
pub(super) fn each_on_thread(f: impl Fn(&EventLoop)) {
    let mut next = NEWEST.get();
    // SAFETY: as in `find`.
    while let Some(event_loop) = unsafe { next.as_ref() } {
        f(event_loop);
        next = event_loop.next_on_thread.get();
    }
}

/// Adds a loop to the list of this thread.
pub(super) fn enlist(event_loop: &EventLoop) {
    event_loop.next_on_thread.set(NEWEST.replace(event_loop));
}

/// Takes a loop off the list of this thread.
pub(super) fn strike_off(event_loop: &EventLoop) {
    let next = event_loop.next_on_thread.get();
    if std::ptr::eq(NEWEST.get(), event_loop) {
        NEWEST.set(next);
        return;
    }
    let mut at = NEWEST.get();
    // SAFETY: as in `find`.
    while let Some(other) = unsafe { at.as_ref() } {
        if std::ptr::eq(other.next_on_thread.get(), event_loop) {
            other.next_on_thread.set(next);
            return;
        }
        at = other.next_on_thread.get();
    }
}

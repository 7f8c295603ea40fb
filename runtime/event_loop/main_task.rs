//! The main task: a future of the caller's that may borrow, run to its end as a task like any other.

#![allow(unsafe_code)]

use super::callbacks::Callback;
use super::cancel::Target;
use super::event::{Event, What};
use super::waker::TaskRef;
use super::{EventLoop, Run};
use crate::error::{CancelReason, Cancelled, JoinError, RunError};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// How a run of a main future ended.
pub(crate) enum MainEnd<T> {
    /// It returned this.
    Returned(T),
    /// It panicked, or was cancelled.
    Failed(JoinError),
    /// The loop was stopped first.
    Stopped,
}

/// How the main task can be interrupted from outside of the loop.
#[derive(Clone, Copy)]
pub(super) struct Interrupt {
    /// Set by a signal's handler, which then wakes the poll.
    came: &'static AtomicBool,
    main: TaskRef,
    /// Where the run was called.
    called_at: &'static Location<'static>,
}

/// The main future as the loop sees it: no output, and a lifetime that only `run_main` knows.
struct Main(Pin<&'static mut dyn Future<Output = ()>>);

impl Future for Main {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

/// Ends the main task before the future it borrows goes, however `run_main` is left.
struct Eviction<'a> {
    event_loop: &'a EventLoop,
    index: u32,
}

impl Drop for Eviction<'_> {
    fn drop(&mut self) {
        self.event_loop.interrupt.set(None);
        self.event_loop.take_variables_back(self.index);
        self.event_loop.evict(self.index);
    }
}

impl EventLoop {
    /// Says whether a run may begin.
    ///
    /// # Errors
    /// What speaks against it.
    pub(crate) fn may_run(&self) -> Result<(), RunError> {
        Run::check(self)
    }

    /// Runs the loop until `future` ends. As in asyncio, the loop then finishes its batch, and one batch more. The main
    /// task is cancelled if the flag is set meanwhile, if there is one.
    pub(crate) fn run_main<F: Future>(
        &self,
        future: F,
        called_at: &'static Location<'static>,
        interrupt: Option<&'static AtomicBool>,
    ) -> Result<MainEnd<F::Output>, RunError> {
        Run::check(self)?;
        let mut output = None;
        let error = {
            let mut future = pin!(Some(future));
            let main = pin!(std::future::poll_fn(|cx| {
                let Some(inner) = future.as_mut().as_pin_mut() else {
                    return Poll::Ready(());
                };
                match inner.poll(cx) {
                    Poll::Pending => Poll::Pending,
                    Poll::Ready(value) => {
                        output = Some(value);
                        // The future's own drop belongs to the task's last step.
                        future.set(None);
                        Poll::Ready(())
                    }
                }
            }));
            let main: Pin<&mut dyn Future<Output = ()>> = main;
            // SAFETY: only the lifetime is changed. The task that holds the reference is ended by `Eviction`
            // before this block is left, normally or by a panic, and so before what it refers to.
            let main = Main(unsafe {
                std::mem::transmute::<
                    Pin<&mut dyn Future<Output = ()>>,
                    Pin<&'static mut dyn Future<Output = ()>>,
                >(main)
            });
            let spawned = self.spawn(main, true, called_at);
            let (index, _) = spawned.ok_or(RunError::Closed)?;
            self.lend_variables(index);
            let eviction = Eviction {
                event_loop: self,
                index,
            };
            let (slot, _) = self.held_slot(index);
            self.interrupt.set(interrupt.map(|came| Interrupt {
                came,
                main: TaskRef::new(index, slot.generation()),
                called_at,
            }));
            let stop = self.call_when_finished(index, Callback::Stop);
            self.run_until_stopped()?;
            let error = self.take_error(index);
            if self.is_finished(index) {
                // If the loop was stopped by somebody else, this one must not stop the next run.
                if self.callbacks.cancel_stop(stop) {
                    self.observe(|| Event::of(What::CallDropped { call: stop }));
                }
            }
            drop(eviction);
            error
        };
        Ok(match (error, output) {
            (Some(error), _) => MainEnd::Failed(error),
            (None, Some(value)) => MainEnd::Returned(value),
            (None, None) => MainEnd::Stopped,
        })
    }

    /// Cancels the main task if it has been interrupted.
    pub(super) fn take_interrupt(&self) {
        if let Some(interrupt) = self.interrupt.get()
            && interrupt.came.load(Ordering::Relaxed)
        {
            self.interrupt.set(None);
            let request = Cancelled::new(CancelReason::Interrupt, None, None, interrupt.called_at);
            self.cancel_task(interrupt.main, Target::Innermost, &request);
        }
    }
}

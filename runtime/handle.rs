//! Handles: what a program holds of a running loop, on its own thread and on others.

use crate::error::{Closed, Deadlock, JoinError, RunError};
use crate::event_loop::EventLoop;
use crate::event_loop::context::{self, NO_LOOP};
use crate::event_loop::inbox::{Message, Shared};
use crate::event_loop::timers::TimerKey;
use crate::task::{JoinHandle, TaskInfo};
use futures_task::{FutureObj, LocalFutureObj, LocalSpawn, Spawn, SpawnError};
use std::panic::Location;
use std::rc::{Rc, Weak};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// The loop, for code on its own thread.
///
/// Get one with [`Handle::current`] inside a run, or with [`Runtime::handle`](crate::Runtime::handle). It does not
/// keep the runtime alive.
#[derive(Clone)]
#[doc(alias = "get_running_loop")]
pub struct Handle(pub(crate) Weak<EventLoop>);

impl Handle {
    /// Returns the handle of the loop that runs on this thread.
    ///
    /// # Panics
    /// If none does.
    #[track_caller]
    pub fn current() -> Self {
        // No closure: it would name this line, not the caller's.
        match Self::try_current() {
            Some(handle) => handle,
            None => panic!("{NO_LOOP}"),
        }
    }

    /// Returns the handle of the loop that runs on this thread, if one does.
    pub fn try_current() -> Option<Self> {
        context::with_running(|event_loop| {
            Handle(
                event_loop
                    .upgrade()
                    .as_ref()
                    .map_or_else(Weak::new, Rc::downgrade),
            )
        })
    }

    #[track_caller]
    fn event_loop(&self) -> Rc<EventLoop> {
        match self.0.upgrade() {
            Some(event_loop) if !event_loop.is_closing() => event_loop,
            _ => panic!("{}", RunError::Closed),
        }
    }

    /// Spawns a task; see [`spawn`](crate::spawn).
    ///
    /// # Panics
    /// If the runtime is closed.
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        JoinHandle::spawn_on(&self.event_loop(), future, Location::caller())
    }

    /// Queues a callback behind everything that is ready. It runs in the next turn, as asyncio's `call_soon`.
    ///
    /// A panic in the callback goes to [`Builder::on_unhandled`](crate::Builder::on_unhandled); the loop goes on.
    ///
    /// # Panics
    /// If the runtime is closed.
    #[track_caller]
    pub fn call_soon(&self, callback: impl FnOnce() + 'static) -> CallHandle {
        let event_loop = self.event_loop();
        let (key, call) = event_loop.call_soon(Box::new(callback), Location::caller());
        CallHandle {
            event_loop: self.0.clone(),
            when: When::Soon,
            key,
            call,
        }
    }

    /// Runs a callback after a delay, as asyncio's `call_later`. A zero delay goes through the timers too.
    ///
    /// # Panics
    /// If the runtime is closed.
    #[track_caller]
    pub fn call_later(&self, delay: Duration, callback: impl FnOnce() + 'static) -> CallHandle {
        let event_loop = self.event_loop();
        self.call_at_time(
            &event_loop,
            event_loop.clock.after(delay),
            Box::new(callback),
        )
    }

    /// Runs a callback at an instant of the loop's clock, as asyncio's `call_at`; see [`Handle::now`].
    ///
    /// # Panics
    /// If the runtime is closed.
    #[track_caller]
    pub fn call_at(&self, when: Instant, callback: impl FnOnce() + 'static) -> CallHandle {
        let event_loop = self.event_loop();
        self.call_at_time(
            &event_loop,
            event_loop.clock.deadline(when),
            Box::new(callback),
        )
    }

    #[track_caller]
    fn call_at_time(
        &self,
        event_loop: &EventLoop,
        when: u64,
        callback: Box<dyn FnOnce()>,
    ) -> CallHandle {
        let (timer, key, call) = event_loop.call_at(when, callback, Location::caller());
        CallHandle {
            event_loop: self.0.clone(),
            when: When::Timer(timer),
            key,
            call,
        }
    }

    /// Returns the tasks that have not ended, oldest first; see [`tasks`](crate::tasks).
    ///
    /// # Panics
    /// If the runtime is closed.
    #[track_caller]
    #[doc(alias = "all_tasks")]
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.event_loop().tasks()
    }

    /// Says who has to bring something for the loop to go on, and what its tasks wait for, as
    /// [`Runtime::diagnose`](crate::Runtime::diagnose). `None` in a task, which then runs; of use in a callback, and between runs.
    #[track_caller]
    pub fn diagnose(&self) -> Option<Deadlock> {
        self.event_loop().diagnose()
    }

    /// Returns whether the runtime has ended, or is about to.
    pub fn is_closed(&self) -> bool {
        self.0
            .upgrade()
            .is_none_or(|event_loop| event_loop.is_closing())
    }

    /// Ends [`run_forever`](crate::Runtime::run_forever) after the current batch, as asyncio's `stop`.
    pub fn stop(&self) {
        if let Some(event_loop) = self.0.upgrade() {
            event_loop.stop();
        }
    }

    /// Returns the time of the loop's clock, real or virtual.
    ///
    /// # Panics
    /// If the runtime is closed.
    #[track_caller]
    #[doc(alias = "time")]
    pub fn now(&self) -> Instant {
        let event_loop = self.event_loop();
        event_loop.clock.instant(event_loop.clock.now())
    }

    /// Returns a handle for other threads.
    ///
    /// # Panics
    /// If the runtime is closed.
    #[track_caller]
    pub fn remote(&self) -> RemoteHandle {
        RemoteHandle::new(self.remote_uncounted())
    }

    /// A handle for other threads that the loop does not wait for: what it brings is counted elsewhere, as a job is.
    #[track_caller]
    pub(crate) fn remote_uncounted(&self) -> Remote {
        let event_loop = self.event_loop();
        Remote {
            shared: event_loop.shared,
            serial: event_loop.serial,
        }
    }
}

impl LocalSpawn for Handle {
    fn spawn_local_obj(&self, future: LocalFutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.status_local()?;
        drop(self.spawn(future));
        Ok(())
    }

    fn status_local(&self) -> Result<(), SpawnError> {
        match self.0.upgrade() {
            Some(event_loop) if !event_loop.is_closing() => Ok(()),
            _ => Err(SpawnError::shutdown()),
        }
    }
}

impl Spawn for Handle {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.spawn_local_obj(future.into())
    }

    fn status(&self) -> Result<(), SpawnError> {
        self.status_local()
    }
}

/// A callback that is to run: returned by `call_soon`, `call_later` and `call_at`.
///
/// Dropping it changes nothing.
pub struct CallHandle {
    event_loop: Weak<EventLoop>,
    when: When,
    /// The callback's key in the loop's table, and the serial number that tells a reused key.
    key: u32,
    call: u64,
}

/// What will run a callback: its entry in the ready queue, or a timer (none for a time that never comes).
enum When {
    Soon,
    Timer(Option<TimerKey>),
}

impl CallHandle {
    /// Lets the callback not run, even if it stands in the current batch already. After it has run, does nothing.
    pub fn cancel(&self) {
        let Some(event_loop) = self.event_loop.upgrade() else {
            return;
        };
        let by_timer = match self.when {
            When::Soon => false,
            When::Timer(timer) => {
                timer.map(|timer| event_loop.take_timer(timer));
                true
            }
        };
        let callback = event_loop.take_call(self.key, self.call, by_timer);
        drop(callback);
    }

    /// Returns whether the callback is still to run.
    pub fn is_pending(&self) -> bool {
        let Some(event_loop) = self.event_loop.upgrade() else {
            return false;
        };
        event_loop.is_call_waiting(self.key, self.call)
    }
}

/// The loop of a [`RemoteHandle`].
#[derive(Clone, Copy)]
pub(crate) struct Remote {
    /// What other threads reach.
    shared: &'static Shared,
    /// The runtime's number; it may have ended.
    serial: u64,
}

impl Remote {
    /// See [`RemoteHandle::post`].
    #[track_caller]
    pub(crate) fn post(&self, callback: impl FnOnce() + Send + 'static) -> Result<(), Closed> {
        let at = Location::caller();
        let mut callback = Some(callback);
        context::with_loop(self.serial, |event_loop| {
            if !event_loop.is_closing()
                && !event_loop.is_forked()
                && let Some(callback) = callback.take()
            {
                event_loop.post_here(Box::new(callback), at);
            }
        });
        match callback {
            None => Ok(()),
            Some(callback) => {
                let message = Message::Call(Box::new(callback), at);
                self.shared.post(self.serial, message)
            }
        }
    }
}

/// The loop, for code on any thread. Cheap to clone; does not keep the runtime alive.
///
/// While one is alive, something may come through it: a loop that has nothing else to wait for waits for that, and does not
/// call it a [`Deadlock`](crate::Deadlock).
pub struct RemoteHandle(Remote);

impl Clone for RemoteHandle {
    fn clone(&self) -> Self {
        RemoteHandle::new(self.0)
    }
}

impl Drop for RemoteHandle {
    fn drop(&mut self) {
        self.0.shared.handles.take_one();
    }
}

impl RemoteHandle {
    fn new(remote: Remote) -> Self {
        remote.shared.handles.add(1);
        RemoteHandle(remote)
    }

    /// Queues a callback on the loop and wakes it, as asyncio's `call_soon_threadsafe`.
    ///
    /// A panic in it goes to [`Builder::on_unhandled`](crate::Builder::on_unhandled).
    ///
    /// # Errors
    /// If the runtime has ended; the callback is dropped. A callback that was accepted runs, unless the runtime
    /// ends first: then it is dropped on the loop's thread.
    #[track_caller]
    #[doc(alias = "call_soon_threadsafe")]
    pub fn post(&self, callback: impl FnOnce() + Send + 'static) -> Result<(), Closed> {
        self.0.post(callback)
    }

    /// Spawns a task on the loop from any thread, as asyncio's `run_coroutine_threadsafe`.
    ///
    /// # Errors
    /// If the runtime has ended.
    #[track_caller]
    #[doc(alias = "run_coroutine_threadsafe")]
    pub fn spawn<F>(&self, future: F) -> Result<RemoteJoin<F::Output>, Closed>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let spawned_at = Location::caller();
        let answer = Answer(Arc::new(Slot {
            result: Mutex::new(None),
            filled: Condvar::new(),
        }));
        let join = RemoteJoin(Arc::clone(&answer.0));
        self.post(move || {
            context::with_running(|event_loop| {
                let task = JoinHandle::spawn_on(event_loop, future, spawned_at);
                drop(JoinHandle::spawn_on(
                    event_loop,
                    async move { answer.give(task.await) },
                    spawned_at,
                ));
            });
        })?;
        Ok(join)
    }

    /// Returns whether the runtime has ended.
    pub fn is_closed(&self) -> bool {
        !self.0.shared.is_open(self.0.serial)
    }
}

impl Spawn for RemoteHandle {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        match RemoteHandle::spawn(self, future) {
            Ok(_) => Ok(()),
            Err(_) => Err(SpawnError::shutdown()),
        }
    }
}

/// Where a task's result waits for the thread that spawned it.
struct Slot<T> {
    result: Mutex<Option<Result<T, JoinError>>>,
    filled: Condvar,
}

/// The side that fills the slot. Dropped unfilled, it says that the runtime closed.
struct Answer<T>(Arc<Slot<T>>);

impl<T> Answer<T> {
    fn give(&self, result: Result<T, JoinError>) {
        let mut place = self
            .0
            .result
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if place.is_none() {
            *place = Some(result);
            self.0.filled.notify_all();
        }
    }
}

impl<T> Drop for Answer<T> {
    #[track_caller]
    fn drop(&mut self) {
        self.give(Err(JoinError::closed(
            "a task spawned from another thread".to_owned(),
            Location::caller(),
        )));
    }
}

/// The result of a task that was spawned from another thread. Dropping it detaches the task.
#[must_use = "dropping it detaches the task"]
pub struct RemoteJoin<T>(Arc<Slot<T>>);

impl<T> RemoteJoin<T> {
    /// Blocks this thread until the task ends. Not for the loop's own thread, which would wait for itself.
    ///
    /// # Errors
    /// If the task panicked or was cancelled, or the runtime ended first.
    ///
    /// # Panics
    /// If a loop runs on this thread.
    #[track_caller]
    pub fn join(self) -> Result<T, JoinError> {
        assert!(
            !context::Running::anywhere(),
            "RemoteJoin::join would block the event loop that runs on this thread: spawn locally and await the handle"
        );
        let mut place = self
            .0
            .result
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        loop {
            match place.take() {
                Some(result) => return result,
                None => {
                    place = self
                        .0
                        .filled
                        .wait(place)
                        .unwrap_or_else(|poisoned| poisoned.into_inner());
                }
            }
        }
    }
}

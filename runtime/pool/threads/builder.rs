//! The settings of a thread pool, before it is made.

use super::ThreadPool;
use super::at_end::{self, AtEnd, Settings, StillRunning};
use std::fmt;
use std::time::Duration;

/// Makes a [`ThreadPool`] with settings of one's own.
///
/// # Examples
///
/// A session for each thread, as thread-local variables are used for in Python:
///
/// ```
/// use roundelay::pool::ThreadPool;
///
/// struct Session {
///     requests: u32,
/// }
///
/// roundelay::run(async {
///     let pool = ThreadPool::builder().max_threads(1).initializer(|| Session { requests: 0 }).build();
///     let fetch = |session: &mut Session| {
///         session.requests += 1;
///         session.requests
///     };
///     assert_eq!(pool.submit_with(fetch).await.unwrap(), 1);
///     assert_eq!(pool.submit_with(fetch).await.unwrap(), 2);
/// });
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder<S = ()> {
    settings: Settings,
    initializer: Box<dyn Fn() -> S + Send + Sync>,
}

impl Builder {
    pub(super) fn new() -> Builder {
        let settings = Settings {
            max_threads: super::default_size(),
            min_threads: 0,
            idle_time: None,
            queue_limit: None,
            name: "roundelay-pool".to_owned(),
            at_end: AtEnd::default(),
            patience: Duration::from_secs(1),
            on_waiting: Box::new(at_end::print),
        };
        Builder {
            settings,
            initializer: Box::new(|| ()),
        }
    }
}

impl<S: 'static> Builder<S> {
    /// Sets how many threads there are at most, and so how many calls run at once. Unless it is set, as many as there are
    /// processors and four more, and never over 32, as in Python.
    ///
    /// # Panics
    ///
    /// If it is zero.
    #[track_caller]
    #[doc(alias = "max_workers")]
    pub fn max_threads(mut self, threads: usize) -> Self {
        assert!(
            threads > 0,
            "a thread pool of 0 threads could never run a call: give it at least one"
        );
        self.settings.max_threads = threads;
        self
    }

    /// Sets how many threads are kept although they have been idle for the [idle time](Builder::idle_time). Unless it is
    /// set, none. They are not started ahead.
    pub fn min_threads(mut self, threads: usize) -> Self {
        self.settings.min_threads = threads;
        self
    }

    /// Sets after how much time without a call a thread ends. Unless it is set, threads live as long as the pool.
    pub fn idle_time(mut self, time: Duration) -> Self {
        self.settings.idle_time = Some(time);
        self
    }

    /// Sets the threads' name: they are called `name-0`, `name-1` and so on.
    ///
    /// # Panics
    ///
    /// If it holds a zero byte.
    #[doc(alias = "thread_name_prefix")]
    #[track_caller]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        assert!(
            !name.contains('\0'),
            "the threads' name {name:?} holds a zero byte, which no thread's name can"
        );
        self.settings.name = name;
        self
    }

    /// Sets how many calls may wait for a thread. One more has to wait for a place among them: see
    /// [`Job::accepted`](super::Job::accepted) and [`ThreadPool::try_submit`]. Unless it is set, any number may wait.
    pub fn queue_limit(mut self, calls: usize) -> Self {
        self.settings.queue_limit = Some(calls);
        self
    }

    /// Sets what makes each thread's own state, which [`submit_with`](ThreadPool::submit_with) lends to calls.
    ///
    /// It runs on the thread, before the thread's first call, so the state need not be `Send`; there it is dropped, too,
    /// when the thread ends. After a call that panicked a new one is made, as the old one may be half changed. If the
    /// initializer panics, the call it was for fails with [`PoolError::InitializerFailed`](crate::pool::PoolError), and
    /// the next call tries again.
    pub fn initializer<T: 'static>(
        self,
        initializer: impl Fn() -> T + Send + Sync + 'static,
    ) -> Builder<T> {
        Builder {
            settings: self.settings,
            initializer: Box::new(initializer),
        }
    }

    /// Sets what the end of the pool does about calls that run. Unless it is set, it waits.
    pub fn at_end(mut self, at_end: AtEnd) -> Self {
        self.settings.at_end = at_end;
        self
    }

    /// Sets how long the end of the pool waits for calls before it tells which they are; it tells again when twice the
    /// time has passed, and so on. Unless it is set, a second.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.settings.patience = patience.max(Duration::from_millis(1));
        self
    }

    /// Sets who is told which calls hold up the end of the pool, or are left running by it. Unless it is set, a line on
    /// standard error names them.
    ///
    /// It is called on the thread that ends the pool. It must not use the pool.
    pub fn on_waiting(mut self, told: impl Fn(&StillRunning) + Send + Sync + 'static) -> Self {
        self.settings.on_waiting = Box::new(told);
        self
    }

    /// Makes the pool. No thread is started before it is needed.
    pub fn build(self) -> ThreadPool<S> {
        ThreadPool::with(self.settings, self.initializer)
    }
}

impl<S> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("max_threads", &self.settings.max_threads)
            .field("name", &self.settings.name)
            .finish_non_exhaustive()
    }
}

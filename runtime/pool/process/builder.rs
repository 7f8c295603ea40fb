//! The settings of a pool, before it is made.

use super::ProcessPool;
use super::blocking::BlockingPool;
use super::codec;
use super::preparation::{LONGEST_NAME, Preparation};
use super::settings::Settings;
use super::wire;
use crate::sys::code;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::OsStr;
use std::io;
use std::panic::Location;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

/// The most bytes an encoded argument or result may have unless the builder says otherwise.
const MESSAGE_LIMIT: u64 = 256 << 20;

/// Makes a [`ProcessPool`] with settings of one's own.
///
/// ```
/// use roundelay::ProcessPool;
///
/// roundelay::run(async {
///     let pool = ProcessPool::builder().workers(1).message_limit(1024).build().unwrap();
///     let error = pool.submit(|length: usize| vec![0u8; length], 2000).await.unwrap_err();
///     assert!(error.to_string().contains("larger than 1024 bytes"), "{error}");
/// });
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    /// What the pool will be told; the initializer is encoded when the pool is made.
    settings: Settings,
    /// Whether `zygote_init` is not in the program itself.
    lost_zygote_init: bool,
}

impl Builder {
    pub(super) fn new() -> Builder {
        let settings = Settings {
            workers: available_parallelism().map_or(1, usize::from),
            min_workers: 0,
            idle_time: None,
            queue_limit: None,
            max_tasks_per_worker: None,
            max_memory_per_worker: None,
            message_limit: MESSAGE_LIMIT,
            initializer: None,
            preparation: Preparation {
                name: "pool-worker".to_owned(),
                own_stderr: true,
                ..Preparation::default()
            },
            directory: None,
            environment: Vec::new(),
            busy_poll: Duration::ZERO,
        };
        Builder {
            settings,
            lost_zygote_init: false,
        }
    }

    /// Sets how many workers there are at most (and so, how many calls run at once). Unless it is
    /// set, as many as the machine can run at the same time.
    ///
    /// # Panics
    ///
    /// If there is to be no worker.
    #[track_caller]
    #[doc(alias = "max_workers")]
    pub fn workers(mut self, workers: usize) -> Builder {
        assert!(workers > 0, "a process pool needs at least one worker");
        self.settings.workers = workers;
        self
    }

    /// Sets how many workers are started with the pool and kept when there is nothing to do. Unless
    /// it is set, none: each is started when a call needs it.
    ///
    /// More than [`workers`](Builder::workers) there never are.
    pub fn min_workers(mut self, workers: usize) -> Builder {
        self.settings.min_workers = workers;
        self
    }

    /// Sets after how much time without a call a worker ends, as long as more than
    /// [`min_workers`](Builder::min_workers) are left; a millisecond at least. Unless it is set, workers
    /// live as long as the pool.
    pub fn idle_time(mut self, time: Duration) -> Builder {
        // Those that stay look again after each time: they must not do nothing else.
        self.settings.idle_time = Some(time.max(Duration::from_millis(1)));
        self
    }

    /// Sets the workers' name: that of their processes, as `ps` and `top` show it, and that of the
    /// errors. Unless it is set, `pool-worker`.
    ///
    /// # Panics
    ///
    /// If the name is longer than the 15 bytes that the system keeps, or holds a zero byte.
    #[track_caller]
    pub fn name(mut self, name: impl Into<String>) -> Builder {
        let name = name.into();
        assert!(
            name.len() <= LONGEST_NAME && !name.contains('\0'),
            "the name of a process has {LONGEST_NAME} bytes at most and no zero byte, unlike {name:?}"
        );
        self.settings.preparation.name = name;
        self
    }

    /// Sets how many calls may wait for a worker. One more has to wait for a place among them: see
    /// [`Job::accepted`](super::Job::accepted) and [`ProcessPool::try_submit`]. Unless it is set, any
    /// number may wait.
    pub fn queue_limit(mut self, calls: usize) -> Builder {
        self.settings.queue_limit = Some(calls);
        self
    }

    /// Sets after how many calls a worker is replaced by a fresh one. It ends in peace; the next call
    /// does not wait for that.
    ///
    /// # Panics
    ///
    /// If a worker is to do nothing.
    #[doc(alias = "max_tasks_per_child")]
    #[doc(alias = "maxtasksperchild")]
    #[track_caller]
    pub fn max_tasks_per_worker(mut self, calls: u64) -> Builder {
        assert!(calls > 0, "a worker has to do at least one call");
        self.settings.max_tasks_per_worker = Some(calls);
        self
    }

    /// Sets with how many bytes of memory in use (the resident set) a worker is replaced by a fresh
    /// one. It is looked at after each call. To stop a call that grows too large, see
    /// [`CallBuilder::max_rss`](super::CallBuilder::max_rss).
    #[doc(alias = "max_memory_per_child")]
    pub fn max_memory_per_worker(mut self, bytes: u64) -> Builder {
        self.settings.max_memory_per_worker = Some(bytes);
        self
    }

    /// Sets how many bytes an argument or a result may have when it is encoded: 256 MiB unless set.
    /// What is larger fails with [`PoolError::TooLarge`](super::PoolError::TooLarge), and no memory
    /// is set aside for it.
    pub fn message_limit(mut self, bytes: u64) -> Builder {
        self.settings.message_limit = bytes;
        self
    }

    /// Sets a function that each new worker calls once, with this argument, before its first call.
    ///
    /// If it panics or ends the process, another worker is tried. After three in a row all calls
    /// that wait fail with [`PoolError::InitializerFailed`](super::PoolError::InitializerFailed); a
    /// call that is submitted later tries once more.
    ///
    /// ```
    /// use roundelay::ProcessPool;
    /// use std::sync::OnceLock;
    ///
    /// static GREETING: OnceLock<String> = OnceLock::new();
    ///
    /// roundelay::run(async {
    ///     let greet = |word: String| GREETING.set(word).unwrap();
    ///     let pool = ProcessPool::builder().initializer(greet, "hello".to_owned()).build().unwrap();
    ///     let job = pool.submit(|name: String| format!("{} {name}", GREETING.get().unwrap()), "you".to_owned());
    ///     assert_eq!(job.await.unwrap(), "hello you");
    /// });
    /// ```
    #[track_caller]
    pub fn initializer<A>(mut self, function: fn(A), argument: A) -> Builder
    where
        A: Serialize + DeserializeOwned,
    {
        // The limit may yet change, and is for calls.
        let frame = codec::encode(function, &argument, u64::MAX, Location::caller());
        self.settings.initializer = Some(frame.map(Arc::new).map_err(|error| error.to_string()));
        self
    }

    /// Sets a function that is called once, before workers are forked: what it loads into memory, in
    /// statics, all of them have without loading it again, and without room for more than one.
    ///
    /// It must not start threads. If it panics, or leaves a thread running, calls fail with
    /// [`PoolError::InitializerFailed`](super::PoolError::InitializerFailed). It runs before `main`
    /// where the program does not call [`init`](super::init).
    ///
    /// ```
    /// use roundelay::ProcessPool;
    /// use std::sync::OnceLock;
    ///
    /// static TABLE: OnceLock<Vec<u64>> = OnceLock::new();
    ///
    /// roundelay::run(async {
    ///     let load = || TABLE.set((0..1000).map(|n| n * n).collect()).unwrap();
    ///     let pool = ProcessPool::builder().zygote_init(load).build().unwrap();
    ///     let square = pool.submit(|n: usize| TABLE.get().unwrap()[n], 12);
    ///     assert_eq!(square.await.unwrap(), 144);
    /// });
    /// ```
    #[doc(alias = "set_forkserver_preload")]
    pub fn zygote_init(mut self, function: fn()) -> Builder {
        let place = code::place_of(function);
        self.lost_zygote_init = place.is_none();
        self.settings.preparation.zygote_init = place;
        self
    }

    /// Sets the directory that workers begin in. Unless it is set, the one the program is in when
    /// the first worker is needed.
    pub fn current_dir(mut self, directory: impl AsRef<Path>) -> Builder {
        self.settings.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// Sets an environment variable for the workers. They have those of the program, too, as they
    /// are when the first worker is needed.
    pub fn env(mut self, variable: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Builder {
        let value = Some(value.as_ref().to_owned());
        let setting = (variable.as_ref().to_owned(), value);
        self.settings.environment.push(setting);
        self
    }

    /// Takes an environment variable from the workers.
    pub fn env_remove(mut self, variable: impl AsRef<OsStr>) -> Builder {
        let setting = (variable.as_ref().to_owned(), None);
        self.settings.environment.push(setting);
        self
    }

    /// Sets how much sooner than other processes the workers are to be killed when the system is out
    /// of memory: `/proc/PID/oom_score_adj`, up to 1000. It is only ever raised, which needs no
    /// privilege.
    ///
    /// # Panics
    ///
    /// If it is more than 1000.
    #[track_caller]
    pub fn oom_score_adj(mut self, adjustment: u16) -> Builder {
        assert!(adjustment <= 1000, "oom_score_adj goes up to 1000");
        self.settings.preparation.oom_score_adj = Some(adjustment);
        self
    }

    /// Lets workers write to the program's standard error itself, instead of to a pipe that the loop
    /// reads and passes on.
    ///
    /// Then it comes out even while the loop does something else, and a worker's own children may
    /// write to it after the worker has ended; but an error cannot tell what was written last.
    pub fn inherit_stderr(mut self) -> Builder {
        self.settings.preparation.own_stderr = false;
        self
    }

    /// Sets for how long a worker tries for its next call, and the loop for replies, before they
    /// sleep. Unless it is set, the loop not at all, and the workers for 50 microseconds after a call.
    ///
    /// To wake a sleeper takes longer than a short call. With 50 or 100 microseconds here, calls
    /// that follow one another closely find both sides awake. The price is a core that each idle
    /// worker, and the loop while calls are on their way, keep busy for that long. It pays only
    /// where there are more cores than workers.
    ///
    /// ```
    /// # use roundelay::ProcessPool;
    /// # use std::time::Duration;
    /// roundelay::run(async {
    ///     let busy_poll = Duration::from_micros(50);
    ///     let pool = ProcessPool::builder().workers(1).busy_poll(busy_poll).build().unwrap();
    ///     for n in 0..10u64 {
    ///         assert_eq!(pool.submit(|n: u64| n, n).await.unwrap(), n);
    ///     }
    /// });
    /// ```
    pub fn busy_poll(mut self, window: Duration) -> Builder {
        self.settings.busy_poll = window;
        self
    }

    /// Makes the pool in the loop that runs at this moment.
    ///
    /// # Errors
    ///
    /// If no loop runs on this thread, the initializer's argument cannot be encoded, or the
    /// initializer or `zygote_init` is not in the program's own code but in a shared library.
    #[track_caller]
    pub fn build(self) -> io::Result<ProcessPool> {
        self.build_from(Location::caller())
    }

    pub(super) fn build_from(self, made: &'static Location<'static>) -> io::Result<ProcessPool> {
        if let Some(Err(reason)) = &self.settings.initializer {
            return Err(io::Error::other(format!(
                "the pool's initializer: {reason}"
            )));
        }
        if let Some(Ok(frame)) = &self.settings.initializer
            && wire::content(frame).len() as u64 > codec::call_limit(self.settings.message_limit)
        {
            return Err(io::Error::other(format!(
                "the argument of the pool's initializer is larger than {} bytes: \
                 raise `message_limit` in the pool's builder",
                self.settings.message_limit
            )));
        }
        if self.lost_zygote_init {
            return Err(io::Error::other(
                "the pool's `zygote_init` is not in the program's own code but in a shared library",
            ));
        }
        ProcessPool::with(self.settings, made)
    }

    /// Makes the pool for threads without a loop, in a loop of its own on a hidden thread.
    ///
    /// # Errors
    ///
    /// As [`build`](Builder::build), and if the thread or its loop cannot be made.
    #[track_caller]
    pub fn build_blocking(self) -> io::Result<BlockingPool> {
        BlockingPool::with(self)
    }

    #[cfg(test)]
    pub(super) fn into_settings(self) -> Settings {
        self.settings
    }
}

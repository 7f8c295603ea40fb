//! The settings of a pool, before it is made.

use super::ProcessPool;
use std::io;
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
    workers: usize,
    message_limit: u64,
    busy_poll: Duration,
}

impl Builder {
    pub(super) fn new() -> Builder {
        let workers = available_parallelism().map_or(1, usize::from);
        Builder {
            workers,
            message_limit: MESSAGE_LIMIT,
            busy_poll: Duration::ZERO,
        }
    }

    /// Sets how many workers there are at most (and so, how many calls run at once). Unless it is
    /// set, as many as the machine can run at the same time.
    ///
    /// # Panics
    ///
    /// If there is to be no worker.
    #[track_caller]
    pub fn workers(mut self, workers: usize) -> Builder {
        assert!(workers > 0, "a process pool needs at least one worker");
        self.workers = workers;
        self
    }

    /// Sets how many bytes an argument or a result may have when it is encoded: 256 MiB unless set.
    /// What is larger fails with [`PoolError::TooLarge`](super::PoolError::TooLarge), and no memory
    /// is set aside for it.
    pub fn message_limit(mut self, bytes: u64) -> Builder {
        self.message_limit = bytes;
        self
    }

    /// Sets for how long a worker tries for its next call, and the loop for replies, before they
    /// sleep: not at all unless set.
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
        self.busy_poll = window;
        self
    }

    /// Makes the pool in the loop that runs at this moment.
    ///
    /// # Errors
    ///
    /// If no loop runs on this thread.
    pub fn build(self) -> io::Result<ProcessPool> {
        let busy_poll = u64::try_from(self.busy_poll.as_nanos()).unwrap_or(u64::MAX);
        ProcessPool::with(self.workers, self.message_limit, busy_poll)
    }
}

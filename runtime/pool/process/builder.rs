//! The settings of a pool, before it is made.

use super::ProcessPool;
use std::io;
use std::thread::available_parallelism;

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
}

impl Builder {
    pub(super) fn new() -> Builder {
        let workers = available_parallelism().map_or(1, usize::from);
        Builder {
            workers,
            message_limit: MESSAGE_LIMIT,
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

    /// Makes the pool in the loop that runs at this moment.
    ///
    /// # Errors
    ///
    /// If no loop runs on this thread.
    pub fn build(self) -> io::Result<ProcessPool> {
        ProcessPool::with(self.workers, self.message_limit)
    }
}

//! What a runtime must offer to take part: every workload is written once, against this trait.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// A runtime in one configuration.
///
/// Each function is the thinnest wrapper around the runtime's own call, so that a workload measures
/// the runtime and not this trait.
pub trait Peer: 'static {
    /// The name shown in the tables.
    const NAME: &'static str;

    /// Why a task gave no result.
    type JoinError: Debug;
    /// The runtime's own join handle.
    type JoinHandle<T: Send + 'static>: Future<Output = Result<T, Self::JoinError>> + 'static;
    /// The sending half of a bounded queue of numbers.
    type Sender: 'static;
    /// The receiving half of a bounded queue of numbers.
    type Receiver: 'static;
    /// A listening TCP socket.
    type Listener: 'static;
    /// A connected TCP socket.
    type Stream: 'static;

    /// Runs `main` to its end on a fresh runtime on this thread.
    fn run<F: Future>(main: F) -> F::Output;

    /// Spawns a task on the runtime this is called in.
    fn spawn<F>(future: F) -> Self::JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static;

    /// Lets the other tasks run.
    fn yield_now() -> impl Future<Output = ()>;

    /// Waits for `duration`.
    fn sleep(duration: Duration) -> impl Future<Output = ()>;

    /// Runs `future` for at most `limit`; `None` says that time ran out.
    fn timeout<F: Future>(limit: Duration, future: F) -> impl Future<Output = Option<F::Output>>;

    /// Spawns every future and returns all results, by the runtime's call for a whole set.
    fn gather<F>(futures: impl Iterator<Item = F>) -> impl Future<Output = Vec<F::Output>>
    where
        F: Future + 'static,
        F::Output: Send + 'static;

    /// Spawns every future, waits until the set is done, then collects what each one returned.
    fn spawn_and_wait<F>(futures: impl Iterator<Item = F>) -> impl Future<Output = Vec<F::Output>>
    where
        F: Future + 'static,
        F::Output: Send + 'static;

    /// Makes a queue that holds at most `capacity` numbers.
    fn queue(capacity: usize) -> (Self::Sender, Self::Receiver);

    /// Puts a number into the queue, waiting for room.
    fn put(sender: &Self::Sender, value: u64) -> impl Future<Output = ()>;

    /// Takes the next number out of the queue, waiting until there is one.
    fn get(receiver: &mut Self::Receiver) -> impl Future<Output = u64>;

    /// Listens on a free port of the loopback interface.
    fn listen() -> impl Future<Output = io::Result<(Self::Listener, SocketAddr)>>;

    /// Accepts one connection.
    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Self::Stream>>;

    /// Reads what there is; 0 says that the other side is done.
    fn read(
        stream: &mut Self::Stream,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<usize>>;

    /// Writes all of `bytes`.
    fn write_all(stream: &mut Self::Stream, bytes: &[u8]) -> impl Future<Output = io::Result<()>>;
}

//! tokio's three single-threaded configurations; a workload is compared with the fastest of them.

use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet, LocalSet};

use super::peer::Peer;

/// What differs between the configurations: who runs the main future and how a task is spawned.
pub trait Configuration: 'static {
    const NAME: &'static str;
    fn run<F: Future>(main: F) -> F::Output;
    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static;
    fn spawn_into<F>(set: &mut JoinSet<F::Output>, future: F)
    where
        F: Future + 'static,
        F::Output: Send + 'static;
}

/// A `current_thread` runtime with `tokio::spawn`.
pub struct CurrentThread;

impl Configuration for CurrentThread {
    const NAME: &'static str = "tokio spawn";

    fn run<F: Future>(main: F) -> F::Output {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime.expect("tokio starts").block_on(main)
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(OnOneThread { future })
    }

    fn spawn_into<F>(set: &mut JoinSet<F::Output>, future: F)
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        set.spawn(OnOneThread { future });
    }
}

/// A `current_thread` runtime that drives a `LocalSet`, with `spawn_local`.
pub struct InLocalSet;

impl Configuration for InLocalSet {
    const NAME: &'static str = "tokio LocalSet";

    fn run<F: Future>(main: F) -> F::Output {
        let runtime = Builder::new_current_thread().enable_all().build();
        LocalSet::new().block_on(&runtime.expect("tokio starts"), main)
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        tokio::task::spawn_local(future)
    }

    fn spawn_into<F>(set: &mut JoinSet<F::Output>, future: F)
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        set.spawn_local(future);
    }
}

/// A `LocalRuntime`, with `spawn_local`.
pub struct InLocalRuntime;

impl Configuration for InLocalRuntime {
    const NAME: &'static str = "tokio LocalRuntime";

    fn run<F: Future>(main: F) -> F::Output {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default());
        runtime.expect("tokio starts").block_on(main)
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        tokio::task::spawn_local(future)
    }

    fn spawn_into<F>(set: &mut JoinSet<F::Output>, future: F)
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        set.spawn_local(future);
    }
}

/// tokio in configuration `C`.
pub struct Tokio<C>(PhantomData<C>);

impl<C: Configuration> Peer for Tokio<C> {
    const NAME: &'static str = C::NAME;

    type JoinError = tokio::task::JoinError;
    type JoinHandle<T: Send + 'static> = JoinHandle<T>;
    type Sender = mpsc::Sender<u64>;
    type Receiver = mpsc::Receiver<u64>;
    type Listener = TcpListener;
    type Stream = TcpStream;

    fn run<F: Future>(main: F) -> F::Output {
        C::run(main)
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        C::spawn(future)
    }

    fn yield_now() -> impl Future<Output = ()> {
        tokio::task::yield_now()
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> {
        tokio::time::sleep(duration)
    }

    async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
        tokio::time::timeout(limit, future).await.ok()
    }

    async fn gather<F>(futures: impl Iterator<Item = F>) -> Vec<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        join_set::<C, F>(futures).join_all().await
    }

    async fn spawn_and_wait<F>(futures: impl Iterator<Item = F>) -> Vec<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        let mut set = join_set::<C, F>(futures);
        let mut results = Vec::with_capacity(set.len());
        while let Some(result) = set.join_next().await {
            results.push(result.expect("no task fails"));
        }
        results
    }

    fn queue(capacity: usize) -> (Self::Sender, Self::Receiver) {
        mpsc::channel(capacity)
    }

    async fn put(sender: &Self::Sender, value: u64) {
        sender.send(value).await.expect("the receiver lives");
    }

    async fn get(receiver: &mut Self::Receiver) -> u64 {
        receiver.recv().await.expect("the sender lives")
    }

    async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
        Ok(listener.accept().await?.0)
    }

    async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        stream.read(buffer).await
    }

    async fn write_all(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        stream.write_all(bytes).await
    }
}

/// Spawns every future into one set.
fn join_set<C, F>(futures: impl Iterator<Item = F>) -> JoinSet<F::Output>
where
    C: Configuration,
    F: Future + 'static,
    F::Output: Send + 'static,
{
    let mut set = JoinSet::new();
    for future in futures {
        C::spawn_into(&mut set, future);
    }
    set
}

pin_project! {
    /// A future that `tokio::spawn` accepts although it is not `Send`.
    ///
    /// The workloads are written for one thread, with `Rc` and `Cell`. Writing them a second time with
    /// `Arc` and locks would burden tokio with costs that its runtime does not ask for.
    struct OnOneThread<F> {
        #[pin]
        future: F,
    }
}

// SAFETY: a `current_thread` runtime polls and drops its tasks on the thread inside `block_on`, or
// on the one that drops the runtime. `CurrentThread::run` does both on the thread that spawned.
#[allow(unsafe_code)]
unsafe impl<F> Send for OnOneThread<F> {}

impl<F: Future> Future for OnOneThread<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(context)
    }
}

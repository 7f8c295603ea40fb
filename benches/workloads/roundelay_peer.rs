//! Roundelay's side of the workloads.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use roundelay::net::{TcpListener, TcpStream};
use roundelay::sync::Queue;
use roundelay::{JoinError, JoinHandle, WaitMode};

use super::peer::Peer;

/// Roundelay as `roundelay::run` sets it up.
pub struct Roundelay;

impl Peer for Roundelay {
    const NAME: &'static str = "roundelay";

    type JoinError = JoinError;
    type JoinHandle<T: Send + 'static> = JoinHandle<T>;
    type Sender = Rc<Queue<u64>>;
    type Receiver = Rc<Queue<u64>>;
    type Listener = TcpListener;
    type Stream = TcpStream;

    fn run<F: Future>(main: F) -> F::Output {
        roundelay::run(main)
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        roundelay::spawn(future)
    }

    fn yield_now() -> impl Future<Output = ()> {
        roundelay::yield_now()
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> {
        roundelay::sleep(duration)
    }

    async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
        roundelay::timeout(limit, future).await.ok()
    }

    async fn gather<F>(futures: impl Iterator<Item = F>) -> Vec<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        roundelay::gather(futures).await.expect("no task fails")
    }

    async fn spawn_and_wait<F>(futures: impl Iterator<Item = F>) -> Vec<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        let handles = futures.map(roundelay::spawn).collect();
        let (done, pending) = roundelay::wait(handles, WaitMode::All).await;
        assert!(pending.is_empty());
        let mut results = Vec::with_capacity(done.len());
        for handle in done {
            results.push(handle.await.expect("no task fails"));
        }
        results
    }

    fn queue(capacity: usize) -> (Self::Sender, Self::Receiver) {
        let queue = Rc::new(Queue::bounded(capacity));
        (queue.clone(), queue)
    }

    async fn put(sender: &Self::Sender, value: u64) {
        sender
            .put(value)
            .await
            .expect("nobody shuts the queue down");
    }

    async fn get(receiver: &mut Self::Receiver) -> u64 {
        receiver.get().await.expect("nobody shuts the queue down")
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

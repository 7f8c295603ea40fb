//! TCP echo of 64-byte messages over loopback; the client is plain blocking code on the other
//! processor, the same for every server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::bare_epoll;
use super::machine::{CLIENT_CPU, pin_to, thread_cpu_time};
use super::peer::Peer;
use super::warm_up;

/// Bytes in a message.
const MESSAGE: usize = 64;
/// Bytes a server is ready to read at once: more than a message, so that a short read can tell a
/// server that the socket is drained.
pub const BUFFER: usize = 1024;

/// What `n` messages took.
pub struct Times {
    /// From the client's first message to its last reply.
    pub seen_by_client: Duration,
    /// CPU time of the server's thread, in the kernel too.
    pub server_cpu: Duration,
}

/// Echoes `n` messages over `connections` connections.
pub fn echo<P: Peer>(connections: u64, n: u64) -> Times {
    with_client(connections, n, |announce| {
        P::run(async {
            P::spawn(serve::<P>(connections, announce))
                .await
                .expect("the server ends")
        })
    })
}

/// The same with a server that is a bare epoll loop.
pub fn echo_bare(connections: u64, n: u64) -> Times {
    with_client(connections, n, |announce| {
        bare_epoll::serve(connections, announce).expect("the bare loop runs")
    })
}

/// Accepts `connections` connections and echoes until the last is closed; returns the bytes echoed.
///
/// The address to connect to goes to `announce`.
async fn serve<P: Peer>(connections: u64, announce: Announce) -> usize {
    let (listener, address) = P::listen().await.expect("loopback can be listened on");
    announce(address);
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let stream = P::accept(&listener).await.expect("the client connects");
        tasks.push(P::spawn(echo_until_closed::<P>(stream)));
    }
    let mut bytes = 0;
    for task in tasks {
        bytes += task.await.expect("no task fails");
    }
    bytes
}

/// Sends back what comes in; returns the number of bytes.
async fn echo_until_closed<P: Peer>(mut stream: P::Stream) -> usize {
    let mut buffer = [0; BUFFER];
    let mut bytes = 0;
    loop {
        let length = P::read(&mut stream, &mut buffer)
            .await
            .expect("the client stays well");
        if length == 0 {
            return bytes;
        }
        P::write_all(&mut stream, &buffer[..length])
            .await
            .expect("the client reads");
        bytes += length;
    }
}

/// How a server tells the client its address.
pub type Announce = Box<dyn FnOnce(SocketAddr)>;

/// Runs `serve` on this thread against a client on its own processor, and checks that the server saw
/// every byte.
fn with_client(connections: u64, n: u64, serve: impl FnOnce(Announce) -> usize) -> Times {
    let (send_address, address) = mpsc::channel();
    let client = thread::spawn(move || {
        pin_to(CLIENT_CPU);
        let address = address.recv().expect("the server listens");
        measure_as_client(address, connections, n)
    });
    let cpu_before = thread_cpu_time();
    let bytes = serve(Box::new(move |address| {
        send_address.send(address).expect("the client waits for it");
    }));
    let cpu = thread_cpu_time() - cpu_before;
    let seen_by_client = client.join().expect("the client ends well");
    let messages = whole_waves(connections, n) + whole_waves(connections, warm_up(n));
    assert_eq!(bytes as u64, messages * MESSAGE as u64);
    Times {
        seen_by_client,
        server_cpu: cpu.mul_f64(n as f64 / messages as f64),
    }
}

/// The client: connects, warms up, and takes the time of `n` messages.
fn measure_as_client(address: SocketAddr, connections: u64, n: u64) -> Duration {
    let mut streams: Vec<_> = (0..connections).map(|_| connect(address)).collect();
    exchange(&mut streams, warm_up(n));
    let begun = Instant::now();
    exchange(&mut streams, n);
    begun.elapsed()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server accepts");
    stream.set_nodelay(true).expect("TCP can do without delay");
    stream
}

/// Sends `n` messages or a few more, in waves, one for each connection, and reads each wave back.
fn exchange(streams: &mut [TcpStream], n: u64) {
    let mut reply = [0; MESSAGE];
    for wave in 0..n.div_ceil(streams.len() as u64) {
        for (stream, message) in streams.iter_mut().zip(messages(wave)) {
            stream.write_all(&message).expect("the server reads");
        }
        for (stream, message) in streams.iter_mut().zip(messages(wave)) {
            stream.read_exact(&mut reply).expect("the server answers");
            assert_eq!(reply, message);
        }
    }
}

/// What the connections send in a wave: each something else.
fn messages(wave: u64) -> impl Iterator<Item = [u8; MESSAGE]> {
    (0..).map(move |connection| [(wave + connection) as u8; MESSAGE])
}

/// Messages that are really sent when `n` are asked for.
fn whole_waves(connections: u64, n: u64) -> u64 {
    n.div_ceil(connections) * connections
}

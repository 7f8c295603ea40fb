//! The least that a call can cost: a socket pair, two processes, one write and one read on each side.

use std::env;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What a small call and its reply take on our socket.
const CALL: usize = 33;
const REPLY: usize = 17;

/// The argument that makes this program the other end.
pub const ECHO: &str = "--echo";

/// Sends and receives so many times; gives the nanoseconds for one.
pub fn round_trips(operations: u64) -> f64 {
    let (mut here, there) = UnixStream::pair().expect("a socket pair can be had");
    let program = env::current_exe().expect("a running program has a path");
    let mut child = Command::new(program)
        .arg(ECHO)
        .stdin(Stdio::from(OwnedFd::from(there)))
        .spawn()
        .expect("this program can be started again");
    let (call, mut reply) = ([7; CALL], [0; REPLY]);
    let mut round_trip = || {
        here.write_all(&call).expect("the other end is there");
        here.read_exact(&mut reply).expect("the other end answers");
    };
    round_trip();
    let start = Instant::now();
    for _ in 0..operations {
        round_trip();
    }
    let taken = start.elapsed();
    drop(here);
    child.wait().expect("the other end ends");
    taken.as_nanos() as f64 / operations as f64
}

/// The other end's life: answers until the socket on standard input ends.
pub fn echo() {
    let socket = std::io::stdin().as_fd().try_clone_to_owned();
    let mut socket = UnixStream::from(socket.expect("standard input can be copied"));
    let mut call = [0; CALL];
    while socket.read_exact(&mut call).is_ok() {
        socket
            .write_all(&call[..REPLY])
            .expect("this program listens");
    }
}

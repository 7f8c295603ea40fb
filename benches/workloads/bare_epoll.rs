//! An echo server that is nothing but an epoll loop: what the kernel lets any runtime reach.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::echo::{Announce, BUFFER};

/// Accepts `connections` connections and echoes until the last is closed; returns the bytes echoed.
///
/// The address to connect to goes to `announce`.
pub fn serve(connections: u64, announce: Announce) -> io::Result<usize> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    announce(listener.local_addr()?);
    let mut poll = Poll::new()?;
    let mut streams = Vec::new();
    for token in 0..connections {
        let (stream, _) = listener.accept()?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry()
            .register(&mut stream, Token(token as usize), Interest::READABLE)?;
        streams.push(Some(stream));
    }
    let mut events = Events::with_capacity(1024);
    let (mut bytes, mut open) = (0, connections);
    while open > 0 {
        poll.poll(&mut events, None)?;
        for event in &events {
            let place = &mut streams[event.token().0];
            let Some(stream) = place else { continue };
            match echo_once(stream)? {
                Some(0) => {
                    *place = None;
                    open -= 1;
                }
                Some(length) => bytes += length,
                None => {}
            }
        }
    }
    Ok(bytes)
}

/// Sends back what one read gives; `None` if there was nothing.
///
/// A client of this benchmark sends no second message before it has the reply, so one read a turn
/// is enough, as it is for a runtime that takes a short read for a drained socket.
fn echo_once(stream: &mut TcpStream) -> io::Result<Option<usize>> {
    let mut buffer = [0; BUFFER];
    match stream.read(&mut buffer) {
        Ok(length) => {
            stream.write_all(&buffer[..length])?;
            Ok(Some(length))
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

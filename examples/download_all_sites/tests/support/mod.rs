//! What the tests share: running the program, and sites that behave as told.
#![allow(dead_code, reason = "each test file uses its own part of it")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use four_ways::testing::Said;
use socket2::SockRef;

pub use four_ways::testing::ROWS;

/// Checks that every version downloaded so many sites and bytes.
pub fn assert_all_downloaded(said: &Said, sites: &str, bytes: &str) {
    for version in ROWS {
        assert_eq!(
            said.row(version)[1..3],
            [sites, bytes],
            "{version}:\n{}",
            said.stderr
        );
    }
    assert!(
        said.stdout
            .contains("All versions downloaded the same bytes."),
        "{}",
        said.stdout
    );
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}

pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_download_all_sites"))
}

/// Runs the program to its end, its output in pipes.
pub fn download(args: &[&str]) -> Said {
    Said::by(program().args(args))
}

/// How a site answers a request.
pub enum Answer {
    Page(&'static str),
    Status(u16),
    /// Closes the connection with a TCP reset instead of an answer.
    Reset,
    /// Promises a page of this length and stops after half of it.
    Half(usize),
    /// Answers after a while.
    Slow(Duration),
}

/// A site server of plain threads, so that a fault of the runtime cannot hide in its own tests.
pub struct Sites {
    pub address: SocketAddr,
    /// The connections accepted so far.
    pub connections: Arc<AtomicUsize>,
}

impl Sites {
    /// Begins to serve; `answer` is asked with the path of each request.
    pub fn start(answer: fn(&str) -> Answer) -> Sites {
        Sites::start_on(answer, Ok)
    }

    /// The same, with each connection made into something else first: encrypted, for one.
    pub fn start_on<S: Read + Write>(
        answer: fn(&str) -> Answer,
        open: impl Fn(TcpStream) -> io::Result<S> + Send + Sync + 'static,
    ) -> Sites {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let connections = Arc::new(AtomicUsize::new(0));
        let (open, count) = (Arc::new(open), Arc::clone(&connections));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, SeqCst);
                let open = Arc::clone(&open);
                // Clients that break off are part of the tests.
                thread::spawn(move || {
                    stream.set_nodelay(true)?;
                    let reset = stream.try_clone()?;
                    talk(open(stream)?, &reset, answer)
                });
            }
        });
        Sites {
            address,
            connections,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Answers the requests of one connection, one after the other.
fn talk<S: Read + Write>(stream: S, tcp: &TcpStream, answer: fn(&str) -> Answer) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(path) = read_request(&mut stream)? {
        let out = stream.get_mut();
        match answer(&path) {
            Answer::Page(text) => page(out, text)?,
            Answer::Slow(time) => {
                thread::sleep(time);
                page(out, "slow")?;
            }
            Answer::Status(code) => write!(out, "HTTP/1.1 {code} No\r\nContent-Length: 0\r\n\r\n")?,
            Answer::Half(length) => {
                write!(out, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")?;
                out.write_all(&vec![b'x'; length / 2])?;
                return out.flush();
            }
            Answer::Reset => return SockRef::from(tcp).set_linger(Some(Duration::ZERO)),
        }
        out.flush()?;
    }
    Ok(())
}

fn page(out: &mut impl Write, text: &str) -> io::Result<()> {
    write!(
        out,
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    )
}

/// Reads up to the empty line and returns the path; `None` when the client has closed.
fn read_request(stream: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut first = String::new();
    if stream.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut line = String::new();
    while stream.read_line(&mut line)? > 2 {
        line.clear();
    }
    Ok(first.split(' ').nth(1).map(str::to_owned))
}

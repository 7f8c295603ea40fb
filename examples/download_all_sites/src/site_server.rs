//! The site server: two pages, each answered after a set time. It runs in a process of its own, so
//! that it shares neither a thread nor a lock with what is being compared.

use std::convert::Infallible;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use roundelay::hyper::Io;
use roundelay::net::{TcpListener, TcpStream};
use roundelay::time::sleep;

/// The pages and their sizes: one small, one larger, as the two sites of the tutorial.
const PAGES: [(&str, usize); 2] = [("/small", 10_000), ("/large", 25_000)];

/// A running site server, seen from the program that started it. Dropping it ends the server.
pub struct SiteServer {
    /// Its standard input is never written to: the server ends when that pipe is closed, which the
    /// kernel does for us however we end.
    process: Child,
    /// `http://127.0.0.1:PORT`.
    address: String,
}

impl SiteServer {
    /// Starts this program again as a server and waits until it listens.
    pub fn start(latency: Duration) -> io::Result<SiteServer> {
        let mut process = Command::new(std::env::current_exe()?)
            // A log is to be of the downloads.
            .env_remove("ROUNDELAY_TRACE")
            .args(["--serve", "--latency", &latency.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        let stdout = process.stdout.take().expect("standard output is a pipe");
        BufReader::new(stdout).read_line(&mut address)?;
        let server = SiteServer {
            process,
            address: address.trim_end().to_owned(),
        };
        if server.address.is_empty() {
            return Err(io::Error::other(
                "the site server did not start; its own words stand above",
            ));
        }
        Ok(server)
    }

    /// Returns the addresses of its pages.
    pub fn pages(&self) -> Vec<String> {
        PAGES
            .iter()
            .map(|(path, _)| format!("{}{path}", self.address))
            .collect()
    }
}

impl Drop for SiteServer {
    fn drop(&mut self) {
        // Waiting begins by closing the pipe. Nothing is to be learned from how the server ended.
        let _ = self.process.wait();
    }
}

/// Serves the pages until standard input ends: the other side of `SiteServer::start`.
pub fn serve(latency: Duration) -> io::Result<()> {
    roundelay::run(async move {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("http://{}", listener.local_addr()?);
        roundelay::spawn(accept(listener, latency));
        let parent_ended = roundelay::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new()));
        parent_ended.await.map_err(io::Error::other)?.map(drop)
    })
}

async fn accept(listener: TcpListener, latency: Duration) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(roundelay::spawn(talk(stream, latency))),
            // Out of descriptors, most likely: some will be free in a moment.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Answers the requests of one connection until the client closes it.
async fn talk(stream: TcpStream, latency: Duration) {
    let answer = service_fn(|request| answer(request, latency));
    // A client that goes away in mid-sentence is no concern of ours.
    let _ = stream.set_nodelay(true);
    let _ = http1::Builder::new()
        .serve_connection(Io::new(stream), answer)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    latency: Duration,
) -> Result<Response<Full<Bytes>>, Infallible> {
    static CONTENTS: LazyLock<Vec<Bytes>> =
        LazyLock::new(|| PAGES.iter().map(|(_, size)| content(*size)).collect());
    sleep(latency).await;
    let path = request.uri().path();
    let page = PAGES.iter().position(|(page, _)| *page == path);
    let (status, body) = match page {
        Some(page) => (StatusCode::OK, CONTENTS[page].clone()),
        None => (
            StatusCode::NOT_FOUND,
            Bytes::from_static(b"There is no such page.\n"),
        ),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    Ok(response)
}

/// Makes a page of exactly `size` bytes.
fn content(size: usize) -> Bytes {
    let line = "<p>Round and round it goes, and the refrain comes back each time.</p>\n";
    line.bytes().cycle().take(size).collect::<Vec<u8>>().into()
}

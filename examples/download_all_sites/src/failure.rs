//! Why a site could not be downloaded, in the same words whichever client found out.

use std::error::Error;
use std::{fmt, io};

use futures_rustls::rustls;
use serde::{Deserialize, Serialize};

/// The reasons people meet, each with what to do about it. Two clients and four versions tell the
/// same story only if their errors are sorted into one set; the rest keeps its own words.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    Status(u16),
    HostNotFound,
    Refused,
    Unreachable,
    TimedOut,
    CutOff,
    Untrusted(String),
    Other(String),
}

impl Failure {
    /// Says what one can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Failure::Status(401 | 403) => {
                "the server wants to know who asks, or does not let this program in"
            }
            Failure::Status(429) => {
                "the server was asked too often; try again with a lower --limit or --workers"
            }
            Failure::Status(400..=499) => "check the path of the URL",
            Failure::Status(_) => "the server is in trouble; try again later",
            Failure::HostNotFound => "check the spelling of the host and the network",
            Failure::Refused => "check the port, and that a server listens there",
            Failure::Unreachable => "check the network; without URLs none is needed",
            Failure::TimedOut => "check the network, or try again with fewer --workers or --limit",
            Failure::CutOff => "the server closed the connection; look at its log",
            Failure::Untrusted(_) => "name the certificate authority with --ca-file PEM",
            Failure::Other(what) if what.contains("Too many open files") => {
                "raise the limit of open files (ulimit -n), or try again with a lower --limit or --workers"
            }
            Failure::Other(_) => "run it again, and if it stays, try the URL with another client",
        }
    }
}

/// Finds the reason in an error or in what caused it.
impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Failure {
        let first: &(dyn Error + 'static) = &error;
        let chain = std::iter::successors(Some(first), |error| cause(*error));
        let words = || chain.clone().last().unwrap_or(first).to_string();
        chain
            .clone()
            .find_map(known)
            .unwrap_or_else(|| Failure::Other(words()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Status(code) => write!(f, "the server answered with status {code}"),
            Failure::HostNotFound => f.write_str("the host name was not found"),
            Failure::Refused => f.write_str("connection refused"),
            Failure::Unreachable => f.write_str("the host cannot be reached from here"),
            Failure::TimedOut => f.write_str("no answer in time"),
            Failure::CutOff => f.write_str("the connection was closed before the end of the page"),
            Failure::Untrusted(why) => write!(f, "the certificate is not trusted ({why})"),
            Failure::Other(words) => f.write_str(words),
        }
    }
}

/// What stands behind an error. `io::Error` names the cause of what it wraps and skips that itself;
/// ureq names nothing. Both are opened here.
fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    if let Some(error) = error.downcast_ref::<io::Error>()
        && let Some(wrapped) = error.get_ref()
    {
        return Some(wrapped);
    }
    match error.downcast_ref::<ureq::Error>() {
        Some(ureq::Error::Io(error)) => Some(error),
        Some(ureq::Error::Rustls(error)) => Some(error),
        _ => error.source(),
    }
}

/// Recognises an error, without looking at its causes.
fn known(error: &(dyn Error + 'static)) -> Option<Failure> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        known_to_the_system(error)
    } else if let Some(error) = error.downcast_ref::<rustls::Error>() {
        known_to_tls(error)
    } else if let Some(error) = error.downcast_ref::<ureq::Error>() {
        known_to_ureq(error)
    } else if let Some(error) = error.downcast_ref::<hyper::Error>() {
        error.is_incomplete_message().then_some(Failure::CutOff)
    } else {
        error
            .is::<roundelay::Elapsed>()
            .then_some(Failure::TimedOut)
    }
}

fn known_to_ureq(error: &ureq::Error) -> Option<Failure> {
    match error {
        ureq::Error::StatusCode(code) => Some(Failure::Status(*code)),
        ureq::Error::HostNotFound => Some(Failure::HostNotFound),
        ureq::Error::Timeout(_) => Some(Failure::TimedOut),
        _ => None,
    }
}

fn known_to_tls(error: &rustls::Error) -> Option<Failure> {
    match error {
        rustls::Error::InvalidCertificate(why) => Some(Failure::Untrusted(why.to_string())),
        _ => None,
    }
}

fn known_to_the_system(error: &io::Error) -> Option<Failure> {
    use io::ErrorKind::*;
    match error.kind() {
        ConnectionRefused => Some(Failure::Refused),
        NetworkUnreachable | HostUnreachable | AddrNotAvailable => Some(Failure::Unreachable),
        TimedOut => Some(Failure::TimedOut),
        ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof => Some(Failure::CutOff),
        // getaddrinfo has error codes of its own, for which std has only these words.
        _ if error.to_string().contains("failed to lookup address") => Some(Failure::HostNotFound),
        _ => None,
    }
}

//! The command line: what may be asked for, and what is refused at once.

use std::time::Duration;

use clap::Parser;
use four_ways::Version;
use hyper::Uri;
use hyper::http::uri::Authority;

use crate::trust::Trust;

/// Downloads many sites in four ways and compares them: one after the other, with threads, with an
/// event loop, and with processes.
///
/// Without URLs it starts a site server of its own and needs no network. The exit code is 0 when all
/// downloads succeeded, 1 when one failed, 2 when the arguments make no sense.
#[derive(Parser, Debug)]
#[command(version)]
pub struct Args {
    /// Sites to download, http or https; without any, two pages of a server started here
    #[arg(value_name = "URL", value_parser = web_address)]
    pub urls: Vec<String>,

    /// Run only this version; may be given several times
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    pub only: Vec<Version>,

    /// Number of downloads, going round the URLs [default: 160, or each URL once]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub sites: Option<u32>,

    /// Number of threads, and of processes
    #[arg(long, value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: u16,

    /// Downloads at one time from one host, for the event loop
    #[arg(long, value_name = "N", default_value_t = 100,
          value_parser = clap::value_parser!(u16).range(1..=500))]
    pub limit: u16,

    /// How long the server started here waits before it answers, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 50, conflicts_with = "urls",
          value_parser = clap::value_parser!(u64).range(0..=5000))]
    pub latency: u64,

    /// Trust the certificates in this PEM file, in place of the usual ones (as curl's --cacert)
    #[arg(long, value_name = "PEM", value_parser = Trust::load)]
    pub ca_file: Option<Trust>,

    /// Be the site server: print the address, serve until standard input ends
    #[arg(long, hide = true, conflicts_with = "urls")]
    pub serve: bool,
}

impl Args {
    /// Returns the versions to run, always in the order of the table.
    pub fn versions(&self) -> Vec<Version> {
        Version::selected(&self.only)
    }

    /// Returns the waiting time of the built-in server.
    pub fn latency(&self) -> Duration {
        Duration::from_millis(self.latency)
    }
}

/// Accepts what all four versions can download. Refused here, a typing error costs no waiting.
fn web_address(text: &str) -> Result<String, String> {
    let uri: Uri = text
        .parse()
        .map_err(|error| format!("not a web address: {error}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("a web address begins with http:// or https://".to_owned());
    }
    // `Uri` lets a port pass that is no number, and names with passwords, which we do not send.
    let authority = uri.authority().map_or("", Authority::as_str);
    let host = uri.host().unwrap_or_default();
    let rest = authority.strip_prefix(host).filter(|_| !host.is_empty());
    match rest.map(|rest| rest.strip_prefix(':').map(str::parse::<u16>)) {
        Some(None | Some(Ok(_))) => Ok(uri.to_string()),
        _ => Err(format!("not a host, or a host and a port: {authority:?}")),
    }
}

//! What every version is told, and what came of it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use four_ways::Version;

use crate::args::Args;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::trust::Trust;
use crate::{event_loop, processes, sequential, threads};

/// What every version is told.
pub struct Plan {
    /// The addresses to download, in order; the same page usually comes many times.
    pub sites: Vec<String>,
    /// Number of threads, and of processes.
    pub workers: usize,
    /// How many downloads the event loop may have under way at one host.
    pub limit: usize,
    /// Which certificates are believed.
    pub trust: Arc<Trust>,
}

/// One version's results.
pub struct Run {
    pub version: Version,
    /// The version as the table calls it, with its number of workers.
    pub name: String,
    /// One outcome for each site of the plan, in the plan's order.
    pub outcomes: Vec<Outcome>,
    /// The time from the first request to the last answer, pools and connections included.
    pub time: Duration,
}

impl Plan {
    /// Goes round `pages` until there are as many sites as were asked for.
    pub fn new(args: &Args, pages: &[String]) -> Plan {
        let default = if args.urls.is_empty() {
            80 * pages.len()
        } else {
            pages.len()
        };
        let count = args.sites.map_or(default, |sites| sites as usize);
        Plan {
            sites: pages.iter().cycle().take(count).cloned().collect(),
            workers: args.workers.into(),
            limit: args.limit.into(),
            trust: Arc::new(args.ca_file.clone().unwrap_or_default()),
        }
    }
    /// Downloads all sites in one way and takes the time.
    ///
    /// # Errors
    /// When the version could not begin: no more processes or descriptors, say.
    pub fn run(&self, version: Version) -> io::Result<Run> {
        let name = version.name(self.workers);
        let shown = four_ways::Progress::new(&name, self.sites.len()).traced(version);
        let progress = Progress::new(shown.clone());
        let start = Instant::now();
        let outcomes = match version {
            Version::Sequential => sequential::download_all_sites(self, &progress),
            Version::Threads => threads::download_all_sites(self, &progress),
            Version::EventLoop => event_loop::download_all_sites(self, &progress),
            Version::Processes => processes::download_all_sites(self, &progress),
        }?;
        let time = start.elapsed();
        shown.finish(time);
        Ok(Run {
            version,
            name,
            outcomes,
            time,
        })
    }
}

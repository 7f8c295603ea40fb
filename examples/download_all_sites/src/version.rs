//! The four versions, what each is given to do, and what came of it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::args::Args;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::trust::Trust;
use crate::{event_loop, processes, sequential, threads};

/// A way to download all sites.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Sequential,
    Threads,
    EventLoop,
    Processes,
}

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
}

impl Version {
    pub const ALL: [Version; 4] = [
        Version::Sequential,
        Version::Threads,
        Version::EventLoop,
        Version::Processes,
    ];

    /// Downloads all sites of the plan in this way and takes the time.
    ///
    /// # Errors
    /// When the version could not begin: no more processes or descriptors, say.
    pub fn run(self, plan: &Plan) -> io::Result<Run> {
        let name = self.name(plan);
        let progress = Progress::new(&name, plan.sites.len());
        let start = Instant::now();
        let outcomes = match self {
            Version::Sequential => sequential::download_all_sites(plan, &progress),
            Version::Threads => threads::download_all_sites(plan, &progress),
            Version::EventLoop => event_loop::download_all_sites(plan, &progress),
            Version::Processes => processes::download_all_sites(plan, &progress),
        }?;
        let time = start.elapsed();
        progress.finish(time);
        Ok(Run {
            version: self,
            name,
            outcomes,
            time,
        })
    }

    fn name(self, plan: &Plan) -> String {
        let workers = plan.workers;
        match self {
            Version::Sequential => "sequential".to_owned(),
            Version::Threads if workers == 1 => "threads (1 worker)".to_owned(),
            Version::Threads => format!("threads ({workers} workers)"),
            Version::EventLoop => "event loop (1 thread)".to_owned(),
            Version::Processes if workers == 1 => "processes (1 worker)".to_owned(),
            Version::Processes => format!("processes ({workers} workers)"),
        }
    }
}

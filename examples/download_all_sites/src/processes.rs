//! The version with processes: as the one with threads, but each worker has a process to itself. For
//! waiting on a network that buys nothing; what it costs stands in the table.

use std::io;
use std::sync::OnceLock;

use roundelay::{ProcessPool, gather};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::session::Session;
use crate::trust::Trust;
use crate::version::Plan;

/// What a worker process is sent: arguments are copied there, so the file's name does for its content.
type Site = (String, Option<String>);

/// This worker process's session; empty until its first download.
static SESSION: OnceLock<Result<Session, Failure>> = OnceLock::new();

fn download_site((url, ca_file): Site) -> Outcome {
    let session = SESSION.get_or_init(|| {
        let trust = ca_file.map(|path| Trust::load(&path)).transpose()?;
        Ok(Session::new(&trust.unwrap_or_default()))
    });
    let result = session
        .as_ref()
        .map_err(Failure::clone)
        .and_then(|session| session.get(&url));
    Outcome::new(url, result)
}

/// Downloads all sites with a pool of worker processes; the loop hands out the work and waits.
pub fn download_all_sites(plan: &Plan, progress: &Progress) -> io::Result<Vec<Outcome>> {
    roundelay::run(async {
        let pool = ProcessPool::new(plan.workers)?;
        let downloads = plan.sites.iter().map(|url| {
            let site = (url.clone(), plan.trust.ca_file.clone());
            progress
                .clone()
                .watch(url.clone(), pool.submit(download_site, site))
        });
        gather(downloads).await.map_err(io::Error::other)
    })
}

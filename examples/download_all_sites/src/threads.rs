//! The version with threads: a few blocking downloads at a time, each thread over its own session.

use std::cell::OnceCell;
use std::io;
use std::sync::Arc;

use roundelay::gather;
use roundelay::pool::ThreadPool;

use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::session::Session;
use crate::trust::Trust;
use crate::version::Plan;

thread_local! {
    /// This thread's session; empty until its first download, gone when the pool's thread ends.
    static SESSION: OnceCell<Session> = const { OnceCell::new() };
}

fn download_site(url: String, trust: &Trust) -> Outcome {
    SESSION.with(|session| {
        let session = session.get_or_init(|| Session::new(trust));
        let result = session.get(&url);
        Outcome::new(url, result)
    })
}

/// Downloads all sites with a pool of threads; the loop hands out the work and waits.
pub fn download_all_sites(plan: &Plan, progress: &Progress) -> io::Result<Vec<Outcome>> {
    roundelay::run(async {
        let pool = ThreadPool::new(plan.workers);
        let downloads = plan.sites.iter().map(|url| {
            let (site, trust) = (url.clone(), Arc::clone(&plan.trust));
            progress.clone().watch(
                url.clone(),
                pool.submit(move || download_site(site, &trust)),
            )
        });
        gather(downloads).await.map_err(io::Error::other)
    })
}

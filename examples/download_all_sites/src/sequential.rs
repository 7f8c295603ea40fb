//! The sequential version: one download after the other, each waited for.

use std::io;

use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::session::Session;
use crate::version::Plan;

fn download_site(url: &str, session: &Session) -> Outcome {
    Outcome::new(url.to_owned(), session.get(url))
}

/// Downloads all sites in the calling thread, over one session.
pub fn download_all_sites(plan: &Plan, progress: &Progress) -> io::Result<Vec<Outcome>> {
    let session = Session::new(&plan.trust);
    let download = |url: &String| {
        let outcome = download_site(url, &session);
        progress.count(&outcome);
        outcome
    };
    Ok(plan.sites.iter().map(download).collect())
}

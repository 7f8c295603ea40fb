//! The version with an event loop: one thread, one task for each download, all under way at once.

use std::io;
use std::rc::Rc;

use roundelay::gather;

use crate::client::Client;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::version::Plan;

async fn download_site(url: String, client: Rc<Client>) -> Outcome {
    let result = client.get(&url).await;
    Outcome::new(url, result)
}

/// Downloads all sites on this thread's event loop, over one client.
pub fn download_all_sites(plan: &Plan, progress: &Progress) -> io::Result<Vec<Outcome>> {
    roundelay::run(async {
        let client = Rc::new(Client::new(&plan.trust, plan.limit));
        let downloads = plan.sites.iter().map(|url| {
            let download = roundelay::spawn(download_site(url.clone(), Rc::clone(&client)));
            progress.clone().watch(url.clone(), download)
        });
        gather(downloads).await.map_err(io::Error::other)
    })
}

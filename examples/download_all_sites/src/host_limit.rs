//! No more than so many downloads at one time from one host, and not all of them at the same moment.
//!
//! A server has a short line at its door: Python's holds five connections that it has not yet
//! accepted. Those who find it full are turned away and, as TCP has it, come back after a second,
//! then after two, then four. A hundred connections in one millisecond are slower than five. So a
//! host is first asked for a few pages. When a moment passes in which nothing comes back, it is slow
//! rather than busy, and is asked for twice as many, up to the limit; while pages keep coming, it has
//! enough to do.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use roundelay::sync::Semaphore;

/// How many downloads a host is asked for at first.
const FEW: usize = 5;

/// How long a host may send nothing before it is asked for more.
const MOMENT: Duration = Duration::from_millis(10);

/// The limits of all hosts.
pub struct HostLimit {
    /// How many permits each host has in the end.
    limit: usize,
    /// The hosts met so far, as `host:port`; a host is added at its first download.
    hosts: RefCell<HashMap<String, Rc<Host>>>,
}

/// One host's permits. Who has one is let in; when there is none, one waits in line.
struct Host {
    permits: Semaphore,
    /// How many permits were given back: the downloads that have ended.
    ended: Cell<u64>,
}

/// The right to download from a host. Given back when dropped, also when its task is cancelled.
pub struct Permit(Rc<Host>);

impl HostLimit {
    pub fn new(limit: usize) -> HostLimit {
        let hosts = RefCell::default();
        HostLimit { limit, hosts }
    }

    /// Waits until one more may download from `host`.
    pub async fn enter(&self, host: &str) -> Permit {
        let host = self.host(host);
        // It comes back when ours is dropped.
        host.permits.acquire().await.forget();
        Permit(host)
    }

    fn host(&self, name: &str) -> Rc<Host> {
        let mut hosts = self.hosts.borrow_mut();
        let host = hosts.entry(name.to_owned()).or_insert_with(|| {
            let (permits, ended) = (Semaphore::new(0), Cell::new(0));
            let host = Rc::new(Host { permits, ended });
            roundelay::spawn(widen(Rc::clone(&host), self.limit));
            host
        });
        Rc::clone(host)
    }
}

/// Issues a host's permits: a few, then each time as many again. Ends when all are issued, or with
/// the loop.
async fn widen(host: Rc<Host>, limit: usize) {
    let mut issued = 0;
    while issued < limit {
        let more = issued.max(FEW).min(limit - issued);
        (0..more).for_each(|_| host.issue());
        issued += more;
        host.silence().await;
    }
}

impl Host {
    /// Waits for a moment in which no download ends.
    async fn silence(&self) {
        let mut before = None;
        while before != Some(self.ended.get()) {
            before = Some(self.ended.get());
            roundelay::sleep(MOMENT).await;
        }
    }

    fn issue(&self) {
        self.permits.release();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.ended.update(|ended| ended + 1);
        self.0.issue();
    }
}

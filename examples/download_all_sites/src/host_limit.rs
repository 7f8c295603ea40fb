//! No more than so many downloads at one time from one host: good manners, and no flood of sockets.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use roundelay::sync::Queue;

/// The permits of every host. A host's permits are the items of a queue: to take one out is to be
/// let in, and when the queue is empty one waits in line.
pub struct HostLimit {
    /// How many permits each host has.
    limit: usize,
    /// The hosts met so far, as `host:port`; a host is added at its first download.
    hosts: RefCell<HashMap<String, Rc<Queue<()>>>>,
}

/// The right to download from a host. Given back when dropped, also when its task is cancelled.
pub struct Permit(Rc<Queue<()>>);

impl HostLimit {
    pub fn new(limit: usize) -> HostLimit {
        HostLimit {
            limit,
            hosts: RefCell::default(),
        }
    }

    /// Waits until fewer than the limit are downloading from `host`.
    pub async fn enter(&self, host: &str) -> Permit {
        let permits = self.permits(host);
        permits.get().await;
        Permit(permits)
    }

    fn permits(&self, host: &str) -> Rc<Queue<()>> {
        let mut hosts = self.hosts.borrow_mut();
        let permits = hosts.entry(host.to_owned()).or_insert_with(|| {
            let permits = Queue::unbounded();
            (0..self.limit).for_each(|_| permits.try_put(()).expect("the queue has no bound"));
            Rc::new(permits)
        });
        Rc::clone(permits)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.try_put(()).expect("the queue has no bound");
    }
}

//! The workload of a hundred thousand sleeping tasks: what each costs in CPU time and in memory.

use std::cell::Cell;
use std::fs;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use super::machine::process_cpu_time;
use super::peer::Peer;
use super::tasks::triangle;

/// Tasks that sleep at the same time.
pub const SLEEPERS: u64 = 100_000;
/// No sleep is shorter, so that all tasks sleep before the first wakes.
const SHORTEST: u64 = 250;
/// The sleeps end over so many milliseconds.
const SPREAD: u64 = 1_000;

/// What one sleeping task cost.
pub struct Cost {
    /// CPU time of the process for spawning the task, putting it to sleep, waking and finishing it.
    pub cpu: Duration,
    /// Resident memory while it slept. Of use only in a fresh process.
    pub bytes: f64,
}

/// Puts [`SLEEPERS`] tasks to sleep for 250 to 1249 ms and waits until all have woken.
pub fn sleepers<P: Peer>() -> Cost {
    P::run(async {
        let watcher = P::spawn(async {
            P::spawn(P::sleep(Duration::from_millis(1)))
                .await
                .expect("no task fails");
            measure::<P>().await
        });
        watcher.await.expect("no task fails")
    })
}

async fn measure<P: Peer>() -> Cost {
    let (begun, memory_before, cpu_before) = (Instant::now(), resident_bytes(), process_cpu_time());
    let tally = Rc::new(Tally::default());
    for i in 0..SLEEPERS {
        let tally = tally.clone();
        drop(P::spawn(async move {
            tally.asleep.set(tally.asleep.get() + 1);
            // 7919 is prime to the spread: neighbours in the queue are far apart in time.
            P::sleep(Duration::from_millis(SHORTEST + i * 7919 % SPREAD)).await;
            tally.woken(i);
        }));
    }
    while tally.asleep.get() < SLEEPERS {
        P::yield_now().await;
    }
    let memory = resident_bytes() - memory_before;
    tally.all_woken().await;
    assert_eq!(tally.sum.get(), triangle(SLEEPERS));
    assert!(begun.elapsed() >= Duration::from_millis(SHORTEST + SPREAD - 1));
    Cost {
        cpu: (process_cpu_time() - cpu_before) / SLEEPERS as u32,
        bytes: memory as f64 / SLEEPERS as f64,
    }
}

/// What the sleepers report to. It spares them join handles, whose memory would be counted too.
#[derive(Default)]
struct Tally {
    /// Tasks that have begun to sleep.
    asleep: Cell<u64>,
    /// Tasks that have woken.
    awake: Cell<u64>,
    /// The numbers of the tasks that have woken, added up.
    sum: Cell<u64>,
    /// The task that waits for the last sleeper; empty until it does.
    waiter: Cell<Option<Waker>>,
}

impl Tally {
    /// Notes that task `i` has woken.
    fn woken(&self, i: u64) {
        self.awake.set(self.awake.get() + 1);
        self.sum.set(self.sum.get() + i);
        if self.awake.get() == SLEEPERS
            && let Some(waiter) = self.waiter.take()
        {
            waiter.wake();
        }
    }

    /// Waits until the last sleeper has woken.
    async fn all_woken(&self) {
        poll_fn(|cx| {
            if self.awake.get() == SLEEPERS {
                return Poll::Ready(());
            }
            self.waiter.set(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await
    }
}

/// The memory of this process that is resident, from the second field of `statm`.
fn resident_bytes() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("/proc is mounted");
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("statm holds numbers") * rustix::param::page_size()
}

//! A ticker: a task that wants a turn every millisecond, and notes how late it gets it. It shows what
//! work does to everything else on the loop.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use roundelay::{sleep_until, spawn};

/// How often the ticker wants a turn.
const PERIOD: Duration = Duration::from_millis(1);

/// How late the ticks were that were due during some work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lateness {
    /// All but one in a hundred were late by this at the most.
    pub p99: Duration,
    /// The latest.
    pub worst: Duration,
}

impl Lateness {
    /// Sums the ticks up; `None` if there were none.
    fn of(mut late: Vec<Duration>) -> Option<Lateness> {
        late.sort_unstable();
        let worst = *late.last()?;
        let p99 = late[(late.len() * 99).div_ceil(100) - 1];
        Some(Lateness { p99, worst })
    }
}

/// Does some work with a ticker beside it, and returns what came of both.
///
/// Ticks are due at fixed moments. Those that fall into a time in which the loop stood still count, each
/// with its own delay: 50 ms without a turn are fifty late ticks, not one.
pub async fn beside<F: Future>(work: F) -> (F::Output, Option<Lateness>) {
    let ticks = Rc::new(Ticks {
        due: Cell::new(Instant::now() + PERIOD),
        late: RefCell::default(),
    });
    let ticker = Rc::clone(&ticks);
    let ticker = spawn(async move {
        loop {
            sleep_until(ticker.due.get()).await;
            ticker.count();
        }
    });
    let output = work.await;
    // Those for which the loop had no turn before the work was done.
    ticks.count();
    ticker.abort();
    (output, Lateness::of(ticks.late.take()))
}

/// The ticks of one ticker.
struct Ticks {
    /// When the next one is due.
    due: Cell<Instant>,
    /// By how much each one was late.
    late: RefCell<Vec<Duration>>,
}

impl Ticks {
    /// Notes all ticks that were due by now.
    fn count(&self) {
        let now = Instant::now();
        while self.due.get() <= now {
            let due = self.due.replace(self.due.get() + PERIOD);
            self.late.borrow_mut().push(now - due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_may_be_later_than_the_p99() {
        let millis = |range: std::ops::Range<u64>| range.map(Duration::from_millis).collect();
        let lateness = Lateness::of(millis(0..200)).expect("there are ticks");
        assert_eq!(lateness.p99, Duration::from_millis(197));
        assert_eq!(lateness.worst, Duration::from_millis(199));
        assert_eq!(Lateness::of(Vec::new()), None);
    }

    #[test]
    fn a_loop_that_stands_still_is_late_for_every_tick_of_that_time() {
        let block = async { std::thread::sleep(Duration::from_millis(20)) };
        let (_, lateness) = roundelay::run(beside(block));
        let lateness = lateness.expect("ticks were due");
        // The first was due after one millisecond. Of twenty, the worst is also the 99th percentile.
        assert!(lateness.worst >= Duration::from_millis(19), "{lateness:?}");
        assert!(lateness.p99 >= Duration::from_millis(19), "{lateness:?}");
    }
}

//! Workloads about time: timers that are cancelled, timeouts that never fire, and a short sleep.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::peer::Peer;

/// Far enough away never to fire.
const FAR: Duration = Duration::from_secs(30);
/// The sleep whose lateness is measured.
const SHORT: Duration = Duration::from_micros(100);
/// Timers that are pending all the while in [`set_and_cancel_among_many`].
const PENDING: u64 = 10_000;

/// Sets a timer and cancels it, `n` times.
pub async fn set_and_cancel<P: Peer>(n: u64) {
    let mut set = 0;
    for _ in 0..n {
        set += register_and_drop(P::sleep(FAR)).await;
    }
    assert_eq!(set, n);
}

/// Sets a timer and cancels it, `n` times, while ten thousand others are pending; returns how long
/// that took.
pub async fn set_and_cancel_among_many<P: Peer>(n: u64) -> Duration {
    let mut others: Vec<_> = (0..PENDING)
        .map(|i| Box::pin(P::sleep(FAR + Duration::from_millis(i))))
        .collect();
    let pending = poll_fn(|cx| {
        let polls = others.iter_mut().map(|sleep| sleep.as_mut().poll(cx));
        Poll::Ready(polls.filter(Poll::is_pending).count())
    });
    assert_eq!(pending.await, PENDING as usize);
    // tokio's driver takes note of the timers when it parks. Until then it is woken, by a write to an eventfd,
    // for every timer that comes before those it knows: that is the other workload's figure, not this one's.
    P::yield_now().await;
    let begun = Instant::now();
    set_and_cancel::<P>(n).await;
    begun.elapsed()
}

/// Polls a sleep once, so that it is registered, and drops it.
async fn register_and_drop(sleep: impl Future<Output = ()>) -> u64 {
    let mut sleep = pin!(sleep);
    poll_fn(|cx| Poll::Ready(u64::from(sleep.as_mut().poll(cx).is_pending()))).await
}

/// Puts a timeout around a wait that ends at its second poll, `n` times.
pub async fn timeout<P: Peer>(n: u64) {
    let mut in_time = 0;
    for _ in 0..n {
        in_time += u64::from(P::timeout(FAR, second_poll()).await.is_some());
    }
    assert_eq!(in_time, n);
}

/// Is ready when it is polled for the second time, and sees to it that it is.
async fn second_poll() {
    let mut polled = false;
    poll_fn(|cx| {
        if polled {
            return Poll::Ready(());
        }
        polled = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Sleeps 100 microseconds on an idle loop, `n` times; returns `n` times the median of by how much the
/// sleeps were too long. Of a mean, most would be the few sleeps in which the machine did something else.
pub async fn lateness<P: Peer>(n: u64) -> Duration {
    let mut late = Vec::new();
    for _ in 0..n {
        let begun = Instant::now();
        P::sleep(SHORT).await;
        late.push(
            begun
                .elapsed()
                .checked_sub(SHORT)
                .expect("no sleep ends early"),
        );
    }
    late.sort();
    late.get(late.len() / 2)
        .map_or(Duration::ZERO, |&median| median * n as u32)
}

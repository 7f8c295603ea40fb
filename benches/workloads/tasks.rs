//! Workloads that spawn tasks and wait for them.

use super::peer::Peer;

/// Tasks that are alive together in [`spawn_batch`].
const BATCH: u64 = 1_000;
/// Tasks that are waited for together in [`gather`] and [`wait`].
const CROWD: u64 = 10_000;

/// Spawns a task and joins it, `n` times.
pub async fn spawn_join<P: Peer>(n: u64) {
    let mut sum = 0;
    for i in 0..n {
        sum += P::spawn(async move { i }).await.expect("no task fails");
    }
    assert_eq!(sum, triangle(n));
}

/// Spawns `n` tasks, a thousand at a time, and joins each through its own handle.
pub async fn spawn_batch<P: Peer>(n: u64) {
    let mut sum = 0;
    for first in (0..n).step_by(BATCH as usize) {
        let batch = first..n.min(first + BATCH);
        let handles: Vec<_> = batch.map(|i| P::spawn(async move { i })).collect();
        for handle in handles {
            sum += handle.await.expect("no task fails");
        }
    }
    assert_eq!(sum, triangle(n));
}

/// Gathers `n` tasks, ten thousand at a time.
pub async fn gather<P: Peer>(n: u64) {
    let mut sum = 0;
    for first in (0..n).step_by(CROWD as usize) {
        let crowd = first..n.min(first + CROWD);
        let results = P::gather(crowd.map(|i| async move { i })).await;
        sum += results.into_iter().sum::<u64>();
    }
    assert_eq!(sum, triangle(n));
}

/// Gathers `n` tasks that each wait once, ten thousand at a time.
pub async fn gather_pending<P: Peer>(n: u64) {
    let mut sum = 0;
    for first in (0..n).step_by(CROWD as usize) {
        let crowd = first..n.min(first + CROWD);
        let results = P::gather(crowd.map(|i| async move {
            P::yield_now().await;
            i
        }))
        .await;
        sum += results.into_iter().sum::<u64>();
    }
    assert_eq!(sum, triangle(n));
}

/// Waits for `n` tasks, ten thousand at a time, then collects their results.
pub async fn wait<P: Peer>(n: u64) {
    let mut sum = 0;
    for first in (0..n).step_by(CROWD as usize) {
        let crowd = first..n.min(first + CROWD);
        let results = P::spawn_and_wait(crowd.map(|i| async move { i })).await;
        sum += results.into_iter().sum::<u64>();
    }
    assert_eq!(sum, triangle(n));
}

/// 0 + 1 + ... + (n - 1): what the numbers below `n` must add up to.
pub fn triangle(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

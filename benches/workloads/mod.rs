//! The workloads that are measured on both runtimes: each is written once, against [`Peer`], and
//! checks its own result.
//!
//! The criterion bench `versus_tokio` and the example of the same name share this module. A body
//! runs as a spawned task, since that is where a program's work runs, and is timed from inside, so
//! that starting a runtime isn't part of the figure.

mod bare_epoll;
mod echo;
pub mod machine;
mod peer;
mod roundelay_peer;
pub mod sleepers;
mod switching;
mod tasks;
mod timers;
mod tokio_peers;

use std::time::{Duration, Instant};

use self::peer::Peer;
use self::roundelay_peer::Roundelay;
use self::sleepers::Cost;
use self::tokio_peers::{CurrentThread, InLocalRuntime, InLocalSet, Tokio};

/// One runtime's version of a workload: the time that `n` operations take.
#[derive(Clone, Copy)]
pub struct Side<M = fn(u64) -> Duration> {
    /// The runtime and its configuration.
    pub name: &'static str,
    /// Runs the workload on a fresh runtime.
    pub measure: M,
}

/// One workload on every runtime.
pub struct Workload {
    /// What the tables and `--only` call it.
    pub name: &'static str,
    /// Operations in one measurement of the example: 10 to 40 ms of work for the slowest side.
    pub operations: u64,
    /// What roundelay is meant to reach.
    pub target: Target,
    /// Roundelay.
    pub ours: Side,
    /// Whom it is compared with: the fastest counts.
    pub rivals: Vec<Side>,
}

/// What a workload is meant to show.
#[derive(Clone, Copy)]
pub enum Target {
    /// The rival takes at least so many times as long.
    Ratio(f64),
    /// An operation takes, or costs, no more than this.
    AtMost(f64),
    /// Nothing was promised: the row is there because it would be unfair to leave it out.
    None,
}

/// Makes a list of [`Workload`]s of expressions that are generic over the runtime.
macro_rules! workloads {
    ($($name:literal, $operations:literal, $target:expr, |$peer:ident, $n:ident| $measure:expr;)*) => {
        vec![$(Workload {
            name: $name,
            operations: $operations,
            target: $target,
            ours: side!($peer = Roundelay, |$n| $measure),
            rivals: vec![
                side!($peer = Tokio<CurrentThread>, |$n| $measure),
                side!($peer = Tokio<InLocalSet>, |$n| $measure),
                side!($peer = Tokio<InLocalRuntime>, |$n| $measure),
            ],
        }),*]
    };
}

/// Makes one [`Side`]: `measure` with the type `peer` meaning `runtime`.
macro_rules! side {
    ($peer:ident = $runtime:ty, $measure:expr) => {{
        type $peer = $runtime;
        Side {
            name: <$peer as Peer>::NAME,
            measure: $measure,
        }
    }};
}

/// Makes a list of [`Workload`]s that compare our echo server with a bare epoll loop.
macro_rules! workloads_versus_bare_epoll {
    ($($name:literal, $operations:literal, $target:expr, |$echo:ident, $n:ident| $measure:expr;)*) => {
        [$(Workload {
            name: $name,
            operations: $operations,
            target: $target,
            ours: Side {
                name: Roundelay::NAME,
                measure: |$n| { let $echo = echo::echo::<Roundelay>; $measure },
            },
            rivals: vec![Side {
                name: "bare epoll",
                measure: |$n| { let $echo = echo::echo_bare; $measure },
            }],
        }),*]
    };
}

/// Every workload, in the order of the tables.
///
/// In `|P, n|`, `P` is the runtime and `n` the number of operations.
pub fn all() -> Vec<Workload> {
    use Target::{AtMost, None, Ratio};
    let mut all = workloads![
        "spawn+join", 50_000, Ratio(8.0),
            |P, n| timed::<P, _>(tasks::spawn_join::<P>, n);
        "spawn a batch", 50_000, Ratio(6.0),
            |P, n| timed::<P, _>(tasks::spawn_batch::<P>, n);
        "yield_now", 50_000, Ratio(20.0),
            |P, n| timed::<P, _>(switching::yield_now::<P>, n);
        "yield_now, 100 tasks", 250_000, None,
            |P, n| timed::<P, _>(switching::yield_in_a_crowd::<P>, n);
        "self-wake", 500_000, Ratio(3.5),
            |P, n| timed::<P, _>(switching::self_wake::<P>, n);
        "ping-pong", 250_000, Ratio(3.0),
            |P, n| timed::<P, _>(switching::ping_pong::<P>, n);
        "ping-pong, queues", 100_000, None,
            |P, n| timed::<P, _>(switching::ping_pong_queues::<P>, n);
        "bounded queue", 250_000, Ratio(4.0),
            |P, n| timed::<P, _>(switching::bounded_queue::<P>, n);
        "gather 10,000", 50_000, Ratio(5.0),
            |P, n| timed::<P, _>(tasks::gather::<P>, n);
        "gather 10,000, each waits once", 50_000, Ratio(3.0),
            |P, n| timed::<P, _>(tasks::gather_pending::<P>, n);
        "wait for 10,000", 50_000, Ratio(5.0),
            |P, n| timed::<P, _>(tasks::wait::<P>, n);
        "timer set+cancel", 50_000, Ratio(4.0),
            |P, n| timed::<P, _>(timers::set_and_cancel::<P>, n);
        "timer set+cancel among 10,000", 50_000, None,
            |P, n| self_timed::<P, _>(timers::set_and_cancel_among_many::<P>, n);
        "timeout not reached", 50_000, None,
            |P, n| timed::<P, _>(timers::timeout::<P>, n);
        "lateness of a 100 us sleep", 20, AtMost(30_000.0),
            |P, n| self_timed::<P, _>(timers::lateness::<P>, n);
        "echo, 1 connection", 2_000, None,
            |P, n| echo::echo::<P>(1, n).seen_by_client;
        "echo, 64 connections", 3_200, Ratio(1.0),
            |P, n| echo::echo::<P>(64, n).seen_by_client;
        "echo, 64, server CPU", 3_200, None,
            |P, n| echo::echo::<P>(64, n).server_cpu;
    ];
    all.extend(workloads_versus_bare_epoll![
        "echo, 1, bare epoll", 2_000, None,
            |echo, n| echo(1, n).seen_by_client;
        "echo, 64, bare epoll", 3_200, Ratio(0.97),
            |echo, n| echo(64, n).seen_by_client;
        "echo, 64, bare epoll, server CPU", 3_200, None,
            |echo, n| echo(64, n).server_cpu;
    ]);
    all
}

/// The hundred thousand sleepers: roundelay first, then tokio's configurations.
pub fn all_sleepers() -> [Side<fn() -> Cost>; 4] {
    [
        side!(P = Roundelay, sleepers::sleepers::<P>),
        side!(P = Tokio<CurrentThread>, sleepers::sleepers::<P>),
        side!(P = Tokio<InLocalSet>, sleepers::sleepers::<P>),
        side!(P = Tokio<InLocalRuntime>, sleepers::sleepers::<P>),
    ]
}

/// Runs `body` as a task, once to warm up and once for the clock.
fn timed<P: Peer, F>(body: fn(u64) -> F, n: u64) -> Duration
where
    F: Future<Output = ()> + 'static,
{
    in_task::<P, _>(async move {
        body(warm_up(n)).await;
        let begun = Instant::now();
        body(n).await;
        begun.elapsed()
    })
}

/// The same for a body that says itself how long its operations took.
fn self_timed<P: Peer, F>(body: fn(u64) -> F, n: u64) -> Duration
where
    F: Future<Output = Duration> + 'static,
{
    in_task::<P, _>(async move {
        body(warm_up(n)).await;
        body(n).await
    })
}

/// Runs `body` as a spawned task on a fresh runtime.
fn in_task<P: Peer, F>(body: F) -> F::Output
where
    F: Future<Output = Duration> + 'static,
{
    P::run(async { P::spawn(body).await.expect("the workload's checks hold") })
}

/// Operations that fill caches and free lists before the clock starts.
fn warm_up(n: u64) -> u64 {
    n / 4
}

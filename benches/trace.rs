//! What recording costs: `cargo bench --bench trace`.
//!
//! A ping-pong of two tasks over two queues, not recorded, recorded into a ring, and followed by a rebuilt state; beside it the
//! events of one round, so that the difference can be divided by them. The limits: 60 ns for an event, 5 times the ping-pong.

use criterion::{Criterion, criterion_group, criterion_main};
use roundelay::sync::Queue;
use roundelay::trace::Recorder;
use roundelay::{Runtime, spawn};
use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

const ROUNDS: u64 = 20_000;

async fn ping_pong() -> u64 {
    let (there, back) = (Rc::new(Queue::bounded(1)), Rc::new(Queue::bounded(1)));
    let echo = spawn({
        let (there, back) = (Rc::clone(&there), Rc::clone(&back));
        async move {
            for _ in 0..ROUNDS {
                let ball: u64 = there.get().await.expect("nobody shuts it");
                back.put(ball + 1).await.expect("nobody shuts it");
            }
        }
    });
    let mut ball = 0;
    for _ in 0..ROUNDS {
        there.put(ball).await.expect("nobody shuts it");
        ball = back.get().await.expect("nobody shuts it");
    }
    echo.await.expect("it ends");
    ball
}

fn timed(runtime: &Runtime) -> Duration {
    let start = Instant::now();
    assert_eq!(black_box(runtime.run(ping_pong())), ROUNDS);
    start.elapsed()
}

fn plain() -> Runtime {
    Runtime::builder().build().expect("a runtime")
}

fn ring() -> Runtime {
    // A ring is written at the end of each run: here a small part of what was recorded.
    let recorder = Recorder::ring("/dev/null", 10_000);
    Runtime::builder()
        .observer(recorder)
        .build()
        .expect("a runtime")
}

/// How many events one round has.
fn events() -> u64 {
    let (recorder, recording) = Recorder::in_memory();
    let runtime = Runtime::builder()
        .observer(recorder)
        .build()
        .expect("a runtime");
    runtime.run(ping_pong());
    recording.log().records.len() as u64
}

fn cost(criterion: &mut Criterion) {
    let (plain, ring, events) = (plain(), ring(), events());
    // Interleaved, so that a busy machine is as busy for both.
    let mut pairs: Vec<(Duration, Duration)> =
        (0..60).map(|_| (timed(&plain), timed(&ring))).collect();
    pairs.sort_by_key(|(off, _)| *off);
    let off = pairs[pairs.len() / 2].0.as_nanos() as f64;
    pairs.sort_by_key(|(_, on)| *on);
    let on = pairs[pairs.len() / 2].1.as_nanos() as f64;
    println!(
        "{events} events in {ROUNDS} rounds: {:.1} ns for each; recorded it takes {:.2} times as long ({:.0} and {:.0} ns a round)",
        (on - off) / events as f64,
        on / off,
        off / ROUNDS as f64,
        on / ROUNDS as f64,
    );
    let mut group = criterion.benchmark_group("ping_pong");
    group.bench_function("not recorded", |bencher| bencher.iter(|| timed(&plain)));
    group.bench_function("recorded", |bencher| bencher.iter(|| timed(&ring)));
    group.finish();
}

criterion_group!(benches, cost);
criterion_main!(benches);

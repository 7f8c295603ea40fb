//! Roundelay against tokio's single-threaded configurations, by criterion: `cargo bench --bench
//! versus_tokio`. The example of the same name runs the same workloads interleaved, in half a minute.

#![allow(missing_docs)]

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};

#[path = "workloads/mod.rs"]
#[expect(dead_code, reason = "targets and memory are for the example's table")]
mod workloads;

use workloads::machine::{RUNTIME_CPU, pin_to};
use workloads::sleepers::SLEEPERS;

/// One group for each workload, one function for each runtime.
fn per_operation(criterion: &mut Criterion) {
    pin_to(RUNTIME_CPU);
    for workload in workloads::all() {
        let mut group = criterion.benchmark_group(workload.name);
        group.sampling_mode(SamplingMode::Flat).sample_size(20);
        for side in std::iter::once(workload.ours).chain(workload.rivals) {
            group.bench_function(side.name, |bencher| bencher.iter_custom(side.measure));
        }
        group.finish();
    }
}

/// The CPU time of a hundred thousand sleeping tasks. What they take in memory needs a fresh process
/// for each runtime: the example measures it.
fn sleepers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("CPU of 100k sleeps");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.throughput(Throughput::Elements(SLEEPERS));
    for side in workloads::all_sleepers() {
        let cpu = || (side.measure)().cpu * SLEEPERS as u32;
        group.bench_function(side.name, |bencher| {
            bencher.iter_custom(|iterations| (0..iterations).map(|_| cpu()).sum());
        });
    }
    group.finish();
}

criterion_group!(benches, per_operation, sleepers);
criterion_main!(benches);

//! In a bench of criterion.

use criterion::{Criterion, criterion_group, criterion_main};

fn check(criterion: &mut Criterion) {
    pool_profiles::check();
    criterion.bench_function("nothing", |bencher| bencher.iter(|| 1));
}

criterion_group!(benches, check);
criterion_main!(benches);

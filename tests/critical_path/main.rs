//! Which chain of causes set how long a run took: programs under a virtual clock, whose path is known.

mod known;
mod programs;

use roundelay::Runtime;
use roundelay::trace::why::{Kind, Path, Segment};
use roundelay::trace::{Log, Recorder};
use std::time::Duration;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn recorded(main: impl Future<Output = ()>) -> Log {
    let (recorder, recording) = Recorder::in_memory();
    let runtime = Runtime::builder()
        .virtual_clock(true)
        .observer(recorder)
        .build()
        .unwrap();
    runtime.run(main);
    runtime.shutdown().unwrap();
    recording.log()
}

/// The parts that take time: kind, number of the task, milliseconds.
fn parts(path: &Path<'_>) -> Vec<(Kind, u64, u64)> {
    let takes_time = |segment: &&Segment| segment.length() > 0;
    let part = |segment: &Segment| {
        let task = segment.task.map_or(0, |task| task.get());
        (segment.kind, task, segment.length() / 1_000_000)
    };
    path.segments.iter().filter(takes_time).map(part).collect()
}

/// Checks what holds of every path.
fn check(path: &Path<'_>) {
    let (from, to) = path.span();
    let mut time = from;
    let mut last = 0;
    for segment in &path.segments {
        assert_eq!(segment.from, time, "{segment:?}");
        assert!(segment.to >= segment.from, "{segment:?}");
        assert!(segment.cause < segment.event, "{segment:?}");
        assert!(segment.cause >= last, "{segment:?} after {last}");
        (time, last) = (segment.to, segment.cause);
    }
    assert_eq!(time, to);
    let sum: u64 = path.by_kind().iter().map(|(_, length)| length).sum();
    assert_eq!(sum, to - from);
    assert!(path.events.is_sorted_by(|a, b| a < b), "{:?}", path.events);
}

//! The state that is rebuilt from a run's records is the loop's own, at every turn.

#[path = "support/random_programs.rs"]
mod random_programs;

use random_programs::{builder_of, random_program};
use roundelay::sync::{Event as Flag, Lock, Queue};
use roundelay::trace::{Check, Recorder, State, Story, What};
use roundelay::{Builder, Handle, Runtime, sleep, spawn, timeout, yield_now};
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

/// Runs `main`, and complains of every difference.
#[track_caller]
fn checked(builder: Builder, name: &str, main: impl Future<Output = ()>) -> u64 {
    let (check, findings) = Check::new();
    let runtime = builder.virtual_clock(true).observer(check).build().unwrap();
    runtime.run(main);
    runtime.shutdown().unwrap();
    let differences = findings.differences();
    let first = &differences[..differences.len().min(10)];
    assert!(first.is_empty(), "{name}\n{}", first.join("\n"));
    findings.turns()
}

#[test]
fn the_state_of_1000_random_programs_is_the_loops_own() {
    let mut pictures = 0;
    for seed in 0..1000 {
        let name = format!("seed {seed}");
        pictures += checked(builder_of(seed), &name, random_program(seed));
    }
    assert!(pictures > 10_000, "{pictures}");
}

#[test]
fn a_state_that_begins_in_the_middle_bears_what_it_does_not_know() {
    let (recorder, recording) = Recorder::in_memory();
    let runtime = Runtime::builder()
        .virtual_clock(true)
        .observer(recorder)
        .build()
        .unwrap();
    runtime.run(async {
        let lock = Rc::new(Lock::new(()));
        let tasks = [1, 2, 3].map(|n| {
            let lock = Rc::clone(&lock);
            spawn(async move {
                let _guard = lock.lock().await;
                sleep(Duration::from_millis(n)).await;
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
    });
    let log = recording.log();
    for begin in 0..log.records.len() {
        let mut state = State::default();
        log.records[begin..]
            .iter()
            .for_each(|record| state.apply(record));
        assert_eq!(state.is_whole, begin == 0);
        assert_eq!(state.seq, log.records.len() as u64);
    }
    let polls = log
        .records
        .iter()
        .filter(|record| record.what == What::PollStarted)
        .count();
    assert!(polls > 8);
}

/// The ready queue grows, and counts its places anew, while timers are put into it.
#[test]
fn timers_that_make_the_ready_queue_grow_are_all_told_of() {
    let pictures = checked(Runtime::builder(), "300 timers", async {
        for _ in 0..50 {
            yield_now().await;
        }
        // Callbacks, since as many tasks would have made it grow before.
        let handle = Handle::current();
        for _ in 0..300 {
            handle.call_later(Duration::from_millis(1), || {});
        }
        sleep(Duration::from_millis(2)).await;
    });
    assert!(pictures > 50);
}

async fn small_program() {
    let queue = Rc::new(Queue::bounded(1));
    let worker = spawn({
        let queue = Rc::clone(&queue);
        async move {
            while let Ok(item) = queue.get().await {
                sleep(Duration::from_millis(item)).await;
                queue.task_done();
            }
        }
    });
    worker.set_name("worker");
    for item in 1..4 {
        queue.put(item).await.unwrap();
    }
    queue.join().await;
    worker.cancel();
    assert!(worker.await.unwrap_err().is_cancelled());
}

fn story_of(seed: u64) -> (String, u64) {
    let (recorder, recording) = Recorder::in_memory();
    let runtime = Runtime::builder()
        .virtual_clock(true)
        .seed(seed)
        .observer(recorder)
        .build()
        .unwrap();
    runtime.run(small_program());
    drop(runtime);
    let log = recording.log();
    (Story::of(&log).to_string(), log.records.len() as u64)
}

#[test]
fn the_story_of_the_same_program_and_seed_is_the_same_byte_by_byte() {
    let (story, records) = story_of(7);
    assert_eq!(story, story_of(7).0);
    assert_eq!(story.lines().count() as u64, records);
    for words in [
        "T2 \"worker\"  is spawned by T1, and joins the ready queue",
        "T2 \"worker\"  waits for an item of queue 1",
        "T1        waits for room in queue 1",
        "T2 \"worker\"  ends: it was cancelled",
        "its clock jumps from 0.000000 s to 0.001000 s",
    ] {
        assert!(story.contains(words), "{words}\n{story}");
    }
}

#[test]
fn each_poll_of_random_programs_has_one_cause_that_came_before() {
    let mut polls = 0;
    for seed in 0..200 {
        let (recorder, recording) = Recorder::in_memory();
        let runtime = builder_of(seed)
            .virtual_clock(true)
            .observer(recorder)
            .build()
            .unwrap();
        runtime.run(random_program(seed));
        drop(runtime);
        let log = recording.log();
        let mut queued = HashSet::new();
        for record in &log.records {
            assert!(record.cause < record.seq);
            match record.what {
                What::Spawned | What::Woken { .. } => assert!(queued.insert(record.seq)),
                What::PollStarted => {
                    polls += 1;
                    assert!(queued.remove(&record.cause), "seed {seed}: {record:?}");
                    assert_eq!(log.record(record.cause).unwrap().task, record.task);
                }
                _ => {}
            }
        }
    }
    assert!(polls > 2000, "{polls}");
}

#[test]
fn objects_that_were_dropped_are_forgotten_in_a_run_and_after_it() {
    let (check, findings) = Check::new();
    let runtime = Runtime::builder().observer(check).build().unwrap();
    let kept = Rc::new(Lock::new(()));
    runtime.run(async {
        for _ in 0..100 {
            let flag = Flag::new();
            flag.set();
            let never = Flag::new();
            assert!(timeout(Duration::ZERO, never.wait()).await.is_err());
            drop(kept.lock().await);
        }
    });
    let objects = || -> Vec<u32> { findings.state().objects.into_keys().collect() };
    assert_eq!(objects().len(), 1);
    // The loop does not run, but lives on this thread.
    drop(kept);
    assert!(objects().is_empty());
    runtime.shutdown().unwrap();
    assert_eq!(findings.differences(), [""; 0]);
}

/// A lock that goes with its runtime, one that outlives it, and one that is dropped on another thread.
#[test]
fn objects_that_are_dropped_elsewhere_disturb_nobody() {
    let (check, findings) = Check::new();
    let runtime = Runtime::builder().observer(check).build().unwrap();
    let outlives = Lock::new(());
    runtime.run(async {
        drop(outlives.lock().await);
        drop(spawn(async {
            let lock = Lock::new(());
            let _guard = lock.lock().await;
            std::future::pending::<()>().await;
        }));
        yield_now().await;
    });
    let moved = Lock::new(());
    runtime.run(async { drop(moved.lock().await) });
    std::thread::spawn(move || drop(moved)).join().unwrap();
    drop(runtime);
    drop(outlives);
    assert_eq!(findings.state().objects.len(), 2);
    assert_eq!(findings.differences(), [""; 0]);
}

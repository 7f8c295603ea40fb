//! The log of a run: what stands in it, and that it can be read again.

use roundelay::trace::{Log, PollEnd, Record, Recorder, TaskEnd, WaitsFor, What, WokenBy};
use roundelay::{Runtime, gather, sleep, spawn, sync::Lock, sync::Queue, timeout, yield_now};
use std::cell::RefCell;
use std::collections::HashSet;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

fn recorded<F: Future>(main: F) -> (F::Output, Log) {
    let (recorder, recording) = Recorder::in_memory();
    let runtime = Runtime::builder()
        .virtual_clock(true)
        .observer(recorder)
        .build()
        .unwrap();
    let output = runtime.run(main);
    runtime.shutdown().unwrap();
    (output, recording.log())
}

/// The line of the program that a record is about.
fn line(log: &Log, record: &Record) -> u32 {
    log.line(record.line).map_or(0, |line| line.line)
}

#[test]
fn every_poll_has_one_cause_which_came_before() {
    let ((), log) = recorded(busy());
    let mut queued = HashSet::new();
    let mut polls = 0;
    for record in &log.records {
        match record.what {
            What::Spawned | What::Woken { .. } => assert!(queued.insert(record.seq)),
            What::PollStarted => {
                polls += 1;
                assert!(queued.remove(&record.cause), "{record:?}");
                let cause = log.record(record.cause).unwrap();
                assert_eq!(cause.task, record.task);
            }
            _ => {}
        }
        assert!(record.cause < record.seq);
    }
    assert!(polls > 20, "{polls}");
}

#[test]
#[cfg_attr(
    roundelay_spurious,
    ignore = "a poll that nobody asked for notes its wait once more"
)]
fn a_task_that_waits_says_for_what_and_at_which_line() {
    let first = line!();
    let ((), log) = recorded(async {
        let lock = Rc::new(Lock::new(()));
        let queue = Rc::new(Queue::<u8>::bounded(1));
        let guard = lock.lock().await;
        let waits = spawn({
            let (lock, queue) = (Rc::clone(&lock), Rc::clone(&queue));
            async move {
                drop(lock.lock().await);
                queue.get().await.unwrap();
                timeout(Duration::from_secs(1), queue.get())
                    .await
                    .unwrap_err();
            }
        });
        yield_now().await;
        drop(guard);
        sleep(Duration::from_millis(5)).await;
        queue.try_put(1).unwrap();
        waits.await.unwrap();
    });
    let waits: Vec<(u64, u32, String)> = log
        .records
        .iter()
        .filter_map(|record| match record.what {
            What::Waits(on) => Some((record.task?.get(), line(&log, record), shape(on))),
            _ => None,
        })
        .collect();
    let own = |task, line, what: &str| (task, line, what.to_owned());
    assert_eq!(
        waits,
        [
            own(1, first + 15, "turn"),
            own(2, first + 8, "object 1"),
            own(1, first + 17, "timer"),
            own(2, first + 9, "object 2"),
            own(1, first + 19, "task 2"),
            own(2, first + 10, "object 2"),
        ]
    );
}

fn shape(on: WaitsFor) -> String {
    match on {
        WaitsFor::Turn => "turn".to_owned(),
        WaitsFor::Timer { .. } => "timer".to_owned(),
        WaitsFor::Task(task) => format!("task {}", task.get()),
        WaitsFor::Object { object, .. } => format!("object {object}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_file_is_read_as_it_was_written_and_a_cut_one_as_far_as_it_goes() {
    let path = std::env::temp_dir().join(format!("roundelay-{}.rtlog", std::process::id()));
    let runtime = Runtime::builder()
        .virtual_clock(true)
        .observer(Recorder::to_file(&path).unwrap())
        .build()
        .unwrap();
    runtime.run(busy());
    drop(runtime);
    let log = Log::read(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(!log.is_cut && log.records[0].seq == 1);
    assert_eq!(log.fact("clock"), Some("virtual"));
    let ((), again) = recorded(busy());
    let what = |log: &Log| -> Vec<(u64, u64, What)> {
        let own = |record: &Record| (record.now, record.cause, record.what);
        log.records.iter().map(own).collect()
    };
    assert_eq!(what(&log)[..], what(&again)[..log.records.len()]);
    for cut in 0..bytes.len() {
        if let Ok(part) = Log::from_bytes(&bytes[..cut]) {
            assert!(part.is_cut);
            assert_eq!(part.records[..], log.records[..part.records.len()]);
        }
    }
}

#[test]
fn a_ring_without_bounds_keeps_everything() {
    let name = format!("roundelay-{}.endless.rtlog", std::process::id());
    let path = std::env::temp_dir().join(name);
    let runtime = Runtime::builder()
        .virtual_clock(true)
        .observer(Recorder::ring(&path, usize::MAX))
        .build()
        .unwrap();
    runtime.run(yield_now());
    drop(runtime);
    let log = Log::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!((log.dropped, log.records[0].seq), (0, 1));
    assert!(!log.is_cut);
}

#[test]
fn a_ring_keeps_the_last_records() {
    let path = std::env::temp_dir().join(format!("roundelay-{}.ring.rtlog", std::process::id()));
    let runtime = Runtime::builder()
        .virtual_clock(true)
        .observer(Recorder::ring(&path, 100))
        .build()
        .unwrap();
    runtime.run(async {
        for _ in 0..10_000 {
            yield_now().await;
        }
    });
    drop(runtime);
    let log = Log::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(log.records.len(), 100);
    assert_eq!(log.dropped + 1, log.records[0].seq);
    assert!(log.dropped > 40_000);
    let ended = log
        .records
        .iter()
        .any(|it| it.what == What::Finished(TaskEnd::Returned));
    assert!(ended);
}

#[test]
fn what_is_no_log_is_refused_in_words() {
    let error = Log::from_bytes(b"hello").unwrap_err().to_string();
    assert!(error.contains("is not a log"), "{error}");
    let error = Log::from_bytes(b"RTLOG\0\x01\nZ\0\0\0\0")
        .unwrap_err()
        .to_string();
    assert!(error.contains("damaged at byte 8"), "{error}");
    let error = Log::read("/nowhere/run.rtlog").unwrap_err().to_string();
    assert!(
        error.contains("/nowhere/run.rtlog cannot be read"),
        "{error}"
    );
}

/// A program with something of everything that does not come from outside.
async fn busy() {
    let queue = Rc::new(Queue::bounded(2));
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let queue = Rc::clone(&queue);
            spawn(async move {
                while let Ok(item) = queue.get().await {
                    let limit = Duration::from_millis(3);
                    let _ = timeout(limit, sleep(Duration::from_millis(item))).await;
                    queue.task_done();
                }
            })
        })
        .collect();
    for item in 0..6 {
        queue.put(item).await.unwrap();
    }
    queue.join().await;
    let naps = gather([1, 2].map(|n| async move {
        yield_now().await;
        n
    }))
    .await;
    assert_eq!(naps.unwrap(), [1, 2]);
    for worker in workers {
        worker.cancel();
        assert!(worker.await.unwrap_err().is_cancelled());
    }
}

#[test]
fn the_end_of_a_poll_and_what_wakes_are_told() {
    let ((), log) = recorded(busy());
    let count = |what: What| {
        log.records
            .iter()
            .filter(|record| record.what == what)
            .count()
    };
    let (pending, ready) = (
        count(What::PollEnded(PollEnd::Pending)),
        count(What::PollEnded(PollEnd::Ready)),
    );
    assert_eq!(pending + ready, count(What::PollStarted));
    assert_eq!(count(What::Finished(TaskEnd::Cancelled)), 3);
    assert!(
        count(What::Woken {
            by: WokenBy::Cancel
        }) >= 3
    );
    assert!(count(What::Woken { by: WokenBy::End }) >= 1);
}

#[test]
fn a_task_whose_waker_was_kept_in_an_earlier_step_is_not_called_lost() {
    let ((), log) = recorded(async {
        let kept = Rc::new(RefCell::new(None::<Waker>));
        let waits = spawn(poll_fn({
            let (kept, mut polls) = (Rc::clone(&kept), 0);
            move |cx| {
                polls += 1;
                kept.borrow_mut().get_or_insert_with(|| cx.waker().clone());
                if polls == 3 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            }
        }));
        for _ in 0..2 {
            sleep(Duration::from_millis(1)).await;
            kept.borrow().as_ref().unwrap().wake_by_ref();
        }
        waits.await.unwrap();
    });
    let count = |on| {
        let waits = log.records.iter().filter(|it| it.what == What::Waits(on));
        waits.count()
    };
    assert_eq!(count(WaitsFor::Nothing), 0);
    assert_eq!(count(WaitsFor::Foreign), 2);
}

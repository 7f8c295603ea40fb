//! Programs whose path is known by how they were made.

use super::{check, ms, parts, recorded};
use roundelay::sync::{Lock, Queue};
use roundelay::trace::why::{Kind, NoPath, Target, critical_path};
use roundelay::trace::{Log, Recorder, What};
use roundelay::{Runtime, gather, sleep, spawn, timeout, yield_now};
use std::rc::Rc;

/// The parts of the path to the end that take time, after it was checked.
fn to_the_end(main: impl Future<Output = ()>) -> Vec<(Kind, u64, u64)> {
    let log = recorded(main);
    let path = critical_path(&log, Target::End).unwrap();
    check(&path);
    assert_eq!(path.missing, None);
    parts(&path)
}

#[test]
fn sleeps_one_after_the_other_are_all_on_the_path() {
    let path = to_the_end(async {
        sleep(ms(20)).await;
        sleep(ms(30)).await;
        sleep(ms(5)).await;
    });
    let own = |length| (Kind::Timer, 1, length);
    assert_eq!(path, [own(20), own(30), own(5)]);
}

#[test]
fn a_shorter_branch_is_not_on_the_path() {
    let path = to_the_end(async {
        sleep(ms(10)).await;
        let short = spawn(sleep(ms(40)));
        let long = spawn(sleep(ms(70)));
        long.await.unwrap();
        short.await.unwrap();
    });
    assert_eq!(path, [(Kind::Timer, 1, 10), (Kind::Timer, 3, 70)]);
}

#[test]
fn a_gather_waits_for_its_longest() {
    let path = to_the_end(async {
        gather([30, 80, 50].map(|length| sleep(ms(length))))
            .await
            .unwrap();
        sleep(ms(1)).await;
    });
    assert_eq!(path, [(Kind::Timer, 3, 80), (Kind::Timer, 1, 1)]);
}

#[test]
fn an_item_leads_to_the_one_who_put_it() {
    let path = to_the_end(async {
        let queue = Rc::new(Queue::unbounded());
        let consumer = spawn({
            let queue = Rc::clone(&queue);
            async move {
                queue.get().await.unwrap();
                sleep(ms(4)).await;
            }
        });
        let producer = spawn(async move {
            sleep(ms(25)).await;
            queue.put(1).await.unwrap();
        });
        consumer.await.unwrap();
        producer.await.unwrap();
    });
    assert_eq!(path, [(Kind::Timer, 3, 25), (Kind::Timer, 2, 4)]);
}

#[test]
fn a_lock_leads_to_those_who_held_it_before() {
    let path = to_the_end(async {
        let lock = Rc::new(Lock::new(()));
        let holders = [10, 20, 30].map(|length| {
            let lock = Rc::clone(&lock);
            async move {
                let _guard = lock.lock().await;
                sleep(ms(length)).await;
            }
        });
        gather(holders).await.unwrap();
    });
    let own = |task, length| (Kind::Timer, task, length);
    assert_eq!(path, [own(2, 10), own(3, 20), own(4, 30)]);
}

#[test]
fn a_cancel_leads_to_the_one_who_asked() {
    let path = to_the_end(async {
        let victim = spawn(sleep(ms(900)));
        let killer = spawn({
            let victim = victim.id();
            async move {
                sleep(ms(15)).await;
                victim
            }
        });
        killer.await.unwrap();
        victim.cancel();
        victim.await.unwrap_err();
        sleep(ms(2)).await;
    });
    assert_eq!(path, [(Kind::Timer, 3, 15), (Kind::Timer, 1, 2)]);
}

#[test]
fn a_time_limit_that_runs_out_is_the_cause() {
    let log = recorded(async {
        let task = spawn(async { timeout(ms(35), sleep(ms(900))).await.unwrap_err() });
        task.await.unwrap();
    });
    let path = critical_path(&log, Target::End).unwrap();
    check(&path);
    assert_eq!(parts(&path), [(Kind::Timer, 2, 35)]);
    let limit = path
        .segments
        .iter()
        .find(|segment| segment.length() > 0)
        .unwrap();
    assert_eq!(limit.words, "has a time limit of 35.0 ms");
}

#[test]
fn the_path_to_a_task_s_end_is_its_own() {
    let log = recorded(async {
        let first = spawn(sleep(ms(12)));
        first.set_name("first");
        let second = spawn(sleep(ms(50)));
        second.await.unwrap();
        first.await.unwrap();
    });
    let named = log.records.iter().find(|record| record.what == What::Named);
    let first = named.unwrap().task.unwrap();
    let path = critical_path(&log, Target::Task(first)).unwrap();
    check(&path);
    assert_eq!(parts(&path), [(Kind::Timer, first.get(), 12)]);
    let text = path.to_string();
    assert!(
        text.starts_with("T2 \"first\" ended after 12.0 ms."),
        "{text}"
    );
    assert!(
        text.ends_with("In sum: timer 100.0 % (12.0 ms).\n"),
        "{text}"
    );
}

#[test]
fn every_event_can_be_asked_for() {
    let log = recorded(async {
        let naps = [3, 1, 2].map(|length| async move {
            yield_now().await;
            timeout(ms(2), sleep(ms(length))).await.is_ok()
        });
        gather(naps).await.unwrap();
    });
    for record in &log.records {
        let path = critical_path(&log, Target::Event(record.seq)).unwrap();
        check(&path);
        assert_eq!(path.events.last(), Some(&record.seq));
        if !path.segments.is_empty() {
            assert_eq!(path.span().1, record.now, "{record:?}");
        }
    }
}

#[test]
fn the_log_of_a_ring_gives_a_path_to_its_beginning_and_says_so() {
    let name = format!("roundelay-{}.ring-why.rtlog", std::process::id());
    let file = std::env::temp_dir().join(name);
    for length in 1..90 {
        let runtime = Runtime::builder()
            .virtual_clock(true)
            .observer(Recorder::ring(&file, length))
            .build()
            .unwrap();
        runtime.run(async {
            for length in 0..20 {
                sleep(ms(length)).await;
            }
        });
        let log = Log::read(&file).unwrap();
        drop(runtime);
        std::fs::remove_file(&file).unwrap();
        let path = critical_path(&log, Target::End).unwrap();
        check(&path);
        let missing = path.missing.expect("the beginning is not there");
        assert!(missing <= log.dropped, "{missing} of {}", log.dropped);
        assert!(path.to_string().contains("The log begins too late"));
    }
}

#[test]
fn what_is_not_in_a_log_is_said() {
    let log = recorded(async {
        let sleeper = spawn(sleep(ms(900)));
        yield_now().await;
        std::mem::forget(sleeper);
    });
    let last = log.records.len() as u64;
    let ask = |target| critical_path(&log, target).unwrap_err();
    assert_eq!(
        ask(Target::Event(last + 1)),
        NoPath::NoEvent(1, last, last + 1)
    );
    assert_eq!(ask(Target::Event(0)), NoPath::NoEvent(1, last, 0));
    let nothing = Log::default();
    let error = critical_path(&nothing, Target::End).unwrap_err();
    assert_eq!(error, NoPath::Empty);
}

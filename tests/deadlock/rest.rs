//! What comes after a deadlock, and where else one is met.

use crate::{deadlock, runtime, watched};
use roundelay::sync::{Event, Lock};
use roundelay::{RunError, Runtime, Verdict, catch_cancel, sleep, spawn, try_run};
use std::cell::Cell;
use std::panic::catch_unwind;
use std::rc::Rc;
use std::time::Duration;

#[test]
fn run_panics_with_the_report() {
    watched(|| {
        let ended = catch_unwind(|| roundelay::run(async { Event::new().wait().await }));
        let panic = ended.unwrap_err();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.starts_with("deadlock (certain): 1 task can"), "{text}");
    });
}

#[test]
fn the_runtime_is_used_again_and_what_waited_goes_on() {
    watched(|| {
        let runtime = runtime();
        let (event, ended) = (Rc::new(Event::new()), Rc::new(Cell::new(false)));
        let (waits, ends) = (Rc::clone(&event), Rc::clone(&ended));
        let task = runtime.spawn(async move {
            waits.wait().await;
            ends.set(true);
        });
        let told = deadlock(runtime.run_forever());
        assert_eq!(told.tasks().len(), 1);
        assert_eq!(told.cycle().len(), 0);
        // The main task is gone with its run; the other one is not.
        let main = async { Event::new().wait().await };
        assert_eq!(deadlock(runtime.try_run(main)).tasks().len(), 2);
        assert_eq!(runtime.tasks().len(), 1);
        event.set();
        runtime.run(task).unwrap();
        assert!(ended.get());
    });
}

#[test]
fn what_waits_is_cancelled_at_the_end() {
    watched(|| {
        let cleaned = Rc::new(Cell::new(false));
        let cleans = Rc::clone(&cleaned);
        let told = try_run(async move {
            drop(spawn(async move {
                let cancelled = catch_cancel(async { Event::new().wait().await }).await;
                sleep(Duration::from_millis(1)).await;
                cleans.set(cancelled.is_err());
            }));
            Event::new().wait().await
        });
        assert_eq!(deadlock(told).tasks().len(), 2);
        assert!(cleaned.get());
    });
}

#[test]
fn a_loop_without_tasks_that_nobody_can_stop() {
    watched(|| {
        let told = deadlock(runtime().run_forever());
        assert_eq!(told.verdict(), Verdict::Certain);
        assert!(told.to_string().contains("no task is left"), "{told}");
    });
}

/// The grace is a timer. Who catches its cancel and waits again is stuck when it is over; without an end of the grace, at once.
#[test]
fn a_deadlock_in_the_time_that_a_shutdown_gives() {
    watched(|| {
        for (grace, at_once) in [(Duration::from_secs(10), false), (Duration::MAX, true)] {
            let builder = Runtime::builder().virtual_clock(true);
            let runtime = builder.shutdown_grace(grace).build().unwrap();
            drop(runtime.spawn(async {
                let _ = catch_cancel(async { Event::new().wait().await }).await;
                Event::new().wait().await;
            }));
            deadlock(runtime.run_forever());
            match runtime.shutdown().unwrap_err() {
                RunError::Stuck(stuck) => assert!(stuck.len() == 1 && !at_once),
                RunError::Deadlock(told) => assert!(told.tasks().len() == 1 && at_once),
                error => panic!("{error}"),
            }
        }
    });
}

/// The other loop lives on this thread, and cannot run while this one does.
#[test]
fn a_task_of_another_loop_of_this_thread() {
    watched(|| {
        let (runtime, other) = (runtime(), runtime());
        let far = other.spawn(async { 1 });
        let near = runtime.spawn(far);
        let told = deadlock(runtime.run_forever());
        assert_eq!(told.verdict(), Verdict::Certain);
        // That one's turn comes now, and then this one's again.
        deadlock(other.run_forever());
        assert_eq!(runtime.run(near).unwrap().unwrap(), 1);
    });
}

#[test]
fn an_observer_and_a_deadlock_go_together() {
    watched(|| {
        let (log, _) = roundelay::trace::Recorder::in_memory();
        let runtime = Runtime::builder().observer(log).build().unwrap();
        let told = deadlock(runtime.try_run(async {
            let lock = Lock::new(());
            let _one = lock.lock().await;
            let _two = lock.lock().await;
        }));
        assert_eq!(told.cycle().len(), 1);
        assert!(told.tasks()[0].waits()[0].closes_cycle());
    });
}

#[test]
fn the_report_is_json_too() {
    watched(|| {
        let runtime = runtime();
        let told = deadlock(runtime.try_run(async {
            let lock = Lock::new(());
            let _one = lock.lock().await;
            let _two = lock.lock().await;
        }));
        let json = told.to_json();
        let begin = r#"{"verdict":"certain","cycle":[1],"wakers":0,"remote_handles":0,"noted":true,"tasks":[{"task":1,"name":"Task-1","spawned_at":"tests/deadlock/rest.rs:"#;
        assert!(json.starts_with(begin), "{json}");
        assert!(
            json.contains(r#""on":"Lock #1","at":"tests/deadlock/rest.rs:"#),
            "{json}"
        );
        assert!(
            json.contains(r#""since_ns":0,"held_by":[1],"held_at":"tests/"#),
            "{json}"
        );
        assert!(
            json.ends_with(r#""closes_cycle":true,"futurelock":false,"futurelock_at":null}]}]}"#),
            "{json}"
        );
    });
}

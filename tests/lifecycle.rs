//! The life of a runtime: several runs, the end, and what is asked of it after that.

#[path = "support/panics.rs"]
mod panics;

use panics::words as message;
use roundelay::{
    CancelReason, Handle, RunError, Runtime, catch_cancel, sleep, spawn, spawn_blocking, yield_now,
};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// A task that catches every request to cancel and goes on.
async fn stubborn() {
    loop {
        let _ = catch_cancel(pending::<()>()).await;
    }
}

#[test]
fn tasks_that_are_left_go_on_in_the_next_run() {
    let runtime = Runtime::new().unwrap();
    let steps = Rc::new(Cell::new(0));
    let count = steps.clone();
    let task = runtime.spawn(async move {
        for _ in 0..10 {
            count.set(count.get() + 1);
            yield_now().await;
        }
        "done"
    });
    runtime.run(yield_now());
    let before = steps.get();
    assert!((1..10).contains(&before), "{before} steps");
    assert_eq!(steps.get(), before, "nothing runs between two runs");
    assert_eq!(runtime.run(task).unwrap(), "done");
    assert_eq!(steps.get(), 10);
}

#[test]
fn a_stop_ends_a_run_and_leaves_the_other_tasks_to_the_next_one() {
    let runtime = Runtime::new().unwrap();
    let task = runtime.spawn(async {
        yield_now().await;
        yield_now().await;
        5
    });
    let stopped = runtime.try_run(async {
        Handle::current().stop();
        pending::<()>().await
    });
    assert!(matches!(stopped, Err(RunError::Stopped)), "{stopped:?}");
    assert_eq!(runtime.run(task).unwrap(), 5);
}

#[test]
fn a_shutdown_waits_for_clean_ups_that_await() {
    let trace = Rc::new(RefCell::new(Vec::new()));
    let runtime = Runtime::builder().virtual_clock(true).build().unwrap();
    let log = trace.clone();
    drop(runtime.spawn(async move {
        let cancelled = catch_cancel(pending::<()>()).await.unwrap_err();
        assert_eq!(cancelled.reason(), CancelReason::Shutdown);
        assert!(cancelled.requested_at().file().ends_with("lifecycle.rs"));
        sleep(Duration::from_secs(3)).await;
        log.borrow_mut().push("slept");
        spawn_blocking(|| ()).await.unwrap();
        log.borrow_mut().push("called a thread");
    }));
    runtime.run(yield_now());
    runtime.shutdown().unwrap();
    assert_eq!(*trace.borrow(), ["slept", "called a thread"]);
}

#[test]
fn a_shutdown_gives_no_more_than_its_grace_and_names_who_is_stuck() {
    struct Dropped(Rc<Cell<bool>>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let dropped = Rc::new(Cell::new(false));
    let guard = Dropped(dropped.clone());
    let runtime = Runtime::builder()
        .shutdown_grace(Duration::from_millis(30))
        .build()
        .unwrap();
    let task = runtime.spawn(async move {
        let _guard = guard;
        stubborn().await
    });
    runtime.run(async move {
        task.set_name("stubborn");
        drop(task);
        drop(spawn(pending::<()>()));
        yield_now().await;
    });
    let began = Instant::now();
    let Err(RunError::Stuck(stuck)) = runtime.shutdown() else {
        panic!("a task is stuck");
    };
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(30), "{took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(stuck.len(), 1);
    assert_eq!(stuck[0].name(), "stubborn");
    assert!(stuck[0].spawned_at().file().ends_with("lifecycle.rs"));
    assert!(dropped.get(), "what is stuck is dropped");
    let text = RunError::Stuck(stuck).to_string();
    assert!(
        text.contains("stubborn (spawned at tests/lifecycle.rs:"),
        "{text}"
    );
    assert!(text.contains("shutdown_grace"), "{text}");
}

#[test]
fn the_grace_is_a_time_of_the_loops_clock() {
    let runtime = Runtime::builder()
        .virtual_clock(true)
        .shutdown_grace(Duration::from_secs(3600))
        .build()
        .unwrap();
    drop(runtime.spawn(stubborn()));
    runtime.run(yield_now());
    let began = Instant::now();
    assert!(matches!(runtime.shutdown(), Err(RunError::Stuck(_))));
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn no_grace_at_all_drops_what_is_left() {
    let runtime = Runtime::builder()
        .shutdown_grace(Duration::ZERO)
        .build()
        .unwrap();
    drop(runtime.spawn(pending::<()>()));
    runtime.run(yield_now());
    assert!(matches!(runtime.shutdown(), Err(RunError::Stuck(stuck)) if stuck.len() == 1));
}

#[test]
fn after_the_end_everything_says_so() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    let remote = runtime.remote();
    let task = runtime.spawn(pending::<()>());
    runtime.run(yield_now());
    assert!(!handle.is_closed());
    runtime.shutdown().unwrap();
    assert!(handle.is_closed() && remote.is_closed());
    let uses: [(&str, &dyn Fn()); 6] = [
        ("spawn", &|| drop(handle.spawn(async {}))),
        ("call_soon", &|| drop(handle.call_soon(|| ()))),
        ("call_later", &|| {
            drop(handle.call_later(Duration::ZERO, || ()))
        }),
        ("call_at", &|| drop(handle.call_at(Instant::now(), || ()))),
        ("tasks", &|| drop(handle.tasks())),
        ("remote", &|| _ = handle.remote()),
    ];
    for (what, f) in uses {
        assert_eq!(
            message(f),
            "the runtime is closed: make a new one",
            "{what}"
        );
    }
    handle.stop();
    assert!(remote.post(|| ()).is_err());
    assert!(remote.spawn(async {}).is_err());
    // The handle of a task of an ended runtime gives an error, in another run too.
    assert!(roundelay::run(task).is_err());
}

#[test]
fn what_is_spawned_while_the_runtime_closes_is_refused() {
    struct Spawn(Rc<Cell<Option<bool>>>);
    impl Drop for Spawn {
        fn drop(&mut self) {
            let mut late = spawn(async {});
            let mut cx = Context::from_waker(Waker::noop());
            let refused = matches!(Pin::new(&mut late).poll(&mut cx), Poll::Ready(Err(_)));
            self.0.set(Some(refused));
        }
    }
    let seen = Rc::new(Cell::new(None));
    let guard = Spawn(seen.clone());
    let runtime = Runtime::new().unwrap();
    drop(runtime.spawn(async move {
        let _guard = guard;
        pending::<()>().await
    }));
    runtime.run(yield_now());
    drop(runtime);
    assert_eq!(seen.get(), Some(true));
}

#[test]
fn a_run_that_fails_leaves_a_runtime_that_can_be_shut_down() {
    let runtime = Runtime::new().unwrap();
    let ended = Rc::new(Cell::new(false));
    let flag = ended.clone();
    drop(runtime.spawn(async move {
        let _ = catch_cancel(pending::<()>()).await;
        flag.set(true);
    }));
    let failed = message(|| {
        runtime.run(async {
            yield_now().await;
            panic!("the main future")
        })
    });
    assert_eq!(failed, "the main future");
    assert_eq!(runtime.run(async { 1 }), 1);
    runtime.shutdown().unwrap();
    assert!(ended.get());
}

//! Failures that nobody looks at are reported, each once; those that somebody looks at are not.

use roundelay::{
    Builder, Runtime, Unhandled, WaitMode, gather, gather_handles, sleep, spawn, wait, yield_now,
};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// What was reported, as text without places.
#[derive(Clone, Default)]
struct Reports(Rc<RefCell<Vec<String>>>);

impl Reports {
    fn builder(&self) -> Builder {
        let list = self.0.clone();
        Runtime::builder().on_unhandled(move |unhandled| list.borrow_mut().push(words(unhandled)))
    }

    fn runtime(&self) -> Runtime {
        self.builder().build().unwrap()
    }

    fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

fn words(unhandled: &Unhandled) -> String {
    assert!(unhandled.spawned_at().file().ends_with("unhandled.rs"));
    let whole = unhandled.to_string();
    assert!(
        whole.contains(&unhandled.spawned_at().to_string()),
        "{whole}"
    );
    assert!(whole.ends_with(unhandled.panic_message()), "{whole}");
    format!(
        "{}: {}: {}",
        unhandled.task_name().unwrap_or("-"),
        unhandled.message(),
        unhandled.panic_message()
    )
}

const UNSEEN: &str = "a task panicked, and nobody looked at its end";

async fn fail() {
    panic!("lost")
}

async fn turns(n: usize) {
    for _ in 0..n {
        yield_now().await;
    }
}

#[test]
fn a_task_that_panics_after_its_handle_was_dropped_is_reported() {
    let reports = Reports::default();
    reports.runtime().run(async {
        drop(spawn(fail()));
        yield_now().await;
    });
    assert_eq!(reports.take(), [format!("Task-2: {UNSEEN}: lost")]);
}

#[test]
fn a_task_whose_handle_is_dropped_after_the_panic_is_reported_then() {
    let reports = Reports::default();
    let runtime = reports.runtime();
    let seen = reports.clone();
    runtime.run(async move {
        let task = spawn(fail());
        task.set_name("worker");
        turns(3).await;
        assert_eq!(seen.take(), [""; 0], "the handle may still be awaited");
        drop(task);
        assert_eq!(
            seen.take(),
            [""; 0],
            "no code of others runs in the drop of a handle"
        );
        yield_now().await;
        assert_eq!(seen.take(), [format!("worker: {UNSEEN}: lost")]);
    });
    drop(runtime);
    assert_eq!(reports.take(), [""; 0], "once is enough");
}

#[test]
fn a_handle_that_outlives_the_runtime_is_reported_at_its_end() {
    let reports = Reports::default();
    let runtime = reports.runtime();
    let task = runtime.spawn(fail());
    runtime.run(turns(2));
    assert_eq!(reports.take(), [""; 0]);
    drop(runtime);
    assert_eq!(reports.take(), [format!("Task-1: {UNSEEN}: lost")]);
    drop(task);
}

#[test]
fn what_is_awaited_is_not_reported() {
    let reports = Reports::default();
    reports.runtime().run(async {
        assert!(spawn(fail()).await.is_err());
        let late = spawn(fail());
        turns(2).await;
        assert!(late.await.is_err());
    });
    assert_eq!(reports.take(), [""; 0]);
}

#[test]
fn a_cancelled_task_has_not_failed() {
    let reports = Reports::default();
    reports.runtime().run(async {
        let task = spawn(std::future::pending::<()>());
        yield_now().await;
        task.cancel();
        drop(task);
        turns(2).await;
    });
    assert_eq!(reports.take(), [""; 0]);
}

#[test]
fn the_members_of_a_gather_count_as_seen() {
    let reports = Reports::default();
    reports.runtime().run(async {
        // The first failure is given to the caller, the second one dropped with its task.
        assert!(gather([fail(), fail()]).await.is_err());
        // A member that fails when the gather is complete already.
        let late = spawn(async {
            turns(4).await;
            panic!("late")
        });
        assert!(gather_handles([spawn(fail()), late]).await.is_err());
        turns(6).await;
        assert_eq!(gather([fail(), fail()]).settled().await.len(), 2);
    });
    assert_eq!(reports.take(), [""; 0]);
}

#[test]
fn a_gather_that_nobody_awaits_reports_its_first_failure() {
    let reports = Reports::default();
    reports.runtime().run(async {
        let gather = gather([fail(), fail()]);
        turns(3).await;
        drop(gather);
        turns(2).await;
    });
    assert_eq!(reports.take(), [format!("Task-2: {UNSEEN}: lost")]);
}

#[test]
fn being_in_a_wait_is_not_being_looked_at() {
    let reports = Reports::default();
    reports.runtime().run(async {
        let (done, _) = wait(vec![spawn(fail())], WaitMode::All).await;
        drop(done);
        turns(2).await;
    });
    assert_eq!(reports.take(), [format!("Task-2: {UNSEEN}: lost")]);
}

#[test]
fn callbacks_that_panic_are_reported_and_the_loop_goes_on() {
    let reports = Reports::default();
    let runtime = reports.runtime();
    runtime.call_soon(|| panic!("soon"));
    runtime.call_later(Duration::from_millis(1), || panic!("later"));
    runtime.remote().post(|| panic!("posted")).unwrap();
    assert_eq!(
        runtime.run(async {
            sleep(Duration::from_millis(5)).await;
            7
        }),
        7
    );
    let mut found = reports.take();
    found.sort();
    assert_eq!(
        found,
        [
            "-: a callback panicked: later",
            "-: a callback panicked: posted",
            "-: a callback panicked: soon"
        ]
    );
}

#[test]
fn a_panic_in_the_clean_up_of_a_shutdown_is_reported_as_such() {
    let reports = Reports::default();
    let runtime = reports.runtime();
    let held = runtime.spawn(async {
        let _ = roundelay::catch_cancel(std::future::pending::<()>()).await;
        panic!("held")
    });
    runtime.run(async {
        drop(spawn(async {
            let _ = roundelay::catch_cancel(std::future::pending::<()>()).await;
            panic!("clean-up")
        }));
        turns(2).await;
    });
    runtime.shutdown().unwrap();
    let during = "a task panicked during the shutdown of its runtime";
    assert_eq!(
        reports.take(),
        [
            format!("Task-3: {during}: clean-up"),
            format!("Task-1: {during}: held")
        ]
    );
    drop(held);
}

#[test]
fn a_future_whose_drop_panics_when_its_runtime_goes_is_reported() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let reports = Reports::default();
    let runtime = reports.runtime();
    let bomb = Bomb;
    drop(runtime.spawn(async move {
        let _bomb = bomb;
        std::future::pending::<()>().await
    }));
    runtime.run(yield_now());
    drop(runtime);
    let during = "a task panicked during the shutdown of its runtime";
    assert_eq!(reports.take(), [format!("Task-1: {during}: dropped")]);
}

#[test]
fn a_handler_may_use_the_loop_and_may_panic() {
    let told = Rc::new(RefCell::new(0));
    let count = told.clone();
    let runtime = Runtime::builder()
        .on_unhandled(move |_| {
            *count.borrow_mut() += 1;
            drop(spawn(async {}));
            panic!("the handler")
        })
        .build()
        .unwrap();
    runtime.run(async {
        drop((spawn(fail()), spawn(fail())));
        turns(3).await;
    });
    runtime.shutdown().unwrap();
    assert_eq!(*told.borrow(), 2);
}

#[test]
fn a_report_of_a_turn_of_its_own_belongs_to_no_task() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let list = seen.clone();
    let runtime = Runtime::builder()
        .on_unhandled(move |_| list.borrow_mut().push(roundelay::task::current()))
        .build()
        .unwrap();
    runtime.run(async {
        let task = spawn(fail());
        turns(2).await;
        drop(task);
        yield_now().await;
    });
    assert_eq!(*seen.borrow(), [None]);
}

/// Set in the process that `without_a_handler_it_is_one_line_on_standard_error` starts.
const INSIDE: &str = "ROUNDELAY_TEST_UNHANDLED";

#[test]
fn without_a_handler_it_is_one_line_on_standard_error() {
    if std::env::var_os(INSIDE).is_some() {
        return roundelay::run(async {
            drop(spawn(fail()));
            yield_now().await;
        });
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "without_a_handler_it_is_one_line_on_standard_error",
        ])
        .arg("--nocapture")
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("roundelay: "))
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(lines[0].starts_with("roundelay: Task-2 (spawned at tests/unhandled.rs:"));
    assert!(lines[0].ends_with(") panicked, and nobody looked at its end: lost"));
}

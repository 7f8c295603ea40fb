//! What becomes of tasks that are left when main is over.

use super::harness::{Out, check_loop, ms, wait_all};
use roundelay::task::SharedHandle;
use roundelay::{Handle, JoinHandle, catch_cancel, shield, sleep, spawn, yield_now};

/// As `check`, and says when all is over.
#[track_caller]
fn check_closed<F: Future<Output = ()>>(name: &str, main: impl Fn(Out) -> F) {
    check_loop(name, |out, runtime| {
        let main = main(out.clone());
        runtime.run(async {
            out.now();
            main.await;
        });
        runtime.shutdown().unwrap();
        out.say("closed");
    });
}

fn look(task: &JoinHandle<()>) -> &'static str {
    if task.is_finished() {
        "done"
    } else {
        "pending"
    }
}

/// Waits until it is cancelled, and cleans up with an await.
async fn leftover(out: Out) {
    if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
        out.say("leftover is cancelled");
        sleep(ms(10)).await;
        out.say("leftover is clean");
        cancelled.resume().await;
    }
}

#[test]
fn clean_ups_run_together() {
    async fn leftover(out: Out, name: &str, delay: u64) {
        if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
            sleep(ms(delay)).await;
            out.say(format!("{name} is clean at {}", out.now()));
            cancelled.resume().await;
        }
    }
    check_closed("shutdown/clean_ups_run_together", |out| async move {
        let tasks = [("a", 30), ("b", 10), ("c", 20)];
        let tasks = tasks.map(|(name, delay)| spawn(leftover(out.clone(), name, delay)));
        sleep(ms(10)).await;
        let (now, count) = (out.now(), tasks.len());
        out.say(format!("main ends at {now} with {count} tasks"));
    });
}

#[test]
fn error_in_clean_up() {
    async fn bad(out: Out) {
        if catch_cancel(sleep(ms(100_000))).await.is_err() {
            sleep(ms(10)).await;
            out.say("bad raises");
            panic!("clean-up");
        }
    }
    async fn good(out: Out) {
        if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
            sleep(ms(20)).await;
            out.say("good is clean");
            cancelled.resume().await;
        }
    }
    check_closed("shutdown/error_in_clean_up", |out| async move {
        let report = out.clone();
        out.on_unhandled(move |unhandled| {
            let error = unhandled.panic_message();
            report.say(format!("reported ValueError {error}"));
        });
        let tasks = (spawn(bad(out.clone())), spawn(good(out.clone())));
        yield_now().await;
        out.say("main ends with 2 tasks");
        drop(tasks);
    });
}

#[test]
fn joined_leftovers() {
    async fn inner(out: Out) {
        if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
            out.say("inner is cancelled");
            sleep(ms(10)).await;
            out.say("inner is clean");
            cancelled.resume().await;
        }
    }
    async fn outer(out: Out) {
        let mut task = spawn(inner(out.clone()));
        if let Err(cancelled) = catch_cancel(&mut task).await {
            out.say(format!("outer sees inner {}", look(&task)));
            cancelled.resume().await;
        }
    }
    check_closed("shutdown/joined_leftovers", |out| async move {
        let task = spawn(outer(out.clone()));
        sleep(ms(10)).await;
        out.say(format!("main ends with a {} task", look(&task)));
    });
}

#[test]
fn leftovers_are_cancelled() {
    check_loop("shutdown/leftovers_are_cancelled", |out, runtime| {
        runtime.run(async {
            let task = spawn(leftover(out.clone()));
            sleep(ms(10)).await;
            out.say(format!("main ends with a {} task", look(&task)));
        });
        out.say("run is over");
        runtime.shutdown().unwrap();
        out.say("closed");
    });
}

#[test]
fn main_fails() {
    check_loop("shutdown/main_fails", |out, runtime| {
        let ended: Result<(), &str> = runtime.run(async {
            let task = spawn(leftover(out.clone()));
            yield_now().await;
            out.say(format!("main raises with a {} task", look(&task)));
            Err("main")
        });
        runtime.shutdown().unwrap();
        if let Err(error) = ended {
            out.say(format!("run raised ValueError {error}"));
        }
    });
}

#[test]
fn one_more_turn() {
    async fn leftover(out: Out) {
        let body = async {
            for n in 1..10 {
                out.say(format!("step {n}"));
                yield_now().await;
            }
        };
        out.note_cancel("leftover is cancelled", body).await;
    }
    check_closed("shutdown/one_more_turn", |out| async move {
        let task = spawn(leftover(out.clone()));
        yield_now().await;
        out.say(format!("main ends with a {} task", look(&task)));
    });
}

#[test]
fn pending_between_runs() {
    async fn background(out: Out) {
        let body = async {
            for n in 0..10 {
                out.say(format!("background {n}"));
                sleep(ms(10)).await;
            }
        };
        out.note_cancel("background is cancelled", body).await;
    }
    check_loop("shutdown/pending_between_runs", |out, runtime| {
        runtime.run(async {
            let task = spawn(background(out.clone()));
            sleep(ms(15)).await;
            out.say(format!("first ends with a {} task", look(&task)));
        });
        out.say("between the runs");
        runtime.run(async {
            sleep(ms(20)).await;
            out.say("second ends");
        });
        runtime.shutdown().unwrap();
        out.say("closed");
    });
}

#[test]
fn refusing_task() {
    async fn stubborn(out: Out) {
        if catch_cancel(sleep(ms(100_000))).await.is_err() {
            out.say("stubborn refuses");
        }
        for n in 0..3 {
            sleep(ms(10)).await;
            out.say(format!("stubborn goes on {n}"));
        }
    }
    check_closed("shutdown/refusing_task", |out| async move {
        let task = spawn(stubborn(out.clone()));
        yield_now().await;
        out.say(format!("main ends with a {} task", look(&task)));
    });
}

#[test]
fn shielded_work_is_cancelled() {
    async fn work(out: Out) {
        out.note_cancel("work is cancelled", sleep(ms(100_000)))
            .await;
    }
    async fn owner(out: Out, task: SharedHandle<()>) {
        let _ = out.note_cancel("owner is cancelled", shield(task)).await;
    }
    check_closed("shutdown/shielded_work_is_cancelled", |out| async move {
        let task = spawn(work(out.clone())).shared();
        let keeper = spawn(owner(out.clone(), task.clone()));
        sleep(ms(10)).await;
        keeper.cancel();
        wait_all([keeper]).await;
        let done = if task.is_finished() {
            "done"
        } else {
            "pending"
        };
        out.say(format!("main ends with {done} work"));
    });
}

#[test]
fn spawned_last() {
    async fn late(out: Out) {
        out.say("late starts");
        out.note_cancel("late is cancelled", sleep(ms(100_000)))
            .await;
    }
    check_closed("shutdown/spawned_last", |out| async move {
        let task = spawn(late(out.clone()));
        out.say(format!("main ends with a {} task", look(&task)));
    });
}

#[test]
fn timers_during_clean_up() {
    async fn leftover(out: Out) {
        if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
            out.say("clean-up starts");
            sleep(ms(20)).await;
            out.say("clean-up ends");
            cancelled.resume().await;
        }
    }
    check_closed("shutdown/timers_during_clean_up", |out| async move {
        let task = spawn(leftover(out.clone()));
        for (delay, line) in [(10, "early timer"), (50, "late timer")] {
            let out = out.clone();
            Handle::current().call_later(ms(delay), move || out.say(line));
        }
        yield_now().await;
        out.say(format!("main ends with a {} task", look(&task)));
    });
}

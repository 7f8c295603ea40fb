//! Time limits. asyncio's `wait_for` is `wait_for` around a task, and `timeout` around a plain future.

use super::harness::{Out, check, ends_cancelled, finally, ms, py, was_cancelled};
use roundelay::sync::Promise;
use roundelay::task::SharedHandle;
use roundelay::time::{TimeoutScope, now, timeout_scope};
use roundelay::{
    Elapsed, Handle, WaitMode, catch_cancel, gather, shield, sleep, spawn, task, timeout, wait,
    wait_for, yield_now,
};
use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::time::Duration;

/// As `timeout_scope`. Notes whether the time had run out when the body was left: the scope is gone afterwards.
async fn block<T>(
    limit: Option<u64>,
    expired: &Cell<bool>,
    body: impl AsyncFnOnce(&TimeoutScope) -> T,
) -> Result<T, Elapsed> {
    struct Note<'a>(&'a TimeoutScope, &'a Cell<bool>);
    impl Drop for Note<'_> {
        fn drop(&mut self) {
            self.1.set(self.0.expired());
        }
    }
    let noting = async |scope: &TimeoutScope| {
        let _note = Note(scope, expired);
        body(scope).await
    };
    timeout_scope(limit.map(ms), noting).await
}

#[test]
fn around_a_gather() {
    async fn child(out: Out, name: &str, delay: u64) {
        match catch_cancel(sleep(ms(delay))).await {
            Ok(()) => out.say(format!("{name} ends")),
            Err(cancelled) => {
                out.say(format!("{name} is cancelled at {}", out.now()));
                cancelled.resume().await;
            }
        }
    }
    check("timeouts/around_a_gather", |out| async move {
        let children = [("one", 10), ("two", 10_000), ("three", 10_000)];
        let all =
            async { gather(children.map(|(name, delay)| child(out.clone(), name, delay))).await };
        if timeout(ms(20), all).await.is_err() {
            out.say(format!("TimeoutError at {}", out.now()));
        }
    });
}

#[test]
fn block_left_before_the_request() {
    check("timeouts/block_left_before_the_request", |out| async move {
        let expired = Cell::new(false);
        let say = || {
            let (expired, requests) = (py(expired.get()), task::cancel_requests());
            out.say(format!("expired: {expired} requests: {requests}"));
        };
        let body = async |_: &TimeoutScope| sleep(ms(5)).await;
        block(Some(10), &expired, body).await.unwrap();
        out.say(format!("left at {}", out.now()));
        sleep(ms(20)).await;
        say();
        block(Some(0), &expired, async |_| ()).await.unwrap();
        sleep(ms(10)).await;
        say();
    });
}

#[test]
fn body_swallows() {
    check("timeouts/body_swallows", |out| async move {
        let expired = Cell::new(false);
        let body = async |_: &TimeoutScope| {
            if catch_cancel(sleep(ms(10_000))).await.is_err() {
                out.say(format!("swallows, requests: {}", task::cancel_requests()));
            }
            sleep(ms(10)).await;
            out.say("goes on");
        };
        block(Some(10), &expired, body).await.unwrap();
        let (expired, requests) = (py(expired.get()), task::cancel_requests());
        out.say(format!("no error, expired: {expired} requests: {requests}"));
        yield_now().await;
        out.say(format!("end at {}", out.now()));
    });
}

#[test]
fn both_expire_together() {
    check("timeouts/both_expire_together", |out| async move {
        sleep(ms(100)).await;
        let now = now();
        let (outer, inner) = (Cell::new(false), Cell::new(false));
        let inner_body = async |scope: &TimeoutScope| {
            scope.reschedule(Some(now - ms(20))).unwrap();
            if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
                out.say(format!("one throw, requests: {}", task::cancel_requests()));
                cancelled.resume().await;
            }
        };
        let outer_body = async |scope: &TimeoutScope| {
            scope.reschedule(Some(now - ms(10))).unwrap();
            if let Err(cancelled) = catch_cancel(block(None, &inner, inner_body)).await {
                let (requests, expired) = (task::cancel_requests(), py(inner.get()));
                out.say(format!(
                    "inner passes it on, requests: {requests} expired: {expired}"
                ));
                cancelled.resume().await;
            }
        };
        if block(None, &outer, outer_body).await.is_err() {
            let (requests, expired) = (task::cancel_requests(), py(outer.get()));
            out.say(format!(
                "outer TimeoutError, requests: {requests} expired: {expired}"
            ));
        }
    });
}

#[test]
fn child_cancelled_by_somebody_else() {
    async fn child() {
        sleep(ms(10_000)).await;
    }
    check(
        "timeouts/child_cancelled_by_somebody_else",
        |out| async move {
            let expired = Cell::new(false);
            let task = spawn(child()).shared();
            let victim = task.clone();
            Handle::current().call_later(ms(10), move || _ = victim.cancel());
            let body = async |_: &TimeoutScope| {
                if let Err(error) = task.await {
                    error.cancelled().unwrap().clone().resume().await;
                }
            };
            if catch_cancel(block(Some(20), &expired, body)).await.is_err() {
                let (expired, requests) = (py(expired.get()), task::cancel_requests());
                out.say(format!(
                    "CancelledError, expired: {expired} requests: {requests}"
                ));
            }
        },
    );
}

#[test]
fn clean_up_is_awaited() {
    async fn work(out: &Out) {
        let clean_up = async {
            out.say(format!("cleans up at {}", out.now()));
            sleep(ms(30)).await;
            out.say(format!("is clean at {}", out.now()));
        };
        finally(sleep(ms(10_000)), clean_up).await;
    }
    check("timeouts/clean_up_is_awaited", |out| async move {
        if timeout(ms(10), work(&out)).await.is_err() {
            out.say(format!("TimeoutError at {}", out.now()));
        }
    });
}

#[test]
fn deadline() {
    check("timeouts/deadline", |out| async move {
        let begun = now();
        let deadline = begun + ms(30);
        for n in 0..3 {
            let when = Cell::new(None);
            let body = async |scope: &TimeoutScope| {
                scope.reschedule(Some(deadline)).unwrap();
                when.set(scope.when());
                sleep(ms(20)).await;
                out.say(format!("block {n} ends at {}", out.now()));
            };
            if timeout_scope(None, body).await.is_err() {
                out.say(format!("block {n} TimeoutError at {}", out.now()));
            }
            let when = when.get().unwrap() - begun;
            out.say(format!("its deadline: {}", when.as_millis()));
        }
    });
}

#[test]
fn error_before_the_limit() {
    check("timeouts/error_before_the_limit", |out| async move {
        let expired = Cell::new(false);
        let body = async |_: &TimeoutScope| -> Result<(), &str> {
            sleep(ms(10)).await;
            Err("too early")
        };
        if let Ok(Err(error)) = block(Some(20), &expired, body).await {
            out.say(format!("ValueError {error} expired: {}", py(expired.get())));
        }
        sleep(ms(50)).await;
        out.say(format!("end, requests: {}", task::cancel_requests()));
    });
}

#[test]
fn expires() {
    check("timeouts/expires", |out| async move {
        let expired = Cell::new(false);
        let body = async |scope: &TimeoutScope| {
            if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
                let (requests, expired) = (task::cancel_requests(), py(scope.expired()));
                out.say(format!(
                    "body is cancelled, requests: {requests} expired: {expired}"
                ));
                cancelled.resume().await;
            }
        };
        if block(Some(10), &expired, body).await.is_err() {
            let (requests, expired) = (task::cancel_requests(), py(expired.get()));
            out.say(format!(
                "TimeoutError, requests: {requests} expired: {expired}"
            ));
        }
        out.say(format!("end at {}", out.now()));
    });
}

#[test]
fn expiry_then_outside_cancel() {
    type Me = Rc<OnceCell<SharedHandle<()>>>;
    async fn worker(out: Out, me: Me) {
        let expired = Cell::new(false);
        let asked = Rc::new(Cell::new(false));
        let body = async |scope: &TimeoutScope| {
            let outside = asked.clone();
            Handle::current().call_soon(move || outside.set(me.get().unwrap().cancel()));
            // The callback cannot borrow the scope: the body looks for it.
            if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
                let (asked, expired) = (py(asked.get()), py(scope.expired()));
                out.say(format!("outside cancel: {asked} expired: {expired}"));
                cancelled.resume().await;
            }
        };
        match catch_cancel(block(Some(0), &expired, body)).await {
            Ok(_) => out.say("never printed"),
            Err(cancelled) => {
                let (requests, expired) = (task::cancel_requests(), py(expired.get()));
                out.say(format!(
                    "CancelledError, requests: {requests} expired: {expired}"
                ));
                cancelled.resume().await;
            }
        }
    }
    check("timeouts/expiry_then_outside_cancel", |out| async move {
        let me = Me::default();
        let task = spawn(worker(out.clone(), Rc::clone(&me))).shared();
        me.set(task.clone()).unwrap();
        assert!(task.clone().await.is_err());
        out.say(format!("cancelled: {}", was_cancelled(&task)));
    });
}

#[test]
fn in_time() {
    check("timeouts/in_time", |out| async move {
        let expired = Cell::new(false);
        let body = async |_: &TimeoutScope| {
            sleep(ms(10)).await;
            out.say("body ends");
        };
        block(Some(20), &expired, body).await.unwrap();
        out.say(format!("expired: {} at {}", py(expired.get()), out.now()));
        sleep(ms(50)).await;
        let requests = task::cancel_requests();
        out.say(format!("end at {} requests: {requests}", out.now()));
    });
}

#[test]
fn joined_task() {
    async fn child(out: Out) {
        let clean_up = async {
            let requests = task::cancel_requests();
            out.say(format!("child is cancelled, requests: {requests}"));
            sleep(ms(10)).await;
            out.say("child is clean");
        };
        finally(sleep(ms(10_000)), clean_up).await;
    }
    check("timeouts/joined_task", |out| async move {
        let task = spawn(child(out.clone())).shared();
        if timeout(ms(10), task.clone()).await.is_err() {
            let (now, cancelled) = (out.now(), was_cancelled(&task));
            out.say(format!(
                "TimeoutError at {now} child cancelled: {cancelled}"
            ));
        }
    });
}

#[test]
fn joined_task_is_shielded() {
    async fn child() -> &'static str {
        sleep(ms(30)).await;
        "value"
    }
    check("timeouts/joined_task_is_shielded", |out| async move {
        let mut task = spawn(child());
        if timeout(ms(10), shield(&mut task)).await.is_err() {
            let (now, done) = (out.now(), py(task.is_finished()));
            out.say(format!("TimeoutError at {now} child done: {done}"));
        }
        out.say(format!("joined: {} at {}", task.await.unwrap(), out.now()));
    });
}

#[test]
fn nested_inner_expires() {
    check("timeouts/nested_inner_expires", |out| async move {
        let (outer, inner) = (Cell::new(false), Cell::new(false));
        let inner_body = async |_: &TimeoutScope| sleep(ms(10_000)).await;
        let outer_body = async |_: &TimeoutScope| {
            if block(Some(10), &inner, inner_body).await.is_err() {
                out.say(format!("inner TimeoutError at {}", out.now()));
            }
            sleep(ms(10)).await;
            out.say("outer body goes on");
        };
        block(Some(50), &outer, outer_body).await.unwrap();
        out.say(format!("expired: {} {}", py(inner.get()), py(outer.get())));
    });
}

#[test]
fn nested_outer_expires() {
    check("timeouts/nested_outer_expires", |out| async move {
        let (outer, inner) = (Cell::new(false), Cell::new(false));
        let inner_body = async |_: &TimeoutScope| sleep(ms(10_000)).await;
        let outer_body = async |_: &TimeoutScope| {
            if let Err(cancelled) = catch_cancel(block(Some(50), &inner, inner_body)).await {
                let expired = py(inner.get());
                out.say(format!(
                    "CancelledError out of the inner block, expired: {expired}"
                ));
                sleep(ms(10)).await;
                cancelled.resume().await;
            }
        };
        if block(Some(10), &outer, outer_body).await.is_err() {
            let (now, expired) = (out.now(), py(outer.get()));
            out.say(format!("TimeoutError at {now} expired: {expired}"));
        }
    });
}

#[test]
fn no_limit() {
    check("timeouts/no_limit", |out| async move {
        let expired = Cell::new(false);
        let body = async |scope: &TimeoutScope| {
            let deadline = py(scope.when().is_some());
            out.say(format!("has a deadline: {deadline}"));
            sleep(ms(3_600_000)).await;
        };
        block(None, &expired, body).await.unwrap();
        let (now, expired) = (out.now(), py(expired.get()));
        out.say(format!("end at {now} expired: {expired}"));
    });
}

#[test]
fn outer_expires_in_the_clean_up() {
    async fn work(out: &Out) {
        let outcome = catch_cancel(sleep(ms(10_000))).await;
        out.say(format!("cleans up at {}", out.now()));
        let clean_up = catch_cancel(sleep(ms(10_000))).await;
        out.say(format!("cut short at {}", out.now()));
        if let Err(cancelled) = clean_up.and(outcome) {
            cancelled.resume().await;
        }
    }
    check("timeouts/outer_expires_in_the_clean_up", |out| async move {
        let (outer, inner) = (Cell::new(false), Cell::new(false));
        let inner_body = async |_: &TimeoutScope| work(&out).await;
        let outer_body = async |_: &TimeoutScope| block(Some(10), &inner, inner_body).await;
        if let Err(_) | Ok(Err(_)) = block(Some(20), &outer, outer_body).await {
            let (inner, outer) = (py(inner.get()), py(outer.get()));
            let requests = task::cancel_requests();
            out.say(format!(
                "TimeoutError, expired: {inner} {outer} requests: {requests}"
            ));
        }
    });
}

#[test]
fn outside_cancel() {
    async fn worker(out: Out, limit: u64) {
        let expired = Cell::new(false);
        let body = async |_: &TimeoutScope| {
            let outcome = catch_cancel(sleep(ms(10_000))).await;
            out.say(format!("cleans up, requests: {}", task::cancel_requests()));
            let clean_up = catch_cancel(sleep(ms(20))).await;
            let requests = task::cancel_requests();
            out.say(format!("leaves the block, requests: {requests}"));
            if let Err(cancelled) = clean_up.and(outcome) {
                cancelled.resume().await;
            }
        };
        match catch_cancel(block(Some(limit), &expired, body)).await {
            Ok(_) => out.say("never printed"),
            Err(cancelled) => {
                let (requests, expired) = (task::cancel_requests(), py(expired.get()));
                out.say(format!(
                    "CancelledError, requests: {requests} expired: {expired}"
                ));
                cancelled.resume().await;
            }
        }
    }
    check("timeouts/outside_cancel", |out| async move {
        for limit in [1000, 20] {
            let task = spawn(worker(out.clone(), limit));
            sleep(ms(10)).await;
            task.cancel();
            out.say(format!("cancelled: {}", ends_cancelled(task).await));
        }
    });
}

#[test]
fn own_error_wins() {
    check("timeouts/own_error_wins", |out| async move {
        let expired = Cell::new(false);
        let body = async |_: &TimeoutScope| {
            if catch_cancel(sleep(ms(10_000))).await.is_err() {
                yield_now().await;
                return Err("own error");
            }
            Ok(())
        };
        if let Ok(Err(error)) = block(Some(10), &expired, body).await {
            let (expired, requests) = (py(expired.get()), task::cancel_requests());
            out.say(format!(
                "ValueError {error} expired: {expired} requests: {requests}"
            ));
        }
    });
}

#[test]
fn past_deadline() {
    check("timeouts/past_deadline", |out| async move {
        let expired = Cell::new(false);
        let body = async |_: &TimeoutScope| out.say("body does not suspend");
        block(Some(0), &expired, body).await.unwrap();
        out.say(format!("no error, expired: {}", py(expired.get())));
        let body = async |scope: &TimeoutScope| {
            out.say(format!("body suspends, expired: {}", py(scope.expired())));
            yield_now().await;
            out.say("never printed");
        };
        // A limit is never negative here.
        if block(Some(0), &expired, body).await.is_err() {
            out.say(format!("TimeoutError, expired: {}", py(expired.get())));
        }
    });
}

#[test]
fn request_before_the_block() {
    async fn worker(out: Out) {
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            let requests = task::cancel_requests();
            out.say(format!("cleans up with a limit, requests: {requests}"));
            if timeout(ms(10), sleep(ms(10_000))).await.is_err() {
                let requests = task::cancel_requests();
                out.say(format!(
                    "TimeoutError in the clean-up, requests: {requests}"
                ));
            }
            cancelled.resume().await;
        }
    }
    check("timeouts/request_before_the_block", |out| async move {
        let task = spawn(worker(out.clone()));
        yield_now().await;
        task.cancel();
        let cancelled = ends_cancelled(task).await;
        out.say(format!("cancelled: {cancelled} at {}", out.now()));
    });
}

#[test]
fn reschedule() {
    check("timeouts/reschedule", |out| async move {
        let start = now();
        let body = async |scope: &TimeoutScope| {
            scope.reschedule(Some(start + ms(50))).unwrap();
            sleep(ms(20)).await;
            out.say(format!("later: still here at {}", out.now()));
            scope.reschedule(None).unwrap();
            sleep(ms(60)).await;
            out.say(format!("no limit: still here at {}", out.now()));
            scope.reschedule(Some(start + ms(100))).unwrap();
            sleep(ms(10_000)).await;
        };
        if timeout_scope(Some(ms(10)), body).await.is_err() {
            out.say(format!("TimeoutError at {}", out.now()));
        }
    });
}

#[test]
fn reschedule_to_the_past() {
    check("timeouts/reschedule_to_the_past", |out| async move {
        sleep(ms(100)).await;
        let body = async |scope: &TimeoutScope| {
            scope.reschedule(Some(now() - ms(10))).unwrap();
            out.say(format!("moved, expired: {}", py(scope.expired())));
            let before = out.turns();
            let clean_up = async {
                let turns = out.turns() - before;
                out.say(format!("body is cancelled after {turns} turns"));
            };
            finally(sleep(ms(10_000)), clean_up).await;
        };
        if timeout_scope(None, body).await.is_err() {
            out.say(format!("TimeoutError at {}", out.now()));
        }
    });
}

#[test]
fn reschedule_too_late() {
    check("timeouts/reschedule_too_late", |out| async move {
        let expired = Cell::new(false);
        let body = async |scope: &TimeoutScope| {
            if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
                if scope.reschedule(Some(now() + ms(1000))).is_err() {
                    out.say("refused");
                }
                cancelled.resume().await;
            }
        };
        if block(Some(10), &expired, body).await.is_err() {
            out.say(format!("TimeoutError, expired: {}", py(expired.get())));
        }
    });
}

#[test]
fn two_tasks() {
    async fn worker(out: Out, name: &str, limit: u64) {
        let body = async {
            sleep(ms(20)).await;
            out.say(format!("{name} ends at {}", out.now()));
        };
        if timeout(ms(limit), body).await.is_err() {
            out.say(format!("{name} TimeoutError at {}", out.now()));
        }
    }
    check("timeouts/two_tasks", |out| async move {
        let one = spawn(worker(out.clone(), "one", 10));
        let two = spawn(worker(out.clone(), "two", 30));
        one.await.unwrap();
        two.await.unwrap();
    });
}

#[test]
fn value_and_limit_in_one_turn() {
    check("timeouts/value_and_limit_in_one_turn", |out| async move {
        let future = Rc::new(Promise::new());
        let sets = future.clone();
        Handle::current().call_soon(move || sets.set("value").unwrap());
        match timeout(Duration::ZERO, future.wait()).await {
            Ok(value) => out.say(format!("has {}", value.unwrap())),
            Err(_) => {
                let value = future.get().unwrap();
                out.say(format!("TimeoutError, value in the future: {value}"));
            }
        }
        let future = Rc::new(Promise::<()>::new());
        let body = async {
            let (callback, seen) = (out.clone(), future.clone());
            Handle::current().call_soon(move || {
                callback.say(format!("future is done: {}", py(seen.is_done())));
            });
            future.wait().await
        };
        if timeout(Duration::ZERO, body).await.is_err() {
            let cancelled = py(future.is_cancelled());
            out.say(format!("TimeoutError, future cancelled: {cancelled}"));
        }
    });
}

#[test]
fn wait_for_cleans_up() {
    async fn work(out: Out) {
        let clean_up = async {
            out.say(format!("cleans up at {}", out.now()));
            sleep(ms(10)).await;
            out.say(format!("is clean at {}", out.now()));
        };
        finally(sleep(ms(10_000)), clean_up).await;
    }
    check("timeouts/wait_for_cleans_up", |out| async move {
        if timeout(ms(10), work(out.clone())).await.is_err() {
            out.say(format!("coroutine: TimeoutError at {}", out.now()));
        }
        let task = spawn(work(out.clone())).shared();
        if timeout(ms(10), task.clone()).await.is_err() {
            let (now, cancelled) = (out.now(), was_cancelled(&task));
            out.say(format!(
                "task: TimeoutError at {now} cancelled: {cancelled}"
            ));
        }
    });
}

#[test]
fn wait_for_nested() {
    async fn nested(out: &Out, inner: u64, outer: u64) {
        let within = async {
            match catch_cancel(timeout(ms(inner), sleep(ms(10_000)))).await {
                Ok(_) => {
                    out.say("inner TimeoutError");
                    "value"
                }
                Err(cancelled) => {
                    out.say("inner CancelledError");
                    cancelled.resume().await
                }
            }
        };
        match timeout(ms(outer), within).await {
            Ok(value) => out.say(format!("result {value}")),
            Err(_) => out.say("outer TimeoutError"),
        }
    }
    check("timeouts/wait_for_nested", |out| async move {
        nested(&out, 10, 20).await;
        nested(&out, 20, 10).await;
        out.say(format!("end at {}", out.now()));
    });
}

#[test]
fn wait_for_outside_cancel() {
    async fn child(out: Out) {
        let clean_up = async {
            out.say("child cleans up");
            sleep(ms(10)).await;
            out.say("child is clean");
        };
        finally(sleep(ms(10_000)), clean_up).await;
    }
    async fn waiter(out: Out, task: SharedHandle<()>) {
        if let Err(cancelled) = catch_cancel(timeout(ms(1000), task.clone())).await {
            let (now, child) = (out.now(), was_cancelled(&task));
            out.say(format!(
                "waiter is cancelled at {now} child cancelled: {child}"
            ));
            cancelled.resume().await;
        }
    }
    check("timeouts/wait_for_outside_cancel", |out| async move {
        let task = spawn(child(out.clone())).shared();
        let waits = spawn(waiter(out.clone(), task.clone()));
        sleep(ms(5)).await;
        waits.cancel();
        let (mut done, _) = wait(vec![waits], WaitMode::All).await;
        out.say(format!(
            "cancelled: {}",
            ends_cancelled(done.remove(0)).await
        ));
    });
}

#[test]
fn wait_for_own_error() {
    async fn fails() -> Result<(), &'static str> {
        match catch_cancel(sleep(ms(10_000))).await {
            Ok(()) => Ok(()),
            Err(_) => Err("own error"),
        }
    }
    check("timeouts/wait_for_own_error", |out| async move {
        // As in Python the task is made here, and takes its first step while the other is awaited.
        let task = spawn(fails());
        if let Ok(Err(error)) = timeout(ms(10), fails()).await {
            out.say(format!("ValueError {error} at {}", out.now()));
        }
        if let Ok(Ok(Err(error))) = wait_for(ms(10), task).await {
            out.say(format!("ValueError {error} at {}", out.now()));
        }
    });
}

#[test]
fn wait_for_refused() {
    async fn stubborn(out: Out) -> &'static str {
        if catch_cancel(sleep(ms(10_000))).await.is_err() {
            out.say(format!("refuses at {}", out.now()));
            sleep(ms(10)).await;
        }
        "value"
    }
    check("timeouts/wait_for_refused", |out| async move {
        let value = timeout(ms(10), stubborn(out.clone())).await.unwrap();
        out.say(format!("{value} at {}", out.now()));
        let task = spawn(stubborn(out.clone()));
        let value = wait_for(ms(10), task).await.unwrap().unwrap();
        out.say(format!("{value} at {}", out.now()));
        yield_now().await;
        out.say(format!("requests: {}", task::cancel_requests()));
    });
}

#[test]
fn wait_for_same_task() {
    check("timeouts/wait_for_same_task", |out| async move {
        let main = task::current();
        let name = || match task::current() == main {
            true => "main",
            false => "another task",
        };
        let work = async {
            out.say(format!("runs in {}", name()));
            let clean_up = async {
                let requests = task::cancel_requests();
                out.say(format!("requests on {} {requests}", name()));
            };
            finally(sleep(ms(10_000)), clean_up).await;
        };
        if timeout(ms(10), work).await.is_err() {
            let requests = task::cancel_requests();
            out.say(format!("TimeoutError, requests: {requests}"));
        }
    });
}

#[test]
fn wait_for_value() {
    async fn work(value: &str) -> &str {
        sleep(ms(10)).await;
        value
    }
    check("timeouts/wait_for_value", |out| async move {
        out.say(timeout(ms(20), work("of a coroutine")).await.unwrap());
        let task = spawn(work("of a task"));
        out.say(wait_for(ms(20), task).await.unwrap().unwrap());
        let future = Rc::new(Promise::new());
        let sets = future.clone();
        Handle::current().call_later(ms(10), move || sets.set("of a future").unwrap());
        out.say(timeout(ms(20), future.wait()).await.unwrap().unwrap());
        let no_limit = timeout_scope(None, async |_| work("without a limit").await);
        out.say(no_limit.await.unwrap());
        out.say(format!("end at {}", out.now()));
    });
}

#[test]
fn wait_for_zero() {
    async fn never(out: Out) {
        out.say("never printed");
    }
    async fn returns() -> &'static str {
        "value"
    }
    check("timeouts/wait_for_zero", |out| async move {
        let done = spawn(returns());
        yield_now().await;
        assert!(done.is_finished());
        out.say(wait_for(Duration::ZERO, done).await.unwrap().unwrap());
        for _ in 0..2 {
            let task = spawn(never(out.clone()));
            if wait_for(Duration::ZERO, task).await.is_err() {
                out.say("TimeoutError of a coroutine");
            }
        }
        let fresh = spawn(never(out.clone()));
        if wait_for(Duration::ZERO, fresh).await.is_err() {
            // It was cancelled: it has ended, and printed nothing.
            out.say("TimeoutError of a task, cancelled: True");
        }
    });
}

#[test]
fn wait_for_zero_running() {
    async fn child(out: Out) {
        let clean_up = async {
            out.say("child cleans up");
            sleep(ms(10)).await;
            out.say(format!("child is clean at {}", out.now()));
        };
        finally(sleep(ms(10_000)), clean_up).await;
    }
    check("timeouts/wait_for_zero_running", |out| async move {
        let task = spawn(child(out.clone()));
        yield_now().await;
        if wait_for(Duration::ZERO, task).await.is_err() {
            out.say(format!("TimeoutError at {} cancelled: True", out.now()));
        }
    });
}

#[test]
fn yield_before_the_limit() {
    fn print_soon(out: &Out, line: &'static str) {
        let out = out.clone();
        Handle::current().call_soon(move || out.say(line));
    }
    async fn body(out: &Out) {
        print_soon(out, "callback");
        yield_now().await;
        out.say("never printed");
    }
    check("timeouts/yield_before_the_limit", |out| async move {
        print_soon(&out, "callback before the block");
        if timeout(Duration::ZERO, body(&out)).await.is_err() {
            out.say("TimeoutError");
        }
        let expired = Cell::new(false);
        let yields = async |_: &TimeoutScope| {
            for _ in 0..5 {
                yield_now().await;
            }
            out.say("five yields take no time");
        };
        block(Some(10), &expired, yields).await.unwrap();
        out.say(format!("expired: {}", py(expired.get())));
    });
}

//! Rules that meet: scopes in scopes, and several things that happen in one turn. Each line begins with its turn.

use super::harness::{
    Out, boxed, check, each, end_of, finally, join, ms, py, wait_all, was_cancelled,
};
use roundelay::context::Context;
use roundelay::error::{BrokenBarrier, Cancelled, TryPutError};
use roundelay::sync::{Barrier, BoundedSemaphore, Condition, Event, Lock, Promise, Queue};
use roundelay::task::{self, GroupError, MemberError, SharedHandle};
use roundelay::time::timeout_scope;
use roundelay::{
    ContextVar, Handle, JoinHandle, WaitMode, as_completed, catch_cancel, gather, gather_handles,
    shield, sleep, spawn, spawn_eager, task_group, timeout, wait, yield_now,
};
use std::cell::{Cell, OnceCell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(100);

type Fallible<T = ()> = Result<T, &'static str>;

/// Prints a line with the number of the turn.
macro_rules! say {
    ($out:expr, $($words:tt)*) => {{
        let words = format!($($words)*);
        $out.say(format_args!("turn {}: {words}", $out.turns()))
    }};
}

/// As Python prints a list of booleans.
fn list(values: impl IntoIterator<Item = &'static str>) -> String {
    format!("[{}]", values.into_iter().collect::<Vec<_>>().join(", "))
}

/// As Python prints a list of strings.
fn quoted<T: std::fmt::Debug>(words: &[T]) -> String {
    format!("{words:?}").replace('"', "'")
}

/// What members of a group raised.
fn raised(error: &GroupError<&str>) -> String {
    let words = error.errors().iter().map(|error| match error {
        MemberError::Failed(error) => *error,
        MemberError::Panicked(_) => "a panic",
    });
    quoted(&words.collect::<Vec<_>>())
}

#[test]
fn timeout_gather_shield() {
    async fn inner(out: Out) -> &'static str {
        out.note_cancel("inner is cancelled", sleep(ms(30))).await;
        out.say("inner ends");
        "value"
    }
    async fn guarded(task: SharedHandle<&'static str>) {
        shield(task).await.unwrap();
    }
    async fn plain(out: Out) {
        if let Err(cancelled) = catch_cancel(sleep(LONG)).await {
            out.say("plain cleans up");
            sleep(ms(5)).await;
            out.say(format_args!("plain is clean at {}", out.now()));
            cancelled.resume().await
        }
    }
    check("fresh/timeout_gather_shield", |out| async move {
        let task = spawn(inner(out.clone())).shared();
        let both = async { gather((guarded(task.clone()), plain(out.clone()))).await };
        if timeout(ms(10), both).await.is_err() {
            out.say(format_args!("TimeoutError at {}", out.now()));
        }
        out.say(format_args!("requests {}", task::cancel_requests()));
        let members = [boxed(guarded(task.clone())), boxed(plain(out.clone()))];
        if timeout(ms(10), gather(members).settled()).await.is_err() {
            out.say(format_args!("TimeoutError at {}", out.now()));
        }
        let value = task.await.unwrap();
        out.say(format_args!("inner gives {value}"));
        out.say(format_args!("at {}", out.now()));
    });
}

#[test]
fn group_in_timeout_in_cancelled_task() {
    async fn member(out: Out, name: &'static str) -> Fallible {
        let clean_up = async {
            say!(out, "{name} cleans up");
            if let Err(cancelled) = catch_cancel(sleep(ms(15))).await {
                say!(out, "{name} is cancelled again");
                cancelled.resume().await
            }
            say!(out, "{name} is clean at {}", out.now());
        };
        finally(sleep(LONG), clean_up).await;
        Ok(())
    }
    async fn owner(out: Out, name: &'static str, limit: u64) -> &'static str {
        let expired = Cell::new(false);
        let scope = timeout_scope(Some(ms(limit)), async |scope| {
            let group = task_group(async |group| {
                group.spawn(member(out.clone(), name));
                Ok(())
            });
            if let Err(cancelled) = catch_cancel(group).await {
                let requests = task::cancel_requests();
                say!(out, "{name} leaves its group, requests {requests}");
                expired.set(scope.expired());
                cancelled.resume().await
            }
        });
        match catch_cancel(scope).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => say!(out, "{name} got TimeoutError"),
            Err(_) => {
                let (expired, requests) = (py(expired.get()), task::cancel_requests());
                say!(
                    out,
                    "{name} got CancelledError, expired {expired} requests {requests}"
                );
                let left = task::uncancel();
                say!(out, "{name} takes one back: {left}");
            }
        }
        yield_now().await;
        say!(out, "{name} goes on, requests {}", task::cancel_requests());
        "value"
    }
    let name = "fresh/group_in_timeout_in_cancelled_task";
    check(name, |out| async move {
        for (name, limit) in [("late", 20), ("early", 5), ("none", 100), ("alone", 4)] {
            let task = spawn(owner(out.clone(), name, limit));
            sleep(ms(10)).await;
            if name != "alone" {
                say!(out, "cancel {name} {}", py(task.cancel()));
            }
            let value = task.await.unwrap();
            say!(out, "{name} gave {value}");
        }
    });
}

#[test]
fn condition_retakes_its_lock() {
    async fn limited(out: Out, condition: Rc<Condition>) {
        let body = async {
            let mut guard = condition.lock().await;
            let clean_up = async {
                let held = py(condition.is_locked());
                say!(out, "limited holds the lock again: {held}");
            };
            finally(guard.wait(), clean_up).await;
        };
        if timeout(ms(10), body).await.is_err() {
            say!(out, "limited got TimeoutError at {}", out.now());
        }
    }
    async fn victim(out: Out, condition: Rc<Condition>) {
        let body = async {
            condition.lock().await.wait().await;
            say!(out, "not reached");
        };
        if let Err(cancelled) = catch_cancel(body).await {
            let message = cancelled.message().unwrap_or_default();
            say!(out, "victim got CancelledError {message}");
            say!(out, "victim's requests {}", task::cancel_requests());
        }
    }
    async fn heir(out: Out, condition: Rc<Condition>) {
        let mut guard = condition.lock().await;
        guard.wait().await;
        say!(out, "heir was told: True");
    }
    check("fresh/condition_retakes_its_lock", |out| async move {
        let condition = Rc::new(Condition::new());
        let tasks = [
            spawn(limited(out.clone(), Rc::clone(&condition))),
            spawn(victim(out.clone(), Rc::clone(&condition))),
            spawn(heir(out.clone(), Rc::clone(&condition))),
        ];
        sleep(ms(5)).await;
        let guard = condition.lock().await;
        sleep(ms(10)).await;
        say!(out, "main notifies one at {}", out.now());
        guard.notify(1);
        yield_now().await;
        say!(out, "first cancel {}", py(tasks[1].cancel_with("first")));
        yield_now().await;
        say!(out, "second cancel {}", py(tasks[1].cancel_with("second")));
        sleep(ms(5)).await;
        say!(out, "main releases at {}", out.now());
        drop(guard);
        for task in tasks {
            task.await.unwrap();
        }
        say!(out, "free {}", py(!condition.is_locked()));
    });
}

#[test]
fn uncancel_in_nested_scopes() {
    async fn forgiving(out: Out) {
        let outer = timeout(ms(20), async {
            let inner = timeout(ms(10), async {
                if catch_cancel(sleep(LONG)).await.is_err() {
                    let left = task::uncancel();
                    say!(out, "forgiving takes back {left}");
                    sleep(LONG).await;
                }
            });
            if inner.await.is_err() {
                say!(out, "inner limit True requests {}", task::cancel_requests());
                sleep(LONG).await;
            }
        });
        if outer.await.is_err() {
            say!(out, "outer limit True requests {}", task::cancel_requests());
        }
    }
    async fn unforgiving(out: Out) {
        if catch_cancel(sleep(LONG)).await.is_ok() {
            return;
        }
        say!(out, "entered with requests {}", task::cancel_requests());
        if timeout(ms(1), sleep(LONG)).await.is_err() {
            let requests = task::cancel_requests();
            say!(out, "still a TimeoutError, requests {requests}");
        }
        let taking_back = async {
            let (one, two) = (task::uncancel(), task::uncancel());
            say!(out, "takes back one too many: {one} and {two}");
        };
        if timeout(ms(1), finally(sleep(LONG), taking_back))
            .await
            .is_err()
        {
            let requests = task::cancel_requests();
            say!(out, "TimeoutError, expired True requests {requests}");
        }
    }
    async fn both_at_once(out: Out) {
        let outer = timeout(ms(10), async {
            let inner = timeout(ms(10), async {
                if let Err(cancelled) = catch_cancel(sleep(LONG)).await {
                    let (requests, left) = (task::cancel_requests(), task::uncancel());
                    say!(out, "requests {requests} then {left}");
                    cancelled.resume().await
                }
            });
            match catch_cancel(inner).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => {
                    say!(
                        out,
                        "the inner converts, requests {}",
                        task::cancel_requests()
                    );
                }
                Err(cancelled) => {
                    let requests = task::cancel_requests();
                    say!(out, "the inner does not convert, requests {requests}");
                    cancelled.resume().await
                }
            }
            say!(out, "body goes on, requests {}", task::cancel_requests());
        });
        if outer.await.is_err() {
            say!(
                out,
                "the outer converts, requests {}",
                task::cancel_requests()
            );
        }
        say!(out, "goes on, requests {}", task::cancel_requests());
    }
    check("fresh/uncancel_in_nested_scopes", |out| async move {
        let task = spawn(forgiving(out.clone()));
        sleep(ms(5)).await;
        task.cancel();
        task.await.unwrap();
        let task = spawn(unforgiving(out.clone()));
        sleep(ms(5)).await;
        task.cancel();
        task.await.unwrap();
        both_at_once(out).await;
    });
}

#[test]
fn queue_shutdown_and_cancelled_waiters() {
    type Strings = Rc<Queue<&'static str>>;
    async fn getter(out: Out, name: String, queue: Strings) {
        match catch_cancel(queue.get()).await {
            Ok(Ok(item)) => say!(out, "{name} got {item}"),
            Ok(Err(_)) => say!(out, "{name} got QueueShutDown"),
            Err(cancelled) => {
                say!(out, "{name} is cancelled");
                cancelled.resume().await
            }
        }
    }
    async fn putter(out: Out, name: &'static str, queue: Strings) {
        match catch_cancel(queue.put(name)).await {
            Ok(Ok(())) => say!(out, "{name} has put"),
            Ok(Err(_)) => say!(out, "{name} got QueueShutDown"),
            Err(cancelled) => {
                say!(out, "{name} is cancelled");
                cancelled.resume().await
            }
        }
    }
    async fn joiner(out: Out, queue: Strings) {
        queue.join().await;
        say!(out, "joined");
    }
    async fn cancelled(tasks: Vec<JoinHandle<()>>) -> String {
        let mut cancelled = Vec::new();
        for task in tasks {
            cancelled.push(py(task.await.is_err_and(|error| error.is_cancelled())));
        }
        list(cancelled)
    }
    let name = "fresh/queue_shutdown_and_cancelled_waiters";
    check(name, |out| async move {
        let queue: Strings = Rc::new(Queue::unbounded());
        let getters: Vec<_> = (0..4)
            .map(|n| {
                spawn(getter(
                    out.clone(),
                    format!("getter {n}"),
                    Rc::clone(&queue),
                ))
            })
            .collect();
        yield_now().await;
        queue.try_put("item").unwrap();
        let (first, third) = (py(getters[0].cancel()), py(getters[2].cancel()));
        say!(out, "cancel {first} {third}");
        queue.shutdown(false);
        if let Err(TryPutError::ShutDown(_)) = queue.try_put("more") {
            say!(out, "put got QueueShutDown, size {}", queue.len());
        }
        let getters = wait_all(getters).await;
        say!(out, "cancelled {}", cancelled(getters).await);

        let queue: Strings = Rc::new(Queue::bounded(1));
        queue.try_put("first").unwrap();
        let mut putters: Vec<_> = ["putter 0", "putter 1", "putter 2"]
            .map(|name| spawn(putter(out.clone(), name, Rc::clone(&queue))))
            .into();
        let waiting = spawn(joiner(out.clone(), Rc::clone(&queue)));
        yield_now().await;
        say!(out, "main took {}", queue.try_get().unwrap());
        putters[0].cancel();
        yield_now().await;
        say!(out, "size {}", queue.len());
        yield_now().await;
        say!(out, "size {}", queue.len());
        putters[2].cancel();
        queue.shutdown(true);
        say!(out, "size {}", queue.len());
        let late = spawn(getter(out.clone(), "late".into(), Rc::clone(&queue)));
        putters.push(late);
        let mut putters = wait_all(putters).await;
        putters.pop();
        say!(out, "cancelled {}", cancelled(putters).await);
        queue.task_done();
        waiting.await.unwrap();
        if catch_unwind(AssertUnwindSafe(|| queue.task_done())).is_err() {
            say!(out, "one task_done too many");
        }
    });
}

#[test]
fn barrier_abort_and_time_limit() {
    async fn party(out: Out, name: &'static str, barrier: Rc<Barrier>, limit: Option<Duration>) {
        let limited = timeout_scope(limit, async |_| {
            let number = barrier.wait().await?;
            say!(out, "{name} is number {number}");
            Ok::<_, BrokenBarrier>(())
        });
        match catch_cancel(limited).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Err(_)) => {
                let (waiting, broken) = (barrier.waiting(), py(barrier.is_broken()));
                say!(
                    out,
                    "{name} got TimeoutError, waiting {waiting} broken {broken}"
                );
            }
            Ok(Ok(Err(_))) => say!(out, "{name} got BrokenBarrierError"),
            Err(cancelled) => {
                say!(out, "{name} is cancelled, waiting {}", barrier.waiting());
                cancelled.resume().await
            }
        }
    }
    check("fresh/barrier_abort_and_time_limit", |out| async move {
        let barrier = Rc::new(Barrier::new(3));
        let party =
            |name, limit: Option<u64>| party(out.clone(), name, Rc::clone(&barrier), limit.map(ms));
        let mut tasks = vec![spawn(party("a", Some(10))), spawn(party("b", None))];
        sleep(ms(20)).await;
        tasks.push(spawn(party("c", None)));
        tasks.push(spawn(party("d", Some(10))));
        wait_all(tasks).await;

        let tasks = ["e", "f"].map(|name| spawn(party(name, Some(10))));
        sleep(ms(5)).await;
        tasks[0].cancel();
        barrier.abort();
        say!(out, "aborted, broken {}", py(barrier.is_broken()));
        wait_all(tasks).await;
        party("g", None).await;
        barrier.reset();
        say!(out, "reset, broken {}", py(barrier.is_broken()));

        let tasks = ["h", "i"].map(|name| spawn(party(name, Some(10))));
        sleep(ms(5)).await;
        barrier.abort();
        tasks[0].cancel();
        wait_all(tasks).await;
        barrier.reset();

        let mut tasks: Vec<_> = ["j", "k"].map(|name| spawn(party(name, None))).into();
        yield_now().await;
        party("l", None).await;
        tasks[0].cancel();
        tasks.push(spawn(party("m", Some(1))));
        wait_all(tasks).await;
        let (waiting, broken) = (barrier.waiting(), py(barrier.is_broken()));
        say!(out, "waiting {waiting} broken {broken}");
    });
}

#[test]
fn promise_with_cancelled_awaiters() {
    type Future = Rc<Promise<&'static str>>;
    async fn awaiter(out: Out, name: &'static str, future: Future) {
        let cancelled = match catch_cancel(future.wait()).await {
            Ok(Ok(value)) => return say!(out, "{name} got {value}"),
            Ok(Err(_)) => Cancelled::raised_here(None),
            Err(cancelled) => cancelled,
        };
        let requests = task::cancel_requests();
        say!(out, "{name} is cancelled, requests {requests}");
        cancelled.resume().await
    }
    check("fresh/promise_with_cancelled_awaiters", |out| async move {
        let handle = Handle::current();
        let tasks: Rc<RefCell<Vec<SharedHandle<()>>>> = Rc::default();
        let start = |names: [&'static str; 3], future: &Future| {
            *tasks.borrow_mut() = names
                .map(|name| spawn(awaiter(out.clone(), name, Rc::clone(future))).shared())
                .into();
        };

        let future: Future = Rc::new(Promise::new());
        let (printer, victims) = (out.clone(), Rc::clone(&tasks));
        future.on_done(move || {
            let cancelled = py(victims.borrow()[0].cancel());
            say!(printer, "first callback cancels a: {cancelled}");
        });
        start(["a", "b", "c"], &future);
        yield_now().await;
        let (printer, victims) = (out.clone(), Rc::clone(&tasks));
        future.on_done(move || {
            let (b, c) = (
                py(victims.borrow()[1].cancel()),
                py(victims.borrow()[2].cancel()),
            );
            say!(printer, "last callback cancels b and c: {b} {c}");
        });
        let setter = Rc::clone(&future);
        handle.call_soon(move || setter.set("value").unwrap());
        let last = spawn(awaiter(out.clone(), "d", Rc::clone(&future))).shared();
        tasks.borrow_mut().push(last);
        let value = future.wait().await.unwrap();
        say!(out, "main got {value}");
        let printer = out.clone();
        future.on_done(move || say!(printer, "late callback"));
        say!(out, "cancel comes too late: {}", py(future.cancel()));
        let joins = each(&tasks.borrow());
        wait_all(joins).await;
        say!(
            out,
            "cancelled {}",
            list(tasks.borrow().iter().map(was_cancelled))
        );

        let future: Future = Rc::new(Promise::new());
        start(["e", "f", "g"], &future);
        let (printer, this) = (out.clone(), Rc::clone(&future));
        future.on_done(move || {
            say!(printer, "callback, cancelled {}", py(this.is_cancelled()));
        });
        yield_now().await;
        let printer = out.clone();
        handle.call_soon(move || say!(printer, "before"));
        tasks.borrow()[1].cancel();
        say!(
            out,
            "the future is cancelled: {}",
            py(future.is_cancelled())
        );
        let (again, third) = (py(future.cancel()), py(tasks.borrow()[2].cancel()));
        say!(out, "cancel again: {again} {third}");
        let printer = out.clone();
        handle.call_soon(move || say!(printer, "behind"));
        let joins = each(&tasks.borrow());
        wait_all(joins).await;
        let requests: Vec<_> = tasks
            .borrow()
            .iter()
            .map(|task| task.cancel_requests())
            .collect();
        say!(out, "requests {requests:?}");
    });
}

#[test]
fn semaphore_handed_on() {
    async fn waiter(out: Out, name: String, semaphore: Rc<BoundedSemaphore>) {
        let body = async {
            let permit = semaphore.acquire().await;
            say!(out, "{name} has it");
            yield_now().await;
            drop(permit);
            say!(
                out,
                "{name} gave it back, locked {}",
                py(semaphore.is_locked())
            );
        };
        if let Err(cancelled) = catch_cancel(body).await {
            say!(
                out,
                "{name} is cancelled, locked {}",
                py(semaphore.is_locked())
            );
            cancelled.resume().await
        }
    }
    async fn limited(out: Out, semaphore: Rc<BoundedSemaphore>) {
        match timeout(ms(10), semaphore.acquire()).await {
            Ok(permit) => {
                permit.forget();
                say!(out, "limited has it");
            }
            Err(_) => {
                let locked = py(semaphore.is_locked());
                say!(out, "limited got TimeoutError, locked {locked}");
            }
        }
    }
    check("fresh/semaphore_handed_on", |out| async move {
        let semaphore = Rc::new(BoundedSemaphore::new(1));
        let handle = Handle::current();
        let waiter = |name: &str| spawn(waiter(out.clone(), name.into(), Rc::clone(&semaphore)));
        semaphore.acquire().await.forget();
        let mut tasks: Vec<_> = (0..5).map(|n| waiter(&format!("waiter {n}"))).collect();
        yield_now().await;
        semaphore.release().unwrap();
        let locked = py(semaphore.is_locked());
        let (first, second) = (py(tasks[0].cancel()), py(tasks[1].cancel()));
        say!(out, "locked {locked} cancel {first} {second}");
        let newcomer = waiter("newcomer");
        let third = tasks.remove(2).shared();
        let (printer, victim) = (out.clone(), third.clone());
        handle.call_soon(move || say!(printer, "cancel {}", py(victim.cancel())));
        yield_now().await;
        say!(out, "locked {}", py(semaphore.is_locked()));
        tasks.push(newcomer);
        wait_all(tasks).await;
        say!(out, "locked {}", py(semaphore.is_locked()));

        semaphore.acquire().await.forget();
        let behind = spawn(limited(out.clone(), Rc::clone(&semaphore)));
        let last = waiter("last");
        let releaser = Rc::clone(&semaphore);
        handle.call_later(ms(10), move || releaser.release().unwrap());
        wait_all([behind, last]).await;
        say!(out, "locked {}", py(semaphore.is_locked()));
        for _ in 0..2 {
            match semaphore.release() {
                Ok(()) => say!(out, "released"),
                Err(_) => say!(out, "one release too many"),
            }
        }
    });
}

#[test]
fn eager_tasks_in_groups() {
    async fn quick(out: Out, name: String) -> String {
        say!(out, "{name} runs");
        name
    }
    async fn slow(out: Out, name: String) {
        say!(out, "{name} begins");
        let body = async {
            yield_now().await;
            say!(out, "{name} goes on");
            sleep(LONG).await;
        };
        if let Err(cancelled) = catch_cancel(body).await {
            say!(out, "{name} is cancelled");
            cancelled.resume().await
        }
    }
    async fn member(out: Out, name: &str) -> Fallible {
        say!(out, "{name} begins");
        quick(out.clone(), format!("{name}'s call")).await;
        let eager = spawn_eager(quick(out.clone(), format!("{name}'s eager task")));
        eager.await.unwrap();
        say!(out, "{name} has not waited");
        let task = spawn(quick(out.clone(), format!("{name}'s task")));
        task.await.unwrap();
        say!(out, "{name} has waited");
        Ok(())
    }
    async fn keeper(out: Out, name: &str) -> Fallible {
        let task = spawn_eager(slow(out.clone(), format!("{name}'s task")));
        say!(out, "{name} awaits it");
        task.await.unwrap();
        Ok(())
    }
    async fn failing(out: Out) -> Fallible {
        let task = spawn_eager(quick(out.clone(), "failing's task".into()));
        task.await.unwrap();
        Err("bad")
    }
    check("fresh/eager_tasks_in_groups", |out| async move {
        let quick = |name: &str| quick(out.clone(), name.into());
        let group = task_group(async |group| {
            group.spawn(member(out.clone(), "x"));
            group.spawn(member(out.clone(), "y"));
            spawn_eager(quick("body"));
            say!(out, "body is over");
            Ok(())
        });
        group.await.unwrap();
        let both = gather_handles([spawn_eager(quick("p")), spawn_eager(quick("q"))]);
        let words = both.await.unwrap();
        say!(out, "gathered {}", quoted(&words));
        let both = gather_handles([spawn_eager(quick("r")), spawn(quick("s"))]);
        let words = both.await.unwrap();
        say!(out, "gathered {}", quoted(&words));
        let group = task_group(async |group| {
            group.spawn(keeper(out.clone(), "keeper"));
            yield_now().await;
            yield_now().await;
            group.spawn(failing(out.clone()));
            Ok(())
        });
        if let Err(error) = group.await {
            say!(out, "group of {}", raised(&error));
        }
        let task = spawn_eager(keeper(out.clone(), "last"));
        say!(out, "cancel {}", py(task.cancel()));
        let task = end_of(task).await;
        let cancelled = py(task.await.is_err_and(|error| error.is_cancelled()));
        say!(out, "cancelled {cancelled}");
    });
}

#[test]
fn context_across_timers_and_groups() {
    static COLOR: ContextVar<String> = ContextVar::new();
    fn color() -> String {
        COLOR.get().unwrap_or("none".into())
    }
    fn paint(color: &str) {
        COLOR.set(color.into());
    }
    async fn member(out: Out, name: &'static str) -> Fallible {
        say!(out, "{name} sees {}", color());
        paint(name);
        sleep(ms(10)).await;
        let printer = out.clone();
        Handle::current().call_later(ms(1), move || {
            say!(printer, "timer of {name} sees {}", color());
        });
        paint(&format!("{name} changed"));
        let task = spawn(child(out.clone(), name));
        paint(&format!("{name} changed again"));
        task.await.unwrap();
        say!(out, "{name} sees {}", color());
        Ok(())
    }
    async fn child(out: Out, name: &'static str) {
        say!(out, "child of {name} sees {}", color());
        paint("child's");
    }
    async fn limited(out: Out) {
        let body = async {
            paint("limited");
            sleep(LONG).await;
        };
        if timeout(ms(1), body).await.is_err() {
            say!(out, "after the time limit {}", color());
        }
    }
    check("fresh/context_across_timers_and_groups", |out| async move {
        let handle = Handle::current();
        let sees = |what: &'static str| {
            let out = out.clone();
            move || say!(out, "{what} {}", color())
        };
        paint("red");
        handle.call_later(ms(5), sees("timer sees"));
        let future = Rc::new(Promise::new());
        future.on_done(sees("done callback sees"));
        paint("blue");
        let group = task_group(async |group| {
            group.spawn(member(out.clone(), "first"));
            let token = COLOR.set("green".into());
            let second = group.spawn(member(out.clone(), "second"));
            second.on_done(sees("second ended, seen"));
            COLOR.reset(token);
            say!(out, "body sees {}", color());
            Ok(())
        });
        group.await.unwrap();
        let setter = Rc::clone(&future);
        handle.call_soon(move || setter.set(()).unwrap());
        paint("white");
        future.wait().await.unwrap();
        say!(out, "main sees {}", color());
        limited(out.clone()).await;
        say!(out, "main sees {}", color());
        let limit = Duration::from_secs(1);
        timeout(limit, child(out.clone(), "main")).await.unwrap();
        say!(out, "main sees {}", color());
        let both = gather((child(out.clone(), "gather"), limited(out.clone())));
        both.await.unwrap();
        say!(out, "main sees {}", color());
        let mut copy = Context::copy();
        paint("black");
        copy.run(|| handle.call_soon(sees("callback in a copy sees")));
        yield_now().await;
        copy.run(sees("copy sees"));
    });
}

#[test]
fn done_callbacks_cancel_in_the_batch() {
    async fn gated(out: Out, name: &'static str, gate: Rc<Event>) -> &'static str {
        let body = async {
            gate.wait().await;
            say!(out, "{name} goes on");
            yield_now().await;
            say!(out, "{name} ends");
            name
        };
        match catch_cancel(body).await {
            Ok(name) => name,
            Err(cancelled) => {
                let requests = task::cancel_requests();
                say!(out, "{name} is cancelled, requests {requests}");
                if name == "stubborn" {
                    return "stubborn";
                }
                cancelled.resume().await
            }
        }
    }
    async fn trigger(out: Out) -> &'static str {
        say!(out, "trigger ends");
        ""
    }
    let name = "fresh/done_callbacks_cancel_in_the_batch";
    check(name, |out| async move {
        let gate = Rc::new(Event::new());
        let tasks = ["before", "behind", "stubborn"]
            .map(|name| spawn(gated(out.clone(), name, Rc::clone(&gate))).shared());
        let fresh: Rc<OnceCell<SharedHandle<&str>>> = Rc::default();
        let handle: Rc<OnceCell<roundelay::CallHandle>> = Rc::default();
        yield_now().await;
        let task = spawn(trigger(out.clone()));
        let callback = {
            let (out, tasks) = (out.clone(), tasks.clone());
            let (fresh, handle) = (Rc::clone(&fresh), Rc::clone(&handle));
            move || {
                handle.get().unwrap().cancel();
                let fresh = fresh.get_or_init(|| spawn(trigger(out.clone())).shared());
                let cancelled = tasks.each_ref().map(|task| py(task.cancel())).join(" ");
                say!(out, "callback cancels {cancelled} {}", py(fresh.cancel()));
            }
        };
        task.on_done(callback);
        let all_of_them = gather(tasks.clone().map(join));
        yield_now().await;
        gate.set();
        let printer = out.clone();
        let call = Handle::current().call_soon(move || say!(printer, "never printed"));
        handle.set(call).ok().unwrap();
        let printer = out.clone();
        Handle::current().call_soon(move || say!(printer, "printed"));
        match all_of_them.await {
            Ok(names) => say!(out, "gathered {}", quoted(&names)),
            Err(_) => {
                let requests = task::cancel_requests();
                say!(out, "main got CancelledError, requests {requests}");
            }
        }
        let [_, _, stubborn] = tasks;
        let fresh = fresh.get().unwrap();
        wait_all(each(&[stubborn.clone(), fresh.clone()])).await;
        let cancelled = was_cancelled(fresh);
        let value = stubborn.outcome().unwrap().unwrap();
        say!(out, "fresh cancelled {cancelled} stubborn gave {value}");
    });
}

#[test]
fn as_completed_with_cancelled_members() {
    type Workers = Vec<SharedHandle<Fallible<&'static str>>>;
    async fn worker(out: Out, name: &'static str, delay: u64) -> Fallible<&'static str> {
        if let Err(cancelled) = catch_cancel(sleep(ms(delay))).await {
            out.say(format_args!("{name} is cancelled"));
            cancelled.resume().await
        }
        if name == "bad" { Err(name) } else { Ok(name) }
    }
    async fn collect(out: Out, tasks: Workers, limit: Option<u64>) {
        let deadline = limit.map(|limit| roundelay::time::now() + ms(limit));
        let mut items = as_completed(tasks.into_iter().map(join));
        loop {
            let item = timeout_scope(None, async |scope| {
                scope.reschedule(deadline).unwrap();
                items.next().await
            });
            match catch_cancel(item).await {
                Ok(Ok(None)) => break,
                Ok(Ok(Some(Ok(Ok(name))))) => out.say(format_args!("item {name} at {}", out.now())),
                Ok(Ok(Some(Ok(Err(error))))) => out.say(format_args!("item raised {error}")),
                Ok(Ok(Some(Err(_)))) => {
                    let requests = task::cancel_requests();
                    out.say(format_args!("item is cancelled, requests {requests}"));
                }
                Ok(Err(_)) => {
                    out.say(format_args!("item timed out at {}", out.now()));
                    break;
                }
                Err(cancelled) => {
                    let requests = task::cancel_requests();
                    out.say(format_args!("item is cancelled, requests {requests}"));
                    cancelled.resume().await
                }
            }
        }
    }
    let name = "fresh/as_completed_with_cancelled_members";
    check(name, |out| async move {
        let start = |last| -> Workers {
            [("slow", 30), ("quick", 5), ("victim", 20), (last, 8)]
                .map(|(name, delay)| spawn(worker(out.clone(), name, delay)).shared())
                .into()
        };
        let tasks = start("bad");
        let victim = tasks[2].clone();
        Handle::current().call_later(ms(7), move || {
            victim.cancel();
        });
        collect(out.clone(), tasks.clone(), Some(10)).await;
        let name = tasks[0].clone().await.unwrap().unwrap();
        out.say(format_args!("slow gives {name} at {}", out.now()));

        let tasks = start("good");
        let limited = timeout(ms(6), collect(out.clone(), tasks.clone(), Some(10)));
        if limited.await.is_err() {
            out.say(format_args!("TimeoutError at {}", out.now()));
        }
        let joins = tasks
            .iter()
            .cloned()
            .map(|task| spawn(join(task)))
            .collect();
        let (done, pending) = wait(joins, WaitMode::FirstCompleted).await;
        out.say(format_args!(
            "done {} pending {}",
            done.len(),
            pending.len()
        ));
        collect(out.clone(), tasks, None).await;
    });
}

#[test]
fn group_fails_under_wait_for() {
    type Failure = Option<&'static str>;
    async fn member(out: Out, error: Failure, clean_up: u64) -> Fallible {
        if let Err(cancelled) = catch_cancel(sleep(LONG)).await {
            say!(out, "member is cancelled");
            sleep(ms(clean_up)).await;
            match error {
                Some(error) => return Err(error),
                None => cancelled.resume().await,
            }
        }
        Ok(())
    }
    async fn group_of(
        out: Out,
        error: Failure,
        clean_up: u64,
        swallow: bool,
    ) -> Result<&'static str, GroupError<&'static str>> {
        let group = task_group(async |group| {
            group.spawn(member(out.clone(), error, clean_up));
            if swallow && catch_cancel(sleep(LONG)).await.is_err() {
                let requests = task::cancel_requests();
                say!(out, "body swallows, requests {requests}");
            }
            Ok(())
        });
        let over = async {
            say!(out, "group is over, requests {}", task::cancel_requests());
        };
        finally(group, over).await?;
        Ok("value")
    }
    async fn attempt(out: Out, error: Failure, clean_up: u64, swallow: bool) {
        let group = group_of(out.clone(), error, clean_up, swallow);
        match timeout(ms(10), group).await {
            Ok(Ok(value)) => say!(out, "gave {value}"),
            Ok(Err(error)) => say!(out, "group of {}", raised(&error)),
            Err(_) => say!(out, "TimeoutError at {}", out.now()),
        }
        say!(out, "requests {}", task::cancel_requests());
    }
    async fn finisher(out: Out, task: SharedHandle<()>) {
        sleep(ms(5)).await;
        say!(out, "finisher cancels {}", py(task.cancel()));
    }
    check("fresh/group_fails_under_wait_for", |out| async move {
        attempt(out.clone(), None, 5, false).await;
        attempt(out.clone(), Some("bad"), 5, false).await;
        let task = spawn(attempt(out.clone(), Some("worse"), 20, false));
        sleep(ms(15)).await;
        say!(out, "cancel {}", py(task.cancel()));
        let task = end_of(task).await.shared();
        say!(out, "cancelled {}", was_cancelled(&task));
        let task = spawn(attempt(out.clone(), None, 0, true)).shared();
        let helper = spawn(finisher(out.clone(), task.clone()));
        wait_all([spawn(join(task.clone())), helper]).await;
        say!(out, "cancelled {}", was_cancelled(&task));
    });
}

#[test]
fn wait_and_gather_in_one_cancel() {
    type Gate = Rc<Promise<()>>;
    type Ended = Rc<RefCell<Vec<&'static str>>>;
    type Worker = JoinHandle<Fallible<&'static str>>;
    async fn worker(
        out: Out,
        name: &'static str,
        gate: Gate,
        ended: Ended,
    ) -> Fallible<&'static str> {
        if let Err(cancelled) = catch_cancel(gate.wait()).await {
            say!(out, "{name} is cancelled");
            if name == "stubborn" {
                yield_now().await;
                say!(out, "{name} stays");
                return Ok(name);
            }
            cancelled.resume().await
        }
        say!(out, "{name} ends");
        ended.borrow_mut().push(name);
        if name == "bad" { Err(name) } else { Ok(name) }
    }
    async fn waiting(out: Out, tasks: Vec<Worker>, ended: Ended) {
        let first_error = task::wait_first_error(tasks).timeout(Duration::from_secs(1));
        match catch_cancel(first_error).await {
            Ok((done, pending)) => say!(out, "waited {} {}", done.len(), pending.len()),
            Err(cancelled) => {
                say!(out, "wait is cancelled, ended {}", ended.borrow().join(" "));
                sleep(ms(10)).await;
                say!(out, "wait's owner is clean at {}", out.now());
                cancelled.resume().await
            }
        }
    }
    async fn gathering(out: Out, tasks: Vec<Worker>, ended: Ended) {
        match catch_cancel(gather_handles(tasks).settled()).await {
            Ok(outcomes) => say!(out, "gathered {}", outcomes.len()),
            Err(cancelled) => {
                say!(
                    out,
                    "gather is cancelled, ended {}",
                    ended.borrow().join(" ")
                );
                cancelled.resume().await
            }
        }
    }
    check("fresh/wait_and_gather_in_one_cancel", |out| async move {
        let ended = Ended::default();
        let names = ["good", "bad", "quiet", "other", "stubborn", "late"];
        let gates = names.map(|_| Gate::new(Promise::new()));
        let mut tasks: Vec<_> = (0..6)
            .map(|n| {
                worker(
                    out.clone(),
                    names[n],
                    Rc::clone(&gates[n]),
                    Rc::clone(&ended),
                )
            })
            .map(spawn)
            .collect();
        let members = tasks.split_off(3);
        let quiet = tasks.pop().unwrap().shared();
        tasks.push(spawn(join(quiet.clone())));
        let first = spawn(waiting(out.clone(), tasks, Rc::clone(&ended))).shared();
        let second = spawn(gathering(out.clone(), members, Rc::clone(&ended))).shared();
        yield_now().await;
        yield_now().await;
        gates[0].set(()).unwrap();
        say!(out, "member cancel {}", py(quiet.cancel()));
        yield_now().await;
        yield_now().await;
        say!(out, "first pending {}", py(!first.is_finished()));
        gates[1].set(()).unwrap();
        gates[3].set(()).unwrap();
        let (printer, owners) = (out.clone(), [first.clone(), second.clone()]);
        Handle::current().call_soon(move || {
            let [first, second] = owners.map(|owner| py(owner.cancel()));
            say!(printer, "cancel both {first} {second}");
        });
        wait_all([spawn(join(second.clone()))]).await;
        say!(out, "second cancelled {}", was_cancelled(&second));
        wait_all([spawn(join(first.clone()))]).await;
        say!(out, "first cancelled {}", was_cancelled(&first));
    });
}

#[test]
fn lock_with_limits_and_shutdown() {
    async fn waiter(out: Out, name: String, lock: Rc<Lock>) {
        let body = async {
            let _guard = lock.lock().await;
            say!(out, "{name} has the lock");
            yield_now().await;
        };
        if let Err(cancelled) = catch_cancel(body).await {
            say!(out, "{name} is cancelled, locked {}", py(lock.is_locked()));
            cancelled.resume().await
        }
    }
    async fn limited(out: Out, name: &'static str, lock: Rc<Lock>, limit: Duration) {
        let body = async {
            let _guard = lock.lock().await;
            say!(out, "{name} has the lock at {}", out.now());
        };
        if timeout(limit, body).await.is_err() {
            say!(out, "{name} got TimeoutError at {}", out.now());
        }
    }
    async fn leftover(out: Out, lock: Rc<Lock>) {
        let clean_up = async {
            let requests = task::cancel_requests();
            say!(out, "leftover begins to clean up, requests {requests}");
            limited(out.clone(), "leftover", lock, ms(10)).await;
            shield(spawn(sleep(ms(20)))).await.unwrap();
            say!(out, "leftover is clean at {}", out.now());
        };
        finally(sleep(LONG), clean_up).await;
    }
    check("fresh/lock_with_limits_and_shutdown", |out| async move {
        let lock = Rc::new(Lock::new(()));
        let main = |limit| limited(out.clone(), "main", Rc::clone(&lock), limit);
        main(Duration::ZERO).await;
        yield_now().await;
        lock.acquire().await;
        let tasks: Rc<[_; 3]> = Rc::new(
            [0, 1, 2].map(|n| spawn(waiter(out.clone(), format!("waiter {n}"), Rc::clone(&lock)))),
        );
        main(Duration::ZERO).await;
        lock.release();
        let (printer, seen, victims) = (out.clone(), Rc::clone(&lock), Rc::clone(&tasks));
        Handle::current().call_soon(move || {
            let cancelled = py(victims[0].cancel());
            say!(
                printer,
                "cancel {cancelled} locked {}",
                py(seen.is_locked())
            );
        });
        say!(out, "released, locked {}", py(lock.is_locked()));
        lock.acquire().await;
        say!(out, "main has the lock again");
        lock.release();
        let (second, third) = (py(tasks[1].cancel()), py(tasks[2].cancel()));
        say!(out, "cancel {second} {third}");
        main(Duration::ZERO).await;
        lock.acquire().await;
        spawn(limited(out.clone(), "queued", Rc::clone(&lock), ms(5)));
        spawn(leftover(out.clone(), Rc::clone(&lock)));
        sleep(ms(10)).await;
        lock.release();
        say!(out, "main is over at {}", out.now());
    });
}

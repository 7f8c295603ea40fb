//! Futures, which are promises here: done once, and told to all in the order in which they came.

use super::harness::{Out, check, ms, py};
use roundelay::sync::Promise;
use roundelay::{Handle, catch_cancel, shield, sleep, spawn, task, yield_now};
use std::fmt::Display;
use std::rc::Rc;

/// Says what it has when the future is set.
async fn waiter<T: Clone + Display>(out: Out, words: &str, future: Rc<Promise<T>>) {
    let value = future.wait().await.unwrap();
    out.say(format!("{words} {value}"));
}

#[test]
fn await_done() {
    check("futures/await_done", |out| async move {
        let future = Promise::new();
        future.set(3).unwrap();
        out.say_soon("callback");
        out.say(format!("has {}", future.wait().await.unwrap()));
        out.say(format!("has {}", future.wait().await.unwrap()));
        out.say(format!("result {}", future.get().unwrap()));
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn callback_adds_callback() {
    check("futures/callback_adds_callback", |out| async move {
        let future = Rc::new(Promise::new());
        let (first, again, second) = (out.clone(), future.clone(), out.clone());
        future.on_done(move || {
            first.say("first");
            again.on_done(move || first.say("added by the first"));
        });
        future.on_done(move || second.say("second"));
        future.set(()).unwrap();
        yield_now().await;
        out.say("one turn later");
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn callbacks_in_order() {
    check("futures/callbacks_in_order", |out| async move {
        let future = Promise::new();
        let add = |line: &'static str| {
            let out = out.clone();
            future.on_done(move || out.say(line));
        };
        add("one");
        add("two");
        future.set(()).unwrap();
        add("three, added after the set");
        out.say_soon("callback");
        out.say("set");
        yield_now().await;
        add("four, added later");
        out.say("added");
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn cancel_reaches_awaiters() {
    async fn waiter(out: Out, name: &'static str, future: Rc<Promise<()>>) -> &'static str {
        if future.wait().await.is_err() {
            out.say(format!("{name} sees the cancel"));
        }
        name
    }
    check("futures/cancel_reaches_awaiters", |out| async move {
        let future = Rc::new(Promise::new());
        let names = ["one", "two", "three"];
        let tasks = names.map(|name| spawn(waiter(out.clone(), name, future.clone())));
        yield_now().await;
        let (callback, done) = (out.clone(), future.clone());
        future.on_done(move || {
            let cancelled = py(done.is_cancelled());
            callback.say(format!("callback, cancelled: {cancelled}"));
        });
        out.say(format!("cancel: {}", py(future.cancel())));
        for task in tasks {
            out.say(format!("joined {}", task.await.unwrap()));
        }
    });
}

#[test]
fn cancelled_awaiter_hits_the_others() {
    async fn waiter(out: Out, name: &str, future: Rc<Promise<()>>) {
        // The one whose task was cancelled gets that, the others a future that was.
        if !matches!(catch_cancel(future.wait()).await, Ok(Ok(()))) {
            let requests = task::cancel_requests();
            out.say(format!("{name} is hit, requests: {requests}"));
        }
    }
    check(
        "futures/cancelled_awaiter_hits_the_others",
        |out| async move {
            let future = Rc::new(Promise::new());
            let names = ["one", "two", "three"];
            let tasks = names.map(|name| spawn(waiter(out.clone(), name, future.clone())));
            yield_now().await;
            tasks[1].cancel();
            let cancelled = py(future.is_cancelled());
            out.say(format!("future cancelled: {cancelled}"));
            for task in tasks {
                task.await.unwrap();
            }
            out.say("end");
        },
    );
}

#[test]
fn cancelled_waiter_of_several() {
    async fn waiter(out: Out, one: Rc<Promise<&str>>, two: Rc<Promise<&str>>) {
        if one.wait().await.is_err() {
            out.say("first wait is cancelled");
        }
        out.say(format!("has {}", two.wait().await.unwrap()));
    }
    check("futures/cancelled_waiter_of_several", |out| async move {
        let (one, two) = (Rc::new(Promise::new()), Rc::new(Promise::new()));
        let task = spawn(waiter(out.clone(), one.clone(), two.clone()));
        yield_now().await;
        one.cancel();
        yield_now().await;
        let done = py(task.is_finished());
        out.say(format!("waits for the second, done: {done}"));
        two.set("value").unwrap();
        let cancelled = py(task.await.is_err());
        out.say(format!("end, cancelled: {cancelled}"));
    });
}

#[test]
fn failing_callback() {
    check("futures/failing_callback", |out| async move {
        let report = out.clone();
        out.on_unhandled(move |unhandled| {
            report.say(format!("reported: {}", unhandled.panic_message()));
        });
        let future = Rc::new(Promise::new());
        let add = |line: &'static str| {
            let out = out.clone();
            future.on_done(move || out.say(line));
        };
        add("one");
        future.on_done(|| panic!("broken callback"));
        let task = spawn(waiter(out.clone(), "waiter has", future.clone()));
        yield_now().await;
        add("three");
        future.set("value").unwrap();
        task.await.unwrap();
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn remove_callback() {
    check("futures/remove_callback", |out| async move {
        let future = Promise::new();
        let add = |line: &'static str| {
            let out = out.clone();
            future.on_done(move || out.say(line))
        };
        add("kept");
        let (never, late) = (add("never"), add("late"));
        let remove = |callback| py(future.remove_done_callback(callback));
        out.say(format!("removed: {}", remove(never)));
        out.say(format!("removed again: {}", remove(never)));
        future.set(()).unwrap();
        out.say(format!("removed after the set: {}", remove(late)));
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn result_while_pending() {
    fn look(out: &Out, future: &Promise<u32>) {
        match future.get() {
            Some(value) => out.say(format!("value: {value}")),
            None => out.say("no value yet"),
        }
    }
    check("futures/result_while_pending", |out| async move {
        let future = Promise::new();
        look(&out, &future);
        future.set(5).unwrap();
        look(&out, &future);
        look(&out, &future);
    });
}

#[test]
fn set_by_awaiter_of_another() {
    async fn link(out: Out, n: usize, start: u64, futures: Rc<[Promise<u32>; 4]>) {
        let value = futures[n].wait().await.unwrap();
        out.say(format!("link {n} in turn {}", out.turns() - start));
        futures[n + 1].set(value + 1).unwrap();
    }
    check("futures/set_by_awaiter_of_another", |out| async move {
        let futures = Rc::new([(); 4].map(|()| Promise::new()));
        yield_now().await;
        let start = out.turns();
        let tasks = [2, 1, 0].map(|n| spawn(link(out.clone(), n, start, futures.clone())));
        yield_now().await;
        futures[0].set(10).unwrap();
        let last = futures[3].wait().await.unwrap();
        let turn = out.turns() - start;
        out.say(format!("last has {last} in turn {turn}"));
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn set_by_timer() {
    check("futures/set_by_timer", |out| async move {
        let future = Rc::new(Promise::new());
        let (timer, set) = (out.clone(), future.clone());
        Handle::current().call_later(ms(10), move || {
            timer.say("sets");
            set.set("value").unwrap();
            timer.say_soon("callback");
        });
        let value = future.wait().await.unwrap();
        out.say(format!("has {value} at {}", out.now()));
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn set_then_wake() {
    async fn begin(out: Out, future: Rc<Promise<&str>>) {
        out.say("waiter waits");
        waiter(out, "waiter has", future).await;
    }
    check("futures/set_then_wake", |out| async move {
        let future = Rc::new(Promise::new());
        let task = spawn(begin(out.clone(), future.clone()));
        yield_now().await;
        out.say_soon("callback before the set");
        future.set("value").unwrap();
        out.say_soon("callback after the set");
        out.say(format!("is set, done: {}", py(future.is_done())));
        task.await.unwrap();
        out.say("end");
    });
}

#[test]
fn set_twice() {
    check("futures/set_twice", |out| async move {
        let future = Promise::new();
        future.set("first").unwrap();
        if future.set("second").is_err() {
            out.say("refused");
        }
        out.say(format!("cancel of a done one: {}", py(future.cancel())));
        out.say(format!("has {}", future.wait().await.unwrap()));
        let future = Promise::new();
        out.say(format!("cancel: {}", py(future.cancel())));
        out.say(format!("cancel again: {}", py(future.cancel())));
        if future.set("too late").is_err() {
            out.say("refused");
        }
        let (cancelled, done) = (py(future.is_cancelled()), py(future.is_done()));
        out.say(format!("cancelled: {cancelled} done: {done}"));
    });
}

#[test]
fn shield_protects_the_future() {
    async fn waiter<E>(out: Out, name: &str, future: impl Future<Output = Result<&str, E>>) {
        match catch_cancel(future).await {
            Ok(Ok(value)) => out.say(format!("{name} has {value}")),
            _ => out.say(format!("{name} is hit")),
        }
    }
    async fn worker() -> &'static str {
        sleep(ms(10)).await;
        "value"
    }
    check("futures/shield_protects_the_future", |out| async move {
        let work = spawn(worker()).shared();
        let one = spawn(waiter(out.clone(), "one", shield(work.clone())));
        let two = spawn(waiter(out.clone(), "two", work.clone()));
        yield_now().await;
        one.cancel();
        one.await.unwrap();
        let cancelled = work.outcome().is_some_and(|outcome| outcome.is_err());
        out.say(format!("work cancelled: {}", py(cancelled)));
        two.await.unwrap();
    });
}

#[test]
fn waiters_that_come_late() {
    check("futures/waiters_that_come_late", |out| async move {
        let future = Rc::new(Promise::new());
        let early = spawn(waiter(out.clone(), "early has", future.clone()));
        yield_now().await;
        let words = "late, spawned before the set has";
        let late = spawn(waiter(out.clone(), words, future.clone()));
        future.set("value").unwrap();
        waiter(out, "main has", future).await;
        early.await.unwrap();
        late.await.unwrap();
    });
}

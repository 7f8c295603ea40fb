//! Promises: done once, told to all in the order in which they came.

use crate::trace::{Trace, expect, turns};
use roundelay::error::AlreadySet;
use roundelay::sync::Promise;
use roundelay::{ContextVar, Handle, Runtime, run, shield, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

async fn waiter(out: Trace, n: u32, promise: Rc<Promise<u32>>) {
    match promise.wait().await {
        Ok(value) => out.say(format!("waiter {n} got {value}")),
        Err(_) => out.say(format!("waiter {n}: cancelled")),
    }
}

#[test]
fn tasks_and_callbacks_are_told_in_the_order_in_which_they_came() {
    async fn program(out: Trace) {
        let say = |line: &'static str| {
            let out = out.clone();
            move || out.say(line)
        };
        let promise = Rc::new(Promise::new());
        drop(spawn(waiter(out.clone(), 1, Rc::clone(&promise))));
        yield_now().await;
        promise.on_done(say("callback"));
        let gone = promise.on_done(say("never"));
        drop(spawn(waiter(out.clone(), 2, Rc::clone(&promise))));
        yield_now().await;
        let removed = promise.remove_done_callback(gone);
        out.say(format!("removed: {}", u32::from(removed)));
        Handle::current().call_soon(say("queued before"));
        promise.set(5).unwrap();
        Handle::current().call_soon(say("queued after"));
        out.say("set");
        yield_now().await;
        out.say("a turn later");
        promise.on_done(say("late callback"));
        out.say(format!(
            "main got {} at once",
            promise.wait().await.unwrap()
        ));
        yield_now().await;
    }
    expect(
        program,
        "
removed: 1
set
queued before
waiter 1 got 5
callback
waiter 2 got 5
queued after
a turn later
main got 5 at once
late callback",
    );
}

#[test]
fn a_cancelled_promise_gives_everyone_an_error() {
    async fn program(out: Trace) {
        let promise = Rc::new(Promise::new());
        for n in [1, 2] {
            drop(spawn(waiter(out.clone(), n, Rc::clone(&promise))));
        }
        yield_now().await;
        promise.on_done({
            let (out, promise) = (out.clone(), Rc::clone(&promise));
            move || {
                out.say(format!("callback: {}", promise.is_cancelled()));
            }
        });
        out.say(format!("{} {}", promise.cancel(), promise.cancel()));
        turns().await;
    }
    expect(
        program,
        "
true false
waiter 1: cancelled
waiter 2: cancelled
callback: true",
    );
}

#[test]
fn a_promise_is_done_once() {
    let promise = Promise::new();
    assert_eq!((promise.is_done(), promise.get()), (false, None));
    promise.set("first").unwrap();
    assert_eq!(promise.set("second"), Err(AlreadySet("second")));
    let error = promise.set("third").unwrap_err().to_string();
    assert!(error.contains("done already"), "{error}");
    assert!(!promise.cancel() && !promise.is_cancelled());
    assert_eq!(promise.get(), Some("first"));

    let promise = Promise::new();
    assert!(promise.cancel());
    assert!(promise.is_done() && promise.is_cancelled());
    assert_eq!(promise.set(1), Err(AlreadySet(1)));
    assert_eq!(promise.get(), None);
}

#[test]
fn a_removed_callback_does_not_run_and_a_queued_one_cannot_be_removed() {
    run(async {
        let ran = Rc::new(Cell::new(0));
        let count = || {
            let ran = Rc::clone(&ran);
            move || ran.set(ran.get() + 1)
        };
        let promise = Promise::new();
        let (first, second) = (promise.on_done(count()), promise.on_done(count()));
        assert!(promise.remove_done_callback(first));
        assert!(!promise.remove_done_callback(first));
        promise.set(()).unwrap();
        assert!(!promise.remove_done_callback(second));
        let late = promise.on_done(count());
        assert!(!promise.remove_done_callback(late));
        assert_eq!(ran.get(), 0, "nothing runs inside of set");
        yield_now().await;
        assert_eq!(ran.get(), 2);
    });
}

#[test]
fn a_callback_runs_on_the_loop_that_ran_when_it_was_given() {
    let (first, second) = (
        Runtime::builder().build().unwrap(),
        Runtime::builder().build().unwrap(),
    );
    let promise = Rc::new(Promise::new());
    let ran = Rc::new(Cell::new(false));
    first.run(async {
        let ran = Rc::clone(&ran);
        promise.on_done(move || ran.set(true));
    });
    second.run(async {
        promise.set(1).unwrap();
        turns().await;
        assert!(!ran.get());
    });
    first.run(yield_now());
    assert!(ran.get());
}

#[test]
fn a_callback_whose_loop_has_ended_is_dropped() {
    let promise = Promise::new();
    let token = Rc::new(());
    run(async {
        let token = Rc::clone(&token);
        promise.on_done(move || drop(token));
    });
    assert_eq!(Rc::strong_count(&token), 2);
    promise.set(1).unwrap();
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn a_promise_that_is_set_while_its_loop_closes_drops_its_callbacks() {
    struct SetsAtItsEnd(Rc<Promise<u32>>);
    impl Drop for SetsAtItsEnd {
        fn drop(&mut self) {
            self.0.set(1).unwrap();
        }
    }
    let (promise, ran) = (Rc::new(Promise::new()), Rc::new(Cell::new(false)));
    let runtime = Runtime::builder().build().unwrap();
    runtime.run(async {
        promise.on_done({
            let ran = Rc::clone(&ran);
            move || ran.set(true)
        });
        let setter = SetsAtItsEnd(Rc::clone(&promise));
        drop(spawn(async move {
            let _setter = setter;
            std::future::pending::<()>().await;
        }));
        yield_now().await;
    });
    assert!(!promise.is_done());
    drop(runtime);
    assert!(promise.is_done() && !ran.get());
    assert_eq!(Rc::strong_count(&ran), 1, "the callback is kept");
}

#[test]
fn a_callback_needs_a_loop() {
    let said = crate::trace::panic_of(|| Promise::<()>::new().on_done(|| ()));
    assert!(said.contains("no event loop is running"), "{said}");
}

#[test]
fn a_promise_whose_loop_ended_can_be_waited_for_in_the_next() {
    let promise = Rc::new(Promise::new());
    run(async {
        drop(spawn({
            let promise = Rc::clone(&promise);
            async move { shield(promise.wait()).await }
        }));
        yield_now().await;
    });
    promise.set(3).unwrap();
    assert_eq!(run(promise.wait()), Ok(3));
}

#[test]
fn a_callback_sees_the_variables_of_when_it_was_added() {
    static VAR: ContextVar<u32> = ContextVar::new();
    run(async {
        let (promise, seen) = (Promise::new(), Rc::new(RefCell::new(Vec::new())));
        let add = || {
            let seen = Rc::clone(&seen);
            promise.on_done(move || seen.borrow_mut().push(VAR.get()));
        };
        add();
        VAR.set(1);
        add();
        VAR.set(2);
        promise.set(()).unwrap();
        add();
        VAR.set(3);
        yield_now().await;
        assert_eq!(*seen.borrow(), [None, Some(1), Some(2)]);
        assert_eq!(VAR.get(), Some(3));
    });
}

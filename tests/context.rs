//! Context variables: who inherits which value, and when values are dropped.

use roundelay::context::Context;
use roundelay::{ContextVar, Handle, Runtime, catch_cancel, gather, run, sleep, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

static NUMBER: ContextVar<u32> = ContextVar::new();
static OTHER: ContextVar<u32> = ContextVar::new();

#[test]
fn a_task_inherits_the_values_of_its_spawn_and_keeps_its_own() {
    run(async {
        NUMBER.set(1);
        let task = spawn(async {
            assert_eq!(NUMBER.get(), Some(1));
            NUMBER.set(3);
            yield_now().await;
            assert_eq!(NUMBER.get(), Some(3));
            spawn(async { NUMBER.get() }).await.unwrap()
        });
        NUMBER.set(2);
        assert_eq!(task.await.unwrap(), Some(3));
        assert_eq!(NUMBER.get(), Some(2));
        let seen = gather((0..3).map(|_| async { NUMBER.get() })).await;
        assert_eq!(seen.unwrap(), [Some(2); 3]);
    });
    assert_eq!(NUMBER.get(), None);
}

#[test]
fn a_task_of_before_the_first_value_has_none() {
    run(async {
        let early = spawn(async { NUMBER.get() });
        NUMBER.set(1);
        assert_eq!(early.await.unwrap(), None);
    });
}

#[test]
fn a_callback_has_the_values_of_its_registration() {
    run(async {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let note = |what: &'static str| {
            let seen = seen.clone();
            move || {
                seen.borrow_mut().push((what, NUMBER.get()));
                NUMBER.set(99);
            }
        };
        let handle = Handle::current();
        handle.call_soon(note("before any value"));
        NUMBER.set(1);
        handle.call_soon(note("soon"));
        handle.call_later(Duration::from_millis(1), note("later"));
        handle
            .remote()
            .post(|| assert_eq!(NUMBER.get(), Some(1), "a post from the loop's own thread"))
            .unwrap();
        NUMBER.set(2);
        handle.call_soon(note("soon, with another"));
        sleep(Duration::from_millis(5)).await;
        assert_eq!(
            *seen.borrow(),
            [
                ("before any value", None),
                ("soon", Some(1)),
                ("soon, with another", Some(2)),
                ("later", Some(1)),
            ]
        );
        assert_eq!(NUMBER.get(), Some(2), "what a callback sets is its own");
    });
}

#[test]
fn a_token_restores_what_was_before() {
    run(async {
        let first = NUMBER.set(1);
        let second = NUMBER.set(2);
        OTHER.set(10);
        NUMBER.reset(second);
        assert_eq!(NUMBER.get(), Some(1));
        NUMBER.reset(first);
        assert_eq!(NUMBER.get(), None);
        assert_eq!(OTHER.get(), Some(10));
    });
}

#[test]
#[should_panic(expected = "token of another one")]
fn a_token_of_another_variable_is_refused() {
    let token = NUMBER.set(1);
    OTHER.reset(token);
}

#[test]
fn a_context_runs_code_with_its_values_and_keeps_what_that_sets() {
    run(async {
        NUMBER.set(1);
        let mut context = Context::copy();
        NUMBER.set(2);
        let task = context.run(|| {
            assert_eq!(NUMBER.get(), Some(1));
            NUMBER.set(5);
            spawn(async { NUMBER.get() })
        });
        assert_eq!(NUMBER.get(), Some(2));
        assert_eq!(task.await.unwrap(), Some(5));
        assert_eq!(context.run(|| NUMBER.get()), Some(5));
        assert_eq!(Context::new().run(|| NUMBER.get()), None);
    });
}

#[test]
fn a_context_is_left_by_a_panic_too() {
    NUMBER.set(1);
    let mut context = Context::new();
    let left = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        context.run(|| {
            NUMBER.set(2);
            panic!("out")
        })
    }));
    assert!(left.is_err());
    assert_eq!(NUMBER.get(), Some(1));
    assert_eq!(context.run(|| NUMBER.get()), Some(2));
}

#[test]
fn the_runs_of_a_runtime_share_its_values() {
    NUMBER.set(1);
    let runtime = Runtime::new().unwrap();
    NUMBER.set(2);
    runtime.run(async {
        assert_eq!(NUMBER.get(), Some(1), "the runtime inherits from its maker");
        NUMBER.set(3);
    });
    assert_eq!(NUMBER.get(), Some(2), "the thread's own are untouched");
    runtime.run(async { assert_eq!(NUMBER.get(), Some(3)) });
    // What is spawned from outside inherits from outside.
    let task = runtime.spawn(async { NUMBER.get() });
    assert_eq!(runtime.run(task).unwrap(), Some(2));
}

#[test]
fn code_that_ends_a_cancelled_future_has_its_tasks_values() {
    struct Look(Rc<Cell<Option<u32>>>);
    impl Drop for Look {
        fn drop(&mut self) {
            self.0.set(NUMBER.get());
        }
    }
    let seen = Rc::new(Cell::new(None));
    run(async {
        let look = Look(seen.clone());
        let task = spawn(async move {
            NUMBER.set(7);
            let _look = look;
            std::future::pending::<()>().await
        });
        yield_now().await;
        task.cancel();
        assert!(task.await.is_err());
        let caught = spawn(async {
            NUMBER.set(8);
            let _ = catch_cancel(std::future::pending::<()>()).await;
            NUMBER.get()
        });
        yield_now().await;
        caught.cancel();
        assert_eq!(caught.await.unwrap(), Some(8));
    });
    assert_eq!(seen.get(), Some(7));
}

thread_local! {
    static DROPS: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// A value whose drop uses the loop and the variable it was in.
#[derive(Clone)]
struct Heavy(#[expect(dead_code, reason = "it is there for its drop")] Rc<HeavyInner>);

struct HeavyInner(u32);

static HEAVY: ContextVar<Heavy> = ContextVar::new();

fn heavy(number: u32) -> Heavy {
    Heavy(Rc::new(HeavyInner(number)))
}

impl Drop for HeavyInner {
    fn drop(&mut self) {
        let _ = roundelay::task::current();
        HEAVY.with(|_| ());
        DROPS.with(|drops| drops.borrow_mut().push(self.0));
    }
}

#[test]
fn values_are_dropped_with_the_last_who_has_them_and_may_use_the_loop() {
    run(async {
        // The value of a task goes with it.
        spawn(async { drop(HEAVY.set(heavy(1))) }).await.unwrap();
        assert_eq!(DROPS.take(), [1]);

        // A value that another one replaces goes with the token that could restore it.
        let token = HEAVY.set(heavy(2));
        HEAVY.set(heavy(3));
        assert_eq!(DROPS.take(), [2]);
        HEAVY.reset(token);
        assert_eq!(DROPS.take(), [3]);

        // That of a task whose handle is dropped late goes at a turn, not within the drop of the handle.
        let task = spawn(async { drop(HEAVY.set(heavy(4))) });
        yield_now().await;
        drop(task);
        assert_eq!(DROPS.take(), [0; 0]);
        yield_now().await;
        assert_eq!(DROPS.take(), [4]);

        // That of a callback goes when it has run.
        Handle::current().call_soon(|| drop(HEAVY.set(heavy(5))));
        yield_now().await;
        assert_eq!(DROPS.take(), [5]);

        // That of a task that never ends, and the runtime's, go with the loop.
        drop(spawn(async {
            HEAVY.set(heavy(6));
            std::future::pending::<()>().await
        }));
        yield_now().await;
        HEAVY.set(heavy(7));
    });
    assert_eq!(DROPS.take(), [6, 7]);
}

#[test]
fn threads_do_not_share_values() {
    NUMBER.set(1);
    std::thread::spawn(|| assert_eq!(NUMBER.get(), None))
        .join()
        .unwrap();
    assert_eq!(NUMBER.get(), Some(1));
}

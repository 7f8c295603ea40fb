//! Eager start: the first step runs within the spawn, and disturbs nothing of the task that spawns.

use roundelay::task::{self, TaskState};
use roundelay::{
    ContextVar, Handle, Runtime, catch_cancel, gather, run, spawn, spawn_eager, tasks, yield_now,
};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

#[derive(Clone, Default)]
struct Trace(Rc<RefCell<Vec<&'static str>>>);

impl Trace {
    fn add(&self, what: &'static str) {
        self.0.borrow_mut().push(what);
    }
}

#[test]
fn the_first_step_runs_within_the_spawn_and_the_next_ones_in_turn() {
    let trace = Trace::default();
    let log = trace.clone();
    run(async move {
        let lazy = spawn({
            let log = log.clone();
            async move { log.add("lazy") }
        });
        let eager = spawn_eager({
            let log = log.clone();
            async move {
                log.add("eager, first step");
                yield_now().await;
                log.add("eager, second step");
            }
        });
        log.add("spawned");
        eager.await.unwrap();
        lazy.await.unwrap();
    });
    assert_eq!(
        *trace.0.borrow(),
        [
            "eager, first step",
            "spawned",
            // It stood in the queue first.
            "lazy",
            "eager, second step"
        ]
    );
}

#[test]
fn a_task_that_ends_at_once_costs_no_turn() {
    run(async {
        let turns = Rc::new(Cell::new(0));
        let count = turns.clone();
        Handle::current().call_soon(move || count.set(1));
        let done = spawn_eager(async { 1 });
        assert!(done.is_finished());
        assert_eq!(done.await.unwrap(), 1);
        assert!(
            spawn_eager(async { panic!("at once") })
                .await
                .unwrap_err()
                .is_panic()
        );
        assert_eq!(turns.get(), 0, "the loop has run something else");
        // Nothing is left in the queue for it.
        assert_eq!(tasks().len(), 1);
    });
}

#[test]
fn the_task_that_spawns_is_the_current_one_again() {
    static NUMBER: ContextVar<u32> = ContextVar::new();
    run(async {
        NUMBER.set(1);
        let own = task::current();
        let inner = spawn_eager(async move {
            let states: Vec<_> = tasks().iter().map(|task| task.state()).collect();
            assert_eq!(states, [TaskState::Running; 2]);
            assert_eq!(NUMBER.get(), Some(1));
            NUMBER.set(2);
            let id = task::current();
            let innermost = spawn_eager(async { (task::current(), NUMBER.get()) });
            assert_eq!(task::current(), id);
            let (deepest, number) = innermost.await.unwrap();
            assert_eq!(number, Some(2));
            (id, deepest)
        });
        assert_eq!(task::current(), own);
        assert_eq!(NUMBER.get(), Some(1));
        let (id, deepest) = inner.await.unwrap();
        assert!(own != id && id != deepest && own != deepest);
    });
}

#[test]
fn a_cancel_still_goes_to_what_the_spawning_task_awaits() {
    run(async {
        let joined = Rc::new(RefCell::new(None));
        let place = joined.clone();
        let outer = spawn(async move {
            // It awaits one task, then starts another eagerly in the same step, which awaits something else.
            let mut child = pin!(spawn(catch_cancel(pending::<()>())));
            let mut begun = false;
            poll_fn(|cx| {
                let polled = child.as_mut().poll(cx);
                if !begun {
                    begun = true;
                    *place.borrow_mut() = Some(spawn_eager(spawn(pending::<()>())));
                }
                polled.map(|_| ())
            })
            .await;
            "the child has caught it"
        });
        yield_now().await;
        yield_now().await;
        outer.cancel();
        assert_eq!(outer.await.unwrap(), "the child has caught it");
        assert!(!joined.take().unwrap().is_finished());
    });
}

#[test]
fn scopes_of_the_spawning_task_are_not_those_of_the_eager_one() {
    run(async {
        let task = spawn(async {
            catch_cancel(async {
                let inner = spawn_eager(async { catch_cancel(pending::<()>()).await.is_err() });
                inner.cancel();
                assert!(inner.await.unwrap(), "the inner one caught its own");
                pending::<()>().await
            })
            .await
            .is_err()
        });
        for _ in 0..5 {
            yield_now().await;
        }
        task.cancel();
        assert!(task.await.unwrap(), "and the outer one its own");
    });
}

#[test]
fn a_callback_may_spawn_eagerly() {
    run(async {
        let seen = Rc::new(Cell::new(None));
        let place = seen.clone();
        Handle::current().call_soon(move || {
            drop(spawn_eager(async move { place.set(task::current()) }));
            assert_eq!(task::current(), None);
        });
        yield_now().await;
        assert!(seen.get().is_some());
    });
}

#[test]
fn a_builder_makes_all_tasks_eager_while_the_loop_runs() {
    let runtime = Runtime::builder().eager_start(true).build().unwrap();
    let ran = Rc::new(Cell::new(false));
    let flag = ran.clone();
    let early = runtime.spawn(async move { flag.set(true) });
    assert!(!ran.get(), "no loop runs yet");
    runtime.run(async {
        early.await.unwrap();
        let nested = spawn(async { spawn(async { 3 }).is_finished() });
        assert!(nested.is_finished());
        assert!(nested.await.unwrap());
        let turns = Rc::new(Cell::new(0));
        let count = turns.clone();
        Handle::current().call_soon(move || count.set(1));
        assert_eq!(
            gather([1, 2].map(|n| async move { n })).await.unwrap()[1],
            2
        );
        assert_eq!(turns.get(), 0);
    });
    let late = runtime.spawn(async {});
    assert!(!late.is_finished());
}

#[test]
fn only_the_one_that_was_asked_for_is_eager() {
    run(async {
        let eager = spawn_eager(async { spawn(async {}).is_finished() });
        assert!(!eager.await.unwrap());
        assert!(!spawn(async {}).is_finished());
    });
}

#[test]
fn an_eager_task_may_wait_and_be_woken_within_its_first_step() {
    run(async {
        let steps = Rc::new(Cell::new(0));
        let count = steps.clone();
        let task = spawn_eager(poll_fn(move |cx| {
            count.set(count.get() + 1);
            cx.waker().wake_by_ref();
            match count.get() {
                3 => Poll::Ready(()),
                _ => Poll::Pending,
            }
        }));
        assert_eq!(steps.get(), 1);
        task.await.unwrap();
        assert_eq!(steps.get(), 3);
    });
}

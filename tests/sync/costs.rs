//! What each await costs, in turns of the loop, as in CPython 3.13.

use crate::trace::{Trace, expect_with};
use roundelay::sync::{Barrier, Condition, Event, Lock, Promise, Queue, Semaphore};
use roundelay::{Handle, spawn, yield_now};
use std::cell::Cell;
use std::rc::Rc;

/// Counts the turns of the loop with a callback that queues itself again.
#[derive(Clone)]
struct Turns(Rc<Cell<u32>>);

impl Turns {
    fn count() -> Self {
        fn tick(count: &Rc<Cell<u32>>) {
            count.set(count.get() + 1);
            let count = Rc::clone(count);
            Handle::current().call_soon(move || tick(&count));
        }
        let turns = Turns(Rc::default());
        let count = Rc::clone(&turns.0);
        Handle::current().call_soon(move || tick(&count));
        turns
    }

    async fn of(&self, f: impl Future) -> u32 {
        let before = self.0.get();
        f.await;
        self.0.get() - before
    }
}

/// Runs this with a shared thing in the next turn.
fn later<T: 'static>(thing: &Rc<T>, callback: impl FnOnce(&T) + 'static) {
    let thing = Rc::clone(thing);
    Handle::current().call_soon(move || callback(&thing));
}

#[test]
fn each_wait_costs_as_many_turns_as_in_cpython() {
    async fn program(out: Trace) {
        let turns = Turns::count();
        yield_now().await;
        let say = |what: &str, count: u32| out.say(format!("{what}: {count}"));

        let promise = Promise::new();
        promise.set(1).unwrap();
        say("promise, done", turns.of(promise.wait()).await);
        let promise = Rc::new(Promise::new());
        later(&promise, |promise| promise.set(1).unwrap());
        say("promise set by a callback", turns.of(promise.wait()).await);

        let lock = Rc::new(Lock::new(()));
        say("free lock", turns.of(lock.acquire()).await);
        later(&lock, |lock| lock.release());
        say(
            "lock released by a callback",
            turns.of(lock.acquire()).await,
        );

        let semaphore = Rc::new(Semaphore::new(1));
        let take = async || semaphore.acquire().await.forget();
        say("free semaphore", turns.of(take()).await);
        later(&semaphore, |semaphore| semaphore.release());
        say("semaphore released by a callback", turns.of(take()).await);

        let event = Rc::new(Event::new());
        later(&event, |event| event.set());
        say("event set by a callback", turns.of(event.wait()).await);
        say("event that is set", turns.of(event.wait()).await);

        let condition = Rc::new(Condition::new());
        let mut guard = condition.lock().await;
        let other = Rc::clone(&condition);
        drop(spawn(async move { other.lock().await.notify(1) }));
        say("condition notified by a task", turns.of(guard.wait()).await);

        let barrier = Barrier::new(1);
        say("barrier, last arrival", turns.of(barrier.wait()).await);

        let queue = Rc::new(Queue::bounded(1));
        say("put with room", turns.of(queue.put(1)).await);
        later(&queue, |queue| assert!(queue.try_get().is_ok()));
        say("put, room made by a callback", turns.of(queue.put(1)).await);
        say("get with an item", turns.of(queue.get()).await);
        later(&queue, |queue| queue.try_put(1).unwrap());
        say("get fed by a callback", turns.of(queue.get()).await);
        queue.task_done();
        queue.task_done();
        later(&queue, |queue| queue.task_done());
        say("join ended by a callback", turns.of(queue.join()).await);
        say("join with nothing to do", turns.of(queue.join()).await);
        later(&queue, |queue| queue.shutdown(false));
        say("get ended by a shutdown", turns.of(queue.get()).await);
        say("get after a shutdown", turns.of(queue.get()).await);
    }
    // The callback that counts is always ready, so that a virtual clock would stand still.
    expect_with(
        false,
        program,
        "
promise, done: 0
promise set by a callback: 2
free lock: 0
lock released by a callback: 2
free semaphore: 0
semaphore released by a callback: 2
event set by a callback: 2
event that is set: 0
condition notified by a task: 2
barrier, last arrival: 0
put with room: 0
put, room made by a callback: 2
get with an item: 0
get fed by a callback: 2
join ended by a callback: 2
join with nothing to do: 0
get ended by a shutdown: 2
get after a shutdown: 0",
    );
}

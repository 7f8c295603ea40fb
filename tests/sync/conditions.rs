//! Conditions: the longest wait is over first, and each takes the lock in its turn.

use crate::trace::{Trace, all, expect, panic_of, turns};
use roundelay::sync::{Condition, Lock};
use roundelay::{run, spawn, yield_now};
use std::cell::Cell;
use std::rc::Rc;

async fn waiter(out: Trace, condition: Rc<Condition>, name: char) {
    let mut guard = condition.lock().await;
    guard.wait().await;
    out.say(format!("{name} goes on"));
}

#[test]
fn the_longest_waiters_are_notified_and_take_the_lock_one_after_the_other() {
    async fn job(out: Trace, condition: Rc<Condition>, name: char) {
        let mut guard = condition.lock().await;
        guard.wait().await;
        out.say(format!("{name} goes on"));
        yield_now().await;
        out.say(format!("{name} ends"));
    }
    async fn program(out: Trace) {
        let condition = Rc::new(Condition::new());
        let tasks =
            ['a', 'b', 'c', 'd'].map(|name| spawn(job(out.clone(), Rc::clone(&condition), name)));
        yield_now().await;
        let guard = condition.lock().await;
        guard.notify(2);
        out.say("notified two");
        yield_now().await;
        yield_now().await;
        out.say("freed");
        drop(guard);
        turns().await;
        out.say("turns passed");
        condition.lock().await.notify_all();
        all(tasks).await;
    }
    expect(
        program,
        "
notified two
freed
a goes on
a ends
b goes on
b ends
turns passed
c goes on
c ends
d goes on
d ends",
    );
}

#[test]
fn a_waiter_that_is_cancelled_wakes_the_next_as_in_cpython() {
    async fn program(out: Trace) {
        let condition = Rc::new(Condition::new());
        let tasks =
            ['a', 'b', 'c'].map(|name| spawn(waiter(out.clone(), Rc::clone(&condition), name)));
        yield_now().await;
        tasks[0].cancel();
        out.say("cancelled a");
        turns().await;
        out.say("turns passed");
        condition.lock().await.notify_all();
        all(tasks).await;
    }
    expect(
        program,
        "
cancelled a
b goes on
turns passed
c goes on",
    );
}

#[test]
fn a_notification_that_came_in_vain_goes_to_the_next() {
    async fn program(out: Trace) {
        let condition = Rc::new(Condition::new());
        let tasks =
            ['a', 'b', 'c'].map(|name| spawn(waiter(out.clone(), Rc::clone(&condition), name)));
        yield_now().await;
        condition.lock().await.notify(1);
        tasks[0].cancel();
        turns().await;
        out.say("turns passed");
        let guard = condition.lock().await;
        guard.notify(1);
        // It runs, finds the lock held, and waits for that.
        yield_now().await;
        yield_now().await;
        tasks[2].cancel();
        drop(guard);
        turns().await;
        let done = tasks.iter().filter(|task| task.is_finished()).count();
        out.say(format!("{done} done"));
    }
    expect(
        program,
        "
b goes on
turns passed
3 done",
    );
}

#[test]
fn wait_for_looks_at_once_and_after_each_notification() {
    async fn job(out: Trace, condition: Rc<Condition>, n: Rc<Cell<u32>>, want: u32) {
        let mut guard = condition.lock().await;
        guard.wait_for(|| n.get() >= want).await;
        out.say(format!("{want} reached"));
    }
    async fn program(out: Trace) {
        let (condition, n) = (Rc::new(Condition::new()), Rc::new(Cell::new(0)));
        let job = |want| job(out.clone(), Rc::clone(&condition), Rc::clone(&n), want);
        let tasks = [2, 1, 3, 0].map(|want| spawn(job(want)));
        for _ in 0..3 {
            yield_now().await;
            let guard = condition.lock().await;
            n.set(n.get() + 1);
            out.say(format!("now {}", n.get()));
            guard.notify_all();
        }
        all(tasks).await;
    }
    expect(
        program,
        "
0 reached
now 1
1 reached
now 2
2 reached
now 3
3 reached",
    );
}

#[test]
fn two_conditions_share_a_lock() {
    run(async {
        let lock = Rc::new(Lock::new(()));
        let conditions = Rc::new((
            Condition::with_lock(Rc::clone(&lock)),
            Condition::with_lock(Rc::clone(&lock)),
        ));
        let (stock, got) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let buyer = spawn({
            let (conditions, stock, got) =
                (Rc::clone(&conditions), Rc::clone(&stock), Rc::clone(&got));
            async move {
                let (not_empty, not_full) = &*conditions;
                for _ in 0..10 {
                    let mut guard = not_empty.lock().await;
                    guard.wait_while(|| stock.get() == 0).await;
                    stock.set(stock.get() - 1);
                    got.set(got.get() + 1);
                    guard.on(not_full).notify(1);
                }
            }
        });
        let (not_empty, not_full) = &*conditions;
        for _ in 0..10 {
            let mut guard = not_full.lock().await;
            guard.wait_for(|| stock.get() < 2).await;
            stock.set(stock.get() + 1);
            guard.on(not_empty).notify(1);
        }
        buyer.await.unwrap();
        assert_eq!((stock.get(), got.get(), lock.is_locked()), (0, 10, false));
        let stranger = Condition::new();
        let mut guard = stranger.lock().await;
        let said = panic_of(|| {
            guard.on(not_empty);
        });
        assert!(said.contains("another lock"), "{said}");
    });
}

/// Polls a future once, and drops it.
async fn begin(future: impl Future) {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_ready())).await;
}

#[test]
fn after_a_wait_that_was_dropped_the_guard_does_not_hold_the_lock() {
    run(async {
        let condition = Condition::new();
        let mut guard = condition.lock().await;
        assert!(guard.is_held() && condition.is_locked());
        begin(guard.wait()).await;
        assert!(!guard.is_held() && !condition.is_locked());
        let said = panic_of(|| guard.notify(1));
        assert!(
            said.contains("`notify`") && said.contains("relock"),
            "{said}"
        );
        let said = panic_of(|| drop(guard.wait()));
        assert!(said.contains("`wait`") && said.contains("relock"), "{said}");
        // Somebody else has it meanwhile, whom the guard does not disturb.
        let other = condition.lock().await;
        drop(guard);
        assert!(condition.is_locked());
        drop(other);
        let mut guard = condition.lock().await;
        begin(guard.wait()).await;
        guard.relock().await;
        assert!(guard.is_held() && condition.is_locked());
        guard.relock().await;
        guard.notify_all();
        drop(guard);
        assert!(!condition.is_locked());
    });
}

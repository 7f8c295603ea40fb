//! Conditions: who is notified, and the lock that is taken again whatever happens.

use super::harness::{Out, check, ms, wait_all};
use roundelay::sync::{Condition, Lock};
use roundelay::{JoinHandle, sleep, spawn, timeout, yield_now};
use std::cell::Cell;
use std::rc::Rc;

/// Waits once; says so, and if it is cancelled.
async fn waiter(out: Out, name: &'static str, condition: Rc<Condition>) {
    let mut guard = condition.lock().await;
    let body = async {
        guard.wait().await;
        out.say(format!("{name} wakes"));
    };
    out.note_cancel(format!("{name} is cancelled"), body).await;
}

fn look(condition: &Condition) -> &'static str {
    if condition.is_locked() {
        "held"
    } else {
        "free"
    }
}

fn done(task: &JoinHandle<()>) -> &'static str {
    if task.is_finished() {
        "done"
    } else {
        "still waiting"
    }
}

#[test]
fn cancelled_in_wait() {
    async fn waiter(out: Out, condition: Rc<Condition>) {
        let mut guard = condition.lock().await;
        if let Err(cancelled) = roundelay::catch_cancel(guard.wait()).await {
            out.say(format!("waiter is cancelled, lock is {}", look(&condition)));
            cancelled.resume().await;
        }
    }
    check("conditions/cancelled_in_wait", |out| async move {
        let condition = Rc::new(Condition::new());
        let task = spawn(waiter(out.clone(), condition.clone()));
        yield_now().await;
        let guard = condition.lock().await;
        task.cancel();
        sleep(ms(10)).await;
        out.say("main leaves");
        drop(guard);
        let ended = wait_all([task]).await.remove(0).await;
        let cancelled = ended.is_err_and(|error| error.is_cancelled());
        let cancelled = if cancelled { "" } else { "not " };
        out.say(format!("waiter {cancelled}cancelled"));
        out.say(format!("lock is {}", look(&condition)));
    });
}

#[test]
fn cancelled_while_taking_the_lock() {
    async fn waiter(out: Out, condition: Rc<Condition>) {
        let mut guard = condition.lock().await;
        if let Err(cancelled) = roundelay::catch_cancel(guard.wait()).await {
            out.say(format!("waiter is cancelled at {}", out.now()));
            cancelled.resume().await;
        }
        out.say("not reached");
    }
    check(
        "conditions/cancelled_while_taking_the_lock",
        |out| async move {
            let condition = Rc::new(Condition::new());
            let task = spawn(waiter(out.clone(), condition.clone()));
            yield_now().await;
            let guard = condition.lock().await;
            guard.notify(1);
            sleep(ms(10)).await;
            for _ in 0..2 {
                out.say(format!("cancel at {}", out.now()));
                task.cancel();
                sleep(ms(10)).await;
            }
            out.say(format!("main leaves at {}", out.now()));
            drop(guard);
            let ended = wait_all([task]).await;
            let requests = ended[0].cancel_requests();
            out.say(format!("requests on waiter: {requests}"));
        },
    );
}

#[test]
fn lock_is_taken_again() {
    check("conditions/lock_is_taken_again", |out| async move {
        let condition = Rc::new(Condition::new());
        let task = spawn(waiter(out.clone(), "waiter", condition.clone()));
        yield_now().await;
        let guard = condition.lock().await;
        guard.notify(1);
        out.say("notified");
        sleep(ms(10)).await;
        out.say("notifier leaves");
        drop(guard);
        task.await.unwrap();
    });
}

#[test]
fn notification_is_passed_on() {
    check("conditions/notification_is_passed_on", |out| async move {
        let condition = Rc::new(Condition::new());
        let first = spawn(waiter(out.clone(), "first", condition.clone()));
        let second = spawn(waiter(out.clone(), "second", condition.clone()));
        yield_now().await;
        let guard = condition.lock().await;
        guard.notify(1);
        out.say("main notifies one");
        yield_now().await;
        first.cancel();
        drop(guard);
        wait_all([first, second]).await;
    });
}

#[test]
fn notify_all_then_cancel_one() {
    check("conditions/notify_all_then_cancel_one", |out| async move {
        let condition = Rc::new(Condition::new());
        let tasks = ["a", "b", "c"].map(|name| spawn(waiter(out.clone(), name, condition.clone())));
        yield_now().await;
        let guard = condition.lock().await;
        guard.notify_all();
        yield_now().await;
        tasks[1].cancel();
        out.say("main leaves");
        drop(guard);
        wait_all(tasks).await;
    });
}

#[test]
fn notify_nobody() {
    async fn waiter(out: Out, condition: Rc<Condition>) {
        let mut guard = condition.lock().await;
        out.say("waiter waits");
        guard.wait().await;
        out.say("waiter wakes");
    }
    check("conditions/notify_nobody", |out| async move {
        let condition = Rc::new(Condition::new());
        condition.lock().await.notify_all();
        let task = spawn(waiter(out.clone(), condition.clone()));
        sleep(ms(10)).await;
        out.say(done(&task));
        condition.lock().await.notify(1);
        task.await.unwrap();
    });
}

#[test]
fn notify_order() {
    async fn waiter(out: Out, name: &str, condition: Rc<Condition>) {
        let mut guard = condition.lock().await;
        out.say(format!("{name} waits"));
        guard.wait().await;
        out.say(format!("{name} wakes"));
    }
    check("conditions/notify_order", |out| async move {
        let condition = Rc::new(Condition::new());
        let names = ["a", "b", "c", "d"];
        let tasks = names.map(|name| spawn(waiter(out.clone(), name, condition.clone())));
        yield_now().await;
        for n in [1, 2] {
            let guard = condition.lock().await;
            out.say(format!("notify {n}"));
            guard.notify(n);
            drop(guard);
            sleep(ms(10)).await;
        }
        let guard = condition.lock().await;
        out.say("notify all");
        guard.notify_all();
        drop(guard);
        wait_all(tasks).await;
    });
}

#[test]
fn predicate_unmet_does_not_pass_on() {
    async fn waiter(
        out: Out,
        name: &str,
        need: u32,
        condition: Rc<Condition>,
        value: Rc<Cell<u32>>,
    ) {
        let mut guard = condition.lock().await;
        guard.wait_for(|| value.get() >= need).await;
        out.say(format!("{name} goes on with {}", value.get()));
    }
    check(
        "conditions/predicate_unmet_does_not_pass_on",
        |out| async move {
            let condition = Rc::new(Condition::new());
            let state = Rc::new(Cell::new(0));
            let tasks = [("big", 2), ("small", 1)].map(|(name, need)| {
                let (condition, state) = (condition.clone(), state.clone());
                spawn(waiter(out.clone(), name, need, condition, state))
            });
            for value in [1, 2] {
                sleep(ms(10)).await;
                let guard = condition.lock().await;
                state.set(value);
                guard.notify(1);
                out.say(format!("notify one at value {value}"));
            }
            sleep(ms(10)).await;
            let guard = condition.lock().await;
            guard.notify(1);
            out.say("notify one more");
            drop(guard);
            wait_all(tasks).await;
        },
    );
}

#[test]
fn shared_lock() {
    check("conditions/shared_lock", |out| async move {
        let lock = Rc::new(Lock::new(()));
        let full = Rc::new(Condition::with_lock(lock.clone()));
        let empty = Rc::new(Condition::with_lock(lock));
        let tasks = [
            spawn(waiter(out.clone(), "for full", full.clone())),
            spawn(waiter(out.clone(), "for empty", empty.clone())),
        ];
        yield_now().await;
        let guard = empty.lock().await;
        guard.notify_all();
        out.say("notify empty");
        drop(guard);
        sleep(ms(10)).await;
        let guard = full.lock().await;
        guard.notify_all();
        out.say("notify full");
        drop(guard);
        wait_all(tasks).await;
    });
}

#[test]
fn time_limit() {
    async fn holder(out: Out, condition: Rc<Condition>) {
        sleep(ms(5)).await;
        let _guard = condition.lock().await;
        out.say("holder enters");
        sleep(ms(20)).await;
        out.say("holder leaves");
    }
    check("conditions/time_limit", |out| async move {
        let condition = Rc::new(Condition::new());
        let task = spawn(holder(out.clone(), condition.clone()));
        let mut guard = condition.lock().await;
        if timeout(ms(10), guard.wait()).await.is_err() {
            out.say(format!("TimeoutError at {}", out.now()));
        }
        let has = if guard.is_held() { "holds" } else { "lost" };
        out.say(format!("main {has} the lock"));
        drop(guard);
        task.await.unwrap();
    });
}

#[test]
fn wait_for_predicate() {
    async fn waiter(out: Out, condition: Rc<Condition>, value: Rc<Cell<u32>>) {
        let ready = || {
            out.say(format!("value is {}", value.get()));
            value.get() >= 2
        };
        let mut guard = condition.lock().await;
        guard.wait_for(ready).await;
        out.say("waiter goes on");
    }
    check("conditions/wait_for_predicate", |out| async move {
        let condition = Rc::new(Condition::new());
        let state = Rc::new(Cell::new(0));
        let task = spawn(waiter(out.clone(), condition.clone(), state.clone()));
        for _ in 0..3 {
            sleep(ms(10)).await;
            let guard = condition.lock().await;
            state.set(state.get() + 1);
            guard.notify_all();
        }
        task.await.unwrap();
        let mut guard = condition.lock().await;
        guard.wait_for(|| true).await;
        out.say("a true predicate does not wait");
    });
}

#[test]
fn woken_behind_the_lock_queue() {
    async fn user(out: Out, name: &str, condition: Rc<Condition>) {
        let _guard = condition.lock().await;
        out.say(format!("{name} enters"));
        yield_now().await;
        out.say(format!("{name} leaves"));
    }
    check("conditions/woken_behind_the_lock_queue", |out| async move {
        let condition = Rc::new(Condition::new());
        let waiters = ["a", "b"].map(|name| spawn(waiter(out.clone(), name, condition.clone())));
        yield_now().await;
        let guard = condition.lock().await;
        let users = ["x", "y"].map(|name| spawn(user(out.clone(), name, condition.clone())));
        yield_now().await;
        guard.notify_all();
        out.say("main leaves");
        drop(guard);
        wait_all(waiters.into_iter().chain(users)).await;
    });
}

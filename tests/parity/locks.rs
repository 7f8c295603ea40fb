//! Locks: the order of arrival, newcomers, and waiters that are cancelled before and after they are woken.

use super::harness::{Out, check, ms, wait_all};
use roundelay::sync::Lock;
use roundelay::{catch_cancel, gather, sleep, spawn, timeout, yield_now};
use std::rc::Rc;

/// Enters once; says so, and if it is cancelled.
async fn user(out: Out, name: &'static str, lock: Rc<Lock>) {
    let body = async {
        let _guard = lock.lock().await;
        out.say(format!("{name} enters"));
    };
    out.note_cancel(format!("{name} is cancelled"), body).await;
}

fn look(lock: &Lock, locked: &'static str) -> &'static str {
    if lock.is_locked() { locked } else { "free" }
}

#[test]
fn arrival_order() {
    async fn user(out: Out, name: &str, lock: Rc<Lock>) {
        out.say(format!("{name} asks"));
        let _guard = lock.lock().await;
        out.say(format!("{name} enters"));
        yield_now().await;
        out.say(format!("{name} leaves"));
    }
    check("locks/arrival_order", |out| async move {
        let lock = Rc::new(Lock::new(()));
        let users = ["a", "b", "c", "d"].map(|name| user(out.clone(), name, lock.clone()));
        gather(users).await.unwrap();
        out.say(look(&lock, "locked"));
    });
}

#[test]
fn cancelled_in_the_queue() {
    async fn user(out: Out, name: &str, lock: Rc<Lock>) {
        let body = async {
            let _guard = lock.lock().await;
            out.say(format!("{name} enters"));
            yield_now().await;
        };
        out.note_cancel(format!("{name} is cancelled"), body).await;
    }
    check("locks/cancelled_in_the_queue", |out| async move {
        let lock = Rc::new(Lock::new(()));
        lock.acquire().await;
        let tasks = ["a", "b", "c"].map(|name| spawn(user(out.clone(), name, lock.clone())));
        yield_now().await;
        tasks[1].cancel();
        yield_now().await;
        lock.release();
        wait_all(tasks).await;
    });
}

#[test]
fn cancelled_then_released() {
    check("locks/cancelled_then_released", |out| async move {
        let lock = Rc::new(Lock::new(()));
        lock.acquire().await;
        let first = spawn(user(out.clone(), "first", lock.clone()));
        let second = spawn(user(out.clone(), "second", lock.clone()));
        yield_now().await;
        first.cancel();
        lock.release();
        out.say("main waits");
        wait_all([first, second]).await;
        out.say(look(&lock, "locked"));
    });
}

#[test]
fn free_lock_takes_no_turn() {
    check("locks/free_lock_takes_no_turn", |out| async move {
        let lock = Lock::new(());
        out.say_soon("callback");
        for n in 0..3 {
            let _guard = lock.lock().await;
            out.say(format!("inside {n}"));
        }
        yield_now().await;
        out.say("main is over");
    });
}

#[test]
fn holder_waits_for_itself() {
    check("locks/holder_waits_for_itself", |out| async move {
        let lock = Lock::new(());
        let guard = lock.lock().await;
        out.say("main enters");
        if timeout(ms(10), lock.acquire()).await.is_err() {
            out.say(format!("TimeoutError at {}", out.now()));
        }
        out.say(look(&lock, "held"));
        drop(guard);
        out.say(look(&lock, "held"));
    });
}

#[test]
fn newcomer_queues() {
    async fn waiter(out: Out, lock: Rc<Lock>) {
        let guard = lock.lock().await;
        out.say("waiter enters");
        yield_now().await;
        drop(guard);
        out.say("waiter leaves");
    }
    check("locks/newcomer_queues", |out| async move {
        let lock = Rc::new(Lock::new(()));
        lock.acquire().await;
        let task = spawn(waiter(out.clone(), lock.clone()));
        yield_now().await;
        lock.release();
        out.say(look(&lock, "locked"));
        out.say("main asks again");
        let guard = lock.lock().await;
        out.say("main enters");
        drop(guard);
        task.await.unwrap();
    });
}

#[test]
fn newcomer_when_all_are_cancelled() {
    check("locks/newcomer_when_all_are_cancelled", |out| async move {
        let lock = Rc::new(Lock::new(()));
        lock.acquire().await;
        let tasks = ["a", "b"].map(|name| spawn(user(out.clone(), name, lock.clone())));
        yield_now().await;
        for task in &tasks {
            task.cancel();
        }
        lock.release();
        let guard = lock.lock().await;
        out.say("main enters");
        wait_all(tasks).await;
        drop(guard);
        out.say("main leaves");
    });
}

#[test]
fn release_in_a_loop() {
    async fn user(out: Out, name: &str, lock: Rc<Lock>) {
        for n in 0..3 {
            let _guard = lock.lock().await;
            out.say(format!("{name} {n}"));
            yield_now().await;
        }
    }
    check("locks/release_in_a_loop", |out| async move {
        let lock = Rc::new(Lock::new(()));
        let users = ["a", "b"].map(|name| user(out.clone(), name, lock.clone()));
        gather(users).await.unwrap();
    });
}

#[test]
fn released_by_another_task() {
    async fn waiter(out: Out, lock: Rc<Lock>) {
        let _guard = lock.lock().await;
        out.say("waiter enters");
    }
    async fn releaser(out: Out, lock: Rc<Lock>) {
        sleep(ms(10)).await;
        out.say("releaser releases");
        lock.release();
    }
    check("locks/released_by_another_task", |out| async move {
        let lock = Rc::new(Lock::new(()));
        lock.acquire().await;
        let waiter = waiter(out.clone(), lock.clone());
        let both = gather((waiter, releaser(out.clone(), lock.clone())));
        both.await.unwrap();
        out.say(look(&lock, "held"));
    });
}

#[test]
fn released_by_cancel() {
    async fn holder(out: Out, lock: Rc<Lock>) {
        let _guard = lock.lock().await;
        out.say("holder enters");
        let caught = catch_cancel(sleep(ms(100_000))).await;
        out.say("holder cleans up");
        sleep(ms(10)).await;
        out.say("holder leaves");
        if let Err(cancelled) = caught {
            cancelled.resume().await;
        }
    }
    async fn waiter(out: Out, lock: Rc<Lock>) {
        let _guard = lock.lock().await;
        out.say("waiter enters");
    }
    check("locks/released_by_cancel", |out| async move {
        let lock = Rc::new(Lock::new(()));
        let first = spawn(holder(out.clone(), lock.clone()));
        let second = spawn(waiter(out.clone(), lock.clone()));
        sleep(ms(10)).await;
        first.cancel();
        wait_all([first, second]).await;
    });
}

#[test]
fn time_limit() {
    async fn holder(out: Out, lock: Rc<Lock>) {
        let _guard = lock.lock().await;
        sleep(ms(30)).await;
        out.say("holder leaves");
    }
    check("locks/time_limit", |out| async move {
        let lock = Rc::new(Lock::new(()));
        let task = spawn(holder(out.clone(), lock.clone()));
        yield_now().await;
        for limit in [10, 50] {
            let limited = timeout(ms(limit), async {
                let _guard = lock.lock().await;
                out.say("main enters");
            });
            if limited.await.is_err() {
                out.say(format!("TimeoutError, lock is {}", look(&lock, "held")));
            }
        }
        task.await.unwrap();
    });
}

#[test]
fn woken_then_cancelled() {
    check("locks/woken_then_cancelled", |out| async move {
        let lock = Rc::new(Lock::new(()));
        lock.acquire().await;
        let first = spawn(user(out.clone(), "first", lock.clone()));
        let second = spawn(user(out.clone(), "second", lock.clone()));
        yield_now().await;
        lock.release();
        first.cancel();
        wait_all([first, second]).await;
        out.say(look(&lock, "locked"));
    });
}

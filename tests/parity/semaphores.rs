//! Semaphores: whose a permit is, from the release on, and whose if that one is cancelled.

use super::harness::{Out, check, ms, wait_all};
use roundelay::sync::{BoundedSemaphore, Semaphore};
use roundelay::{gather, sleep, spawn, timeout, yield_now};
use std::rc::Rc;

/// Enters once; says so, and if it is cancelled.
async fn user(out: Out, name: &'static str, semaphore: Rc<Semaphore>) {
    let body = async {
        let _permit = semaphore.acquire().await;
        out.say(format!("{name} enters"));
    };
    out.note_cancel(format!("{name} is cancelled"), body).await;
}

fn look(semaphore: &Semaphore) -> &'static str {
    if semaphore.is_locked() {
        "locked"
    } else {
        "free"
    }
}

#[test]
fn all_waiters_cancelled() {
    async fn waiter(out: Out, semaphore: Rc<Semaphore>) {
        semaphore.acquire().await.forget();
        out.say("not reached");
    }
    check("semaphores/all_waiters_cancelled", |out| async move {
        let semaphore = Rc::new(Semaphore::new(0));
        let tasks = [0, 1].map(|_| spawn(waiter(out.clone(), semaphore.clone())));
        yield_now().await;
        semaphore.release();
        for task in &tasks {
            task.cancel();
        }
        wait_all(tasks).await;
        out.say(look(&semaphore));
        let _permit = semaphore.acquire().await;
        out.say("main enters");
    });
}

#[test]
fn bounded_over_release() {
    check("semaphores/bounded_over_release", |out| async move {
        let bounded = BoundedSemaphore::new(1);
        bounded.acquire().await.forget();
        bounded.release().unwrap();
        out.say("released");
        match bounded.release() {
            Ok(()) => out.say("released again"),
            Err(_) => out.say("ValueError"),
        }
        let plain = Semaphore::new(1);
        plain.release();
        plain.acquire().await.forget();
        plain.acquire().await.forget();
        out.say(format!("plain {}", look(&plain)));
    });
}

#[test]
fn cancelled_in_the_queue() {
    check("semaphores/cancelled_in_the_queue", |out| async move {
        let semaphore = Rc::new(Semaphore::new(0));
        let tasks = ["a", "b", "c"].map(|name| spawn(user(out.clone(), name, semaphore.clone())));
        yield_now().await;
        tasks[0].cancel();
        semaphore.release();
        wait_all(tasks).await;
    });
}

#[test]
fn free_permit_takes_no_turn() {
    check("semaphores/free_permit_takes_no_turn", |out| async move {
        let semaphore = Semaphore::new(1);
        out.say_soon("callback");
        for n in 0..3 {
            let _permit = semaphore.acquire().await;
            out.say(format!("inside {n}"));
        }
        yield_now().await;
        out.say("main is over");
    });
}

#[test]
fn locked() {
    async fn waiter(out: Out, semaphore: Rc<Semaphore>) {
        semaphore.acquire().await.forget();
        out.say("waiter enters");
    }
    check("semaphores/locked", |out| async move {
        let semaphore = Rc::new(Semaphore::new(2));
        out.say(look(&semaphore));
        semaphore.acquire().await.forget();
        out.say(look(&semaphore));
        semaphore.acquire().await.forget();
        out.say(look(&semaphore));
        let task = spawn(waiter(out.clone(), semaphore.clone()));
        yield_now().await;
        semaphore.release();
        semaphore.release();
        out.say(look(&semaphore));
        task.await.unwrap();
        out.say(look(&semaphore));
    });
}

#[test]
fn permit_goes_to_the_next_in_line() {
    async fn user(out: Out, name: &str, semaphore: Rc<Semaphore>) {
        let body = async {
            let permit = semaphore.acquire().await;
            out.say(format!("{name} enters"));
            yield_now().await;
            drop(permit);
            out.say(format!("{name} leaves"));
        };
        out.note_cancel(format!("{name} is cancelled"), body).await;
    }
    check(
        "semaphores/permit_goes_to_the_next_in_line",
        |out| async move {
            let semaphore = Rc::new(Semaphore::new(0));
            let start = |name| spawn(user(out.clone(), name, semaphore.clone()));
            let mut tasks = Vec::from(["a", "b", "c"].map(start));
            yield_now().await;
            semaphore.release();
            tasks[0].cancel();
            tasks.push(start("newcomer"));
            wait_all(tasks).await;
        },
    );
}

#[test]
fn permits_in_arrival_order() {
    async fn user(out: Out, name: &str, delay: u64, semaphore: Rc<Semaphore>) {
        let _permit = semaphore.acquire().await;
        out.say(format!("{name} enters"));
        sleep(ms(delay)).await;
        out.say(format!("{name} leaves"));
    }
    check("semaphores/permits_in_arrival_order", |out| async move {
        let semaphore = Rc::new(Semaphore::new(2));
        let users = [("a", 10), ("b", 25), ("c", 30), ("d", 5), ("e", 5)];
        let users = users.map(|(name, delay)| user(out.clone(), name, delay, semaphore.clone()));
        gather(users).await.unwrap();
    });
}

#[test]
fn reserved_at_release() {
    async fn waiter(out: Out, semaphore: Rc<Semaphore>) {
        let _permit = semaphore.acquire().await;
        out.say("waiter enters");
    }
    check("semaphores/reserved_at_release", |out| async move {
        let semaphore = Rc::new(Semaphore::new(1));
        semaphore.acquire().await.forget();
        let task = spawn(waiter(out.clone(), semaphore.clone()));
        yield_now().await;
        semaphore.release();
        out.say(look(&semaphore));
        let permit = semaphore.acquire().await;
        out.say("main enters");
        drop(permit);
        task.await.unwrap();
        out.say(look(&semaphore));
    });
}

#[test]
fn several_released_at_once() {
    async fn user(out: Out, name: &str, semaphore: Rc<Semaphore>) {
        semaphore.acquire().await.forget();
        out.say(format!("{name} enters"));
    }
    check("semaphores/several_released_at_once", |out| async move {
        let semaphore = Rc::new(Semaphore::new(0));
        let names = ["a", "b", "c", "d"];
        let tasks = names.map(|name| spawn(user(out.clone(), name, semaphore.clone())));
        yield_now().await;
        semaphore.release();
        semaphore.release();
        yield_now().await;
        out.say("main releases again");
        for _ in 0..3 {
            semaphore.release();
        }
        out.say(look(&semaphore));
        wait_all(tasks).await;
        out.say(look(&semaphore));
    });
}

#[test]
fn time_limit() {
    async fn holder(out: Out, semaphore: Rc<Semaphore>) {
        let _permit = semaphore.acquire().await;
        sleep(ms(20)).await;
        out.say("holder leaves");
    }
    check("semaphores/time_limit", |out| async move {
        let semaphore = Rc::new(Semaphore::new(1));
        let task = spawn(holder(out.clone(), semaphore.clone()));
        yield_now().await;
        if timeout(ms(10), semaphore.acquire()).await.is_err() {
            out.say("TimeoutError");
        }
        task.await.unwrap();
        out.say(look(&semaphore));
        let _permit = semaphore.acquire().await;
        out.say("main enters");
    });
}

#[test]
fn woken_then_cancelled() {
    check("semaphores/woken_then_cancelled", |out| async move {
        let semaphore = Rc::new(Semaphore::new(0));
        let first = spawn(user(out.clone(), "first", semaphore.clone()));
        let second = spawn(user(out.clone(), "second", semaphore.clone()));
        yield_now().await;
        semaphore.release();
        first.cancel();
        wait_all([first, second]).await;
        out.say(look(&semaphore));
    });
}

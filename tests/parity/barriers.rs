//! Barriers: rounds, and what breaks, empties or leaves one.

use super::harness::{Out, check, ms, wait_all};
use roundelay::sync::Barrier;
use roundelay::{gather, sleep, spawn, timeout, yield_now};
use std::rc::Rc;

/// Passes once; says so, or that the barrier is broken.
async fn party(out: Out, name: &'static str, barrier: Rc<Barrier>) {
    match barrier.wait().await {
        Ok(_) => out.say(format!("{name} passes")),
        Err(_) => out.say(format!("{name} BrokenBarrierError")),
    }
}

/// As `party`, and says its position.
async fn position(out: Out, name: &'static str, barrier: Rc<Barrier>) {
    match barrier.wait().await {
        Ok(position) => out.say(format!("{name} position {position}")),
        Err(_) => out.say(format!("{name} BrokenBarrierError")),
    }
}

fn look(barrier: &Barrier) -> &'static str {
    if barrier.is_broken() {
        "broken"
    } else {
        "whole"
    }
}

#[test]
fn abort() {
    check("barriers/abort", |out| async move {
        let barrier = Rc::new(Barrier::new(3));
        let tasks = ["a", "b"].map(|name| spawn(party(out.clone(), name, barrier.clone())));
        sleep(ms(10)).await;
        barrier.abort();
        out.say(look(&barrier));
        wait_all(tasks).await;
        party(out.clone(), "late", barrier.clone()).await;
        out.say(look(&barrier));
    });
}

#[test]
fn abort_by_a_failing_party() {
    async fn party(out: Out, name: &str, delay: u64, barrier: Rc<Barrier>) {
        sleep(ms(delay)).await;
        if name == "bad" {
            barrier.abort();
            out.say("bad aborts");
            return;
        }
        match barrier.wait().await {
            Ok(_) => out.say(format!("{name} passes")),
            Err(_) => out.say(format!("{name} BrokenBarrierError at {}", out.now())),
        }
    }
    check("barriers/abort_by_a_failing_party", |out| async move {
        let barrier = Rc::new(Barrier::new(4));
        let parties = [("early", 5), ("bad", 10), ("middle", 7), ("late", 15)];
        let parties = parties.map(|(name, delay)| party(out.clone(), name, delay, barrier.clone()));
        gather(parties).await.unwrap();
    });
}

#[test]
fn cancelled_waiter() {
    async fn cancellable(out: Out, name: &'static str, barrier: Rc<Barrier>) {
        let body = party(out.clone(), name, barrier);
        out.note_cancel(format!("{name} is cancelled"), body).await;
    }
    check("barriers/cancelled_waiter", |out| async move {
        let barrier = Rc::new(Barrier::new(3));
        let start = |name| spawn(cancellable(out.clone(), name, barrier.clone()));
        let mut tasks = Vec::from(["a", "b"].map(start));
        sleep(ms(10)).await;
        tasks[0].cancel();
        sleep(ms(10)).await;
        out.say(format!("waiting {} {}", barrier.waiting(), look(&barrier)));
        tasks.extend(["c", "d"].map(start));
        wait_all(tasks).await;
    });
}

#[test]
fn more_tasks_than_places() {
    check("barriers/more_tasks_than_places", |out| async move {
        let barrier = Rc::new(Barrier::new(2));
        let names = ["a", "b", "c", "d", "e"];
        let tasks = names.map(|name| spawn(position(out.clone(), name, barrier.clone())));
        sleep(ms(10)).await;
        let (waiting, parties) = (barrier.waiting(), barrier.parties());
        out.say(format!("waiting {waiting} of {parties}"));
        position(out.clone(), "main", barrier).await;
        wait_all(tasks).await;
    });
}

#[test]
fn one_place() {
    check("barriers/one_place", |out| async move {
        let barrier = Barrier::new(1);
        out.say_soon("callback");
        for _ in 0..3 {
            out.say(format!("position {}", barrier.wait().await.unwrap()));
        }
        yield_now().await;
        out.say("main is over");
    });
}

#[test]
fn positions() {
    async fn party(out: Out, name: &str, barrier: Rc<Barrier>) {
        out.say(format!("{name} arrives"));
        let position = barrier.wait().await.unwrap();
        out.say(format!("{name} goes on with position {position}"));
    }
    check("barriers/positions", |out| async move {
        let barrier = Rc::new(Barrier::new(3));
        let parties = ["a", "b", "c"].map(|name| party(out.clone(), name, barrier.clone()));
        gather(parties).await.unwrap();
        out.say(look(&barrier));
    });
}

#[test]
fn released_then_cancelled() {
    async fn cancellable(out: Out, name: &'static str, barrier: Rc<Barrier>) {
        let body = position(out.clone(), name, barrier);
        out.note_cancel(format!("{name} is cancelled"), body).await;
    }
    check("barriers/released_then_cancelled", |out| async move {
        let barrier = Rc::new(Barrier::new(3));
        let tasks = ["a", "b"].map(|name| spawn(cancellable(out.clone(), name, barrier.clone())));
        sleep(ms(10)).await;
        position(out.clone(), "main", barrier.clone()).await;
        tasks[0].cancel();
        wait_all(tasks).await;
        out.say(format!("waiting {} {}", barrier.waiting(), look(&barrier)));
    });
}

#[test]
fn reset_after_abort() {
    check("barriers/reset_after_abort", |out| async move {
        let barrier = Rc::new(Barrier::new(2));
        barrier.abort();
        position(out.clone(), "early", barrier.clone()).await;
        barrier.reset();
        out.say(look(&barrier));
        let parties = ["a", "b"].map(|name| position(out.clone(), name, barrier.clone()));
        gather(parties).await.unwrap();
    });
}

#[test]
fn reset_with_waiters() {
    check("barriers/reset_with_waiters", |out| async move {
        let barrier = Rc::new(Barrier::new(3));
        let party = |name| position(out.clone(), name, barrier.clone());
        let early = ["a", "b"].map(|name| spawn(party(name)));
        sleep(ms(10)).await;
        out.say(format!("waiting {}", barrier.waiting()));
        barrier.reset();
        wait_all(early).await;
        out.say(format!("waiting {} {}", barrier.waiting(), look(&barrier)));
        gather(["x", "y", "z"].map(party)).await.unwrap();
    });
}

#[test]
fn time_limit() {
    async fn party(out: Out, name: &str, barrier: Rc<Barrier>) {
        barrier.wait().await.unwrap();
        out.say(format!("{name} passes at {}", out.now()));
    }
    check("barriers/time_limit", |out| async move {
        let barrier = Rc::new(Barrier::new(2));
        if timeout(ms(10), barrier.wait()).await.is_err() {
            out.say("TimeoutError");
        }
        out.say(format!("waiting {} {}", barrier.waiting(), look(&barrier)));
        let parties = ["a", "b"].map(|name| party(out.clone(), name, barrier.clone()));
        gather(parties).await.unwrap();
    });
}

#[test]
fn used_again() {
    async fn party(out: Out, name: &str, delay: u64, barrier: Rc<Barrier>) {
        for n in 0..3 {
            sleep(ms(delay)).await;
            barrier.wait().await.unwrap();
            out.say(format!("round {n} {name}"));
        }
    }
    check("barriers/used_again", |out| async move {
        let barrier = Rc::new(Barrier::new(2));
        let parties = [("quick", 1), ("slow", 5)];
        let parties = parties.map(|(name, delay)| party(out.clone(), name, delay, barrier.clone()));
        gather(parties).await.unwrap();
    });
}

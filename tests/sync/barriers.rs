//! Barriers: the last to arrive goes on first, the others in the order of arrival.

use crate::trace::{Trace, all, expect, panic_of, turns};
use roundelay::sync::Barrier;
use roundelay::{gather, spawn, yield_now};
use std::rc::Rc;

async fn job(out: Trace, barrier: Rc<Barrier>, name: &'static str) {
    match barrier.wait().await {
        Ok(index) => out.say(format!("{name} passes as {index}")),
        Err(_) => out.say(format!("{name} is told")),
    }
}

#[test]
fn the_last_to_arrive_passes_first_and_a_draining_barrier_lets_nobody_in() {
    async fn job(out: Trace, barrier: Rc<Barrier>, name: char) {
        for round in 0..2 {
            let index = barrier.wait().await.unwrap();
            let waiting = barrier.waiting();
            out.say(format!(
                "{name} passes as {index}, round {round}, waiting: {waiting}"
            ));
        }
    }
    async fn program(out: Trace) {
        let barrier = Rc::new(Barrier::new(3));
        let jobs = ['a', 'b', 'c', 'd', 'e', 'f'];
        let jobs = jobs.map(|name| job(out.clone(), Rc::clone(&barrier), name));
        gather(jobs).await.unwrap();
    }
    expect(
        program,
        "
c passes as 2, round 0, waiting: 0
a passes as 0, round 0, waiting: 0
b passes as 1, round 0, waiting: 0
d passes as 2, round 0, waiting: 0
b passes as 0, round 1, waiting: 0
c passes as 1, round 1, waiting: 0
f passes as 2, round 0, waiting: 0
d passes as 0, round 1, waiting: 0
e passes as 1, round 0, waiting: 0
a passes as 2, round 1, waiting: 0
e passes as 0, round 1, waiting: 0
f passes as 1, round 1, waiting: 0",
    );
}

#[test]
fn a_broken_barrier_gives_errors_until_it_is_reset() {
    async fn program(out: Trace) {
        let barrier = Rc::new(Barrier::new(3));
        let job = |name| job(out.clone(), Rc::clone(&barrier), name);
        let tasks = ["a", "b"].map(|name| spawn(job(name)));
        yield_now().await;
        out.say(format!("waiting: {}", barrier.waiting()));
        barrier.abort();
        let (broken, waiting) = (barrier.is_broken(), barrier.waiting());
        out.say(format!("broken: {broken} waiting: {waiting}"));
        job("main").await;
        turns().await;
        barrier.reset();
        out.say(format!("broken: {}", barrier.is_broken()));
        gather(["c", "d", "e"].map(job)).await.unwrap();
        all(tasks).await;
    }
    expect(
        program,
        "
waiting: 2
broken: true waiting: 0
main is told
a is told
b is told
broken: false
e passes as 2
c passes as 0
d passes as 1",
    );
}

#[test]
fn a_reset_turns_those_inside_away_and_lets_newcomers_in_behind_them() {
    async fn program(out: Trace) {
        let barrier = Rc::new(Barrier::new(3));
        let job = |name| spawn(job(out.clone(), Rc::clone(&barrier), name));
        let tasks = ["a", "b"].map(job);
        yield_now().await;
        barrier.reset();
        let more = ["c", "d", "e"].map(job);
        let (broken, waiting) = (barrier.is_broken(), barrier.waiting());
        out.say(format!("reset, broken: {broken} waiting: {waiting}"));
        all(tasks.into_iter().chain(more)).await;
    }
    expect(
        program,
        "
reset, broken: false waiting: 0
a is told
b is told
e passes as 2
c passes as 0
d passes as 1",
    );
}

#[test]
fn a_reset_turns_away_even_one_who_was_about_to_pass() {
    async fn program(out: Trace) {
        let barrier = Rc::new(Barrier::new(2));
        let job = |name| spawn(job(out.clone(), Rc::clone(&barrier), name));
        let first = job("a");
        yield_now().await;
        let index = barrier.wait().await.unwrap();
        out.say(format!("main passes as {index}"));
        let tasks = [first, job("b"), job("c")];
        let late = job("late");
        barrier.reset();
        turns().await;
        late.cancel();
        all(tasks).await;
    }
    expect(
        program,
        "
main passes as 1
a is told
c passes as 1
b passes as 0",
    );
}

#[test]
fn one_who_is_cancelled_does_not_count_and_sends_the_next_to_the_end_as_in_cpython() {
    async fn program(out: Trace) {
        let barrier = Rc::new(Barrier::new(4));
        let job = |name| spawn(job(out.clone(), Rc::clone(&barrier), name));
        let tasks = ["a", "b", "c"].map(job);
        yield_now().await;
        tasks[0].cancel();
        turns().await;
        out.say(format!("waiting: {}", barrier.waiting()));
        all(tasks.into_iter().chain(["d", "e"].map(job))).await;
    }
    expect(
        program,
        "
waiting: 2
e passes as 3
c passes as 2
b passes as 1
d passes as 2",
    );
}

#[test]
fn a_barrier_for_nobody_is_refused() {
    let said = panic_of(|| Barrier::new(0));
    assert!(said.contains("could never be passed"), "{said}");
    let barrier = Barrier::new(2);
    assert_eq!(barrier.parties(), 2);
    assert_eq!(format!("{barrier:?}"), "Barrier(Filling, 0 of 2 wait)");
}

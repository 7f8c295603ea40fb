//! Semaphores: permits are taken for those who are woken, in the order of arrival.

use crate::trace::{Trace, all, expect, turns};
use roundelay::sync::{BoundedSemaphore, Semaphore};
use roundelay::{gather, run, spawn, yield_now};
use std::rc::Rc;

async fn taker(out: Trace, semaphore: Rc<Semaphore>, name: char) {
    semaphore.acquire().await.forget();
    out.say(format!("{name} in"));
}

#[test]
fn so_many_are_in_at_a_time_in_the_order_of_arrival() {
    async fn job(out: Trace, semaphore: Rc<Semaphore>, name: char) {
        let permit = semaphore.acquire().await;
        out.say(format!("{name} in"));
        yield_now().await;
        drop(permit);
        out.say(format!("{name} out, locked: {}", semaphore.is_locked()));
    }
    async fn program(out: Trace) {
        let semaphore = Rc::new(Semaphore::new(2));
        let jobs = ['a', 'b', 'c', 'd', 'e'];
        let jobs = jobs.map(|name| job(out.clone(), Rc::clone(&semaphore), name));
        gather(jobs).await.unwrap();
    }
    expect(
        program,
        "
a in
b in
a out, locked: true
b out, locked: true
c in
d in
c out, locked: true
d out, locked: true
e in
e out, locked: false",
    );
}

#[test]
fn a_free_permit_is_not_for_a_newcomer_while_somebody_who_was_woken_has_not_run() {
    async fn program(out: Trace) {
        let semaphore = Rc::new(Semaphore::new(0));
        let first = spawn(taker(out.clone(), Rc::clone(&semaphore), 'a'));
        yield_now().await;
        semaphore.release();
        semaphore.release();
        let locked = semaphore.is_locked();
        out.say(format!("released twice, locked: {locked}"));
        assert!(semaphore.try_acquire().is_none());
        let second = spawn(taker(out.clone(), Rc::clone(&semaphore), 'b'));
        semaphore.acquire().await.forget();
        out.say(format!("main in, locked: {}", semaphore.is_locked()));
        semaphore.release();
        all([first, second]).await;
        out.say(format!("locked: {}", semaphore.is_locked()));
    }
    expect(
        program,
        "
released twice, locked: true
a in
main in, locked: true
b in
locked: true",
    );
}

#[test]
fn the_permit_of_a_woken_waiter_that_is_cancelled_goes_to_the_next() {
    async fn program(out: Trace) {
        let semaphore = Rc::new(Semaphore::new(0));
        let tasks =
            ['a', 'b', 'c', 'd'].map(|name| spawn(taker(out.clone(), Rc::clone(&semaphore), name)));
        yield_now().await;
        semaphore.release();
        semaphore.release();
        tasks[0].cancel();
        tasks[2].cancel();
        turns().await;
        out.say("turns passed");
        semaphore.release();
        all(tasks).await;
        out.say(format!("locked: {}", semaphore.is_locked()));
    }
    expect(
        program,
        "
b in
d in
turns passed
locked: false",
    );
}

#[test]
fn a_bounded_semaphore_refuses_more_permits_than_it_began_with() {
    run(async {
        let semaphore = BoundedSemaphore::new(2);
        let error = semaphore.release().unwrap_err().to_string();
        assert!(error.contains("all of its 2 permits"), "{error}");
        let (first, second) = (semaphore.acquire().await, semaphore.acquire().await);
        assert!(semaphore.is_locked() && semaphore.try_acquire().is_none());
        second.forget();
        // Both, by hand: the guard that is left finds all there, and adds none.
        semaphore.release().unwrap();
        semaphore.release().unwrap();
        drop(first);
        assert_eq!(format!("{semaphore:?}"), "BoundedSemaphore(2 of 2 free)");
        assert!(semaphore.release().is_err());
    });
}

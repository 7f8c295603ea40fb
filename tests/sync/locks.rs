//! Locks: the order of arrival, whoever is faster.

use crate::trace::{Trace, all, expect, panic_of};
use roundelay::sync::{Lock, LockGuard};
use roundelay::{gather, run, spawn, yield_now};
use std::rc::Rc;

#[test]
fn one_who_releases_and_comes_again_queues_behind_the_others() {
    async fn job(out: Trace, lock: Rc<Lock>, name: char) {
        for round in 0..2 {
            let guard = lock.lock().await;
            out.say(format!("{name} has it, round {round}"));
            yield_now().await;
            drop(guard);
            // The next one was woken, and does not have it yet.
            out.say(format!("{name} released, locked: {}", lock.is_locked()));
            assert!(lock.try_lock().is_none() || (name == 'c' && round == 1));
        }
    }
    async fn program(out: Trace) {
        let lock = Rc::new(Lock::new(()));
        let jobs = ['a', 'b', 'c'].map(|name| job(out.clone(), Rc::clone(&lock), name));
        gather(jobs).await.unwrap();
    }
    expect(
        program,
        "
a has it, round 0
a released, locked: false
b has it, round 0
b released, locked: false
c has it, round 0
c released, locked: false
a has it, round 1
a released, locked: false
b has it, round 1
b released, locked: false
c has it, round 1
c released, locked: false",
    );
}

#[test]
fn a_woken_waiter_that_is_cancelled_wakes_the_next_and_newcomers_stay_behind() {
    async fn job(out: Trace, lock: Rc<Lock>, name: char) {
        let _guard = lock.lock().await;
        out.say(format!("{name} has it"));
    }
    async fn program(out: Trace) {
        let lock = Rc::new(Lock::new(()));
        lock.acquire().await;
        let tasks = ['a', 'b', 'c'].map(|name| spawn(job(out.clone(), Rc::clone(&lock), name)));
        yield_now().await;
        lock.release();
        tasks[0].cancel();
        out.say(format!("released, locked: {}", lock.is_locked()));
        lock.acquire().await;
        out.say("main has it behind them");
        lock.release();
        all(tasks).await;
    }
    expect(
        program,
        "
released, locked: false
b has it
c has it
main has it behind them",
    );
}

#[test]
fn a_guard_gives_the_value_to_one_at_a_time() {
    run(async {
        let lock = Rc::new(Lock::new(0));
        let jobs = (0..10).map(|_| {
            let lock = Rc::clone(&lock);
            async move {
                let mut guard = lock.lock().await;
                let before = *guard;
                yield_now().await;
                *guard = before + 1;
                assert!(std::ptr::eq(LockGuard::lock_of(&guard), &*lock));
            }
        });
        gather(jobs).await.unwrap();
        assert!(!lock.is_locked());
        assert_eq!(*lock.try_lock().unwrap(), 10);
    });
}

#[test]
fn a_release_that_nobody_owes_is_refused_in_words() {
    let lock = Lock::new(());
    let said = panic_of(|| lock.release());
    assert!(said.contains("a lock that nobody holds"), "{said}");
    let guard = lock.try_lock().unwrap();
    let said = panic_of(|| lock.release());
    assert!(said.contains("drop the guard instead"), "{said}");
    drop(guard);
    assert!(!lock.is_locked());
    assert_eq!(format!("{lock:?}"), "Lock(locked: false)");
}

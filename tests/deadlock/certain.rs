//! Programs that nothing can wake.

use crate::report_of;
use roundelay::sync::{Barrier, Condition, Event, Lock, Promise, Queue, Semaphore};
use roundelay::{JoinHandle, gather_handles, sleep, spawn, task_group, yield_now};
use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

#[test]
fn two_tasks_that_hold_a_lock_each_and_want_the_others() {
    let report = report_of(async {
        let (a, b) = (Rc::new(Lock::new(())), Rc::new(Lock::new(())));
        let first = spawn({
            let (a, b) = (Rc::clone(&a), Rc::clone(&b));
            async move {
                let _a = a.lock().await; // @first takes a
                sleep(Duration::from_millis(1)).await;
                let _b = b.lock().await; // @first wants b
            }
        });
        let second = spawn(async move {
            let _b = b.lock().await; // @second takes b
            sleep(Duration::from_millis(2)).await;
            let _a = a.lock().await; // @second wants a
        });
        first.await.unwrap(); // @main joins
        second.await.unwrap();
    });
    assert_eq!(
        report,
        "deadlock (certain): 3 tasks can never be woken\
        \n  Task-1 waits for the end of Task-2 since 0.000s at @main joins\
        \n  Task-2 waits for Lock #2 held by Task-3 (taken at @second takes b) since 0.001s at @first wants b\
        \n  Task-3 waits for Lock #1 held by Task-2 (taken at @first takes a) since 0.002s at @second wants a   <- closes the cycle"
    );
}

#[test]
fn a_task_whose_name_would_steer_the_terminal() {
    let report = report_of(async {
        let task = spawn(async {
            Event::new().wait().await;
        });
        task.set_name("a\u{1b}[2J\nb");
        task.await.unwrap();
    });
    assert!(report.contains(r#"Task-2 "a\u{1b}[2J\nb""#), "{report}");
    assert!(!report.contains('\u{1b}'), "{report}");
}

#[test]
fn two_tasks_that_join_each_other() {
    let report = report_of(async {
        let place = Rc::new(Cell::new(None));
        let first = spawn({
            let place: Rc<Cell<Option<JoinHandle<()>>>> = Rc::clone(&place);
            async move {
                yield_now().await;
                place.take().unwrap().await.unwrap(); // @first joins second
            }
        });
        let second = spawn(async move {
            sleep(Duration::from_millis(7)).await;
            first.await.unwrap(); // @second joins first
        });
        place.set(Some(second));
        Event::new().wait().await; // @main waits
    });
    assert_eq!(
        report,
        "deadlock (certain): 3 tasks can never be woken\
        \n  Task-1 waits for Event #1 since 0.000s at @main waits\
        \n  Task-2 waits for the end of Task-3 since 0.000s at @first joins second\
        \n  Task-3 waits for the end of Task-2 since 0.007s at @second joins first   <- closes the cycle"
    );
}

#[test]
fn a_full_and_an_empty_queue() {
    let report = report_of(async {
        let (orders, goods) = (Rc::new(Queue::bounded(1)), Rc::new(Queue::bounded(1)));
        let worker = spawn({
            let (orders, goods) = (Rc::clone(&orders), Rc::clone(&goods));
            async move {
                goods.put(1).await.unwrap();
                goods.put(2).await.unwrap(); // @the worker puts
                orders.get().await.unwrap()
            }
        });
        let _order: i32 = orders.get().await.unwrap(); // @main gets
        goods.get().await.unwrap();
        worker.await.unwrap();
    });
    assert_eq!(
        report,
        "deadlock (certain): 2 tasks can never be woken\
        \n  Task-1 waits for an item of Queue #1 since 0.000s at @main gets\
        \n  Task-2 waits for room in Queue #2 since 0.000s at @the worker puts"
    );
}

/// As in RFD 609 of Oxide: a `select` gives up a future that stands in a lock's line, without dropping it, and then wants the lock.
#[test]
fn a_lock_that_is_given_to_a_future_which_nobody_polls_any_more() {
    let report = report_of(async {
        let lock = Rc::new(Lock::new(()));
        let holder = spawn({
            let lock = Rc::clone(&lock);
            async move {
                let _guard = lock.lock().await;
                sleep(Duration::from_millis(5)).await;
            }
        });
        yield_now().await;
        let work = async {
            let _guard = lock.lock().await; // @the first future
        };
        let (mut work, mut nap) = (pin!(work), pin!(sleep(Duration::from_millis(1))));
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => nap.as_mut().poll(cx),
        })
        .await;
        let _guard = lock.lock().await; // @the second future
        holder.await.unwrap();
    });
    assert_eq!(
        report,
        "deadlock (certain): 1 task can never be woken\
        \n  Task-1 waits for Lock #1 since 0.001s at @the second future   <- closes the cycle\
        \n  futurelock: Lock #1 was given to a future of Task-1, which nobody polls any more; it waits at @the first future"
    );
}

#[test]
fn a_future_that_keeps_no_waker() {
    let report = report_of(async {
        spawn(pending::<()>()).await.unwrap(); // @main spawns and joins
    });
    assert_eq!(
        report,
        "deadlock (certain): 2 tasks can never be woken\
        \n  Task-1 waits for the end of Task-2 since 0.000s at @main spawns and joins\
        \n  Task-2 waits for nothing: it returned Pending without arranging a wake-up since 0.000s; it was spawned at @main spawns and joins"
    );
}

#[test]
fn a_lock_that_its_holder_wants_again() {
    let report = report_of(async {
        let lock = Lock::new(());
        let _outer = lock.lock().await; // @outer
        let _inner = lock.lock().await; // @inner
    });
    assert_eq!(
        report,
        "deadlock (certain): 1 task can never be woken\
        \n  Task-1 waits for Lock #1 held by Task-1 (taken at @outer) since 0.000s at @inner   <- closes the cycle"
    );
}

#[test]
fn what_nobody_sets_releases_or_notifies() {
    let report = report_of(async {
        drop(spawn(async { Event::new().wait().await })); // @an event
        drop(spawn(async {
            let semaphore = Semaphore::new(0);
            drop(semaphore.acquire().await); // @a semaphore
        }));
        drop(spawn(async { Barrier::new(2).wait().await.map(drop) })); // @a barrier
        drop(spawn(async {
            let condition = Condition::new();
            let mut guard = condition.lock().await;
            guard.wait().await; // @a condition
        }));
        let promise: Promise<()> = Promise::new();
        promise.wait().await.unwrap(); // @a promise
    });
    assert_eq!(
        report,
        "deadlock (certain): 5 tasks can never be woken\
        \n  Task-1 waits for Promise #1 since 0.000s at @a promise\
        \n  Task-2 waits for Event #2 since 0.000s at @an event\
        \n  Task-3 waits for Semaphore #3 since 0.000s at @a semaphore\
        \n  Task-4 waits for Barrier #4 since 0.000s at @a barrier\
        \n  Task-5 waits for Condition #6 since 0.000s at @a condition"
    );
}

#[test]
fn a_gather_of_tasks_that_lock_each_other_out() {
    let report = report_of(async {
        let event = Rc::new(Event::new());
        let members: Vec<_> = (0..2)
            .map(|_| {
                let event = Rc::clone(&event);
                spawn(async move { event.wait().await }) // @a member
            })
            .collect();
        let _ = gather_handles(members).await; // @the gather
    });
    assert_eq!(
        report,
        "deadlock (certain): 3 tasks can never be woken\
        \n  Task-1 waits for the ends of 2 tasks: Task-2, Task-3 since 0.000s at @the gather\
        \n  Task-2 waits for Event #1 since 0.000s at @a member\
        \n  Task-3 waits for Event #1 since 0.000s at @a member"
    );
}

#[test]
fn a_group_whose_members_wait_for_its_owner() {
    let report = report_of(async {
        let lock = Rc::new(Lock::new(()));
        let _guard = lock.lock().await; // @the owner takes it
        let ended: Result<(), roundelay::task::GroupError<()>> = task_group(async |group| {
            let lock = Rc::clone(&lock);
            group.spawn(async move {
                let _guard = lock.lock().await; // @the member wants it
                Ok::<(), ()>(())
            });
            Ok(())
        })
        .await; // @the end of the group
        ended.ok();
    });
    assert_eq!(
        report,
        "deadlock (certain): 2 tasks can never be woken\
        \n  Task-1 waits for the end of one task: Task-2 since 0.000s at @the end of the group\
        \n  Task-2 waits for Lock #1 held by Task-1 (taken at @the owner takes it) since 0.000s at @the member wants it   <- closes the cycle"
    );
}

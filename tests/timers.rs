//! Sleeping: never early, in order, at any distance.

use roundelay::{Handle, Runtime, gather, run, sleep, sleep_until, spawn, timeout, yield_now};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

const DAY: Duration = Duration::from_secs(86_400);

fn virtual_time() -> Runtime {
    Runtime::builder().virtual_clock(true).build().unwrap()
}

#[test]
fn a_sleep_never_ends_early() {
    run(async {
        gather((0..500u64).map(|n| async move {
            let asked = Duration::from_micros(n * 37 % 9000);
            let began = Instant::now();
            // Work that blocks the loop first must not eat into the sleep.
            if n % 100 == 0 {
                std::thread::sleep(Duration::from_millis(2));
            }
            let before_sleep = Instant::now();
            sleep(asked).await;
            assert!(
                before_sleep.elapsed() >= asked,
                "asked for {asked:?}, began {began:?}"
            );
        }))
        .await
        .unwrap();
    });
}

#[test]
fn equal_sleeps_end_in_the_order_in_which_they_began() {
    virtual_time().run(async {
        let order = Rc::new(RefCell::new(Vec::new()));
        let naps = gather((0..10_000).map(|n| {
            let order = Rc::clone(&order);
            async move {
                sleep(Duration::from_secs(3)).await;
                order.borrow_mut().push(n);
            }
        }));
        naps.await.unwrap();
        assert!(order.borrow().iter().copied().eq(0..10_000));
    });
}

#[test]
fn virtual_time_passes_exactly_and_at_once_even_for_500_years() {
    let real = Instant::now();
    let runtime = virtual_time();
    runtime.run(async {
        for days in [12, 365 * 500, 1] {
            let began = roundelay::time::now();
            sleep(days * DAY).await;
            assert_eq!(roundelay::time::now() - began, days * DAY);
            // Short sleeps after a long time are as exact as at the start.
            let began = roundelay::time::now();
            sleep(Duration::from_nanos(7)).await;
            assert_eq!(roundelay::time::now() - began, Duration::from_nanos(7));
        }
    });
    assert!(real.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_sleep_without_end_never_ends_and_harms_nobody() {
    virtual_time().run(async {
        let forever = spawn(sleep(Duration::MAX));
        let almost = spawn(sleep(Duration::from_nanos(u64::MAX)));
        assert!(timeout(1000 * DAY, sleep(Duration::MAX)).await.is_err());
        assert_eq!(timeout(Duration::MAX, async { 7 }).await, Ok(7));
        assert!(!forever.is_finished() && !almost.is_finished());
    });
}

#[test]
fn an_instant_in_the_past_is_due_in_the_next_turn() {
    virtual_time().run(async {
        sleep(DAY).await;
        sleep_until(Handle::current().now() - Duration::from_secs(1)).await;
        let order = Rc::new(RefCell::new(Vec::new()));
        let now = Handle::current().now();
        for (name, before) in [("late", 1), ("later", 2), ("late too", 1)] {
            let order = Rc::clone(&order);
            let when = now - Duration::from_millis(10 - before);
            Handle::current().call_at(when, move || order.borrow_mut().push(name));
        }
        sleep(Duration::from_millis(1)).await;
        assert_eq!(*order.borrow(), ["late", "late too", "later"]);
    });
}

#[test]
fn a_dropped_sleep_leaves_no_timer_behind() {
    virtual_time().run(async {
        let began = roundelay::time::now();
        for _ in 0..1000 {
            assert!(timeout(Duration::from_millis(1), sleep(DAY)).await.is_err());
        }
        assert_eq!(roundelay::time::now() - began, Duration::from_secs(1));
    });
}

#[test]
fn a_sleep_that_moves_to_another_task_wakes_that_task() {
    virtual_time().run(async {
        let mut nap = Box::pin(sleep(DAY));
        assert!(timeout(Duration::from_secs(1), nap.as_mut()).await.is_err());
        let mover = spawn(nap);
        mover.await.unwrap();
    });
}

#[test]
fn a_busy_loop_does_not_hold_timers_up() {
    run(async {
        let busy = spawn(async {
            loop {
                yield_now().await;
            }
        });
        // Would hang if a loop that is always ready never looked at its timers.
        sleep(Duration::from_millis(5)).await;
        busy.abort();
    });
}

#[test]
fn crowded_sleeps_all_end_and_never_early() {
    run(async {
        let naps = (0..5000u64).map(|n| async move {
            let asked = Duration::from_micros(10_000 + n * 7 % 20_000);
            let began = Instant::now();
            sleep(asked).await;
            assert!(began.elapsed() >= asked);
        });
        gather(naps).await.unwrap();
    });
}

#[test]
#[cfg_attr(roundelay_spurious, ignore = "it counts polls")]
fn a_sleep_inside_a_foreign_set_of_futures_wakes_it() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Context, Poll, Wake, Waker};

    /// Wakes the task, and notes that it did.
    struct Relay(Waker, AtomicBool);
    impl Wake for Relay {
        fn wake(self: Arc<Self>) {
            self.1.store(true, Ordering::Relaxed);
            self.0.wake_by_ref();
        }
    }

    virtual_time().run(async {
        let mut nap = Box::pin(sleep(DAY));
        let mut relays = Vec::new();
        std::future::poll_fn(|cx| {
            let relay = Arc::new(Relay(cx.waker().clone(), AtomicBool::new(false)));
            let waker = Waker::from(Arc::clone(&relay));
            relays.push(relay);
            match nap.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(()) => Poll::Ready(()),
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
        assert_eq!(relays.len(), 2);
        assert!(relays[0].1.load(Ordering::Relaxed));
    });
}

//! Dropping a wait at any moment: no permit, lock, item or wake is lost or doubled by it.

use crate::support::leak_free;
use roundelay::sync::{
    Barrier, BoundedSemaphore, Condition, Event, Lock, PriorityQueue, Promise, Queue,
};
use roundelay::{JoinHandle, Runtime, gather_handles, sleep, spawn, timeout, yield_now};
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// So long, in virtual time, something may take that must come.
const LOST: Duration = Duration::from_secs(1000);

fn virtual_time() -> Runtime {
    Runtime::builder().virtual_clock(true).build().unwrap()
}

/// Polls a future so many times with the task's waker, a turn apart, and drops it. Returns its output if it had one.
async fn polled_only<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..times {
        let polled = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        yield_now().await;
    }
    None
}

/// Polls a future once with a waker that does nothing: whoever wakes it wakes nobody.
fn poll_idly<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn every_wait_can_be_dropped_after_any_number_of_polls() {
    leak_free(|| {
        for polls in 0..4 {
            virtual_time().run(async {
                let lock = Lock::new(());
                let guard = lock.lock().await;
                assert!(polled_only(polls, lock.lock()).await.is_none());
                assert!(polled_only(polls, lock.acquire()).await.is_none());
                drop(guard);
                drop(timeout(LOST, lock.lock()).await.unwrap());

                let semaphore = BoundedSemaphore::new(1);
                let permit = semaphore.acquire().await;
                assert!(polled_only(polls, semaphore.acquire()).await.is_none());
                drop(permit);
                drop(timeout(LOST, semaphore.acquire()).await.unwrap());

                let condition = Condition::new();
                let mut guard = condition.lock().await;
                assert!(polled_only(polls, guard.wait()).await.is_none());
                assert_eq!(guard.is_held(), polls == 0);
                guard.relock().await;
                assert!(polled_only(polls, guard.wait_for(|| false)).await.is_none());
                drop(guard);
                drop(timeout(LOST, condition.lock()).await.unwrap());

                let barrier = Barrier::new(2);
                assert!(polled_only(polls, barrier.wait()).await.is_none());
                assert_eq!(barrier.waiting(), 0);

                let promise = Promise::new();
                assert!(polled_only(polls, promise.wait()).await.is_none());
                promise.set(1).unwrap();
                assert_eq!(promise.wait().await, Ok(1));

                let queue = PriorityQueue::bounded(1);
                assert!(polled_only(polls, queue.get()).await.is_none());
                queue.try_put(1).unwrap();
                assert!(polled_only(polls, queue.put(0)).await.is_none());
                assert!(polled_only(polls, queue.join()).await.is_none());
                assert_eq!((queue.try_get(), queue.len()), (Ok(1), 0));

                let event = Event::new();
                assert!(polled_only(polls, event.wait()).await.is_none());
                event.set();
                timeout(LOST, event.wait()).await.unwrap();
            });
        }
    });
}

#[test]
fn a_wake_that_came_in_vain_goes_on_to_the_next() {
    virtual_time().run(async {
        let lock = Lock::new(());
        let guard = lock.lock().await;
        let mut first = Box::pin(lock.lock());
        assert!(poll_idly(&mut first).is_pending());
        let mut second = Box::pin(lock.lock());
        assert!(poll_idly(&mut second).is_pending());
        drop(guard);
        // Called, not in: nobody else comes in either.
        assert!(!lock.is_locked() && lock.try_lock().is_none());
        assert!(poll_idly(&mut second).is_pending());
        drop(first);
        assert!(poll_idly(&mut second).is_ready());
        drop(second);
        assert!(lock.try_lock().is_some());

        let semaphore = BoundedSemaphore::new(1);
        let permit = semaphore.acquire().await;
        let mut first = Box::pin(semaphore.acquire());
        assert!(poll_idly(&mut first).is_pending());
        drop(permit);
        assert!(semaphore.is_locked() && semaphore.try_acquire().is_none());
        // A release by hand finds no permit missing: one was taken for the one who was woken, all others are there.
        drop(first);
        assert!(!semaphore.is_locked() && semaphore.release().is_err());
    });
}

/// Numbers from a known seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Spawns tasks with this body, cancels some of them at odd moments, and waits for all.
async fn crowd<F: Future<Output = ()> + 'static>(seed: u64, mut body: impl FnMut(u64) -> F) {
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut tasks: Vec<JoinHandle<()>> = Vec::new();
    for _ in 0..100 {
        tasks.push(spawn(body(numbers.below(1000))));
        for _ in 0..numbers.below(2) {
            tasks[numbers.below(tasks.len() as u64) as usize].cancel();
        }
        if numbers.below(3) == 0 {
            yield_now().await;
        }
    }
    let ended = timeout(LOST, gather_handles(tasks).settled()).await;
    assert!(ended.is_ok(), "seed {seed}: somebody waits for ever");
}

/// Some turns, or a nap, in the middle of a critical section.
async fn dawdle(how: u64) {
    match how % 4 {
        0 => {}
        1 => yield_now().await,
        2 => sleep(Duration::from_millis(1)).await,
        _ => {
            yield_now().await;
            yield_now().await;
        }
    }
}

/// How many are inside, and the check that they are not too many.
#[derive(Clone)]
struct Inside(Rc<Cell<usize>>, usize);

impl Inside {
    fn enter(&self) -> Entered {
        self.0.set(self.0.get() + 1);
        assert!(self.0.get() <= self.1, "too many inside");
        Entered(Rc::clone(&self.0))
    }
}

struct Entered(Rc<Cell<usize>>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[test]
fn a_crowd_at_a_lock_leaves_it_free_whoever_is_cancelled_when() {
    for seed in 1..=100 {
        virtual_time().run(async {
            let (lock, inside) = (Rc::new(Lock::new(())), Inside(Rc::default(), 1));
            crowd(seed, |how| {
                let (lock, inside) = (Rc::clone(&lock), inside.clone());
                async move {
                    let limit = Duration::from_millis(how % 5);
                    if let Ok(_guard) = timeout(limit, lock.lock()).await {
                        let _entered = inside.enter();
                        dawdle(how).await;
                    }
                }
            })
            .await;
            assert!(lock.try_lock().is_some(), "seed {seed}: the lock was lost");
        });
    }
}

#[test]
fn a_crowd_at_a_semaphore_leaves_all_permits_whoever_is_cancelled_when() {
    for seed in 1..=100 {
        virtual_time().run(async {
            let semaphore = Rc::new(BoundedSemaphore::new(3));
            let inside = Inside(Rc::default(), 3);
            crowd(seed, |how| {
                let (semaphore, inside) = (Rc::clone(&semaphore), inside.clone());
                async move {
                    let limit = Duration::from_millis(how % 5);
                    if let Ok(_permit) = timeout(limit, semaphore.acquire()).await {
                        let _entered = inside.enter();
                        dawdle(how).await;
                    }
                }
            })
            .await;
            assert!(!semaphore.is_locked());
            assert!(
                semaphore.release().is_err(),
                "seed {seed}: a permit was lost"
            );
        });
    }
}

#[test]
fn a_crowd_at_a_condition_loses_no_notification_whoever_is_cancelled_when() {
    for seed in 1..=100 {
        virtual_time().run(async {
            let (condition, stock) = (Rc::new(Condition::new()), Rc::new(Cell::new(0)));
            let giver = spawn({
                let (condition, stock) = (Rc::clone(&condition), Rc::clone(&stock));
                async move {
                    loop {
                        let guard = condition.lock().await;
                        stock.set(stock.get() + 1);
                        guard.notify(1);
                        drop(guard);
                        sleep(Duration::from_millis(1)).await;
                    }
                }
            });
            crowd(seed, |how| {
                let (condition, stock) = (Rc::clone(&condition), Rc::clone(&stock));
                async move {
                    let mut guard = condition.lock().await;
                    dawdle(how).await;
                    guard.wait_for(|| stock.get() > 0).await;
                    assert!(guard.is_held() && condition.is_locked());
                    stock.set(stock.get() - 1);
                }
            })
            .await;
            giver.cancel();
            yield_now().await;
            assert!(!condition.is_locked(), "seed {seed}: the lock was lost");
        });
    }
}

#[test]
fn a_crowd_at_a_barrier_leaves_it_filling_whoever_is_cancelled_when() {
    for seed in 1..=100 {
        virtual_time().run(async {
            let barrier = Rc::new(Barrier::new(3));
            crowd(seed, |how| {
                let barrier = Rc::clone(&barrier);
                async move {
                    if how % 50 == 0 {
                        barrier.reset();
                    }
                    // Who is left at the end is too few to pass.
                    let limit = Duration::from_millis(1 + how % 5);
                    let _ = timeout(limit, barrier.wait()).await;
                    dawdle(how).await;
                }
            })
            .await;
            assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
            let waits = [(); 3].map(|()| {
                let barrier = Rc::clone(&barrier);
                spawn(async move { barrier.wait().await })
            });
            let numbers = timeout(LOST, roundelay::gather_handles(waits)).await;
            assert_eq!(numbers.unwrap().unwrap(), [Ok(0), Ok(1), Ok(2)]);
        });
    }
}

#[test]
fn a_shutdown_leaves_nobody_waiting_and_every_item_with_somebody() {
    for seed in 1..=100 {
        virtual_time().run(async {
            let queue = Rc::new(Queue::bounded(2));
            let (put, got) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
            drop(spawn({
                let queue = Rc::clone(&queue);
                async move {
                    sleep(Duration::from_millis(20)).await;
                    queue.shutdown(false);
                }
            }));
            crowd(seed, |how| {
                let (queue, put, got) = (Rc::clone(&queue), Rc::clone(&put), Rc::clone(&got));
                async move {
                    if how % 2 == 0 {
                        if queue.put(how).await.is_ok() {
                            put.set(put.get() + 1);
                        }
                    } else if queue.get().await.is_ok() {
                        got.set(got.get() + 1);
                        queue.task_done();
                    }
                }
            })
            .await;
            assert_eq!(put.get(), got.get() + queue.len(), "seed {seed}");
            while queue.try_get().is_ok() {
                queue.task_done();
            }
            timeout(LOST, queue.join()).await.unwrap();
        });
    }
}

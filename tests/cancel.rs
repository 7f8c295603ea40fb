//! Cancelling at every moment: no item, wake or place in a queue is lost or doubled by it.

mod support;

use roundelay::sync::{Event, Queue};
use roundelay::{JoinHandle, Runtime, sleep, spawn, timeout, yield_now};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use support::leak_free;

/// So long, in virtual time, something may take that must come.
const LOST: Duration = Duration::from_secs(1000);

fn virtual_time() -> Runtime {
    Runtime::builder().virtual_clock(true).build().unwrap()
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

#[test]
fn a_queue_loses_and_doubles_nothing_whoever_is_cancelled_when() {
    leak_free(|| {
        for seed in 1..=300 {
            let got = virtual_time().run(items_through_a_queue(seed));
            let mut sorted = got.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), got.len(), "seed {seed}: an item came twice");
        }
    });
}

/// Puts numbered items through a small queue with tasks of which many are cancelled at odd moments. Returns those that
/// came out. Nobody may be left waiting for what is there.
async fn items_through_a_queue(seed: u64) -> Vec<u64> {
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let queue = Rc::new(Queue::bounded(1 + numbers.below(3) as usize));
    let (put, got) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(Vec::new())));
    // Each with whether it gets.
    let mut tasks: Vec<(bool, JoinHandle<()>)> = Vec::new();
    for item in 0..200u64 {
        let (queue, put, got) = (Rc::clone(&queue), Rc::clone(&put), Rc::clone(&got));
        let kind = numbers.below(4);
        let task = match kind {
            0 | 1 => spawn(async move {
                queue.put(item).await.unwrap();
                put.set(put.get() + 1);
            }),
            2 => spawn(async move {
                let item = queue.get().await.unwrap();
                got.borrow_mut().push(item);
            }),
            _ => {
                let limit = Duration::from_millis(numbers.below(3));
                spawn(async move {
                    if let Ok(Ok(item)) = timeout(limit, queue.get()).await {
                        got.borrow_mut().push(item);
                    }
                })
            }
        };
        tasks.push((kind > 1, task));
        for _ in 0..numbers.below(3) {
            let victim = numbers.below(tasks.len() as u64) as usize;
            tasks[victim].1.cancel();
        }
        match numbers.below(8) {
            0 => sleep(Duration::from_millis(1)).await,
            1 | 2 => yield_now().await,
            _ => {}
        }
    }
    sleep(Duration::from_millis(10)).await;
    tasks.retain(|(_, task)| !task.is_finished());
    let somebody_waits = |gets| tasks.iter().any(|task| task.0 == gets);
    let item_for_nobody = !queue.is_empty() && somebody_waits(true);
    let room_for_nobody = !queue.is_full() && somebody_waits(false);
    assert!(
        !item_for_nobody && !room_for_nobody,
        "seed {seed}: a wake was lost"
    );
    // Whoever is left gets what it needs.
    for _ in 0..2000 {
        yield_now().await;
        yield_now().await;
        tasks.retain(|(_, task)| !task.is_finished());
        match (tasks.is_empty(), queue.try_get()) {
            (true, Err(_)) => break,
            // Room for one who puts.
            (_, Ok(item)) => got.borrow_mut().push(item),
            // An item for one who gets.
            (false, Err(_)) => {
                queue.try_put(1_000_000 + put.get()).unwrap();
                put.set(put.get() + 1);
            }
        }
    }
    assert!(tasks.is_empty(), "seed {seed}: somebody waits for ever");
    assert_eq!(
        got.borrow().len() as u64,
        put.get(),
        "seed {seed}: an item was lost"
    );
    got.take()
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

#[test]
fn a_getter_that_is_dropped_after_its_wake_passes_it_on() {
    virtual_time().run(async {
        let queue = Rc::new(Queue::unbounded());
        let mut woken = pin!(queue.get());
        let noop = &mut Context::from_waker(Waker::noop());
        assert!(woken.as_mut().poll(noop).is_pending());
        let next = spawn({
            let queue = Rc::clone(&queue);
            async move { queue.get().await.unwrap() }
        });
        yield_now().await;
        // The first getter is woken for this item, and goes without it.
        queue.try_put(1).unwrap();
        {
            let mut dropped = Box::pin(queue.get());
            assert!(dropped.as_mut().poll(noop).is_ready());
            queue.try_put(2).unwrap();
        }
        woken.set(queue.get());
        assert_eq!(timeout(LOST, next).await.unwrap().unwrap(), 2);
        // A putter likewise passes its room on.
        let queue = Rc::new(Queue::bounded(1));
        queue.try_put(0).unwrap();
        let mut first = Box::pin(queue.put(1));
        assert!(first.as_mut().poll(noop).is_pending());
        let second = spawn({
            let queue = Rc::clone(&queue);
            async move { queue.put(2).await.unwrap() }
        });
        yield_now().await;
        assert_eq!(queue.try_get(), Ok(0));
        drop(first);
        timeout(LOST, second).await.unwrap().unwrap();
        assert_eq!(queue.try_get(), Ok(2));
        assert!(queue.is_empty());
    });
}

#[test]
fn every_operation_can_be_dropped_after_any_number_of_polls() {
    leak_free(|| {
        for polls in 0..6 {
            virtual_time().run(async {
                let queue = Rc::new(Queue::bounded(1));
                let event = Rc::new(Event::new());
                assert!(polled_only(polls, queue.get()).await.is_none());
                queue.try_put(0).unwrap();
                assert!(polled_only(polls, queue.put(1)).await.is_none());
                assert!(polled_only(polls, event.wait()).await.is_none());
                assert!(polled_only(polls, queue.join()).await.is_none());
                assert_eq!(queue.try_get(), Ok(0));
                assert!(queue.try_get().is_err(), "a dropped put puts nothing in");
                let nap = sleep(Duration::from_millis(2));
                polled_only(polls, nap).await;
                let late = timeout(Duration::from_millis(2), std::future::pending::<()>());
                polled_only(polls, late).await;
                let tasks = || {
                    [1, 2, 3].map(|n| {
                        spawn(async move {
                            yield_now().await;
                            n
                        })
                    })
                };
                polled_only(polls, roundelay::gather_handles(tasks())).await;
                polled_only(polls, roundelay::gather_handles(tasks()).settled()).await;
                let mode = roundelay::WaitMode::FirstCompleted;
                polled_only(polls, roundelay::wait(tasks().into(), mode)).await;
                let naps = [1, 2].map(|ms| sleep(Duration::from_millis(ms)));
                let mut completed = roundelay::as_completed(naps);
                polled_only(polls, completed.next()).await;
                // What was not given to the dropped one comes to the next.
                while completed.next().await.is_some() {}
                polled_only(polls, tasks().into_iter().next().unwrap()).await;
                polled_only(polls, roundelay::spawn_blocking(|| ())).await;
                // All of them work as ever.
                let getter = spawn({
                    let queue = Rc::clone(&queue);
                    async move { queue.get().await.unwrap() }
                });
                yield_now().await;
                queue.put(7).await.unwrap();
                assert_eq!(timeout(LOST, getter).await.unwrap().unwrap(), 7);
                event.set();
                timeout(LOST, event.wait()).await.unwrap();
            });
        }
    });
}

#[test]
fn a_cancel_beside_an_end_gives_one_of_the_two() {
    virtual_time().run(async {
        for cancel_first in [false, true] {
            let event = Rc::new(Event::new());
            let task = spawn({
                let event = Rc::clone(&event);
                async move {
                    event.wait().await;
                    5
                }
            });
            yield_now().await;
            if cancel_first {
                task.cancel();
                event.set();
            } else {
                event.set();
                task.cancel();
            }
            let error = task.await.unwrap_err();
            assert!(error.is_cancelled(), "it had not taken its last step");
            let task = spawn(async { 5 });
            yield_now().await;
            task.cancel();
            assert_eq!(task.await.unwrap(), 5, "it had ended");
        }
        // A gather that is dropped while it is awaited cancels its members, one that was not awaited does not.
        let done = Rc::new(Cell::new(0));
        let member = || {
            let done = Rc::clone(&done);
            async move {
                yield_now().await;
                done.set(done.get() + 1);
            }
        };
        drop(roundelay::gather([member(), member()]));
        let mut awaited = roundelay::gather([member(), member()]);
        let noop = &mut Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut awaited).poll(noop).is_pending());
        drop(awaited);
        for _ in 0..5 {
            yield_now().await;
        }
        assert_eq!(done.get(), 2);
    });
}

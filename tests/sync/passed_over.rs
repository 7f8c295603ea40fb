//! Waiters whose task is cancelled are passed over, and lose nothing if they go on to wait all the same.

use roundelay::sync::{Event, Lock, Promise, Queue, Semaphore};
use roundelay::{catch_cancel, run, shield, spawn, yield_now};
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

/// Awaits a future whose first wait is cut short by a cancel, which is swallowed.
async fn twice<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match catch_cancel(future.as_mut()).await {
        Ok(output) => output,
        Err(_) => future.await,
    }
}

#[test]
fn a_lock_goes_to_a_waiter_that_goes_on_after_its_cancel() {
    run(async {
        let lock = Rc::new(Lock::new(()));
        lock.acquire().await;
        let waiter = spawn({
            let lock = Rc::clone(&lock);
            async move { twice(lock.acquire()).await }
        });
        yield_now().await;
        waiter.cancel();
        lock.release();
        waiter.await.unwrap();
        assert!(lock.is_locked() && lock.try_lock().is_none());
        lock.release();
    });
}

#[test]
fn a_permit_goes_to_a_waiter_that_goes_on_after_its_cancel() {
    run(async {
        let semaphore = Rc::new(Semaphore::new(0));
        let waiter = spawn({
            let semaphore = Rc::clone(&semaphore);
            async move { twice(semaphore.acquire()).await.forget() }
        });
        yield_now().await;
        waiter.cancel();
        semaphore.release();
        assert!(!semaphore.is_locked(), "the cancelled one does not count");
        waiter.await.unwrap();
        assert!(semaphore.is_locked());
    });
}

#[test]
fn an_item_is_found_by_a_getter_that_goes_on_after_its_cancel() {
    run(async {
        let queue = Rc::new(Queue::unbounded());
        let getter = spawn({
            let queue = Rc::clone(&queue);
            async move { twice(queue.get()).await }
        });
        yield_now().await;
        getter.cancel();
        queue.try_put(1).unwrap();
        assert_eq!(getter.await.unwrap(), Ok(1));
        let getter = spawn({
            let queue = Rc::clone(&queue);
            async move { queue.get().await }
        });
        yield_now().await;
        getter.cancel();
        queue.try_put(2).unwrap();
        assert_eq!(getter.uncancel(), 0, "the cancel is taken back");
        assert_eq!(getter.await.unwrap(), Ok(2));
    });
}

#[test]
fn an_item_goes_past_a_cancelled_getter_at_once() {
    run(async {
        let queue = Rc::new(Queue::unbounded());
        let get = || {
            let queue = Rc::clone(&queue);
            spawn(async move { queue.get().await })
        };
        let (first, second) = (get(), get());
        yield_now().await;
        first.cancel();
        queue.try_put(1).unwrap();
        yield_now().await;
        assert!(second.is_finished(), "it was woken by the put itself");
        assert_eq!(second.await.unwrap(), Ok(1));
        assert!(first.await.unwrap_err().is_cancelled());
    });
}

/// A waker that is not the loop's.
struct Stranger(Waker);

impl Wake for Stranger {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

#[test]
fn a_cancel_of_who_waits_for_a_promise_cancels_it_for_all() {
    run(async {
        let promise = Rc::new(Promise::<u32>::new());
        let (told, called) = (Rc::new(Event::new()), Rc::new(Cell::new(false)));
        promise.on_done({
            let called = Rc::clone(&called);
            move || called.set(true)
        });
        let shielded = spawn({
            let promise = Rc::clone(&promise);
            async move { shield(promise.wait()).await }
        });
        let other = spawn({
            let (promise, told) = (Rc::clone(&promise), Rc::clone(&told));
            async move {
                assert!(promise.wait().await.is_err());
                told.set();
            }
        });
        // Polls with a waker of its own, so that the promise does not know the task.
        let stranger = spawn({
            let promise = Rc::clone(&promise);
            async move {
                let mut wait = pin!(promise.wait());
                std::future::poll_fn(|cx| {
                    let waker = Waker::from(Arc::new(Stranger(cx.waker().clone())));
                    wait.as_mut().poll(&mut Context::from_waker(&waker))
                })
                .await
            }
        });
        let waiter = spawn({
            let promise = Rc::clone(&promise);
            async move { promise.wait().await }
        });
        yield_now().await;
        shielded.cancel();
        assert!(shielded.await.unwrap_err().is_cancelled());
        assert!(!promise.is_done(), "a shield keeps it");
        waiter.cancel();
        assert!(promise.is_cancelled() && !called.get() && !told.is_set());
        assert!(waiter.await.unwrap_err().is_cancelled());
        assert!(called.get() && told.is_set());
        other.await.unwrap();
        assert!(stranger.await.unwrap().is_err());
    });
}

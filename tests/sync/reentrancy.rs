//! Wakers that are not ours, and use the very things they are registered with: when they wake, and when they go.

use crate::trace::turns;
use roundelay::run;
use roundelay::sync::{Barrier, Condition, Event, Lock, Promise, Queue, Semaphore};
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

thread_local! {
    /// What the wakers of this thread do.
    static ACT: RefCell<Option<Rc<dyn Fn()>>> = const { RefCell::new(None) };
    /// How many times they began it, and how many times they came to its end.
    static ACTS: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
    /// Set while one does: it may wake and drop others, which do not do it again.
    static ACTING: Cell<bool> = const { Cell::new(false) };
}

struct Busy;

fn act() {
    let Some(act) = ACT.with_borrow(Option::clone) else {
        return;
    };
    if !ACTING.replace(true) {
        ACTS.set((ACTS.get().0 + 1, ACTS.get().1));
        act();
        ACTS.set((ACTS.get().0, ACTS.get().1 + 1));
        ACTING.set(false);
    }
}

impl Wake for Busy {
    fn wake(self: Arc<Self>) {
        act();
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        act();
    }
}

/// Polls with a new waker, whose only other owner is what it is registered with.
fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    let waker = Waker::from(Arc::new(Busy));
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

fn poll_idly<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// One of each.
struct All {
    promise: RefCell<Rc<Promise<u32>>>,
    event: Event,
    lock: Lock<()>,
    condition: Condition,
    semaphore: Semaphore,
    barrier: Barrier,
    queue: Queue<u32>,
}

impl All {
    /// Uses everything, and waits for nothing.
    fn use_all(&self) {
        let promise = Rc::clone(&self.promise.borrow());
        let _ = poll_idly(&mut promise.wait());
        promise.on_done(|| ());
        let _ = promise.set(1);
        let _ = poll_idly(&mut self.event.wait());
        self.event.set();
        self.event.clear();
        drop(poll_idly(&mut self.lock.lock()));
        drop(self.lock.try_lock());
        let mut lock = Box::pin(self.condition.lock());
        if let Poll::Ready(mut guard) = poll_idly(&mut lock) {
            guard.notify_all();
            let _ = poll_idly(&mut guard.wait());
        }
        drop(poll_idly(&mut self.semaphore.acquire()));
        drop(self.semaphore.try_acquire());
        let _ = poll_idly(&mut self.barrier.wait());
        self.barrier.reset();
        let _ = poll_idly(&mut self.queue.put(0));
        let _ = poll_idly(&mut self.queue.get());
        let _ = self.queue.try_get();
    }
}

#[test]
fn a_waker_may_use_what_it_is_registered_with() {
    run(async {
        let all = Rc::new(All {
            promise: RefCell::default(),
            event: Event::new(),
            lock: Lock::new(()),
            condition: Condition::new(),
            semaphore: Semaphore::new(1),
            barrier: Barrier::new(2),
            queue: Queue::bounded(1),
        });
        let acting = Rc::clone(&all);
        ACT.set(Some(Rc::new(move || acting.use_all())));
        // Once woken, once dropped; each with a waker renewed.
        for woken in [true, false] {
            let promise = Rc::new(Promise::new());
            all.promise.replace(Rc::clone(&promise));
            let mut wait = promise.wait();
            let _ = (poll(&mut wait), poll(&mut wait));
            let _ = woken.then(|| promise.set(2));
            drop(wait);

            let mut wait = all.event.wait();
            let _ = (poll(&mut wait), poll(&mut wait));
            woken.then(|| all.event.set());
            drop(wait);

            let guard = all.lock.lock().await;
            let mut lock = all.lock.lock();
            drop((poll(&mut lock), poll(&mut lock)));
            let guard = if woken { None } else { Some(guard) };
            drop(lock);
            drop(guard);

            let mut guard = all.condition.lock().await;
            let mut wait = guard.wait();
            let _ = (poll(&mut wait), poll(&mut wait));
            if woken {
                all.condition.lock().await.notify(1);
            }
            drop(wait);
            drop(guard);

            let permit = all.semaphore.acquire().await;
            let mut acquire = all.semaphore.acquire();
            drop((poll(&mut acquire), poll(&mut acquire)));
            let permit = if woken { None } else { Some(permit) };
            drop(acquire);
            drop(permit);

            let mut wait = all.barrier.wait();
            let _ = (poll(&mut wait), poll(&mut wait));
            woken.then(|| all.barrier.abort());
            drop(wait);
            all.barrier.reset();

            let mut get = all.queue.get();
            let _ = (poll(&mut get), poll(&mut get));
            let _ = woken.then(|| all.queue.try_put(1));
            drop(get);
            let _ = all.queue.try_put(1);
            let mut put = all.queue.put(2);
            let _ = (poll(&mut put), poll(&mut put));
            let _ = woken.then(|| all.queue.try_get());
            drop(put);
            while all.queue.try_get().is_ok() {}
        }
        ACT.set(None);
        turns().await;
        let (began, ended) = ACTS.get();
        assert!(began > 30, "they acted {began} times");
        assert_eq!(began, ended, "a borrow was in the way");
        // And all is well.
        assert!(all.lock.try_lock().is_some() && !all.condition.is_locked());
        assert!(all.semaphore.try_acquire().is_some() && !all.semaphore.is_locked());
        assert_eq!(all.barrier.waiting(), 0);
        assert!(all.queue.is_empty());
    });
}

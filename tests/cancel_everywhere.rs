//! Every public async function, cancelled at each of its waits: nothing is lost, nothing is left, nobody stays asleep.

use roundelay::io::AsyncFd;
use roundelay::net::{TcpListener, TcpStream, lookup};
use roundelay::pool::ThreadPool;
use roundelay::sync::{
    Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, PriorityQueue, Promise, Queue,
    Semaphore,
};
use roundelay::task::wait_first_error;
use roundelay::testing::cancel_everywhere;
use roundelay::time::{now, timeout_scope};
use roundelay::{
    Handle, WaitMode, as_completed, catch_cancel, gather, gather_handles, scope, shield, sleep,
    sleep_until, spawn, task_group, timeout, timeout_at, to_thread, try_gather, wait, wait_for,
    yield_now,
};
use std::io::{Read, Write};
use std::rc::Rc;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(3600);

/// Checks something when the body is over, however it ends.
struct AtEnd<F: Fn()>(F);

impl<F: Fn()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            (self.0)();
        }
    }
}

/// Lets something happen one turn later, without a task that could be left.
fn soon(f: impl FnOnce() + 'static) {
    Handle::current().call_soon(f);
}

/// A task that takes so many turns, and then ends.
async fn turns<T>(turns: usize, value: T) -> T {
    for _ in 0..turns {
        yield_now().await;
    }
    value
}

/// Cancels everywhere, and checks that the body waits at all.
#[track_caller]
fn everywhere<F>(body: impl Fn() -> F)
where
    F: Future + 'static,
    F::Output: 'static,
{
    assert!(cancel_everywhere(body) > 0, "the body never waits");
}

#[test]
fn sleeps_and_limits() {
    everywhere(|| sleep(SHORT));
    everywhere(|| sleep(Duration::ZERO));
    everywhere(yield_now);
    everywhere(|| async { sleep_until(now() + SHORT).await });
    everywhere(|| timeout(SHORT, sleep(LONG)));
    everywhere(|| timeout(LONG, sleep(SHORT)));
    everywhere(|| timeout(Duration::ZERO, sleep(LONG)));
    everywhere(|| async { timeout_at(now() + SHORT, sleep(LONG)).await });
    everywhere(|| {
        timeout_scope(Some(SHORT), async |scope| {
            scope.reschedule(Some(now() + 2 * SHORT)).unwrap();
            sleep(LONG).await;
        })
    });
    everywhere(|| timeout(2 * SHORT, timeout(SHORT, sleep(LONG))));
}

#[test]
fn joins() {
    everywhere(|| async { spawn(turns(3, ())).await });
    everywhere(|| async { spawn(async { spawn(turns(2, ())).await }).await });
    everywhere(|| async {
        let shared = spawn(turns(3, 7)).shared();
        assert_eq!(shared.clone().await.unwrap(), 7);
        assert_eq!(shared.await.unwrap(), 7);
    });
    everywhere(|| async {
        let mut task = spawn(turns(3, 7));
        shield(&mut task).await
    });
    everywhere(|| async { wait_for(LONG, spawn(turns(2, 1))).await });
    everywhere(|| async { wait_for(SHORT, spawn(sleep(LONG))).await });
    everywhere(|| async { wait_for(Duration::ZERO, spawn(sleep(LONG))).await });
}

#[test]
fn aggregates() {
    everywhere(|| async { gather([turns(1, 1), turns(3, 3)]).await });
    everywhere(|| async { gather([turns(1, 1), turns(3, 3)]).settled().await });
    everywhere(|| async { gather((turns(1, 1), turns(2, "two"))).await });
    everywhere(|| async { gather_handles([spawn(turns(2, 1))]).await });
    everywhere(|| async {
        try_gather([turns(1, Ok(1)), turns(2, Err("no"))])
            .await
            .is_err()
    });
    everywhere(|| async {
        let tasks = [1, 2, 3].map(|n| spawn(turns(n, n)));
        wait(tasks.into(), WaitMode::FirstCompleted).await;
    });
    everywhere(|| async {
        let tasks = [1, 2, 3].map(|n| spawn(turns(n, n)));
        wait(tasks.into(), WaitMode::All).timeout(LONG).await;
    });
    everywhere(|| async {
        let tasks = [1, 2].map(|n| spawn(turns(n, if n == 1 { Err(n) } else { Ok(n) })));
        wait_first_error(tasks.into()).await;
    });
    everywhere(|| async {
        let mut tasks = as_completed([turns(2, 2), turns(1, 1)]);
        let mut sum = 0;
        while let Some(n) = tasks.next().await {
            sum += n.unwrap();
        }
        assert_eq!(sum, 3);
    });
}

#[test]
fn groups_and_scopes() {
    everywhere(|| {
        task_group(async |group| {
            let task = group.spawn(async { Ok(turns(2, 1).await) });
            group.spawn(async { Err::<(), _>(turns(4, "no").await) });
            turns(1, ()).await;
            Ok::<_, &str>(task.await.unwrap_or(0))
        })
    });
    everywhere(|| {
        task_group(async |group| {
            group.spawn(task_group(async |inner| {
                inner.spawn(async {
                    sleep(LONG).await;
                    Ok::<_, &str>(())
                });
                Err::<(), _>(turns(2, "inner").await)
            }));
            turns(1, ()).await;
            Ok(())
        })
    });
    everywhere(|| async {
        let words = ["one".to_owned(), "three".to_owned()];
        scope(async |scope| {
            let mut sum = 0;
            for child in [0, 1].map(|n| scope.spawn(turns(n, &words[n]))) {
                sum += child.await.unwrap().len();
            }
            assert_eq!(sum, 8);
        })
        .await;
    });
    everywhere(|| async {
        if let Err(cancelled) = catch_cancel(turns(2, ())).await {
            turns(2, ()).await;
            cancelled.resume().await;
        }
    });
}

#[test]
fn locks_and_conditions() {
    everywhere(|| async {
        let lock = Rc::new(Lock::new(0));
        let _end = AtEnd(|| assert!(!lock.is_locked()));
        lock.acquire().await;
        soon({
            let lock = Rc::clone(&lock);
            move || lock.release()
        });
        *lock.lock().await += 1;
        lock.acquire().await;
        lock.release();
    });
    everywhere(|| async {
        let condition = Rc::new(Condition::new());
        let _end = AtEnd(|| assert!(!condition.is_locked()));
        let task = spawn({
            let condition = Rc::clone(&condition);
            async move {
                let guard = condition.lock().await;
                guard.notify(1);
            }
        });
        {
            let mut guard = condition.lock().await;
            guard.wait().await;
        }
        task.await.unwrap();
    });
    everywhere(|| async {
        let condition = Rc::new(Condition::new());
        let _end = AtEnd(|| assert!(!condition.is_locked()));
        let count = Rc::new(std::cell::Cell::new(0));
        let task = spawn({
            let (condition, count) = (Rc::clone(&condition), Rc::clone(&count));
            async move {
                for _ in 0..2 {
                    let guard = condition.lock().await;
                    count.set(count.get() + 1);
                    guard.notify_all();
                }
            }
        });
        {
            let mut guard = condition.lock().await;
            guard.wait_for(|| count.get() > 0).await;
            guard.wait_while(|| count.get() < 2).await;
        }
        task.await.unwrap();
    });
}

#[test]
fn semaphores_and_barriers() {
    everywhere(|| async {
        let semaphore = Rc::new(Semaphore::new(1));
        let held = semaphore.try_acquire().unwrap();
        held.forget();
        let _end = AtEnd(|| {
            // The permit is there, or is on its way back in the callback.
            semaphore.release();
            assert!(semaphore.try_acquire().is_some());
        });
        soon({
            let semaphore = Rc::clone(&semaphore);
            move || semaphore.release()
        });
        drop(semaphore.acquire().await);
    });
    everywhere(|| async {
        let semaphore = BoundedSemaphore::new(1);
        let _end = AtEnd(|| assert!(semaphore.try_acquire().is_some()));
        let mut first = Box::pin(semaphore.acquire());
        let permit = first.as_mut().await;
        let waiting = timeout(Duration::ZERO, semaphore.acquire()).await;
        assert!(waiting.is_err());
        drop(permit);
        drop(semaphore.acquire().await);
    });
    everywhere(|| async {
        let barrier = Rc::new(Barrier::new(2));
        let _end = AtEnd(|| assert!(barrier.waiting() <= 1));
        let task = spawn({
            let barrier = Rc::clone(&barrier);
            async move { timeout(Duration::ZERO, barrier.wait()).await.is_ok() }
        });
        let _ = timeout(Duration::ZERO, barrier.wait()).await;
        task.await.unwrap();
    });
}

#[test]
fn events_and_promises() {
    everywhere(|| async {
        let event = Rc::new(Event::new());
        soon({
            let event = Rc::clone(&event);
            move || event.set()
        });
        event.wait().await;
    });
    everywhere(|| async {
        let promise = Rc::new(Promise::new());
        soon({
            let promise = Rc::clone(&promise);
            // If the task that awaits it was cancelled, so is the promise.
            move || {
                let _ = promise.set(7);
            }
        });
        assert_eq!(promise.wait().await, Ok(7));
    });
}

#[test]
fn queues() {
    // An item that was put is in the queue, was got, or came back: the sum says so.
    macro_rules! passes {
        ($queue:ident) => {
            everywhere(|| async {
                let queue = Rc::new($queue::bounded(1));
                let seen = Rc::new(std::cell::Cell::new(0));
                let _end = AtEnd(|| {
                    while let Ok(n) = queue.try_get() {
                        seen.set(seen.get() + n);
                    }
                    let sum: u32 = seen.get();
                    assert!([0, 1, 3].contains(&sum), "of 1 and 2 came {sum}");
                });
                let put = {
                    let queue = Rc::clone(&queue);
                    async move {
                        queue.put(1).await.unwrap();
                        queue.put(2).await.unwrap();
                    }
                };
                let producer = spawn(put);
                for _ in 0..2 {
                    let n = queue.get().await.unwrap();
                    seen.set(seen.get() + n);
                    queue.task_done();
                }
                producer.await.unwrap();
                queue.join().await;
            });
        };
    }
    passes!(Queue);
    passes!(LifoQueue);
    passes!(PriorityQueue);
    everywhere(|| async {
        let queue = Rc::new(Queue::unbounded());
        queue.put(()).await.unwrap();
        soon({
            let queue = Rc::clone(&queue);
            move || {
                queue.try_get().unwrap();
                queue.task_done();
            }
        });
        queue.join().await;
    });
}

#[test]
fn sockets_and_threads() {
    everywhere(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, far) = (TcpStream::connect(address).await, listener.accept().await);
        let (near, (far, _)) = (near.unwrap(), far.unwrap());
        near.write_all(b"hello").await.unwrap();
        let mut bytes = [0; 5];
        far.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"hello");
        near.shutdown(std::net::Shutdown::Write).unwrap();
        far.read_to_end(&mut Vec::new()).await.unwrap();
        far.write(b"x").await.unwrap();
        near.read(&mut bytes).await.unwrap();
    });
    everywhere(|| async {
        let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        for end in [&near, &far] {
            end.set_nonblocking(true).unwrap();
        }
        let (near, far) = (AsyncFd::new(near).unwrap(), AsyncFd::new(far).unwrap());
        soon(move || (&mut far.get_ref()).write_all(b"x").unwrap());
        let mut byte = [0];
        let read = near.read_with(|mut stream| stream.read(&mut byte)).await;
        assert_eq!((read.unwrap(), byte), (1, *b"x"));
        near.write_with(|mut stream| stream.write(b"y")).await.ok();
    });
    everywhere(|| async { lookup("localhost:80").await.is_ok() });
    everywhere(|| async { assert_eq!(to_thread(|| 7).await.unwrap(), 7) });
}

#[test]
#[should_panic = "caught the cancel and waits for what nothing brings"]
fn a_body_that_catches_every_cancel_is_reported() {
    everywhere(|| async {
        if catch_cancel(sleep(SHORT)).await.is_err() {
            while catch_cancel(sleep(Duration::MAX)).await.is_err() {}
        }
    });
}

#[test]
#[should_panic = "the body did not end: it waits for what nothing brings"]
fn a_body_that_waits_for_ever_is_reported() {
    everywhere(|| async {
        let lock = Lock::new(());
        let _guard = lock.lock().await;
        let _again = lock.lock().await;
    });
}

#[test]
#[should_panic = "the body panicked: broken"]
fn a_body_that_panics_is_reported() {
    everywhere(|| async {
        if catch_cancel(sleep(SHORT)).await.is_err() {
            panic!("broken");
        }
    });
}

#[cfg(feature = "process")]
#[test]
fn worker_processes() {
    fn double(n: u32) -> u32 {
        2 * n
    }
    everywhere(|| async {
        let pool = roundelay::ProcessPool::new(1).unwrap();
        assert_eq!(pool.submit(double, 4).await.unwrap(), 8);
        // The pool heals itself after a call that was cancelled, and so killed.
        assert_eq!(pool.submit(double, 5).await.unwrap(), 10);
        pool.shutdown().await;
    });
    everywhere(|| async {
        let pool = roundelay::ProcessPool::builder().workers(1).queue_limit(1);
        let pool = pool.build().unwrap();
        let jobs: Vec<_> = (0..3).map(|n| pool.submit(double, n)).collect();
        jobs[2].accepted().await;
        assert_eq!(gather(jobs).await.unwrap().pop().unwrap().unwrap(), 4);
        let doubled = pool.map(double, 0..4).chunk_size(1).collect().await;
        assert_eq!(doubled.unwrap(), [0, 2, 4, 6]);
        let mut unordered = pool.map_unordered(double, 0..2);
        while unordered.next().await.is_some() {}
    });
}

#[test]
fn pools_of_threads() {
    everywhere(|| async {
        let pool = ThreadPool::builder().max_threads(1).queue_limit(1).build();
        let jobs: Vec<_> = (0..3).map(|n| pool.submit(move || 2 * n)).collect();
        jobs[2].accepted().await;
        for (n, job) in (0..).zip(jobs) {
            assert_eq!(job.await.unwrap(), 2 * n);
        }
        let doubled = pool.map(|n| 2 * n, 0..4).chunk_size(1).collect().await;
        assert_eq!(doubled.unwrap(), [0, 2, 4, 6]);
        let mut unordered = pool.map_unordered(|n| 2 * n, 0..2);
        while unordered.next().await.is_some() {}
        pool.shutdown().await;
    });
}

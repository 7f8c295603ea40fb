//! Code of others in odd places: wakers, drops and outputs that use the loop they are called from.

mod support;

use roundelay::net::{TcpListener, TcpStream};
use roundelay::sync::{Event, Queue};
use roundelay::{
    Handle, JoinHandle, Runtime, WaitMode, gather_handles, run, sleep, spawn, timeout, wait,
    yield_now,
};
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};
use support::leak_free;

/// So long something may take that must come, before a test calls it lost.
const LOST: Duration = Duration::from_secs(20);

/// Checks that tasks run as ever, in every slot that was used before.
async fn tasks_run() {
    let tasks: Vec<_> = (0..3000).map(|n| spawn(async move { n })).collect();
    for (n, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), n);
    }
}

/// Polls with another waker than the task's own.
fn poll_with<F: Future + Unpin>(waker: &Waker, future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// A waker that drops what it holds when it wakes.
struct DropsWhenWoken<T>(Mutex<Option<T>>);

impl<T: Send + 'static> Wake for DropsWhenWoken<T> {
    fn wake(self: Arc<Self>) {
        drop(self.0.lock().unwrap().take());
    }
}

#[test]
fn a_waker_may_drop_the_handle_it_was_given_to() {
    leak_free(|| {
        run(async {
            for round in 0..3 {
                let mut task = spawn(async move {
                    yield_now().await;
                    assert!(round != 1, "ends by a panic");
                    [round; 300]
                });
                let holder = Arc::new(DropsWhenWoken(Mutex::new(None)));
                let waker = Waker::from(Arc::clone(&holder));
                assert!(poll_with(&waker, &mut task).is_pending());
                if round == 2 {
                    task.cancel();
                }
                *holder.0.lock().unwrap() = Some(task);
                for _ in 0..3 {
                    yield_now().await;
                }
                assert!(holder.0.lock().unwrap().is_none(), "the waker was woken");
                tasks_run().await;
            }
        });
    });
}

/// Where a task finds its own handle.
type Own<T> = Rc<RefCell<Option<JoinHandle<T>>>>;

/// Polls and drops a handle when it is dropped.
struct PollsAndDrops<T>(Own<T>);

impl<T> Drop for PollsAndDrops<T> {
    fn drop(&mut self) {
        if let Some(mut own) = self.0.take() {
            let polled = poll_with(Waker::noop(), &mut own);
            assert!(polled.is_pending(), "not before the drop is over");
            own.cancel();
            own.set_name("on its way");
            drop(own);
        }
    }
}

#[test]
fn a_future_that_is_dropped_may_poll_and_drop_its_own_handle() {
    async fn victim(own: Own<[u8; 500]>, panics: bool) -> [u8; 500] {
        let _polls = PollsAndDrops(own);
        yield_now().await;
        assert!(!panics, "dropped by a panic");
        pending().await
    }
    /// Its fields are dropped by the loop, not by the panic.
    struct Panics(#[expect(dead_code, reason = "it is dropped")] PollsAndDrops<()>);
    impl Future for Panics {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            panic!("with everything in place");
        }
    }
    leak_free(|| {
        let runtime = Runtime::new().unwrap();
        runtime.run(async {
            // When it is cancelled, in the middle and before its first step, and when it panics.
            for (panics, steps) in [(false, 1), (false, 0), (true, 1)] {
                let own = Own::default();
                let task = spawn(victim(Rc::clone(&own), panics));
                (0..steps).for_each(drop);
                if steps == 1 {
                    yield_now().await;
                }
                task.cancel();
                *own.borrow_mut() = Some(task);
                for _ in 0..3 {
                    yield_now().await;
                }
                tasks_run().await;
            }
            let own = Own::default();
            *own.borrow_mut() = Some(spawn(Panics(PollsAndDrops(Rc::clone(&own)))));
            yield_now().await;
            tasks_run().await;
        });
        // And when the runtime ends.
        let own = Own::default();
        *own.borrow_mut() = Some(runtime.spawn(victim(Rc::clone(&own), false)));
        runtime.run(yield_now());
        drop(runtime);
    });
}

#[test]
fn an_output_that_owns_its_own_handle_goes_with_the_runtime() {
    struct Output(
        #[expect(dead_code, reason = "it is dropped")] PollsAndDropsOutput,
        #[expect(dead_code, reason = "it makes the cell large")] [u8; 5000],
    );
    struct PollsAndDropsOutput(Own<Output>, bool);
    impl Drop for PollsAndDropsOutput {
        fn drop(&mut self) {
            if let Some(mut own) = self.0.take() {
                if self.1 {
                    drop(poll_with(Waker::noop(), &mut own));
                }
                drop(own);
            }
        }
    }
    for polls in [false, true] {
        leak_free(|| {
            let runtime = Runtime::new().unwrap();
            let own = Own::default();
            let inside = Rc::clone(&own);
            let task =
                runtime.spawn(async move { Output(PollsAndDropsOutput(inside, polls), [0; 5000]) });
            *own.borrow_mut() = Some(task);
            runtime.run(async {
                yield_now().await;
                tasks_run().await;
            });
            drop(runtime);
        });
    }
}

/// A waker whose clone, wake and drop use the loop.
mod busy {
    #![allow(unsafe_code)]
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::task::{RawWaker, RawWakerVTable, Waker};

    thread_local! {
        /// What each of the functions does.
        pub static ACT: RefCell<Option<Rc<dyn Fn()>>> = const { RefCell::new(None) };
    }

    fn act() {
        // Taken out while it runs, for it may call these functions again.
        if let Some(act) = ACT.take() {
            act();
            ACT.set(Some(act));
        }
    }

    static VTABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            act();
            RawWaker::new(data, &VTABLE)
        },
        |_| act(),
        |_| act(),
        |_| act(),
    );

    pub fn waker() -> Waker {
        // SAFETY: the functions of the table take any data on any thread.
        unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &VTABLE)) }
    }
}

#[test]
fn a_waker_may_use_the_very_thing_it_is_registered_with() {
    leak_free(|| {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let near = TcpStream::connect(listener.local_addr().unwrap())
                .await
                .unwrap();
            let (far, _) = listener.accept().await.unwrap();
            let far = Rc::new(far);
            let (queue, event) = (Rc::new(Queue::bounded(1)), Rc::new(Event::new()));
            let shared = (Rc::clone(&far), Rc::clone(&queue), Rc::clone(&event));
            let acts = Rc::new(Cell::new(0));
            let counted = Rc::clone(&acts);
            let act = move || {
                let (far, queue, event) = &shared;
                counted.set(counted.get() + 1);
                let mut cx = Context::from_waker(Waker::noop());
                let read = &mut [0];
                let _ = futures_io::AsyncRead::poll_read(Pin::new(&mut &**far), &mut cx, read);
                let _ = poll_with(Waker::noop(), &mut queue.get());
                let _ = poll_with(Waker::noop(), &mut queue.put(0));
                let _ = queue.try_get();
                let _ = poll_with(Waker::noop(), &mut event.wait());
                event.set();
                event.clear();
                drop(spawn(async {}));
                let mut nap = sleep(Duration::from_secs(1));
                let _ = poll_with(Waker::noop(), &mut nap);
                Handle::current()
                    .call_later(Duration::from_secs(1), || ())
                    .cancel();
                let mut task = spawn(async {});
                let _ = poll_with(Waker::noop(), &mut task);
                task.cancel();
            };
            busy::ACT.set(Some(Rc::new(act)));
            let waker = busy::waker();
            let other = busy::waker().clone();
            for waker in [&waker, Waker::noop(), &other, &waker] {
                let mut cx = Context::from_waker(waker);
                let read = &mut [0];
                let _ = futures_io::AsyncRead::poll_read(Pin::new(&mut &*far), &mut cx, read);
                let mut get = queue.get();
                let _ = poll_with(waker, &mut get);
                let _ = poll_with(Waker::noop(), &mut get);
                let _ = poll_with(waker, &mut get);
                let _ = queue.try_put(1);
                let mut put = queue.put(2);
                let _ = poll_with(waker, &mut put);
                drop((get, put));
                let mut wait_for = event.wait();
                let _ = poll_with(waker, &mut wait_for);
                let _ = poll_with(Waker::noop(), &mut wait_for);
                let _ = poll_with(waker, &mut wait_for);
                event.set();
                event.clear();
                let mut nap = sleep(Duration::from_micros(10));
                let _ = poll_with(waker, &mut nap);
                let _ = poll_with(Waker::noop(), &mut nap);
                let _ = poll_with(waker, &mut nap);
                let mut task = spawn(async {});
                let _ = poll_with(waker, &mut task);
                let mut all = gather_handles([spawn(async {})]);
                let _ = poll_with(waker, &mut all);
                let mut some = wait(vec![spawn(async {})], WaitMode::All);
                let _ = poll_with(waker, &mut some);
                near.write_all(b"x").await.unwrap();
                sleep(Duration::from_millis(1)).await;
                drop((nap, task, all, some));
            }
            // A job's handle too.
            let mut job = roundelay::spawn_blocking(|| 1);
            let _ = poll_with(&waker, &mut job);
            let _ = poll_with(&other, &mut job);
            assert_eq!(job.await.unwrap(), 1);
            assert!(acts.get() > 20);
            busy::ACT.set(None);
            tasks_run().await;
        });
    });
}

#[test]
fn a_sleep_with_a_foreign_waker_may_be_dropped_whenever_the_runtime_ends() {
    /// Does nothing, but is not ours.
    struct Foreign;
    impl Wake for Foreign {
        fn wake(self: Arc<Self>) {}
    }
    let begun = |duration| {
        let mut nap = sleep(duration);
        let waker = Waker::from(Arc::new(Foreign));
        assert!(poll_with(&waker, &mut nap).is_pending());
        nap
    };
    leak_free(|| {
        let runtime = Runtime::new().unwrap();
        let (elsewhere, after) = runtime.run(async {
            let [elsewhere, in_callback, in_task, after] = [(); 4].map(|()| begun(LOST));
            Handle::current().call_later(LOST, move || drop(in_callback));
            drop(spawn(async move {
                let _kept = in_task;
                pending::<()>().await;
            }));
            yield_now().await;
            (elsewhere, after)
        });
        // This one reaches the loop when it closes.
        thread::spawn(move || drop(elsewhere)).join().unwrap();
        drop(runtime);
        drop(after);
    });
}

#[test]
fn a_runtime_ends_although_a_dropped_task_spawned_another_that_waits_for_ever() {
    struct Spawns(u32);
    impl Drop for Spawns {
        fn drop(&mut self) {
            let Some(again) = self.0.checked_sub(1).map(Spawns) else {
                return;
            };
            drop(spawn(async move {
                let _again = again;
                pending::<()>().await;
            }));
        }
    }
    leak_free(|| {
        run(async {
            let spawns = Spawns(3);
            drop(spawn(async move {
                let _spawns = spawns;
                pending::<()>().await;
            }));
            yield_now().await;
        });
    });
}

#[test]
#[expect(clippy::async_yields_async, reason = "the job is to outlive the run")]
fn a_runtime_ends_although_a_thread_of_its_pool_waits_for_a_remote_task() {
    leak_free(|| {
        for _ in 0..20 {
            let runtime = Runtime::new().unwrap();
            let remote = runtime.remote();
            let job = runtime.run(async {
                let asked = Arc::new(AtomicU32::new(0));
                let counts = Arc::clone(&asked);
                let job = roundelay::spawn_blocking(move || {
                    while let Ok(task) = remote.spawn(async {}) {
                        counts.fetch_add(1, Relaxed);
                        let _ = task.join();
                    }
                });
                while asked.load(Relaxed) < 10 {
                    yield_now().await;
                }
                job
            });
            drop(runtime);
            drop(job);
        }
    });
}

#[test]
fn handles_of_a_runtime_that_has_ended_count_as_failed_in_every_aggregate() {
    let gone = || {
        let runtime = Runtime::new().unwrap();
        runtime.spawn(async { 1 })
    };
    run(async {
        let error = timeout(LOST, gather_handles([gone(), spawn(async { 2 })])).await;
        assert!(error.expect("a gather hangs").is_err());
        let settled = gather_handles([gone(), spawn(async { 2 })]).settled();
        let results = timeout(LOST, settled).await.expect("settled hangs");
        assert!(results[0].is_err() && results[1].is_ok());
        for mode in [
            WaitMode::All,
            WaitMode::FirstCompleted,
            WaitMode::FirstError,
        ] {
            let tasks = wait(vec![gone(), spawn(async { 2 })], mode);
            let (done, _) = timeout(LOST, tasks).await.expect("wait hangs");
            assert!(!done.is_empty(), "{mode:?}");
        }
    });
}

#[test]
fn a_task_that_waits_for_one_of_another_runtime_hears_of_that_ones_end() {
    let (here, there) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let task = || there.spawn(pending::<()>());
    let gathered = gather_handles([task(), task()]).settled();
    let waited = wait(vec![task()], WaitMode::All);
    let awaited = task();
    let all = here.spawn(async move {
        let (gathered, (done, _)) = (gathered.await, waited.await);
        gathered.iter().all(Result::is_err) && done.len() == 1 && awaited.await.is_err()
    });
    here.run(yield_now());
    there.run(yield_now());
    drop(there);
    let all = here.run(timeout(LOST, all)).expect("it hangs");
    assert!(all.unwrap());
}

#[test]
fn waiters_that_come_and_go_behind_one_that_stays_leave_no_memory_behind() {
    leak_free(|| {
        let event = Event::new();
        let mut stays = event.wait();
        assert!(poll_with(Waker::noop(), &mut stays).is_pending());
        let before = resident();
        // Always one or two, so that the last of the list is never a gap.
        let mut last = event.wait();
        assert!(poll_with(Waker::noop(), &mut last).is_pending());
        for _ in 0..1_000_000 {
            let mut next = event.wait();
            assert!(poll_with(Waker::noop(), &mut next).is_pending());
            last = next;
        }
        let grown = resident().saturating_sub(before);
        assert!(
            grown < 8 << 20,
            "a list of three waiters holds {grown} bytes"
        );
        event.set();
        assert!(poll_with(Waker::noop(), &mut last).is_ready());
        assert!(poll_with(Waker::noop(), &mut stays).is_ready());
    });
}

/// How many bytes of memory the process holds.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn what_is_left_of_an_old_runtime_is_not_taken_for_a_new_ones() {
    leak_free(|| {
        let old = Runtime::new().unwrap();
        let (socket, nap) = old.run(async {
            let mut nap = sleep(LOST);
            assert!(poll_with(Waker::noop(), &mut nap).is_pending());
            (TcpListener::bind("127.0.0.1:0").await.unwrap(), nap)
        });
        drop(old);
        for _ in 1..65_536 {
            drop(Runtime::new().unwrap());
        }
        // This one has the old one's place in the table, and the lower half of its number.
        Runtime::new().unwrap().run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let (began, short) = (Instant::now(), Duration::from_millis(500));
            let mut new_nap = sleep(short);
            let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut new_nap).poll(cx))).await;
            assert!(polled.is_pending());
            thread::spawn(move || drop((socket, nap))).join().unwrap();
            yield_now().await;
            sleep(Duration::from_millis(1)).await;
            let connecting = TcpStream::connect(listener.local_addr().unwrap());
            let near = connecting.await.unwrap();
            timeout(LOST, listener.accept()).await.unwrap().unwrap();
            drop(near);
            let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut new_nap).poll(cx))).await;
            // On a busy machine it may be over by now.
            let over = began.elapsed() >= short;
            assert!(over || polled.is_pending(), "the new sleep's timer is gone");
            timeout(LOST, new_nap)
                .await
                .expect("the new sleep's timer is gone");
        });
    });
}

#[test]
fn a_job_whose_captures_panic_when_dropped_costs_the_pool_no_thread() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("a capture");
        }
    }
    leak_free(|| {
        run(async {
            let pool = roundelay::pool::ThreadPool::new(1);
            let (begin, begun) = std::sync::mpsc::channel::<()>();
            let first = pool.submit(move || begun.recv());
            let panics = Panics;
            drop(pool.submit(move || drop(panics)));
            begin.send(()).unwrap();
            first.await.unwrap().unwrap();
            let next = timeout(LOST, pool.submit(|| 5)).await;
            assert_eq!(next.expect("the thread is gone").unwrap(), 5);
        });
    });
}

#[test]
fn every_idle_thread_of_a_pool_takes_a_job_whoever_was_faster_before() {
    leak_free(|| {
        run(async {
            let pool = roundelay::pool::ThreadPool::new(2);
            for _ in 0..200 {
                // A short job may be taken by the thread that has just finished another one.
                let short = [(); 3].map(|()| pool.submit(|| ()));
                for job in short {
                    job.await.unwrap();
                }
                // These two need each other, and so both threads.
                let (to_second, from_first) = std::sync::mpsc::channel();
                let (to_first, from_second) = std::sync::mpsc::channel();
                let first = pool.submit(move || {
                    to_second.send(()).unwrap();
                    from_second.recv_timeout(LOST).is_ok()
                });
                let second = pool.submit(move || {
                    to_first.send(()).unwrap();
                    from_first.recv_timeout(LOST).is_ok()
                });
                assert!(first.await.unwrap() && second.await.unwrap());
            }
        });
    });
}

#[test]
fn a_call_may_own_and_drop_the_pool_it_runs_in() {
    leak_free(|| {
        run(async {
            let pool = Arc::new(roundelay::pool::ThreadPool::new(1));
            let own = Arc::clone(&pool);
            let (go, wait) = std::sync::mpsc::channel::<()>();
            let job = pool.submit(move || {
                wait.recv().unwrap();
                drop(own);
                6
            });
            drop(pool);
            go.send(()).unwrap();
            assert_eq!(timeout(LOST, job).await.unwrap().unwrap(), 6);
        });
    });
}

/// Forks, and returns what the child found: 0 for all well.
#[allow(unsafe_code)]
fn in_a_child(body: impl FnOnce()) -> i32 {
    // SAFETY: the child calls `body` and leaves by `_exit`, without running what belongs to the parent. glibc keeps
    // the allocator usable in the child.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0);
        if child == 0 {
            // A child that hangs is ended by its alarm.
            libc::alarm(10);
            let well = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).is_ok();
            libc::_exit(i32::from(!well));
        }
        let mut status = 0;
        libc::waitpid(child, &mut status, 0);
        if libc::WIFEXITED(status) {
            libc::WEXITSTATUS(status)
        } else {
            -libc::WTERMSIG(status)
        }
    }
}

#[test]
fn a_forked_child_does_not_wait_for_threads_that_stayed_with_its_parent() {
    leak_free(|| {
        let runtime = Runtime::new().unwrap();
        let pool = roundelay::pool::ThreadPool::new(1);
        runtime.run(async {
            roundelay::spawn_blocking(|| ()).await.unwrap();
            pool.submit(|| ()).await.unwrap();
        });
        let mut parents = Some((runtime, pool));
        let child = in_a_child(|| {
            let (runtime, pool) = parents.take().unwrap();
            drop(pool);
            drop(runtime);
            // New ones work here.
            let answer = run(async { roundelay::spawn_blocking(|| 3).await.unwrap() });
            assert_eq!(answer, 3);
        });
        assert_eq!(child, 0);
        let (runtime, pool) = parents.unwrap();
        let both = async { pool.submit(|| 1).await.unwrap() };
        assert_eq!(runtime.run(both), 1);
    });
}

//! Wakers and handles on other threads: during a run, while the runtime ends, and long after.
//!
//! Threads are told things by atomics and by their closures only, and are joined one by one: ThreadSanitizer, which
//! runs this file too, sees the standard library's locks, channels and reference counts in part only.

mod support;

use roundelay::net::{TcpListener, TcpStream};
use roundelay::trace::What;
use roundelay::{
    Handle, LoopEvent, Observer, RemoteHandle, Runtime, run, sleep, spawn, timeout, yield_now,
};
use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::future::{pending, poll_fn};
use std::net::Shutdown;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::*};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;
use support::leak_free;

/// So long something may take that must come, before a test calls it lost.
const LOST: Duration = Duration::from_secs(20);

/// Waits for a flag or a count that another thread sets.
fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

/// Spawns a task that waits for ever, and returns its waker.
async fn parked() -> Waker {
    let waker = Rc::new(RefCell::new(None));
    drop(spawn({
        let waker = Rc::clone(&waker);
        poll_fn(move |cx| {
            *waker.borrow_mut() = Some(cx.waker().clone());
            Poll::<()>::Pending
        })
    }));
    yield_now().await;
    waker.take().unwrap()
}

/// Counts up each time it is dropped.
struct Counted(&'static AtomicU32);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[test]
fn ten_thousand_wakers_on_eight_threads_outlive_their_runtime_and_write_into_no_file() {
    static STOP: AtomicBool = AtomicBool::new(false);
    static ROUNDS: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];
    let passed = |rounds| {
        let before: Vec<u32> = ROUNDS.iter().map(|r| r.load(Relaxed)).collect();
        wait_until(|| {
            let mut both = ROUNDS.iter().zip(&before);
            both.all(|(now, before)| now.load(Relaxed) - before >= rounds)
        });
    };
    leak_free(|| {
        let runtime = Runtime::new().unwrap();
        let mut wakers = runtime.run(async {
            let mut wakers = Vec::new();
            for _ in 0..10_000 {
                wakers.push(parked().await);
            }
            wakers
        });
        let threads: Vec<_> = (0..8)
            .map(|me| {
                let mine = wakers.split_off(wakers.len() - 1250);
                thread::spawn(move || {
                    while !STOP.load(Relaxed) {
                        for waker in &mine {
                            waker.wake_by_ref();
                        }
                        for waker in mine.clone() {
                            waker.wake();
                        }
                        ROUNDS[me].fetch_add(1, Relaxed);
                    }
                })
            })
            .collect();
        // While it runs, as it ends, and while files take the numbers of its descriptors.
        runtime.run(async {
            for _ in 0..100 {
                yield_now().await;
            }
        });
        passed(1);
        drop(runtime);
        let path = |n| format!("{}/wakers-{n}", env!("CARGO_TARGET_TMPDIR"));
        let files: Vec<File> = (0..8).map(|n| File::create(path(n)).unwrap()).collect();
        passed(3);
        // A new runtime in the place of the old one is not disturbed either.
        run(sleep(Duration::from_millis(1)));
        passed(1);
        STOP.store(true, Relaxed);
        for thread in threads {
            thread.join().unwrap();
        }
        for (n, file) in files.into_iter().enumerate() {
            assert_eq!(file.metadata().unwrap().len(), 0, "something was written");
            fs::remove_file(path(n)).unwrap();
        }
    });
}

#[test]
fn a_wake_in_the_moment_of_the_end_harms_nobody() {
    const ROUNDS: u32 = 500;
    static GO: AtomicU32 = AtomicU32::new(0);
    static DONE: AtomicU32 = AtomicU32::new(0);
    static WAKER: AtomicPtr<Waker> = AtomicPtr::new(std::ptr::null_mut());
    leak_free(|| {
        let other = thread::spawn(|| {
            for round in 1..=ROUNDS {
                wait_until(|| GO.load(Acquire) == round);
                let waker = take_waker(&WAKER);
                for _ in 0..20 {
                    waker.wake_by_ref();
                }
                waker.wake();
                DONE.store(round, Release);
            }
        });
        for round in 1..=ROUNDS {
            let runtime = Runtime::new().unwrap();
            let waker = runtime.run(parked());
            WAKER.store(Box::into_raw(Box::new(waker)), Relaxed);
            GO.store(round, Release);
            // Half of the rounds end a moment later.
            for _ in 0..round % 2 * 50 {
                std::hint::spin_loop();
            }
            drop(runtime);
            wait_until(|| DONE.load(Acquire) == round);
        }
        other.join().unwrap();
    });
}

/// Takes a waker that another thread put there.
#[allow(unsafe_code)]
fn take_waker(place: &AtomicPtr<Waker>) -> Waker {
    let waker = place.swap(std::ptr::null_mut(), Acquire);
    // SAFETY: the place holds what `Box::into_raw` gave, and is emptied by the swap.
    *unsafe { Box::from_raw(waker) }
}

/// Something that a thread-local keeps, and what is done with it when the thread is torn down.
struct AtThreadEnd(Option<Box<dyn FnOnce()>>);

impl Drop for AtThreadEnd {
    fn drop(&mut self) {
        if let Some(act) = self.0.take() {
            act();
        }
    }
}

thread_local! {
    static KEPT: RefCell<Vec<AtThreadEnd>> = const { RefCell::new(Vec::new()) };
}

fn at_thread_end(act: impl FnOnce() + 'static) {
    KEPT.with_borrow_mut(|kept| kept.push(AtThreadEnd(Some(Box::new(act)))));
}

#[test]
#[expect(
    clippy::waker_clone_wake,
    reason = "each function of a waker is called"
)]
fn wakers_and_handles_work_while_their_own_thread_is_torn_down() {
    static ENDED: AtomicU32 = AtomicU32::new(0);
    leak_free(|| {
        let thread = thread::spawn(|| {
            let runtime = Runtime::new().unwrap();
            let (waker, task, nap) = runtime.run(async {
                let mut nap = sleep(Duration::from_secs(60));
                let polled = poll_fn(|cx| Poll::Ready(pin!(&mut nap).poll(cx))).await;
                assert!(polled.is_pending());
                (parked().await, spawn(pending::<()>()), nap)
            });
            let remote = runtime.remote();
            at_thread_end(move || {
                waker.wake_by_ref();
                waker.clone().wake();
                task.cancel();
                drop(task);
                drop(nap);
                assert!(remote.post(|| ()).is_err());
                assert!(Handle::try_current().is_none());
                assert!(Runtime::new().unwrap().try_run(async {}).is_ok());
                ENDED.fetch_add(1, Relaxed);
            });
        });
        thread.join().unwrap();
        // The runtime itself may be what a thread-local keeps, with tasks that are dropped there.
        let thread = thread::spawn(|| {
            let runtime = Runtime::new().unwrap();
            let waker = runtime.run(parked());
            drop(runtime.spawn(async {
                let _counted = Counted(&ENDED);
                pending::<()>().await;
            }));
            runtime.run(yield_now());
            at_thread_end(move || {
                drop(runtime);
                waker.wake();
                ENDED.fetch_add(1, Relaxed);
            });
        });
        thread.join().unwrap();
    });
    assert_eq!(ENDED.load(Relaxed), 3);
}

#[test]
fn a_wake_from_the_tear_down_of_another_thread_arrives() {
    static TORN_DOWN: AtomicBool = AtomicBool::new(false);
    leak_free(|| {
        let mut thread = None;
        let task = poll_fn(|cx| {
            if TORN_DOWN.load(Acquire) {
                return Poll::Ready(());
            }
            let waker = cx.waker().clone();
            thread.get_or_insert_with(|| {
                thread::spawn(|| {
                    at_thread_end(|| {
                        TORN_DOWN.store(true, Release);
                        waker.wake();
                    });
                })
            });
            Poll::Pending
        });
        run(timeout(LOST, task)).expect("the wake was lost");
        thread.unwrap().join().unwrap();
    });
}

#[test]
fn a_storm_of_wakes_on_one_task_needs_no_memory_and_the_last_one_leads_to_a_poll() {
    const WAKES: u32 = 200_000;
    static STORMED: AtomicU32 = AtomicU32::new(0);
    leak_free(|| {
        let before = resident();
        let mut threads = Vec::new();
        let mut polls = 0;
        let task = poll_fn(|cx| {
            polls += 1;
            if threads.is_empty() {
                threads.extend((0..4).map(|_| {
                    let waker = cx.waker().clone();
                    thread::spawn(move || {
                        for _ in 0..WAKES {
                            STORMED.fetch_add(1, Relaxed);
                            waker.wake_by_ref();
                        }
                    })
                }));
            }
            // Relaxed: the wake itself makes visible what was written before it.
            if STORMED.load(Relaxed) == 4 * WAKES {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        run(async {
            // Something else goes on meanwhile.
            let ticks = spawn(async {
                for _ in 0..10 {
                    sleep(Duration::from_micros(100)).await;
                }
            });
            timeout(LOST, task).await.expect("the last wake was lost");
            ticks.await.unwrap();
        });
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(polls > 1);
        let grown = resident().saturating_sub(before);
        assert!(grown < 32 << 20, "the storm cost {grown} bytes");
    });
}

/// How many bytes of memory the process holds.
fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn a_stale_waker_beside_the_valid_one_swallows_no_wake() {
    const ROUNDS: u32 = 5_000;
    static PING: AtomicU32 = AtomicU32::new(0);
    static PONG: AtomicU32 = AtomicU32::new(0);
    leak_free(|| {
        run(async {
            // The waker of a task that has ended, whose slot the next task takes.
            let ended = spawn(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
            let stale = ended.await.unwrap();
            let stale_wakes = thread::spawn(move || {
                while PONG.load(Relaxed) < ROUNDS {
                    stale.wake_by_ref();
                }
            });
            let task = spawn(ping_pong(&PING, &PONG, ROUNDS));
            let done = timeout(LOST, task).await;
            PONG.store(ROUNDS, Relaxed);
            stale_wakes.join().unwrap();
            done.expect("a wake was lost").unwrap();
        });
    });
}

#[test]
fn a_hundred_thousand_rounds_between_a_task_and_a_thread_lose_no_wake() {
    static PING: AtomicU32 = AtomicU32::new(0);
    static PONG: AtomicU32 = AtomicU32::new(0);
    leak_free(|| {
        let rounds = ping_pong(&PING, &PONG, 100_000);
        run(timeout(LOST, rounds)).expect("a wake was lost");
    });
}

/// Throws a number to a thread, and waits for it to come back, so many times.
async fn ping_pong(ping: &'static AtomicU32, pong: &'static AtomicU32, rounds: u32) {
    let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
    let thread = thread::spawn(move || {
        for round in 1..=rounds {
            wait_until(|| ping.load(Acquire) == round);
            pong.store(round, Relaxed);
            waker.wake_by_ref();
        }
    });
    for round in 1..=rounds {
        ping.store(round, Release);
        let came_back = |_: &mut Context<'_>| match pong.load(Relaxed) == round {
            true => Poll::Ready(()),
            false => Poll::Pending,
        };
        poll_fn(came_back).await;
    }
    thread.join().unwrap();
}

#[test]
fn a_handle_dropped_on_another_thread_detaches_its_task() {
    /// Notes whether it was dropped on the thread that made it.
    struct Output(thread::ThreadId);
    impl Drop for Output {
        fn drop(&mut self) {
            assert_eq!(self.0, thread::current().id());
            DROPPED.fetch_add(1, Relaxed);
        }
    }
    static DROPPED: AtomicU32 = AtomicU32::new(0);
    leak_free(|| {
        let runtime = Runtime::new().unwrap();
        let kept = runtime.run(async {
            let output = || Output(thread::current().id());
            let ended = spawn(async move { output() });
            let waiting = spawn(async move {
                for _ in 0..20 {
                    yield_now().await;
                }
                output()
            });
            yield_now().await;
            thread::spawn(move || drop((ended, waiting)))
                .join()
                .unwrap();
            for _ in 0..30 {
                yield_now().await;
            }
            assert_eq!(DROPPED.load(Relaxed), 2, "the outputs of detached tasks");
            [
                spawn(async move { output() }),
                spawn(async move { output() }),
            ]
        });
        let [at_the_end, after] = kept;
        let left = thread::spawn(move || drop(at_the_end));
        drop(runtime);
        left.join().unwrap();
        thread::spawn(move || drop(after)).join().unwrap();
    });
    assert_eq!(DROPPED.load(Relaxed), 4);
}

#[test]
fn a_handle_on_another_thread_cancels_and_cannot_be_awaited_there() {
    leak_free(|| {
        run(async {
            let task = spawn(pending::<()>());
            let asked = thread::spawn(move || {
                assert!(!task.is_finished() && task.id().is_none());
                assert!(task.name().contains("wakers.rs"), "{}", task.name());
                task.cancel();
                task
            });
            let task = asked.join().unwrap();
            let error = timeout(LOST, task).await.unwrap().unwrap_err();
            assert!(error.is_cancelled());
            let task = spawn(async { 1 });
            let elsewhere = thread::spawn(move || run(task).unwrap_err())
                .join()
                .unwrap();
            assert!(elsewhere.to_string().contains("outside of its runtime"));
        });
    });
}

/// Counts the timers that fire.
struct Fired(Rc<Cell<u32>>);

impl Observer for Fired {
    fn event(&self, _: u64, event: LoopEvent) {
        if matches!(event.what, What::TimerFired { .. }) {
            self.0.set(self.0.get() + 1);
        }
    }
}

#[test]
#[expect(
    clippy::async_yields_async,
    reason = "a sleep that has begun is given away"
)]
fn a_sleep_dropped_on_another_thread_takes_its_timer_along() {
    leak_free(|| {
        let fired = Rc::new(Cell::new(0));
        let runtime = Runtime::builder()
            .virtual_clock(true)
            .observer(Fired(Rc::clone(&fired)))
            .build()
            .unwrap();
        let last = runtime.run(async {
            let begun = async |duration| {
                let mut nap = Box::pin(sleep(duration));
                let polled = poll_fn(|cx| Poll::Ready(nap.as_mut().poll(cx))).await;
                assert!(polled.is_pending());
                nap
            };
            let nap = begun(Duration::from_secs(1)).await;
            thread::spawn(move || drop(nap)).join().unwrap();
            sleep(Duration::from_secs(2)).await;
            begun(Duration::from_secs(3)).await
        });
        assert_eq!(fired.get(), 1, "only the sleep that was awaited");
        let after = Box::pin(sleep(Duration::from_secs(1)));
        thread::spawn(move || drop(last)).join().unwrap();
        runtime.run(sleep(Duration::from_secs(4)));
        assert_eq!(fired.get(), 2, "only the sleeps that were awaited");
        drop(runtime);
        drop(after);
    });
}

#[test]
fn a_stream_dropped_on_another_thread_closes_its_connection() {
    leak_free(|| {
        let runtime = Runtime::new().unwrap();
        let kept = runtime.run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let near = TcpStream::connect(address).await.unwrap();
            let (far, _) = listener.accept().await.unwrap();
            let dropping = thread::spawn(move || {
                let error = near.shutdown(Shutdown::Write).err();
                assert!(error.is_none(), "{error:?}");
            });
            let mut byte = [0];
            let end = timeout(LOST, far.read(&mut byte)).await.unwrap().unwrap();
            assert_eq!(end, 0, "the end of the stream");
            dropping.join().unwrap();
            // The sources that are made next are not mistaken for the one that went.
            let near = TcpStream::connect(address).await.unwrap();
            let (next, _) = listener.accept().await.unwrap();
            near.write_all(b"x").await.unwrap();
            timeout(LOST, next.read(&mut byte)).await.unwrap().unwrap();
            assert_eq!(byte, *b"x");
            [near, next]
        });
        let [at_the_end, after] = kept;
        let other = thread::spawn(move || drop(at_the_end));
        drop(runtime);
        other.join().unwrap();
        thread::spawn(move || drop(after)).join().unwrap();
    });
}

#[test]
fn what_is_posted_while_the_runtime_ends_either_runs_or_is_dropped() {
    const ROUNDS: u32 = 50;
    static MADE: AtomicU32 = AtomicU32::new(0);
    static DROPPED: AtomicU32 = AtomicU32::new(0);
    fn post_until_closed(remote: RemoteHandle) {
        loop {
            // No further ahead of the loop than this, or its batches would grow without end.
            // The other thread may count between the two loads, so that what is dropped may exceed what was made.
            let ahead = || MADE.load(Relaxed).saturating_sub(DROPPED.load(Relaxed));
            wait_until(|| ahead() < 100 || remote.is_closed());
            MADE.fetch_add(1, Relaxed);
            let counted = Counted(&DROPPED);
            if remote.post(move || drop(counted)).is_err() {
                assert!(remote.is_closed());
                return;
            }
        }
    }
    leak_free(|| {
        for round in 0..ROUNDS {
            let runtime = Runtime::new().unwrap();
            let remote = runtime.remote();
            let threads = [(); 2].map(|()| {
                let remote = remote.clone();
                thread::spawn(move || post_until_closed(remote))
            });
            runtime.run(async {
                for _ in 0..round {
                    yield_now().await;
                }
            });
            drop(runtime);
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(MADE.load(Relaxed), DROPPED.load(Relaxed));
        }
    });
}

#[test]
fn who_waits_for_a_remote_task_hears_of_its_end_or_of_the_runtimes() {
    leak_free(|| {
        for turns in [0, 1, 2, 5, 50] {
            let runtime = Runtime::new().unwrap();
            let remote = runtime.remote();
            let thread = thread::spawn(move || {
                let mut answers = 0;
                while let Ok(task) = remote.spawn(async { 7 }) {
                    match task.join() {
                        Ok(answer) => answers += answer / 7,
                        Err(error) => assert!(error.to_string().contains("closed"), "{error}"),
                    }
                }
                answers
            });
            runtime.run(async {
                for _ in 0..turns {
                    sleep(Duration::from_micros(100)).await;
                }
            });
            drop(runtime);
            thread.join().unwrap();
        }
    });
}
#[test]
fn a_wake_that_was_on_its_way_when_a_runtime_ended_does_not_deafen_the_next_one() {
    leak_free(|| {
        let runtime = Runtime::new().unwrap();
        let waker = runtime.run(parked());
        // No loop runs, so this goes to the inbox, which nobody reads any more.
        waker.wake_by_ref();
        drop(runtime);
        // The next runtime has the same place in the table, and its tasks the same indices.
        run(async {
            let tasks = [(); 4].map(|()| spawn(woken_from_a_thread()));
            for task in tasks {
                timeout(LOST, task).await.expect("a wake was lost").unwrap();
            }
        });
    });
}

/// Waits for one wake, which comes from another thread.
async fn woken_from_a_thread() {
    let mut thread = None;
    poll_fn(|cx| {
        if thread.is_some() {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        thread = Some(thread::spawn(|| waker.wake()));
        Poll::Pending
    })
    .await;
    thread.unwrap().join().unwrap();
}

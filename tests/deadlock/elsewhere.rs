//! Programs that look like a deadlock, and that somebody or something else can wake.

use crate::{deadlock, runtime, watched};
use roundelay::io::AsyncFd;
use roundelay::net::{TcpListener, TcpStream};
use roundelay::sync::{Event, Promise};
use roundelay::{Handle, RemoteHandle, Runtime, Verdict, run, sleep, spawn, to_thread, yield_now};
use std::cell::RefCell;
use std::fs;
use std::future::poll_fn;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

/// Waits until a thread of this process sleeps in the system.
fn wait_until_asleep(thread: u32) {
    wait_until_asleep_at(&format!("/proc/self/task/{thread}/stat"));
}

fn wait_until_asleep_at(path: &str) {
    loop {
        let stat = fs::read_to_string(path).unwrap();
        let (_, state) = stat
            .rsplit_once(") ")
            .expect("the state stands behind the name");
        if state.starts_with('S') {
            return;
        }
        thread::yield_now();
    }
}

fn this_thread() -> u32 {
    rustix::thread::gettid()
        .as_raw_nonzero()
        .get()
        .cast_unsigned()
}

/// Calls `bring` on another thread once this one sleeps.
fn when_asleep(bring: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    let this = this_thread();
    thread::spawn(move || {
        wait_until_asleep(this);
        bring();
    })
}

/// Waits for a flag, and gives its waker away.
async fn flagged(flag: &'static AtomicBool, give: impl FnOnce(Waker)) {
    let mut give = Some(give);
    poll_fn(|cx| {
        if let Some(give) = give.take() {
            give(cx.waker().clone());
        }
        match flag.load(Acquire) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}

#[test]
fn a_remote_handle_that_is_alive() {
    watched(|| {
        let runtime = runtime();
        let promise = Rc::new(Promise::<()>::new());
        let wakes = Rc::clone(&promise);
        drop(runtime.spawn(async move { wakes.wait().await }));
        let (remote, kept) = (runtime.remote(), runtime.remote());
        let other = when_asleep(move || {
            remote
                .post(move || {
                    let told = Handle::current()
                        .diagnose()
                        .expect("nothing else is to come");
                    assert_eq!(told.verdict(), Verdict::External);
                    Handle::current().stop();
                })
                .unwrap();
        });
        // It waits for what the other thread brings, and does not call it an error.
        runtime.run_forever().unwrap();
        other.join().unwrap();
        drop(kept);
        assert_eq!(deadlock(runtime.run_forever()).verdict(), Verdict::Certain);
        drop(promise);
        runtime.shutdown().unwrap();
    });
}

/// A clone counts, and so does a handle in a closure that was posted, and one that a closure brought back.
#[test]
fn every_clone_of_a_remote_handle_counts() {
    watched(|| {
        let runtime = runtime();
        drop(runtime.spawn(async { Event::new().wait().await }));
        let verdict = || runtime.diagnose().map(|told| told.verdict());
        deadlock(runtime.run_forever());
        let remote: RemoteHandle = runtime.remote();
        let clone = remote.clone();
        assert_eq!(verdict(), Some(Verdict::External));
        drop(remote);
        assert_eq!(verdict(), Some(Verdict::External));
        let inside = clone.clone();
        thread::spawn(move || clone.post(move || drop(inside)).unwrap())
            .join()
            .unwrap();
        // There is something to do first.
        assert_eq!(verdict(), None);
        assert_eq!(deadlock(runtime.run_forever()).verdict(), Verdict::Certain);
        runtime.shutdown().unwrap();
    });
}

#[test]
fn a_waker_on_another_thread() {
    static FLAG: AtomicBool = AtomicBool::new(false);
    watched(|| {
        let runtime = runtime();
        let place: Rc<RefCell<Option<Waker>>> = Rc::default();
        let give = Rc::clone(&place);
        let task = runtime.spawn(flagged(&FLAG, move |waker| {
            *give.borrow_mut() = Some(waker)
        }));
        runtime.run(async {
            while place.borrow().is_none() {
                yield_now().await;
            }
        });
        let told = runtime.diagnose().unwrap();
        assert_eq!(told.verdict(), Verdict::Possible);
        assert!(told.to_string().contains("1 waker(s)"), "{told}");
        let waker = place.take().unwrap();
        let other = when_asleep(move || {
            FLAG.store(true, Release);
            waker.wake();
        });
        runtime.run(task).unwrap();
        other.join().unwrap();
    });
}

#[test]
fn a_waker_that_another_thread_drops() {
    static FLAG: AtomicBool = AtomicBool::new(false);
    watched(|| {
        let runtime = runtime();
        let place: Rc<RefCell<Option<Waker>>> = Rc::default();
        let give = Rc::clone(&place);
        drop(runtime.spawn(flagged(&FLAG, move |waker| {
            *give.borrow_mut() = Some(waker)
        })));
        runtime.run(yield_now());
        let verdict = || runtime.diagnose().map(|told| told.verdict());
        assert_eq!(verdict(), Some(Verdict::Possible));
        let waker = place.take().unwrap();
        thread::spawn(move || drop(waker)).join().unwrap();
        assert_eq!(verdict(), Some(Verdict::Certain));
        let told = deadlock(runtime.run_forever()).to_string();
        // Polled once more by nobody's wish, it keeps no waker that time.
        let again = cfg!(roundelay_spurious) && told.contains("without arranging a wake-up");
        assert!(again || told.contains("has dropped its waker"), "{told}");
        runtime.shutdown().unwrap();
    });
}

/// The loop may sleep when the last waker goes without a wake: it is not told, and finds out the next time that it looks.
#[test]
fn clones_that_come_and_go_on_eight_threads_leave_a_count_of_zero() {
    static FLAG: AtomicBool = AtomicBool::new(false);
    watched(|| {
        let runtime = runtime();
        let wakers: Rc<RefCell<Vec<Waker>>> = Rc::default();
        let task = runtime.spawn({
            let wakers = Rc::clone(&wakers);
            flagged(&FLAG, move |waker| {
                let mut wakers = wakers.borrow_mut();
                wakers.extend((0..8).map(|_| waker.clone()));
                drop(waker);
            })
        });
        runtime.run(yield_now());
        let wakers = wakers.take().into_iter().enumerate();
        let threads: Vec<_> = wakers
            .map(|(n, waker)| {
                thread::spawn(move || {
                    for round in 0..2000 {
                        let clones = [waker.clone(), waker.clone(), waker.clone()];
                        clones[0].wake_by_ref();
                        for clone in clones {
                            match (round + n) % 3 {
                                0 => clone.wake(),
                                1 => drop(clone),
                                _ => drop(clone.clone()),
                            }
                        }
                    }
                    if n == 0 {
                        FLAG.store(true, Release);
                    }
                    waker.wake();
                })
            })
            .collect();
        runtime.run(task).unwrap();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(deadlock(runtime.run_forever()).verdict(), Verdict::Certain);
        runtime.shutdown().unwrap();
    });
}

/// A clone may outlive its runtime, and goes when another one is there: that one's count must not suffer.
#[test]
fn wakers_and_handles_of_an_earlier_runtime_do_not_count_for_a_later_one() {
    static FLAG: AtomicBool = AtomicBool::new(false);
    watched(|| {
        let place: Rc<RefCell<Option<Waker>>> = Rc::default();
        let mut old = Vec::new();
        for _ in 0..20 {
            let runtime = runtime();
            let give = Rc::clone(&place);
            drop(runtime.spawn(flagged(&FLAG, move |waker| {
                *give.borrow_mut() = Some(waker)
            })));
            runtime.run(yield_now());
            old.push((place.take().unwrap(), runtime.remote()));
        }
        for pair in old {
            let runtime = runtime();
            runtime.run(async { drop(pair) });
            assert_eq!(deadlock(runtime.run_forever()).verdict(), Verdict::Certain);
        }
    });
}

#[test]
fn a_signal_that_a_thread_waits_for() {
    watched(|| {
        let (signals, ends) = UnixStream::pair().unwrap();
        let number = signal_hook::consts::SIGUSR1;
        let registered = signal_hook::low_level::pipe::register(number, ends).unwrap();
        let runtime = runtime();
        let event = Rc::new(Event::new());
        let verdict = runtime.remote();
        let remote = runtime.remote();
        let waits = thread::spawn(move || {
            (&signals).read_exact(&mut [0]).unwrap();
            remote.post(|| Handle::current().stop()).unwrap();
        });
        let waiting = Rc::clone(&event);
        drop(runtime.spawn(async move { waiting.wait().await }));
        let other = when_asleep(move || {
            let told = |handle: Handle| handle.diagnose().map(|told| told.verdict());
            let asks = move || assert_eq!(told(Handle::current()), Some(Verdict::External));
            verdict.post(asks).unwrap();
            signal_hook::low_level::raise(number).unwrap();
        });
        runtime.run_forever().unwrap();
        other.join().unwrap();
        waits.join().unwrap();
        signal_hook::low_level::unregister(registered);
        assert_eq!(deadlock(runtime.run_forever()).verdict(), Verdict::Certain);
        runtime.shutdown().unwrap();
    });
}

#[test]
fn a_signal_that_comes_through_a_descriptor() {
    watched(|| {
        let (signals, ends) = UnixStream::pair().unwrap();
        signals.set_nonblocking(true).unwrap();
        let number = signal_hook::consts::SIGUSR2;
        let registered = signal_hook::low_level::pipe::register(number, ends).unwrap();
        let other = when_asleep(move || signal_hook::low_level::raise(number).unwrap());
        run(async move {
            let signals = AsyncFd::reader(signals).unwrap();
            let read = |mut stream: &UnixStream| stream.read(&mut [0; 8]);
            assert_eq!(signals.read_with(read).await.unwrap(), 1);
        });
        other.join().unwrap();
        signal_hook::low_level::unregister(registered);
    });
}

#[test]
fn a_socket_that_listens() {
    watched(|| {
        let (give, take) = std::sync::mpsc::channel();
        let other = when_asleep(move || {
            let address: std::net::SocketAddr = take.recv().unwrap();
            drop(std::net::TcpStream::connect(address).unwrap());
        });
        run(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            give.send(listener.local_addr().unwrap()).unwrap();
            let _: (TcpStream, _) = listener.accept().await.unwrap();
        });
        other.join().unwrap();
    });
}

#[test]
fn a_job_in_a_thread() {
    watched(|| {
        let this = this_thread();
        let runtime = runtime();
        let slept = runtime.run(async move {
            to_thread(move || {
                wait_until_asleep(this);
                true
            })
            .await
            .unwrap()
        });
        assert!(slept);
        // The pool is idle, and alive.
        let waits = async { Event::new().wait().await };
        assert_eq!(deadlock(runtime.try_run(waits)).verdict(), Verdict::Certain);
        runtime.shutdown().unwrap();
    });
}

#[test]
fn a_timer() {
    watched(|| {
        let runtime = runtime();
        runtime.run(async {
            drop(spawn(async { Event::new().wait().await }));
            sleep(Duration::from_secs(3600)).await;
        });
        let called = Rc::new(RefCell::new(None));
        let (at_end, handle) = (Rc::clone(&called), runtime.handle());
        drop(runtime.call_later(Duration::from_secs(3600), move || {
            *at_end.borrow_mut() = handle.diagnose();
        }));
        assert!(runtime.diagnose().is_none(), "a timer is set");
        deadlock(runtime.run_forever());
        assert_eq!(called.take().unwrap().verdict(), Verdict::Certain);
        runtime.shutdown().unwrap();
    });
}

/// The wakers of a scope's children may be anywhere, and nobody counts those.
#[test]
fn children_of_a_scope_are_never_certain() {
    watched(|| {
        let runtime = runtime();
        drop(runtime.spawn(async {
            let event = Event::new();
            roundelay::scope(async |scope| {
                drop(scope.spawn(event.wait()));
            })
            .await;
        }));
        runtime.run(yield_now());
        runtime.run(yield_now());
        assert_eq!(runtime.diagnose().unwrap().verdict(), Verdict::Possible);
        runtime.shutdown().unwrap();
    });
}

#[test]
fn a_runtime_without_debug_names_tasks_and_joins() {
    watched(|| {
        let builder = Runtime::builder().virtual_clock(true).debug(false);
        let runtime = builder.build().unwrap();
        let main = async {
            spawn(async { Event::new().wait().await }).await.unwrap(); // @main
        };
        let told = deadlock(runtime.try_run(main)); // @run without notes
        runtime.shutdown().unwrap();
        assert_eq!(
            crate::marked(&told.to_string()),
            "deadlock (certain): 2 tasks can never be woken\
            \n  Task-1 waits for the end of Task-2; it was spawned at @run without notes\
            \n  Task-2 waits; it was spawned at @main\
            \n  run it with ROUNDELAY_DEBUG=1 to learn of locks, queues and lines, too"
        );
    });
}

#[cfg(feature = "process")]
#[test]
fn a_job_in_a_process() {
    fn wait_until_parent_sleeps(loop_thread: (u32, u32)) -> bool {
        let (process, thread) = loop_thread;
        wait_until_asleep_at(&format!("/proc/{process}/task/{thread}/stat"));
        true
    }
    watched(|| {
        let runtime = runtime();
        let this = (std::process::id(), this_thread());
        let slept = runtime.run(async move {
            let pool = roundelay::ProcessPool::new(1).unwrap();
            let slept = pool.submit(wait_until_parent_sleeps, this).await.unwrap();
            pool.shutdown().await;
            slept
        });
        assert!(slept);
        // The pool has ended, and nothing of it is left that could bring something.
        let waits = async { Event::new().wait().await };
        assert_eq!(deadlock(runtime.try_run(waits)).verdict(), Verdict::Certain);
        runtime.shutdown().unwrap();
    });
}

/// What is polled on another thread with a waker of ours keeps a clone of it, however it is made.
#[test]
fn a_future_of_another_loop_that_is_polled_with_our_waker() {
    static FLAG: AtomicBool = AtomicBool::new(false);
    watched(|| {
        let runtime = runtime();
        let place: Rc<RefCell<Option<Waker>>> = Rc::default();
        let give = Rc::clone(&place);
        let task = runtime.spawn(flagged(&FLAG, move |waker| {
            *give.borrow_mut() = Some(waker)
        }));
        runtime.run(yield_now());
        let (waker, this) = (place.take().unwrap(), this_thread());
        let other = thread::spawn(move || {
            run(async move {
                let event = Event::new();
                let mut wait = Box::pin(event.wait());
                let polled = wait.as_mut().poll(&mut Context::from_waker(&waker));
                assert!(polled.is_pending());
                drop(waker);
                wait_until_asleep(this);
                FLAG.store(true, Release);
                event.set();
            });
        });
        runtime.run(task).unwrap();
        other.join().unwrap();
        runtime.shutdown().unwrap();
    });
}

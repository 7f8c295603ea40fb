//! The life of tasks: panics at every point, cancelling, odd layouts and odd moments, runs that follow each other.

mod support;

use futures_io::AsyncRead;
use roundelay::net::{TcpListener, TcpStream};
use roundelay::{
    Handle, JoinHandle, RunError, Runtime, gather, run, sleep, spawn, timeout, try_run, yield_now,
};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::*};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};
use support::leak_free;

type Log = Rc<RefCell<Vec<&'static str>>>;

/// Notes a word when it is dropped.
struct Says(Log, &'static str);

impl Drop for Says {
    fn drop(&mut self) {
        self.0.borrow_mut().push(self.1);
    }
}

/// Panics when it is dropped, unless the thread panics already.
struct PanicsWhenDropped(&'static str);

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic!("{}", self.0);
        }
    }
}

/// Runs a closure when it is dropped.
struct WhenDropped<F: FnMut()>(F);

impl<F: FnMut()> Drop for WhenDropped<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn virtual_time() -> Runtime {
    Runtime::builder().virtual_clock(true).build().unwrap()
}

/// Polls a future once, with the task's own waker.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}

/// Checks that tasks run as ever.
async fn a_thousand_tasks_run() {
    let tasks = gather((0..1000).map(|n| async move {
        yield_now().await;
        n
    }));
    assert_eq!(tasks.await.unwrap(), (0..1000).collect::<Vec<_>>());
}

// ---- waking

#[test]
fn a_task_woken_often_is_polled_once_for_it() {
    run(async {
        let polls = Rc::new(Cell::new(0));
        let waker = Rc::new(RefCell::new(None::<Waker>));
        let task = spawn({
            let (polls, kept) = (Rc::clone(&polls), Rc::clone(&waker));
            poll_fn(move |cx| {
                polls.set(polls.get() + 1);
                *kept.borrow_mut() = Some(cx.waker().clone());
                match polls.get() {
                    // From inside its own poll.
                    2 => (0..5).for_each(|_| cx.waker().wake_by_ref()),
                    4 => return Poll::Ready(()),
                    _ => {}
                }
                Poll::Pending
            })
        });
        yield_now().await;
        assert_eq!(polls.get(), 1);
        let wake = || {
            (0..5).for_each(|_| waker.borrow().as_ref().unwrap().wake_by_ref());
        };
        wake();
        yield_now().await;
        assert_eq!(polls.get(), 2);
        yield_now().await;
        assert_eq!(polls.get(), 3, "a wake inside the poll leads to another");
        yield_now().await;
        assert_eq!(polls.get(), 3);
        wake();
        task.await.unwrap();
        assert_eq!(polls.get(), 4);
        // Nobody is there any more.
        wake();
        yield_now().await;
        assert_eq!(polls.get(), 4);
    });
}

#[test]
#[cfg_attr(roundelay_spurious, ignore = "it counts polls")]
fn a_wake_from_the_drop_of_any_task_counts() {
    run(async {
        let polls = Rc::new(Cell::new(0));
        let kept = Rc::new(RefCell::new(None::<Waker>));
        let other = spawn({
            let (polls, kept) = (Rc::clone(&polls), Rc::clone(&kept));
            poll_fn(move |cx| {
                polls.set(polls.get() + 1);
                *kept.borrow_mut() = Some(cx.waker().clone());
                match polls.get() {
                    3 => Poll::Ready(()),
                    _ => Poll::Pending,
                }
            })
        });
        yield_now().await;
        let wakes = || {
            let kept = Rc::clone(&kept);
            WhenDropped(move || kept.borrow().as_ref().unwrap().wake_by_ref())
        };
        // The future's drop in its own task, when that is cancelled, and the output's drop.
        let own = wakes();
        let cancelled = spawn(async move {
            let _own = own;
            pending::<()>().await;
        });
        yield_now().await;
        cancelled.cancel();
        cancelled.await.unwrap_err();
        yield_now().await;
        assert_eq!(polls.get(), 2);
        let output = wakes();
        drop(spawn(async move { output }));
        other.await.unwrap();
        assert_eq!(polls.get(), 3);
        // A task that wakes itself while it is dropped is not polled again.
        let waker = Rc::new(RefCell::new(None::<Waker>));
        let waker_too = Rc::clone(&waker);
        let wakes = WhenDropped(move || waker.borrow().as_ref().unwrap().wake_by_ref());
        let task = spawn(async move {
            let _wakes = wakes;
            *waker_too.borrow_mut() = Some(poll_fn(|cx| Poll::Ready(cx.waker().clone())).await);
            pending::<()>().await;
        });
        yield_now().await;
        task.cancel();
        task.await.unwrap_err();
        a_thousand_tasks_run().await;
    });
}

#[test]
fn spurious_wakes_disturb_nothing() {
    let runtime = virtual_time();
    runtime.run(async {
        let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
        let nagging = spawn(async move {
            for _ in 0..2000 {
                waker.wake_by_ref();
                yield_now().await;
            }
        });
        let began = roundelay::time::now();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(roundelay::time::now() - began, Duration::from_secs(1));
        let late = async {
            sleep(Duration::from_secs(2)).await;
            5
        };
        assert_eq!(spawn(late).await.unwrap(), 5);
        assert_eq!(gather([async { 6 }]).await.unwrap(), [6]);
        nagging.cancel();
    });
}

#[test]
fn a_hundred_thousand_parked_tasks_are_woken_in_order() {
    run(async {
        let order = Rc::new(RefCell::new(Vec::new()));
        let wakers = Rc::new(RefCell::new(Vec::new()));
        let tasks: Vec<_> = (0..100_000)
            .map(|n| {
                let (order, wakers) = (Rc::clone(&order), Rc::clone(&wakers));
                let mut parked = false;
                spawn(poll_fn(move |cx| {
                    if std::mem::replace(&mut parked, true) {
                        order.borrow_mut().push(n);
                        return Poll::Ready(());
                    }
                    wakers.borrow_mut().push(cx.waker().clone());
                    Poll::Pending
                }))
            })
            .collect();
        yield_now().await;
        for waker in wakers.take().into_iter().rev() {
            waker.wake();
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.borrow(), (0..100_000).rev().collect::<Vec<_>>());
    });
}

// ---- panics

#[test]
fn a_panic_in_a_poll_reaches_the_handle_and_nobody_else() {
    run(async {
        let task = spawn(async {
            yield_now().await;
            panic!("so it {}", "goes");
        });
        task.set_name("unlucky");
        let error = task.await.unwrap_err();
        assert!(error.is_panic());
        assert_eq!(error.panic_message(), Some("so it goes"));
        assert!(
            error
                .to_string()
                .starts_with("unlucky (spawned at tests/tasks.rs")
        );
        a_thousand_tasks_run().await;
        // A payload that cannot be printed.
        struct Payload(u32);
        let error = spawn(async { panic_any(Payload(7)) }).await.unwrap_err();
        let payload = error.into_panic().unwrap().downcast::<Payload>();
        assert!(payload.is_ok_and(|payload| payload.0 == 7));
        // A task that nobody waits for.
        drop(spawn(async { panic!("unheard") }));
        a_thousand_tasks_run().await;
    });
}

#[test]
fn a_panic_in_the_drop_of_a_future_reaches_its_handle() {
    run(async {
        // When it is cancelled,
        let task = spawn(async {
            let _panics = PanicsWhenDropped("cancelled badly");
            pending::<()>().await;
        });
        yield_now().await;
        task.cancel();
        let error = task.await.unwrap_err();
        assert_eq!(error.panic_message(), Some("cancelled badly"));
        // when it is cancelled before its first step,
        let panics = PanicsWhenDropped("never begun");
        let task = spawn(async move { drop(panics) });
        task.cancel();
        let error = task.await.unwrap_err();
        assert_eq!(error.panic_message(), Some("never begun"));
        // when it has just returned, in which case the output is dropped,
        struct Returns(
            Option<Says>,
            #[expect(dead_code, reason = "it is dropped")] PanicsWhenDropped,
        );
        impl Future for Returns {
            type Output = Says;
            fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Says> {
                Poll::Ready(self.0.take().unwrap())
            }
        }
        let log = Log::default();
        let says = Says(Rc::clone(&log), "output");
        let task = spawn(Returns(Some(says), PanicsWhenDropped("after its end")));
        let error = task.await.err().unwrap();
        assert_eq!(error.panic_message(), Some("after its end"));
        assert_eq!(*log.borrow(), ["output"]);
        // and when it has panicked already: the first panic is the one that counts.
        struct PanicsTwice(#[expect(dead_code, reason = "it is dropped")] PanicsWhenDropped);
        impl Future for PanicsTwice {
            type Output = ();
            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
                panic!("first");
            }
        }
        let error = spawn(PanicsTwice(PanicsWhenDropped("second"))).await;
        assert_eq!(error.unwrap_err().panic_message(), Some("first"));
        a_thousand_tasks_run().await;
    });
}

#[test]
fn a_panic_in_the_drop_of_an_output_or_a_payload_harms_nobody() {
    run(async {
        drop(spawn(async { PanicsWhenDropped("output") }));
        let ended = spawn(async { PanicsWhenDropped("output") });
        yield_now().await;
        drop(ended);
        drop(spawn(async { panic_any(PanicsWhenDropped("payload")) }));
        let ended = spawn(async { panic_any(PanicsWhenDropped("payload")) });
        yield_now().await;
        drop(ended);
        a_thousand_tasks_run().await;
    });
}

#[test]
fn what_is_left_at_the_end_may_panic_when_it_is_dropped() {
    leak_free(|| {
        let runtime = Runtime::new().unwrap();
        let handles: (JoinHandle<PanicsWhenDropped>, JoinHandle<()>) = runtime.run(async {
            drop(spawn(async {
                let _panics = PanicsWhenDropped("a future");
                pending::<()>().await;
            }));
            let output = spawn(async { PanicsWhenDropped("an output") });
            let payload = spawn(async { panic_any(PanicsWhenDropped("a payload")) });
            let panics = PanicsWhenDropped("a callback");
            Handle::current().call_later(Duration::from_secs(60), move || drop(panics));
            yield_now().await;
            (output, payload)
        });
        drop(runtime);
        drop(handles);
        run(a_thousand_tasks_run());
    });
}

/// A waker of somebody else's, that panics in one of its functions.
mod foreign {
    #![allow(unsafe_code)]
    use std::cell::Cell;
    use std::task::{RawWaker, RawWakerVTable, Waker};

    thread_local! {
        /// Which function is to panic: 'c'lone, 'w'ake or 'd'rop; once.
        pub static PANIC_IN: Cell<char> = const { Cell::new(' ') };
    }

    fn maybe_panic(function: char) {
        if PANIC_IN.get() == function && !std::thread::panicking() {
            PANIC_IN.set(' ');
            panic!("a waker panics in {function}");
        }
    }

    static VTABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            maybe_panic('c');
            RawWaker::new(data, &VTABLE)
        },
        |_| maybe_panic('w'),
        |_| maybe_panic('w'),
        |_| maybe_panic('d'),
    );

    pub fn waker() -> Waker {
        // SAFETY: the functions of the table take any data on any thread.
        unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &VTABLE)) }
    }
}

/// Runs a test body once for each function of a waker that may panic. Its futures are polled with that waker by
/// `poll_with`.
fn with_a_waker_that_panics<F: Future<Output = ()>>(body: impl Fn(Waker) -> F) {
    for function in ['c', 'w', 'd'] {
        let runtime = virtual_time();
        let main = async {
            let waker = foreign::waker();
            foreign::PANIC_IN.set(function);
            body(waker).await;
            foreign::PANIC_IN.set(' ');
            a_thousand_tasks_run().await;
        };
        let ran = catch_unwind(AssertUnwindSafe(|| runtime.run(main)));
        foreign::PANIC_IN.set(' ');
        assert!(ran.is_ok(), "a panic in {function} reached the main task");
        runtime.run(a_thousand_tasks_run());
    }
}

/// Polls with a waker that may panic, which may reach the one who polls.
fn poll_with<F: Future + Unpin>(waker: &Waker, future: &mut F) -> Poll<F::Output> {
    let mut poll = || Pin::new(&mut *future).poll(&mut Context::from_waker(waker));
    match catch_unwind(AssertUnwindSafe(&mut poll)) {
        Ok(poll) => poll,
        // The next try has a waker that behaves.
        Err(_) => poll(),
    }
}

/// Polls with the task's own waker, which may drop the one that panics.
async fn poll_again<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(poll_with(cx.waker(), &mut *future))).await
}

/// Drops something that may hold such a waker.
fn drop_quietly<T>(it: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(it)));
}

#[test]
fn a_foreign_waker_that_panics_harms_no_join() {
    with_a_waker_that_panics(async |waker| {
        let mut task = spawn(async {
            yield_now().await;
            8
        });
        assert!(poll_with(&waker, &mut task).is_pending());
        assert!(poll_with(&waker, &mut task).is_pending());
        drop_quietly(waker);
        yield_now().await;
        yield_now().await;
        assert_eq!(task.await.unwrap(), 8);
        let waker = foreign::waker();
        let mut task = spawn(pending::<()>());
        assert!(poll_with(&waker, &mut task).is_pending());
        drop_quietly(task);
        drop_quietly(waker);
    });
}

#[test]
fn a_foreign_waker_that_panics_harms_no_sleep() {
    with_a_waker_that_panics(async |waker| {
        let mut nap = sleep(Duration::from_secs(1));
        assert!(poll_with(&waker, &mut nap).is_pending());
        // To another waker, and back.
        assert!(poll_again(&mut nap).await.is_pending());
        assert!(poll_with(&waker, &mut nap).is_pending());
        sleep(Duration::from_secs(2)).await;
        assert!(poll_again(&mut nap).await.is_ready());
        let mut nap = sleep(Duration::from_secs(1));
        assert!(poll_with(&waker, &mut nap).is_pending());
        drop_quietly(nap);
        drop_quietly(waker);
        sleep(Duration::from_secs(2)).await;
    });
}

#[test]
fn a_foreign_waker_that_panics_harms_no_queue_event_or_gather() {
    use roundelay::sync::{Event, Queue};
    with_a_waker_that_panics(async |waker| {
        let (queue, event) = (Queue::bounded(1), Event::new());
        {
            let mut get = queue.get();
            assert!(poll_with(&waker, &mut get).is_pending());
            assert!(poll_with(&waker, &mut get).is_pending());
            let _ = catch_unwind(AssertUnwindSafe(|| queue.try_put(1)));
            assert_eq!(poll_again(&mut get).await, Poll::Ready(Ok(1)));
            let mut wait = event.wait();
            assert!(poll_with(&waker, &mut wait).is_pending());
            let _ = catch_unwind(AssertUnwindSafe(|| event.set()));
            assert!(poll_again(&mut wait).await.is_ready());
        }
        let mut all = gather([yield_now()]);
        assert!(poll_with(&waker, &mut all).is_pending());
        drop_quietly(waker);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(
            poll_again(&mut all).await.map(Result::unwrap),
            Poll::Ready(vec![()])
        );
    });
}

#[test]
fn a_foreign_waker_that_panics_harms_no_socket() {
    with_a_waker_that_panics(async |waker| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let near = TcpStream::connect(address).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let read = |far: &TcpStream, waker: &Waker, byte: &mut [u8]| {
            let mut read = poll_fn(|cx| Pin::new(&mut &*far).poll_read(cx, byte));
            poll_with(waker, &mut read)
        };
        let mut byte = [0];
        assert!(read(&far, &waker, &mut byte).is_pending());
        assert!(read(&far, &waker, &mut byte).is_pending());
        near.write_all(b"x").await.unwrap();
        sleep(Duration::from_millis(1)).await;
        assert_eq!(far.read(&mut byte).await.unwrap(), 1);
        assert!(read(&far, &waker, &mut byte).is_pending());
        drop_quietly(far);
        drop_quietly(waker);
    });
}

#[test]
fn a_panic_in_a_callback_stops_neither_the_loop_nor_the_batch() {
    run(async {
        let log = Log::default();
        let handle = Handle::current();
        handle.call_soon(|| panic!("a callback"));
        handle.call_later(Duration::ZERO, || panic!("a timer's callback"));
        let says = Says(Rc::clone(&log), "next");
        handle.call_soon(move || drop(says));
        let remote = handle.remote();
        remote.post(|| panic!("a posted one")).unwrap();
        sleep(Duration::from_millis(1)).await;
        assert_eq!(*log.borrow(), ["next"]);
        a_thousand_tasks_run().await;
    });
}

#[test]
fn a_panic_of_the_main_future_goes_to_the_caller_and_the_runtime_stays_usable() {
    leak_free(|| {
        let dropped = Rc::new(Cell::new(0));
        let runtime = Runtime::new().unwrap();
        let main = async {
            for _ in 0..1000 {
                let dropped = Rc::clone(&dropped);
                let counts = WhenDropped(move || dropped.set(dropped.get() + 1));
                drop(spawn(async move {
                    let _counts = counts;
                    pending::<()>().await;
                }));
            }
            yield_now().await;
            panic!("main");
        };
        let panic = catch_unwind(AssertUnwindSafe(|| runtime.run(main))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"main"));
        assert_eq!(dropped.get(), 0, "the tasks wait for the next run");
        assert_eq!(runtime.run(async { spawn(async { 3 }).await.unwrap() }), 3);
        drop(runtime);
        assert_eq!(dropped.get(), 1000);
        let panic = catch_unwind(|| run(async { panic!("main") })).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"main"));
    });
}

// ---- cancelling

#[test]
fn a_task_cancelled_before_its_first_step_never_begins() {
    run(async {
        let log = Log::default();
        let (begun, dropped) = (
            Says(Rc::clone(&log), "begun"),
            Says(Rc::clone(&log), "dropped"),
        );
        let task = spawn(async move {
            let _dropped = dropped;
            drop(begun);
        });
        task.cancel();
        assert!(log.borrow().is_empty(), "cancel drops nothing by itself");
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(log.borrow().len(), 2);
        assert_eq!(
            log.borrow()[0],
            "dropped",
            "an unused capture goes in its own order"
        );
    });
}

#[test]
fn a_cancel_drops_the_future_in_the_tasks_own_turn() {
    run(async {
        let log = Log::default();
        for abort in [false, true] {
            let says = Says(Rc::clone(&log), "dropped");
            let task = spawn(async move {
                let _says = says;
                pending::<()>().await;
            });
            yield_now().await;
            if abort {
                task.abort();
            } else {
                task.cancel();
            }
            task.cancel();
            assert!(log.borrow().is_empty() && !task.is_finished());
            yield_now().await;
            assert!(task.is_finished());
            assert_eq!(log.take(), ["dropped"]);
            task.cancel();
            let error = task.await.unwrap_err();
            assert!(error.is_cancelled() && !error.is_panic());
        }
        // Too late: the output is kept.
        let task = spawn(async { 4 });
        yield_now().await;
        task.cancel();
        yield_now().await;
        assert_eq!(task.await.unwrap(), 4);
    });
}

#[test]
fn a_task_may_cancel_itself_and_ends_when_it_next_waits() {
    run(async {
        let own = Rc::new(RefCell::new(None::<JoinHandle<()>>));
        let log = Log::default();
        let task = spawn({
            let (own, log) = (Rc::clone(&own), Rc::clone(&log));
            async move {
                yield_now().await;
                own.borrow().as_ref().unwrap().cancel();
                log.borrow_mut().push("goes on");
                yield_now().await;
                log.borrow_mut().push("never");
            }
        });
        *own.borrow_mut() = Some(task);
        for _ in 0..5 {
            yield_now().await;
        }
        let task = own.take().unwrap();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(*log.borrow(), ["goes on"]);
    });
}

/// Cancels a task when it is dropped, which then goes to its handle's end by itself.
struct CancelOnDrop(Option<JoinHandle<()>>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.cancel();
        }
    }
}

/// Spawns a million tasks, of which each owns the next, and the last one this. Returns the first.
fn chain_of_a_million(last: CancelOnDrop) -> CancelOnDrop {
    (0..1_000_000).fold(last, |next, _| {
        CancelOnDrop(Some(spawn(async move {
            let _next = next;
            pending::<()>().await;
        })))
    })
}

#[test]
fn a_chain_of_a_million_tasks_ends_without_deep_recursion() {
    run(async {
        let dropped = Rc::new(Cell::new(false));
        let set = WhenDropped({
            let dropped = Rc::clone(&dropped);
            move || dropped.set(true)
        });
        let last = spawn(async move {
            let _set = set;
            pending::<()>().await;
        });
        let first = chain_of_a_million(CancelOnDrop(Some(last)));
        yield_now().await;
        drop(first);
        while !dropped.get() {
            yield_now().await;
        }
    });
    // The end of the runtime drops them all; also as outputs of tasks that have ended.
    let runtime = Runtime::new().unwrap();
    let first = runtime.run(async { chain_of_a_million(CancelOnDrop(None)) });
    drop(runtime);
    drop(first);
    let runtime = Runtime::new().unwrap();
    struct Chain(#[expect(dead_code, reason = "it is owned")] Option<JoinHandle<Chain>>);
    runtime.run(async {
        let mut next = None;
        for _ in 0..100_000 {
            let chain = Chain(next.take());
            next = Some(spawn(async move { chain }));
        }
        yield_now().await;
        drop(next);
    });
}

#[test]
fn a_future_dropped_by_a_cancel_may_use_the_loop() {
    run(async {
        let log = Log::default();
        let says = |word| Says(Rc::clone(&log), word);
        let third = spawn({
            let says = says("third");
            async move {
                let _says = says;
                pending::<()>().await;
            }
        });
        let (by_task, by_callback) = (says("spawned"), says("called"));
        let act = RefCell::new(Some((third, by_task, by_callback)));
        let acts = WhenDropped(move || {
            let Some((third, by_task, by_callback)) = act.take() else {
                return;
            };
            third.cancel();
            drop(third);
            drop(spawn(async move {
                yield_now().await;
                drop(by_task);
            }));
            Handle::current().call_soon(move || drop(by_callback));
            // Another runtime may be made, but not run, inside of this one.
            let other = Runtime::new().unwrap();
            drop(other.spawn(pending::<()>()));
            assert!(matches!(other.try_run(async {}), Err(RunError::Nested)));
        });
        let task = spawn(async move {
            let _acts = acts;
            pending::<()>().await;
        });
        yield_now().await;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        for _ in 0..3 {
            yield_now().await;
        }
        assert_eq!(*log.borrow(), ["third", "called", "spawned"]);
    });
}

// ---- the end of a runtime

#[test]
fn what_is_spawned_while_a_runtime_ends_is_dropped_and_says_so() {
    leak_free(|| {
        let late = Rc::new(RefCell::new(Vec::new()));
        let (log, kept) = (Log::default(), Rc::clone(&late));
        let runtime = Runtime::new().unwrap();
        let says = RefCell::new(Some(Says(Rc::clone(&log), "dropped")));
        let spawns = WhenDropped(move || {
            let says = says.take();
            late.borrow_mut().push(spawn(async move {
                let _says = says;
                unreachable!("a closing runtime runs nothing");
            }));
        });
        drop(runtime.spawn(async move {
            let _spawns = spawns;
            pending::<()>().await;
        }));
        runtime.run(yield_now());
        drop(runtime);
        assert_eq!(*log.borrow(), ["dropped"]);
        let task = kept.borrow_mut().pop().unwrap();
        let error = run(task).unwrap_err();
        assert!(!error.is_panic() && !error.is_cancelled(), "{error}");
    });
}

#[test]
fn a_task_dropped_at_the_end_says_so_to_who_keeps_its_handle() {
    let runtime = Runtime::new().unwrap();
    let (waiting, unread) = (runtime.spawn(pending::<()>()), runtime.spawn(async { 1 }));
    runtime.run(yield_now());
    drop(runtime);
    assert!(run(waiting).is_err());
    assert!(run(unread).is_err());
}

#[test]
fn forgotten_handles_and_futures_go_with_the_runtime() {
    leak_free(|| {
        static DROPPED: AtomicU32 = AtomicU32::new(0);
        let counts = || WhenDropped(|| _ = DROPPED.fetch_add(1, Relaxed));
        run(async {
            let (ended, waits) = (counts(), counts());
            std::mem::forget(spawn(async move { ended }));
            std::mem::forget(spawn(async move {
                let _waits = waits;
                pending::<()>().await;
            }));
            yield_now().await;
            // A future that was polled and is never dropped leaves a timer and a waiter behind.
            let mut nap = ManuallyDrop::new(sleep(Duration::from_millis(1)));
            assert!(poll_once(&mut *nap).await.is_pending());
            let queue: &_ = Box::leak(Box::new(roundelay::sync::Queue::<u32>::unbounded()));
            let mut get = ManuallyDrop::new(queue.get());
            assert!(poll_once(&mut *get).await.is_pending());
            sleep(Duration::from_millis(2)).await;
            queue.try_put(1).unwrap();
            yield_now().await;
        });
        assert_eq!(DROPPED.load(Relaxed), 2);
    });
}

// ---- layouts

/// A future and output of this size and alignment, that checks both as it goes.
async fn shaped<T: Copy + PartialEq + std::fmt::Debug + 'static>(value: T) {
    let address_is_right = |it: &T| (&raw const *it).addr().is_multiple_of(align_of::<T>());
    let task = spawn(async move {
        let kept = value;
        assert!(address_is_right(&kept));
        yield_now().await;
        assert!(address_is_right(&kept));
        assert_eq!(kept, value);
        kept
    });
    assert_eq!(task.await.unwrap(), value);
    // The output's place in the cell is the future's.
    let unread = spawn(std::future::ready(value));
    yield_now().await;
    assert_eq!(unread.await.unwrap(), value);
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
struct Align64(u8);
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(128))]
struct Align128([u8; 200]);
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(4096))]
struct Align4096(u64);
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(16))]
struct Align16(u8);

#[test]
fn futures_and_outputs_of_every_shape_lie_where_they_must() {
    run(async {
        for _ in 0..3 {
            shaped(()).await;
            shaped(1u8).await;
            shaped([7u8; 4095]).await;
            shaped([7u8; 4096]).await;
            shaped([7u8; 4097]).await;
            shaped([7u8; 1999]).await;
            shaped(Align16(1)).await;
            shaped(Align64(2)).await;
            shaped(Align128([3; 200])).await;
            shaped(Align4096(4)).await;
            shaped(u128::MAX).await;
        }
        // An output larger than its future, and none at all.
        let large = spawn(std::future::ready(()));
        large.await.unwrap();
        let grown = spawn(async { [9u8; 3000] });
        assert_eq!(grown.await.unwrap(), [9; 3000]);
        struct Nothing;
        impl Future for Nothing {
            type Output = Nothing;
            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Nothing> {
                Poll::Ready(Nothing)
            }
        }
        let tasks: Vec<_> = (0..100).map(|_| spawn(Nothing)).collect();
        for task in tasks {
            let Nothing = task.await.unwrap();
        }
    });
}

#[test]
fn many_sizes_reuse_each_others_memory_without_mixing() {
    async fn sized<const N: usize>(n: u8) {
        let bytes = [n; N];
        for _ in 0..n % 5 {
            yield_now().await;
        }
        assert!(bytes.iter().all(|&byte| byte == n));
    }
    run(async {
        for round in 0..40u8 {
            let mut tasks = Vec::new();
            for n in 0..50u8 {
                let n = n.wrapping_mul(round);
                tasks.push(match n % 6 {
                    0 => spawn(sized::<1>(n)),
                    1 => spawn(sized::<64>(n)),
                    2 => spawn(sized::<100>(n)),
                    3 => spawn(sized::<1900>(n)),
                    4 => spawn(sized::<2100>(n)),
                    _ => spawn(sized::<10_000>(n)),
                });
            }
            for (n, task) in tasks.into_iter().enumerate() {
                match n % 3 {
                    0 => drop(task),
                    1 => {
                        task.cancel();
                    }
                    _ => task.await.unwrap(),
                }
            }
        }
    });
}

#[test]
fn a_large_future_fits_a_small_stack() {
    // An unoptimised build copies a future several times on its way into its cell.
    const SIZE: usize = if cfg!(debug_assertions) {
        1 << 16
    } else {
        1 << 20
    };
    struct Large([u8; SIZE]);
    impl Future for Large {
        type Output = u8;
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u8> {
            Poll::Ready(self.0[1000])
        }
    }
    let small = thread::Builder::new().stack_size(2 << 20);
    let body = || run(async { spawn(Large([5; SIZE])).await.unwrap() });
    assert_eq!(small.spawn(body).unwrap().join().unwrap(), 5);
}

// ---- handles

#[test]
fn a_task_that_awaits_itself_is_told_so() {
    run(async {
        let own = Rc::new(RefCell::new(None::<JoinHandle<bool>>));
        let (told, tell) = (Rc::new(Cell::new(false)), Rc::clone(&own));
        let noted = Rc::clone(&told);
        *own.borrow_mut() = Some(spawn(async move {
            let handle = tell.take().unwrap();
            let error = handle.await.unwrap_err();
            noted.set(error.to_string().contains("awaits its own handle"));
            true
        }));
        for _ in 0..3 {
            yield_now().await;
        }
        assert!(told.get());
    });
}

#[test]
fn a_handle_polled_after_it_gave_its_output_panics() {
    run(async {
        let mut task = spawn(async {});
        yield_now().await;
        assert!(poll_once(&mut task).await.is_ready());
        let again = spawn(async move { drop(poll_once(&mut task).await) });
        let error = again.await.unwrap_err();
        let message = error.panic_message().unwrap().to_owned();
        assert!(message.contains("after it gave"), "{message}");
        a_thousand_tasks_run().await;
    });
}

#[test]
fn tasks_have_numbers_and_names() {
    run(async {
        let task = spawn(async { roundelay::task::current() });
        let id = task.id();
        assert_eq!(task.name(), format!("Task-{}", id.unwrap().get()));
        task.set_name("first");
        task.set_name("download");
        assert_eq!(task.name(), "download");
        assert!(format!("{task:?}").contains("download"));
        assert_ne!(roundelay::task::current(), id);
        assert_eq!(task.await.unwrap(), id);
        let in_callback = Rc::new(Cell::new(id));
        let seen = Rc::clone(&in_callback);
        Handle::current().call_soon(move || seen.set(roundelay::task::current()));
        yield_now().await;
        assert_eq!(in_callback.get(), None, "a callback is no task");
    });
    assert_eq!(roundelay::task::current(), None);
}

#[test]
fn a_handle_works_between_runs_and_for_whoever_polls_it() {
    /// Counts its wakes.
    struct Woken(AtomicU32);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }
    let runtime = Runtime::new().unwrap();
    let mut task = runtime.spawn(async {
        yield_now().await;
        2
    });
    let woken = Arc::new(Woken(AtomicU32::new(0)));
    let waker = Waker::from(Arc::clone(&woken));
    let poll = |task: &mut JoinHandle<i32>| {
        let mut cx = Context::from_waker(&waker);
        Pin::new(task).poll(&mut cx).map(Result::unwrap)
    };
    assert!(poll(&mut task).is_pending());
    assert!(!task.is_finished());
    runtime.run(async {
        for _ in 0..3 {
            yield_now().await;
        }
    });
    assert_eq!(woken.0.load(Relaxed), 1);
    assert_eq!(poll(&mut task), Poll::Ready(2));
    drop(runtime);
    assert_eq!(Arc::strong_count(&woken), 2, "no waker is kept");
}

// ---- runs

#[test]
fn a_run_inside_a_run_is_refused_and_changes_nothing() {
    run(async {
        let log = Log::default();
        let says = Says(Rc::clone(&log), "dropped");
        let inner = try_run(async move { drop(says) });
        assert!(matches!(inner, Err(RunError::Nested)));
        assert_eq!(*log.borrow(), ["dropped"]);
        let message = catch_unwind(|| run(async {})).unwrap_err();
        let message = message.downcast::<String>().unwrap();
        assert!(
            message.contains("running on this thread already"),
            "{message}"
        );
        let other = Runtime::new().unwrap();
        assert!(matches!(other.try_run(async {}), Err(RunError::Nested)));
        assert!(matches!(other.run_forever(), Err(RunError::Nested)));
        let waits = other.spawn(pending::<()>());
        assert!(matches!(other.shutdown(), Err(RunError::Nested)));
        assert!(
            waits.await.is_err(),
            "what was left of the other was dropped"
        );
        // This loop is still the one of the thread.
        assert_eq!(spawn(async { 9 }).await.unwrap(), 9);
        sleep(Duration::from_millis(1)).await;
        let inside = Rc::new(Cell::new(false));
        let seen = Rc::clone(&inside);
        Handle::current().call_soon(move || seen.set(try_run(async {}).is_err()));
        yield_now().await;
        assert!(inside.get(), "in a callback too");
    });
    assert_eq!(try_run(async { 1 }).unwrap(), 1);
}

#[test]
fn two_runtimes_of_one_thread_run_in_turns_and_wake_each_other() {
    let (one, two) = (virtual_time(), Runtime::new().unwrap());
    let event = Rc::new(roundelay::sync::Event::new());
    let waiter = one.spawn({
        let event = Rc::clone(&event);
        async move { event.wait().await }
    });
    one.run(yield_now());
    two.run(async {
        event.set();
        sleep(Duration::from_millis(1)).await;
    });
    assert!(!waiter.is_finished());
    one.run(async {
        timeout(Duration::from_secs(1), waiter)
            .await
            .unwrap()
            .unwrap()
    });
    let answer = two.spawn(async { 3 });
    two.run(yield_now());
    // A handle of one is good in the other, on the same thread.
    assert_eq!(one.run(answer).unwrap(), 3);
}

#[test]
fn tasks_that_have_not_ended_go_on_in_the_next_run() {
    leak_free(|| {
        let runtime = virtual_time();
        let count = Rc::new(Cell::new(0));
        let ticks = runtime.spawn({
            let count = Rc::clone(&count);
            async move {
                loop {
                    sleep(Duration::from_secs(1)).await;
                    count.set(count.get() + 1);
                }
            }
        });
        for _ in 0..3 {
            runtime.run(sleep(Duration::from_millis(10_500)));
        }
        assert_eq!(count.get(), 31);
        ticks.cancel();
        assert!(runtime.run(ticks).unwrap_err().is_cancelled());
        assert_eq!(runtime.run(async { 5 }), 5);
    });
}

#[test]
fn a_main_future_may_borrow_and_is_dropped_before_the_run_returns() {
    let runtime = Runtime::new().unwrap();
    let mut text = String::from("a");
    for _ in 0..3 {
        runtime.run(async {
            yield_now().await;
            text.push('b');
        });
    }
    assert_eq!(text, "abbb");
    let stopped = runtime.try_run(async {
        runtime.stop();
        text.push('c');
        pending::<()>().await;
        text.push('d');
    });
    assert!(matches!(stopped, Err(RunError::Stopped)));
    assert_eq!(text, "abbbc");
    assert_eq!(runtime.run(async { 1 }), 1, "the stop was for one run");
}

#[test]
fn a_stop_before_run_forever_lets_exactly_one_turn_run() {
    let runtime = Runtime::new().unwrap();
    let log = Log::default();
    let (first, second) = (
        Says(Rc::clone(&log), "first"),
        Says(Rc::clone(&log), "second"),
    );
    let handle = runtime.handle();
    runtime.call_soon(move || {
        drop(first);
        handle.call_soon(move || drop(second));
    });
    runtime.stop();
    runtime.run_forever().unwrap();
    assert_eq!(*log.borrow(), ["first"]);
    runtime.stop();
    runtime.run_forever().unwrap();
    assert_eq!(*log.borrow(), ["first", "second"]);
    // From a task, a timer and another thread.
    let handle = runtime.handle();
    drop(runtime.spawn(async move { handle.stop() }));
    runtime.run_forever().unwrap();
    let handle = runtime.handle();
    runtime.call_later(Duration::from_millis(1), move || handle.stop());
    runtime.run_forever().unwrap();
    let (remote, handle) = (runtime.remote(), Rc::new(runtime.handle()));
    drop(runtime.spawn(async move {
        let _kept = handle;
        pending::<()>().await;
    }));
    let other = thread::spawn(move || {
        remote
            .post(|| Handle::current().stop())
            .expect("the loop runs");
    });
    runtime.run_forever().unwrap();
    other.join().unwrap();
}

#[test]
fn callbacks_can_be_cancelled_until_they_run() {
    let runtime = virtual_time();
    runtime.run(async {
        let log = Log::default();
        let says = |word| {
            let log = Rc::clone(&log);
            move || log.borrow_mut().push(word)
        };
        let handle = Handle::current();
        let soon = handle.call_soon(says("soon"));
        let never = handle.call_soon(says("never"));
        let later = handle.call_later(Duration::from_secs(1), says("later"));
        let gone = handle.call_later(Duration::from_secs(1), says("gone"));
        let endless = handle.call_later(Duration::MAX, says("endless"));
        // One callback cancels another of the same batch.
        let by_other = Rc::new(RefCell::new(None));
        let kept = Rc::clone(&by_other);
        handle.call_soon(move || {
            let call: Option<roundelay::CallHandle> = kept.take();
            call.unwrap().cancel();
        });
        *by_other.borrow_mut() = Some(handle.call_soon(says("cancelled by another")));
        assert!(soon.is_pending() && never.is_pending() && later.is_pending());
        never.cancel();
        never.cancel();
        gone.cancel();
        assert!(endless.is_pending());
        endless.cancel();
        assert!(!endless.is_pending() && !gone.is_pending());
        yield_now().await;
        assert!(!soon.is_pending());
        soon.cancel();
        sleep(Duration::from_secs(2)).await;
        assert!(!later.is_pending());
        later.cancel();
        gone.cancel();
        assert_eq!(*log.borrow(), ["soon", "later"]);
    });
}

// ---- fairness

#[test]
fn a_loop_of_yields_starves_nobody() {
    let limit = Instant::now() + Duration::from_secs(20);
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let echo = spawn(async move {
            let mut byte = [0];
            for _ in 0..3 {
                far.read_exact(&mut byte).await.unwrap();
                far.write_all(&byte).await.unwrap();
            }
        });
        let ping = spawn(async move {
            let mut byte = [0];
            for _ in 0..3 {
                near.write_all(b"x").await.unwrap();
                near.read_exact(&mut byte).await.unwrap();
            }
        });
        let nap = spawn(sleep(Duration::from_millis(5)));
        let (remote, posted) = (Handle::current().remote(), Rc::new(Cell::new(false)));
        let other = thread::spawn(move || remote.spawn(async { 1 }).unwrap().join().unwrap());
        let busy = spawn({
            let posted = Rc::clone(&posted);
            async move {
                while !posted.get() {
                    yield_now().await;
                }
            }
        });
        // The main task yields all the time too.
        while !(echo.is_finished() && ping.is_finished() && nap.is_finished()) {
            yield_now().await;
            assert!(Instant::now() < limit, "somebody starves");
        }
        while !other.is_finished() {
            yield_now().await;
            assert!(Instant::now() < limit, "the other thread starves");
        }
        posted.set(true);
        busy.await.unwrap();
    });
}

// ---- many runtimes

#[test]
fn more_runtimes_than_there_are_short_ids_can_follow_each_other() {
    leak_free(|| {
        for n in 0..65_537 {
            let runtime = Runtime::new().unwrap();
            if n % 4096 == 0 {
                assert_eq!(
                    runtime.run(async { spawn(async move { n }).await.unwrap() }),
                    n
                );
            }
        }
    });
}

#[test]
fn two_hundred_runtimes_run_at_once_on_threads() {
    leak_free(|| {
        let barrier = std::sync::Barrier::new(200);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..200)
                .map(|n| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        let runtime = Runtime::new().unwrap();
                        barrier.wait();
                        runtime.run(async {
                            sleep(Duration::from_millis(1)).await;
                            spawn(async move { n }).await.unwrap()
                        })
                    })
                })
                .collect();
            for (n, thread) in threads.into_iter().enumerate() {
                assert_eq!(thread.join().unwrap(), n);
            }
        });
    });
}

// ---- fork

/// Forks, and returns what the child found: 0 for all well.
#[allow(unsafe_code)]
fn in_a_child(body: impl FnOnce()) -> i32 {
    // SAFETY: the child calls `body` and leaves by `_exit`, without running what belongs to the parent. Other threads
    // of the parent may hold locks of the allocator: glibc takes care of its own.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0);
        if child == 0 {
            let well = catch_unwind(AssertUnwindSafe(body)).is_ok();
            libc::_exit(i32::from(!well));
        }
        let mut status = 0;
        let limit = Instant::now() + Duration::from_secs(20);
        while libc::waitpid(child, &mut status, libc::WNOHANG) == 0 {
            if Instant::now() > limit {
                libc::kill(child, libc::SIGKILL);
            }
            thread::sleep(Duration::from_millis(1));
        }
        if libc::WIFEXITED(status) {
            libc::WEXITSTATUS(status)
        } else {
            -libc::WTERMSIG(status)
        }
    }
}

#[test]
fn a_forked_child_gets_an_error_and_its_parent_does_not_notice() {
    leak_free(|| {
        let runtime = Runtime::new().unwrap();
        let (near, far) = runtime.run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let near = TcpStream::connect(listener.local_addr().unwrap())
                .await
                .unwrap();
            (near, listener.accept().await.unwrap().0)
        });
        let mut parents = Some((runtime, near, far));
        let child = in_a_child(|| {
            let (runtime, near, far) = parents.take().unwrap();
            assert!(matches!(runtime.try_run(async {}), Err(RunError::Forked)));
            assert!(matches!(runtime.run_forever(), Err(RunError::Forked)));
            // A runtime of its own works, and dropping the parent's must not touch the parent's poll set.
            assert_eq!(run(async { spawn(async { 3 }).await.unwrap() }), 3);
            drop((near, far));
            drop(runtime);
            assert_eq!(run(async { 4 }), 4);
        });
        assert_eq!(child, 0);
        let (runtime, near, far) = parents.unwrap();
        runtime.run(async {
            let mut byte = [0];
            let reading = async { far.read_exact(&mut byte).await.unwrap() };
            let mut reading = Box::pin(reading);
            assert!(poll_once(&mut reading).await.is_pending());
            near.write_all(b"x").await.unwrap();
            let read = timeout(Duration::from_secs(20), reading).await;
            read.expect("the parent's socket is still in its poll set");
        });
    });
}

#[test]
fn a_child_forked_inside_a_run_ends_its_run_with_an_error() {
    leak_free(|| {
        let runtime = Runtime::new().unwrap();
        let ran = runtime.try_run(async {
            let tasks = gather((0..10).map(|n| async move {
                sleep(Duration::from_millis(1)).await;
                n
            }));
            yield_now().await;
            let mut status = 0;
            // The child's copy of this future goes on below, and never gets beyond the next look outside.
            let parent = std::process::id();
            fork_here(&mut status);
            if std::process::id() != parent {
                sleep(Duration::from_millis(1)).await;
                exit_child(2);
            }
            assert_eq!(wait_for_child(status), 0);
            tasks.await.unwrap().len()
        });
        if matches!(ran, Err(RunError::Forked)) {
            exit_child(0);
        }
        assert_eq!(ran.unwrap(), 10);
    });
}

/// Forks; the parent gets the child's id.
#[allow(unsafe_code)]
fn fork_here(child: &mut i32) {
    // SAFETY: the child leaves by `exit_child`.
    *child = unsafe { libc::fork() };
}

#[allow(unsafe_code)]
fn exit_child(code: i32) -> ! {
    // SAFETY: takes no pointers, and runs nothing of the parent's.
    unsafe { libc::_exit(code) }
}

#[allow(unsafe_code)]
fn wait_for_child(child: i32) -> i32 {
    let mut status = 0;
    // SAFETY: `status` is a valid place for the result.
    unsafe { libc::waitpid(child, &mut status, 0) };
    if libc::WIFEXITED(status) {
        libc::WEXITSTATUS(status)
    } else {
        -1
    }
}

#[test]
fn an_error_can_be_sent_on_and_asked_for_its_panic() {
    let error = run(async { spawn(async { panic!("so") }).await.unwrap_err() });
    let error: Box<dyn Any + Send> = Box::new(error);
    let error = error.downcast::<roundelay::JoinError>().unwrap();
    let panic = thread::spawn(move || error.into_panic().unwrap())
        .join()
        .unwrap();
    assert_eq!(panic.downcast_ref(), Some(&"so"));
}

#[test]
fn a_gather_that_has_failed_may_still_be_settled() {
    virtual_time().run(async {
        let both = gather([5, 10].map(|ms| async move {
            sleep(Duration::from_millis(ms)).await;
            assert!(ms != 5, "the first one fails");
        }));
        sleep(Duration::from_millis(20)).await;
        let results = both.settled().await;
        assert!(results[0].is_err() && results[1].is_ok());
    });
}

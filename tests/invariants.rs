//! What always holds, where no other file of tests is about it. DESIGN.md lists all invariants with their tests.

#![allow(unsafe_code)]

use roundelay::io::AsyncFd;
use roundelay::sync::Queue;
use roundelay::trace::What;
use roundelay::{
    Builder, Handle, LoopEvent, Observer, Runtime, gather, sleep, spawn, timeout, yield_now,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The system's allocator, which counts the bytes that each thread holds.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: everything is left to the system's allocator; the count is a plain thread-local without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.set(HELD.get() + layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.set(HELD.get() - layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Writes down all that happens in a loop.
#[derive(Clone, Default)]
struct Recorder(Rc<RefCell<Vec<(u64, LoopEvent)>>>);

impl Observer for Recorder {
    fn event(&self, now: u64, event: LoopEvent) {
        self.0.borrow_mut().push((now, event));
    }
}

impl Recorder {
    /// How many entries each turn found.
    fn batches(&self) -> Vec<usize> {
        let batch = |&(_, event): &(u64, LoopEvent)| match event.what {
            What::TurnStarted { ready, .. } => Some(ready as usize),
            _ => None,
        };
        self.0.borrow().iter().filter_map(batch).collect()
    }
}

/// A program with something of everything that does not come from outside.
async fn busy_day() {
    let queue = Rc::new(Queue::bounded(3));
    let workers: Vec<_> = (1..4)
        .map(|n| {
            let queue = Rc::clone(&queue);
            spawn(async move {
                loop {
                    let item: u64 = queue.get().await.unwrap();
                    sleep(Duration::from_nanos(item * item * n % 5_000)).await;
                    queue.task_done();
                }
            })
        })
        .collect();
    for item in 0..100 {
        queue.put(item).await.unwrap();
        Handle::current().call_later(Duration::from_nanos(item % 7), || ());
    }
    queue.join().await;
    workers.iter().for_each(|worker| assert!(worker.cancel()));
    let naps = gather((0..500u64).map(|n| async move {
        let nap = sleep(Duration::from_nanos(n * 7919 % 100_000));
        timeout(Duration::from_nanos(40_000), nap).await
    }));
    naps.await.unwrap();
    gather((0..50).map(|n| async move {
        for _ in 0..n {
            yield_now().await;
        }
    }))
    .await
    .unwrap();
}

#[test]
fn equal_programs_under_a_virtual_clock_give_equal_recordings() {
    let record = || {
        let recorder = Recorder::default();
        let runtime = Runtime::builder()
            .virtual_clock(true)
            .observer(recorder.clone())
            .build()
            .unwrap();
        runtime.run(busy_day());
        runtime.shutdown().unwrap();
        recorder.0.take()
    };
    let first = record();
    assert!(first.len() > 5_000, "the day was not busy");
    for _ in 0..20 {
        let next = record();
        let differs = first.iter().zip(&next).position(|(a, b)| a != b);
        assert!(
            differs.is_none() && first.len() == next.len(),
            "{differs:?}"
        );
    }
}

#[test]
fn what_a_batch_adds_waits_for_the_next_turn() {
    fn add(handle: &Handle, depth: u32) {
        let own = handle.clone();
        handle.call_soon(move || match depth {
            0 => own.stop(),
            _ => (0..2).for_each(|_| add(&own, depth - 1)),
        });
    }
    let recorder = Recorder::default();
    let runtime = Runtime::builder()
        .observer(recorder.clone())
        .build()
        .unwrap();
    add(&runtime.handle(), 4);
    runtime.run_forever().unwrap();
    assert_eq!(recorder.batches(), [1, 2, 4, 8, 16]);
}

/// Counts the turns between a write that the loop cannot know of and the step of the task that reads it, in a loop with
/// so many other tasks that are always ready.
fn turns_until_noticed(builder: Builder, others: usize) -> usize {
    let runtime = builder.build().unwrap();
    runtime.run(async {
        let yields = || async {
            loop {
                yield_now().await;
            }
        };
        (0..others).for_each(|_| drop(spawn(yields())));
        let (mut near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        let far = AsyncFd::reader(far).unwrap();
        let mut most = 0;
        for round in 0..300 / (others + 1).min(10) {
            let (read, noticed) = (Rc::new(Cell::new(false)), &far);
            // In the main task's own step, so that nothing but this yields.
            let reader = noticed.read_with(|mut socket| socket.read(&mut [0]));
            let mut reader = std::pin::pin!(reader);
            let mut turns = 0;
            std::future::poll_fn(|cx| {
                if reader.as_mut().poll(cx).is_ready() {
                    read.set(true);
                    return std::task::Poll::Ready(());
                }
                // Begins at another place between two looks in each round.
                if turns == round {
                    near.write_all(b"x").unwrap();
                }
                turns += 1;
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            })
            .await;
            assert!(read.get());
            most = most.max(turns - round);
        }
        most
    })
}

#[test]
fn a_loop_that_is_never_idle_looks_outside_after_128_entries_at_the_latest() {
    // Each turn has one entry. The one that wakes the reader and the reader's own step come behind the look.
    let most = turns_until_noticed(Runtime::builder(), 0);
    assert!(most <= 128 + 2, "{most} entries ran meanwhile");
    // Of the longer batches it is the one in which the 128th entry ends, and the next check may be 7 entries later.
    let most = turns_until_noticed(Runtime::builder(), 9);
    assert!(most <= 14 + 2, "{most} batches of 10 ran meanwhile");
    let most = turns_until_noticed(Runtime::builder(), 99);
    assert!(most <= 2 + 2, "{most} batches of 100 ran meanwhile");
}

#[test]
fn a_strict_loop_looks_outside_before_every_batch() {
    let most = turns_until_noticed(Runtime::builder().strict(true), 0);
    assert!(most <= 2, "{most} turns passed meanwhile");
}

#[test]
fn a_loop_does_not_sleep_past_the_nearest_of_its_deadlines() {
    let runtime = Runtime::new().unwrap();
    runtime.run(async {
        let far = [60, 3_600, 86_400].map(|s| spawn(sleep(Duration::from_secs(s))));
        for ms in [0, 1, 2, 5, 30] {
            let began = Instant::now();
            sleep(Duration::from_micros(ms * 1_000 + 300)).await;
            // Generous, for busy machines; the nearest other deadline is a minute away.
            assert!(began.elapsed() < Duration::from_secs(20));
        }
        far.iter().for_each(|nap| assert!(nap.cancel()));
    });
}

#[test]
fn a_runtime_gives_all_its_memory_back() {
    let day = || {
        let runtime = Runtime::builder().virtual_clock(true).build().unwrap();
        runtime.run(async {
            busy_day().await;
            // Left for the end of the run: parked, queued, detached, and with a handle that is forgotten.
            drop(spawn(sleep(Duration::MAX)));
            std::mem::forget(spawn(async { vec![0u8; 5_000] }));
            std::mem::forget(spawn(sleep(Duration::from_secs(1))));
            Handle::current().call_later(Duration::from_secs(1), || ());
        });
        runtime.shutdown().unwrap();
    };
    // The part of a runtime that other threads may touch is kept for the next one.
    day();
    let before = HELD.get();
    for _ in 0..3 {
        day();
    }
    assert_eq!(HELD.get() - before, 0, "bytes are held");
}

//! What an event costs in memory: nothing while nobody watches, and nothing when the last ones are kept, once that is warm.

#![allow(unsafe_code)]

use roundelay::sync::{Event, Lock, Queue};
use roundelay::trace::Recorder;
use roundelay::{Builder, Runtime, sleep, spawn, yield_now};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// The system's allocator, which counts how often each thread asks for memory.
struct Counting;

thread_local! {
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: everything is left to the system's allocator; the count is a plain thread-local without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.set(ASKED.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// What two tasks do with each other: yields, sleeps, and every kind of wait at a lock, a queue and an event.
struct Shared {
    queue: Queue<u64>,
    lock: Lock<u64>,
    there: Event,
    back: Event,
}

async fn answer(shared: Rc<Shared>) {
    while let Ok(item) = shared.queue.get().await {
        *shared.lock.lock().await += item;
        shared.queue.task_done();
        shared.there.wait().await;
        shared.there.clear();
        shared.back.set();
    }
}

async fn round(shared: &Shared) {
    shared.queue.put(1).await.unwrap();
    let mut sum = shared.lock.lock().await;
    yield_now().await;
    *sum += 1;
    drop(sum);
    shared.queue.join().await;
    shared.there.set();
    shared.back.wait().await;
    shared.back.clear();
    sleep(Duration::from_millis(1)).await;
}

/// How often a thousand rounds ask for memory, after as many that do not count.
fn asked_by_a_thousand_rounds(builder: Builder) -> u64 {
    let runtime = builder.virtual_clock(true).build().unwrap();
    runtime.run(async {
        let shared = Rc::new(Shared {
            queue: Queue::bounded(1),
            lock: Lock::new(0),
            there: Event::new(),
            back: Event::new(),
        });
        let other = spawn(answer(Rc::clone(&shared)));
        for _ in 0..1000 {
            round(&shared).await;
        }
        let before = ASKED.get();
        for _ in 0..1000 {
            round(&shared).await;
        }
        let asked = ASKED.get() - before;
        other.cancel();
        assert!(other.await.is_err());
        assert_eq!(*shared.lock.lock().await, 4000);
        asked
    })
}

#[test]
fn events_that_nobody_hears_ask_for_no_memory() {
    assert_eq!(asked_by_a_thousand_rounds(Runtime::builder()), 0);
}

#[test]
fn the_events_of_a_warm_ring_ask_for_no_memory() {
    let name = format!("roundelay-{}-warm.rtlog", std::process::id());
    let path = std::env::temp_dir().join(name);
    let ring = Recorder::ring(&path, 1000);
    let asked = asked_by_a_thousand_rounds(Runtime::builder().observer(ring));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(asked, 0);
}

/// The count counts: a record of everything has to grow.
#[test]
fn a_recording_in_memory_asks_for_it() {
    let (recorder, recording) = Recorder::in_memory();
    let asked = asked_by_a_thousand_rounds(Runtime::builder().observer(recorder));
    assert!(asked > 0);
    assert!(recording.log().records.len() > 20_000);
}

//! Every interleaving of the protocols between the loop and other threads, checked with loom.
//!
//! ```text
//! RUSTFLAGS="--cfg roundelay_loom" LOOM_MAX_PREEMPTIONS=3 cargo test --release --test loom
//! ```
//! The models use the crate's own `handshake.rs`, with loom's atomics in the place of the real ones. Each is
//! followed by a broken variant of the same protocol, for which loom must find the interleaving that breaks it: a
//! model that cannot fail says nothing.

#![cfg(roundelay_loom)]
#![allow(unsafe_code)]

/// What `handshake.rs` finds as `super::atomic`.
mod atomic {
    pub(super) use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};

    /// loom's, but for `store`. loom lets a read-modify-write take its place behind a store that it did not see,
    /// which the memory model forbids, and a lock that is given back by a store is then lost for ever.
    pub(super) struct AtomicBool(loom::sync::atomic::AtomicBool);

    impl AtomicBool {
        pub(super) fn new(value: bool) -> Self {
            AtomicBool(loom::sync::atomic::AtomicBool::new(value))
        }

        pub(super) fn swap(&self, value: bool, order: Ordering) -> bool {
            self.0.swap(value, order)
        }

        pub(super) fn store(&self, value: bool, order: Ordering) {
            self.0.swap(value, order);
        }
    }

    /// Lets the other threads of the model run: spinning alone would never end.
    pub(super) fn spin(_round: u32) {
        loom::thread::yield_now();
    }
}

#[path = "../runtime/event_loop/handshake.rs"]
#[allow(dead_code, reason = "the runtime uses all of it, each model a part")]
mod handshake;

use atomic::{AtomicU32, AtomicU64, Ordering};
use handshake::{Count, SleepWord, SpinLock, clear_woken, mark_woken};
use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;
use loom::sync::mpsc::{Receiver, Sender, channel};
use loom::thread;

/// Checks that loom finds a fault in a model, and that it is this one. The model runs in a process of its own, for
/// loom may panic a second time while it unwinds, and abort.
fn expect_a_fault(fault: &str, model: impl Fn() + Send + Sync + 'static) {
    const CHILD: &str = "ROUNDELAY_BROKEN_MODEL";
    if std::env::var_os(CHILD).is_some() {
        loom::model(model);
        return;
    }
    let this = std::thread::current();
    let test = this.name().expect("the harness names its threads");
    let program = std::env::current_exe().expect("the test's own path");
    let child = std::process::Command::new(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .expect("the test runs itself");
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(!child.status.success(), "loom found no fault");
    assert!(said.contains(fault), "loom found another fault:\n{said}");
}

/// What a poster does to the word after it left an item; says whether the loop must be woken.
type Notify<W> = fn(&W) -> bool;
/// What the loop does to the word before it blocks; says whether it may.
type FallAsleep<W> = fn(&W) -> bool;

/// A loop that blocks on a channel, as the real one does in the poll, and an inbox.
struct Parking<W> {
    word: W,
    inbox: SpinLock<u32>,
}

/// One loop that waits for `posters` items, each left by a thread of its own. If an item is ever left unseen while
/// the loop blocks, nobody wakes it any more, and loom reports the deadlock.
fn items_reach_a_loop_that_blocks<W: Send + Sync + 'static>(
    posters: u32,
    word: fn() -> W,
    notify: Notify<W>,
    fall_asleep: FallAsleep<W>,
    take_notice: fn(&W) -> bool,
) {
    let (poll_waker, poll): (Sender<()>, Receiver<()>) = channel();
    let parking = Arc::new(Parking {
        word: word(),
        inbox: SpinLock::new(0),
    });
    let threads: Vec<_> = (0..posters)
        .map(|_| {
            let (parking, poll_waker) = (Arc::clone(&parking), poll_waker.clone());
            thread::spawn(move || {
                *parking.inbox.lock() += 1;
                if notify(&parking.word) {
                    poll_waker.send(()).expect("the loop is there");
                }
            })
        })
        .collect();
    let mut seen = 0;
    while seen < posters {
        if fall_asleep(&parking.word) {
            poll.recv().expect("the loop keeps a sender");
        }
        if take_notice(&parking.word) {
            seen += std::mem::take(&mut *parking.inbox.lock());
        }
    }
    for thread in threads {
        thread.join().expect("a poster does not panic");
    }
}

#[test]
fn a_loop_never_sleeps_while_an_item_lies_unseen() {
    loom::model(|| {
        items_reach_a_loop_that_blocks(
            1,
            SleepWord::new,
            SleepWord::notify,
            SleepWord::fall_asleep,
            SleepWord::take_notice,
        );
    });
}

#[test]
fn two_posters_wake_a_sleeping_loop_and_neither_item_is_lost() {
    loom::model(|| {
        items_reach_a_loop_that_blocks(
            2,
            SleepWord::new,
            SleepWord::notify,
            SleepWord::fall_asleep,
            SleepWord::take_notice,
        );
    });
}

/// The handshake with two words, "asleep" and "there is something", and no common order between them.
struct TwoWords {
    asleep: AtomicBool,
    something: AtomicBool,
}

#[test]
fn broken_a_handshake_of_two_words_sleeps_over_an_item() {
    expect_a_fault("deadlock", || {
        items_reach_a_loop_that_blocks(
            1,
            || TwoWords {
                asleep: AtomicBool::new(false),
                something: AtomicBool::new(false),
            },
            |word| {
                word.something.store(true, Ordering::Release);
                word.asleep.load(Ordering::Acquire)
            },
            |word| {
                word.asleep.store(true, Ordering::Release);
                !word.something.load(Ordering::Acquire)
            },
            |word| {
                word.asleep.store(false, Ordering::Release);
                word.something.swap(false, Ordering::AcqRel)
            },
        );
    });
}

/// A wake as `Shared::wake` does it: what was written before is in `work`, the bit says whether a message is on its
/// way, and the inbox counts the messages.
struct Waking {
    bits: AtomicU64,
    inbox: SpinLock<u32>,
    sleep: SleepWord,
    /// What the task is to find when it is polled: relaxed, so that only the wake itself orders it.
    work: [AtomicU32; 2],
}

const BIT: u32 = 5;

/// Two wakers for one bit, each after work of its own, while the loop drains its inbox and polls.
/// The last poll must see the work of both, whoever of them put the message into the inbox.
fn polls_see_what_was_written_before_wakes(mark: fn(&AtomicU64, u32) -> bool) {
    let (poll_waker, poll): (Sender<()>, Receiver<()>) = channel();
    let waking = Arc::new(Waking {
        bits: AtomicU64::new(0),
        inbox: SpinLock::new(0),
        sleep: SleepWord::new(),
        work: [AtomicU32::new(0), AtomicU32::new(0)],
    });
    let threads: Vec<_> = (0..2)
        .map(|me| {
            let (waking, poll_waker) = (Arc::clone(&waking), poll_waker.clone());
            thread::spawn(move || {
                waking.work[me].store(1, Ordering::Relaxed);
                if mark(&waking.bits, BIT) {
                    *waking.inbox.lock() += 1;
                    if waking.sleep.notify() {
                        poll_waker.send(()).expect("the loop is there");
                    }
                }
            })
        })
        .collect();
    let mut done = 0;
    while done < 2 {
        if waking.sleep.fall_asleep() {
            poll.recv().expect("the loop keeps a sender");
        }
        if waking.sleep.take_notice() {
            let messages = std::mem::take(&mut *waking.inbox.lock());
            assert!(messages <= 1, "one bit, one message");
            if messages == 1 {
                clear_woken(&waking.bits, BIT);
                done = waking.work.iter().map(|w| w.load(Ordering::Relaxed)).sum();
            }
        }
    }
    for thread in threads {
        thread.join().expect("a waker does not panic");
    }
}

#[test]
fn the_poll_after_the_last_wake_sees_what_was_written_before_it() {
    loom::model(|| polls_see_what_was_written_before_wakes(mark_woken));
}

#[test]
fn broken_a_look_before_the_bit_is_set_loses_a_wake() {
    expect_a_fault("deadlock", || {
        polls_see_what_was_written_before_wakes(|word, bit| {
            word.load(Ordering::Acquire) & (1 << bit) == 0 && mark_woken(word, bit)
        });
    });
}

/// A stale waker and a valid one share a bit: the stale one belongs to a runtime or a task that is gone, and writes
/// nothing. Whichever comes first, the valid one's work is seen by a poll.
fn a_stale_wake_does_not_swallow_a_valid_one(clear_before_poll: bool) {
    let (poll_waker, poll): (Sender<()>, Receiver<()>) = channel();
    let waking = Arc::new(Waking {
        bits: AtomicU64::new(0),
        inbox: SpinLock::new(0),
        sleep: SleepWord::new(),
        work: [AtomicU32::new(0), AtomicU32::new(0)],
    });
    let wake = |valid: bool| {
        let (waking, poll_waker) = (Arc::clone(&waking), poll_waker.clone());
        thread::spawn(move || {
            if valid {
                waking.work[0].store(1, Ordering::Relaxed);
            }
            if mark_woken(&waking.bits, BIT) {
                *waking.inbox.lock() += 1;
                if waking.sleep.notify() {
                    poll_waker.send(()).expect("the loop is there");
                }
            }
        })
    };
    let threads = [wake(false), wake(true)];
    loop {
        if waking.sleep.fall_asleep() {
            poll.recv().expect("the loop keeps a sender");
        }
        if waking.sleep.take_notice() && std::mem::take(&mut *waking.inbox.lock()) > 0 {
            if clear_before_poll {
                clear_woken(&waking.bits, BIT);
            }
            let polled = waking.work[0].load(Ordering::Relaxed);
            if !clear_before_poll {
                clear_woken(&waking.bits, BIT);
            }
            if polled == 1 {
                break;
            }
        }
    }
    for thread in threads {
        thread.join().expect("a waker does not panic");
    }
}

#[test]
fn a_stale_waker_that_shares_the_bit_swallows_no_wake() {
    loom::model(|| a_stale_wake_does_not_swallow_a_valid_one(true));
}

#[test]
fn broken_a_bit_that_is_cleared_after_the_poll_swallows_a_wake() {
    expect_a_fault("deadlock", || {
        a_stale_wake_does_not_swallow_a_valid_one(false)
    });
}

/// Two threads add to a number that only the lock protects; loom's cell reports uses that are not ordered.
fn two_threads_add(add: impl Fn(&Guarded) + Copy + Send + 'static) {
    let guarded = Arc::new(Guarded {
        lock: SpinLock::new(()),
        sum: loom::cell::UnsafeCell::new(0),
    });
    let other = thread::spawn({
        let guarded = Arc::clone(&guarded);
        move || add(&guarded)
    });
    add(&guarded);
    other.join().expect("adding does not panic");
    // SAFETY: the other thread has ended.
    guarded
        .sum
        .with(|sum| assert_eq!(unsafe { *sum }, 2, "an addition was lost"));
}

struct Guarded {
    lock: SpinLock<()>,
    sum: loom::cell::UnsafeCell<u32>,
}

// SAFETY: `sum` is what the models are about; loom's cell reports a race instead of being one.
unsafe impl Sync for Guarded {}

#[test]
fn a_spin_lock_lets_one_thread_in_and_shows_it_what_the_last_one_did() {
    loom::model(|| {
        two_threads_add(|guarded| {
            let _guard = guarded.lock.lock();
            // SAFETY: the lock is held.
            guarded.sum.with_mut(|sum| unsafe { *sum += 1 });
        });
    });
}

#[test]
fn broken_a_lock_given_back_too_early_guards_nothing() {
    expect_a_fault("Causality violation", || {
        two_threads_add(|guarded| {
            drop(guarded.lock.lock());
            // SAFETY: none, and loom says so.
            guarded.sum.with_mut(|sum| unsafe { *sum += 1 });
        });
    });
}

/// What a loop looks at before it says that nobody can wake it.
struct Quiet {
    /// Who may still bring something, less what the loop has counted on its own thread.
    count: Count,
    sleep: SleepWord,
    inbox: SpinLock<u32>,
}

/// What somebody does who brings an item and then is gone.
type Bring = fn(&Quiet);
/// Whether the loop is sure that nothing can come any more; it has counted so many on its own thread.
type IsSure = fn(&Quiet, u64) -> bool;

/// Two bring an item each, the second through a clone of what it has; the loop had made both itself. A loop that is sure must
/// have seen all items.
fn a_loop_that_is_sure_has_seen_all(bring: Bring, is_sure: IsSure) {
    const MADE_BY_LOOP: u64 = 2;
    let quiet = Arc::new(Quiet {
        count: Count::new(),
        sleep: SleepWord::new(),
        inbox: SpinLock::new(0),
    });
    let threads: Vec<_> = (0..2)
        .map(|me| {
            let quiet = Arc::clone(&quiet);
            thread::spawn(move || {
                if me == 1 {
                    quiet.count.add(1);
                    quiet.count.take_one();
                }
                bring(&quiet);
            })
        })
        .collect();
    let mut seen = 0;
    for _ in 0..2 {
        if is_sure(&quiet, MADE_BY_LOOP) {
            assert_eq!(seen, 2, "sure too early");
        }
        if quiet.sleep.take_notice() {
            seen += std::mem::take(&mut *quiet.inbox.lock());
        }
    }
    for thread in threads {
        thread.join().expect("it does not panic");
    }
    if quiet.sleep.take_notice() {
        seen += std::mem::take(&mut *quiet.inbox.lock());
    }
    assert!(
        seen == 2 && is_sure(&quiet, MADE_BY_LOOP),
        "the count is off"
    );
}

fn leave_an_item(quiet: &Quiet) {
    *quiet.inbox.lock() += 1;
    quiet.sleep.notify();
}

fn bring_and_go(quiet: &Quiet) {
    leave_an_item(quiet);
    quiet.count.take_one();
}

#[test]
fn a_loop_that_calls_a_deadlock_certain_has_seen_every_wake() {
    loom::model(|| {
        a_loop_that_is_sure_has_seen_all(bring_and_go, |quiet, own| {
            quiet.count.is_zero(own) && !quiet.sleep.is_notified()
        });
    });
}

#[test]
fn broken_who_goes_before_bringing_is_missed() {
    expect_a_fault("sure too early", || {
        a_loop_that_is_sure_has_seen_all(
            |quiet| {
                quiet.count.take_one();
                leave_an_item(quiet);
            },
            |quiet, own| quiet.count.is_zero(own) && !quiet.sleep.is_notified(),
        );
    });
}

#[test]
fn broken_a_loop_that_looks_before_it_counts_misses_a_wake() {
    expect_a_fault("sure too early", || {
        a_loop_that_is_sure_has_seen_all(bring_and_go, |quiet, own| {
            let nothing = !quiet.sleep.is_notified();
            nothing && quiet.count.is_zero(own)
        });
    });
}

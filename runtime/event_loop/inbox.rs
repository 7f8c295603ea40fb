//! The inbox: wakes and posts from other threads, and the one thing they may touch of a loop.
//!
//! A waker holds the short id of its runtime, and may be used anywhere, at any time, also long after the
//! runtime's end. So what it reaches through the id is never freed: a `Shared` lives in a static table, is
//! recycled by later runtimes, and holds no pointer into a loop.

#![allow(unsafe_code)]

use super::EventLoop;
use super::handshake::{Count, SleepWord, SpinLock, clear_woken, mark_woken};
use crate::error::Closed;
use crate::sys::fork_guard::Process;
use std::io;
use std::panic::Location;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What another thread can leave for the loop.
pub(crate) enum Message {
    /// Wake the task at this index, whichever lives there now.
    Wake(u32),
    /// Run this as an entry of the ready queue; the line that posted it.
    Call(Box<dyn FnOnce() + Send>, &'static Location<'static>),
    /// Run this right when the inbox is read: house-keeping of handles dropped elsewhere.
    Keep(Box<dyn FnOnce(&EventLoop) + Send>),
}

/// The part of a runtime that other threads may touch.
pub(crate) struct Shared {
    /// The place in the table, which is the runtime's id in wakers. Never changes.
    pub(crate) short: u16,
    /// The process of the runtime that owns this or did last, as bits. Written by `acquire`.
    process: AtomicU64,
    /// What was left for the loop, and who the loop is.
    inbox: SpinLock<Inbox>,
    /// Whether the loop sleeps, is awake or was notified.
    pub(crate) sleep: SleepWord,
    /// One bit per task index: set while a `Message::Wake` for it is on its way. See `WokenBits`.
    woken: WokenBits,
    /// What ends the loop's poll. `None` before the loop starts and from its end on, so that nobody ever
    /// writes to a descriptor that was closed and perhaps reused.
    poll_waker: SpinLock<Option<Arc<mio::Waker>>>,
    /// Clones of the runtime's wakers that were made less those that were dropped, as far as that did not happen while the loop
    /// ran on its thread: there `EventLoop::clones` counts.
    pub(super) clones: Count,
    /// The runtime's handles for other threads that are alive.
    pub(crate) handles: Count,
}

struct Inbox {
    /// The serial number of the runtime that owns this now; 0 for none. A post is refused if it is meant for
    /// another one.
    serial: u64,
    /// The messages, oldest first; taken as a whole by the loop.
    messages: Vec<Message>,
}

/// The table of all runtimes by short id. Entries are set once and live for ever.
static TABLE: [AtomicPtr<Shared>; 1 << 16] = [const { AtomicPtr::new(null_mut()) }; 1 << 16];

/// The short ids that no runtime has.
struct Ids {
    /// Free for reuse.
    free: Vec<u16>,
    /// Those of ended runtimes of which wakers or handles were alive when they ended. Each would count for a later runtime with the
    /// id when it goes; so they are kept aside until all have gone.
    aside: Vec<u16>,
    /// The first one never used.
    next: u32,
}

static IDS: Mutex<Ids> = Mutex::new(Ids {
    free: Vec::new(),
    aside: Vec::new(),
    next: 0,
});

impl Ids {
    /// Takes an id for a new runtime.
    fn take(&mut self) -> io::Result<u16> {
        if let Some(short) = self.free.pop() {
            return Ok(short);
        }
        let is_free = |short: &u16| shared(*short).is_some_and(Shared::is_forgotten);
        if let Some(place) = self.aside.iter().position(is_free) {
            return Ok(self.aside.swap_remove(place));
        }
        let short = u16::try_from(self.next).map_err(|_| {
            io::Error::other(
                "65,536 runtimes of this process are alive, or wakers and remote handles of them are: drop some before making another",
            )
        })?;
        self.next += 1;
        Ok(short)
    }
}

/// Counts the runtimes; the count makes their serial numbers, of which 0 stands for none.
static NEXT_SERIAL: AtomicU64 = AtomicU64::new(1);

/// Returns the shared part with this short id, if there ever was one.
#[inline]
pub(super) fn shared(short: u16) -> Option<&'static Shared> {
    // Pairs with the release store in `Shared::acquire`.
    let shared = TABLE[usize::from(short)].load(Ordering::Acquire);
    // SAFETY: an entry is null or points to a leaked `Shared`.
    unsafe { shared.as_ref() }
}

impl Shared {
    /// Takes a free shared part for a new runtime, and returns it with the runtime's serial number.
    ///
    /// # Errors
    /// When 65,536 runtimes are alive, or wakers and handles of them.
    pub(super) fn acquire(poll_waker: Arc<mio::Waker>) -> io::Result<(&'static Shared, u64)> {
        let short = IDS
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .take()?;
        let this = shared(short).unwrap_or_else(|| {
            let new = Box::leak(Box::new(Shared {
                short,
                process: AtomicU64::new(0),
                inbox: SpinLock::new(Inbox {
                    serial: 0,
                    messages: Vec::new(),
                }),
                sleep: SleepWord::new(),
                woken: WokenBits::new(),
                poll_waker: SpinLock::new(None),
                clones: Count::new(),
                handles: Count::new(),
            }));
            // Pairs with the acquire load in `shared`.
            TABLE[usize::from(short)].store(new, Ordering::Release);
            new
        });
        // The short id in the low bits lets a handle find this again.
        let serial = NEXT_SERIAL.fetch_add(1, Ordering::Relaxed) << 16 | u64::from(short);
        this.process
            .store(Process::current().bits(), Ordering::Relaxed);
        *this.poll_waker.lock() = Some(poll_waker);
        this.inbox.lock().serial = serial;
        Ok((this, serial))
    }

    /// Ends a runtime's ownership: later posts are refused, later wakes do nothing. Returns what was left.
    pub(super) fn close(&self) -> Vec<Message> {
        let messages = {
            let mut inbox = self.inbox.lock();
            inbox.serial = 0;
            std::mem::take(&mut inbox.messages)
        };
        let poll_waker = self.poll_waker.lock().take();
        drop(poll_waker);
        messages
    }

    /// Whether the runtime that owns this lives in this process. In a forked child nothing of its parent's may be locked:
    /// the thread that holds the lock may have stayed with the parent.
    fn is_ours(&self) -> bool {
        Process::from_bits(self.process.load(Ordering::Relaxed)).is_current()
    }

    /// Gives the short id back, with the clones that the loop has counted itself.
    pub(super) fn recycle(&self, clones: u64) {
        self.clones.add(clones);
        let mut ids = IDS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match self.is_forgotten() {
            true => ids.free.push(self.short),
            false => ids.aside.push(self.short),
        }
    }

    /// Whether nobody has a waker or a handle of the runtime that owned this last.
    fn is_forgotten(&self) -> bool {
        self.clones.is_zero(0) && self.handles.is_zero(0)
    }

    /// Wakes the task at `index` from any thread.
    pub(super) fn wake(&self, index: u32) {
        if !self.is_ours() {
            return;
        }
        let Some((word, bit)) = self.woken.find(index) else {
            return;
        };
        if mark_woken(word, bit) {
            self.inbox.lock().messages.push(Message::Wake(index));
            self.notify();
        }
    }

    /// Leaves a message for the runtime `serial`.
    pub(crate) fn post(&self, serial: u64, message: Message) -> Result<(), Closed> {
        if !self.is_ours() {
            return Err(Closed::new());
        }
        {
            let mut inbox = self.inbox.lock();
            if inbox.serial != serial {
                drop(inbox);
                drop(message);
                return Err(Closed::new());
            }
            inbox.messages.push(message);
        }
        self.notify();
        Ok(())
    }

    /// Whether the runtime `serial` still owns this.
    pub(crate) fn is_open(&self, serial: u64) -> bool {
        self.is_ours() && self.inbox.lock().serial == serial
    }

    fn notify(&self) {
        if self.sleep.notify() {
            // An error here means that the loop's own descriptor is gone, which its poll reports.
            if let Some(waker) = self.poll_waker.lock().as_ref() {
                let _ = waker.wake();
            }
        }
    }

    /// The loop's: swaps the messages for the empty list given.
    pub(super) fn take(&self, empty: &mut Vec<Message>) {
        std::mem::swap(&mut self.inbox.lock().messages, empty);
    }

    /// The loop's: makes room for wakes of the indices below `count`.
    pub(super) fn reserve(&self, count: u32) {
        self.woken.reserve(count);
    }

    /// The loop's: a wake for `index` was taken from the inbox, and the poll is still to come.
    pub(super) fn taken(&self, index: u32) {
        if let Some((word, bit)) = self.woken.find(index) {
            clear_woken(word, bit);
        }
    }
}

impl EventLoop {
    /// Takes a post that was made on the loop's own thread: it stands in the ready queue at once, behind what other threads
    /// have left, as asyncio's.
    pub(crate) fn post_here(&self, call: Box<dyn FnOnce()>, at: &'static Location<'static>) {
        self.read_inbox();
        self.call_soon(call, at);
    }
}

/// Leaves house-keeping for the runtime with this serial number, of which the lower 48 bits are looked at.
#[cold]
pub(crate) fn post_keeping(serial: u64, keep: impl FnOnce(&EventLoop) + Send + 'static) {
    let Some(shared) = shared(serial as u16).filter(|shared| shared.is_ours()) else {
        return;
    };
    let owner = shared.inbox.lock().serial;
    if (owner ^ serial) << 16 == 0 {
        // An ended runtime has nothing left to keep house for.
        let _ = shared.post(owner, Message::Keep(Box::new(keep)));
    }
}

/// A growing set of bits that other threads read while it grows, and that is never freed.
///
/// Chunk `k` holds 1024 << k bits, so that 19 chunks cover all indices and no chunk ever moves.
struct WokenBits {
    /// The chunks; null until needed. Set once, by the loop.
    chunks: [AtomicPtr<AtomicU64>; WokenBits::CHUNKS],
}

impl WokenBits {
    const CHUNKS: usize = 19;
    const FIRST: u32 = 1024;

    fn new() -> Self {
        WokenBits {
            chunks: [const { AtomicPtr::new(null_mut()) }; WokenBits::CHUNKS],
        }
    }

    /// Returns the chunk of an index, and its place therein.
    fn locate(index: u32) -> (usize, u32) {
        let chunk = (index / Self::FIRST + 1).ilog2();
        (chunk as usize, index - Self::FIRST * ((1 << chunk) - 1))
    }

    fn find(&self, index: u32) -> Option<(&AtomicU64, u32)> {
        let (chunk, place) = Self::locate(index);
        // Pairs with the release store in `reserve`.
        let words = self.chunks.get(chunk)?.load(Ordering::Acquire);
        if words.is_null() {
            return None;
        }
        // SAFETY: chunk `k` is a leaked slice of (1024 << k) / 64 words, and `locate` gives a place below 1024 << k.
        let word = unsafe { &*words.add((place / 64) as usize) };
        Some((word, place % 64))
    }

    fn reserve(&self, count: u32) {
        let Some(last) = count.checked_sub(1) else {
            return;
        };
        for chunk in 0..=Self::locate(last).0 {
            if self.chunks[chunk].load(Ordering::Relaxed).is_null() {
                let words = (Self::FIRST as usize) << chunk >> 6;
                let words: Vec<AtomicU64> = (0..words).map(|_| AtomicU64::new(0)).collect();
                // Pairs with the acquire load in `find`.
                self.chunks[chunk].store(words.leak().as_mut_ptr(), Ordering::Release);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::LazyLock;

    #[test]
    fn every_index_has_a_bit_of_its_own() {
        // As in the table, never freed: a leak checker looks for what nothing refers to.
        static BITS: LazyLock<WokenBits> = LazyLock::new(WokenBits::new);
        let bits = &*BITS;
        bits.reserve(10_000);
        for index in 0..10_000 {
            let (word, bit) = bits.find(index).expect("room was made");
            assert!(mark_woken(word, bit), "bit {index} was set already");
        }
        assert!(bits.find(100_000).is_none());
    }
}

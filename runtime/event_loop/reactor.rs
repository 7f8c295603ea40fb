//! The reactor: mio's poll, and the table of sources that are registered with it.
//!
//! A source is registered once, edge-triggered, for all it is interested in. An event sets a readiness flag and
//! queues the source, so that whoever waits is woken by an entry of the ready queue, as asyncio's reader and writer
//! handles are. A flag is cleared only by the one who found the source drained, on this same thread, so that no
//! newer event can be lost by it.

use super::EventLoop;
pub(crate) use super::event::Direction;
use super::event::{Event, What};
use super::ready_queue::Entry;
use super::waker::TaskWaker;
use crate::sys::alarm::Alarm;
use mio::event::Source;
use mio::{Interest, Token};
use slab::Slab;
use std::cell::{Cell, RefCell};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// The token of the waker that other threads use.
const WAKER: Token = Token(usize::MAX);
/// The token of the alarm for waits that epoll's milliseconds are too coarse for.
const ALARM: Token = Token(usize::MAX - 1);
/// How many events one poll can bring; a poll that fills it is followed by another.
const EVENTS: usize = 1024;

/// A registered source, as its owner knows it: a key of the table, and the generation that tells a reused key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceKey {
    key: u32,
    generation: u32,
}

impl SourceKey {
    /// The source's number: counted from 0 in each loop.
    pub(crate) fn number(self) -> u32 {
        self.generation
    }

    /// Key and generation in one word, so that an event for a source that is gone finds nobody.
    fn token(self) -> Token {
        Token((u64::from(self.generation) << 32 | u64::from(self.key)) as usize)
    }
}

/// One direction of a registered source.
#[derive(Default)]
struct Side {
    /// Whether to try before waiting: true from the start, and after an event; false once found drained.
    ready: bool,
    /// Whether this direction has ended or failed: then it stays ready, for no further event will come.
    closed: bool,
    /// Who waits, in the order in which they began.
    waiters: Vec<Waiter>,
}

/// One who waits for a direction.
struct Waiter {
    wait: WaitNumber,
    waker: TaskWaker,
}

/// Which of those who wait for a direction one is. A task may wait for the same direction twice, so that its waker
/// does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitNumber(u64);

impl WaitNumber {
    /// That of all who poll by hand: they share a place, and the last one counts, as with `AsyncRead`.
    pub(crate) const POLLED: WaitNumber = WaitNumber(0);
    /// That of a future that has not had to wait yet; it is given a number of its own then.
    pub(crate) const FRESH: WaitNumber = WaitNumber(1);
}

struct Registered {
    generation: u32,
    read: Side,
    write: Side,
    /// Whether the key stands in the ready queue.
    queued: bool,
    /// Whether the source was deregistered while its key stood in the ready queue.
    dead: bool,
}

impl Registered {
    fn side(&mut self, direction: Direction) -> &mut Side {
        match direction {
            Direction::Read => &mut self.read,
            Direction::Write => &mut self.write,
        }
    }
}

pub(crate) struct Reactor {
    poll: RefCell<mio::Poll>,
    events: RefCell<mio::Events>,
    registry: mio::Registry,
    /// What ends a poll from anywhere, also from a signal's handler.
    pub(crate) waker: Arc<mio::Waker>,
    alarm: RefCell<Alarm>,
    sources: RefCell<Slab<Registered>>,
    next_generation: Cell<u32>,
    /// The number of the next future that has to wait.
    next_wait: Cell<u64>,
    /// How many wait for a direction: while there are any, something real may come.
    pub(super) waiting: Cell<usize>,
    /// How many entries of the ready queue may run before the loop checks whether to look here. Counted down by the
    /// turn; far below zero when this thread did something that can make a source of its own ready.
    pub(super) patience: Cell<isize>,
    /// For how many nanoseconds to poll without blocking before blocking; zero, unless somebody who waits for an answer
    /// from another process asks for it.
    pub(super) busy_poll: Cell<u64>,
}

impl Reactor {
    /// The patience after an operation that can make a source of this loop ready: none, whatever the batch adds up to.
    pub(super) const TOUCHED: isize = isize::MIN / 2;

    /// Makes a reactor.
    pub(super) fn new() -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = Arc::new(mio::Waker::new(&registry, WAKER)?);
        let mut alarm = Alarm::new()?;
        registry.register(&mut alarm, ALARM, Interest::READABLE)?;
        Ok(Reactor {
            poll: RefCell::new(poll),
            events: RefCell::new(mio::Events::with_capacity(EVENTS)),
            registry,
            waker,
            alarm: RefCell::new(alarm),
            sources: RefCell::new(Slab::new()),
            next_generation: Cell::new(0),
            next_wait: Cell::new(WaitNumber::FRESH.0 + 1),
            waiting: Cell::new(0),
            patience: Cell::new(0),
            busy_poll: Cell::new(0),
        })
    }

    /// Registers a source.
    pub(crate) fn register(
        &self,
        source: &mut impl Source,
        interest: Interest,
    ) -> io::Result<SourceKey> {
        let generation = self.next_generation.get();
        self.next_generation
            .set(generation.wrapping_add(1) & (u32::MAX >> 1));
        let side = || Side {
            ready: true,
            ..Side::default()
        };
        let key = self.sources.borrow_mut().insert(Registered {
            generation,
            read: side(),
            write: side(),
            queued: false,
            dead: false,
        }) as u32;
        let key = SourceKey { key, generation };
        let registered = self.registry.register(source, key.token(), interest);
        if registered.is_err() {
            self.sources.borrow_mut().remove(key.key as usize);
        }
        registered.map(|()| key)
    }

    /// Takes a source out of the poll; it is to be closed next.
    pub(crate) fn deregister(&self, source: &mut impl Source, key: SourceKey) {
        // An error says that the descriptor is gone already, and its registration with it.
        let _ = self.registry.deregister(source);
        self.forget(key);
    }

    /// Forgets a source whose descriptor was closed already. Its wakers are dropped: nobody can wait any more.
    pub(crate) fn forget(&self, key: SourceKey) {
        self.touched();
        let mut sources = self.sources.borrow_mut();
        let Some(source) = sources.get_mut(key.key as usize) else {
            return;
        };
        if source.generation != key.generation || source.dead {
            return;
        }
        let wakers = (
            std::mem::take(&mut source.read.waiters),
            std::mem::take(&mut source.write.waiters),
        );
        self.waiting
            .set(self.waiting.get() - wakers.0.len() - wakers.1.len());
        if source.queued {
            source.dead = true;
        } else {
            sources.remove(key.key as usize);
        }
        drop(sources);
        drop(wakers);
    }

    /// Waits until a direction may be ready. `Ready` means: try.
    #[inline]
    pub(crate) fn poll_ready(
        &self,
        key: SourceKey,
        direction: Direction,
        wait: &mut WaitNumber,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let mut sources = self.sources.borrow_mut();
        let side = sources[key.key as usize].side(direction);
        if side.ready {
            return Poll::Ready(());
        }
        let mut waiters = side.waiters.iter();
        if !waiters.any(|waiter| waiter.wait == *wait && waiter.waker.will_wake(cx.waker())) {
            drop(sources);
            self.set_waiter(key, direction, wait, cx);
        }
        Poll::Pending
    }

    /// Lets a direction wake this waker, in place of the one before if this wait had one. Cloning and dropping somebody
    /// else's waker is code of others, and nothing is borrowed while it runs.
    fn set_waiter(
        &self,
        key: SourceKey,
        direction: Direction,
        wait: &mut WaitNumber,
        cx: &mut Context<'_>,
    ) {
        let waker = TaskWaker::of(cx.waker());
        if *wait == WaitNumber::FRESH {
            let next = self.next_wait.get();
            self.next_wait.set(next + 1);
            *wait = WaitNumber(next);
        }
        let mut sources = self.sources.borrow_mut();
        let waiters = &mut sources[key.key as usize].side(direction).waiters;
        let own = waiters.iter_mut().find(|waiter| waiter.wait == *wait);
        let before = match own {
            Some(own) => Some(std::mem::replace(&mut own.waker, waker)),
            None => {
                waiters.push(Waiter { wait: *wait, waker });
                self.waiting.set(self.waiting.get() + 1);
                None
            }
        };
        drop(sources);
        drop(before);
    }

    /// Forgets one who waits for a direction: its future was dropped. A wait that nobody is in must not keep a virtual
    /// clock from jumping.
    pub(crate) fn stop_waiting(&self, key: SourceKey, direction: Direction, wait: WaitNumber) {
        let mut sources = self.sources.borrow_mut();
        let waiters = &mut sources[key.key as usize].side(direction).waiters;
        let Some(place) = waiters.iter().position(|waiter| waiter.wait == wait) else {
            return;
        };
        let waiter = waiters.remove(place);
        self.waiting.set(self.waiting.get() - 1);
        drop(sources);
        drop(waiter);
    }

    /// Notes that a direction was found drained: the next event will say when to try again.
    #[inline]
    pub(crate) fn clear_ready(&self, key: SourceKey, direction: Direction) {
        let mut sources = self.sources.borrow_mut();
        let side = sources[key.key as usize].side(direction);
        side.ready = side.closed;
    }

    /// Notes an operation that can make another source of this loop ready.
    #[inline]
    pub(crate) fn touched(&self) {
        self.patience.set(Self::TOUCHED);
    }

    /// Lets the next turn check whether to look outside.
    pub(super) fn lose_patience(&self) {
        self.patience.set(self.patience.get().min(0));
    }

    /// Has the loop poll for so many nanoseconds more before it blocks, until [`busy_poll_less`](Reactor::busy_poll_less).
    #[cfg_attr(
        not(feature = "process"),
        expect(dead_code, reason = "only the pool of processes asks for it")
    )]
    pub(crate) fn busy_poll_more(&self, nanoseconds: u64) {
        self.busy_poll
            .set(self.busy_poll.get().saturating_add(nanoseconds));
    }

    /// Takes back what [`busy_poll_more`](Reactor::busy_poll_more) has asked for.
    #[cfg_attr(
        not(feature = "process"),
        expect(dead_code, reason = "only the pool of processes asks for it")
    )]
    pub(crate) fn busy_poll_less(&self, nanoseconds: u64) {
        self.busy_poll
            .set(self.busy_poll.get().saturating_sub(nanoseconds));
    }

    /// The number of the source with this key, if it is one still.
    pub(super) fn number(&self, key: u32) -> Option<u32> {
        let sources = self.sources.borrow();
        let source = sources.get(key as usize)?;
        (!source.dead).then_some(source.generation)
    }

    /// Takes a source's entry of the ready queue: wakes its reader, then its writer.
    pub(super) fn run_source(&self, key: u32) {
        let mut sources = self.sources.borrow_mut();
        let source = &mut sources[key as usize];
        source.queued = false;
        if source.dead {
            sources.remove(key as usize);
            return;
        }
        for direction in [Direction::Read, Direction::Write] {
            let waiting = match sources
                .get_mut(key as usize)
                .map(|source| source.side(direction))
            {
                Some(side) if side.ready => side.waiters.len(),
                _ => 0,
            };
            for _ in 0..waiting {
                let waiters = &mut sources[key as usize].side(direction).waiters;
                if waiters.is_empty() {
                    break;
                }
                let waiter = waiters.remove(0);
                self.waiting.set(self.waiting.get() - 1);
                drop(sources);
                waiter.waker.wake();
                sources = self.sources.borrow_mut();
                if !sources.contains(key as usize) {
                    return;
                }
            }
        }
    }
}

/// How long a poll of the reactor may block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Not at all.
    No,
    /// Until an event comes.
    Forever,
    /// At most so many nanoseconds, exactly.
    Exactly(u64),
    /// At most so many milliseconds.
    Milliseconds(u64),
}

impl EventLoop {
    /// Polls the reactor and queues the sources that became ready, in the order in which the kernel named them.
    pub(super) fn poll_reactor(&self, block: Block) -> io::Result<()> {
        let reactor = &self.reactor;
        if block == Block::No && reactor.sources.borrow().is_empty() {
            // Without sources a poll that does not block has nothing to tell: the inbox has its word, and timers the clock.
            return Ok(());
        }
        let mut timeout = match block {
            Block::No => Some(Duration::ZERO),
            Block::Forever => None,
            Block::Milliseconds(ms) => Some(Duration::from_millis(ms)),
            Block::Exactly(nanoseconds) => {
                reactor.alarm.borrow_mut().set(nanoseconds)?;
                None
            }
        };
        let mut events = reactor.events.borrow_mut();
        // A full buffer may not be all there is; the rounds are bounded, so that a flood cannot hold the loop.
        for _ in 0..4 {
            match reactor.poll.borrow_mut().poll(&mut events, timeout) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
                other => other?,
            }
            for event in events.iter() {
                self.note_event(event);
            }
            if events.iter().count() < EVENTS {
                break;
            }
            timeout = Some(Duration::ZERO);
        }
        Ok(())
    }

    /// Polls the reactor without blocking; says whether there was an event.
    pub(super) fn poll_reactor_now(&self) -> io::Result<bool> {
        self.poll_reactor(Block::No)?;
        let reactor = &self.reactor;
        Ok(!reactor.sources.borrow().is_empty() && !reactor.events.borrow().is_empty())
    }

    fn note_event(&self, event: &mio::event::Event) {
        let token = event.token();
        if token == WAKER || token == ALARM {
            return;
        }
        let (key, generation) = (token.0 as u32, (token.0 as u64 >> 32) as u32);
        let mut sources = self.reactor.sources.borrow_mut();
        let Some(source) = sources.get_mut(key as usize) else {
            return;
        };
        if source.generation != generation || source.dead {
            return;
        }
        source.read.closed |= event.is_read_closed() || event.is_error();
        source.write.closed |= event.is_write_closed() || event.is_error();
        source.read.ready |= event.is_readable() || source.read.closed;
        source.write.ready |= event.is_writable() || source.write.closed;
        let waited = [&source.read, &source.write]
            .iter()
            .any(|side| side.ready && !side.waiters.is_empty());
        if waited && !source.queued {
            source.queued = true;
            self.ready.push(Entry::Source(key));
            let ready = What::SourceReady {
                source: generation,
                readable: source.read.ready,
                writable: source.write.ready,
            };
            self.observe(|| Event::of(ready));
        }
    }
}

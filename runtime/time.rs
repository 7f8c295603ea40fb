//! Sleeping, and limits on time.

mod timeout;

pub(crate) use timeout::timeout_from;
pub use timeout::{TimeoutScope, timeout, timeout_at, timeout_scope};

use crate::event_loop::EventLoop;
use crate::event_loop::clock::{NEVER, nanoseconds};
use crate::event_loop::context::{NO_LOOP, with_running};
use crate::event_loop::event::WaitsFor;
use crate::event_loop::inbox::post_keeping;
use crate::event_loop::timers::TimerKey;
use crate::event_loop::waits::note;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Waits for a time, as asyncio's `sleep`. The time counts from the first poll.
///
/// Never ends early. Ends at most about 0.1 ms late on an idle loop; when many timers are due close to each other,
/// up to the builder's [`timer_resolution`](crate::Builder::timer_resolution) late. A zero time is one turn's pause, like
/// [`yield_now`](crate::yield_now). `Duration::MAX` never ends.
///
/// # Panics
/// When it is polled and no loop runs on this thread.
///
/// # Cancellation
/// Dropping it removes its timer.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// roundelay::run(roundelay::sleep(Duration::from_millis(1)));
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    let state = if duration.is_zero() {
        State::Turn
    } else {
        State::For
    };
    Sleep {
        word: nanoseconds(duration),
        runtime: Number::default(),
        state,
    }
}

/// Waits until an instant of the loop's clock; see [`sleep`] and [`Handle::now`](crate::Handle::now). An instant in
/// the past goes through the timers all the same.
pub fn sleep_until(deadline: Instant) -> SleepUntil {
    SleepUntil {
        deadline,
        sleep: None,
    }
}

/// The future of [`sleep`]. 16 bytes: it is part of every task that sleeps.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    /// What the state says: nanoseconds, or the timer's key.
    word: u64,
    /// The runtime's number, while there is a timer.
    runtime: Number,
    state: State,
}

const _: () = assert!(size_of::<Sleep>() == 16);

/// The lower 48 bits of a runtime's serial number, which is what a sleep has room for. They stay unique for four
/// billion runtimes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Number([u16; 3]);

impl Number {
    fn of(serial: u64) -> Self {
        Number([serial as u16, (serial >> 16) as u16, (serial >> 32) as u16])
    }

    fn get(self) -> u64 {
        let [low, middle, high] = self.0.map(u64::from);
        low | middle << 16 | high << 32
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not polled yet; `word` is a time in nanoseconds.
    For,
    /// Not polled yet; `word` is a deadline.
    Until,
    /// Not polled yet; a turn's pause.
    Turn,
    /// Waits for the timer whose key is `word`.
    Timer,
    /// Waits for ever.
    Never,
    /// Over, or waiting for the turn it asked for.
    Over,
}

impl Sleep {
    /// A sleep that goes through the timers even for a zero time.
    pub(crate) fn limit(duration: Duration) -> Self {
        Sleep {
            word: nanoseconds(duration),
            runtime: Number::default(),
            state: State::For,
        }
    }

    #[inline]
    fn begin(
        &mut self,
        event_loop: &EventLoop,
        cx: &mut Context<'_>,
        at: &'static Location<'static>,
    ) {
        let now = event_loop.clock.now();
        let deadline = match self.state {
            State::Until => self.word,
            _ => now.saturating_add(self.word),
        };
        if deadline == NEVER {
            self.state = State::Never;
            event_loop.note(at, |_| WaitsFor::Never);
            return;
        }
        let action = event_loop.wake_action(cx.waker());
        if let Some(timer) = event_loop.set_timer(now, deadline, action) {
            self.word = timer.bits();
            self.runtime = Number::of(event_loop.serial);
            self.state = State::Timer;
            event_loop.note(at, |_| waits_for(timer, deadline));
        }
    }

    /// Whether the timer has run; if not, it wakes this waker now.
    fn check(
        &mut self,
        event_loop: &EventLoop,
        cx: &mut Context<'_>,
        at: &'static Location<'static>,
    ) -> bool {
        assert!(
            Number::of(event_loop.serial) == self.runtime,
            "a sleep that began in one runtime was polled in another: make a new one there"
        );
        let timer = TimerKey::from_bits(self.word);
        let Some(action) = event_loop.timers.borrow().action(timer) else {
            return true;
        };
        if !event_loop.action_wakes(action, cx.waker()) {
            let action = event_loop.wake_action(cx.waker());
            let before = event_loop.timers.borrow_mut().redirect(timer, action);
            event_loop.drop_action(before);
        }
        event_loop.note(at, |event_loop| {
            let when = event_loop.timers.borrow().deadline(timer.key());
            waits_for(timer, when.unwrap_or(NEVER))
        });
        false
    }
}

fn waits_for(timer: TimerKey, when: u64) -> WaitsFor {
    let timer = timer.number();
    WaitsFor::Timer { timer, when }
}

impl Future for Sleep {
    type Output = ();

    #[inline]
    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.state {
            State::Over => return Poll::Ready(()),
            State::Never => {
                note(|_| WaitsFor::Never);
                return Poll::Pending;
            }
            State::Turn => {
                self.state = State::Over;
                note(|_| WaitsFor::Turn);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            _ => {}
        }
        let at = Location::caller();
        let over = with_running(|event_loop| match self.state {
            State::Timer => self.check(event_loop, cx, at),
            _ => {
                self.begin(event_loop, cx, at);
                false
            }
        });
        match over {
            Some(true) => {
                self.state = State::Over;
                Poll::Ready(())
            }
            Some(false) => Poll::Pending,
            None => panic!("{NO_LOOP}"),
        }
    }
}

impl Drop for Sleep {
    #[inline]
    fn drop(&mut self) {
        if self.state != State::Timer {
            return;
        }
        let timer = TimerKey::from_bits(self.word);
        let runtime = self.runtime;
        let here = with_running(|event_loop| {
            let ours = Number::of(event_loop.serial) == runtime;
            if ours {
                event_loop.cancel_timer(timer);
            }
            ours
        });
        if here != Some(true) {
            post_keeping(runtime.get(), move |event_loop| {
                event_loop.cancel_timer(timer)
            });
        }
    }
}

/// The future of [`sleep_until`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct SleepUntil {
    deadline: Instant,
    sleep: Option<Sleep>,
}

impl Future for SleepUntil {
    type Output = ();

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        let sleep = self.sleep.get_or_insert_with(|| {
            let word = with_running(|event_loop| event_loop.clock.deadline(deadline));
            Sleep {
                word: word.unwrap_or_else(|| panic!("{NO_LOOP}")),
                runtime: Number::default(),
                state: State::Until,
            }
        });
        Pin::new(sleep).poll(cx)
    }
}

/// Returns the time of the clock of the loop that runs on this thread, real or virtual.
///
/// # Panics
/// If no loop runs on this thread.
#[track_caller]
#[doc(alias = "time")]
pub fn now() -> Instant {
    match with_running(|event_loop| event_loop.clock.instant(event_loop.clock.now())) {
        Some(now) => now,
        None => panic!("{NO_LOOP}"),
    }
}

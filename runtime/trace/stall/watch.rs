//! The thread that watches for stalls: it looks a few times within the limit, and tells what was found.

use super::board::{Attention, Board, Shared, Step};
use super::finding::Finding;
use super::{Stall, Verdict, stack};
use crate::sys::clock;
use crate::sys::thread::{self, Figures};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// So often it looks within the limit.
const LOOKS: u64 = 4;
/// What lasts longer is told of before it is over.
const STUCK: u64 = 1_000_000_000;

/// Who is told of a stall.
pub(crate) type Handler = Box<dyn Fn(&Stall) + Send>;

/// The thread. It ends with this.
pub(crate) struct Watch {
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    /// The process whose thread it is: a forked child has none.
    process: u32,
}

impl Watch {
    /// Starts the thread, and returns the observer that tells it what happens.
    pub(crate) fn start(
        limit: Duration,
        handler: Option<Handler>,
    ) -> io::Result<(Watch, Attention)> {
        let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        let shared = Shared::new(limit);
        let handler = handler.unwrap_or_else(|| Box::new(print));
        let theirs = Arc::clone(&shared);
        let started = clock::now();
        let thread = std::thread::Builder::new()
            .name("roundelay-stall".to_owned())
            .spawn(move || watch(&theirs, &handler, started))?;
        let watch = Watch {
            thread: Some(thread),
            shared: Arc::clone(&shared),
            process: std::process::id(),
        };
        Ok((watch, Attention(shared)))
    }
}

/// What happens to a stall when there is no handler.
fn print(stall: &Stall) {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "roundelay: {stall}");
}

impl Drop for Watch {
    fn drop(&mut self) {
        let thread = self.thread.take();
        if std::process::id() != self.process {
            // Its thread stayed in the parent.
            std::mem::forget(thread);
            return;
        }
        self.shared.lock().is_over = true;
        self.shared.call.notify_one();
        if let Some(thread) = thread {
            // Its panic was reported when it came.
            let _ = thread.join();
        }
    }
}

fn watch(shared: &Shared, handler: &Handler, started: u64) {
    let own = thread::id();
    let tick = (shared.lock().limit / LOOKS).clamp(1_000_000, STUCK / LOOKS);
    // From when it is to sleep for a tick.
    let mut from = Figures {
        wall: started,
        ..Figures::default()
    };
    loop {
        let was_idle = sleep(shared, tick);
        let now = thread::figures(own);
        let gap = if was_idle { 0 } else { gap(&from, &now, tick) };
        from = now;
        let mut board = shared.lock();
        let mut found = std::mem::take(&mut board.found);
        for finding in &mut found {
            finding.gap += gap.min(finding.wall);
        }
        let is_over = board.is_over;
        let look = board.look(gap);
        drop(board);
        let is_held_up = look.asks || look.is_stuck || !found.is_empty();
        if look.asks {
            ask(shared, look.step);
        }
        if look.is_stuck {
            found.extend(stuck(shared, look.step));
        }
        for finding in found {
            let stall = judge(finding);
            // Its panic was reported when it came, and the next stall is told of as well.
            let _ = catch_unwind(AssertUnwindSafe(|| handler(&stall)));
        }
        if is_over {
            return;
        }
        if is_held_up {
            from = thread::figures(own);
        }
    }
}

/// How much longer than a tick this thread was away, without standing in the system's queue for it: the process was stopped.
fn gap(from: &Figures, now: &Figures, tick: u64) -> u64 {
    let late = now.wall.saturating_sub(from.wall + tick);
    let gap = late.saturating_sub(now.delayed.saturating_sub(from.delayed));
    if gap > tick { gap } else { 0 }
}

/// Sleeps for a while, or until it is called; says whether it slept without a limit.
fn sleep(shared: &Shared, tick: u64) -> bool {
    let mut board = shared.lock();
    if board.is_over || !board.found.is_empty() {
        return false;
    }
    board.is_idle = board.steps.is_empty() && board.is_parked();
    if !board.is_idle {
        let tick = Duration::from_nanos(tick);
        let woken = shared.call.wait_timeout(board, tick);
        drop(woken.unwrap_or_else(PoisonError::into_inner));
        return false;
    }
    while board.is_idle && !board.is_over {
        let woken = shared.call.wait(board);
        board = woken.unwrap_or_else(PoisonError::into_inner);
    }
    true
}

/// What a look at the board asks for.
#[derive(Default)]
struct Look {
    /// The step that is going on.
    step: u64,
    /// Whether its stack is wanted.
    asks: bool,
    /// Whether it is to be told of before it is over.
    is_stuck: bool,
}

impl Board {
    fn look(&mut self, gap: u64) -> Look {
        let figures = thread::figures(self.thread);
        let (last, limit) = (std::mem::replace(&mut self.last, figures), self.limit);
        let Some(step) = self.steps.last_mut() else {
            return Look::default();
        };
        let lasted = figures.wall.saturating_sub(step.since);
        step.looks.get_or_insert((last, figures));
        step.gap += gap.min(lasted);
        let asks = lasted > limit && !std::mem::replace(&mut step.is_sampled, lasted > limit);
        let stuck = lasted > limit.max(STUCK);
        Look {
            step: step.number,
            asks,
            is_stuck: stuck && !std::mem::replace(&mut step.is_told, stuck),
        }
    }
}

/// Looks where the thread is. It may have gone on meanwhile: then that is worth nothing.
fn ask(shared: &Shared, number: u64) {
    let thread = shared.lock().thread;
    let slept_in = thread::sleeps_in(thread);
    let stack = stack::sample(thread);
    let mut board = shared.lock();
    if let Some(step) = board
        .steps
        .last_mut()
        .filter(|step: &&mut Step| step.number == number)
    {
        step.slept_in = slept_in;
        step.stack = stack;
    }
}

/// What is known of the step, if it is still going on.
fn stuck(shared: &Shared, number: u64) -> Option<Finding> {
    let board = shared.lock();
    board.steps.last().filter(|step| step.number == number)?;
    board.stuck(thread::figures(board.thread))
}

/// Says why it took so long.
fn judge(finding: Finding) -> Stall {
    let rest = finding.wall - finding.cpu;
    let verdict = if finding.cpu >= finding.wall / 2 {
        Verdict::Busy
    } else if finding.delayed.max(finding.gap) >= rest / 2 {
        Verdict::NotRun
    } else {
        Verdict::Blocked
    };
    Stall {
        task: finding.task,
        name: finding.name,
        from: finding.from,
        resumed_at: finding.resumed_at,
        wall: Duration::from_nanos(finding.wall),
        cpu: Duration::from_nanos(finding.cpu),
        verdict,
        slept_in: finding.slept_in,
        stack: stack::resolve(&finding.stack),
        victims: finding.victims,
        is_over: finding.is_over,
    }
}

//! Tools for the tests of programs that run on roundelay: virtual time, every mode, and a cancel at every await.

use crate::event_loop::EventLoop;
use crate::runner::{Builder, Runtime};
use crate::task::{WaitMode, cancel_current, spawn, wait, yield_now};
use std::cell::Cell;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

/// Runs a test's body in virtual time, as [`run`](crate::run) otherwise, and returns its output.
///
/// Time jumps to the next deadline whenever nothing is ready and nothing real is on its way: an hour's sleep takes no
/// time. What is left of its tasks is cancelled at the end, and must then end.
///
/// A body that waits for what nothing can bring ends the test with the report of the [`Deadlock`](crate::Deadlock). One that
/// another thread might still wake waits for ever; a [`timeout`](crate::timeout) around it finds that at once, however long the
/// limit.
///
/// # Panics
/// If the body panics, with its panic, and as `run`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// roundelay::testing::test(async {
///     let begun = roundelay::time::now();
///     roundelay::sleep(Duration::from_secs(3600)).await;
///     assert_eq!(roundelay::time::now() - begun, Duration::from_secs(3600));
/// });
/// ```
#[track_caller]
#[doc(alias = "IsolatedAsyncioTestCase")]
pub fn test<F: Future>(body: F) -> F::Output {
    run_with(Runtime::builder(), body)
}

/// Runs a test's body several times in virtual time: as [`test`](fn@test) does, looking outside at every turn, with spurious
/// polls, and with what asyncio leaves open permuted.
///
/// # Panics
/// If the body panics in one of the modes, with its panic; what it printed before names the mode.
///
/// # Examples
/// ```
/// roundelay::testing::test_in_all_modes(|| async {
///     let task = roundelay::spawn(async { 1 });
///     assert_eq!(task.await.unwrap(), 1);
/// });
/// ```
#[track_caller]
pub fn test_in_all_modes<F: Future<Output = ()>>(body: impl Fn() -> F) {
    const SEEDS: [u64; 3] = [1, 2, 3];
    println!("mode: as `test`");
    run_with(Runtime::builder(), body());
    println!("mode: strict");
    run_with(Runtime::builder().strict(true), body());
    for seed in SEEDS {
        println!("mode: permuted with seed {seed}");
        run_with(Runtime::builder().seed(seed), body());
        println!("mode: permuted, and with spurious polls, with seed {seed}");
        run_with(Runtime::builder().spurious_polls(seed).seed(seed), body());
    }
}

#[track_caller]
fn run_with<F: Future>(builder: Builder, body: F) -> F::Output {
    let runtime = match builder.virtual_clock(true).build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("the test's runtime cannot be made: {error}"),
    };
    let output = runtime.run(body);
    if let Err(error) = runtime.shutdown() {
        panic!("{error}");
    }
    output
}

/// Runs a body once for each time it waits, cancels it there, and looks for what goes wrong. Returns how often it waits.
///
/// The body runs as a task of a new runtime each time, in virtual time. At the n-th return from its poll without an end, the
/// task is asked to cancel, as if by [`cancel`](crate::JoinHandle::cancel) from outside. The body makes what it uses, and says by panics (also in
/// drops) if its own invariants are broken; every body should end with checks that hold however far it came.
///
/// A task whose handle the body only holds outlives the cancel, and is reported as left behind, since dropping a handle
/// detaches its task. A [`task_group`](crate::task_group) takes its tasks along.
///
/// # Panics
/// With a report, if at some await the body panicked, did not end, or left tasks, timers or waits for sources behind.
///
/// # Examples
/// ```
/// use roundelay::{sync::Queue, testing::cancel_everywhere};
/// let awaits = cancel_everywhere(|| async {
///     let queue = Queue::bounded(1);
///     queue.put(1).await.unwrap();
///     roundelay::yield_now().await;
///     queue.get().await.unwrap();
/// });
/// assert_eq!(awaits, 1);
/// ```
#[track_caller]
pub fn cancel_everywhere<F>(body: impl Fn() -> F) -> usize
where
    F: Future + 'static,
    F::Output: 'static,
{
    let at = Location::caller();
    let (mut report, mut failures) = (String::new(), 0);
    let mut note = |n: Option<usize>, outcome: Result<usize, String>| {
        let when = match n {
            Some(n) => format!("cancelled at wait {n}"),
            None => "not cancelled".to_owned(),
        };
        outcome.unwrap_or_else(|what| {
            failures += 1;
            let _ = write!(report, "\n  {when}: {what}");
            0
        })
    };
    let waits = note(None, run_and_cancel(&body, None));
    for n in 0..waits {
        note(Some(n), run_and_cancel(&body, Some(n)));
    }
    assert!(
        failures == 0,
        "the body of cancel_everywhere at {at} went wrong in {failures} of {} runs (the waits count from 0):{report}",
        waits + 1
    );
    waits
}

/// Runs the body and cancels it at a wait. Returns how often it waited, or what went wrong.
fn run_and_cancel<F>(body: &impl Fn() -> F, cancel_at: Option<usize>) -> Result<usize, String>
where
    F: Future + 'static,
    F::Output: 'static,
{
    /// What ends by itself does so by then, in virtual time.
    const PATIENCE: Duration = Duration::from_secs(1_000_000_000);
    /// What ends a cancel's chain reaction.
    const TURNS_AFTER: usize = 20;
    let runtime = Runtime::builder().virtual_clock(true).build();
    let runtime = runtime.map_err(|error| format!("its runtime cannot be made: {error}"))?;
    let waits = Rc::new(Cell::new(0));
    let (body, counted) = (body(), Rc::clone(&waits));
    let ended = catch_unwind(AssertUnwindSafe(|| {
        runtime.try_run(async {
            let task = spawn(cancelled_at(body, cancel_at, counted));
            // Not `timeout`: that waits for a body that catches its cancel, which then may never end.
            let (mut ended, late) = wait(vec![task], WaitMode::All).timeout(PATIENCE).await;
            for task in late {
                task.abort();
            }
            for _ in 0..TURNS_AFTER {
                yield_now().await;
            }
            match ended.pop() {
                Some(task) => Some(task.await.map(drop)),
                None => None,
            }
        })
    }));
    let left = runtime.with_loop(EventLoop::leftovers);
    let shutdown = runtime.shutdown();
    match ended {
        Err(_) => return Err("the runtime panicked".to_owned()),
        Ok(Err(error)) => return Err(error.to_string()),
        Ok(Ok(None)) => {
            return Err(match cancel_at {
                None => "the body did not end: it waits for what nothing brings",
                Some(_) => {
                    "the body did not end: it caught the cancel and waits for what nothing brings"
                }
            }
            .to_owned());
        }
        Ok(Ok(Some(Err(error)))) if !error.is_cancelled() => {
            return Err(match error.panic_message() {
                Some(message) => format!("the body panicked: {message}"),
                None => error.to_string(),
            });
        }
        Ok(Ok(Some(_))) => {}
    }
    if !left.is_empty() {
        return Err(format!("it left behind: {}", left.join(", ")));
    }
    shutdown.map_err(|error| error.to_string())?;
    Ok(waits.get())
}

/// Counts the returns without an end, and asks for a cancel at one of them.
async fn cancelled_at<F: Future>(
    body: F,
    cancel_at: Option<usize>,
    waits: Rc<Cell<usize>>,
) -> F::Output {
    let mut body = pin!(body);
    std::future::poll_fn(move |cx| {
        let polled = Pin::as_mut(&mut body).poll(cx);
        if polled.is_pending() {
            let wait = waits.replace(waits.get() + 1);
            if cancel_at == Some(wait) {
                cancel_current();
            }
        }
        polled
    })
    .await
}

//! An event loop in its simplest form: ask every task again and again whether it can go on.
//! `cargo run --example build_your_own_01_busy_loop`
//!
//! A task is a future, and one call of `poll` is one step of it. Nobody tells this loop when a task can go on, so it
//! asks all of them, all the time. It works: the naps of several tasks pass side by side on one thread.
//!
//! The flaw that `02_ready_queue` removes: nearly every poll is in vain, and a core is busy to the end. See the last
//! line, which counts them.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

type Task = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// What was spawned and is still to be asked for the first time.
    static SPAWNED: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
}

/// Runs until the main task and all others have ended; returns how many polls that took.
fn run(main: impl Future<Output = ()> + 'static) -> u64 {
    drop(spawn(main));
    let mut tasks = Vec::new();
    let mut polls = 0;
    loop {
        tasks.append(&mut SPAWNED.take());
        if tasks.is_empty() {
            return polls;
        }
        // A waker that does nothing: whoever waits will be asked again anyway.
        let mut context = Context::from_waker(Waker::noop());
        tasks.retain_mut(|task: &mut Task| {
            polls += 1;
            task.as_mut().poll(&mut context).is_pending()
        });
    }
}

/// Starts a task; the future that comes back waits for its end.
fn spawn(future: impl Future<Output = ()> + 'static) -> impl Future<Output = ()> {
    let ended = Rc::new(Cell::new(false));
    let tell = Rc::clone(&ended);
    let task = Box::pin(async move {
        future.await;
        tell.set(true);
    });
    SPAWNED.with_borrow_mut(|spawned| spawned.push(task));
    poll_fn(move |_| if_true(ended.get()))
}

fn sleep(duration: Duration) -> impl Future<Output = ()> {
    let deadline = Instant::now() + duration;
    let mut asked = false;
    poll_fn(move |_| if_true(mem::replace(&mut asked, true) && Instant::now() >= deadline))
}

fn if_true(condition: bool) -> Poll<()> {
    if condition { Poll::Ready(()) } else { Poll::Pending }
}

// The same in all four from here to `main`.

/// Takes its steps with a nap after each; one of no length lets those pass who are ready.
async fn count(name: &'static str, steps: u32, nap: u64) {
    for n in 1..=steps {
        println!("{name} {n}");
        sleep(Duration::from_millis(nap)).await;
    }
}

async fn program() {
    let tasks = [("a", 3, 0), ("b", 2, 0), ("c", 2, 250), ("d", 3, 50)];
    for task in tasks.map(|(name, steps, nap)| spawn(count(name, steps, nap))) {
        task.await;
        println!("main goes on");
    }
}

fn main() {
    let polls = run(program());
    println!("{polls} polls, where 17 would do");
}

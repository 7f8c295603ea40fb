//! An event loop that knows the time: between two batches it looks which timers are due.
//! `cargo run --example build_your_own_03_timers`
//!
//! A turn has three steps. If nothing is ready, the thread sleeps until the next deadline. Tasks whose time has come go
//! behind what is ready. Then as many tasks run as are ready *now*, the batch; whom they wake waits for the next turn. So
//! a task that is always ready cannot keep the loop from looking at the clock. Timers stand in the order of their
//! deadlines, equal ones in the order in which they were set. There are no threads any more, and no locks.
//!
//! The flaw that `04_reactor` removes: a loop that sleeps is deaf. While it waits for a time, no socket can wake it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

type Task = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// All tasks; the queue holds indices into this. The place of one that is polled or has ended is empty.
    static TASKS: RefCell<Vec<Option<Task>>> = RefCell::default();
    /// What runs next, the oldest first.
    static READY: RefCell<VecDeque<usize>> = RefCell::default();
    /// Who is to be woken when.
    static TIMERS: RefCell<BTreeMap<Instant, Vec<Waker>>> = RefCell::default();
    static POLLS: Cell<u32> = Cell::default();
}

/// A waker knows no more than the index of its task. On another thread it would find that one's tables.
struct TaskWaker(usize);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        // A task that is woken twice is polled once.
        if !READY.with_borrow(|ready| ready.contains(&self.0)) {
            READY.with_borrow_mut(|ready| ready.push_back(self.0));
        }
    }
}

/// Runs turns until the main task, the first one, has ended.
fn run(main: impl Future<Output = ()> + 'static) {
    drop(spawn(main));
    while !has_ended(0) {
        turn();
    }
}

fn turn() {
    // 1. Sleep until something can happen.
    if READY.with_borrow(VecDeque::is_empty) {
        let next = TIMERS.with_borrow(|timers| timers.keys().next().copied());
        let deadline = next.expect("a deadlock: nothing is ready, and nobody waits for a time");
        thread::sleep(deadline.saturating_duration_since(Instant::now()));
    }
    // 2. Wake those whose time has come.
    let later = TIMERS.with_borrow_mut(|timers| timers.split_off(&Instant::now()));
    let due = TIMERS.replace(later).into_values();
    due.flatten().for_each(Waker::wake);
    // 3. Run what is ready now.
    for _ in 0..READY.with_borrow(VecDeque::len) {
        let index = READY.with_borrow_mut(VecDeque::pop_front);
        step(index.expect("only this line takes from the queue"));
    }
}

fn step(index: usize) {
    // The task leaves its place, as nothing may be borrowed in a poll: tasks spawn and wake.
    let Some(mut task) = TASKS.with_borrow_mut(|tasks| tasks[index].take()) else {
        return; // It was woken after its end.
    };
    POLLS.set(POLLS.get() + 1);
    let waker = Waker::from(Arc::new(TaskWaker(index)));
    let poll = task.as_mut().poll(&mut Context::from_waker(&waker));
    if poll.is_pending() {
        TASKS.with_borrow_mut(|tasks| tasks[index] = Some(task));
    }
}

/// Starts a task: it stands behind all that is ready. The future that comes back waits for its end.
fn spawn(future: impl Future<Output = ()> + 'static) -> impl Future<Output = ()> {
    let joiner = Rc::new(Cell::new(None));
    let end = Rc::clone(&joiner);
    let task: Task = Box::pin(async move {
        future.await;
        end.take().map_or((), Waker::wake)
    });
    TASKS.with_borrow_mut(|tasks| tasks.push(Some(task)));
    let index = TASKS.with_borrow(Vec::len) - 1;
    Arc::new(TaskWaker(index)).wake();
    async move {
        while !has_ended(index) {
            pause(|waker| joiner.set(Some(waker))).await;
        }
    }
}

fn has_ended(index: usize) -> bool {
    TASKS.with_borrow(|tasks| tasks[index].is_none())
}

/// Hands out the waker, and waits until somebody wakes.
async fn pause(begin: impl FnOnce(Waker)) {
    let mut begin = Some(begin);
    let mut begins = |waker: &Waker| begin.take().map(|begin| begin(waker.clone())).is_some();
    poll_fn(|context| if begins(context.waker()) { Poll::Pending } else { Poll::Ready(()) }).await
}

async fn sleep(duration: Duration) {
    if duration.is_zero() {
        return pause(Waker::wake).await;
    }
    let end = Instant::now() + duration;
    pause(|waker| TIMERS.with_borrow_mut(|it| it.entry(end).or_default().push(waker))).await
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
    run(program());
    println!("{} polls, and no thread but this one", POLLS.get());
}

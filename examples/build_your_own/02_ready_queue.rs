//! An event loop with a ready queue: who waits is not asked again before a waker says so.
//! `cargo run --example build_your_own_02_ready_queue`
//!
//! The loop takes the oldest index from the queue and polls that task; a waker puts its task's index there. Where the
//! queue is empty there is nothing to do, and the thread blocks instead of keeping a core busy. A nap of no length wakes
//! its own task, which so stands behind all others. The steps come in asyncio's order.
//!
//! The flaw that `03_timers` removes: somebody must call the waker when a time has come, and this loop does not know
//! the time. So each nap is a thread of its own. See the last line.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// What runs next, the oldest first. Wakers reach it from any thread.
static READY: Mutex<VecDeque<usize>> = Mutex::new(VecDeque::new());
static NOT_EMPTY: Condvar = Condvar::new();
static THREADS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// All tasks; the queue holds indices into this. The place of one that is polled or has ended is empty.
    static TASKS: RefCell<Vec<Option<Task>>> = RefCell::default();
    static POLLS: Cell<u32> = Cell::default();
}

/// A waker knows no more than the index of its task.
struct TaskWaker(usize);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let mut ready = READY.lock().unwrap();
        // A task that is woken twice is polled once.
        if !ready.contains(&self.0) {
            ready.push_back(self.0);
            NOT_EMPTY.notify_one();
        }
    }
}

/// Runs until the main task, the first one, has ended.
fn run(main: impl Future<Output = ()> + 'static) {
    drop(spawn(main));
    while !has_ended(0) {
        let ready = READY.lock().unwrap();
        let mut ready = NOT_EMPTY.wait_while(ready, |it| it.is_empty()).unwrap();
        let index = ready.pop_front().expect("it is not empty");
        drop(ready);
        step(index);
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
    THREADS.fetch_add(1, SeqCst);
    let nap = move |waker: Waker| {
        thread::sleep(duration);
        waker.wake();
    };
    pause(move |waker| drop(thread::spawn(move || nap(waker)))).await
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
    let threads = THREADS.load(SeqCst);
    println!("{} polls, and {threads} threads that only slept", POLLS.get());
}

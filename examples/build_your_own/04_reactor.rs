//! The small true model of the engine room: one poll waits for sockets and for timers.
//! `cargo run --example build_your_own_04_reactor`
//!
//! A turn is that of `runtime/event_loop/mod.rs`: poll the system, until the next deadline at the longest; wake who waits
//! for a source that is ready, then those whose time has come; run what is ready now. See the echo over TCP answer while
//! timers run. What the real one adds: wakers without the `Arc` (an index is all they hold), on any thread; places and
//! sources that are used again; timers that can be cancelled; an entry in the queue for each timer and each source, so
//! that a nap costs as many turns as in asyncio; errors where this panics.

use mio::{Events, Interest, Token, unix::SourceFd};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{TcpListener, TcpStream};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use std::{future::poll_fn, io::prelude::*, os::fd::AsRawFd, pin::Pin, rc::Rc, sync::Arc};

type Task = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static TASKS: RefCell<Vec<Option<Task>>> = RefCell::default();
    static READY: RefCell<VecDeque<usize>> = RefCell::default();
    static TIMERS: RefCell<BTreeMap<Instant, Vec<Waker>>> = RefCell::default();
    static SOURCES: RefCell<HashMap<Token, Waker>> = RefCell::default();
    static REACTOR: RefCell<mio::Poll> = RefCell::new(mio::Poll::new().unwrap());
}

struct TaskWaker(usize);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !READY.with_borrow(|ready| ready.contains(&self.0)) {
            READY.with_borrow_mut(|ready| ready.push_back(self.0));
        }
    }
}

fn turn() {
    // 1. How long may the poll block?
    let next = TIMERS.with_borrow(|timers| timers.keys().next().copied());
    let limit = if READY.with_borrow(VecDeque::is_empty) { next } else { Some(Instant::now()) };
    let limit = limit.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    // 2. Poll the system.
    let mut events = Events::with_capacity(64);
    REACTOR.with_borrow_mut(|reactor| reactor.poll(&mut events, limit).unwrap());
    // 3. Wake those whose sources are ready, 4. then those whose time has come.
    let waiter = |token| SOURCES.with_borrow_mut(|sources| sources.remove(&token));
    events.iter().filter_map(|event| waiter(event.token())).for_each(Waker::wake);
    let later = TIMERS.with_borrow_mut(|timers| timers.split_off(&Instant::now()));
    TIMERS.replace(later).into_values().flatten().for_each(Waker::wake);
    // 5. Run what is ready now.
    for _ in 0..READY.with_borrow(VecDeque::len) {
        let index = READY.with_borrow_mut(VecDeque::pop_front).expect("it is that long");
        let Some(mut task) = TASKS.with_borrow_mut(|tasks| tasks[index].take()) else { continue };
        let waker = Waker::from(Arc::new(TaskWaker(index)));
        if task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            TASKS.with_borrow_mut(|tasks| tasks[index] = Some(task));
        }
    }
}

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
        while TASKS.with_borrow(|tasks| tasks[index].is_some()) {
            pause(|waker| joiner.set(Some(waker))).await;
        }
    }
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

async fn readable(source: &impl AsRawFd) {
    let (fd, token) = (source.as_raw_fd(), Token(source.as_raw_fd() as usize));
    let registry = REACTOR.with_borrow(|it| it.registry().try_clone().unwrap());
    registry.register(&mut SourceFd(&fd), token, Interest::READABLE).unwrap();
    pause(|waker| SOURCES.with_borrow_mut(|it| drop(it.insert(token, waker)))).await;
    registry.deregister(&mut SourceFd(&fd)).unwrap();
}

async fn serve(listener: TcpListener) {
    readable(&listener).await;
    let mut stream = listener.accept().unwrap().0;
    let mut bytes = [0; 5];
    loop {
        readable(&stream).await;
        let Ok(()) = stream.read_exact(&mut bytes) else { return };
        stream.write_all(&bytes).unwrap();
    }
}

async fn talk() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    drop(spawn(serve(listener)));
    for word in ["hello", "again"] {
        stream.write_all(word.as_bytes()).unwrap();
        readable(&stream).await;
        let mut echo = [0; 5];
        stream.read_exact(&mut echo).unwrap();
        println!("echo: {}", echo.escape_ascii());
        sleep(Duration::from_millis(90)).await;
    }
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
    drop((spawn(program()), spawn(talk())));
    while TASKS.with_borrow(|tasks| tasks[0].is_some()) {
        turn();
    }
}

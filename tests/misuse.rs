//! Misuse gets an error that says what to do, never a hang, and never a panic without words.

#[path = "support/panics.rs"]
mod panics;

use panics::words;
use roundelay::pool::ThreadPool;
use roundelay::sync::{Lock, Promise, Queue};
use roundelay::testing::test;
use roundelay::{
    Cancelled, Handle, JoinHandle, Runtime, gather, run, sleep, spawn, spawn_blocking, task_group,
    try_run, yield_now,
};
use std::cell::{Cell, RefCell};
use std::panic;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

#[track_caller]
fn says(words: &str, parts: &[&str]) {
    for part in parts {
        assert!(words.contains(part), "{words:?} does not say {part:?}");
    }
}

#[test]
fn a_task_that_awaits_itself_is_told() {
    test(async {
        let own = Rc::new(RefCell::new(None::<JoinHandle<()>>));
        let said = Rc::new(RefCell::new(String::new()));
        let task = spawn({
            let (own, said) = (Rc::clone(&own), Rc::clone(&said));
            async move {
                yield_now().await;
                let handle = own.borrow_mut().take().unwrap();
                *said.borrow_mut() = handle.await.unwrap_err().to_string();
            }
        });
        *own.borrow_mut() = Some(task);
        for _ in 0..5 {
            yield_now().await;
        }
        says(&said.borrow(), &["awaits its own handle"]);
    });
}

#[test]
fn what_is_done_once_too_often_is_told() {
    test(async {
        let promise = Promise::new();
        promise.set(1).unwrap();
        says(&promise.set(2).unwrap_err().to_string(), &["already"]);
        let queue = Queue::unbounded();
        queue.put(1).await.unwrap();
        queue.task_done();
        says(&words(|| queue.task_done()), &["task_done", "more often"]);
        let lock = Lock::new(());
        says(&words(|| lock.release()), &["release", "lock"]);
    });
}

#[test]
fn a_group_is_of_no_use_outside_of_its_body() {
    test(async {
        let mut kept = None;
        task_group(async |group| {
            kept = Some(group.clone());
            Ok::<_, String>(())
        })
        .await
        .unwrap();
        let group = kept.unwrap();
        let refused = group.try_spawn(async { Ok(()) }).unwrap_err();
        says(&refused.to_string(), &["group", "no more"]);
        let error = group.spawn(async { Ok(()) }).await.unwrap_err();
        says(&error.to_string(), &["refused", file!()]);
        group.cancel();
    });
    let mut group = Box::pin(task_group(async |_| Ok::<_, ()>(())));
    let said = words(|| drop(group.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
    says(&said, &["task group", "spawn"]);
}

#[test]
fn what_needs_a_loop_or_a_task_says_so() {
    says(&words(|| drop(spawn(async {}))), &["no event loop", "run"]);
    says(&words(|| drop(gather([async {}]))), &["no event loop"]);
    let mut sleeping = Box::pin(sleep(Duration::from_secs(1)));
    let poll = || {
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(sleeping.as_mut().poll(cx).is_pending());
    };
    says(&words(poll), &["no event loop"]);
    let mut resumed = Box::pin(Cancelled::raised_here(None).resume());
    let poll = || match resumed
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(never) => never,
        Poll::Pending => (),
    };
    says(&words(poll), &["cancel", "task"]);
}

/// The line at which a piece of code panics, if that is in this file.
fn line_of_panic<R>(body: impl FnOnce() -> R) -> Option<u32> {
    thread_local! {
        static LINE: Cell<Option<u32>> = const { Cell::new(None) };
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let here = info.location().filter(|place| place.file() == file!());
        LINE.set(here.map(|place| place.line()));
        before(info);
    }));
    words(body);
    LINE.take()
}

/// `Handle::current`, and what rests on it, used to name a line of the crate.
#[test]
fn what_needs_a_loop_names_the_line_that_did_without() {
    let pool = ThreadPool::new(1);
    let line = Some(line!() + 1);
    assert_eq!(line_of_panic(|| drop(pool.submit(|| ()))), line);
    let line = Some(line!() + 1);
    assert_eq!(line_of_panic(|| drop(pool.try_submit(|| ()))), line);
    let line = Some(line!() + 1);
    assert_eq!(line_of_panic(|| pool.set_default()), line);
    let line = Some(line!() + 1);
    assert_eq!(line_of_panic(|| drop(spawn_blocking(|| ()))), line);
    let line = Some(line!() + 1);
    assert_eq!(line_of_panic(|| drop(Handle::current())), line);
}

/// The pool used to be made, and its first call to panic with std's words.
#[test]
fn a_name_that_no_thread_can_have_is_refused_where_it_is_given() {
    let named = || drop(ThreadPool::named(1, "a\0b"));
    says(&words(named), &["threads' name", "zero byte"]);
}

#[test]
fn runs_that_nest_or_come_too_late_are_told() {
    let nested = run(async { try_run(async {}) });
    says(&nested.unwrap_err().to_string(), &["already", "await"]);
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    runtime.shutdown().unwrap();
    says(&words(|| drop(handle.spawn(async {}))), &["closed"]);
    says(&words(|| drop(handle.call_soon(|| ()))), &["closed"]);
}

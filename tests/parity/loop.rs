//! The loop itself: batches, timers, runs and stops.

use super::harness::{Out, check, check_loop, ms, py};
use roundelay::sync::Event;
use roundelay::{CallHandle, Handle, RunError, Runtime, catch_cancel, sleep, spawn, yield_now};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// What prints a line when it is called, as asyncio's `call_soon(print, ..)` needs it.
fn print(out: &Out, line: &str) -> impl FnOnce() + use<> {
    let (out, line) = (out.clone(), line.to_owned());
    move || out.say(line)
}

/// What prints a line and the time when it is called.
fn fire(out: &Out, name: &'static str) -> impl FnOnce() + use<> {
    let out = out.clone();
    move || out.say(format!("{name} at {}", out.now()))
}

#[test]
fn batches() {
    fn callback(out: Out, start: u64, name: String, generations: u32) {
        out.say(format!("{name} in turn {}", out.turns() - start));
        if generations > 0 {
            let next = move || callback(out, start, name + "x", generations - 1);
            Handle::current().call_soon(next);
        }
    }
    check("loop/batches", |out| async move {
        let start = out.turns();
        for (name, generations) in [("a", 2), ("b", 0), ("c", 1)] {
            let (out, name) = (out.clone(), name.to_owned());
            Handle::current().call_soon(move || callback(out, start, name, generations));
        }
        for _ in 0..4 {
            yield_now().await;
        }
        out.say(format!("end in turn {}", out.turns() - start));
    });
}

#[test]
fn busy_task_starves_no_timer() {
    async fn busy(out: Out) {
        for n in 0..4 {
            out.say(format!("busy {n}"));
            yield_now().await;
        }
    }
    fn again(out: Out, n: u32) {
        out.say(format!("timer {n}"));
        if n < 3 {
            Handle::current().call_later(Duration::ZERO, move || again(out, n + 1));
        }
    }
    check("loop/busy_task_starves_no_timer", |out| async move {
        let task = spawn(busy(out.clone()));
        let timer = out.clone();
        Handle::current().call_later(Duration::ZERO, move || again(timer, 1));
        task.await.unwrap();
        out.say("end");
    });
}

#[test]
fn cancel_soon() {
    check("loop/cancel_soon", |out| async move {
        let event_loop = Handle::current();
        let first = event_loop.call_soon(print(&out, "first"));
        let never = event_loop.call_soon(print(&out, "never"));
        never.cancel();
        never.cancel();
        let fourth: Rc<RefCell<Option<CallHandle>>> = Rc::default();
        let (second, victim) = (print(&out, "second cancels the fourth"), fourth.clone());
        event_loop.call_soon(move || {
            second();
            victim.take().unwrap().cancel();
        });
        event_loop.call_soon(print(&out, "third"));
        *fourth.borrow_mut() = Some(event_loop.call_soon(print(&out, "fourth")));
        event_loop.call_soon(print(&out, "fifth"));
        yield_now().await;
        first.cancel();
        out.say("end");
    });
}

#[test]
fn cancel_soon_of_next_batch() {
    check("loop/cancel_soon_of_next_batch", |out| async move {
        let queued: Rc<RefCell<Vec<CallHandle>>> = Rc::default();
        let queue = {
            let (out, queued) = (out.clone(), queued.clone());
            move || {
                for line in ["never", "kept"] {
                    let call = Handle::current().call_soon(print(&out, line));
                    queued.borrow_mut().push(call);
                }
                out.say("queued two");
            }
        };
        let cancel = {
            let out = out.clone();
            move || {
                queued.borrow()[0].cancel();
                out.say("cancelled one");
            }
        };
        Handle::current().call_soon(queue);
        Handle::current().call_soon(cancel);
        yield_now().await;
        out.say("batch is over");
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn cancelled_timer_holds_nothing() {
    check("loop/cancelled_timer_holds_nothing", |out| async move {
        let event_loop = Handle::current();
        let gone = event_loop.call_later(ms(10), print(&out, "never"));
        let late: Rc<RefCell<Option<CallHandle>>> = Rc::default();
        let (cancels, victim) = (fire(&out, "cancels"), late.clone());
        event_loop.call_later(ms(20), move || {
            cancels();
            victim.take().unwrap().cancel();
        });
        *late.borrow_mut() = Some(event_loop.call_later(ms(30), print(&out, "never either")));
        gone.cancel();
        sleep(ms(40)).await;
        out.say(format!("end at {}", out.now()));
    });
}

#[test]
fn due_timer_cancelled_in_its_batch() {
    fn cancel(out: &Out, name: &str, timer: CallHandle) -> impl FnOnce() + use<> {
        let print = print(out, name);
        move || {
            print();
            timer.cancel();
        }
    }
    check("loop/due_timer_cancelled_in_its_batch", |out| async move {
        let event_loop = Handle::current();
        sleep(ms(100)).await;
        let at = |past| event_loop.now() - ms(past);
        let never = print(&out, "never: the first timer cancelled it");
        let third = event_loop.call_at(at(10), never);
        let second = event_loop.call_at(at(20), print(&out, "second timer"));
        event_loop.call_at(at(30), cancel(&out, "first timer", third));
        let never = print(&out, "never: a ready callback cancelled it");
        let fourth = event_loop.call_at(at(5), never);
        event_loop.call_soon(cancel(&out, "ready callback", fourth));
        sleep(ms(10)).await;
        second.cancel();
        out.say("end");
    });
}

#[test]
fn extra_batch_after_main() {
    async fn other(out: Out) {
        for n in 0..5 {
            out.say(format!("other {n}"));
            yield_now().await;
        }
    }
    async fn main(out: &Out) -> &'static str {
        yield_now().await;
        out.say("main ends");
        "value"
    }
    check_loop("loop/extra_batch_after_main", |out, runtime| {
        let task = runtime.spawn(other(out.clone()));
        out.say(runtime.run(main(&out)));
        out.say("between the runs");
        runtime.run(task).unwrap();
        out.say("end");
    });
}

#[test]
fn leftover_of_the_last_step() {
    async fn late(out: Out) {
        out.say("late begins");
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            out.say("late is cancelled");
            cancelled.resume().await;
        }
    }
    check("loop/leftover_of_the_last_step", |out| async move {
        spawn(late(out.clone()));
        out.say("main ends");
    });
}

#[test]
fn leftovers_are_cancelled() {
    async fn leftover(out: Out) {
        out.say("leftover waits");
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            out.say(format!("leftover is cancelled at {}", out.now()));
            sleep(ms(10)).await;
            out.say(format!("leftover is clean at {}", out.now()));
            cancelled.resume().await;
        }
    }
    async fn main(out: &Out) -> &'static str {
        out.now();
        let task = spawn(leftover(out.clone()));
        sleep(ms(5)).await;
        let done = py(task.is_finished());
        out.say(format!("main ends, leftover done: {done}"));
        "value"
    }
    check_loop("loop/leftovers_are_cancelled", |out, runtime| {
        let value = runtime.run(main(&out));
        runtime.shutdown().unwrap();
        out.say(value);
    });
}

#[test]
fn nested_run() {
    async fn inner(out: Out) {
        out.say("never printed");
    }
    check("loop/nested_run", |out| async move {
        let other = Runtime::new().unwrap();
        if let Err(RunError::Nested) = other.try_run(inner(out.clone())) {
            out.say("RuntimeError");
        }
        drop(other);
        yield_now().await;
        out.say("goes on");
    });
}

#[test]
fn ready_list() {
    async fn child(out: Out, n: u32) {
        out.say(format!("child {n}"));
    }
    check("loop/ready_list", |out| async move {
        let event_loop = Handle::current();
        event_loop.call_soon(print(&out, "callback 1"));
        let first = spawn(child(out.clone(), 1));
        let queued = print(&out, "callback queued by a callback");
        event_loop.call_soon(|| _ = Handle::current().call_soon(queued));
        let second = spawn(child(out.clone(), 2));
        out.say("nothing has run yet");
        yield_now().await;
        out.say("first batch is over");
        yield_now().await;
        out.say("second batch is over");
        first.await.unwrap();
        second.await.unwrap();
    });
}

#[test]
fn runs_one_after_the_other() {
    async fn main(out: &Out, n: u64) -> u64 {
        let event_loop = Handle::current();
        out.now();
        let queued = print(out, &format!("queued by the callback of {n}"));
        event_loop.call_soon(|| _ = Handle::current().call_soon(queued));
        event_loop.call_later(ms(15), print(out, &format!("timer of {n}")));
        sleep(ms(10 * n)).await;
        out.say(format!("main {n} ends at {}", out.now()));
        let last = print(out, &format!("last callback of {n}"));
        let left_over = print(out, &format!("left over by {n}"));
        event_loop.call_soon(|| {
            last();
            Handle::current().call_soon(left_over);
        });
        n
    }
    check_loop("loop/runs_one_after_the_other", |out, runtime| {
        for n in [1, 2, 3] {
            out.say(format!("value {}", runtime.run(main(&out, n))));
        }
    });
}

#[test]
fn stop_before_run() {
    check_loop("loop/stop_before_run", |out, runtime| {
        let begun = runtime.handle().now();
        let (soon, second) = (print(&out, "soon"), print(&out, "second turn"));
        runtime.call_soon(|| {
            soon();
            Handle::current().call_soon(second);
        });
        runtime.call_later(Duration::ZERO, print(&out, "due timer"));
        runtime.call_later(ms(10), print(&out, "timer that is not due"));
        runtime.stop();
        out.say("first run");
        runtime.run_forever().unwrap();
        runtime.stop();
        out.say("second run");
        runtime.run_forever().unwrap();
        runtime.call_later(ms(20), || Handle::current().stop());
        out.say("third run");
        runtime.run_forever().unwrap();
        let now = runtime.handle().now() - begun;
        out.say(format!("end at {}", now.as_millis()));
    });
}

#[test]
fn stop_from_timer() {
    check_loop("loop/stop_from_timer", |out, runtime| {
        let (event_loop, begun) = (runtime.handle(), runtime.handle().now());
        let fire = move |name| {
            let (out, event_loop) = (out.clone(), event_loop.clone());
            move || {
                let now = event_loop.now() - begun;
                out.say(format!("{name} at {}", now.as_millis()));
            }
        };
        runtime.call_later(ms(10), fire("first"));
        let stops = fire("stops");
        runtime.call_later(ms(20), move || {
            stops();
            Handle::current().stop();
        });
        runtime.call_later(ms(30), fire("third"));
        runtime.run_forever().unwrap();
        fire("between")();
        runtime.call_later(ms(30), || Handle::current().stop());
        runtime.run_forever().unwrap();
        fire("end")();
    });
}

#[test]
fn stop_lets_the_batch_end() {
    check_loop("loop/stop_lets_the_batch_end", |out, runtime| {
        runtime.call_soon(print(&out, "one"));
        let (two, queued) = (print(&out, "two stops"), print(&out, "queued by two"));
        runtime.call_soon(|| {
            two();
            Handle::current().stop();
            Handle::current().call_soon(queued);
        });
        let three = print(&out, "three stops again");
        runtime.call_soon(|| {
            three();
            Handle::current().stop();
        });
        runtime.call_soon(print(&out, "four"));
        out.say("first run");
        runtime.run_forever().unwrap();
        out.say("second run");
        let five = print(&out, "five stops");
        runtime.call_soon(|| {
            five();
            Handle::current().stop();
        });
        runtime.run_forever().unwrap();
        out.say("end");
    });
}

#[test]
fn stopped_before_main_ended() {
    async fn main(out: Out) -> &'static str {
        out.say("main begins");
        sleep(ms(20)).await;
        out.say("main ends");
        "value"
    }
    check_loop("loop/stopped_before_main_ended", |out, runtime| {
        let mut task = runtime.spawn(main(out.clone()));
        runtime.call_later(ms(10), || Handle::current().stop());
        if let Err(RunError::Stopped) = runtime.try_run(&mut task) {
            let done = py(task.is_finished());
            out.say(format!("RuntimeError, done: {done}"));
        }
        out.say(runtime.run(task).unwrap());
    });
}

#[test]
fn tasks_between_runs() {
    async fn worker(out: Out) -> &'static str {
        out.now();
        for n in 0..3 {
            sleep(ms(20)).await;
            out.say(format!("worker {n} at {}", out.now()));
        }
        "worked"
    }
    async fn main(out: &Out, name: &str) {
        sleep(ms(25)).await;
        out.say(format!("{name} at {}", out.now()));
    }
    check_loop("loop/tasks_between_runs", |out, runtime| {
        let task = runtime.spawn(worker(out.clone()));
        runtime.run(main(&out, "first main"));
        runtime.run(main(&out, "second main"));
        out.say(format!("result: {}", runtime.run(task).unwrap()));
    });
}

thread_local! {
    /// What a callback from another thread prints to: it cannot carry an `Rc`, and runs on this thread.
    static HERE: RefCell<Option<(Out, Rc<Event>)>> = const { RefCell::new(None) };
}

fn with_here(f: impl FnOnce(&Out, &Event)) {
    HERE.with_borrow(|here| {
        let (out, event) = here.as_ref().unwrap();
        f(out, event);
    });
}

#[test]
fn threadsafe_from_a_thread() {
    check("loop/threadsafe_from_a_thread", |out| async move {
        let event_loop = Handle::current().remote();
        let arrived = Rc::new(Event::new());
        HERE.set(Some((out.clone(), arrived.clone())));
        let post = move || {
            for n in 0..3 {
                let print = move || with_here(|out, _| out.say(format!("from the thread {n}")));
                event_loop.post(print).unwrap();
            }
            event_loop
                .post(|| with_here(|_, arrived| arrived.set()))
                .unwrap();
        };
        out.say("starts the thread");
        let thread = std::thread::spawn(post);
        arrived.wait().await;
        thread.join().unwrap();
        out.say("end");
    });
}

#[test]
fn threadsafe_from_the_loop() {
    fn say(line: &'static str) -> impl FnOnce() + Send {
        move || with_here(|out, _| out.say(line))
    }
    check("loop/threadsafe_from_the_loop", |out| async move {
        let (event_loop, remote) = (Handle::current(), Handle::current().remote());
        HERE.set(Some((out.clone(), Rc::default())));
        event_loop.call_soon(say("soon 1"));
        remote.post(say("threadsafe 1")).unwrap();
        event_loop.call_soon(say("soon 2"));
        remote.post(say("threadsafe 2")).unwrap();
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn timer_rearms_itself() {
    type Armed = Rc<RefCell<Option<CallHandle>>>;
    fn tick(out: Out, armed: Armed, n: u32) {
        out.say(format!("tick {n} at {}", out.now()));
        let again = armed.clone();
        let next = Handle::current().call_later(ms(10), move || tick(out, again, n + 1));
        *armed.borrow_mut() = Some(next);
    }
    check("loop/timer_rearms_itself", |out| async move {
        let event_loop = Handle::current();
        let armed = Armed::default();
        let (ticks, again) = (out.clone(), armed.clone());
        let first = event_loop.call_later(ms(10), move || tick(ticks, again, 1));
        *armed.borrow_mut() = Some(first);
        let say = fire(&out, "stop ticking");
        event_loop.call_later(ms(45), move || {
            say();
            armed.take().unwrap().cancel();
        });
        sleep(ms(100)).await;
        out.say(format!("end at {}", out.now()));
    });
}

#[test]
fn timer_zero() {
    check("loop/timer_zero", |out| async move {
        let event_loop = Handle::current();
        event_loop.call_later(Duration::ZERO, print(&out, "timer of zero"));
        event_loop.call_soon(print(&out, "soon, asked for after the timer"));
        let queued = print(&out, "queued by the first batch");
        event_loop.call_soon(|| _ = Handle::current().call_soon(queued));
        out.say("armed");
        yield_now().await;
        out.say("the task, ready before the timer");
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn timers_by_deadline() {
    check("loop/timers_by_deadline", |out| async move {
        let event_loop = Handle::current();
        let now = event_loop.now();
        event_loop.call_later(ms(60), fire(&out, "later 60"));
        event_loop.call_at(now + ms(30), fire(&out, "at 30"));
        event_loop.call_later(ms(50), fire(&out, "later 50"));
        event_loop.call_at(now + ms(10), fire(&out, "at 10"));
        event_loop.call_later(ms(40), fire(&out, "later 40"));
        event_loop.call_soon(fire(&out, "soon"));
        out.say("armed");
        sleep(ms(100)).await;
        fire(&out, "end")();
    });
}

#[test]
fn timers_of_the_past() {
    check("loop/timers_of_the_past", |out| async move {
        let event_loop = Handle::current();
        sleep(ms(100)).await;
        let now = event_loop.now();
        event_loop.call_at(now - ms(10), print(&out, "10 ms ago"));
        event_loop.call_at(now - ms(30), print(&out, "30 ms ago"));
        event_loop.call_at(now + ms(10), print(&out, "in 10 ms"));
        event_loop.call_at(now - ms(20), print(&out, "20 ms ago"));
        event_loop.call_soon(print(&out, "soon"));
        yield_now().await;
        out.say("the task goes on before the timers");
        yield_now().await;
        out.say("the timers of the past have fired");
        sleep(ms(20)).await;
        out.say("end");
    });
}

fn fail(out: &Out, words: &'static str) -> impl FnOnce() + use<> {
    let out = out.clone();
    move || {
        out.say(format!("fails with {words}"));
        panic!("{words}");
    }
}

#[test]
fn error_in_a_callback() {
    check("loop/error_in_a_callback", |out| async move {
        let seen = out.clone();
        out.on_unhandled(move |unhandled| {
            seen.say(format!("handler sees {}", unhandled.panic_message()));
        });
        let event_loop = Handle::current();
        event_loop.call_soon(print(&out, "one"));
        event_loop.call_soon(fail(&out, "two"));
        event_loop.call_soon(print(&out, "three"));
        event_loop.call_later(ms(10), fail(&out, "four"));
        event_loop.call_later(ms(20), print(&out, "five"));
        yield_now().await;
        out.say("the task goes on");
        sleep(ms(30)).await;
        out.say("end");
    });
}

#[test]
fn handler_queues_callbacks() {
    thread_local! {
        static START: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }
    fn note(out: &Out, words: &str) {
        out.say(format!("{words} in turn {}", out.turns() - START.get()));
    }
    check("loop/handler_queues_callbacks", |out| async move {
        let seen = out.clone();
        out.on_unhandled(move |_| {
            note(&seen, "handler");
            let seen = seen.clone();
            Handle::current().call_soon(move || note(&seen, "queued by the handler"));
        });
        START.set(out.turns());
        Handle::current().call_soon(|| panic!("no"));
        let behind = out.clone();
        Handle::current().call_soon(move || note(&behind, "behind the failing callback"));
        yield_now().await;
        note(&out, "task");
        yield_now().await;
        note(&out, "task");
    });
}

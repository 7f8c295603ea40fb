//! Requests to cancel: delivery, clean-up, chains, counts.

use super::harness::{Out, check, ends_cancelled, finally, ms, py, was_cancelled};
use roundelay::sync::{Event, Lock, Promise, Queue};
use roundelay::task::SharedHandle;
use roundelay::{
    Cancelled, Handle, JoinHandle, WaitMode, cancel_current, catch_cancel, gather, shield, sleep,
    spawn, task, wait, yield_now,
};
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;

#[test]
fn clean_up_awaits() {
    async fn worker(out: Out) {
        out.say("worker waits");
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            out.say("worker cleans up");
            sleep(ms(10)).await;
            out.say("worker is clean");
            cancelled.resume().await;
        }
        out.say("never printed");
    }
    check("cancel/clean_up_awaits", |out| async move {
        let task = spawn(worker(out.clone()));
        yield_now().await;
        let cancel = task.cancel();
        let done = task.is_finished();
        out.say(format!("cancel: {} done: {}", py(cancel), py(done)));
        let error = task.await.unwrap_err();
        let (now, cancelled) = (out.now(), error.is_cancelled());
        out.say(format!("joined at {now} cancelled: {}", py(cancelled)));
    });
}

#[test]
fn chain_of_joins() {
    fn link(out: Out, n: u32, start: Rc<Cell<u64>>) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async move {
            let body = async {
                if n < 4 {
                    let _ = spawn(link(out.clone(), n + 1, start.clone())).await;
                } else {
                    sleep(ms(10_000)).await;
                }
            };
            if let Err(cancelled) = catch_cancel(body).await {
                let turns = out.turns() - start.get();
                let requests = task::cancel_requests();
                out.say(format!(
                    "link {n} after {turns} turns, requests: {requests}"
                ));
                cancelled.resume().await;
            }
        })
    }
    check("cancel/chain_of_joins", |out| async move {
        let start = Rc::new(Cell::new(0));
        let task = spawn(link(out.clone(), 1, Rc::clone(&start)));
        sleep(ms(10)).await;
        start.set(out.turns());
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        out.say(format!("joined after {} turns", out.turns() - start.get()));
    });
}

#[test]
fn through_gather() {
    async fn child(out: Out, name: &str, delay: u64) {
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            out.say(format!("{name} is cancelled"));
            sleep(ms(delay)).await;
            out.say(format!("{name} is clean at {}", out.now()));
            cancelled.resume().await;
        }
    }
    async fn parent(out: Out) {
        let children = [("one", 20), ("two", 10), ("three", 30)];
        let all = gather(children.map(|(name, delay)| child(out.clone(), name, delay)));
        if let Err(cancelled) = catch_cancel(all).await {
            out.say(format!("parent goes on at {}", out.now()));
            cancelled.resume().await;
        }
    }
    check("cancel/through_gather", |out| async move {
        let task = spawn(parent(out.clone()));
        sleep(ms(1)).await;
        task.cancel();
        let error = task.await.unwrap_err();
        out.say(format!("joined, cancelled: {}", py(error.is_cancelled())));
        sleep(ms(50)).await;
        out.say("end");
    });
}

#[test]
fn before_first_step() {
    async fn body(out: Out) {
        out.say("never printed");
    }
    check("cancel/before_first_step", |out| async move {
        let task = spawn(body(out.clone())).shared();
        let cancel = task.cancel();
        let done = task.is_finished();
        out.say(format!("cancel: {} done: {}", py(cancel), py(done)));
        yield_now().await;
        let cancelled = was_cancelled(&task);
        out.say(format!("one turn later, cancelled: {cancelled}"));
        if task.clone().await.is_err() {
            out.say("joined: CancelledError");
        }
        out.say(format!("cancel of a done one: {}", py(task.cancel())));
    });
}

#[test]
fn between_awaits_of_a_body() {
    async fn worker(log: Rc<RefCell<Vec<&str>>>) -> &'static str {
        for step in ["fetch", "work", "store"] {
            sleep(ms(10)).await;
            log.borrow_mut().push(step);
        }
        "complete"
    }
    check("cancel/between_awaits_of_a_body", |out| async move {
        for limit in [5, 15, 25, 35] {
            let log = Rc::default();
            let task = spawn(worker(Rc::clone(&log)));
            sleep(ms(limit)).await;
            task.cancel();
            let outcome = match task.await {
                Ok(outcome) => outcome.to_owned(),
                Err(_) => format!("cancelled after {} steps", log.borrow().len()),
            };
            let line = [&[&*outcome], &**log.borrow()].concat();
            out.say(line.join(" "));
        }
    });
}

#[test]
fn chain_leaf_fails() {
    async fn leaf() -> Result<(), &'static str> {
        match catch_cancel(sleep(ms(10_000))).await {
            Ok(()) => Ok(()),
            Err(_) => Err("leaf failed"),
        }
    }
    async fn middle(out: Out) -> Result<(), &'static str> {
        let joined = spawn(leaf()).await.unwrap();
        if joined.is_err() {
            let requests = task::cancel_requests();
            out.say(format!("middle has ValueError, requests: {requests}"));
        }
        joined
    }
    check("cancel/chain_leaf_fails", |out| async move {
        let task = spawn(middle(out.clone()));
        sleep(ms(10)).await;
        task.cancel();
        let joined = task.await;
        let cancelled = py(joined.is_err());
        if let Ok(Err(error)) = joined {
            out.say(format!("joined: ValueError {error} cancelled: {cancelled}"));
        }
    });
}

#[test]
fn chain_leaf_swallows() {
    async fn leaf(out: Out) -> &'static str {
        if catch_cancel(sleep(ms(10_000))).await.is_err() {
            out.say("leaf swallows");
        }
        "value"
    }
    async fn middle(out: Out) -> &'static str {
        let value = spawn(leaf(out.clone())).await.unwrap();
        let requests = task::cancel_requests();
        out.say(format!("middle has {value} requests: {requests}"));
        yield_now().await;
        value
    }
    check("cancel/chain_leaf_swallows", |out| async move {
        let task = spawn(middle(out.clone()));
        yield_now().await;
        yield_now().await;
        out.say(format!("cancel: {}", py(task.cancel())));
        let joined = task.await;
        let cancelled = py(joined.is_err());
        out.say(format!(
            "joined: {} cancelled: {cancelled}",
            joined.unwrap()
        ));
    });
}

#[test]
fn child_cancelled_in_the_clean_up() {
    async fn child(out: Out) {
        let clean_up = async {
            out.say("child cleans up");
            sleep(ms(10)).await;
            out.say(format!("child is clean at {}", out.now()));
        };
        finally(sleep(ms(10_000)), clean_up).await;
    }
    async fn parent(out: Out) {
        let task = spawn(child(out.clone()));
        let clean_up = async {
            out.say(format!("parent cancels its child: {}", py(task.cancel())));
            if let Err(error) = task.await {
                let cancelled = py(error.is_cancelled());
                out.say(format!("parent joined its child, cancelled: {cancelled}"));
            }
        };
        finally(sleep(ms(10_000)), clean_up).await;
    }
    check("cancel/child_cancelled_in_the_clean_up", |out| async move {
        let task = spawn(parent(out.clone()));
        sleep(ms(5)).await;
        task.cancel();
        out.say(format!("joined, cancelled: {}", ends_cancelled(task).await));
    });
}

#[test]
fn clean_up_catches_and_finally() {
    async fn inner(out: &Out, refuse: bool) {
        let body = async {
            if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
                out.say("handler");
                yield_now().await;
                if !refuse {
                    cancelled.resume().await;
                }
                out.say("refuses");
            }
        };
        let clean_up = async {
            out.say("inner finally");
            yield_now().await;
        };
        finally(body, clean_up).await;
    }
    async fn worker(out: Out, refuse: bool) {
        let body = async {
            inner(&out, refuse).await;
            out.say("after the inner block");
        };
        let clean_up = async {
            out.say("outer finally");
            yield_now().await;
        };
        finally(body, clean_up).await;
        out.say("after the outer block");
    }
    check("cancel/clean_up_catches_and_finally", |out| async move {
        for refuse in [true, false] {
            let task = spawn(worker(out.clone(), refuse));
            yield_now().await;
            task.cancel();
            out.say(format!("cancelled: {}", ends_cancelled(task).await));
        }
    });
}

#[test]
fn clean_up_fails() {
    async fn worker(out: Out) -> Result<(), &'static str> {
        if catch_cancel(sleep(ms(10_000))).await.is_err() {
            out.say("cleans up");
            yield_now().await;
            return Err("clean-up failed");
        }
        Ok(())
    }
    check("cancel/clean_up_fails", |out| async move {
        let task = spawn(worker(out.clone())).shared();
        yield_now().await;
        task.cancel();
        let joined = task.clone().await;
        let cancelled = py(joined.is_err());
        if let Ok(Err(error)) = joined {
            out.say(format!("joined: ValueError {error}"));
        }
        let done = py(task.is_finished());
        out.say(format!("cancelled: {cancelled} done: {done}"));
    });
}

#[test]
fn clean_up_without_handler() {
    async fn inner(out: &Out) {
        let clean_up = async {
            out.say("inner clean-up begins");
            sleep(ms(10_000)).await;
            out.say("never printed");
        };
        finally(sleep(ms(10_000)), clean_up).await;
    }
    async fn outer(out: Out) {
        let clean_up = async {
            out.say("outer clean-up begins");
            sleep(ms(10)).await;
            out.say(format!("outer clean-up ends at {}", out.now()));
        };
        finally(inner(&out), clean_up).await;
    }
    check("cancel/clean_up_without_handler", |out| async move {
        let task = spawn(outer(out.clone()));
        yield_now().await;
        task.cancel();
        sleep(ms(5)).await;
        task.cancel();
        out.say(format!("joined, cancelled: {}", ends_cancelled(task).await));
    });
}

#[test]
fn count_stays_after_swallowing() {
    async fn worker(out: Out) -> &'static str {
        for _ in 0..3 {
            if catch_cancel(sleep(ms(10_000))).await.is_err() {
                out.say(format!("swallows, requests: {}", task::cancel_requests()));
            }
        }
        out.say(format!("uncancel: {}", task::uncancel()));
        "value"
    }
    check("cancel/count_stays_after_swallowing", |out| async move {
        let task = spawn(worker(out.clone())).shared();
        for _ in 0..3 {
            sleep(ms(10)).await;
            out.say(format!("cancel: {}", py(task.cancel())));
        }
        let value = task.clone().await.unwrap();
        let requests = task.cancel_requests();
        out.say(format!("joined: {value} requests: {requests}"));
    });
}

#[test]
fn during_clean_up() {
    async fn worker(out: Out) {
        if catch_cancel(sleep(ms(10_000))).await.is_err() {
            out.say("cleans up");
            if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
                let requests = task::cancel_requests();
                out.say(format!("the clean-up is cancelled, requests: {requests}"));
                yield_now().await;
                out.say("last step");
                cancelled.resume().await;
            }
            out.say("never printed");
        }
    }
    check("cancel/during_clean_up", |out| async move {
        let task = spawn(worker(out.clone()));
        yield_now().await;
        task.cancel();
        yield_now().await;
        out.say(format!("cancel again: {}", py(task.cancel())));
        out.say(format!("joined, cancelled: {}", ends_cancelled(task).await));
    });
}

#[test]
fn each_other() {
    type Tasks = Rc<RefCell<Vec<JoinHandle<()>>>>;
    async fn duel(out: Out, name: &str, tasks: Tasks, other: (&str, usize)) {
        yield_now().await;
        let body = async {
            let cancel = tasks.borrow()[other.1].cancel();
            out.say(format!("{name} cancels {} {}", other.0, py(cancel)));
            sleep(ms(10)).await;
            out.say(format!("{name} was spared"));
        };
        if let Err(cancelled) = catch_cancel(body).await {
            out.say(format!("{name} is cancelled in the body"));
            cancelled.resume().await;
        }
    }
    check("cancel/each_other", |out| async move {
        let tasks = Tasks::default();
        let one = spawn(duel(out.clone(), "one", tasks.clone(), ("two", 1)));
        let two = spawn(duel(out.clone(), "two", tasks.clone(), ("one", 0)));
        tasks.borrow_mut().extend([one, two]);
        sleep(ms(20)).await;
        let mut ended = Vec::new();
        for task in tasks.take() {
            ended.push(ends_cancelled(task).await);
        }
        out.say(format!("cancelled: {}", ended.join(" ")));
    });
}

#[test]
fn frees_the_timer() {
    async fn worker(out: Out) {
        let clean_up = async {
            out.say(format!("worker ends at {}", out.now()));
        };
        finally(sleep(ms(3_600_000)), clean_up).await;
    }
    check("cancel/frees_the_timer", |out| async move {
        let task = spawn(worker(out.clone()));
        sleep(ms(10)).await;
        task.cancel();
        wait(vec![task], WaitMode::All).await;
        sleep(ms(10)).await;
        out.say(format!("end at {}", out.now()));
    });
}

#[test]
fn from_a_callback() {
    async fn worker(out: Out, name: &str) {
        yield_now().await;
        out.say(format!("{name} took its step"));
        if let Err(cancelled) = catch_cancel(yield_now()).await {
            out.say(format!("{name} is cancelled after its step"));
            cancelled.resume().await;
        }
        out.say(format!("{name} took another"));
    }
    check("cancel/from_a_callback", |out| async move {
        let event_loop = Handle::current();
        let before = spawn(worker(out.clone(), "before")).shared();
        let later: Rc<RefCell<Vec<SharedHandle<()>>>> = Rc::default();
        let cancel_both = {
            let (out, before, later) = (out.clone(), before.clone(), later.clone());
            move || {
                out.say("cancels both");
                before.cancel();
                later.borrow()[0].cancel();
            }
        };
        // Turn 1: the first steps, with the callback between them. Turn 2: the second steps in that order.
        event_loop.call_soon(|| drop(Handle::current().call_soon(cancel_both)));
        let behind = spawn(worker(out.clone(), "behind")).shared();
        later.borrow_mut().push(behind.clone());
        for task in [before, behind] {
            assert!(task.await.unwrap_err().is_cancelled());
            out.say("joined");
        }
    });
}

#[test]
fn gather_whose_children_swallow() {
    async fn stubborn(out: Out, name: &str) -> &str {
        if catch_cancel(sleep(ms(10_000))).await.is_err() {
            out.say(format!("{name} swallows"));
        }
        name
    }
    async fn parent(out: Out) {
        let all = gather(["one", "two"].map(|name| stubborn(out.clone(), name)));
        match catch_cancel(all).await {
            Ok(names) => out.say(format!("has {names:?}")),
            Err(cancelled) => {
                let requests = task::cancel_requests();
                out.say(format!("CancelledError, requests: {requests}"));
                cancelled.resume().await;
            }
        }
    }
    check("cancel/gather_whose_children_swallow", |out| async move {
        let task = spawn(parent(out.clone()));
        sleep(ms(1)).await;
        task.cancel();
        out.say(format!("joined, cancelled: {}", ends_cancelled(task).await));
    });
}

#[test]
fn inner_scope_swallows() {
    async fn worker(out: Out) {
        let body = async {
            if catch_cancel(sleep(ms(10_000))).await.is_err() {
                out.say("inner swallows");
            }
            yield_now().await;
            out.say("between the handlers");
            sleep(ms(10_000)).await;
            out.say("never printed");
        };
        if let Err(cancelled) = catch_cancel(body).await {
            let requests = task::cancel_requests();
            out.say(format!(
                "outer takes the second request, requests: {requests}"
            ));
            cancelled.resume().await;
        }
    }
    check("cancel/inner_scope_swallows", |out| async move {
        let task = spawn(worker(out.clone()));
        yield_now().await;
        task.cancel();
        sleep(ms(10)).await;
        task.cancel();
        out.say(format!("joined, cancelled: {}", ends_cancelled(task).await));
    });
}

#[test]
fn joined_child_has_just_ended() {
    async fn child(out: Out) -> &'static str {
        yield_now().await;
        out.say("child ends");
        "value"
    }
    async fn parent(out: Out, task: SharedHandle<&'static str>) -> &'static str {
        match catch_cancel(task.clone()).await {
            Ok(value) => panic!("has {value:?}"),
            Err(_) => {
                let cancelled = was_cancelled(&task);
                out.say(format!("CancelledError, child cancelled: {cancelled}"));
                task.await.unwrap()
            }
        }
    }
    check("cancel/joined_child_has_just_ended", |out| async move {
        let task = spawn(child(out.clone())).shared();
        let joins = spawn(parent(out.clone(), task.clone()));
        yield_now().await;
        yield_now().await;
        let done = task.is_finished();
        let cancel = joins.cancel();
        out.say(format!("child done: {} cancel: {}", py(done), py(cancel)));
        out.say(format!("joined: {}", joins.await.unwrap()));
    });
}

#[test]
fn joiner_of_a_cancelled_task() {
    async fn child() {
        sleep(ms(10_000)).await;
    }
    async fn joiner(out: Out, task: SharedHandle<()>) -> &'static str {
        if task.await.is_err_and(|error| error.is_cancelled()) {
            let requests = task::cancel_requests();
            out.say(format!("CancelledError, requests: {requests}"));
        }
        yield_now().await;
        "value"
    }
    check("cancel/joiner_of_a_cancelled_task", |out| async move {
        let task = spawn(child()).shared();
        let joins = spawn(joiner(out.clone(), task.clone())).shared();
        yield_now().await;
        task.cancel();
        out.say(format!("joined: {}", joins.clone().await.unwrap()));
        let (child, joiner) = (was_cancelled(&task), was_cancelled(&joins));
        out.say(format!(
            "child cancelled: {child} joiner cancelled: {joiner}"
        ));
    });
}

#[test]
fn joiner_takes_the_child_along() {
    async fn child(out: Out) {
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            let requests = task::cancel_requests();
            out.say(format!("child cleans up, requests: {requests}"));
            sleep(ms(10)).await;
            out.say(format!("child is clean at {}", out.now()));
            cancelled.resume().await;
        }
    }
    async fn parent(out: Out, task: SharedHandle<()>) {
        if let Err(cancelled) = catch_cancel(task).await {
            let requests = task::cancel_requests();
            out.say(format!("parent is cancelled, requests: {requests}"));
            cancelled.resume().await;
        }
    }
    check("cancel/joiner_takes_the_child_along", |out| async move {
        let task = spawn(child(out.clone())).shared();
        let joins = spawn(parent(out.clone(), task.clone()));
        yield_now().await;
        let cancel = py(joins.cancel());
        let requests = task.cancel_requests();
        out.say(format!(
            "cancel: {cancel} requests on the child: {requests}"
        ));
        let parent = ends_cancelled(joins).await;
        let child = was_cancelled(&task);
        out.say(format!("joined, cancelled: {child} {parent}"));
    });
}

#[test]
fn loop_that_swallows() {
    async fn worker(out: Out, stop: Rc<Event>) -> u32 {
        let mut n = 0;
        while !stop.is_set() {
            n += 1;
            match catch_cancel(sleep(ms(10))).await {
                Ok(()) => out.say(format!("round {n}")),
                Err(_) => out.say(format!("round {n} is cut short at {}", out.now())),
            }
        }
        n
    }
    check("cancel/loop_that_swallows", |out| async move {
        let stop = Rc::new(Event::new());
        let task = spawn(worker(out.clone(), Rc::clone(&stop))).shared();
        for delay in [5, 3, 15] {
            sleep(ms(delay)).await;
            task.cancel();
        }
        sleep(ms(1)).await;
        stop.set();
        let rounds = task.clone().await.unwrap();
        let requests = task.cancel_requests();
        out.say(format!("rounds: {rounds} requests: {requests}"));
    });
}

#[test]
fn main_by_a_child() {
    type Victim = Rc<RefCell<Option<JoinHandle<()>>>>;
    async fn child(out: Out, victim: Victim) -> &'static str {
        sleep(ms(10)).await;
        let main = victim.take().unwrap();
        let cancel = py(main.cancel_with("by the child"));
        out.say(format!("child cancels main: {cancel}"));
        "value"
    }
    async fn main(out: Out, me: Victim) {
        let task = spawn(child(out.clone(), me));
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            let words = cancelled.message().unwrap();
            out.say(format!("main is cancelled {words} at {}", out.now()));
            out.say(format!("uncancel: {}", task::uncancel()));
        }
        out.say(format!("joined: {}", task.await.unwrap()));
    }
    check("cancel/main_by_a_child", |out| async move {
        let me = Victim::default();
        *me.borrow_mut() = Some(spawn(main(out, Rc::clone(&me))));
        sleep(ms(100)).await;
    });
}

fn words(cancelled: &Cancelled) -> &str {
    cancelled.message().unwrap_or("no message")
}

#[test]
fn message() {
    async fn worker(out: Out) {
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            out.say(format!("worker: {}", words(&cancelled)));
            cancelled.resume().await;
        }
    }
    async fn joined(out: &Out, task: JoinHandle<()>) {
        if let Err(error) = task.await {
            out.say(format!("joiner: {}", words(error.cancelled().unwrap())));
        }
    }
    check("cancel/message", |out| async move {
        for message in [Some("please stop"), None] {
            let task = spawn(worker(out.clone()));
            yield_now().await;
            match message {
                Some(message) => task.cancel_with(message),
                None => task.cancel(),
            };
            joined(&out, task).await;
        }
    });
}

#[test]
fn message_before_first_step() {
    async fn body(out: Out) {
        out.say("never printed");
    }
    check("cancel/message_before_first_step", |out| async move {
        let task = spawn(body(out.clone()));
        task.cancel_with("not today");
        if let Err(error) = task.await {
            out.say(format!("joined: {}", words(error.cancelled().unwrap())));
        }
    });
}

#[test]
fn message_down_a_chain() {
    fn link(out: Out, n: u32) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async move {
            let body = async {
                if n < 3 {
                    spawn(link(out.clone(), n + 1)).await.unwrap();
                } else {
                    sleep(ms(10_000)).await;
                }
            };
            if let Err(cancelled) = catch_cancel(body).await {
                out.say(format!("link {n} has {}", words(&cancelled)));
                cancelled.resume().await;
            }
        })
    }
    check("cancel/message_down_a_chain", |out| async move {
        let task = spawn(link(out.clone(), 1));
        sleep(ms(10)).await;
        task.cancel_with("enough");
        if let Err(error) = task.await {
            out.say(format!("joined: {}", words(error.cancelled().unwrap())));
        }
    });
}

#[test]
fn message_of_two_requests() {
    async fn worker(out: Out, name: &str, delay: u64) {
        if let Err(cancelled) = catch_cancel(sleep(ms(delay))).await {
            let (words, requests) = (words(&cancelled), task::cancel_requests());
            out.say(format!("{name} has {words} requests: {requests}"));
        }
    }
    check("cancel/message_of_two_requests", |out| async move {
        let waiting = spawn(worker(out.clone(), "waiting task", 10_000));
        let runnable = spawn(worker(out.clone(), "runnable task", 0));
        yield_now().await;
        for task in [&waiting, &runnable] {
            task.cancel_with("first");
            task.cancel_with("second");
        }
        waiting.await.unwrap();
        runnable.await.unwrap();
    });
}

#[test]
fn nested_finally() {
    fn level(out: Out, n: u32) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async move {
            let body = async {
                if n < 3 {
                    level(out.clone(), n + 1).await;
                } else {
                    sleep(ms(10_000)).await;
                }
                out.say("never printed");
            };
            let clean_up = async {
                out.say(format!("level {n} cleans up"));
                sleep(ms(10)).await;
                out.say(format!("level {n} is clean at {}", out.now()));
            };
            finally(body, clean_up).await;
        })
    }
    check("cancel/nested_finally", |out| async move {
        let task = spawn(level(out.clone(), 1)).shared();
        yield_now().await;
        task.cancel();
        assert!(task.clone().await.unwrap_err().is_cancelled());
        out.say(format!("joined, requests: {}", task.cancel_requests()));
    });
}

#[test]
fn of_a_done_task() {
    async fn returns() -> &'static str {
        "value"
    }
    async fn fails() -> Result<(), &'static str> {
        Err("own error")
    }
    check("cancel/of_a_done_task", |out| async move {
        let (good, bad) = (spawn(returns()), spawn(fails()));
        yield_now().await;
        out.say(format!(
            "cancel: {} {}",
            py(good.cancel()),
            py(bad.cancel())
        ));
        let requests = (good.cancel_requests(), bad.cancel_requests());
        out.say(format!("requests: {} {}", requests.0, requests.1));
        out.say(format!("joined: {}", good.await.unwrap()));
        if let Err(error) = bad.await.unwrap() {
            out.say(format!("joined: ValueError {error}"));
        }
    });
}

#[test]
fn order_of_delivery() {
    async fn worker(out: Out, name: &str) {
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            out.say(format!("{name} is cancelled"));
            cancelled.resume().await;
        }
    }
    check("cancel/order_of_delivery", |out| async move {
        let names = ["one", "two", "three"];
        let [one, two, three] = names.map(|name| spawn(worker(out.clone(), name)));
        yield_now().await;
        two.cancel();
        let callback = out.clone();
        Handle::current().call_soon(move || callback.say("callback"));
        three.cancel();
        one.cancel();
        out.say("all are asked");
        for (name, task) in names.into_iter().zip([one, two, three]) {
            assert!(task.await.unwrap_err().is_cancelled());
            out.say(format!("joined {name}"));
        }
        out.say(format!("end at {}", out.now()));
    });
}

#[test]
fn raised_again_to_the_outer_scope() {
    async fn worker(out: Out) -> &'static str {
        let inner = async {
            if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
                out.say("inner");
                let callback = out.clone();
                Handle::current().call_soon(move || callback.say("callback"));
                cancelled.resume().await;
            }
        };
        let middle = async {
            if let Err(cancelled) = catch_cancel(inner).await {
                out.say("middle");
                cancelled.resume().await;
            }
        };
        if catch_cancel(middle).await.is_err() {
            out.say("outer swallows");
        }
        "value"
    }
    check("cancel/raised_again_to_the_outer_scope", |out| async move {
        let task = spawn(worker(out.clone()));
        yield_now().await;
        task.cancel();
        out.say(format!("joined: {}", task.await.unwrap()));
    });
}

#[test]
fn retry_after_cancel() {
    async fn worker(out: Out, name: &str) {
        out.say(format!("{name} begins at {}", out.now()));
        let clean_up = async {
            sleep(ms(5)).await;
            out.say(format!("{name} is over at {}", out.now()));
        };
        finally(sleep(ms(10_000)), clean_up).await;
    }
    async fn supervisor(out: Out) {
        for name in ["first", "second", "third"] {
            let task = spawn(worker(out.clone(), name));
            sleep(ms(10)).await;
            task.cancel();
            if task.await.is_err() {
                let requests = task::cancel_requests();
                out.say(format!("supervisor joined, requests on itself: {requests}"));
            }
        }
    }
    check("cancel/retry_after_cancel", |out| async move {
        spawn(supervisor(out.clone())).await.unwrap();
        out.say(format!("end at {}", out.now()));
    });
}

#[test]
fn runnable_task() {
    async fn worker(out: Out) {
        let body = async {
            for n in 0..10 {
                out.say(format!("step {n}"));
                yield_now().await;
            }
        };
        if let Err(cancelled) = catch_cancel(body).await {
            out.say("CancelledError instead of a step");
            cancelled.resume().await;
        }
    }
    check("cancel/runnable_task", |out| async move {
        let task = spawn(worker(out.clone())).shared();
        yield_now().await;
        yield_now().await;
        out.say(format!("cancel: {}", py(task.cancel())));
        yield_now().await;
        let cancelled = was_cancelled(&task);
        out.say(format!("one turn later, cancelled: {cancelled}"));
    });
}

#[test]
fn self_cancel() {
    async fn nothing() {}
    async fn worker(out: Out) {
        let event = Event::new();
        event.set();
        let cancel = py(cancel_current());
        let requests = task::cancel_requests();
        out.say(format!("cancel: {cancel} requests: {requests}"));
        nothing().await;
        out.say("past a coroutine");
        event.wait().await;
        out.say("past a set event");
        if let Err(cancelled) = catch_cancel(yield_now()).await {
            out.say("CancelledError at the yield");
            cancelled.resume().await;
        }
        out.say("never printed");
    }
    check("cancel/self_cancel", |out| async move {
        let task = spawn(worker(out.clone()));
        out.say(format!("joined, cancelled: {}", ends_cancelled(task).await));
    });
}

#[test]
fn self_cancel_then_fail() {
    // A panic: an `Err` is an output, and would be discarded as any other.
    async fn worker() {
        cancel_current();
        panic!("own error");
    }
    check("cancel/self_cancel_then_fail", |out| async move {
        let error = spawn(worker()).await.unwrap_err();
        if let Some(words) = error.panic_message() {
            out.say(format!("joined: ValueError {words}"));
        }
        out.say(format!("cancelled: {}", py(error.is_cancelled())));
    });
}

#[test]
fn self_cancel_then_return() {
    async fn worker(out: Out) -> &'static str {
        cancel_current();
        out.say("returns");
        "value"
    }
    check("cancel/self_cancel_then_return", |out| async move {
        let task = spawn(worker(out.clone())).shared();
        let joined = task.clone().await;
        match &joined {
            Ok(value) => out.say(format!("joined: {value}")),
            Err(_) => out.say("joined: CancelledError"),
        }
        let (cancelled, requests) = (py(joined.is_err()), task.cancel_requests());
        out.say(format!("cancelled: {cancelled} requests: {requests}"));
    });
}

#[test]
fn swallowed() {
    async fn stubborn(out: Out) -> &'static str {
        if catch_cancel(sleep(ms(10_000))).await.is_err() {
            out.say("refuses");
        }
        yield_now().await;
        sleep(ms(10)).await;
        out.say(format!("goes on at {}", out.now()));
        "value"
    }
    check("cancel/swallowed", |out| async move {
        let task = spawn(stubborn(out.clone())).shared();
        yield_now().await;
        out.say(format!("cancel: {}", py(task.cancel())));
        let joined = task.clone().await;
        let (cancelled, requests) = (py(joined.is_err()), task.cancel_requests());
        out.say(format!("joined: {}", joined.unwrap()));
        out.say(format!("cancelled: {cancelled} requests: {requests}"));
    });
}

#[test]
fn through_wait() {
    async fn member(out: Out, name: &str, delay: u64) {
        sleep(ms(delay)).await;
        out.say(format!("{name} ends at {}", out.now()));
    }
    async fn waiter(out: Out, tasks: [SharedHandle<()>; 2]) {
        let members = tasks.clone().map(|task| spawn(shield(task)));
        if let Err(cancelled) = catch_cancel(wait(members.into(), WaitMode::All)).await {
            let [one, two] = tasks.map(|task| py(task.is_finished()));
            out.say(format!("waiter is cancelled, members done: {one} {two}"));
            cancelled.resume().await;
        }
    }
    check("cancel/through_wait", |out| async move {
        let tasks = [("one", 10), ("two", 30)]
            .map(|(name, delay)| spawn(member(out.clone(), name, delay)).shared());
        let waits = spawn(waiter(out.clone(), tasks.clone()));
        sleep(ms(20)).await;
        waits.cancel();
        for task in tasks {
            task.await.unwrap();
        }
        out.say(format!("cancelled: {}", ends_cancelled(waits).await));
    });
}

#[test]
fn twice_before_delivery() {
    async fn worker(out: Out) {
        if catch_cancel(sleep(ms(10_000))).await.is_err() {
            out.say(format!("one error, requests: {}", task::cancel_requests()));
        }
        yield_now().await;
        sleep(ms(10)).await;
        out.say("no second error");
    }
    check("cancel/twice_before_delivery", |out| async move {
        let task = spawn(worker(out.clone()));
        yield_now().await;
        let (first, second) = (py(task.cancel()), py(task.cancel()));
        let requests = task.cancel_requests();
        out.say(format!("cancel: {first} {second} requests: {requests}"));
        task.await.unwrap();
        out.say("end");
    });
}

#[test]
fn uncancel() {
    async fn worker(out: Out) -> &'static str {
        if catch_cancel(sleep(ms(10_000))).await.is_err() {
            out.say(format!("requests: {}", task::cancel_requests()));
            let left = [task::uncancel(), task::uncancel(), task::uncancel()];
            out.say(format!("uncancel: {} {} {}", left[0], left[1], left[2]));
        }
        yield_now().await;
        out.say(format!("goes on, requests: {}", task::cancel_requests()));
        "value"
    }
    check("cancel/uncancel", |out| async move {
        let task = spawn(worker(out.clone())).shared();
        yield_now().await;
        task.cancel();
        task.cancel();
        let value = task.clone().await.unwrap();
        let requests = task.cancel_requests();
        out.say(format!("joined: {value} requests: {requests}"));
    });
}

#[test]
fn uncancel_before_delivery() {
    async fn worker(out: Out) -> &'static str {
        cancel_current();
        out.say(format!("uncancel: {}", task::uncancel()));
        yield_now().await;
        out.say("no error at the yield");
        cancel_current();
        cancel_current();
        out.say(format!("uncancel: {}", task::uncancel()));
        if catch_cancel(yield_now()).await.is_err() {
            let requests = task::cancel_requests();
            out.say(format!(
                "one of two taken back: the error comes, requests: {requests}"
            ));
        }
        "value"
    }
    check("cancel/uncancel_before_delivery", |out| async move {
        let task = spawn(worker(out.clone()));
        out.say(format!("joined: {}", task.await.unwrap()));
    });
}

#[test]
fn value_returned_in_the_clean_up() {
    async fn worker() -> &'static str {
        if catch_cancel(sleep(ms(10_000))).await.is_err() {
            sleep(ms(10)).await;
            return "partial result";
        }
        "full result"
    }
    check("cancel/value_returned_in_the_clean_up", |out| async move {
        for delay in [5, 11_000] {
            let task = spawn(worker());
            sleep(ms(delay)).await;
            out.say(format!("cancel: {}", py(task.cancel())));
            let joined = task.await;
            let cancelled = py(joined.is_err());
            out.say(format!(
                "joined: {} cancelled: {cancelled}",
                joined.unwrap()
            ));
        }
    });
}

#[test]
fn cancelled_then_set() {
    async fn worker(out: Out, future: Rc<Promise<&str>>) {
        let clean_up = async {
            let cancelled = py(future.is_cancelled());
            out.say(format!("worker ends, future cancelled: {cancelled}"));
        };
        let _ = finally(future.wait(), clean_up).await;
    }
    check("cancel/cancelled_then_set", |out| async move {
        let future = Rc::new(Promise::new());
        let task = spawn(worker(out.clone(), Rc::clone(&future)));
        yield_now().await;
        task.cancel();
        out.say(format!("future done at once: {}", py(future.is_done())));
        if future.set("too late").is_err() {
            out.say("refused");
        }
        out.say(format!("joined, cancelled: {}", ends_cancelled(task).await));
    });
}

#[test]
fn done_callback() {
    async fn worker(out: Out) {
        let clean_up = async {
            out.say("cleans up");
            yield_now().await;
            out.say("last step");
        };
        finally(sleep(ms(10_000)), clean_up).await;
    }
    check("cancel/done_callback", |out| async move {
        let task = spawn(worker(out.clone()));
        let callback = out.clone();
        task.on_done(move || callback.say("callback, cancelled: True"));
        yield_now().await;
        task.cancel();
        for n in 0..4 {
            out.say(format!("turn {n} done: {}", py(task.is_finished())));
            yield_now().await;
        }
        assert_eq!(ends_cancelled(task).await, "True");
    });
}

#[test]
fn inside_a_shield() {
    async fn inner() {
        sleep(ms(10_000)).await;
    }
    check("cancel/inside_a_shield", |out| async move {
        let task = spawn(inner()).shared();
        let shielded = shield(task.clone());
        let victim = task.clone();
        Handle::current().call_later(ms(10), move || _ = victim.cancel());
        if shielded.await.is_err() {
            let requests = task::cancel_requests();
            out.say(format!("CancelledError, requests: {requests}"));
        }
        out.say(format!("inner cancelled: {}", was_cancelled(&task)));
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn second_request_after_shield() {
    async fn inner(out: Out) {
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            out.say("inner is cancelled");
            cancelled.resume().await;
        }
    }
    async fn parent(out: Out, task: SharedHandle<()>) {
        if catch_cancel(shield(task.clone())).await.is_err() {
            out.say("first request");
            if let Err(cancelled) = catch_cancel(task).await {
                let requests = task::cancel_requests();
                out.say(format!("second request, requests: {requests}"));
                cancelled.resume().await;
            }
        }
    }
    check("cancel/second_request_after_shield", |out| async move {
        let task = spawn(inner(out.clone())).shared();
        let waits = spawn(parent(out.clone(), task.clone()));
        yield_now().await;
        waits.cancel();
        yield_now().await;
        out.say(format!("inner done: {}", py(task.is_finished())));
        waits.cancel();
        assert!(waits.await.unwrap_err().is_cancelled());
        out.say(format!("joined, inner cancelled: {}", was_cancelled(&task)));
    });
}

#[test]
fn self_cancel_then_wait() {
    async fn worker(out: Out, future: Rc<Promise<()>>) -> &'static str {
        cancel_current();
        let before = out.turns();
        let (callback, seen) = (out.clone(), Rc::clone(&future));
        Handle::current().call_soon(move || {
            let cancelled = py(seen.is_cancelled());
            callback.say(format!("future cancelled: {cancelled}"));
        });
        if catch_cancel(future.wait()).await.is_err() {
            let turns = out.turns() - before;
            out.say(format!("CancelledError after {turns} turn"));
        }
        yield_now().await;
        "value"
    }
    check("cancel/self_cancel_then_wait", |out| async move {
        let future = Rc::new(Promise::new());
        let task = spawn(worker(out.clone(), future));
        out.say(format!("joined: {}", task.await.unwrap()));
    });
}

#[test]
fn set_then_cancelled() {
    async fn worker(out: Out, future: Rc<Promise<&str>>) {
        match catch_cancel(future.wait()).await {
            Ok(value) => out.say(format!("has {}", value.unwrap())),
            Err(cancelled) => {
                let gone = py(future.is_cancelled());
                out.say(format!("CancelledError, future cancelled: {gone}"));
                let value = future.wait().await.unwrap();
                out.say(format!("value in the future: {value}"));
                cancelled.resume().await;
            }
        }
    }
    check("cancel/set_then_cancelled", |out| async move {
        let future = Rc::new(Promise::new());
        let task = spawn(worker(out.clone(), Rc::clone(&future)));
        yield_now().await;
        future.set("value").unwrap();
        out.say(format!("cancel: {}", py(task.cancel())));
        out.say(format!("joined, cancelled: {}", ends_cancelled(task).await));
        out.say(format!("still there: {}", future.get().unwrap()));
    });
}

#[test]
fn through_shield() {
    async fn inner(out: Out) -> &'static str {
        sleep(ms(10)).await;
        out.say(format!("inner ends at {}", out.now()));
        "value"
    }
    async fn parent(out: Out, task: SharedHandle<&'static str>) {
        if let Err(cancelled) = catch_cancel(shield(task.clone())).await {
            let done = py(task.is_finished());
            out.say(format!("parent is cancelled, inner done: {done}"));
            out.say(format!("parent waits for it: {}", task.await.unwrap()));
            cancelled.resume().await;
        }
    }
    check("cancel/through_shield", |out| async move {
        let task = spawn(inner(out.clone())).shared();
        let waits = spawn(parent(out.clone(), task.clone()));
        sleep(ms(5)).await;
        waits.cancel();
        let (waits, inner) = (ends_cancelled(waits).await, was_cancelled(&task));
        out.say(format!(
            "joined, cancelled: {waits} inner cancelled: {inner}"
        ));
    });
}

#[test]
fn two_joiners() {
    async fn child(out: Out) {
        let clean_up = async {
            out.say("child ends");
        };
        finally(sleep(ms(10_000)), clean_up).await;
    }
    async fn joiner(out: Out, name: &str, task: SharedHandle<()>) {
        // The one is told of the cancel by the handle; the other is asked to cancel itself.
        let has_error = match catch_cancel(task).await {
            Ok(joined) => joined.is_err_and(|error| error.is_cancelled()),
            Err(_) => true,
        };
        if has_error {
            let requests = task::cancel_requests();
            out.say(format!("{name} has CancelledError, requests: {requests}"));
        }
    }
    check("cancel/two_joiners", |out| async move {
        let task = spawn(child(out.clone())).shared();
        let one = spawn(joiner(out.clone(), "one", task.clone()));
        let two = spawn(joiner(out.clone(), "two", task.clone()));
        yield_now().await;
        two.cancel();
        one.await.unwrap();
        two.await.unwrap();
        out.say(format!("child cancelled: {}", was_cancelled(&task)));
    });
}

#[test]
fn waiters_of_primitives() {
    async fn waits(out: Out, name: String, future: impl Future) {
        match catch_cancel(future).await {
            Ok(_) => out.say(format!("{name} passes")),
            Err(cancelled) => {
                out.say(format!("{name} is cancelled"));
                cancelled.resume().await;
            }
        }
    }
    check("cancel/waiters_of_primitives", |out| async move {
        let lock = Rc::new(Lock::new(()));
        let queue = Rc::new(Queue::unbounded());
        let event = Rc::new(Event::new());
        lock.acquire().await;
        let (mut gone, mut kept) = (Vec::new(), Vec::new());
        for name in ["lock", "queue", "event"] {
            for (nth, tasks) in [("first", &mut gone), ("second", &mut kept)] {
                let (lock, queue, event) = (lock.clone(), queue.clone(), event.clone());
                let wait = async move {
                    match name {
                        "lock" => lock.acquire().await,
                        "queue" => drop(queue.get().await),
                        _ => event.wait().await,
                    }
                };
                tasks.push(spawn(waits(
                    out.clone(),
                    format!("{nth} of the {name}"),
                    wait,
                )));
            }
        }
        yield_now().await;
        for task in &gone {
            task.cancel();
        }
        yield_now().await;
        lock.release();
        queue.try_put("item").unwrap();
        event.set();
        for task in kept {
            task.await.unwrap();
        }
        let mut ended = Vec::new();
        for task in gone {
            ended.push(ends_cancelled(task).await);
        }
        out.say(format!("cancelled: {}", ended.join(" ")));
    });
}

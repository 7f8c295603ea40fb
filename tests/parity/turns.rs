//! What each call costs in turns.

use super::harness::{Out, check, ms, py};
use roundelay::sync::{Barrier, Event, Lock, Promise, Queue, Semaphore};
use roundelay::{
    Handle, JoinHandle, WaitMode, as_completed, catch_cancel, gather, gather_handles, shield,
    sleep, spawn, task_group, timeout, wait, wait_for, yield_now,
};
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

async fn nothing() {}

async fn yields(k: u32) {
    for _ in 0..k {
        yield_now().await;
    }
}

/// `call_soon` with something shared.
fn soon<T: 'static>(shared: &Rc<T>, call: impl FnOnce(&T) + 'static) {
    let shared = Rc::clone(shared);
    Handle::current().call_soon(move || call(&shared));
}

#[test]
fn as_completed_tasks() {
    check("turns/as_completed", |out| async move {
        let mut tasks = as_completed([0, 0, 0].map(yields));
        for _ in 0..3 {
            out.say(format!("together: {}", out.count_turns(tasks.next()).await));
        }
        let mut tasks = as_completed([4, 0, 2].map(yields));
        for _ in 0..3 {
            out.say(format!("apart: {}", out.count_turns(tasks.next()).await));
        }
    });
}

#[test]
fn barrier() {
    async fn party(out: Out, barrier: Rc<Barrier>, name: &str) {
        let before = out.turns();
        let position = barrier.wait().await.unwrap();
        let turns = out.turns() - before;
        out.say(format!("{name} passes as {position} after {turns}"));
    }
    check("turns/barrier", |out| async move {
        let barrier = Rc::new(Barrier::new(3));
        let one = spawn(party(out.clone(), barrier.clone(), "one"));
        yield_now().await;
        let two = spawn(party(out.clone(), barrier.clone(), "two"));
        yield_now().await;
        party(out, barrier, "last").await;
        one.await.unwrap();
        two.await.unwrap();
    });
}

#[test]
fn cancel_delivery() {
    type Awaitable = Pin<Box<dyn Future<Output = ()>>>;
    async fn measured(out: Out, name: &str, awaitable: Awaitable, start: Rc<Cell<u64>>) {
        if let Err(cancelled) = catch_cancel(awaitable).await {
            out.say(format!("{name} {}", out.turns() - start.get()));
            cancelled.resume().await;
        }
    }
    async fn leaf() {
        sleep(ms(10_000)).await;
    }
    async fn runnable() {
        loop {
            yield_now().await;
        }
    }
    async fn joins() {
        spawn(leaf()).await.unwrap();
    }
    async fn gathers() {
        gather([leaf(), leaf()]).await.unwrap();
    }
    check("turns/cancel_delivery", |out| async move {
        let awaitables: [(&str, Awaitable); 4] = [
            ("leaf", Box::pin(leaf())),
            ("runnable", Box::pin(runnable())),
            ("joins", Box::pin(joins())),
            ("gathers", Box::pin(gathers())),
        ];
        for (name, awaitable) in awaitables {
            let start = Rc::new(Cell::new(0));
            let task = spawn(measured(out.clone(), name, awaitable, Rc::clone(&start)));
            yields(3).await;
            start.set(out.turns());
            task.cancel();
            wait(vec![task], WaitMode::All).await;
        }
    });
}

#[test]
fn future_by_callback() {
    check("turns/future_by_callback", |out| async move {
        let future = Rc::new(Promise::new());
        soon(&future, |future| future.set(()).unwrap());
        let turns = out.count_turns(future.wait()).await;
        out.say(format!("completed by a callback: {turns}"));
        let future = Rc::new(Promise::<()>::new());
        soon(&future, |future| _ = future.cancel());
        let turns = out.count_turns(future.wait()).await;
        out.say(format!("cancelled by a callback: {turns}"));
        let future = Rc::new(Promise::new());
        let sets = future.clone();
        Handle::current().call_later(ms(10), move || sets.set(()).unwrap());
        let turns = out.count_turns(future.wait()).await;
        out.say(format!("completed by a timer: {turns}"));
        let future = Rc::new(Promise::new());
        let sets = future.clone();
        soon(&future, move |_| {
            soon(&sets, |future| future.set(()).unwrap())
        });
        let turns = out.count_turns(future.wait()).await;
        out.say(format!("completed by a callback of a callback: {turns}"));
    });
}

#[test]
fn gather_fresh() {
    check("turns/gather", |out| async move {
        for k in [1, 2, 5] {
            let together = gather((0..k).map(|_| nothing()));
            let turns = out.count_turns(together).await;
            out.say(format!("of {k} costs {turns}"));
        }
        let together = gather((nothing(), yields(1)));
        let turns = out.count_turns(together).await;
        out.say(format!("one of them yields: {turns}"));
    });
}

#[test]
fn gather_done() {
    async fn ended() -> JoinHandle<()> {
        let task = spawn(nothing());
        yield_now().await;
        assert!(task.is_finished());
        task
    }
    check("turns/gather_done", |out| async move {
        let turns = out.count_turns(gather_handles([ended().await])).await;
        out.say(format!("one: {turns}"));
        let together = gather_handles([ended().await, ended().await]);
        out.say(format!("two: {}", out.count_turns(together).await));
        let members = [ended().await, ended().await];
        let [one, two] = members;
        let together = gather_handles([one, spawn(nothing()), two]);
        let turns = out.count_turns(together).await;
        out.say(format!("with a fresh one: {turns}"));
    });
}

#[test]
fn gather_of_nothing() {
    check("turns/gather_of_nothing", |out| async move {
        let together = gather_handles(Vec::<JoinHandle<()>>::new());
        let done = py(together.is_finished());
        out.say(format!("done at the call: {done}"));
        out.say(format!("costs {}", out.count_turns(together).await));
    });
}

#[test]
fn join() {
    check("turns/join", |out| async move {
        for k in 0..4 {
            let task = spawn(yields(k));
            out.say(format!("{k} yields: {}", out.count_turns(task).await));
        }
        let task = spawn(yields(0));
        yield_now().await;
        let turns = out.count_turns(task).await;
        out.say(format!("one that has just ended: {turns}"));
    });
}

#[test]
fn join_chain() {
    fn link(depth: u32) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async move {
            if depth > 0 {
                spawn(link(depth - 1)).await.unwrap();
            }
        })
    }
    check("turns/join_chain", |out| async move {
        for depth in 0..4 {
            let task = spawn(link(depth));
            let turns = out.count_turns(task).await;
            out.say(format!("chain of {} costs {turns}", depth + 1));
        }
    });
}

#[test]
fn no_turn() {
    check("turns/no_turn", |out| async move {
        let future = Promise::new();
        future.set(()).unwrap();
        let task = spawn(nothing()).shared();
        task.clone().await.unwrap();
        let queue = Queue::unbounded();
        queue.try_put(1).unwrap();
        let event = Event::new();
        event.set();
        let (lock, semaphore) = (Lock::new(()), Semaphore::new(1));
        let say = |what: &str, turns| out.say(format!("{what}: {turns}"));
        say("plain coroutine", out.count_turns(nothing()).await);
        say("done future", out.count_turns(future.wait()).await);
        say("done task", out.count_turns(task.clone()).await);
        say("free lock", out.count_turns(lock.acquire()).await);
        say("free semaphore", out.count_turns(semaphore.acquire()).await);
        say("get with an item", out.count_turns(queue.get()).await);
        say("put with room", out.count_turns(queue.put(2)).await);
        say("set event", out.count_turns(event.wait()).await);
        let shielded = shield(task);
        say("shield of a done task", out.count_turns(shielded).await);
    });
}

#[test]
fn primitives_released() {
    check("turns/primitives_released", |out| async move {
        let say = |what: &str, turns| out.say(format!("{what}: {turns}"));
        let lock = Rc::new(Lock::new(()));
        lock.acquire().await;
        soon(&lock, |lock| lock.release());
        say("lock", out.count_turns(lock.acquire()).await);
        let semaphore = Rc::new(Semaphore::new(1));
        semaphore.acquire().await.forget();
        soon(&semaphore, Semaphore::release);
        say("semaphore", out.count_turns(semaphore.acquire()).await);
        let queue = Rc::new(Queue::bounded(1));
        soon(&queue, |queue| queue.try_put(1).unwrap());
        say("empty queue", out.count_turns(queue.get()).await);
        queue.try_put(2).unwrap();
        soon(&queue, |queue| _ = queue.try_get());
        say("full queue", out.count_turns(queue.put(3)).await);
        for _ in 0..3 {
            soon(&queue, Queue::task_done);
        }
        say("join of a queue", out.count_turns(queue.join()).await);
        let event = Rc::new(Event::new());
        soon(&event, Event::set);
        say("event", out.count_turns(event.wait()).await);
    });
}

#[test]
fn shield_of_a_fresh_task() {
    check("turns/shield", |out| async move {
        for k in 0..3 {
            let shielded = shield(spawn(yields(k)));
            out.say(format!("{k} yields: {}", out.count_turns(shielded).await));
        }
    });
}

#[test]
fn sleeps() {
    check("turns/sleep", |out| async move {
        out.say(format!("zero: {}", out.count_turns(sleep(ms(0))).await));
        // A time is never negative here.
        out.say(format!("negative: {}", out.count_turns(sleep(ms(0))).await));
        let turns = out.count_turns(sleep(ms(1))).await;
        out.say(format!("one millisecond: {turns}"));
        let two = out.count_turns(sleep(ms(0))).await + out.count_turns(sleep(ms(0))).await;
        out.say(format!("two zeros: {two}"));
        let turns = out.count_turns(sleep(ms(3_600_000))).await;
        out.say(format!("an hour: {turns}"));
    });
}

#[test]
fn task_groups() {
    async fn member(k: u32) -> Result<(), ()> {
        yields(k).await;
        Ok(())
    }
    async fn group(members: &[u32]) {
        let group = task_group(async |tg| {
            for &k in members {
                tg.spawn(member(k));
            }
            Ok(())
        });
        group.await.unwrap();
    }
    async fn group_after_yield() {
        let group = task_group(async |tg| {
            tg.spawn(member(0));
            yield_now().await;
            yield_now().await;
            Ok(())
        });
        group.await.unwrap();
    }
    check("turns/task_group", |out| async move {
        let say = |what: &str, turns| out.say(format!("{what}: {turns}"));
        say("empty", out.count_turns(group(&[])).await);
        say("one member", out.count_turns(group(&[0])).await);
        say("three members", out.count_turns(group(&[0, 0, 0])).await);
        say(
            "one that yields twice",
            out.count_turns(group(&[0, 2])).await,
        );
        let turns = out.count_turns(group_after_yield()).await;
        say("members that ended inside", turns);
    });
}

#[test]
fn timeout_zero() {
    async fn within(limit: u64, awaitable: impl Future) {
        let _ = timeout(ms(limit), awaitable).await;
    }
    check("turns/timeout_zero", |out| async move {
        let say = |what: &str, turns| out.say(format!("around {what}: {turns}"));
        let future = Promise::<()>::new();
        say("nothing", out.count_turns(within(0, nothing())).await);
        say("a yield", out.count_turns(within(0, yield_now())).await);
        let turns = out.count_turns(within(0, future.wait())).await;
        say("a pending future", turns);
        let turns = out.count_turns(within(10, sleep(ms(10_000)))).await;
        say("a sleep, of 10 ms", turns);
    });
}

#[test]
fn wait_for_members() {
    fn fresh() -> Vec<JoinHandle<()>> {
        (0..3).map(|_| spawn(nothing())).collect()
    }
    check("turns/wait", |out| async move {
        let modes = [
            (WaitMode::FirstCompleted, "FIRST_COMPLETED"),
            (WaitMode::FirstError, "FIRST_EXCEPTION"),
            (WaitMode::All, "ALL_COMPLETED"),
        ];
        for (mode, name) in modes {
            let before = out.turns();
            let (done, _) = wait(fresh(), mode).await;
            let turns = out.turns() - before;
            out.say(format!("{name} of fresh tasks: {turns}"));
            let turns = out.count_turns(wait(done, mode)).await;
            out.say(format!("{name} of done tasks: {turns}"));
        }
        let mut tasks = vec![spawn(nothing())];
        yields(2).await;
        tasks.extend(fresh());
        let turns = out.count_turns(wait(tasks, WaitMode::FirstCompleted)).await;
        out.say(format!("the first of them done: {turns}"));
    });
}

#[test]
fn wait_for_in_time() {
    check("turns/wait_for", |out| async move {
        let say = |what: &str, turns| out.say(format!("{what}: {turns}"));
        let done = spawn(yields(0));
        yields(2).await;
        let limit = ms(5000);
        say("coroutine, no limit", out.count_turns(yields(0)).await);
        let within = timeout(limit, yields(0));
        say("coroutine", out.count_turns(within).await);
        let within = timeout(limit, yields(2));
        say("coroutine with two yields", out.count_turns(within).await);
        let within = wait_for(limit, spawn(yields(0)));
        say("fresh task", out.count_turns(within).await);
        let within = wait_for(limit, done);
        say("done task", out.count_turns(within).await);
    });
}

#[test]
fn wait_for_expires() {
    async fn stubborn() {
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            yields(2).await;
            cancelled.resume().await;
        }
    }
    check("turns/wait_for_expires", |out| async move {
        let within = timeout(ms(10), sleep(ms(10_000)));
        out.say(format!("sleep: {}", out.count_turns(within).await));
        let turns = out.count_turns(timeout(ms(10), stubborn())).await;
        out.say(format!("clean-up of two yields: {turns}"));
        let task = spawn(sleep(ms(10_000)));
        let turns = out.count_turns(wait_for(ms(10), task)).await;
        out.say(format!("fresh task: {turns}"));
    });
}

#[test]
fn wait_for_zero() {
    async fn nothing(out: Out) {
        out.say("never printed");
    }
    async fn returns() -> u32 {
        1
    }
    check("turns/wait_for_zero", |out| async move {
        let done = spawn(returns());
        yields(2).await;
        for what in ["coroutine", "fresh task"] {
            let within = wait_for(Duration::ZERO, spawn(nothing(out.clone())));
            out.say(format!("{what}: {}", out.count_turns(within).await));
        }
        let turns = out.count_turns(wait_for(Duration::ZERO, done)).await;
        out.say(format!("done task: {turns}"));
    });
}

#[test]
fn wait_time_limit() {
    check("turns/wait_time_limit", |out| async move {
        let mut tasks = vec![spawn(sleep(ms(10_000)))];
        yield_now().await;
        for (name, limit) in [("limit", 10), ("limit of zero", 0)] {
            let before = out.turns();
            (_, tasks) = wait(tasks, WaitMode::All).timeout(ms(limit)).await;
            out.say(format!("{name}: {}", out.turns() - before));
        }
        let (now, done) = (out.now(), py(tasks[0].is_finished()));
        out.say(format!("at {now} task done: {done}"));
    });
}

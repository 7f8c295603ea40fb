//! Turns in which nothing is seen: which of them there are.

use super::harness::{check, ms, py};
use roundelay::sync::Event;
use roundelay::{WaitMode, shield, sleep, spawn, try_gather, wait, yield_now};
use std::cell::RefCell;
use std::rc::Rc;

#[test]
fn cancelled_timers() {
    check("quiet_turns/cancelled_timers", |out| async move {
        let naps = [457, 458, 460].map(|n| spawn(sleep(ms(n))));
        yield_now().await;
        let [first, second, third] = naps;
        first.cancel();
        second.cancel();
        out.say(format!("the third nap: {}", out.count_turns(third).await));
    });
}

#[test]
fn dropped_outcome() {
    check("quiet_turns/dropped_outcome", |out| async move {
        let task = spawn(sleep(ms(10_000)));
        task.cancel();
        yield_now().await;
        yield_now().await;
        out.say(format!("cancelled: {}", py(task.is_finished())));
        drop(task);
        out.say(format!("a nap: {}", out.count_turns(sleep(ms(1))).await));
    });
}

#[test]
fn late_members() {
    async fn member(fails: bool) -> Result<(), ()> {
        if fails {
            return Err(());
        }
        sleep(ms(10)).await;
        Ok(())
    }
    check("quiet_turns/late_members", |out| async move {
        if try_gather([member(true), member(false)]).await.is_err() {
            out.say("failed");
        }
        let turns = out.count_turns(sleep(ms(100))).await;
        out.say(format!("with a late member: {turns}"));
        let alone = spawn(member(false));
        let turns = out.count_turns(sleep(ms(100))).await;
        out.say(format!("with a task: {turns}"));
        alone.await.unwrap().unwrap();
    });
}

#[test]
fn wait_forgets() {
    check("quiet_turns/wait_forgets", |out| async move {
        let tasks = vec![spawn(sleep(ms(50)))];
        let (_, pending) = wait(tasks, WaitMode::All).timeout(ms(10)).await;
        out.say(format!("pending: {}", pending.len()));
        let turns = out.count_turns(sleep(ms(100))).await;
        out.say(format!("after a time limit: {turns}"));

        let tasks = vec![spawn(sleep(ms(50)))];
        let waiter = spawn(wait(tasks, WaitMode::All));
        yield_now().await;
        waiter.cancel();
        let turns = out.count_turns(sleep(ms(100))).await;
        out.say(format!("after a cancel: {turns}"));
    });
}

#[test]
fn wait_cancelled_at_the_end() {
    check("quiet_turns/wait_cancelled_at_the_end", |out| async move {
        let waiter = Rc::new(RefCell::new(None));
        let ends = {
            let waiter = Rc::clone(&waiter);
            async move {
                sleep(ms(10)).await;
                waiter.borrow().as_ref().map(roundelay::JoinHandle::cancel);
            }
        };
        let task = spawn(ends);
        waiter.replace(Some(spawn(wait(vec![task], WaitMode::All))));
        out.say(format!("a nap: {}", out.count_turns(sleep(ms(100))).await));
        let waiter = waiter.take().unwrap();
        out.say(format!("cancelled: {}", py(waiter.is_finished())));
    });
}

#[test]
fn shield_cancelled_first() {
    check("quiet_turns/shield_cancelled_first", |out| async move {
        let event = Rc::new(Event::new());
        let task = {
            let event = Rc::clone(&event);
            spawn(async move { event.wait().await })
        };
        let owner = spawn(async move { shield(task).await.unwrap() });
        yield_now().await;
        event.set();
        owner.cancel();
        out.say(format!("a nap: {}", out.count_turns(sleep(ms(100))).await));
        out.say(format!("cancelled: {}", py(owner.is_finished())));
    });
}

#[test]
fn wait_first_error() {
    check("quiet_turns/wait_first_error", |out| async move {
        let tasks = [10, 150].map(|n| spawn(sleep(ms(n))));
        let waiter = spawn(wait(tasks.into(), WaitMode::FirstError));
        out.say(format!("a nap: {}", out.count_turns(sleep(ms(100))).await));
        let (done, pending) = waiter.await.unwrap();
        let (done, pending) = (done.len(), pending.len());
        out.say(format!("done: {done} pending: {pending}"));
    });
}

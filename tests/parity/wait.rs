//! `wait`: its modes, its time limit, and that it leaves the members alone.

use super::harness::{Out, check, each, end_of, how_cancelled, join, ms, names, spawn_named};
use roundelay::task::{SharedHandle, wait_first_error};
use roundelay::{
    Handle, JoinHandle, WaitMode, catch_cancel, gather, sleep, spawn, wait, yield_now,
};

type Fallible = Result<(), &'static str>;

#[test]
fn all_completed() {
    async fn job(out: Out, name: &str, delay: u64) -> Fallible {
        sleep(ms(delay)).await;
        out.say(format!("{name} ends"));
        Ok(())
    }
    async fn bad(out: Out) -> Fallible {
        sleep(ms(20)).await;
        out.say("bad raises");
        Err("bad")
    }
    check("wait/all_completed", |out| async move {
        let tasks = vec![
            spawn_named("a", job(out.clone(), "a", 30)),
            spawn_named("bad", bad(out.clone())),
            spawn_named("c", job(out.clone(), "c", 10)),
        ];
        let (mut done, pending) = wait(tasks, WaitMode::All).await;
        out.say(format!("done{}", names(&done)));
        out.say(format!("pending {}", pending.len()));
        if let Ok(Err(_)) = done.swap_remove(1).await {
            out.say("error of bad: ValueError");
        }
    });
}

#[test]
fn first_completed() {
    async fn job(out: Out, name: &str, delay: u64) {
        sleep(ms(delay)).await;
        out.say(format!("{name} ends"));
    }
    check("wait/first_completed", |out| async move {
        let jobs = [("a", 30), ("b", 10), ("c", 20)];
        let tasks = jobs.map(|(name, delay)| spawn_named(name, job(out.clone(), name, delay)));
        let mut tasks: Vec<_> = tasks.into();
        while !tasks.is_empty() {
            let (done, pending) = wait(tasks, WaitMode::FirstCompleted).await;
            tasks = pending;
            out.say(format!("done{}", names(&done)));
            out.say(format!("pending{}", names(&tasks)));
        }
    });
}

#[test]
fn first_completed_takes_all_that_ended() {
    async fn job(out: Out, name: &str, turns: u32) {
        for _ in 0..turns {
            yield_now().await;
        }
        out.say(format!("{name} ends"));
    }
    let name = "wait/first_completed_takes_all_that_ended";
    check(name, |out| async move {
        let jobs = [("a", 0), ("b", 0), ("c", 1), ("d", 2), ("e", 9)];
        let tasks = jobs.map(|(name, turns)| spawn_named(name, job(out.clone(), name, turns)));
        let (done, pending) = wait(tasks.into(), WaitMode::FirstCompleted).await;
        out.say(format!("done{}", names(&done)));
        out.say(format!("pending{}", names(&pending)));
        wait(pending, WaitMode::All).await;
    });
}

#[test]
fn error_and_first_completed() {
    async fn job(delay: u64) -> Fallible {
        sleep(ms(delay)).await;
        Ok(())
    }
    async fn bad(delay: u64) -> Fallible {
        sleep(ms(delay)).await;
        Err("bad")
    }
    async fn say_ends(out: &Out, done: Vec<JoinHandle<Fallible>>) {
        for task in done {
            let name = task.name();
            out.say(match task.await.unwrap() {
                Err(_) => format!("{name} failed"),
                Ok(()) => format!("{name} ended well"),
            });
        }
    }
    check("wait/error_and_first_completed", |out| async move {
        let tasks = vec![spawn_named("good", job(20)), spawn_named("bad", bad(10))];
        let (done, pending) = wait(tasks, WaitMode::FirstCompleted).await;
        say_ends(&out, done).await;
        let (done, _) = wait(pending, WaitMode::All).await;
        say_ends(&out, done).await;
    });
}

#[test]
fn first_exception() {
    async fn job(out: Out, name: &'static str, delay: u64, fails: bool) -> Fallible {
        sleep(ms(delay)).await;
        out.say(format!("{name} ends"));
        if fails { Err(name) } else { Ok(()) }
    }
    async fn attempt(out: &Out, fails: bool) {
        let jobs = [("a", 10, false), ("b", 20, fails), ("c", 30, false)];
        let tasks = jobs
            .map(|(name, delay, fails)| spawn_named(name, job(out.clone(), name, delay, fails)));
        let (mut tasks, pending) = wait_first_error(tasks.into()).await;
        out.say(format!("done{}", names(&tasks)));
        out.say(format!("pending{}", names(&pending)));
        tasks.extend(pending);
        let (mut tasks, _) = wait(tasks, WaitMode::All).await;
        if let Err(error) = tasks.swap_remove(1).await.unwrap() {
            out.say(format!("error of b: {error}"));
        }
    }
    check("wait/first_exception", |out| async move {
        attempt(&out, true).await;
        attempt(&out, false).await;
    });
}

#[test]
fn first_exception_ignores_cancelled() {
    async fn job(out: Out, name: &str, delay: u64) -> Fallible {
        sleep(ms(delay)).await;
        out.say(format!("{name} ends"));
        Ok(())
    }
    let name = "wait/first_exception_ignores_cancelled";
    check(name, |out| async move {
        let victim = spawn(job(out.clone(), "a", 100)).shared();
        let tasks = vec![
            spawn_named("a", join(victim.clone())),
            spawn_named("b", job(out.clone(), "b", 20)),
        ];
        Handle::current().call_later(ms(10), move || {
            victim.cancel();
        });
        let (done, pending) = wait_first_error(tasks).await;
        out.say(format!("done{}", names(&done)));
        out.say(format!("pending {}", pending.len()));
        let [a, _] = done.try_into().unwrap();
        out.say(format!("a {}", how_cancelled(a).await));
    });
}

#[test]
fn some_done_before() {
    async fn value() -> Fallible {
        Ok(())
    }
    async fn bad() -> Fallible {
        Err("bad")
    }
    async fn slow() -> Fallible {
        sleep(ms(10)).await;
        Ok(())
    }
    type Task = JoinHandle<Fallible>;
    async fn attempt(out: &Out, label: &str, first: Task, slow: Task, mode: WaitMode) -> [Task; 2] {
        let tasks = vec![first, slow];
        let (mut done, pending) = match mode {
            WaitMode::FirstError => wait_first_error(tasks).await,
            mode => wait(tasks, mode).await,
        };
        out.say(label);
        out.say(format!("  done{}", names(&done)));
        out.say(format!("  pending{}", names(&pending)));
        done.extend(pending);
        done.try_into().unwrap()
    }
    check("wait/some_done_before", |out| async move {
        let tasks = vec![spawn_named("good", value()), spawn_named("failed", bad())];
        let (tasks, _) = wait(tasks, WaitMode::All).await;
        let [good, failed] = tasks.try_into().unwrap();
        let slow = spawn_named("slow", slow());
        let mode = WaitMode::FirstCompleted;
        let [good, slow] = attempt(&out, "first completed", good, slow, mode).await;
        let mode = WaitMode::FirstError;
        let [failed, slow] = attempt(&out, "first exception", failed, slow, mode).await;
        attempt(&out, "no exception", good, slow, mode).await;
        out.say(format!("error: {}", failed.await.unwrap().unwrap_err()));
    });
}

#[test]
fn done_members_still_take_turns() {
    async fn value() -> u32 {
        1
    }
    async fn ticker(out: Out) {
        for n in 1..5 {
            out.say(format!("turn {n}"));
            yield_now().await;
        }
    }
    check("wait/done_members_still_take_turns", |out| async move {
        let mut ready = vec![end_of(spawn(value())).await];
        for mode in [WaitMode::FirstCompleted, WaitMode::All] {
            let ticks = spawn(ticker(out.clone()));
            (ready, _) = wait(ready, mode).await;
            out.say("waited");
            ticks.await.unwrap();
        }
    });
}

#[test]
fn limit_of_zero() {
    async fn job(out: Out, name: &str, turns: u32) {
        out.say(format!("{name} starts"));
        for _ in 0..turns {
            yield_now().await;
        }
        out.say(format!("{name} ends"));
    }
    check("wait/limit_of_zero", |out| async move {
        let tasks = vec![
            spawn_named("a", job(out.clone(), "a", 0)),
            spawn_named("b", job(out.clone(), "b", 5)),
        ];
        let (done, pending) = wait(tasks, WaitMode::All).timeout(ms(0)).await;
        out.say(format!("done{}", names(&done)));
        out.say(format!("pending{}", names(&pending)));
        wait(pending, WaitMode::All).await;
    });
}

/// A job that says so when it is cancelled.
async fn job(out: Out, name: &str, delay: u64) {
    out.note_cancel(format_args!("{name} is cancelled"), sleep(ms(delay)))
        .await;
    out.say(format!("{name} ends"));
}

#[test]
fn time_limit_leaves_members() {
    check("wait/time_limit_leaves_members", |out| async move {
        let tasks = vec![
            spawn_named("a", job(out.clone(), "a", 10)),
            spawn_named("b", job(out.clone(), "b", 30)),
        ];
        let (done, pending) = wait(tasks, WaitMode::All).timeout(ms(20)).await;
        out.say(format!("done{}", names(&done)));
        out.say(format!("pending{}", names(&pending)));
        sleep(ms(20)).await;
        out.say("main is over");
    });
}

#[test]
fn waiter_cancelled() {
    async fn waiter(out: Out, tasks: Vec<SharedHandle<()>>) {
        if let Err(cancelled) = catch_cancel(wait(each(&tasks), WaitMode::All)).await {
            out.say("waiter is cancelled");
            cancelled.resume().await;
        }
    }
    check("wait/waiter_cancelled", |out| async move {
        let tasks = [("a", 20), ("b", 30)]
            .map(|(name, delay)| spawn(job(out.clone(), name, delay)).shared())
            .to_vec();
        let task = spawn(waiter(out.clone(), tasks.clone()));
        sleep(ms(10)).await;
        task.cancel();
        end_of(task).await;
        wait(each(&tasks), WaitMode::All).await;
        out.say("main is over");
    });
}

#[test]
fn two_waiters() {
    async fn waiter(out: Out, label: &str, tasks: Vec<SharedHandle<()>>, mode: WaitMode) {
        let (done, pending) = wait(each(&tasks), mode).await;
        let (done, pending) = (done.len(), pending.len());
        out.say(format!("{label} done {done} pending {pending}"));
    }
    check("wait/two_waiters", |out| async move {
        let tasks = [10, 20, 30].map(|delay| spawn(sleep(ms(delay))).shared());
        let waiters = [("all", WaitMode::All), ("first", WaitMode::FirstCompleted)];
        let waiters = waiters.map(|(label, mode)| waiter(out.clone(), label, tasks.to_vec(), mode));
        gather(waiters).await.unwrap();
    });
}

#[test]
fn cancel_the_rest_and_wait_again() {
    async fn job(out: Out, name: &str, delay: u64) {
        match catch_cancel(sleep(ms(delay))).await {
            Ok(()) => out.say(format!("{name} ends")),
            Err(cancelled) => {
                sleep(ms(delay) / 10).await;
                out.say(format!("{name} is clean at {}", out.now()));
                cancelled.resume().await
            }
        }
    }
    check("wait/cancel_the_rest_and_wait_again", |out| async move {
        let jobs = [("a", 100), ("b", 10), ("c", 50)];
        let tasks = jobs.map(|(name, delay)| spawn_named(name, job(out.clone(), name, delay)));
        let (_, pending) = wait(tasks.into(), WaitMode::FirstCompleted).await;
        for task in &pending {
            task.cancel();
        }
        out.say(format!("asked to stop at {}", out.now()));
        let (done, _) = wait(pending, WaitMode::All).await;
        let mut stopped = Vec::new();
        for task in done {
            let name = task.name();
            if task.await.is_err_and(|error| error.is_cancelled()) {
                stopped.push(name);
            }
        }
        out.say(format!("cancelled {}", stopped.join(" ")));
    });
}

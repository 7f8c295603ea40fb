//! `as_completed`: the order in which members end, errors, and consumers that leave.

use super::harness::{Out, boxed, check, each, end_of, join, ms};
use roundelay::task::SharedHandle;
use roundelay::time::now;
use roundelay::{
    Handle, WaitMode, as_completed, catch_cancel, sleep, spawn, task, timeout_at, wait, yield_now,
};

async fn job(name: &'static str, delay: u64) -> &'static str {
    sleep(ms(delay)).await;
    name
}

/// A job that says when it ends.
async fn loud_job(out: Out, name: &'static str, delay: u64) -> &'static str {
    sleep(ms(delay)).await;
    out.say(format!("{name} ends"));
    name
}

#[test]
fn order_of_completion() {
    check("as_completed/order_of_completion", |out| async move {
        let jobs = [("a", 30), ("b", 10), ("c", 20)];
        let mut slots = as_completed(jobs.map(|(name, delay)| job(name, delay)));
        while let Some(slot) = slots.next().await {
            out.say(slot.unwrap());
        }
        out.say("main is over");
    });
}

#[test]
fn same_turn() {
    async fn job(out: Out, name: &'static str, turns: u32) -> &'static str {
        for _ in 0..turns {
            yield_now().await;
        }
        out.say(format!("{name} ends"));
        name
    }
    check("as_completed/same_turn", |out| async move {
        let jobs = [("a", 3), ("b", 3), ("c", 2), ("d", 3)];
        let mut slots = as_completed(jobs.map(|(name, turns)| job(out.clone(), name, turns)));
        while let Some(slot) = slots.next().await {
            out.say(format!("got {}", slot.unwrap()));
        }
    });
}

#[test]
fn slow_consumer() {
    check("as_completed/slow_consumer", |out| async move {
        let jobs = [("a", 30), ("b", 20), ("c", 10)];
        let mut slots = as_completed(jobs.map(|(name, delay)| loud_job(out.clone(), name, delay)));
        for _ in jobs {
            sleep(ms(50)).await;
            out.say_soon("callback");
            let slot = slots.next().await.unwrap();
            out.say(format!("got {}", slot.unwrap()));
        }
    });
}

#[test]
fn gives_the_tasks() {
    async fn job(delay: u64) -> u64 {
        sleep(ms(delay)).await;
        delay
    }
    check("as_completed/gives_the_tasks", |out| async move {
        let tasks =
            [("a", 30), ("b", 10), ("c", 20)].map(|(name, delay)| (name, spawn(job(delay))));
        let tasks = tasks.map(|(name, task)| async move { (name, end_of(task).await) });
        let mut ended = as_completed(tasks);
        while let Some(slot) = ended.next().await {
            let (name, task) = slot.unwrap();
            let state = if task.is_finished() {
                "done"
            } else {
                "pending"
            };
            out.say(format!("{name} {state} {}", task.await.unwrap()));
        }
    });
}

#[test]
fn errors_at_their_item() {
    type Name = Result<&'static str, &'static str>;
    async fn job(name: &'static str, delay: u64) -> Name {
        sleep(ms(delay)).await;
        Ok(name)
    }
    async fn bad() -> Name {
        sleep(ms(20)).await;
        Err("bad")
    }
    check("as_completed/errors_at_their_item", |out| async move {
        let victim = spawn(job("victim", 100_000)).shared();
        let condemned = victim.clone();
        Handle::current().call_later(ms(25), move || {
            condemned.cancel();
        });
        let mut slots = as_completed([
            boxed(job("a", 30)),
            boxed(bad()),
            boxed(join(victim)),
            boxed(job("c", 10)),
        ]);
        while let Some(slot) = slots.next().await {
            match slot {
                Ok(Ok(name)) => out.say(name),
                Ok(Err(error)) => out.say(format!("ValueError {error}")),
                Err(error) if error.is_cancelled() => out.say("CancelledError"),
                Err(error) => panic!("{error}"),
            }
        }
        out.say(format!("requests on main: {}", task::cancel_requests()));
    });
}

#[test]
fn time_limit() {
    check("as_completed/time_limit", |out| async move {
        let jobs = [("a", 10), ("b", 30), ("c", 40)];
        let mut slots = as_completed(jobs.map(|(name, delay)| loud_job(out.clone(), name, delay)));
        let limit = now() + ms(20);
        for _ in jobs {
            match timeout_at(limit, slots.next()).await {
                Ok(slot) => out.say(format!("got {}", slot.unwrap().unwrap())),
                Err(_) => out.say("TimeoutError"),
            }
        }
        out.say("limit is over");
        sleep(ms(30)).await;
        out.say("main is over");
    });
}

#[test]
fn ended_before_the_limit() {
    check("as_completed/ended_before_the_limit", |out| async move {
        let jobs = [("a", 5), ("b", 10)];
        let mut slots = as_completed(jobs.map(|(name, delay)| job(name, delay)));
        let limit = now() + ms(20);
        for _ in jobs {
            sleep(ms(30)).await;
            match timeout_at(limit, slots.next()).await {
                Ok(slot) => out.say(format!("got {}", slot.unwrap().unwrap())),
                Err(_) => out.say("TimeoutError"),
            }
        }
    });
}

#[test]
fn stopped_early() {
    check("as_completed/stopped_early", |out| async move {
        let jobs = [("a", 20), ("b", 10)];
        let mut slots = as_completed(jobs.map(|(name, delay)| loud_job(out.clone(), name, delay)));
        if let Some(slot) = slots.next().await {
            out.say(format!("winner {}", slot.unwrap()));
        }
        drop(slots);
        out.say("main goes on");
        sleep(ms(20)).await;
        out.say("main is over");
    });
}

#[test]
fn consumer_cancelled() {
    async fn job(out: Out, name: &'static str, delay: u64) -> &'static str {
        match catch_cancel(sleep(ms(delay))).await {
            Ok(()) => {
                out.say(format!("{name} ends"));
                name
            }
            Err(cancelled) => {
                out.say(format!("{name} is cancelled"));
                cancelled.resume().await
            }
        }
    }
    async fn consumer(out: Out, tasks: Vec<SharedHandle<&'static str>>) {
        let body = async {
            let mut slots = as_completed(tasks.into_iter().map(join));
            while let Some(slot) = slots.next().await {
                out.say(format!("got {}", slot.unwrap()));
            }
        };
        if let Err(cancelled) = catch_cancel(body).await {
            out.say("consumer is cancelled");
            cancelled.resume().await;
        }
    }
    check("as_completed/consumer_cancelled", |out| async move {
        let tasks = [("a", 10), ("b", 30)]
            .map(|(name, delay)| spawn(job(out.clone(), name, delay)).shared())
            .to_vec();
        let task = spawn(consumer(out.clone(), tasks.clone()));
        sleep(ms(20)).await;
        task.cancel();
        end_of(task).await;
        wait(each(&tasks), WaitMode::All).await;
    });
}

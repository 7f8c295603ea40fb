//! `shield`: what passes through it, and what does not.

use super::harness::{Out, check, end_of, how_cancelled, ms, py};
use roundelay::sync::Event;
use roundelay::task::{self, SharedHandle};
use roundelay::{
    Handle, WaitMode, catch_cancel, gather, shield, sleep, spawn, timeout, wait, yield_now,
};
use std::rc::Rc;

#[test]
fn done() {
    async fn value() -> u32 {
        7
    }
    check("shield/done", |out| async move {
        let task = spawn(value()).shared();
        task.clone().await.unwrap();
        out.say_soon("callback");
        out.say(format!("value {}", shield(task).await.unwrap()));
        yield_now().await;
        out.say("main is over");
    });
}

#[test]
fn one_more_hop() {
    async fn value(out: Out) {
        out.say("inner ends");
    }
    async fn ticker(out: Out) {
        for n in 1..6 {
            out.say(format!("turn {n}"));
            yield_now().await;
        }
    }
    check("shield/one_more_hop", |out| async move {
        let task = spawn(value(out.clone()));
        let ticks = spawn(ticker(out.clone()));
        task.await.unwrap();
        out.say("joined");
        ticks.await.unwrap();
        let task = spawn(value(out.clone()));
        let ticks = spawn(ticker(out.clone()));
        shield(task).await.unwrap();
        out.say("joined through a shield");
        ticks.await.unwrap();
    });
}

#[test]
fn outer_cancel() {
    async fn inner(out: Out) -> &'static str {
        match catch_cancel(sleep(ms(20))).await {
            Ok(()) => {
                out.say("inner ends");
                "value"
            }
            Err(cancelled) => {
                out.say("inner is cancelled");
                cancelled.resume().await
            }
        }
    }
    async fn outer(out: Out, task: SharedHandle<&'static str>) {
        if let Err(cancelled) = catch_cancel(shield(task)).await {
            out.say("outer is cancelled");
            cancelled.resume().await;
        }
    }
    check("shield/outer_cancel", |out| async move {
        let task = spawn(inner(out.clone())).shared();
        let owner = spawn(outer(out.clone(), task.clone()));
        sleep(ms(10)).await;
        owner.cancel();
        let owner = end_of(owner).await;
        out.say(format!("owner {}", how_cancelled(owner).await));
        out.say(format!("inner gives {}", task.await.unwrap()));
    });
}

#[test]
fn inner_cancel() {
    check("shield/inner_cancel", |out| async move {
        let task = spawn(sleep(ms(100_000))).shared();
        let victim = task.clone();
        Handle::current().call_later(ms(10), move || {
            victim.cancel();
        });
        match shield(task).await {
            Err(error) if error.is_cancelled() => out.say("main got CancelledError"),
            _ => {}
        }
        out.say(format!("requests on main: {}", task::cancel_requests()));
        sleep(ms(10)).await;
        out.say("main is over");
    });
}

#[test]
fn inner_error() {
    async fn bad() -> Result<(), &'static str> {
        sleep(ms(10)).await;
        Err("bad")
    }
    check("shield/inner_error", |out| async move {
        if let Err(error) = shield(spawn(bad())).await.unwrap() {
            out.say(format!("main got ValueError {error}"));
        }
    });
}

#[test]
fn inner_error_after_outer_is_gone() {
    type Fallible = Result<(), &'static str>;
    async fn bad(out: Out) -> Fallible {
        sleep(ms(20)).await;
        out.say("inner raises");
        Err("bad")
    }
    async fn outer(task: SharedHandle<Fallible>) {
        shield(task).await.unwrap().unwrap();
    }
    let name = "shield/inner_error_after_outer_is_gone";
    check(name, |out| async move {
        let task = spawn(bad(out.clone())).shared();
        let owner = spawn(outer(task.clone()));
        sleep(ms(10)).await;
        owner.cancel();
        let owner = end_of(owner).await;
        let error = task.await.unwrap().unwrap_err();
        out.say(format!("owner {}", how_cancelled(owner).await));
        out.say(format!("inner failed: {error}"));
    });
}

#[test]
fn cancelled_when_inner_has_ended() {
    async fn work(out: Out) -> &'static str {
        yield_now().await;
        out.say("inner ends");
        "value"
    }
    async fn owner(out: Out, task: SharedHandle<&'static str>) {
        match catch_cancel(shield(task)).await {
            Ok(value) => out.say(format!("owner got {}", value.unwrap())),
            Err(cancelled) => {
                out.say("owner is cancelled");
                cancelled.resume().await
            }
        }
    }
    check("shield/cancelled_when_inner_has_ended", |out| async move {
        let task = spawn(work(out.clone())).shared();
        let keeper = spawn(owner(out.clone(), task.clone()));
        yield_now().await;
        yield_now().await;
        let state = if task.is_finished() {
            "done"
        } else {
            "pending"
        };
        out.say(format!("inner is {state}"));
        keeper.cancel();
        end_of(keeper).await;
        out.say(format!("inner has {}", task.await.unwrap()));
    });
}

#[test]
fn finish_before_leaving() {
    async fn save(out: Out) {
        out.say("save starts");
        sleep(ms(20)).await;
        out.say("save ends");
    }
    async fn owner(out: Out) {
        let mut work = spawn(save(out.clone()));
        if let Err(cancelled) = catch_cancel(shield(&mut work)).await {
            out.say("owner waits for the save");
            work.await.unwrap();
            out.say("owner leaves");
            cancelled.resume().await;
        }
    }
    check("shield/finish_before_leaving", |out| async move {
        let task = spawn(owner(out.clone()));
        sleep(ms(10)).await;
        task.cancel();
        let task = end_of(task).await;
        out.say(format!("owner {}", how_cancelled(task).await));
    });
}

#[test]
fn two_owners() {
    async fn work() -> &'static str {
        sleep(ms(20)).await;
        "value"
    }
    async fn owner(out: Out, name: &str, task: SharedHandle<&'static str>) {
        match catch_cancel(shield(task)).await {
            Ok(value) => out.say(format!("{name} got {}", value.unwrap())),
            Err(cancelled) => {
                out.say(format!("{name} is cancelled"));
                cancelled.resume().await
            }
        }
    }
    check("shield/two_owners", |out| async move {
        let task = spawn(work()).shared();
        let owners = ["a", "b"].map(|name| spawn(owner(out.clone(), name, task.clone())));
        sleep(ms(10)).await;
        owners[0].cancel();
        wait(owners.into(), WaitMode::All).await;
    });
}

#[test]
fn time_limit() {
    async fn work(out: Out) -> &'static str {
        sleep(ms(30)).await;
        out.say("work ends");
        "value"
    }
    check("shield/time_limit", |out| async move {
        let task = spawn(work(out.clone())).shared();
        for limit in [10, 15, 1000] {
            match timeout(ms(limit), shield(task.clone())).await {
                Ok(value) => out.say(format!("got {}", value.unwrap())),
                Err(_) => out.say("TimeoutError"),
            }
        }
    });
}

#[test]
fn in_a_gather() {
    async fn job(out: Out, name: &str, delay: u64) {
        out.note_cancel(format_args!("{name} is cancelled"), sleep(ms(delay)))
            .await;
        out.say(format!("{name} ends"));
    }
    check("shield/in_a_gather", |out| async move {
        let kept = spawn(job(out.clone(), "kept", 20)).shared();
        let lost = spawn(job(out.clone(), "lost", 30));
        let both = gather((shield(kept.clone()), lost));
        sleep(ms(10)).await;
        both.cancel();
        match both.await {
            Err(error) if error.is_cancelled() => out.say("main got CancelledError"),
            _ => {}
        }
        kept.await.unwrap();
    });
}

#[test]
fn cancelled_at_the_end() {
    check("shield/cancelled_at_the_end", |out| async move {
        let event = Rc::new(Event::new());
        let shielded = {
            let (out, event) = (out.clone(), Rc::clone(&event));
            async move {
                event.wait().await;
                out.say("shielded task ends");
            }
        };
        let task = spawn(shielded);
        yield_now().await;
        let owner = {
            let out = out.clone();
            spawn(async move {
                if let Err(cancelled) = catch_cancel(shield(task)).await {
                    out.say("owner is cancelled");
                    cancelled.resume().await;
                }
            })
            .shared()
        };
        let canceller = {
            let (out, event, owner) = (out.clone(), Rc::clone(&event), owner.clone());
            spawn(async move {
                event.wait().await;
                spawn(async move { out.say("other begins") });
                owner.cancel();
            })
        };
        yield_now().await;
        event.set();
        canceller.await.unwrap();
        let error = owner.await.unwrap_err();
        out.say(format!("cancelled: {}", py(error.is_cancelled())));
    });
}

//! `gather`: positions, turns, errors, and cancels from both sides.

use super::harness::{Out, boxed, check, finally, join, ms, py};
use roundelay::sync::Event;
use roundelay::task::GatherError;
use roundelay::{
    Handle, JoinHandle, WaitMode, catch_cancel, gather, gather_handles, sleep, spawn, task,
    try_gather, wait, yield_now,
};
use std::cell::Cell;
use std::future::Ready;
use std::rc::Rc;

type Fallible = Result<(), &'static str>;

/// The error that a member of a gather returned.
fn error_of<E>(error: GatherError<E>) -> E {
    match error {
        GatherError::Failed { error, .. } => error,
        GatherError::Join { error, .. } => panic!("{error}"),
    }
}

#[test]
fn values_by_position() {
    async fn job(out: Out, name: &'static str, delay: u64) -> &'static str {
        sleep(ms(delay)).await;
        out.say(format!("{name} ends"));
        name
    }
    check("gather/values_by_position", |out| async move {
        let jobs = [("a", 30), ("b", 10), ("c", 20)];
        let values = gather(jobs.map(|(name, delay)| job(out.clone(), name, delay)));
        out.say(format!("values {}", values.await.unwrap().join(" ")));
    });
}

#[test]
fn starts_at_the_call() {
    async fn job(out: Out, name: &'static str) -> &'static str {
        out.say(format!("{name} starts"));
        yield_now().await;
        out.say(format!("{name} ends"));
        name
    }
    check("gather/starts_at_the_call", |out| async move {
        let both = gather(["a", "b"].map(|name| job(out.clone(), name)));
        out.say("gather is made");
        yield_now().await;
        out.say("main goes on");
        yield_now().await;
        out.say("main awaits");
        out.say(format!("values {}", both.await.unwrap().join(" ")));
    });
}

#[test]
fn one_more_hop() {
    async fn value(out: Out, n: u32) -> u32 {
        out.say(format!("value {n}"));
        n
    }
    async fn ticker(out: Out) {
        for n in 1..5 {
            out.say(format!("turn {n}"));
            yield_now().await;
        }
    }
    check("gather/one_more_hop", |out| async move {
        let ticks = spawn(ticker(out.clone()));
        let values = gather([1, 2].map(|n| value(out.clone(), n))).await.unwrap();
        out.say(format!("sum {}", values.iter().sum::<u32>()));
        ticks.await.unwrap();
    });
}

#[test]
fn done_members_cost_nothing() {
    async fn value(n: u32) -> u32 {
        n
    }
    check("gather/done_members_cost_nothing", |out| async move {
        let tasks = [1, 2].map(|n| spawn(value(n)));
        let (tasks, _) = wait(tasks.into(), WaitMode::All).await;
        out.say_soon("callback");
        let values = gather_handles(tasks).await.unwrap();
        out.say(format!("values {} {}", values[0], values[1]));
        let nothing = gather::<[Ready<()>; 0], _>([]).await.unwrap();
        out.say(format!("count of nothing: {}", nothing.len()));
        yield_now().await;
        out.say("main is over");
    });
}

#[test]
fn first_error_at_once() {
    async fn job(out: Out, name: &str, delay: u64) -> Fallible {
        sleep(ms(delay)).await;
        out.say(format!("{name} ends"));
        Ok(())
    }
    async fn bad(out: Out, delay: u64) -> Fallible {
        sleep(ms(delay)).await;
        out.say("bad raises");
        Err("bad")
    }
    check("gather/first_error_at_once", |out| async move {
        let all = try_gather([
            boxed(job(out.clone(), "quick", 10)),
            boxed(bad(out.clone(), 20)),
            boxed(job(out.clone(), "slow", 30)),
        ]);
        if let Err(error) = all.await {
            out.say(format!("main got ValueError {}", error_of(error)));
        }
        sleep(ms(50)).await;
        out.say("main is over");
    });
}

#[test]
fn errors_as_values() {
    async fn job(delay: u64) -> Result<String, &'static str> {
        sleep(ms(delay)).await;
        Ok(format!("value {delay}"))
    }
    async fn bad() -> Result<String, &'static str> {
        sleep(ms(10)).await;
        Err("bad")
    }
    check("gather/errors_as_values", |out| async move {
        let endless = spawn(job(100_000)).shared();
        let victim = endless.clone();
        Handle::current().call_later(ms(15), move || {
            victim.cancel();
        });
        let results = gather([
            boxed(job(30)),
            boxed(bad()),
            boxed(join(endless)),
            boxed(job(5)),
        ]);
        for result in results.settled().await {
            match result {
                Err(error) if error.is_cancelled() => out.say("CancelledError"),
                Err(error) => panic!("{error}"),
                Ok(Err(error)) => out.say(format!("ValueError {error}")),
                Ok(Ok(value)) => out.say(value),
            }
        }
    });
}

#[test]
fn later_errors_are_silent() {
    async fn bad(out: Out, name: &'static str, delay: u64) {
        sleep(ms(delay)).await;
        out.say(format!("{name} raises"));
        panic!("{name}");
    }
    check("gather/later_errors_are_silent", |out| async move {
        let printer = out.clone();
        out.on_unhandled(move |unhandled| {
            printer.say(format!("reported {}", unhandled.panic_message()));
        });
        let jobs = [("first", 10), ("second", 20)];
        let both = gather(jobs.map(|(name, delay)| bad(out.clone(), name, delay)));
        if let Err(error) = both.await {
            let error = error.panic_message().unwrap();
            out.say(format!("main got ValueError {error}"));
        }
        sleep(ms(50)).await;
        out.say("main is over");
    });
}

#[test]
fn member_cancel_is_an_error() {
    async fn job(out: Out) {
        sleep(ms(20)).await;
        out.say("sibling ends");
    }
    check("gather/member_cancel_is_an_error", |out| async move {
        let victim = spawn(sleep(ms(100_000))).shared();
        let sibling = spawn(job(out.clone())).shared();
        let condemned = victim.clone();
        Handle::current().call_later(ms(10), move || {
            condemned.cancel();
        });
        match gather([victim, sibling.clone()].map(join)).await {
            Err(error) if error.is_cancelled() => out.say("main got CancelledError"),
            _ => {}
        }
        out.say(format!("requests on main: {}", task::cancel_requests()));
        sibling.await.unwrap();
        out.say("main is over");
    });
}

#[test]
fn nested_error() {
    async fn job(out: Out, name: &str, delay: u64) -> Fallible {
        sleep(ms(delay)).await;
        out.say(format!("{name} ends"));
        Ok(())
    }
    async fn bad() -> Fallible {
        sleep(ms(10)).await;
        Err("bad")
    }
    check("gather/nested_error", |out| async move {
        let inner = try_gather([boxed(bad()), boxed(job(out.clone(), "inner sibling", 20))]);
        let inner = async { inner.await.map(drop).map_err(error_of) };
        let outer = [boxed(inner), boxed(job(out.clone(), "outer sibling", 30))];
        if let Err(error) = try_gather(outer).await {
            out.say(format!("main got ValueError {}", error_of(error)));
        }
        sleep(ms(40)).await;
        out.say("main is over");
    });
}

#[test]
fn awaiter_cancelled() {
    async fn job(out: Out, name: &str) {
        out.note_cancel(format_args!("{name} is cancelled"), sleep(ms(100_000)))
            .await;
    }
    async fn owner(out: Out) {
        let all = gather(["a", "b", "c"].map(|name| job(out.clone(), name)));
        if let Err(cancelled) = catch_cancel(all).await {
            out.say("owner is cancelled");
            cancelled.resume().await;
        }
    }
    check("gather/awaiter_cancelled", |out| async move {
        let task = spawn(owner(out.clone()));
        sleep(ms(10)).await;
        task.cancel();
        match task.await {
            Err(error) if error.is_cancelled() => out.say("main got CancelledError"),
            _ => {}
        }
    });
}

#[test]
fn cancel_takes_three_turns() {
    async fn member(out: Out) {
        finally(sleep(ms(100_000)), async { out.say("member is cancelled") }).await;
    }
    async fn owner(out: Out) {
        let _ = finally(gather([member(out.clone())]), async {
            out.say("owner is cancelled")
        })
        .await;
    }
    check("gather/cancel_takes_three_turns", |out| async move {
        let task: JoinHandle<()> = spawn(owner(out.clone()));
        sleep(ms(10)).await;
        task.cancel();
        for turn in 1..5 {
            yield_now().await;
            out.say(format!("turn {turn}"));
        }
        wait(vec![task], WaitMode::All).await;
    });
}

#[test]
fn nested() {
    async fn job(out: Out, name: &'static str, delay: u64) -> &'static str {
        match catch_cancel(sleep(ms(delay))).await {
            Ok(()) => name,
            Err(cancelled) => {
                out.say(format!("{name} is cancelled"));
                cancelled.resume().await
            }
        }
    }
    check("gather/nested", |out| async move {
        let job = |name, delay| job(out.clone(), name, delay);
        let tree = || gather((gather([job("a", 10), job("b", 20)]), job("c", 15)));
        let (pair, single) = tree().await.unwrap();
        out.say(format!("values {} {single}", pair.unwrap().join(" ")));
        let whole = tree();
        yield_now().await;
        whole.cancel();
        match whole.await {
            Err(error) if error.is_cancelled() => out.say("main got CancelledError"),
            _ => {}
        }
    });
}

#[test]
fn outer_cancel_waits_for_first() {
    async fn job(out: Out, name: &str, delay: u64) {
        if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
            out.say(format!("{name} is cancelled"));
            sleep(ms(delay)).await;
            out.say(format!("{name} is clean"));
            cancelled.resume().await;
        }
    }
    check("gather/outer_cancel_waits_for_first", |out| async move {
        let jobs = [("slow", 30), ("quick", 10)];
        let both = gather(jobs.map(|(name, delay)| job(out.clone(), name, delay)));
        yield_now().await;
        out.say(accepted(both.cancel()));
        out.say(if both.is_finished() {
            "done"
        } else {
            "not done"
        });
        match both.await {
            Err(error) if error.is_cancelled() => out.say("main got CancelledError"),
            _ => {}
        }
        sleep(ms(50)).await;
        out.say("main is over");
    });
}

#[test]
fn outer_cancel_waits_for_all() {
    async fn job(out: Out, name: &str, delay: u64) {
        let clean_up = async {
            out.say(format!("{name} is cancelled"));
            sleep(ms(delay)).await;
            out.say(format!("{name} is clean"));
        };
        finally(sleep(ms(100_000)), clean_up).await;
    }
    check("gather/outer_cancel_waits_for_all", |out| async move {
        let jobs = [("slow", 30), ("quick", 10)];
        let both = gather(jobs.map(|(name, delay)| job(out.clone(), name, delay))).settled();
        yield_now().await;
        both.cancel();
        match catch_cancel(both).await {
            Ok(_) => out.say("main got values"),
            Err(_) => out.say("main got CancelledError"),
        }
        out.say("main is over");
    });
}

#[test]
fn refused_cancel_is_still_raised() {
    async fn job(out: Out, name: &'static str) -> &'static str {
        if catch_cancel(sleep(ms(100_000))).await.is_err() {
            out.say(format!("{name} refuses"));
        }
        name
    }
    check("gather/refused_cancel_is_still_raised", |out| async move {
        out.say("-- plain");
        let both = gather(["a", "b"].map(|name| job(out.clone(), name)));
        yield_now().await;
        both.cancel();
        match both.await {
            Err(error) if error.is_cancelled() => out.say("CancelledError"),
            _ => out.say("values"),
        }
        out.say("-- settled");
        let both = gather(["a", "b"].map(|name| job(out.clone(), name))).settled();
        yield_now().await;
        both.cancel();
        match catch_cancel(both).await {
            Err(_) => out.say("CancelledError"),
            Ok(_) => out.say("values"),
        }
    });
}

/// What a cancel has returned, in words.
fn accepted(cancelled: bool) -> &'static str {
    if cancelled { "accepted" } else { "refused" }
}

#[test]
fn cancel_of_completed() {
    async fn bad() {
        panic!("bad");
    }
    async fn job(out: Out) {
        out.note_cancel("sibling is cancelled", sleep(ms(10))).await;
        out.say("sibling ends");
    }
    check("gather/cancel_of_completed", |out| async move {
        let mut both = gather([boxed(bad()), boxed(job(out.clone()))]);
        match (&mut both).await {
            Err(error) if error.is_panic() => out.say("main got ValueError"),
            _ => {}
        }
        out.say(accepted(both.cancel()));
        sleep(ms(20)).await;
        out.say("main is over");
    });
}

#[test]
fn cancel_after_all_ended() {
    async fn job(out: Out, name: &'static str) -> &'static str {
        out.say(format!("{name} ends"));
        name
    }
    check("gather/cancel_after_all_ended", |out| async move {
        let both = gather(["a", "b"].map(|name| job(out.clone(), name)));
        for _ in 0..3 {
            yield_now().await;
        }
        out.say(if both.is_finished() {
            "done"
        } else {
            "not done"
        });
        out.say(accepted(both.cancel()));
        out.say(format!("values {}", both.await.unwrap().join(" ")));
    });
}

#[test]
fn cancelled_at_the_end() {
    check("gather/cancelled_at_the_end", |out| async move {
        let event = Rc::new(Event::new());
        let asked_at = Rc::new(Cell::new(0));
        let member = {
            let (out, event) = (out.clone(), Rc::clone(&event));
            async move {
                event.wait().await;
                out.say("member ends");
            }
        };
        let task = {
            let (out, asked_at) = (out.clone(), Rc::clone(&asked_at));
            spawn(async move {
                if let Err(cancelled) = catch_cancel(gather([member])).await {
                    let turns = out.turns() - asked_at.get();
                    out.say(format!("owner is cancelled after {turns}"));
                    cancelled.resume().await;
                }
            })
            .shared()
        };
        yield_now().await;
        yield_now().await;
        let canceller = {
            let (out, event, task) = (out.clone(), Rc::clone(&event), task.clone());
            spawn(async move {
                event.wait().await;
                asked_at.set(out.turns());
                out.say(format!("cancel: {}", py(task.cancel())));
            })
        };
        yield_now().await;
        event.set();
        canceller.await.unwrap();
        let error = task.await.unwrap_err();
        out.say(format!("cancelled: {}", py(error.is_cancelled())));
    });
}

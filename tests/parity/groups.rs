//! Task groups: failures, cancels from inside and outside, what is spawned late.

use super::harness::{Out, check, ms};
use roundelay::{WaitMode, catch_cancel, sleep, spawn, task, task_group, wait};

#[test]
fn failure_cancels_siblings() {
    async fn member(out: Out) -> Result<(), String> {
        if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
            out.say("sibling is cancelled");
            cancelled.resume().await;
        }
        Ok(())
    }
    async fn bad(out: Out) -> Result<(), String> {
        sleep(ms(10)).await;
        out.say("bad raises");
        Err("bad".to_owned())
    }
    check("groups/failure_cancels_siblings", |out| async move {
        let outcome = task_group(async |group| {
            group.spawn(member(out.clone()));
            group.spawn(bad(out.clone()));
            if let Err(cancelled) = catch_cancel(sleep(ms(50_000))).await {
                out.say("body is cancelled");
                cancelled.resume().await;
            }
            Ok(())
        });
        if let Err(error) = outcome.await {
            let errors: Vec<String> = error.errors().iter().map(ToString::to_string).collect();
            out.say(format!("group of {}", errors.join(" ")));
        }
        out.say(format!("requests on main: {}", task::cancel_requests()));
        sleep(ms(10)).await;
        out.say("main is over");
    });
}

#[test]
fn outside_cancel_in_the_body() {
    async fn member(out: Out) -> Result<(), String> {
        if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
            out.say("member is cancelled");
            cancelled.resume().await;
        }
        Ok(())
    }
    async fn owner(out: Out) {
        let group = task_group(async |group| {
            group.spawn(member(out.clone()));
            if let Err(cancelled) = catch_cancel(sleep(ms(50_000))).await {
                out.say("body is cancelled");
                sleep(ms(10)).await;
                out.say("body is clean");
                cancelled.resume().await;
            }
            Ok(())
        });
        if let Err(cancelled) = catch_cancel(group).await {
            out.say("owner got CancelledError");
            cancelled.resume().await;
        }
    }
    check("groups/outside_cancel_in_the_body", |out| async move {
        let task = spawn(owner(out.clone()));
        sleep(ms(10)).await;
        task.cancel();
        wait(vec![task], WaitMode::All).await;
    });
}

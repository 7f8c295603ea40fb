//! Task groups: failures, cancels from inside and outside, what is spawned late.

use super::harness::{Out, check, end_of, finally, how_cancelled, ms};
use roundelay::error::Elapsed;
use roundelay::sync::Event;
use roundelay::task::{GroupError, MemberError, SharedHandle, TaskGroup};
use roundelay::{
    JoinHandle, WaitMode, cancel_current, catch_cancel, sleep, spawn, task, task_group, timeout,
    wait, yield_now,
};
use std::cell::{OnceCell, RefCell};
use std::error::Error;
use std::fmt::Display;
use std::rc::Rc;

type Fallible = Result<(), &'static str>;

/// The errors of a group that failed, in one line.
fn errors<E: Display>(group: &GroupError<E>) -> String {
    let errors: Vec<String> = group.errors().iter().map(ToString::to_string).collect();
    errors.join(" ")
}

/// The member that fails in most programs.
async fn bad() -> Fallible {
    sleep(ms(10)).await;
    Err("bad")
}

#[test]
fn waits_for_all_members() {
    async fn member(
        out: Out,
        name: &'static str,
        delay: u64,
    ) -> Result<&'static str, &'static str> {
        out.say(format!("{name} starts"));
        sleep(ms(delay)).await;
        out.say(format!("{name} ends"));
        Ok(name)
    }
    check("groups/waits_for_all_members", |out| async move {
        let group = task_group(async |group| {
            let one = group.spawn(member(out.clone(), "a", 20));
            let two = group.spawn(member(out.clone(), "b", 10));
            out.say("body is over");
            Ok((one, two))
        });
        let (one, two) = group.await.unwrap();
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        out.say(format!("group is over {one} {two}"));
    });
}

#[test]
fn returns_values() {
    async fn member(n: u64) -> Result<u64, &'static str> {
        sleep(ms(n)).await;
        Ok(n * n)
    }
    check("groups/returns_values", |out| async move {
        let group = task_group(async |group| {
            let mut tasks: Vec<_> = [3, 1, 2].map(|n| group.spawn(member(n))).into();
            tasks.push(group.spawn(member(1000)));
            sleep(ms(3) / 2).await;
            tasks[3].cancel();
            Ok(tasks)
        });
        for task in group.await.unwrap() {
            match task.await {
                Ok(value) => out.say(value),
                Err(_) => out.say("cancelled"),
            }
        }
    });
}

#[test]
fn empty() {
    async fn ticker(out: Out) {
        for n in 1..5 {
            out.say(format!("turn {n}"));
            yield_now().await;
        }
    }
    check("groups/empty", |out| async move {
        let ticks = spawn(ticker(out.clone()));
        let group = task_group(async |_| {
            out.say("empty body");
            Fallible::Ok(())
        });
        group.await.unwrap();
        out.say("empty group is over");
        let group = task_group(async |group| {
            group.spawn(async { Fallible::Ok(()) });
            Ok(())
        });
        group.await.unwrap();
        out.say("group of one is over");
        ticks.await.unwrap();
    });
}

#[test]
fn spawn_while_waiting() {
    async fn late(out: Out) -> Fallible {
        out.say("late starts");
        sleep(ms(10)).await;
        out.say("late ends");
        Ok(())
    }
    async fn member(out: Out, group: TaskGroup<&'static str>) -> Fallible {
        sleep(ms(10)).await;
        out.say("member spawns");
        group.spawn(late(out.clone()));
        out.say("member ends");
        Ok(())
    }
    check("groups/spawn_while_waiting", |out| async move {
        let group = task_group(async |group| {
            group.spawn(member(out.clone(), group.clone()));
            out.say("body is over");
            Ok(())
        });
        group.await.unwrap();
        out.say("group is over");
    });
}

#[test]
fn spawn_refused() {
    async fn late(out: Out) -> Fallible {
        out.say("late runs");
        Ok(())
    }
    fn spawn_late(out: &Out, group: &TaskGroup<&'static str>) {
        match group.try_spawn(late(out.clone())) {
            Ok(_) => out.say("spawned"),
            Err(_) => out.say("refused"),
        }
    }
    async fn member(out: Out, group: TaskGroup<&'static str>) -> Fallible {
        spawn_late(&out, &group);
        finally(sleep(ms(100_000)), async { spawn_late(&out, &group) }).await;
        Ok(())
    }
    check("groups/spawn_refused", |out| async move {
        let group = task_group(async |group| {
            group.spawn(member(out.clone(), group.clone()));
            group.spawn(bad());
            Ok(())
        });
        let error = group.await.unwrap_err();
        out.say(format!("group of {}", errors(&error)));
    });
}

#[test]
fn failure_cancels_siblings() {
    async fn member(out: Out) -> Fallible {
        out.note_cancel("sibling is cancelled", sleep(ms(100_000)))
            .await;
        Ok(())
    }
    async fn bad(out: Out) -> Fallible {
        sleep(ms(10)).await;
        out.say("bad raises");
        Err("bad")
    }
    check("groups/failure_cancels_siblings", |out| async move {
        let group = task_group(async |group| {
            group.spawn(member(out.clone()));
            group.spawn(bad(out.clone()));
            out.note_cancel("body is cancelled", sleep(ms(50_000)))
                .await;
            Ok(())
        });
        let error = group.await.unwrap_err();
        out.say(format!("group of {}", errors(&error)));
        out.say(format!("requests on main: {}", task::cancel_requests()));
        sleep(ms(10)).await;
        out.say("main is over");
    });
}

#[test]
fn several_failures_in_one_turn() {
    async fn bad(out: Out, name: &'static str) -> Fallible {
        out.say(format!("{name} raises"));
        Err(name)
    }
    check("groups/several_failures_in_one_turn", |out| async move {
        let group = task_group(async |group| {
            for name in ["a", "b", "c"] {
                group.spawn(bad(out.clone(), name));
            }
            Ok(())
        });
        let error = group.await.unwrap_err();
        out.say(format!("group of {}", errors(&error)));
    });
}

#[test]
fn failure_while_cleaning_up() {
    async fn member(out: Out, name: &'static str, delay: u64) -> Fallible {
        // Python's `finally` that raises: nothing else leaves it.
        let _ = catch_cancel(sleep(ms(100_000))).await;
        sleep(ms(delay)).await;
        out.say(format!("{name} fails in clean-up"));
        Err(name)
    }
    check("groups/failure_while_cleaning_up", |out| async move {
        let group = task_group(async |group| {
            group.spawn(member(out.clone(), "a", 20));
            group.spawn(member(out.clone(), "b", 10));
            group.spawn(bad());
            Ok(())
        });
        let error = group.await.unwrap_err();
        out.say(format!("group of {}", errors(&error)));
    });
}

#[test]
fn error_order() {
    async fn member(name: &'static str, delay: u64) -> Fallible {
        if catch_cancel(sleep(ms(100_000))).await.is_err() {
            sleep(ms(delay)).await;
            return Err(name);
        }
        Ok(())
    }
    check("groups/error_order", |out| async move {
        let group = task_group(async |group| {
            group.spawn(member("slow", 20));
            group.spawn(member("quick", 10));
            group.spawn(bad());
            match catch_cancel(sleep(ms(50_000))).await {
                Ok(()) => Ok(()),
                Err(_) => Err("body"),
            }
        });
        let error = group.await.unwrap_err();
        out.say(format!("group of {}", errors(&error)));
    });
}

#[test]
fn joined_member_fails() {
    check("groups/joined_member_fails", |out| async move {
        let group = task_group(async |group| {
            let task = group.spawn(bad());
            match catch_cancel(task).await {
                Ok(_) => out.say("body got the member's end"),
                Err(cancelled) => {
                    out.say("body got CancelledError");
                    cancelled.resume().await
                }
            }
            Ok(())
        });
        let error = group.await.unwrap_err();
        out.say(format!("group of {}", errors(&error)));
        out.say(format!("requests on main: {}", task::cancel_requests()));
    });
}

#[test]
fn cancelled_member_is_ignored() {
    async fn member(out: Out, name: &'static str, delay: u64) -> Fallible {
        sleep(ms(delay)).await;
        out.say(format!("{name} ends"));
        Ok(())
    }
    check("groups/cancelled_member_is_ignored", |out| async move {
        let group = task_group(async |group| {
            let victim = group.spawn(member(out.clone(), "victim", 1000));
            group.spawn(member(out.clone(), "other", 20));
            sleep(ms(10)).await;
            victim.cancel();
            Ok(victim)
        });
        let victim = group.await.unwrap();
        out.say("group is over");
        out.say(format!("victim {}", how_cancelled(victim).await));
    });
}

#[test]
fn member_refuses() {
    async fn stubborn(out: Out) -> Result<&'static str, &'static str> {
        if catch_cancel(sleep(ms(100_000))).await.is_err() {
            out.say("member refuses");
        }
        sleep(ms(20)).await;
        out.say("member ends");
        Ok("value")
    }
    check("groups/member_refuses", |out| async move {
        let mut task = None;
        let group = task_group(async |group| {
            task = Some(group.spawn(stubborn(out.clone())));
            group.spawn(bad());
            Ok(())
        });
        let error = group.await.unwrap_err();
        out.say(format!("group of {}", errors(&error)));
        let value = task.unwrap().await.unwrap();
        out.say(format!("member gives {value}"));
    });
}

#[test]
fn body_error_cancels_members() {
    async fn member(out: Out) -> Fallible {
        let clean_up = async {
            out.say("member is cancelled");
            sleep(ms(10)).await;
            out.say("member is clean");
        };
        finally(sleep(ms(100_000)), clean_up).await;
        Ok(())
    }
    check("groups/body_error_cancels_members", |out| async move {
        let group = task_group(async |group| {
            group.spawn(member(out.clone()));
            yield_now().await;
            out.say("body raises");
            Fallible::Err("body")
        });
        let error = group.await.unwrap_err();
        out.say(format!("group of {}", errors(&error)));
    });
}

#[test]
fn body_error_before_first_step() {
    async fn member(out: Out) -> Fallible {
        out.say("member runs");
        Ok(())
    }
    check("groups/body_error_before_first_step", |out| async move {
        let mut task = None;
        let group = task_group(async |group| {
            task = Some(group.spawn(member(out.clone())));
            Fallible::Err("body")
        });
        let error = group.await.unwrap_err();
        out.say(format!("group of {}", errors(&error)));
        out.say(format!("member {}", how_cancelled(task.unwrap()).await));
    });
}

#[test]
fn body_swallows_the_cancel() {
    check("groups/body_swallows_the_cancel", |out| async move {
        let group = task_group(async |group| {
            group.spawn(bad());
            if catch_cancel(sleep(ms(100_000))).await.is_err() {
                out.say("body swallows");
            }
            let requests = task::cancel_requests();
            out.say(format!("requests in the body: {requests}"));
            sleep(ms(10)).await;
            out.say("body ends");
            Ok(())
        });
        let error = group.await.unwrap_err();
        out.say(format!("group of {}", errors(&error)));
        out.say(format!("requests on main: {}", task::cancel_requests()));
    });
}

#[test]
fn body_swallows_outside_cancel() {
    async fn member(out: Out) -> Fallible {
        sleep(ms(20)).await;
        out.say("member ends");
        Ok(())
    }
    async fn owner(out: Out) -> &'static str {
        let group = task_group(async |group| {
            group.spawn(member(out.clone()));
            if catch_cancel(sleep(ms(100_000))).await.is_err() {
                out.say("body swallows");
            }
            Ok(())
        });
        group.await.unwrap();
        out.say(format!("requests on owner: {}", task::cancel_requests()));
        "value"
    }
    check("groups/body_swallows_outside_cancel", |out| async move {
        let task = spawn(owner(out.clone()));
        sleep(ms(10)).await;
        task.cancel();
        out.say(format!("owner gives {}", task.await.unwrap()));
    });
}

#[test]
fn outside_cancel() {
    async fn member(out: Out) -> Fallible {
        let clean_up = async {
            out.say("member is cancelled");
            sleep(ms(10)).await;
            out.say("member is clean");
        };
        finally(sleep(ms(100_000)), clean_up).await;
        Ok(())
    }
    async fn owner(out: Out) {
        let group = task_group(async |group| {
            group.spawn(member(out.clone()));
            Ok(())
        });
        if let Err(cancelled) = catch_cancel(group).await {
            out.say("owner got CancelledError");
            cancelled.resume().await;
        }
    }
    check("groups/outside_cancel", |out| async move {
        let task = spawn(owner(out.clone()));
        sleep(ms(10)).await;
        task.cancel();
        let task = end_of(task).await;
        out.say(format!("owner {}", how_cancelled(task).await));
    });
}

#[test]
fn outside_cancel_in_the_body() {
    async fn member(out: Out) -> Fallible {
        out.note_cancel("member is cancelled", sleep(ms(100_000)))
            .await;
        Ok(())
    }
    async fn owner(out: Out) {
        let clean_up = async {
            out.say("body is cancelled");
            sleep(ms(10)).await;
            out.say("body is clean");
        };
        let group = task_group(async |group| {
            group.spawn(member(out.clone()));
            finally(sleep(ms(50_000)), clean_up).await;
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
        end_of(task).await;
    });
}

#[test]
fn outside_cancel_and_failure() {
    async fn member(out: Out) -> Fallible {
        if catch_cancel(sleep(ms(100_000))).await.is_err() {
            out.say("member fails");
            return Err("member");
        }
        Ok(())
    }
    async fn owner(out: Out) {
        let group = task_group(async |group| {
            group.spawn(member(out.clone()));
            Ok(())
        });
        if let Err(error) = group.await {
            out.say(format!("group of {}", errors(&error)));
        }
        out.say(format!("requests on owner: {}", task::cancel_requests()));
        out.note_cancel("owner is cancelled", sleep(ms(10))).await;
        out.say("owner goes on");
    }
    check("groups/outside_cancel_and_failure", |out| async move {
        let task = spawn(owner(out.clone()));
        sleep(ms(10)).await;
        task.cancel();
        let task = end_of(task).await;
        out.say(format!("owner {}", how_cancelled(task).await));
    });
}

#[test]
fn outside_cancel_and_failure_in_one_turn() {
    async fn bad(out: Out, gate: Rc<Event>) -> Fallible {
        gate.wait().await;
        out.say("bad raises");
        Err("bad")
    }
    async fn owner(out: Out, gate: Rc<Event>) {
        let mut other = None;
        let group = task_group(async |group| {
            group.spawn(bad(out.clone(), gate));
            other = Some(group.spawn(async {
                sleep(ms(100_000)).await;
                Ok(())
            }));
            Ok(())
        });
        if let Err(error) = group.await {
            out.say(format!("group of {}", errors(&error)));
            out.say(format!("other {}", how_cancelled(other.unwrap()).await));
        }
        out.say(format!("requests on owner: {}", task::cancel_requests()));
        out.note_cancel("owner is cancelled", yield_now()).await;
        out.say("owner goes on");
    }
    let name = "groups/outside_cancel_and_failure_in_one_turn";
    check(name, |out| async move {
        let gate = Rc::new(Event::new());
        let task = spawn(owner(out.clone(), Rc::clone(&gate)));
        sleep(ms(10)).await;
        gate.set();
        task.cancel();
        let task = end_of(task).await;
        out.say(format!("owner {}", how_cancelled(task).await));
    });
}

#[test]
fn exit_waits_however_often_cancelled() {
    async fn member(out: Out) -> Fallible {
        let clean_up = async {
            out.say("member is cancelled");
            sleep(ms(50)).await;
            out.say("member is clean");
        };
        finally(sleep(ms(100_000)), clean_up).await;
        Ok(())
    }
    async fn owner(out: Out) {
        let group = task_group(async |group| {
            group.spawn(member(out.clone()));
            Ok(())
        });
        if let Err(cancelled) = catch_cancel(group).await {
            out.say("owner got CancelledError");
            cancelled.resume().await;
        }
    }
    let name = "groups/exit_waits_however_often_cancelled";
    check(name, |out| async move {
        let task = spawn(owner(out.clone()));
        for n in 1..4 {
            sleep(ms(10)).await;
            out.say(format!("cancel {n}"));
            task.cancel();
        }
        let task = end_of(task).await;
        out.say(format!("requests on owner: {}", task.cancel_requests()));
    });
}

#[test]
fn own_cancel_then_failure() {
    async fn owner(out: Out) {
        if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
            out.say("owner cleans up");
            let group = task_group(async |group| {
                group.spawn(bad());
                Ok(())
            });
            if let Err(error) = group.await {
                out.say(format!("group of {}", errors(&error)));
            }
            out.say(format!("requests on owner: {}", task::cancel_requests()));
            cancelled.resume().await;
        }
    }
    check("groups/own_cancel_then_failure", |out| async move {
        let task = spawn(owner(out.clone()));
        sleep(ms(5)).await;
        task.cancel();
        let task = end_of(task).await;
        out.say(format!("owner {}", how_cancelled(task).await));
    });
}

#[test]
fn own_cancel_waits_for_a_suspension() {
    async fn member(out: Out) -> Fallible {
        out.say("member runs");
        Ok(())
    }
    async fn owner(out: Out, members: u32) {
        let body = async {
            let group = task_group(async |group| {
                for _ in 0..members {
                    group.spawn(member(out.clone()));
                }
                cancel_current();
                out.say("body is over");
                Ok(())
            });
            group.await.unwrap();
            out.say("group is over");
            yield_now().await;
            out.say("not reached");
        };
        if let Err(cancelled) = catch_cancel(body).await {
            out.say("owner got CancelledError");
            cancelled.resume().await;
        }
    }
    let name = "groups/own_cancel_waits_for_a_suspension";
    check(name, |out| async move {
        for members in [0, 1] {
            out.say(format!("members: {members}"));
            end_of(spawn(owner(out.clone(), members))).await;
        }
    });
}

#[test]
fn member_cancels_the_owner() {
    type Owner = Rc<OnceCell<SharedHandle<()>>>;
    async fn member(out: Out, name: &'static str, delay: u64, owner: Option<Owner>) -> Fallible {
        let body = async {
            if let Some(owner) = owner {
                sleep(ms(10)).await;
                out.say(format!("{name} cancels the owner"));
                owner.get().unwrap().cancel();
            }
            sleep(ms(100_000)).await;
        };
        let clean_up = async {
            sleep(ms(delay)).await;
            out.say(format!("{name} is clean"));
        };
        finally(body, clean_up).await;
        Ok(())
    }
    async fn owner(out: Out, itself: Owner) {
        let group = task_group(async |group| {
            group.spawn(member(out.clone(), "quiet", 20, None));
            group.spawn(member(out.clone(), "rebel", 10, Some(itself)));
            Ok(())
        });
        if let Err(cancelled) = catch_cancel(group).await {
            out.say("owner got CancelledError");
            cancelled.resume().await;
        }
    }
    check("groups/member_cancels_the_owner", |out| async move {
        let itself = Owner::default();
        let task = spawn(owner(out.clone(), Rc::clone(&itself))).shared();
        itself.set(task.clone()).unwrap();
        let error = task.await.unwrap_err();
        out.say(match error.is_cancelled() {
            true => "owner cancelled",
            false => "owner not cancelled",
        });
    });
}

#[test]
fn owner_cancelled_before_its_member() {
    type Tasks = Rc<RefCell<Vec<JoinHandle<()>>>>;
    async fn member(out: Out) -> Fallible {
        let clean_up = async {
            out.say("clean-up starts");
            sleep(ms(10)).await;
            out.say("clean-up ends");
        };
        finally(sleep(ms(100_000)), clean_up).await;
        Ok(())
    }
    async fn owner(out: Out, tasks: Tasks) {
        let group = task_group(async |group| {
            let task = group.spawn(member(out.clone()));
            tasks.borrow_mut().push(task);
            Ok(())
        });
        group.await.unwrap();
    }
    check(
        "groups/owner_cancelled_before_its_member",
        |out| async move {
            let tasks = Tasks::default();
            let task = spawn(owner(out.clone(), Rc::clone(&tasks)));
            tasks.borrow_mut().push(task);
            sleep(ms(10)).await;
            for task in tasks.borrow().iter() {
                task.cancel();
            }
            let (tasks, _) = wait(tasks.take(), WaitMode::All).await;
            out.say(format!(
                "requests on member: {}",
                tasks[1].cancel_requests()
            ));
        },
    );
}

#[test]
fn member_cancelled_before_its_owner() {
    type Tasks = Rc<RefCell<Vec<JoinHandle<()>>>>;
    async fn member(out: Out) -> Fallible {
        let clean_up = async {
            out.say("clean-up starts");
            out.note_cancel("clean-up is cancelled", sleep(ms(10)))
                .await;
            out.say("clean-up ends");
        };
        finally(sleep(ms(100_000)), clean_up).await;
        Ok(())
    }
    async fn owner(out: Out, tasks: Tasks) {
        let group = task_group(async |group| {
            let task = group.spawn(member(out.clone()));
            tasks.borrow_mut().push(task);
            Ok(())
        });
        group.await.unwrap();
    }
    check(
        "groups/member_cancelled_before_its_owner",
        |out| async move {
            let tasks = Tasks::default();
            let task = spawn(owner(out.clone(), Rc::clone(&tasks)));
            tasks.borrow_mut().push(task);
            sleep(ms(10)).await;
            for task in tasks.borrow().iter().rev() {
                task.cancel();
            }
            let (tasks, _) = wait(tasks.take(), WaitMode::All).await;
            out.say(format!(
                "requests on member: {}",
                tasks[1].cancel_requests()
            ));
        },
    );
}

#[test]
fn nested_inner_fails() {
    async fn member<E>(out: Out, name: &'static str) -> Result<(), E> {
        out.note_cancel(format_args!("{name} is cancelled"), sleep(ms(100_000)))
            .await;
        Ok(())
    }
    check("groups/nested_inner_fails", |out| async move {
        let outer = task_group(async |outer| {
            outer.spawn(member(out.clone(), "outer member"));
            let inner = task_group(async |inner| {
                inner.spawn(member(out.clone(), "inner member"));
                inner.spawn(bad());
                Ok(())
            });
            inner.await
        });
        let error = outer.await.unwrap_err();
        out.say(format!("outer group of {}", error.errors().len()));
        if let MemberError::Failed(inner_error) = &error.errors()[0] {
            out.say(format!("inner group of {}", errors(inner_error)));
        }
        out.say(format!("requests on main: {}", task::cancel_requests()));
    });
}

#[test]
fn nested_inner_is_caught() {
    async fn member(out: Out) -> Fallible {
        sleep(ms(20)).await;
        out.say("outer member ends");
        Ok(())
    }
    check("groups/nested_inner_is_caught", |out| async move {
        let outer = task_group(async |outer| {
            outer.spawn(member(out.clone()));
            let inner = task_group(async |inner| {
                inner.spawn(bad());
                Ok(())
            });
            if let Err(error) = inner.await {
                out.say(format!("caught {}", errors(&error)));
            }
            sleep(ms(5)).await;
            out.say("outer body goes on");
            Ok(())
        });
        outer.await.unwrap();
        out.say("outer group is over");
    });
}

#[test]
fn nested_outer_fails() {
    async fn member(out: Out) -> Fallible {
        let clean_up = async {
            out.say("inner member is cancelled");
            sleep(ms(10)).await;
            out.say("inner member is clean");
        };
        finally(sleep(ms(100_000)), clean_up).await;
        Ok(())
    }
    async fn bad(out: Out) -> Fallible {
        sleep(ms(10)).await;
        out.say("outer member fails");
        Err("bad")
    }
    check("groups/nested_outer_fails", |out| async move {
        let outer = task_group(async |outer| {
            outer.spawn(bad(out.clone()));
            let inner = task_group(async |inner| {
                inner.spawn(member(out.clone()));
                Ok(())
            });
            if let Err(cancelled) = catch_cancel(inner).await {
                out.say("inner group got CancelledError");
                cancelled.resume().await;
            }
            out.say("not reached");
            Ok(())
        });
        let error = outer.await.unwrap_err();
        out.say(format!("outer group of {}", errors(&error)));
        out.say(format!("requests on main: {}", task::cancel_requests()));
    });
}

#[test]
fn both_groups_fail() {
    async fn bad<E: From<&'static str>>(name: &'static str) -> Result<(), E> {
        yield_now().await;
        Err(name.into())
    }
    check("groups/both_groups_fail", |out| async move {
        let outer = task_group(async |outer| {
            outer.spawn(bad("outer"));
            let inner = task_group(async |inner| {
                inner.spawn(bad::<&str>("inner"));
                Ok(())
            });
            inner.await?;
            Ok(())
        });
        let error: GroupError<Box<dyn Error>> = outer.await.unwrap_err();
        for error in error.into_errors() {
            let MemberError::Failed(error) = error else {
                panic!("{error}");
            };
            match error.downcast_ref::<GroupError<&str>>() {
                Some(group) => out.say(format!("group of {}", errors(group))),
                None => out.say(format!("error {error}")),
            }
        }
        out.say(format!("requests on main: {}", task::cancel_requests()));
        yield_now().await;
        out.say("main is over");
    });
}

#[test]
fn time_limit_around() {
    async fn member(out: Out) -> Fallible {
        let clean_up = async {
            out.say("member is cancelled");
            sleep(ms(10)).await;
            out.say("member is clean");
        };
        finally(sleep(ms(100_000)), clean_up).await;
        Ok(())
    }
    check("groups/time_limit_around", |out| async move {
        let group = task_group(async |group| {
            group.spawn(member(out.clone()));
            Ok(())
        });
        if timeout(ms(10), group).await.is_err() {
            out.say(format!("main got TimeoutError at {}", out.now()));
        }
        out.say(format!("requests on main: {}", task::cancel_requests()));
    });
}

#[test]
fn time_limit_in_a_member() {
    async fn member() -> Result<(), Elapsed> {
        timeout(ms(10), sleep(ms(100_000))).await
    }
    async fn other(out: Out) -> Result<(), Elapsed> {
        if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
            out.say(format!("other is cancelled at {}", out.now()));
            cancelled.resume().await;
        }
        Ok(())
    }
    check("groups/time_limit_in_a_member", |out| async move {
        let group = task_group(async |group| {
            group.spawn(other(out.clone()));
            group.spawn(member());
            Ok(())
        });
        let error = group.await.unwrap_err();
        let names: Vec<_> = error.errors().iter().map(|_| "TimeoutError").collect();
        out.say(format!("group of {}", names.join(" ")));
    });
}

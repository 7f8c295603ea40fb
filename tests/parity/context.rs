//! Context variables: who sees what was set where.

use super::harness::{Out, boxed, check, ms, wait_all};
use roundelay::context::Context;
use roundelay::{
    ContextVar, Handle, JoinHandle, catch_cancel, gather, sleep, spawn, task_group, timeout,
    yield_now,
};

static VAR: ContextVar<&str> = ContextVar::new();

fn var() -> &'static str {
    VAR.get().unwrap_or("nothing")
}

#[test]
fn copied_at_call_soon() {
    fn show(out: &Out, label: &'static str) -> impl FnOnce() + 'static {
        let out = out.clone();
        move || {
            out.say(format!("{label} {}", var()));
            VAR.set(label);
        }
    }
    check("context/copied_at_call_soon", |out| async move {
        let handle = Handle::current();
        handle.call_soon(show(&out, "first"));
        handle.call_later(ms(10), show(&out, "timer"));
        VAR.set("main's");
        handle.call_soon(show(&out, "second"));
        VAR.set("newer");
        sleep(ms(20)).await;
        out.say(format!("main has {}", var()));
    });
}

#[test]
fn copied_at_spawn() {
    async fn child(out: Out) {
        out.say(format!("child starts with {}", var()));
        VAR.set("child's");
        yield_now().await;
        out.say(format!("child ends with {}", var()));
    }
    check("context/copied_at_spawn", |out| async move {
        let early = spawn(child(out.clone()));
        VAR.set("main's");
        let late = spawn(child(out.clone()));
        VAR.set("newer");
        wait_all([early, late]).await;
        out.say(format!("main has {}", var()));
    });
}

#[test]
fn done_callback() {
    async fn child() {
        VAR.set("child's");
        yield_now().await;
    }
    fn show(out: &Out, task: &JoinHandle<()>) {
        let out = out.clone();
        task.on_done(move || out.say(format!("callback sees {}", var())));
    }
    check("context/done_callback", |out| async move {
        let task = spawn(child());
        show(&out, &task);
        VAR.set("main's");
        show(&out, &task);
        task.await.unwrap();
        yield_now().await;
    });
}

#[test]
fn grandchildren() {
    static DEPTH: ContextVar<u32> = ContextVar::new();
    async fn node(out: Out, name: String, children: &'static [&'static str]) -> Result<(), String> {
        DEPTH.set(DEPTH.get().unwrap_or(0) + 1);
        out.say(format!("{name} at depth {}", DEPTH.get().unwrap()));
        let group = task_group(async |group| {
            for child in children {
                let node = node(out.clone(), format!("{name}{child}"), &children[1..]);
                group.spawn(boxed(node));
            }
            Ok::<(), String>(())
        });
        group.await.unwrap();
        out.say(format!("{name} leaves depth {}", DEPTH.get().unwrap()));
        Ok(())
    }
    check("context/grandchildren", |out| async move {
        node(out.clone(), "r".to_owned(), &["a", "b"])
            .await
            .unwrap();
        out.say(format!("main at depth {}", DEPTH.get().unwrap()));
    });
}

#[test]
fn kept_through_cancel() {
    async fn child(out: Out) {
        VAR.set("child's");
        if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
            out.say(format!("clean-up has {}", var()));
            cancelled.resume().await;
        }
    }
    check("context/kept_through_cancel", |out| async move {
        VAR.set("main's");
        let task = spawn(child(out.clone()));
        yield_now().await;
        task.cancel();
        wait_all([task]).await;
        out.say(format!("main has {}", var()));
    });
}

#[test]
fn plain_await_shares() {
    async fn change(value: &'static str) {
        yield_now().await;
        VAR.set(value);
    }
    check("context/plain_await_shares", |out| async move {
        change("awaited").await;
        out.say(format!("main has {}", var()));
        spawn(change("spawned")).await.unwrap();
        out.say(format!("main has {}", var()));
        timeout(ms(1000), change("in a time limit")).await.unwrap();
        out.say(format!("main has {}", var()));
    });
}

#[test]
fn reset() {
    check("context/reset", |out| async move {
        let first = VAR.set("one");
        let second = VAR.set("two");
        out.say(format!("value {}", var()));
        yield_now().await;
        VAR.reset(second);
        out.say(format!("value {}", var()));
        VAR.reset(first);
        out.say(format!("value {}", var()));
    });
}

#[test]
fn run_in_a_copy() {
    fn change(out: &Out, value: &'static str) {
        out.say(format!("inside before {}", var()));
        VAR.set(value);
        out.say(format!("inside after {}", var()));
    }
    check("context/run_in_a_copy", |out| async move {
        VAR.set("main's");
        let mut copy = Context::copy();
        VAR.set("newer");
        copy.run(|| change(&out, "one"));
        copy.run(|| change(&out, "two"));
        out.say(format!("main has {}", var()));
    });
}

#[test]
fn tasks_are_isolated() {
    async fn user(out: Out, name: &'static str) {
        VAR.set(name);
        for _ in 0..2 {
            yield_now().await;
            out.say(format!("{name} has {}", var()));
        }
    }
    check("context/tasks_are_isolated", |out| async move {
        let users = ["a", "b", "c"].map(|name| user(out.clone(), name));
        gather(users).await.unwrap();
        out.say(format!("main has {}", var()));
    });
}

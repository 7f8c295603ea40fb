//! Tasks: first steps, joins, done callbacks, order.

use super::harness::{Out, check, ms, py, was_cancelled};
use roundelay::sync::Promise;
use roundelay::task::SharedHandle;
use roundelay::{
    Handle, JoinHandle, TaskId, catch_cancel, gather_handles, sleep, spawn, spawn_eager, task,
    yield_now,
};
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;

type Recursive<T> = Pin<Box<dyn Future<Output = T>>>;

/// What prints a line when it is called.
fn print(out: &Out, line: &'static str) -> impl FnOnce() + use<> {
    let out = out.clone();
    move || out.say(line)
}

#[test]
fn await_of_a_plain_coroutine() {
    fn inner(out: Out, depth: u32) -> Recursive<u32> {
        Box::pin(async move {
            if depth > 0 {
                return inner(out, depth - 1).await + 1;
            }
            out.say("innermost");
            0
        })
    }
    check("tasks/await_of_a_plain_coroutine", |out| async move {
        Handle::current().call_soon(print(&out, "callback"));
        out.say(format!("depth {}", inner(out.clone(), 5).await));
        out.say(format!("depth {}", inner(out.clone(), 2).await));
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn current_task() {
    fn who(main: Option<TaskId>) -> &'static str {
        match task::current() {
            None => "nobody",
            current if current == main => "main",
            _ => "child",
        }
    }
    check("tasks/current_task", |out| async move {
        let main = task::current();
        let child = {
            let out = out.clone();
            async move {
                out.say(format!("child step: {}", who(main)));
                let callback = out.clone();
                Handle::current().call_soon(move || {
                    callback.say(format!("callback of the child: {}", who(main)));
                });
                yield_now().await;
                out.say(format!("child step: {}", who(main)));
            }
        };
        let task = spawn(child);
        let callback = out.clone();
        task.on_done(move || callback.say(format!("done callback: {}", who(main))));
        out.say(format!("main step: {}", who(main)));
        task.await.unwrap();
        out.say(format!("main step: {}", who(main)));
    });
}

#[test]
fn detached() {
    async fn background(out: Out) {
        for n in 0..3 {
            sleep(ms(10)).await;
            out.say(format!("background {n} at {}", out.now()));
        }
    }
    check("tasks/detached", |out| async move {
        let task = spawn(background(out.clone()));
        for delay in [25, 10] {
            sleep(ms(delay)).await;
            let (now, done) = (out.now(), py(task.is_finished()));
            out.say(format!("main at {now} background done: {done}"));
        }
    });
}

#[test]
fn done_callback_between_joiners() {
    async fn child(out: Out) {
        yield_now().await;
        yield_now().await;
        out.say("child ends");
    }
    async fn joiner(out: Out, name: &str, task: SharedHandle<()>) {
        task.await.unwrap();
        out.say(name);
    }
    check("tasks/done_callback_between_joiners", |out| async move {
        let task = spawn(child(out.clone())).shared();
        let first = spawn(joiner(out.clone(), "first joiner", task.clone()));
        yield_now().await;
        task.on_done(print(&out, "callback"));
        let second = spawn(joiner(out.clone(), "second joiner", task));
        first.await.unwrap();
        second.await.unwrap();
        out.say("end");
    });
}

#[test]
fn done_callbacks() {
    async fn child(out: Out) {
        out.say("child ends");
        Handle::current().call_soon(print(&out, "queued by the child's last step"));
    }
    check("tasks/done_callbacks", |out| async move {
        let task = spawn(child(out.clone()));
        task.on_done(print(&out, "first callback"));
        task.on_done(print(&out, "second callback"));
        yield_now().await;
        task.on_done(print(&out, "registered after the end"));
        out.say(format!("main, done: {}", py(task.is_finished())));
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn error_reaches_every_joiner() {
    type Failing = SharedHandle<Result<(), &'static str>>;
    async fn fails() -> Result<(), &'static str> {
        yield_now().await;
        Err("broken")
    }
    async fn joiner(out: Out, name: &str, task: Failing) {
        if let Err(error) = task.await.unwrap() {
            out.say(format!("{name} got ValueError {error}"));
        }
    }
    check("tasks/error_reaches_every_joiner", |out| async move {
        let task = spawn(fails()).shared();
        let one = spawn(joiner(out.clone(), "early", task.clone()));
        joiner(out.clone(), "main", task.clone()).await;
        one.await.unwrap();
        joiner(out.clone(), "late", task.clone()).await;
        out.say(format!("cancelled: {}", was_cancelled(&task)));
    });
}

#[test]
fn join_a_finished_task() {
    async fn child(out: Out) -> u32 {
        out.say("child");
        7
    }
    check("tasks/join_a_finished_task", |out| async move {
        let task = spawn(child(out.clone())).shared();
        yield_now().await;
        Handle::current().call_soon(print(&out, "callback"));
        out.say(format!("done: {}", py(task.is_finished())));
        out.say(format!("joined {}", task.clone().await.unwrap()));
        out.say(format!("joined again {}", task.await.unwrap()));
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn ping_pong() {
    type Futures = Vec<Rc<Promise<()>>>;
    async fn player(out: Out, name: &str, start: u64, mine: Futures, theirs: Futures) {
        for (n, (mine, theirs)) in mine.iter().zip(&theirs).enumerate() {
            mine.wait().await.unwrap();
            out.say(format!("{name} {n} in turn {}", out.turns() - start));
            theirs.set(()).unwrap();
        }
    }
    check("tasks/ping_pong", |out| async move {
        let start = out.turns();
        let to_ping: Futures = (0..4).map(|_| Rc::default()).collect();
        let to_pong: Futures = (0..3).map(|_| Rc::default()).collect();
        let (first, later) = (to_ping[..3].to_vec(), to_ping[1..].to_vec());
        let ping = spawn(player(out.clone(), "ping", start, first, to_pong.clone()));
        let pong = spawn(player(out.clone(), "pong", start, to_pong, later));
        yield_now().await;
        yield_now().await;
        to_ping[0].set(()).unwrap();
        ping.await.unwrap();
        pong.await.unwrap();
        out.say(format!("end in turn {}", out.turns() - start));
    });
}

#[test]
fn several_joiners() {
    async fn joiner(out: Out, name: &str, target: Rc<Promise<&str>>) {
        out.say(format!("{name} waits"));
        out.say(format!("{name} has {}", target.wait().await.unwrap()));
    }
    check("tasks/several_joiners", |out| async move {
        let target = Rc::new(Promise::new());
        let mut tasks = Vec::new();
        for name in ["one", "two", "three"] {
            tasks.push(spawn(joiner(out.clone(), name, Rc::clone(&target))));
        }
        yield_now().await;
        target.set("value").unwrap();
        out.say("set");
        out.say(format!("main has {}", target.wait().await.unwrap()));
        for task in tasks {
            task.await.unwrap();
        }
        out.say("end");
    });
}

#[test]
fn sleepers() {
    async fn sleeper(out: Out, name: &'static str, delays: &[u64]) -> &'static str {
        for &delay in delays {
            sleep(ms(delay)).await;
            out.say(format!("{name} at {}", out.now()));
        }
        name
    }
    check("tasks/sleepers", |out| async move {
        let tasks = [
            spawn(sleeper(out.clone(), "a", &[50, 50])),
            spawn(sleeper(out.clone(), "b", &[30, 30, 30])),
            spawn(sleeper(out.clone(), "c", &[70])),
            spawn(sleeper(out.clone(), "d", &[0, 10])),
        ];
        for task in tasks {
            let name = task.await.unwrap();
            out.say(format!("joined {name} at {}", out.now()));
        }
    });
}

#[test]
fn spawn_breadth_first() {
    fn node(out: Out, name: String, depth: u32) -> Recursive<()> {
        Box::pin(async move {
            out.say(format!("node {name}"));
            let mut children = Vec::new();
            if depth > 0 {
                for side in ["l", "r"] {
                    children.push(spawn(node(out.clone(), name.clone() + side, depth - 1)));
                }
            }
            for child in children {
                child.await.unwrap();
            }
            out.say(format!("end of {name}"));
        })
    }
    check("tasks/spawn_breadth_first", |out| async move {
        node(out, "t".to_owned(), 2).await;
    });
}

#[test]
fn spawn_runs_later() {
    async fn child(out: Out, n: u32) -> u32 {
        out.say(format!("child {n} begins"));
        yield_now().await;
        out.say(format!("child {n} ends"));
        n * 10
    }
    check("tasks/spawn_runs_later", |out| async move {
        let tasks = [0, 1, 2].map(|n| spawn(child(out.clone(), n)));
        out.say(format!("spawned, done: {}", py(tasks[0].is_finished())));
        yield_now().await;
        out.say("after one turn");
        for task in tasks.into_iter().rev() {
            out.say(format!("joined {}", task.await.unwrap()));
        }
    });
}

#[test]
fn yield_rotation() {
    async fn worker(out: Out, name: &str, steps: u32) {
        for n in 0..steps {
            out.say(format!("{name} {n}"));
            yield_now().await;
        }
        out.say(format!("{name} ends"));
    }
    check("tasks/yield_rotation", |out| async move {
        let workers = [("a", 3), ("b", 1), ("c", 2)];
        for task in workers.map(|(name, steps)| spawn(worker(out.clone(), name, steps))) {
            task.await.unwrap();
            out.say("joined");
        }
    });
}

#[test]
fn eager_cancelled() {
    async fn child(out: Out) {
        let body = async {
            out.say("child begins");
            sleep(ms(10_000)).await;
        };
        if let Err(cancelled) = catch_cancel(body).await {
            out.say("child is cancelled");
            cancelled.resume().await;
        }
    }
    check("tasks/eager_cancelled", |out| async move {
        let task = spawn_eager(child(out.clone()));
        out.say(format!("cancel: {}", py(task.cancel())));
        let cancelled = task.await.is_err_and(|error| error.is_cancelled());
        out.say(format!("joined, cancelled: {}", py(cancelled)));
    });
}

#[test]
fn eager_current_task() {
    async fn inner(out: Out, spawner: Option<roundelay::TaskId>) {
        let me = task::current();
        out.say(format!("inner is the spawner: {}", py(me == spawner)));
        yield_now().await;
        out.say(format!("inner is itself: {}", py(task::current() == me)));
    }
    async fn outer(out: Out, spawner: Option<roundelay::TaskId>) {
        let me = task::current();
        out.say(format!("outer is the spawner: {}", py(me == spawner)));
        let task = spawn_eager(inner(out.clone(), me));
        let itself = py(task::current() == me);
        out.say(format!("outer is itself after the spawn: {itself}"));
        task.await.unwrap();
        out.say(format!("outer is itself: {}", py(task::current() == me)));
    }
    check("tasks/eager_current_task", |out| async move {
        let me = task::current();
        let task = spawn_eager(outer(out.clone(), me));
        let itself = py(task::current() == me);
        out.say(format!("main is itself after the spawn: {itself}"));
        task.await.unwrap();
        out.say(format!("main is itself: {}", py(task::current() == me)));
    });
}

#[test]
fn eager_first_step() {
    async fn child(out: Out, name: &str) -> &str {
        out.say(format!("{name} begins"));
        yield_now().await;
        out.say(format!("{name} goes on"));
        name
    }
    check("tasks/eager_first_step", |out| async move {
        Handle::current().call_soon(print(&out, "callback"));
        let lazy = spawn(child(out.clone(), "lazy"));
        let eager = spawn_eager(child(out.clone(), "eager"));
        out.say("both are spawned");
        out.say(format!("joined {}", lazy.await.unwrap()));
        out.say(format!("joined {}", eager.await.unwrap()));
    });
}

#[test]
fn eager_gather() {
    async fn nothing(out: Out, n: u32) -> u32 {
        out.say(format!("runs {n}"));
        n
    }
    async fn yields(n: u32) -> u32 {
        yield_now().await;
        n
    }
    check("tasks/eager_gather", |out| async move {
        let together = |members| async {
            let before = out.turns();
            let values = gather_handles::<u32>(members).await.unwrap();
            out.say(format!("{} {}", values[0], values[1]));
            out.say(format!("turns: {}", out.turns() - before));
        };
        let [one, two] = [1, 2].map(|n| spawn_eager(nothing(out.clone(), n)));
        together([one, two]).await;
        let three = spawn_eager(nothing(out.clone(), 3));
        together([three, spawn_eager(yields(4))]).await;
    });
}

#[test]
fn eager_spawns_eager() {
    fn node(out: Out, name: String, depth: u32) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async move {
            out.say(format!("node {name}"));
            let mut children = Vec::new();
            if depth > 0 {
                for side in ["l", "r"] {
                    let child = node(out.clone(), name.clone() + side, depth - 1);
                    children.push(spawn_eager(child));
                }
            }
            for child in children {
                child.await.unwrap();
            }
            out.say(format!("end of {name}"));
        })
    }
    check("tasks/eager_spawns_eager", |out| async move {
        spawn_eager(node(out, "t".to_owned(), 2)).await.unwrap();
    });
}

#[test]
fn eager_without_suspending() {
    async fn child(out: Out, n: u32) -> u32 {
        out.say(format!("child {n}"));
        n
    }
    check("tasks/eager_without_suspending", |out| async move {
        Handle::current().call_soon(print(&out, "callback"));
        let task = spawn_eager(child(out.clone(), 1));
        out.say(format!("done: {}", py(task.is_finished())));
        let before = out.turns();
        let one = task.await.unwrap();
        let two = spawn_eager(child(out.clone(), 2)).await.unwrap();
        out.say(format!("joined {one} and {two}"));
        out.say(format!("turns: {}", out.turns() - before));
        yield_now().await;
        out.say("end");
    });
}

#[test]
fn names() {
    type Named = Rc<RefCell<Option<JoinHandle<()>>>>;
    fn my_name() -> String {
        let tasks = task::tasks();
        let me = tasks.iter().find(|task| Some(task.id()) == task::current());
        me.unwrap().name().to_owned()
    }
    async fn helper() -> String {
        my_name()
    }
    fn name(task: &Named) -> String {
        task.borrow().as_ref().unwrap().name()
    }
    /// A task is named by its handle, which it gets here.
    fn spawn_named(name: &str, body: impl FnOnce(Named) -> Body) -> Named {
        let me = Named::default();
        let task = spawn(body(me.clone()));
        task.set_name(name);
        *me.borrow_mut() = Some(task);
        me
    }
    type Body = Pin<Box<dyn Future<Output = ()>>>;
    async fn child(out: Out, me: Named) {
        out.say(format!("in the task: {}", my_name()));
        let name = helper().await;
        out.say(format!("in a coroutine of the task: {name}"));
        me.borrow().as_ref().unwrap().set_name("renamed");
        yield_now().await;
        out.say(format!("after renaming: {}", my_name()));
    }
    async fn main(out: Out) {
        let task = spawn_named("child", |me| Box::pin(child(out.clone(), me)));
        out.say(format!("before its first step: {}", name(&task)));
        while !task.borrow().as_ref().unwrap().is_finished() {
            yield_now().await;
        }
        out.say(format!("after its end: {}", name(&task)));
        out.say(format!("and here: {}", my_name()));
    }
    check("tasks/names", |out| async move {
        let main = spawn_named("main", |_| Box::pin(main(out)));
        let main = main.take().unwrap();
        main.await.unwrap();
    });
}

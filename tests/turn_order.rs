//! The order of events, recorded and compared with what CPython prints for the same program.
//!
//! Each test is a program of the project's asyncio scenarios; the expected lines are CPython's own output.

#[path = "support/trace.rs"]
mod trace;

use roundelay::sync::Queue;
use roundelay::{
    Handle, JoinHandle, WaitMode, gather, gather_handles, sleep, spawn, timeout, try_gather, wait,
    yield_now,
};
use std::rc::Rc;
use std::time::Duration;
use trace::{Trace, expect, expect_with};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn callbacks_and_tasks_share_one_first_in_first_out_list() {
    async fn program(out: Trace) {
        let handle = Handle::current();
        let say = |line: &'static str| {
            let out = out.clone();
            move || out.say(line)
        };
        handle.call_soon(say("callback 1"));
        drop(spawn({
            let say = say("child 1");
            async move { say() }
        }));
        handle.call_soon({
            let (handle, say) = (handle.clone(), say("callback queued by a callback"));
            move || {
                handle.call_soon(say);
            }
        });
        drop(spawn({
            let say = say("child 2");
            async move { say() }
        }));
        out.say("nothing has run yet");
        yield_now().await;
        out.say("first batch is over");
        yield_now().await;
        out.say("second batch is over");
    }
    expect(
        program,
        "
nothing has run yet
callback 1
child 1
child 2
first batch is over
callback queued by a callback
second batch is over",
    );
}

#[test]
fn tasks_run_side_by_side_and_joining_gives_the_value() {
    async fn say_after(out: Trace, delay: u64, what: &'static str) -> usize {
        out.say(format!("begin {what}"));
        sleep(ms(delay)).await;
        out.say(format!("say {what}"));
        what.len()
    }
    async fn program(out: Trace) {
        let first = spawn(say_after(out.clone(), 60, "hello"));
        let second = spawn(say_after(out.clone(), 30, "world!"));
        out.say("both spawned");
        out.say(first.await.unwrap());
        out.say(format!("second is done already: {}", second.is_finished()));
        out.say(second.await.unwrap());
    }
    expect(
        program,
        "
both spawned
begin hello
begin world!
say world!
say hello
5
second is done already: true
6",
    );
}

#[test]
fn a_yield_puts_a_task_at_the_end_of_the_list() {
    async fn step(out: Trace, name: &'static str, count: u32) {
        for n in 0..count {
            out.say(format!("{name} {n}"));
            yield_now().await;
        }
    }
    async fn program(out: Trace) {
        let a = spawn(step(out.clone(), "a", 3));
        let b = spawn(step(out.clone(), "b", 2));
        out.say("main waits for b");
        b.await.unwrap();
        out.say("main waits for a");
        a.await.unwrap();
        out.say("end");
    }
    expect(
        program,
        "
main waits for b
a 0
b 0
a 1
b 1
a 2
main waits for a
end",
    );
}

#[test]
fn timers_fire_by_deadline_and_a_cancelled_one_never() {
    async fn program(out: Trace) {
        let handle = Handle::current();
        let later = |delay, line: &'static str| {
            let out = out.clone();
            handle.call_later(ms(delay), move || out.say(line))
        };
        later(60, "60 ms");
        later(30, "30 ms");
        let gone = later(40, "never");
        later(0, "0 ms");
        let soon = out.clone();
        handle.call_soon(move || soon.say("soon"));
        gone.cancel();
        out.say("armed");
        sleep(ms(100)).await;
        out.say("end");
    }
    expect(
        program,
        "
armed
soon
0 ms
30 ms
60 ms
end",
    );
}

#[test]
fn gather_gives_results_by_position_or_the_first_error_or_all_outcomes() {
    async fn job(out: Trace, n: i32, turns: u32, fail: bool) -> Result<i32, i32> {
        for _ in 0..turns {
            yield_now().await;
        }
        out.say(format!("job {n} ends"));
        if fail { Err(n) } else { Ok(n) }
    }
    async fn program(out: Trace) {
        let job = |n, turns, fail| job(out.clone(), n, turns, fail);
        let all = try_gather([job(1, 3, false), job(2, 1, false), job(3, 2, false)]).await;
        out.say(format!("{:?}", all.unwrap()));
        match try_gather([job(4, 1, true), job(5, 9, false)]).await {
            Err(roundelay::task::GatherError::Failed { error, .. }) => {
                out.say(format!("first error: {error}"))
            }
            other => panic!("{other:?}"),
        }
        let outcomes = gather([job(6, 1, true), job(7, 2, false)]).await.unwrap();
        out.say(format!("{outcomes:?}"));
        // CPython prints job 5's line while asyncio.run cancels what is left; here it still ends by itself, in the
        // turns that follow.
        for _ in 0..3 {
            yield_now().await;
        }
    }
    expect(
        program,
        "
job 2 ends
job 3 ends
job 1 ends
[1, 2, 3]
job 4 ends
first error: 4
job 6 ends
job 7 ends
[Err(6), Ok(7)]
job 5 ends",
    );
}

#[test]
fn wait_stops_at_the_first_that_ended_and_leaves_the_rest() {
    async fn nap(out: Trace, delay: u64) {
        out.say(format!("Start sleep {delay}"));
        sleep(ms(delay)).await;
        out.say(format!("Stop sleep {delay}"));
    }
    async fn program(out: Trace) {
        let tasks: Vec<JoinHandle<()>> =
            [250, 50].map(|delay| spawn(nap(out.clone(), delay))).into();
        let (done, pending) = wait(tasks, WaitMode::FirstCompleted).await;
        out.say(format!("{} done {} pending", done.len(), pending.len()));
        for task in &pending {
            task.cancel();
        }
        yield_now().await;
        let mut cancelled = Vec::new();
        for task in pending.into_iter().chain(done) {
            cancelled.push(task.await.is_err_and(|error| error.is_cancelled()));
        }
        out.say(format!("{cancelled:?}"));
    }
    expect(
        program,
        "
Start sleep 250
Start sleep 50
Stop sleep 50
1 done 1 pending
[true, false]",
    );
}

#[test]
fn a_timeout_gives_the_value_in_time_or_drops_the_future() {
    /// Says so when it is dropped before it was told that all went well.
    struct Sleeping(Trace, u64, bool);
    impl Drop for Sleeping {
        fn drop(&mut self) {
            if !self.2 {
                self.0.say(format!("cancelled while sleeping {}", self.1));
            }
        }
    }
    async fn slow(out: Trace, delay: u64) -> String {
        let mut guard = Sleeping(out, delay, false);
        sleep(ms(delay)).await;
        guard.2 = true;
        format!("slept {delay}")
    }
    async fn program(out: Trace) {
        out.say(timeout(ms(1000), slow(out.clone(), 10)).await.unwrap());
        if timeout(ms(30), slow(out.clone(), 1000)).await.is_err() {
            out.say("time-out");
        }
        let block = timeout(ms(30), async {
            slow(out.clone(), 2000).await;
        });
        if block.await.is_err() {
            out.say("time-out of the block");
        }
    }
    expect(
        program,
        "
slept 10
cancelled while sleeping 1000
time-out
cancelled while sleeping 2000
time-out of the block",
    );
}

#[test]
fn queue_workers_share_the_items_and_join_waits_for_all() {
    async fn worker(out: Trace, name: String, queue: Rc<Queue<u64>>) {
        loop {
            let delay = queue.get().await.unwrap();
            sleep(ms(delay)).await;
            out.say(format!("{name} slept for {delay}"));
            queue.task_done();
        }
    }
    async fn program(out: Trace) {
        let queue = Rc::new(Queue::unbounded());
        let workers: Vec<_> = [1, 2]
            .map(|n| {
                spawn(worker(
                    out.clone(),
                    format!("worker-{n}"),
                    Rc::clone(&queue),
                ))
            })
            .into();
        for delay in [270, 90, 360] {
            queue.try_put(delay).unwrap();
        }
        queue.join().await;
        out.say("queue is empty and processed");
        for worker in &workers {
            worker.cancel();
        }
        let outcomes = gather_handles(workers).settled().await;
        let names: Vec<_> = outcomes
            .iter()
            .map(|o| {
                if o.as_ref().is_err_and(|e| e.is_cancelled()) {
                    "CancelledError"
                } else {
                    "?"
                }
            })
            .collect();
        out.say(format!("{names:?}"));
    }
    expect(
        program,
        r#"
worker-2 slept for 90
worker-1 slept for 270
worker-2 slept for 360
queue is empty and processed
["CancelledError", "CancelledError"]"#,
    );
}

/// Counts the turns of the loop with a callback that queues itself again.
#[derive(Clone)]
struct Turns(Rc<std::cell::Cell<u32>>);

impl Turns {
    fn count() -> Self {
        fn tick(handle: &Handle, count: &Rc<std::cell::Cell<u32>>) {
            count.set(count.get() + 1);
            let (again, count) = (handle.clone(), Rc::clone(count));
            handle.call_soon(move || tick(&again, &count));
        }
        let turns = Turns(Rc::default());
        let (handle, count) = (Handle::current(), Rc::clone(&turns.0));
        Handle::current().call_soon(move || tick(&handle, &count));
        turns
    }

    async fn of(&self, f: impl Future) -> u32 {
        let before = self.0.get();
        f.await;
        self.0.get() - before
    }
}

async fn nothing() {}

#[test]
fn each_await_costs_as_many_turns_as_in_cpython() {
    async fn program(out: Trace) {
        let turns = Turns::count();
        yield_now().await;
        let say = |what: &str, count: u32| out.say(format!("{what}: {count}"));
        say("plain await", turns.of(async {}).await);
        say("sleep(0)", turns.of(sleep(Duration::ZERO)).await);
        say(
            "sleep(tiny)",
            turns.of(sleep(Duration::from_nanos(1))).await,
        );
        say(
            "spawn and join",
            turns.of(async { spawn(async {}).await.unwrap() }).await,
        );
        say(
            "join a task of three yields",
            turns
                .of(async {
                    spawn(async {
                        for _ in 0..3 {
                            yield_now().await;
                        }
                    })
                    .await
                    .unwrap();
                })
                .await,
        );
        say(
            "gather of nothing",
            turns.of(gather(Vec::<std::future::Ready<()>>::new())).await,
        );
        say(
            "gather of two",
            turns
                .of(async { gather([nothing(), nothing()]).await })
                .await,
        );
        let nested = async { gather([async { gather([async {}]).await.unwrap() }]).await };
        say("gather of a task that gathers", turns.of(nested).await);
        let done = spawn(async {});
        yield_now().await;
        say(
            "join of a done task",
            turns.of(async { done.await.unwrap() }).await,
        );
        let done = spawn(async {});
        yield_now().await;
        say(
            "gather of a done task",
            turns.of(gather_handles([done])).await,
        );
        say(
            "wait of fresh tasks",
            turns
                .of(wait(vec![spawn(async {}), spawn(async {})], WaitMode::All))
                .await,
        );
        let done = spawn(async {});
        yield_now().await;
        say(
            "wait of a done task",
            turns.of(wait(vec![done], WaitMode::All)).await,
        );
        let first = async { roundelay::as_completed([nothing(), nothing()]).next().await };
        say("as_completed, first of fresh tasks", turns.of(first).await);
        let queue = Rc::new(Queue::unbounded());
        queue.try_put(()).unwrap();
        say("get with an item", turns.of(queue.get()).await);
        let putter = Rc::clone(&queue);
        let fed = async {
            Handle::current().call_soon(move || putter.try_put(()).unwrap());
            queue.get().await
        };
        say("get fed by a callback", turns.of(fed).await);
        say(
            "timeout around a ready future",
            turns.of(timeout(ms(5), async {})).await,
        );
        say(
            "timeout(0) around a pending one",
            turns
                .of(timeout(Duration::ZERO, std::future::pending::<()>()))
                .await,
        );
        say(
            "timeout(0) around a yield",
            turns.of(timeout(Duration::ZERO, yield_now())).await,
        );
    }
    // The callback that counts is always ready, so that a virtual clock would stand still.
    expect_with(
        false,
        program,
        "
plain await: 0
sleep(0): 1
sleep(tiny): 2
spawn and join: 2
join a task of three yields: 5
gather of nothing: 0
gather of two: 3
gather of a task that gathers: 6
join of a done task: 0
gather of a done task: 0
wait of fresh tasks: 3
wait of a done task: 2
as_completed, first of fresh tasks: 3
get with an item: 0
get fed by a callback: 2
timeout around a ready future: 0
timeout(0) around a pending one: 2
timeout(0) around a yield: 1",
    );
}

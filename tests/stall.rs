//! Steps that hold up the loop: which it was, why it took so long, and whom it hurt.

mod support;

use roundelay::trace::stall::{Stall, Verdict};
use roundelay::{Builder, Runtime, sleep, spawn, yield_now};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use support::leak_free;

const LIMIT: Duration = Duration::from_millis(50);
/// Much longer than the limit.
const LONG: Duration = Duration::from_millis(250);

fn watched() -> (Builder, Receiver<Stall>) {
    let (tell, told) = channel();
    let builder = Runtime::builder()
        .stall_after(LIMIT)
        .on_stall(move |stall| tell.send(stall.clone()).unwrap());
    (builder, told)
}

/// Runs, and gives what was told, but for what a busy machine has held up.
fn stalls_of<F: Future>(main: impl FnOnce() -> F) -> Vec<Stall> {
    let mut stalls = leak_free(|| told_of(LIMIT, main));
    stalls.retain(is_the_programs);
    stalls
}

fn is_the_programs(stall: &Stall) -> bool {
    stall.verdict() != Verdict::NotRun
}

fn told_of<F: Future>(limit: Duration, main: impl FnOnce() -> F) -> Vec<Stall> {
    let (builder, told) = watched();
    let runtime = builder.stall_after(limit).build().unwrap();
    runtime.run(main());
    drop(runtime);
    told.iter().collect()
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Computes for so long, and says whether the machine ran it for most of that time.
#[inline(never)]
fn spin_for(length: Duration) -> bool {
    let (start, ran) = (Instant::now(), cpu());
    while cpu() - ran < length {
        std::hint::spin_loop();
    }
    (cpu() - ran).mul_f64(1.5) > start.elapsed()
}

#[inline(never)]
fn sleep_in_the_way() {
    thread::sleep(LONG);
}

/// Whether a report's stack has a function, if it has one at all.
fn is_in(stall: &Stall, function: &str) -> bool {
    !cfg!(feature = "stall")
        || stall
            .stack()
            .iter()
            .any(|frame| frame.function().contains(function))
}

#[test]
fn a_step_that_computes_is_busy() {
    const SPIN: Duration = Duration::from_millis(20);
    leak_free(|| {
        let (builder, told) = watched();
        let runtime = builder
            .stall_after(Duration::from_millis(5))
            .build()
            .unwrap();
        let patience = Instant::now() + Duration::from_secs(120);
        loop {
            let is_fair = runtime.run(async { spin_for(SPIN) });
            // On a busy machine a callback may be kept waiting, too.
            let is_of_task = |stall: &Stall| stall.is_over() && stall.task().is_some();
            let stall = told.iter().find(is_of_task).unwrap();
            assert!(stall.cpu() >= SPIN, "{stall:?}");
            // If others had the processor, that is what it says.
            assert_ne!(stall.verdict(), Verdict::Blocked, "{stall:?}");
            let is_seen = !cfg!(feature = "stall") || !stall.stack().is_empty();
            if is_fair && is_seen && stall.verdict() == Verdict::Busy {
                assert!(is_in(&stall, "spin_for"), "{stall:?}");
                let text = stall.to_string();
                let place = ": busy), in its first step, spawned at tests/stall.rs:";
                assert!(text.contains(place), "{text}");
                assert!(text.ends_with("with `yield_now` in between"), "{text}");
                return;
            }
            assert!(Instant::now() < patience, "never busy: {stall:?}");
        }
    });
}

#[test]
fn a_step_that_sleeps_is_blocked_and_names_its_line_and_its_victims() {
    const LINE: u32 = line!() + 6;
    let stalls = stalls_of(|| async {
        let late = spawn(sleep(LIMIT));
        late.set_name("late");
        yield_now().await;
        let culprit = spawn(async {
            yield_now().await;
            sleep_in_the_way();
        });
        culprit.set_name("culprit");
        yield_now().await;
        let ready = spawn(async {});
        ready.set_name("ready");
        let (culprit, ready, late) = (culprit.await, ready.await, late.await);
        culprit.and(ready).and(late).unwrap();
    });
    assert_eq!(stalls.len(), 1, "{stalls:?}");
    let stall = &stalls[0];
    assert_eq!(stall.name(), Some("culprit"));
    assert_eq!(stall.resumed_at().unwrap().line(), LINE);
    assert_eq!(stall.from().unwrap().line(), LINE - 1);
    assert_eq!(stall.verdict(), Verdict::Blocked, "{stall:?}");
    assert!(stall.wall() >= LONG && stall.cpu() < LONG / 2, "{stall:?}");
    assert!(stall.slept_in().is_some(), "{stall:?}");
    assert!(is_in(stall, "sleep_in_the_way"), "{stall:?}");
    let victims = stall.victims();
    let victims: Vec<_> = victims.iter().map(|v| (v.name(), v.is_timer())).collect();
    assert_eq!(victims, [(Some("ready"), false), (Some("late"), true)]);
    assert!(stall.victims()[0].by() >= LONG && stall.victims()[1].by() >= LONG - LIMIT);
    let text = stall.to_string();
    assert!(text.contains("in Task-3 \"culprit\" (wall "), "{text}");
    assert!(text.contains(": blocked in "), "{text}");
    assert!(
        text.contains(&format!(", resumed at tests/stall.rs:{LINE}")),
        "{text}"
    );
    assert!(text.contains("\n  hurt: ready +"), "{text}");
    assert!(text.contains(", timer of late late "), "{text}");
}

#[test]
fn a_callback_is_told_of_with_the_line_that_asked_for_it() {
    const LINE: u32 = line!() + 4;
    let stalls = stalls_of(|| async {
        // Of several callbacks in one turn, one is to blame.
        let handle = roundelay::Handle::current();
        handle.call_soon(sleep_in_the_way);
        handle.call_soon(|| {});
        sleep(Duration::from_millis(1)).await;
    });
    assert_eq!(stalls.len(), 1, "{stalls:?}");
    assert_eq!(stalls[0].task(), None);
    assert!(is_in(&stalls[0], "sleep_in_the_way"), "{stalls:?}");
    assert_eq!(stalls[0].from().unwrap().line(), LINE);
    assert!(
        stalls[0]
            .victims()
            .iter()
            .any(|victim| victim.task().is_none()),
        "{stalls:?}"
    );
    assert!(
        stalls[0].to_string().contains("in a callback (wall"),
        "{stalls:?}"
    );
}

#[test]
fn an_eager_step_is_blamed_rather_than_the_one_around_it() {
    let stalls = stalls_of(|| async {
        roundelay::spawn_eager(async { sleep_in_the_way() })
            .await
            .unwrap();
    });
    let tasks: Vec<_> = stalls
        .iter()
        .map(|stall| stall.task().unwrap().get())
        .collect();
    assert_eq!(tasks, [2], "{stalls:?}");
}

#[test]
fn a_step_beyond_a_second_is_told_of_before_it_is_over() {
    let stalls = stalls_of(|| async { thread::sleep(Duration::from_millis(1500)) });
    let over: Vec<_> = stalls.iter().map(Stall::is_over).collect();
    assert_eq!(over, [false, true], "{stalls:?}");
    assert!(
        stalls[0].to_string().starts_with("still stuck after "),
        "{stalls:?}"
    );
}

#[test]
fn a_handler_that_panics_is_told_of_the_next_stall() {
    let (tell, told) = channel();
    leak_free(|| {
        let runtime = Runtime::builder()
            .stall_after(LIMIT)
            .on_stall(move |stall| {
                tell.send(stall.clone()).unwrap();
                panic!("the handler's own");
            })
            .build()
            .unwrap();
        runtime.run(async {
            sleep_in_the_way();
            yield_now().await;
            sleep_in_the_way();
        });
    });
    assert_eq!(told.iter().filter(is_the_programs).count(), 2);
}

/// A run whose steps are short, while other threads want the processors.
fn behave(length: Duration, limit: Duration) {
    let stop = AtomicBool::new(false);
    let stalls = leak_free(|| {
        thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                });
            }
            let stalls = told_of(limit, || async {
                let start = Instant::now();
                while start.elapsed() < length {
                    let tasks: Vec<_> = (0..20)
                        .map(|_| spawn(async { sleep(Duration::from_millis(1)).await }))
                        .collect();
                    for task in tasks {
                        task.await.unwrap();
                    }
                    yield_now().await;
                }
            });
            stop.store(true, Ordering::Relaxed);
            stalls
        })
    });
    // Where the machine itself holds a thread up for so long, that is what the report says.
    let wrong: Vec<_> = stalls
        .iter()
        .filter(|stall| stall.verdict() != Verdict::NotRun)
        .collect();
    eprintln!("{} stalls of the machine's: {stalls:?}", stalls.len());
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn short_steps_are_not_told_of_on_a_busy_machine() {
    behave(Duration::from_secs(1), LIMIT);
}

#[test]
#[ignore = "lasts a minute"]
fn short_steps_are_not_told_of_for_a_minute_on_a_busy_machine() {
    behave(Duration::from_secs(60), Duration::from_millis(100));
}

/// How many threads watch for stalls in this process.
fn threads() -> usize {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let names = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")));
    names
        .filter(|name| name.as_ref().is_ok_and(|name| name == "roundelay-stall\n"))
        .count()
}

/// A child of this program that does what the test below says.
fn child(role: &str, limit: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_child_does_its_part", "--nocapture"])
        .env("ROUNDELAY_STALL_CHILD", role)
        .env("ROUNDELAY_STALL", limit)
        .env_remove("ROUNDELAY_DEBUG")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// No test of its own: what the children do.
#[test]
fn a_child_does_its_part() {
    let Ok(role) = std::env::var("ROUNDELAY_STALL_CHILD") else {
        return;
    };
    if role == "refused" {
        eprintln!("{}", Runtime::new().err().unwrap());
        return;
    }
    let builder = Runtime::builder();
    let builder = match role.as_str() {
        "zero" => builder.stall_after(Duration::ZERO),
        "debug" => builder.debug(true),
        "no debug" => builder.debug(false),
        _ => builder,
    };
    let runtime = builder.build().unwrap();
    runtime.run(async {
        let stopped = spawn(async move {
            yield_now().await;
            match role.as_str() {
                // For this very thread: one for the process may come to another, and this one be through by then.
                "stop" => signal_hook::low_level::raise(signal_hook::consts::SIGSTOP).unwrap(),
                _ => sleep_in_the_way(),
            }
        });
        stopped.set_name("stopped");
        stopped.await.unwrap();
    });
    // By now it has its name.
    eprintln!("threads: {}", threads());
}

fn errors(mut child: Child) -> String {
    let mut text = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
    text
}

#[test]
fn a_process_that_was_stopped_is_not_to_blame() {
    let text = leak_free(|| {
        let child = child("stop", "50ms");
        let id = Pid::from_child(&child);
        let (_, status) = waitpid(Some(id), WaitOptions::UNTRACED).unwrap().unwrap();
        assert!(status.stopped());
        thread::sleep(LONG);
        kill_process(id, Signal::CONT).unwrap();
        errors(child)
    });
    assert_eq!(text.matches("roundelay: stall ").count(), 1, "{text}");
    assert!(text.contains(" in Task-2 \"stopped\" (wall "), "{text}");
    assert!(text.contains(": not run by the system)"), "{text}");
    assert!(text.contains("it is not your code"), "{text}");
}

#[test]
fn the_environment_switches_it_on_unless_the_program_says_otherwise() {
    leak_free(|| {
        let on = errors(child("plain", "50ms"));
        assert!(on.contains("threads: 1\n"), "{on}");
        assert!(
            on.contains("roundelay: stall ") && on.contains(": blocked"),
            "{on}"
        );
        let debug = errors(child("debug", ""));
        assert!(
            debug.contains("threads: 1\n") && debug.contains("roundelay: stall "),
            "{debug}"
        );
        let off = [
            ("zero", "50ms"),
            ("plain", "0"),
            ("plain", ""),
            ("debug", "0"),
            ("no debug", ""),
        ];
        for (role, limit) in off {
            let off = errors(child(role, limit));
            assert_eq!(off.matches("threads: 0\n").count(), 1, "{off}");
            assert!(!off.contains("stall "), "{off}");
        }
        let refused = errors(child("refused", "soon"));
        assert!(
            refused.contains(
                "ROUNDELAY_STALL is \"soon\", and is to be a time such as 100ms or 2s, or 0"
            ),
            "{refused}"
        );
    });
}

//! A loop that runs, asked from outside: between turns and while it is stuck, by socket and by signal.

use roundelay::trace::live::{Question, ask};
use roundelay::{Runtime, sleep, spawn, sync::Lock, yield_now};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio, id};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(1000);

/// What has a live loop or a child, or counts what that leaves, is alone.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn live() -> Runtime {
    Runtime::builder().live(true).build().unwrap()
}

/// The sockets of a process.
fn sockets(process: u32) -> Vec<PathBuf> {
    let uid = rustix::process::geteuid().as_raw();
    let given =
        std::env::var_os("XDG_RUNTIME_DIR").map(|path| PathBuf::from(path).join("roundelay"));
    let places = given
        .into_iter()
        .chain([PathBuf::from(format!("/tmp/roundelay-{uid}"))]);
    let start = format!("{process}-");
    places
        .filter_map(|place| fs::read_dir(place).ok())
        .flat_map(|entries| entries.map(|entry| entry.unwrap()))
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&start))
        .map(|entry| entry.path())
        .collect()
}

fn here(line: u32) -> String {
    format!("tests/live.rs:{line}")
}

/// The one line of a text that holds these words.
#[track_caller]
fn line_with<'a>(text: &'a str, words: &str) -> &'a str {
    let mut lines = text.lines().filter(|line| line.contains(words));
    let line = lines
        .next()
        .unwrap_or_else(|| panic!("no {words:?} in {text}"));
    assert_eq!(lines.next(), None, "{text}");
    line
}

#[test]
fn a_stuck_loop_answers_who_waits_for_what_at_which_line() {
    let _alone = alone();
    let (stuck, is_stuck) = channel();
    let go = AtomicBool::new(false);
    const LINE: u32 = line!() + 8;
    thread::scope(|threads| {
        let go = &go;
        threads.spawn(move || {
            live().run(async move {
                let lock = Rc::new(Lock::new(()));
                let guard = lock.lock().await;
                let theirs = lock.clone();
                let waiter = spawn(async move { drop(theirs.lock().await) });
                waiter.set_name("waiter");
                let _sleeper = spawn(sleep(LONG));
                yield_now().await;
                stuck.send(()).unwrap();
                while !go.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
                drop(guard);
                waiter.await.unwrap();
            });
        });
        is_stuck.recv().unwrap();
        let questions = [
            Question::Ps,
            Question::Tree,
            Question::Top,
            Question::Why(2),
            Question::Why(77),
        ];
        let answers = questions.map(|question| ask(id(), question).unwrap());
        go.store(true, Ordering::Relaxed);
        let [ps, tree, top, why, missing] = answers;

        assert_eq!(ps.lines().count(), 4, "{ps}");
        assert!(line_with(&ps, "Task-1  ").contains("running"), "{ps}");
        let waiter = line_with(&ps, "waiter  ");
        assert!(waiter.contains("waiting"), "{ps}");
        let place = format!("Lock 1 held by Task-1 at {}", here(LINE));
        assert!(waiter.contains(&place), "{ps}");
        assert!(
            waiter.contains(&format!("spawned at {}", here(LINE))),
            "{ps}"
        );
        assert!(line_with(&ps, "Task-3").contains("timer +"), "{ps}");

        assert!(tree.starts_with("Task-1 running"), "{tree}");
        assert!(
            line_with(&tree, "waiter").starts_with("  waiter waiting"),
            "{tree}"
        );
        assert!(top.contains("3 tasks, 0 ready, "), "{top}");
        let order: Vec<_> = top
            .lines()
            .map(|line| line.split_whitespace().next().unwrap())
            .collect();
        assert_eq!(order[..3], ["loop", "id", "1"], "{top}");
        assert!(
            why.starts_with("waiter waiting") && why.contains("\n  Task-1 running"),
            "{why}"
        );
        assert_eq!(missing, "there is no task 77: it has ended, or never was\n");
    });
}

#[test]
fn two_tasks_that_wait_for_each_other_are_a_cycle() {
    let _alone = alone();
    let runtime = live();
    let tree = runtime.run(async {
        let (one, two) = (Rc::new(Lock::new(())), Rc::new(Lock::new(())));
        for (first, second) in [(one.clone(), two.clone()), (two, one)] {
            spawn(async move {
                let _first = first.lock().await;
                yield_now().await;
                let _second = second.lock().await;
            });
        }
        while !ask(id(), Question::Tree).unwrap().contains("cycle") {
            yield_now().await;
        }
        ask(id(), Question::Why(2)).unwrap() + &ask(id(), Question::Tree).unwrap()
    });
    assert!(tree.contains("Lock 2 held by Task-3"), "{tree}");
    assert!(
        tree.contains("the chain closes with Task-2: none of these can go on"),
        "{tree}"
    );
    assert_eq!(tree.matches("<- cycle").count(), 4, "{tree}");
}

#[test]
fn figures_and_ends_are_kept() {
    let _alone = alone();
    let runtime = live();
    let (before, after) = runtime.run(async {
        let quick = spawn(async {
            for _ in 0..4 {
                yield_now().await;
            }
        });
        let gone = spawn(sleep(LONG));
        yield_now().await;
        let before = ask(id(), Question::Ps).unwrap();
        quick.await.unwrap();
        gone.cancel();
        gone.await.unwrap_err();
        (before, ask(id(), Question::Ps).unwrap())
    });
    assert!(line_with(&before, "Task-2").contains("queued"), "{before}");
    assert!(
        line_with(&before, "Task-2").contains("its next turn"),
        "{before}"
    );
    assert_eq!(after.lines().count(), 2, "{after}");
    let polls = line_with(&after, "Task-1").split_whitespace().nth(5);
    let polls: u32 = polls.unwrap().parse().unwrap();
    let more = cfg!(roundelay_spurious) && polls > 4;
    assert!(more || polls == 4, "{after}");
    runtime.shutdown().unwrap();
}

#[test]
fn nothing_is_left_of_a_live_loop() {
    let _alone = alone();
    let count = |place: &str| fs::read_dir(place).unwrap().count();
    let figures = || count("/proc/self/fd");
    let named = || {
        let threads = fs::read_dir("/proc/self/task").unwrap();
        let names = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")));
        names
            .filter(|name| name.as_ref().is_ok_and(|name| name == "roundelay-live\n"))
            .count()
    };
    // signal-hook keeps what it opens first.
    drop(live());
    let before = figures();
    let runtime = live();
    assert_eq!(sockets(id()).len(), 1);
    let (other, mode) = (
        live(),
        fs::metadata(sockets(id())[0].parent().unwrap()).unwrap(),
    );
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777,
        0o700
    );
    assert_eq!(
        ask(id(), Question::Top)
            .unwrap()
            .matches("loop of process")
            .count(),
        2
    );
    assert_eq!(named(), 2);
    drop((runtime, other));
    // A thread that was joined is listed for a moment more.
    let patience = Instant::now() + Duration::from_secs(20);
    while named() > 0 {
        assert!(Instant::now() < patience, "the thread goes on");
        thread::yield_now();
    }
    assert_eq!((figures(), sockets(id())), (before, vec![]));
    Runtime::new().unwrap().run(yield_now());
    assert_eq!(sockets(id()).len(), 0);
}

#[test]
fn what_is_no_question_is_answered_and_who_says_nothing_holds_nobody_up() {
    let _alone = alone();
    let runtime = live();
    let path = sockets(id()).remove(0);
    let _silent = UnixStream::connect(&path).unwrap();
    for nonsense in [
        "",
        "why\n",
        "why you\n",
        "ps now\n",
        "\u{e9}\n",
        &"ps".repeat(100),
    ] {
        let mut socket = UnixStream::connect(&path).unwrap();
        // It may have been answered and closed before all was written.
        let _ = socket.write_all(nonsense.as_bytes());
        let _ = socket.shutdown(std::net::Shutdown::Write);
        let mut text = String::new();
        match socket.read_to_string(&mut text) {
            Ok(_) => assert!(
                text.starts_with("this is no question"),
                "{nonsense}: {text}"
            ),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
    drop(runtime);
}

/// A child of this program that does what one of the tests below says, when it is told to by the environment.
fn child(role: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_child_does_its_part", "--nocapture"])
        .env("ROUNDELAY_LIVE_CHILD", role)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_until_ready(child: &mut Child) {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.ends_with("ready\n") {
        line.clear();
        assert_ne!(
            out.read_line(&mut line).unwrap(),
            0,
            "the child ended early"
        );
    }
    child.stdout = Some(out.into_inner());
}

fn quit(child: &Child) {
    kill_process(Pid::from_child(child), Signal::QUIT).unwrap();
}

/// No test of its own: what the children do.
#[test]
fn a_child_does_its_part() {
    let Ok(role) = std::env::var("ROUNDELAY_LIVE_CHILD") else {
        return;
    };
    if role == "was live" {
        drop(live());
    }
    let runtime = Runtime::builder().live(role == "live").build().unwrap();
    runtime.run(async {
        spawn(async {
            sleep(LONG).await;
        });
        yield_now().await;
        println!("ready");
        // Stuck, until the parent closes the pipe.
        let _ = std::io::stdin().read(&mut [0]);
    });
}

#[test]
fn sigquit_prints_the_tasks_of_a_stuck_loop_which_goes_on() {
    let _alone = alone();
    let mut child = child("live");
    wait_until_ready(&mut child);
    quit(&child);
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("id       task") {
        assert_ne!(errors.read_line(&mut text).unwrap(), 0, "{text}");
    }
    assert!(text.contains("Task-1 running"), "{text}");
    assert!(text.contains("\n  Task-2 waiting"), "{text}");
    assert!(ask(child.id(), Question::Ps).unwrap().contains("timer +"));
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(sockets(child.id()).len(), 0);
}

#[test]
fn sigquit_ends_a_process_whose_loop_is_not_live() {
    let _alone = alone();
    for role in ["plain", "was live"] {
        let mut child = child(role);
        wait_until_ready(&mut child);
        let refused = ask(child.id(), Question::Ps).unwrap_err().to_string();
        assert!(
            refused.contains("has no live loop: start it with ROUNDELAY_LIVE=1"),
            "{refused}"
        );
        quit(&child);
        assert_eq!(child.wait().unwrap().signal(), Some(3), "{role}");
    }
}

#[test]
fn a_process_that_is_killed_leaves_a_socket_that_hurts_nobody() {
    let _alone = alone();
    let mut child = child("live");
    wait_until_ready(&mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    let left = sockets(child.id());
    assert_eq!(left.len(), 1);
    let refused = ask(child.id(), Question::Ps).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    assert_eq!(
        refused.to_string(),
        format!("there is no process {}", child.id())
    );
    drop(live());
    assert!(!left[0].exists(), "the next live loop removes it");
}

//! Ctrl-C, as a real SIGINT to a real process: this program starts itself again for each act, and interrupts it.
//!
//! Without the test harness, because the harness runs tests on threads, and an interrupt comes to the main one.

use roundelay::{
    CancelReason, JoinError, RunError, Runtime, catch_cancel, run, sleep, spawn, try_run, yield_now,
};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// What is done in a process of its own: the name, what is done there, and what is checked from outside.
struct Act {
    name: &'static str,
    inside: fn(),
    outside: fn(Started),
}

const SIGINT: i32 = 2;

/// Longer than any act takes. To wait for nothing at all would be a deadlock.
const LONG: Duration = Duration::from_secs(3600);

const ACTS: &[Act] = &[
    Act {
        name: "an interrupt that is caught lets the run return its value",
        inside: || {
            let reason = run(async {
                ready();
                let cancelled = catch_cancel(sleep(LONG)).await.unwrap_err();
                sleep(Duration::from_millis(1)).await;
                cancelled.reason()
            });
            assert_eq!(reason, CancelReason::Interrupt);
            println!("caught");
        },
        outside: |mut act| {
            act.interrupt();
            assert_eq!(act.end(), Ended::Exit(0, "caught\n".to_owned()));
        },
    },
    Act {
        name: "an interrupt that is not caught ends the process by the signal, after the clean-up of its tasks",
        inside: || {
            run(async {
                drop(spawn(async {
                    let _ = catch_cancel(sleep(LONG)).await;
                    sleep(Duration::from_millis(20)).await;
                    print!("cleaned up, without a line's end");
                }));
                yield_now().await;
                ready();
                sleep(LONG).await
            });
            println!("not reached");
        },
        outside: |mut act| {
            act.interrupt();
            let text = "cleaned up, without a line's end".to_owned();
            assert_eq!(act.end(), Ended::Signal(SIGINT, text));
        },
    },
    Act {
        name: "so does one of a runtime's run",
        inside: || {
            let runtime = Runtime::new().unwrap();
            drop(runtime.spawn(async {
                let _ = catch_cancel(sleep(LONG)).await;
                sleep(Duration::from_millis(20)).await;
                println!("cleaned up");
            }));
            runtime.run(async {
                yield_now().await;
                ready();
                sleep(LONG).await
            });
            println!("not reached");
        },
        outside: |mut act| {
            act.interrupt();
            assert_eq!(act.end(), Ended::Signal(SIGINT, "cleaned up\n".to_owned()));
        },
    },
    Act {
        name: "a run that reports gives an error, and each run is interrupted anew",
        inside: || {
            let runtime = Runtime::new().unwrap();
            for _ in 0..2 {
                let result = runtime.try_run(async {
                    ready();
                    sleep(LONG).await
                });
                assert!(matches!(result, Err(RunError::Interrupted)), "{result:?}");
            }
            let result = try_run(async {
                ready();
                sleep(LONG).await
            });
            println!("{}", result.unwrap_err());
        },
        outside: |mut act| {
            act.interrupt();
            act.wait_until_ready();
            act.interrupt();
            act.wait_until_ready();
            act.interrupt();
            let text = "the run was interrupted by Ctrl-C (SIGINT)\n".to_owned();
            assert_eq!(act.end(), Ended::Exit(0, text));
        },
    },
    Act {
        name: "the second interrupt ends the process at once",
        inside: || {
            run(async {
                ready();
                let _ = catch_cancel(sleep(LONG)).await;
                ready();
                // Nothing that a cancel could reach.
                std::thread::sleep(Duration::from_secs(60));
            });
        },
        outside: |mut act| {
            act.interrupt();
            act.wait_until_ready();
            act.interrupt();
            assert_eq!(act.end(), Ended::Signal(SIGINT, String::new()));
        },
    },
    Act {
        name: "a second interrupt does not wait for the clean-up of the first",
        inside: || {
            run(async {
                drop(spawn(async {
                    let _ = catch_cancel(sleep(LONG)).await;
                    ready();
                    sleep(Duration::from_secs(60)).await;
                }));
                yield_now().await;
                ready();
                sleep(LONG).await
            });
        },
        outside: |mut act| {
            act.interrupt();
            act.wait_until_ready();
            act.interrupt();
            assert_eq!(act.end(), Ended::Signal(SIGINT, String::new()));
        },
    },
    Act {
        name: "a loop that is never idle is interrupted too",
        inside: || {
            let result = try_run(async {
                ready();
                loop {
                    yield_now().await;
                }
            });
            assert!(matches!(result, Err(RunError::Interrupted)));
        },
        outside: |mut act| {
            act.interrupt();
            assert_eq!(act.end(), Ended::Exit(0, String::new()));
        },
    },
    Act {
        name: "an interrupt goes down to the task that the main one awaits",
        inside: || {
            let text = run(async {
                let child = spawn(async {
                    ready();
                    match catch_cancel(sleep(LONG)).await {
                        Err(cancelled) => format!("the child caught: {:?}", cancelled.reason()),
                        Ok(()) => String::new(),
                    }
                });
                child.await.unwrap()
            });
            println!("{text}");
        },
        outside: |mut act| {
            act.interrupt();
            let text = "the child caught: Interrupt\n".to_owned();
            assert_eq!(act.end(), Ended::Exit(0, text));
        },
    },
    Act {
        name: "a cancel by somebody else is no interrupt",
        inside: || {
            let result = try_run(async {
                roundelay::cancel_current();
                sleep(LONG).await
            });
            let Err(RunError::Cancelled(error)) = result else {
                panic!("{result:?}")
            };
            assert!(JoinError::is_cancelled(&error));
            ready();
        },
        outside: |act| assert_eq!(act.end(), Ended::Exit(0, String::new())),
    },
    Act {
        name: "outside of runs an interrupt has its default effect",
        inside: || {
            run(async {});
            ready();
            std::thread::sleep(Duration::from_secs(60));
        },
        outside: |mut act| {
            act.interrupt();
            assert_eq!(act.end(), Ended::Signal(SIGINT, String::new()));
        },
    },
    Act {
        name: "a builder turns it off",
        inside: || {
            let runtime = Runtime::builder().ctrl_c(false).build().unwrap();
            runtime.run(async {
                ready();
                let _ = catch_cancel(sleep(LONG)).await;
                println!("not reached");
            });
        },
        outside: |mut act| {
            act.interrupt();
            assert_eq!(act.end(), Ended::Signal(SIGINT, String::new()));
        },
    },
    Act {
        name: "a run on another thread leaves interrupts alone",
        inside: || {
            let thread = std::thread::spawn(|| {
                run(async {
                    ready();
                    let _ = catch_cancel(sleep(LONG)).await;
                    println!("not reached");
                })
            });
            thread.join().unwrap();
        },
        outside: |mut act| {
            act.interrupt();
            assert_eq!(act.end(), Ended::Signal(SIGINT, String::new()));
        },
    },
    Act {
        name: "a loop that does not stop for the clock either is interrupted under a virtual one",
        inside: || {
            let runtime = Runtime::builder().virtual_clock(true).build().unwrap();
            let result = runtime.try_run(async {
                ready();
                loop {
                    sleep(Duration::from_secs(1)).await;
                }
            });
            assert!(matches!(result, Err(RunError::Interrupted)));
        },
        outside: |mut act| {
            act.interrupt();
            assert_eq!(act.end(), Ended::Exit(0, String::new()));
        },
    },
    Act {
        name: IGNORED,
        inside: || {
            run(async {
                ready();
                sleep(Duration::from_millis(200)).await;
                println!("slept on");
            });
        },
        outside: |mut act| {
            act.interrupt();
            assert_eq!(act.end(), Ended::Exit(0, "slept on\n".to_owned()));
        },
    },
];

/// This act is started with SIGINT ignored, as by a shell for what runs behind it.
const IGNORED: &str = "a program that was started with interrupts ignored goes on";

fn ready() {
    println!("ready");
    std::io::stdout().flush().unwrap();
}

/// An act that has begun.
struct Started {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

#[derive(Debug, PartialEq)]
enum Ended {
    Exit(i32, String),
    Signal(i32, String),
}

impl Started {
    fn start(act: &Act) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut command = match act.name {
            IGNORED => {
                let mut shell = Command::new("sh");
                shell.args(["-c", "trap '' INT; exec \"$0\" \"$1\""]);
                shell.arg(program);
                shell
            }
            // Who runs the tests may itself run with interrupts ignored, as in the background of a shell.
            _ => {
                let mut env = Command::new("env");
                env.arg("--default-signal=INT").arg(program);
                env
            }
        };
        let mut child = command
            .arg(act.name)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut started = Started { child, stdout };
        started.wait_until_ready();
        started
    }

    fn wait_until_ready(&mut self) {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
    }

    fn interrupt(&mut self) {
        // Let it get from its word to its wait, mostly; it is interrupted at either place.
        std::thread::sleep(Duration::from_millis(20));
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
    }

    /// Waits for the end, and gives what was printed since the last look.
    fn end(mut self) -> Ended {
        let limit = Instant::now() + Duration::from_secs(20);
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() > limit => {
                    self.child.kill().unwrap();
                    panic!("the act does not end");
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        let mut text = String::new();
        self.stdout.read_to_string(&mut text).unwrap();
        match status.signal() {
            Some(signal) => Ended::Signal(signal, text),
            None => Ended::Exit(status.code().unwrap(), text),
        }
    }
}

fn main() {
    let wanted = std::env::args().nth(1);
    if let Some(act) = ACTS.iter().find(|act| Some(act.name) == wanted.as_deref()) {
        return (act.inside)();
    }
    for act in ACTS {
        println!("test {} ...", act.name);
        (act.outside)(Started::start(act));
    }
    println!("{} acts passed", ACTS.len());
}

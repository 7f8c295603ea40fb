//! Programs that end in every way there is: two seconds later nobody of their pools is left.

use crate::acts::{Note, kill_at_once, send_signal, tell_and_spin, write_at_once};
use crate::watch::{is_alive, single_file, status};
use roundelay::ProcessPool;
use std::os::unix::process::parent_id;
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long the processes of a program may outlive it.
const LIMIT: Duration = Duration::from_secs(2);

/// How a program ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Killed,
    StoppedAndKilled,
    Aborted,
    Exited,
    Panicked,
    WorkerStopped,
}

impl End {
    const ALL: [End; 6] = [
        End::Killed,
        End::StoppedAndKilled,
        End::Aborted,
        End::Exited,
        End::Panicked,
        End::WorkerStopped,
    ];

    /// Ends the program from outside, if that is how it ends.
    fn bring_about(self, program: &mut Child, workers: &[u32]) {
        match self {
            End::Killed => program.kill().unwrap(),
            End::StoppedAndKilled => {
                send_signal(program.id(), libc::SIGSTOP);
                wait_for("the program stands", || is_stopped(program.id()));
                program.kill().unwrap();
            }
            End::WorkerStopped => {
                send_signal(workers[0], libc::SIGSTOP);
                wait_for("the worker stands", || is_stopped(workers[0]));
                program.kill().unwrap();
            }
            // By itself, when it has told who is there.
            End::Aborted | End::Exited | End::Panicked => {}
        }
    }
}

fn is_stopped(pid: u32) -> bool {
    status(pid).is_some_and(|fields| fields[0] == "T")
}

fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn nobody_outlives_a_program_however_it_ends() {
    let _alone = single_file();
    for (number, end) in End::ALL.into_iter().enumerate() {
        let note = Note::new();
        let mut program = Command::new(std::env::current_exe().unwrap());
        program
            .args(["--exact", "parents::the_program_that_ends", "--ignored"])
            .env("NOTE", note.path())
            .env("END", number.to_string());
        let (stdout, stderr) = (Stdio::null(), Stdio::null());
        let mut program = program.stdout(stdout).stderr(stderr).spawn().unwrap();
        wait_for("the program tells", || note.path().exists());
        let told = std::fs::read_to_string(note.path()).unwrap();
        let pids: Vec<u32> = told.split(' ').map(|pid| pid.parse().unwrap()).collect();
        assert_eq!(pids.len(), 3);
        end.bring_about(&mut program, &pids);
        program.wait().unwrap();
        let ended = Instant::now();
        while pids.iter().any(|pid| is_alive(*pid)) {
            if ended.elapsed() > LIMIT {
                pids.iter().for_each(|pid| kill_at_once(*pid));
                panic!("{end:?}: two seconds later somebody of {pids:?} lives");
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
#[ignore = "not a test: the program that `nobody_outlives_a_program_however_it_ends` runs"]
fn the_program_that_ends() {
    let Some(path) = std::env::var_os("NOTE").map(PathBuf::from) else {
        return;
    };
    let number: usize = std::env::var("END").unwrap().parse().unwrap();
    // Another thread than the one that made the pool, which nobody may depend on.
    let sleeper = thread::spawn(|| thread::sleep(Duration::MAX));
    roundelay::run(async {
        let pool = ProcessPool::new(2).unwrap();
        let note = Note::new();
        let spinning = pool.submit(tell_and_spin, note.path());
        let busy = note.read().await;
        let both = |(): ()| (process::id(), parent_id());
        let (idle, zygote) = pool.submit(both, ()).await.unwrap();
        drop(note);
        write_at_once(&path, &format!("{busy} {idle} {zygote}"));
        match End::ALL[number] {
            End::Aborted => process::abort(),
            End::Exited => process::exit(3),
            End::Panicked => panic!("on purpose"),
            _ => spinning.await.unwrap(),
        }
    });
    sleeper.join().unwrap();
}

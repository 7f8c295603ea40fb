//! What the calls of these tests do, and how they tell what they do.

use crate::watch::wait_until;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Writes its process number to the file and never ends.
pub fn tell_and_spin(path: PathBuf) {
    write_at_once(&path, &process::id().to_string());
    loop {
        std::hint::spin_loop();
    }
}

/// Writes its process number to the file and ends when the file is removed.
pub fn tell_and_wait(path: PathBuf) -> String {
    write_at_once(&path, &process::id().to_string());
    while path.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    "unharmed".to_owned()
}

/// Lets the process have so many descriptors at most.
#[allow(unsafe_code, reason = "std cannot set limits")]
pub fn limit_descriptors(limit: u64) {
    let limit = libc::rlimit {
        rlim_cur: limit,
        rlim_max: limit,
    };
    // SAFETY: the pointer is to a local.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
}

/// Forks the calling worker, and nothing else.
#[allow(unsafe_code, reason = "std has no fork")]
pub unsafe fn fork() -> i32 {
    // SAFETY: the caller keeps to what a forked child may do.
    unsafe { libc::fork() }
}

/// Writes to a descriptor that is not ours to close.
#[allow(unsafe_code, reason = "std owns what it writes to")]
pub fn write_to(descriptor: i32, bytes: &[u8]) {
    // SAFETY: the bytes are a valid slice; a descriptor that is none gives an error.
    let written = unsafe { libc::write(descriptor, bytes.as_ptr().cast(), bytes.len()) };
    assert_eq!(written, bytes.len() as isize);
}

/// Ends the process and runs nothing more in it.
#[allow(unsafe_code, reason = "std has no such exit")]
pub fn exit_at_once(code: i32) -> ! {
    // SAFETY: a plain system call.
    unsafe { libc::_exit(code) }
}

/// Waits for a child to end; nothing if a signal ended it.
#[allow(unsafe_code, reason = "std waits only for children it has spawned")]
pub fn exit_code(child: i32) -> Option<i32> {
    let mut status = 0;
    // SAFETY: the pointer is to a local.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status))
}

/// A file by which a call tells something while it runs; removed with the note.
pub struct Note(PathBuf);

impl Note {
    pub fn new() -> Note {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Note(std::env::temp_dir().join(format!("roundelay-note-{}-{number}", process::id())))
    }

    pub fn path(&self) -> PathBuf {
        self.0.clone()
    }

    pub async fn read(&self) -> String {
        wait_until("a call tells something", || self.0.exists()).await;
        fs::read_to_string(&self.0).unwrap()
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes a file that is whole from the moment it is there.
pub fn write_at_once(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, text).unwrap();
    fs::rename(&draft, path).unwrap();
}

/// Kills a process (SIGKILL), unless it is gone already, without a process for it.
pub fn kill_at_once(pid: u32) {
    send_signal(pid, libc::SIGKILL);
}

/// Sends a signal to a process, unless it is gone already.
#[allow(unsafe_code, reason = "std sends no signals")]
pub fn send_signal(pid: u32, signal: i32) {
    // SAFETY: a plain system call.
    unsafe { libc::kill(pid as libc::pid_t, signal) };
}

/// Kills a process (SIGKILL), unless it is gone already.
pub fn kill(pid: &str) {
    let mut kill = Command::new("kill");
    kill.args(["-KILL", pid])
        .stderr(Stdio::null())
        .status()
        .unwrap();
}

//! Where the socket of a live loop is: in a directory that only the user can enter, named by the process.

use crate::sys::user;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A socket that listens; its file goes with it.
pub(super) struct Place {
    pub(super) listener: UnixListener,
    path: PathBuf,
}

impl Place {
    /// Makes the socket. What dead processes have left is removed.
    pub(super) fn make() -> io::Result<Place> {
        static LOOPS: AtomicU32 = AtomicU32::new(1);
        let directory = private_directory()?;
        sweep(&directory);
        let number = LOOPS.fetch_add(1, Ordering::Relaxed);
        let path = directory.join(format!("{}-{number}.sock", std::process::id()));
        let fail = |error: io::Error| {
            let text = format!("the live socket {} cannot be made: {error}", path.display());
            io::Error::new(error.kind(), text)
        };
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(fail)?;
        listener.set_nonblocking(true)?;
        Ok(Place { listener, path })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Whoever cleaned up before us did the same.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes the sockets that no process listens to, and whose process is gone.
fn sweep(directory: &Path) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let process = name
            .split_once('-')
            .and_then(|(process, _)| process.parse::<u32>().ok());
        // The process may live behind the wall of a container, and listen.
        let is_gone =
            process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists());
        if is_gone && UnixStream::connect(&path).is_err() {
            // Another loop may be sweeping, too.
            let _ = fs::remove_file(&path);
        }
    }
}

/// Where the sockets can be: the first is where they are made.
fn directories() -> Vec<PathBuf> {
    let own = PathBuf::from(format!("/tmp/roundelay-{}", user::effective()));
    let given = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let given = given.filter(|path| path.is_dir());
    given
        .map(|path| path.join("roundelay"))
        .into_iter()
        .chain([own])
        .collect()
}

fn private_directory() -> io::Result<PathBuf> {
    let directory = directories().swap_remove(0);
    match fs::DirBuilder::new().mode(0o700).create(&directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    match is_private(&directory) {
        true => Ok(directory),
        false => Err(io::Error::other(format!(
            "{} is to be a directory that only this user can enter, and is not: remove it, or set XDG_RUNTIME_DIR",
            directory.display()
        ))),
    }
}

fn is_private(directory: &Path) -> bool {
    fs::symlink_metadata(directory).is_ok_and(|found| {
        found.is_dir() && found.uid() == user::effective() && found.mode() & 0o077 == 0
    })
}

/// Connects to the loops of a process.
pub(super) fn connect(process: u32) -> io::Result<Vec<UnixStream>> {
    let start = format!("{process}-");
    let mut paths = Vec::new();
    for directory in directories()
        .iter()
        .filter(|directory| is_private(directory))
    {
        let entries = fs::read_dir(directory)?.filter_map(Result::ok);
        let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&start));
        paths.extend(ours.map(|entry| entry.path()));
    }
    paths.sort();
    let sockets: Vec<_> = paths
        .iter()
        .filter_map(|path| UnixStream::connect(path).ok())
        .collect();
    match sockets.is_empty() {
        true => Err(why_not(process)),
        false => Ok(sockets),
    }
}

/// Why a process has no socket.
fn why_not(process: u32) -> io::Error {
    match fs::metadata(format!("/proc/{process}")) {
        Err(_) => io::Error::new(
            io::ErrorKind::NotFound,
            format!("there is no process {process}"),
        ),
        Ok(found) if found.uid() != user::effective() => io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "process {process} is of user {}: ask as that user",
                found.uid()
            ),
        ),
        Ok(_) => io::Error::new(
            io::ErrorKind::ConnectionRefused,
            format!(
                "process {process} has no live loop: start it with ROUNDELAY_LIVE=1, or build its runtime with `live(true)`"
            ),
        ),
    }
}

//! The thread that answers for a loop, while that runs as well as while it is stuck.

use super::mirror::{Mirror, Picture};
use super::place::Place;
use super::{Question, tell};
use crate::sys::quit::Quit;
use crate::sys::wait;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Who asks has so long to do it, and to take the answer: others wait meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);
/// No question is longer.
const LONGEST: u64 = 64;

/// The thread that answers for a loop. It ends with this.
pub(crate) struct Watchdog {
    thread: Option<JoinHandle<()>>,
    /// Ends the thread when it is closed.
    alive: Option<UnixStream>,
    /// Keeps SIGQUIT from its default effect.
    quit: Option<Quit>,
    /// The process whose thread it is: a forked child has none.
    process: u32,
}

impl Watchdog {
    /// Starts the thread, and returns the observer that tells it what happens.
    pub(crate) fn start() -> io::Result<(Watchdog, Mirror)> {
        let place = Place::make()?;
        let (alive, end) = UnixStream::pair()?;
        let (pipe, signals) = UnixStream::pair()?;
        let picture = Arc::new(Mutex::new(Picture::default()));
        let mirror = Mirror::new(Arc::clone(&picture));
        let quit = Quit::begin(pipe)?;
        let thread = thread::Builder::new()
            .name("roundelay-live".to_owned())
            .spawn(move || serve(&place, &end, &signals, &picture))?;
        let watchdog = Watchdog {
            thread: Some(thread),
            alive: Some(alive),
            quit,
            process: std::process::id(),
        };
        Ok((watchdog, mirror))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let thread = self.thread.take();
        if std::process::id() != self.process {
            // Its thread stayed in the parent.
            std::mem::forget(thread);
            return;
        }
        drop(self.alive.take());
        if let Some(thread) = thread {
            // Its panic was reported when it came.
            let _ = thread.join();
        }
        drop(self.quit.take());
    }
}

fn serve(place: &Place, end: &UnixStream, signals: &UnixStream, picture: &Mutex<Picture>) {
    // If SIGQUIT is not ours, nobody holds the other end, and there is nothing to wait for.
    let mut has_signals = true;
    loop {
        let signal_source = if has_signals {
            signals.as_fd()
        } else {
            end.as_fd()
        };
        let Ok([ended, signalled, asked]) =
            wait::readable([end.as_fd(), signal_source, place.listener.as_fd()])
        else {
            return;
        };
        if ended {
            return;
        }
        if signalled {
            let mut notes = [0; 64];
            match (&*signals).read(&mut notes) {
                Ok(0) | Err(_) => has_signals = false,
                Ok(_) => report(picture),
            }
        }
        if asked && let Ok((socket, _)) = place.listener.accept() {
            // Who goes away without an answer does not want it.
            let _ = answer(socket, picture);
        }
    }
}

/// What SIGQUIT asks for.
fn report(picture: &Mutex<Picture>) {
    let picture = Picture::copy(picture);
    let text = tell::answer(&picture, Question::Tree) + &tell::answer(&picture, Question::Top);
    // Without a standard error there is nobody to tell.
    let _ = io::stderr().write_all(text.as_bytes());
}

fn answer(mut socket: UnixStream, picture: &Mutex<Picture>) -> io::Result<()> {
    socket.set_nonblocking(false)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new((&socket).take(LONGEST)).read_line(&mut line)?;
    let text = match Question::read(&line) {
        Some(question) => tell::answer(&Picture::copy(picture), question),
        None => "this is no question: ask ps, tree, top or why and a task's number\n".to_owned(),
    };
    socket.write_all(text.as_bytes())
}

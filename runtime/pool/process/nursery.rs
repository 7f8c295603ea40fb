//! The life of the zygote: fork workers when asked, reap them, tell the pool, end when the pool
//! does.
//!
//! The zygote is small and has one thread, whatever the program it came from grew into. So its fork
//! is quick and copies no lock that another thread holds.

use super::control::{self, Message, WorkerId};
use super::preparation::Preparation;
use super::worker;
use crate::sys::child::{self, Process};
use crate::sys::itself;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process;

/// The zygote's state.
struct Nursery {
    /// The socket to the pool; its end is the order to end.
    control: OwnedFd,
    /// What is to be so in every worker.
    preparation: Preparation,
    /// Whether no worker can be forked, since the preparation failed.
    barren: bool,
    /// The workers that are not reaped yet.
    workers: Vec<(WorkerId, Process)>,
}

/// Lives as a zygote: returns when the pool is gone and no worker is left.
pub(super) fn live() -> io::Result<()> {
    let control = begin()?;
    let preparation = match control::receive(control.as_fd()) {
        Ok(Some(Message::Prepare { preparation })) => Preparation::from_bytes(&preparation)?,
        Ok(Some(_)) => return Err(not_for_a_zygote()),
        Ok(None) => return Ok(()),
        Err(error) => return ignore_end(Err(error)),
    };
    let mut nursery = Nursery {
        control,
        preparation,
        barren: false,
        workers: Vec::new(),
    };
    let served = nursery.prepare().and_then(|()| nursery.serve());
    nursery.end()?;
    ignore_end(served)
}

/// That the pool ended is no error.
fn ignore_end(served: io::Result<()>) -> io::Result<()> {
    match served {
        Err(error) if control::is_end(&error) => Ok(()),
        other => other,
    }
}

fn not_for_a_zygote() -> io::Error {
    io::Error::other("an order that is not for a zygote")
}

/// The zygote's first acts; returns the control socket, which came as standard input.
fn begin() -> io::Result<OwnedFd> {
    if !itself::is_single_threaded()? {
        return Err(io::Error::other(
            "`roundelay::pool::process::init()` was called after a thread was started: \
             call it first in main",
        ));
    }
    let control = itself::take_stdin()?;
    itself::fill_standard()?;
    // Descriptors that were open without close-on-exec came along; one of them kept open could hold
    // up whoever waits for its end.
    itself::keep_only(control.as_fd())?;
    itself::leave_process_group()?;
    itself::reset_signals();
    itself::set_name(c"pool-zygote");
    Ok(control)
}

impl Nursery {
    /// Prepares itself, or tells why that failed. It lives on in both cases: a zygote that ends
    /// would be replaced by another, to fail again.
    fn prepare(&mut self) -> io::Result<()> {
        if let Err(reason) = self.preparation.prepare() {
            self.barren = true;
            control::send_unprepared(self.control.as_fd(), &reason)?;
        }
        Ok(())
    }

    /// Does what the pool asks until it is gone.
    fn serve(&mut self) -> io::Result<()> {
        loop {
            let ready = {
                let workers = self.workers.iter().map(|(_, process)| process.as_fd());
                let all: Vec<BorrowedFd<'_>> = std::iter::once(self.control.as_fd())
                    .chain(workers)
                    .collect();
                child::wait_readable(&all, None)?
            };
            // From the last to the first: taking one out leaves the places before it as they are.
            for place in (0..self.workers.len())
                .rev()
                .filter(|place| ready[place + 1])
            {
                let (id, process) = self.workers.swap_remove(place);
                let status = process.reap()?;
                control::send_ended(self.control.as_fd(), id, status.into_raw())?;
            }
            if ready[0] {
                match control::receive(self.control.as_fd())? {
                    Some(Message::Fork {
                        worker,
                        limit,
                        descriptors,
                    }) => {
                        self.fork_and_tell(worker, limit, descriptors)?;
                    }
                    Some(_) => return Err(not_for_a_zygote()),
                    None => return Ok(()),
                }
            }
        }
    }

    /// Forks a worker that serves a socket, and tells how that went.
    fn fork_and_tell(
        &mut self,
        id: WorkerId,
        limit: u64,
        descriptors: Vec<OwnedFd>,
    ) -> io::Result<()> {
        match self.fork(id, limit, descriptors) {
            Ok(process) => {
                control::send_born(self.control.as_fd(), id, process.pid(), process.as_fd())?;
                self.workers.push((id, process));
                Ok(())
            }
            Err(error) => control::send_not_born(self.control.as_fd(), id, &error),
        }
    }

    /// Kills the workers and waits for them: none is left behind, not even as a zombie.
    fn end(self) -> io::Result<()> {
        for (_, process) in &self.workers {
            process.kill()?;
        }
        for (_, process) in &self.workers {
            process.reap()?;
        }
        Ok(())
    }

    /// Forks a worker. The zygote's copies of what it gets are closed: the pool is to see the end
    /// when the worker's are gone.
    fn fork(&self, id: WorkerId, limit: u64, descriptors: Vec<OwnedFd>) -> io::Result<Process> {
        if self.barren {
            return Err(io::Error::other("unprepared"));
        }
        if descriptors.len() < self.preparation.descriptors() {
            return Err(control::no_descriptor());
        }
        let mut descriptors = descriptors.into_iter();
        let socket = descriptors.next().ok_or_else(control::no_descriptor)?;
        let stderr = descriptors.next();
        let (zygote, preparation) = (process::id(), &self.preparation);
        child::fork(|| {
            if let Some(stderr) = stderr
                && itself::replace_stderr(stderr).is_err()
            {
                process::exit(1);
            }
            worker::live(zygote, id, socket, limit, preparation)
        })
    }
}

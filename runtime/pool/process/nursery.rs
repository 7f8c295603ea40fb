//! The life of the zygote: fork workers when asked, reap them, tell the pool, end when the pool
//! does.
//!
//! The zygote is small and has one thread, whatever the program it came from grew into. So its fork
//! is quick and copies no lock that another thread holds.

use super::control::{self, Message, WorkerId};
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
    /// The workers that are not reaped yet.
    workers: Vec<(WorkerId, Process)>,
}

/// Lives as a zygote: returns when the pool is gone and no worker is left.
pub(super) fn live() -> io::Result<()> {
    let mut nursery = Nursery {
        control: begin()?,
        workers: Vec::new(),
    };
    let served = nursery.serve();
    nursery.end()?;
    served.or_else(|error| {
        if control::is_end(&error) {
            Ok(())
        } else {
            Err(error)
        }
    })
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
    // Descriptors that were open without close-on-exec came along; one of them kept open could hold
    // up whoever waits for its end.
    itself::keep_only(control.as_fd())?;
    itself::leave_process_group()?;
    itself::reset_signals();
    itself::set_name(c"pool-zygote");
    Ok(control)
}

impl Nursery {
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
                        socket,
                    }) => {
                        self.fork_and_tell(worker, limit, socket)?;
                    }
                    Some(_) => return Err(io::Error::other("an order that is not for a zygote")),
                    None => return Ok(()),
                }
            }
        }
    }

    /// Forks a worker that serves the socket, and tells how that went.
    fn fork_and_tell(
        &mut self,
        id: WorkerId,
        limit: u64,
        socket: Option<OwnedFd>,
    ) -> io::Result<()> {
        let forked = socket
            .ok_or_else(control::no_descriptor)
            .and_then(|socket| fork(id, limit, socket));
        match forked {
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
}

/// Forks a worker. The zygote's copy of the socket is closed: the pool is to see the end when the
/// worker's is gone.
fn fork(id: WorkerId, limit: u64, socket: OwnedFd) -> io::Result<Process> {
    let zygote = process::id();
    child::fork(|| worker::live(zygote, id, socket, limit))
}

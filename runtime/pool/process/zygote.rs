//! The pool's hold on its zygote: start it, ask it for workers, hear what becomes of them, end it.

use super::control::{self, Message, WorkerId};
use super::entry;
use super::settings::Settings;
use crate::sys::child;
use crate::sys::fork_guard;
use crate::sys::packet;
use socket2::SockRef;
use std::cell::RefCell;
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a zygote may take to kill and reap its workers before it is killed itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// A zygote: the program itself, run once more, small and with one thread. It ends when dropped.
pub(super) struct Zygote {
    /// The process; `end` reaps it.
    child: RefCell<Child>,
    /// Our end of the control socket; the zygote ends when this one is shut.
    control: OwnedFd,
    /// The process that started it. A child forked from that has a copy of us and must not use it.
    owner: fork_guard::Process,
}

impl Zygote {
    /// Starts a zygote, with the environment and the working directory of this moment, as far as
    /// the settings say nothing else.
    pub(super) fn start(settings: &Settings) -> io::Result<Zygote> {
        if entry::was_missed() {
            // Going on would start a process that starts a process, without end.
            return Err(io::Error::other(
                "this process was started to be a pool's zygote but did not become one: \
                 call `roundelay::pool::process::init()` first in main",
            ));
        }
        let (control, theirs) = packet::pair()?;
        let (variable, value) = entry::variable();
        // /proc/self/exe is the file that runs, even if another was put in its place since. The
        // socket goes as standard input because that needs no `pre_exec`, with which std would fork
        // this process, with all its page tables, instead of vforking it.
        let mut program = Command::new("/proc/self/exe");
        // The log of a run is of the loop that asks for workers, and its file is not theirs to write.
        program.env_remove("ROUNDELAY_TRACE");
        settings.apply(&mut program);
        let child = program
            .env(variable, value)
            .stdin(Stdio::from(theirs))
            .spawn()
            .map_err(|error| settings.explain(error))?;
        let zygote = Zygote {
            child: RefCell::new(child),
            control,
            owner: fork_guard::Process::current(),
        };
        control::send_prepare(zygote.control.as_fd(), &settings.preparation.to_bytes())?;
        Ok(zygote)
    }

    /// Has `hear` and `ask` fail with `WouldBlock` instead of waiting.
    pub(super) fn set_nonblocking(&self) -> io::Result<()> {
        SockRef::from(&self.control).set_nonblocking(true)
    }

    /// Asks for a worker that is given these descriptors (see [`Message::Fork`]).
    pub(super) fn ask(
        &self,
        worker: WorkerId,
        limit: u64,
        descriptors: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        control::send_fork(self.control.as_fd(), worker, limit, descriptors)
    }

    /// Lets the zygote end as soon as it likes; [`hear`](Zygote::hear) then tells when it has.
    pub(super) fn let_go(&self) {
        if self.owner.is_current() {
            // What fails here fails because the zygote is gone.
            let _ = SockRef::from(&self.control).shutdown(Shutdown::Write);
        }
    }

    /// Takes the next word from the zygote; nothing when it has ended.
    pub(super) fn hear(&self) -> io::Result<Option<Message>> {
        control::receive(self.control.as_fd())
    }

    /// Ends the zygote and its workers, and reaps it. Waits for that: some milliseconds, as a
    /// SIGKILL cannot be refused.
    pub(super) fn end(&self) {
        if !self.owner.is_current() {
            return;
        }
        self.let_go();
        let deadline = Instant::now() + PATIENCE;
        while self.is_heard_before(deadline) {}
        // The control socket is the last thing a zygote closes; what could still hold it up
        // (functions that run at exit) is not worth waiting for.
        let mut child = self.child.borrow_mut();
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Waits for a word; false when there will be none, or the time is over.
    fn is_heard_before(&self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let readable = child::wait_readable(&[self.control.as_fd()], Some(left));
        readable.is_ok_and(|readable| readable[0]) && matches!(self.hear(), Ok(Some(_)))
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        self.end();
    }
}

impl AsFd for Zygote {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::FrameReader;
    use super::super::{PoolError, codec};
    use super::*;
    use crate::sys::child::Process;
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::os::unix::process::ExitStatusExt;
    use std::panic::Location;
    use std::process::{self, ExitStatus};

    const LIMIT: u64 = 1 << 20;

    /// A zygote and one worker, spoken to with sockets that block.
    struct Pair {
        zygote: Zygote,
        worker: Process,
        socket: UnixStream,
    }

    fn start() -> Pair {
        let settings = Settings::with_inherited_stderr();
        let zygote = Zygote::start(&settings).unwrap();
        let (socket, theirs) = UnixStream::pair().unwrap();
        zygote.ask(7, LIMIT, &[theirs.as_fd()]).unwrap();
        match zygote.hear().unwrap() {
            Some(Message::Born {
                worker: 7,
                pid,
                descriptor,
            }) => Pair {
                zygote,
                worker: Process::new(pid, descriptor.unwrap()),
                socket,
            },
            other => panic!("{other:?}"),
        }
    }

    impl Pair {
        /// Sends a call and waits for its reply; nothing if the socket ends.
        fn call<A, R>(&mut self, function: fn(A) -> R, argument: A) -> Option<Result<R, PoolError>>
        where
            A: Serialize + DeserializeOwned,
            R: Serialize + DeserializeOwned,
        {
            let submitted = Location::caller();
            let frame = codec::encode(function, &argument, LIMIT, submitted).unwrap();
            self.socket.write_all(&frame).unwrap();
            let (kind, frame) = FrameReader::default()
                .read(&self.socket, codec::reply_limit(LIMIT))
                .unwrap()?;
            Some(codec::decode(kind, &frame, LIMIT, submitted))
        }

        fn ended(&self) -> ExitStatus {
            match self.zygote.hear().unwrap() {
                Some(Message::Ended { worker: 7, status }) => ExitStatus::from_raw(status),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_worker_is_another_process_and_answers_calls() {
        let mut pair = start();
        assert_eq!(pair.call(|n: u64| n * 2, 21).unwrap().unwrap(), 42);
        assert_eq!(
            pair.call(|(): ()| process::id(), ()).unwrap().unwrap(),
            pair.worker.pid()
        );
        assert_ne!(pair.worker.pid(), process::id());
        pair.zygote.end();
    }

    #[test]
    fn a_panic_is_a_reply_and_the_worker_goes_on() {
        let mut pair = start();
        let error = pair
            .call(|n: u8| -> u8 { panic!("no luck with {n}") }, 3)
            .unwrap()
            .unwrap_err();
        let PoolError::Panicked {
            message, location, ..
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(message, "no luck with 3");
        assert!(location.starts_with(file!()), "{location}");
        assert_eq!(pair.call(|n: u8| n, 5).unwrap().unwrap(), 5);
        pair.zygote.end();
    }

    #[test]
    fn the_zygote_tells_how_a_worker_ended() {
        let mut pair = start();
        assert!(
            pair.call(|(): ()| process::abort(), ())
                .map(drop::<Result<(), _>>)
                .is_none()
        );
        assert_eq!(pair.ended().signal(), Some(6));
        pair.zygote.end();

        let mut pair = start();
        assert!(
            pair.call(|(): ()| process::exit(3), ())
                .map(drop::<Result<(), _>>)
                .is_none()
        );
        assert_eq!(pair.ended().code(), Some(3));
        pair.zygote.end();

        let pair = start();
        pair.worker.kill().unwrap();
        assert_eq!(pair.ended().signal(), Some(9));
        pair.worker.kill().expect("killing the dead is no error");
        pair.zygote.end();
    }

    #[test]
    fn a_worker_ends_when_its_socket_does() {
        let pair = start();
        drop(pair.socket);
        assert_eq!(
            ExitStatus::from_raw(match pair.zygote.hear().unwrap() {
                Some(Message::Ended { status, .. }) => status,
                other => panic!("{other:?}"),
            })
            .code(),
            Some(0)
        );
        pair.zygote.end();
    }

    #[test]
    fn a_zygote_that_is_killed_takes_its_workers_along() {
        let pair = start();
        pair.zygote.child.borrow_mut().kill().unwrap();
        pair.zygote.child.borrow_mut().wait().unwrap();
        let ended =
            child::wait_readable(&[pair.worker.as_fd()], Some(Duration::from_secs(2))).unwrap();
        assert!(ended[0], "the worker outlives its zygote");
    }

    #[test]
    fn a_worker_starts_clean() {
        let mut pair = start();
        let open = |(): ()| std::fs::read_dir("/proc/self/fd").unwrap().count();
        // Three standard ones, the socket, and the directory that is being read.
        assert_eq!(pair.call(open, ()).unwrap().unwrap(), 5);
        let stdin = |(): ()| std::fs::read_link("/proc/self/fd/0").unwrap();
        assert_eq!(
            pair.call(stdin, ()).unwrap().unwrap().to_str(),
            Some("/dev/null")
        );
        let name = |(): ()| std::fs::read_to_string("/proc/self/comm").unwrap();
        assert_eq!(pair.call(name, ()).unwrap().unwrap(), "pool-worker\n");
        let variable = |(): ()| std::env::var_os("ROUNDELAY_ZYGOTE").is_some();
        assert!(!pair.call(variable, ()).unwrap().unwrap());
        pair.zygote.end();
    }
}

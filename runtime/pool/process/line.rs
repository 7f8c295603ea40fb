//! The line to a zygote, in the loop: asks for workers, listens to what becomes of them.

use super::busy::Busy;
use super::control::{Message, WorkerId, no_descriptor};
use super::fate::Fate;
use super::first::{First, first};
use super::last_words::LastWords;
use super::settings::Settings;
use super::zygote::Zygote;
use crate::io::AsyncFd;
use crate::task::{spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::rc::Rc;

/// A zygote and the fates of its workers.
pub(super) struct Line {
    /// The zygote, watched by the loop.
    zygote: AsyncFd<Zygote>,
    /// The workers that were asked for and, as far as was heard, have not ended.
    fates: RefCell<BTreeMap<WorkerId, Rc<Fate>>>,
    /// The next worker's name.
    next: Cell<WorkerId>,
    /// Whether the zygote has ended; then nothing can be asked and all fates are known.
    cut: Cell<bool>,
    /// Why the zygote can fork no worker, if it has said so.
    unprepared: RefCell<Option<String>>,
    /// Whether each worker gets a pipe as its standard error.
    own_stderr: bool,
    /// Told to those who listen to workers.
    busy: Rc<Busy>,
}

impl Line {
    /// Starts a zygote.
    pub(super) fn open(settings: &Settings, busy: &Rc<Busy>) -> io::Result<Line> {
        let zygote = Zygote::start(settings)?;
        zygote.set_nonblocking()?;
        let zygote = AsyncFd::reader(zygote)?;
        let fates = RefCell::new(BTreeMap::new());
        Ok(Line {
            zygote,
            fates,
            next: Cell::new(0),
            cut: Cell::new(false),
            unprepared: RefCell::default(),
            own_stderr: settings.preparation.own_stderr,
            busy: busy.clone(),
        })
    }

    /// Whether the zygote has ended.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.get()
    }

    /// Why the zygote can fork no worker, if it has said so.
    pub(super) fn unprepared(&self) -> Option<String> {
        self.unprepared.borrow().clone()
    }

    /// Asks for a worker that serves `socket`; gives its fate, which is open until the zygote
    /// answers.
    pub(super) async fn ask(&self, limit: u64, socket: BorrowedFd<'_>) -> io::Result<Rc<Fate>> {
        let (words, stderr) = match self.own_stderr.then(LastWords::pair).transpose()? {
            Some((words, theirs)) => (Some(words), Some(theirs)),
            None => (None, None),
        };
        let mut descriptors = vec![socket];
        descriptors.extend(stderr.as_ref().map(OwnedFd::as_fd));
        let id = self.next.get();
        self.next.set(id + 1);
        let fate = Rc::new(Fate::asked(words));
        // Before the request goes out, or the answer would find nobody.
        self.fates.borrow_mut().insert(id, fate.clone());
        loop {
            match self.zygote.get_ref().ask(id, limit, &descriptors) {
                // Hundreds of requests are on their way and each takes a fraction of a millisecond:
                // that is not worth a queue of slots that wait to write.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => yield_now().await,
                Err(error) => {
                    self.fates.borrow_mut().remove(&id);
                    return Err(error);
                }
                Ok(()) => break,
            }
        }
        if self.own_stderr {
            let (fate, busy) = (fate.clone(), self.busy.clone());
            let reader = spawn(async move {
                if let Some(words) = fate.words() {
                    words.listen(&fate, &busy).await;
                }
            });
            reader.set_name("process pool stderr");
        }
        Ok(fate)
    }

    /// Lets the zygote end, which has no workers any more, and waits for that.
    pub(super) async fn end_in_peace(&self) {
        self.zygote.get_ref().let_go();
        // Whoever listens to the zygote hears its end, too.
        while !self.is_cut() {
            match self.zygote.read_with(Zygote::hear).await {
                Ok(Some(message)) => self.note(message),
                Ok(None) | Err(_) => self.cut(),
            }
        }
    }

    /// Listens for as long as the zygote lives, but only while a call is being done.
    ///
    /// Without calls nobody needs the news, and an idle pool must not look like a wait for
    /// something real: a loop with a virtual clock would never jump.
    pub(super) async fn listen(&self, busy: &Busy) {
        while !self.is_cut() {
            busy.is(true).await;
            match first(self.zygote.read_with(Zygote::hear), busy.is(false)).await {
                First::This(Ok(Some(message))) => self.note(message),
                First::This(Ok(None) | Err(_)) => self.cut(),
                First::Other(()) => {}
            }
        }
    }

    /// Ends the zygote and with it the workers, and waits for that. All fates are known then.
    pub(super) fn cut(&self) {
        if self.cut.replace(true) {
            return;
        }
        let fates = self.fates.take();
        // The zygote would do it, one message and one turn of its loop later.
        fates.values().for_each(|fate| fate.kill());
        self.zygote.get_ref().end();
        // If the zygote was killed, nobody has waited for them.
        fates.values().for_each(|fate| fate.block_until_ended());
        fates.values().for_each(|fate| fate.ended(None));
    }

    /// Passes a message on to the fate it is about.
    fn note(&self, message: Message) {
        match message {
            Message::Born {
                worker,
                pid,
                descriptor,
            } => {
                let fate = self.fates.borrow().get(&worker).cloned();
                if let Some(fate) = fate {
                    match descriptor {
                        Some(descriptor) => fate.born(pid, descriptor),
                        None => fate.not_born(no_descriptor()),
                    }
                }
            }
            Message::NotBorn { worker, error } => {
                let fate = self.fates.borrow_mut().remove(&worker);
                if let Some(fate) = fate {
                    fate.not_born(io::Error::from_raw_os_error(error));
                }
            }
            Message::Ended { worker, status } => {
                let fate = self.fates.borrow_mut().remove(&worker);
                if let Some(fate) = fate {
                    fate.ended(Some(ExitStatus::from_raw(status)));
                }
            }
            Message::Unprepared { reason } => drop(self.unprepared.replace(Some(reason))),
            Message::Fork { .. } | Message::Prepare { .. } => self.cut(),
        }
    }
}

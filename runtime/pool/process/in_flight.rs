//! Tells the loop that a call is on its way, so that it knows of something real that will come.

use super::account::Account;
use crate::event_loop::EventLoop;
use crate::event_loop::context::{with_loop, with_running};
use crate::event_loop::observer::{JobEnd, JobId};
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

/// A call on its way, from its submission until there is an outcome or nobody wants one.
pub(super) struct InFlight {
    /// The loop's serial number and the job's; none if no loop ran.
    told: Option<(u64, JobId)>,
    /// How the call ended, as far as it has.
    end: JobEnd,
    /// The pool's account.
    account: Rc<Account>,
}

impl InFlight {
    /// Tells the loop that runs.
    pub(super) fn begin(account: &Rc<Account>, submitted: &'static Location<'static>) -> InFlight {
        account.submitted();
        let told =
            with_running(|event_loop| (event_loop.serial, event_loop.job_submitted(submitted)));
        InFlight {
            told,
            end: JobEnd::Dropped,
            account: account.clone(),
        }
    }

    /// The job's number, if a loop ran.
    pub(super) fn job(&self) -> Option<JobId> {
        self.told.map(|(_, job)| job)
    }

    /// The call has ended so.
    pub(super) fn end(mut self, end: JobEnd) {
        self.end = end;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.account.finished(self.end);
        // A loop that has ended meanwhile need not know.
        if let Some((serial, job)) = self.told {
            with_loop(serial, |event_loop: &EventLoop| {
                event_loop.job_finished(job, self.end, Duration::ZERO);
            });
        }
    }
}

//! Tells the loop that a call is on its way, so that it knows of something real that will come.

use crate::event_loop::EventLoop;
use crate::event_loop::context::{with_loop, with_running};

/// A call on its way, from its submission until there is an outcome or nobody wants one.
pub(super) struct InFlight {
    /// The serial number of the loop that was told; none if no loop ran.
    told: Option<u64>,
}

impl InFlight {
    /// Tells the loop that runs.
    pub(super) fn begin() -> InFlight {
        let told = with_running(|event_loop| {
            event_loop.job_submitted();
            event_loop.serial
        });
        InFlight { told }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // A loop that has ended meanwhile need not know.
        if let Some(serial) = self.told {
            with_loop(serial, EventLoop::job_finished);
        }
    }
}

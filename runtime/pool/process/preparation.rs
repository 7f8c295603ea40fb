//! What a zygote is told before it forks its first worker, and what it does about it.

use crate::error::panic_message;
use crate::sys::{code, itself};
use std::ffi::CString;
use std::fs;
use std::io;
use std::panic::{self, AssertUnwindSafe};

/// The longest name a process can have.
pub(super) const LONGEST_NAME: usize = 15;

/// What is to be so in every worker.
#[derive(Clone, Debug, Default)]
pub(super) struct Preparation {
    /// The workers' name, for `ps` and for errors; without a zero byte, not longer than
    /// `LONGEST_NAME`.
    pub(super) name: String,
    /// How much sooner than others the workers are to be killed when memory is out; none leaves it
    /// as the zygote has it.
    pub(super) oom_score_adj: Option<u16>,
    /// Where the function is that the zygote is to call once.
    pub(super) zygote_init: Option<u64>,
    /// Whether a worker's standard error comes with the order to fork it.
    pub(super) own_stderr: bool,
}

impl Preparation {
    /// The bytes to send.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let fields = (
            &self.name,
            self.oom_score_adj,
            self.zygote_init,
            self.own_stderr,
        );
        postcard::to_stdvec(&fields).expect("a short name and three numbers can be encoded")
    }

    /// Reads what [`to_bytes`](Preparation::to_bytes) wrote.
    pub(super) fn from_bytes(bytes: &[u8]) -> io::Result<Preparation> {
        let (name, oom_score_adj, zygote_init, own_stderr) =
            postcard::from_bytes(bytes).map_err(io::Error::other)?;
        Ok(Preparation {
            name,
            oom_score_adj,
            zygote_init,
            own_stderr,
        })
    }

    /// How many descriptors come with the order to fork a worker.
    pub(super) fn descriptors(&self) -> usize {
        1 + usize::from(self.own_stderr)
    }

    /// In the zygote: does what is to be done once. An error says why no worker can be forked.
    pub(super) fn prepare(&self) -> Result<(), String> {
        let Some(place) = self.zygote_init else {
            return Ok(());
        };
        let found = panic::catch_unwind(AssertUnwindSafe(|| code::call_at(place)))
            .map_err(|payload| format!("`zygote_init` panicked: {}", panic_message(&*payload)))?;
        if !found {
            return Err("`zygote_init` is not in the program's own code".to_owned());
        }
        match itself::is_single_threaded() {
            Ok(true) => Ok(()),
            // A fork would copy the locks that thread holds, locked for ever.
            Ok(false) => {
                Err("`zygote_init` left a thread running: it must not start any".to_owned())
            }
            Err(error) => Err(format!(
                "whether `zygote_init` left a thread running: {error}"
            )),
        }
    }

    /// In a worker: takes the name, and the place in the order of those to be killed.
    pub(super) fn apply(&self) -> io::Result<()> {
        let name = CString::new(self.name.as_str())?;
        itself::set_name(&name);
        let Some(wanted) = self.oom_score_adj else {
            return Ok(());
        };
        let path = "/proc/self/oom_score_adj";
        let before: i32 = fs::read_to_string(path)?.trim().parse().unwrap_or(0);
        // Upwards only: that needs no privilege.
        if before < wanted.into() {
            fs::write(path, wanted.to_string())?;
        }
        Ok(())
    }
}

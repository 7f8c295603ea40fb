//! Seeing a run: the words for what happens in a loop, and its log.

mod causes;
mod check;
mod code;
pub mod live;
mod log;
mod mix;
mod plain;
mod record;
mod recorder;
pub mod stall;
pub mod state;
mod story;
mod theatre;
mod timeline;
pub mod why;

pub use crate::event_loop::event::{
    Act, CallKind, Direction, Event, ObjectKind, PollEnd, TaskEnd, WaitsFor, What, WokenBy,
};
pub use crate::event_loop::observer::{JobEnd, JobId, Observer, TaskId, WorkerId};
pub use crate::event_loop::snapshot::{Ready, Snapshot, TaskPicture};
pub use crate::event_loop::waits::Wait;
pub use check::{Check, Findings};
pub use log::{Line, Log, LogError};
pub use record::Record;
pub use recorder::{Recorder, Recording};
pub use state::State;
pub use story::Story;
pub use theatre::{FourWays, Span, Spans, SpansError, Theatre};

/// Whether a variable of the environment asks for something: it is set, and neither empty nor `0`.
pub(crate) fn is_asked_for(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty() && value != "0")
}
pub use timeline::Timeline;

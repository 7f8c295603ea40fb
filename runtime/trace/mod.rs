//! Seeing a run: the words for what happens in a loop, and its log.

mod causes;
mod code;
pub mod live;
mod log;
mod record;
mod recorder;
pub mod stall;
pub mod state;
mod story;

pub use crate::event_loop::event::{
    Act, CallKind, Direction, Event, ObjectKind, PollEnd, TaskEnd, WaitsFor, What, WokenBy,
};
pub use crate::event_loop::observer::{JobEnd, JobId, Observer, TaskId, WorkerId};
pub use crate::event_loop::snapshot::{Ready, Snapshot, TaskPicture};
pub use crate::event_loop::waits::Wait;
pub use log::{Line, Log, LogError};
pub use record::Record;
pub use recorder::{Recorder, Recording};
pub use state::State;
pub use story::Story;

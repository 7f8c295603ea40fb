//! Input and output: descriptors in the loop's reactor.

mod fd;
pub(crate) mod source;

pub use fd::AsyncFd;

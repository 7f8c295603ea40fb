//! A sampled stack as functions and lines. Without the feature `stall` there is none.

use super::Frame;

/// Asks a thread where it is, the innermost address first.
pub(super) fn sample(_thread: i32) -> Vec<usize> {
    #[cfg(feature = "stall")]
    return crate::sys::stack::sample(_thread).unwrap_or_default();
    #[cfg(not(feature = "stall"))]
    Vec::new()
}

#[cfg(not(feature = "stall"))]
pub(super) fn resolve(_addresses: &[usize]) -> Vec<Frame> {
    Vec::new()
}

/// Finds the functions: from where the signal came in to where the loop polls the step.
#[cfg(feature = "stall")]
pub(super) fn resolve(addresses: &[usize]) -> Vec<Frame> {
    let mut frames = Vec::new();
    for (position, &address) in addresses.iter().enumerate() {
        // What is not innermost is the address to return to, which may be on the next line.
        let call = address.saturating_sub(usize::from(position > 0));
        backtrace::resolve(call as *mut _, |symbol| frames.extend(frame(symbol)));
    }
    // Above it are the handler's own; the one that the kernel returns through may have no name.
    let handler = |frame: &Frame| frame.function.contains("sys::stack::on_signal");
    let first = frames
        .iter()
        .rposition(handler)
        .map_or(0, |place| place + 1);
    let mut frames = frames.split_off(first);
    if frames
        .first()
        .is_some_and(|frame| frame.function.contains("restore_rt"))
    {
        frames.remove(0);
    }
    let engine = |frame: &Frame| frame.function.contains("roundelay::event_loop::");
    let last = frames.iter().position(engine).unwrap_or(frames.len());
    frames.truncate(last);
    frames
}

#[cfg(feature = "stall")]
fn frame(symbol: &backtrace::Symbol) -> Option<Frame> {
    let file = symbol.filename().map(|file| {
        let here = std::env::current_dir().unwrap_or_default();
        let file = file.strip_prefix(here).unwrap_or(file);
        file.to_string_lossy().into_owned()
    });
    Some(Frame {
        // Without the hash at the end.
        function: format!("{:#}", symbol.name()?),
        place: file.zip(symbol.lineno()),
    })
}

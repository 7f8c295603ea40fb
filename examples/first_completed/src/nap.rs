//! The sleepers, who tell when they begin and when they wake.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use roundelay::sleep;

/// Sleeps, and keeps its thread meanwhile.
pub fn nap(seconds: f64) -> f64 {
    tell("Start", seconds);
    thread::sleep(Duration::from_secs_f64(seconds));
    tell("Stop", seconds);
    seconds
}

/// Sleeps, and leaves the loop to others meanwhile.
pub async fn nap_in_task(seconds: f64) -> f64 {
    tell("Start", seconds);
    sleep(Duration::from_secs_f64(seconds)).await;
    tell("Stop", seconds);
    seconds
}

fn tell(what: &str, seconds: f64) {
    // Nobody may be reading, which is no reason to stop.
    let _ = writeln!(io::stdout(), "  {what} sleep {seconds:?}");
}

/// Returns the time in which the last sleeper would have told that it woke, if it slept on.
pub fn until_all_would_wake(naps: &[f64]) -> Duration {
    let longest = naps.iter().copied().fold(0.0, f64::max);
    Duration::from_secs_f64(longest + 0.05)
}

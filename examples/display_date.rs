//! Two endless tasks that tell the time now and then, and a loop that runs until it is stopped:
//! `cargo run --example display_date`.
//!
//! Their turns interleave as their naps want it. After 50 seconds (of a tenth each, see `--help`) a callback
//! stops the loop, which drops both tasks in the middle of a nap.

mod pace;

use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

use roundelay::{Handle, Runtime, sleep};

async fn display_date(task: u32) {
    loop {
        println!("Loop: {task} Time: {}", time_of_day());
        sleep(pace::seconds(up_to_five())).await;
    }
}

/// The time of day in Greenwich.
fn time_of_day() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.expect("1970 is over");
    let (seconds, millis) = (since.as_secs() % 86_400, since.subsec_millis());
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60)
}

/// A number from nothing to five, by lot: the standard library has no dice, but hash maps seeded by chance.
fn up_to_five() -> f64 {
    let lot = RandomState::new().hash_one(0);
    lot as f64 / u64::MAX as f64 * 5.0
}

fn main() {
    let end = pace::seconds(50.0);
    let runtime = Runtime::new().expect("a loop can be made");
    drop(runtime.spawn(display_date(1)));
    drop(runtime.spawn(display_date(2)));
    runtime.call_later(end, || Handle::current().stop());
    runtime.run_forever().expect("the loop runs");
    println!("stopped");
}

//! Random draws that can be drawn again.

use std::ops::Range;
use std::time::{Duration, SystemTime};

/// A generator of numbers (splitmix64).
pub struct Draws(u64);

impl Draws {
    /// Seeded by the environment, or else by the time; says with what.
    pub fn new(test: &str) -> Draws {
        let given = std::env::var("ROUNDELAY_SEED").ok();
        let seed = given.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            now.unwrap().as_nanos() as u64 % 1_000_000
        });
        eprintln!("{test}: ROUNDELAY_SEED={seed}");
        Draws(seed)
    }

    /// A number of the range.
    pub fn number(&mut self, range: Range<u64>) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        range.start + (z ^ (z >> 31)) % (range.end - range.start)
    }

    /// A time of so many microseconds.
    pub fn micros(&mut self, range: Range<u64>) -> Duration {
        Duration::from_micros(self.number(range))
    }

    /// Whether something happens that happens so many times in a hundred.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.number(0..100) < chance
    }
}

/// The number of rounds: all of them if asked for, else a tenth.
pub fn rounds(all: u64) -> u64 {
    let asked = std::env::var_os("ROUNDELAY_FAULTS").is_some_and(|value| value == "all");
    if asked { all } else { all / 10 }
}

//! The sequential version: who slept least is known when all have slept.

use four_ways::{Result, Watch};

use crate::nap::nap;

/// Returns the shortest nap.
pub fn first(naps: &[f64], watch: &Watch) -> Result<f64> {
    watch.say("sequential:");
    let naps = naps.iter().map(|&seconds| nap(seconds));
    Ok(naps.fold(f64::INFINITY, f64::min))
}

//! A histogram of times, in buckets that grow with what they hold.
//!
//! Each doubling of time is cut into eight buckets, so a time is known to an eighth of itself, from nanoseconds to
//! hours, with at most 496 counts. An exact list would grow with the jobs; fixed bounds would fit one use only.

use std::fmt;
use std::time::Duration;

/// Buckets for each doubling, as a power of two.
const FINENESS: u32 = 3;

/// How often times of which length occurred.
///
/// Percentiles are exact to an eighth of the time, upwards; [`max`](Histogram::max) is exact.
#[derive(Clone, Default)]
pub struct Histogram {
    /// The counts by bucket; as long as the largest time so far needs.
    counts: Vec<u64>,
    /// How many times there are.
    count: u64,
    /// Their sum, in nanoseconds.
    sum: u128,
    /// The longest, in nanoseconds.
    max: u64,
}

/// The bucket of a time in nanoseconds.
fn bucket(nanoseconds: u64) -> usize {
    let Some(shift) = nanoseconds
        .checked_ilog2()
        .and_then(|log| log.checked_sub(FINENESS))
    else {
        return nanoseconds as usize;
    };
    // The leading bits below the first say which eighth it is.
    (((shift as usize) + 1) << FINENESS) + ((nanoseconds >> shift) as usize - (1 << FINENESS))
}

/// The longest time of a bucket, in nanoseconds.
fn longest(bucket: usize) -> u64 {
    let (row, place) = (bucket >> FINENESS, bucket & ((1 << FINENESS) - 1));
    match row.checked_sub(1) {
        None => place as u64,
        Some(shift) => {
            let next = ((1u128 << FINENESS) + place as u128 + 1) << shift;
            u64::try_from(next - 1).unwrap_or(u64::MAX)
        }
    }
}

impl Histogram {
    /// Adds a time.
    pub(super) fn add(&mut self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let bucket = bucket(nanoseconds);
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.count += 1;
        self.sum += u128::from(nanoseconds);
        self.max = self.max.max(nanoseconds);
    }

    /// Returns how many times there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the longest time; zero if there is none.
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.max)
    }

    /// Returns the mean; zero if there is no time.
    pub fn mean(&self) -> Duration {
        let mean = self.sum / u128::from(self.count.max(1));
        Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// Returns the time that half of all do not exceed.
    pub fn p50(&self) -> Duration {
        self.percentile(50.0)
    }

    /// Returns the time that 99 of 100 do not exceed.
    pub fn p99(&self) -> Duration {
        self.percentile(99.0)
    }

    /// Returns the time that this part of all, in percent, does not exceed; zero if there is none.
    pub fn percentile(&self, percent: f64) -> Duration {
        let wanted = (self.count as f64 * percent / 100.0).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return Duration::from_nanos(longest(bucket).min(self.max));
            }
        }
        self.max()
    }

    /// Returns the buckets that hold something, shortest first: the longest time that belongs to each, and how many do.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        let buckets = self.counts.iter().enumerate();
        buckets
            .filter(|(_, count)| **count > 0)
            .map(|(bucket, count)| (Duration::from_nanos(longest(bucket)), *count))
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("count", &self.count)
            .field("p50", &self.p50())
            .field("p99", &self.p99())
            .field("max", &self.max())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_in_a_bucket_that_ends_at_most_an_eighth_above_it() {
        let times = (0..64u32).flat_map(|shift| {
            let power = 1u64 << shift;
            [
                power - 1,
                power,
                power | power >> 3,
                power | power >> 1,
                power + (power - 1),
            ]
        });
        let mut before = None;
        let mut sorted: Vec<u64> = times.collect();
        sorted.sort_unstable();
        for time in sorted {
            let bucket = bucket(time);
            let end = longest(bucket);
            assert!(time <= end && end - time <= time / 8, "{time}: {end}");
            assert!(
                bucket == 0 || longest(bucket - 1) < time,
                "{time}: {bucket}"
            );
            assert!(before <= Some(bucket), "buckets are in the order of times");
            before = Some(bucket);
        }
        assert!(bucket(u64::MAX) < 496);
    }

    #[test]
    fn percentiles_count_from_the_shortest() {
        let mut histogram = Histogram::default();
        assert_eq!(
            (histogram.p50(), histogram.max()),
            (Duration::ZERO, Duration::ZERO)
        );
        (1..=100).for_each(|n| histogram.add(Duration::from_millis(n)));
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        assert!((50.0..57.0).contains(&milliseconds(histogram.p50())));
        assert!((99.0..=100.0).contains(&milliseconds(histogram.p99())));
        assert_eq!(histogram.percentile(100.0), Duration::from_millis(100));
        assert_eq!(histogram.mean(), Duration::from_micros(50_500));
        assert_eq!(
            histogram.buckets().map(|(_, count)| count).sum::<u64>(),
            100
        );
    }
}

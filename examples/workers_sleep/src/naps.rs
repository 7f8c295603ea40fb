//! The naps: drawn by lot, and no two of them equal.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};

/// Draws so many of the numbers from one to nine, in the order that belongs to `seed`.
pub fn draw(workers: usize, seed: Option<u64>) -> Vec<u64> {
    // The standard library has no dice; its hash maps are seeded by chance, though.
    let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(0));
    let lot = |nap: &u64| {
        let mut hasher = DefaultHasher::new();
        (seed, nap).hash(&mut hasher);
        hasher.finish()
    };
    let mut naps: Vec<u64> = (1..=9).collect();
    naps.sort_by_key(lot);
    naps.truncate(workers);
    naps
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn no_two_naps_are_equal() {
        let mut naps = draw(9, None);
        naps.sort_unstable();
        assert_eq!(naps, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn a_seed_draws_the_same_naps_again() {
        assert_eq!(draw(5, Some(7)), draw(5, Some(7)));
        let orders: Vec<_> = (0..20).map(|seed| draw(9, Some(seed))).collect();
        assert!(orders.iter().any(|order| *order != orders[0]));
    }
}

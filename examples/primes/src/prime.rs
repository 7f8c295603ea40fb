//! The work: is a number a prime?

/// Tries all odd numbers up to the square root.
pub fn is_prime(n: u64) -> bool {
    if n < 2 || n.is_multiple_of(2) {
        return n == 2;
    }
    (3..=n.isqrt())
        .step_by(2)
        .all(|divisor| !n.is_multiple_of(divisor))
}

#[cfg(test)]
mod tests {
    use super::is_prime;

    #[test]
    fn the_primes_below_fifty_are_found_and_no_others() {
        let found: Vec<u64> = (0..50).filter(|&n| is_prime(n)).collect();
        let known = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47];
        assert_eq!(found, known);
    }
}

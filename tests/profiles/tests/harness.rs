//! In the test harness, on its threads.

#[test]
fn a_pool_works_in_a_test() {
    pool_profiles::check();
}

#[test]
fn and_in_another_at_the_same_time() {
    pool_profiles::check();
}

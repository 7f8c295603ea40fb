//! A program that calls `process::init`, as programs should.

fn main() {
    roundelay::pool::process::init();
    pool_profiles::replace_own_file_if_told();
    pool_profiles::check();
}

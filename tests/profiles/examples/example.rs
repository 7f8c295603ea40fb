//! In an example.

fn main() {
    pool_profiles::check();
}

//! A program that does not call `process::init`.

fn main() {
    pool_profiles::replace_own_file_if_told();
    pool_profiles::check();
}

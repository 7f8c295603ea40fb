//! How much memory a process holds.

#![allow(unsafe_code)]

use std::fs;

/// Returns how many bytes of memory a process has in use (its resident set); nothing if there is no
/// such process.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    let line = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = line.split(' ').nth(1)?.parse().ok()?;
    // SAFETY: a plain call; the page's size is known on every system.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Some(pages * page as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_to_is_resident() {
        let before = resident(std::process::id()).unwrap();
        let bytes = vec![1u8; 64 << 20];
        let with = resident(std::process::id()).unwrap();
        assert!(with > before + (32 << 20), "{before} {with}");
        drop(std::hint::black_box(bytes));
        assert_eq!(resident(u32::MAX), None);
    }
}

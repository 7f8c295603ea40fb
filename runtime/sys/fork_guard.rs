//! Tells a process from the child that `fork` made of it, for the price of a load.
//!
//! A page that the kernel wipes in the child holds a number; a runtime remembers the number it was made under. In
//! the child the page reads zero, and a runtime made there writes a number that no ancestor used.

#![allow(unsafe_code)]

use std::ptr::{NonNull, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The process that a runtime was made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process(u64);

struct Page(NonNull<AtomicU64>);

// SAFETY: the page holds an atomic and is never unmapped.
unsafe impl Send for Page {}
// SAFETY: as above.
unsafe impl Sync for Page {}

static PAGE: OnceLock<Option<Page>> = OnceLock::new();

/// Counts the processes of this line of ancestors that asked; the child inherits its parent's count.
static LAST: AtomicU64 = AtomicU64::new(0);

fn page() -> Option<&'static AtomicU64> {
    let page = PAGE.get_or_init(map_page).as_ref()?;
    // SAFETY: the page is mapped for as long as the process lives, and an all-zero atomic is valid.
    Some(unsafe { page.0.as_ref() })
}

fn map_page() -> Option<Page> {
    const SIZE: usize = 4096;
    // SAFETY: a new anonymous mapping touches no memory in use.
    unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let page = libc::mmap(null_mut(), SIZE, protection, flags, -1, 0);
        if page == libc::MAP_FAILED || libc::madvise(page, SIZE, libc::MADV_WIPEONFORK) != 0 {
            return None;
        }
        NonNull::new(page.cast()).map(Page)
    }
}

impl Process {
    /// Returns the process that calls.
    pub(crate) fn current() -> Self {
        let Some(page) = page() else {
            return Process(0);
        };
        if page.load(Ordering::Relaxed) == 0 {
            let new = LAST.fetch_add(1, Ordering::Relaxed) + 1;
            let _ = page.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed);
        }
        Process(page.load(Ordering::Relaxed))
    }

    /// The number that stands for the process, to be kept in an atomic.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Process(bits)
    }

    /// Whether the caller is this process still, and not a child that was forked from it.
    #[inline]
    pub(crate) fn is_current(self) -> bool {
        page().is_none_or(|page| page.load(Ordering::Relaxed) == self.0)
    }
}

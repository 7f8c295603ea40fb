//! A hint to the processor that a place in memory will be needed soon.

#![allow(unsafe_code)]

/// Asks for the first two cache lines of a value and what lies behind it.
#[inline(always)]
pub(crate) fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that the program could see, and cannot fault, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = std::ptr::from_ref(value).cast::<i8>();
        _mm_prefetch::<_MM_HINT_T0>(address);
        _mm_prefetch::<_MM_HINT_T0>(address.wrapping_add(64));
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

//! Places in the program's own code, as numbers that mean the same in every process of the program.
//!
//! A function sits at another address in each process, but always at the same distance from the
//! start of the executable. So a call is sent to a worker as two distances: that of the function,
//! and that of the *runner*, the piece of generic code that knows the function's types.

#![allow(unsafe_code)]

use std::mem;
use std::ptr;

// SAFETY: the linker defines both, in every executable; only their addresses are taken.
unsafe extern "C" {
    /// The first byte of the executable in memory; defined by the linker.
    static __executable_start: u8;
    /// The byte after the executable's code; defined by the linker.
    static etext: u8;
}

/// A function `fn(A) -> R` and its runner, with the types forgotten.
///
/// # Invariant
/// Both fields come from [`Code::of`], here or in another process of the same executable: the
/// runner is the one made for the function's types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// Distance of the runner from the start of the executable.
    runner: u64,
    /// Distance of the function from the start of the executable.
    function: u64,
}

/// What a runner gives back: the encoded reply.
pub(crate) type Output = Vec<u8>;

/// Runs a function on an encoded argument; the number is a limit for its output.
pub(crate) type Runner<A, R> = fn(fn(A) -> R, &[u8], u64) -> Output;

/// A runner whose function's types are forgotten.
type AnyRunner = fn(fn(), &[u8], u64) -> Output;

impl Code {
    /// How many bytes the code takes on the wire.
    pub(crate) const SIZE: usize = 16;

    /// Returns where the function and its runner are, or nothing if one is not in the executable
    /// itself (but in a shared library, which may be loaded elsewhere or not at all in the worker).
    pub(crate) fn of<A, R>(runner: Runner<A, R>, function: fn(A) -> R) -> Option<Code> {
        Some(Code {
            runner: distance(runner as usize)?,
            function: distance(function as usize)?,
        })
    }

    /// Runs the function on an encoded argument; `limit` is passed on. Nothing if a place is out of
    /// range.
    pub(crate) fn run(self, argument: &[u8], limit: u64) -> Option<Output> {
        let (runner, function) = (address(self.runner)?, address(self.function)?);
        // SAFETY: by the invariant both are addresses of functions, moved to this process's copy of
        // the same executable. Function pointers of any type may stand for one another in a call
        // (std, `fn`, "ABI compatibility"), so the runner may be called with the function's types
        // forgotten: it takes its first argument as the `fn(A) -> R` it is.
        let (runner, function) = unsafe {
            (
                mem::transmute::<usize, AnyRunner>(runner),
                mem::transmute::<usize, fn()>(function),
            )
        };
        Some(runner(function, argument, limit))
    }

    /// Returns the code as it goes over the wire.
    pub(crate) fn to_bytes(self) -> [u8; Code::SIZE] {
        let mut bytes = [0; Code::SIZE];
        bytes[..8].copy_from_slice(&self.runner.to_le_bytes());
        bytes[8..].copy_from_slice(&self.function.to_le_bytes());
        bytes
    }

    /// Reads the code off the wire. The bytes must be those of [`Code::to_bytes`]: this is for the
    /// private socket between a pool and its worker, whose two ends belong to one program.
    pub(crate) fn from_bytes(bytes: [u8; Code::SIZE]) -> Code {
        let (runner, function) = bytes.split_at(8);
        let number =
            |half: &[u8]| u64::from_le_bytes(half.try_into().expect("half of 16 bytes is 8"));
        Code {
            runner: number(runner),
            function: number(function),
        }
    }
}

/// Returns where a plain function is, or nothing if it is not in the executable itself.
pub(crate) fn place_of(function: fn()) -> Option<u64> {
    distance(function as usize)
}

/// Calls the function at a place that [`place_of`] gave, here or in another process of the same
/// executable. Returns false, and calls nothing, if the place is out of range.
pub(crate) fn call_at(place: u64) -> bool {
    let Some(function) = address(place) else {
        return false;
    };
    // SAFETY: the place is that of a `fn()`, moved to this process's copy of the same executable.
    unsafe { mem::transmute::<usize, fn()>(function)() };
    true
}

/// The executable's code: where it begins, and how long it is.
fn text() -> (usize, usize) {
    let (start, end) = (
        ptr::addr_of!(__executable_start) as usize,
        ptr::addr_of!(etext) as usize,
    );
    (start, end - start)
}

fn distance(address: usize) -> Option<u64> {
    let (start, length) = text();
    address
        .checked_sub(start)
        .filter(|distance| *distance < length)
        .map(|distance| distance as u64)
}

fn address(distance: u64) -> Option<usize> {
    let (start, length) = text();
    usize::try_from(distance)
        .ok()
        .filter(|distance| *distance < length)
        .map(|distance| start + distance)
}

/// Has a function (`extern "C" fn()`) called before `main`.
///
/// The static is named so that code can refer to it: a linker may leave out what nobody names.
macro_rules! call_before_main {
    ($(#[$meta:meta])* static $name:ident = $function:path;) => {
        $(#[$meta])*
        #[used]
        #[allow(unsafe_code, reason = "the only way to ask for a place among the constructors")]
        // SAFETY: `.init_array` holds pointers to functions of this type, called once each, on one
        // thread.
        #[unsafe(link_section = ".init_array")]
        pub(crate) static $name: extern "C" fn() = $function;
    };
}
pub(crate) use call_before_main;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn double(n: u8) -> u8 {
        n * 2
    }

    fn runner(function: fn(u8) -> u8, argument: &[u8], _limit: u64) -> Output {
        vec![function(argument[0])]
    }

    #[test]
    fn code_survives_the_wire_and_runs() {
        let code = Code::of(runner, double).unwrap();
        assert_eq!(Code::from_bytes(code.to_bytes()), code);
        assert_eq!(code.run(&[21], 0), Some(vec![42]));
    }

    #[test]
    fn a_plain_function_is_called_at_its_place() {
        static CALLED: AtomicBool = AtomicBool::new(false);
        fn call() {
            CALLED.store(true, Ordering::Relaxed);
        }
        assert!(call_at(place_of(call).unwrap()));
        assert!(CALLED.load(Ordering::Relaxed));
        assert!(!call_at(u64::MAX));
    }

    #[test]
    fn a_place_outside_the_executable_is_refused() {
        extern "C" fn anything() {}
        let inside = anything as extern "C" fn() as usize;
        assert!(distance(inside).is_some());
        assert!(
            distance(libc::getpid as *const () as usize).is_none(),
            "code of libc"
        );
        let far = Code {
            runner: u64::MAX,
            function: 0,
        };
        assert_eq!(far.run(&[], 0), None);
    }
}

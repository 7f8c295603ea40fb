//! What few loops have: bits of one word, `EventLoop::special`, so that a spawn asks for all of them in one test.

use super::EventLoop;

/// The runtime is being closed: nothing new is accepted.
pub(super) const CLOSING: u8 = 1;
/// There is an observer.
pub(super) const OBSERVED: u8 = 2;
/// It is noted what tasks wait for.
pub(super) const NOTES: u8 = 32;
/// Context variables have been used on this thread: somebody may have a context to inherit.
pub(super) const VARIABLES: u8 = 4;
/// All tasks start eagerly. Set while the loop runs.
pub(super) const EAGER: u8 = 8;
/// The next task that is spawned does.
pub(super) const EAGER_ONCE: u8 = 16;

impl EventLoop {
    #[inline]
    pub(super) fn has_special(&self, bit: u8) -> bool {
        self.special.get() & bit != 0
    }

    #[inline]
    pub(super) fn set_special(&self, bit: u8) {
        self.special.set(self.special.get() | bit);
    }

    #[inline]
    pub(super) fn clear_special(&self, bit: u8) {
        self.special.set(self.special.get() & !bit);
    }
}

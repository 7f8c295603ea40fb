//! How a loop is to behave: what `Builder` collects.

use super::chaos::Chaos;
use super::observer::{Both, Observer};
use super::unhandled;
use crate::error::Unhandled;
use std::time::Duration;

/// How a loop is to behave; see `Builder` for what each setting means.
pub(crate) struct Settings {
    pub(crate) strict: bool,
    pub(crate) debug: bool,
    pub(crate) virtual_clock: bool,
    pub(crate) timer_resolution: Duration,
    pub(crate) eager_start: bool,
    pub(crate) observer: Option<Box<dyn Observer>>,
    pub(crate) on_unhandled: Option<unhandled::Handler>,
    pub(crate) unhandled_fallback: fn(&Unhandled),
    pub(crate) permutation: Option<Chaos>,
    pub(crate) spurious: Option<Chaos>,
}

impl Settings {
    /// Adds an observer.
    pub(crate) fn observe(&mut self, observer: impl Observer + 'static) {
        self.observer = Some(match self.observer.take() {
            Some(first) => Box::new(Both(first, observer)),
            None => Box::new(observer),
        });
    }
}

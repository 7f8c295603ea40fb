//! What the end of a pool waits for: its slots, and the workers that a slot has left to end in peace.

use super::shared::Shared;
use std::rc::Rc;

/// The life of one of them, as the pool counts it.
pub(super) struct Life {
    /// The pool, which ends with the last of its lives.
    pool: Rc<Shared>,
    /// Whether it has come to its end; else it was dropped, as happens at the end of the loop.
    ended: bool,
}

impl Life {
    /// Counts one more.
    pub(super) fn begin(pool: Rc<Shared>) -> Life {
        pool.life_began();
        Life { pool, ended: false }
    }

    /// The pool.
    pub(super) fn pool(&self) -> Rc<Shared> {
        self.pool.clone()
    }

    /// Ends it, and with the last of all the pool.
    pub(super) async fn end(&mut self) {
        self.ended = true;
        self.pool.life_ended().await;
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if !self.ended {
            self.pool.close();
        }
    }
}

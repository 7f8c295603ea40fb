//! What came of one site: the page's size and fingerprint, or why there is none.

use std::io;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// One download, as it ended.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Outcome {
    pub url: String,
    pub result: Result<Page, Failure>,
}

impl Outcome {
    pub fn new(url: String, result: Result<Page, Failure>) -> Outcome {
        Outcome { url, result }
    }
}

/// What is kept of a page: enough to tell whether two versions downloaded the same one.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub bytes: u64,
    /// FNV-1a of the content: three lines, and not meant against forgery.
    pub fingerprint: u64,
}

impl Page {
    /// Returns a page of which nothing has arrived yet.
    pub fn empty() -> Page {
        Page {
            bytes: 0,
            fingerprint: 0xcbf2_9ce4_8422_2325,
        }
    }

    /// Takes in the next piece of the content.
    pub fn add(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        for byte in piece {
            self.fingerprint = (self.fingerprint ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

/// A page is written to as to a file, so that `io::copy` can read a body to its end.
impl io::Write for Page {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.add(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

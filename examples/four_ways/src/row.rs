//! What came of one version, and the table of all of them.

use std::fmt::Display;
use std::time::Duration;

use crate::table;
use crate::ticker::Lateness;
use crate::version::Version;

/// A longer result is shown by its fingerprint.
const LONGEST_RESULT: usize = 24;

/// One version's row in the table.
pub(crate) struct Row {
    /// Which version it was.
    pub version: Version,
    /// Whether Python ran it.
    pub python: bool,
    /// The version as the table calls it.
    pub name: String,
    /// The time from the first step to the last result, pools included.
    pub time: Duration,
    /// How late the ticker beside it was; empty if the version has no loop.
    pub lateness: Option<Lateness>,
    /// The whole result, as text.
    pub result: String,
}

impl Row {
    fn cells(&self, rows: &[Row]) -> [String; 6] {
        let mut before = rows.iter().filter(|row| row.python == self.python);
        let before = before.find(|row| row.version == Version::Sequential);
        let late = |which: fn(&Lateness) -> Duration| {
            self.lateness.map_or("-".to_owned(), |lateness| {
                format!("{:.2} ms", which(&lateness).as_secs_f64() * 1e3)
            })
        };
        [
            self.name.clone(),
            table::seconds(self.time),
            table::speed_up(before.map(|row| row.time), self.time, 2),
            late(|lateness| lateness.p99),
            late(|lateness| lateness.worst),
            self.short_result(),
        ]
    }

    /// The result if it is short, and else a fingerprint of it, so that the eye can compare it.
    pub fn short_result(&self) -> String {
        if self.result.len() <= LONGEST_RESULT {
            return self.result.clone();
        }
        // FNV-1a: short, and not meant against forgery.
        let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        format!("#{:08x}", self.result.bytes().fold(0x811c_9dc5, mix))
    }
}

/// Lays the rows out; the last column is headed `result`.
pub(crate) fn table(result: &str, rows: &[Row]) -> String {
    let header = [
        "version",
        "seconds",
        "speed-up",
        "late (p99)",
        "late (worst)",
        result,
    ];
    table::of(header, rows.iter().map(|row| row.cells(rows)))
}

/// Writes a list as words with blanks between them, as the Python programs do, too.
pub fn words<T: Display>(list: &[T]) -> String {
    let words: Vec<String> = list.iter().map(T::to_string).collect();
    words.join(" ")
}

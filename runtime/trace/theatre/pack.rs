//! The log as the page carries it: about ten bytes a record, in base64.
//!
//! A record is its kind and detail, then numbers of seven bits a byte, the lowest first, the eighth bit set if there is more: wall and now
//! less those of the record before, how far back the cause is (0 for none), task, line, a, b, wide. `data.js` reads it.

use super::super::code;
use super::super::log::{Line, Log};
use super::json::Json;
use crate::event_loop::event::What;
use std::collections::BTreeMap;

/// The greatest number that the page's numbers hold exactly.
const GREATEST: u64 = (1 << 53) - 1;

/// The records.
pub(super) fn records(log: &Log) -> String {
    let mut bytes = Vec::with_capacity(log.records.len() * 12);
    let (mut wall, mut now) = (0, 0);
    for record in &log.records {
        let fields = code::fields(record.what);
        bytes.extend([fields.kind, fields.detail]);
        for number in [
            record.wall.saturating_sub(wall),
            record.now.saturating_sub(now),
            if record.cause == 0 {
                0
            } else {
                record.seq - record.cause
            },
            record.task.map_or(0, |task| task.0),
            record.line.into(),
            fields.a.into(),
            fields.b.into(),
            fields.wide.min(GREATEST),
        ] {
            put(&mut bytes, number);
        }
        (wall, now) = (record.wall.max(wall), record.now.max(now));
    }
    base64(&bytes)
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let byte = |place: usize| u32::from(part.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= part.len() {
                digit.into()
            } else {
                '='
            });
        }
    }
    text
}

/// The lines that records are about, by number.
pub(super) fn lines(log: &Log) -> BTreeMap<u32, &Line> {
    let numbers = log.records.iter().map(|record| record.line);
    numbers
        .filter_map(|number| Some((number, log.line(number)?)))
        .collect()
}

/// The names of the tasks that were given one.
pub(super) fn names(log: &Log) -> Json {
    let named = log.records.iter().filter(|it| it.what == What::Named);
    let names = named.filter_map(|record| {
        let task = record.task?;
        Some((task.0, log.name(task)))
    });
    let names: BTreeMap<u64, String> = names.collect();
    Json::array(
        names
            .iter()
            .map(|(task, name)| Json::array([Json::raw(task), Json::text(name)])),
    )
}

#[cfg(test)]
mod tests {
    use super::{base64, put};

    #[test]
    fn bytes_are_written_as_rfc_4648_says() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn small_numbers_take_one_byte() {
        let mut bytes = Vec::new();
        for number in [0, 127, 128, 300] {
            put(&mut bytes, number);
        }
        assert_eq!(bytes, [0, 127, 128, 1, 172, 2]);
    }
}

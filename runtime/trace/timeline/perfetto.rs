//! A timeline as Perfetto's file: a `Trace` of `TracePacket`s, each with a `TrackDescriptor` or a `TrackEvent`.
//!
//! The few messages are written by hand: the crates that know them generate all of Perfetto's thousand messages, or record live
//! runs only. The numbers of the fields are those of Perfetto's `trace_packet.proto`, `track_event.proto` and
//! `track_descriptor.proto`; `tests/perfetto_file` reads what comes out with types that were generated from those.

use super::{Label, Mark, PROCESS, Shape, Timeline, Track};
use std::io::{self, Write};

/// The one sequence of packets.
const SEQUENCE: u64 = 1;
/// `SEQ_INCREMENTAL_STATE_CLEARED`: what is read needs nothing that came before.
const CLEARED: u64 = 1;
/// `ChildTracksOrdering::EXPLICIT`.
const EXPLICIT: u64 = 3;
/// `CounterDescriptor::Unit::UNIT_COUNT`.
const UNIT_COUNT: u64 = 2;

/// A message of protocol buffers that is being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    /// A number that always takes eight bytes.
    fn fixed(&mut self, field: u64, value: u64) {
        self.varint(field << 3 | 1);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn message(&mut self, field: u64, message: &Message) {
        self.bytes(field, &message.0);
    }
}

impl Timeline {
    /// Writes the file that `ui.perfetto.dev` and `trace_processor` read; its name should end in `.pftrace`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_perfetto(&self, out: &mut impl Write) -> io::Result<()> {
        let mut is_first = true;
        let mut put = |mut packet: Message| {
            packet.number(10, SEQUENCE);
            if std::mem::take(&mut is_first) {
                packet.number(13, CLEARED);
            }
            let mut trace = Message::default();
            trace.message(1, &packet);
            out.write_all(&trace.0)
        };
        for (number, track) in self.tracks.iter().enumerate() {
            let mut packet = Message::default();
            packet.message(60, &self.descriptor(number, track));
            put(packet)?;
        }
        for mark in &self.marks {
            let mut packet = Message::default();
            packet.number(8, mark.time);
            packet.message(11, &event(mark));
            put(packet)?;
        }
        Ok(())
    }

    fn descriptor(&self, number: usize, track: &Track) -> Message {
        let mut descriptor = Message::default();
        descriptor.number(1, uuid(number));
        descriptor.number(11, EXPLICIT);
        if number == PROCESS {
            let mut process = Message::default();
            process.number(1, self.process as u64);
            process.text(6, &track.name);
            descriptor.message(3, &process);
            return descriptor;
        }
        descriptor.text(2, &track.name);
        descriptor.number(5, uuid(track.parent));
        descriptor.number(12, number as u64);
        if track.is_counter {
            let mut counter = Message::default();
            counter.number(3, UNIT_COUNT);
            descriptor.message(8, &counter);
        }
        descriptor
    }
}

/// A track's number in the file; 0 has a meaning of its own.
fn uuid(track: usize) -> u64 {
    track as u64 + 1
}

fn event(mark: &Mark) -> Message {
    let mut event = Message::default();
    event.number(11, uuid(mark.track));
    let kind = match &mark.what {
        Shape::Begin(label) => {
            put_label(&mut event, label);
            1
        }
        Shape::End => 2,
        Shape::Instant(label) => {
            put_label(&mut event, label);
            3
        }
        Shape::Count(value) => {
            event.number(30, *value);
            4
        }
    };
    event.number(9, kind);
    for &arrow in &mark.from {
        event.fixed(47, arrow);
    }
    for &arrow in &mark.to {
        event.fixed(48, arrow);
    }
    event
}

fn put_label(event: &mut Message, label: &Label) {
    event.text(22, label.category);
    event.text(23, &label.name);
    let mut number = Message::default();
    number.text(10, "event");
    number.number(3, label.event);
    event.message(4, &number);
    for (name, text) in &label.notes {
        let mut note = Message::default();
        note.text(10, name);
        note.text(6, text);
        event.message(4, &note);
    }
}

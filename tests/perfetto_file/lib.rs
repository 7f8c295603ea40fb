//! Reads a Perfetto file with types that were generated from Perfetto's own descriptions, and checks what its viewer relies on.
//!
//! A package of its own, since those types are many and take long to compile.

use micromegas_perfetto::protos::trace_packet::Data;
use micromegas_perfetto::protos::track_descriptor::StaticOrDynamicName;
use micromegas_perfetto::protos::track_event::{CounterValueField, NameField, Type};
use micromegas_perfetto::protos::{Trace, TrackEvent};
use prost::Message;
use std::collections::BTreeMap;

/// What a file says, after it has been checked.
#[derive(Debug, Default)]
pub struct Contents {
    /// The names of the tracks, by their numbers.
    pub tracks: BTreeMap<u64, String>,
    /// The track that each belongs to.
    pub parents: BTreeMap<u64, u64>,
    /// The slices, in the order in which they end.
    pub slices: Vec<Slice>,
    /// The instant events: track, category and name.
    pub instants: Vec<(u64, String, String)>,
    /// The arrows, by their numbers: the slices they go from and to, by the place in the order of beginnings.
    pub arrows: BTreeMap<u64, (Option<usize>, Option<usize>)>,
    /// The counters' values: track, time, value.
    pub counts: Vec<(u64, u64, i64)>,
}

/// A slice.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Its track.
    pub track: u64,
    /// Its place in the order of beginnings.
    pub number: usize,
    /// Its category.
    pub category: String,
    /// Its name.
    pub name: String,
    /// When it began and ended.
    pub time: (u64, u64),
}

impl Contents {
    /// Reads a file.
    ///
    /// # Panics
    /// If something is not as it should be: what that is.
    pub fn read(file: &[u8]) -> Contents {
        let trace = Trace::decode(file).expect("Perfetto's own types can read it");
        let mut contents = Contents::default();
        let mut open: BTreeMap<u64, Vec<Slice>> = BTreeMap::new();
        let (mut last, mut begun) = (0, 0);
        for packet in trace.packet {
            match packet.data.expect("a packet has something in it") {
                Data::TrackDescriptor(track) => {
                    let number = track.uuid.expect("a track has a number");
                    let name = match track.static_or_dynamic_name {
                        Some(StaticOrDynamicName::Name(name)) => name,
                        None => track
                            .process
                            .expect("the process")
                            .process_name()
                            .to_owned(),
                        other => panic!("{other:?}"),
                    };
                    let parent = track.parent_uuid.unwrap_or(0);
                    assert!(
                        parent == 0 || contents.tracks.contains_key(&parent),
                        "{name}"
                    );
                    assert!(contents.tracks.insert(number, name).is_none());
                    contents.parents.insert(number, parent);
                }
                Data::TrackEvent(event) => {
                    let time = packet.timestamp.expect("an event has a time");
                    assert!(time >= last, "{time} comes after {last}: {event:?}");
                    last = time;
                    contents.take(&event, time, &mut open, &mut begun);
                }
                other => panic!("{other:?}"),
            }
        }
        let open: Vec<_> = open.into_values().flatten().collect();
        assert!(open.is_empty(), "these never end: {open:?}");
        for (number, ends) in &contents.arrows {
            assert!(
                matches!(ends, (Some(from), Some(to)) if from != to),
                "arrow {number}: {ends:?}"
            );
        }
        contents
    }

    fn take(
        &mut self,
        event: &TrackEvent,
        time: u64,
        open: &mut BTreeMap<u64, Vec<Slice>>,
        begun: &mut usize,
    ) {
        let track = event.track_uuid.expect("an event is on a track");
        assert!(self.tracks.contains_key(&track), "{event:?}");
        let category = event.categories.first().cloned().unwrap_or_default();
        let name = match &event.name_field {
            Some(NameField::Name(name)) => name.clone(),
            _ => String::new(),
        };
        match event.r#type() {
            Type::SliceBegin => {
                assert!(!name.is_empty() && !category.is_empty(), "{event:?}");
                for &arrow in &event.flow_ids {
                    let ends = self.arrows.entry(arrow).or_default();
                    assert!(ends.0.replace(*begun).is_none(), "arrow {arrow}");
                }
                for &arrow in &event.terminating_flow_ids {
                    let ends = self.arrows.entry(arrow).or_default();
                    // A viewer finds the other end only if that comes first.
                    assert!(ends.0.is_some(), "arrow {arrow} ends before it begins");
                    assert!(ends.1.replace(*begun).is_none(), "arrow {arrow}");
                }
                let number = *begun;
                *begun += 1;
                let time = (time, time);
                let slice = Slice {
                    track,
                    number,
                    category,
                    name,
                    time,
                };
                open.entry(track).or_default().push(slice);
            }
            Type::SliceEnd => {
                let slice = open.entry(track).or_default().pop();
                let mut slice = slice.unwrap_or_else(|| panic!("nothing began: {event:?}"));
                slice.time.1 = time;
                self.slices.push(slice);
            }
            Type::Instant => self.instants.push((track, category, name)),
            Type::Counter => match event.counter_value_field {
                Some(CounterValueField::CounterValue(value)) => {
                    self.counts.push((track, time, value));
                }
                _ => panic!("{event:?}"),
            },
            Type::Unspecified => panic!("{event:?}"),
        }
    }

    /// The slices of a category, in the order in which they began.
    pub fn of_category(&self, category: &str) -> Vec<&Slice> {
        let of_category = |slice: &&Slice| slice.category == category;
        let mut slices: Vec<&Slice> = self.slices.iter().filter(of_category).collect();
        slices.sort_by_key(|slice| slice.number);
        slices
    }

    /// A slice by its number.
    pub fn slice(&self, number: usize) -> &Slice {
        let mut slices = self.slices.iter();
        slices
            .find(|slice| slice.number == number)
            .expect("there is one")
    }

    /// The track of this name.
    pub fn track(&self, name: &str) -> u64 {
        let mut tracks = self.tracks.iter();
        *tracks
            .find(|(_, own)| own.as_str() == name)
            .expect("there is one")
            .0
    }
}

//! A log with bytes that nobody wrote: it is refused, or read; never a panic, here or in what is made of it.

use proptest::prelude::*;
use roundelay::trace::why::{Target, critical_path};
use roundelay::trace::{Log, Recorder, State, Story, Timeline};
use roundelay::{Runtime, gather, sleep, spawn, sync::Lock, yield_now};
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;

/// The bytes of a small run's log.
fn log() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let path = std::env::temp_dir().join(format!("damage-{}.rtlog", std::process::id()));
        let runtime = Runtime::builder()
            .virtual_clock(true)
            .observer(Recorder::to_file(&path).unwrap())
            .build()
            .unwrap();
        runtime.run(async {
            let lock = Rc::new(Lock::new(()));
            let naps = [1, 2].map(|n| {
                let lock = Rc::clone(&lock);
                async move {
                    let _guard = lock.lock().await;
                    sleep(Duration::from_millis(n)).await;
                }
            });
            let task = spawn(async { yield_now().await });
            task.set_name("a task");
            gather(naps).await.unwrap();
            task.await.unwrap();
        });
        drop(runtime);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        bytes
    })
}

/// Reads a log, and makes of it what is made of logs. Returns whether it could be read.
fn bears(bytes: &[u8]) -> bool {
    let Ok(log) = Log::from_bytes(bytes) else {
        return false;
    };
    assert!(log.records.len() * 48 <= bytes.len());
    let mut state = State::default();
    for record in &log.records {
        assert!(record.cause < record.seq);
        state.apply(record);
    }
    let lines = Story::of(&log).to_string().lines().count();
    assert!(lines >= log.records.len());
    true
}

#[test]
fn every_single_changed_byte_is_borne() {
    let mut read = 0;
    for place in 0..log().len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = log().to_vec();
            bytes[place] ^= change;
            read += usize::from(bears(&bytes));
        }
    }
    assert!(bears(log()) && read > 0 && read < 3 * log().len());
}

#[test]
fn a_first_number_at_the_end_of_all_numbers_is_refused() {
    let start = log()
        .windows(13)
        .position(|part| part[0] == b'R' && part[5..] == 1u64.to_le_bytes());
    let mut bytes = log().to_vec();
    bytes[start.unwrap() + 5..][..8].fill(0xff);
    assert!(!bears(&bytes));
}

/// The bytes with other times in each record: what `times` gives for its place, as wall and now.
fn with_times(times: impl Fn(usize) -> [u64; 2]) -> Vec<u8> {
    let mut bytes = log().to_vec();
    let mut place = 8;
    while place < bytes.len() {
        let length = u32::from_le_bytes(bytes[place + 1..][..4].try_into().unwrap());
        let end = place + 5 + length as usize;
        if bytes[place] == b'R' {
            let records = bytes[place + 13..end].chunks_exact_mut(48);
            for (number, record) in records.enumerate() {
                let [wall, now] = times(number);
                record[..8].copy_from_slice(&wall.to_le_bytes());
                record[8..16].copy_from_slice(&now.to_le_bytes());
            }
        }
        place = end;
    }
    bytes
}

#[test]
fn times_that_jump_back_and_forth_are_borne() {
    for every in 1..8 {
        let jump = |number: usize| {
            if (number / every).is_multiple_of(2) {
                0
            } else {
                u64::MAX
            }
        };
        let bytes = with_times(|number| [jump(number), jump(number + 1)]);
        assert!(bears(&bytes));
        let log = Log::from_bytes(&bytes).unwrap();
        for record in &log.records {
            let path = critical_path(&log, Target::Event(record.seq)).unwrap();
            assert!(path.to_string().starts_with("Event "));
        }
        for timeline in [Timeline::of(&log), Timeline::by_wall(&log)] {
            timeline.write_perfetto(&mut std::io::sink()).unwrap();
        }
    }
}

/// A log of these records, of 48 bytes each.
fn log_of(records: impl Iterator<Item = [u64; 6]>) -> Log {
    let records: Vec<u8> = records.flatten().flat_map(u64::to_le_bytes).collect();
    let mut bytes = log()[..8].to_vec();
    bytes.push(b'R');
    bytes.extend((records.len() as u32 + 8).to_le_bytes());
    bytes.extend(1u64.to_le_bytes());
    bytes.extend(records);
    Log::from_bytes(&bytes).unwrap()
}

#[test]
fn a_chain_of_causes_without_a_slice_is_gone_through_once() {
    // Jobs that were submitted one because of the other: with the square of their number this takes hours.
    const SUBMITTED: u64 = 32 << 32;
    let chain = (1..=200_000).map(|seq| [seq, seq, seq - 1, 0, 0, SUBMITTED | seq]);
    let log = log_of(chain);
    assert_eq!(log.records.len(), 200_000);
    let mut file = Vec::new();
    Timeline::of(&log).write_perfetto(&mut file).unwrap();
    assert!(!file.is_empty());
}

#[test]
fn of_many_holders_a_few_are_named() {
    // Twelve tasks take semaphore 1, and another one waits for it.
    const TAKEN: u64 = 26 << 32 | 1;
    const WAITS: u64 = 4 << 48 | 5 << 40 | 7 << 32 | 1;
    let taken = (1..=12).map(|task| [0, 0, 0, 0, task, TAKEN]);
    let story = Story::of(&log_of(taken.chain([[0, 0, 0, 0, 13, WAITS]]))).to_string();
    let line = story.lines().last().unwrap();
    assert!(
        line.ends_with(", held by T1, T2, T3, T4, T5, T6, T7, T8, and 4 more"),
        "{line}"
    );
}

#[test]
fn what_stands_behind_the_end_is_not_passed_over() {
    let twice = [log(), log()].concat();
    let error = Log::from_bytes(&twice).unwrap_err().to_string();
    let place = format!("is damaged at byte {}", log().len());
    assert!(error.contains(&place), "{error}");
    let tail = [log(), b"R"].concat();
    assert!(!bears(&tail) && bears(log()));
}

#[test]
fn a_file_that_is_no_log_is_not_read_to_its_end() {
    let path = std::env::temp_dir().join(format!("endless-{}.rtlog", std::process::id()));
    // It has more bytes than there is memory.
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(1 << 42).unwrap();
    let result = Log::read(&path);
    std::fs::remove_file(&path).unwrap();
    let error = result.unwrap_err().to_string();
    assert!(error.contains("is not a log of a run"), "{error}");
}

#[test]
fn no_name_in_a_log_steers_the_terminal() {
    let mut bytes = log().to_vec();
    // The file of every line is named anew, with characters of the same lengths.
    let name = b"tests/trace_damage.rs";
    let places = bytes.windows(name.len()).enumerate();
    let places: Vec<usize> = places
        .filter_map(|(place, part)| (part == name).then_some(place))
        .collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place..][..5].copy_from_slice(b"\x1b[2J\r");
    }
    let log = Log::from_bytes(&bytes).unwrap();
    let path = critical_path(&log, Target::End).unwrap();
    for text in [Story::of(&log).to_string(), path.to_string()] {
        assert!(text.contains(r"\u{1b}[2J\u{d}"), "{text}");
        assert!(text.chars().all(|it| it == '\n' || !it.is_control()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_changed_bytes_are_borne(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40)) {
        let mut bytes = log().to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bears(&bytes);
    }

    #[test]
    fn bytes_that_were_never_a_log_are_borne(tail in prop::collection::vec(any::<u8>(), 0..400)) {
        bears(&tail);
        let mut marked = log()[..8].to_vec();
        marked.extend(tail);
        bears(&marked);
    }
}

//! A run as tracks of slices, for the viewers of others: Perfetto (`ui.perfetto.dev`) and Chrome's.
//!
//! A track for each task (its polls, and what it waits for between them), for the loop (its turns, and what they run) and for
//! each worker (its jobs); counters; arrows from what woke a task to the poll that followed, and from a job's submission to
//! the job and on to whom it was for.

mod chrome;
mod loop_track;
mod perfetto;
mod pool_tracks;
mod task_tracks;

use super::causes::ByNumber;
use super::log::Log;
use super::record::Record;
use super::state::State;
use super::story::{Story, short};
use crate::event_loop::event::What;
use loop_track::LoopTrack;
use pool_tracks::PoolTracks;
use task_tracks::TaskTracks;

/// A run as tracks of slices.
///
/// # Examples
/// ```
/// use roundelay::trace::{Recorder, Timeline};
///
/// let (recorder, recording) = Recorder::in_memory();
/// let runtime = roundelay::Runtime::builder().observer(recorder).build()?;
/// runtime.run(roundelay::yield_now());
/// let timeline = Timeline::of(&recording.log());
/// let mut file = Vec::new();
/// timeline.write_perfetto(&mut file)?;
/// assert!(!file.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Timeline {
    /// The tracks; a track comes behind the one that it belongs to.
    tracks: Vec<Track>,
    /// What stands on them, in the order of time.
    marks: Vec<Mark>,
    /// The number of the process.
    process: i32,
}

/// A track.
#[derive(Debug)]
struct Track {
    name: String,
    /// The track that it belongs to: all but the first have one.
    parent: usize,
    is_counter: bool,
}

/// The number of the track that all others belong to: the process.
const PROCESS: usize = 0;

/// Something on a track.
#[derive(Debug)]
struct Mark {
    track: usize,
    /// In nanoseconds.
    time: u64,
    what: Shape,
    /// The arrows that begin here, by their numbers.
    from: Vec<u64>,
    /// The arrows that end here.
    to: Vec<u64>,
}

/// What a mark is.
#[derive(Debug)]
enum Shape {
    /// A slice begins.
    Begin(Label),
    /// The last slice that began on this track ends.
    End,
    /// Something that takes no time.
    Instant(Label),
    /// A counter's new value.
    Count(u64),
}

/// What a slice says.
#[derive(Debug, Default)]
struct Label {
    name: String,
    /// The kind of slice, by which a viewer can filter.
    category: &'static str,
    /// What is said in addition: a name and a text.
    notes: Vec<(&'static str, String)>,
    /// The number of the event in the log.
    event: u64,
}

impl Timeline {
    /// Lays out a log, by the loop's clock.
    pub fn of(log: &Log) -> Timeline {
        Draft::new(log, |record| record.now).finish()
    }

    /// Lays out a log, by real time: not the same if the loop's clock is a virtual one.
    pub fn by_wall(log: &Log) -> Timeline {
        Draft::new(log, |record| record.wall).finish()
    }
}

/// A timeline that is being made.
struct Draft<'a> {
    log: &'a Log,
    clock: fn(&Record) -> u64,
    sheet: Sheet<'a>,
    state: State,
    tasks: TaskTracks,
    event_loop: LoopTrack,
    pools: PoolTracks,
    /// The counters: track and last value.
    counters: [(usize, Option<u64>); 4],
}

/// Where marks are put.
struct Sheet<'a> {
    log: &'a Log,
    story: Story<'a>,
    tracks: Vec<Track>,
    marks: Vec<Mark>,
    /// The slices that events are in, by the event's number: where arrows begin.
    slices: ByNumber<usize>,
    /// Which slice the events without one came from, as far as somebody asked.
    origins: ByNumber<Option<usize>>,
}

impl<'a> Draft<'a> {
    fn new(log: &'a Log, clock: fn(&Record) -> u64) -> Self {
        let program = log.fact("program").unwrap_or("a program");
        let program = program.rsplit('/').next().unwrap_or(program);
        let mut sheet = Sheet {
            log,
            story: Story::of(log),
            tracks: Vec::new(),
            marks: Vec::new(),
            slices: ByNumber::default(),
            origins: ByNumber::default(),
        };
        sheet.tracks.push(Track {
            name: program.to_owned(),
            parent: PROCESS,
            is_counter: false,
        });
        let counters = ["ready", "waiting", "timers", "jobs in flight"];
        Draft {
            log,
            clock,
            state: State::default(),
            event_loop: LoopTrack::new(&mut sheet),
            counters: counters.map(|name| (sheet.counter(name), None)),
            tasks: TaskTracks::new(&mut sheet),
            pools: PoolTracks::default(),
            sheet,
        }
    }

    fn finish(mut self) -> Timeline {
        let log = self.log;
        let mut time = 0;
        for record in &log.records {
            time = (self.clock)(record).max(time);
            self.take(record, time);
        }
        self.tasks.finish(&mut self.sheet, time);
        self.event_loop.finish(&mut self.sheet, time);
        self.pools.finish(&mut self.sheet, time);
        let Sheet {
            tracks, mut marks, ..
        } = self.sheet;
        // What a job's worker did is told when the job is over. On each track the order is right already.
        marks.sort_by_key(|mark| mark.time);
        let process = log.fact("process").and_then(|number| number.parse().ok());
        Timeline {
            tracks,
            marks,
            process: process.unwrap_or(1),
        }
    }

    fn take(&mut self, record: &Record, time: u64) {
        let sheet = &mut self.sheet;
        self.tasks.take(sheet, &self.state, record, time);
        self.event_loop.take(sheet, record, time);
        self.pools.take(sheet, record, time);
        if record.what == What::PollStarted {
            self.tasks
                .arrows(sheet, &self.state, &mut self.pools, record);
        }
        self.state.apply(record);
        let waiting = self.tasks.waiting();
        let values = [
            self.state.ready.len(),
            waiting,
            self.state.timers.len(),
            self.state.jobs.len(),
        ];
        for ((track, last), value) in self.counters.iter_mut().zip(values) {
            let value = value as u64;
            if *last != Some(value) {
                *last = Some(value);
                sheet.put(*track, time, Shape::Count(value));
            }
        }
    }
}

impl Sheet<'_> {
    fn track(&mut self, name: String, parent: usize) -> usize {
        self.tracks.push(Track {
            name,
            parent,
            is_counter: false,
        });
        self.tracks.len() - 1
    }

    fn counter(&mut self, name: &str) -> usize {
        let track = self.track(name.to_owned(), PROCESS);
        self.tracks[track].is_counter = true;
        track
    }

    /// Puts a mark on a track, and gives its place.
    fn put(&mut self, track: usize, time: u64, what: Shape) -> usize {
        self.marks.push(Mark {
            track,
            time,
            what,
            from: Vec::new(),
            to: Vec::new(),
        });
        self.marks.len() - 1
    }

    /// What a slice says that begins with a record.
    fn label(&self, name: String, category: &'static str, record: &Record) -> Label {
        let mut notes = Vec::new();
        if let Some(line) = self.line(record.line) {
            notes.push(("line", line));
        }
        Label {
            name,
            category,
            notes,
            event: record.seq,
        }
    }

    fn line(&self, line: u32) -> Option<String> {
        let line = self.log.line(line)?;
        Some(format!("{}:{}", short(&line.file), line.line))
    }

    /// Draws an arrow between two slices.
    fn arrow(&mut self, number: u64, from: usize, to: usize) {
        self.marks[from].from.push(number);
        self.marks[to].to.push(number);
    }

    /// The slice that something came from: that of its cause, or of what the cause came from.
    ///
    /// The way there is gone once: what it passes is remembered, so that a long chain of causes does not cost its square.
    fn origin(&mut self, record: &Record) -> Option<usize> {
        let mut passed = Vec::new();
        let mut cause = record.cause;
        let origin = loop {
            if let Some(&slice) = self.slices.get(&cause) {
                break Some(slice);
            }
            if let Some(&known) = self.origins.get(&cause) {
                break known;
            }
            let Some(next) = self.log.record(cause) else {
                break None;
            };
            passed.push(cause);
            cause = next.cause;
        };
        self.origins
            .extend(passed.into_iter().map(|cause| (cause, origin)));
        origin
    }
}

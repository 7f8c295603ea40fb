//! The code of records: 48 bytes each, all alike, so that writing one is a few stores and the n-th is found by its place.
//!
//! ```text
//!   0      8     16      24     32    36    40  44     45       46   48
//!   │ wall │ now │ cause │ wide │task │line │ a │ kind │ detail │ b  │      little-endian
//! ```
//! What `wide`, `a`, `b` and `detail` hold depends on the kind. A record's number is not written: it follows from its place.
//! Numbers of tasks and jobs are cut to 32 bits, of workers and pools to 16, and times in `ago` to 48 (three days).

use super::record::Record;
use crate::error::CancelReason;
use crate::event_loop::event::{
    Act, CallKind, Direction, ObjectKind, PollEnd, TaskEnd, WaitsFor, What, WokenBy,
};
use crate::event_loop::observer::{JobEnd, JobId, TaskId, WorkerId};

/// The length of a record.
pub(super) const LENGTH: usize = 48;

/// What a record's kind says more about.
#[derive(Clone, Copy, Default)]
pub(super) struct Fields {
    /// Which kind of event.
    pub(super) kind: u8,
    /// A choice among a few.
    pub(super) detail: u8,
    /// A number of a thing.
    pub(super) a: u32,
    /// A small number.
    pub(super) b: u16,
    /// A large number, mostly a time.
    pub(super) wide: u64,
}

impl Fields {
    const fn of(kind: u8) -> Self {
        Fields {
            kind,
            detail: 0,
            a: 0,
            b: 0,
            wide: 0,
        }
    }

    const fn a(self, a: u32) -> Self {
        Fields { a, ..self }
    }

    const fn b(self, b: u16) -> Self {
        Fields { b, ..self }
    }

    const fn detail(self, detail: u8) -> Self {
        Fields { detail, ..self }
    }

    const fn wide(self, wide: u64) -> Self {
        Fields { wide, ..self }
    }

    fn worker(self, worker: WorkerId) -> Self {
        self.b(worker.pool as u16).detail(worker.worker as u8)
    }

    fn as_worker(self) -> WorkerId {
        WorkerId {
            pool: u32::from(self.b),
            worker: u32::from(self.detail),
        }
    }
}

/// Writes a code for each of the values, and reads it back.
macro_rules! codes {
    ($encode:ident, $decode:ident, $type:ty: $($code:literal = $value:path),+ $(,)?) => {
        fn $encode(value: $type) -> u8 {
            match value {
                $($value => $code,)+
            }
        }

        fn $decode(code: u8) -> Option<$type> {
            Some(match code {
                $($code => $value,)+
                _ => return None,
            })
        }
    };
}

codes!(of_reason, to_reason, CancelReason:
    0 = CancelReason::Explicit, 1 = CancelReason::Timeout, 2 = CancelReason::Group,
    3 = CancelReason::Shutdown, 4 = CancelReason::Interrupt);
codes!(of_waker, to_waker, WokenBy:
    0 = WokenBy::Running, 1 = WokenBy::End, 2 = WokenBy::Cancel, 3 = WokenBy::Thread, 4 = WokenBy::Nobody);
codes!(of_call, to_call, CallKind:
    0 = CallKind::Call, 1 = CallKind::Member, 2 = CallKind::Expire, 3 = CallKind::Wake, 4 = CallKind::Stop);
codes!(of_object, to_object, ObjectKind:
    0 = ObjectKind::Promise, 1 = ObjectKind::Event, 2 = ObjectKind::Lock, 3 = ObjectKind::Condition,
    4 = ObjectKind::Semaphore, 5 = ObjectKind::Barrier, 6 = ObjectKind::Queue);
codes!(of_act, to_act, Act: 0 = Act::Wait, 1 = Act::Get, 2 = Act::Put, 3 = Act::Join);
codes!(of_direction, to_direction, Direction: 0 = Direction::Read, 1 = Direction::Write);
codes!(of_poll, to_poll, PollEnd: 0 = PollEnd::Pending, 1 = PollEnd::Ready);
codes!(of_end, to_end, TaskEnd: 0 = TaskEnd::Returned, 1 = TaskEnd::Panicked, 2 = TaskEnd::Cancelled);
codes!(of_job, to_job, JobEnd:
    0 = JobEnd::Returned, 1 = JobEnd::Failed, 2 = JobEnd::Dropped, 3 = JobEnd::Killed);

/// Nanoseconds, cut to 48 bits.
fn short(ago: u64) -> u64 {
    ago.min((1 << 48) - 1)
}

#[inline]
pub(super) fn fields(what: What) -> Fields {
    let of = Fields::of;
    match what {
        What::RunStarted => of(1),
        What::RunEnded => of(2),
        What::Spawned => of(3),
        What::Named => of(4),
        What::Woken { by } => of(5).detail(of_waker(by)),
        What::PollStarted => of(6),
        What::Waits(on) => waits(on),
        What::PollEnded(end) => of(8).detail(of_poll(end)),
        What::Finished(end) => of(9).detail(of_end(end)),
        What::CallQueued { call, kind, by } => {
            of(10).a(call).detail(of_call(kind)).b(of_waker(by).into())
        }
        What::CallStarted { call } => of(11).a(call),
        What::CallDropped { call } => of(12).a(call),
        What::TurnStarted { turn, ready } => of(13).a(ready).wide(turn),
        What::Parked { until } => of(14)
            .detail(until.is_some().into())
            .wide(until.unwrap_or(0)),
        What::Unparked => of(15),
        What::TimeJumped { from } => of(16).wide(from),
        What::TimerSet { timer, when } => of(17).a(timer).wide(when),
        What::TimerDropped { timer } => of(18).a(timer),
        What::TimerFired { timer } => of(19).a(timer),
        What::TimerStarted { timer } => of(20).a(timer),
        What::SourceAdded { source, fd } => of(21).a(source).wide(u64::from(fd as u32)),
        What::SourceDropped { source } => of(22).a(source),
        What::SourceReady {
            source,
            readable,
            writable,
        } => of(23)
            .a(source)
            .detail(u8::from(readable) | u8::from(writable) << 1),
        What::SourceStarted { source } => of(24).a(source),
        What::ObjectMade { object, kind } => of(25).a(object).detail(of_object(kind)),
        What::ObjectTaken { object } => of(26).a(object),
        What::ObjectFreed { object } => of(27).a(object),
        What::CancelAsked {
            reason,
            abort,
            passed_on,
        } => of(28)
            .detail(of_reason(reason))
            .b(u16::from(abort) | u16::from(passed_on) << 1),
        What::CancelDelivered => of(29),
        What::CancelAbsorbed => of(30),
        What::InboxRead { messages } => of(31).a(messages),
        What::JobSubmitted { job } => of(32).a(job.0 as u32),
        What::JobStarted { job, worker, ago } => {
            of(33).a(job.0 as u32).worker(worker).wide(short(ago))
        }
        What::JobFinished { job, end, ago } => {
            of(34).a(job.0 as u32).detail(of_job(end)).wide(short(ago))
        }
        What::WorkerStarted { worker, process } => {
            of(35).worker(worker).wide(process.map_or(0, u64::from))
        }
        What::WorkerExited { worker } => of(36).worker(worker),
        What::Stalled { wall } => of(37).wide(wall),
        What::ObjectCalled { object } => of(38).a(object),
        What::ObjectDropped { object } => of(39).a(object),
    }
}

#[inline]
fn waits(on: WaitsFor) -> Fields {
    let of = Fields::of(7);
    match on {
        WaitsFor::Turn => of,
        WaitsFor::Timer { timer, when } => of.detail(1).a(timer).wide(when),
        WaitsFor::Never => of.detail(2),
        WaitsFor::Task(task) => of.detail(3).wide(task.0),
        WaitsFor::Tasks { left } => of.detail(4).a(left),
        WaitsFor::Object { object, kind, act } => {
            of.detail(5)
                .a(object)
                .b(u16::from(of_object(kind)) | u16::from(of_act(act)) << 8)
        }
        WaitsFor::Source { source, direction } => {
            of.detail(6).a(source).b(of_direction(direction).into())
        }
        WaitsFor::Job(job) => of.detail(7).a(job.0 as u32),
        WaitsFor::Place => of.detail(8),
        WaitsFor::Foreign => of.detail(9),
        WaitsFor::Nothing => of.detail(10),
    }
}

/// What a task waits for, by its fields; `None` for what no version of this crate wrote.
fn to_waits(fields: Fields) -> Option<WaitsFor> {
    let [low, high] = fields.b.to_le_bytes();
    Some(match fields.detail {
        0 => WaitsFor::Turn,
        1 => WaitsFor::Timer {
            timer: fields.a,
            when: fields.wide,
        },
        2 => WaitsFor::Never,
        3 => WaitsFor::Task(TaskId(fields.wide)),
        4 => WaitsFor::Tasks { left: fields.a },
        5 => WaitsFor::Object {
            object: fields.a,
            kind: to_object(low)?,
            act: to_act(high)?,
        },
        6 => WaitsFor::Source {
            source: fields.a,
            direction: to_direction(low)?,
        },
        7 => WaitsFor::Job(JobId(fields.a.into())),
        8 => WaitsFor::Place,
        9 => WaitsFor::Foreign,
        10 => WaitsFor::Nothing,
        _ => return None,
    })
}

/// What happened, by its fields; `None` for what no version of this crate wrote.
fn to_what(fields: Fields) -> Option<What> {
    let Fields {
        detail, a, wide, ..
    } = fields;
    let job = JobId(a.into());
    Some(match fields.kind {
        1 => What::RunStarted,
        2 => What::RunEnded,
        3 => What::Spawned,
        4 => What::Named,
        5 => What::Woken {
            by: to_waker(detail)?,
        },
        6 => What::PollStarted,
        7 => What::Waits(to_waits(fields)?),
        8 => What::PollEnded(to_poll(detail)?),
        9 => What::Finished(to_end(detail)?),
        10 => What::CallQueued {
            call: a,
            kind: to_call(detail)?,
            by: to_waker(u8::try_from(fields.b).ok()?)?,
        },
        11 => What::CallStarted { call: a },
        12 => What::CallDropped { call: a },
        13 => What::TurnStarted {
            turn: wide,
            ready: a,
        },
        14 => What::Parked {
            until: (detail != 0).then_some(wide),
        },
        15 => What::Unparked,
        16 => What::TimeJumped { from: wide },
        17 => What::TimerSet {
            timer: a,
            when: wide,
        },
        18 => What::TimerDropped { timer: a },
        19 => What::TimerFired { timer: a },
        20 => What::TimerStarted { timer: a },
        21 => What::SourceAdded {
            source: a,
            fd: wide as i32,
        },
        22 => What::SourceDropped { source: a },
        23 => What::SourceReady {
            source: a,
            readable: detail & 1 != 0,
            writable: detail & 2 != 0,
        },
        24 => What::SourceStarted { source: a },
        25 => What::ObjectMade {
            object: a,
            kind: to_object(detail)?,
        },
        26 => What::ObjectTaken { object: a },
        27 => What::ObjectFreed { object: a },
        28 => What::CancelAsked {
            reason: to_reason(detail)?,
            abort: fields.b & 1 != 0,
            passed_on: fields.b & 2 != 0,
        },
        29 => What::CancelDelivered,
        30 => What::CancelAbsorbed,
        31 => What::InboxRead { messages: a },
        32 => What::JobSubmitted { job },
        33 => What::JobStarted {
            job,
            worker: fields.as_worker(),
            ago: wide,
        },
        34 => What::JobFinished {
            job,
            end: to_job(detail)?,
            ago: wide,
        },
        35 => What::WorkerStarted {
            worker: fields.as_worker(),
            process: u32::try_from(wide).ok().filter(|&process| process != 0),
        },
        36 => What::WorkerExited {
            worker: fields.as_worker(),
        },
        37 => What::Stalled { wall: wide },
        38 => What::ObjectCalled { object: a },
        39 => What::ObjectDropped { object: a },
        _ => return None,
    })
}

/// Writes a record.
#[inline]
pub(super) fn encode(record: &Record) -> [u8; LENGTH] {
    let fields = fields(record.what);
    let task = record.task.map_or(0, |task| task.0 as u32);
    let words = [
        record.wall,
        record.now,
        record.cause,
        fields.wide,
        u64::from(task) | u64::from(record.line) << 32,
        u64::from(fields.a)
            | u64::from(fields.kind) << 32
            | u64::from(fields.detail) << 40
            | u64::from(fields.b) << 48,
    ];
    let mut bytes = [[0; 8]; LENGTH / 8];
    for (place, word) in bytes.iter_mut().zip(words) {
        *place = word.to_le_bytes();
    }
    *bytes
        .as_flattened()
        .as_array()
        .expect("six words of eight bytes are a record")
}

/// Reads a record; `None` for what no version of this crate wrote.
pub(super) fn decode(bytes: &[u8; LENGTH], seq: u64) -> Option<Record> {
    let mut words = [0; LENGTH / 8];
    for (word, place) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_le_bytes(place.try_into().ok()?);
    }
    let [wall, now, cause, wide, task_and_line, rest] = words;
    let fields = Fields {
        kind: (rest >> 32) as u8,
        detail: (rest >> 40) as u8,
        a: rest as u32,
        b: (rest >> 48) as u16,
        wide,
    };
    let task = task_and_line as u32;
    Some(Record {
        seq,
        wall,
        now,
        cause,
        task: (task != 0).then(|| TaskId(task.into())),
        line: (task_and_line >> 32) as u32,
        what: to_what(fields)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind; a kind's word tells how many there are.
    fn every_what() -> Vec<What> {
        let worker = WorkerId { pool: 3, worker: 7 };
        let job = JobId(9);
        let mut all = vec![
            What::RunStarted,
            What::RunEnded,
            What::Spawned,
            What::Named,
            What::PollStarted,
            What::CallStarted { call: 5 },
            What::CallDropped { call: 5 },
            What::TurnStarted {
                turn: 1 << 40,
                ready: 6,
            },
            What::Parked { until: None },
            What::Parked { until: Some(0) },
            What::Unparked,
            What::TimeJumped { from: 77 },
            What::TimerSet {
                timer: 8,
                when: u64::MAX,
            },
            What::TimerDropped { timer: 8 },
            What::TimerFired { timer: 8 },
            What::TimerStarted { timer: 8 },
            What::SourceAdded { source: 2, fd: -1 },
            What::SourceDropped { source: 2 },
            What::SourceStarted { source: 2 },
            What::ObjectTaken { object: 4 },
            What::ObjectCalled { object: 4 },
            What::ObjectFreed { object: 4 },
            What::ObjectDropped { object: 4 },
            What::CancelDelivered,
            What::CancelAbsorbed,
            What::InboxRead { messages: 3 },
            What::JobSubmitted { job },
            What::JobStarted {
                job,
                worker,
                ago: 12,
            },
            What::WorkerStarted {
                worker,
                process: None,
            },
            What::WorkerStarted {
                worker,
                process: Some(1234),
            },
            What::WorkerExited { worker },
            What::Stalled { wall: 99 },
        ];
        all.extend(
            (0..=u8::MAX)
                .map_while(to_waker)
                .map(|by| What::Woken { by }),
        );
        all.extend((0..=u8::MAX).map_while(to_poll).map(What::PollEnded));
        all.extend((0..=u8::MAX).map_while(to_end).map(What::Finished));
        for kind in (0..=u8::MAX).map_while(to_object) {
            all.push(What::ObjectMade { object: 4, kind });
            for act in (0..=u8::MAX).map_while(to_act) {
                all.push(What::Waits(WaitsFor::Object {
                    object: 4,
                    kind,
                    act,
                }));
            }
        }
        for kind in (0..=u8::MAX).map_while(to_call) {
            let by = WokenBy::Thread;
            all.push(What::CallQueued { call: 5, kind, by });
        }
        for end in (0..=u8::MAX).map_while(to_job) {
            all.push(What::JobFinished { job, end, ago: 12 });
        }
        for (abort, passed_on) in [(false, false), (false, true), (true, false)] {
            for reason in (0..=u8::MAX).map_while(to_reason) {
                all.push(What::CancelAsked {
                    reason,
                    abort,
                    passed_on,
                });
            }
        }
        for (readable, writable) in [(true, false), (false, true), (true, true)] {
            all.push(What::SourceReady {
                source: 2,
                readable,
                writable,
            });
        }
        for direction in [Direction::Read, Direction::Write] {
            all.push(What::Waits(WaitsFor::Source {
                source: 2,
                direction,
            }));
        }
        let waits = [
            WaitsFor::Turn,
            WaitsFor::Timer { timer: 8, when: 5 },
            WaitsFor::Never,
            WaitsFor::Task(TaskId(6)),
            WaitsFor::Tasks { left: 4 },
            WaitsFor::Job(job),
            WaitsFor::Place,
            WaitsFor::Foreign,
            WaitsFor::Nothing,
        ];
        all.extend(waits.map(What::Waits));
        all
    }

    #[test]
    fn every_kind_is_read_as_it_was_written() {
        let mut kinds = [false; 256];
        for what in every_what() {
            let record = Record {
                seq: 50,
                wall: 1 << 50,
                now: 1 << 51,
                cause: 49,
                task: Some(TaskId(u32::MAX.into())),
                line: 17,
                what,
            };
            assert_eq!(decode(&encode(&record), 50), Some(record));
            kinds[usize::from(fields(what).kind)] = true;
        }
        // A kind that is read must be among those that were tried.
        for kind in 0..=u8::MAX {
            let known = to_what(Fields::of(kind)).is_some();
            assert!(!known || kinds[usize::from(kind)], "kind {kind}");
        }
    }
}

//! A track for each worker of a pool: its jobs.

use super::{Label, PROCESS, Shape, Sheet};
use crate::event_loop::event::What;
use crate::event_loop::observer::{JobEnd, JobId, WorkerId};
use crate::trace::causes::ByNumber;
use crate::trace::record::Record;
use std::collections::BTreeMap;

/// The bits that tell a job's two arrows from those of wakes, which have the wake's number.
const SUBMITTED: u64 = 1 << 62;
pub(super) const RESULT: u64 = 1 << 63;

#[derive(Default)]
pub(super) struct PoolTracks {
    /// The tracks that those of a pool's workers belong to.
    pools: BTreeMap<u32, usize>,
    /// The workers' tracks, and when the last job on them ended.
    workers: BTreeMap<WorkerId, (usize, u64)>,
    /// The jobs that have not ended.
    jobs: BTreeMap<JobId, Job>,
    /// The slices of the jobs that have ended and whose result nobody has taken.
    results: ByNumber<usize>,
}

struct Job {
    /// The slice that it was submitted from.
    from: Option<usize>,
    /// Who works on it, and since when.
    begun: Option<(WorkerId, u64)>,
    label: Label,
}

impl PoolTracks {
    pub(super) fn take(&mut self, sheet: &mut Sheet<'_>, record: &Record, time: u64) {
        match record.what {
            What::JobSubmitted { job } => {
                let submitted = Job {
                    from: sheet.origin(record),
                    begun: None,
                    label: sheet.label(format!("job {}", job.get()), "job", record),
                };
                self.jobs.insert(job, submitted);
            }
            What::JobStarted { job, worker, ago } => {
                let label = || sheet.label(format!("job {}", job.get()), "job", record);
                let known = self.jobs.entry(job).or_insert_with(|| Job {
                    from: None,
                    begun: None,
                    label: label(),
                });
                known.begun = Some((worker, time.saturating_sub(ago)));
            }
            What::JobFinished { job, end, ago } => {
                if let Some(job_known) = self.jobs.remove(&job)
                    && let Some(slice) = self.lay(
                        sheet,
                        job,
                        job_known,
                        end_word(end),
                        time.saturating_sub(ago),
                    )
                {
                    sheet.slices.insert(record.seq, slice);
                    self.results.insert(job.get(), slice);
                }
            }
            What::WorkerStarted { worker, process } => {
                let name = match process {
                    Some(process) => format!("starts: process {process}"),
                    None => "starts".to_owned(),
                };
                self.instant(sheet, worker, name, record, time);
            }
            What::WorkerExited { worker } => {
                self.instant(sheet, worker, "ends".to_owned(), record, time);
            }
            _ => {}
        }
    }

    /// The slice of a job that has ended, once.
    pub(super) fn take_result(&mut self, job: JobId) -> Option<usize> {
        self.results.remove(&job.get())
    }

    fn worker(&mut self, sheet: &mut Sheet<'_>, worker: WorkerId) -> &mut (usize, u64) {
        let pools = &mut self.pools;
        self.workers.entry(worker).or_insert_with(|| {
            let pool = pools.entry(worker.pool);
            let pool =
                pool.or_insert_with(|| sheet.track(format!("pool {}", worker.pool), PROCESS));
            (sheet.track(format!("worker {}", worker.worker), *pool), 0)
        })
    }

    /// Workers start and end beside the loop's own order: a mark is never before the last job's end.
    fn instant(
        &mut self,
        sheet: &mut Sheet<'_>,
        worker: WorkerId,
        name: String,
        record: &Record,
        time: u64,
    ) {
        let label = sheet.label(name, "worker", record);
        let track = self.worker(sheet, worker).0;
        sheet.put(track, time, Shape::Instant(label));
    }

    /// Puts a job on its worker's track.
    fn lay(
        &mut self,
        sheet: &mut Sheet<'_>,
        number: JobId,
        job: Job,
        end: &str,
        time: u64,
    ) -> Option<usize> {
        let (worker, begun) = job.begun?;
        let known = self.worker(sheet, worker);
        let submitted = job.from.map_or(0, |from| sheet.marks[from].time);
        let begun = begun.max(known.1).max(submitted);
        let ended = time.max(begun);
        known.1 = ended;
        let track = known.0;
        let mut label = job.label;
        label.notes.push(("end", end.to_owned()));
        let slice = sheet.put(track, begun, Shape::Begin(label));
        sheet.put(track, ended, Shape::End);
        if let Some(from) = job.from {
            sheet.arrow(number.get() | SUBMITTED, from, slice);
        }
        Some(slice)
    }

    /// Lays out the jobs that are not over at the end of the log.
    pub(super) fn finish(&mut self, sheet: &mut Sheet<'_>, time: u64) {
        for (number, job) in std::mem::take(&mut self.jobs) {
            self.lay(sheet, number, job, "still running", time);
        }
    }
}

fn end_word(end: JobEnd) -> &'static str {
    match end {
        JobEnd::Returned => "returned",
        JobEnd::Failed => "failed",
        JobEnd::Dropped => "given up before it began",
        JobEnd::Killed => "killed with its worker",
    }
}

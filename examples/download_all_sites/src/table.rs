//! The table at the end: one row a version.

use four_ways::{Version, table};

use crate::version::Run;

/// Lays the runs out below each other.
pub fn of(runs: &[Run]) -> String {
    let header = ["version", "sites", "bytes", "seconds", "speed-up"];
    table::of(header, runs.iter().map(|run| row(run, runs)))
}

fn row(run: &Run, runs: &[Run]) -> [String; 5] {
    let mut sequential = runs.iter();
    let sequential = sequential.find(|other| other.version == Version::Sequential);
    let pages = run
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.result.as_ref().ok());
    let bytes: u64 = pages.clone().map(|page| page.bytes).sum();
    let (downloaded, all) = (pages.count(), run.outcomes.len());
    // What failed takes no time that says anything.
    let before = sequential.filter(|_| downloaded > 0).map(|one| one.time);
    [
        run.name.clone(),
        if downloaded == all {
            all.to_string()
        } else {
            format!("{downloaded} of {all}")
        },
        table::with_commas(bytes),
        table::seconds(run.time),
        table::speed_up(before, run.time, 1),
    ]
}

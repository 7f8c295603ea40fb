//! The workloads, and how one is measured: round by round, every side once a round.

use std::path::Path;

use crate::bare;
use crate::crate_procspawn as theirs;
use crate::ours;
use crate::python::Python;

/// One side of a workload: does so many operations, gives the nanoseconds for each.
type Side = fn(u64) -> f64;

/// Something to compare.
pub struct Workload {
    /// Its name; where Python takes part, also the name its script knows.
    pub name: &'static str,
    /// The name of the same in Python, if it differs.
    python: Option<&'static str>,
    /// How many operations are one measurement; fewer for the slower sides.
    operations: u64,
    /// How many operations Python does for one measurement.
    operations_of_python: u64,
    /// Memory that this program holds meanwhile, in bytes.
    ballast: usize,
    ours: Side,
    procspawn: Option<Side>,
    bare: Option<Side>,
    /// What the project has set itself.
    pub targets: &'static [Target],
}

/// A figure to be reached.
pub enum Target {
    /// So many times as fast as Python.
    TimesPython(f64),
    /// So many times the bare round trip, at most.
    TimesBare(f64),
    /// So many nanoseconds, at most.
    AtMost(f64),
}

/// What was measured of a workload: nanoseconds for one operation, one figure a round.
pub struct Row {
    pub name: &'static str,
    pub ours: Vec<f64>,
    pub bare: Option<Vec<f64>>,
    pub procspawn: Option<Vec<f64>>,
    pub python: Option<Vec<f64>>,
    pub targets: &'static [Target],
}

const GIB: usize = 1 << 30;
const MILLISECOND: f64 = 1e6;

/// All workloads, in the order of the table.
pub fn workloads() -> Vec<Workload> {
    use Target::{AtMost, TimesBare, TimesPython};
    let workload = |name, operations, operations_of_python, ours: Side, targets| Workload {
        name,
        python: Some(name),
        operations,
        operations_of_python,
        ballast: 0,
        ours,
        procspawn: None,
        bare: None,
        targets,
    };
    vec![
        Workload {
            procspawn: Some(theirs::one_at_a_time),
            bare: Some(bare::round_trips),
            ..workload(
                "one call at a time",
                5000,
                1000,
                ours::one_at_a_time,
                &[TimesPython(2.5), TimesBare(1.3)],
            )
        },
        Workload {
            python: Some("one call at a time"),
            bare: Some(bare::round_trips),
            ..workload(
                "the same, busy poll",
                5000,
                1000,
                ours::one_at_a_time_busy,
                &[TimesPython(8.0)],
            )
        },
        Workload {
            procspawn: Some(theirs::all_at_once),
            ..workload(
                "calls all at once",
                10_000,
                10_000,
                ours::all_at_once,
                &[TimesPython(6.0)],
            )
        },
        Workload {
            python: Some("calls all at once"),
            ..workload(
                "map in chunks, Python's calls at once",
                100_000,
                5000,
                ours::in_chunks,
                &[TimesPython(50.0)],
            )
        },
        Workload {
            python: Some("map in chunks"),
            ..workload(
                "the same, Python's in chunks",
                100_000,
                100_000,
                ours::in_chunks,
                &[],
            )
        },
        Workload {
            procspawn: Some(theirs::first_result),
            ..workload(
                "first result",
                20,
                10,
                ours::first_result,
                &[AtMost(2.0 * MILLISECOND)],
            )
        },
        Workload {
            procspawn: Some(theirs::first_result),
            ballast: GIB,
            ..workload(
                "first result, 1 GiB",
                20,
                5,
                ours::first_result,
                &[AtMost(4.0 * MILLISECOND)],
            )
        },
        Workload {
            python: None,
            ..workload(
                "killed and replaced",
                50,
                0,
                ours::killed_and_replaced,
                &[AtMost(MILLISECOND)],
            )
        },
        Workload {
            procspawn: Some(theirs::one_mebibyte),
            ..workload(
                "1 MiB there and back",
                100,
                30,
                ours::one_mebibyte,
                &[TimesPython(8.0)],
            )
        },
        Workload {
            procspawn: Some(theirs::large),
            ..workload(
                "64 MiB there and back",
                3,
                2,
                ours::large,
                &[TimesPython(5.0)],
            )
        },
    ]
}

/// Measures a workload, interleaving the sides; each round begins with another one.
pub fn measure(workload: &Workload, python: &Path, rounds: usize) -> Row {
    let ballast = vec![1u8; workload.ballast];
    let mut python = workload.python.map(|name| Python::start(python, name));
    let mut figures: [Vec<f64>; 4] = Default::default();
    for round in 0..rounds {
        for turn in 0..figures.len() {
            let place = (round + turn) % figures.len();
            let figure = match place {
                0 => Some((workload.ours)(workload.operations)),
                1 => workload.bare.map(|bare| bare(workload.operations)),
                2 => workload.procspawn.map(|theirs| theirs(workload.operations)),
                _ => python
                    .as_mut()
                    .map(|python| python.measure(workload.operations_of_python)),
            };
            figures[place].extend(figure);
        }
    }
    // Held until here, so that the compiler cannot leave it out.
    std::hint::black_box(ballast);
    let [ours, bare, procspawn, python] = figures;
    let some = |figures: Vec<f64>| Some(figures).filter(|figures| !figures.is_empty());
    Row {
        name: workload.name,
        ours,
        bare: some(bare),
        procspawn: some(procspawn),
        python: some(python),
        targets: workload.targets,
    }
}

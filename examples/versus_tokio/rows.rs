//! Measures a workload on every runtime, round by round.

use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::workloads::{self, Side, Target, Workload};

/// The rows that come out of the hundred thousand sleepers.
pub const SLEEPERS_CPU: &str = "100k sleeps, CPU per task";
pub const SLEEPERS_MEMORY: &str = "100k sleeps, memory per task";

/// A median of fewer rounds would say little; more than the most would say little more.
const LEAST_ROUNDS: usize = 3;
const MOST_ROUNDS: usize = 7;
/// A row that has its least rounds begins no other after this time, so that the table is there within half a minute on a
/// busy machine too.
const TIME_FOR_A_ROW: Duration = Duration::from_millis(750);

/// A side is given at most so many times the operations of the slowest one.
const MOST_REPEATS: f64 = 32.0;

/// What was measured of one workload: one figure for each round and side.
pub struct Row {
    pub name: &'static str,
    pub unit: Unit,
    pub target: Target,
    /// Roundelay's figures.
    pub ours: Vec<f64>,
    /// Every rival's figures.
    pub rivals: Vec<(&'static str, Vec<f64>)>,
}

/// What the figures of a row count.
#[derive(Clone, Copy)]
pub enum Unit {
    Nanoseconds,
    Bytes,
}

/// Measures `workload`, interleaving the sides; each round begins with another one. Without a
/// number of rounds it takes those that there is time for.
pub fn measure(workload: &Workload, rounds: Option<usize>) -> Row {
    let begun = Instant::now();
    let sides: Vec<Side> = [workload.ours]
        .into_iter()
        .chain(workload.rivals.clone())
        .collect();
    let operations = operations_of_equal_length(&sides, workload.operations);
    let mut figures = vec![Vec::new(); sides.len()];
    for round in 0..rounds.unwrap_or(MOST_ROUNDS) {
        if rounds.is_none() && round >= LEAST_ROUNDS && begun.elapsed() > TIME_FOR_A_ROW {
            break;
        }
        for turn in 0..sides.len() {
            let place = (round + turn) % sides.len();
            let time = (sides[place].measure)(operations[place]);
            figures[place].push(time.as_nanos() as f64 / operations[place] as f64);
        }
    }
    let names = sides.iter().map(|side| side.name);
    let sides = names.zip(figures);
    row(workload.name, Unit::Nanoseconds, workload.target, sides)
}

/// How many operations each side is given, so that all measurements take equally long.
///
/// On a busy machine a long measurement is interrupted and a short one often isn't: with equal numbers
/// of operations the faster side would look better than it is.
fn operations_of_equal_length(sides: &[Side], operations: u64) -> Vec<u64> {
    let times = sides
        .iter()
        .map(|side| (side.measure)(operations).as_secs_f64());
    let times: Vec<f64> = times.collect();
    let longest = times.iter().copied().fold(0.0, f64::max);
    let factors = times
        .iter()
        .map(|time| (longest / time).clamp(1.0, MOST_REPEATS));
    factors
        .map(|factor| (operations as f64 * factor) as u64)
        .collect()
}

/// Measures the sleepers, each crowd in a process of its own, so that no runtime is given memory
/// that another one has left behind. After the first round only the fastest rival goes on.
pub fn measure_sleepers(rounds: Option<usize>) -> [Row; 2] {
    let names = workloads::all_sleepers().map(|side| side.name);
    let mut costs: Vec<Vec<(f64, f64)>> =
        names.iter().map(|name| vec![sleepers_of(name)]).collect();
    let cpu_of = |rival: &usize| costs[*rival][0].0;
    let fastest = (1..names.len()).min_by(|a, b| cpu_of(a).total_cmp(&cpu_of(b)));
    for _ in 1..rounds.unwrap_or(LEAST_ROUNDS) {
        for place in [0].into_iter().chain(fastest) {
            costs[place].push(sleepers_of(names[place]));
        }
    }
    costs = [0]
        .into_iter()
        .chain(fastest)
        .map(|place| costs[place].clone())
        .collect();
    let names = [0].into_iter().chain(fastest).map(|place| names[place]);
    let cpu = costs
        .iter()
        .map(|rounds| rounds.iter().map(|cost| cost.0).collect());
    let bytes = costs
        .iter()
        .map(|rounds| rounds.iter().map(|cost| cost.1).collect());
    [
        row(
            SLEEPERS_CPU,
            Unit::Nanoseconds,
            Target::Ratio(2.0),
            names.clone().zip(cpu),
        ),
        row(
            SLEEPERS_MEMORY,
            Unit::Bytes,
            Target::AtMost(160.0),
            names.zip(bytes),
        ),
    ]
}

/// Runs one side's sleepers in a fresh process; returns nanoseconds and bytes per task.
fn sleepers_of(side: &str) -> (f64, f64) {
    let program = env::current_exe().expect("a running program has a path");
    let child = Command::new(program)
        .args(["--one-crowd-of-sleepers", side])
        .output();
    let child = child.expect("this program can be started again");
    assert!(
        child.status.success(),
        "the sleepers of {side} failed: {child:?}"
    );
    let text = String::from_utf8(child.stdout).expect("the report is text");
    let figures = text
        .trim()
        .split_once(' ')
        .expect("the report has two figures");
    let parse = |figure: &str| figure.parse().expect("the report holds numbers");
    (parse(figures.0), parse(figures.1))
}

/// What the fresh process does: runs the sleepers and prints their cost for the parent.
pub fn report_sleepers(name: &str) {
    let side = workloads::all_sleepers()
        .into_iter()
        .find(|side| side.name == name);
    let cost = (side.expect("the parent names a side").measure)();
    println!("{} {}", cost.cpu.as_nanos(), cost.bytes);
}

/// Makes a row of the sides' figures; the first side is roundelay.
fn row(
    name: &'static str,
    unit: Unit,
    target: Target,
    mut sides: impl Iterator<Item = (&'static str, Vec<f64>)>,
) -> Row {
    let (_, ours) = sides.next().expect("roundelay is measured");
    Row {
        name,
        unit,
        target,
        ours,
        rivals: sides.collect(),
    }
}

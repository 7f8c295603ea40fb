//! The table at the end: one row a version.

use comfy_table::{CellAlignment, Table, presets};

use crate::version::{Run, Version};

/// Lays the runs out below each other.
pub fn of(runs: &[Run]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["version", "sites", "bytes", "seconds", "speed-up"]);
    for run in runs {
        table.add_row(row(run, runs));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(run: &Run, runs: &[Run]) -> [String; 5] {
    let sequential = runs
        .iter()
        .find(|other| other.version == Version::Sequential);
    let speed_up = |one: &Run| one.time.as_secs_f64() / run.time.as_secs_f64();
    let pages = run
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.result.as_ref().ok());
    let bytes: u64 = pages.clone().map(|page| page.bytes).sum();
    let (downloaded, all) = (pages.count(), run.outcomes.len());
    [
        run.name.clone(),
        if downloaded == all {
            all.to_string()
        } else {
            format!("{downloaded} of {all}")
        },
        with_commas(bytes),
        format!("{:.3}", run.time.as_secs_f64()),
        match sequential {
            Some(one) if downloaded > 0 => format!("{:.1}", speed_up(one)),
            _ => "-".to_owned(),
        },
    ]
}

/// Writes a number in groups of three: 2,800,000.
fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| str::from_utf8(group).expect("digits"))
        .collect();
    groups.join(",")
}

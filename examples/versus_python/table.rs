//! Turns the measurements into the table.

use comfy_table::{CellAlignment, Table, presets};

use crate::rows::{Row, Target};

/// Writes the table, as plain text that is also Markdown.
pub fn render(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header([
        "workload",
        "roundelay",
        "bare socket pair",
        "procspawn",
        "Python",
        "Python / ours",
        "target",
    ]);
    for row in rows {
        table.add_row(cells(row));
    }
    for column in 1..=5 {
        table
            .column_mut(column)
            .expect("the column is there")
            .set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn cells(row: &Row) -> [String; 7] {
    let times = |figures: &Vec<f64>| {
        let (size, unit) = scale(median(figures));
        spread(figures, size, unit)
    };
    let optional = |figures: &Option<Vec<f64>>| figures.as_ref().map_or(String::new(), times);
    let faster = row.python.as_ref().map(|python| ratios(python, &row.ours));
    [
        row.name.to_owned(),
        times(&row.ours),
        optional(&row.bare),
        optional(&row.procspawn),
        optional(&row.python),
        faster.map_or(String::new(), |ratios| spread(&ratios, 1.0, "x")),
        row.targets
            .iter()
            .map(|target| verdict(target, row))
            .collect::<Vec<_>>()
            .join("; "),
    ]
}

/// The target and whether it was reached.
fn verdict(target: &Target, row: &Row) -> String {
    let (words, is_met) = match target {
        Target::TimesPython(least) => {
            let python = row.python.as_ref().expect("Python was measured");
            let ratio = median(&ratios(python, &row.ours));
            (format!(">= {least}x Python"), ratio >= *least)
        }
        Target::TimesBare(most) => {
            let bare = row.bare.as_ref().expect("the bare round trip was measured");
            let ratio = median(&ratios(&row.ours, bare));
            (
                format!("<= {most} of bare, is {}", digits(ratio)),
                ratio <= *most,
            )
        }
        Target::AtMost(most) => {
            let (size, unit) = scale(*most);
            (
                format!("<= {}{unit}", most / size),
                median(&row.ours) <= *most,
            )
        }
    };
    format!("{words}: {}", if is_met { "met" } else { "missed" })
}

/// The ratios within each round: a slow moment of the machine hits both.
fn ratios(above: &[f64], below: &[f64]) -> Vec<f64> {
    above
        .iter()
        .zip(below)
        .map(|(above, below)| above / below)
        .collect()
}

/// "median (least - greatest)", with the unit once.
fn spread(values: &[f64], size: f64, unit: &str) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(0.0, f64::max);
    let show = |value: f64| digits(value / size);
    format!(
        "{}{unit} ({} - {})",
        show(median(values)),
        show(least),
        show(greatest)
    )
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}

/// The unit that suits so many nanoseconds: how many of them it is, and its name.
fn scale(nanoseconds: f64) -> (f64, &'static str) {
    match nanoseconds {
        small if small < 1e3 => (1.0, " ns"),
        middle if middle < 1e6 => (1e3, " us"),
        _ => (1e6, " ms"),
    }
}

/// A number to three digits or so.
fn digits(value: f64) -> String {
    let places = match value {
        small if small < 10.0 => 2,
        middle if middle < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.places$}")
}

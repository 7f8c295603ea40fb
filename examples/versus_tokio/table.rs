//! Turns the measurements into the table.

use comfy_table::{CellAlignment, Table, presets};

use crate::rows::{Row, Unit};
use crate::workloads::Target;

/// Writes the table, as plain text that is also Markdown.
pub fn render(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header([
        "workload",
        "roundelay",
        "fastest rival",
        "which",
        "ratio",
        "target",
        "",
    ]);
    for row in rows {
        table.add_row(cells(row));
    }
    for column in [1, 2, 4, 5] {
        table
            .column_mut(column)
            .expect("the column is there")
            .set_cell_alignment(CellAlignment::Right);
    }
    let rounds = rows.iter().map(|row| row.ours.len());
    let (least, most) = (rounds.clone().min(), rounds.max());
    let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
    format!("Per operation: median (least - greatest) of {least} to {most} rounds.\n\n{table}")
}

fn cells(row: &Row) -> [String; 7] {
    let (rival, theirs) = fastest(&row.rivals);
    let ratios: Vec<f64> = theirs
        .iter()
        .zip(&row.ours)
        .map(|(theirs, ours)| theirs / ours)
        .collect();
    let (target, met) = match row.target {
        Target::Ratio(least) => (format!(">= {least}x"), Some(median(&ratios) >= least)),
        Target::AtMost(most) => {
            let scale = Scale::of(most, row.unit);
            (
                format!("<= {}{}", most / scale.size, scale.name),
                Some(median(&row.ours) <= most),
            )
        }
        Target::None => (String::new(), None),
    };
    [
        row.name.to_owned(),
        spread(&row.ours, Scale::of(median(&row.ours), row.unit)),
        spread(theirs, Scale::of(median(theirs), row.unit)),
        rival.to_owned(),
        spread(
            &ratios,
            Scale {
                size: 1.0,
                name: "x",
            },
        ),
        target,
        met.map_or("", |met| if met { "met" } else { "missed" })
            .to_owned(),
    ]
}

/// The rival to compare with: the one with the least median.
fn fastest<'a>(rivals: &'a [(&'static str, Vec<f64>)]) -> (&'static str, &'a [f64]) {
    let by_median =
        |a: &&(&str, Vec<f64>), b: &&(&str, Vec<f64>)| median(&a.1).total_cmp(&median(&b.1));
    let (name, figures) = rivals.iter().min_by(by_median).expect("there is a rival");
    (name, figures)
}

/// "median (least - greatest)", with the unit once.
fn spread(values: &[f64], scale: Scale) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(0.0, f64::max);
    let show = |value: f64| digits(value / scale.size);
    format!(
        "{}{} ({} - {})",
        show(median(values)),
        scale.name,
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

/// The unit a figure is shown in.
#[derive(Clone, Copy)]
struct Scale {
    /// What one of it is, in the row's own unit.
    size: f64,
    /// What stands behind the number.
    name: &'static str,
}

impl Scale {
    /// The scale that suits `value`.
    fn of(value: f64, unit: Unit) -> Self {
        let (size, name) = match unit {
            Unit::Bytes => (1.0, " B"),
            Unit::Nanoseconds if value < 1e4 => (1.0, " ns"),
            Unit::Nanoseconds if value < 1e6 => (1e3, " us"),
            Unit::Nanoseconds => (1e6, " ms"),
        };
        Scale { size, name }
    }
}

/// A number to three digits or so.
fn digits(value: f64) -> String {
    let places = if value < 10.0 {
        2
    } else if value < 100.0 {
        1
    } else {
        0
    };
    format!("{value:.places$}")
}

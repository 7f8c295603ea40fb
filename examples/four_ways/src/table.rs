//! The table at the end: one row a version. It is plain text that is Markdown, too.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};

/// Lays rows out below a header; all columns but the first are aligned to the right.
pub fn of<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// Writes a time in seconds.
pub fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// Writes how many times as fast as `before` it went, to so many places; a dash if there is nothing to compare with.
pub fn speed_up(before: Option<Duration>, now: Duration, places: usize) -> String {
    before.map_or("-".to_owned(), |before| {
        let times = before.as_secs_f64() / now.as_secs_f64();
        format!("{times:.places$}")
    })
}

/// Writes a number in groups of three: 2,800,000.
pub fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| str::from_utf8(group).expect("digits"))
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::with_commas;

    #[test]
    fn numbers_are_written_in_groups_of_three() {
        assert_eq!(with_commas(0), "0");
        assert_eq!(with_commas(999), "999");
        assert_eq!(with_commas(1_000), "1,000");
        assert_eq!(with_commas(2_800_000), "2,800,000");
    }
}

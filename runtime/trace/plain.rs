//! Text that cannot steer the terminal that it is written to.

use std::fmt::{self, Write};

/// Writes a text with control characters, and those that turn the direction of writing, by their numbers: `\u{1b}`.
pub(in crate::trace) struct Plain<'a>(pub(in crate::trace) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match steers(character) {
                true => write!(f, "{}", character.escape_unicode())?,
                false => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// Whether a character does something else than stand there.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::Plain;

    #[test]
    fn what_steers_is_written_by_its_number() {
        let text = "a\u{1b}[31m\n\u{202e}\u{9b}z";
        let plain = r"a\u{1b}[31m\u{a}\u{202e}\u{9b}z";
        assert_eq!(Plain(text).to_string(), plain);
    }

    #[test]
    fn what_only_stands_there_stays() {
        let text = r#"C:\src/größe "日本" עברית"#;
        assert_eq!(Plain(text).to_string(), text);
    }
}

//! Who did which item from when to when: a trace for what runs on no loop.
//!
//! It is text: the line `roundelay spans 1`, then a line for each item, its four fields divided by tabs: who, the item, from, to. Times
//! are nanoseconds since the work began.

use std::error::Error;
use std::fmt;

const FIRST_LINE: &str = "roundelay spans 1";

/// An item of work that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Who did it: a thread's name, say.
    pub worker: String,
    /// Which item it was.
    pub item: String,
    /// When it was begun, in nanoseconds since the work began.
    pub from: u64,
    /// When it was done.
    pub to: u64,
}

/// The items that were done, in any order. `Display` writes them as text, [`parse`](Spans::parse) reads that.
///
/// # Examples
/// ```
/// use roundelay::trace::{Span, Spans};
///
/// let span = Span { worker: "main".into(), item: "1".into(), from: 0, to: 5 };
/// let spans = Spans(vec![span]);
/// assert_eq!(Spans::parse(&spans.to_string())?, spans);
/// # Ok::<(), roundelay::trace::SpansError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(pub Vec<Span>);

impl Spans {
    /// Returns whether a file that begins with these bytes means to be such a text.
    pub fn is_meant(bytes: &[u8]) -> bool {
        bytes.starts_with(FIRST_LINE.as_bytes())
    }

    /// Reads the text that `Display` writes.
    ///
    /// # Errors
    /// If it is not such a text; the error names the line.
    pub fn parse(text: &str) -> Result<Spans, SpansError> {
        let mut lines = text.lines().zip(1..);
        if lines.next().is_none_or(|(line, _)| line != FIRST_LINE) {
            return Err(SpansError { line: 1 });
        }
        let spans = lines.map(|(text, line)| span(text).ok_or(SpansError { line }));
        spans.collect::<Result<_, _>>().map(Spans)
    }
}

fn span(line: &str) -> Option<Span> {
    let mut fields = line.split('\t');
    let span = Span {
        worker: fields.next()?.to_owned(),
        item: fields.next()?.to_owned(),
        from: fields.next()?.parse().ok()?,
        to: fields.next()?.parse().ok()?,
    };
    (fields.next().is_none() && span.from <= span.to).then_some(span)
}

impl fmt::Display for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        let word = |text: &str| text.replace(['\t', '\n', '\r'], " ");
        self.0.iter().try_for_each(|span| {
            let (worker, item) = (word(&span.worker), word(&span.item));
            writeln!(f, "{worker}\t{item}\t{}\t{}", span.from, span.to)
        })
    }
}

/// Why a text is not one of [`Spans`].
#[derive(Debug)]
pub struct SpansError {
    /// The line that nobody wrote so, from 1.
    line: usize,
}

impl fmt::Display for SpansError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        write!(
            f,
            "line {line} is not as it should be: the first is `{FIRST_LINE}`, the others are worker, item, beginning and end in \
             nanoseconds, divided by tabs"
        )
    }
}

impl Error for SpansError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_none_is_refused_with_its_line() {
        let error = |text: &str| Spans::parse(text).unwrap_err().line;
        assert_eq!(error(""), 1);
        assert_eq!(error("roundelay spans 1\na\tb\t1\t2\na\tb\t1\n"), 3);
        assert_eq!(error("roundelay spans 1\na\tb\t2\t1\n"), 2);
        assert_eq!(error("roundelay spans 1\na\tb\t1\t2\tc\n"), 2);
    }

    #[test]
    fn a_name_with_a_tab_stays_one_field() {
        let span = Span {
            worker: "a\tb".to_owned(),
            item: "c\nd".to_owned(),
            from: 1,
            to: 2,
        };
        let text = Spans(vec![span]).to_string();
        assert_eq!(text, "roundelay spans 1\na b\tc d\t1\t2\n");
    }
}

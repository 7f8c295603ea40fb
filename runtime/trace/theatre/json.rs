//! JSON that may stand in a page: nothing in it can end the element that it stands in.

use std::fmt::{Display, Write};

/// A value, written out.
#[derive(Clone, Debug)]
pub(super) struct Json(pub(super) String);

impl Json {
    /// A number, `true`, `false` or `null`.
    pub(super) fn raw(value: impl Display) -> Json {
        Json(value.to_string())
    }

    /// A string. `<`, `>` and `&` are written by their numbers, so that no text can be taken for markup.
    pub(super) fn text(text: &str) -> Json {
        let mut out = String::with_capacity(text.len() + 2);
        out.push('"');
        for character in text.chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{:04x}", u32::from(character));
                }
                _ => out.push(character),
            }
        }
        out.push('"');
        Json(out)
    }

    pub(super) fn array(values: impl IntoIterator<Item = Json>) -> Json {
        let values: Vec<String> = values.into_iter().map(|value| value.0).collect();
        Json(format!("[{}]", values.join(",")))
    }

    pub(super) fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
        let field = |(name, value): (&str, Json)| format!("{}:{}", Json::text(name).0, value.0);
        let fields: Vec<String> = fields.into_iter().map(field).collect();
        Json(format!("{{{}}}", fields.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn text_cannot_end_the_element_that_it_stands_in() {
        let json = Json::text("a</script><b>\"\\\u{1}\n&");
        assert_eq!(
            json.0,
            r#""a\u003c/script\u003e\u003cb\u003e\"\\\u0001\n\u0026""#
        );
    }
}

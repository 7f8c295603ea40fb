//! What every page has in common: the head, the styles, the data, the scripts.

use super::json::Json;
use std::fmt;

const STYLES: &str = concat!(
    include_str!("page/style.css"),
    include_str!("page/widths.css")
);

/// A page may load nothing: what is in it is all there is.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// A page.
pub(super) struct Page<'a> {
    /// What the browser's tab shows.
    pub(super) title: &'a str,
    /// The elements.
    pub(super) body: &'static str,
    /// The scripts, in order; they share one scope.
    pub(super) scripts: &'a [&'static str],
    /// What the scripts show.
    pub(super) data: &'a Json,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Page { body, data, .. } = self;
        let title = escaped(self.title);
        write!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{STYLES}</style>\n</head>\n<body>\n{body}\
             <script type=\"application/json\" id=\"data\">{}</script>\n<script>\n\"use strict\";\n(() => {{\n",
            data.0
        )?;
        for script in self.scripts {
            f.write_str(script)?;
        }
        f.write_str("})();\n</script>\n</body>\n</html>\n")
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

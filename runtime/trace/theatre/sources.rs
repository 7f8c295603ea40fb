//! The sources that a page shows: those that the log names and that lie below one directory, and no others.

use super::json::Json;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A longer file is not shown.
const LONGEST: u64 = 1_000_000;

/// A directory in which sources are looked for.
pub(super) struct Sources {
    directory: PathBuf,
}

impl Sources {
    pub(super) fn below(directory: &Path) -> Sources {
        let directory = directory.to_owned();
        Sources { directory }
    }

    /// The files of these names: for each its text, or why it is not there.
    pub(super) fn files<'a>(&self, names: impl Iterator<Item = &'a str>) -> Json {
        let names: BTreeSet<&str> = names.collect();
        Json::array(names.into_iter().map(|name| {
            let (field, text) = match self.read(name) {
                Ok(text) => ("text", text),
                Err(problem) => ("problem", problem),
            };
            Json::object([("name", Json::text(name)), (field, Json::text(&text))])
        }))
    }

    fn read(&self, name: &str) -> Result<String, String> {
        let outside = || {
            format!(
                "{name} is not below the directory in which sources are looked for. Run roundelay in the \
                 directory in which the program was built, or name it with --source DIRECTORY."
            )
        };
        let directory = self.directory.canonicalize().map_err(|_| outside())?;
        let path = directory.join(name).canonicalize().map_err(|_| outside())?;
        if !path.starts_with(&directory) {
            return Err(outside());
        }
        let is_short = fs::metadata(&path).is_ok_and(|it| it.is_file() && it.len() <= LONGEST);
        if !is_short {
            return Err(format!("{name} is too long to be shown, or is no file."));
        }
        fs::read_to_string(&path).map_err(|error| format!("{name} cannot be read: {error}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_of_the_directory_is_not_shown() {
        let sources = Sources::below(Path::new("runtime/trace"));
        assert!(
            sources
                .read("theatre/sources.rs")
                .unwrap()
                .contains("LONGEST")
        );
        for outside in ["/etc/passwd", "../lib.rs", "theatre/nowhere.rs"] {
            let problem = sources.read(outside).unwrap_err();
            assert!(problem.contains("--source"), "{problem}");
        }
        let problem = sources.read("theatre").unwrap_err();
        assert!(problem.contains("no file"), "{problem}");
    }
}

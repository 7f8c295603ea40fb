//! The ways of `roundelay theatre --four-ways`: read from files, or made by running a program in each way.

use roundelay::trace::{FourWays, Log, Spans};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The ways of a program of examples/, as its option `--only` calls them, and as the page does.
const WAYS: [(&str, &str); 4] = [
    ("sequential", "one after the other"),
    ("threads", "threads"),
    ("event-loop", "event loop"),
    ("processes", "processes"),
];

/// So many bytes tell whether a file is a text of spans.
const START: u64 = 64;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The page of these files, each of which may be `NAME=FILE`.
pub fn of_files(files: &[String]) -> Result<FourWays> {
    let mut page = FourWays::new("The same work in several ways");
    for file in files {
        let stem = || {
            let stem = Path::new(file).file_stem().unwrap_or_default();
            stem.to_string_lossy().into_owned()
        };
        page = match file.split_once('=') {
            Some((name, path)) => add(page, name, Path::new(path))?,
            None => add(page, &stem(), Path::new(file))?,
        };
    }
    Ok(page)
}

/// Adds a way of which there is a log, or a text of spans.
fn add(page: FourWays, name: &str, path: &Path) -> Result<FourWays> {
    let shown = path.display();
    let fail = |error| format!("{shown} cannot be read: {error}");
    let mut file = File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    // Of what is neither no more is read: it may have no end, as `/dev/zero`.
    let mut start = (&mut file).take(START);
    start.read_to_end(&mut bytes).map_err(fail)?;
    if Spans::is_meant(&bytes) {
        file.read_to_end(&mut bytes).map_err(fail)?;
        let text = String::from_utf8(bytes).map_err(|error| format!("{shown}: {error}"))?;
        let spans = Spans::parse(&text).map_err(|error| format!("{shown}: {error}"))?;
        return Ok(page.spans(name, &spans));
    }
    Ok(page.log(name, &Log::read(path)?))
}

/// The page of a program, which is run once for each way.
pub fn of_program(program: &str, arguments: &[String]) -> Result<FourWays> {
    let directory = Directory::new()?;
    let name = Path::new(program).file_name().unwrap_or_default();
    let title = format!("{} {}", name.to_string_lossy(), arguments.join(" "));
    let mut page = FourWays::new(title.trim());
    for (way, name) in WAYS {
        let file = directory.0.join(way);
        run(program, arguments, way, &file)?;
        if !file.exists() {
            let problem = format!(
                "{program} has left no trace of its way `{way}`: is it one of the programs of examples/ that do their work in four ways?"
            );
            return Err(problem.into());
        }
        page = add(page, name, &file)?;
    }
    Ok(page)
}

/// Runs a program in one way. What it prints goes to the standard error: the standard output is the page's.
fn run(program: &str, arguments: &[String], way: &str, file: &Path) -> Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).args(["--only", way]);
    command.env("ROUNDELAY_TRACE", file).stdout(io::stderr());
    let status = command
        .status()
        .map_err(|error| format!("{program} cannot be run: {error}"))?;
    if !status.success() {
        return Err(format!("{program} --only {way} has failed: {status}").into());
    }
    Ok(())
}

/// A directory for files that nobody needs afterwards.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Result<Directory> {
        let name = format!("roundelay-four-ways-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path)
            .map_err(|error| format!("{} cannot be made: {error}", path.display()))?;
        Ok(Directory(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // It lies among temporary files: should it stay, somebody sweeps there.
        let _ = fs::remove_dir_all(&self.0);
    }
}

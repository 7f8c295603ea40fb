//! `roundelay theatre`: a recorded run as an HTML page.

use super::four_ways;
use super::outcome::Outcome;
use roundelay::trace::{Log, Theatre};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Shows a recorded run as an HTML page, on the standard output.
///
/// The page needs no network. It goes through the run step by step: the source, the ready queue, what runs and why, who waits for
/// what, the timers, the pools, and a timeline.
///
///     roundelay theatre run.rtlog > run.html
///
/// With --four-ways it shows the same work done in several ways, on one axis of time; each FILE may be given as NAME=FILE. With --run,
/// too, the files are not there yet: what is given is a program as those of examples/ that do their work in four ways, and its
/// arguments, and it is run once for each way.
///
///     roundelay theatre --four-ways --run -- target/release/cpu_bound --rounds 1 > four.html
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The log of a run, as `ROUNDELAY_TRACE=FILE program` writes it.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// The directory in which the sources are looked for that the log names; only they are put into the page.
    #[arg(long, value_name = "DIRECTORY", default_value = ".")]
    source: PathBuf,
    /// Shows several runs of the same work beneath each other.
    #[arg(long)]
    four_ways: bool,
    /// Runs a program in all four ways, and shows these.
    #[arg(long, requires = "four_ways")]
    run: bool,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let files = &arguments.files;
    if arguments.run {
        return page(&four_ways::of_program(&files[0], &files[1..])?);
    }
    if arguments.four_ways {
        return page(&four_ways::of_files(files)?);
    }
    let [file] = &files[..] else {
        return Err("one log makes one page: give one FILE, or --four-ways to show several".into());
    };
    if !arguments.source.is_dir() {
        let source = arguments.source.display();
        return Err(format!(
            "--source {source} is no directory: name the one in which the program was built"
        )
        .into());
    }
    let log = Log::read(Path::new(file))?;
    page(&Theatre::new(&log).sources(&arguments.source))
}

fn page(page: &impl std::fmt::Display) -> Outcome {
    let mut out = BufWriter::new(io::stdout().lock());
    write!(out, "{page}")?;
    out.flush()?;
    Ok(())
}

//! `roundelay perfetto`: a recorded run for the viewer at `ui.perfetto.dev`, or for Chrome's.

use super::outcome::Outcome;
use roundelay::trace::{Log, Timeline};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Writes a recorded run as a file for https://ui.perfetto.dev, which shows it in the browser without sending it anywhere.
///
/// There is a track for each task, for the loop and for each worker, counters, and arrows from what woke a task to the poll
/// that followed.
#[derive(clap::Args)]
pub struct Arguments {
    /// The log of a run, as `ROUNDELAY_TRACE=FILE program` writes it.
    file: PathBuf,
    /// Where to write it; `-` is the standard output.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Writes Chrome's JSON instead, for viewers that do not know Perfetto's files.
    #[arg(long)]
    json: bool,
    /// Takes the real time, where the loop's clock was a virtual one.
    #[arg(long)]
    wall: bool,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let log = Log::read(&arguments.file)?;
    let timeline = match arguments.wall {
        true => Timeline::by_wall(&log),
        false => Timeline::of(&log),
    };
    if arguments.output != Path::new("-") {
        let path = &arguments.output;
        let fail = |error| format!("{} cannot be written: {error}", path.display());
        let mut file = BufWriter::new(File::create(path).map_err(fail)?);
        write(&timeline, arguments.json, &mut file).map_err(fail)?;
        return Ok(());
    }
    let out = io::stdout();
    if out.is_terminal() && !arguments.json {
        return Err(
            "the file is not for a terminal: say where to write it, with -o run.pftrace".into(),
        );
    }
    write(&timeline, arguments.json, &mut BufWriter::new(out.lock()))?;
    Ok(())
}

fn write(timeline: &Timeline, json: bool, out: &mut impl Write) -> io::Result<()> {
    match json {
        true => timeline.write_chrome(out)?,
        false => timeline.write_perfetto(out)?,
    }
    out.flush()
}

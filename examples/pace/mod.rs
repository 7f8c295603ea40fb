//! How long a second of the tutorials lasts in the examples: a tenth of one, unless `--second` says otherwise.

use std::process::exit;
use std::sync::OnceLock;
use std::time::Duration;

use lexopt::{Arg, Error, Parser, ValueExt};

const HELP: &str = "Options:
  --second S   let what is a second in the tutorials last S seconds (0.1 without it)
  -h, --help   print this";

/// Returns a time of the tutorials, as long as it lasts here.
pub fn seconds(seconds: f64) -> Duration {
    static SECOND: OnceLock<f64> = OnceLock::new();
    let second = SECOND.get_or_init(|| {
        parse().unwrap_or_else(|error| {
            eprintln!("error: {error}\n\n{HELP}");
            exit(2)
        })
    });
    Duration::from_secs_f64(seconds * second)
}

fn parse() -> Result<f64, Error> {
    let mut second = 0.1;
    let mut arguments = Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("second") => second = arguments.value()?.parse_with(length)?,
            Arg::Short('h') | Arg::Long("help") => {
                println!("{HELP}");
                exit(0)
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(second)
}

/// Reads the length of a second: negative and endless ones there are not.
fn length(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(length) if (0.0..=60.0).contains(&length) => Ok(length),
        Ok(_) => Err("a second lasts from 0 to 60 seconds".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

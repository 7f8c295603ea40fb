//! Downloads 160 sites in four ways (one after the other, with threads, with an event loop, with
//! processes) and compares how long each took.
//!
//! ```text
//! cargo run --release -p download_all_sites
//! ```

#![forbid(unsafe_code)]

mod args;
mod client;
mod connection;
mod connector;
mod event_loop;
mod failure;
mod host_limit;
mod outcome;
mod processes;
mod progress;
mod report;
mod sequential;
mod session;
mod site_server;
mod table;
mod threads;
mod trust;
mod version;

use std::io::{self, Write};
use std::process::ExitCode;

use args::Args;
use clap::Parser;
use site_server::SiteServer;
use version::{Plan, Run};

fn main() -> ExitCode {
    // Worker processes and the site server are this same program, started anew.
    roundelay::pool::process::init();
    let args = Args::parse();
    let result = if args.serve {
        site_server::serve(args.latency()).map(|()| ExitCode::SUCCESS)
    } else {
        download_in_every_way(&args)
    };
    result.unwrap_or_else(|error| {
        four_ways::note(format_args!("error: {error}"));
        ExitCode::FAILURE
    })
}

/// Runs every version that was asked for, then prints the table and what there is to say about it.
fn download_in_every_way(args: &Args) -> io::Result<ExitCode> {
    let mut out = io::stdout();
    let own_server = args.urls.is_empty();
    let server = own_server.then(|| SiteServer::start(args.latency()));
    let server = server.transpose()?;
    let pages = server.as_ref().map_or(args.urls.clone(), SiteServer::pages);
    let plan = Plan::new(args, &pages);

    writeln!(out, "{}", report::opening(&plan, pages.len()))?;
    let runs = args.versions().into_iter().map(|version| plan.run(version));
    let runs: Vec<Run> = runs.collect::<io::Result<_>>()?;
    drop(server);

    writeln!(out, "\n{}", table::of(&runs))?;
    if let Some(comparison) = report::same_bytes(&runs) {
        writeln!(out, "\n{comparison}")?;
    }
    let Some(failures) = report::failures(&runs) else {
        return Ok(ExitCode::SUCCESS);
    };
    four_ways::note(format_args!("\n{failures}"));
    Ok(ExitCode::FAILURE)
}

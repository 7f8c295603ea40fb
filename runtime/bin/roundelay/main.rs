//! The command `roundelay`: shows what happened in a run. Here it is only said which file does what.

mod four_ways;
mod live;
mod outcome;
mod perfetto;
mod story;
mod theatre;
mod why;

use clap::{Parser, Subcommand};
use roundelay::trace::live::Question;
use std::process::ExitCode;

/// Shows what happened in a run of a program that uses roundelay.
///
/// Record a run first: `ROUNDELAY_TRACE=run.rtlog program`.
#[derive(Parser)]
#[command(name = "roundelay", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Story(story::Arguments),
    Theatre(theatre::Arguments),
    Perfetto(perfetto::Arguments),
    Why(why::Arguments),
    Ps(live::Ps),
    Tree(live::Tree),
    Top(live::Top),
}

fn main() -> ExitCode {
    outcome::of(match Arguments::parse().command {
        Command::Story(arguments) => story::run(&arguments),
        Command::Theatre(arguments) => theatre::run(&arguments),
        Command::Perfetto(arguments) => perfetto::run(&arguments),
        Command::Why(arguments) => why::run(&arguments),
        Command::Ps(arguments) => live::show(arguments.process, Question::Ps),
        Command::Tree(arguments) => live::show(arguments.process, Question::Tree),
        Command::Top(arguments) => live::show(arguments.process, Question::Top),
    })
}

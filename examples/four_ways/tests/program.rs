//! What a comparison does when something is wrong: a version that gives another result or none, and
//! Python that is missing or does not do its work.

use std::process::ExitCode;

use clap::Parser;
use four_ways::testing::has_python;
use four_ways::{Common, Program, Result, Script, Version, Watch};

/// The options, read from the test's own command line.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    common: Common,
}

fn three(_: &(), watch: &Watch) -> Result<u32> {
    watch.step();
    Ok(3)
}

fn run(
    ways: [fn(&(), &Watch) -> Result<u32>; 4],
    python: &'static str,
    args: &[&str],
) -> Result<ExitCode> {
    let program = Program {
        title: "A test".to_owned(),
        steps: 1,
        workers: 2,
        plan: &(),
        ways,
        text: u32::to_string,
        heading: "number",
        same: str::to_owned,
        remark: "A remark.",
        script: Script {
            text: python,
            args: Vec::new(),
        },
    };
    let args = Args::parse_from(["test"].iter().chain(args));
    program.run(&args.common)
}

fn message(result: Result<ExitCode>) -> String {
    result.expect_err("it should fail").to_string()
}

#[test]
fn versions_that_agree_are_a_success() {
    assert_eq!(run([three; 4], "", &[]).unwrap(), ExitCode::SUCCESS);
}

#[test]
fn a_version_with_another_result_is_named() {
    let four = |_: &(), watch: &Watch| Ok(watch.run(async { 4 }));
    let message = message(run([three, three, four, three], "", &[]));
    assert_eq!(
        message,
        "the results differ: sequential gave 3, event loop (1 thread) gave 4"
    );
}

#[test]
fn a_version_that_cannot_do_its_work_says_why() {
    let broken = |_: &(), _: &Watch| Err("no more paper".into());
    assert_eq!(
        message(run([three, broken, three, three], "", &[])),
        "no more paper"
    );
}

#[test]
fn python_with_another_result_is_named() {
    if !has_python() {
        return;
    }
    let text = "import four_ways\n\
        options = four_ways.options('A test').parse_args()\n\
        four_ways.compare({'threads': lambda: four_ways.run(four())}, options.only)\n";
    let four = "async def four(): return '4'\n";
    let text: &'static str = Box::leak(format!("{four}{text}").into_boxed_str());
    assert_eq!(
        message(run([three; 4], text, &["--only=threads", "--python"])),
        "the results differ: threads (2 workers) gave 3, Python threads (2 workers) gave 4"
    );
}

#[test]
fn a_program_in_python_that_fails_is_an_error() {
    if !has_python() {
        return;
    }
    let message = message(run([three; 4], "raise SystemExit(3)", &["--python"]));
    assert_eq!(
        message,
        "the program in Python did not do its work: exit status: 3"
    );
}

#[test]
fn the_names_on_the_command_line_are_those_that_python_is_told() {
    for version in Version::ALL {
        let args = ["test", "--only", version.option()];
        assert_eq!(Args::parse_from(args).common.versions(), [version]);
    }
}

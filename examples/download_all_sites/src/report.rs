//! What is said around the table: what is downloaded, whether all versions got the same, what failed.

use std::fmt;

use crate::failure::Failure;
use crate::outcome::{Outcome, Page};
use crate::version::{Plan, Run};

/// Says what is about to be downloaded.
pub fn opening(plan: &Plan, pages: usize) -> String {
    let downloads = plan.sites.len();
    let pages = pages.min(downloads);
    let plural =
        |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    format!(
        "{} of {}:",
        plural(downloads, "download"),
        plural(pages, "page")
    )
}

/// Compares the content each version downloaded with what the first one did, site by site. `None`
/// when there is nothing to compare.
pub fn same_bytes(runs: &[Run]) -> Option<String> {
    let (first, others) = runs.split_first()?;
    let mut compared = 0;
    for other in others {
        for (here, there) in first.outcomes.iter().zip(&other.outcomes) {
            let (Ok(page), Ok(again)) = (&here.result, &there.result) else {
                continue;
            };
            if page != again {
                return Some(difference((first, here, page), (other, again)));
            }
            compared += 1;
        }
    }
    (compared > 0).then(|| "All versions downloaded the same bytes.".to_owned())
}

fn difference(
    (first, site, page): (&Run, &Outcome, &Page),
    (other, again): (&Run, &Page),
) -> String {
    format!(
        "The content differs: {} gave {} bytes to \"{}\" and {} other bytes to \"{}\".\n\
         This is to be expected of pages that change by themselves, and of no others.",
        site.url, page.bytes, first.name, again.bytes, other.name
    )
}

/// Lists the sites that failed, each reason once, with what to do about it; `None` if all went well.
pub fn failures(runs: &[Run]) -> Option<String> {
    let mut groups: Vec<Group> = Vec::new();
    for run in runs {
        for outcome in &run.outcomes {
            let Err(failure) = &outcome.result else {
                continue;
            };
            match groups
                .iter_mut()
                .find(|group| group.is_about(outcome, failure))
            {
                Some(group) => group.add(run),
                None => groups.push(Group::new(outcome, failure, run)),
            }
        }
    }
    let lines: Vec<String> = groups.iter().map(Group::to_string).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Downloads that failed for the same reason: 160 equal lines would hide a second one.
struct Group<'r> {
    url: &'r str,
    failure: &'r Failure,
    /// The versions that met the failure, and how often.
    versions: Vec<(&'r str, usize)>,
}

impl<'r> Group<'r> {
    fn new(outcome: &'r Outcome, failure: &'r Failure, run: &'r Run) -> Group<'r> {
        Group {
            url: &outcome.url,
            failure,
            versions: vec![(&run.name, 1)],
        }
    }

    fn is_about(&self, outcome: &Outcome, failure: &Failure) -> bool {
        self.url == outcome.url && self.failure == failure
    }

    fn add(&mut self, run: &'r Run) {
        match self.versions.last_mut() {
            Some((name, times)) if *name == run.name => *times += 1,
            _ => self.versions.push((&run.name, 1)),
        }
    }
}

impl fmt::Display for Group<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Group {
            url,
            failure,
            versions,
        } = self;
        let times = |(name, times): &(&str, usize)| format!("{times} in {name}");
        let times: Vec<String> = versions.iter().map(times).collect();
        writeln!(f, "error: {url} was not downloaded: {failure}")?;
        writeln!(f, "  failures: {}", times.join(", "))?;
        write!(f, "  what to do: {}", failure.advice())
    }
}
